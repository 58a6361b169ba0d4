/* SPDX-License-Identifier: GPL-2.0-only */
#include "jobs.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"

/* ---- job files ---- */

/* In quotes within which a shell changes nothing; a quote itself ends them for a moment. */
static void put_quoted(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else
			fputc(*text, out);
	}
	fputc('\'', out);
}

/* cell: what the shell takes for its number */
static void put_command(const struct sweep_jobs *j, FILE *out, const char *cell)
{
	put_quoted(out, j->program);
	if (j->memory)
		fprintf(out, " %s", j->memory);
	fputs(" sweep -o ", out);
	put_quoted(out, j->dir);
	fprintf(out, " --cell %s -- ", cell);
	put_quoted(out, j->spec);
}

/*
 * Where a path is named, it is for the shell to read: Slurm has rules of its own for those in its
 * comments. So the output of each cell is redirected here.
 */
void sweep_jobs_slurm(const struct sweep_jobs *j, FILE *out)
{
	size_t tasks = j->cells < SWEEP_ARRAY_MAX ? j->cells : SWEEP_ARRAY_MAX;

	fprintf(out,
		"#!/bin/sh\n"
		"#SBATCH --job-name=nvsim-sweep\n"
		"#SBATCH --array=0-%zu\n"
		"#SBATCH --output=/dev/null\n"
		"# %zu cells: task N computes cell N, N + %zu and so on; what is there is left "
		"alone.\n"
		"# The exit status is that of the last cell that failed.\n"
		"cell=${SLURM_ARRAY_TASK_ID:?is set by sbatch}\n"
		"status=0\n"
		"cd ",
		tasks - 1, j->cells, tasks);
	put_quoted(out, j->folder);
	fputs(" && mkdir -p -- ", out);
	put_quoted(out, j->dir);
	fprintf(out, "/log || exit 4\nwhile [ \"$cell\" -lt %zu ]; do\n\t", j->cells);
	put_command(j, out, "\"$cell\"");
	fputs(" \\\n\t\t>", out);
	put_quoted(out, j->dir);
	fprintf(out,
		"/log/\"$cell\".log 2>&1 || status=$?\n"
		"\tcell=$((cell + %zu))\n"
		"done\n"
		"exit $status\n",
		tasks);
}

void sweep_jobs_parallel(const struct sweep_jobs *j, FILE *out)
{
	char number[24];

	for (size_t i = 0; i < j->cells; i++) {
		snprintf(number, sizeof(number), "%zu", i);
		fputs("cd ", out);
		put_quoted(out, j->folder);
		fputs(" && ", out);
		put_command(j, out, number);
		fputc('\n', out);
	}
}

/* ---- child processes ---- */

struct child {
	pid_t pid; /* 0: none */
	size_t number;
};

/* A child ends with its parent, however that ends. */
static void become_cell(const struct sweep_jobs *j, size_t number, pid_t parent)
{
	char text[24];
	const char *const argv[] = {"nvsim", j->memory ? j->memory : "nvsim",
				    "sweep", "-o",
				    j->dir,  "--cell",
				    text,    "--",
				    j->spec, NULL};

	snprintf(text, sizeof(text), "%zu", number);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() == parent)
		execv(j->program, (char *const *)argv + !j->memory);
	_exit(4);
}

/* False: errno. */
static bool start(const struct sweep_jobs *j, size_t number, struct child *children)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0)
		become_cell(j, number, parent);
	if (pid < 0)
		return false;
	while (children->pid)
		children++;
	*children = (struct child){pid, number};
	return true;
}

/* Whoever became this program may have left it children that are no cells. */
static struct child *wait_for_one(struct child *children, size_t count, int *status)
{
	for (;;) {
		pid_t pid = wait(status);

		for (size_t i = 0; i < count && pid > 0; i++)
			if (children[i].pid == pid)
				return &children[i];
	}
}

/* Where no more processes are to be had, one that ends makes room. */
enum nvt_status sweep_jobs_run(const struct sweep_jobs *j, const size_t *numbers, size_t count,
			       size_t at_once, sweep_ended_fn *ended, void *arg,
			       struct nvt_error *err)
{
	struct child *children = calloc(at_once, sizeof(*children)), *child;
	size_t running = 0, next = 0;
	int status;

	if (!children)
		return nvt_fail(err, NVT_ENOMEM, "out of memory");
	/* Whoever started us may have it ignored, and nobody could be waited for. */
	signal(SIGCHLD, SIG_DFL);
	while (next < count || running) {
		if (next < count && running < at_once && start(j, numbers[next], children)) {
			running++;
			next++;
		} else if (running) {
			child = wait_for_one(children, at_once, &status);
			child->pid = 0;
			ended(arg, child->number,
			      WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
			running--;
		} else {
			break;
		}
	}
	free(children);
	return next == count
		       ? NVT_OK
		       : nvt_fail(err, NVT_EENV, "no process can be started: %s", strerror(errno));
}
