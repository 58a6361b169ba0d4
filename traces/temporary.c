/* SPDX-License-Identifier: GPL-2.0-only */
#include "temporary.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

/* Copies, which stay where they are: a handler may read one while its owner forgets it. */
static struct {
	atomic_bool claimed, set;
	char path[PATH_MAX];
} files[NVT_TEMPORARIES];

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
