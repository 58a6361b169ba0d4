/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of a replay's report that symbols give: the functions of L2 that fault most. */
#include "cli.h"
#include "report.h"

#define SHOWN 10u /* functions with a row of their own; --json has all */

/* Of a partial trace it is known what was injected; other columns would be zeros of no meaning. */
static void print_titles(FILE *out, const struct functions *f)
{
	if (f->partial) {
		fprintf(out, "%9s%9s", "recorded", "injected");
	} else {
		fprintf(out, "%9s", "handled");
		report_outcome_titles(out);
	}
	fputs("  function of L2\n", out);
}

static void print_counts(FILE *out, const struct functions *f, const struct functions_row *row)
{
	char buf[CLI_NUMBER_SIZE];

	fprintf(out, "%9s", cli_count(buf, row->faults));
	if (f->partial)
		fprintf(out, "%9s", cli_count(buf, row->outcome[S2_INJECTED]));
	else
		report_outcome_counts(out, row->outcome);
	fputs("  ", out);
}

static void print_function(FILE *out, const struct functions *f, const struct functions_row *row)
{
	const char *module = symbols_module(f->symbols, row->symbol);

	print_counts(out, f, row);
	cli_print_text(out, symbols_name(f->symbols, row->symbol));
	if (*module) {
		fputs(" [", out);
		cli_print_text(out, module);
		fputc(']', out);
	}
	fputc('\n', out);
}

/* One row for all functions behind those that are shown: the table's sum stays that of all. */
static void print_further(FILE *out, const struct functions *f)
{
	struct functions_row sum = {.faults = 0};
	char buf[CLI_NUMBER_SIZE];

	for (uint32_t i = SHOWN; i < f->count; i++) {
		sum.faults += f->rows[i].faults;
		for (unsigned int k = 0; k < S2_OUTCOME_COUNT; k++)
			sum.outcome[k] += f->rows[i].outcome[k];
	}
	if (!sum.faults)
		return;
	print_counts(out, f, &sum);
	fprintf(out, "[%s more]\n", cli_count(buf, f->count - SHOWN));
}

static void print_table(FILE *out, const struct functions *f)
{
	print_titles(out, f);
	for (uint32_t i = 0; i < f->count && i < SHOWN; i++)
		print_function(out, f, &f->rows[i]);
	print_further(out, f);
	for (unsigned int i = 0; i < FUNCTIONS_REST_COUNT; i++) {
		if (!f->rest[i].faults)
			continue;
		print_counts(out, f, &f->rest[i]);
		fprintf(out, "[%s]\n", functions_rest_names[i]);
	}
}

/* With where both lie: from that a reader sees how far they are apart. */
static void print_misfit(FILE *out, const struct functions *f)
{
	const struct symbols *s = f->symbols;
	struct text t = {.used = 0};

	text_add(&t,
		 "no kernel address that faulted (%#llx to %#llx) is in a function (%#llx to "
		 "%#llx): KASLR has moved L2's kernel, for which there is --slide, or the symbols "
		 "are of another kernel",
		 (unsigned long long)f->lowest_pc, (unsigned long long)f->highest_pc,
		 (unsigned long long)(s->v[0].start + f->slide),
		 (unsigned long long)(s->v[s->count - 1].end - 1 + f->slide));
	report_line(out, "", &t);
}

static bool has_faults(const struct functions *f)
{
	return functions_kernel_faults(f) || f->rest[FUNCTIONS_USER].faults ||
	       f->rest[FUNCTIONS_LOW].faults;
}

void report_functions(FILE *out, const struct functions *f)
{
	bool below = f->slide >> 63;
	char count[CLI_NUMBER_SIZE];

	fprintf(out, "%-*s", REPORT_LABEL, "symbols");
	cli_print_text(out, f->file);
	fprintf(out, ": %s function%s, %s", cli_count(count, f->symbols->count),
		f->symbols->count == 1 ? "" : "s", symbols_format_names[f->symbols->format]);
	if (f->slide)
		fprintf(out, ", moved by %s%#llx", below ? "-" : "",
			(unsigned long long)(below ? -f->slide : f->slide));
	fputc('\n', out);
	if (functions_kernel_faults(f) && !functions_found_faults(f))
		print_misfit(out, f);
	if (has_faults(f))
		print_table(out, f);
	else
		fprintf(out, "%*sno shadow fault\n", REPORT_LABEL, "");
}
