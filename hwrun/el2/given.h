/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Translations that L1 once gave and has not invalidated since. A TLB may keep them although
 * L1's tables say something else by now, and so may a shadow table, which is one.
 */
#ifndef NVSIM_EL2_GIVEN_H
#define NVSIM_EL2_GIVEN_H

#include "check.h"
#include "engine.h"

/* False: no memory. */
bool given_start(struct engine *e);
/* [start, start + size) was mapped or relaxed: keeps those leaves in it that the checker finds
 * to be L1's and the host's, all of them, with all they permit. False: no memory. */
bool given_note(const struct engine_access *a, uint64_t start, uint64_t size);
/* The leaf at hand was such a one when it was made, and is as it was. */
bool given_before(const struct s2_mmu *mmu, const struct s2_leaf *leaf);
/* L1 or the host has asked to take back what is in the range. */
void given_forget(const struct s2_mmu *mmu, uint64_t start, uint64_t size);

#endif
