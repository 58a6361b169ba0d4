/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "import/send.h"

void imp_send_flush(struct imp_sender *s)
{
	size_t done = 0;

	while (done < s->used) {
		ssize_t n = write(s->fd, s->buffer + done, s->used - done);

		if (n < 0 && errno == EINTR)
			continue;
		/* Nobody listens any more: there is nothing left to do. */
		if (n < 0)
			_exit(1);
		done += (size_t)n;
	}
	s->used = 0;
}

/* Room for a message of `size` bytes in all. */
static void *reserve(struct imp_sender *s, size_t size)
{
	void *at;

	if (s->used + size > sizeof(s->buffer))
		imp_send_flush(s);
	at = s->buffer + s->used;
	s->used += size;
	return at;
}

struct imp_message *imp_send(struct imp_sender *s, uint8_t kind, size_t size)
{
	struct imp_message *m = reserve(s, sizeof(*m) + size);

	*m = (struct imp_message){.kind = kind, .number = s->number, .size = (uint32_t)size};
	return m;
}

static size_t text_size(size_t length)
{
	return ((length < IMP_TEXT_MAX ? length : IMP_TEXT_MAX) + 7) & ~(size_t)7;
}

static void put_text(struct imp_message *m, const char *text, size_t length)
{
	memset(m + 1, 0, m->size);
	memcpy(m + 1, text, length < m->size ? length : m->size);
}

struct imp_message *imp_send_text(struct imp_sender *s, uint8_t kind, const char *text,
				  size_t length)
{
	struct imp_message *m = imp_send(s, kind, text_size(length));

	put_text(m, text, length);
	return m;
}

size_t imp_message_put(struct imp_message *m, const struct imp_record *r, uint64_t number)
{
	uint64_t *payload = (uint64_t *)(m + 1);

	*m = (struct imp_message){.kind = IMP_SEND_RECORD,
				  .time_ns = r->time_ns,
				  .value = r->has,
				  .number = number,
				  .pid = r->pid,
				  .cpu = r->cpu,
				  .event = r->event};
	if (r->event == IMP_EV_MARK) {
		m->size = (uint32_t)text_size(r->text_length);
		put_text(m, r->text, r->text_length);
		return sizeof(*m) + m->size;
	}
	for (uint64_t left = r->has; left; left &= left - 1)
		*payload++ = r->v[__builtin_ctzll(left)];
	m->size = (uint32_t)((unsigned char *)payload - (unsigned char *)(m + 1));
	return sizeof(*m) + m->size;
}

void imp_send_record(struct imp_sender *s, const struct imp_record *r)
{
	struct imp_message *m = reserve(s, IMP_MESSAGE_MAX);

	s->used -= IMP_MESSAGE_MAX;
	s->used += imp_message_put(m, r, s->number);
}

void imp_send_message(struct imp_sender *s, const struct imp_message *m)
{
	size_t size = sizeof(*m) + m->size;

	memcpy(reserve(s, size), m, size);
}

void imp_send_warning(struct imp_sender *s, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	imp_send_text(s, IMP_SEND_WARNING, text, strlen(text));
}

void imp_send_error(struct imp_sender *s, enum nvt_status status, const char *format, ...)
{
	char text[256];
	va_list args;

	if (s->failed)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	imp_send_text(s, IMP_SEND_ERROR, text, strlen(text))->value = status;
	s->failed = true;
}
