/* SPDX-License-Identifier: GPL-2.0-only */
#include "folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "temporary.h"

/* NULL: no memory, or no room. */
static char *enter(struct hw_folder *f, const char *parent, const char *name)
{
	char *path;

	if (f->count == HW_FOLDER_ENTRIES || asprintf(&path, "%s/%s", parent, name) < 0)
		return NULL;
	f->path[f->count] = path;
	return path;
}

static enum nvt_status cannot(struct nvt_error *err, const char *path)
{
	return nvt_fail(err, NVT_EENV, "%s: cannot be written: %s", path ? path : "a file",
			strerror(path ? errno : ENOMEM));
}

/* It is there from now on. */
static void keep(struct hw_folder *f)
{
	nvt_temporary_add(f->path[f->count++]);
}

enum nvt_status hw_folder_open(struct hw_folder *f, struct nvt_error *err)
{
	const char *parent = getenv("TMPDIR");
	char *path;

	*f = (struct hw_folder){0};
	path = enter(f, parent && *parent ? parent : "/tmp", "nvsim-XXXXXX");
	if (path && mkdtemp(path)) {
		keep(f);
		return NVT_OK;
	}
	cannot(err, path);
	free(path);
	return NVT_EENV;
}

const char *hw_folder_add(struct hw_folder *f, const char *name, struct nvt_error *err)
{
	char *path = enter(f, f->path[0], name);

	if (path && mkdir(path, 0700) == 0) {
		keep(f);
		return path;
	}
	cannot(err, path);
	free(path);
	return NULL;
}

const char *hw_folder_write(struct hw_folder *f, const char *name, const struct nvt_buffer *data,
			    struct nvt_error *err)
{
	char *path = enter(f, f->path[0], name);
	FILE *file = path ? fopen(path, "wx") : NULL;
	bool fine;

	if (!file) {
		cannot(err, path);
		free(path);
		return NULL;
	}
	keep(f);
	fine = fwrite(data->data, 1, data->size, file) == data->size;
	fine = fclose(file) == 0 && fine;
	if (fine)
		return path;
	cannot(err, path);
	return NULL;
}

/* What the emulator may have left there keeps the folder, and is nobody's loss. */
void hw_folder_close(struct hw_folder *f)
{
	while (f->count) {
		char *path = f->path[--f->count];

		if (unlink(path) < 0)
			rmdir(path);
		nvt_temporary_forget(path);
		free(path);
	}
}
