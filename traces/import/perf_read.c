/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads perf.data in the child, and sends what it says of itself. */
#include "import/child.h"

#ifdef HAVE_TRACEEVENT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "import/perf.h"

static void send_ignored(struct imp_sender *out, const char *name, uint64_t count)
{
	if (count)
		imp_send_text(out, IMP_SEND_IGNORED, name, strlen(name))->value = count;
}

static void send_info(struct imp_sender *out, enum imp_info_id id, const char *text)
{
	if (text[0])
		imp_send_text(out, IMP_SEND_INFO, text, strlen(text))->value = id;
}

/* As trace-cmd calls them, where it has the same. */
static const char *clock_name(const struct perf_events *e)
{
	if (!e->has_clock)
		return "perf";
	switch (e->clock) {
	case CLOCK_REALTIME:
		return "realtime";
	case CLOCK_MONOTONIC:
		return "mono";
	case CLOCK_MONOTONIC_RAW:
		return "mono_raw";
	case CLOCK_BOOTTIME:
		return "boot";
	case CLOCK_TAI:
		return "tai";
	default:
		return "unknown";
	}
}

static void send_rest(struct perf_reader *r)
{
	struct imp_sender *out = r->bytes.out;
	char text[4 * PERF_TEXT_SIZE] = "";
	struct imp_tep_plan *p = NULL;

	while ((p = imp_tep_next(r->formats.plans, p)))
		send_ignored(out, p->name, p->count);
	send_ignored(out, "(no tracepoint)", r->untraced_count);
	send_ignored(out, "(unknown)", r->nameless_count);
	if (r->nameless_count)
		imp_send_warning(out, "%" PRIu64 " samples have ids of no event in the file",
				 r->nameless_count);
	if (r->text[PERF_RELEASE][0])
		snprintf(text, sizeof(text), "Linux %s %s %s", r->text[PERF_HOST],
			 r->text[PERF_RELEASE], r->text[PERF_MACHINE]);
	send_info(out, IMP_INFO_KERNEL, text);
	snprintf(text, sizeof(text), "perf %s", r->text[PERF_VERSION]);
	send_info(out, IMP_INFO_RECORDER, text);
	send_info(out, IMP_INFO_CPU, r->text[PERF_CPU]);
	send_info(out, IMP_INFO_COMMAND, r->text[PERF_COMMAND]);
	send_info(out, IMP_INFO_CLOCK, clock_name(&r->events));
}

static void send_checksum(struct perf_bytes *b)
{
	struct imp_message *m = imp_send(b->out, IMP_SEND_BYTES, sizeof(b->in->sha256));

	m->value = b->in->read_size;
	memcpy(m + 1, &b->in->sha256, sizeof(b->in->sha256));
}

static void read_file(struct imp_sender *out, void *arg)
{
	struct perf_reader *r = calloc(1, sizeof(*r));

	if (!r) {
		imp_send_error(out, NVT_ENOMEM, "out of memory");
		return;
	}
	r->bytes = (struct perf_bytes){.out = out, .in = arg};
	r->bytes.hash = !r->bytes.in->source.seekable;
	perf_events_init(&r->events);
	perf_order_init(&r->order, &r->bytes);
	if (!r->bytes.hash && !nvt_source_seek(&r->bytes.in->source, 0))
		imp_send_error(out, NVT_EENV, "cannot seek");
	else if (perf_read_header(r) && perf_read_records(r))
		send_rest(r);
	if (r->bytes.hash)
		send_checksum(&r->bytes);
	perf_order_free(&r->order);
	perf_formats_free(&r->formats);
	perf_events_free(&r->events);
	perf_unpack_free(r);
	free(r);
}

enum nvt_status imp_read_perf(struct imp_builder *b, struct imp_input *in, struct imp_info *info)
{
	const struct imp_child child = {.read = read_file, .arg = in, .library = "libtraceevent"};

	b->at.unit = "offset";
	return imp_run_child(b, in, info, &child);
}

#else

enum nvt_status imp_read_perf(struct imp_builder *b, struct imp_input *in, struct imp_info *info)
{
	(void)in;
	(void)info;
	return imp_fail(b, NVT_EENV,
			"a perf.data file, and this nvsim was built without libtraceevent; give it "
			"a text of ftrace");
}

#endif
