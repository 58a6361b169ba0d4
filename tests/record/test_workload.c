/* SPDX-License-Identifier: GPL-2.0-only */
/* What a recorded command inherits, and how it begins and ends. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "workload.h"

#define SHELL(script) ((const char *const[]){"sh", "-c", script, NULL})

static struct record_workload begin(const char *const *argv)
{
	struct record_workload w;
	struct nvt_error err;

	assert_int_equal(record_workload_fork(&w, argv, &err), NVT_OK);
	return w;
}

/* Its status, when it has ended by itself. */
static int run(const char *const *argv)
{
	struct record_workload w = begin(argv);
	struct nvt_error err;

	assert_int_equal(record_workload_start(&w, argv[0], &err), NVT_OK);
	while (!record_workload_over(&w))
		usleep(1000);
	record_workload_end(&w);
	return w.status;
}

static void it_waits_for_the_word(void **state)
{
	struct record_workload w = begin(SHELL("exit 3"));
	struct nvt_error err;

	(void)state;
	usleep(50000);
	assert_false(record_workload_over(&w));
	assert_int_equal(record_workload_start(&w, "sh", &err), NVT_OK);
	while (!record_workload_over(&w))
		usleep(1000);
	assert_int_equal(WEXITSTATUS(w.status), 3);
	record_workload_end(&w);
}

/* Whatever errno had been before. */
static void without_the_word_it_ends(void **state)
{
	struct record_workload w;
	int status;

	(void)state;
	errno = EINTR;
	w = begin(SHELL("exit 3"));
	close(w.go);
	w.go = -1;
	for (int ms = 0; ms < 1000 && !record_workload_over(&w); ms++)
		usleep(1000);
	status = w.status;
	record_workload_end(&w);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 127);
}

static void what_cannot_be_run_is_said(void **state)
{
	const char *const argv[] = {"/no/such/command", NULL};
	struct record_workload w = begin(argv);
	struct nvt_error err;

	(void)state;
	assert_int_equal(record_workload_start(&w, argv[0], &err), NVT_EENV);
	assert_string_equal(err.text, "/no/such/command: cannot be run: No such file or directory");
	record_workload_end(&w);
}

/* As under nohup, or in the background of a shell without job control. */
static void ignored_signals_stay_so(void **state)
{
	int status;

	(void)state;
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	status = run(SHELL("kill -HUP $$; kill -INT $$; exit 3"));
	signal(SIGHUP, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 3);
}

static void handle(int number)
{
	(void)number;
}

static void other_signals_have_their_default(void **state)
{
	(void)state;
	signal(SIGINT, handle);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(run(SHELL("kill -INT $$; exit 3")), SIGINT);
	assert_int_equal(run(SHELL("kill -PIPE $$; exit 3")), SIGPIPE);
	signal(SIGINT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
}

/* Runs the script with those two as standard output and error, the former closed at exec or not. */
static void run_with(int out, int err, int flags, const char *script)
{
	int own_out = dup(STDOUT_FILENO), own_err = dup(STDERR_FILENO);

	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	fcntl(STDOUT_FILENO, F_SETFD, flags);
	run(SHELL(script));
	dup2(own_out, STDOUT_FILENO);
	dup2(own_err, STDERR_FILENO);
	close(own_out);
	close(own_err);
}

static const char *content(int fd)
{
	static char text[64];
	ssize_t got = pread(fd, text, sizeof(text) - 1, 0);

	text[got > 0 ? got : 0] = 0;
	return text;
}

static int temporary(void)
{
	char name[] = "/tmp/nvsim-workload-XXXXXX";
	int fd = mkostemp(name, O_CLOEXEC);

	assert_true(fd >= 0);
	unlink(name);
	return fd;
}

static void the_trace_s_output_is_not_its_own(void **state)
{
	int out = temporary(), err = temporary();

	(void)state;
	run_with(out, err, 0, "echo one; echo two >&2");
	assert_string_equal(content(out), "one\n");
	assert_string_equal(content(err), "two\n");
	run_with(out, err, FD_CLOEXEC, "echo three");
	assert_string_equal(content(out), "one\n");
	assert_string_equal(content(err), "two\nthree\n");
	close(out);
	close(err);
}

static void it_is_asked_to_end(void **state)
{
	struct record_workload w = begin(SHELL("exec sleep 60"));
	struct nvt_error err;

	(void)state;
	assert_int_equal(record_workload_start(&w, "sh", &err), NVT_OK);
	assert_int_equal(w.status, RECORD_RUNS_ON);
	record_workload_end(&w);
	assert_int_equal(w.status, SIGTERM);
}

static void one_that_does_not_end_runs_on(void **state)
{
	struct record_workload w;
	struct nvt_error err;

	(void)state;
	signal(SIGTERM, SIG_IGN);
	w = begin(SHELL("exec sleep 60"));
	signal(SIGTERM, SIG_DFL);
	assert_int_equal(record_workload_start(&w, "sh", &err), NVT_OK);
	record_workload_end(&w);
	kill(w.pid, SIGKILL);
	waitpid(w.pid, NULL, 0);
	assert_int_equal(w.status, RECORD_RUNS_ON);
}

static void its_words_are_utf8(void **state)
{
	char text[8];

	(void)state;
	record_workload_describe((const char *const[]){"a", "bc", NULL}, text, sizeof(text));
	assert_string_equal(text, "a bc");
	record_workload_describe((const char *const[]){"\xff\xc3", "\xe2\x82\xac", NULL}, text,
				 sizeof(text));
	assert_string_equal(text, "?? \xe2\x82\xac");
	/* Cut within the second euro sign. */
	record_workload_describe((const char *const[]){"ab\xe2\x82\xac\xe2\x82\xac", "c", NULL},
				 text, sizeof(text));
	assert_string_equal(text, "ab\xe2\x82\xac??");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_waits_for_the_word),
		cmocka_unit_test(without_the_word_it_ends),
		cmocka_unit_test(what_cannot_be_run_is_said),
		cmocka_unit_test(ignored_signals_stay_so),
		cmocka_unit_test(other_signals_have_their_default),
		cmocka_unit_test(the_trace_s_output_is_not_its_own),
		cmocka_unit_test(it_is_asked_to_end),
		cmocka_unit_test(one_that_does_not_end_runs_on),
		cmocka_unit_test(its_words_are_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
