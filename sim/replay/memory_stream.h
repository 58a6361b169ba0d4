/* SPDX-License-Identifier: GPL-2.0-only */
/* A stream into memory that knows whether all of it is there, which open_memstream does not tell.
 */
#ifndef NVSIM_REPLAY_MEMORY_STREAM_H
#define NVSIM_REPLAY_MEMORY_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct memory_stream {
	FILE *file;
	char *text;
	size_t used, room;
};

/* *m stays where it is until it is closed. False: no memory. */
bool memory_stream_open(struct memory_stream *m);
/* All that was written, NUL-terminated, to be freed; NULL: there was no memory for some of it. */
char *memory_stream_close(struct memory_stream *m);

#endif
