/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim compare: several policies on one stream; compare_saved.c has saved results of them. */
#include "compare.h"

#include <string.h>

#include "compare_document.h"
#include "compare_report.h"
#include "plot_output.h"
#include "run.h"

struct compare_cli {
	struct cli_list policies, invalidations;
	struct cli_text quirks, json, csv, markdown, plot;
	bool quiet;
};

#define AT(member) offsetof(struct compare_cli, member)
static const struct cli_option options[] = {
	{'p', "policy", "POLICY", CLI_LIST, AT(policies),
	 .help = "one of the policies to compare, may be given again (see nvsim policies); "
		 "without it, all sound ones"},
	{0, "invalidation", "NAME", CLI_LIST, AT(invalidations),
	 .help = RUN_INVALIDATION_HELP "; with several, each goes with each policy"},
	{0, "quirks", "SET", CLI_TEXT, AT(quirks), .help = RUN_QUIRKS_HELP},
	{0, "json", "FILE", CLI_OPTIONAL, AT(json),
	 .help = "everything for machines, to FILE, or instead of the table"},
	{0, "csv", "FILE", CLI_OPTIONAL, AT(csv),
	 .help = "a row a policy, to FILE, or instead of the table"},
	{0, "markdown", "FILE", CLI_OPTIONAL, AT(markdown),
	 .help = "the table for a document, to FILE, or instead of the table"},
	{0, "plot", "FILE", CLI_TEXT, AT(plot),
	 .help = "draw faults and block share as SVG, or to FILE.png (needs gnuplot)"},
	{'q', "quiet", NULL, CLI_FLAG, AT(quiet),
	 .help = "no table and no progress; other outputs are written all the same"},
	{0},
};

/* ---- one trace ---- */

/* What every trace is replayed with. */
struct plan {
	const struct s2_policy *policies[COMPARE_POLICIES_MAX];
	const struct s2_invalidation *invalidations[COMPARE_POLICIES_MAX]; /* with each of them */
	unsigned int policy_count;
	uint32_t quirks;
	bool quiet;
	bool counted; /* figures are wanted, and not the status alone */
	bool hashed;  /* the hash of the file, too */
};

struct pass {
	const struct plan *plan;
	struct check_options check;
	struct run run;
	struct compare_options options;
	struct compare *compare;
};

static enum cli_exit check_repeated(const struct cli_list *names, const char *what)
{
	for (unsigned int i = 0; i < names->count; i++)
		for (unsigned int k = 0; k < i; k++)
			if (strcmp(names->v[i], names->v[k]) == 0)
				return cli_fail(CLI_USAGE, "compare: %s %s is given twice", what,
						names->v[i]);
	return CLI_OK;
}

static enum cli_exit add_row(struct plan *p, const struct s2_policy *policy,
			     const struct s2_invalidation *invalidation)
{
	if (p->policy_count == COMPARE_POLICIES_MAX)
		return cli_fail(CLI_USAGE, "compare: more than %u are too many",
				COMPARE_POLICIES_MAX);
	p->policies[p->policy_count] = policy;
	p->invalidations[p->policy_count++] = invalidation;
	return CLI_OK;
}

/* A policy with each invalidation policy that was named, or with the default. */
static enum cli_exit add_policy(struct plan *p, const struct s2_policy *policy,
				const struct cli_list *names)
{
	enum cli_exit status = CLI_OK;

	if (!names->count)
		return add_row(p, policy, s2_invalidation_default);
	for (unsigned int i = 0; !status && i < names->count; i++) {
		const struct s2_invalidation *invalidation;

		status =
			run_find_invalidation(&(struct cli_text){true, names->v[i]}, &invalidation);
		if (!status)
			status = add_row(p, policy, invalidation);
	}
	return status;
}

static enum cli_exit choose_policies(struct plan *p, const struct cli_list *names,
				     const struct cli_list *invalidations)
{
	enum cli_exit status = check_repeated(names, "policy");

	if (!status)
		status = check_repeated(invalidations, "invalidation policy");
	for (unsigned int i = 0; !status && i < names->count; i++) {
		const struct s2_policy *policy;

		status = run_find_policy(&(struct cli_text){true, names->v[i]}, &policy);
		if (!status)
			status = add_policy(p, policy, invalidations);
	}
	for (unsigned int i = 0; !status && !names->count && i < s2_policy_count; i++)
		if (s2_policy_sound(&s2_policies[i]))
			status = add_policy(p, &s2_policies[i], invalidations);
	return status;
}

/* A size rule can go wrong with large mappings alone; a reverse map with any. */
static bool large_alone(const struct plan *p)
{
	for (unsigned int i = 0; i < p->policy_count; i++)
		if (p->invalidations[i]->kind != S2_INVALIDATE_WHOLE)
			return false;
	return true;
}

static enum cli_exit pass_status(const struct pass *p, enum engine_status status)
{
	const char *problem;
	uint64_t ordinal;

	if (status == ENGINE_OK)
		return CLI_OK;
	if (status != ENGINE_BAD_EVENT)
		return cli_no_memory();
	problem = compare_problem(p->compare, &ordinal);
	return cli_fail(CLI_INPUT, "%s: event %llu cannot be: %s", p->run.path,
			(unsigned long long)ordinal, problem);
}

static enum cli_exit replay_stream(struct pass *p)
{
	enum cli_exit input = CLI_OK;
	enum engine_status status = ENGINE_OK;
	struct nvt_block *block;

	while (status == ENGINE_OK) {
		if (run_block(&p->run, &block, &input) != RUN_BLOCK)
			break;
		status = compare_block(p->compare, block);
	}
	cli_progress_end(&p->run.progress);
	if (status == ENGINE_OK && !input)
		status = compare_end(p->compare);
	return input ? input : pass_status(p, status);
}

static enum cli_exit start(struct pass *p, const char *path)
{
	const struct plan *plan = p->plan;
	enum cli_exit status = run_open(&p->run, path, plan->quiet);
	const struct nvt_word *words;
	size_t count;

	if (status)
		return status;
	p->options = (struct compare_options){.policies = plan->policies,
					      .invalidations = plan->invalidations,
					      .policy_count = plan->policy_count};
	p->check = (struct check_options){.quirks = plan->quirks, .large_alone = large_alone(plan)};
	p->options.engine = (struct engine_options){
		.quirks = plan->quirks,
		.check = &p->check,
		.digest = plan->counted,
		.unmeasured = !plan->counted,
		.staged = nvt_machine(p->run.reader)->extents,
	};
	p->compare = compare_new(nvt_machine(p->run.reader), nvt_class(p->run.reader), &p->options);
	if (!p->compare)
		return cli_no_memory();
	words = nvt_l1mem(p->run.reader, &count);
	return pass_status(p, compare_l1mem(p->compare, words, count));
}

/* What was found stands; that nothing was found does not, where a checker ran out of memory. */
static enum cli_exit judge(const struct pass *p, json_t *doc)
{
	const json_t *policies = json_object_get(doc, "policies");
	enum cli_exit status = CLI_OK;

	for (unsigned int i = 0; i < p->plan->policy_count; i++) {
		const struct engine *e = compare_result(p->compare, i).engine;

		if (!check_result(e->check)->out_of_memory)
			continue;
		status = cli_no_memory();
		compare_document_note(doc, json_sprintf("memory ran out: not all of %s was checked",
							compare_name(json_array_get(policies, i))));
	}
	return compare_has_findings(doc) ? CLI_FINDINGS : status;
}

/* A trace that cannot be replayed to its end adds nothing to `docs`. */
static enum cli_exit compare_trace(const struct plan *plan, const char *path, json_t *docs)
{
	struct pass p = {.plan = plan};
	enum cli_exit status = start(&p, path);

	if (!status)
		status = replay_stream(&p);
	if (!status)
		status = run_describe(&p.run, plan->hashed);
	if (!status) {
		json_t *doc = compare_document_of(p.compare, &p.options, &p.run.trace);

		status = judge(&p, doc);
		json_array_append_new(docs, doc);
	}
	run_close(&p.run);
	compare_free(p.compare);
	return status;
}

static enum cli_exit worse(enum cli_exit a, enum cli_exit b)
{
	return a > b ? a : b;
}

/* One that is damaged does not take the others with it. */
static enum cli_exit compare_traces(const struct plan *plan, const struct cli_args *args,
				    json_t *docs)
{
	enum cli_exit status = CLI_OK;

	for (unsigned int i = 0; i < args->count; i++)
		status = worse(status, compare_trace(plan, args->v[i], docs));
	return status;
}

/* ---- output ---- */

typedef void show_fn(FILE *out, const json_t *docs);

static void show_csv(FILE *out, const json_t *docs)
{
	const json_t *doc;
	size_t i;

	json_array_foreach(docs, i, doc) compare_csv(out, doc, i == 0);
}

static void show_markdown(FILE *out, const json_t *docs)
{
	const json_t *doc;
	size_t i;

	json_array_foreach(docs, i, doc) compare_markdown(out, doc);
}

static void show_table(FILE *out, const json_t *docs)
{
	const json_t *doc;
	size_t i;

	json_array_foreach(docs, i, doc)
	{
		if (i)
			fputc('\n', out);
		compare_print(out, doc);
	}
}

static enum cli_exit write_text(const struct cli_text *to, const json_t *docs, show_fn *show)
{
	struct cli_output out;
	enum cli_exit status;

	if (!to->given)
		return CLI_OK;
	status = cli_output_open(&out, to->value);
	if (status)
		return status;
	show(out.file, docs);
	return cli_output_close(&out);
}

/* One trace is one document; several are an array of them, and so is what is left of several. */
static enum cli_exit write_json(const struct cli_text *to, json_t *docs, bool several)
{
	json_t *json = several ? docs : json_array_get(docs, 0);

	return to->given ? run_write_json(json_incref(json), to->value) : CLI_OK;
}

/* Where all that is made of a comparison goes. */
#define OUTPUTS 4
static void outputs_of(const struct compare_cli *o, const struct cli_text *outputs[OUTPUTS])
{
	const struct cli_text *all[OUTPUTS] = {&o->json, &o->csv, &o->markdown, &o->plot};

	memcpy(outputs, all, sizeof(all));
}

static const char *file_of(const struct cli_text *output)
{
	return output->value ? output->value : "-";
}

static bool writes_to(const struct compare_cli *o, const char *file)
{
	const struct cli_text *outputs[OUTPUTS];
	bool found = false;

	outputs_of(o, outputs);
	for (unsigned int i = 0; i < OUTPUTS; i++)
		found = found || (outputs[i]->given && strcmp(file_of(outputs[i]), file) == 0);
	return found;
}

/* Figures that nobody sees need not be counted: the status is what the checker finds. */
static bool shows_nothing(const struct compare_cli *o)
{
	return o->quiet && !o->json.given && !o->csv.given && !o->markdown.given && !o->plot.given;
}

static enum cli_exit write_plot(const struct cli_text *to, const json_t *docs)
{
	enum plot_format format;

	plot_output_format(to->value, &format);
	return plot_output(plot_kind_named("policies"), docs, format, to->value);
}

/* The plot comes last: what does not need gnuplot is out by then. */
static enum cli_exit show(const struct compare_cli *o, json_t *docs, bool several)
{
	enum cli_exit status = write_json(&o->json, docs, several);

	if (!status)
		status = write_text(&o->csv, docs, show_csv);
	if (!status)
		status = write_text(&o->markdown, docs, show_markdown);
	if (!status && !o->quiet && !writes_to(o, "-"))
		show_table(stdout, docs);
	if (!status && o->plot.given)
		status = write_plot(&o->plot, docs);
	return status;
}

/* ---- the command ---- */

static enum cli_exit check_outputs(const struct compare_cli *o)
{
	const struct cli_text *outputs[OUTPUTS];

	outputs_of(o, outputs);
	for (unsigned int i = 0; i < OUTPUTS; i++)
		for (unsigned int k = 0; k < i; k++) {
			const char *file = file_of(outputs[i]);

			if (!outputs[i]->given || !outputs[k]->given ||
			    strcmp(file, file_of(outputs[k])))
				continue;
			if (strcmp(file, "-") == 0)
				return cli_fail(CLI_USAGE,
						"compare: one of --json, --csv, --markdown and "
						"--plot can have the standard output; name a file "
						"for the others");
			return cli_fail(CLI_USAGE, "compare: two outputs to %s", file);
		}
	return CLI_OK;
}

static enum cli_exit check_usage(const struct compare_cli *o, const struct cli_args *args,
				 unsigned int saved)
{
	if (saved && saved != args->count)
		return cli_fail(CLI_USAGE, "compare: traces and saved results do not mix");
	if (saved && (o->policies.count || o->invalidations.count || o->quirks.given))
		return cli_fail(CLI_USAGE,
				"compare: --policy, --invalidation and --quirks are for traces; "
				"saved results have theirs");
	if (o->plot.given && args->count > 1 && !saved)
		return cli_fail(CLI_USAGE, "compare: --plot is of one trace");
	return check_outputs(o);
}

static enum cli_exit make_plan(struct plan *p, const struct compare_cli *o)
{
	enum cli_exit status = choose_policies(p, &o->policies, &o->invalidations);

	p->quiet = o->quiet;
	p->counted = !shows_nothing(o);
	p->hashed = o->json.given;
	return status ? status : run_parse_quirks(&o->quirks, &p->quirks);
}

static bool have_findings(const json_t *docs)
{
	const json_t *doc;
	bool found = false;
	size_t i;

	json_array_foreach(docs, i, doc) found = found || compare_has_findings(doc);
	return found;
}

/* Saved results tell only when they are read of how many traces they are. */
static enum cli_exit show_saved(const struct compare_cli *o, json_t *docs)
{
	bool several = json_array_size(docs) > 1;
	enum cli_exit status;

	if (several && o->plot.given)
		return cli_fail(CLI_USAGE, "compare: --plot is of one trace");
	status = show(o, docs, several);
	return status ? status : have_findings(docs) ? CLI_FINDINGS : CLI_OK;
}

static enum cli_exit show_traces(const struct compare_cli *o, json_t *docs, bool several)
{
	return json_array_size(docs) ? show(o, docs, several) : CLI_OK;
}

static enum cli_exit run(const void *values, const struct cli_args *args)
{
	const struct compare_cli *o = values;
	struct plan plan = {.policy_count = 0};
	unsigned int saved = 0, i;
	enum cli_exit status;
	json_t *docs;

	for (i = 0; i < args->count; i++)
		saved += compare_is_saved(args->v[i]);
	status = check_usage(o, args, saved);
	if (!status)
		status = make_plan(&plan, o);
	if (!status && o->plot.given)
		status = plot_output_ready();
	if (status)
		return status;
	docs = json_array();
	if (saved) {
		status = compare_saved(args, docs);
		if (!status)
			status = show_saved(o, docs);
	} else {
		status = compare_traces(&plan, args, docs);
		status = worse(status, show_traces(o, docs, args->count > 1));
	}
	json_decref(docs);
	return status;
}

const struct cli_command cli_compare = {
	.name = "compare",
	.arguments = "TRACE... | RESULT.json...",
	.summary = "several policies on one stream, in one pass",
	.about = "Replays each TRACE (- for standard input) under several policies in one pass, "
		 "and shows a line a policy; or does the same with results that replay --json "
		 "and compare --json have saved. The checker looks at every mapping larger than "
		 "a page, which are all that a size rule can get wrong, and with --invalidation "
		 "rmap or exact at everything, as nvsim check does; the status is 1 where it found "
		 "a policy "
		 "unsound. All figures are counts, the same in every run; for times there is make "
		 "bench.",
	.examples = {{"nvsim compare trace.zst", "all sound policies"},
		     {"nvsim compare -p page -p kvm-7.3 trace.zst", "these two"},
		     {"nvsim compare a.json b.json", "results that were saved"}},
	.options = options,
	.options_size = sizeof(struct compare_cli),
	.args_min = 1,
	.args_max = 1000,
	.run = run,
};
