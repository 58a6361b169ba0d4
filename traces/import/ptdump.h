/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KVM's dumps of stage-2 tables in debugfs (spec 8.3): stage2_page_tables and nested_mmuN. A line
 * is a run of entries that are alike, no leaf; what an entry leads to is not told.
 */
#ifndef NVSIM_TRACES_IMPORT_PTDUMP_H
#define NVSIM_TRACES_IMPORT_PTDUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace.h"

/* A larger file is refused. */
#define NVT_PTDUMP_BYTES_MAX (256u << 20)

struct nvt_ptdump_run {
	uint64_t start, end; /* input addresses */
	int8_t level;
	bool mapped; /* it has attributes */
	bool valid;  /* F in the dump: it has, and is not valid */
	bool block, af, r, w;
	uint8_t xn; /* XN[1:0] of the descriptor */
};

struct nvt_ptdump {
	bool empty;  /* a context that is not in use */
	bool header; /* of a nested context; the canonical one has none */
	bool enabled;
	uint64_t vtcr, vttbr;
	struct nvt_ptdump_run *runs; /* ascending */
	size_t count;
	char *text; /* the file; NUL-terminated */
	size_t length;
};

/* How XN[1:0] reads in a dump. */
extern const char *const nvt_ptdump_xn[4];

/* Whether a file begins as these dumps do. Files that cannot be read, and pipes, do not. */
bool nvt_ptdump_is(const char *path);
/* To be freed where NVT_OK; else *err has one line with file and line. */
enum nvt_status nvt_ptdump_read(const char *path, struct nvt_ptdump *d, struct nvt_error *err);
void nvt_ptdump_free(struct nvt_ptdump *d);

#endif
