/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is measured of whole streams in this process: decoding, replaying, importing. But for the
 * import, the stream is generated: accesses in random order in 128 MiB, of which all policies find
 * some mapped already. An operation of a replay is an access, whatever comes of it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "compare.h"
#include "engine.h"
#include "gen/gen.h"
#include "import/import.h"
#include "names.h"
#include "trial.h"

/* ---- the trace: made by the first row that needs it ---- */

struct trace {
	char path[4096];
	struct nvt_reader *reader;
	struct nvt_totals totals;
};

static enum nvt_status make_trace(const struct bench_env *env, struct trace *t,
				  struct nvt_error *err)
{
	struct nvt_gen_options o;

	snprintf(t->path, sizeof(t->path), "%s/stream.zst", env->folder);
	if (access(t->path, R_OK) == 0)
		return NVT_OK;
	nvt_gen_defaults(&o);
	o.faults = env->quick ? 100000 : 500000;
	o.footprint = 128ull << 20;
	o.seed = env->seed;
	return nvt_generate(&o, t->path, NULL, NULL, NULL, err);
}

static bool open_trace(const struct bench_env *env, struct trace *t, struct nvt_error *err)
{
	if (make_trace(env, t, err) != NVT_OK)
		return false;
	t->reader = nvt_open(t->path, err);
	return t->reader && nvt_totals(t->reader, &t->totals, err) == NVT_OK;
}

/* What a row says to be an operation of a replay. */
static uint64_t accesses(const struct trace *t)
{
	return t->totals.kind_count[NVT_TOUCH];
}

/* What prepare() returns where it cannot. */
static void *failed(const struct bench_row *row, void *state)
{
	row->finish(state);
	return NULL;
}

static void *tried(const struct bench_row *row, void *state, uint64_t expected,
		   struct nvt_error *err)
{
	return bench_trial(row, state, expected, err) ? state : failed(row, state);
}

/* ---- decode ---- */

struct decode {
	struct trace trace;
};

static void decode_reset(void *state)
{
	struct decode *s = state;

	nvt_seek(s->trace.reader, 0, NULL);
}

static uint64_t decode_run(void *state)
{
	struct decode *s = state;
	struct nvt_block *block;
	enum nvt_status status;
	uint64_t events = 0;

	while ((status = nvt_next_block(s->trace.reader, &block, NULL)) == NVT_OK) {
		events += block->count;
		nvt_release_block(block);
	}
	return status == NVT_END ? bench_done(events, s->trace.totals.event_count) : 0;
}

static void decode_finish(void *state)
{
	struct decode *s = state;

	nvt_close(s->trace.reader);
	free(s);
}

static void *decode_prepare(const struct bench_env *env, const struct bench_row *row,
			    struct nvt_error *err)
{
	struct decode *s = calloc(1, sizeof(*s));

	if (!s)
		return bench_fail(err, NVT_ENOMEM, "out of memory");
	if (!open_trace(env, &s->trace, err))
		return failed(row, s);
	return tried(row, s, s->trace.totals.event_count, err);
}

/* ---- replay of events that are decoded: one policy, one thread ---- */

struct replay {
	struct trace trace;
	struct nvt_block **blocks;
	size_t block_count;
	struct check_options check;
	struct engine_options options;
	struct engine *engine; /* NULL: no memory for it */
};

static void replay_reset(void *state)
{
	struct replay *s = state;
	const struct nvt_word *words;
	size_t count;

	engine_free(s->engine);
	s->engine =
		engine_new(nvt_machine(s->trace.reader), nvt_class(s->trace.reader), &s->options);
	words = nvt_l1mem(s->trace.reader, &count);
	if (s->engine && engine_l1mem(s->engine, words, count) != ENGINE_OK) {
		engine_free(s->engine);
		s->engine = NULL;
	}
}

/* The accesses that were decided; 0 where an event cannot be. */
static uint64_t replay_block(struct engine *e, const struct nvt_block *block)
{
	uint64_t done = 0;

	for (size_t i = 0; i < block->count; i++) {
		if (engine_event(e, &block->events[i]) != ENGINE_OK)
			return 0;
		done += e->step.delivered | e->step.avoided;
	}
	return done;
}

static uint64_t replay_run(void *state)
{
	struct replay *s = state;
	uint64_t done = 0;

	if (!s->engine)
		return 0;
	for (size_t i = 0; i < s->block_count; i++)
		done += replay_block(s->engine, s->blocks[i]);
	engine_end(s->engine);
	if (s->engine->check && check_result(s->engine->check)->findings)
		return 0;
	return bench_done(done, accesses(&s->trace));
}

static void replay_finish(void *state)
{
	struct replay *s = state;

	engine_free(s->engine);
	for (size_t i = 0; i < s->block_count; i++)
		nvt_release_block(s->blocks[i]);
	free(s->blocks);
	nvt_close(s->trace.reader);
	free(s);
}

static bool keep_block(struct replay *s, struct nvt_block *block, struct nvt_error *err)
{
	struct nvt_block **blocks = realloc(s->blocks, (s->block_count + 1) * sizeof(*blocks));

	if (!blocks) {
		nvt_release_block(block);
		bench_fail(err, NVT_ENOMEM, "out of memory");
		return false;
	}
	s->blocks = blocks;
	s->blocks[s->block_count++] = block;
	return true;
}

static bool decode_all(struct replay *s, struct nvt_error *err)
{
	struct nvt_block *block;
	enum nvt_status status;

	while ((status = nvt_next_block(s->trace.reader, &block, err)) == NVT_OK)
		if (!keep_block(s, block, err))
			return false;
	return status == NVT_END;
}

static void *replay_prepare(const struct bench_env *env, const struct bench_row *row,
			    struct nvt_error *err)
{
	struct replay *s = calloc(1, sizeof(*s));

	if (!s)
		return bench_fail(err, NVT_ENOMEM, "out of memory");
	s->check = (struct check_options){.quirks = S2_QUIRKS_KVM};
	s->options = (struct engine_options){.policy = s2_policy_default,
					     .quirks = S2_QUIRKS_KVM,
					     .check = row->param[0] ? &s->check : NULL};
	if (!open_trace(env, &s->trace, err) || !decode_all(s, err))
		return failed(row, s);
	return tried(row, s, accesses(&s->trace), err);
}

/* ---- several policies in one pass that decodes, too ---- */

#define POLICIES 8u
/* The default first; those that are not sound have the checker look at more. */
static const char *const policy_names[POLICIES] = {"kvm-7.3", "page",	"kvm-6.11", "gk-2022",
						   "kvm-v9",  "contig", "coalesce", "kvm-6.11-rc1"};

struct pass {
	struct trace trace;
	const struct s2_policy *policies[POLICIES];
	struct check_options check;
	struct compare_options options;
	struct compare *compare; /* NULL: no memory for it */
};

static void compare_reset(void *state)
{
	struct pass *s = state;
	const struct nvt_word *words;
	size_t count;

	compare_free(s->compare);
	s->compare =
		compare_new(nvt_machine(s->trace.reader), nvt_class(s->trace.reader), &s->options);
	words = nvt_l1mem(s->trace.reader, &count);
	if (s->compare && compare_l1mem(s->compare, words, count) != ENGINE_OK) {
		compare_free(s->compare);
		s->compare = NULL;
	}
	nvt_seek(s->trace.reader, 0, NULL);
}

/* The policies that have seen all accesses. */
static uint64_t through(struct pass *s)
{
	uint64_t count = 0;

	for (unsigned int i = 0; i < s->options.policy_count; i++)
		count += compare_result(s->compare, i).engine->metrics.touches ==
			 accesses(&s->trace);
	return count;
}

static uint64_t compare_run(void *state)
{
	struct pass *s = state;
	enum engine_status replayed = ENGINE_OK;
	struct nvt_block *block;
	enum nvt_status status;

	if (!s->compare)
		return 0;
	while ((status = nvt_next_block(s->trace.reader, &block, NULL)) == NVT_OK &&
	       replayed == ENGINE_OK)
		replayed = compare_block(s->compare, block);
	if (status != NVT_END || replayed != ENGINE_OK || compare_end(s->compare) != ENGINE_OK)
		return 0;
	return through(s) == s->options.policy_count ? accesses(&s->trace) : 0;
}

static void compare_finish(void *state)
{
	struct pass *s = state;

	compare_free(s->compare);
	nvt_close(s->trace.reader);
	free(s);
}

/* As the command compare does it, which looks at large mappings alone. */
static void *compare_prepare(const struct bench_env *env, const struct bench_row *row,
			     struct nvt_error *err)
{
	struct pass *s = calloc(1, sizeof(*s));

	if (!s)
		return bench_fail(err, NVT_ENOMEM, "out of memory");
	for (unsigned int i = 0; i < POLICIES; i++)
		s->policies[i] = policy_named(policy_names[i]);
	s->check = (struct check_options){.quirks = S2_QUIRKS_KVM, .large_alone = true};
	s->options = (struct compare_options){
		.engine = {.quirks = S2_QUIRKS_KVM, .check = &s->check, .digest = true},
		.policies = s->policies,
		.policy_count = (unsigned int)row->param[0],
	};
	if (!open_trace(env, &s->trace, err))
		return failed(row, s);
	return tried(row, s, accesses(&s->trace), err);
}

/* ---- import ---- */

struct import {
	char input[4096], output[4096];
	struct nvt_import_options options;
	struct nvt_import_stats stats;
};

static uint64_t import_run(void *state)
{
	struct import *s = state;

	return nvt_import(&s->options, &s->stats, NULL) == NVT_OK ? s->stats.record_count : 0;
}

static void import_finish(void *state)
{
	struct import *s = state;

	unlink(s->output);
	free(s);
}

/* The row's own, or what was given instead of a trace-cmd file. False: *err says why it is none. */
static bool find_recording(const struct bench_env *env, const struct bench_row *row, char *path,
			   size_t room, struct nvt_error *err)
{
#ifndef HAVE_TRACECMD
	if (row->param[0])
		return bench_skip(err, "built without libtracecmd");
#endif
	if (row->param[0] && env->dat)
		snprintf(path, room, "%s", env->dat);
	else
		snprintf(path, room, "%s/%s", env->data ? env->data : "", row->arg);
	return access(path, R_OK) == 0 ||
	       bench_skip(err, "%s is not beside the program: make install puts it there",
			  row->arg);
}

static void *import_prepare(const struct bench_env *env, const struct bench_row *row,
			    struct nvt_error *err)
{
	struct import *s = calloc(1, sizeof(*s));

	if (!s)
		return bench_fail(err, NVT_ENOMEM, "out of memory");
	if (!find_recording(env, row, s->input, sizeof(s->input), err))
		return failed(row, s);
	snprintf(s->output, sizeof(s->output), "%s/imported.zst", env->folder);
	s->options = (struct nvt_import_options){.input = s->input, .output = s->output};
	if (nvt_import(&s->options, &s->stats, err) != NVT_OK)
		return failed(row, s);
	return tried(row, s, s->stats.record_count, err);
}

/* ---- the table ---- */

#define ROW(name_, op_, of, reset_, param0, what_)                                                 \
	{                                                                                          \
		.name = name_, .what = what_, .op = op_, .param = {param0},                        \
		.prepare = of##_prepare, .reset = reset_, .run = of##_run, .finish = of##_finish   \
	}
#define IMPORT(name_, is_dat, file, what_)                                                         \
	{                                                                                          \
		.name = name_, .what = what_, .op = "event", .param = {is_dat}, .arg = file,       \
		.prepare = import_prepare, .run = import_run, .finish = import_finish              \
	}

const struct bench_row bench_stream[] = {
	ROW("decode/trace", "event", decode, decode_reset, 0,
	    "a trace that is in memory as a file, into blocks of events"),
	ROW("replay/events", "fault", replay, replay_reset, false,
	    "one policy, of events that are decoded"),
	ROW("replay/checked", "fault", replay, replay_reset, true,
	    "one policy, of events that are decoded, with all that it does checked"),
	ROW("replay/1-policy", "fault", compare, compare_reset, 1,
	    "decoded and replayed under one policy in a pass of several threads"),
	ROW("replay/8-policies", "fault", compare, compare_reset, POLICIES,
	    "decoded and replayed under 8 policies in a pass of several threads"),
	IMPORT("import/dat", true, "thp-thp.dat", "a recording as a trace-cmd file, into a trace"),
	IMPORT("import/text", false, "thp-thp.txt.zst",
	       "the bundled recording as compressed text, into a trace"),
	{.name = NULL},
};
