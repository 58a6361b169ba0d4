/* SPDX-License-Identifier: GPL-2.0-only */
#include "scratch.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"

char *scratch_make(struct nvt_error *err)
{
	const char *parent = getenv("TMPDIR");
	char *path;

	if (asprintf(&path, "%s/nvsim-bench-XXXXXX", parent && *parent ? parent : "/tmp") < 0) {
		nvt_fail(err, NVT_ENOMEM, "out of memory");
		return NULL;
	}
	if (mkdtemp(path))
		return path;
	nvt_fail(err, NVT_EENV, "%s: cannot be made: %s", path, strerror(errno));
	free(path);
	return NULL;
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *place)
{
	(void)st;
	(void)kind;
	(void)place;
	remove(path);
	return 0;
}

void scratch_remove(char *folder)
{
	if (folder)
		nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(folder);
}

char *scratch_self(struct nvt_error *err)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *self = length > 0 ? strndup(path, (size_t)length) : NULL;

	if (!self)
		nvt_fail(err, NVT_EENV, "the path of the program cannot be found");
	return self;
}

char *scratch_data(const char *self)
{
	static const char *const places[] = {"bench/data", "../lib/nvsim/bench"};
	int folder = (int)(strrchr(self, '/') - self);
	char *path;

	for (unsigned int i = 0; i < 2; i++) {
		if (asprintf(&path, "%.*s/%s", folder, self, places[i]) < 0)
			return NULL;
		if (access(path, R_OK | X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}
