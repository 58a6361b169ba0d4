/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim report: one page about one stream, for somebody who would rather look than read. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compare_document.h"
#include "l2_symbols.h"
#include "page.h"
#include "plot_output.h"
#include "replay.h"
#include "report.h"

#define METRICS_MAX 64u

struct report_options {
	struct cli_text policy, invalidation, quirks, output;
	struct l2_symbols_options symbols;
	bool quiet;
};

#define AT(member) offsetof(struct report_options, member)
static const struct cli_option options[] = {
	{'o', "output", "FILE", CLI_TEXT, AT(output), .help = "the page", .required = true},
	{'p', "policy", "POLICY", CLI_TEXT, AT(policy), .help = RUN_POLICY_HELP},
	{0, "invalidation", "NAME", CLI_TEXT, AT(invalidation), .help = RUN_INVALIDATION_HELP},
	{0, "quirks", "SET", CLI_TEXT, AT(quirks), .help = RUN_QUIRKS_HELP},
	{0, "symbols", "FILE", CLI_TEXT, AT(symbols.file), .help = L2_SYMBOLS_HELP},
	{0, "slide", "BYTES", CLI_SIZE, AT(symbols.slide), .help = L2_SLIDE_HELP},
	{'q', "quiet", NULL, CLI_FLAG, AT(quiet), .help = "no progress"},
	{0},
};

struct job {
	const struct report_options *o;
	struct replay replay; /* under the policy of the report */
	struct l2_symbols symbols;
	struct heat heat;
	/* The same blocks under several policies. */
	const struct s2_policy *policies[COMPARE_POLICIES_MAX];
	const struct s2_invalidation *invalidations[COMPARE_POLICIES_MAX];
	struct compare_options compared;
	struct check_options compare_check;
	struct compare *compare;
};

/* ---- one pass for all of it ---- */

/* All sound policies, and the report's own. */
static void choose_policies(struct job *j, const struct engine_options *engine)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < s2_policy_count && count < COMPARE_POLICIES_MAX; i++) {
		if (!s2_policy_sound(&s2_policies[i]) && &s2_policies[i] != engine->policy)
			continue;
		j->policies[count] = &s2_policies[i];
		j->invalidations[count++] = engine->invalidation;
	}
	j->compare_check = (struct check_options){.quirks = engine->quirks,
						  .large_alone = engine->invalidation->kind ==
								 S2_INVALIDATE_WHOLE};
	j->compared = (struct compare_options){
		.engine = {.quirks = engine->quirks, .digest = true, .check = &j->compare_check},
		.policies = j->policies,
		.invalidations = j->invalidations,
		.policy_count = count};
}

static enum cli_exit compare_status(const struct job *j, enum engine_status status)
{
	uint64_t ordinal;
	const char *problem;

	if (status == ENGINE_OK)
		return CLI_OK;
	if (status != ENGINE_BAD_EVENT)
		return cli_no_memory();
	problem = compare_problem(j->compare, &ordinal);
	return cli_fail(CLI_INPUT, "%s: event %llu cannot be: %s", j->replay.run.path,
			(unsigned long long)ordinal, problem);
}

static enum cli_exit start_compare(struct job *j)
{
	struct nvt_reader *reader = j->replay.run.reader;
	const struct nvt_word *words;
	size_t count;

	j->compared.engine.staged = nvt_machine(reader)->extents;
	j->compare = compare_new(nvt_machine(reader), nvt_class(reader), &j->compared);
	if (!j->compare)
		return cli_no_memory();
	words = nvt_l1mem(reader, &count);
	return compare_status(j, compare_l1mem(j->compare, words, count));
}

/* What can be known before the trace is read is looked at first. */
static enum cli_exit start(struct job *j, const char *path)
{
	const struct report_options *o = j->o;
	struct engine_options engine = {.digest = true};
	enum cli_exit status = run_find_policy(&o->policy, &engine.policy);

	if (!status)
		status = run_find_invalidation(&o->invalidation, &engine.invalidation);
	if (!status)
		status = run_parse_quirks(&o->quirks, &engine.quirks);
	if (!status)
		status = l2_symbols_read(&j->symbols, &o->symbols, "report", path);
	if (!status)
		status = plot_output_ready();
	if (!status && !heat_init(&j->heat))
		status = cli_no_memory();
	if (status)
		return status;
	choose_policies(j, &engine);
	j->replay.functions = l2_symbols_functions(&j->symbols);
	j->replay.heat = &j->heat;
	j->replay.part.interval = (struct cli_number){true, 1};
	j->replay.part.interval_max = HEAT_SLICES;
	status = replay_open(&j->replay, path, &engine, true, o->quiet);
	return status ? status : start_compare(j);
}

/* A block goes through the replay here, while other threads compare the ones before it. */
static enum cli_exit through_stream(struct job *j)
{
	enum cli_exit status = CLI_OK;
	struct nvt_block *block;

	while (!status && run_block(&j->replay.run, &block, &status) == RUN_BLOCK) {
		status = replay_block(&j->replay, block);
		if (status)
			nvt_release_block(block);
		else
			status = compare_status(j, compare_block(j->compare, block));
	}
	if (!status)
		status = replay_end(&j->replay);
	if (!status)
		status = compare_status(j, compare_end(j->compare));
	j->heat.last_ns = j->replay.now_ns;
	heat_sort(&j->heat);
	return status;
}

/* ---- pictures ---- */

/* To be freed; NULL: no memory. */
static char *read_back(int fd)
{
	struct stat st;
	char *text;

	if (fstat(fd, &st))
		return NULL;
	text = malloc((size_t)st.st_size + 1);
	if (!text || pread(fd, text, (size_t)st.st_size, 0) != st.st_size) {
		free(text);
		return NULL;
	}
	text[st.st_size] = 0;
	return text;
}

/* Without a mapping, axes would be all that there is; the result says why there is none. */
static const char *no_timeline(const json_t *result)
{
	const json_t *metrics = json_object_get(result, "metrics");

	return json_string_value(
		json_object_get(json_object_get(metrics, "absent"), "block_share"));
}

/* That a stream does not support a picture is no failure. */
static enum cli_exit draw(const char *name, json_t *doc, struct page_plot *plot, char **svg)
{
	const struct plot_kind *kind = plot_kind_named(name);
	json_t *docs = json_pack("[O]", doc);
	enum cli_exit status = CLI_OK;
	struct nvt_error err;
	int fd;

	if (!plot->why)
		plot->why = plot_unsupported(kind, docs);
	if (!plot->why) {
		fd = memfd_create(name, MFD_CLOEXEC);
		if (fd < 0 || plot_draw(kind, docs, PLOT_SVG, fd, &err) == NVT_OK)
			*svg = fd < 0 ? NULL : read_back(fd);
		else
			status = cli_fail_trace(&err);
		if (!status && !*svg)
			status = cli_no_memory();
		close(fd);
	}
	plot->svg = *svg;
	json_decref(docs);
	return status;
}

/* ---- the page ---- */

/* The lines of the report on a terminal, where the result has a figure for them. */
static void make_lines(const json_t *result, char *lines[METRICS_MAX])
{
	const json_t *metrics = json_object_get(result, "metrics");

	for (size_t i = 0; i < metrics_table_count && i < METRICS_MAX; i++) {
		const char *name = metrics_table[i].name;
		struct text t = {.used = 0};

		if (json_object_get(metrics, name))
			report_metric(&t, name, json_object_get(metrics, name));
		lines[i] = t.used ? strdup(t.s) : NULL;
	}
}

static enum cli_exit write_page(const struct job *j, const struct page_report *page)
{
	struct cli_output out;
	enum cli_exit status = cli_output_open(&out, j->o->output.value);

	if (status)
		return status;
	page_report_write(out.file, page);
	return cli_output_close(&out);
}

static void free_texts(char **texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(texts[i]);
}

static size_t mark_times(const struct replay *r, uint64_t times[RESULT_MARKS_KEPT])
{
	size_t count = r->mark_count < RESULT_MARKS_KEPT ? r->mark_count : RESULT_MARKS_KEPT;

	for (size_t i = 0; i < count; i++)
		times[i] = r->marks[i].time_ns;
	return count;
}

static enum cli_exit make_page(struct job *j, json_t *result, json_t *compare)
{
	char *lines[METRICS_MAX] = {NULL}, *svg[3] = {NULL};
	uint64_t times[RESULT_MARKS_KEPT];
	const char *path = j->replay.run.path;
	struct page_report page = {
		.name = strcmp(path, "-") ? run_base_name(path) : "standard input",
		.class = nvt_class(j->replay.run.reader),
		.result = result,
		.compare = compare,
		.check = check_result(j->replay.run.engine->check),
		.heat = &j->heat,
		.marks = times,
		.mark_count = mark_times(&j->replay, times),
		.lines = (const char *const *)lines,
		.timeline.why = no_timeline(result),
	};
	enum cli_exit status = draw("timeline", result, &page.timeline, &svg[0]);

	if (!status)
		status = draw("policies", compare, &page.policies, &svg[1]);
	if (!status)
		status = draw("clamps", compare, &page.clamps, &svg[2]);
	make_lines(result, lines);
	if (!status)
		status = write_page(j, &page);
	free_texts(svg, 3);
	free_texts(lines, METRICS_MAX);
	return status;
}

static enum cli_exit show(struct job *j)
{
	enum cli_exit status = run_describe(&j->replay.run, true);
	struct result made;
	json_t *result, *compare;

	if (status)
		return status;
	made = replay_result(&j->replay);
	result = result_json(&made);
	compare = compare_document_of(j->compare, &j->compared, &j->replay.run.trace);
	status = make_page(j, result, compare);
	json_decref(result);
	json_decref(compare);
	return status;
}

static enum cli_exit run(const void *values, const struct cli_args *args)
{
	struct job j = {.o = values};
	enum cli_exit status = start(&j, args->v[0]);

	if (!status)
		status = through_stream(&j);
	if (!status)
		status = l2_symbols_finish(&j.symbols, &j.o->symbols, false);
	if (!status)
		status = show(&j);
	if (!status)
		status = run_verdict(&j.replay.run);
	compare_free(j.compare);
	replay_close(&j.replay);
	heat_destroy(&j.heat);
	l2_symbols_free(&j.symbols);
	return status;
}

const struct cli_command cli_report = {
	.name = "report",
	.arguments = "TRACE",
	.summary = "one page about a stream: figures, pictures, findings",
	.about = "Replays TRACE (- for standard input) once, under the policy and under all sound "
		 "ones beside it, checks all that the handler does, and writes a page of HTML that "
		 "needs nothing besides itself: no network, no script. It has the figures with "
		 "their definitions, what happened over time, the ranges of IPA in which L2 faults "
		 "most, the policies compared, and what the checker found (the status is 1 then). "
		 "gnuplot draws the pictures.",
	.examples = {{"nvsim report trace.zst -o report.html", "the page"},
		     {"nvsim report -p page trace.zst -o page.html", "about another rule"},
		     {"nvsim report --symbols vmlinux trace.zst -o r.html",
		      "with the functions of L2 that fault"}},
	.options = options,
	.options_size = sizeof(struct report_options),
	.args_min = 1,
	.args_max = 1,
	.run = run,
};
