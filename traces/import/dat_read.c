/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads a trace-cmd file with libtracecmd. The fields of each event are looked
 * up by name once; a record is then read by offset and size.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "import/dat.h"
#include "import/record.h"

struct sender {
	int fd;
	size_t used;
	uint64_t number; /* of the record that is being read */
	unsigned char buffer[DAT_CHUNK] __attribute__((aligned(8)));
};

static void flush(struct sender *s)
{
	size_t done = 0;

	while (done < s->used) {
		ssize_t n = write(s->fd, s->buffer + done, s->used - done);

		/* Nobody listens any more: there is nothing left to do. */
		if (n < 0)
			_exit(1);
		done += (size_t)n;
	}
	s->used = 0;
}

/* Room for a message and its payload. */
static struct dat_message *reserve(struct sender *s, uint8_t kind, size_t size)
{
	struct dat_message *m;

	if (s->used + sizeof(*m) + size > sizeof(s->buffer))
		flush(s);
	m = (struct dat_message *)(s->buffer + s->used);
	s->used += sizeof(*m) + size;
	*m = (struct dat_message){.kind = kind, .number = s->number, .size = (uint32_t)size};
	return m;
}

static struct dat_message *send_text(struct sender *s, uint8_t kind, const char *text,
				     size_t length)
{
	size_t size;
	struct dat_message *m;

	if (length > DAT_PAYLOAD_MAX)
		length = DAT_PAYLOAD_MAX;
	size = (length + 7) & ~(size_t)7;
	m = reserve(s, kind, size);
	memset(m + 1, 0, size);
	memcpy(m + 1, text, length);
	return m;
}

static void send_error(struct sender *s, enum nvt_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void send_error(struct sender *s, enum nvt_status status, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	send_text(s, DAT_ERROR, text, strlen(text))->value = status;
}

#ifdef HAVE_TRACECMD
#include <trace-cmd/trace-cmd.h>

#define FIELDS_MAX   16u
#define EVENT_ID_MAX 65536u

/* libtracecmd has these and exports them, but its header leaves them out. */
extern const char *tracecmd_get_uname(struct tracecmd_input *handle) __attribute__((weak));
extern const char *tracecmd_get_trace_clock(struct tracecmd_input *handle) __attribute__((weak));

/* Where a field lies in the record. */
struct place {
	uint16_t offset;
	uint8_t size;
	uint8_t id;
	bool is_signed;
};

/* How to read the records of one event id. */
struct plan {
	struct tep_event *event;
	uint8_t known; /* enum imp_event_id or IMP_EV_NONE */
	uint8_t place_count;
	const struct imp_field *missing; /* a needed field that the format lacks, or NULL */
	uint64_t has;
	uint64_t count;			 /* of records that are not sent */
	struct tracecmd_input *from;	 /* the buffer that it is taken from */
	bool twice;			 /* another buffer has it too */
	struct place places[FIELDS_MAX]; /* ascending by id, as the payload is */
};

struct dat_reader {
	struct sender *out;
	struct tep_handle *tep;
	struct plan **plans; /* by event id; made when the first record is met */
	bool swap;	     /* the recorder had the other byte order */
};

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

/* Keeps p->places ascending by field. */
static void add_place(struct plan *p, const struct tep_format_field *f, uint8_t id)
{
	uint8_t at = p->place_count++;

	for (; at && p->places[at - 1].id > id; at--)
		p->places[at] = p->places[at - 1];
	p->places[at] = (struct place){.offset = (uint16_t)f->offset,
				       .size = (uint8_t)f->size,
				       .id = id,
				       .is_signed = f->flags & TEP_FIELD_IS_SIGNED};
	p->has |= (uint64_t)1 << id;
}

static void find_places(struct plan *p)
{
	const struct imp_event *e = &imp_events[p->known];

	for (uint8_t i = 0; i < e->field_count; i++) {
		const struct imp_field *want = &e->fields[i];
		struct tep_format_field *f = tep_find_field(p->event, want->name);

		if (readable(f) && p->place_count < FIELDS_MAX)
			add_place(p, f, want->id);
		else if (!(want->flags & IMP_OPTIONAL) && !p->missing)
			p->missing = want;
	}
}

/* Where the text of a marker lies, and who wrote it. */
static void find_text(struct plan *p)
{
	const struct tep_format_field *text = tep_find_field(p->event, "buf");
	const struct tep_format_field *ip = tep_find_field(p->event, "ip");

	if (!text || !readable(ip)) {
		p->known = IMP_EV_NONE;
		return;
	}
	p->places[0] = (struct place){.offset = (uint16_t)text->offset};
	p->places[1] = (struct place){.offset = (uint16_t)ip->offset, .size = (uint8_t)ip->size};
}

static struct plan *plan_of(struct dat_reader *d, int id)
{
	struct plan *p;

	if (id < 0 || id >= (int)EVENT_ID_MAX)
		return NULL;
	if (d->plans[id])
		return d->plans[id];
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	d->plans[id] = p;
	p->event = tep_find_event(d->tep, id);
	p->known = p->event ? recognise(p->event) : IMP_EV_NONE;
	if (p->known == IMP_EV_MARK)
		find_text(p);
	else if (p->known != IMP_EV_NONE)
		find_places(p);
	return p;
}

/* Sizes that the compiler knows make this a load, not a call: it is the hot spot. */
static uint64_t load_raw(const unsigned char *at, uint8_t size, bool swap)
{
	uint64_t v8;
	uint32_t v4;
	uint16_t v2;

	switch (size) {
	case 8:
		memcpy(&v8, at, 8);
		return swap ? __builtin_bswap64(v8) : v8;
	case 4:
		memcpy(&v4, at, 4);
		return swap ? __builtin_bswap32(v4) : v4;
	case 2:
		memcpy(&v2, at, 2);
		return swap ? __builtin_bswap16(v2) : v2;
	default:
		return *at;
	}
}

static uint64_t load(const struct dat_reader *d, const unsigned char *data, const struct place *p)
{
	uint64_t value = load_raw(data + p->offset, p->size, d->swap);
	unsigned int shift = 64 - 8u * p->size;

	return p->is_signed ? (uint64_t)((int64_t)(value << shift) >> shift) : value;
}

static void fill_header(struct dat_reader *d, struct dat_message *m, struct tep_record *rec)
{
	m->time_ns = imp_round_ns(rec->ts);
	m->cpu = rec->cpu >= 0 && rec->cpu < 0xffff ? (uint16_t)rec->cpu : 0xffff;
	m->pid = tep_data_pid(d->tep, rec);
}

static int send_fields(struct dat_reader *d, const struct plan *p, struct tep_record *rec)
{
	struct dat_message *m = reserve(d->out, DAT_RECORD, p->place_count * 8u);
	unsigned char *payload = (unsigned char *)(m + 1);

	fill_header(d, m, rec);
	m->event = p->known;
	m->value = p->has;
	for (uint8_t i = 0; i < p->place_count; i++) {
		const struct place *at = &p->places[i];
		uint64_t value;

		if (at->offset + at->size > rec->size) {
			d->out->used -= sizeof(*m) + m->size;
			send_error(d->out, NVT_EINPUT, "event %s: the record is cut",
				   imp_events[p->known].name);
			return -1;
		}
		value = load(d, rec->data, at);
		memcpy(payload + 8 * i, &value, 8);
	}
	return 0;
}

/* Whether a print event is user space's, and not a trace_printk of the kernel. */
static bool is_mark(const struct dat_reader *d, const struct plan *p, const struct tep_record *rec)
{
	const struct place *ip = &p->places[1];
	const char *writer;

	if (p->places[0].offset > rec->size || ip->offset + ip->size > rec->size)
		return false;
	writer = tep_find_function(d->tep, load(d, rec->data, ip));
	/* Where the file has no symbols, the text is taken for a marker. */
	return !writer || !strcmp(writer, "tracing_mark_write");
}

static int send_mark(struct dat_reader *d, struct plan *p, struct tep_record *rec)
{
	const char *text = (const char *)rec->data + p->places[0].offset;
	struct dat_message *m;
	size_t length;

	if (!is_mark(d, p, rec)) {
		p->count++;
		return 0;
	}
	length = strnlen(text, (size_t)rec->size - p->places[0].offset);
	while (length && text[length - 1] == '\n')
		length--;
	m = send_text(d->out, DAT_RECORD, text, length);
	fill_header(d, m, rec);
	m->event = IMP_EV_MARK;
	return 0;
}

/*
 * A tracepoint that is switched on in two buffers of the file is recorded
 * twice. The first buffer where it shows up is the one that counts; a marker
 * is written to one buffer only.
 */
static bool is_second(struct dat_reader *d, struct plan *p, struct tracecmd_input *handle)
{
	char text[128];

	if (!p->from)
		p->from = handle;
	if (p->from == handle || p->known == IMP_EV_MARK)
		return false;
	if (!p->twice && p->known != IMP_EV_NONE) {
		snprintf(text, sizeof(text), "event %s is in several buffers; one is used",
			 imp_events[p->known].name);
		send_text(d->out, DAT_WARNING, text, strlen(text));
	}
	p->twice = true;
	p->count++;
	return true;
}

static int take_record(struct dat_reader *d, struct tep_record *rec, struct tracecmd_input *handle)
{
	struct plan *p = plan_of(d, tep_data_type(d->tep, rec));
	struct dat_message *m;

	if (!p) {
		send_error(d->out, NVT_EENV, "out of memory");
		return -1;
	}
	if (is_second(d, p, handle))
		return 0;
	if (rec->missed_events) {
		m = reserve(d->out, DAT_LOST, 0);
		fill_header(d, m, rec);
		m->value = rec->missed_events > 0 ? (uint64_t)rec->missed_events : 0;
	}
	if (p->known == IMP_EV_MARK)
		return send_mark(d, p, rec);
	if (p->known == IMP_EV_NONE) {
		p->count++;
		return 0;
	}
	if (!p->missing)
		return send_fields(d, p, rec);
	send_error(d->out, NVT_EINPUT, "event %s: field %s is missing in its format",
		   imp_events[p->known].name, p->missing->name);
	return -1;
}

static int on_record(struct tracecmd_input *handle, struct tep_record *rec, int cpu, void *arg)
{
	struct dat_reader *d = arg;

	(void)cpu;
	d->out->number++;
	return take_record(d, rec, handle);
}

/* The main buffer and all instances, whatever their names: the probes may be in any. */
static int iterate(struct dat_reader *d, struct tracecmd_input *input)
{
	int count = tracecmd_buffer_instances(input);
	struct tracecmd_input **handles;
	int used = 0;

	handles = calloc((size_t)(count < 0 ? 0 : count) + 1, sizeof(struct tracecmd_input *));
	if (!handles)
		return -1;
	handles[used++] = input;
	for (int i = 0; i < count; i++) {
		handles[used] = tracecmd_buffer_instance_handle(input, i);
		if (!handles[used])
			return -1;
		used++;
	}
	return tracecmd_iterate_events_multi(handles, used, on_record, d);
}

static void send_ignored(struct dat_reader *d)
{
	for (size_t i = 0; i < EVENT_ID_MAX; i++) {
		const struct plan *p = d->plans[i];
		const char *name = p && p->event ? p->event->name : "(unknown)";

		if (p && p->count)
			send_text(d->out, DAT_IGNORED, name, strlen(name))->value = p->count;
	}
}

static void send_info(struct sender *out, struct tracecmd_input *input)
{
	const char *uname = tracecmd_get_uname ? tracecmd_get_uname(input) : NULL;
	const char *clock = tracecmd_get_trace_clock ? tracecmd_get_trace_clock(input) : NULL;

	if (uname)
		send_text(out, DAT_UNAME, uname, strlen(uname));
	if (clock)
		send_text(out, DAT_CLOCK, clock, strlen(clock));
}

static void send_all(struct sender *out, struct tracecmd_input *input)
{
	struct dat_reader d = {.out = out, .tep = tracecmd_get_tep(input)};

	d.plans = calloc(EVENT_ID_MAX, sizeof(struct plan *));
	if (!d.plans) {
		send_error(out, NVT_EENV, "out of memory");
		return;
	}
	d.swap = tep_is_file_bigendian(d.tep) != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	send_info(out, input);
	/* After an error of our own this comes second, and nobody reads it. */
	if (iterate(&d, input) < 0)
		send_error(out, NVT_EINPUT, "libtracecmd cannot read on: damaged or cut");
	send_ignored(&d);
	reserve(out, DAT_END, 0);
}

void imp_dat_send(const char *path, int fd)
{
	struct sender out = {.fd = fd};
	struct tracecmd_input *input;

	signal(SIGPIPE, SIG_IGN);
	/* The library says what is wrong by itself otherwise, on stderr. */
	tracecmd_set_loglevel(TEP_LOG_NONE);
	tep_set_loglevel(TEP_LOG_NONE);
	input = tracecmd_open(path, TRACECMD_FL_LOAD_NO_PLUGINS);
	if (input)
		send_all(&out, input);
	else
		send_error(&out, NVT_EINPUT,
			   "libtracecmd cannot open it: damaged, cut, or of an unknown version");
	flush(&out);
}

#else

void imp_dat_send(const char *path, int fd)
{
	struct sender out = {.fd = fd};

	(void)path;
	signal(SIGPIPE, SIG_IGN);
	send_error(&out, NVT_EENV,
		   "a trace-cmd file, and this nvsim was built without libtracecmd; give it the "
		   "text of `trace-cmd report -N`");
	flush(&out);
}

#endif
