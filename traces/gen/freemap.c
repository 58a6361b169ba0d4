/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdlib.h>

#include "gen/freemap.h"

#define WORD_SHIFT 6
#define WORD_MASK  63u

bool freemap_init(struct freemap *m, uint64_t size)
{
	uint64_t words = size;

	*m = (struct freemap){.size = size};
	do {
		words = (words + WORD_MASK) >> WORD_SHIFT;
		m->level[m->level_count] = calloc(words, sizeof(uint64_t));
		if (!m->level[m->level_count++]) {
			freemap_free(m);
			return false;
		}
	} while (words > 1 && m->level_count < FREEMAP_LEVELS);
	return true;
}

void freemap_free(struct freemap *m)
{
	for (unsigned int k = 0; k < m->level_count; k++)
		free(m->level[k]);
	m->level_count = 0;
}

/* The bits of word `w` that lie in [start, end). */
static uint64_t range_mask(uint64_t w, uint64_t start, uint64_t end)
{
	uint64_t first = w << WORD_SHIFT, mask = ~0ull;

	if (start > first)
		mask <<= start - first;
	if (end < first + 64)
		mask &= ~0ull >> (first + 64 - end);
	return mask;
}

static void mark_above(struct freemap *m, uint64_t w)
{
	for (unsigned int k = 1; k < m->level_count; k++) {
		m->level[k][w >> WORD_SHIFT] |= 1ull << (w & WORD_MASK);
		w >>= WORD_SHIFT;
	}
}

void freemap_add_range(struct freemap *m, uint64_t start, uint64_t end)
{
	for (uint64_t w = start >> WORD_SHIFT; w << WORD_SHIFT < end; w++) {
		uint64_t add = range_mask(w, start, end) & ~m->level[0][w];

		if (!add)
			continue;
		m->level[0][w] |= add;
		m->count += (uint64_t)__builtin_popcountll(add);
		mark_above(m, w);
	}
}

void freemap_remove(struct freemap *m, uint64_t n)
{
	m->count--;
	for (unsigned int k = 0; k < m->level_count; k++) {
		uint64_t *word = &m->level[k][n >> WORD_SHIFT];

		*word &= ~(1ull << (n & WORD_MASK));
		if (*word)
			return;
		n >>= WORD_SHIFT;
	}
}

uint64_t freemap_count(const struct freemap *m, uint64_t start, uint64_t end)
{
	uint64_t count = 0;

	for (uint64_t w = start >> WORD_SHIFT; w << WORD_SHIFT < end; w++)
		count += (uint64_t)__builtin_popcountll(m->level[0][w] & range_mask(w, start, end));
	return count;
}

/* Bits of level k at or after n; false: none in the word that holds n. */
static bool next_in_word(const struct freemap *m, unsigned int k, uint64_t *n)
{
	uint64_t word = m->level[k][*n >> WORD_SHIFT] >> (*n & WORD_MASK);

	if (!word)
		return false;
	*n += (uint64_t)__builtin_ctzll(word);
	return true;
}

static uint64_t level_size(const struct freemap *m, unsigned int k)
{
	return (m->size + (1ull << (WORD_SHIFT * k)) - 1) >> (WORD_SHIFT * k);
}

/* Climbs until a word has a bit at or after the place, then descends to its first member. */
static bool find_from(const struct freemap *m, uint64_t start, uint64_t *found)
{
	uint64_t n = start;
	unsigned int k = 0;

	while (n >= level_size(m, k) || !next_in_word(m, k, &n)) {
		if (++k == m->level_count)
			return false;
		n = (n >> WORD_SHIFT) + 1;
	}
	while (k--)
		n = n << WORD_SHIFT | (uint64_t)__builtin_ctzll(m->level[k][n]);
	*found = n;
	return true;
}

uint64_t freemap_next(const struct freemap *m, uint64_t start)
{
	uint64_t found = 0;

	if (!find_from(m, start, &found))
		find_from(m, 0, &found);
	return found;
}
