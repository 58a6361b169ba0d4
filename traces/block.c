/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "bytes.h"

/* Head of an event section's body: first ordinal u64, events u32, groups u32. */
#define HEAD_SIZE 16u

uint64_t nvt_block_end(const uint8_t *body, size_t size)
{
	return size < HEAD_SIZE ? 0 : nvt_get64(body) + nvt_get32(body + 8);
}

static bool complain(struct nvt_why *why, const char *text)
{
	why->memory = !text;
	snprintf(why->text, sizeof(why->text), "%s", text ? text : "out of memory");
	return false;
}

void nvt_explain_bad(struct nvt_why *why, const struct nvt_bad *bad, const char *what,
		     uint64_t ordinal)
{
	why->memory = false;
	snprintf(why->text, sizeof(why->text),
		 "%s %" PRIu64 " has a value out of range: %s, %s is 0x%" PRIx64, what, ordinal,
		 bad->group->name, bad->column->name, bad->value);
}

/* ---- memory ---- */

static void *resize(void *p, size_t count, size_t size)
{
	return realloc(p, count * size);
}

bool nvt_batch_reserve(struct nvt_batch *b, size_t count)
{
	void *p;

	if (count <= b->capacity)
		return true;
#define GROW(field)                                                                                \
	do {                                                                                       \
		p = resize(b->field, count, sizeof(*b->field));                                    \
		if (!p)                                                                            \
			return false;                                                              \
		b->field = p;                                                                      \
	} while (0)
	GROW(events);
	GROW(has);
	GROW(identity);
	GROW(fault);
	GROW(offset);
	GROW(event);
#undef GROW
	for (size_t i = 0; i < count; i++)
		b->identity[i] = (uint32_t)(i * sizeof(*b->events));
	b->capacity = count;
	return true;
}

bool nvt_batch_reserve_truths(struct nvt_batch *b, size_t count)
{
	size_t capacity = b->truth_capacity ? b->truth_capacity : 256;
	void *p;

	if (count <= b->truth_capacity)
		return true;
	while (capacity < count)
		capacity *= 2;
	p = resize(b->truths, capacity, sizeof(*b->truths));
	if (!p)
		return false;
	b->truths = p;
	b->truth_capacity = capacity;
	return true;
}

void nvt_batch_clear(struct nvt_batch *b)
{
	b->count = 0;
	b->truth_count = 0;
	b->text.size = 0;
	memset(b->kind_count, 0, sizeof(b->kind_count));
}

void nvt_batch_free(struct nvt_batch *b)
{
	free(b->events);
	free(b->has);
	free(b->truths);
	free(b->identity);
	free(b->fault);
	free(b->offset);
	free(b->event);
	nvt_buffer_free(&b->text);
}

/* ---- the records of a group ---- */

static void fill_kind(const struct nvt_batch *b, unsigned int kind, uint32_t *list)
{
	for (size_t i = 0, n = 0; n < b->kind_count[kind]; i++) {
		list[n] = b->identity[i];
		n += b->events[i].kind == kind;
	}
}

/* Truths with one of the bits, and the faults that they belong to. */
static size_t select_part(const struct nvt_batch *b, unsigned int bits)
{
	size_t n = 0, t = 0;

	for (size_t i = 0; i < b->kind_count[NVT_FAULT] && t < b->truth_count; i++) {
		if (!b->has[i])
			continue;
		if ((b->has[i] - 1u) & bits) {
			b->offset[n] = (uint32_t)(t * sizeof(*b->truths));
			b->event[n++] = b->fault[i];
		}
		t++;
	}
	return n;
}

/* The list of a kind's events, which is that of all events where there is no other kind. */
static size_t select_kind(const struct nvt_batch *b, unsigned int kind, uint32_t *list)
{
	size_t count = b->kind_count[kind];

	if (count == b->count)
		memcpy(list, b->identity, count * sizeof(*list));
	else if (count)
		fill_kind(b, kind, list);
	return count;
}

/* The faults' list is kept, as the truths need it; others share one. */
static void select_group(struct nvt_batch *b, unsigned int id, struct nvt_records *r)
{
	const struct nvt_group *group = &nvt_groups[id];
	uint32_t *list = id == NVT_FAULT ? b->fault : b->offset;

	*r = (struct nvt_records){.data = (uint8_t *)b->events,
				  .offset = list,
				  .events = (const uint8_t *)b->events,
				  .event = list};
	switch (group->scope) {
	case NVT_SCOPE_EVENTS:
		r->count = b->count;
		r->offset = r->event = b->identity;
		r->stride = sizeof(*b->events);
		break;
	case NVT_SCOPE_KIND:
		r->count = select_kind(b, group->select, list);
		r->stride = r->count == b->count ? sizeof(*b->events) : 0;
		break;
	case NVT_SCOPE_TRUTH:
		r->data = (uint8_t *)b->has;
		r->count = b->kind_count[NVT_FAULT];
		for (size_t i = 0; i < r->count; i++)
			list[i] = (uint32_t)(i * sizeof(*b->has));
		r->event = b->fault;
		break;
	default:
		r->data = (uint8_t *)b->truths;
		r->event = b->event;
		r->count = select_part(b, group->select);
	}
}

static uint64_t ordinal_of(const struct nvt_batch *b, const struct nvt_records *r, size_t index)
{
	return b->first_ordinal + r->event[index] / sizeof(*b->events);
}

/* ---- encoding ---- */

/* Without truths the group that says which faults have one is left out. */
static bool is_present(const struct nvt_batch *b, unsigned int id, const struct nvt_records *r)
{
	return r->count && (id != NVT_GROUP_TRUTH || b->truth_count);
}

static bool encode_group(struct nvt_batch *b, struct nvt_encoder *e, unsigned int id,
			 const struct nvt_records *r, const struct nvt_limits *limits,
			 struct nvt_why *why)
{
	struct nvt_bad bad;

	switch (nvt_encode_group(e, id, r, limits, &bad)) {
	case NVT_ENCODED:
		return true;
	case NVT_ENCODED_BAD:
		nvt_explain_bad(why, &bad, "event", ordinal_of(b, r, bad.index));
		return false;
	default:
		return complain(why, NULL);
	}
}

bool nvt_batch_encode(struct nvt_batch *b, struct nvt_encoder *e, const struct nvt_limits *limits,
		      struct nvt_why *why)
{
	struct nvt_records r;
	uint32_t groups = 0;
	unsigned int id;

	nvt_encoder_reset(e);
	if (!nvt_buffer_room(&e->directory, HEAD_SIZE))
		return complain(why, NULL);
	e->directory.size = HEAD_SIZE;
	for (id = 0; id < NVT_GROUP_WORDS; id++) {
		select_group(b, id, &r);
		if (!is_present(b, id, &r))
			continue;
		if (!encode_group(b, e, id, &r, limits, why))
			return false;
		groups++;
	}
	nvt_put64(e->directory.data, b->first_ordinal);
	nvt_put32(e->directory.data + 8, (uint32_t)b->count);
	nvt_put32(e->directory.data + 12, groups);
	return true;
}

/* ---- decoding ---- */

static bool decode_groups(struct nvt_batch *b, const struct nvt_group_data *data,
			  unsigned int groups, const struct nvt_records *r,
			  const struct nvt_limits *limits, struct nvt_why *why)
{
	struct nvt_bad bad;

	if (nvt_decode_groups(data, groups, r, limits, &bad))
		return true;
	nvt_explain_bad(why, &bad, "event", ordinal_of(b, r, bad.index));
	return false;
}

/* After the group `event`. Runs of a kind are long: counters in memory would wait for each other.
 */
static void count_kinds(struct nvt_batch *b)
{
	unsigned int kind = 0;
	size_t i, start = 0;

	for (i = 0; i < b->count; i++) {
		if (b->events[i].kind == kind)
			continue;
		b->kind_count[kind] += i - start;
		kind = b->events[i].kind;
		start = i;
	}
	b->kind_count[kind] += i - start;
}

/* After the group `truth`, or in its absence: lays out the truths, points the faults at them. */
static bool attach_truths(struct nvt_batch *b, struct nvt_why *why)
{
	size_t count = b->kind_count[NVT_FAULT], i, t = 0;

	for (i = 0; i < count; i++)
		b->truth_count += b->has[i] != 0;
	if (!nvt_batch_reserve_truths(b, b->truth_count))
		return complain(why, NULL);
	if (!b->truth_count)
		return true;
	memset(b->truths, 0, b->truth_count * sizeof(*b->truths));
	for (i = 0; i < count; i++) {
		struct nvt_event *ev = &b->events[b->fault[i] / sizeof(*ev)];

		if (!b->has[i])
			continue;
		ev->fault.truth = &b->truths[t];
		b->truths[t++].has = (uint16_t)(b->has[i] - 1);
	}
	return true;
}

/* Copies the marks' texts, each with a NUL, and points the marks at them. */
static bool attach_texts(struct nvt_batch *b, const uint8_t *tail, size_t size, struct nvt_why *why)
{
	size_t i, left = size;
	char *to;

	if (!nvt_buffer_room(&b->text, size + b->kind_count[NVT_MARK]))
		return complain(why, NULL);
	to = (char *)b->text.data;
	for (i = 0; i < b->count && b->kind_count[NVT_MARK]; i++) {
		struct nvt_mark *mark = &b->events[i].mark;

		if (b->events[i].kind != NVT_MARK)
			continue;
		if (mark->length > left || memchr(tail, 0, mark->length))
			return complain(why, "the text of a mark is damaged");
		memcpy(to, tail, mark->length);
		to[mark->length] = 0;
		mark->text = to;
		to += mark->length + 1;
		tail += mark->length;
		left -= mark->length;
	}
	return left ? complain(why, "bytes follow the last value") : true;
}

/*
 * The first group, and where all events are of one kind that kind's with it:
 * so each event comes into the cache once. Returns the groups done; 0: *why.
 */
static unsigned int decode_first(struct nvt_batch *b, const struct nvt_directory *d,
				 const struct nvt_limits *limits, struct nvt_why *why)
{
	const struct nvt_group_data *data = d->groups;
	const struct nvt_column_data *kind = &data[0].columns[0];
	unsigned int groups = 1;
	struct nvt_records r;

	if (!d->group_count || data[0].id != NVT_GROUP_EVENT || data[0].count != b->count)
		return complain(why, "the group of all events is missing, or too small");
	if (d->group_count > 1 && !kind->coding && !kind->argument && data[1].id == kind->fixed &&
	    data[1].count == b->count)
		groups = 2;
	select_group(b, NVT_GROUP_EVENT, &r);
	if (!decode_groups(b, data, groups, &r, limits, why))
		return 0;
	count_kinds(b);
	return groups;
}

/* Groups are there exactly where they have records; `truth` alone may be absent: no truths. */
static bool decode_all(struct nvt_batch *b, const struct nvt_directory *d,
		       const struct nvt_limits *limits, struct nvt_why *why)
{
	unsigned int done = decode_first(b, d, limits, why), id, g;
	const struct nvt_group_data *data = &d->groups[1];
	struct nvt_records r;

	for (id = 1, g = 1; id < NVT_GROUP_WORDS && done; id++) {
		select_group(b, id, &r);
		if (g < d->group_count && data->id == id) {
			if (data->count != r.count)
				return complain(why, "a group has a wrong number of records");
			if (g >= done && !decode_groups(b, data, 1, &r, limits, why))
				return false;
			g++;
			data++;
		} else if (id == NVT_GROUP_TRUTH) {
			memset(b->has, 0, r.count * sizeof(*b->has));
		} else if (r.count) {
			return complain(why, "a group is missing");
		}
		if (id == NVT_GROUP_TRUTH && !attach_truths(b, why))
			return false;
	}
	if (done && g < d->group_count)
		return complain(why, "there is a group too many");
	return done != 0;
}

bool nvt_batch_decode(struct nvt_batch *b, const uint8_t *body, size_t size,
		      const struct nvt_limits *limits, struct nvt_why *why)
{
	struct nvt_directory d;
	const char *wrong;
	uint32_t count;

	nvt_batch_clear(b);
	if (size < HEAD_SIZE)
		return complain(why, "the body is too short");
	count = nvt_get32(body + 8);
	if (!count || count > NVT_BLOCK_MAX)
		return complain(why, "the number of events is impossible");
	wrong = nvt_read_directory(&d, body + HEAD_SIZE, size - HEAD_SIZE, nvt_get32(body + 12),
				   count);
	if (wrong)
		return complain(why, wrong);
	if (!nvt_batch_reserve(b, count))
		return complain(why, NULL);
	b->first_ordinal = nvt_get64(body);
	b->count = count;
	return decode_all(b, &d, limits, why) && attach_texts(b, d.tail, d.tail_size, why);
}
