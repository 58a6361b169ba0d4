/* SPDX-License-Identifier: GPL-2.0-only */
/* What the host gave to L1, from SLOT and BACKING events. */
#include "checker.h"

#include <stdlib.h>
#include <string.h>

/* A new end of an array that has room for one more. False: no memory. */
static bool make_room(void **array, size_t *room, size_t count, size_t size)
{
	size_t more = count * 2 + 16;
	void *p;

	if (count <= *room)
		return true;
	p = realloc(*array, more * size);
	if (!p)
		return false;
	*array = p;
	*room = more;
	return true;
}

bool host_init(struct host *h)
{
	h->dirty = memory_new();
	return h->dirty;
}

void host_free(struct host *h)
{
	free(h->slots);
	backings_free(&h->backings);
	memory_free(h->dirty);
}

bool host_copy(struct host *to, const struct host *from)
{
	struct slot *slots = malloc(from->slot_count * sizeof(*slots) + 1);

	*to = *from;
	to->slots = slots;
	to->slot_room = to->slot_count;
	to->dirty = memory_clone(from->dirty);
	if (slots && from->slot_count)
		memcpy(slots, from->slots, from->slot_count * sizeof(*slots));
	return backings_clone(&to->backings, &from->backings) && slots && to->dirty;
}

/* ---- slots ---- */

static bool slot_holds(const struct slot *s, uint64_t l1)
{
	return l1 - s->base < s->size;
}

const struct slot *host_slot(struct host *h, uint64_t l1)
{
	size_t i;

	if (h->slot_last < h->slot_count && slot_holds(&h->slots[h->slot_last], l1))
		return &h->slots[h->slot_last];
	for (i = 0; i < h->slot_count; i++)
		if (slot_holds(&h->slots[i], l1)) {
			h->slot_last = i;
			return &h->slots[i];
		}
	return NULL;
}

struct slot *host_slot_by_id(struct host *h, uint16_t id)
{
	size_t i;

	for (i = 0; i < h->slot_count; i++)
		if (h->slots[i].id == id)
			return &h->slots[i];
	return NULL;
}

bool host_set_slot(struct host *h, const struct slot *s)
{
	struct slot *old = host_slot_by_id(h, s->id);
	void *slots = h->slots;
	bool ok;

	if (old) {
		*old = *s;
		return true;
	}
	ok = make_room(&slots, &h->slot_room, h->slot_count + 1, sizeof(*s));
	h->slots = slots;
	if (ok)
		h->slots[h->slot_count++] = *s;
	return ok;
}

void host_remove_slot(struct host *h, uint16_t id)
{
	struct slot *s = host_slot_by_id(h, id);

	if (s)
		*s = h->slots[--h->slot_count];
}

/* ---- backing ---- */

bool host_set_backing(struct host *h, const struct nvt_backing *n)
{
	struct backing b = {
		.hva = n->hva,
		.size = last_of(n->hva, n->size) - n->hva + 1,
		.pa = n->pa,
		.writable = n->flags & NVT_BACKING_WRITABLE,
		.device = n->flags & NVT_BACKING_DEVICE,
		.any_uncached = n->flags & NVT_BACKING_UNCACHED,
		.no_pa = n->flags & NVT_BACKING_NO_PA,
	};

	return !n->size || backings_set(&h->backings, &b);
}

struct behind host_behind(struct host *h, uint64_t l1)
{
	struct behind b = {.slot = host_slot(h, l1)};
	const struct backing *next;
	uint64_t hva;

	if (!b.slot)
		return b;
	hva = b.slot->uaddr + (l1 - b.slot->base);
	b.room = b.slot->size - (l1 - b.slot->base);
	b.backing = backings_find(&h->backings, hva);
	if (!b.backing) {
		next = backings_from(&h->backings, hva);
		b.room = next ? min64(b.room, next->hva - hva) : b.room;
		return b;
	}
	b.room = min64(b.room, b.backing->size - (hva - b.backing->hva));
	b.pa_known = !b.backing->no_pa;
	b.pa = b.backing->pa + (hva - b.backing->hva);
	if (h->fold.size) {
		b.room = min64(b.room, h->fold.size - (b.pa & (h->fold.size - 1)));
		b.pa = pa_folded(&h->fold, b.pa);
	}
	return b;
}

/* ---- which pages were reported dirty: a bit each ---- */

bool host_mark_dirty(struct host *h, uint64_t gfn)
{
	uint64_t *word = memory_make(h->dirty, gfn / 64 * 8);

	if (word)
		*word |= 1ull << gfn % 64;
	return word;
}

bool host_is_dirty(const struct host *h, uint64_t gfn)
{
	const uint64_t *word = memory_find(h->dirty, gfn / 64 * 8);

	return word && *word >> gfn % 64 & 1;
}

#define GFNS_PER_CHUNK (MEMORY_CHUNK_SIZE * 8u)

/* Bits [first, last] of the words. */
static void clear_bits(uint64_t *words, uint64_t first, uint64_t last)
{
	uint64_t from = ~0ull << first % 64, to = ~0ull >> (63 - last % 64), i;

	for (i = first / 64; i <= last / 64; i++, from = ~0ull)
		words[i] &= ~(i == last / 64 ? from & to : from);
}

static void forget_chunk(uint64_t *words, uint64_t base, uint64_t first_gfn, uint64_t last_gfn)
{
	uint64_t last = base + (GFNS_PER_CHUNK - 1);

	if (base <= last_gfn && last >= first_gfn)
		clear_bits(words, first_gfn > base ? first_gfn - base : 0,
			   min64(last, last_gfn) - base);
}

/* The range may be all of the address space: then those chunks are walked that are there. */
void host_forget_dirty(struct host *h, uint64_t first_gfn, uint64_t last_gfn)
{
	uint64_t key = first_gfn / GFNS_PER_CHUNK, last_key = last_gfn / GFNS_PER_CHUNK;
	size_t i;

	if (last_key - key < h->dirty->room) {
		for (; key <= last_key; key++) {
			uint64_t *words = memory_find(h->dirty, key * MEMORY_CHUNK_SIZE);

			if (words)
				forget_chunk(words, key * GFNS_PER_CHUNK, first_gfn, last_gfn);
		}
		return;
	}
	for (i = 0; i < h->dirty->room; i++) {
		const struct memory_chunk *k = &h->dirty->table[i];

		if (k->key)
			forget_chunk(k->words, (k->key - 1) * GFNS_PER_CHUNK, first_gfn, last_gfn);
	}
}
