/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace that lies in memory without its compression: its sections with their heads, one
 * behind the other. For programs that have no zstd; they need of a libc memory and strings.
 */
#ifndef NVSIM_TRACES_FLAT_H
#define NVSIM_TRACES_FLAT_H

#include "section.h"

struct nvt_flat {
	enum nvt_class class;
	struct nvt_machine machine;
	struct nvt_buffer words; /* struct nvt_word, ascending addresses */
	struct nvt_batch batch;	 /* the block that nvt_flat_next has decoded */
	struct nvt_why why;	 /* what is wrong, after a failure */

	const uint8_t *data;
	size_t size, at;
	unsigned int stage;
	struct nvt_limits limits;
	struct nvt_buffer copy; /* of a body too close to the end */
	struct nvt_totals totals;
	struct nvt_sha256 sha;
	uint8_t header_tuple[12];
	uint32_t section_count;
};

/*
 * Reads up to the first block of events. `data` stays the caller's, and must live as long.
 * Not NVT_OK: f->why says what is wrong; nvt_flat_close is still to be called.
 */
enum nvt_status nvt_flat_open(struct nvt_flat *f, const void *data, size_t size);
/*
 * Decodes the next block into f->batch. NVT_END: all of it was read, and what the end section
 * tells of totals and digest is true.
 */
enum nvt_status nvt_flat_next(struct nvt_flat *f);
void nvt_flat_close(struct nvt_flat *f);

#endif
