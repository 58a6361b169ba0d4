/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sink.h"
#include "temporary.h"

#define COPY_SIZE 65536u

static int open_spool(struct nvt_sink *s)
{
	const char *folder = getenv("TMPDIR");
	char name[4096];

	s->final = s->fd;
	if (snprintf(name, sizeof(name), "%s/nvsim-XXXXXX", folder && *folder ? folder : "/tmp") >=
	    (int)sizeof(name))
		return ENAMETOOLONG;
	s->fd = mkostemp(name, O_CLOEXEC);
	if (s->fd < 0)
		return errno;
	unlink(name);
	return 0;
}

int nvt_sink_open(struct nvt_sink *s, const char *path, bool rewrite)
{
	bool standard = strcmp(path, "-") == 0;
	struct stat st;

	*s = (struct nvt_sink){.fd = -1, .final = -1, .path = strdup(path)};
	if (!s->path)
		return ENOMEM;
	if (!standard && (stat(path, &st) < 0 || S_ISREG(st.st_mode))) {
		s->fd = nvt_temporary_open(path, &s->temporary);
		return s->fd < 0 ? errno : 0;
	}
	/* A device or a pipe keeps its name: to rename over it would replace it. */
	s->fd = standard ? STDOUT_FILENO : open(path, O_WRONLY | O_CLOEXEC);
	if (s->fd < 0)
		return errno;
	return rewrite ? open_spool(s) : 0;
}

static int write_all(int fd, const uint8_t *p, size_t size)
{
	ssize_t done;

	while (size) {
		done = write(fd, p, size);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return errno;
		p += done;
		size -= (size_t)done;
	}
	return 0;
}

int nvt_sink_write(struct nvt_sink *s, const void *data, size_t size)
{
	s->size += size;
	return write_all(s->fd, data, size);
}

int nvt_sink_rewrite(struct nvt_sink *s, const void *data, size_t size)
{
	ssize_t done = pwrite(s->fd, data, size, 0);

	if (done < 0)
		return errno;
	return (size_t)done == size ? 0 : ENOSPC;
}

/* Replaces the spooled file by its destination, with all that is in it. */
static int copy_spool(struct nvt_sink *s)
{
	uint8_t data[COPY_SIZE];
	int spool = s->fd, error = 0;
	ssize_t got = 0;
	off_t at = 0;

	while (!error && (uint64_t)at < s->size) {
		got = pread(spool, data, sizeof(data), at);
		if (got <= 0)
			error = got < 0 ? errno : EIO;
		else
			error = write_all(s->final, data, (size_t)got);
		at += got;
	}
	close(spool);
	s->fd = s->final;
	s->final = -1;
	return error;
}

/* Some file systems tell only here that the disk is full. */
static int close_file(struct nvt_sink *s)
{
	int fd = s->fd;

	s->fd = -1;
	return fd > STDERR_FILENO && close(fd) < 0 ? errno : 0;
}

int nvt_sink_commit(struct nvt_sink *s)
{
	int error = s->final >= 0 ? copy_spool(s) : 0;

	if (!error)
		error = close_file(s);
	if (error || !s->temporary)
		return error;
	if (rename(s->temporary, s->path) < 0)
		return errno;
	nvt_temporary_forget(s->temporary);
	free(s->temporary);
	s->temporary = NULL;
	return 0;
}

void nvt_sink_discard(struct nvt_sink *s)
{
	if (s->temporary) {
		unlink(s->temporary);
		nvt_temporary_forget(s->temporary);
	}
	if (s->final > STDERR_FILENO)
		close(s->final);
	close_file(s);
	free(s->temporary);
	free(s->path);
	*s = (struct nvt_sink){.fd = -1, .final = -1};
}
