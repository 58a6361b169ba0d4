/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's ring buffers, one for each CPU, by libperf. */
#ifndef NVSIM_RECORD_RING_H
#define NVSIM_RECORD_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "merge.h"
#include "trace.h"

struct record_ring;

/* Kinds of items. */
enum record_kind {
	RECORD_SAMPLE, /* data: the event in the kernel's own layout */
	RECORD_LOST,   /* value: how many did not fit just before */
	RECORD_FORK,   /* value: pid of the parent */
};

/* False: this program was built without libperf, and nothing below works. */
bool record_has_libperf(void);

/*
 * Rings for these tracepoints, by id, of all processes on all CPUs; they are off. The rings are
 * smaller where the limits on locked memory ask for that.
 */
struct record_ring *record_ring_open(const int *ids, size_t count, struct nvt_error *err);
void record_ring_close(struct record_ring *r);
uint32_t record_ring_count(const struct record_ring *r);

enum nvt_status record_ring_enable(struct record_ring *r, struct nvt_error *err);
void record_ring_disable(struct record_ring *r);
/* Waits until some ring is a quarter full, at most so long. */
void record_ring_wait(struct record_ring *r, int ms);

/* Now, by the clock of the records. */
uint64_t record_ring_now(void);
/*
 * Moves what the rings hold, at least all that is older than `until`. False: out of memory.
 */
bool record_ring_read(struct record_ring *r, struct record_merge *m, uint64_t until);
/* Events that did not fit, by the kernel's own count; 0 where it keeps none. */
uint64_t record_ring_lost(struct record_ring *r);

#endif
