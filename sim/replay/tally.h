/* SPDX-License-Identifier: GPL-2.0-only */
/* How the engine reports to the metrics. */
#ifndef NVSIM_REPLAY_TALLY_H
#define NVSIM_REPLAY_TALLY_H

#include "metrics.h"

/* A fault that the handler got, in `mmu`, at fault_ipa. */
void metrics_fault(struct metrics *m, enum metrics_scope scope, const struct s2_mmu *mmu,
		   uint64_t fault_ipa, const struct s2_outcome *out);
/* Shadow tables may have changed at now_ns. */
void metrics_tables(struct metrics *m, const struct s2_vm *vm, uint64_t now_ns);
/*
 * The same, where since the last call nothing changed but the table of one
 * context, which is walked: it was `before`. Costs no look at all contexts.
 */
struct metrics_leaves {
	uint64_t pages, count[4];
};
static inline struct metrics_leaves metrics_leaves(const struct s2_table *t)
{
	return (struct metrics_leaves){t->page_count,
				       {0, t->leaf_count[1], t->leaf_count[2], t->leaf_count[3]}};
}
void metrics_table_changed(struct metrics *m, const struct metrics_leaves *before,
			   const struct s2_table *now, uint64_t now_ns);
/* A host unmap removed the leaf at [start, start + size). */
void metrics_dropped(struct metrics *m, const struct s2_mmu *mmu, uint64_t start, uint64_t size);
/* Part of one invalidation: `asked` bytes in one context. */
void metrics_sweep(struct metrics_sweep *s, uint64_t asked, const struct s2_swept *done);

#endif
