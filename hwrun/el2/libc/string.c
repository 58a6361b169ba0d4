/* SPDX-License-Identifier: GPL-2.0-only */
#include <string.h>

#include <stdint.h>

#include "heap.h"

#define WORD	 sizeof(uint64_t)
#define UNROLLED (8 * WORD)
#define ZVA_FROM 4096u /* bytes from which clearing whole lines pays */

typedef uint64_t __attribute__((may_alias)) word;

static size_t to_word(const void *p)
{
	return -(uintptr_t)p % WORD;
}

/* Upwards: `to` may overlap what is above it. */
static void copy_up(uint8_t *d, const uint8_t *s, size_t size)
{
	if (((uintptr_t)d - (uintptr_t)s) % WORD == 0 && size >= 2 * WORD) {
		for (size_t head = to_word(d); head; head--, size--)
			*d++ = *s++;
		for (; size >= UNROLLED; size -= UNROLLED, d += UNROLLED, s += UNROLLED) {
			const word *a = (const void *)s;
			word *b = (void *)d;

			b[0] = a[0], b[1] = a[1], b[2] = a[2], b[3] = a[3];
			b[4] = a[4], b[5] = a[5], b[6] = a[6], b[7] = a[7];
		}
		for (; size >= WORD; size -= WORD, d += WORD, s += WORD)
			*(word *)(void *)d = *(const word *)(const void *)s;
	}
	while (size--)
		*d++ = *s++;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	copy_up(to, from, size);
	return to;
}

void *memmove(void *to, const void *from, size_t size)
{
	uint8_t *d = to;
	const uint8_t *s = from;

	if ((uintptr_t)d - (uintptr_t)s >= size) {
		copy_up(d, s, size);
		return to;
	}
	d += size;
	s += size;
	if (((uintptr_t)d - (uintptr_t)s) % WORD == 0) {
		for (; size && (uintptr_t)d % WORD; size--)
			*--d = *--s;
		for (; size >= WORD; size -= WORD) {
			d -= WORD;
			s -= WORD;
			*(word *)(void *)d = *(const word *)(const void *)s;
		}
	}
	while (size--)
		*--d = *--s;
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	uint8_t *d = to;
	uint64_t fill = 0x0101010101010101ull * (uint8_t)byte;
	size_t head = to_word(d);

	if (size >= 2 * WORD) {
		for (size -= head; head; head--)
			*d++ = (uint8_t)byte;
		if (!fill && size >= ZVA_FROM) {
			size_t cleared = clear_blocks(d, size);

			d += cleared;
			size -= cleared;
		}
		for (; size >= UNROLLED; size -= UNROLLED, d += UNROLLED) {
			word *b = (void *)d;

			b[0] = fill, b[1] = fill, b[2] = fill, b[3] = fill;
			b[4] = fill, b[5] = fill, b[6] = fill, b[7] = fill;
		}
		for (; size >= WORD; size -= WORD, d += WORD)
			*(word *)(void *)d = fill;
	}
	while (size--)
		*d++ = (uint8_t)byte;
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const uint8_t *p = a, *q = b;

	for (; size; p++, q++, size--)
		if (*p != *q)
			return *p - *q;
	return 0;
}

void *memchr(const void *in, int byte, size_t size)
{
	const uint8_t *p = in;

	for (; size; p++, size--)
		if (*p == (uint8_t)byte)
			return (void *)(uintptr_t)p;
	return NULL;
}

size_t strlen(const char *s)
{
	size_t size = 0;

	while (s[size])
		size++;
	return size;
}

size_t strnlen(const char *s, size_t most)
{
	size_t size = 0;

	while (size < most && s[size])
		size++;
	return size;
}

int strncmp(const char *a, const char *b, size_t size)
{
	for (; size && *a && *a == *b; a++, b++)
		size--;
	return size ? (unsigned char)*a - (unsigned char)*b : 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (!*s)
			return NULL;
	return (char *)(uintptr_t)s;
}

char *strrchr(const char *s, int c)
{
	size_t i = strlen(s) + 1;

	while (i--)
		if (s[i] == (char)c)
			return (char *)(uintptr_t)(s + i);
	return NULL;
}

char *strstr(const char *s, const char *what)
{
	size_t size = strlen(what);

	for (;; s++) {
		if (!strncmp(s, what, size))
			return (char *)(uintptr_t)s;
		if (!*s)
			return NULL;
	}
}
