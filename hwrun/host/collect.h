/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames out of what a console prints: what a run at EL2 has told of itself.
 * Bytes come in pieces of any size; what is no frame is passed over. Memory is
 * bounded, whatever the bytes are.
 */
#ifndef NVSIM_HWRUN_COLLECT_H
#define NVSIM_HWRUN_COLLECT_H

#include "cost.h"
#include "frame.h"

#define HW_FINDINGS_KEPT 32u
#define HW_ABSENTS_KEPT	 24u
#define HW_REGS_KEPT	 4u
#define HW_SAMPLES_SIZE	 (16u << 20) /* bytes of samples that are kept */

/* A frame that outlives its line; frame.type NULL: it did not come. */
struct hw_kept {
	struct hw_frame frame;
	char text[HW_FRAME_MAX];
};

/* A frame `cost`. */
struct hw_cost {
	bool known;
	uint64_t n, min, max, sum, p50, p90, p99;
};

/* Frames `histogram`, as far as they came. */
struct hw_bins {
	uint64_t n; /* of all bins */
	uint64_t bin[HW_BUCKET_COUNT];
};

/* What is known of the last run that the console shows. */
struct hw_run {
	uint64_t bytes;	   /* read of the console, from its beginning */
	uint64_t earlier;  /* runs before this one, left out */
	uint64_t seen;	   /* frames */
	uint64_t lost;	   /* that are missing in the sequence, damaged ones included */
	uint64_t damaged;  /* whose checksum does not fit */
	uint64_t repeated; /* that had been there before */

	struct hw_kept hello, trace, counts, outcomes, refused, unexpected, end;
	struct hw_kept progress, last; /* the latest of its kind, and of all */
	struct hw_kept regs[HW_REGS_KEPT];
	unsigned int regs_count;
	struct hw_kept absent[HW_ABSENTS_KEPT];
	unsigned int absent_count;
	struct hw_kept finding[HW_FINDINGS_KEPT];
	uint64_t finding_count; /* of all, kept or not */
	struct hw_cost cost[HW_CLASS_COUNT][HW_PHASE_COUNT][HW_UNIT_COUNT];
	uint64_t sample_count, samples_left_out;
	size_t samples_size;
	bool out_of_memory; /* bins or samples are missing */

	/* Lines "key=value key=value" of frames `sample`. */
	char *samples;
	struct hw_bins *bins[HW_CLASS_COUNT][HW_PHASE_COUNT][HW_UNIT_COUNT]; /* NULL: none */
};

struct hw_collect;

/* NULL: no memory. */
struct hw_collect *hw_collect_new(void);
void hw_collect_free(struct hw_collect *c);
/* The next bytes of the console. */
void hw_collect_bytes(struct hw_collect *c, const char *data, size_t size);
/* There are no more: a last line without an end counts, too. */
void hw_collect_finish(struct hw_collect *c);
/* As it is now, until the next call. */
const struct hw_run *hw_collect_run(const struct hw_collect *c);

/* The frame came. */
static inline bool hw_kept(const struct hw_kept *k)
{
	return k->frame.type != NULL;
}
/* Nothing of interest follows. */
static inline bool hw_run_is_over(const struct hw_run *r)
{
	return hw_kept(&r->end);
}
/* The last frame for people, without long values: "17 progress events=65536 faults=123"; "" without
 * any. */
void hw_run_last(const struct hw_run *r, char *text, size_t size);

#endif
