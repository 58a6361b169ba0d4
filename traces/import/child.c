/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "import/child.h"
#include "limit.h"

struct receiver {
	struct imp_builder *b;
	struct imp_input *in;
	struct imp_info *info;
	const char *library;
	struct imp_record record;
	bool ended;
	bool hashed; /* the checksum is complete, or not made here */
	int fd;
	size_t start, limit;
	unsigned char buffer[2 * IMP_SEND_CHUNK] __attribute__((aligned(8)));
	unsigned char bytes[IMP_SEND_CHUNK]; /* of the input, for the checksum */
};

static enum nvt_status receive_record(struct receiver *d, const struct imp_message *m,
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

static enum nvt_status receive_info(struct receiver *d, uint64_t id, const char *text,
				    size_t length)
{
	free(d->info->text[id]);
	d->info->text[id] = strndup(text, length);
	return d->info->text[id] ? NVT_OK : imp_no_memory(d->b);
}

static enum nvt_status broken(struct receiver *d)
{
	return imp_fail(d->b, NVT_EINPUT, "%s broke the process that read it: damaged", d->library);
}

/* An error is told in one line. */
static enum nvt_status receive_error(struct receiver *d, enum nvt_status status, const char *text,
				     size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return broken(d);
	return imp_fail(d->b, status, "%.*s", (int)length, text);
}

/* What a library has written over in the child must not lead this process astray. */
static bool is_sound(const struct receiver *d, const struct imp_message *m)
{
	switch (m->kind) {
	case IMP_SEND_RECORD:
		return m->event == IMP_EV_MARK ||
		       (m->event < IMP_EVENT_COUNT && !(m->value >> IMP_FIELD_COUNT) &&
			m->size == 8 * (uint32_t)__builtin_popcountll(m->value));
	case IMP_SEND_INFO:
		return m->value < IMP_INFO_COUNT;
	case IMP_SEND_BYTES:
		return !d->in->source.seekable && m->size == sizeof(d->in->sha256);
	case IMP_SEND_ERROR:
		return m->value == NVT_EINPUT || m->value == NVT_EENV || m->value == NVT_ENOMEM;
	default:
		return m->kind <= IMP_SEND_END;
	}
}

static enum nvt_status receive(struct receiver *d, const struct imp_message *m,
			       const unsigned char *payload)
{
	const char *text = (const char *)payload;
	size_t length = strnlen(text, m->size);

	d->b->at.number = m->number;
	switch (m->kind) {
	case IMP_SEND_RECORD:
		return receive_record(d, m, payload);
	case IMP_SEND_LOST:
		return imp_lost(d->b, m->time_ns, m->cpu, m->value);
	case IMP_SEND_IGNORED:
		return imp_ignored(d->b, text, length, m->value);
	case IMP_SEND_INFO:
		return receive_info(d, m->value, text, length);
	case IMP_SEND_BYTES:
		d->in->read_size = m->value;
		memcpy(&d->in->sha256, payload, sizeof(d->in->sha256));
		return NVT_OK;
	case IMP_SEND_WARNING:
		imp_warn(d->b, "%.*s", (int)length, text);
		return NVT_OK;
	case IMP_SEND_ERROR:
		return receive_error(d, (enum nvt_status)m->value, text, length);
	default:
		d->ended = true;
		return NVT_OK;
	}
}

/* All messages that are in the buffer in full. */
static enum nvt_status receive_all(struct receiver *d)
{
	enum nvt_status status = NVT_OK;
	struct imp_message m;

	while (status == NVT_OK && d->limit - d->start >= sizeof(m)) {
		memcpy(&m, d->buffer + d->start, sizeof(m));
		if (m.size > IMP_TEXT_MAX || m.size % 8 || !is_sound(d, &m))
			return broken(d);
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

/* The checksum of a regular file: the child has its own place in it, so this one is not moved. */
static enum nvt_status hash_some(struct receiver *d)
{
	ssize_t got;

	do
		got = pread(d->in->source.fd, d->bytes, sizeof(d->bytes), (off_t)d->in->read_size);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return imp_fail(d->b, NVT_EENV, "cannot read: %s", strerror(errno));
	nvt_sha256_update(&d->in->sha256, d->bytes, (size_t)got);
	d->in->read_size += (uint64_t)got;
	d->hashed = !got;
	return NVT_OK;
}

static enum nvt_status receive_until_end(struct receiver *d)
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
		if (status == NVT_OK && !d->hashed)
			status = hash_some(d);
	}
	return status;
}

/* How the child ended. A crash of the library is the file's fault. */
static enum nvt_status judge(struct receiver *d, enum nvt_status status, int wait_status)
{
	if (status != NVT_OK || d->ended)
		return status;
	if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGXCPU)
		return imp_fail(d->b, NVT_EINPUT, "%s does not come to an end with it: damaged",
				d->library);
	if (WIFSIGNALED(wait_status))
		return imp_fail(d->b, NVT_EINPUT, "%s crashed on it (%s): damaged", d->library,
				strsignal(WTERMSIG(wait_status)));
	return imp_fail(d->b, NVT_EINPUT, "%s gave up on it: damaged", d->library);
}

/*
 * A library that has been led astray must not run for ever, nor take all memory: these are many
 * times what it needs for a sound file. What comes through a pipe has no size to go by.
 */
#define CPU_SECONDS_LEAST 2u
#define CPU_BYTES	  (256u << 10) /* a second for each */
#define MEMORY_LEAST	  (1ull << 30)
#define MEMORY_TIMES	  32u /* the size of the file */

static void confine(const struct nvt_source *source)
{
	rlim_t seconds = CPU_SECONDS_LEAST + source->size / CPU_BYTES;
	struct rlimit cpu;

	if (!source->seekable || getrlimit(RLIMIT_CPU, &cpu))
		return;
	if (cpu.rlim_cur > seconds)
		cpu.rlim_cur = seconds;
	setrlimit(RLIMIT_CPU, &cpu);
	if (source->size < UINT64_MAX / MEMORY_TIMES - MEMORY_LEAST)
		nvt_limit_memory(MEMORY_LEAST + source->size * MEMORY_TIMES);
}

static void run_in_child(const struct imp_child *child, int fd)
{
	struct imp_sender out;

	out.fd = fd;
	out.failed = false;
	out.used = 0;
	out.number = 0;
	signal(SIGPIPE, SIG_IGN);
	child->read(&out, child->arg);
	if (!out.failed)
		imp_send(&out, IMP_SEND_END, 0);
	imp_send_flush(&out);
}

static enum nvt_status run(struct receiver *d, const struct imp_child *child)
{
	enum nvt_status status;
	int wait_status = 0;
	int ends[2];
	pid_t parent = getpid(), pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return imp_fail(d->b, NVT_EENV, "no pipe: %s", strerror(errno));
	fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
	pid = fork();
	if (pid < 0) {
		close(ends[0]);
		close(ends[1]);
		return imp_fail(d->b, NVT_EENV, "no process to read it: %s", strerror(errno));
	}
	if (!pid) {
		close(ends[0]);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		confine(&d->in->source);
		run_in_child(child, ends[1]);
		_exit(0);
	}
	close(ends[1]);
	d->fd = ends[0];
	status = receive_until_end(d);
	/* With the pipe closed a child that is still writing comes to its end. */
	close(ends[0]);
	while (waitpid(pid, &wait_status, 0) < 0 && errno == EINTR)
		;
	return judge(d, status, wait_status);
}

enum nvt_status imp_run_child(struct imp_builder *b, struct imp_input *in, struct imp_info *info,
			      const struct imp_child *child)
{
	struct receiver *d = malloc(sizeof(*d));
	enum nvt_status status;

	if (!d)
		return imp_no_memory(b);
	d->b = b;
	d->in = in;
	d->info = info;
	d->library = child->library;
	d->ended = false;
	d->start = d->limit = 0;
	d->hashed = !in->source.seekable;
	status = run(d, child);
	while (status == NVT_OK && !d->hashed)
		status = hash_some(d);
	free(d);
	return status;
}

void imp_info_free(struct imp_info *info)
{
	for (size_t i = 0; i < IMP_INFO_COUNT; i++)
		free(info->text[i]);
}
