/* SPDX-License-Identifier: GPL-2.0-only */
#include "exactness.h"

#include <inttypes.h>
#include <stdio.h>

const char *const exactness_names[] = {
	[EXACT] = "exact",
	[EXACT_LOWER_BOUND] = "lower bound",
	[EXACT_AS_RECORDED] = "as recorded",
};

/* The policy that recorded streams come from, where they do not say what was mapped. */
static bool is_recorded_policy(const struct s2_policy *policy)
{
	return policy == s2_policy_default;
}

/* Compares what was mapped with what was recorded; judged by data, not by the policy's name. */
void exactness_event(struct exactness *x, const struct engine_step *step,
		     const struct nvt_event *ev)
{
	const struct nvt_fault_truth *truth;

	x->touches |= ev->kind == NVT_TOUCH;
	if (ev->kind != NVT_FAULT)
		return;
	x->faults = true;
	if (!step->delivered || !step->shadow || step->outcome.kind != S2_MAPPED)
		return;
	x->beyond_leaf += step->outcome.map.size > step->outcome.walk.leaf_size;
	truth = ev->fault.truth;
	if (!truth || !(truth->has & NVT_TRUTH_MAP))
		x->unknown++;
	else if (step->outcome.map.size < truth->map_size)
		x->finer++;
	else if (step->outcome.map.size > truth->map_size)
		x->coarser++;
}

/* After one, a larger mapping would fault again where the recorded stream has no fault. */
static bool invalidations(const struct metrics *m)
{
	return m->tlbi.count || m->host_unmap.count;
}

/* Recorded faults that the rebuilt tables do not give, or give another fault code. */
static uint64_t missed(const struct metrics *m)
{
	uint64_t count = m->fsc_rewritten;

	for (int scope = 0; scope < SCOPE_COUNT; scope++)
		count += m->avoided[scope];
	return count;
}

static void say(struct exactness *x, enum exactness_verdict verdict, uint64_t count,
		const char *why)
{
	x->verdict = verdict;
	if (count)
		snprintf(x->why, sizeof(x->why), "%" PRIu64 " %s", count, why);
	else
		snprintf(x->why, sizeof(x->why), "%s", why);
}

/* From the strongest reservation to none. */
void exactness_judge(struct exactness *x, const struct engine *e)
{
	if (e->class == NVT_PARTIAL)
		say(x, EXACT_AS_RECORDED, 0, "faults alone were recorded; none is replayed");
	else if (!x->faults)
		say(x, EXACT, 0, "a stream of demand: the replay finds out what faults");
	else if (x->finer)
		say(x, EXACT_LOWER_BOUND, x->finer,
		    "shadow mappings smaller than recorded; faults beside them are not in the "
		    "trace");
	else if (x->beyond_leaf && e->class == NVT_OBSERVED)
		say(x, EXACT_LOWER_BOUND, x->beyond_leaf,
		    "shadow mappings span leaves that L1 may have changed since a walk showed "
		    "them");
	else if (x->coarser && invalidations(&e->metrics))
		say(x, EXACT_LOWER_BOUND, x->coarser,
		    "shadow mappings larger than recorded, and invalidations after which they "
		    "would "
		    "fault again");
	else if (x->coarser)
		say(x, EXACT, 0,
		    "no shadow mapping is smaller than recorded, and nothing was invalidated");
	else if (e->metrics.lost || e->metrics.lost_unknown)
		say(x, EXACT_LOWER_BOUND, 0, "the recorder lost events");
	else if (missed(&e->metrics) && e->metrics.rmap_vm)
		say(x, EXACT_LOWER_BOUND, missed(&e->metrics),
		    "recorded faults do not occur: host unmaps spare what they map, or the rebuilt "
		    "tables differ");
	else if (missed(&e->metrics))
		say(x, EXACT_LOWER_BOUND, missed(&e->metrics),
		    "recorded faults do not occur, or are others, in the rebuilt tables");
	else if (!x->unknown)
		say(x, EXACT, 0, "every shadow mapping has its recorded size");
	else if (is_recorded_policy(e->options.policy))
		say(x, EXACT, 0, "the policy is the one recorded");
	else
		say(x, EXACT_LOWER_BOUND, 0, "the trace does not tell what sizes were mapped");
}
