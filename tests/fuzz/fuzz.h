/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fuzz targets share. A target is a file fuzz_NAME.c with one function, which libFuzzer
 * calls with inputs that it makes (make fuzz) and rerun.c with those of corpus/NAME (make check).
 */
#ifndef NVSIM_TESTS_FUZZ_FUZZ_H
#define NVSIM_TESTS_FUZZ_FUZZ_H

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold whatever the input: a finding like a crash. */
#define FUZZ_REQUIRE(condition)                                                                    \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__,           \
				#condition);                                                       \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* A line for people that says what is wrong: there is one, and nothing in it could break it. */
static inline void fuzz_require_line(const char *text)
{
	FUZZ_REQUIRE(text[0] && !strchr(text, '\n'));
}

/* A copy that ends with a zero, of exactly so many bytes, for whoever frees it. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = 0;
	return text;
}

/* Files in memory that keep their paths: a target has as many as it needs at a time. */
struct fuzz_file {
	int fd;
	char path[32];
};

static inline const char *fuzz_file_set(struct fuzz_file *f, const void *data, size_t size)
{
	if (!f->path[0]) {
		f->fd = memfd_create("fuzz", MFD_CLOEXEC);
		snprintf(f->path, sizeof(f->path), "/proc/self/fd/%d", f->fd);
	}
	if (f->fd < 0 || ftruncate(f->fd, 0) < 0 || ftruncate(f->fd, (off_t)size) < 0 ||
	    pwrite(f->fd, data, size, 0) != (ssize_t)size)
		abort();
	return f->path;
}

/* The input from its front to its end; 0 once it is used up. */
struct fuzz_bytes {
	const uint8_t *data;
	size_t size;
};

static inline uint8_t fuzz_u8(struct fuzz_bytes *b)
{
	if (!b->size)
		return 0;
	b->size--;
	return *b->data++;
}

static inline uint64_t fuzz_number(struct fuzz_bytes *b, unsigned int bytes)
{
	uint64_t v = 0;

	for (unsigned int i = 0; i < bytes; i++)
		v |= (uint64_t)fuzz_u8(b) << 8 * i;
	return v;
}

#endif
