/* SPDX-License-Identifier: GPL-2.0-only */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "limit.h"

#define DYING_MS      200  /* that a child has from the end of its console to its own */
#define LAST_WORDS_MS 2000 /* that a run which is refused, or fell over, has for its frames */

struct child {
	pid_t pid;
	int in, out, err; /* our ends of its standard input, output and error */
};

/* ---- start and end ---- */

enum { IN, OUT, ERR, TOLD, PIPES };

static void close_all(int pipes[PIPES][2])
{
	for (unsigned int i = 0; i < PIPES; i++)
		for (unsigned int j = 0; j < 2; j++)
			if (pipes[i][j] >= 0)
				close(pipes[i][j]);
}

/* What fails here is told through the last pipe, which a successful exec closes. */
__attribute__((noreturn)) static void become(char *const *argv, int pipes[PIPES][2], pid_t parent)
{
	ssize_t told;
	int error;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	nvt_limit_lift();
	if (dup2(pipes[IN][0], STDIN_FILENO) >= 0 && dup2(pipes[OUT][1], STDOUT_FILENO) >= 0 &&
	    dup2(pipes[ERR][1], STDERR_FILENO) >= 0)
		execvp(argv[0], argv);
	error = errno;
	told = write(pipes[TOLD][1], &error, sizeof(error));
	_exit(told == sizeof(error) ? 127 : 126);
}

static void end_child(struct child *c)
{
	if (c->pid > 0) {
		kill(c->pid, SIGKILL);
		while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	c->pid = 0;
	close(c->in);
	close(c->out);
	close(c->err);
}

/* 0 or an errno value. */
static int start_child(struct child *c, char *const *argv)
{
	int pipes[PIPES][2] = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
	pid_t parent = getpid();
	int error = 0;

	*c = (struct child){.in = -1, .out = -1, .err = -1};
	for (unsigned int i = 0; i < PIPES && !error; i++)
		error = pipe2(pipes[i], O_CLOEXEC) < 0 ? errno : 0;
	fflush(NULL);
	c->pid = error ? -1 : fork();
	if (c->pid == 0)
		become(argv, pipes, parent);
	if (!error && c->pid < 0)
		error = errno;
	if (error) {
		close_all(pipes);
		return error;
	}
	close(pipes[TOLD][1]);
	pipes[TOLD][1] = -1;
	if (read(pipes[TOLD][0], &error, sizeof(error)) != sizeof(error))
		error = 0;
	c->in = pipes[IN][1];
	c->out = pipes[OUT][0];
	c->err = pipes[ERR][0];
	pipes[IN][1] = pipes[OUT][0] = pipes[ERR][0] = -1;
	close_all(pipes);
	if (error)
		end_child(c);
	return error;
}

/* ---- typing ---- */

/* What the console has shown of late, and what it is waited for in it. */
struct typist {
	const struct hw_launch *launch;
	bool stopped;
	unsigned int next; /* line to be typed */
	char seen[256];
	size_t used;
};

static void type(struct typist *t, int in, const char *line)
{
	size_t size = strlen(line);

	/* A child that no longer reads is noticed by its end. */
	if (write(in, line, size) == (ssize_t)size && write(in, "\n", 1) == 1)
		t->used = 0;
}

static bool shows(const struct typist *t, const char *text)
{
	return text && memmem(t->seen, t->used, text, strlen(text)) != NULL;
}

static void watch(struct typist *t, int in, const char *data, size_t size)
{
	const struct hw_launch *l = t->launch;

	if (!l->type || !l->type[t->next])
		return;
	for (size_t i = 0; i < size; i++) {
		if (t->used == sizeof(t->seen)) {
			t->used /= 2;
			memmove(t->seen, t->seen + t->used, t->used);
		}
		t->seen[t->used++] = data[i];
	}
	if (!t->stopped && shows(t, l->stop)) {
		t->stopped = true;
		type(t, in, "");
	} else if (shows(t, l->prompt)) {
		type(t, in, l->type[t->next++]);
	}
}

/* ---- the run ---- */

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct session {
	const struct hw_launch *launch;
	struct child child;
	struct typist typist;
	int64_t deadline;
	uint64_t seen; /* frames */
	bool doomed;   /* nothing but last words can follow */
	struct hw_launch_end *end;
};

/* False: there is no more. */
static bool take_console(struct session *s)
{
	char data[16384];
	ssize_t got = read(s->child.out, data, sizeof(data));
	const struct hw_run *run;

	if (got <= 0)
		return got < 0 && errno == EINTR;
	if (s->launch->log)
		fwrite(data, 1, (size_t)got, s->launch->log);
	hw_collect_bytes(s->launch->collect, data, (size_t)got);
	watch(&s->typist, s->child.in, data, (size_t)got);
	run = hw_collect_run(s->launch->collect);
	if (run->seen == s->seen || s->doomed)
		return true;
	s->seen = run->seen;
	if (s->launch->step)
		s->launch->step(s->launch->arg, run);
	s->doomed = hw_kept(&run->refused) || hw_kept(&run->unexpected);
	s->deadline = now_ms() + (s->doomed ? LAST_WORDS_MS : s->launch->timeout_s * 1000ll);
	return true;
}

/* Keeps the last line that says something. */
static bool take_error(struct session *s)
{
	char data[sizeof(s->end->said)], *line, *rest = data;
	ssize_t got = read(s->child.err, data, sizeof(data) - 1);

	if (got <= 0)
		return got < 0 && errno == EINTR;
	data[got] = 0;
	while ((line = strsep(&rest, "\r\n")) != NULL)
		if (*line)
			memcpy(s->end->said, line, strlen(line) + 1);
	return true;
}

/* The console's end is the run's: all that was written before it is read. */
static enum hw_launched watch_child(struct session *s)
{
	struct pollfd fds[2] = {{.fd = s->child.out, .events = POLLIN},
				{.fd = s->child.err, .events = POLLIN}};
	const struct hw_run *run = hw_collect_run(s->launch->collect);

	while (!hw_run_is_over(run)) {
		int64_t left = s->deadline - now_ms();
		int ready = left > 0 ? poll(fds, 2, (int)left) : 0;

		if (ready == 0)
			return s->doomed ? HW_OVER : HW_HUNG;
		if (ready < 0)
			continue;
		if (fds[1].revents && !take_error(s))
			fds[1].fd = -1;
		if (fds[0].revents && !take_console(s))
			return s->doomed ? HW_OVER : HW_ENDED;
		run = hw_collect_run(s->launch->collect);
	}
	return HW_OVER;
}

struct hw_launch_end hw_launch(const struct hw_launch *launch)
{
	struct hw_launch_end end = {.how = HW_NOT_STARTED};
	struct session s = {.launch = launch, .typist = {.launch = launch}, .end = &end};
	struct pollfd said;

	end.error = start_child(&s.child, launch->argv);
	if (end.error)
		return end;
	s.deadline = now_ms() + launch->timeout_s * 1000ll;
	end.how = watch_child(&s);
	said = (struct pollfd){.fd = s.child.err, .events = POLLIN};
	/* A line on its way says why the child ended; one that never stops says nothing. */
	s.deadline = now_ms() + LAST_WORDS_MS;
	if (end.how == HW_ENDED)
		while (now_ms() < s.deadline && poll(&said, 1, DYING_MS) > 0 && take_error(&s))
			;
	end_child(&s.child);
	return end;
}

/* False: there is no more, or no room for it. */
static bool take_text(const struct child *c, char *text, size_t size, size_t *used)
{
	ssize_t got = read(c->out, text + *used, size - 1 - *used);

	if (got > 0)
		*used += (size_t)got;
	return got > 0 ? *used < size - 1 : got < 0 && errno == EINTR;
}

static enum hw_launched read_child(struct session *s, char *text, size_t size, size_t *used)
{
	struct pollfd fds[2] = {{.fd = s->child.out, .events = POLLIN},
				{.fd = s->child.err, .events = POLLIN}};

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		int64_t left = s->deadline - now_ms();
		int ready = left > 0 ? poll(fds, 2, (int)left) : 0;

		if (ready == 0)
			return HW_HUNG;
		if (ready < 0)
			continue;
		if (fds[1].revents && !take_error(s))
			fds[1].fd = -1;
		if (fds[0].revents && !take_text(&s->child, text, size, used))
			fds[0].fd = -1;
		if (*used == size - 1)
			break;
	}
	return HW_ENDED;
}

struct hw_launch_end hw_launch_read(char *const *argv, unsigned int timeout_s, char *text,
				    size_t size)
{
	struct hw_launch_end end = {.how = HW_NOT_STARTED};
	struct session s = {.end = &end};
	size_t used = 0;

	*text = 0;
	end.error = start_child(&s.child, argv);
	if (end.error)
		return end;
	s.deadline = now_ms() + timeout_s * 1000ll;
	end.how = read_child(&s, text, size, &used);
	text[used] = 0;
	end_child(&s.child);
	return end;
}
