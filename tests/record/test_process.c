/* SPDX-License-Identifier: GPL-2.0-only */
/* Which process a number means, and when that one has ended. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "process.h"

static int thread_told[2], process_told[2];

/* Closing the pipe's other end ends what waits on it. */
static void wait_for_end(int fd)
{
	char word;

	if (read(fd, &word, 1) != 0)
		_exit(1);
}

static void *thread(void *arg)
{
	pid_t number = (pid_t)syscall(SYS_gettid);

	if (write(*(int *)arg, &number, sizeof(number)) != sizeof(number))
		_exit(1);
	wait_for_end(thread_told[0]);
	return NULL;
}

/* A process with a second thread, whose number comes out of `numbers`. */
static void run_two_threads(int numbers)
{
	pthread_t second;

	close(thread_told[1]);
	close(process_told[1]);
	if (pthread_create(&second, NULL, thread, &numbers))
		_exit(1);
	pthread_join(second, NULL);
	if (write(numbers, "", 1) != 1)
		_exit(1);
	wait_for_end(process_told[0]);
	_exit(0);
}

static void a_thread_s_number_means_its_process(void **state)
{
	struct record_process p;
	struct nvt_error err;
	pid_t child, number;
	int numbers[2];
	siginfo_t info;
	char word;

	(void)state;
	assert_int_equal(pipe(numbers) | pipe(thread_told) | pipe(process_told), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child)
		run_two_threads(numbers[1]);
	assert_int_equal(read(numbers[0], &number, sizeof(number)), sizeof(number));
	assert_int_not_equal(number, child);
	assert_int_equal(record_process_open(&p, number, &err), NVT_OK);
	assert_int_equal(p.pid, child);
	assert_false(record_process_over(&p));
	/* The thread's end is not the process's. */
	close(thread_told[1]);
	assert_int_equal(read(numbers[0], &word, 1), 1);
	assert_false(record_process_over(&p));
	/* Nobody has reaped it yet. */
	close(process_told[1]);
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	assert_true(record_process_over(&p));
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_true(record_process_over(&p));
	record_process_close(&p);
	close(thread_told[0]);
	close(process_told[0]);
	close(numbers[0]);
	close(numbers[1]);
}

static void no_process_is_said(void **state)
{
	struct record_process p;
	struct nvt_error err;
	pid_t child = fork();

	(void)state;
	if (!child)
		_exit(0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(record_process_open(&p, child, &err), NVT_EENV);
	assert_non_null(strstr(err.text, "there is no process"));
	record_process_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_s_number_means_its_process),
		cmocka_unit_test(no_process_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
