/* SPDX-License-Identifier: GPL-2.0-only */
#include "bench_document.h"

#include <sched.h>
#include <stdlib.h>
#include <time.h>

static void put(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

static json_t *text_or_null(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

/* ---- context ---- */

double document_load(void)
{
	double load = 0;

	return getloadavg(&load, 1) == 1 ? load : 0;
}

static json_t *date_json(void)
{
	time_t now = time(NULL);
	struct tm utc;
	char text[32];

	gmtime_r(&now, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	return json_string(text);
}

static json_t *host_json(void)
{
	json_t *host = result_host_json();
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		put(host, "cpus", json_integer(CPU_COUNT(&cpus)));
	put(host, "load", json_real(document_load()));
	return host;
}

static json_t *context_json(const struct result_build *build)
{
	json_t *context = json_object();

	result_build_json(build, context);
	put(context, "ran_on", json_string("host"));
	put(context, "host", host_json());
	put(context, "date", date_json());
	put(context, "emulated", json_false());
	return context;
}

static json_t *kind_json(const struct bench_env *env, bool commands)
{
	return json_pack("{s:i, s:i}", "warmup", bench_warmups(env, commands), "repetitions",
			 bench_repetitions(env, commands));
}

static json_t *runner_json(const struct bench_env *env)
{
	json_t *runner = kind_json(env, false);

	put(runner, "commands", kind_json(env, true));
	put(runner, "quick", json_boolean(env->quick));
	put(runner, "full", json_boolean(env->full));
	put(runner, "seed", json_integer((json_int_t)env->seed));
	put(runner, "bootstrap",
	    json_pack("{s:i, s:i}", "resamples", STATS_RESAMPLES, "seed", STATS_SEED));
	return runner;
}

static json_t *counters_json(const struct counters *c)
{
	json_t *sources = json_object(), *absent = json_object();

	for (unsigned int i = 0; i < c->count; i++) {
		const struct counter *k = &c->counter[i];
		const char *source = counter_source(k);

		if (source)
			put(sources, k->event->name, json_string(source));
		else
			put(absent, k->event->name, json_string(k->absent));
	}
	return json_pack("{s:o, s:o}", "sources", sources, "absent", absent);
}

json_t *document_new(const struct bench_env *env, const struct result_build *build,
		     const struct counters *counters)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:[]}", "schema", "nvsim.bench/1", "context",
			 context_json(build), "runner", runner_json(env), "counters",
			 counters_json(counters), "benchmarks");
}

/* ---- rows ---- */

static json_t *outliers_json(const struct stats_outliers *o)
{
	json_t *outliers = json_object();

	put(outliers, "count", json_integer((json_int_t)stats_outlier_count(o)));
	put(outliers, "low_severe", json_integer((json_int_t)o->low_severe));
	put(outliers, "low_mild", json_integer((json_int_t)o->low_mild));
	put(outliers, "high_mild", json_integer((json_int_t)o->high_mild));
	put(outliers, "high_severe", json_integer((json_int_t)o->high_severe));
	return outliers;
}

static void put_figures(json_t *object, const char *unit, const struct bench_figures *f)
{
	const struct stats *s = &f->stats;
	json_t *values = json_array();

	for (size_t i = 0; i < f->count; i++)
		json_array_append_new(values, json_real(f->values[i]));
	put(object, "unit", json_string(unit));
	put(object, "n", json_integer((json_int_t)s->n));
	put(object, "median", json_real(s->median));
	put(object, "interval", json_pack("[f, f]", s->low, s->high));
	put(object, "p90", json_real(s->p90));
	put(object, "p99", json_real(s->p99));
	put(object, "min", json_real(s->min));
	put(object, "max", json_real(s->max));
	put(object, "outliers", outliers_json(&s->outliers));
	put(object, "values", values);
}

static json_t *points_json(const struct bench_result *result)
{
	json_t *points = json_array();

	for (unsigned int i = 0; i < result->point_count; i++) {
		json_t *point = json_object();

		put(point, "x", json_real(result->points[i].x));
		put_figures(point, result->point_unit, &result->points[i].figures);
		json_array_append_new(points, point);
	}
	return points;
}

/* By operation; "scaled" are those that shared the PMU. */
static void put_counters(json_t *row, const struct bench_result *result, const struct counters *c)
{
	json_t *counters = json_object(), *scaled = json_array();

	for (unsigned int i = 0; i < c->count; i++) {
		const char *name = c->counter[i].event->name;

		if (!result->counter[i].there)
			continue;
		put(counters, name, json_real(result->counter[i].per_op));
		if (result->counter[i].scaled)
			json_array_append_new(scaled, json_string(name));
	}
	put(row, "counters", counters);
	put(row, "scaled", scaled);
}

/* It may have names of files, and what other programs say; JSON has room for UTF-8 alone. */
static json_t *note_json(const char *note)
{
	json_t *json = text_or_null(note);
	char text[sizeof(((struct bench_result *)0)->note)], *to = text;

	if (json)
		return json;
	for (; *note; note++)
		*to++ = (unsigned char)*note < 0x20 || (unsigned char)*note >= 0x7f ? '?' : *note;
	*to = 0;
	return json_string(text);
}

static json_t *row_json(const struct bench_row *row, const struct bench_result *result,
			const struct counters *counters)
{
	json_t *object = json_object();
	char unit[64];

	put(object, "name", json_string(row->name));
	put(object, "what", json_string(row->what));
	if (result->figures.count)
		put_figures(object, bench_unit(row, unit, sizeof(unit)), &result->figures);
	if (result->has_counters)
		put_counters(object, result, counters);
	if (result->point_count) {
		put(object, "x", json_string(result->x));
		put(object, "points", points_json(result));
	}
	put(object, "target", row->target > 0 ? json_real(row->target) : json_null());
	put(object, "verdict", text_or_null(bench_verdict_names[result->verdict]));
	if (result->verdict == BENCH_SKIPPED)
		put(object, "skipped", note_json(result->note));
	else if (result->verdict == BENCH_FAILED)
		put(object, "failed", note_json(result->note));
	else
		put(object, "note", note_json(result->note));
	put(object, "emulated", json_boolean(result->emulated));
	return object;
}

bool document_add(json_t *document, const struct bench_row *row, const struct bench_result *result,
		  const struct counters *counters)
{
	return json_array_append_new(json_object_get(document, "benchmarks"),
				     row_json(row, result, counters)) == 0;
}

/* ---- raw values ---- */

static void csv_values(FILE *out, const char *name, const char *x, const json_t *figures)
{
	const char *unit = json_string_value(json_object_get(figures, "unit"));
	const json_t *value;
	size_t i;

	json_array_foreach(json_object_get(figures, "values"), i, value)
		fprintf(out, "%s,%s,%s,%zu,%.6g\n", name, x, unit, i + 1, json_number_value(value));
}

static void csv_points(FILE *out, const char *name, const json_t *points)
{
	const json_t *point;
	char x[32];
	size_t i;

	json_array_foreach(points, i, point)
	{
		snprintf(x, sizeof(x), "%.0f", json_number_value(json_object_get(point, "x")));
		csv_values(out, name, x, point);
	}
}

void document_csv(FILE *out, const json_t *document)
{
	const json_t *row;
	size_t i;

	fputs("benchmark,x,unit,repetition,value\n", out);
	json_array_foreach(json_object_get(document, "benchmarks"), i, row)
	{
		const char *name = json_string_value(json_object_get(row, "name"));

		csv_values(out, name, "", row);
		csv_points(out, name, json_object_get(row, "points"));
	}
}
