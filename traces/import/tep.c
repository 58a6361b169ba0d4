/* SPDX-License-Identifier: GPL-2.0-only */
#include "import/tep.h"

#ifdef HAVE_TRACEEVENT
#include <stdlib.h>
#include <string.h>

#include <event-parse.h>

#define FIELDS_MAX   16u
#define EVENT_ID_MAX 65536

/* Where a field lies in the record. */
struct place {
	uint16_t offset;
	uint8_t size;
	uint8_t id;
	bool is_signed;
};

struct plan {
	struct imp_tep_plan common; /* first: callers have its address */
	int id;
	uint8_t place_count;
	size_t end; /* of the last field */
	uint64_t has;
	struct place places[FIELDS_MAX]; /* of a mark: its text, and who wrote it */
};

struct imp_tep {
	struct tep_handle *tep;
	bool swap;			  /* the recorder had the other byte order */
	int limit;			  /* above all ids that have a plan */
	struct plan *plans[EVENT_ID_MAX]; /* by event id */
};

struct imp_tep *imp_tep_new(struct tep_handle *tep)
{
	struct imp_tep *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->tep = tep;
	t->swap = tep_is_file_bigendian(tep) != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	return t;
}

void imp_tep_free(struct imp_tep *t)
{
	if (!t)
		return;
	for (int i = 0; i < t->limit; i++)
		free(t->plans[i]);
	free(t);
}

/* Dynamic probes carry the address they were hit at; other events of the same name do not. */
static bool is_probe(const struct tep_event *event)
{
	const struct tep_format_field *f;

	for (f = event->format.fields; f; f = f->next)
		if (!strncmp(f->name, "__probe_", strlen("__probe_")))
			return true;
	return false;
}

static uint8_t recognise(const struct tep_event *event)
{
	uint8_t known;

	/* The marker of user space is an event named print; the text shows who wrote it. */
	if (!strcmp(event->name, "print") && !strcmp(event->system, "ftrace"))
		return IMP_EV_MARK;
	known = imp_find_event(event->name, strlen(event->name));
	if (known == IMP_EV_NONE || known == IMP_EV_MARK)
		return IMP_EV_NONE;
	if (imp_events[known].system ? strcmp(event->system, imp_events[known].system) != 0
				     : !is_probe(event))
		return IMP_EV_NONE;
	return known;
}

static bool readable(const struct tep_format_field *f)
{
	return f && f->offset >= 0 && f->offset <= UINT16_MAX &&
	       (f->size == 1 || f->size == 2 || f->size == 4 || f->size == 8);
}

static void find_places(struct plan *p, struct tep_event *event)
{
	const struct imp_event *e = &imp_events[p->common.known];

	for (uint8_t i = 0; i < e->field_count; i++) {
		const struct imp_field *want = &e->fields[i];
		const struct tep_format_field *f = tep_find_field(event, want->name);

		if (readable(f) && p->place_count < FIELDS_MAX) {
			p->places[p->place_count++] =
				(struct place){.offset = (uint16_t)f->offset,
					       .size = (uint8_t)f->size,
					       .id = want->id,
					       .is_signed = f->flags & TEP_FIELD_IS_SIGNED};
			p->has |= (uint64_t)1 << want->id;
			if (p->end < (size_t)f->offset + (size_t)f->size)
				p->end = (size_t)f->offset + (size_t)f->size;
		} else if (!(want->flags & IMP_OPTIONAL) && !p->common.missing) {
			p->common.missing = want->name;
		}
	}
}

static void find_text(struct plan *p, struct tep_event *event)
{
	const struct tep_format_field *text = tep_find_field(event, "buf");
	const struct tep_format_field *ip = tep_find_field(event, "ip");

	if (!text || text->offset < 0 || text->offset > UINT16_MAX || !readable(ip)) {
		p->common.known = IMP_EV_NONE;
		return;
	}
	p->places[0] = (struct place){.offset = (uint16_t)text->offset};
	p->places[1] = (struct place){.offset = (uint16_t)ip->offset, .size = (uint8_t)ip->size};
}

static struct plan *new_plan(struct imp_tep *t, int id)
{
	struct tep_event *event = tep_find_event(t->tep, id);
	struct plan *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->id = id;
	p->common.name = event ? event->name : "(unknown)";
	p->common.known = event ? recognise(event) : IMP_EV_NONE;
	if (p->common.known == IMP_EV_MARK)
		find_text(p, event);
	else if (p->common.known != IMP_EV_NONE)
		find_places(p, event);
	return p;
}

bool imp_tep_is_id(int id)
{
	return id >= 0 && id < EVENT_ID_MAX;
}

struct imp_tep_plan *imp_tep_plan(struct imp_tep *t, int id)
{
	if (id >= t->limit)
		t->limit = id + 1;
	if (!t->plans[id])
		t->plans[id] = new_plan(t, id);
	return t->plans[id] ? &t->plans[id]->common : NULL;
}

struct imp_tep_plan *imp_tep_next(const struct imp_tep *t, const struct imp_tep_plan *plan)
{
	int id = plan ? ((const struct plan *)plan)->id + 1 : 0;

	while (id < t->limit && !t->plans[id])
		id++;
	return id < t->limit ? &t->plans[id]->common : NULL;
}

static uint64_t extended(uint64_t value, const struct place *p)
{
	unsigned int shift = 64 - 8u * p->size;

	return p->is_signed ? (uint64_t)((int64_t)(value << shift) >> shift) : value;
}

/* Sizes that the compiler knows make this a load, not a call: it is the hot spot. */
static inline uint64_t load(const unsigned char *at, const struct place *p)
{
	uint64_t v8;
	uint32_t v4;
	uint16_t v2;

	switch (p->size) {
	case 8:
		memcpy(&v8, at, 8);
		return v8;
	case 4:
		memcpy(&v4, at, 4);
		return extended(v4, p);
	case 2:
		memcpy(&v2, at, 2);
		return extended(v2, p);
	default:
		return extended(*at, p);
	}
}

static uint64_t load_swapped(const unsigned char *at, const struct place *p)
{
	uint64_t value = 0;

	memcpy(&value, at, p->size);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	value = __builtin_bswap64(value);
#else
	value = __builtin_bswap64(value) >> (64 - 8u * p->size);
#endif
	return extended(value, p);
}

/* A print event may be user space's, or a trace_printk of the kernel. */
static enum imp_tep_result read_mark(const struct imp_tep *t, const struct plan *p,
				     const unsigned char *data, size_t size, struct imp_record *r)
{
	const struct place *text = &p->places[0], *ip = &p->places[1];
	const unsigned char *from;
	const char *writer;

	if (text->offset > size || (size_t)ip->offset + ip->size > size)
		return IMP_TEP_IGNORED;
	from = data + ip->offset;
	writer = tep_find_function(t->tep, t->swap ? load_swapped(from, ip) : load(from, ip));
	/* Where the recording has no symbols, the text is taken for a marker. */
	if (writer && strcmp(writer, "tracing_mark_write") != 0)
		return IMP_TEP_IGNORED;
	r->event = IMP_EV_MARK;
	r->has = 0;
	r->text = (const char *)data + text->offset;
	r->text_length = strnlen(r->text, size - text->offset);
	while (r->text_length && r->text[r->text_length - 1] == '\n')
		r->text_length--;
	return IMP_TEP_RECORD;
}

enum imp_tep_result imp_tep_read(const struct imp_tep *t, const struct imp_tep_plan *plan,
				 const void *data, size_t size, struct imp_record *r)
{
	const struct plan *p = (const struct plan *)plan;

	if (plan->known == IMP_EV_NONE)
		return IMP_TEP_IGNORED;
	if (plan->known == IMP_EV_MARK)
		return read_mark(t, p, data, size, r);
	if (size < p->end)
		return IMP_TEP_CUT;
	for (uint8_t i = 0; i < p->place_count; i++) {
		const struct place *place = &p->places[i];
		const unsigned char *at = (const unsigned char *)data + place->offset;

		r->v[place->id] = t->swap ? load_swapped(at, place) : load(at, place);
	}
	r->event = plan->known;
	r->has = p->has;
	return IMP_TEP_RECORD;
}

#endif
