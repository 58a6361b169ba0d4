/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim check: whether all that the handler does with a trace is sound. */
#include <stdlib.h>

#include "report.h"
#include "run.h"
#include "text.h"

struct check_command_options {
	struct cli_text policy, invalidation, quirks, json;
	struct cli_number audit;
	bool rules, quiet;
};

#define AT(member) offsetof(struct check_command_options, member)
static const struct cli_option options[] = {
	{'p', "policy", "POLICY", CLI_TEXT, AT(policy), .help = RUN_POLICY_HELP},
	{0, "invalidation", "NAME", CLI_TEXT, AT(invalidation), .help = RUN_INVALIDATION_HELP},
	{0, "quirks", "SET", CLI_TEXT, AT(quirks), .help = RUN_QUIRKS_HELP},
	{0, "audit", "N", CLI_COUNT, AT(audit),
	 .help = "look at whole tables every N events, too, not at the end and now and then alone",
	 .min = 1},
	{0, "rules", NULL, CLI_FLAG, AT(rules), .help = "list the rules, without a trace"},
	{0, "json", "FILE", CLI_OPTIONAL, AT(json),
	 .help = "everything for machines, to FILE, or instead of the report"},
	{'q', "quiet", NULL, CLI_FLAG, AT(quiet),
	 .help = "no report and no progress; --json is written all the same"},
	{0},
};

struct job {
	const struct check_command_options *o;
	struct check_options check;
	struct run run;
};

/* ---- the rules themselves ---- */

static json_t *rules_json(void)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < CHECK_RULE_COUNT; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "rule", check_rules[i].id,
						      "name", check_rules[i].name, "sentence",
						      check_rules[i].sentence));
	return list;
}

#define SENTENCE 26

static enum cli_exit list_rules(const struct check_command_options *o, const struct cli_args *args)
{
	if (args->count)
		return cli_fail(CLI_USAGE, "check: --rules takes no trace");
	if (o->policy.given || o->invalidation.given || o->quirks.given || o->audit.given ||
	    o->quiet)
		return cli_fail(CLI_USAGE, "check: --rules goes with --json alone");
	if (o->json.given)
		return run_write_json(rules_json(), o->json.value);
	for (unsigned int i = 0; i < CHECK_RULE_COUNT; i++) {
		int used = printf("%s %s", check_rules[i].id, check_rules[i].name);

		text_wrap(stdout, check_rules[i].sentence, SENTENCE, used);
	}
	return CLI_OK;
}

/* ---- the stream ---- */

static enum cli_exit check_stream(struct job *j)
{
	enum cli_exit status = CLI_OK;
	struct nvt_block *block;

	while (!status && run_block(&j->run, &block, &status) == RUN_BLOCK) {
		for (size_t i = 0; i < block->count && !status; i++)
			status = run_event(&j->run, &block->events[i], block->first_ordinal + i);
		nvt_release_block(block);
	}
	cli_progress_end(&j->run.progress);
	if (!status)
		engine_end(j->run.engine);
	return status;
}

/* ---- results ---- */

/* What all that follows is said of. */
enum verdict { SOUND, UNSOUND, INCOMPLETE };

static enum verdict verdict_of(const struct check_result *r)
{
	return r->findings ? UNSOUND : r->out_of_memory ? INCOMPLETE : SOUND;
}

/* Limits of what a class of trace can tell. */
static const char *const class_notes[] = {
	[NVT_PARTIAL] = "the stream alone is checked (NV-0xx): a partial trace tells neither L1's "
			"tables nor the host's backing, and nothing is mapped",
	[NVT_OBSERVED] = "an entry of L1's tables that no walk has shown counts as not mapped",
	[NVT_FULL] = NULL,
};

static uint64_t faults_delivered(const struct metrics *m)
{
	uint64_t sum = 0;

	for (unsigned int s = 0; s < SCOPE_COUNT; s++)
		sum += m->delivered[s];
	return sum;
}

static json_t *checked_json(const struct check_result *r, const struct metrics *m)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "events", (json_int_t)m->events, "faults",
			 (json_int_t)faults_delivered(m), "leaves", (json_int_t)r->leaves, "audits",
			 (json_int_t)r->audits, "unknown_backing", (json_int_t)r->unknown_backing);
}

static json_t *kept_json(const struct check_result *r)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < r->kept_count; i++)
		json_array_append_new(list, result_finding_json(&r->kept[i]));
	return list;
}

static json_t *check_json(const struct job *j, const struct check_result *r)
{
	static const char *const verdicts[] = {
		[SOUND] = "sound", [UNSOUND] = "findings", [INCOMPLETE] = "incomplete"};
	const struct engine *e = j->run.engine;
	const char *note = class_notes[e->class];
	struct result_context context = {&cli_build, e->options.policy, e->options.quirks,
					 e->options.invalidation};
	json_t *root = json_object(), *metrics = metrics_json(&e->metrics);

	json_object_set_new(root, "schema", json_string("nvsim.check/1"));
	json_object_set_new(root, "context", result_context_json(&context, &j->run.trace));
	json_object_set_new(root, "trace", result_trace_json(&j->run.trace));
	json_object_set_new(root, "checked", checked_json(r, &e->metrics));
	json_object_set_new(root, "verdict", json_string(verdicts[verdict_of(r)]));
	json_object_set_new(root, "note", note ? json_string(note) : json_null());
	json_object_set(root, "unsound_pages", json_object_get(metrics, "unsound"));
	json_object_set_new(root, "finding_count", json_integer((json_int_t)r->findings));
	json_object_set_new(root, "findings", result_findings_json(r));
	json_object_set_new(root, "first_findings", kept_json(r));
	json_decref(metrics);
	return root;
}

static void add_number(struct text *t, const char *before, uint64_t n, const char *one,
		       const char *many)
{
	char count[CLI_NUMBER_SIZE];

	text_add(t, "%s%s~%s", before, cli_count(count, n), n == 1 ? one : many);
}

static void print_line(const char *label, const struct text *t)
{
	text_wrap(stdout, t->s, REPORT_LABEL, printf("%-*s", REPORT_LABEL, label));
}

static void print_checked(const struct check_result *r, const struct metrics *m)
{
	struct text t = {.used = 0};

	add_number(&t, "", m->events, "event", "events");
	if (m->class != NVT_PARTIAL) {
		add_number(&t, ", ", faults_delivered(m), "fault", "faults");
		add_number(&t, ": ", r->leaves, "leaf", "leaves");
		text_add(&t, " when made");
		add_number(&t, ", ", r->audits, "look", "looks");
		text_add(&t, " at all~tables");
	}
	if (r->unknown_backing) {
		add_number(&t, "; ", r->unknown_backing, "leaf", "leaves");
		text_add(&t, " of memory whose backing the trace does not tell");
	}
	print_line("checked", &t);
	if (class_notes[m->class]) {
		t = (struct text){.used = 0};
		text_add(&t, "%s", class_notes[m->class]);
		print_line("", &t);
	}
}

/* Of a partial trace those about the stream. */
static unsigned int rules_checked(enum nvt_class class)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < CHECK_RULE_COUNT; i++)
		count += class != NVT_PARTIAL || result_rule_of_stream(i);
	return count;
}

static void print_rules(const struct check_result *r, enum nvt_class class)
{
	const char *label = "findings";

	for (unsigned int i = 0; i < CHECK_RULE_COUNT; i++) {
		struct text t = {.used = 0};

		if (!r->count[i])
			continue;
		text_add(&t, "%s~%s: ", check_rules[i].id, check_rules[i].name);
		add_number(&t, "", r->count[i], "finding", "findings");
		print_line(label, &t);
		label = "";
	}
	if (!r->findings)
		printf("%-*s%u rules: nothing found\n", REPORT_LABEL, label, rules_checked(class));
}

static void print_findings(const struct check_result *r)
{
	char count[CLI_NUMBER_SIZE];

	putchar('\n');
	for (unsigned int i = 0; i < r->kept_count; i++)
		report_finding(stdout, &r->kept[i], 4);
	if (r->findings > r->kept_count)
		printf("... and %s more\n", cli_count(count, r->findings - r->kept_count));
	if (r->kept_count)
		putchar('\n');
}

static void print_verdict(const struct check_result *r, const struct metrics *m)
{
	char pages[CLI_NUMBER_SIZE];

	switch (verdict_of(r)) {
	case SOUND:
		puts(m->class == NVT_PARTIAL ? "Nothing is wrong with the stream."
					     : "Sound: every rule holds.");
		break;
	case INCOMPLETE:
		puts("Nothing was found until memory ran out: the rest was not checked.");
		break;
	case UNSOUND:
		if (r->unsound_pages)
			printf("Not sound: pages reachable that L1 never mapped, or mapped "
			       "elsewhere: %s.\n",
			       cli_count(pages, r->unsound_pages));
		else
			puts("Rules are broken, as told above.");
		break;
	}
}

static void print_report(const struct job *j, const struct check_result *r)
{
	const struct engine *e = j->run.engine;
	struct result_context context = {&cli_build, e->options.policy, e->options.quirks,
					 e->options.invalidation};

	report_trace(stdout, &j->run.trace);
	report_policy(stdout, &context);
	print_checked(r, &e->metrics);
	print_rules(r, e->class);
	print_findings(r);
	print_verdict(r, &e->metrics);
}

static enum cli_exit show(struct job *j)
{
	const struct check_command_options *o = j->o;
	const struct check_result *r = check_result(j->run.engine->check);
	enum cli_exit status = run_describe(&j->run, o->json.given);

	if (!status && o->json.given)
		status = run_write_json(check_json(j, r), o->json.value);
	if (status)
		return status;
	if (!run_json_instead(&o->json) && !o->quiet)
		print_report(j, r);
	return run_verdict(&j->run);
}

/* ---- the command ---- */

static enum cli_exit start(struct job *j, const char *path)
{
	struct engine_options engine = {.check = &j->check};
	enum cli_exit status = run_find_policy(&j->o->policy, &engine.policy);

	if (!status)
		status = run_find_invalidation(&j->o->invalidation, &engine.invalidation);
	if (!status)
		status = run_parse_quirks(&j->o->quirks, &engine.quirks);
	j->check =
		(struct check_options){.quirks = engine.quirks, .audit_every = j->o->audit.value};
	if (!status)
		status = run_open(&j->run, path, j->o->quiet);
	if (!status)
		status = run_engine(&j->run, &engine);
	return status;
}

static enum cli_exit check_trace(const struct check_command_options *o, const char *path)
{
	struct job j = {.o = o};
	enum cli_exit status = start(&j, path);

	if (!status)
		status = check_stream(&j);
	if (!status)
		status = show(&j);
	run_close(&j.run);
	return status;
}

static enum cli_exit run(const void *values, const struct cli_args *args)
{
	const struct check_command_options *o = values;

	if (o->rules)
		return list_rules(o, args);
	if (!args->count)
		return cli_fail(CLI_USAGE, "check: TRACE is missing (see nvsim check --help)");
	return check_trace(o, args->v[0]);
}

const struct cli_command cli_check = {
	.name = "check",
	.arguments = "TRACE",
	.summary = "checks that what the handler does with a trace is sound",
	.about = "Replays TRACE (- for standard input) and has everything that the handler does "
		 "checked by code that shares no line with it: each leaf when it is made, each "
		 "invalidation, and whole tables. Exit status 1: a rule does not hold.",
	.examples = {{"nvsim check trace.zst", "all rules, KVM's policy"},
		     {"nvsim check -p unclamped trace.zst", "another policy"},
		     {"nvsim check --rules", "what is checked"}},
	.options = options,
	.options_size = sizeof(struct check_command_options),
	.args_max = 1,
	.run = run,
};
