/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim compare: several policies on one stream, or saved results of them. */
#include "compare.h"

#include <ctype.h>
#include <string.h>
#include <sys/stat.h>

#include "compare_report.h"
#include "run.h"

struct compare_cli {
	struct cli_list policies;
	struct cli_text quirks, json, csv, markdown, plot;
	bool quiet;
};

#define AT(member) offsetof(struct compare_cli, member)
static const struct cli_option options[] = {
	{'p', "policy", "POLICY", CLI_LIST, AT(policies),
	 .help = "one of the policies to compare, may be given again (see nvsim policies); "
		 "without it, all sound ones"},
	{0, "quirks", "SET", CLI_TEXT, AT(quirks),
	 .help = "kvm (bit-exact, the default), arch (as the architecture asks), or a list: "
		 "kvm,-6 is all of KVM's but 6"},
	{0, "json", "FILE", CLI_OPTIONAL, AT(json),
	 .help = "everything for machines, to FILE, or instead of the table"},
	{0, "csv", "FILE", CLI_OPTIONAL, AT(csv),
	 .help = "a row a policy, to FILE, or instead of the table"},
	{0, "markdown", "FILE", CLI_OPTIONAL, AT(markdown),
	 .help = "the table for a document, to FILE, or instead of the table"},
	{0, "plot", "FILE", CLI_TEXT, AT(plot),
	 .help = "draw faults and block share as SVG (needs gnuplot)"},
	{'q', "quiet", NULL, CLI_FLAG, AT(quiet), .help = "no table and no progress"},
	{0},
};

/* ---- one trace ---- */

struct pass {
	const struct s2_policy *policies[CLI_LIST_MAX];
	struct engine_options engine;
	struct check_options check;
	unsigned int policy_count;
	struct run run;
	struct compare *compare;
};

static enum cli_exit choose_policies(struct pass *p, const struct cli_list *names)
{
	for (unsigned int i = 0; i < names->count; i++) {
		const struct s2_policy **to = &p->policies[p->policy_count];
		enum cli_exit status = run_find_policy(&(struct cli_text){true, names->v[i]}, to);

		if (status)
			return status;
		for (unsigned int k = 0; k < p->policy_count; k++)
			if (p->policies[k] == *to)
				return cli_fail(CLI_USAGE, "compare: policy %s is given twice",
						names->v[i]);
		p->policy_count++;
	}
	for (unsigned int i = 0; !names->count && i < s2_policy_count; i++)
		if (s2_policy_sound(&s2_policies[i]) && p->policy_count < CLI_LIST_MAX)
			p->policies[p->policy_count++] = &s2_policies[i];
	return CLI_OK;
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

static enum cli_exit start(struct pass *p, const char *path, bool quiet, bool counted)
{
	struct compare_options o = {.policies = p->policies, .policy_count = p->policy_count};
	enum cli_exit status = run_open(&p->run, path, quiet);
	const struct nvt_word *words;
	size_t count;

	if (status)
		return status;
	p->check = (struct check_options){.quirks = p->engine.quirks, .large_alone = true};
	o.engine = p->engine;
	o.engine.check = &p->check;
	o.engine.digest = counted;
	o.engine.unmeasured = !counted;
	o.engine.staged = nvt_machine(p->run.reader)->extents;
	p->compare = compare_new(nvt_machine(p->run.reader), nvt_class(p->run.reader), &o);
	if (!p->compare)
		return cli_no_memory();
	words = nvt_l1mem(p->run.reader, &count);
	return pass_status(p, compare_l1mem(p->compare, words, count));
}

/* The result that a replay with this policy alone would give. */
static json_t *policy_result(const struct pass *p, unsigned int i)
{
	struct compare_result one = compare_result(p->compare, i);
	const struct metrics *m = &one.engine->metrics;
	struct result r = {
		.context = {&cli_build, p->policies[i], p->engine.quirks, NULL},
		.trace = p->run.trace,
		.window = {.measured = m->faults_recorded + m->touches, .vcpu = -1},
		.metrics = m,
		.exactness = one.exactness,
		.check = check_result(one.engine->check),
	};

	result_digest(&one.engine->digest, r.digest);
	return result_json(&r);
}

/* ---- the document ---- */

/* What is one policy's in a result, with the policy's name in it. */
static json_t *entry_of(const json_t *result)
{
	static const char *const members[] = {"counts", "metrics", "exactness", "findings",
					      "digest"};
	json_t *entry = json_object();
	json_t *name = json_object_get(json_object_get(result, "context"), "policy");

	json_object_set(entry, "policy", name);
	json_object_set_new(entry, "sound", json_null());
	for (unsigned int i = 0; i < s2_policy_count && json_is_string(name); i++)
		if (strcmp(s2_policies[i].name, json_string_value(name)) == 0)
			json_object_set_new(entry, "sound",
					    json_boolean(s2_policy_sound(&s2_policies[i])));
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (json_object_get(result, members[i]))
			json_object_set(entry, members[i], json_object_get(result, members[i]));
	return entry;
}

/* A comparison of one policy; takes `result`. More are added to its list. */
static json_t *document_of(json_t *result)
{
	json_t *doc = json_object(), *context = json_copy(json_object_get(result, "context"));

	json_object_del(context, "policy");
	json_object_set_new(doc, "schema", json_string("nvsim.compare/1"));
	json_object_set_new(doc, "context", context);
	json_object_set(doc, "trace", json_object_get(result, "trace"));
	json_object_set(doc, "measured", json_object_get(result, "measured"));
	json_object_set_new(doc, "policies", json_array());
	json_array_append_new(json_object_get(doc, "policies"), entry_of(result));
	json_decref(result);
	return doc;
}

/* Results of one policy, say of two handlers, are told apart by their number. */
static void number_alike(const json_t *policies, size_t i)
{
	json_t *entry = json_array_get(policies, i), *name = json_object_get(entry, "policy");
	unsigned int number = 1;

	for (size_t k = 0; k < i; k++)
		number += json_equal(json_object_get(json_array_get(policies, k), "policy"), name);
	if (number > 1)
		json_object_set_new(entry, "label",
				    json_sprintf("%s (%u)", json_string_value(name), number));
}

/* What only the whole list tells. */
static void finish_document(json_t *doc)
{
	const json_t *policies = json_object_get(doc, "policies"), *p;
	json_t *names = json_array();
	size_t i;

	for (i = 0; i < json_array_size(policies); i++)
		number_alike(policies, i);

	json_array_foreach(policies, i, p) json_array_append(names, json_object_get(p, "policy"));
	json_object_set_new(json_object_get(doc, "context"), "policies", names);
	json_object_set_new(doc, "verdict", compare_verdict(policies));
}

/* Figures that nobody sees need not be counted: the status is what the checker finds. */
static bool shows_nothing(const struct compare_cli *o)
{
	return o->quiet && !o->json.given && !o->csv.given && !o->markdown.given && !o->plot.given;
}

static enum cli_exit compare_trace(const struct compare_cli *o, const char *path, json_t **doc)
{
	struct pass p = {.policy_count = 0};
	enum cli_exit status = choose_policies(&p, &o->policies);

	if (!status)
		status = run_parse_quirks(&o->quirks, &p.engine.quirks);
	if (!status)
		status = start(&p, path, o->quiet, !shows_nothing(o));
	if (!status)
		status = replay_stream(&p);
	if (!status)
		status = run_describe(&p.run, o->json.given);
	if (!status) {
		*doc = document_of(policy_result(&p, 0));
		for (unsigned int i = 1; i < p.policy_count; i++) {
			json_t *result = policy_result(&p, i);

			json_array_append_new(json_object_get(*doc, "policies"), entry_of(result));
			json_decref(result);
		}
		finish_document(*doc);
	}
	run_close(&p.run);
	compare_free(p.compare);
	return status;
}

/* ---- saved results ---- */

/*
 * A trace begins with the magic number of zstd, a result with a brace. What is read
 * of a pipe would be missing later.
 */
static bool is_saved(const char *path)
{
	struct stat st;
	FILE *f;
	int c = 0;

	if (strcmp(path, "-") == 0 || stat(path, &st) || !S_ISREG(st.st_mode))
		return false;
	f = fopen(path, "rb");
	if (!f)
		return false;
	do {
		c = fgetc(f);
	} while (c != EOF && isspace(c));
	fclose(f);
	return c == '{';
}

/* Texts of the file that are shown: what a terminal could take as a command is not. */
static bool is_plain(const json_t *text, size_t longest)
{
	const char *s = json_string_value(text);

	if (!s || json_string_length(text) > longest)
		return false;
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			return false;
	return true;
}

static bool are_findings(const json_t *findings)
{
	const json_t *f;
	size_t i;

	json_array_foreach(findings, i, f)
	{
		const json_t *first = json_object_get(f, "first");

		if (!is_plain(json_object_get(f, "rule"), 40) ||
		    !is_plain(json_object_get(first, "text"), 200))
			return false;
	}
	return true;
}

static bool is_entry(json_t *entry)
{
	const json_t *x = json_object_get(entry, "exactness");

	json_object_del(entry, "label");
	return is_plain(json_object_get(entry, "policy"), 40) &&
	       is_plain(json_object_get(entry, "digest"), 40) &&
	       is_plain(json_object_get(x, "verdict"), 40) &&
	       is_plain(json_object_get(x, "why"), 200) &&
	       are_findings(json_object_get(entry, "findings")) &&
	       json_is_object(json_object_get(entry, "counts")) &&
	       json_is_object(json_object_get(entry, "metrics"));
}

static bool is_document(const json_t *doc)
{
	const json_t *policies = json_object_get(doc, "policies");
	json_t *entry;
	size_t i;

	json_array_foreach(policies, i, entry)
	{
		if (!is_entry(entry))
			return false;
	}
	return i > 0 && json_is_object(json_object_get(doc, "context")) &&
	       json_is_object(json_object_get(doc, "trace"));
}

static enum cli_exit load(const char *path, json_t **doc)
{
	json_error_t err;
	json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &err);
	const char *schema = json_string_value(json_object_get(json, "schema"));

	if (!json)
		return cli_fail(CLI_INPUT, "%s: line %d is not JSON: %s", path, err.line, err.text);
	if (schema && strcmp(schema, "nvsim.result/1") == 0) {
		json = document_of(json);
	} else if (!schema || strcmp(schema, "nvsim.compare/1")) {
		enum cli_exit status =
			cli_fail(CLI_USAGE,
				 "%s: schema '%s' cannot be compared; nvsim.result/1 and "
				 "nvsim.compare/1 can",
				 path, schema ? schema : "");

		json_decref(json);
		return status;
	}
	if (!is_document(json)) {
		json_decref(json);
		return cli_fail(CLI_INPUT, "%s: is no result of nvsim, or a damaged one", path);
	}
	*doc = json;
	return CLI_OK;
}

/* What has to be the same, where a difference of figures is to be one of policies. */
static const struct {
	const char *block, *member, *what;
} conditions[] = {
	{"context", "trace_digest", "they are of different traces"},
	{"context", "trace_emulated", "one has emulated times, and one has not"},
	{"context", "quirks", "they have different quirks"},
	{"context", "invalidation", "they have different invalidation policies"},
	{"measured", NULL, "different parts of the stream were measured"},
};

static const json_t *condition(const json_t *doc, size_t i)
{
	const json_t *block = json_object_get(doc, conditions[i].block);

	return conditions[i].member ? json_object_get(block, conditions[i].member) : block;
}

/* Members that neither has are the same. */
static bool same(const json_t *a, const json_t *b)
{
	return a == b || (a && b && json_equal((json_t *)a, (json_t *)b));
}

static enum cli_exit check_comparable(const json_t *a, const json_t *b, const char *path_a,
				      const char *path_b)
{
	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++)
		if (!same(condition(a, i), condition(b, i)))
			return cli_fail(CLI_USAGE, "%s and %s cannot be compared: %s", path_a,
					path_b, conditions[i].what);
	if (!json_is_string(condition(a, 0)))
		return cli_fail(CLI_USAGE,
				"%s cannot be compared: it does not tell what trace it is of",
				path_a);
	return CLI_OK;
}

static const json_t *handler_of(const json_t *doc)
{
	return json_object_get(json_object_get(doc, "context"), "handler_sha256");
}

/* Results of two handlers may well be what is to be compared; it has to be known, though. */
static void add_document(json_t *doc, json_t *other, const char *path)
{
	if (!same(handler_of(doc), handler_of(other))) {
		if (!json_object_get(doc, "notes"))
			json_object_set_new(doc, "notes", json_array());
		json_array_append_new(json_object_get(doc, "notes"),
				      json_sprintf("%s is of another version of the handler",
						   run_base_name(path)));
	}
	json_array_extend(json_object_get(doc, "policies"), json_object_get(other, "policies"));
}

static enum cli_exit compare_saved(const struct cli_args *args, json_t **doc)
{
	enum cli_exit status = load(args->v[0], doc);

	for (unsigned int i = 1; !status && i < args->count; i++) {
		json_t *other = NULL;

		status = load(args->v[i], &other);
		if (!status)
			status = check_comparable(*doc, other, args->v[0], args->v[i]);
		if (!status)
			add_document(*doc, other, args->v[i]);
		json_decref(other);
	}
	if (!status)
		finish_document(*doc);
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

static bool instead(const struct cli_text *t)
{
	return t->given && (!t->value || strcmp(t->value, "-") == 0);
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

/* One trace is one document, several are an array of them. */
static enum cli_exit write_json(const struct cli_text *to, json_t *docs)
{
	json_t *json = json_array_size(docs) == 1 ? json_array_get(docs, 0) : docs;

	return to->given ? run_write_json(json_incref(json), to->value) : CLI_OK;
}

static enum cli_exit show(const struct compare_cli *o, json_t *docs)
{
	enum cli_exit status = write_json(&o->json, docs);

	if (!status)
		status = write_text(&o->csv, docs, show_csv);
	if (!status)
		status = write_text(&o->markdown, docs, show_markdown);
	if (!status && o->plot.given)
		status = compare_plot(json_array_get(docs, 0), o->plot.value);
	if (!status && !o->quiet && !instead(&o->json) && !instead(&o->csv) &&
	    !instead(&o->markdown))
		show_table(stdout, docs);
	return status;
}

/* ---- the command ---- */

static enum cli_exit check_usage(const struct compare_cli *o, const struct cli_args *args,
				 unsigned int saved)
{
	if (instead(&o->json) + instead(&o->csv) + instead(&o->markdown) > 1)
		return cli_fail(CLI_USAGE,
				"compare: one of --json, --csv and --markdown can have the "
				"standard output; name a file for the others");
	if (saved && saved != args->count)
		return cli_fail(CLI_USAGE, "compare: traces and saved results do not mix");
	if (saved && (o->policies.count || o->quirks.given))
		return cli_fail(CLI_USAGE, "compare: --policy and --quirks are for traces; saved "
					   "results have theirs");
	if (o->plot.given && args->count > 1 && !saved)
		return cli_fail(CLI_USAGE, "compare: --plot is of one trace");
	return CLI_OK;
}

static enum cli_exit run(const void *values, const struct cli_args *args)
{
	const struct compare_cli *o = values;
	json_t *docs = json_array(), *doc = NULL;
	unsigned int saved = 0, count, i;
	enum cli_exit status;
	bool findings = false;

	for (i = 0; i < args->count; i++)
		saved += is_saved(args->v[i]);
	status = check_usage(o, args, saved);
	count = saved ? 1 : args->count;
	for (i = 0; !status && i < count; i++) {
		status = saved ? compare_saved(args, &doc) : compare_trace(o, args->v[i], &doc);
		findings = findings || compare_has_findings(doc);
		json_array_append_new(docs, doc);
		doc = NULL;
	}
	if (!status)
		status = show(o, docs);
	json_decref(docs);
	return status ? status : findings ? CLI_FINDINGS : CLI_OK;
}

const struct cli_command cli_compare = {
	.name = "compare",
	.arguments = "TRACE... | RESULT.json...",
	.summary = "several policies on one stream, in one pass",
	.about = "Replays each TRACE (- for standard input) under several policies in one pass, "
		 "and shows a line a policy; or does the same with results that replay --json "
		 "and compare --json have saved. The checker looks at every mapping larger than "
		 "a page, which are all that a size rule can get wrong (nvsim check looks at "
		 "everything); the status is 1 where it found a policy unsound.",
	.examples = {{"nvsim compare trace.zst", "all sound policies"},
		     {"nvsim compare -p page -p kvm-7.3 trace.zst", "these two"},
		     {"nvsim compare a.json b.json", "results that were saved"}},
	.options = options,
	.options_size = sizeof(struct compare_cli),
	.args_min = 1,
	.args_max = 1000,
	.run = run,
};
