/* SPDX-License-Identifier: GPL-2.0-only */
/* A hash map from two words to a value of fixed size, with open addressing. */
#ifndef NVSIM_TRACES_IMPORT_MAP_H
#define NVSIM_TRACES_IMPORT_MAP_H

#include <stddef.h>
#include <stdint.h>

struct imp_map {
	unsigned char *cells;
	size_t value_size;
	size_t capacity; /* a power of two, or 0 */
	size_t count;
};

void imp_map_init(struct imp_map *map, size_t value_size);
void imp_map_free(struct imp_map *map);
/* The value of a key, or NULL. Valid until the next imp_map_put. */
void *imp_map_get(const struct imp_map *map, uint64_t a, uint64_t b);
/* The value of a key, made of zeroes if it was not there; NULL: out of memory. */
void *imp_map_put(struct imp_map *map, uint64_t a, uint64_t b);
/* Visits all values: start with *position = 0; NULL: no more. */
void *imp_map_next(const struct imp_map *map, size_t *position, uint64_t *a, uint64_t *b);

#endif
