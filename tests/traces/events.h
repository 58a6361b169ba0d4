/* SPDX-License-Identifier: GPL-2.0-only */
/* Events for tests: made at random within the schema's bounds, compared, printed. */
#ifndef NVSIM_TESTS_TRACES_EVENTS_H
#define NVSIM_TESTS_TRACES_EVENTS_H

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../../traces/schema.h"
#include "trace.h"

/* xorshift64*, so that a seed means the same everywhere. */
static inline uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * 0x2545f4914f6cdd1du;
}

static inline uint64_t get_field(const struct nvt_column *c, const void *record)
{
	uint64_t v = 0;

	for (unsigned int i = 0; i < c->size; i++) /* hosts of tests are little-endian */
		v |= (uint64_t)((const uint8_t *)record)[c->offset + i] << 8 * i;
	if (c->low < 0 && v >> (8 * c->size - 1))
		v |= ~(UINT64_MAX >> (64 - 8 * c->size));
	return v;
}

static inline void set_field(const struct nvt_column *c, void *record, uint64_t v)
{
	memcpy((uint8_t *)record + c->offset, &v, c->size);
}

/* A value that the column allows: a bound, one of few, a small step on, or any. */
static inline uint64_t random_value(const struct nvt_column *c, uint64_t before, uint64_t *seed)
{
	uint64_t r = next_random(seed), v;

	switch (r % 8) {
	case 0:
		v = 0;
		break;
	case 1:
		v = c->span;
		break;
	case 2:
	case 3:
		v = before - (uint64_t)c->low + (r >> 32) % 65;
		break;
	case 4:
	case 5:
		v = (r >> 32) % 5 * 0x123456789abu;
		break;
	default:
		v = next_random(seed);
	}
	if (c->span != UINT64_MAX)
		v %= c->span + 1;
	return ((uint64_t)c->low + v) & ~(uint64_t)c->align;
}

static inline void randomize(const struct nvt_group *g, void *record, uint64_t *seed)
{
	for (unsigned int i = 0; i < g->column_count; i++)
		set_field(&g->columns[i], record,
			  random_value(&g->columns[i], get_field(&g->columns[i], record), seed));
}

static inline bool has_part(const struct nvt_fault_truth *t, unsigned int group)
{
	return t->has & nvt_groups[group].select;
}

static inline void random_truth(struct nvt_fault_truth *t, uint64_t *seed)
{
	uint16_t has = (uint16_t)(next_random(seed) >> 40 & 0x3ff);

	for (unsigned int g = NVT_GROUP_TRUTH + 1; g < NVT_GROUP_WORDS; g++)
		if (has & nvt_groups[g].select)
			randomize(&nvt_groups[g], t, seed);
	t->has = has;
}

/* An event with what hangs on it; its own values are where the next one's may start. */
struct sample {
	struct nvt_event event;
	struct nvt_fault_truth truth;
	char text[NVT_MARK_MAX + 1];
};

static inline void random_event(struct sample *s, enum nvt_kind kind, uint64_t *seed)
{
	uint64_t r = next_random(seed);

	/* Pointers differ from run to run, and values may start from what was there. */
	if (s->event.kind == NVT_FAULT)
		s->event.fault.truth = NULL;
	if (s->event.kind == NVT_MARK)
		s->event.mark.text = NULL;
	s->event.kind = (uint8_t)kind;
	s->event.vcpu = r % 5 ? (uint16_t)(r >> 20 & 3) : (uint16_t)(r >> 20);
	s->event.time_ns += r % 11 ? r >> 40 & 0xffff : 0;
	randomize(&nvt_groups[kind], &s->event, seed);
	if (kind == NVT_FAULT || kind == NVT_TOUCH)
		s->event.fault.truth = NULL;
	if (kind == NVT_FAULT && r % 3) {
		random_truth(&s->truth, seed);
		s->event.fault.truth = &s->truth;
	}
	if (kind == NVT_MARK) {
		s->event.mark.text = s->text;
		for (uint32_t i = 0; i < s->event.mark.length; i++)
			s->text[i] = (char)(1 + next_random(seed) % 255);
		s->text[s->event.mark.length] = 0;
	}
}

/* ---- comparison ---- */

static inline bool same_fields(const struct nvt_group *g, const void *a, const void *b)
{
	for (unsigned int i = 0; i < g->column_count; i++)
		if (get_field(&g->columns[i], a) != get_field(&g->columns[i], b))
			return false;
	return true;
}

static inline bool same_truth(const struct nvt_fault_truth *a, const struct nvt_fault_truth *b)
{
	if (!a || !b)
		return a == b;
	for (unsigned int g = NVT_GROUP_TRUTH + 1; g < NVT_GROUP_WORDS; g++)
		if (has_part(a, g) && !same_fields(&nvt_groups[g], a, b))
			return false;
	return a->has == b->has;
}

static inline bool same_event(const struct nvt_event *a, const struct nvt_event *b)
{
	if (!same_fields(&nvt_groups[NVT_GROUP_EVENT], a, b) ||
	    !same_fields(&nvt_groups[a->kind], a, b))
		return false;
	if (a->kind == NVT_FAULT || a->kind == NVT_TOUCH)
		return same_truth(a->fault.truth, b->fault.truth);
	if (a->kind == NVT_MARK)
		return memcmp(a->mark.text, b->mark.text, a->mark.length) == 0 &&
		       !b->mark.text[a->mark.length];
	return true;
}

/* ---- text, as reader.py prints it ---- */

static inline void print_fields(FILE *f, const struct nvt_group *g, const void *record)
{
	for (unsigned int i = 0; i < g->column_count; i++) {
		const struct nvt_column *c = &g->columns[i];
		const char *dot = strchr(c->name, '.');

		fprintf(f, c->low < 0 ? " %s=%" PRId64 : " %s=0x%" PRIx64, dot ? dot + 1 : c->name,
			get_field(c, record));
	}
}

static inline void print_event(FILE *f, const struct nvt_event *ev, uint64_t ordinal)
{
	const struct nvt_fault_truth *t = ev->kind == NVT_FAULT ? ev->fault.truth : NULL;

	fprintf(f, "%" PRIu64 " %" PRIu64 " %u %s", ordinal, ev->time_ns, ev->vcpu,
		nvt_groups[ev->kind].name);
	print_fields(f, &nvt_groups[ev->kind], ev);
	if (ev->kind == NVT_MARK)
		fprintf(f, " text=");
	for (uint32_t i = 0; ev->kind == NVT_MARK && i < ev->mark.length; i++)
		fprintf(f, "%02x", (uint8_t)ev->mark.text[i]);
	if (t)
		fprintf(f, " has=0x%x", t->has);
	for (unsigned int g = NVT_GROUP_TRUTH + 1; t && g < NVT_GROUP_WORDS; g++)
		if (has_part(t, g))
			print_fields(f, &nvt_groups[g], t);
	fprintf(f, "\n");
}

/* ---- whole traces ---- */

static inline struct nvt_writer_options plain_options(void)
{
	return (struct nvt_writer_options){
		.class = NVT_FULL,
		.machine = {.page_shift = 12,
			    .ipa_limit = 40,
			    .canonical_bits = 40,
			    .s2_granules = 1},
	};
}

/* Reads to the end. NVT_END, or the error; *count of events. */
static inline enum nvt_status read_all(const char *path, uint64_t *count, struct nvt_error *err)
{
	struct nvt_reader *r = nvt_open(path, err);
	enum nvt_status status;
	struct nvt_block *block;

	*count = 0;
	if (!r)
		return err->status;
	while ((status = nvt_next_block(r, &block, err)) == NVT_OK) {
		*count += block->count;
		nvt_release_block(block);
	}
	nvt_close(r);
	return status;
}

#endif
