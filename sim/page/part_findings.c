/* SPDX-License-Identifier: GPL-2.0-only */
/* What the checker says, where L2 was when it faulted, and how to make it all again. */
#include <string.h>

#include "functions.h"
#include "names.h"
#include "parts.h"
#include "result.h"

/* ---- the checker ---- */

static void put_checked(FILE *out, const struct page_report *r)
{
	const struct check_result *c = r->check;
	char leaves[SHOW_NUMBER], audits[SHOW_NUMBER], unknown[SHOW_NUMBER];

	if (r->class == NVT_PARTIAL) {
		html_element(out, "p",
			     "Checked was the stream alone: a partial trace tells neither L1's "
			     "tables nor the host's backing, and nothing is mapped.");
		return;
	}
	html_element(
		out, "p",
		"Code that shares nothing with the handler followed the stream: it looked at %s "
		"lea%s when made, and %s time%s at all tables.",
		show_count(leaves, c->leaves), c->leaves == 1 ? "f" : "ves",
		show_count(audits, c->audits), c->audits == 1 ? "" : "s");
	if (c->unknown_backing)
		html_element(out, "p class=\"note\"",
			     "Of %s leaves the trace does not tell what backs the memory.",
			     show_count(unknown, c->unknown_backing));
	if (r->class == NVT_OBSERVED)
		html_element(
			out, "p class=\"note\"",
			"An entry of L1's tables that no walk has shown counts as not mapped.");
}

static void put_first(FILE *out, const struct check_finding *f)
{
	fputs("<td>", out);
	if (f) {
		fprintf(out, "event %llu, at %llu.%09llu s: ", (unsigned long long)f->ordinal,
			(unsigned long long)(f->time_ns / 1000000000),
			(unsigned long long)(f->time_ns % 1000000000));
		html_text(out, f->text);
	}
	fputs("</td>", out);
}

static void put_rule(FILE *out, const struct check_result *c, enum check_rule rule)
{
	fputs("<tr>", out);
	html_element(out, "th scope=\"row\"", "%s %s", check_rules[rule].id,
		     check_rules[rule].name);
	html_element(out, "td", "%s", check_rules[rule].sentence);
	page_cell_count(out, c->count[rule]);
	put_first(out, result_first_finding(c, rule));
	fputs("</tr>\n", out);
}

void page_findings(FILE *out, const struct page_report *r)
{
	static const char *const titles[] = {"rule", "what holds in a sound run", "findings",
					     "the first one"};
	const struct check_result *c = r->check;

	if (c->findings) {
		page_begin_table(out, "Rules that do not hold", titles, 4, 4);
		for (unsigned int rule = 0; rule < CHECK_RULE_COUNT; rule++)
			if (c->count[rule])
				put_rule(out, c, rule);
		page_end_table(out);
	} else {
		html_element(out, "p", "%s",
			     c->out_of_memory
				     ? "None until memory ran out; the rest was not checked."
				     : "None: every rule holds.");
	}
	put_checked(out, r);
}

/* ---- functions ---- */

#define FUNCTIONS 20u

static bool is_partial(const json_t *symbols)
{
	return strcmp(json_text(symbols, "counted"), "recorded") == 0;
}

/* What the rows that are no function stand for. */
static const char *const rest_words[FUNCTIONS_REST_COUNT] = {
	[FUNCTIONS_USER] = "at EL0",
	[FUNCTIONS_LOW] = "at EL1, in the lower half of addresses",
	[FUNCTIONS_UNKNOWN] = "at a kernel address in no function",
	[FUNCTIONS_OTHERS] = "in functions beyond those that are counted",
};

static void put_function(FILE *out, const json_t *row)
{
	html_element(out, "code", "%s", json_text(row, "function"));
	if (*json_text(row, "module"))
		html_element(out, "span class=\"note\"", "in %s", json_text(row, "module"));
}

/* rest: NULL for a function. */
static void put_row(FILE *out, const json_t *symbols, const json_t *row, const char *rest)
{
	uint64_t outcome[S2_OUTCOME_COUNT];

	page_outcomes(json_object_get(row, "outcomes"), outcome);
	fputs("<tr><th scope=\"row\">", out);
	if (rest)
		html_element(out, "span class=\"note\"", "%s", rest);
	else
		put_function(out, row);
	fputs("</th>", out);
	page_cell_count(out, page_count(row, "faults"));
	for (size_t g = 0; g < OUTCOME_GROUPS; g++)
		if (!is_partial(symbols) || outcome_groups[g].kinds >> S2_INJECTED & 1)
			page_cell_count(out, outcome_group_count(outcome, g));
	fputs("</tr>\n", out);
}

static void put_rows(FILE *out, const json_t *symbols)
{
	const json_t *rows = json_object_get(symbols, "rows"), *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (i < FUNCTIONS)
			put_row(out, symbols, row, NULL);
	}
	for (i = 0; i < FUNCTIONS_REST_COUNT; i++) {
		row = json_object_get(symbols, functions_rest_names[i]);
		if (page_count(row, "faults"))
			put_row(out, symbols, row, rest_words[i]);
	}
}

void page_functions(FILE *out, const struct page_report *r)
{
	const json_t *symbols = json_object_get(r->result, "symbols");
	size_t all = json_array_size(json_object_get(symbols, "rows")), columns = 2;
	const char *titles[OUTCOME_GROUPS + 2] = {"function", json_text(symbols, "counted")};

	if (json_is_false(json_object_get(symbols, "fits")))
		html_element(
			out, "p",
			"No kernel address that faulted is in a function of %s: L2's kernel was "
			"moved, or is another one.",
			json_text(symbols, "file"));
	for (size_t g = 0; g < OUTCOME_GROUPS; g++)
		if (!is_partial(symbols) || outcome_groups[g].kinds >> S2_INJECTED & 1)
			titles[columns++] = outcome_groups[g].title;
	page_begin_table(out, "Functions of L2 whose shadow faults are most", titles, columns, 1);
	put_rows(out, symbols);
	page_end_table(out);
	html_element(out, "p class=\"note\"", "Symbols are of %s.", json_text(symbols, "file"));
	if (all > FUNCTIONS)
		html_element(out, "p class=\"note\"", "%zu more functions have fewer faults.",
			     all - FUNCTIONS);
}

/* ---- about ---- */

static const struct {
	const char *term, *meaning;
} terms[] = {
	{"L0, L1, L2", "the host; its guest, a hypervisor; and the guest of that"},
	{"shadow fault",
	 "a stage-2 fault of L2 that L0 has to resolve in the table that it made of L1's table "
	 "and of its own memory"},
	{"injected", "passed on to L1, whose table has no answer or forbids the access"},
	{"leaf", "an entry of a table that maps memory: a page, or a block"},
	{"descriptor, walk", "an entry of a table, and reading them from the root to a leaf"},
	{"context", "a shadow table: one for each of L1's stage-2 tables in use"},
	{"block", "a mapping larger than a page: with pages of 4K, of 2M or 1G"},
	{"splintered", "L1 maps a block, and the shadow table has pages"},
	{"IPA", "an address as L2 has it, before any stage 2"},
	{"memslot", "a range of a guest's memory, and where the host has it"},
	{"TLBI", "L1 tells that it has changed its table: what was made of the old one goes"},
	{"host unmap", "the host takes memory back: whatever maps it goes"},
	{"policy", "the rule by which the size of a shadow mapping is chosen"},
};

void page_about(FILE *out, const struct page_report *r)
{
	fputs("<dl>\n", out);
	for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
		html_element(out, "dt", "%s", terms[i].term);
		html_element(out, "dd", "%s", terms[i].meaning);
	}
	fputs("</dl>\n", out);
	fputs("<p>The figures are those of <code>nvsim replay --check</code> and <code>nvsim "
	      "compare</code> on the same file, which give them for programs with "
	      "<code>--json</code>.</p>\n",
	      out);
	html_element(out, "p class=\"note hash\"", "Handler sources: %s",
		     json_text(r->result, "context.handler_sha256"));
	html_element(out, "p class=\"note\"", "Compiler: %s.",
		     json_text(r->result, "context.compiler"));
}
