/* SPDX-License-Identifier: GPL-2.0-only */
#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

const char *const hw_baud_rates[] = {
	"9600",	  "19200",   "38400",	"57600",   "115200",  "230400", "460800",
	"921600", "1000000", "1500000", "2000000", "3000000", NULL,
};
static const speed_t speeds[] = {
	B9600,	 B19200,  B38400,   B57600,   B115200,	B230400,
	B460800, B921600, B1000000, B1500000, B2000000, B3000000,
};

/* Bytes as they come, without flow control: boards' debug connectors have three wires. */
static bool make_raw(int fd, unsigned int baud)
{
	struct termios t;

	if (tcgetattr(fd, &t))
		return false;
	cfmakeraw(&t);
	t.c_cflag |= CLOCAL | CREAD;
	t.c_cflag &= ~(tcflag_t)CRTSCTS;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	return !cfsetspeed(&t, speeds[baud]) && !tcsetattr(fd, TCSANOW, &t);
}

/* Not blocking: a modem's line would wait for a carrier. */
bool hw_console_open(struct hw_console *c, const char *path, unsigned int baud)
{
	int saved;

	*c = (struct hw_console){.fd = STDIN_FILENO};
	if (strcmp(path, "-") == 0)
		return true;
	c->fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (c->fd < 0)
		return false;
	c->watched = isatty(c->fd);
	if (fcntl(c->fd, F_SETFL, 0) == 0 && (!c->watched || make_raw(c->fd, baud)))
		return true;
	saved = errno;
	hw_console_close(c);
	errno = saved;
	return false;
}

void hw_console_close(struct hw_console *c)
{
	if (c->fd > STDIN_FILENO)
		close(c->fd);
	c->fd = -1;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits for input; false: there is none until `deadline`. */
static bool wait_until(int fd, int64_t deadline)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t left;

	while ((left = deadline - now_ms()) > 0) {
		int got = poll(&p, 1, left < 1000 ? (int)left : 1000);

		if (got > 0 || (got < 0 && errno != EINTR))
			return true; /* the read tells what is the matter */
	}
	return false;
}

static uint64_t frames(const struct hw_run *r)
{
	return r->seen + r->repeated + r->earlier;
}

enum hw_console_state hw_console_read(struct hw_console *c, struct hw_collect *to,
				      unsigned int silence_seconds,
				      void (*tell)(void *arg, const struct hw_run *run), void *arg)
{
	const struct hw_run *run = hw_collect_run(to);
	int64_t silence = (int64_t)silence_seconds * 1000, deadline = now_ms() + silence;
	char piece[4096];

	while (!c->watched || !hw_run_is_over(run)) {
		uint64_t before = frames(run);
		ssize_t got;

		if (c->watched && !wait_until(c->fd, deadline))
			return HW_CONSOLE_SILENT;
		got = read(c->fd, piece, sizeof(piece));
		if (got < 0 && errno == EINTR)
			continue;
		/* EIO: whoever was at the other end is gone. */
		if (got < 0 && !(c->watched && errno == EIO))
			return HW_CONSOLE_FAILED;
		if (got <= 0)
			break;
		hw_collect_bytes(to, piece, (size_t)got);
		if (frames(run) != before)
			deadline = now_ms() + silence;
		if (tell)
			tell(arg, run);
	}
	hw_collect_finish(to);
	return HW_CONSOLE_OVER;
}
