/* SPDX-License-Identifier: GPL-2.0-only */
/* Front end for trace-cmd files: takes what dat_read.c sends. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "import/build.h"
#include "import/dat.h"

struct dat_receiver {
	struct imp_builder *b;
	struct imp_dat_info *info;
	struct imp_record record;
	bool ended;
	int fd;
	size_t start, limit;
	unsigned char buffer[2 * DAT_CHUNK] __attribute__((aligned(8)));
};

static enum nvt_status receive_record(struct dat_receiver *d, const struct dat_message *m,
				      const unsigned char *payload)
{
	struct imp_record *r = &d->record;

	r->time_ns = m->time_ns;
	r->pid = m->pid;
	r->cpu = m->cpu;
	r->event = m->event;
	r->has = m->value;
	if (m->event == IMP_EV_MARK) {
		r->text = (const char *)payload;
		r->text_length = strnlen(r->text, m->size);
		return imp_record(d->b, r);
	}
	for (uint64_t left = m->value; left; left &= left - 1) {
		memcpy(&r->v[__builtin_ctzll(left)], payload, 8);
		payload += 8;
	}
	return imp_record(d->b, r);
}

static enum nvt_status receive(struct dat_receiver *d, const struct dat_message *m,
			       const unsigned char *payload)
{
	const char *text = (const char *)payload;
	size_t length = strnlen(text, m->size);

	d->b->at.number = m->number;
	switch (m->kind) {
	case DAT_RECORD:
		return receive_record(d, m, payload);
	case DAT_LOST:
		return imp_lost(d->b, m->time_ns, m->cpu, m->value);
	case DAT_IGNORED:
		return imp_ignored(d->b, text, length, m->value);
	case DAT_UNAME:
		d->info->uname = strndup(text, length);
		return NVT_OK;
	case DAT_WARNING:
		imp_warn(d->b, "%.*s", (int)length, text);
		return NVT_OK;
	case DAT_CLOCK:
		d->info->clock = strndup(text, length);
		return NVT_OK;
	case DAT_ERROR:
		return imp_fail(d->b, (enum nvt_status)m->value, "%.*s", (int)length, text);
	default:
		d->ended = true;
		return NVT_OK;
	}
}

/* All messages that are in the buffer in full. */
static enum nvt_status receive_all(struct dat_receiver *d)
{
	enum nvt_status status = NVT_OK;
	struct dat_message m;

	while (status == NVT_OK && d->limit - d->start >= sizeof(m)) {
		memcpy(&m, d->buffer + d->start, sizeof(m));
		if (d->limit - d->start < sizeof(m) + m.size)
			break;
		status = receive(d, &m, d->buffer + d->start + sizeof(m));
		d->start += sizeof(m) + m.size;
	}
	memmove(d->buffer, d->buffer + d->start, d->limit - d->start);
	d->limit -= d->start;
	d->start = 0;
	return status;
}

static enum nvt_status receive_until_end(struct dat_receiver *d)
{
	enum nvt_status status = NVT_OK;
	ssize_t got = 1;

	while (status == NVT_OK && got > 0) {
		got = read(d->fd, d->buffer + d->limit, sizeof(d->buffer) - d->limit);
		if (got < 0 && errno == EINTR) {
			got = 1;
			continue;
		}
		d->limit += got > 0 ? (size_t)got : 0;
		status = receive_all(d);
	}
	return status;
}

/* How the child ended. A crash of the library is the file's fault. */
static enum nvt_status judge(struct dat_receiver *d, enum nvt_status status, int wait_status)
{
	if (status != NVT_OK || d->ended)
		return status;
	if (WIFSIGNALED(wait_status))
		return imp_fail(d->b, NVT_EINPUT, "libtracecmd crashed on it (%s): damaged",
				strsignal(WTERMSIG(wait_status)));
	return imp_fail(d->b, NVT_EINPUT, "libtracecmd gave up on it: damaged");
}

static enum nvt_status run_child(struct dat_receiver *d, const char *path)
{
	enum nvt_status status;
	int wait_status = 0;
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return imp_fail(d->b, NVT_EENV, "no pipe: %s", strerror(errno));
	fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
	child = fork();
	if (child < 0) {
		close(ends[0]);
		close(ends[1]);
		return imp_fail(d->b, NVT_EENV, "no process to read it: %s", strerror(errno));
	}
	if (!child) {
		close(ends[0]);
		imp_dat_send(path, ends[1]);
		_exit(0);
	}
	close(ends[1]);
	d->fd = ends[0];
	status = receive_until_end(d);
	/* With the pipe closed a child that is still writing comes to its end. */
	close(ends[0]);
	while (waitpid(child, &wait_status, 0) < 0 && errno == EINTR)
		;
	return judge(d, status, wait_status);
}

enum nvt_status imp_read_dat(struct imp_builder *b, struct imp_dat_info *info)
{
	struct dat_receiver *d = malloc(sizeof(*d));
	enum nvt_status status;

	if (!d)
		return imp_no_memory(b);
	d->b = b;
	d->info = info;
	d->ended = false;
	d->start = d->limit = 0;
	b->at.unit = "event";
	status = run_child(d, b->options->input);
	free(d);
	return status;
}
