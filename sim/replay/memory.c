/* SPDX-License-Identifier: GPL-2.0-only */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_WORDS (MEMORY_CHUNK_SIZE / 8)

static size_t place(const struct memory *m, uint64_t key)
{
	size_t i = (size_t)(key * 0x9e3779b97f4a7c15u >> 20) & (m->room - 1);

	while (m->table[i].key && m->table[i].key != key)
		i = (i + 1) & (m->room - 1);
	return i;
}

struct memory *memory_new(void)
{
	struct memory *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->room = 1024;
	m->table = calloc(m->room, sizeof(*m->table));
	if (!m->table) {
		free(m);
		return NULL;
	}
	return m;
}

void memory_free(struct memory *m)
{
	size_t i;

	if (!m)
		return;
	for (i = 0; i < m->room; i++)
		free(m->table[i].words);
	free(m->table);
	free(m);
}

struct memory *memory_clone(const struct memory *m)
{
	struct memory *to = calloc(1, sizeof(*to));
	size_t i;

	if (!to)
		return NULL;
	to->table = calloc(m->room, sizeof(*to->table));
	if (!to->table) {
		free(to);
		return NULL;
	}
	to->room = m->room;
	to->count = m->count;
	for (i = 0; i < m->room; i++) {
		if (!m->table[i].key)
			continue;
		to->table[i].words = calloc(CHUNK_WORDS, sizeof(uint64_t));
		if (!to->table[i].words) {
			memory_free(to);
			return NULL;
		}
		to->table[i].key = m->table[i].key;
		memcpy(to->table[i].words, m->table[i].words, MEMORY_CHUNK_SIZE);
	}
	return to;
}

const struct memory_chunk *memory_search(const struct memory *m, uint64_t addr)
{
	uint64_t key = addr / MEMORY_CHUNK_SIZE + 1;
	/* A cache of a logically constant lookup. */
	struct memory_chunk *recent = (struct memory_chunk *)&m->recent[key % MEMORY_RECENT];
	size_t i = place(m, key);

	if (!m->table[i].key)
		return NULL;
	*recent = m->table[i];
	return recent;
}

static bool grow(struct memory *m)
{
	struct memory_chunk *old = m->table;
	size_t old_room = m->room, i;

	m->table = calloc(old_room * 2, sizeof(*m->table));
	if (!m->table) {
		m->table = old;
		return false;
	}
	m->room = old_room * 2;
	for (i = 0; i < old_room; i++)
		if (old[i].key)
			m->table[place(m, old[i].key)] = old[i];
	free(old);
	return true;
}

uint64_t *memory_make(struct memory *m, uint64_t addr)
{
	uint64_t key = addr / MEMORY_CHUNK_SIZE + 1;
	uint64_t *word = memory_find(m, addr);
	struct memory_chunk *c;

	if (word)
		return word;
	if (m->count >= MEMORY_BYTES_MAX / MEMORY_CHUNK_SIZE)
		return NULL;
	if (m->count * 2 >= m->room && !grow(m))
		return NULL;
	c = &m->table[place(m, key)];
	c->words = calloc(CHUNK_WORDS, sizeof(uint64_t));
	if (!c->words)
		return NULL;
	c->key = key;
	m->count++;
	return &c->words[addr / 8 % CHUNK_WORDS];
}
