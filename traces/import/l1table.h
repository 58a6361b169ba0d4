/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stage-2 tables of L1's VMs as its KVM keeps them (spec 4.6, 4.7): which leaves there are,
 * and which tables, as a walk that fails tells the level of the entry that is missing. Each
 * change is told entry by entry, as what a walk reads from then on.
 */
#ifndef NVSIM_TRACES_IMPORT_L1TABLE_H
#define NVSIM_TRACES_IMPORT_L1TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "import/map.h"
#include "import/shape.h"

struct imp_l1_table {
	struct imp_map nodes; /* (level, index) to struct node */
	struct imp_shape shape;
};

/* An entry at `level` for `ipa` reads `desc` from here on. False ends the operation. */
typedef bool imp_l1_tell(void *arg, uint64_t ipa, int level, uint64_t desc);

/* vtcr: of L1's hardware, as its KVM sets it. False: there are no such tables. */
bool imp_l1_table_init(struct imp_l1_table *t, uint64_t vtcr);
void imp_l1_table_free(struct imp_l1_table *t);

/* `prot` as the mapper is given it: bit 0 X-EL1, 1 X-EL0, 2 W, 3 R, 4 device, 5 uncached.
 * All: false: no memory, or `tell` said so. */
bool imp_l1_map(struct imp_l1_table *t, uint64_t ipa, uint64_t size, uint64_t pa, uint64_t prot,
		imp_l1_tell *tell, void *arg);
/* Permissions of the leaf that holds ipa are raised in place. */
bool imp_l1_relax(struct imp_l1_table *t, uint64_t ipa, uint64_t prot, imp_l1_tell *tell,
		  void *arg);
bool imp_l1_unmap(struct imp_l1_table *t, uint64_t start, uint64_t end, imp_l1_tell *tell,
		  void *arg);
bool imp_l1_protect(struct imp_l1_table *t, uint64_t start, uint64_t end, imp_l1_tell *tell,
		    void *arg);
/* Every leaf as it is. */
bool imp_l1_tell_all(struct imp_l1_table *t, imp_l1_tell *tell, void *arg);

#endif
