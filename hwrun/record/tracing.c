/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "tracing.h"

/* The first mount of that kind. */
static bool find_mount(char *path, size_t size)
{
	FILE *mounts = setmntent("/proc/self/mounts", "r");
	struct mntent *m = NULL;

	while (mounts && (m = getmntent(mounts)))
		if (!strcmp(m->mnt_type, "tracefs"))
			break;
	if (m)
		snprintf(path, size, "%s", m->mnt_dir);
	if (mounts)
		endmntent(mounts);
	return m;
}

enum nvt_status record_tracefs_find(const char *given, char *path, size_t size,
				    struct nvt_error *err)
{
	if (given)
		snprintf(path, size, "%s", given);
	else if (!find_mount(path, size))
		return record_fail(err, "tracefs is not mounted: "
					"mount -t tracefs tracefs /sys/kernel/tracing");
	if (access(path, R_OK | X_OK) < 0)
		return record_fail(
			err, "%s: %s; run as root, or remount it with gid= of a group of yours",
			path, strerror(errno));
	return NVT_OK;
}

#ifdef HAVE_TRACEFS
#include <tracefs.h>

bool record_has_tracefs(void)
{
	return true;
}

char *record_tracefs_read(const char *tracefs, const char *file, size_t *size)
{
	char *text;
	int length = 0;

	tracefs_set_loglevel(TEP_LOG_NONE);
	if (tracefs_set_tracing_dir((char *)tracefs))
		return NULL;
	text = tracefs_instance_file_read(NULL, file, &length);
	*size = text ? (size_t)length : 0;
	return text;
}

int record_tracefs_append(const char *tracefs, const char *line)
{
	int fd, error;

	tracefs_set_loglevel(TEP_LOG_NONE);
	if (tracefs_set_tracing_dir((char *)tracefs))
		return ENOENT;
	/* Not truncated, which would clear all of them. */
	fd = tracefs_instance_file_open(NULL, "dynamic_events", O_WRONLY | O_APPEND);
	if (fd < 0)
		return errno;
	error = write(fd, line, strlen(line)) < 0 ? errno : 0;
	close(fd);
	return error;
}

#else

bool record_has_tracefs(void)
{
	return false;
}

char *record_tracefs_read(const char *tracefs, const char *file, size_t *size)
{
	(void)tracefs;
	(void)file;
	*size = 0;
	errno = ENOSYS;
	return NULL;
}

int record_tracefs_append(const char *tracefs, const char *line)
{
	(void)tracefs;
	(void)line;
	return ENOSYS;
}

#endif
