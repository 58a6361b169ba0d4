/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of several CPUs in the order of time. Each CPU's come in order; they wait here until no
 * CPU can have an earlier one any more, which the caller knows.
 */
#ifndef NVSIM_RECORD_MERGE_H
#define NVSIM_RECORD_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What waits; its data follows it, in the queue as well as in what is handed out. */
struct record_item {
	uint64_t time_ns;
	uint64_t value; /* what the caller wants */
	int32_t pid, tid;
	uint32_t size; /* of the data */
	uint16_t cpu;
	uint8_t kind; /* what the caller wants */
};

struct record_lane; /* of a CPU */

struct record_merge {
	struct record_lane *lanes;
	uint32_t *heap; /* lanes that hold something, the one with the earliest head first */
	uint32_t lane_count, heap_count;
	size_t held_size; /* bytes that wait */
};

bool record_merge_init(struct record_merge *m, uint32_t lane_count);
void record_merge_free(struct record_merge *m);

/* Copies an item and its data. False: out of memory. */
bool record_merge_add(struct record_merge *m, uint32_t lane, const struct record_item *item,
		      const void *data);
/*
 * The earliest item, if it is not later than `until`; NULL: there is none. Valid until the next
 * call; its data, aligned to 8 bytes, in *data.
 */
const struct record_item *record_merge_take(struct record_merge *m, uint64_t until,
					    const void **data);

#endif
