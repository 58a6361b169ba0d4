/* SPDX-License-Identifier: GPL-2.0-only */
#include "memory_stream.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define ROOM_LEAST 256u

/* Room for the text, so much more, and a NUL. */
static bool reach(struct memory_stream *m, size_t more)
{
	size_t room = m->room ? m->room : ROOM_LEAST;
	char *text;

	while (room - m->used <= more)
		room *= 2;
	if (room == m->room)
		return true;
	text = realloc(m->text, room);
	if (!text)
		return false;
	m->text = text;
	m->room = room;
	return true;
}

static ssize_t write_more(void *cookie, const char *data, size_t size)
{
	struct memory_stream *m = cookie;

	if (!reach(m, size))
		return 0;
	memcpy(m->text + m->used, data, size);
	m->used += size;
	return (ssize_t)size;
}

bool memory_stream_open(struct memory_stream *m)
{
	*m = (struct memory_stream){.file = NULL};
	m->file = fopencookie(m, "w", (cookie_io_functions_t){.write = write_more});
	return m->file;
}

char *memory_stream_close(struct memory_stream *m)
{
	bool failed = ferror(m->file);

	if (fclose(m->file) || failed || !reach(m, 0)) {
		free(m->text);
		return NULL;
	}
	m->text[m->used] = 0;
	return m->text;
}
