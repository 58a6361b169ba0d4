/* SPDX-License-Identifier: GPL-2.0-only */
/* A run at EL2 as a result for machines: schema nvsim.result/1. */
#ifndef NVSIM_HWRUN_COLLECT_JSON_H
#define NVSIM_HWRUN_COLLECT_JSON_H

#include "collect.h"
#include "result.h"

struct hw_described {
	const struct hw_run *run;
	struct result_context context; /* by hw_describe */
	bool emulated;		       /* it is known here that an emulator ran it */
	/* The trace on this host, and the digest of a replay of it here; NULL: not at hand. */
	const struct result_trace *trace;
	const char *replay_digest;
};

/*
 * Policy, quirks and invalidation policy as the frames name them, and `build`. False: they are not
 * known here, or the frame is missing; the text says which.
 */
bool hw_describe(const struct hw_run *r, const struct result_build *build,
		 struct result_context *context, char *problem, size_t size);

/* The field of a frame; "" where it is not there. */
const char *hw_text(const struct hw_kept *k, const char *key);

/* An emulator ran it, as it says itself or as is known here. What does not say is taken for one. */
bool hw_emulated(const struct hw_described *d);
/* Why that is said. */
const char *hw_evidence(const struct hw_described *d);
/* The image was built from other sources than the command, or does not tell. */
bool hw_other_build(const struct hw_described *d);
/* "Cortex-A72"; NULL: no name is known for it. */
const char *hw_part_name(uint64_t midr);
/* "cycles", or the name of a PMU event that was chosen; buf is for those without a name. */
#define HW_UNIT_NAME_SIZE 16
const char *hw_unit_name(const struct hw_run *r, unsigned int unit, char buf[HW_UNIT_NAME_SIZE]);

/* New reference; NULL or incomplete where there is no memory. */
json_t *hw_result_json(const struct hw_described *d);

#endif
