/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "import/perf.h"

void perf_order_init(struct perf_order *o, struct perf_bytes *b)
{
	*o = (struct perf_order){.b = b, .sorted = true};
}

void perf_order_free(struct perf_order *o)
{
	free(o->bytes);
	free(o->slots);
}

void perf_order_saw(struct perf_order *o, uint64_t time)
{
	if (time > o->newest)
		o->newest = time;
}

static int by_time(const void *a, const void *b)
{
	const struct perf_slot *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->place < y->place ? -1 : 1;
}

static int by_place(const void *a, const void *b)
{
	const struct perf_slot *x = a, *y = b;

	return x->place < y->place ? -1 : 1;
}

static struct imp_message *message_at(const struct perf_order *o, size_t place)
{
	return (struct imp_message *)(o->bytes + place);
}

/* Moves the messages from slot `first` on to the front, in the order in which they came. */
static void close_up(struct perf_order *o, size_t first)
{
	o->count -= first;
	memmove(o->slots, o->slots + first, o->count * sizeof(*o->slots));
	qsort(o->slots, o->count, sizeof(*o->slots), by_place);
	o->used = 0;
	o->sorted = true;
	for (size_t i = 0; i < o->count; i++) {
		struct perf_slot *s = &o->slots[i];
		const struct imp_message *m = message_at(o, s->place);
		size_t size = sizeof(*m) + m->size;

		memmove(o->bytes + o->used, m, size);
		s->place = o->used;
		o->used += size;
		o->sorted &= !i || s[-1].time <= s->time;
	}
}

static void sort(struct perf_order *o)
{
	if (!o->sorted)
		qsort(o->slots, o->count, sizeof(*o->slots), by_time);
	o->sorted = true;
}

/* Lets go of all records up to that time. */
static void let_go(struct perf_order *o, uint64_t time)
{
	size_t i;

	sort(o);
	for (i = 0; i < o->count && o->slots[i].time <= time; i++) {
		imp_send_message(o->b->out, message_at(o, o->slots[i].place));
		o->sent = o->slots[i].time;
	}
	if (i)
		close_up(o, i);
}

void perf_order_round(struct perf_order *o)
{
	let_go(o, o->complete);
	o->complete = o->newest;
}

void perf_order_end(struct perf_order *o)
{
	let_go(o, UINT64_MAX);
}

/* A capacity for `want` things; 0 where `capacity` suffices. */
static size_t larger(size_t capacity, size_t want)
{
	size_t bigger = capacity ? capacity : 4096;

	while (bigger < want)
		bigger *= 2;
	return bigger == capacity ? 0 : bigger;
}

static bool make_room(struct perf_order *o)
{
	size_t bigger = larger(o->size, o->used + IMP_MESSAGE_MAX);

	if (bigger) {
		unsigned char *bytes = realloc(o->bytes, bigger);

		if (!bytes)
			return perf_no_memory(o->b);
		o->bytes = bytes;
		o->size = bigger;
	}
	bigger = larger(o->capacity, o->count + 1);
	if (bigger) {
		struct perf_slot *slots = realloc(o->slots, bigger * sizeof(*slots));

		if (!slots)
			return perf_no_memory(o->b);
		o->slots = slots;
		o->capacity = bigger;
	}
	return true;
}

/* Room for any message; NULL: failed. */
static struct imp_message *begin(struct perf_order *o)
{
	while (o->count && o->used + IMP_MESSAGE_MAX > PERF_HELD_MAX) {
		sort(o);
		let_go(o, o->slots[o->count / 2].time);
		o->pressed = true;
	}
	return make_room(o) ? message_at(o, o->used) : NULL;
}

static void end(struct perf_order *o, uint64_t time, size_t size)
{
	o->sorted &= !o->count || o->slots[o->count - 1].time <= time;
	o->slots[o->count++] = (struct perf_slot){.time = time, .place = o->used};
	o->used += size;
}

bool perf_order_record(struct perf_order *o, uint64_t time, uint64_t at, const struct imp_record *r)
{
	struct imp_message *m;

	if (time < o->sent && o->pressed)
		return perf_fail(o->b, at,
				 "this record is %" PRIu64
				 " us older than others, and between them "
				 "are more than %zu MiB without an end of a round: they cannot be "
				 "put in order",
				 (o->sent - time) / 1000, PERF_HELD_MAX >> 20);
	if (time < o->sent)
		return perf_fail(o->b, at,
				 "this record is %" PRIu64 " us older than a round that perf had "
				 "ended: records cannot be put in order",
				 (o->sent - time) / 1000);
	m = begin(o);
	if (m)
		end(o, time, imp_message_put(m, r, at));
	return m;
}

bool perf_order_lost(struct perf_order *o, uint64_t time, uint64_t at, uint16_t cpu, uint64_t count)
{
	struct imp_message *m;

	if (time < o->sent)
		time = o->sent;
	m = begin(o);
	if (!m)
		return false;
	*m = (struct imp_message){.kind = IMP_SEND_LOST,
				  .time_ns = imp_round_ns(time),
				  .value = count,
				  .number = at,
				  .cpu = cpu};
	end(o, time, sizeof(*m));
	return true;
}
