/* SPDX-License-Identifier: GPL-2.0-only */
/* Files in memory under names of a folder, for what reads no other. */
#ifndef NVSIM_TESTS_FUZZ_LINKED_H
#define NVSIM_TESTS_FUZZ_LINKED_H

#include <sys/stat.h>

#include "fuzz.h"

#define FUZZ_LINKS 4

static struct fuzz_linked {
	char folder[32], below[64];
	char link[FUZZ_LINKS][512];
	unsigned int count;
} fuzz_linked;

static inline void fuzz_linked_remove(void)
{
	for (unsigned int i = 0; i < fuzz_linked.count; i++)
		unlink(fuzz_linked.link[i]);
	rmdir(fuzz_linked.below);
	rmdir(fuzz_linked.folder);
}

/* Makes a folder with another in it; both go with the process. */
static inline const char *fuzz_linked_folder(const char *below)
{
	if (fuzz_linked.folder[0])
		return fuzz_linked.folder;
	strcpy(fuzz_linked.folder, "/tmp/nvsim-fuzz-XXXXXX");
	if (!mkdtemp(fuzz_linked.folder))
		abort();
	snprintf(fuzz_linked.below, sizeof(fuzz_linked.below), "%s/%s", fuzz_linked.folder, below);
	if (mkdir(fuzz_linked.below, 0700))
		abort();
	atexit(fuzz_linked_remove);
	return fuzz_linked.folder;
}

static inline void fuzz_linked_add(const char *name, const struct fuzz_file *file)
{
	char *link = fuzz_linked.link[fuzz_linked.count++];

	FUZZ_REQUIRE(fuzz_linked.count <= FUZZ_LINKS);
	snprintf(link, sizeof(fuzz_linked.link[0]), "%s/%s", fuzz_linked.below, name);
	if (symlink(file->path, link))
		abort();
}

#endif
