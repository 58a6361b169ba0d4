/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NVSIM_TRACES_IMPORT_META_H
#define NVSIM_TRACES_IMPORT_META_H

#include "import/build.h"
#include "import/input.h"

/* The meta section as JSON, to be freed; NULL: out of memory. Finishes in->sha256. */
char *imp_meta(struct imp_builder *b, struct imp_input *in, const struct imp_dat_info *info);

#endif
