/* SPDX-License-Identifier: GPL-2.0-only */
/* Buffered input from a file or a pipe. */
#ifndef NVSIM_TRACES_SOURCE_H
#define NVSIM_TRACES_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nvt_source {
	int fd;
	bool seekable;
	bool end;	   /* nothing follows the bytes in the buffer */
	uint64_t size;	   /* of the file, where seekable */
	uint64_t position; /* of data[start] in the file */
	uint8_t *data;
	size_t start, limit, capacity; /* data[start..limit) is read and not consumed */
};

/* Opens path, "-" being standard input. 0 or an errno value. */
int nvt_source_open(struct nvt_source *s, const char *path);
void nvt_source_close(struct nvt_source *s);

/*
 * The next bytes, at least `want` of them unless the file ends before; *have
 * tells how many. They stay until the source is used again. NULL: errno.
 */
const uint8_t *nvt_source_peek(struct nvt_source *s, size_t want, size_t *have);
/* Steps over bytes that a peek has shown. */
void nvt_source_skip(struct nvt_source *s, size_t size);
/* Goes to a place in a seekable file. False: errno. */
bool nvt_source_seek(struct nvt_source *s, uint64_t position);

#endif
