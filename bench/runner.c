/* SPDX-License-Identifier: GPL-2.0-only */
#include "runner.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "child.h"
#include "error.h"

const char *const bench_verdict_names[] = {
	[BENCH_NO_TARGET] = NULL,	 [BENCH_PASS] = "pass",	      [BENCH_SHORT] = "short",
	[BENCH_REGRESSED] = "regressed", [BENCH_SKIPPED] = "skipped", [BENCH_FAILED] = NULL,
};

/* ---- rows ---- */

static const struct bench_row *const tables[] = {bench_handler, bench_stream, bench_commands};

const struct bench_row *bench_row(unsigned int n)
{
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct bench_row *row = tables[t]; row->name; row++)
			if (n-- == 0)
				return row;
	return NULL;
}

bool bench_chooses(const char *name, const struct bench_row *row)
{
	size_t length = strlen(name);

	return strncmp(name, row->name, length) == 0 &&
	       (!row->name[length] || row->name[length] == '/');
}

const char *bench_unit(const struct bench_row *row, char *buf, size_t size)
{
	if (row->unit)
		return row->unit;
	snprintf(buf, size, "ns/%s", row->op);
	return buf;
}

/* ---- what functions of rows say ---- */

static void say(struct nvt_error *err, enum nvt_status status, const char *format, va_list args)
{
	char text[sizeof(err->text)];

	vsnprintf(text, sizeof(text), format, args);
	nvt_fail(err, status, "%s", text);
}

void *bench_skip(struct nvt_error *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(err, NVT_OK, format, args);
	va_end(args);
	return NULL;
}

void *bench_fail(struct nvt_error *err, enum nvt_status status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(err, status, format, args);
	va_end(args);
	return NULL;
}

/* ---- figures ---- */

unsigned int bench_repetitions(const struct bench_env *env, bool commands)
{
	if (env->repetitions)
		return env->repetitions;
	if (commands)
		return env->quick ? 3 : 5;
	return env->quick ? 15 : 30;
}

unsigned int bench_warmups(const struct bench_env *env, bool commands)
{
	if (env->warmup_given)
		return env->warmup;
	return commands ? 1 : 3;
}

bool bench_add(struct bench_figures *f, double value)
{
	double *grown = realloc(f->values, (f->count + 1) * sizeof(*grown));

	if (!grown)
		return false;
	f->values = grown;
	f->values[f->count++] = value;
	return true;
}

const struct bench_part *bench_part(const struct bench_result *result, const char *name)
{
	for (unsigned int i = 0; i < result->part_count; i++)
		if (strcmp(result->parts[i].name, name) == 0)
			return &result->parts[i];
	return NULL;
}

bool bench_add_part(struct bench_result *result, const char *name, const char *unit, double value)
{
	const struct bench_part *known = bench_part(result, name);
	size_t at = known ? (size_t)(known - result->parts) : result->part_count;
	struct bench_part *part = &result->parts[at];

	if (at == BENCH_PARTS)
		return false;
	if (!known) {
		result->part_count++;
		part->unit = unit;
		snprintf(part->name, sizeof(part->name), "%s", name);
	}
	return bench_add(&part->figures, value);
}

static void figures_free(struct bench_figures *f)
{
	free(f->values);
	*f = (struct bench_figures){0};
}

void bench_result_free(struct bench_result *result)
{
	figures_free(&result->figures);
	for (unsigned int i = 0; i < result->point_count; i++)
		figures_free(&result->points[i].figures);
	for (unsigned int i = 0; i < result->part_count; i++)
		figures_free(&result->parts[i].figures);
}

/* ---- rows in this process ---- */

struct times {
	double wall, cpu; /* ns; cpu: of all threads */
};

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* One repetition; 0: it failed. */
static uint64_t repeat(const struct bench_row *row, void *state, struct counters *counters,
		       struct times *taken)
{
	double start, cpu_start;
	uint64_t done;

	if (row->reset)
		row->reset(state);
	counters_start(counters);
	cpu_start = counters_cpu_ns();
	start = now_ns();
	done = row->run(state);
	taken->wall = now_ns() - start;
	taken->cpu = counters_cpu_ns() - cpu_start;
	counters_stop(counters);
	return done;
}

static void take_counters(const struct counters *c, double ops, struct bench_result *result)
{
	result->has_counters = true;
	for (unsigned int i = 0; i < c->count; i++) {
		const struct counter *k = &c->counter[i];

		result->counter[i].there = counter_source(k) && !k->starved;
		result->counter[i].scaled = k->scaled;
		result->counter[i].starved = k->starved;
		result->counter[i].per_op = k->sum / ops;
	}
}

static enum nvt_status run_here(const struct bench_env *env, const struct bench_row *row,
				void *state, struct counters *counters, struct bench_result *result,
				struct nvt_error *err)
{
	unsigned int warm = bench_warmups(env, false), turns = bench_repetitions(env, false);
	double ops = 0;

	for (unsigned int i = 0; i < warm + turns && !child_stopped(); i++) {
		struct times taken;
		uint64_t done;

		if (i == warm)
			counters_clear(counters);
		done = repeat(row, state, counters, &taken);
		if (!done)
			return nvt_fail(err, NVT_EENV, "it did not run to its end");
		if (i < warm)
			continue;
		ops += (double)done;
		if (!bench_add(&result->figures, taken.wall / (double)done) ||
		    !bench_add_part(result, BENCH_CPU, NULL, taken.cpu / (double)done))
			return nvt_fail(err, NVT_ENOMEM, "out of memory");
	}
	take_counters(counters, ops, result);
	return NVT_OK;
}

static enum nvt_status measure_here(const struct bench_env *env, const struct bench_row *row,
				    struct counters *counters, struct bench_result *result,
				    struct nvt_error *err)
{
	void *state = row->prepare(env, row, err);
	enum nvt_status status;

	if (!state)
		return err->status;
	err->text[0] = 0;
	status = run_here(env, row, state, counters, result, err);
	row->finish(state);
	return status;
}

/* ---- any row ---- */

static bool sum_up(struct bench_figures *f)
{
	return !f->count || stats_of(f->values, f->count, &f->stats);
}

static enum nvt_status sum_up_all(struct bench_result *result, struct nvt_error *err)
{
	bool fine = sum_up(&result->figures);

	for (unsigned int i = 0; i < result->point_count; i++)
		fine = fine && sum_up(&result->points[i].figures);
	for (unsigned int i = 0; i < result->part_count; i++)
		fine = fine && sum_up(&result->parts[i].figures);
	return fine ? NVT_OK : nvt_fail(err, NVT_ENOMEM, "out of memory");
}

/* Without figures there is only why. */
static void take_error(struct bench_result *result, const struct nvt_error *err)
{
	bool emulated = result->emulated;

	bench_result_free(result);
	*result = (struct bench_result){.emulated = emulated, .failure = err->status};
	result->verdict = err->status ? BENCH_FAILED : BENCH_SKIPPED;
	snprintf(result->note, sizeof(result->note), "%s", err->text);
}

/* What is worse than what is kept is judged already. */
static void judge(const struct bench_row *row, struct bench_result *result)
{
	if (result->verdict == BENCH_NO_TARGET && row->target > 0)
		result->verdict =
			result->figures.stats.median <= row->target ? BENCH_PASS : BENCH_SHORT;
}

bool bench_measure(struct bench_env *env, const struct bench_row *row, struct counters *counters,
		   struct bench_result *result)
{
	struct nvt_error err = {.status = NVT_OK};
	enum nvt_status status;

	*result = (struct bench_result){.verdict = BENCH_NO_TARGET};
	if (row->measure)
		status = row->measure(env, row, result, &err);
	else
		status = measure_here(env, row, counters, result, &err);
	if (child_stopped())
		return false;
	if (!status && !*err.text)
		status = sum_up_all(result, &err);
	if (status || *err.text)
		take_error(result, &err);
	judge(row, result);
	return true;
}
