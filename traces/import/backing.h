/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memslots, and how the host backs their memory as far as the recording has
 * told. L1's own faults tell it; a fault in a shadow context, which is what
 * a replay puts to the test, does so only where nothing else has.
 */
#ifndef NVSIM_TRACES_IMPORT_BACKING_H
#define NVSIM_TRACES_IMPORT_BACKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "import/hostmem.h"
#include "import/map.h"

struct imp_slot {
	struct nvt_slot slot;
	uint8_t vma_shift; /* of the huge pages that back it, once some have been seen; else 0 */
};

struct imp_backing {
	struct imp_map blocks; /* (log2 size, index) to struct block */
	uint64_t sizes;	       /* bit s: blocks of 2^s bytes exist */
	uint64_t stamp;
	struct imp_slot *slots;
	size_t slot_count;
	size_t last_slot;
	uint8_t page_shift;
	struct imp_hostmem host; /* what it said itself, where the user gave that */
};

void imp_backing_init(struct imp_backing *m, uint8_t page_shift);
void imp_backing_free(struct imp_backing *m);

/* A committed memslot. -1: out of memory. */
int imp_backing_slot(struct imp_backing *m, const struct nvt_slot *slot);
/* A notifier took this range of L1's memory: what is known of it may be stale. */
void imp_backing_unmap(struct imp_backing *m, uint64_t base, uint64_t size);

#define IMP_BACKING_EVENTS 2

/*
 * Takes note of a fault that looked up a host page. `ipa` is L1's; `shadow`
 * says that the mapping is one under test. Fills `out` with what has to be
 * told before the fault and returns how many; -1: out of memory.
 */
int imp_backing_observe(struct imp_backing *m, const struct nvt_fault_truth *truth, uint64_t ipa,
			bool shadow, struct nvt_backing out[IMP_BACKING_EVENTS]);

#endif
