/* SPDX-License-Identifier: GPL-2.0-only */
/* The folder in which the kernel shows its tracing, by libtracefs. */
#ifndef NVSIM_RECORD_TRACING_H
#define NVSIM_RECORD_TRACING_H

#include <stdbool.h>
#include <stddef.h>

#include "trace.h"

/* False: this program was built without libtracefs, and all that follows fails. */
bool record_has_tracefs(void);

/*
 * Where tracefs is mounted, in `path`; it is not mounted for the purpose. NVT_EENV: it is not, or
 * it may not be read. `given` is taken instead where it is no NULL.
 */
enum nvt_status record_tracefs_find(const char *given, char *path, size_t size,
				    struct nvt_error *err);
/* Contents of a file in it, to be freed; NULL: errno tells. */
char *record_tracefs_read(const char *tracefs, const char *file, size_t *size);
/* Appends a line to dynamic_events. 0, or an errno. */
int record_tracefs_append(const char *tracefs, const char *line);

#endif
