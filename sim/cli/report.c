/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The report of a replay. Every figure comes from metrics_json, so that
 * people and machines read the same number.
 */
#include "report.h"

#include <string.h>

#include "cli.h"
#include "names.h"
#include "text.h"

void report_line(FILE *out, const char *label, const struct text *t)
{
	int used = fprintf(out, "%-*s", REPORT_LABEL, label);

	text_wrap(out, t->s, REPORT_LABEL, used);
}

static uint64_t count_of(const json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(object, key));
}

static double real_of(const json_t *object, const char *key)
{
	return json_real_value(json_object_get(object, key));
}

static void add_count(struct text *t, const char *format_before, uint64_t n)
{
	char buf[CLI_NUMBER_SIZE];

	text_add(t, "%s%s", format_before, cli_count(buf, n));
}

/* A number and its unit are not to be parted at the end of a line. */
static const char *unbroken(char *number)
{
	char *blank = strchr(number, ' ');

	if (blank)
		*blank = '~';
	return number;
}

/* "31.2% what", where the figure is there. */
static void add_share(struct text *t, const json_t *object, const char *key, const char *what)
{
	char buf[CLI_NUMBER_SIZE];

	if (json_object_get(object, key))
		text_add(t, "%s%s %s", t->used ? ", " : "", cli_percent(buf, real_of(object, key)),
			 what);
}

/* ---- head: what was replayed, and how far it can be believed ---- */

/* The kinds that a reader knows; facts about the host and L1's memory are left to info. */
static void add_kinds(struct text *t, const struct nvt_totals *totals)
{
	static const struct {
		enum nvt_kind kind;
		const char *one, *many;
	} shown[] = {
		{NVT_FAULT, "fault", "faults"},
		{NVT_TOUCH, "access", "accesses"},
		{NVT_CONTEXT, "context~switch", "context~switches"},
		{NVT_TLBI, "TLBI", "TLBIs"},
		{NVT_L1_WRITE, "L1~table~write", "L1~table~writes"},
		{NVT_HOST_UNMAP, "host~unmap", "host~unmaps"},
		{NVT_WRITE_PROTECT, "write~protection", "write~protections"},
		{NVT_LOST, "loss~of~events", "losses~of~events"},
	};
	const char *before = ": ";

	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		uint64_t n = totals->kind_count[shown[i].kind];

		if (!n)
			continue;
		add_count(t, before, n);
		text_add(t, "~%s", n == 1 ? shown[i].one : shown[i].many);
		before = ", ";
	}
}

/* Only where the figures are not of the whole stream. */
static void print_window(FILE *out, const struct result_window *w)
{
	struct text t = {.used = 0};

	if (!w->skip && w->vcpu < 0 && !w->stopped)
		return;
	add_count(&t, "", w->measured);
	text_add(&t, " faults or accesses");
	if (w->vcpu >= 0)
		text_add(&t, " of vCPU %d alone", w->vcpu);
	if (w->skip)
		add_count(&t, ", after the first ", w->skip);
	if (w->stopped)
		text_add(&t, "; stopped before the end");
	report_line(out, "measured", &t);
}

void report_trace(FILE *out, const struct result_trace *trace)
{
	const struct nvt_machine *m = trace->machine;
	const struct nvt_totals *totals = &trace->totals;
	struct text t = {.used = 0};

	fprintf(out, "%-*s", REPORT_LABEL, "trace");
	cli_print_text(out, trace->name);
	fprintf(out, "\n%*sclass %s, host with %uK pages, %u vCPU%s, %u context%s\n", REPORT_LABEL,
		"", class_names[trace->class], 1u << (m->page_shift - 10), m->vcpu_count,
		m->vcpu_count == 1 ? "" : "s", m->context_count, m->context_count == 1 ? "" : "s");
	if (trace->has_totals) {
		add_count(&t, "", totals->event_count);
		text_add(&t, " events in %.3f~s",
			 (double)(totals->last_ns - totals->first_ns) / 1e9);
		add_kinds(&t, totals);
		report_line(out, "", &t);
	}
}

void report_policy(FILE *out, const struct result_context *context)
{
	char quirks[128];
	struct text t = {.used = 0};

	result_quirks(context->quirks, quirks, sizeof(quirks));
	text_add(&t, "%s (%s), quirks %s, invalidation %s", context->policy->name,
		 context->policy->source, quirks, result_invalidation(context));
	report_line(out, "policy", &t);
}

/* What the trace is, what it was replayed with, how far the figures can be believed. */
static void print_head(FILE *out, const struct result *r)
{
	struct text t = {.used = 0};

	report_trace(out, &r->trace);
	print_window(out, &r->window);
	report_policy(out, &r->context);
	text_add(&t, "%s: %s", exactness_names[r->exactness.verdict], r->exactness.why);
	report_line(out, "exactness", &t);
}

/* ---- faults by outcome ---- */

void report_outcome_titles(FILE *out)
{
	for (size_t g = 0; g < OUTCOME_GROUPS; g++)
		fprintf(out, "%9s", outcome_groups[g].title);
}

void report_outcome_counts(FILE *out, const uint64_t outcome[S2_OUTCOME_COUNT])
{
	char buf[CLI_NUMBER_SIZE];

	for (size_t g = 0; g < OUTCOME_GROUPS; g++)
		fprintf(out, "%9s", cli_count(buf, outcome_group_count(outcome, g)));
}

/* Of a partial trace it is known who ran, and no more. */
static void print_recorded(FILE *out, const struct metrics *m)
{
	struct text t = {.used = 0};

	add_count(&t, "recorded: ", m->recorded[SCOPE_SHADOW]);
	add_count(&t, " of L2, ", m->recorded[SCOPE_CANONICAL]);
	add_count(&t, " of L1 itself, ", m->recorded[SCOPE_S2_OFF]);
	add_count(&t, " with its stage~2 off, ", m->recorded_unknown);
	text_add(&t, " before it was known who ran");
	report_line(out, "faults", &t);
}

/* A row for each scope that has faults; shadow faults are shown even where there are none. */
static void print_outcomes(FILE *out, const struct metrics *m)
{
	static const char *const labels[SCOPE_COUNT] = {
		[SCOPE_SHADOW] = "  shadow",
		[SCOPE_CANONICAL] = "  of L1 itself",
		[SCOPE_S2_OFF] = "  stage 2 off",
	};
	char buf[CLI_NUMBER_SIZE];

	if (m->class == NVT_PARTIAL) {
		print_recorded(out, m);
		return;
	}
	fprintf(out, "%-*s%9s", REPORT_LABEL, "faults", "handled");
	report_outcome_titles(out);
	fprintf(out, "%9s\n", "avoided");
	for (unsigned int s = 0; s < SCOPE_COUNT; s++) {
		if (!m->delivered[s] && !m->avoided[s] && s != SCOPE_SHADOW)
			continue;
		fprintf(out, "%-*s%9s", REPORT_LABEL, labels[s], cli_count(buf, m->delivered[s]));
		report_outcome_counts(out, m->outcome[s]);
		fprintf(out, "%9s\n", cli_count(buf, m->avoided[s]));
	}
}

/* ---- metrics, a line each ---- */

/* "(1: 80, 3: 12)": reads and how many walks needed them. */
static void add_histogram(struct text *t, const json_t *value)
{
	const char *before = "(", *key;
	json_t *n;

	json_object_foreach(json_object_get(value, "histogram"), key, n)
	{
		text_add(t, "%s%s:~", before, key);
		add_count(t, "", (uint64_t)json_integer_value(n));
		before = ", ";
	}
	text_add(t, ")");
}

static void line_walk_depth(struct text *t, json_t *value)
{
	const json_t *failing = json_object_get(value, "failing");

	if (count_of(value, "walks")) {
		text_add(t, "%.2f descriptors a walk ", real_of(value, "mean"));
		add_histogram(t, value);
	}
	if (count_of(failing, "walks")) {
		text_add(t, "%sfailing: %.2f ", t->used ? "; " : "", real_of(failing, "mean"));
		add_histogram(t, failing);
	}
}

/* Classes with the levels at which they were found. */
static void line_injection_rate(struct text *t, json_t *value)
{
	const char *name;
	json_t *class;

	/* Without classes the trace is partial. */
	add_share(t, value, "ratio",
		  json_object_get(value, "by_class") ? "of shadow faults" : "of L2's faults");
	json_object_foreach(json_object_get(value, "by_class"), name, class)
	{
		const char *before = "level";

		text_add(t, "; %s", name);
		for (size_t level = 0; level < 4; level++) {
			uint64_t n = (uint64_t)json_integer_value(
				json_array_get(json_object_get(class, "levels"), level));

			if (!n)
				continue;
			text_add(t, "%s~%zu:~", *before ? " level" : ",", level);
			before = "";
			add_count(t, "", n);
		}
	}
}

static void line_block_share(struct text *t, json_t *value)
{
	add_share(t, value, "end", "of bytes under blocks at the end");
	add_share(t, value, "time_weighted", "over time");
}

static void line_effectiveness(struct text *t, json_t *value)
{
	char buf[CLI_NUMBER_SIZE];

	text_add(t, "%s of the bytes that sound mappings could have mapped",
		 cli_percent(buf, json_real_value(value)));
}

static void line_splintering(struct text *t, json_t *value)
{
	text_add(t, "%.2f halvings of L1's leaves, by bytes (9: 2M in 4K pages)",
		 json_real_value(value));
}

static void line_rule_reads(struct text *t, json_t *value)
{
	text_add(t, "%.2f further descriptors of L1 for each mapping", json_real_value(value));
}

/* The answer to "why are my blocks gone": each cause with its faults and bytes. */
static void line_clamped_by(struct text *t, json_t *value)
{
	char bytes[CLI_NUMBER_SIZE];
	const char *name;
	json_t *clamp;

	json_object_foreach(value, name, clamp)
	{
		text_add(t, "%s%s", t->used ? ", " : "", name);
		add_count(t, "~", count_of(clamp, "faults"));
		text_add(t, "~(%s)", unbroken(cli_bytes(bytes, count_of(clamp, "bytes"))));
	}
}

static void line_amplification(struct text *t, json_t *value)
{
	text_add(t, "%.2f filling faults for each leaf of L1 touched", json_real_value(value));
}

static void line_refaults(struct text *t, json_t *value)
{
	char buf[CLI_NUMBER_SIZE];

	text_add(t, "%s of shadow faults, on pages mapped before",
		 cli_percent(buf, json_real_value(value)));
}

static void add_sweep(struct text *t, const json_t *sweep, const char *what)
{
	uint64_t count = count_of(sweep, "operations");
	char buf[CLI_NUMBER_SIZE];

	if (!count)
		return;
	add_count(t, t->used ? "; " : "", count);
	text_add(t, " %s%s: %s unmapped", what, count == 1 ? "" : "s",
		 unbroken(cli_bytes(buf, count_of(sweep, "bytes_unmapped"))));
	if (json_object_get(sweep, "ratio"))
		text_add(t, ", %.3g~x~asked", real_of(sweep, "ratio"));
	add_count(t, ", ", count_of(sweep, "entries_visited"));
	text_add(t, " visited");
	if (count_of(sweep, "give_ups"))
		add_count(t, ", gave~up~", count_of(sweep, "give_ups"));
}

static void line_over_invalidation(struct text *t, json_t *value)
{
	add_sweep(t, json_object_get(value, "tlbi"), "TLBI");
	add_sweep(t, json_object_get(value, "host_unmap"), "host~unmap");
}

static void line_host_refaults(struct text *t, json_t *value)
{
	add_share(t, value, "ratio", "of shadow faults:");
	add_count(t, " ", count_of(value, "faults"));
	text_add(t, " that map again what a host unmap took");
}

static void line_table_pages(struct text *t, json_t *value)
{
	add_count(t, "", count_of(value, "peak"));
	text_add(t, " pages at most");
	add_count(t, ", ", count_of(value, "final"));
	text_add(t, " at the end");
}

static void line_unsound(struct text *t, json_t *value)
{
	add_count(t, "", (uint64_t)json_integer_value(value));
	text_add(t, " pages that L1 never mapped, or mapped elsewhere");
}

static void line_hw_walk_refs(struct text *t, json_t *value)
{
	text_add(t, "%.1f descriptors for a full walk (%.0f with pages alone)",
		 real_of(value, "at_end"), real_of(value, "all_pages"));
}

/* Metrics without a line here have no value in any replay yet. */
static const struct {
	const char *metric;
	const char *label;
	void (*line)(struct text *t, json_t *value);
} lines[] = {
	{"walk_depth", "walk depth", line_walk_depth},
	{"injection_rate", "injected", line_injection_rate},
	{"block_share", "block share", line_block_share},
	{"block_effectiveness", "effectiveness", line_effectiveness},
	{"splintering", "splintering", line_splintering},
	{"rule_reads", "rule reads", line_rule_reads},
	{"clamped_by", "clamped by", line_clamped_by},
	{"fault_amplification", "amplification", line_amplification},
	{"refault_ratio", "refaults", line_refaults},
	{"over_invalidation", "invalidation", line_over_invalidation},
	{"host_refaults", "host refaults", line_host_refaults},
	{"table_pages", "shadow tables", line_table_pages},
	{"rmap_pages", "reverse maps", line_table_pages},
	{"hw_walk_refs", "hardware walk", line_hw_walk_refs},
	{"unsound", "unsound", line_unsound},
};

void report_metric(struct text *t, const char *metric, json_t *value)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (strcmp(lines[i].metric, metric) == 0)
			lines[i].line(t, value);
}

static const char *reason(const json_t *absent, size_t metric)
{
	return json_string_value(json_object_get(absent, metrics_table[metric].name));
}

/* Every metric whose reason is that of `first`, and the reason. */
static void add_absent(struct text *t, const json_t *absent, size_t first)
{
	const char *why = reason(absent, first), *before = t->used ? "; " : "";

	for (size_t i = 0; i < metrics_table_count; i++) {
		if (!reason(absent, i) || strcmp(why, reason(absent, i)))
			continue;
		if (i < first)
			return; /* told with that one */
		text_add(t, "%s%s", before, metrics_table[i].name);
		before = ", ";
	}
	text_add(t, ": %s", why);
}

static void print_absent(FILE *out, const json_t *absent)
{
	struct text t = {.used = 0};

	for (size_t i = 0; i < metrics_table_count; i++)
		if (reason(absent, i))
			add_absent(&t, absent, i);
	if (t.used)
		report_line(out, "absent", &t);
}

/* ---- findings ---- */

/* The text is the checker's: long, and of one line. */
void report_finding(FILE *out, const struct check_finding *f, int indent)
{
	const struct check_rule_info *rule = &check_rules[f->rule];
	char size[CLI_NUMBER_SIZE];

	fprintf(out, "event %llu, vCPU %u, %llu.%09llu s", (unsigned long long)f->ordinal, f->vcpu,
		(unsigned long long)(f->time_ns / 1000000000),
		(unsigned long long)(f->time_ns % 1000000000));
	if (!result_rule_of_stream(f->rule)) {
		if (f->context == NVT_CANONICAL_CONTEXT)
			fputs(", L1's own table", out);
		else
			fprintf(out, ", context %u", f->context);
		fprintf(out, ", IPA %#llx", (unsigned long long)f->ipa);
		if (f->size)
			fprintf(out, ", %s", cli_bytes(size, f->size));
	}
	fprintf(out, "\n%*s%s %s: ", indent, "", rule->id, rule->name);
	cli_print_text(out, f->text);
	fputc('\n', out);
}

static void print_findings(FILE *out, const struct check_result *r)
{
	struct text t = {.used = 0};

	if (!r)
		return;
	for (unsigned int i = 0; i < CHECK_RULE_COUNT; i++) {
		if (!r->count[i])
			continue;
		text_add(&t, "%s%s~%s", t.used ? ", " : "", check_rules[i].id, check_rules[i].name);
		add_count(&t, "~", r->count[i]);
	}
	if (!t.used)
		text_add(&t, r->out_of_memory ? "none until memory ran out" : "none");
	report_line(out, "findings", &t);
	if (r->kept_count) {
		fprintf(out, "%*sfirst: ", REPORT_LABEL, "");
		report_finding(out, &r->kept[0], REPORT_LABEL);
	}
}

/* Lines without a value are not printed: their metric is in the list of absent ones. */
void report_print(FILE *out, const struct result *r)
{
	json_t *metrics = metrics_json(r->metrics);
	struct text digest = {.used = 0};

	print_head(out, r);
	print_outcomes(out, r->metrics);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		json_t *value = json_object_get(metrics, lines[i].metric);
		struct text t = {.used = 0};

		if (!value)
			continue;
		lines[i].line(&t, value);
		report_line(out, lines[i].label, &t);
	}
	print_absent(out, json_object_get(metrics, "absent"));
	print_findings(out, r->check);
	text_add(&digest, "%s (of all decisions)", r->digest);
	if (r->trace.class != NVT_PARTIAL)
		report_line(out, "digest", &digest);
	if (r->functions)
		report_functions(out, r->functions);
	json_decref(metrics);
}

/* Columns as in the report; "mapped" last is bytes. */
void report_intervals(FILE *out, const struct result *r)
{
	char count[CLI_NUMBER_SIZE], share[CLI_NUMBER_SIZE], bytes[CLI_NUMBER_SIZE];

	fprintf(out, "%12s %9s %9s %9s %8s %6s %7s %10s\n", "from fault", "shadow", "mapped",
		"injected", "avoided", "depth", "blocks", "mapped");
	for (size_t i = 0; i < r->interval_count; i++) {
		const struct result_interval *v = &r->intervals[i];

		fprintf(out, "%12s", cli_count(count, v->first_fault));
		fprintf(out, " %9s", cli_count(count, v->delivered));
		fprintf(out, " %9s", cli_count(count, v->mapped));
		fprintf(out, " %9s", cli_count(count, v->injected));
		fprintf(out, " %8s", cli_count(count, v->avoided));
		if (v->walks)
			fprintf(out, " %6.2f", (double)v->walk_reads / (double)v->walks);
		else
			fprintf(out, " %6s", "-");
		fprintf(out, " %7s",
			v->total_bytes ? cli_percent(share, (double)v->block_bytes /
								    (double)v->total_bytes)
				       : "-");
		fprintf(out, " %10s\n", cli_bytes(bytes, v->mapped_bytes));
	}
	fputc('\n', out);
}
