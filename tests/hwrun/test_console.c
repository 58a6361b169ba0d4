/* SPDX-License-Identifier: GPL-2.0-only */
/* Serial lines, which pseudo-terminals stand for, pipes and files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

#include "console.h"

/* The board's end of a line, and ours. */
struct line {
	int board;
	struct hw_console console;
	struct hw_collect *collect;
	unsigned int told; /* calls of tell() */
};

/* The other end is kept open by nobody else: closing it is the board's going away. */
static void connect(struct line *l, unsigned int baud)
{
	*l = (struct line){.board = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
	if (l->board < 0)
		skip(); /* no pseudo-terminals here */
	assert_int_equal(grantpt(l->board), 0);
	assert_int_equal(unlockpt(l->board), 0);
	assert_true(hw_console_open(&l->console, ptsname(l->board), baud));
	l->collect = hw_collect_new();
	assert_non_null(l->collect);
}

static void disconnect(struct line *l)
{
	hw_console_close(&l->console);
	if (l->board >= 0)
		close(l->board);
	hw_collect_free(l->collect);
}

static void say(int fd, const char *text)
{
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void send_frame(int fd, uint32_t sequence, const char *type)
{
	struct hw_line l;

	hw_line_begin(&l, sequence, type);
	hw_line_text(&l, "text", "a b");
	hw_line_end(&l);
	assert_int_equal(write(fd, l.text, l.used), l.used);
}

static void tell(void *arg, const struct hw_run *run)
{
	struct line *l = arg;

	assert_ptr_equal(run, hw_collect_run(l->collect));
	l->told++;
}

static enum hw_console_state read_line(struct line *l)
{
	return hw_console_read(&l->console, l->collect, 1, tell, l);
}

static void a_line_is_set_as_boards_need_it(void **state)
{
	struct termios t;
	struct line l;

	(void)state;
	connect(&l, HW_BAUD_DEFAULT);
	assert_true(l.console.watched);
	assert_int_equal(tcgetattr(l.console.fd, &t), 0);
	assert_int_equal(cfgetispeed(&t), B115200);
	assert_int_equal(cfgetospeed(&t), B115200);
	assert_int_equal(t.c_lflag & (ICANON | ECHO | ISIG), 0);
	assert_int_equal(t.c_iflag & (ICRNL | INLCR | IXON | ISTRIP), 0);
	assert_int_equal(t.c_cflag & (CS8 | CLOCAL | CREAD), CS8 | CLOCAL | CREAD);
	disconnect(&l);
}

/* The table of texts and that of speeds have the same rows. */
static void every_rate_is_set(void **state)
{
	static const struct {
		const char *text;
		speed_t speed;
	} some[] = {
		{"9600", B9600}, {"115200", B115200}, {"921600", B921600}, {"3000000", B3000000}};
	unsigned int met = 0;

	(void)state;
	for (unsigned int i = 0; hw_baud_rates[i]; i++) {
		struct termios t;
		struct line l;

		connect(&l, i);
		assert_int_equal(tcgetattr(l.console.fd, &t), 0);
		for (size_t k = 0; k < sizeof(some) / sizeof(some[0]); k++)
			if (strcmp(hw_baud_rates[i], some[k].text) == 0) {
				assert_int_equal(cfgetispeed(&t), some[k].speed);
				met++;
			}
		disconnect(&l);
	}
	assert_int_equal(met, 4);
	assert_string_equal(hw_baud_rates[HW_BAUD_DEFAULT], "115200");
}

static void a_line_is_read_until_the_run_is_over(void **state)
{
	struct line l;

	(void)state;
	connect(&l, HW_BAUD_DEFAULT);
	say(l.board, "U-Boot\r\n");
	send_frame(l.board, 0, "hello");
	send_frame(l.board, 1, "end");
	assert_int_equal(read_line(&l), HW_CONSOLE_OVER);
	assert_int_equal(hw_collect_run(l.collect)->seen, 2);
	assert_true(l.told > 0);
	disconnect(&l);
}

static void output_without_frames_is_silence(void **state)
{
	struct line l;

	(void)state;
	connect(&l, HW_BAUD_DEFAULT);
	send_frame(l.board, 0, "hello");
	say(l.board, "a kernel talks on and on\r\n");
	assert_int_equal(read_line(&l), HW_CONSOLE_SILENT);
	assert_int_equal(hw_collect_run(l.collect)->seen, 1);
	disconnect(&l);
}

static void a_board_that_goes_away_ends_the_run(void **state)
{
	struct line l;

	(void)state;
	connect(&l, HW_BAUD_DEFAULT);
	send_frame(l.board, 0, "hello");
	close(l.board);
	l.board = -1;
	assert_int_equal(read_line(&l), HW_CONSOLE_OVER);
	assert_false(hw_run_is_over(hw_collect_run(l.collect)));
	disconnect(&l);
}

/* A log may hold several runs: `end` is not its end. */
static void a_file_is_read_to_its_end(void **state)
{
	char path[] = "/tmp/test_console.XXXXXX";
	struct line l = {.board = mkstemp(path), .collect = hw_collect_new()};

	(void)state;
	assert_true(l.board >= 0);
	send_frame(l.board, 0, "hello");
	send_frame(l.board, 1, "end");
	send_frame(l.board, 0, "hello");
	say(l.board, "~nv1 1 no frame, and no line's end");
	assert_true(hw_console_open(&l.console, path, HW_BAUD_DEFAULT));
	assert_false(l.console.watched);
	assert_int_equal(read_line(&l), HW_CONSOLE_OVER);
	assert_int_equal(hw_collect_run(l.collect)->earlier, 1);
	assert_int_equal(hw_collect_run(l.collect)->damaged, 1);
	unlink(path);
	disconnect(&l);
}

static void a_pipe_may_be_watched_like_a_line(void **state)
{
	struct line l = {.collect = hw_collect_new()};
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	l.console = (struct hw_console){.fd = ends[0], .watched = true};
	l.board = ends[1];
	send_frame(l.board, 0, "hello");
	assert_int_equal(read_line(&l), HW_CONSOLE_SILENT);
	send_frame(l.board, 1, "end");
	assert_int_equal(read_line(&l), HW_CONSOLE_OVER);
	assert_true(hw_run_is_over(hw_collect_run(l.collect)));
	disconnect(&l);
}

static void what_is_not_there_is_not_opened(void **state)
{
	struct hw_console c;

	(void)state;
	assert_false(hw_console_open(&c, "/nonexistent/line", HW_BAUD_DEFAULT));
	assert_int_equal(errno, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_set_as_boards_need_it),
		cmocka_unit_test(every_rate_is_set),
		cmocka_unit_test(a_line_is_read_until_the_run_is_over),
		cmocka_unit_test(output_without_frames_is_silence),
		cmocka_unit_test(a_board_that_goes_away_ends_the_run),
		cmocka_unit_test(a_file_is_read_to_its_end),
		cmocka_unit_test(a_pipe_may_be_watched_like_a_line),
		cmocka_unit_test(what_is_not_there_is_not_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
