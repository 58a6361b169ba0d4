/* SPDX-License-Identifier: GPL-2.0-only */
#include "place.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"

/* The folder of the running command. */
static bool own_folder(char *path, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", path, size - 1);
	char *slash;

	if (length < 0)
		return false;
	path[length] = 0;
	slash = strrchr(path, '/');
	if (slash)
		*slash = 0;
	return slash != NULL;
}

char *hw_place(const char *name, struct nvt_error *err)
{
	static const char *const places[] = {"hwrun", "../lib/nvsim/hwrun"};
	char folder[PATH_MAX];
	char *path;

	if (!own_folder(folder, sizeof(folder))) {
		nvt_fail(err, NVT_EENV, "the folder of the command cannot be found");
		return NULL;
	}
	for (unsigned int i = 0; i < 2; i++) {
		if (asprintf(&path, "%s/%s/%s", folder, places[i], name) < 0) {
			nvt_fail(err, NVT_ENOMEM, "out of memory");
			return NULL;
		}
		if (access(path, F_OK) == 0)
			return path;
		free(path);
	}
	nvt_fail(
		err, NVT_EENV,
		"%s is neither in %s/hwrun nor in %s/../lib/nvsim/hwrun: it is built by make hwrun "
		"in the sources",
		name, folder, folder);
	return NULL;
}
