/* SPDX-License-Identifier: GPL-2.0-only */
#include "import/perf.h"

#ifdef HAVE_TRACEEVENT
#include <inttypes.h>

#include <event-parse.h>
#include <linux/perf_event.h>

/* perf's own records; those of the kernel have smaller numbers. */
enum {
	OWN_RECORDS = 64,
	RECORD_ATTR = 64,
	RECORD_FORMATS = 66,
	RECORD_ROUND = 68,
	RECORD_AUXTRACE = 71,
	RECORD_FEATURE = 80,
	RECORD_COMPRESSED = 81,
	RECORD_COMPRESSED2 = 83,
};

/* Lost samples that are of a filter, and not lost (PERF_RECORD_MISC_LOST_SAMPLES_BPF). */
#define MISC_FILTERED 0x8000u

struct record {
	uint64_t at; /* in the file; of the compressed one that it was in */
	uint32_t type;
	uint16_t misc;
	const uint8_t *body;
	size_t size;
	bool unpacked;
};

/* ---- samples ---- */

static bool no_formats(struct perf_reader *r, uint64_t at)
{
	if (r->endless)
		return perf_fail(&r->bytes, at,
				 "no formats of tracepoints come before this sample: perf was "
				 "killed and had not written them; `perf record -o -` writes them "
				 "first");
	return perf_fail(&r->bytes, at, "a sample of a tracepoint, and no formats in the file");
}

/*
 * An event that perf was told to record twice has each sample twice. The
 * first of the two that shows up is the one that counts.
 */
static bool is_second(struct perf_reader *r, struct imp_tep_plan *p, const struct perf_attr *a)
{
	if (!p->from)
		p->from = a;
	if (p->from == a)
		return false;
	if (!p->twice && p->known != IMP_EV_NONE)
		imp_send_warning(r->bytes.out, "event %s was recorded several times; one is used",
				 imp_events[p->known].name);
	p->twice = true;
	p->count++;
	return true;
}

static bool take_tracepoint(struct perf_reader *r, const struct record *rec, struct imp_tep_plan *p,
			    const struct perf_sample *s)
{
	if (p->missing)
		return perf_fail(&r->bytes, rec->at, "event %s: field %s is missing in its format",
				 imp_events[p->known].name, p->missing);
	switch (imp_tep_read(r->formats.plans, p, s->raw, s->raw_size, &r->record)) {
	case IMP_TEP_RECORD:
		r->record.time_ns = imp_round_ns(s->time);
		r->record.cpu = s->cpu;
		return perf_order_record(&r->order, s->time, rec->at, &r->record);
	case IMP_TEP_IGNORED:
		p->count++;
		return true;
	default:
		return perf_fail(&r->bytes, rec->at, "event %s: the record is cut",
				 imp_events[p->known].name);
	}
}

/* Finds out which tracepoint it is, and of which thread. */
static bool on_tracepoint(struct perf_reader *r, const struct record *rec,
			  const struct perf_attr *a, const struct perf_sample *s)
{
	struct imp_tep_plan *p = NULL;
	uint32_t id, pid;

	if (!r->formats.type.size)
		return no_formats(r, rec->at);
	if (!perf_common(&r->bytes, &r->formats.type, s, &id) ||
	    !perf_common(&r->bytes, &r->formats.pid, s, &pid))
		return perf_fail(&r->bytes, rec->at,
				 "a sample of a tracepoint with %" PRIu32 " bytes of data: damaged",
				 s->raw_size);
	if (imp_tep_is_id((int)id) && !(p = imp_tep_plan(r->formats.plans, (int)id)))
		return perf_no_memory(&r->bytes);
	if (!p || (!p->from && !tep_find_event(r->formats.tep, (int)id)))
		return perf_fail(&r->bytes, rec->at,
				 "a sample of tracepoint %" PRIu32 ", whose format is not in the "
				 "file, or damaged",
				 id);
	r->record.pid = (int32_t)pid;
	return is_second(r, p, a) || take_tracepoint(r, rec, p, s);
}

static bool on_sample(struct perf_reader *r, const struct record *rec)
{
	const struct perf_attr *a;
	struct perf_sample s;

	if (!perf_attr_of_sample(&r->events, &r->bytes, rec->body, rec->size, rec->at, &a))
		return false;
	if (!a) {
		r->nameless_count++;
		return true;
	}
	if (!perf_read_sample(&r->bytes, a, rec->body, rec->size, &s) || s.time > INT64_MAX)
		return perf_fail(&r->bytes, rec->at,
				 "a sample of %zu bytes whose fields do not fit: damaged",
				 rec->size);
	perf_order_saw(&r->order, s.time);
	if (a->type != PERF_TYPE_TRACEPOINT) {
		r->untraced_count++;
		return true;
	}
	if (a->time_at == PERF_NOWHERE || !(a->sample_type & PERF_SAMPLE_RAW))
		return perf_fail(&r->bytes, rec->at,
				 "a sample of a tracepoint without %s: record without options that "
				 "leave it out",
				 a->time_at == PERF_NOWHERE ? "its time" : "its fields");
	return on_tracepoint(r, rec, a, &s);
}

/* ---- other records ---- */

/* The time of a record that is no sample; false: it has none. */
static bool read_other(struct perf_reader *r, const struct record *rec, const struct perf_attr **a,
		       struct perf_sample *s)
{
	*a = perf_attr_of_other(&r->events, &r->bytes, rec->body, rec->size);
	*s = (struct perf_sample){.cpu = 0xffff};
	if (*a)
		perf_read_other(&r->bytes, *a, rec->body, rec->size, s);
	if (!s->time || s->time > INT64_MAX)
		return false;
	perf_order_saw(&r->order, s->time);
	return true;
}

static bool too_short(struct perf_reader *r, const struct record *rec)
{
	return perf_fail(&r->bytes, rec->at, "a record of kind %" PRIu32 " with %zu bytes: damaged",
			 rec->type, rec->size + PERF_RECORD_HEADER);
}

/* The kernel found no room in a buffer. */
static bool on_lost(struct perf_reader *r, const struct record *rec)
{
	const struct perf_attr *a;
	struct perf_sample s;
	uint64_t count;

	if (rec->size < 16)
		return too_short(r, rec);
	count = perf_u64(&r->bytes, rec->body + 8);
	r->lost_count += count;
	if (!read_other(r, rec, &a, &s))
		s.time = r->order.newest;
	return perf_order_lost(&r->order, s.time, rec->at, s.cpu, count);
}

/*
 * What a counter of the kernel says was lost. Without a time perf made the record at the end, of
 * everything, and what came as PERF_RECORD_LOST is among it.
 */
static bool on_lost_samples(struct perf_reader *r, const struct record *rec)
{
	const struct perf_attr *a;
	struct perf_sample s;
	uint64_t count;
	bool timed;

	if (rec->size < 8)
		return too_short(r, rec);
	count = perf_u64(&r->bytes, rec->body);
	timed = read_other(r, rec, &a, &s);
	if ((rec->misc & MISC_FILTERED) || (a && a->type != PERF_TYPE_TRACEPOINT))
		return true;
	if (timed)
		return perf_order_lost(&r->order, s.time, rec->at, s.cpu, count);
	r->left_count += count;
	return true;
}

static bool on_attr(struct perf_reader *r, const struct record *rec)
{
	struct perf_attr *a;
	size_t size;

	a = perf_add_attr(&r->events, &r->bytes, rec->body, rec->size, rec->at, &size);
	if (!a)
		return false;
	for (; rec->size - size >= 8; size += 8)
		if (!perf_add_id(&r->events, &r->bytes, perf_u64(&r->bytes, rec->body + size), a))
			return false;
	return true;
}

static bool on_feature(struct perf_reader *r, const struct record *rec)
{
	if (rec->size < 8)
		return too_short(r, rec);
	return perf_read_feature(r, perf_u64(&r->bytes, rec->body), rec->body + 8, rec->size - 8,
				 rec->at);
}

/* Formats lie behind their record, up to a multiple of 8 bytes. */
static bool on_formats(struct perf_reader *r, const struct record *rec)
{
	struct perf_bytes *b = &r->bytes;
	uint64_t limit = b->limit;
	uint64_t size, end;
	bool ok;

	if (rec->size < 4)
		return too_short(r, rec);
	size = ((uint64_t)perf_u32(b, rec->body) + 7) & ~(uint64_t)7;
	if (size > PERF_FORMATS_MAX || size > limit - perf_position(b))
		return perf_fail(b, rec->at, "formats of tracepoints of %" PRIu64 " bytes: damaged",
				 size);
	end = perf_position(b) + size;
	b->limit = end;
	ok = perf_formats_read(&r->formats, b) && perf_pass(b, end - perf_position(b));
	b->limit = limit;
	return ok;
}

/* Data of hardware lie behind their record. */
static bool on_auxtrace(struct perf_reader *r, const struct record *rec)
{
	return rec->size < 8 ? too_short(r, rec)
			     : perf_pass(&r->bytes, perf_u64(&r->bytes, rec->body));
}

static bool on_compressed(struct perf_reader *r, const struct record *rec)
{
	uint64_t size;

	if (rec->type == RECORD_COMPRESSED)
		return perf_unpack(r, rec->body, rec->size, rec->at);
	if (rec->size < 8)
		return too_short(r, rec);
	size = perf_u64(&r->bytes, rec->body);
	if (size > rec->size - 8)
		return too_short(r, rec);
	return perf_unpack(r, rec->body + 8, (size_t)size, rec->at);
}

/* ---- all records ---- */

/* Records that others, or bytes, lie in or behind. */
static bool handle_outer(struct perf_reader *r, const struct record *rec)
{
	if (rec->unpacked)
		return perf_fail(&r->bytes, rec->at,
				 "a record of kind %" PRIu32 " among compressed ones: damaged",
				 rec->type);
	if (rec->type == RECORD_FORMATS)
		return on_formats(r, rec);
	return rec->type == RECORD_AUXTRACE ? on_auxtrace(r, rec) : on_compressed(r, rec);
}

static bool handle(struct perf_reader *r, const struct record *rec)
{
	const struct perf_attr *a;
	struct perf_sample s;

	switch (rec->type) {
	case PERF_RECORD_SAMPLE:
		return on_sample(r, rec);
	case PERF_RECORD_LOST:
		return on_lost(r, rec);
	case PERF_RECORD_LOST_SAMPLES:
		return on_lost_samples(r, rec);
	case RECORD_ROUND:
		perf_order_round(&r->order);
		return true;
	case RECORD_ATTR:
		return on_attr(r, rec);
	case RECORD_FEATURE:
		return on_feature(r, rec);
	case RECORD_FORMATS:
	case RECORD_AUXTRACE:
	case RECORD_COMPRESSED:
	case RECORD_COMPRESSED2:
		return handle_outer(r, rec);
	default:
		if (rec->type < OWN_RECORDS)
			read_other(r, rec, &a, &s);
		return true;
	}
}

bool perf_handle(struct perf_reader *r, const uint8_t *bytes, uint64_t at, bool unpacked)
{
	size_t size = perf_u16(&r->bytes, bytes + 6);
	struct record rec = {.at = at,
			     .type = perf_u32(&r->bytes, bytes),
			     .misc = perf_u16(&r->bytes, bytes + 4),
			     .body = bytes + PERF_RECORD_HEADER,
			     .size = size - PERF_RECORD_HEADER,
			     .unpacked = unpacked};

	if (size < PERF_RECORD_HEADER)
		return perf_fail(&r->bytes, at, "a record of %zu bytes: damaged", size);
	return handle(r, &rec);
}

/* The end of the input within a record; a recording whose end nothing tells may well have it. */
static bool end_within(struct perf_reader *r)
{
	if (!r->endless)
		return perf_fail(&r->bytes, perf_position(&r->bytes),
				 "%s ends in the middle of a record: cut", r->bytes.what);
	imp_send_warning(r->bytes.out, "the recording ends in the middle of a record: it was cut");
	return true;
}

static bool read_record(struct perf_reader *r, bool *end)
{
	uint64_t at = perf_position(&r->bytes);
	const uint8_t *bytes;
	size_t have, size;

	*end = true;
	bytes = perf_peek(&r->bytes, PERF_RECORD_HEADER, &have);
	if (!bytes)
		return false;
	if (have < PERF_RECORD_HEADER)
		return !have || end_within(r);
	size = perf_u16(&r->bytes, bytes + 6);
	bytes = perf_peek(&r->bytes, size, &have);
	if (!bytes)
		return false;
	if (have < size)
		return end_within(r);
	bytes = perf_take(&r->bytes, size);
	*end = false;
	return bytes && perf_handle(r, bytes, at, false);
}

bool perf_read_records(struct perf_reader *r)
{
	bool end = false;

	while (!end)
		if (!read_record(r, &end))
			return false;
	if (r->unpacked_size && !end_within(r))
		return false;
	/* What no record of the kernel told, at the end. */
	if (r->left_count > r->lost_count &&
	    !perf_order_lost(&r->order, r->order.newest, perf_position(&r->bytes), 0xffff,
			     r->left_count - r->lost_count))
		return false;
	perf_order_end(&r->order);
	return true;
}

#endif
