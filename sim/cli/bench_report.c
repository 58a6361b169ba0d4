/* SPDX-License-Identifier: GPL-2.0-only */
#include "bench_report.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "memory_stream.h"
#include "text.h"

#define BUSY   0.5
#define WAITED 0.9
#define INDENT 4

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "unknown";
}

static int whole(const json_t *object, const char *key)
{
	return (int)json_integer_value(json_object_get(object, key));
}

void bench_report_begin(const json_t *document)
{
	const json_t *context = json_object_get(document, "context");
	const json_t *host = json_object_get(context, "host");
	const json_t *runner = json_object_get(document, "runner");
	const json_t *commands = json_object_get(runner, "commands");
	double load = json_real_value(json_object_get(host, "load"));
	struct text line = {.used = 0};

	text_add(&line, "nvsim %s on %d x %s, %s: %d repetitions after %d, of commands %d after %d",
		 text_of(context, "version"), whole(host, "cpus"), text_of(host, "cpu"),
		 text_of(host, "kernel"), whole(runner, "repetitions"), whole(runner, "warmup"),
		 whole(commands, "repetitions"), whole(commands, "warmup"));
	text_wrap(stdout, line.s, 0, 0);
	if (load > BUSY)
		printf("The machine is busy (load %.1f): times, and with them ratios, suffer.\n",
		       load);
	printf("\n%-25s %9s  %-18s %9s  %-13s %-7s verdict\n", "benchmark", "median",
	       "95% interval", "p90", "unit", "target");
}

/* Four digits where there is a fraction. */
static int number(char *buf, size_t size, double v)
{
	return snprintf(buf, size, "%.*f", v >= 1000 ? 0 : v >= 100 ? 1 : v >= 10 ? 2 : 3, v);
}

static void print_figures(const struct bench_row *row, const struct bench_result *result)
{
	const struct stats *s = &result->figures.stats;
	const char *verdict = bench_verdict_names[result->verdict];
	char median[32], p90[32], interval[64], target[32] = "", room[64];
	const char *unit = bench_unit(row, room, sizeof(room));
	int used;

	number(median, sizeof(median), s->median);
	number(p90, sizeof(p90), s->p90);
	used = number(interval, sizeof(interval), s->low);
	used += snprintf(interval + used, sizeof(interval) - (size_t)used, "..");
	number(interval + used, sizeof(interval) - (size_t)used, s->high);
	if (s->n == 1)
		interval[0] = p90[0] = 0;
	if (row->target > 0)
		snprintf(target, sizeof(target), "<= %.3g", row->target);
	printf("%-25s %9s  %-18s %9s  ", row->name, median, interval, p90);
	if (row->target > 0)
		printf("%-13s %-7s %s\n", unit, target, verdict);
	else if (verdict)
		printf("%-21s %s\n", unit, verdict);
	else
		printf("%s\n", unit);
}

static void add_outliers(struct text *t, const struct stats *s)
{
	const struct {
		size_t count;
		const char *name;
	} kinds[] = {{s->outliers.low_severe, "far below"},
		     {s->outliers.low_mild, "below"},
		     {s->outliers.high_mild, "above"},
		     {s->outliers.high_severe, "far above"}};
	const char *between = t->used ? "; outliers: " : "outliers: ";

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!kinds[i].count)
			continue;
		text_add(t, "%s%zu %s", between, kinds[i].count, kinds[i].name);
		between = ", ";
	}
}

/* Where the clock tells more than the CPU was there for, other programs had it. */
static void add_cpu(struct text *t, const struct bench_result *result)
{
	const struct bench_part *cpu = bench_part(result, BENCH_CPU);
	char value[32];

	if (!cpu || cpu->figures.stats.median > WAITED * result->figures.stats.median)
		return;
	number(value, sizeof(value), cpu->figures.stats.median);
	text_add(t, "%sof it on a CPU: %s", t->used ? "; " : "", value);
}

static void add_counters(struct text *t, const struct bench_row *row,
			 const struct bench_result *result, const struct counters *c)
{
	const char *between = ":";
	char value[32];

	text_add(t, "%sper %s", t->used ? "; " : "", row->op);
	for (unsigned int i = 0; i < c->count; i++) {
		const char *name = c->counter[i].event->name;

		number(value, sizeof(value), result->counter[i].per_op);
		if (result->counter[i].starved)
			text_add(t, "%s %s~got~no~time~on~the~PMU", between, name);
		else if (result->counter[i].there)
			text_add(t, "%s %s~%s%s", between, name, value,
				 result->counter[i].scaled ? "~(scaled)" : "");
		else
			continue;
		between = ",";
	}
}

/* It may have names of files, and what other programs say. */
static void add_note(struct text *t, const char *note)
{
	struct memory_stream escaped;
	char *text = NULL;

	if (memory_stream_open(&escaped)) {
		cli_print_text(escaped.file, note);
		text = memory_stream_close(&escaped);
	}
	text_add(t, "%s", text ? text : "(a note that there is no memory for)");
	free(text);
}

/* What a whole command is compared with is not in its name. */
static void print_notes(const struct bench_row *row, const struct bench_result *result,
			const struct counters *counters)
{
	struct text t = {.used = 0};

	if (row->measure)
		text_add(&t, "%s%s", row->what, *result->note ? ": " : "");
	add_note(&t, result->note);
	add_outliers(&t, &result->figures.stats);
	add_cpu(&t, result);
	if (result->has_counters)
		add_counters(&t, row, result, counters);
	if (!t.used)
		return;
	printf("%*s", INDENT, "");
	text_wrap(stdout, t.s, INDENT, INDENT);
}

static void print_without(const struct bench_row *row, const struct bench_result *result)
{
	const char *how = result->verdict == BENCH_SKIPPED  ? "skipped"
			  : result->verdict == BENCH_FAILED ? "failed"
							    : "regressed";
	struct text t = {.used = 0};

	text_add(&t, "%s: ", how);
	add_note(&t, result->note);
	text_wrap(stdout, t.s, 26, printf("%-25s", row->name));
}

void bench_report_row(const struct bench_row *row, const struct bench_result *result,
		      const struct counters *counters)
{
	if (result->figures.count) {
		print_figures(row, result);
		print_notes(row, result, counters);
	} else {
		print_without(row, result);
	}
	fflush(stdout);
}

void bench_report_end(const struct counters *counters)
{
	bool first = true;

	for (unsigned int i = 0; i < counters->count; i++) {
		const struct counter *k = &counters->counter[i];

		if (counter_source(k))
			continue;
		printf("%s%-8s %-17s %s\n", first ? "\n" : "", "absent", k->event->name, k->absent);
		first = false;
	}
}

void bench_report_list(bool (*chosen)(const void *arg, const struct bench_row *row),
		       const void *arg)
{
	const struct bench_row *row;
	const char *group = "";
	char target[40];

	for (unsigned int i = 0; (row = bench_row(i)) != NULL; i++) {
		size_t length = strcspn(row->name, "/");

		if (!chosen(arg, row))
			continue;
		if (strncmp(group, row->name, length + 1) || !*group)
			printf("%s%.*s\n", *group ? "\n" : "", (int)length, row->name);
		group = row->name;
		snprintf(target, sizeof(target), " (at most %.3g)", row->target);
		printf("  %-25s ", row->name);
		printf("%s%s\n", row->what, row->target > 0 ? target : "");
	}
}
