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
	free(h->intervals);
	memory_free(h->dirty);
}

static bool duplicate(void **to, const void *from, size_t size)
{
	*to = malloc(size ? size : 1);
	if (*to && size)
		memcpy(*to, from, size);
	return *to;
}

bool host_copy(struct host *to, const struct host *from)
{
	void *slots = NULL, *intervals = NULL;
	bool ok = duplicate(&slots, from->slots, from->slot_count * sizeof(*from->slots)) &&
		  duplicate(&intervals, from->intervals,
			    from->interval_count * sizeof(*from->intervals));

	*to = *from;
	to->slots = slots;
	to->slot_room = to->slot_count;
	to->intervals = intervals;
	to->interval_room = to->interval_count;
	to->dirty = memory_clone(from->dirty);
	return ok && to->dirty;
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

/* The first interval that does not end below hva. */
static size_t interval_from(const struct host *h, uint64_t hva)
{
	size_t low = 0, high = h->interval_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (h->intervals[mid].last < hva)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Opens a gap of one at `at`. */
static bool insert_interval(struct host *h, size_t at, struct interval v)
{
	void *p = h->intervals;
	bool ok = make_room(&p, &h->interval_room, h->interval_count + 1, sizeof(v));

	h->intervals = p;
	if (!ok)
		return false;
	memmove(&h->intervals[at + 1], &h->intervals[at], (h->interval_count - at) * sizeof(v));
	h->intervals[at] = v;
	h->interval_count++;
	return true;
}

/* Cuts what is known in two where `hva` lies inside of an interval: it begins one from now on. */
static bool cut_at(struct host *h, uint64_t hva)
{
	size_t i = interval_from(h, hva);
	struct interval tail;

	if (i == h->interval_count || h->intervals[i].hva >= hva)
		return true;
	tail = h->intervals[i];
	tail.pa += hva - tail.hva;
	tail.hva = hva;
	if (!insert_interval(h, i + 1, tail))
		return false;
	h->intervals[i].last = hva - 1;
	return true;
}

bool host_set_backing(struct host *h, const struct nvt_backing *b)
{
	struct interval v = {b->hva, last_of(b->hva, b->size), b->pa, b->flags};
	size_t first, end;

	if (!b->size)
		return true;
	if (!cut_at(h, v.hva) || (v.last != UINT64_MAX && !cut_at(h, v.last + 1)))
		return false;
	first = interval_from(h, v.hva);
	for (end = first; end < h->interval_count && h->intervals[end].hva <= v.last; end++)
		;
	if (end == first)
		return insert_interval(h, first, v);
	memmove(&h->intervals[first + 1], &h->intervals[end],
		(h->interval_count - end) * sizeof(v));
	h->interval_count -= end - first - 1;
	h->intervals[first] = v;
	return true;
}

#define RECENT_SHIFT 21 /* few intervals are smaller than a block */

/* NULL: none holds hva; *next is where the next one begins. */
static const struct interval *find_interval(struct host *h, uint64_t hva, uint64_t *next)
{
	uint32_t *recent = &h->recent[(hva >> RECENT_SHIFT) % HOST_RECENT];
	const struct interval *v;
	size_t i = *recent;

	if (i < h->interval_count) {
		v = &h->intervals[i];
		if (v->hva <= hva && hva <= v->last)
			return v;
	}
	i = interval_from(h, hva);
	v = &h->intervals[i];
	if (i == h->interval_count || v->hva > hva) {
		*next = i == h->interval_count ? UINT64_MAX : v->hva;
		return NULL;
	}
	*recent = (uint32_t)i;
	return v;
}

struct behind host_behind(struct host *h, uint64_t l1)
{
	struct behind b = {.slot = host_slot(h, l1)};
	uint64_t hva, next = 0;

	if (!b.slot)
		return b;
	hva = b.slot->uaddr + (l1 - b.slot->base);
	b.room = b.slot->size - (l1 - b.slot->base);
	b.interval = find_interval(h, hva, &next);
	if (!b.interval) {
		b.room = min64(b.room, next - hva);
		return b;
	}
	if (b.interval->last - hva < b.room)
		b.room = b.interval->last - hva + 1;
	b.pa_known = !(b.interval->flags & NVT_BACKING_NO_PA);
	b.pa = b.interval->pa + (hva - b.interval->hva);
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
