/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>
#include <stdlib.h>

#include <linux/perf_event.h>

#include "import/perf.h"

/* Offsets in struct perf_event_attr. Its flags are bit fields, so their bits follow byte order. */
#define ATTR_SIZE	 4
#define ATTR_SAMPLE_TYPE 24
#define ATTR_READ_FORMAT 32
#define ATTR_FLAGS	 40
#define ATTR_CLOCKID	 92
#define ATTR_SIZE_MIN	 64u
#define FLAG_ID_ALL	 18u
#define FLAG_CLOCKID	 25u

/* Not yet in the headers of older kernels. */
#define READ_LOST (1u << 4)

void perf_events_init(struct perf_events *e)
{
	*e = (struct perf_events){.alike = true};
	imp_map_init(&e->ids, sizeof(struct perf_attr *));
}

void perf_events_free(struct perf_events *e)
{
	for (size_t i = 0; i < e->attr_count; i++)
		free(e->attrs[i]);
	free(e->attrs);
	imp_map_free(&e->ids);
}

static bool flag(const struct perf_bytes *b, const uint8_t *attr, unsigned int bit)
{
	unsigned int in_byte = perf_is_big(b) ? 7 - bit % 8 : bit % 8;

	return attr[ATTR_FLAGS + bit / 8] >> in_byte & 1;
}

/* Where the fields of samples lie that are before those of varying size. */
static void lay_out_sample(struct perf_attr *a)
{
	static const uint32_t fields[] = {
		PERF_SAMPLE_IP, PERF_SAMPLE_TID,       PERF_SAMPLE_TIME, PERF_SAMPLE_ADDR,
		PERF_SAMPLE_ID, PERF_SAMPLE_STREAM_ID, PERF_SAMPLE_CPU,	 PERF_SAMPLE_PERIOD};
	uint16_t at = 0;

	if (a->sample_type & PERF_SAMPLE_IDENTIFIER) {
		a->id_at = at;
		at += 8;
	}
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (!(a->sample_type & fields[i]))
			continue;
		if (fields[i] == PERF_SAMPLE_TIME)
			a->time_at = at;
		if (fields[i] == PERF_SAMPLE_CPU)
			a->cpu_at = at;
		if (fields[i] == PERF_SAMPLE_ID && a->id_at == PERF_NOWHERE)
			a->id_at = at;
		at += 8;
	}
	a->fixed_size = at;
}

/* Other records have these at their end, last things first here. */
static void lay_out_other(struct perf_attr *a)
{
	static const uint32_t fields[] = {PERF_SAMPLE_IDENTIFIER, PERF_SAMPLE_CPU,
					  PERF_SAMPLE_STREAM_ID, PERF_SAMPLE_ID, PERF_SAMPLE_TIME};
	uint16_t back = 0;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (!(a->sample_type & fields[i]))
			continue;
		back += 8;
		if (fields[i] == PERF_SAMPLE_IDENTIFIER)
			a->id_back = back;
		if (fields[i] == PERF_SAMPLE_ID && a->id_back == PERF_NOWHERE)
			a->id_back = back;
		if (fields[i] == PERF_SAMPLE_CPU)
			a->cpu_back = back;
		if (fields[i] == PERF_SAMPLE_TIME)
			a->time_back = back;
	}
}

static bool append(struct perf_events *e, struct perf_attr *a)
{
	const struct perf_attr *first = e->attr_count ? e->attrs[0] : a;
	struct perf_attr **bigger;

	/* Grows at powers of two. */
	if (!(e->attr_count & (e->attr_count - 1))) {
		bigger = realloc(e->attrs,
				 (e->attr_count ? 2 * e->attr_count : 1) * sizeof(*bigger));
		if (!bigger)
			return false;
		e->attrs = bigger;
	}
	e->attrs[e->attr_count++] = a;
	e->alike &= a->type == first->type && a->sample_type == first->sample_type &&
		    a->read_format == first->read_format;
	e->mixed |= a->id_at != first->id_at;
	e->mixed_back |= a->id_back != first->id_back;
	return true;
}

struct perf_attr *perf_add_attr(struct perf_events *e, struct perf_bytes *b, const uint8_t *attr,
				size_t room, uint64_t at, size_t *size)
{
	struct perf_attr *a;

	*size = room < ATTR_SIZE_MIN ? 0 : perf_u32(b, attr + ATTR_SIZE);
	if (room >= ATTR_SIZE_MIN && !*size)
		*size = ATTR_SIZE_MIN;
	if (*size < ATTR_SIZE_MIN || *size > room) {
		perf_fail(b, at, "an attribute of %zu bytes where there is room for %zu: damaged",
			  *size, room);
		return NULL;
	}
	if (e->attr_count >= PERF_ATTRS_MAX) {
		perf_fail(b, at, "more than %u events", PERF_ATTRS_MAX);
		return NULL;
	}
	a = malloc(sizeof(*a));
	if (!a) {
		perf_no_memory(b);
		return NULL;
	}
	*a = (struct perf_attr){.type = perf_u32(b, attr),
				.sample_type = perf_u64(b, attr + ATTR_SAMPLE_TYPE),
				.read_format = perf_u64(b, attr + ATTR_READ_FORMAT),
				.id_at = PERF_NOWHERE,
				.time_at = PERF_NOWHERE,
				.cpu_at = PERF_NOWHERE,
				.id_back = PERF_NOWHERE,
				.time_back = PERF_NOWHERE,
				.cpu_back = PERF_NOWHERE};
	lay_out_sample(a);
	if (flag(b, attr, FLAG_ID_ALL))
		lay_out_other(a);
	if (flag(b, attr, FLAG_CLOCKID) && *size >= ATTR_CLOCKID + 4) {
		e->has_clock = true;
		e->clock = (int32_t)perf_u32(b, attr + ATTR_CLOCKID);
	}
	if (append(e, a))
		return a;
	free(a);
	perf_no_memory(b);
	return NULL;
}

bool perf_add_id(struct perf_events *e, struct perf_bytes *b, uint64_t id, struct perf_attr *a)
{
	struct perf_attr **value;

	/* The same id again costs time, too. */
	if (e->id_count++ >= PERF_IDS_MAX)
		return perf_fail(b, perf_position(b), "more than %u ids of events", PERF_IDS_MAX);
	value = imp_map_put(&e->ids, id, 0);
	if (!value)
		return perf_no_memory(b);
	*value = a;
	return true;
}

static const struct perf_attr *attr_of_id(const struct perf_events *e, uint64_t id)
{
	struct perf_attr *const *value = imp_map_get(&e->ids, id, 0);

	return value ? *value : NULL;
}

bool perf_attr_of_sample(const struct perf_events *e, struct perf_bytes *b, const uint8_t *body,
			 size_t size, uint64_t at, const struct perf_attr **a)
{
	const struct perf_attr *first;

	if (!e->attr_count)
		return perf_fail(b, at, "a sample, and no event is described before it: damaged");
	first = e->attrs[0];
	*a = first;
	if (e->attr_count == 1)
		return true;
	if (e->mixed)
		return perf_fail(b, at, "the events have their ids at different places in samples");
	if (first->id_at == PERF_NOWHERE)
		return e->alike ||
		       perf_fail(b, at, "events of several kinds, and no ids in samples");
	if (size < first->id_at + 8u)
		return perf_fail(b, at, "a sample of %zu bytes has no room for its id: damaged",
				 size);
	*a = attr_of_id(e, perf_u64(b, body + first->id_at));
	return true;
}

const struct perf_attr *perf_attr_of_other(const struct perf_events *e, const struct perf_bytes *b,
					   const uint8_t *body, size_t size)
{
	const struct perf_attr *first = e->attr_count ? e->attrs[0] : NULL;

	if (!first || e->attr_count == 1)
		return first;
	if (e->mixed_back || first->id_back == PERF_NOWHERE || size < first->id_back)
		return NULL;
	return attr_of_id(e, perf_u64(b, body + size - first->id_back));
}

/* A part of a record that is read from front to back. */
struct cursor {
	const struct perf_bytes *b;
	const uint8_t *at;
	size_t left;
};

static bool step(struct cursor *c, uint64_t size)
{
	if (size > c->left)
		return false;
	c->at += size;
	c->left -= (size_t)size;
	return true;
}

/* `count` words of 8 bytes each, where the count does not fit into memory, either. */
static bool step_words(struct cursor *c, uint64_t count)
{
	return count <= c->left / 8 && step(c, count * 8);
}

static bool next_u64(struct cursor *c, uint64_t *value)
{
	if (c->left < 8)
		return false;
	*value = perf_u64(c->b, c->at);
	return step(c, 8);
}

/* Values of counters. */
static bool step_read(struct cursor *c, uint64_t format)
{
	uint64_t times = !!(format & PERF_FORMAT_TOTAL_TIME_ENABLED) +
			 !!(format & PERF_FORMAT_TOTAL_TIME_RUNNING);
	uint64_t each = 1 + !!(format & PERF_FORMAT_ID) + !!(format & READ_LOST);
	uint64_t count = 1;

	if ((format & PERF_FORMAT_GROUP) && !next_u64(c, &count))
		return false;
	return step_words(c, times) && count <= c->left / 8 && step_words(c, count * each);
}

static bool step_callchain(struct cursor *c)
{
	uint64_t count;

	return next_u64(c, &count) && step_words(c, count);
}

static bool read_raw(struct cursor *c, struct perf_sample *s)
{
	if (c->left < 4)
		return false;
	s->raw_size = perf_u32(c->b, c->at);
	step(c, 4);
	s->raw = c->at;
	return step(c, s->raw_size);
}

static uint16_t cpu_at(const struct perf_bytes *b, const uint8_t *at)
{
	uint32_t cpu = perf_u32(b, at);

	return cpu < 0xffff ? (uint16_t)cpu : 0xffff;
}

bool perf_read_sample(const struct perf_bytes *b, const struct perf_attr *a, const uint8_t *body,
		      size_t size, struct perf_sample *s)
{
	struct cursor c = {b, body, size};

	*s = (struct perf_sample){.cpu = 0xffff};
	if (!step(&c, a->fixed_size))
		return false;
	if (a->time_at != PERF_NOWHERE)
		s->time = perf_u64(b, body + a->time_at);
	if (a->cpu_at != PERF_NOWHERE)
		s->cpu = cpu_at(b, body + a->cpu_at);
	if ((a->sample_type & PERF_SAMPLE_READ) && !step_read(&c, a->read_format))
		return false;
	if ((a->sample_type & PERF_SAMPLE_CALLCHAIN) && !step_callchain(&c))
		return false;
	/* What follows (branches, registers, stack, weights, sizes of pages, AUX) is not needed. */
	return !(a->sample_type & PERF_SAMPLE_RAW) || read_raw(&c, s);
}

void perf_read_other(const struct perf_bytes *b, const struct perf_attr *a, const uint8_t *body,
		     size_t size, struct perf_sample *s)
{
	*s = (struct perf_sample){.cpu = 0xffff};
	if (a->time_back != PERF_NOWHERE && a->time_back <= size)
		s->time = perf_u64(b, body + size - a->time_back);
	if (a->cpu_back != PERF_NOWHERE && a->cpu_back <= size)
		s->cpu = cpu_at(b, body + size - a->cpu_back);
}
