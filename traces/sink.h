/* SPDX-License-Identifier: GPL-2.0-only */
/* Output to a file that appears when it is complete, or to a pipe or device. */
#ifndef NVSIM_TRACES_SINK_H
#define NVSIM_TRACES_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nvt_sink {
	int fd;		 /* where bytes go */
	int final;	 /* where a spooled file goes in the end, or -1 */
	char *path;	 /* "-": standard output */
	char *temporary; /* name to be given up for path, or NULL */
	uint64_t size;
};

/*
 * Opens path for writing, "-" being standard output. A regular file is written
 * under a temporary name beside it. What cannot be written at random is
 * spooled in an unnamed file if `rewrite` says that nvt_sink_rewrite will be
 * used. 0 or an errno value; nvt_sink_discard is to be called in any case.
 */
int nvt_sink_open(struct nvt_sink *s, const char *path, bool rewrite);
/* Appends. 0 or an errno value. */
int nvt_sink_write(struct nvt_sink *s, const void *data, size_t size);
/* Replaces the first bytes. 0 or an errno value. */
int nvt_sink_rewrite(struct nvt_sink *s, const void *data, size_t size);
/* Gives the file its name, or copies what was spooled. 0 or an errno value. */
int nvt_sink_commit(struct nvt_sink *s);
/* Closes; removes what was not committed. */
void nvt_sink_discard(struct nvt_sink *s);

#endif
