/* SPDX-License-Identifier: GPL-2.0-only */
/* Places in a document. */
#ifndef NVSIM_REPLAY_JSON_PATH_H
#define NVSIM_REPLAY_JSON_PATH_H

#include <jansson.h>

/* "a.b.c", with numbers for places in arrays; NULL: not there, or null. */
const json_t *json_at(const json_t *json, const char *path);
/* "" where there is no text. */
const char *json_text(const json_t *json, const char *path);

#endif
