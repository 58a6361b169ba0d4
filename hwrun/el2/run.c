/* SPDX-License-Identifier: GPL-2.0-only */
/* The run: the trace of the blob through the engine, with or without the MMU as its oracle. */
#include <stdio.h>
#include <string.h>

#include "cpu.h"
#include "flat.h"
#include "live.h"
#include "measure.h"
#include "names.h"
#include "platform.h"
#include "pmu.h"
#include "report.h"
#include "samples.h"
#include "smp.h"

static struct {
	const struct hw_blob *blob;
	struct nvt_flat flat;
	struct check_options check;
	struct engine_hw hw;
	struct engine *engine;
	size_t at; /* the next event of the block */
} r;

static bool is_live(void)
{
	return r.blob->mode == HW_LIVE;
}

static void no_memory(void)
{
	refuse(HW_CANNOT_RUN, "the board has not enough memory for this trace");
}

/* ---- the trace ---- */

static void open_trace(void)
{
	const unsigned char *data = (const unsigned char *)r.blob + r.blob->trace_offset;
	enum nvt_status status = nvt_flat_open(&r.flat, data, r.blob->trace_size);

	if (status == NVT_ENOMEM)
		no_memory();
	if (status != NVT_OK)
		refuse(HW_BLOB_BAD, "the trace in the blob: %s", r.flat.why.text);
	if (r.flat.class == NVT_PARTIAL)
		refuse(HW_CANNOT_RUN, "the trace is of class partial: L1's tables are not known");
}

/* The next block; false: there is none. */
static bool next_block(void)
{
	enum nvt_status status = nvt_flat_next(&r.flat);

	r.at = 0;
	if (status == NVT_ENOMEM)
		no_memory();
	if (status == NVT_EINPUT)
		refuse(HW_BLOB_BAD, "the trace in the blob: %s", r.flat.why.text);
	return status == NVT_OK;
}

/* ---- the engine ---- */

static void handle(void *arg, const struct engine_access *a, struct s2_outcome *out)
{
	(void)arg;
	if (is_live())
		live_begin(a);
	measure_handler(a, out);
	report_counts.delivered++;
	report_counts.outcomes[out->kind]++;
	if (is_live())
		live_end(a, out);
	else
		measure_done(report_ordinal);
}

static struct engine_options options_of(const struct hw_blob *blob)
{
	struct engine_options o = {
		.policy = policy_named(blob->policy),
		.invalidation = invalidation_named(blob->invalidation),
		.quirks = blob->quirks,
		.digest = true,
		.unmeasured = true,
		.staged = r.flat.machine.extents,
		.hw = &r.hw,
	};

	if (!o.policy)
		refuse(HW_BLOB_BAD, "policy \"%s\" is not known", blob->policy);
	if (!o.invalidation)
		refuse(HW_BLOB_BAD, "invalidation policy \"%s\" is not known", blob->invalidation);
	r.hw = (struct engine_hw){.handle = handle};
	r.check = (struct check_options){.quirks = blob->quirks, .report = report_checked};
	if (is_live() || (blob->flags & HW_CHECK))
		o.check = &r.check;
	return o;
}

static void start_engine(void)
{
	struct engine_options o = options_of(r.blob);
	const struct nvt_word *words = (const struct nvt_word *)(const void *)r.flat.words.data;

	if (is_live()) {
		live_prepare(&r.flat.machine, &o.fold);
		report_window = o.fold.size;
		r.hw.access = live_access;
	}
	r.engine = engine_new(&r.flat.machine, r.flat.class, &o);
	if (!r.engine ||
	    engine_l1mem(r.engine, words, r.flat.words.size / sizeof(*words)) != ENGINE_OK)
		no_memory();
	if (is_live())
		live_start(r.engine);
	if (!measure_start(r.blob, r.engine))
		no_memory();
}

static void start_cpu(void)
{
	pmu_start_cpu();
	if (is_live())
		live_start_cpu();
}

/* ---- events ---- */

static unsigned int cpu_of(const struct nvt_event *ev)
{
	return ev->vcpu % smp_running;
}

static void feed(const struct nvt_event *ev)
{
	enum engine_status status;

	if (is_live())
		live_event();
	status = engine_event(r.engine, ev);
	if (status == ENGINE_BAD_EVENT)
		refuse(HW_BLOB_BAD, "event %llu of the trace cannot be: %s",
		       (unsigned long long)report_ordinal, r.engine->problem);
	if (status != ENGINE_OK)
		no_memory();
	report_counts.avoided += r.engine->step.avoided;
	report_counts.accesses += ev->kind == NVT_FAULT || ev->kind == NVT_TOUCH;
	if (is_live())
		live_event_done(ev);
	report_ordinal++;
	report_counts.events++;
	report_progress();
}

/* Events of this CPU, as long as there are; the CPU of the one that follows. */
static unsigned int feed_cpu(void)
{
	for (;;) {
		const struct nvt_event *ev;

		if (r.at == r.flat.batch.count && !next_block()) {
			take_serror();
			return SMP_DONE;
		}
		ev = &r.flat.batch.events[r.at];
		if (cpu_of(ev) != smp_cpu) {
			take_serror();
			return cpu_of(ev);
		}
		feed(ev);
		r.at++;
	}
}

/* ---- the end ---- */

static unsigned int verdict(void)
{
	const struct check_result *found = r.engine->check ? check_result(r.engine->check) : NULL;

	if (report_counts.findings)
		return HW_FINDINGS;
	if (found && found->out_of_memory) {
		report_absent("check", "no memory was left for all of it");
		return HW_CANNOT_RUN;
	}
	return HW_FINE;
}

static unsigned int finish(void)
{
	char digest[40];
	struct hw_line *line;
	unsigned int status;

	engine_end(r.engine);
	report_counted(is_live());
	samples_report();
	status = verdict();
	take_serror();
	say_hello();
	report_trace(r.blob, smp_running);
	snprintf(digest, sizeof(digest), "%016llx%016llx", (unsigned long long)r.engine->digest.a,
		 (unsigned long long)r.engine->digest.b);
	line = frame_begin("end");
	hw_line_number(line, "status", status);
	hw_line_text(line, "digest", digest);
	frame_send(line);
	return status;
}

unsigned int run(void)
{
	if (!platform.blob)
		refuse(HW_BLOB_BAD, "%s", platform.problem);
	r.blob = platform.blob;
	report_trace(r.blob, 0);
	open_trace();
	start_engine();
	smp_start(r.flat.machine.vcpu_count ? r.flat.machine.vcpu_count : 1, start_cpu);
	report_trace(r.blob, smp_running);
	smp_run(feed_cpu);
	return finish();
}
