/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far the figures of a replay can be believed. A recorded stream is
 * open-loop: it holds the faults that the recorded tables took, so a finer
 * policy would have had more, and a coarser one others after an invalidation.
 */
#ifndef NVSIM_REPLAY_EXACTNESS_H
#define NVSIM_REPLAY_EXACTNESS_H

#include "engine.h"

enum exactness_verdict {
	EXACT,
	EXACT_LOWER_BOUND, /* of the number of faults */
	EXACT_AS_RECORDED, /* nothing was replayed: recorded events were counted */
};

struct exactness {
	uint64_t finer, coarser; /* shadow mappings smaller and larger than recorded */
	uint64_t unknown;	 /* shadow mappings without a recorded size */
	uint64_t beyond_leaf;	 /* shadow mappings that rest on further leaves of L1 */
	bool touches;		 /* some of the stream is demand, not faults */
	bool faults;
	enum exactness_verdict verdict;
	char why[120];
};

/* After each event that was replayed. */
void exactness_event(struct exactness *x, const struct engine_step *step,
		     const struct nvt_event *ev);
/* After the last one: sets verdict and why. */
void exactness_judge(struct exactness *x, const struct engine *e);

extern const char *const exactness_names[];

#endif
