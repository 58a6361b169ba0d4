/* SPDX-License-Identifier: GPL-2.0-only */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "error.h"
#include "limit.h"

/* ---- the signal that ends it ---- */

static volatile sig_atomic_t stopped, running; /* running: pid of the child, or 0 */

void child_stop(void)
{
	stopped = 1;
	if (running)
		kill((pid_t)running, SIGTERM);
}

bool child_stopped(void)
{
	return stopped;
}

/* ---- the command ---- */

bool child_exists(const char *name)
{
	const char *path = getenv("PATH");
	char file[PATH_MAX];

	if (strchr(name, '/'))
		return access(name, X_OK) == 0;
	while (path && *path) {
		size_t length = strcspn(path, ":");

		snprintf(file, sizeof(file), "%.*s/%s", (int)length, path, name);
		if (access(file, X_OK) == 0)
			return true;
		path += length + (path[length] == ':');
	}
	return false;
}

static void describe(const char *const *argv, char *text, size_t size)
{
	size_t used = 0;

	*text = 0;
	for (; *argv && used < size; argv++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " " : "", *argv);
}

static unsigned int limit;

void child_limit(unsigned int seconds)
{
	limit = seconds;
}

int child_cpus(void)
{
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0)
		return CPU_COUNT(&allowed);
	return (int)sysconf(_SC_NPROCESSORS_ONLN); /* more than the set has room for */
}

/* The first that it may run on: both commands of a pair get the same. */
static void stay_on(int cpus)
{
	cpu_set_t allowed, chosen;

	if (!cpus || sched_getaffinity(0, sizeof(allowed), &allowed))
		return;
	CPU_ZERO(&chosen);
	for (size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&chosen) < cpus; i++)
		if (CPU_ISSET(i, &allowed))
			CPU_SET(i, &chosen);
	sched_setaffinity(0, sizeof(chosen), &chosen);
}

/*
 * The child goes when this program goes; signals are as they are for any other command. An alarm
 * outlasts exec.
 */
__attribute__((noreturn)) static void become(const char *const *argv, int said,
					     const struct child_options *o, pid_t parent)
{
	int null = open("/dev/null", O_RDWR);

	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	nvt_limit_lift();
	signal(SIGALRM, SIG_DFL);
	alarm(limit);
	stay_on(o->cpus);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() == parent && null >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
	    dup2(null, STDOUT_FILENO) >= 0 && dup2(said, STDERR_FILENO) >= 0)
		execvp(argv[0], (char *const *)argv);
	dprintf(said, "%s\n", strerror(errno));
	_exit(127);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The most that it had resident; getrusage would count what this program had before exec, too. */
static uint64_t peak_of(pid_t pid)
{
	char path[64], line[256];
	uint64_t kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f) && sscanf(line, "VmHWM: %" SCNu64, &kib) != 1)
		;
	if (f)
		fclose(f);
	return kib;
}

/* It stops where it exits, when its memory is still there, and where it gets a signal. */
static void go_on(pid_t pid, int stop, struct child_cost *cost)
{
	int event = stop >> 8;

	if (event == PTRACE_EVENT_EXIT)
		cost->peak_kib = peak_of(pid);
	ptrace(PTRACE_CONT, pid, NULL, event ? 0L : (long)stop);
}

/* Until it is dead, but not yet reaped: its pid is nobody else's. */
static void await(pid_t pid, const struct child_options *o, struct child_cost *cost)
{
	siginfo_t info = {0};

	if (o->peak)
		ptrace(PTRACE_SEIZE, pid, NULL, (long)PTRACE_O_TRACEEXIT);
	for (;;) {
		if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0)
			continue;
		if (info.si_code != CLD_TRAPPED)
			return;
		go_on(pid, info.si_status, cost);
	}
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* The end of what it said, without trailing blanks. */
static void read_said(int said, char *text, size_t size)
{
	off_t length = lseek(said, 0, SEEK_END);
	off_t from = length > (off_t)size - 1 ? length - (off_t)size + 1 : 0;
	ssize_t got = pread(said, text, size - 1, from);

	text[got > 0 ? got : 0] = 0;
	while (*text && strchr(" \n", text[strlen(text) - 1]))
		text[strlen(text) - 1] = 0;
}

static enum nvt_status judge(const char *const *argv, int status, int said,
			     const struct child_options *o, struct nvt_error *err)
{
	bool unreadable =
		o->unreadable && WIFEXITED(status) && WEXITSTATUS(status) == o->unreadable;
	char words[256], text[256], how[64];
	const char *line;

	if (stopped)
		return nvt_fail(err, NVT_EENV, "stopped");
	if (o->said)
		read_said(said, o->said, o->room);
	if (WIFEXITED(status) && (!WEXITSTATUS(status) || WEXITSTATUS(status) == o->also))
		return NVT_OK;
	if (WIFEXITED(status))
		snprintf(how, sizeof(how), "exit status %d", WEXITSTATUS(status));
	else if (limit && WTERMSIG(status) == SIGALRM)
		snprintf(how, sizeof(how), "ended, for it takes longer than %u s", limit);
	else
		snprintf(how, sizeof(how), "ended by signal %d", WTERMSIG(status));
	describe(argv, words, sizeof(words));
	read_said(said, text, sizeof(text));
	line = strrchr(text, '\n') ? strrchr(text, '\n') + 1 : text;
	return nvt_fail(err, unreadable ? NVT_EINPUT : NVT_EENV, "%s: %s%s%s", words, how,
			*line ? ": " : "", line);
}

/* The other end is closed by exec, or by the child's end: until then its memory is this program's.
 */
static void await_exec(const int ends[2])
{
	char none;

	close(ends[1]);
	while (read(ends[0], &none, 1) < 0 && errno == EINTR)
		;
	close(ends[0]);
}

/* A signal that comes between fork and the assignment is seen by the check behind it. */
static enum nvt_status run(const char *const *argv, int said, const struct child_options *o,
			   struct child_cost *cost, struct nvt_error *err)
{
	pid_t parent = getpid(), pid;
	struct rusage usage;
	int status, ends[2];
	double start;

	if (pipe2(ends, O_CLOEXEC))
		return nvt_fail(err, NVT_EENV, "%s: no pipe: %s", argv[0], strerror(errno));
	fflush(NULL);
	start = now();
	pid = fork();
	if (pid == 0)
		become(argv, said, o, parent);
	if (pid < 0) {
		int why = errno;

		close(ends[0]);
		close(ends[1]);
		return nvt_fail(err, NVT_EENV, "%s: cannot be started: %s", argv[0], strerror(why));
	}
	running = pid;
	if (stopped)
		child_stop();
	await_exec(ends);
	await(pid, o, cost);
	cost->wall = now() - start;
	running = 0;
	while (wait4(pid, &status, 0, &usage) < 0)
		if (errno != EINTR)
			return nvt_fail(err, NVT_EENV, "%s: %s", argv[0], strerror(errno));
	cost->cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime);
	cost->page_faults = (uint64_t)(usage.ru_minflt + usage.ru_majflt);
	return judge(argv, status, said, o, err);
}

enum nvt_status child_run(const char *const *argv, const struct child_options *o,
			  struct child_cost *cost, struct nvt_error *err)
{
	int said = memfd_create("nvsim-bench-stderr", MFD_CLOEXEC);
	enum nvt_status status;

	*cost = (struct child_cost){0};
	if (said < 0)
		return nvt_fail(err, NVT_EENV, "%s: no file for what it says: %s", argv[0],
				strerror(errno));
	status = run(argv, said, o, cost, err);
	close(said);
	return status;
}
