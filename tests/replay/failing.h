/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that runs out on demand: calloc, realloc and mmap of the program,
 * with a number of calls after which they fail. Included once in a program.
 */
#ifndef NVSIM_TESTS_REPLAY_FAILING_H
#define NVSIM_TESTS_REPLAY_FAILING_H

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NEVER UINT64_MAX

/* ThreadSanitizer allocates before it can watch anything. */
#define UNWATCHED __attribute__((no_sanitize("thread")))

/* Allocations that still succeed; those after them fail until this is set again. */
static uint64_t heap_left = NEVER, maps_left = NEVER;
/* Larger maps fail. */
static size_t map_size_max = SIZE_MAX;

UNWATCHED static inline int used_up(uint64_t *left)
{
	if (*left == NEVER || (*left)--)
		return 0;
	*left = 0;
	return 1;
}

UNWATCHED static inline void *next_function(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

/* Objects and functions of pointers differ to ISO C; POSIX makes them alike. */
#define NEXT(type, name)                                                                           \
	static type real;                                                                          \
	if (!real) {                                                                               \
		void *found = next_function(name);                                                 \
                                                                                                   \
		memcpy(&real, &found, sizeof(real));                                               \
	}

UNWATCHED void *calloc(size_t count, size_t size)
{
	typedef void *function(size_t, size_t);
	NEXT(function *, "calloc")

	return used_up(&heap_left) ? NULL : real(count, size);
}

UNWATCHED void *realloc(void *p, size_t size)
{
	typedef void *function(void *, size_t);
	NEXT(function *, "realloc")

	return used_up(&heap_left) ? NULL : real(p, size);
}

/* Only maps without reserve are counted: those are the ones of the code under test. */
UNWATCHED void *mmap(void *addr, size_t size, int prot, int flags, int fd, off_t offset)
{
	if ((flags & MAP_NORESERVE) && fd == -1 && !addr &&
	    (size > map_size_max || used_up(&maps_left))) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	return (void *)syscall(SYS_mmap, addr, size, prot, flags, fd, offset);
}

static inline void memory_is_back(void)
{
	heap_left = maps_left = NEVER;
	map_size_max = SIZE_MAX;
}

#endif
