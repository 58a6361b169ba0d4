/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fail.h"
#include "utf8.h"
#include "workload.h"

/* In the child: waits for the word, then becomes the command. */
static void become(const char *const *argv, int go, int failed)
{
	ssize_t got;
	char word;
	int error;

	/* The recorder ignores it. Signals that it handles get their default back by exec. */
	signal(SIGPIPE, SIG_DFL);
	if (fcntl(STDOUT_FILENO, F_GETFD) & FD_CLOEXEC)
		dup2(STDERR_FILENO, STDOUT_FILENO);
	while ((got = read(go, &word, 1)) < 0 && errno == EINTR)
		continue;
	/* Without the word the recorder has given up. */
	if (got != 1)
		_exit(127);
	execvp(argv[0], (char *const *)argv);
	error = errno;
	if (write(failed, &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

static void close_both(const int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

enum nvt_status record_workload_fork(struct record_workload *w, const char *const *argv,
				     struct nvt_error *err)
{
	int go[2], failed[2];

	*w = (struct record_workload){.pid = 0};
	if (pipe2(go, O_CLOEXEC) < 0)
		return record_fail(err, "no pipe: %s", strerror(errno));
	if (pipe2(failed, O_CLOEXEC) < 0) {
		close_both(go);
		return record_fail(err, "no pipe: %s", strerror(errno));
	}
	w->pid = fork();
	if (w->pid < 0) {
		w->pid = 0;
		close_both(go);
		close_both(failed);
		return record_fail(err, "%s: cannot be started: %s", argv[0], strerror(errno));
	}
	if (!w->pid) {
		close(go[1]);
		close(failed[0]);
		become(argv, go[0], failed[1]);
	}
	close(go[0]);
	close(failed[1]);
	w->go = go[1];
	w->failed = failed[0];
	w->status = RECORD_RUNS_ON;
	return NVT_OK;
}

enum nvt_status record_workload_start(struct record_workload *w, const char *name,
				      struct nvt_error *err)
{
	int error = 0;
	bool told = write(w->go, "", 1) == 1;

	close(w->go);
	w->go = -1;
	while (told && read(w->failed, &error, sizeof(error)) < 0 && errno == EINTR)
		;
	close(w->failed);
	w->failed = -1;
	return error ? record_fail(err, "%s: cannot be run: %s", name, strerror(error)) : NVT_OK;
}

bool record_workload_over(struct record_workload *w)
{
	if (w->pid && !w->ended)
		w->ended = waitpid(w->pid, &w->status, WNOHANG) == w->pid;
	return w->ended;
}

#define PATIENCE_MS 2000

void record_workload_end(struct record_workload *w)
{
	const struct timespec moment = {.tv_nsec = 10000000};

	if (!w->pid)
		return;
	if (w->go > 0)
		close(w->go);
	if (w->failed > 0)
		close(w->failed);
	w->go = w->failed = -1;
	if (!record_workload_over(w))
		kill(w->pid, SIGTERM);
	for (int ms = 0; ms < PATIENCE_MS && !record_workload_over(w); ms += 10)
		nanosleep(&moment, NULL);
}

void record_workload_describe(const char *const *argv, char *text, size_t size)
{
	size_t used = 0, n;
	uint32_t code;

	*text = 0;
	for (size_t i = 0; argv[i] && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " " : "", argv[i]);
	for (char *s = text; *s; s += n ? n : 1) {
		n = nvt_utf8(s, strlen(s), &code);
		if (!n)
			*s = '?';
	}
}
