/* SPDX-License-Identifier: GPL-2.0-only */
#include <pthread.h>
#include <stdlib.h>

#include "pool.h"

struct nvt_pool {
	pthread_mutex_t lock;
	struct nvt_pooled *idle;
	size_t users; /* blocks that are out, and the reader */
};

struct nvt_pool *nvt_pool_new(void)
{
	struct nvt_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return NULL;
	pthread_mutex_init(&pool->lock, NULL);
	pool->users = 1;
	return pool;
}

static void leave(struct nvt_pool *pool, struct nvt_pooled *back)
{
	struct nvt_pooled *p, *next;
	bool last;

	pthread_mutex_lock(&pool->lock);
	if (back) {
		back->next = pool->idle;
		pool->idle = back;
	}
	last = --pool->users == 0;
	pthread_mutex_unlock(&pool->lock);
	if (!last)
		return;
	for (p = pool->idle; p; p = next) {
		next = p->next;
		nvt_batch_free(&p->batch);
		free(p);
	}
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

void nvt_pool_close(struct nvt_pool *pool)
{
	if (pool)
		leave(pool, NULL);
}

struct nvt_pooled *nvt_pool_get(struct nvt_pool *pool)
{
	struct nvt_pooled *p;

	pthread_mutex_lock(&pool->lock);
	p = pool->idle;
	if (p)
		pool->idle = p->next;
	pool->users++;
	pthread_mutex_unlock(&pool->lock);
	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p) {
		leave(pool, NULL);
		return NULL;
	}
	p->pool = pool;
	return p;
}

void nvt_release_block(struct nvt_block *block)
{
	struct nvt_pooled *p = (struct nvt_pooled *)block;

	if (p)
		leave(p->pool, p);
}
