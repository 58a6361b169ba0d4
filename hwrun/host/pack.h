/* SPDX-License-Identifier: GPL-2.0-only */
/* Traces made ready for the image at EL2. */
#ifndef NVSIM_HWRUN_PACK_H
#define NVSIM_HWRUN_PACK_H

#include "blob.h"
#include "board.h"
#include "column.h"
#include "trace.h"

/* What the image is to do, and with what. */
struct hw_job {
	const char *trace; /* a path; "-": standard input */
	const char *trace_name;
	enum hw_mode mode;
	uint32_t flags; /* enum hw_blob_flag */
	uint32_t quirks;
	const char *policy, *invalidation;
	const struct hw_board *board; /* NULL: one that describes itself */
	uint16_t events[HW_EVENTS_MAX];
	uint32_t event_count;
};

/*
 * Reads the trace to its end, checks it, and makes the blob of it in `blob`, which is zeroed or
 * was used before, and the caller's to free.
 */
enum nvt_status hw_pack(const struct hw_job *job, struct nvt_buffer *blob, struct nvt_error *err);

#endif
