/* SPDX-License-Identifier: GPL-2.0-only */
/* Decoded blocks that are used again, and may be released by any thread. */
#ifndef NVSIM_TRACES_POOL_H
#define NVSIM_TRACES_POOL_H

#include "block.h"
#include "trace.h"

struct nvt_pool;

struct nvt_pooled {
	struct nvt_block block; /* what the caller sees; first, so that one is the other */
	struct nvt_batch batch;
	struct nvt_pool *pool;
	struct nvt_pooled *next;
};

/* NULL: out of memory. */
struct nvt_pool *nvt_pool_new(void);
/* The pool goes when the last of its blocks has come back. */
void nvt_pool_close(struct nvt_pool *pool);
/* An idle block or a new one. NULL: out of memory. */
struct nvt_pooled *nvt_pool_get(struct nvt_pool *pool);

#endif
