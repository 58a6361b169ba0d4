/* SPDX-License-Identifier: GPL-2.0-only */
#include "el2.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "error.h"
#include "made.h"

#define SAMPLE "demand-scattered.zst"
#define QEMU   "qemu-system-aarch64"

static const char *const figures[] = {"n", "p50", "mean", "max"};
#define FIGURES (sizeof(figures) / sizeof(figures[0]))

/* ---- documents ---- */

static json_t *down(const json_t *object, const char *const *path)
{
	for (; *path; path++)
		object = json_object_get(object, *path);
	return (json_t *)object;
}
#define DOWN(object, ...) down(object, (const char *const[]){__VA_ARGS__, NULL})

static json_t *round_figures(const json_t *from)
{
	json_t *to = json_object();

	for (size_t i = 0; i < FIGURES; i++) {
		const json_t *v = json_object_get(from, figures[i]);

		json_object_set_new(to, figures[i],
				    json_is_real(v)
					    ? json_real(round(json_real_value(v) * 100) / 100)
					    : json_deep_copy(v));
	}
	return to;
}

json_t *el2_costs_of(const json_t *result)
{
	json_t *classes = DOWN(result, "metrics", "handler_cost", "by_class"), *phases;
	json_t *costs =
		json_pack("{s:O?, s:O?, s:{}}", "compiler", DOWN(result, "context", "compiler"),
			  "trace", DOWN(result, "context", "trace_digest"), "instructions");
	const char *name;

	if (!costs || !json_is_object(classes)) {
		json_decref(costs);
		return NULL;
	}
	json_object_foreach(classes, name, phases)
		json_object_set_new(json_object_get(costs, "instructions"), name,
				    round_figures(DOWN(phases, "total", "instructions")));
	return costs;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static double figure(const json_t *costs, const char *outcome, const char *which)
{
	return json_number_value(DOWN(costs, "instructions", outcome, which));
}

bool el2_regressed(const json_t *kept, const json_t *costs, const char *outcome, char *text,
		   size_t size)
{
	static const char *const compared[] = {"p50", "mean"};

	if (strcmp(text_of(kept, "trace"), text_of(costs, "trace"))) {
		snprintf(text, size,
			 "the figures kept are of another trace: --keep takes new ones");
		return true;
	}
	if (strcmp(text_of(kept, "compiler"), text_of(costs, "compiler"))) {
		snprintf(text, size, "not compared: those kept are of %s",
			 text_of(kept, "compiler"));
		return false;
	}
	if (!DOWN(kept, "instructions", outcome)) {
		snprintf(text, size, "no figure of it is kept: --keep takes new ones");
		return true;
	}
	for (size_t i = 0; i < 2; i++) {
		double old = figure(kept, outcome, compared[i]);

		if (figure(costs, outcome, compared[i]) <= old * EL2_TOLERANCE)
			continue;
		snprintf(text, size, "%s was %.6g", compared[i], old);
		return true;
	}
	snprintf(text, size, "kept: %.6g", figure(kept, outcome, "p50"));
	return false;
}

static json_t *read_json(const char *path, struct nvt_error *err)
{
	json_error_t where;
	json_t *json = json_load_file(path, 0, &where);

	if (!json)
		nvt_fail(err, NVT_EINPUT, "%s: line %d: %s", path, where.line, where.text);
	return json;
}

json_t *el2_read_kept(const char *folder, struct nvt_error *err)
{
	char *path = made_path(folder, EL2_KEPT, err);
	json_t *kept = path ? read_json(path, err) : NULL;

	if (kept && !json_is_object(json_object_get(kept, "instructions"))) {
		nvt_fail(err, NVT_EINPUT, "%s: has no instructions", path);
		json_decref(kept);
		kept = NULL;
	}
	free(path);
	return kept;
}

/* ---- runs ---- */

/* The image lies where the command will look for it. */
static bool has_image(const struct bench_env *env)
{
	static const char *const places[] = {"hwrun", "../lib/nvsim/hwrun"};
	int folder = (int)(strrchr(env->nvsim, '/') - env->nvsim);
	bool found = false;
	char path[4096];

	for (unsigned int i = 0; i < 2 && !found; i++) {
		snprintf(path, sizeof(path), "%.*s/%s/nvsim-el2.elf", folder, env->nvsim,
			 places[i]);
		found = access(path, R_OK) == 0;
	}
	return found;
}

/* The result of a live run; options: two words. NULL: *err, which may be a skip. */
static json_t *hw_run(const struct bench_env *env, const char *trace, const char *const options[2],
		      struct child_cost *cost, struct nvt_error *err)
{
	char json[4096];
	const char *argv[] = {env->nvsim, "hw", "run", "qemu-virt", trace,	"--mode",
			      "live",	  "-q", json,  options[0],  options[1], NULL};
	struct child_options o = {0};

	if (!has_image(env))
		return bench_skip(err, "no image for EL2: make hwrun");
	if (!child_exists(QEMU))
		return bench_skip(err, QEMU " is not installed");
	snprintf(json, sizeof(json), "--json=%s/el2.json", env->folder);
	if (child_run(argv, &o, cost, err))
		return NULL;
	return read_json(strchr(json, '=') + 1, err);
}

/* Measured by the first row that needs it. NULL: *err, which may be a skip. */
static const json_t *costs(struct bench_env *env, struct nvt_error *err)
{
	static const char *const options[] = {"--icount", "--no-phases"};
	char *sample = env->data ? made_path(env->data, SAMPLE, err) : NULL;
	struct child_cost cost;
	json_t *result = NULL;

	if (!env->el2 && (!sample || access(sample, R_OK)))
		bench_skip(err, SAMPLE " is not beside the program: make install puts it there");
	else if (!env->el2)
		result = hw_run(env, sample, options, &cost, err);
	if (result) {
		env->el2 = el2_costs_of(result);
		if (!env->el2)
			nvt_fail(err, NVT_EENV, "the run at EL2 has no figures of faults");
	}
	json_decref(result);
	free(sample);
	return env->el2;
}

static enum nvt_status compare(const struct bench_env *env, const char *outcome,
			       struct bench_result *result, struct nvt_error *err)
{
	size_t used = strlen(result->note);
	json_t *kept = el2_read_kept(env->data, err);

	used += (size_t)snprintf(result->note + used, sizeof(result->note) - used, "; ");
	if (kept && el2_regressed(kept, env->el2, outcome, result->note + used,
				  sizeof(result->note) - used))
		result->verdict = BENCH_REGRESSED;
	json_decref(kept);
	return err->status;
}

/* The median of one outcome, from the vector's first instruction to the exception return. */
enum nvt_status el2_measure(struct bench_env *env, const struct bench_row *row,
			    struct bench_result *result, struct nvt_error *err)
{
	const json_t *all = costs(env, err);

	result->emulated = true;
	if (!all)
		return err->status;
	if (!DOWN(all, "instructions", row->arg)) {
		result->verdict = BENCH_REGRESSED;
		snprintf(result->note, sizeof(result->note),
			 "no fault of the sample comes to that");
		return NVT_OK;
	}
	if (!bench_add(&result->figures, figure(all, row->arg, "p50")))
		return nvt_fail(err, NVT_ENOMEM, "out of memory");
	snprintf(result->note, sizeof(result->note), "emulated, %.0f faults, mean %.1f",
		 figure(all, row->arg, "n"), figure(all, row->arg, "mean"));
	return env->keep ? NVT_OK : compare(env, row->arg, result, err);
}

/* Seconds, from the command's start to its end. */
static enum nvt_status take_live(const json_t *run, double seconds, uint64_t wanted,
				 struct bench_result *result, struct nvt_error *err)
{
	double taken = json_number_value(DOWN(run, "hw", "faults"));

	if (taken < (double)wanted) {
		result->verdict = BENCH_REGRESSED;
		snprintf(result->note, sizeof(result->note), "EL1 took only %.0f aborts", taken);
		return NVT_OK;
	}
	if (!bench_add(&result->figures, seconds))
		return nvt_fail(err, NVT_ENOMEM, "out of memory");
	snprintf(result->note, sizeof(result->note), "%.0f aborts taken, under emulation", taken);
	return NVT_OK;
}

enum nvt_status el2_measure_live(struct bench_env *env, const struct bench_row *row,
				 struct bench_result *result, struct nvt_error *err)
{
	static const char *const options[] = {"-p", "page"};
	struct child_cost cost = {0};
	json_t *run = NULL;
	char *trace;

	result->emulated = true;
	if (env->quick) {
		bench_skip(err, "a million faults under emulation take too long for --quick");
		return NVT_OK;
	}
	trace = made_trace(env, row->arg, err);
	if (trace)
		run = hw_run(env, trace, options, &cost, err);
	if (run)
		take_live(run, cost.wall, made_faults(env, row->arg), result, err);
	json_decref(run);
	free(trace);
	return err->status;
}
