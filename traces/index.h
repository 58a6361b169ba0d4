/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the blocks of a trace are: so many entries at most, however long it is. */
#ifndef NVSIM_TRACES_INDEX_H
#define NVSIM_TRACES_INDEX_H

#include "column.h"
#include "section.h"

struct nvt_index {
	struct nvt_buffer entries; /* the section's body */
	uint64_t block_count;
	unsigned int shift; /* of 2^shift blocks, the first has an entry */
};

/* Enters the next block: by what its first event is, and where its frame. False: out of memory. */
bool nvt_index_add(struct nvt_index *index, uint64_t first_ordinal, uint64_t first_ns,
		   uint64_t offset);
void nvt_index_free(struct nvt_index *index);

/* The entry of the last block that has one and does not begin behind `ordinal`. */
const uint8_t *nvt_index_find(const uint8_t *entries, size_t count, uint64_t ordinal);

#endif
