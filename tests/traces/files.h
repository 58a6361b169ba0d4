/* SPDX-License-Identifier: GPL-2.0-only */
/* Files for tests: in memory, in a folder of their own, and as pipes. */
#ifndef NVSIM_TESTS_TRACES_FILES_H
#define NVSIM_TESTS_TRACES_FILES_H

#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A path relative to this folder; valid until the next call. */
static inline const char *source_path(const char *relative)
{
	static char path[512];
	const char *slash = strrchr(__FILE__, '/');

	snprintf(path, sizeof(path), "%.*s%s", (int)(slash + 1 - __FILE__), __FILE__, relative);
	return path;
}

/* The whole file, with a NUL; to be freed. NULL: it cannot be read. */
static inline char *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	char *data = NULL;
	struct stat st;

	if (!f || fstat(fileno(f), &st) < 0)
		return NULL;
	data = malloc((size_t)st.st_size + 1);
	if (data && fread(data, 1, (size_t)st.st_size, f) != (size_t)st.st_size) {
		free(data);
		data = NULL;
	}
	if (data)
		data[st.st_size] = 0;
	if (size)
		*size = (size_t)st.st_size;
	fclose(f);
	return data;
}

/* A path in a folder that this program makes for itself; valid until the next call. */
static inline const char *scratch_path(const char *name)
{
	static char folder[64], path[128];

	if (!folder[0]) {
		strcpy(folder, "/tmp/nvsim-test-XXXXXX");
		if (!mkdtemp(folder))
			abort();
	}
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static inline void remove_scratch(void)
{
	char command[160];

	snprintf(command, sizeof(command), "rm -rf %s", scratch_path(""));
	if (system(command) != 0)
		abort();
}

/* A file in memory that can be opened by its path. */
struct memory_file {
	int fd;
	char path[64];
};

static inline void memory_file_open(struct memory_file *m)
{
	m->fd = memfd_create("trace", MFD_CLOEXEC);
	if (m->fd < 0)
		abort();
	snprintf(m->path, sizeof(m->path), "/proc/self/fd/%d", m->fd);
}

static inline void memory_file_set(struct memory_file *m, const void *data, size_t size)
{
	if (ftruncate(m->fd, (off_t)size) < 0 || pwrite(m->fd, data, size, 0) != (ssize_t)size)
		abort();
}

/* A pipe that a thread fills with bytes. */
struct fed_pipe {
	pthread_t thread;
	int in, out;
	const uint8_t *data;
	size_t size;
	char path[64];
};

static inline void *feed(void *arg)
{
	struct fed_pipe *p = arg;
	size_t at = 0;
	ssize_t done = 1;

	for (; at < p->size && done > 0; at += (size_t)done)
		done = write(p->in, p->data + at, p->size - at);
	close(p->in);
	return NULL;
}

/* SIGPIPE must be ignored: the reader may give up early. */
static inline void fed_pipe_open(struct fed_pipe *p, const void *data, size_t size)
{
	int ends[2];

	if (pipe(ends) < 0)
		abort();
	*p = (struct fed_pipe){.in = ends[1], .out = ends[0], .data = data, .size = size};
	snprintf(p->path, sizeof(p->path), "/proc/self/fd/%d", p->out);
	if (pthread_create(&p->thread, NULL, feed, p) != 0)
		abort();
}

static inline void fed_pipe_close(struct fed_pipe *p)
{
	close(p->out);
	pthread_join(p->thread, NULL);
}

#endif
