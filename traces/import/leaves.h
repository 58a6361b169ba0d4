/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the recorded walks have shown of L1's stage-2 tables so far, and
 * whether that predicts the next walk. A reader of the trace that applies
 * each NVT_L1_LEAF as event.h defines it holds the same model.
 */
#ifndef NVSIM_TRACES_IMPORT_LEAVES_H
#define NVSIM_TRACES_IMPORT_LEAVES_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "import/map.h"

struct imp_leaves {
	struct imp_map tables;	/* (vttbr without CnP, vtcr) to struct leaf_table */
	struct imp_map entries; /* (table number and level, index) to struct leaf_entry */
	uint64_t stamp;
};

void imp_leaves_init(struct imp_leaves *m);
void imp_leaves_free(struct imp_leaves *m);

/* How one walk went, and under which registers of L1. */
struct imp_walk {
	uint64_t ipa; /* L2 IPA */
	uint64_t vttbr, vtcr;
	uint8_t page_shift; /* of the host */
	uint8_t ipa_limit;
	const struct nvt_fault_truth *truth;
};

/* All of these tables is known from here on: what was not told is not valid. False: no memory. */
bool imp_leaves_complete(struct imp_leaves *m, uint64_t vttbr, uint64_t vtcr);
/*
 * An entry is stated by another source than a walk. 1: that is news; 0: the model had it so; -1:
 * out of memory. page_shift: of the host.
 */
int imp_leaves_state(struct imp_leaves *m, const struct nvt_l1_leaf *leaf, uint8_t page_shift);
/*
 * Takes note of a walk. 1: the model did not predict it, and *leaf is what
 * has to be told before the fault; 0: it did, or the walk read no descriptor
 * that decided; -1: out of memory.
 */
int imp_leaves_observe(struct imp_leaves *m, const struct imp_walk *walk, struct nvt_l1_leaf *leaf);

/* The entry that decided a walk, without a model. False: it read none. */
bool imp_leaves_decided(const struct imp_walk *walk, struct nvt_l1_leaf *leaf);

#endif
