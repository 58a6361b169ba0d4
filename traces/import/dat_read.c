/* SPDX-License-Identifier: GPL-2.0-only */
/* Front end for trace-cmd files, which libtracecmd reads. */
#include "import/child.h"

#ifdef HAVE_TRACECMD
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <trace-cmd/trace-cmd.h>

#include "import/tep.h"

/* libtracecmd has these and exports them, but its header leaves them out. */
extern const char *tracecmd_get_uname(struct tracecmd_input *handle) __attribute__((weak));
extern const char *tracecmd_get_trace_clock(struct tracecmd_input *handle) __attribute__((weak));

struct dat_reader {
	struct imp_sender *out;
	struct tep_handle *tep;
	struct imp_tep *plans;
	struct imp_record record;
};

static uint16_t cpu_of(const struct tep_record *rec)
{
	return rec->cpu >= 0 && rec->cpu < 0xffff ? (uint16_t)rec->cpu : 0xffff;
}

static void send_lost(struct dat_reader *d, const struct tep_record *rec)
{
	struct imp_message *m = imp_send(d->out, IMP_SEND_LOST, 0);

	m->time_ns = imp_round_ns(rec->ts);
	m->cpu = cpu_of(rec);
	m->value = rec->missed_events > 0 ? (uint64_t)rec->missed_events : 0;
}

/*
 * A tracepoint that is switched on in two buffers of the file is recorded
 * twice. The first buffer where it shows up is the one that counts; a marker
 * is written to one buffer only.
 */
static bool is_second(struct dat_reader *d, struct imp_tep_plan *p, struct tracecmd_input *handle)
{
	if (!p->from)
		p->from = handle;
	if (p->from == handle || p->known == IMP_EV_MARK)
		return false;
	if (!p->twice && p->known != IMP_EV_NONE)
		imp_send_warning(d->out, "event %s is in several buffers; one is used",
				 imp_events[p->known].name);
	p->twice = true;
	p->count++;
	return true;
}

static int send_record(struct dat_reader *d, struct imp_tep_plan *p, struct tep_record *rec)
{
	struct imp_record *r = &d->record;

	if (p->missing) {
		imp_send_error(d->out, NVT_EINPUT, "event %s: field %s is missing in its format",
			       imp_events[p->known].name, p->missing);
		return -1;
	}
	switch (imp_tep_read(d->plans, p, rec->data, (size_t)rec->size, r)) {
	case IMP_TEP_RECORD:
		r->time_ns = imp_round_ns(rec->ts);
		r->cpu = cpu_of(rec);
		r->pid = tep_data_pid(d->tep, rec);
		imp_send_record(d->out, r);
		return 0;
	case IMP_TEP_IGNORED:
		p->count++;
		return 0;
	default:
		imp_send_error(d->out, NVT_EINPUT, "event %s: the record is cut",
			       imp_events[p->known].name);
		return -1;
	}
}

static int on_record(struct tracecmd_input *handle, struct tep_record *rec, int cpu, void *arg)
{
	struct dat_reader *d = arg;
	int id = tep_data_type(d->tep, rec);
	struct imp_tep_plan *p;

	(void)cpu;
	d->out->number++;
	if (!imp_tep_is_id(id)) {
		imp_send_error(d->out, NVT_EINPUT, "%d is no number of an event: damaged", id);
		return -1;
	}
	p = imp_tep_plan(d->plans, id);
	if (!p) {
		imp_send_error(d->out, NVT_ENOMEM, "out of memory");
		return -1;
	}
	if (is_second(d, p, handle))
		return 0;
	if (rec->missed_events)
		send_lost(d, rec);
	return send_record(d, p, rec);
}

/* The main buffer and all instances, whatever their names: the probes may be in any. */
static int iterate(struct dat_reader *d, struct tracecmd_input *input)
{
	int count = tracecmd_buffer_instances(input);
	struct tracecmd_input **handles;
	int used = 0, status = 0;

	handles = calloc((size_t)(count < 0 ? 0 : count) + 1, sizeof(struct tracecmd_input *));
	if (!handles)
		return -1;
	handles[used++] = input;
	for (int i = 0; i < count && !status; i++) {
		handles[used] = tracecmd_buffer_instance_handle(input, i);
		status = handles[used++] ? 0 : -1;
	}
	if (!status)
		status = tracecmd_iterate_events_multi(handles, used, on_record, d);
	free(handles);
	return status;
}

static void send_ignored(struct dat_reader *d)
{
	struct imp_tep_plan *p = NULL;

	while ((p = imp_tep_next(d->plans, p)))
		if (p->count)
			imp_send_text(d->out, IMP_SEND_IGNORED, p->name, strlen(p->name))->value =
				p->count;
}

static void send_info(struct imp_sender *out, enum imp_info_id id, const char *text)
{
	if (text)
		imp_send_text(out, IMP_SEND_INFO, text, strlen(text))->value = id;
}

static void send_all(struct imp_sender *out, struct tracecmd_input *input)
{
	struct dat_reader d = {.out = out, .tep = tracecmd_get_tep(input)};

	d.plans = imp_tep_new(d.tep);
	if (!d.plans) {
		imp_send_error(out, NVT_ENOMEM, "out of memory");
		return;
	}
	if (tracecmd_get_uname)
		send_info(out, IMP_INFO_KERNEL, tracecmd_get_uname(input));
	if (tracecmd_get_trace_clock)
		send_info(out, IMP_INFO_CLOCK, tracecmd_get_trace_clock(input));
	if (iterate(&d, input) < 0)
		imp_send_error(out, NVT_EINPUT, "libtracecmd cannot read on: damaged or cut");
	send_ignored(&d);
}

static void read_file(struct imp_sender *out, void *arg)
{
	const struct imp_builder *b = arg;
	struct tracecmd_input *input;

	/* The library says what is wrong by itself otherwise, on stderr. */
	tracecmd_set_loglevel(TEP_LOG_NONE);
	tep_set_loglevel(TEP_LOG_NONE);
	input = tracecmd_open(b->options->input, TRACECMD_FL_LOAD_NO_PLUGINS);
	if (input)
		send_all(out, input);
	else
		imp_send_error(out, NVT_EINPUT,
			       "libtracecmd cannot open it: damaged, cut, of an unknown version, "
			       "or too large");
}

enum nvt_status imp_read_dat(struct imp_builder *b, struct imp_input *in, struct imp_info *info)
{
	const struct imp_child child = {.read = read_file, .arg = b, .library = "libtracecmd"};

	b->at.unit = "event";
	return imp_run_child(b, in, info, &child);
}

#else

enum nvt_status imp_read_dat(struct imp_builder *b, struct imp_input *in, struct imp_info *info)
{
	(void)in;
	(void)info;
	return imp_fail(b, NVT_EENV,
			"a trace-cmd file, and this nvsim was built without libtracecmd; give it "
			"the text of `trace-cmd report -N`");
}

#endif
