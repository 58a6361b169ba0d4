/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Front end for the text that tracefs `trace` and `trace-cmd report` print:
 *
 *    comm-pid  [cpu] flags seconds.fraction: event: fields
 */
#include <errno.h>
#include <string.h>

#include "import/build.h"
#include "import/input.h"

#define FIRST_LINES_MAX 1000u /* of something else before the first event */
#define LOST_MAX	64u   /* reports of loss between two events */

struct text_reader {
	struct imp_builder *b;
	struct imp_record record;
	uint64_t required[IMP_EVENT_COUNT]; /* fields by bit */
	bool any;			    /* an event was read */
	struct nvt_lost lost[LOST_MAX];	    /* told, but without a time yet */
	size_t lost_count;
	/* A mark may go on in the next line: it waits until that is read. */
	bool mark_waits;
	struct imp_record mark;
	char mark_text[NVT_MARK_MAX + 1];
};

/* A part of a line. */
struct span {
	const char *p, *end;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void skip_spaces(struct span *s)
{
	while (s->p < s->end && *s->p == ' ')
		s->p++;
}

static struct span word(struct span *s)
{
	struct span w;

	skip_spaces(s);
	w.p = s->p;
	while (s->p < s->end && *s->p != ' ')
		s->p++;
	w.end = s->p;
	return w;
}

static bool starts_with(const struct span *s, const char *text)
{
	size_t n = strlen(text);

	return (size_t)(s->end - s->p) >= n && !memcmp(s->p, text, n);
}

static bool equals(const struct span *s, const char *text)
{
	return starts_with(s, text) && (size_t)(s->end - s->p) == strlen(text);
}

/* Digits at s->p as a number. False: none, or too large. */
static bool take_decimal(struct span *s, uint64_t *value)
{
	const char *from = s->p;

	*value = 0;
	for (; s->p < s->end && is_digit(*s->p); s->p++) {
		if (*value > (UINT64_MAX - 9) / 10)
			return false;
		*value = *value * 10 + (uint64_t)(*s->p - '0');
	}
	return s->p > from;
}

static bool take_hex(struct span *s, uint64_t *value)
{
	const char *from = s->p;

	*value = 0;
	for (; s->p < s->end; s->p++) {
		unsigned int c = (unsigned char)*s->p;
		unsigned int digit = is_digit(*s->p) ? c - '0' : (c | 0x20) - 'a' + 10;

		if (digit > 15 || (!is_digit(*s->p) && digit < 10))
			break;
		if (*value >> 60)
			return false;
		*value = *value << 4 | digit;
	}
	return s->p > from;
}

/*
 * The pid before the cpu's bracket, which the thread's name precedes: name,
 * dash, pid, and a thread group in parentheses where the recorder was asked
 * for it. A name may hold anything, brackets too.
 */
static bool pid_before(const char *line, const char *bracket, int32_t *pid)
{
	const char *p = bracket;
	uint64_t value;
	struct span s;

	while (p > line && p[-1] == ' ')
		p--;
	if (p > line && p[-1] == ')') {
		while (p > line && *p != '(')
			p--;
		while (p > line && p[-1] == ' ')
			p--;
	}
	s.end = p;
	while (p > line && is_digit(p[-1]))
		p--;
	s.p = p;
	if (p == line || p[-1] != '-' || !take_decimal(&s, &value) || value > INT32_MAX)
		return false;
	*pid = (int32_t)value;
	return true;
}

static bool take_cpu(struct text_reader *t, struct span *s)
{
	const char *line = s->p;

	while ((s->p = memchr(s->p, '[', (size_t)(s->end - s->p)))) {
		const char *bracket = s->p++;
		uint64_t cpu;

		if (take_decimal(s, &cpu) && s->p < s->end && *s->p == ']' &&
		    pid_before(line, bracket, &t->record.pid)) {
			t->record.cpu = cpu < 0xffff ? (uint16_t)cpu : 0xffff;
			s->p++;
			return true;
		}
	}
	return false;
}

/* seconds.fraction, rounded to the microsecond as ftrace does. */
static bool take_time(struct text_reader *t, struct span *s)
{
	uint64_t seconds, fraction = 0;
	unsigned int digits = 0;

	if (!take_decimal(s, &seconds) || seconds > UINT32_MAX || s->p == s->end || *s->p != '.')
		return false;
	for (s->p++; s->p < s->end && is_digit(*s->p); s->p++) {
		if (digits < 9) {
			fraction = fraction * 10 + (uint64_t)(*s->p - '0');
			digits++;
		}
	}
	if (!digits || s->p == s->end || *s->p != ':')
		return false;
	for (; digits < 9; digits++)
		fraction *= 10;
	s->p++;
	t->record.time_ns = imp_round_ns(seconds * 1000000000u + fraction);
	return true;
}

enum line_kind { LINE_EVENT, LINE_OTHER, LINE_BAD_CLOCK };

/* Splits a line up to the event's name; what is left of *s are its fields. */
static enum line_kind take_header(struct text_reader *t, struct span *s, struct span *name)
{
	if (!take_cpu(t, s))
		return LINE_OTHER;
	skip_spaces(s);
	if (s->p < s->end && !is_digit(*s->p))
		word(s); /* irqs-off, need-resched, ... */
	skip_spaces(s);
	if (!take_time(t, s))
		return LINE_BAD_CLOCK;
	skip_spaces(s);
	name->p = s->p;
	while (s->p < s->end && *s->p != ':' && *s->p != ' ')
		s->p++;
	name->end = s->p;
	if (s->p == s->end || *s->p != ':' || name->p == name->end)
		return LINE_OTHER;
	s->p++;
	skip_spaces(s);
	return LINE_EVENT;
}

static enum nvt_status bad_field(struct text_reader *t, const struct imp_field *f, const char *what)
{
	return imp_fail(t->b, NVT_EINPUT, "event %s: field %s %s", imp_events[t->record.event].name,
			f->label ? f->label : f->name, what);
}

static bool take_mmio_kind(const struct span *s, uint64_t *value)
{
	static const char *const kinds[] = {"unsatisfied-read", "read", "write"};

	for (*value = 0; *value < 3; ++*value)
		if (equals(s, kinds[*value]))
			return true;
	return false;
}

static enum nvt_status take_value(struct text_reader *t, const struct imp_field *f, struct span s)
{
	uint64_t value = 0;
	bool minus = s.p < s.end && *s.p == '-';
	bool good;

	s.p += minus;
	if (f->flags & IMP_MMIO) {
		good = take_mmio_kind(&s, &value);
		s.p = s.end;
	} else if (starts_with(&s, "0x")) {
		s.p += 2;
		good = take_hex(&s, &value);
	} else if (equals(&s, "(fault)")) { /* a probe that could not read its argument */
		good = true;
		s.p = s.end;
	} else {
		good = f->flags & IMP_HEX ? take_hex(&s, &value) : take_decimal(&s, &value);
	}
	if (!good || s.p != s.end)
		return bad_field(t, f, "is no number");
	t->record.v[f->id] = minus ? -value : value;
	t->record.has |= (uint64_t)1 << f->id;
	return NVT_OK;
}

/* The field of that name; they mostly come in the order of the table. */
static const struct imp_field *find_field(const struct imp_event *e, const struct span *name,
					  uint8_t *next)
{
	for (uint8_t i = 0; i < e->field_count; i++) {
		uint8_t at = (uint8_t)((*next + i) % e->field_count);
		const struct imp_field *f = &e->fields[at];

		if (equals(name, f->label ? f->label : f->name)) {
			*next = (uint8_t)(at + 1);
			return f;
		}
	}
	return NULL;
}

/* name=value name=value ... */
static enum nvt_status take_pairs(struct text_reader *t, const struct imp_event *e, struct span s)
{
	uint8_t next = 0;

	while (s.p < s.end) {
		struct span w = word(&s);
		const char *equal = memchr(w.p, '=', (size_t)(w.end - w.p));
		const struct imp_field *f;
		enum nvt_status status;

		if (!equal)
			continue;
		f = find_field(e, &(struct span){w.p, equal}, &next);
		if (!f)
			continue;
		status = take_value(t, f, (struct span){equal + 1, w.end});
		if (status != NVT_OK)
			return status;
	}
	return NVT_OK;
}

/* label value, label: value, ... as the tracepoints of kvm print them */
static enum nvt_status take_labels(struct text_reader *t, const struct imp_event *e, struct span s)
{
	uint8_t next = 0;

	while (s.p < s.end) {
		struct span w = word(&s);
		const struct imp_field *f;
		enum nvt_status status;

		if (w.p < w.end && w.end[-1] == ':')
			w.end--;
		f = e->field_count ? find_field(e, &w, &next) : NULL;
		if (!f)
			continue;
		w = word(&s);
		if (w.p < w.end && (w.end[-1] == ',' || w.end[-1] == ')'))
			w.end--;
		status = take_value(t, f, w);
		if (status != NVT_OK)
			return status;
	}
	return NVT_OK;
}

static enum nvt_status check_fields(struct text_reader *t, const struct imp_event *e)
{
	uint64_t missing = t->required[t->record.event] & ~t->record.has;

	for (uint8_t i = 0; missing && i < e->field_count; i++)
		if (missing >> e->fields[i].id & 1)
			return bad_field(t, &e->fields[i], "is missing");
	return NVT_OK;
}

static enum nvt_status flush_mark(struct text_reader *t)
{
	if (!t->mark_waits)
		return NVT_OK;
	t->mark_waits = false;
	t->mark.text = t->mark_text;
	return imp_record(t->b, &t->mark);
}

static void add_to_mark(struct text_reader *t, struct span s, bool new_line)
{
	size_t room = NVT_MARK_MAX - t->mark.text_length;
	size_t size = (size_t)(s.end - s.p);

	if (new_line && room) {
		t->mark_text[t->mark.text_length++] = '\n';
		room--;
	}
	if (size > room)
		size = room;
	memcpy(t->mark_text + t->mark.text_length, s.p, size);
	t->mark.text_length += size;
}

static enum nvt_status begin_mark(struct text_reader *t, struct span s)
{
	t->mark = t->record;
	t->mark.text_length = 0;
	t->mark_waits = true;
	add_to_mark(t, s, false);
	return NVT_OK;
}

static enum nvt_status tell_lost(struct text_reader *t)
{
	enum nvt_status status = NVT_OK;

	for (size_t i = 0; i < t->lost_count && status == NVT_OK; i++)
		status = imp_lost(t->b, t->record.time_ns, t->lost[i].cpu, t->lost[i].count);
	t->lost_count = 0;
	return status;
}

/* The event that is meant; other systems have events named map or walk too, without an address. */
static uint8_t recognise(struct span *name, struct span *s)
{
	uint8_t event;

	if (equals(name, "print") && starts_with(s, "tracing_mark_write: ")) {
		s->p += strlen("tracing_mark_write: ");
		return IMP_EV_MARK;
	}
	event = imp_find_event(name->p, (size_t)(name->end - name->p));
	if (event == IMP_EV_NONE || imp_events[event].system)
		return event;
	if (!starts_with(s, "("))
		return IMP_EV_NONE;
	s->p = memchr(s->p, ')', (size_t)(s->end - s->p));
	if (!s->p)
		s->p = s->end;
	else
		s->p++;
	return event;
}

static enum nvt_status take_event(struct text_reader *t, struct span name, struct span s)
{
	const struct imp_event *e;
	enum nvt_status status;

	t->any = true;
	t->record.event = recognise(&name, &s);
	t->record.has = 0;
	status = flush_mark(t);
	if (status == NVT_OK)
		status = tell_lost(t);
	if (status != NVT_OK)
		return status;
	if (t->record.event == IMP_EV_NONE)
		return imp_ignored(t->b, name.p, (size_t)(name.end - name.p), 1);
	if (t->record.event == IMP_EV_MARK)
		return begin_mark(t, s);
	e = &imp_events[t->record.event];
	status = e->system ? take_labels(t, e, s) : take_pairs(t, e, s);
	if (status == NVT_OK)
		status = check_fields(t, e);
	return status == NVT_OK ? imp_record(t->b, &t->record) : status;
}

static enum nvt_status take_lost(struct text_reader *t, uint64_t cpu, uint64_t count)
{
	if (t->lost_count < LOST_MAX)
		t->lost[t->lost_count++] = (struct nvt_lost){
			.count = count, .cpu = cpu < 0xffff ? (uint16_t)cpu : 0xffff};
	return NVT_OK;
}

/* CPU:1 [LOST 12 EVENTS], and trace-cmd's CPU:1 [12 EVENTS DROPPED] */
static bool is_lost(struct span s, uint64_t *cpu, uint64_t *count)
{
	*count = 0;
	if (!starts_with(&s, "CPU:"))
		return false;
	s.p += strlen("CPU:");
	if (!take_decimal(&s, cpu) || !starts_with(&s, " ["))
		return false;
	for (s.p += 2; s.p < s.end && !is_digit(*s.p); s.p++)
		;
	take_decimal(&s, count);
	return true;
}

/* The comments of tracefs tell what was overwritten before the first event. */
static enum nvt_status take_comment(struct text_reader *t, struct span s)
{
	uint64_t kept, written, cpu;

	if (starts_with(&s, "# entries-in-buffer/entries-written: ")) {
		s.p += strlen("# entries-in-buffer/entries-written: ");
		if (take_decimal(&s, &kept) && s.p++ < s.end && take_decimal(&s, &written) &&
		    written > kept)
			imp_warn(t->b, "%llu events before the first were overwritten",
				 (unsigned long long)(written - kept));
		return NVT_OK;
	}
	if (!starts_with(&s, "##### CPU ") || !t->any)
		return NVT_OK;
	s.p += strlen("##### CPU ");
	/* Here a CPU's buffer begins whose older events are gone while others' are there. */
	return take_decimal(&s, &cpu) ? take_lost(t, cpu, 0) : NVT_OK;
}

static enum nvt_status take_other(struct text_reader *t, struct span s)
{
	uint64_t cpu, count;

	if (s.p == s.end)
		return NVT_OK;
	if (*s.p == '#')
		return take_comment(t, s);
	if (is_lost(s, &cpu, &count))
		return take_lost(t, cpu, count);
	if (t->mark_waits) {
		add_to_mark(t, s, true);
		return NVT_OK;
	}
	if (t->any)
		return imp_fail(t->b, NVT_EINPUT, "this is no line of an ftrace text");
	if (t->b->at.number > FIRST_LINES_MAX)
		return imp_fail(t->b, NVT_EINPUT, "no ftrace event so far: not an ftrace text");
	return NVT_OK;
}

static enum nvt_status take_line(struct text_reader *t, char *line, size_t length)
{
	struct span s, name;

	if (length && line[length - 1] == '\r')
		length--;
	s = (struct span){line, line + length};
	if (memchr(line, '\0', length))
		return imp_fail(t->b, NVT_EINPUT, "a NUL byte: this is no text");
	switch (take_header(t, &s, &name)) {
	case LINE_EVENT:
		return take_event(t, name, s);
	case LINE_BAD_CLOCK:
		return imp_fail(t->b, NVT_EINPUT,
				"no time in seconds; record with a clock such as mono_raw");
	default:
		return take_other(t, (struct span){line, line + length});
	}
}

enum nvt_status imp_line_failed(struct imp_builder *b, enum imp_line why)
{
	switch (why) {
	case IMP_LINE_CUT:
		return imp_fail(b, NVT_EINPUT, "the file ends in the middle of this line");
	case IMP_LINE_LONG:
		return imp_fail(b, NVT_EINPUT, "longer than %u bytes", IMP_LINE_MAX);
	case IMP_LINE_IO:
		return imp_fail(b, NVT_EENV, "cannot read: %s", strerror(errno));
	case IMP_LINE_DAMAGED:
		return imp_fail(b, NVT_EINPUT, "the zstd stream is damaged");
	case IMP_LINE_WINDOW:
		return imp_fail(
			b, NVT_EINPUT,
			"the zstd stream needs more than %u MiB to unpack; zstd -dc --long=31 "
			"may",
			(1u << IMP_WINDOW_LOG_MAX) >> 20);
	case IMP_LINE_TRUNCATED:
		return imp_fail(b, NVT_EINPUT, "the zstd stream ends early");
	default:
		return imp_no_memory(b);
	}
}

static void find_required(struct text_reader *t)
{
	for (size_t i = 0; i < IMP_EVENT_COUNT; i++) {
		const struct imp_event *e = &imp_events[i];

		for (uint8_t k = 0; k < e->field_count; k++)
			if (!(e->fields[k].flags & IMP_OPTIONAL))
				t->required[i] |= (uint64_t)1 << e->fields[k].id;
	}
}

#define PROGRESS_LINES 65536u

enum nvt_status imp_read_text(struct imp_builder *b, struct imp_input *in, struct imp_info *info)
{
	struct text_reader t = {.b = b};
	enum nvt_status status = NVT_OK;
	enum imp_line got;
	size_t length;
	char *line;

	(void)info;
	find_required(&t);
	b->at.unit = "line";
	while (status == NVT_OK) {
		b->at.number++;
		got = imp_input_line(in, &line, &length);
		if (got == IMP_LINE_END)
			break;
		if (got != IMP_LINE)
			return imp_line_failed(b, got);
		status = take_line(&t, line, length);
		if (b->options->progress && b->at.number % PROGRESS_LINES == 0)
			b->options->progress(b->options->progress_arg, in->read_size,
					     in->source.size);
	}
	if (status == NVT_OK && !t.any) {
		b->at.number = 0;
		return imp_fail(b, NVT_EINPUT,
				"neither ftrace text nor a trace-cmd file: no event in it");
	}
	if (status == NVT_OK)
		status = flush_mark(&t);
	return status == NVT_OK ? tell_lost(&t) : status;
}
