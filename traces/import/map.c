/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdlib.h>

#include "import/map.h"

struct cell {
	uint64_t a, b;
	uint64_t used;
};

static size_t cell_size(const struct imp_map *map)
{
	return sizeof(struct cell) + map->value_size;
}

static struct cell *cell_at(const struct imp_map *map, size_t i)
{
	return (struct cell *)(map->cells + i * cell_size(map));
}

/* The finalizer of MurmurHash3 spreads both words over all bits. */
static uint64_t hash(uint64_t a, uint64_t b)
{
	uint64_t x = a * 0x9e3779b97f4a7c15u ^ b;

	x = (x ^ x >> 33) * 0xff51afd7ed558ccdu;
	x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53u;
	return x ^ x >> 33;
}

static struct cell *find(const struct imp_map *map, uint64_t a, uint64_t b)
{
	size_t mask = map->capacity - 1;
	size_t i = hash(a, b) & mask;
	struct cell *c = cell_at(map, i);

	while (c->used && (c->a != a || c->b != b)) {
		i = (i + 1) & mask;
		c = cell_at(map, i);
	}
	return c;
}

static int grow(struct imp_map *map)
{
	struct imp_map bigger = *map;

	bigger.capacity = map->capacity ? map->capacity * 2 : 64;
	bigger.cells = calloc(bigger.capacity, cell_size(map));
	if (!bigger.cells)
		return -1;
	for (size_t i = 0; i < map->capacity; i++) {
		const struct cell *from = cell_at(map, i);

		if (from->used)
			__builtin_memcpy(find(&bigger, from->a, from->b), from, cell_size(map));
	}
	free(map->cells);
	*map = bigger;
	return 0;
}

void imp_map_init(struct imp_map *map, size_t value_size)
{
	*map = (struct imp_map){.value_size = (value_size + 7) & ~(size_t)7};
}

void imp_map_free(struct imp_map *map)
{
	free(map->cells);
	map->cells = NULL;
	map->capacity = map->count = 0;
}

void *imp_map_get(const struct imp_map *map, uint64_t a, uint64_t b)
{
	struct cell *c = map->capacity ? find(map, a, b) : NULL;

	return c && c->used ? c + 1 : NULL;
}

void *imp_map_put(struct imp_map *map, uint64_t a, uint64_t b)
{
	struct cell *c;

	if (map->count * 3 >= map->capacity * 2 && grow(map))
		return NULL;
	c = find(map, a, b);
	if (!c->used) {
		c->a = a;
		c->b = b;
		c->used = 1;
		map->count++;
	}
	return c + 1;
}

void *imp_map_next(const struct imp_map *map, size_t *position, uint64_t *a, uint64_t *b)
{
	while (*position < map->capacity) {
		struct cell *c = cell_at(map, (*position)++);

		if (c->used) {
			*a = c->a;
			*b = c->b;
			return c + 1;
		}
	}
	return NULL;
}
