/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NVSIM_TRACES_IMPORT_META_H
#define NVSIM_TRACES_IMPORT_META_H

#include <jansson.h>

#include "import/build.h"
#include "import/input.h"

/*
 * What every trace's meta section has: `source` is where the events come from, made by `tool`.
 * Takes `source`. To be freed; NULL: out of memory.
 */
char *imp_meta_of(struct imp_builder *b, json_t *source, const char *tool);
/* The meta section as JSON, to be freed; NULL: out of memory. Finishes in->sha256. */
char *imp_meta(struct imp_builder *b, struct imp_input *in, const struct imp_info *info);

#endif
