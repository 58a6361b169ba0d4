/* SPDX-License-Identifier: GPL-2.0-only */
/* A child in an emulator's place: a shell that prints frames, hangs, or waits to be typed at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <signal.h>
#include <time.h>
#include <cmocka.h>

#include "folder.h"
#include "launch.h"
#include "../traces/files.h"

/* A shell function that prints a frame: the fields are all that matters. */
static char *script_of(const char *body)
{
	static char script[4096];
	struct hw_line l;
	size_t used = 0;
	static const char *const types[] = {"hello", "progress", "refused", "end"};

	for (unsigned int i = 0; i < 4; i++) {
		hw_line_begin(&l, i, types[i]);
		hw_line_number(&l, "status", 0);
		hw_line_end(&l);
		used += (size_t)snprintf(script + used, sizeof(script) - used,
					 "%s() { printf '%.*s\\n'; }\n", types[i], (int)l.used - 2,
					 l.text);
	}
	snprintf(script + used, sizeof(script) - used, "%s\n", body);
	return script;
}

static struct hw_launch_end launch_shell(struct hw_launch *how, const char *body)
{
	char *argv[] = {"sh", "-c", script_of(body), NULL};
	struct hw_launch_end end;

	how->argv = argv;
	how->collect = hw_collect_new();
	assert_non_null(how->collect);
	end = hw_launch(how);
	hw_collect_finish(how->collect);
	return end;
}

static void the_end_of_the_run_ends_the_child(void **state)
{
	struct hw_launch how = {.timeout_s = 20};
	struct hw_launch_end end;
	int64_t pid = 0;
	char *text;

	(void)state;
	how.log = fopen(scratch_path("log"), "w");
	end = launch_shell(&how, "echo pid $$; hello; echo noise; progress; end; sleep 60");
	assert_int_equal(end.how, HW_OVER);
	assert_int_equal(hw_collect_run(how.collect)->seen, 3);
	fclose(how.log);
	text = read_file(scratch_path("log"), NULL);
	assert_non_null(strstr(text, "noise"));
	assert_int_equal(sscanf(text, "pid %ld", &pid), 1);
	assert_int_equal(kill((pid_t)pid, 0), -1);
	assert_int_equal(errno, ESRCH);
	free(text);
	hw_collect_free(how.collect);
}

static void a_hang_is_noticed(void **state)
{
	struct hw_launch how = {.timeout_s = 1};
	struct hw_launch_end end =
		launch_shell(&how, "hello; progress; while :; do echo noise; sleep 0.1; done");
	char last[256];

	(void)state;
	assert_int_equal(end.how, HW_HUNG);
	hw_run_last(hw_collect_run(how.collect), last, sizeof(last));
	assert_string_equal(last, "1 progress status=0");
	hw_collect_free(how.collect);
}

/* Nor by noise without a pause, nor by one frame again and again. */
static void a_loud_hang_is_noticed(void **state)
{
	static const char *const bodies[] = {"hello; progress; exec yes noise",
					     "hello; progress; while :; do progress; done",
					     "hello; progress; yes noise >&2"};

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct hw_launch how = {.timeout_s = 1};

		assert_int_equal(launch_shell(&how, bodies[i]).how, HW_HUNG);
		assert_int_equal(hw_collect_run(how.collect)->seen, 2);
		hw_collect_free(how.collect);
	}
}

/* Without a console it is over, whatever it goes on saying elsewhere. */
static void a_console_that_ends_before_the_child(void **state)
{
	struct hw_launch how = {.timeout_s = 60};
	time_t start = time(NULL);

	(void)state;
	assert_int_equal(launch_shell(&how, "hello; exec yes noise >&2").how, HW_ENDED);
	assert_true(time(NULL) - start < 30);
	hw_collect_free(how.collect);
}

static void frames_put_the_hang_off(void **state)
{
	struct hw_launch how = {.timeout_s = 3};
	struct hw_launch_end end = launch_shell(&how, "hello; sleep 1.6; progress; sleep 1.6; end");

	(void)state;
	assert_int_equal(end.how, HW_OVER);
	hw_collect_free(how.collect);
}

static void a_child_that_ends_says_why(void **state)
{
	struct hw_launch how = {.timeout_s = 20};
	struct hw_launch_end end =
		launch_shell(&how, "hello; echo first >&2; echo no such cpu >&2");

	(void)state;
	assert_int_equal(end.how, HW_ENDED);
	assert_string_equal(end.said, "no such cpu");
	hw_collect_free(how.collect);
}

/* Without the frame `end` nothing can follow but last words. */
static void what_is_refused_is_over_soon(void **state)
{
	struct hw_launch how = {.timeout_s = 60};
	time_t start = time(NULL);
	struct hw_launch_end end = launch_shell(&how, "hello; progress; refused; sleep 60");

	(void)state;
	assert_int_equal(end.how, HW_OVER);
	assert_int_equal(hw_collect_run(how.collect)->seen, 3);
	assert_true(time(NULL) - start < 30);
	hw_collect_free(how.collect);
}

static void lines_are_typed_when_they_are_waited_for(void **state)
{
	static const char *const lines[] = {"load it", "boot it", NULL};
	struct hw_launch how = {
		.timeout_s = 20, .stop = "Hit any key", .prompt = "=> ", .type = lines};
	struct hw_launch_end end = launch_shell(
		&how,
		"printf 'Hit any'; sleep 0.1; printf ' key: 2 '; read x; [ -z \"$x\" ] || exit 1\n"
		"printf '\\n=> '; read x; [ \"$x\" = 'load it' ] || exit 2\n"
		"printf '%s\\n=> ' \"$x\"; read x; [ \"$x\" = 'boot it' ] || exit 3\n"
		"hello; end; sleep 60");

	(void)state;
	assert_int_equal(end.how, HW_OVER);
	hw_collect_free(how.collect);
}

static void what_cannot_be_started(void **state)
{
	char *argv[] = {"/nonexistent/emulator", NULL}, text[16];
	struct hw_launch how = {.argv = argv, .timeout_s = 20, .collect = hw_collect_new()};
	struct hw_launch_end end = hw_launch(&how);

	(void)state;
	assert_int_equal(end.how, HW_NOT_STARTED);
	assert_int_equal(end.error, ENOENT);
	end = hw_launch_read(argv, 20, text, sizeof(text));
	assert_int_equal(end.how, HW_NOT_STARTED);
	assert_int_equal(end.error, ENOENT);
	hw_collect_free(how.collect);
}

static void output_is_read_as_far_as_it_fits(void **state)
{
	char *argv[] = {"sh", "-c", "printf 0123456789; printf abcdefghij", NULL}, text[16];

	(void)state;
	assert_int_equal(hw_launch_read(argv, 20, text, sizeof(text)).how, HW_ENDED);
	assert_string_equal(text, "0123456789abcde");
}

/* More on standard error than a pipe holds, or no end: neither keeps the caller. */
static void what_is_read_has_an_end(void **state)
{
	char *loud[] = {"sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x >&2; echo out", NULL};
	char *stuck[] = {"sh", "-c", "echo out; echo no disk >&2; sleep 60", NULL}, text[16];
	struct hw_launch_end end = hw_launch_read(loud, 20, text, sizeof(text));

	(void)state;
	assert_int_equal(end.how, HW_ENDED);
	assert_string_equal(text, "out\n");
	end = hw_launch_read(stuck, 1, text, sizeof(text));
	assert_int_equal(end.how, HW_HUNG);
	assert_string_equal(text, "out\n");
	assert_string_equal(end.said, "no disk");
}

static void a_folder_goes_with_what_is_in_it(void **state)
{
	struct nvt_buffer data = {.data = (uint8_t *)"bytes", .size = 5};
	struct nvt_error err = {0};
	struct hw_folder f;
	char inner[256], *text;
	const char *path;
	size_t size = 0;

	(void)state;
	assert_int_equal(hw_folder_open(&f, &err), NVT_OK);
	snprintf(inner, sizeof(inner), "%s", f.path[0]);
	assert_non_null(hw_folder_add(&f, "a", &err));
	path = hw_folder_write(&f, "a/b", &data, &err);
	assert_non_null(path);
	text = read_file(path, &size);
	assert_int_equal(size, 5);
	assert_memory_equal(text, "bytes", 5);
	free(text);
	assert_null(hw_folder_write(&f, "no/such", &data, &err));
	assert_int_equal(err.status, NVT_EENV);
	hw_folder_close(&f);
	assert_int_equal(access(inner, F_OK), -1);
	setenv("TMPDIR", "/nonexistent", 1);
	assert_int_equal(hw_folder_open(&f, &err), NVT_EENV);
	hw_folder_close(&f);
	unsetenv("TMPDIR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_end_of_the_run_ends_the_child),
		cmocka_unit_test(a_hang_is_noticed),
		cmocka_unit_test(a_loud_hang_is_noticed),
		cmocka_unit_test(a_console_that_ends_before_the_child),
		cmocka_unit_test(frames_put_the_hang_off),
		cmocka_unit_test(a_child_that_ends_says_why),
		cmocka_unit_test(what_is_refused_is_over_soon),
		cmocka_unit_test(lines_are_typed_when_they_are_waited_for),
		cmocka_unit_test(what_cannot_be_started),
		cmocka_unit_test(output_is_read_as_far_as_it_fits),
		cmocka_unit_test(what_is_read_has_an_end),
		cmocka_unit_test(a_folder_goes_with_what_is_in_it),
	};
	int failed;

	signal(SIGPIPE, SIG_IGN);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	remove_scratch();
	return failed;
}
