/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim replay: what the handler does with a trace. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dump.h"
#include "report.h"
#include "run.h"

struct replay_options {
	struct cli_text policy, invalidation, quirks, json, dump_tables, until_mark;
	struct cli_text symbols;
	struct cli_number slide, skip, limit, interval, vcpu;
	bool quiet, digest, check;
};

#define AT(member) offsetof(struct replay_options, member)
static const struct cli_option options[] = {
	{'p', "policy", "POLICY", CLI_TEXT, AT(policy), .help = RUN_POLICY_HELP},
	{0, "invalidation", "NAME", CLI_TEXT, AT(invalidation), .help = RUN_INVALIDATION_HELP},
	{0, "quirks", "SET", CLI_TEXT, AT(quirks), .help = RUN_QUIRKS_HELP},
	{0, "json", "FILE", CLI_OPTIONAL, AT(json),
	 .help = "everything for machines, to FILE, or instead of the report"},
	{'q', "quiet", NULL, CLI_FLAG, AT(quiet),
	 .help = "no report and no progress; --json is written all the same"},
	{0, "check", NULL, CLI_FLAG, AT(check),
	 .help = "check all that the handler does (see nvsim check)"},
	{0, "digest", NULL, CLI_FLAG, AT(digest),
	 .help = "print the digest of all decisions alone"},
	{0, "dump-tables", "DIR", CLI_TEXT, AT(dump_tables),
	 .help = "write every table to DIR at the end, as KVM's debugfs shows them"},
	{0, "until-mark", "TEXT", CLI_TEXT, AT(until_mark),
	 .help = "stop at the mark with exactly this text; that there is none is a usage error"},
	{0, "symbols", "FILE", CLI_TEXT, AT(symbols),
	 .help = "which functions of L2 fault most: FILE is its vmlinux, System.map or "
		 "/proc/kallsyms"},
	{0, "slide", "BYTES", CLI_SIZE, AT(slide),
	 .help = "L2's kernel runs BYTES (0x...) above the addresses in FILE, as KASLR has it; "
		 "below them: two's complement"},
	{0, "skip", "N", CLI_COUNT, AT(skip), .help = "replay the first N faults unmeasured"},
	{0, "limit", "N", CLI_COUNT, AT(limit), .help = "stop after N measured faults", .min = 1},
	{0, "interval", "N", CLI_COUNT, AT(interval), .help = "a row of figures every N faults",
	 .min = 1},
	{0, "vcpu", "N", CLI_COUNT, AT(vcpu),
	 .help = "measure the faults of this vCPU alone; all are replayed", .max = 65535},
	{0},
};

struct replay {
	const struct replay_options *o;
	struct run run;
	struct check_options check;
	uint64_t seen, measured; /* faults and accesses */
	bool stop;
	bool watched; /* something is to be done after each measured fault */
	struct exactness exactness;
	struct symbols *symbols; /* NULL: none were given */
	struct functions functions;
	struct result_interval *intervals;
	size_t interval_count, interval_room;
	struct result_interval before; /* totals when the interval at hand began */
};

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
	return CLI_OK;
}

/* ---- the stream ---- */

static bool is_stop_mark(const struct replay *r, const struct nvt_event *ev)
{
	return ev->kind == NVT_MARK && r->o->until_mark.given &&
	       strcmp(ev->mark.text, r->o->until_mark.value) == 0;
}

/* Whether what comes of this event is to be counted. */
static bool is_measured(struct replay *r, const struct nvt_event *ev)
{
	bool skipping = r->seen < r->o->skip.value;

	if (ev->kind != NVT_FAULT && ev->kind != NVT_TOUCH)
		return !skipping;
	r->seen++;
	if (skipping || (r->o->vcpu.given && ev->vcpu != r->o->vcpu.value))
		return false;
	r->measured++;
	return true;
}

static enum cli_exit after_fault(struct replay *r, const struct nvt_event *ev)
{
	if (r->symbols)
		functions_fault(&r->functions, &r->run.engine->metrics, &ev->fault);
	r->stop = r->o->limit.given && r->measured == r->o->limit.value;
	if (r->o->interval.given && (r->measured % r->o->interval.value == 0 || r->stop))
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
	r->run.engine->measuring = is_measured(r, ev);
	status = run_event(&r->run, ev, ordinal);
	if (status)
		return status;
	exactness_event(&r->exactness, &r->run.engine->step, ev);
	return r->watched && r->measured != measured ? after_fault(r, ev) : CLI_OK;
}

/* Blocks until the end, the mark or the limit; what is left then is not read. */
static enum cli_exit replay_stream(struct replay *r)
{
	enum cli_exit status = CLI_OK;
	struct nvt_block *block;
	uint64_t now_ns = 0;

	while (!r->stop && !status) {
		if (run_block(&r->run, &block, &status) != RUN_BLOCK)
			break;
		for (size_t i = 0; i < block->count && !r->stop && !status; i++) {
			status = replay_event(r, &block->events[i], block->first_ordinal + i);
			now_ns = block->events[i].time_ns;
		}
		nvt_release_block(block);
	}
	cli_progress_end(&r->run.progress);
	if (!status && r->o->until_mark.given && !r->stop)
		return cli_fail(CLI_USAGE, "replay: %s has no mark '%s' (see nvsim info)",
				r->run.path, r->o->until_mark.value);
	if (!status && r->o->interval.given)
		status = end_interval(r, now_ns);
	return status;
}

/* ---- what is made of it ---- */

/* Tables first, report after: a report on a full disk must not cost the tables. */
static enum cli_exit dump_tables(const struct replay *r)
{
	const char *dir = r->o->dump_tables.value;
	char name[64] = "";
	int err;

	if (mkdir(dir, 0777) != 0 && errno != EEXIST)
		return cli_fail(CLI_ENVIRONMENT, "%s: cannot be made: %s", dir, strerror(errno));
	err = dump_all(dir, &r->run.engine->vm, name, sizeof(name));
	if (err)
		return cli_fail(CLI_ENVIRONMENT, "%s/%s: cannot be written: %s", dir, name,
				strerror(err));
	return CLI_OK;
}

/* All that report and JSON are made of. Pointers go to the engine and the reader. */
static struct result result_of(struct replay *r)
{
	const struct engine *e = r->run.engine;
	struct result result = {
		.context = {&cli_build, e->options.policy, e->options.quirks,
			    e->options.invalidation},
		.trace = r->run.trace,
		.window = {.skip = r->o->skip.value,
			   .measured = r->measured,
			   .vcpu = r->o->vcpu.given ? (int32_t)r->o->vcpu.value : -1,
			   .stopped = r->stop},
		.metrics = &e->metrics,
		.check = e->check ? check_result(e->check) : NULL,
		.functions = r->symbols ? &r->functions : NULL,
		.intervals = r->intervals,
		.interval_count = r->interval_count,
	};

	exactness_judge(&r->exactness, e);
	result.exactness = r->exactness;
	result_digest(&e->digest, result.digest);
	return result;
}

static enum cli_exit show(struct replay *r)
{
	const struct replay_options *o = r->o;
	enum cli_exit status = run_describe(&r->run, o->json.given);
	struct result result;

	if (status)
		return status;
	result = result_of(r);
	if (o->json.given)
		status = run_write_json(result_json(&result), o->json.value);
	if (status)
		return status;
	if (o->digest)
		puts(result.digest);
	if (o->digest || o->quiet || run_json_instead(&o->json))
		return CLI_OK;
	if (o->interval.given)
		report_intervals(stdout, &result);
	report_print(stdout, &result);
	return CLI_OK;
}

/* A vCPU that is not there would give a report of nothing. */
static enum cli_exit check_vcpu(const struct replay *r)
{
	unsigned int count = nvt_machine(r->run.reader)->vcpu_count;

	if (!r->o->vcpu.given || r->o->vcpu.value < count)
		return CLI_OK;
	return cli_fail(CLI_USAGE, "replay: %s has vCPUs 0 to %u, and no %llu", r->run.path,
			count - 1, (unsigned long long)r->o->vcpu.value);
}

/* Before the trace is opened: of both on standard input only one could be read. */
static enum cli_exit read_symbols(struct replay *r, const char *trace)
{
	const struct replay_options *o = r->o;
	struct nvt_error err = {0};

	if (!o->symbols.given)
		return o->slide.given ? cli_fail(CLI_USAGE, "replay: --slide goes with --symbols")
				      : CLI_OK;
	if (strcmp(o->symbols.value, "-") == 0 && strcmp(trace, "-") == 0)
		return cli_fail(CLI_USAGE, "replay: trace and symbols cannot both be standard "
					   "input");
	r->symbols = symbols_read(o->symbols.value, &err);
	if (!r->symbols)
		return cli_fail_trace(&err);
	if (!functions_init(&r->functions, r->symbols, o->slide.value))
		return cli_no_memory();
	r->functions.file = run_base_name(o->symbols.value);
	return CLI_OK;
}

/* Of the file as it is now: it has long been read. */
static enum cli_exit finish_symbols(struct replay *r)
{
	const char *path = r->o->symbols.value;

	if (!r->symbols)
		return CLI_OK;
	functions_sort(&r->functions);
	if (r->o->json.given && strcmp(path, "-") && !result_file_sha256(path, r->functions.sha256))
		return cli_fail(CLI_INPUT, "%s: cannot be read: %s", path, strerror(errno));
	return CLI_OK;
}

/* Options are looked at before the trace is: a typo shows at once. */
static enum cli_exit start(struct replay *r, const char *path)
{
	const struct replay_options *o = r->o;
	/* Nothing is made of it where nothing is printed. */
	struct engine_options engine = {.digest = o->digest || o->json.given || !o->quiet};
	enum cli_exit status = run_find_policy(&r->o->policy, &engine.policy);

	if (!status)
		status = run_find_invalidation(&r->o->invalidation, &engine.invalidation);
	if (!status)
		status = run_parse_quirks(&r->o->quirks, &engine.quirks);
	if (o->check) {
		r->check.quirks = engine.quirks;
		engine.check = &r->check;
	}
	r->watched = o->symbols.given || o->limit.given || o->interval.given;
	if (!status)
		status = read_symbols(r, path);
	if (!status)
		status = run_open(&r->run, path, r->o->quiet);
	if (!status)
		functions_of_class(&r->functions, nvt_class(r->run.reader));
	if (!status)
		status = check_vcpu(r);
	if (!status)
		status = run_engine(&r->run, &engine);
	return status;
}

static enum cli_exit run(const void *values, const struct cli_args *args)
{
	struct replay r = {.o = values};
	enum cli_exit status = start(&r, args->v[0]);

	if (!status)
		status = replay_stream(&r);
	if (!status)
		engine_end(r.run.engine);
	if (!status && r.o->dump_tables.given)
		status = dump_tables(&r);
	if (!status)
		status = finish_symbols(&r);
	if (!status)
		status = show(&r);
	if (!status)
		status = run_verdict(&r.run);
	run_close(&r.run);
	functions_destroy(&r.functions);
	symbols_free(r.symbols);
	free(r.intervals);
	return status;
}

const struct cli_command cli_replay = {
	.name = "replay",
	.arguments = "TRACE",
	.summary = "what the handler does with a trace: a report of one screen",
	.about = "Replays every event of TRACE (- for standard input) through the handler and "
		 "reports what became of the faults. With --symbols, a table has the functions of "
		 "L2 whose shadow faults were handled, by outcome (of a partial trace, recorded); "
		 "[user] is all that ran at EL0 (without PSTATE: in the lower half of addresses), "
		 "[low] what ran at EL1 in the lower half of addresses (before the MMU is on, "
		 "firmware), [unknown] a kernel address in no function of FILE, [others] functions "
		 "beyond the first 4,096 that fault.",
	.examples = {{"nvsim replay trace.zst", "the report"},
		     {"nvsim replay -p page trace.zst", "as if no block were ever mapped"},
		     {"nvsim replay --json trace.zst", "the same for machines"}},
	.options = options,
	.options_size = sizeof(struct replay_options),
	.args_min = 1,
	.args_max = 1,
	.run = run,
};
