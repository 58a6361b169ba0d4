/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Several policies in one pass over a trace. Those that have decided alike so
 * far share one engine; where they differ over a fault, it is cloned. An engine
 * with a reverse map cannot be: a policy whose invalidation has one runs in an
 * engine of its own from the beginning.
 */
#ifndef NVSIM_REPLAY_COMPARE_H
#define NVSIM_REPLAY_COMPARE_H

#include "engine.h"
#include "exactness.h"

#define COMPARE_POLICIES_MAX 64u

struct compare_options {
	struct engine_options engine; /* policy, invalidation, undecided: not looked at */
	const struct s2_policy *const *policies;
	unsigned int policy_count; /* 1..COMPARE_POLICIES_MAX */
	unsigned int threads;	   /* 0: as many as CPUs */
	/* What goes with each of the policies; NULL: the default with all. */
	const struct s2_invalidation *const *invalidations;
};

struct compare;

/* NULL: no memory. Where no thread can be started, the caller's does the work. `o` is copied, what
 * it points to is not. */
struct compare *compare_new(const struct nvt_machine *machine, enum nvt_class class,
			    const struct compare_options *o);
void compare_free(struct compare *c);

/* Initial contents of L1's memory, before the first block. */
enum engine_status compare_l1mem(struct compare *c, const struct nvt_word *words, size_t count);

/*
 * Hands over the next block, which is released when every policy has seen it;
 * waits while many are under way. A status other than ENGINE_OK is of this block
 * or an earlier one: more need not be handed over.
 */
enum engine_status compare_block(struct compare *c, struct nvt_block *block);

/* After the last block: waits until every policy has seen every event. */
enum engine_status compare_end(struct compare *c);

/* After ENGINE_BAD_EVENT: which event, and why. */
const char *compare_problem(const struct compare *c, uint64_t *ordinal);

/* What one policy did; valid until the next call or compare_free. */
struct compare_result {
	unsigned int alike; /* the first policy of the options that it never differed from */
	const struct engine *engine;
	struct exactness exactness;
};
/* After compare_end, for policy i of the options. */
struct compare_result compare_result(struct compare *c, unsigned int i);

#endif
