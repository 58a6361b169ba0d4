/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim sweep: a replay for each point of a grid, here or as jobs elsewhere, and all in one. */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "document.h"
#include "jobs.h"
#include "json_file.h"
#include "limit.h"
#include "replay.h"
#include "sweep_plots.h"

struct sweep_options {
	struct cli_text output;
	struct cli_number jobs, cell;
	bool list, slurm, parallel, merge, quiet;
};

#define JOBS_MAX   4096
#define AT(member) offsetof(struct sweep_options, member)
static const struct cli_option options[] = {
	{'o', "output", "DIR", CLI_TEXT, AT(output), .help = "the folder of the sweep"},
	{'j', "jobs", "N", CLI_COUNT, AT(jobs), .min = 1, .max = JOBS_MAX,
	 .help = "so many cells at once, if not one for each CPU"},
	{'q', "quiet", NULL, CLI_FLAG, AT(quiet), .help = "no summary and no progress"},
	{0, "list", NULL, CLI_FLAG, AT(list),
	 .help = "print number and name of each cell, no more"},
	{0, "cell", "N", CLI_COUNT, AT(cell), .max = SWEEP_CELLS_MAX - 1,
	 .help = "compute the cell with this number alone"},
	{0, "slurm", NULL, CLI_FLAG, AT(slurm),
	 .help = "print an array job of all cells, for sbatch"},
	{0, "parallel", NULL, CLI_FLAG, AT(parallel),
	 .help = "print a command for each cell, for GNU parallel"},
	{0, "merge", NULL, CLI_FLAG, AT(merge),
	 .help = "compute nothing: make sweep.json and plots of the cells that are there"},
	{0},
};

struct sweep {
	const struct sweep_options *o;
	const char *path; /* of the specification */
	struct sweep_spec spec;
	struct sweep_store store;
	bool found;	     /* a checker found something in one of the cells */
	enum cli_exit worst; /* of the cells that were run */
	size_t run, ended;   /* of these: how many there are, and how many have ended */
	bool shown;	     /* progress is */
};

static enum cli_exit fail_spec(const struct sweep *s, const struct nvt_error *err)
{
	if (err->status == NVT_EINPUT)
		return cli_fail(CLI_INPUT, "%s: %s", s->path, err->text);
	return cli_fail_trace(err);
}

/* ---- one cell ---- */

/* The result as of replay --json, and what it is the cell of. */
static enum cli_exit write_cell(const struct sweep *s, const struct sweep_cell *cell,
				struct replay *r)
{
	struct result result = replay_result(r);
	char *path = sweep_store_path(&s->store, "cells/", cell->name, ".json");
	json_t *json = result_json(&result);
	enum cli_exit status = CLI_ENVIRONMENT;

	json_object_set_new(json, "cell", sweep_cell_json(cell));
	if (path) {
		status = run_write_json(json, path);
	} else {
		json_decref(json);
		cli_no_memory();
	}
	free(path);
	return status;
}

static enum cli_exit compute_cell(const struct sweep *s, const struct sweep_cell *cell)
{
	struct engine_options engine = {.policy = cell->policy,
					.invalidation = cell->invalidation,
					.quirks = s->spec.quirks,
					.digest = true};
	struct nvt_error err = {0};
	struct replay r = {0};
	enum cli_exit status;
	char *path = NULL;

	if (sweep_store_trace(&s->store, cell->stream, &path, &err))
		status = cli_fail_trace(&err);
	else
		status = replay_open(&r, path, &engine, s->spec.check, true);
	if (!status)
		status = replay_stream(&r);
	if (!status)
		status = run_describe(&r.run, true);
	if (!status)
		status = write_cell(s, cell, &r);
	if (!status)
		status = run_verdict(&r.run);
	replay_close(&r);
	free(path);
	return status;
}

/* Whether its result is there already; one that this program would not make so is none. */
static bool is_there(struct sweep *s, const struct sweep_cell *cell)
{
	json_t *result = sweep_cell_load(&s->store, cell);
	bool there = result && sweep_cell_is_ours(&s->store, result);

	if (there && sweep_cell_has_findings(result))
		s->found = true;
	json_decref(result);
	return there;
}

static enum cli_exit one_cell(struct sweep *s)
{
	struct sweep_cell cell = sweep_cell(&s->spec, s->o->cell.value);

	if (!is_there(s, &cell))
		return compute_cell(s, &cell);
	return s->found ? CLI_FINDINGS : CLI_OK;
}

/* ---- all of them in one ---- */

static void list_missing(const struct sweep *s, const bool *missing)
{
	for (size_t i = 0; i < s->spec.cell_count; i++)
		if (missing[i])
			printf("%zu\t%s\n", i, sweep_cell(&s->spec, i).name);
}

/* NULL, and *status, where a cell is missing or does not go with the others. */
static json_t *gather(struct sweep *s, enum cli_exit *status)
{
	bool *missing = calloc(s->spec.cell_count, sizeof(*missing));
	json_t *doc = sweep_document(&s->spec);
	size_t count = 0;

	*status = missing ? CLI_OK : cli_no_memory();
	for (size_t i = 0; i < s->spec.cell_count && missing && !*status; i++) {
		struct sweep_cell cell = sweep_cell(&s->spec, i);
		json_t *result = sweep_cell_load(&s->store, &cell);
		const char *why = result ? sweep_document_add(doc, &cell, result) : NULL;

		missing[i] = !result;
		count += missing[i];
		s->found |= sweep_cell_has_findings(result);
		if (why)
			*status = cli_fail(CLI_USAGE, "%s: cell %zu (%s) %s", s->path, i, cell.name,
					   why);
		json_decref(result);
	}
	if (!*status && missing && count) {
		list_missing(s, missing);
		*status = cli_fail(CLI_ENVIRONMENT, "%s: %zu of %zu cells are missing", s->path,
				   count, s->spec.cell_count);
	}
	free(missing);
	return doc;
}

static enum cli_exit merge(struct sweep *s)
{
	char *path = sweep_store_path(&s->store, "sweep", "", ".json");
	enum cli_exit status = path ? CLI_OK : cli_no_memory();
	json_t *doc = path ? gather(s, &status) : NULL;

	if (!status)
		status = run_write_json(json_incref(doc), path);
	if (!status)
		status = sweep_plots(doc, &s->store);
	json_decref(doc);
	free(path);
	return status ? status : s->found ? CLI_FINDINGS : CLI_OK;
}

/* ---- here ---- */

static size_t cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 ? (size_t)CPU_COUNT(&set) : 1;
}

static void show_progress(const struct sweep *s)
{
	if (s->shown)
		fprintf(stderr, "\r\033[K%zu of %zu cells", s->ended, s->run);
}

static void hide_progress(const struct sweep *s)
{
	if (s->shown)
		fputs("\r\033[K", stderr);
}

/* What ended it said so itself, where it was not a signal. */
static void cell_ended(void *arg, size_t number, int exit_status)
{
	struct sweep *s = arg;
	struct sweep_cell cell = sweep_cell(&s->spec, number);
	enum cli_exit status =
		exit_status > CLI_ENVIRONMENT ? CLI_ENVIRONMENT : (enum cli_exit)exit_status;

	s->ended++;
	if (status == CLI_FINDINGS)
		s->found = true;
	else if (status > s->worst)
		s->worst = status;
	if (status > CLI_FINDINGS) {
		hide_progress(s);
		cli_fail(status,
			 exit_status > 128 ? "cell %zu (%s) was ended by signal %d"
					   : "cell %zu (%s) failed, exit status %d",
			 number, cell.name, exit_status > 128 ? exit_status - 128 : exit_status);
	}
	show_progress(s);
}

/* A cell is a process with the bound that this one has. */
static const char *memory_option(char text[40])
{
	uint64_t bytes = nvt_limit_in_force();

	if (!bytes || bytes == NVT_MEMORY_BYTES_MAX)
		return NULL;
	snprintf(text, 40, "--memory=%" PRIu64, bytes);
	return text;
}

static enum cli_exit run_cells(struct sweep *s, const size_t *numbers)
{
	char memory[40];
	struct sweep_jobs jobs = {.program = "/proc/self/exe",
				  .spec = s->path,
				  .dir = s->o->output.value,
				  .memory = memory_option(memory)};
	struct nvt_error err = {0};
	enum nvt_status status;

	s->shown = !s->o->quiet && isatty(STDERR_FILENO);
	show_progress(s);
	status = sweep_jobs_run(&jobs, numbers, s->run,
				s->o->jobs.given ? s->o->jobs.value : cpus(), cell_ended, s, &err);
	hide_progress(s);
	return status ? cli_fail_trace(&err) : s->worst;
}

static enum cli_exit run_missing(struct sweep *s)
{
	size_t *numbers = calloc(s->spec.cell_count, sizeof(*numbers));
	enum cli_exit status;

	if (!numbers)
		return cli_no_memory();
	for (size_t i = 0; i < s->spec.cell_count; i++) {
		struct sweep_cell cell = sweep_cell(&s->spec, i);

		if (!is_there(s, &cell))
			numbers[s->run++] = i;
	}
	status = run_cells(s, numbers);
	free(numbers);
	return status;
}

static void print_summary(const struct sweep *s)
{
	char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE];

	printf("%s cells, %s of them computed now: ", cli_count(a, s->spec.cell_count),
	       cli_count(b, s->run));
	cli_print_text(stdout, s->o->output.value);
	puts("/sweep.json");
}

/* What a checker found counts for more than what kept another cell from being computed. */
static enum cli_exit run_here(struct sweep *s)
{
	enum cli_exit status = run_missing(s);

	if (status)
		return s->found ? CLI_FINDINGS : status;
	status = merge(s);
	if (status <= CLI_FINDINGS && !s->o->quiet)
		print_summary(s);
	return status;
}

/* ---- elsewhere ---- */

static enum cli_exit print_jobs(const struct sweep *s,
				void (*print)(const struct sweep_jobs *j, FILE *out))
{
	char program[4096] = "";
	char *folder = getcwd(NULL, 0);
	char memory[40];
	struct sweep_jobs jobs = {.program = program,
				  .folder = folder,
				  .spec = s->path,
				  .dir = s->o->output.value,
				  .cells = s->spec.cell_count,
				  .memory = memory_option(memory)};
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	enum cli_exit status = CLI_OK;

	if (!folder || length < 0)
		status =
			cli_fail(CLI_ENVIRONMENT, "sweep: this folder, or program, has no name: %s",
				 strerror(errno));
	else if (print == sweep_jobs_parallel && (strchr(folder, '\n') || strchr(program, '\n') ||
						  strchr(s->path, '\n') || strchr(jobs.dir, '\n')))
		status = cli_fail(CLI_USAGE, "sweep: a name with a line break in it cannot be in a "
					     "line of its own");
	else
		print(&jobs, stdout);
	free(folder);
	return status;
}

static enum cli_exit list(const struct sweep *s)
{
	for (size_t i = 0; i < s->spec.cell_count; i++)
		printf("%zu\t%s\n", i, sweep_cell(&s->spec, i).name);
	return CLI_OK;
}

/* ---- the command ---- */

static enum cli_exit check_options(const struct sweep_options *o, const char *path)
{
	unsigned int whats = o->list + o->slurm + o->parallel + o->merge + o->cell.given;

	if (whats > 1)
		return cli_fail(CLI_USAGE, "sweep: of --list, --cell, --slurm, --parallel and "
					   "--merge only one can be given");
	if (whats && o->jobs.given)
		return cli_fail(CLI_USAGE, "sweep: --jobs is for running all cells here");
	if (!o->list && (!o->output.given || !*o->output.value))
		return cli_fail(CLI_USAGE, "sweep: --output DIR is missing");
	if (!o->list && !o->merge && strcmp(path, "-") == 0)
		return cli_fail(CLI_USAGE, "sweep: each cell reads the specification: it has to be "
					   "a file");
	return CLI_OK;
}

static enum cli_exit read_spec(struct sweep *s)
{
	struct nvt_error err = {0};
	json_t *json = json_file_load(s->path, &err);
	enum cli_exit status = CLI_OK;

	if (!json)
		return cli_fail_trace(&err);
	if (sweep_spec_parse(json, &s->spec, &err))
		status = fail_spec(s, &err);
	json_decref(json);
	return status;
}

/* What works in the folder of the sweep. */
static enum cli_exit in_folder(struct sweep *s)
{
	const char *dir = s->o->output.value;
	struct nvt_error err = {0};
	enum cli_exit status;

	if (s->o->merge && access(dir, F_OK))
		return cli_fail(CLI_ENVIRONMENT, "%s: no sweep is there: %s", dir, strerror(errno));
	if (sweep_store_open(&s->store, dir, &cli_build, !s->o->cell.given, &err))
		status = cli_fail_trace(&err);
	else
		status = s->o->cell.given ? one_cell(s) : s->o->merge ? merge(s) : run_here(s);
	sweep_store_close(&s->store);
	return status;
}

static enum cli_exit act(struct sweep *s)
{
	const struct cli_number *cell = &s->o->cell;

	if (cell->given && cell->value >= s->spec.cell_count)
		return cli_fail(CLI_USAGE, "sweep: %s has cells 0 to %zu, and no %llu", s->path,
				s->spec.cell_count - 1, (unsigned long long)cell->value);
	if (s->o->list)
		return list(s);
	if (s->o->slurm || s->o->parallel)
		return print_jobs(s, s->o->slurm ? sweep_jobs_slurm : sweep_jobs_parallel);
	return in_folder(s);
}

static enum cli_exit run(const void *values, const struct cli_args *args)
{
	struct sweep s = {.o = values, .path = args->v[0]};
	enum cli_exit status = check_options(s.o, s.path);

	if (!status)
		status = read_spec(&s);
	if (!status)
		status = act(&s);
	sweep_spec_free(&s.spec);
	return status;
}

const struct cli_command cli_sweep = {
	.name = "sweep",
	.arguments = "SPEC",
	.summary = "replays of every trace, generated ones too, under every policy",
	.about = "Replays each of the `traces` that the JSON file SPEC names under each of its "
		 "`policies` and `invalidation` policies, and streams that are `generated` (an "
		 "object with options of nvsim gen), one for each `host_granule` and each mixture "
		 "of `leaves` of L1; `quirks` and `check` are of all. The result of each of these "
		 "cells goes to DIR/cells, that of the whole to DIR/sweep.json, with plots beside "
		 "it. A cell whose result is there, of the same trace, options and program, is not "
		 "computed again, and so whatever was ended in the midst goes on. Paths are "
		 "relative to the current folder.",
	.examples = {{"nvsim sweep spec.json -o out", "all cells, or those that are missing"},
		     {"nvsim sweep spec.json -o out --slurm | sbatch", "as an array job of Slurm"},
		     {"nvsim sweep spec.json -o out --merge", "sweep.json of what that computed"}},
	.options = options,
	.options_size = sizeof(struct sweep_options),
	.args_min = 1,
	.args_max = 1,
	.run = run,
};
