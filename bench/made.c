/* SPDX-License-Identifier: GPL-2.0-only */
#include "made.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "child.h"

#define FREE_BYTES (2ull << 30) /* a trace of 100 million faults takes less than half of it */
#define LARGEST	   100000000u

/*
 * Where lengths are compared, the footprint is small: all of it is touched long before the end,
 * even of the shortest. With a larger one that is mostly the filling of empty tables.
 */
static const struct made {
	const char *name;
	uint64_t quick, plain, full;
	bool small;
} all[] = {
	{"large", 4000000, 10000000, 10000000, false},
	{"medium", 1000000, 4000000, 4000000, false},
	{"long", 10000000, 10000000, 100000000, true},
	{"tenth", 1000000, 1000000, 10000000, true},
	{"1m", 1000000, 1000000, 1000000, true},
	{"10m", 10000000, 10000000, 10000000, true},
	{"100m", 100000000, 100000000, 100000000, true},
	{"counted", 200000, 1000000, 1000000, false},
	{"counted-short", 50000, 100000, 100000, false},
};

static const struct made *find(const char *name)
{
	const struct made *m = all;

	while (strcmp(m->name, name))
		m++;
	return m;
}

static uint64_t faults(const struct bench_env *env, const struct made *m)
{
	return env->quick ? m->quick : env->full ? m->full : m->plain;
}

uint64_t made_faults(const struct bench_env *env, const char *name)
{
	return faults(env, find(name));
}

char *made_path(const char *folder, const char *name, struct nvt_error *err)
{
	char *path;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return bench_fail(err, NVT_ENOMEM, "out of memory");
	return path;
}

static bool has_room(const struct bench_env *env, uint64_t count)
{
	struct statvfs fs;

	return count < LARGEST || statvfs(env->folder, &fs) < 0 ||
	       (uint64_t)fs.f_bavail * fs.f_frsize >= FREE_BYTES;
}

static bool generate(const struct bench_env *env, const struct made *m, const char *path,
		     struct nvt_error *err)
{
	char count[24], seed[24];
	const char *argv[] = {env->nvsim, "gen", "-q",	   "-o", path,
			      "--faults", count, "--seed", seed, m->small ? "--footprint" : NULL,
			      "32M",	  NULL};
	struct child_options o = {0};
	struct child_cost cost;

	snprintf(count, sizeof(count), "%" PRIu64, faults(env, m));
	snprintf(seed, sizeof(seed), "%" PRIu64, env->seed);
	return child_run(argv, &o, &cost, err) == NVT_OK;
}

char *made_trace(const struct bench_env *env, const char *name, struct nvt_error *err)
{
	const struct made *m = find(name);
	uint64_t count = faults(env, m);
	char file[64], *path;

	if (!has_room(env, count))
		return bench_skip(err, "less than 2 GiB are free in %s", env->folder);
	snprintf(file, sizeof(file), "%s%" PRIu64 ".zst", m->small ? "small-" : "", count);
	path = made_path(env->folder, file, err);
	if (path && access(path, R_OK) && !generate(env, m, path, err)) {
		free(path);
		return NULL;
	}
	return path;
}
