/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NVSIM_EL2_STDLIB_H
#define NVSIM_EL2_STDLIB_H

#include <stddef.h>

void *malloc(size_t bytes);
void *calloc(size_t count, size_t size);
void *realloc(void *p, size_t bytes);
void free(void *p);

unsigned long strtoul(const char *s, char **end, int base);

#endif
