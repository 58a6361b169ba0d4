/* SPDX-License-Identifier: GPL-2.0-only */
#include "temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Copies, which stay where they are: a handler may read one while its owner forgets it. */
static struct {
	atomic_bool claimed, set;
	char path[PATH_MAX];
} files[NVT_TEMPORARIES];

static mode_t file_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

#define SUFFIX ".XXXXXX.tmp"

int nvt_temporary_open(const char *path, char **name)
{
	const char *slash = strrchr(path, '/');
	size_t folder = slash ? (size_t)(slash + 1 - path) : 0;
	size_t kept = folder + strnlen(path + folder, NAME_MAX - strlen(SUFFIX));
	int fd;

	if (asprintf(name, "%.*s" SUFFIX, (int)kept, path) < 0) {
		*name = NULL;
		errno = ENOMEM;
		return -1;
	}
	fd = mkostemps(*name, (int)strlen(".tmp"), O_CLOEXEC);
	if (fd < 0) {
		free(*name);
		*name = NULL;
		return -1;
	}
	nvt_temporary_add(*name);
	fchmod(fd, file_mode());
	return fd;
}

void nvt_temporary_add(const char *path)
{
	size_t size = strlen(path) + 1;

	if (size > PATH_MAX)
		return;
	for (unsigned int i = 0; i < NVT_TEMPORARIES; i++) {
		if (atomic_exchange(&files[i].claimed, true))
			continue;
		memcpy(files[i].path, path, size);
		atomic_store(&files[i].set, true);
		return;
	}
}

void nvt_temporary_forget(const char *path)
{
	for (unsigned int i = 0; i < NVT_TEMPORARIES; i++) {
		if (!atomic_load(&files[i].set) || strcmp(files[i].path, path))
			continue;
		atomic_store(&files[i].set, false);
		atomic_store(&files[i].claimed, false);
		return;
	}
}

/* A folder's place is before those of what it holds: it is claimed first. */
void nvt_temporary_remove_all(void)
{
	for (unsigned int i = NVT_TEMPORARIES; i-- > 0;)
		if (atomic_load(&files[i].set) && unlink(files[i].path) < 0)
			rmdir(files[i].path);
}
