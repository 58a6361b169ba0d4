/* SPDX-License-Identifier: GPL-2.0-only */
#include "pages.h"

#include <stdlib.h>
#include <string.h>

#define REGION_PAGES_SHIFT 9u
#define REGIONS_MAX	   (1u << 24)

bool pages_init(struct pages *p, unsigned int page_shift)
{
	*p = (struct pages){.page_shift = page_shift, .room = 1024};
	p->table = calloc(p->room, sizeof(*p->table));
	return p->table != NULL;
}

void pages_destroy(struct pages *p)
{
	free(p->table);
	p->table = NULL;
}

bool pages_clone(struct pages *to, const struct pages *from)
{
	*to = *from;
	to->last = NULL;
	to->table = calloc(to->room, sizeof(*to->table));
	if (!to->table)
		return false;
	memcpy(to->table, from->table, to->room * sizeof(*to->table));
	return true;
}

static size_t place(const struct pages *p, uint64_t key)
{
	size_t i = (size_t)(key * 0x9e3779b97f4a7c15u >> 20) & (p->room - 1);

	while (p->table[i].key && p->table[i].key != key)
		i = (i + 1) & (p->room - 1);
	return i;
}

static bool grow(struct pages *p)
{
	struct region *old = p->table;
	size_t old_room = p->room, i;

	p->table = p->count < REGIONS_MAX ? calloc(old_room * 2, sizeof(*p->table)) : NULL;
	if (!p->table) {
		p->table = old;
		p->full = true;
		return false;
	}
	p->room = old_room * 2;
	p->last = NULL;
	for (i = 0; i < old_room; i++)
		if (old[i].key)
			p->table[place(p, old[i].key)] = old[i];
	free(old);
	return true;
}

static inline uint64_t key_of(const struct pages *p, uint32_t context, uint64_t ipa)
{
	return (ipa >> (p->page_shift + REGION_PAGES_SHIFT)) | ((uint64_t)context + 1) << 44;
}

/* NULL: there is none. */
static inline __attribute__((always_inline)) struct region *find_region(struct pages *p,
									uint64_t key)
{
	size_t i;

	if (p->last && p->last->key == key)
		return p->last;
	i = place(p, key);
	if (!p->table[i].key)
		return NULL;
	p->last = &p->table[i];
	return p->last;
}

/* NULL: the set is full. */
static inline __attribute__((always_inline)) struct region *
region_of(struct pages *p, uint32_t context, uint64_t ipa)
{
	uint64_t key = key_of(p, context, ipa);
	struct region *r = find_region(p, key);
	size_t i;

	if (r)
		return r;
	if (p->count * 2 >= p->room && !grow(p))
		return NULL;
	i = place(p, key);
	p->table[i].key = key;
	p->count++;
	return &p->table[i];
}

static inline unsigned int page_in_region(const struct pages *p, uint64_t ipa)
{
	return ipa >> p->page_shift & ((1u << REGION_PAGES_SHIFT) - 1);
}

bool pages_was_mapped(struct pages *p, uint32_t context, uint64_t ipa)
{
	const struct region *r = find_region(p, key_of(p, context, ipa));
	unsigned int page = page_in_region(p, ipa);

	return r && (r->mapped[page / 64] >> page % 64 & 1);
}

void pages_mark_mapped(struct pages *p, uint32_t context, uint64_t ipa, uint64_t size)
{
	uint64_t region_size = 1ull << (p->page_shift + REGION_PAGES_SHIFT), end = ipa + size;

	while (ipa < end) {
		struct region *r = region_of(p, context, ipa);
		unsigned int page = page_in_region(p, ipa);

		if (!r)
			return;
		if (!page && end - ipa >= region_size) {
			memset(r->mapped, 0xff, sizeof(r->mapped));
			ipa += region_size;
			continue;
		}
		r->mapped[page / 64] |= 1ull << page % 64;
		ipa += 1ull << p->page_shift;
	}
}

/* Out of the way of faults, whose path has the others inline. */
__attribute__((cold, noinline)) bool pages_exchange_mapped(struct pages *p, uint32_t context,
							   uint64_t ipa, uint64_t size, bool mapped)
{
	uint64_t end = ipa + size;
	bool any = false;

	for (; ipa < end; ipa += 1ull << p->page_shift) {
		uint64_t key = key_of(p, context, ipa);
		struct region *r = mapped ? region_of(p, context, ipa) : find_region(p, key);
		unsigned int page = page_in_region(p, ipa);
		uint64_t bit = 1ull << page % 64;

		if (!r)
			continue;
		any |= (r->mapped[page / 64] & bit) != 0;
		r->mapped[page / 64] =
			mapped ? r->mapped[page / 64] | bit : r->mapped[page / 64] & ~bit;
	}
	return any;
}

bool pages_touch_leaf(struct pages *p, uint32_t context, uint64_t start)
{
	struct region *r = region_of(p, context, start);
	unsigned int page = page_in_region(p, start);
	bool fresh;

	if (!r)
		return false;
	fresh = !(r->leaf[page / 64] >> page % 64 & 1);
	r->leaf[page / 64] |= 1ull << page % 64;
	return fresh;
}
