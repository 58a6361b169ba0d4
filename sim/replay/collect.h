/* SPDX-License-Identifier: GPL-2.0-only */
/* How the engine reports to the metrics. */
#ifndef NVSIM_REPLAY_COLLECT_H
#define NVSIM_REPLAY_COLLECT_H

#include "metrics.h"

/* A fault that the handler got, in `mmu`, at fault_ipa. */
void metrics_fault(struct metrics *m, enum metrics_scope scope, const struct s2_mmu *mmu,
		   uint64_t fault_ipa, const struct s2_outcome *out);
/* Shadow tables may have changed at now_ns. */
void metrics_tables(struct metrics *m, const struct s2_vm *vm, uint64_t now_ns);
/* Part of one invalidation: `asked` bytes in one context. */
void metrics_sweep(struct metrics_sweep *s, uint64_t asked, const struct s2_swept *done);

#endif
