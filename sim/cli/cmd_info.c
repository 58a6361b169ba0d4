/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim info: what a trace holds. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "event_text.h"
#include "names.h"
#include "run.h"
#include "text.h"

struct info_options {
	struct cli_text json;
	struct cli_range events;
	struct cli_number at, count;
};

#define AT(member) offsetof(struct info_options, member)
static const struct cli_option options[] = {
	{0, "json", "FILE", CLI_OPTIONAL, AT(json),
	 .help = "for machines, to FILE, or instead of the text"},
	{0, "events", "N..M", CLI_RANGE, AT(events), .help = "show these events, counted from 0"},
	{0, "at", "N", CLI_COUNT, AT(at), .help = "show the events from this one on"},
	{'n', "count", "COUNT", CLI_COUNT, AT(count),
	 .help = "with --at: so many events (10 by default)", .min = 1},
	{0},
};

#define EVENTS_BY_DEFAULT 10
#define MARKS_SHOWN	  20
#define CONTEXTS_SHOWN	  64

struct mark {
	uint64_t ordinal;
	char *text;
};

/* What is known of one shadow context of the recorded host. */
struct context {
	uint64_t entered, faults;
	uint64_t vttbr, vtcr; /* the last ones */
};

/* Everything that one pass over the trace collects. */
struct info {
	const struct info_options *o;
	struct run run;
	struct nvt_totals totals; /* counted here: a pipe tells them too late */
	uint64_t with_truth, truth_parts;
	struct mark marks[MARKS_SHOWN];
	uint64_t mark_count;
	struct context contexts[CONTEXTS_SHOWN];
	uint64_t file_size; /* 0: a pipe */
};

/* ---- collecting ---- */

/* Texts are copied: they live in the block, which is released before they are shown. */
static enum cli_exit collect_mark(struct info *info, const struct nvt_event *ev, uint64_t ordinal)
{
	if (info->mark_count++ >= MARKS_SHOWN)
		return CLI_OK;
	info->marks[info->mark_count - 1] = (struct mark){ordinal, strdup(ev->mark.text)};
	/* NOLINTNEXTLINE: the texts are freed with *info */
	return info->marks[info->mark_count - 1].text ? CLI_OK : cli_no_memory();
}

/* A context is recycled for other tables of L1: the last keys are kept. */
static void collect_context(struct info *info, const struct nvt_context *c)
{
	struct context *to;

	if (!(c->flags & NVT_CONTEXT_TRUTH) || c->context >= CONTEXTS_SHOWN)
		return;
	to = &info->contexts[c->context];
	to->entered++;
	to->vttbr = c->vttbr;
	to->vtcr = c->vtcr;
}

static void collect_truth(struct info *info, const struct nvt_fault_truth *t)
{
	info->with_truth++;
	info->truth_parts |= t->has;
	if (t->has & NVT_TRUTH_CONTEXT && t->context < CONTEXTS_SHOWN)
		info->contexts[t->context].faults++;
}

static enum cli_exit collect(struct info *info, const struct nvt_event *ev, uint64_t ordinal)
{
	info->totals.event_count++;
	info->totals.kind_count[ev->kind]++;
	if (!ordinal)
		info->totals.first_ns = ev->time_ns;
	info->totals.last_ns = ev->time_ns;
	if (ev->kind == NVT_MARK)
		return collect_mark(info, ev, ordinal);
	if (ev->kind == NVT_CONTEXT)
		collect_context(info, &ev->context);
	if (ev->kind == NVT_FAULT && ev->fault.truth)
		collect_truth(info, ev->fault.truth);
	return CLI_OK;
}

/* All of the trace is read, so that damage anywhere in it is found. */
static enum cli_exit collect_stream(struct info *info)
{
	enum cli_exit status = CLI_OK;
	struct nvt_block *block;
	struct stat st;

	while (!status && run_block(&info->run, &block, &status) == RUN_BLOCK) {
		for (size_t i = 0; i < block->count && !status; i++)
			status = collect(info, &block->events[i], block->first_ordinal + i);
		nvt_release_block(block);
	}
	cli_progress_end(&info->run.progress);
	if (!status)
		status = run_describe(&info->run, info->o->json.given);
	if (strcmp(info->run.path, "-") && stat(info->run.path, &st) == 0)
		info->file_size = (uint64_t)st.st_size;
	return status;
}

/* ---- showing ---- */

static const struct {
	enum nvt_truth_part part;
	const char *name;
} truth_names[] = {
	{NVT_TRUTH_RET, "ret"},	      {NVT_TRUTH_CONTEXT, "context"},
	{NVT_TRUTH_WALK, "walk"},     {NVT_TRUTH_PERM, "perm"},
	{NVT_TRUTH_INJECT, "inject"}, {NVT_TRUTH_FAULTIN, "faultin"},
	{NVT_TRUTH_MAP, "map"},	      {NVT_TRUTH_RELAX, "relax"},
	{NVT_TRUTH_MMIO, "mmio"},     {NVT_TRUTH_ACCESS, "access"},
};

/* What "bytes a fault" counts: recorded faults, or the accesses of a demand stream. */
static uint64_t fault_count(const struct info *info)
{
	return info->totals.kind_count[NVT_FAULT] + info->totals.kind_count[NVT_TOUCH];
}

/* Facts of the host that decisions depend on. */
static void print_machine(const struct nvt_machine *m)
{
	static const struct {
		size_t offset;
		const char *name;
	} features[] = {
		{offsetof(struct nvt_machine, lpa2), "lpa2"},
		{offsetof(struct nvt_machine, fwb), "fwb"},
		{offsetof(struct nvt_machine, dic), "dic"},
		{offsetof(struct nvt_machine, xnx), "xnx"},
		{offsetof(struct nvt_machine, ttl), "ttl"},
		{offsetof(struct nvt_machine, nisv_exits), "nisv_exits"},
	};

	printf("host        %uK pages, IPA limit %u bits, L1's input %u bits, %u vCPU%s, %u "
	       "context%s\n",
	       1u << (m->page_shift - 10), m->ipa_limit, m->canonical_bits, m->vcpu_count,
	       m->vcpu_count == 1 ? "" : "s", m->context_count, m->context_count == 1 ? "" : "s");
	fputs("features   ", stdout);
	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		if (*(const bool *)((const char *)m + features[i].offset))
			printf(" %s", features[i].name);
	printf("%s; stage-2 granules%s%s%s\n", m->assumed ? " (some assumed)" : "",
	       m->s2_granules & 1 ? " 4K" : "", m->s2_granules & 2 ? " 16K" : "",
	       m->s2_granules & 4 ? " 64K" : "");
}

static void print_kinds(const struct info *info)
{
	char count[CLI_NUMBER_SIZE];

	printf("events      %s in %.3f s\n", cli_count(count, info->totals.event_count),
	       (double)(info->totals.last_ns - info->totals.first_ns) / 1e9);
	for (unsigned int k = 1; k < NVT_KIND_COUNT; k++)
		if (info->totals.kind_count[k])
			printf("  %-16s %12s\n", kind_names[k],
			       cli_count(count, info->totals.kind_count[k]));
}

static void print_truth(const struct info *info)
{
	char count[CLI_NUMBER_SIZE];

	if (!info->with_truth) {
		puts("truth       none: what the recorded hypervisor did is not told");
		return;
	}
	printf("truth       of %s faults:", cli_count(count, info->with_truth));
	for (size_t i = 0; i < sizeof(truth_names) / sizeof(truth_names[0]); i++)
		if (info->truth_parts & truth_names[i].part)
			printf(" %s", truth_names[i].name);
	putchar('\n');
}

static void print_contexts(const struct info *info)
{
	char entered[CLI_NUMBER_SIZE], faults[CLI_NUMBER_SIZE];

	for (unsigned int c = 0; c < CONTEXTS_SHOWN; c++) {
		const struct context *at = &info->contexts[c];

		if (at->entered || at->faults)
			printf("context %-3u entered %s times, %s faults; last vttbr %#" PRIx64
			       ", vtcr %#" PRIx64 "\n",
			       c, cli_count(entered, at->entered), cli_count(faults, at->faults),
			       at->vttbr, at->vtcr);
	}
}

static void print_marks(const struct info *info)
{
	for (unsigned int i = 0; i < info->mark_count && i < MARKS_SHOWN; i++) {
		printf("mark        %" PRIu64 ": ", info->marks[i].ordinal);
		cli_print_text(stdout, info->marks[i].text);
		putchar('\n');
	}
	if (info->mark_count > MARKS_SHOWN)
		printf("            and %" PRIu64 " more\n", info->mark_count - MARKS_SHOWN);
}

/* A line for each member; nested values as compact JSON. */
static void print_meta(const char *meta)
{
	json_t *root = meta ? json_loads(meta, 0, NULL) : NULL;
	const char *key;
	json_t *value;

	json_object_foreach(root, key, value)
	{
		char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);

		fputs("meta        ", stdout);
		cli_print_text(stdout, key);
		fputs(": ", stdout);
		cli_print_text(stdout, text ? text : "?");
		putchar('\n');
		free(text);
	}
	json_decref(root);
}

static void print_info(const struct info *info)
{
	char size[CLI_NUMBER_SIZE];

	fputs("trace       ", stdout);
	cli_print_text(stdout, info->run.trace.name);
	printf("\nclass       %s\n", class_names[info->run.trace.class]);
	print_machine(info->run.trace.machine);
	if (info->file_size) {
		printf("size        %s", cli_bytes(size, info->file_size));
		if (fault_count(info))
			printf(", %.2f bytes a fault",
			       (double)info->file_size / (double)fault_count(info));
		putchar('\n');
	}
	if (info->run.trace.digest[0])
		printf("digest      %s\n", info->run.trace.digest);
	print_kinds(info);
	print_truth(info);
	print_contexts(info);
	print_marks(info);
	print_meta(info->run.trace.meta);
}

/* ---- for machines ---- */

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *truth_json(const struct info *info)
{
	json_t *truth = json_object(), *parts = json_array();

	for (size_t i = 0; i < sizeof(truth_names) / sizeof(truth_names[0]); i++)
		if (info->truth_parts & truth_names[i].part)
			json_array_append_new(parts, json_string(truth_names[i].name));
	json_object_set_new(truth, "faults", number(info->with_truth));
	json_object_set_new(truth, "parts", parts);
	return truth;
}

static json_t *marks_json(const struct info *info)
{
	json_t *marks = json_array();

	for (unsigned int i = 0; i < info->mark_count && i < MARKS_SHOWN; i++)
		json_array_append_new(marks, json_pack("{s:o, s:s?}", "ordinal",
						       number(info->marks[i].ordinal), "text",
						       info->marks[i].text));
	return marks;
}

static json_t *contexts_json(const struct info *info)
{
	json_t *contexts = json_array();

	for (unsigned int c = 0; c < CONTEXTS_SHOWN; c++) {
		const struct context *at = &info->contexts[c];

		if (at->entered || at->faults)
			json_array_append_new(
				contexts,
				json_pack("{s:i, s:o, s:o, s:o, s:o}", "context", (int)c, "entered",
					  number(at->entered), "faults", number(at->faults),
					  "vttbr", json_sprintf("%#" PRIx64, at->vttbr), "vtcr",
					  json_sprintf("%#" PRIx64, at->vtcr)));
	}
	return contexts;
}

/* The trace block that results carry, and what only this command looks at. */
static json_t *info_json(const struct info *info)
{
	json_t *root = result_trace_json(&info->run.trace);

	json_object_set_new(root, "schema", json_string("nvsim.info/1"));
	json_object_set_new(root, "sha256", json_string(info->run.trace.sha256));
	json_object_set_new(root, "digest", json_string(info->run.trace.digest));
	json_object_set_new(root, "file_size", number(info->file_size));
	json_object_set_new(root, "truth", truth_json(info));
	json_object_set_new(root, "mark_count", number(info->mark_count));
	json_object_set_new(root, "marks", marks_json(info));
	json_object_set_new(root, "contexts", contexts_json(info));
	return root;
}

static enum cli_exit describe(const struct info_options *o, const char *path)
{
	struct info info = {.o = o};
	enum cli_exit status = run_open(&info.run, path, false);

	if (!status)
		status = collect_stream(&info);
	if (!status && o->json.given)
		status = run_write_json(info_json(&info), o->json.value);
	else if (!status)
		print_info(&info);
	run_close(&info.run);
	for (unsigned int i = 0; i < info.mark_count && i < MARKS_SHOWN; i++)
		free(info.marks[i].text);
	return status;
}

/* ---- single events ---- */

/* A pipe cannot be sought in: what comes before is read then, and not shown. */
static enum nvt_status show_events(struct nvt_reader *r, uint64_t first, uint64_t count,
				   struct nvt_error *err)
{
	struct nvt_error unseekable = {0};
	const struct nvt_event *ev;
	enum nvt_status status;
	uint64_t ordinal;

	nvt_seek(r, first, &unseekable);
	while ((status = nvt_next(r, &ev, &ordinal, err)) == NVT_OK) {
		if (ordinal < first)
			continue;
		if (ordinal - first >= count)
			break;
		event_text(stdout, ev, ordinal);
	}
	return status == NVT_END ? NVT_OK : status;
}

/* Event by event with the reader alone: no decoder thread runs ahead of what is shown. */
static enum cli_exit events(const char *path, uint64_t first, uint64_t count)
{
	struct nvt_error err = {0};
	struct nvt_reader *r = nvt_open(path, &err);
	enum nvt_status status;

	if (!r)
		return cli_fail_trace(&err);
	status = show_events(r, first, count, &err);
	nvt_close(r);
	return status ? cli_fail_trace(&err) : CLI_OK;
}

static enum cli_exit run(const void *values, const struct cli_args *args)
{
	const struct info_options *o = values;

	if (o->events.given && o->at.given)
		return cli_fail(CLI_USAGE, "info: --events and --at exclude each other");
	if (o->json.given && (o->events.given || o->at.given))
		return cli_fail(CLI_USAGE, "info: events are shown as text alone, not with --json");
	if (o->events.given)
		return events(args->v[0], o->events.first, o->events.last - o->events.first + 1);
	if (o->at.given)
		return events(args->v[0], o->at.value,
			      o->count.given ? o->count.value : EVENTS_BY_DEFAULT);
	return describe(o, args->v[0]);
}

const struct cli_command cli_info = {
	.name = "info",
	.arguments = "TRACE",
	.summary = "what a trace holds: class, machine, events, marks, meta",
	.about = "Reads all of TRACE (- for standard input) and tells what is in it; with --events "
		 "or --at it shows single events, without reading what lies before them.",
	.examples = {{"nvsim info trace.zst", "what it holds"},
		     {"nvsim info --at 1000 -n 5 trace.zst", "five events as text"},
		     {"nvsim info --json trace.zst", "for machines"}},
	.options = options,
	.options_size = sizeof(struct info_options),
	.args_min = 1,
	.args_max = 1,
	.run = run,
};
