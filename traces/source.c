/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source.h"

/* Some frames at once; a buffer grows only when a frame is larger. */
#define CAPACITY (256u << 10)

int nvt_source_open(struct nvt_source *s, const char *path)
{
	struct stat st;
	int error = 0;

	*s = (struct nvt_source){.fd = STDIN_FILENO};
	if (strcmp(path, "-") != 0)
		s->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0 || fstat(s->fd, &st) < 0)
		return errno;
	s->data = malloc(CAPACITY);
	if (!s->data)
		error = ENOMEM;
	else if (S_ISDIR(st.st_mode))
		error = EISDIR;
	s->capacity = CAPACITY;
	/* Standard input may stand in the middle of a file: that is read as a pipe. */
	s->seekable = S_ISREG(st.st_mode) && lseek(s->fd, 0, SEEK_CUR) == 0;
	s->size = (uint64_t)st.st_size;
	return error;
}

void nvt_source_close(struct nvt_source *s)
{
	if (s->fd > STDIN_FILENO)
		close(s->fd);
	free(s->data);
}

/* Makes room behind the bytes that are there: by moving them, or in a larger buffer. */
static bool make_room(struct nvt_source *s)
{
	uint8_t *data;

	if (s->limit < s->capacity)
		return true;
	if (s->start) {
		memmove(s->data, s->data + s->start, s->limit - s->start);
		s->limit -= s->start;
		s->start = 0;
		return true;
	}
	data = realloc(s->data, s->capacity * 2);
	if (!data)
		return false;
	s->data = data;
	s->capacity *= 2;
	return true;
}

const uint8_t *nvt_source_peek(struct nvt_source *s, size_t want, size_t *have)
{
	ssize_t got;

	while (s->limit - s->start < want && !s->end) {
		if (!make_room(s)) {
			errno = ENOMEM;
			return NULL;
		}
		got = read(s->fd, s->data + s->limit, s->capacity - s->limit);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return NULL;
		s->end = got == 0;
		s->limit += (size_t)got;
	}
	*have = s->limit - s->start;
	return s->data + s->start;
}

void nvt_source_skip(struct nvt_source *s, size_t size)
{
	s->start += size;
	s->position += size;
}

bool nvt_source_seek(struct nvt_source *s, uint64_t position)
{
	if (lseek(s->fd, (off_t)position, SEEK_SET) < 0)
		return false;
	s->position = position;
	s->start = s->limit = 0;
	s->end = false;
	return true;
}
