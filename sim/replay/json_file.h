/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of JSON that somebody names. */
#ifndef NVSIM_REPLAY_JSON_FILE_H
#define NVSIM_REPLAY_JSON_FILE_H

#include <jansson.h>

#include "trace.h"

/* As messages name it: "-" is standard input. */
const char *json_file_name(const char *path);
/* A new reference; NULL: NVT_EINPUT, it cannot be read or is no JSON, or NVT_EENV. */
json_t *json_file_load(const char *path, struct nvt_error *err);

#endif
