/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay.h"

#include <stdlib.h>
#include <string.h>

/* A vCPU that is not there would give a report of nothing. */
static enum cli_exit check_vcpu(const struct replay *r)
{
	unsigned int count = nvt_machine(r->run.reader)->vcpu_count;

	if (!r->part.vcpu.given || r->part.vcpu.value < count)
		return CLI_OK;
	return cli_fail(CLI_USAGE, "replay: %s has vCPUs 0 to %u, and no %llu", r->run.path,
			count - 1, (unsigned long long)r->part.vcpu.value);
}

enum cli_exit replay_open(struct replay *r, const char *path, const struct engine_options *options,
			  bool check, bool quiet)
{
	struct engine_options engine = *options;
	enum cli_exit status = run_open(&r->run, path, quiet);

	if (status)
		return status;
	if (check) {
		r->check.quirks = engine.quirks;
		engine.check = &r->check;
	}
	r->watched = r->functions || r->heat || r->part.limit.given || r->part.interval.given;
	if (r->functions)
		functions_of_class(r->functions, nvt_class(r->run.reader));
	status = check_vcpu(r);
	return status ? status : run_engine(&r->run, &engine);
}

/* ---- intervals ---- */

/* The figures of an interval are totals at its beginning taken from totals at its end. */
static struct result_interval totals_now(const struct replay *r, uint64_t now_ns)
{
	const struct metrics *m = &r->run.engine->metrics;
	struct result_interval t = {
		.faults = r->measured,
		.end_ns = now_ns,
		.delivered = m->delivered[SCOPE_SHADOW],
		.avoided = m->avoided[SCOPE_SHADOW],
		.mapped = m->outcome[SCOPE_SHADOW][S2_MAPPED],
		.injected = m->outcome[SCOPE_SHADOW][S2_INJECTED],
		.relaxed = m->outcome[SCOPE_SHADOW][S2_RELAXED],
		.mapped_bytes = m->mapped_bytes,
		.block_bytes = m->block_bytes,
		.total_bytes = m->total_bytes,
	};

	for (unsigned int i = 0; i < WALK_READS_MAX; i++) {
		t.walks += m->walk_reads[i];
		t.walk_reads += m->walk_reads[i] * i;
	}
	return t;
}

/* Each two intervals become one; a share is that of the later one's end. */
static void fold_intervals(struct replay *r)
{
	for (size_t i = 0; i + 1 < r->interval_count; i += 2) {
		const struct result_interval *a = &r->intervals[i], *b = a + 1;
		struct result_interval *sum = &r->intervals[i / 2], both = *b;

		both.first_fault = a->first_fault;
		both.faults += a->faults;
		both.delivered += a->delivered;
		both.avoided += a->avoided;
		both.mapped += a->mapped;
		both.injected += a->injected;
		both.relaxed += a->relaxed;
		both.mapped_bytes += a->mapped_bytes;
		both.walks += a->walks;
		both.walk_reads += a->walk_reads;
		*sum = both;
	}
	r->interval_count /= 2;
	r->part.interval.value *= 2;
}

/* The last interval may be short, but not empty. Shares are of its end, not differences. */
static enum cli_exit end_interval(struct replay *r, uint64_t now_ns)
{
	struct result_interval now = totals_now(r, now_ns), *row;
	const struct result_interval *before = &r->before;

	if (now.faults == before->faults)
		return CLI_OK;
	if (r->interval_count == r->interval_room) {
		size_t room = r->interval_room * 2 + 64;
		void *p = realloc(r->intervals, room * sizeof(*r->intervals));

		if (!p)
			return cli_no_memory();
		r->intervals = p;
		r->interval_room = room;
	}
	row = &r->intervals[r->interval_count++];
	*row = now;
	row->first_fault = before->faults;
	row->faults -= before->faults;
	row->delivered -= before->delivered;
	row->avoided -= before->avoided;
	row->mapped -= before->mapped;
	row->injected -= before->injected;
	row->relaxed -= before->relaxed;
	row->mapped_bytes -= before->mapped_bytes;
	row->walks -= before->walks;
	row->walk_reads -= before->walk_reads;
	r->before = now;
	if (r->interval_count == r->part.interval_max)
		fold_intervals(r);
	return CLI_OK;
}

/* ---- marks ---- */

/* Its text is gone with the block. Of the stretch that is measured; what is beyond the room that
 * there is, is counted. */
static enum cli_exit add_mark(struct replay *r, const struct nvt_event *ev)
{
	struct result_mark *m;

	if (r->seen < r->part.skip.value)
		return CLI_OK;
	if (!r->marks)
		r->marks = calloc(RESULT_MARKS_KEPT, sizeof(*r->marks));
	if (!r->marks)
		return cli_no_memory();
	if (r->mark_count++ >= RESULT_MARKS_KEPT)
		return CLI_OK;
	m = &r->marks[r->mark_count - 1];
	*m = (struct result_mark){ev->time_ns, r->measured, strdup(ev->mark.text)};
	return m->text ? CLI_OK : cli_no_memory();
}

static void free_marks(struct replay *r)
{
	for (size_t i = 0; i < r->mark_count && i < RESULT_MARKS_KEPT; i++)
		free(r->marks[i].text);
	free(r->marks);
}

/* ---- the stream ---- */

static bool is_stop_mark(const struct replay *r, const struct nvt_event *ev)
{
	return ev->kind == NVT_MARK && r->part.until_mark.given &&
	       strcmp(ev->mark.text, r->part.until_mark.value) == 0;
}

/* Whether what comes of this event is to be counted. */
static bool is_measured(struct replay *r, const struct nvt_event *ev)
{
	bool skipping = r->seen < r->part.skip.value;

	if (ev->kind != NVT_FAULT && ev->kind != NVT_TOUCH)
		return !skipping;
	r->seen++;
	if (skipping || (r->part.vcpu.given && ev->vcpu != r->part.vcpu.value))
		return false;
	r->measured++;
	return true;
}

static enum cli_exit after_fault(struct replay *r, const struct nvt_event *ev)
{
	if (r->functions)
		functions_fault(r->functions, &r->run.engine->metrics, &ev->fault);
	if (r->heat)
		heat_fault(r->heat, &r->run.engine->metrics, r->run.engine->step.context, ev);
	r->stop = r->part.limit.given && r->measured == r->part.limit.value;
	if (r->part.interval.given && (r->measured % r->part.interval.value == 0 || r->stop))
		return end_interval(r, ev->time_ns);
	return CLI_OK;
}

/*
 * The mark itself is not replayed: a dump shows the tables as they stood when
 * it was written.
 */
static enum cli_exit replay_event(struct replay *r, const struct nvt_event *ev, uint64_t ordinal)
{
	uint64_t measured = r->measured;
	enum cli_exit status;

	if (is_stop_mark(r, ev)) {
		r->stop = true;
		return CLI_OK;
	}
	status = ev->kind == NVT_MARK ? add_mark(r, ev) : CLI_OK;
	if (status)
		return status;
	r->run.engine->measuring = is_measured(r, ev);
	status = run_event(&r->run, ev, ordinal);
	if (status)
		return status;
	exactness_event(&r->exactness, &r->run.engine->step, ev);
	return r->watched && r->measured != measured ? after_fault(r, ev) : CLI_OK;
}

enum cli_exit replay_block(struct replay *r, const struct nvt_block *block)
{
	enum cli_exit status = CLI_OK;

	if (r->heat && !block->first_ordinal && block->count)
		r->heat->first_ns = block->events[0].time_ns;
	for (size_t i = 0; i < block->count && !r->stop && !status; i++) {
		status = replay_event(r, &block->events[i], block->first_ordinal + i);
		r->now_ns = block->events[i].time_ns;
	}
	return status;
}

enum cli_exit replay_end(struct replay *r)
{
	enum cli_exit status = CLI_OK;

	cli_progress_end(&r->run.progress);
	if (r->part.until_mark.given && !r->stop)
		return cli_fail(CLI_USAGE, "replay: %s has no mark '%s' (see nvsim info)",
				r->run.path, r->part.until_mark.value);
	if (r->part.interval.given)
		status = end_interval(r, r->now_ns);
	if (!status)
		engine_end(r->run.engine);
	return status;
}

/* What is left behind the mark or the limit is not read. */
enum cli_exit replay_stream(struct replay *r)
{
	enum cli_exit status = CLI_OK;
	struct nvt_block *block;

	while (!r->stop && !status) {
		if (run_block(&r->run, &block, &status) != RUN_BLOCK)
			break;
		status = replay_block(r, block);
		nvt_release_block(block);
	}
	cli_progress_end(&r->run.progress);
	return status ? status : replay_end(r);
}

struct result replay_result(struct replay *r)
{
	const struct engine *e = r->run.engine;
	struct result result = {
		.context = {&cli_build, e->options.policy, e->options.quirks,
			    e->options.invalidation},
		.trace = r->run.trace,
		.window = {.skip = r->part.skip.value,
			   .measured = r->measured,
			   .vcpu = r->part.vcpu.given ? (int32_t)r->part.vcpu.value : -1,
			   .stopped = r->stop},
		.metrics = &e->metrics,
		.check = e->check ? check_result(e->check) : NULL,
		.functions = r->functions,
		.intervals = r->intervals,
		.interval_count = r->interval_count,
		.marks = r->marks,
		.mark_count = r->mark_count,
	};

	exactness_judge(&r->exactness, e);
	result.exactness = r->exactness;
	result_digest(&e->digest, result.digest);
	return result;
}

void replay_close(struct replay *r)
{
	run_close(&r->run);
	free(r->intervals);
	free_marks(r);
}
