/* SPDX-License-Identifier: GPL-2.0-only */
#include "compare_report.h"

#include <math.h>
#include <string.h>

#include "result.h"
#include "text.h"

#define NAME_SIZE 80 /* of a policy, as shown */

/* ---- the columns ---- */

enum style { COUNT, PERCENT, REAL };

/* A figure of one policy, as enum compare_column numbers them: a path of up to three members. */
static const struct column {
	const char *head;  /* at most 9 characters */
	const char *field; /* in CSV */
	enum style style;
	const char *path[3];
} columns[COMPARE_COLUMNS] = {
	{"faults", "faults", COUNT, {"counts", "delivered", "shadow"}},
	{"avoided", "avoided", COUNT, {"counts", "avoided", "shadow"}},
	{"inject", "injection_rate", PERCENT, {"metrics", "injection_rate", "ratio"}},
	{"block", "block_share", PERCENT, {"metrics", "block_share", "end"}},
	{"effect", "block_effectiveness", PERCENT, {"metrics", "block_effectiveness"}},
	{"splint", "splintering", REAL, {"metrics", "splintering"}},
	{"amplif", "fault_amplification", REAL, {"metrics", "fault_amplification"}},
	{"tables", "table_pages", COUNT, {"metrics", "table_pages", "peak"}},
	{"unsound", "unsound", COUNT, {"metrics", "unsound"}},
};

static const char *text_at(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

const char *compare_name(const json_t *policy)
{
	const char *label = text_at(policy, "label");

	return *label ? label : text_at(policy, "policy");
}

static const char *verdict_of(const json_t *policy)
{
	return text_at(json_object_get(policy, "exactness"), "verdict");
}

static bool was_replayed(const json_t *policy)
{
	return *verdict_of(policy) && strcmp(verdict_of(policy), "as recorded");
}

/* Whatever is there. */
static const json_t *member_of(const json_t *policy, const struct column *c)
{
	const json_t *v = policy;

	for (unsigned int i = 0; i < 3 && c->path[i]; i++)
		v = json_object_get(v, c->path[i]);
	return json_is_null(v) ? NULL : v;
}

/* Of faults, which a partial trace has none of to replay. */
static bool is_count(const struct column *c)
{
	return strcmp(c->path[0], "counts") == 0;
}

/* No stream has a ratio beyond this. */
#define RATIO_MAX 1e12

static bool is_figure(const json_t *v, const struct column *c)
{
	if (!v)
		return !is_count(c);
	if (c->style == COUNT)
		return json_is_integer(v) && json_integer_value(v) >= 0;
	return json_is_number(v) && fabs(json_number_value(v)) < RATIO_MAX;
}

bool compare_has_figures(const json_t *policy)
{
	for (unsigned int c = 0; c < COMPARE_COLUMNS; c++)
		if (!is_figure(member_of(policy, &columns[c]), &columns[c]))
			return false;
	return true;
}

const json_t *compare_figure(const json_t *policy, enum compare_column column)
{
	const struct column *c = &columns[column];

	return is_count(c) && !was_replayed(policy) ? NULL : member_of(policy, c);
}

static uint64_t faults_of(const json_t *policy)
{
	return (uint64_t)json_integer_value(compare_figure(policy, COMPARE_FAULTS));
}

static void cell(char buf[CLI_NUMBER_SIZE], const json_t *policy, enum compare_column column)
{
	const json_t *v = compare_figure(policy, column);
	enum style style = columns[column].style;

	if (!v)
		snprintf(buf, CLI_NUMBER_SIZE, "-");
	else if (style == COUNT)
		cli_count(buf, (uint64_t)json_integer_value(v));
	else if (style == PERCENT)
		cli_percent(buf, json_number_value(v));
	else
		snprintf(buf, CLI_NUMBER_SIZE, "%.2f", json_number_value(v));
}

/* ---- the verdict ---- */

static uint64_t unsound_pages(const json_t *policy)
{
	return (uint64_t)json_integer_value(compare_figure(policy, COMPARE_UNSOUND));
}

/* A finding about the stream is no policy's fault. */
static bool is_of_tables(const json_t *finding)
{
	return !result_is_of_stream(text_at(finding, "rule"));
}

static bool was_found_unsound(const json_t *policy)
{
	const json_t *f;
	size_t i;

	json_array_foreach(json_object_get(policy, "findings"), i, f)
	{
		if (is_of_tables(f))
			return true;
	}
	return unsound_pages(policy);
}

/* By its rule, and by what the checker found in this run. */
static bool is_sound(const json_t *policy)
{
	return !json_is_false(json_object_get(policy, "sound")) && !was_found_unsound(policy);
}

static bool is_exact(const json_t *policy)
{
	return strcmp(verdict_of(policy), "exact") == 0;
}

/* "31 times fewer", or "12% fewer" where that says more. */
static void add_factor(struct text *t, uint64_t best, uint64_t worst)
{
	double factor = best ? (double)worst / (double)best : 0;

	if (!best)
		text_add(t, "100%% fewer");
	else if (factor >= 10)
		text_add(t, "%.0f times fewer", factor);
	else if (factor >= 2)
		text_add(t, "%.1f times fewer", factor);
	else
		text_add(t, "%.2g%% fewer", 100 * (1 - (double)best / (double)worst));
}

static void add_unsound_note(struct text *t, const json_t *policies)
{
	const json_t *p;
	size_t i;
	unsigned int count = 0;

	json_array_foreach(policies, i, p) count += !is_sound(p);
	if (count)
		text_add(t, "; %u unsound polic%s not considered", count,
			 count == 1 ? "y is" : "ies are");
}

/* What the sound policies that were replayed come to. */
struct ranking {
	const json_t *least; /* that the stream holds fewest faults of; NULL: there is none */
	const json_t *best;  /* the same of those that are exact; NULL: there is none */
	const json_t *worst; /* that the stream holds most faults of */
	unsigned int sound;
};

static struct ranking rank(const json_t *policies)
{
	struct ranking r = {.sound = 0};
	const json_t *p;
	size_t i;

	json_array_foreach(policies, i, p)
	{
		if (!is_sound(p) || !was_replayed(p))
			continue;
		r.sound++;
		if (!r.least || faults_of(p) < faults_of(r.least))
			r.least = p;
		if (is_exact(p) && (!r.best || faults_of(p) < faults_of(r.best)))
			r.best = p;
		if (!r.worst || faults_of(p) > faults_of(r.worst))
			r.worst = p;
	}
	return r;
}

/* Only of an exact one it is known that it takes no more than are in the stream. */
static bool tells_order(const struct ranking *r)
{
	return r->best && faults_of(r->best) < faults_of(r->worst);
}

static void say_order(struct text *t, const struct ranking *r)
{
	char few[CLI_NUMBER_SIZE], many[CLI_NUMBER_SIZE], fewer[CLI_NUMBER_SIZE];

	text_add(t, "%s takes %s", compare_name(r->best), is_exact(r->worst) ? "" : "at least ");
	add_factor(t, faults_of(r->best), faults_of(r->worst));
	text_add(t, " shadow faults than %s on this stream (%s against %s)", compare_name(r->worst),
		 cli_count(few, faults_of(r->best)), cli_count(many, faults_of(r->worst)));
	if (faults_of(r->least) < faults_of(r->best))
		text_add(t, "; %s shows %s, a lower bound", compare_name(r->least),
			 cli_count(fewer, faults_of(r->least)));
}

/* Faults that are not in the stream might turn the order round. */
static void say_no_order(struct text *t, const struct ranking *r)
{
	char few[CLI_NUMBER_SIZE], many[CLI_NUMBER_SIZE];

	text_add(t,
		 "the stream does not tell whether %s takes fewer shadow faults than %s: it holds "
		 "%s against %s, but the former is a lower bound",
		 compare_name(r->least), compare_name(r->worst),
		 cli_count(few, faults_of(r->least)), cli_count(many, faults_of(r->worst)));
}

static bool is_ranked_exact(const json_t *policy)
{
	return is_sound(policy) && is_exact(policy);
}

static void say_equal(struct text *t, const json_t *policies, const struct ranking *r)
{
	uint64_t faults = faults_of(r->least);
	unsigned int exact = 0, said = 0;
	char buf[CLI_NUMBER_SIZE];
	const json_t *p;
	size_t i;

	json_array_foreach(policies, i, p) exact += is_ranked_exact(p);
	cli_count(buf, faults);
	if (exact == r->sound) {
		text_add(t, "all sound policies take the same %s shadow fault%s on this stream",
			 buf, faults == 1 ? "" : "s");
		return;
	}
	text_add(t, "the stream holds the same %s shadow fault%s for all sound policies; ", buf,
		 faults == 1 ? "" : "s");
	json_array_foreach(policies, i, p)
	{
		if (is_ranked_exact(p))
			text_add(t, "%s%s", said++ ? ", " : "exact for ", compare_name(p));
	}
	text_add(t, "%sa lower bound for %s", exact ? ", " : "", exact ? "the others" : "each");
}

/* An unsound policy never wins: fewer faults are no merit of a wrong mapping. */
json_t *compare_verdict(const json_t *policies)
{
	struct ranking r = rank(policies);
	struct text t = {.used = 0};
	bool known = tells_order(&r);

	if (!was_replayed(json_array_get(policies, 0)))
		text_add(&t, "faults alone were recorded: no policy can be replayed");
	else if (!r.sound)
		text_add(&t, "no sound policy was compared");
	else if (r.sound == 1)
		text_add(&t, "%s is the only sound policy here", compare_name(r.least));
	else if (faults_of(r.least) == faults_of(r.worst))
		say_equal(&t, policies, &r);
	else if (known)
		say_order(&t, &r);
	else
		say_no_order(&t, &r);
	if (r.sound)
		add_unsound_note(&t, policies);
	/* Names only where the one is known to take fewer than the other. */
	return json_pack("{s:s?, s:s?, s:s}", "best", known ? compare_name(r.best) : NULL, "worst",
			 known ? compare_name(r.worst) : NULL, "text", t.s);
}

bool compare_has_findings(const json_t *doc)
{
	const json_t *p;
	size_t i;

	json_array_foreach(json_object_get(doc, "policies"), i, p)
	{
		if (was_found_unsound(p))
			return true;
	}
	return false;
}

/* ---- for people ---- */

#define LABEL 15

static void print_paragraph(FILE *out, const char *label, const struct text *t)
{
	int used = fprintf(out, "%-*s", LABEL, label);

	text_wrap(out, t->s, LABEL, used);
}

static void print_head(FILE *out, const json_t *doc)
{
	const json_t *trace = json_object_get(doc, "trace");

	fprintf(out, "%-*s", LABEL, "trace");
	cli_print_text(out, text_at(trace, "name"));
	fputs(", class ", out);
	cli_print_text(out, text_at(trace, "class"));
	fputs("\n\n", out);
}

static int name_width(const json_t *policies)
{
	const json_t *p;
	int width = 12;
	size_t i;

	json_array_foreach(policies, i, p)
	{
		int length = (int)strlen(compare_name(p));

		width = length > width && length < NAME_SIZE ? length : width;
	}
	return width;
}

static void print_table(FILE *out, const json_t *policies)
{
	int widths[COMPARE_COLUMNS], first = name_width(policies);
	char buf[CLI_NUMBER_SIZE];
	const json_t *p;
	size_t i;

	fprintf(out, "%-*s", first, "policy");
	for (unsigned int c = 0; c < COMPARE_COLUMNS; c++) {
		widths[c] = (int)strlen(columns[c].head);
		json_array_foreach(policies, i, p)
		{
			cell(buf, p, c);
			if ((int)strlen(buf) > widths[c])
				widths[c] = (int)strlen(buf);
		}
		fprintf(out, " %*s", widths[c], columns[c].head);
	}
	fputc('\n', out);
	json_array_foreach(policies, i, p)
	{
		cli_print_text(out, compare_name(p));
		fprintf(out, "%*s", first - (int)strlen(compare_name(p)), "");
		for (unsigned int c = 0; c < COMPARE_COLUMNS; c++) {
			cell(buf, p, c);
			fprintf(out, " %*s", widths[c], buf);
		}
		fputc('\n', out);
	}
	fputc('\n', out);
}

/* Names of all policies from `first` on that `same` holds for, if `first` is the first of them. */
static unsigned int add_alike(struct text *t, const json_t *policies, size_t first,
			      bool (*same)(const json_t *a, const json_t *b))
{
	const json_t *head = json_array_get(policies, first), *p;
	unsigned int count = 0;
	size_t i;

	json_array_foreach(policies, i, p)
	{
		if (!same(head, p))
			continue;
		if (i < first)
			return 0;
		text_add(t, "%s%s", count++ ? ", " : "", compare_name(p));
	}
	return count;
}

static bool same_decisions(const json_t *a, const json_t *b)
{
	return was_replayed(a) && *text_at(a, "digest") &&
	       strcmp(text_at(a, "digest"), text_at(b, "digest")) == 0;
}

static bool same_exactness(const json_t *a, const json_t *b)
{
	return json_equal(json_object_get(a, "exactness"), json_object_get(b, "exactness"));
}

static void print_alike(FILE *out, const json_t *policies)
{
	for (size_t i = 0; i < json_array_size(policies); i++) {
		struct text t = {.used = 0};

		if (add_alike(&t, policies, i, same_decisions) < 2)
			continue;
		text_add(&t, ": every fault was decided alike");
		print_paragraph(out, "alike", &t);
	}
}

static void print_exactness(FILE *out, const json_t *policies)
{
	for (size_t i = 0; i < json_array_size(policies); i++) {
		const json_t *x = json_object_get(json_array_get(policies, i), "exactness");
		struct text t = {.used = 0};
		unsigned int count = add_alike(&t, policies, i, same_exactness);

		if (!count)
			continue;
		if (count == json_array_size(policies))
			t = (struct text){.used = 0};
		text_add(&t, "%s%s: %s", t.used ? ": " : "", text_at(x, "verdict"),
			 text_at(x, "why"));
		print_paragraph(out, "exactness", &t);
	}
}

/* The first offending fault of each rule of the checker. */
static void print_findings(FILE *out, const json_t *policies)
{
	const json_t *p, *f;
	size_t i, k;

	json_array_foreach(policies, i, p)
	{
		json_array_foreach(json_object_get(p, "findings"), k, f)
		{
			const json_t *first = json_object_get(f, "first");
			struct text t = {.used = 0};

			text_add(&t, "%s: %s, first at event~%lld: %s", compare_name(p),
				 text_at(f, "rule"),
				 (long long)json_integer_value(json_object_get(first, "ordinal")),
				 text_at(first, "text"));
			print_paragraph(out, "finding", &t);
		}
	}
}

static void print_flaws(FILE *out, const json_t *policies)
{
	struct text t = {.used = 0};
	const json_t *p;
	size_t i;

	json_array_foreach(policies, i, p)
	{
		if (json_is_false(json_object_get(p, "sound")))
			text_add(&t, "%s%s", t.used ? ", " : "", compare_name(p));
	}
	if (!t.used)
		return;
	text_add(&t, ": not sound as a rule, whatever this stream shows");
	print_paragraph(out, "unsound", &t);
}

static void print_notes(FILE *out, const json_t *notes)
{
	const json_t *note;
	size_t i;

	json_array_foreach(notes, i, note)
	{
		fprintf(out, "%-*s", LABEL, "note");
		cli_print_text(out, json_string_value(note));
		fputc('\n', out);
	}
}

void compare_print(FILE *out, const json_t *doc)
{
	const json_t *policies = json_object_get(doc, "policies");
	struct text verdict = {.used = 0};

	print_head(out, doc);
	print_table(out, policies);
	print_alike(out, policies);
	print_flaws(out, policies);
	print_findings(out, policies);
	print_exactness(out, policies);
	print_notes(out, json_object_get(doc, "notes"));
	text_add(&verdict, "%s", text_at(json_object_get(doc, "verdict"), "text"));
	print_paragraph(out, "verdict", &verdict);
}

/* ---- for programs and documents ---- */

/* A quote is two; what a terminal could take as a command is escaped, as everywhere. */
static void csv_text(FILE *out, const char *text)
{
	fputc('"', out);
	for (const char *quote; (quote = strchr(text, '"')) != NULL; text = quote + 1) {
		cli_print_part(out, text, (size_t)(quote - text));
		fputs("\"\"", out);
	}
	cli_print_text(out, text);
	fputc('"', out);
}

/* Counts as they are, ratios with six digits; what is absent is empty. */
void compare_csv(FILE *out, const json_t *doc, bool head)
{
	const json_t *p;
	size_t i;

	if (head) {
		fputs("trace,policy,exactness", out);
		for (unsigned int c = 0; c < COMPARE_COLUMNS; c++)
			fprintf(out, ",%s", columns[c].field);
		fputc('\n', out);
	}
	json_array_foreach(json_object_get(doc, "policies"), i, p)
	{
		csv_text(out, text_at(json_object_get(doc, "trace"), "name"));
		fputc(',', out);
		csv_text(out, compare_name(p));
		fputc(',', out);
		csv_text(out, verdict_of(p));
		for (unsigned int c = 0; c < COMPARE_COLUMNS; c++) {
			const json_t *v = compare_figure(p, c);

			if (!v)
				fputc(',', out);
			else if (json_is_integer(v))
				fprintf(out, ",%lld", (long long)json_integer_value(v));
			else
				fprintf(out, ",%.6g", json_real_value(v));
		}
		fputc('\n', out);
	}
}

/* Names may come from a file: nothing in them is to be taken for markup. */
static void markdown_text(FILE *out, const char *text)
{
	while (*text) {
		size_t length = show_character((const unsigned char *)text);

		if (strchr("\\`*_{}[]()<>#|!~", *text))
			fputc('\\', out);
		if (length)
			fwrite(text, 1, length, out);
		else
			fputc(' ', out);
		text += length ? length : 1;
	}
}

void compare_markdown(FILE *out, const json_t *doc)
{
	char buf[CLI_NUMBER_SIZE];
	const json_t *p;
	size_t i;

	markdown_text(out, text_at(json_object_get(doc, "trace"), "name"));
	fputs("\n\n| policy |", out);
	for (unsigned int c = 0; c < COMPARE_COLUMNS; c++)
		fprintf(out, " %s |", columns[c].head);
	fputs(" exactness |\n|---|", out);
	for (unsigned int c = 0; c < COMPARE_COLUMNS; c++)
		fputs("---:|", out);
	fputs("---|\n", out);
	json_array_foreach(json_object_get(doc, "policies"), i, p)
	{
		fputs("| ", out);
		markdown_text(out, compare_name(p));
		fputs(" |", out);
		for (unsigned int c = 0; c < COMPARE_COLUMNS; c++) {
			cell(buf, p, c);
			fprintf(out, " %s |", buf);
		}
		fprintf(out, " %s |\n", verdict_of(p));
	}
	fputc('\n', out);
	markdown_text(out, text_at(json_object_get(doc, "verdict"), "text"));
	fputs("\n\n", out);
}
