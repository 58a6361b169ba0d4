/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whole commands, compared with those of other tools and with each other: both run in turn, so
 * that a slow moment of the machine hits both; the ratio of each turn is taken. In every other
 * turn the second goes first, so that being first is no advantage.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "el2.h"
#include "error.h"
#include "made.h"
#include "runner.h"

/* ---- the words of a command: what stands in braces is filled in ---- */

#define WORDS_MAX 40
#define BUNDLED	  "l1-64k.dat"

struct words {
	char *v[WORDS_MAX]; /* NULL ends them */
	unsigned int count;
};

static void words_free(struct words *w)
{
	while (w->count)
		free(w->v[--w->count]);
}

static char *copy(const char *text, struct nvt_error *err)
{
	char *s = strdup(text);

	if (!s)
		bench_fail(err, NVT_ENOMEM, "out of memory");
	return s;
}

/* The recording that was given, or the bundled one. */
static char *find_dat(const struct bench_env *env, struct nvt_error *err)
{
	char *path;

#ifndef HAVE_TRACECMD
	return bench_skip(err, "built without libtracecmd");
#endif
	if (env->dat)
		return copy(env->dat, err);
	path = env->data ? made_path(env->data, BUNDLED, err) : NULL;
	if (path && access(path, R_OK) == 0)
		return path;
	free(path);
	return bench_skip(err, "no recording: give a trace-cmd file by --dat");
}

static char *find_perf_data(const struct bench_env *env, struct nvt_error *err)
{
#ifndef HAVE_TRACEEVENT
	return bench_skip(err, "built without libtraceevent");
#endif
	if (env->perf_data)
		return copy(env->perf_data, err);
	return bench_skip(err, "no recording: give a perf.data by --perf-data");
}

static char *expand(const struct bench_env *env, const char *word, struct nvt_error *err)
{
	char name[32];

	if (*word != '{')
		return copy(word, err);
	if (strcmp(word, "{nvsim}") == 0)
		return copy(env->nvsim, err);
	if (strcmp(word, "{dat}") == 0)
		return find_dat(env, err);
	if (strcmp(word, "{perf-data}") == 0)
		return find_perf_data(env, err);
	if (strncmp(word, "{tmp}/", 6) == 0)
		return made_path(env->folder, word + 6, err);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 1, "}"), word + 1);
	return made_trace(env, name, err);
}

/* False: *err, which may be a skip. */
static bool words_add(struct words *w, const struct bench_env *env, const char *const *pattern,
		      struct nvt_error *err)
{
	for (; *pattern && w->count < WORDS_MAX - 1; pattern++) {
		w->v[w->count] = expand(env, *pattern, err);
		if (!w->v[w->count])
			return false;
		w->count++;
	}
	if (child_exists(w->v[0]))
		return true;
	bench_skip(err, "%s is not installed", w->v[0]);
	return false;
}

#define UNREADABLE 3 /* the exit status of this program that blames its input */

static bool run(const struct words *w, const struct child_options *o, struct child_cost *cost,
		struct nvt_error *err)
{
	return child_run((const char *const *)w->v, o, cost, err) == NVT_OK;
}

/* ---- two commands ---- */

struct pair {
	struct words first, second;
	struct child_options options;
};

static bool pair_open(struct pair *p, const struct bench_env *env, const struct bench_row *row,
		      struct nvt_error *err)
{
	int cpus = (int)row->param[1];

	*p = (struct pair){
		.options = {.also = (int)row->param[0], .cpus = cpus, .unreadable = UNREADABLE}};
	if (child_cpus() < cpus) {
		bench_skip(err, "it is for %d CPUs, and here is %d", cpus, child_cpus());
		return false;
	}
	return words_add(&p->first, env, row->first, err) &&
	       words_add(&p->second, env, row->second, err);
}

static void pair_close(struct pair *p)
{
	words_free(&p->first);
	words_free(&p->second);
}

/* Exit statuses of the second are another program's. */
static bool pair_run(const struct pair *p, unsigned int turn, struct child_cost *a,
		     struct child_cost *b, struct nvt_error *err)
{
	const struct child_options second = {.peak = p->options.peak, .cpus = p->options.cpus};

	if (turn % 2)
		return run(&p->second, &second, b, err) && run(&p->first, &p->options, a, err);
	return run(&p->first, &p->options, a, err) && run(&p->second, &second, b, err);
}

static bool add(struct bench_figures *f, double value, struct nvt_error *err)
{
	if (bench_add(f, value))
		return true;
	nvt_fail(err, NVT_ENOMEM, "out of memory");
	return false;
}

static bool add_part(struct bench_result *result, const char *whose, const char *what,
		     const char *unit, double value, struct nvt_error *err)
{
	char name[sizeof(result->parts[0].name)];

	snprintf(name, sizeof(name), "%s/%s", whose, what);
	if (bench_add_part(result, name, unit, value))
		return true;
	nvt_fail(err, NVT_ENOMEM, "out of memory");
	return false;
}

static bool add_cost(struct bench_result *result, const char *whose, const struct child_cost *c,
		     struct nvt_error *err)
{
	return add_part(result, whose, "wall", "seconds", c->wall, err) &&
	       add_part(result, whose, BENCH_CPU, "seconds", c->cpu, err) &&
	       add_part(result, whose, "page-faults", "page faults", (double)c->page_faults, err);
}

static double part_median(const struct bench_result *result, const char *name)
{
	const struct bench_part *part = bench_part(result, name);
	struct stats s = {0};

	if (part)
		stats_of(part->figures.values, part->figures.count, &s);
	return s.median;
}

static double median(struct bench_figures *f)
{
	stats_of(f->values, f->count, &f->stats);
	return f->stats.median;
}

/* The generated trace that the row names in `arg`, or the file, and how large it is. */
static void note_input(const struct bench_env *env, const struct bench_row *row,
		       const struct pair *p, char *text, size_t size)
{
	const char *file = p->second.v[p->second.count - 1];
	const char *base = strrchr(file, '/');
	struct stat st;

	if (row->arg)
		snprintf(text, size, "%" PRIu64 " faults", made_faults(env, row->arg));
	else if (stat(file, &st) == 0)
		snprintf(text, size, "%s, %jd bytes", base ? base + 1 : file, (intmax_t)st.st_size);
}

static enum nvt_status wall_turns(const struct bench_env *env, const struct bench_row *row,
				  const struct pair *p, struct bench_result *result,
				  struct nvt_error *err)
{
	unsigned int warm = bench_warmups(env, true), turns = bench_repetitions(env, true);
	char input[160] = "";
	struct child_cost a, b;

	for (unsigned int i = 0; i < warm + turns; i++) {
		if (!pair_run(p, i, &a, &b, err))
			return err->status;
		if (i >= warm &&
		    (!add(&result->figures, a.wall / b.wall, err) ||
		     !add_cost(result, "first", &a, err) || !add_cost(result, "second", &b, err)))
			return err->status;
	}
	note_input(env, row, p, input, sizeof(input));
	snprintf(result->note, sizeof(result->note), "%s: %.3f s / %.3f s, CPU %.3f s / %.3f s",
		 input, part_median(result, "first/wall"), part_median(result, "second/wall"),
		 part_median(result, "first/cpu"), part_median(result, "second/cpu"));
	return NVT_OK;
}

static enum nvt_status wall(struct bench_env *env, const struct bench_row *row,
			    struct bench_result *result, struct nvt_error *err)
{
	struct pair p;

	if (pair_open(&p, env, row, err))
		wall_turns(env, row, &p, result, err);
	pair_close(&p);
	return err->status;
}

static enum nvt_status peak_turns(const struct bench_env *env, struct pair *p,
				  struct bench_result *result, struct nvt_error *err)
{
	unsigned int turns = bench_repetitions(env, true);
	struct child_cost a, b;

	p->options.peak = true;
	for (unsigned int i = 0; i < turns; i++) {
		if (!pair_run(p, i, &a, &b, err))
			return err->status;
		if (!a.peak_kib || !b.peak_kib) {
			bench_skip(err, "the memory of a command cannot be known here");
			return err->status;
		}
		if (!add(&result->figures, (double)a.peak_kib / (double)b.peak_kib, err) ||
		    !add_part(result, "first", "peak", "KiB", (double)a.peak_kib, err) ||
		    !add_part(result, "second", "peak", "KiB", (double)b.peak_kib, err))
			return err->status;
	}
	snprintf(result->note, sizeof(result->note),
		 "%" PRIu64 " / %" PRIu64 " faults: %" PRIu64 " KiB / %" PRIu64 " KiB",
		 made_faults(env, "long"), made_faults(env, "tenth"),
		 (uint64_t)part_median(result, "first/peak"),
		 (uint64_t)part_median(result, "second/peak"));
	return NVT_OK;
}

static enum nvt_status peak(struct bench_env *env, const struct bench_row *row,
			    struct bench_result *result, struct nvt_error *err)
{
	struct pair p;

	if (pair_open(&p, env, row, err))
		peak_turns(env, &p, result, err);
	pair_close(&p);
	return err->status;
}

/* ---- cost against length ---- */

static const char *const lengths[BENCH_POINTS] = {"1m", "10m", "100m"};

/* Replayed again and again for so many faults: a single short run says little on a busy machine. */
#define LENGTH_FAULTS 20000000u

static bool length_point(const struct words *words, uint64_t faults, struct bench_figures *figures,
			 struct nvt_error *err)
{
	uint64_t runs = faults < LENGTH_FAULTS ? LENGTH_FAULTS / faults : 1;
	struct child_options o = {0};
	struct child_cost cost = {0};
	double cpu = 0;

	for (uint64_t i = 0; i < runs; i++) {
		if (!run(words, &o, &cost, err))
			return false;
		cpu += cost.cpu;
	}
	return add(figures, cpu / (double)(runs * faults) * 1e9, err);
}

static bool length_turn(const struct bench_env *env, const struct words words[],
			struct bench_result *result, struct nvt_error *err)
{
	for (unsigned int i = 0; i < result->point_count; i++)
		/* NOLINTNEXTLINE: there are no more points than lengths */
		if (!length_point(&words[i], made_faults(env, lengths[i]),
				  &result->points[i].figures, err))
			return false;
	return true;
}

/* The slowest length over the fastest, by their medians; a ratio of each turn. */
static enum nvt_status length_ratios(struct bench_result *result, struct nvt_error *err)
{
	struct bench_point *slow = result->points, *fast = result->points;

	for (unsigned int i = 0; i < result->point_count; i++) {
		struct bench_point *p = &result->points[i];

		median(&p->figures);
		slow = p->figures.stats.median > slow->figures.stats.median ? p : slow;
		fast = p->figures.stats.median < fast->figures.stats.median ? p : fast;
	}
	for (size_t i = 0; i < slow->figures.count; i++)
		if (!add(&result->figures, slow->figures.values[i] / fast->figures.values[i], err))
			return err->status;
	return NVT_OK;
}

static void note_lengths(struct bench_result *result, bool full)
{
	size_t used = 0, room = sizeof(result->note);

	for (unsigned int i = 0; i < result->point_count; i++)
		/* NOLINTNEXTLINE: there are no more points than lengths */
		used += (size_t)snprintf(result->note + used, room - used, "%s%s: %.1f ns",
					 i ? ", " : "", lengths[i],
					 result->points[i].figures.stats.median);
	if (!full)
		snprintf(result->note + used, room - used, "; 100m with --full");
}

/* False: *err, which may be a skip. */
static bool length_open(const struct bench_env *env, struct words words[],
			struct bench_result *result, struct nvt_error *err)
{
	unsigned int count = env->full ? 3 : 2;

	result->x = "faults";
	result->point_unit = "ns/fault";
	for (unsigned int i = 0; i < count; i++) {
		char name[16];
		const char *pattern[] = {"{nvsim}", "replay", "-q", name, NULL};

		snprintf(name, sizeof(name), "{%s}", lengths[i]);
		if (!words_add(&words[i], env, pattern, err))
			return false;
		result->points[i].x = (double)made_faults(env, lengths[i]);
	}
	result->point_count = count;
	return true;
}

/* Of the CPU, all threads: what other programs do meanwhile would be most of a difference. */
static enum nvt_status length_turns(const struct bench_env *env, const struct words words[],
				    struct bench_result *result, struct nvt_error *err)
{
	unsigned int warm = bench_warmups(env, true), turns = bench_repetitions(env, true);

	for (unsigned int i = 0; i < warm + turns; i++) {
		for (unsigned int k = 0; k < result->point_count && i <= warm; k++)
			result->points[k].figures.count = 0;
		if (!length_turn(env, words, result, err))
			return err->status;
	}
	if (!length_ratios(result, err))
		note_lengths(result, env->full);
	return err->status;
}

static enum nvt_status length(struct bench_env *env, const struct bench_row *row,
			      struct bench_result *result, struct nvt_error *err)
{
	struct words words[BENCH_POINTS] = {0};

	(void)row;
	if (length_open(env, words, result, err))
		length_turns(env, words, result, err);
	for (unsigned int i = 0; i < BENCH_POINTS; i++)
		words_free(&words[i]);
	return err->status;
}

/* ---- bytes ---- */

/* The first command writes the file that is its last word but one, of that which is its last. */
static enum nvt_status import(const struct bench_env *env, const struct bench_row *row,
			      struct words *w, struct nvt_error *err)
{
	struct child_options o = {.unreadable = UNREADABLE};
	struct child_cost cost;

	if (words_add(w, env, row->first, err))
		run(w, &o, &cost, err);
	return err->status;
}

static bool file_size(const char *path, double *bytes, struct nvt_error *err)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		nvt_fail(err, NVT_EENV, "%s is not there", path);
		return false;
	}
	*bytes = (double)st.st_size;
	return true;
}

/* That of a trace-cmd file: magic, "tracing", version, byte order, sizes of words and of pages. */
static bool is_zstd_dat(const char *path)
{
	static const char begin[] = "\x17\x08\x44tracing7";
	char head[23] = "";
	FILE *f = fopen(path, "rb");
	size_t got = f ? fread(head, 1, sizeof(head), f) : 0;

	if (f)
		fclose(f);
	return got == sizeof(head) && !memcmp(head, begin, sizeof(begin)) &&
	       !memcmp(head + sizeof(begin) + 6, "zstd", sizeof("zstd"));
}

static enum nvt_status size(struct bench_env *env, const struct bench_row *row,
			    struct bench_result *result, struct nvt_error *err)
{
	struct words w = {0};
	double out, source;

	if (!import(env, row, &w, err) && !*err->text && !is_zstd_dat(w.v[w.count - 1]))
		bench_skip(err, "%s is no trace-cmd file that is compressed by zstd",
			   w.v[w.count - 1]);
	if (!*err->text && file_size(w.v[w.count - 2], &out, err) &&
	    file_size(w.v[w.count - 1], &source, err) && add(&result->figures, out / source, err))
		snprintf(result->note, sizeof(result->note), "%.0f / %.0f bytes", out, source);
	words_free(&w);
	return err->status;
}

static enum nvt_status fault_count(const char *path, uint64_t *count, struct nvt_error *err)
{
	struct nvt_reader *reader = nvt_open(path, err);
	struct nvt_totals totals;

	if (reader && nvt_totals(reader, &totals, err) == NVT_OK)
		*count = totals.kind_count[NVT_FAULT] + totals.kind_count[NVT_TOUCH];
	nvt_close(reader);
	return err->status;
}

static enum nvt_status bytes_a_fault(const char *path, struct bench_result *result,
				     struct nvt_error *err)
{
	uint64_t faults = 0;
	double bytes;

	if (fault_count(path, &faults, err) || !file_size(path, &bytes, err))
		return err->status;
	if (!faults)
		return nvt_fail(err, NVT_EINPUT, "%s has no faults", path);
	if (add(&result->figures, bytes / (double)faults, err))
		snprintf(result->note, sizeof(result->note), "%" PRIu64 " faults", faults);
	return err->status;
}

static enum nvt_status bytes_recorded(struct bench_env *env, const struct bench_row *row,
				      struct bench_result *result, struct nvt_error *err)
{
	struct words w = {0};

	if (!import(env, row, &w, err) && !*err->text)
		bytes_a_fault(w.v[w.count - 2], result, err);
	words_free(&w);
	return err->status;
}

static enum nvt_status bytes_generated(struct bench_env *env, const struct bench_row *row,
				       struct bench_result *result, struct nvt_error *err)
{
	char *path = made_trace(env, row->arg, err);

	if (path)
		bytes_a_fault(path, result, err);
	free(path);
	return err->status;
}

/* ---- instructions ---- */

/* Those of the whole command, by callgrind; -1: it does not say. */
static double count_refs(const char *said)
{
	const char *at = strstr(said, "refs:");
	double count = 0;

	if (!at)
		return -1;
	for (at += strcspn(at, "0123456789"); strchr("0123456789,", *at) && *at; at++)
		if (*at != ',')
			count = count * 10 + (*at - '0');
	return count;
}

static bool count_instructions(const struct bench_env *env, const char *name, double *count,
			       struct nvt_error *err)
{
	char trace[32], said[2048] = "";
	const char *pattern[] = {"valgrind",
				 "--tool=callgrind",
				 "--callgrind-out-file=/dev/null",
				 "{nvsim}",
				 "replay",
				 "-q",
				 trace,
				 NULL};
	struct child_options o = {.said = said, .room = sizeof(said)};
	struct child_cost cost;
	struct words w = {0};

	snprintf(trace, sizeof(trace), "{%s}", name);
	if (words_add(&w, env, pattern, err) && run(&w, &o, &cost, err)) {
		*count = count_refs(said);
		if (*count < 0)
			nvt_fail(err, NVT_EENV, "valgrind does not tell the instructions");
	}
	words_free(&w);
	return !*err->text;
}

/* Of what further faults cost: the same in every run but for waiting threads. */
static enum nvt_status instructions(struct bench_env *env, const struct bench_row *row,
				    struct bench_result *result, struct nvt_error *err)
{
	double more = (double)made_faults(env, "counted");
	double fewer = (double)made_faults(env, "counted-short");
	double of_more = 0, of_fewer = 0;

	(void)row;
	if (!count_instructions(env, "counted", &of_more, err) ||
	    !count_instructions(env, "counted-short", &of_fewer, err))
		return err->status;
	if (add(&result->figures, (of_more - of_fewer) / (more - fewer), err))
		snprintf(result->note, sizeof(result->note), "from %.0f to %.0f faults", fewer,
			 more);
	return err->status;
}

/* ---- the table ---- */

#define WORDS(...)                                                                                 \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}
#define REPLAY(...)  WORDS("{nvsim}", "replay", "-q", __VA_ARGS__)
#define IMPORT(file) WORDS("{nvsim}", "import", "-q", "-o", "{tmp}/imported.zst", file)
#define EL2(outcome_, target_, what_)                                                              \
	.what = what_, .unit = "instructions", .measure = el2_measure, .arg = outcome_,            \
	.target = target_

const struct bench_row bench_commands[] = {
	{.name = "command/replay",
	 .what = "replay of a generated trace / zstd -dcq of it",
	 .unit = "ratio",
	 .measure = wall,
	 .arg = "large",
	 .target = 2.0,
	 .first = REPLAY("{large}"),
	 .second = WORDS("zstd", "-dcq", "{large}")},
	/* Some are not sound, and found to be so: the exit status 1 is what is wanted. */
	{.name = "command/compare",
	 .what = "8 policies in one pass / 1 policy, on 2 CPUs",
	 .unit = "ratio",
	 .measure = wall,
	 .arg = "medium",
	 .target = 4.5,
	 .param = {1, 2},
	 .first = WORDS("{nvsim}", "compare", "-q", "-p", "page", "-p", "kvm-7.3", "-p", "kvm-6.11",
			"-p", "gk-2022", "-p", "kvm-v9", "-p", "contig", "-p", "coalesce", "-p",
			"kvm-6.11-rc1", "{medium}"),
	 .second = REPLAY("{medium}")},
	{.name = "command/check",
	 .what = "replay with the checker / without",
	 .unit = "ratio",
	 .measure = wall,
	 .arg = "medium",
	 .target = 3.0,
	 .first = REPLAY("--check", "{medium}"),
	 .second = REPLAY("{medium}")},
	{.name = "command/import",
	 .what = "import of a recording / trace-cmd report of it",
	 .unit = "ratio",
	 .measure = wall,
	 .target = 0.25,
	 .first = IMPORT("{dat}"),
	 .second = WORDS("trace-cmd", "report", "-N", "-i", "{dat}")},
	{.name = "command/import-perf",
	 .what = "import of a perf.data / perf script of it",
	 .unit = "ratio",
	 .measure = wall,
	 .first = IMPORT("{perf-data}"),
	 .second = WORDS("perf", "script", "--ns", "-f", "-i", "{perf-data}")},
	{.name = "command/memory",
	 .what = "peak of replaying a trace / one of a tenth of it",
	 .unit = "ratio",
	 .measure = peak,
	 .target = 1.05,
	 .first = REPLAY("{long}"),
	 .second = REPLAY("{tenth}")},
	{.name = "command/length",
	 .what = "CPU ns a fault, slowest of several lengths / fastest",
	 .unit = "ratio",
	 .measure = length,
	 .target = 1.10},

	{.name = "bytes/size",
	 .what = "trace of a recording / its trace-cmd file",
	 .unit = "ratio",
	 .measure = size,
	 .target = 1 / 3.0,
	 .first = IMPORT("{dat}")},
	{.name = "bytes/recorded",
	 .what = "bytes a fault, recorded, with truth",
	 .unit = "bytes/fault",
	 .measure = bytes_recorded,
	 .first = IMPORT("{dat}")},
	{.name = "bytes/generated",
	 .what = "bytes a fault, generated",
	 .unit = "bytes/fault",
	 .measure = bytes_generated,
	 .arg = "large"},

	{.name = "instructions/replay",
	 .what = "instructions a fault, of the whole program",
	 .unit = "instr/fault",
	 .measure = instructions},

	{.name = "el2/map-page",
	 EL2("map_page", 600, "instructions at EL2 that map a page in a table that is there")},
	{.name = "el2/map-page-table",
	 EL2("map_page_table", 0, "instructions at EL2 that map a page, and its table")},
	{.name = "el2/map-block", EL2("map_block", 0, "instructions at EL2 that map a block")},
	{.name = "el2/inject",
	 EL2("inject_translation", 400, "instructions at EL2 that inject a translation fault")},
	{.name = "el2/relax", EL2("relax", 0, "instructions at EL2 that relax permissions")},
	{.name = "el2/mmio",
	 EL2("mmio", 0, "instructions at EL2 that find out an access to a device")},

	{.name = "live/million",
	 .what = "a million live faults under QEMU, from start to end",
	 .unit = "seconds",
	 .measure = el2_measure_live,
	 .arg = "1m",
	 .target = 120},
	{.name = NULL},
};
