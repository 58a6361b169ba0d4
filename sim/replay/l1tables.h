/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * L1's stage-2 tables where only what walks read of them is known: tables are
 * made up, in a range of L1's memory that no slot holds, so that the
 * handler's own walk reads exactly what the recorded one read.
 */
#ifndef NVSIM_REPLAY_L1TABLES_H
#define NVSIM_REPLAY_L1TABLES_H

#include "event.h"
#include "machine.h"

struct l1tables {
	struct machine *machine;
	const struct s2_config *cfg;
	uint64_t next;	/* address of the next table to make up */
	uint64_t *free; /* addresses of tables that are no longer linked */
	size_t free_count, free_room;
};

void l1tables_init(struct l1tables *t, struct machine *m, const struct s2_config *cfg);
void l1tables_destroy(struct l1tables *t);
/* The same for `m`, a clone of the machine that they were made in. False: no memory. */
bool l1tables_clone(struct l1tables *to, const struct l1tables *from, struct machine *m,
		    const struct s2_config *cfg);

/*
 * From here on a walk for leaf->ipa reads leaf->desc at leaf->level, and
 * tables above. big_endian: SCTLR_EL2.EE of L1. False: no room, or a level
 * that this VTCR does not have.
 */
bool l1tables_set(struct l1tables *t, const struct nvt_l1_leaf *leaf, bool big_endian);

#endif
