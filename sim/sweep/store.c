/* SPDX-License-Identifier: GPL-2.0-only */
#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "document.h"
#include "error.h"

char *sweep_store_path(const struct sweep_store *s, const char *folder, const char *name,
		       const char *suffix)
{
	char *path;

	if (asprintf(&path, "%s/%s%s%s", s->dir, folder, name, suffix) < 0)
		return NULL;
	return path;
}

static enum nvt_status no_memory(struct nvt_error *err)
{
	return nvt_fail(err, NVT_ENOMEM, "out of memory");
}

static enum nvt_status make_folder(const char *path, struct nvt_error *err)
{
	if (mkdir(path, 0777) == 0 || errno == EEXIST)
		return NVT_OK;
	return nvt_fail(err, NVT_EENV, "%s: cannot be made: %s", path, strerror(errno));
}

/* ---- leftovers ---- */

/* What is on its way to being these files has such names, and nothing else has. */
static const struct {
	const char *folder, *pattern;
} leftovers[] = {
	{"cells", "*.json.??????.tmp"}, {"traces", "*.zst.??????.tmp"}, {"traces", "*.lock"},
	{".", "sweep.json.??????.tmp"}, {".", "*.svg.??????.tmp"},
};

static void remove_from(const char *folder, const char *pattern)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL)
		if (fnmatch(pattern, entry->d_name, 0) == 0)
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
}

static void remove_leftovers(const struct sweep_store *s)
{
	for (size_t i = 0; i < sizeof(leftovers) / sizeof(leftovers[0]); i++) {
		char *folder = sweep_store_path(s, leftovers[i].folder, "", "");

		if (folder)
			remove_from(folder, leftovers[i].pattern);
		free(folder);
	}
}

/* The kernel gives the lock of a dead process back. */
static void take_lock(struct sweep_store *s, bool tidy)
{
	if (tidy && flock(s->lock, LOCK_EX | LOCK_NB) == 0)
		remove_leftovers(s);
	if (flock(s->lock, LOCK_SH) == 0)
		return;
	close(s->lock);
	s->lock = -1;
}

/* ---- the folder ---- */

static enum nvt_status open_lock(struct sweep_store *s, bool tidy, struct nvt_error *err)
{
	char *path = sweep_store_path(s, "lock", "", "");
	enum nvt_status status = NVT_OK;

	if (!path)
		return no_memory(err);
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (s->lock < 0)
		status =
			nvt_fail(err, NVT_EENV, "%s: cannot be written: %s", path, strerror(errno));
	else
		take_lock(s, tidy);
	free(path);
	return status;
}

enum nvt_status sweep_store_open(struct sweep_store *s, const char *dir,
				 const struct result_build *build, bool tidy, struct nvt_error *err)
{
	static const char *const folders[] = {"", "cells", "traces", "log"};
	enum nvt_status status = NVT_OK;

	*s = (struct sweep_store){.dir = dir, .lock = -1, .build = build};
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && !status; i++) {
		char *path = sweep_store_path(s, folders[i], "", "");

		status = path ? make_folder(path, err) : no_memory(err);
		free(path);
	}
	return status ? status : open_lock(s, tidy, err);
}

void sweep_store_close(struct sweep_store *s)
{
	if (s->lock >= 0)
		close(s->lock);
}

/* ---- traces ---- */

/* What the options, and the program that makes a stream of them, come to. */
static char *trace_name(const struct sweep_store *s, const struct sweep_stream *stream)
{
	json_t *maker = json_pack("{s:o, s:s, s:s, s:b}", "options", sweep_gen_json(&stream->gen),
				  "version", s->build->version, "revision", s->build->revision,
				  "dirty", s->build->dirty);
	char digest[65], *name;

	if (!sweep_digest(maker, digest) || asprintf(&name, "%s-%.16s", stream->name, digest) < 0)
		name = NULL;
	json_decref(maker);
	return name;
}

/* Whether it is a trace to its end: a disk that was full, or a crash, may have left less. */
static bool is_whole(const char *path)
{
	struct nvt_error err;
	struct nvt_reader *r = nvt_open(path, &err);
	char digest[65];
	bool whole = r && nvt_digest(r, digest, &err) == NVT_OK;

	if (r)
		nvt_close(r);
	return whole;
}

/*
 * Without the lock several may make it, and the last to finish gives it its name: so it does no
 * harm that those who wait for the lock may hold one that is nobody's any more.
 */
static enum nvt_status generate(const struct sweep_stream *stream, const char *path,
				const char *lock_path, struct nvt_error *err)
{
	int lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	enum nvt_status status = NVT_OK;

	if (lock >= 0)
		flock(lock, LOCK_EX);
	if (!is_whole(path))
		status = nvt_generate(&stream->gen, path, NULL, NULL, NULL, err);
	unlink(lock_path);
	if (lock >= 0)
		close(lock);
	return status;
}

/* What is read once for each cell cannot be a pipe. */
static enum nvt_status check_recorded(const char *path, struct nvt_error *err)
{
	struct stat st;

	if (stat(path, &st))
		return nvt_fail(err, NVT_EINPUT, "%s: cannot be read: %s", path, strerror(errno));
	return S_ISREG(st.st_mode) ? NVT_OK : nvt_fail(err, NVT_EINPUT, "%s: is no file", path);
}

enum nvt_status sweep_store_trace(const struct sweep_store *s, const struct sweep_stream *stream,
				  char **path, struct nvt_error *err)
{
	char *name = NULL, *lock = NULL;
	enum nvt_status status = NVT_OK;

	if (stream->path) {
		*path = strdup(stream->path);
		return *path ? check_recorded(*path, err) : no_memory(err);
	}
	name = trace_name(s, stream);
	*path = name ? sweep_store_path(s, "traces/", name, ".zst") : NULL;
	lock = name ? sweep_store_path(s, "traces/", name, ".lock") : NULL;
	if (!*path || !lock)
		status = no_memory(err);
	else if (!is_whole(*path))
		status = generate(stream, *path, lock, err);
	free(name);
	free(lock);
	return status;
}
