/* SPDX-License-Identifier: GPL-2.0-only */
#include "stream.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define AHEAD 4u /* blocks decoded but not yet asked for */

struct stream {
	struct nvt_reader *reader;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t filled, drained;
	struct nvt_block *ring[AHEAD];
	unsigned int head, count;
	enum nvt_status status; /* what ended decoding, NVT_OK while it runs */
	struct nvt_error error;
	bool stop;
};

static bool push(struct stream *s, struct nvt_block *block)
{
	bool stop;

	pthread_mutex_lock(&s->lock);
	while (s->count == AHEAD && !s->stop)
		pthread_cond_wait(&s->drained, &s->lock);
	stop = s->stop;
	if (!stop) {
		s->ring[(s->head + s->count++) % AHEAD] = block;
		pthread_cond_signal(&s->filled);
	}
	pthread_mutex_unlock(&s->lock);
	if (stop)
		nvt_release_block(block);
	return !stop;
}

static void finish(struct stream *s, enum nvt_status status, const struct nvt_error *err)
{
	pthread_mutex_lock(&s->lock);
	s->status = status;
	s->error = *err;
	pthread_cond_signal(&s->filled);
	pthread_mutex_unlock(&s->lock);
}

static void *decode(void *arg)
{
	struct stream *s = arg;
	struct nvt_error err = {0};
	struct nvt_block *block;
	enum nvt_status status;

	do {
		status = nvt_next_block(s->reader, &block, &err);
	} while (status == NVT_OK && push(s, block));
	finish(s, status == NVT_OK ? NVT_END : status, &err);
	return NULL;
}

static void stream_free(struct stream *s)
{
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->filled);
	pthread_cond_destroy(&s->drained);
	free(s);
}

struct stream *stream_open(struct nvt_reader *r)
{
	struct stream *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return NULL;
	s->reader = r;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->filled, NULL);
	pthread_cond_init(&s->drained, NULL);
	err = pthread_create(&s->thread, NULL, decode, s);
	if (err) {
		stream_free(s);
		errno = err;
		return NULL;
	}
	return s;
}

enum nvt_status stream_next(struct stream *s, struct nvt_block **block, struct nvt_error *err)
{
	enum nvt_status status = NVT_OK;

	pthread_mutex_lock(&s->lock);
	while (!s->count && s->status == NVT_OK)
		pthread_cond_wait(&s->filled, &s->lock);
	if (s->count) {
		*block = s->ring[s->head];
		s->head = (s->head + 1) % AHEAD;
		s->count--;
		pthread_cond_signal(&s->drained);
	} else {
		status = s->status;
		*err = s->error;
	}
	pthread_mutex_unlock(&s->lock);
	return status;
}

void stream_close(struct stream *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->drained);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	while (s->count--)
		nvt_release_block(s->ring[s->head++ % AHEAD]);
	stream_free(s);
}
