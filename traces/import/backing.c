/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdlib.h>
#include <string.h>

#include "import/backing.h"

/* kvm_pgtable_prot, as the probe of the mapper shows it */
#define PROT_DEVICE   (1u << 4)
#define PROT_UNCACHED (1u << 5)

/* Error codes of __kvm_faultin_pfn stand in the top bits of the page number. */
#define PFN_ERROR_SHIFT 52

struct block {
	uint64_t pa;
	uint64_t stamp;
	uint8_t vma_shift;
	uint8_t leaf_shift;
	uint8_t flags;
	bool stale;	  /* unmapped by the host since */
	bool lower_bound; /* the leaf may be larger */
};

/* What one fault shows. */
struct sight {
	uint64_t hva; /* of the page that was looked up */
	uint64_t pa;
	uint64_t block_hva; /* of the whole mapping, where it was mapped */
	uint64_t block_pa;
	uint8_t size_shift; /* of the mapping; 0: permissions were relaxed, size not told */
	uint8_t flags;
	bool huge_vma;	  /* the lookup was aligned to more than a page */
	bool lower_bound; /* the leaf may be larger than the mapping */
	bool widened;	  /* the size is that of the huge pages, not that of the mapping */
};

void imp_backing_init(struct imp_backing *m, uint8_t page_shift)
{
	*m = (struct imp_backing){.page_shift = page_shift};
	imp_map_init(&m->blocks, sizeof(struct block));
}

void imp_backing_free(struct imp_backing *m)
{
	imp_map_free(&m->blocks);
	imp_hostmem_free(&m->host);
	free(m->slots);
}

static struct imp_slot *find_slot(struct imp_backing *m, uint64_t ipa)
{
	for (size_t i = 0; i < m->slot_count; i++) {
		size_t at = (m->last_slot + i) % m->slot_count;

		if (ipa - m->slots[at].slot.base < m->slots[at].slot.size) {
			m->last_slot = at;
			return &m->slots[at];
		}
	}
	return NULL;
}

static void remove_slot(struct imp_backing *m, uint16_t id)
{
	for (size_t i = 0; i < m->slot_count; i++) {
		if (m->slots[i].slot.id != id)
			continue;
		m->slots[i] = m->slots[--m->slot_count];
		m->last_slot = 0;
		return;
	}
}

static uint8_t vma_shift_of(const struct imp_backing *m, uint16_t id)
{
	for (size_t i = 0; i < m->slot_count; i++)
		if (m->slots[i].slot.id == id)
			return m->slots[i].vma_shift;
	return 0;
}

int imp_backing_slot(struct imp_backing *m, const struct nvt_slot *slot)
{
	struct imp_slot *bigger;
	uint8_t vma_shift = 0;

	if (slot->change == NVT_SLOT_FLAGS)
		vma_shift = vma_shift_of(m, slot->id);
	remove_slot(m, slot->id);
	if (slot->change == NVT_SLOT_DELETE || !slot->size)
		return 0;
	bigger = realloc(m->slots, (m->slot_count + 1) * sizeof(*bigger));
	if (!bigger)
		return -1;
	m->slots = bigger;
	m->slots[m->slot_count++] = (struct imp_slot){.slot = *slot, .vma_shift = vma_shift};
	return 0;
}

/* The newest block that covers hva, and its size; blocks replace older ones where they overlap. */
static struct block *lookup(const struct imp_backing *m, uint64_t hva, uint8_t *shift)
{
	struct block *best = NULL;

	for (uint64_t sizes = m->sizes; sizes; sizes &= sizes - 1) {
		unsigned int s = (unsigned int)__builtin_ctzll(sizes);
		struct block *b = imp_map_get(&m->blocks, s, hva >> s);

		if (b && (!best || b->stamp > best->stamp)) {
			best = b;
			*shift = (uint8_t)s;
		}
	}
	return best;
}

static uint8_t log2_of(uint64_t size)
{
	return size ? (uint8_t)(63 - __builtin_clzll(size)) : 0;
}

static int enter(struct imp_backing *m, const struct nvt_backing *told, bool lower_bound)
{
	uint8_t shift = log2_of(told->size);
	struct block *b = imp_map_put(&m->blocks, shift, told->hva >> shift);

	if (!b)
		return -1;
	m->sizes |= (uint64_t)1 << shift;
	*b = (struct block){.pa = told->pa,
			    .stamp = ++m->stamp,
			    .vma_shift = told->vma_shift,
			    .leaf_shift = told->leaf_shift,
			    .flags = told->flags,
			    .lower_bound = lower_bound};
	return 0;
}

/* Above this many pages it is cheaper to look at all blocks than at every page. */
#define PAGES_ONE_BY_ONE 4096u

static void stale_all(struct imp_backing *m, uint64_t hva, uint64_t size)
{
	size_t position = 0;
	uint64_t shift, index;
	struct block *b;

	while ((b = imp_map_next(&m->blocks, &position, &shift, &index))) {
		uint64_t start = index << shift;

		if (start < hva + size && start + ((uint64_t)1 << shift) > hva)
			b->stale = true;
	}
}

static void stale_pages(struct imp_backing *m, uint64_t hva, uint64_t size)
{
	uint64_t page = (uint64_t)1 << m->page_shift;

	if (size / page > PAGES_ONE_BY_ONE) {
		stale_all(m, hva, size);
		return;
	}
	for (uint64_t at = 0; at < size; at += page) {
		uint8_t shift;
		struct block *b = lookup(m, hva + at, &shift);

		if (b)
			b->stale = true;
	}
}

void imp_backing_unmap(struct imp_backing *m, uint64_t base, uint64_t size)
{
	for (size_t i = 0; i < m->slot_count; i++) {
		const struct nvt_slot *s = &m->slots[i].slot;
		uint64_t from = base > s->base ? base : s->base;
		uint64_t to = base + size < s->base + s->size ? base + size : s->base + s->size;

		if (from < to)
			stale_pages(m, s->uaddr + (from - s->base), to - from);
	}
}

/* fault_supports_stage2_huge_mapping of spec 4.2 */
static bool slot_supports(const struct nvt_slot *s, uint64_t hva, uint8_t shift)
{
	uint64_t mask = ((uint64_t)1 << shift) - 1;

	return !((s->base ^ s->uaddr) & mask) && (hva & ~mask) >= s->uaddr &&
	       (hva | mask) - s->uaddr < s->size;
}

/*
 * Under dirty logging KVM maps by pages. Where earlier faults have shown that
 * huge pages back the slot, the one around this page is known all the same.
 */
static void widen(const struct imp_slot *in, struct sight *s)
{
	uint64_t mask = ((uint64_t)1 << in->vma_shift) - 1;

	if (!in->vma_shift || (s->hva ^ s->pa) & mask ||
	    !slot_supports(&in->slot, s->hva, in->vma_shift))
		return;
	s->size_shift = in->vma_shift;
	s->block_hva = s->hva & ~mask;
	s->block_pa = s->pa & ~mask;
	s->huge_vma = true;
	s->widened = true;
}

/*
 * A shadow mapping is no larger than L1's leaf, rounded down to a size that
 * the host has. One that is as large as that may come from any larger leaf.
 */
static bool capped_by_l1(const struct imp_backing *m, const struct nvt_fault_truth *t)
{
	uint64_t next = t->map_size << (m->page_shift - 3);

	return t->has & NVT_TRUTH_MAP && t->has & NVT_TRUTH_WALK && t->walk_size < next;
}

/* Reads a fault's truth against the slot that it fell into. */
static struct sight look(const struct imp_backing *m, struct imp_slot *in,
			 const struct nvt_fault_truth *t, uint64_t ipa)
{
	const struct nvt_slot *slot = &in->slot;
	uint64_t gpa = t->faultin_gfn << m->page_shift;
	uint64_t page_mask = ((uint64_t)1 << m->page_shift) - 1;
	struct sight s = {.hva = slot->uaddr + (gpa - slot->base),
			  .pa = t->faultin_pfn << m->page_shift,
			  .flags = t->faultin_writable ? NVT_BACKING_WRITABLE : 0,
			  .huge_vma = gpa != (ipa & ~page_mask)};
	uint64_t block_mask;

	if (!(t->has & NVT_TRUTH_MAP))
		return s;
	s.size_shift = log2_of(t->map_size);
	block_mask = ((uint64_t)1 << s.size_shift) - 1;
	s.block_hva = s.hva & ~block_mask;
	s.block_pa = t->map_pa;
	if (t->map_prot & PROT_DEVICE)
		s.flags |= NVT_BACKING_DEVICE;
	if (t->map_prot & PROT_UNCACHED)
		s.flags |= NVT_BACKING_DEVICE | NVT_BACKING_UNCACHED;
	s.lower_bound = (slot->flags & NVT_SLOT_LOG) && !(slot->flags & NVT_SLOT_READONLY);
	if (s.lower_bound) {
		widen(in, &s);
		return s;
	}
	if (s.size_shift > m->page_shift &&
	    imp_hostmem_vma_shift(&m->host, s.hva, m->page_shift) == s.size_shift)
		s.huge_vma = true;
	/* The first page of a huge page looks like THP; the slot's other pages tell. */
	if (s.huge_vma && s.size_shift > m->page_shift)
		in->vma_shift = s.size_shift;
	else if (s.size_shift > m->page_shift && in->vma_shift == s.size_shift &&
		 !(gpa & block_mask))
		s.huge_vma = true;
	return s;
}

/*
 * The page that the host looked up lies elsewhere in its block than the address: no leaf can be
 * larger than a page, whatever was mapped.
 */
static bool is_page_for_sure(const struct imp_backing *m, const struct sight *s)
{
	uint64_t block = (uint64_t)1 << (2 * m->page_shift - 3);

	return !(s->flags & NVT_BACKING_DEVICE) && (s->hva ^ s->pa) & (block - 1);
}

/* By the host's look-up alone, and by nothing that was decided. */
static struct nvt_backing told_by_lookup(const struct imp_backing *m, const struct sight *s)
{
	return (struct nvt_backing){.hva = s->hva,
				    .size = (uint64_t)1 << m->page_shift,
				    .pa = s->pa,
				    .vma_shift = m->page_shift,
				    .leaf_shift = m->page_shift,
				    .flags = s->flags,
				    .origin = NVT_GIVEN};
}

static struct nvt_backing told_by(const struct imp_backing *m, const struct sight *s)
{
	uint8_t shift = s->size_shift ? s->size_shift : m->page_shift;
	bool sized = s->size_shift;

	if (is_page_for_sure(m, s))
		return told_by_lookup(m, s);
	return (struct nvt_backing){.hva = sized ? s->block_hva : s->hva,
				    .size = (uint64_t)1 << shift,
				    .pa = sized ? s->block_pa : s->pa,
				    .vma_shift = s->huge_vma ? shift : m->page_shift,
				    .leaf_shift = shift,
				    .flags = s->flags,
				    .origin = NVT_OWN_TRUTH};
}

static bool same_page(const struct block *b, uint8_t shift, const struct sight *s)
{
	uint64_t offset = s->hva & (((uint64_t)1 << shift) - 1);

	/* Relaxed permissions say nothing about the kind of memory. */
	return b->pa + offset == s->pa &&
	       !((b->flags ^ s->flags) & (s->size_shift ? 0xff : NVT_BACKING_WRITABLE));
}

/*
 * Whether a mapping in L1's own table could have come from this block. Under
 * dirty logging, or in a slot that is not congruent, a page is all that a
 * larger leaf gives.
 */
static bool agrees(const struct imp_backing *m, const struct block *b, uint8_t shift,
		   const struct sight *s, const struct nvt_slot *slot)
{
	if (!same_page(b, shift, s))
		return false;
	if (!s->size_shift)
		return true;
	if (s->huge_vma && b->vma_shift == m->page_shift)
		return false;
	if (s->size_shift > b->leaf_shift)
		return false;
	return s->size_shift == b->leaf_shift || s->lower_bound ||
	       !slot_supports(slot, s->hva, b->leaf_shift);
}

/* A leaf smaller than the one that was known: none of the old block is in a larger leaf now. */
static bool shrinks(const struct block *b, uint8_t shift, const struct sight *s)
{
	return s->size_shift && s->size_shift < b->leaf_shift && !s->lower_bound &&
	       shift > s->size_shift && b->vma_shift < shift;
}

static int tell(struct imp_backing *m, const struct nvt_backing *told, bool lower_bound,
		struct nvt_backing *out)
{
	*out = *told;
	return enter(m, told, lower_bound) ? -1 : 1;
}

static int tell_sight(struct imp_backing *m, const struct sight *s, const struct nvt_backing *told,
		      struct nvt_backing *out)
{
	bool whole = s->widened || told->origin == NVT_GIVEN;

	return tell(m, told, !whole && (s->lower_bound || !s->size_shift), out);
}

/* What the host said, unless the fault shows that it was otherwise at this moment. */
static void prefer_given(const struct imp_backing *m, const struct sight *s,
			 const struct nvt_slot *slot, struct nvt_backing *given)
{
	struct nvt_backing host;
	struct block b;

	if (!imp_hostmem_find(&m->host, s->hva, m->page_shift, &host))
		return;
	host.flags = s->flags;
	b = (struct block){.pa = host.pa,
			   .vma_shift = host.vma_shift,
			   .leaf_shift = host.leaf_shift,
			   .flags = host.flags};
	if (!agrees(m, &b, host.leaf_shift, s, slot))
		return;
	*given = host;
}

static int observe_canonical(struct imp_backing *m, const struct sight *s,
			     const struct nvt_slot *slot,
			     struct nvt_backing out[IMP_BACKING_EVENTS])
{
	uint8_t shift = 0;
	struct block *b = lookup(m, s->hva, &shift);
	struct nvt_backing told = told_by(m, s);
	bool same;

	if (!b) {
		prefer_given(m, s, slot, &told);
		return tell_sight(m, s, &told, out);
	}
	if (agrees(m, b, shift, s, slot)) {
		b->stale = false;
		b->lower_bound &= !s->size_shift || s->lower_bound;
		return 0;
	}
	if (!shrinks(b, shift, s))
		return tell_sight(m, s, &told, out);
	same = same_page(b, shift, s);
	if (tell(m,
		 &(struct nvt_backing){.hva = s->hva >> shift << shift,
				       .size = (uint64_t)1 << shift,
				       .pa = b->pa,
				       .vma_shift = b->vma_shift,
				       .leaf_shift = s->size_shift,
				       .flags = b->flags,
				       .origin = NVT_OWN_TRUTH},
		 false, out) < 0)
		return -1;
	if (same)
		return 1;
	return tell_sight(m, s, &told, out + 1) < 0 ? -1 : 2;
}

/*
 * A block that the host took away since is the same again if nothing speaks
 * against it. But it is this fault that says so: it is told once more.
 */
static int observe_shadow(struct imp_backing *m, const struct sight *s, const struct nvt_slot *slot,
			  struct nvt_backing out[IMP_BACKING_EVENTS])
{
	uint8_t shift = 0;
	const struct block *b = lookup(m, s->hva, &shift);
	struct nvt_backing told = told_by(m, s);

	if (b && !b->stale && !(b->lower_bound && s->size_shift > b->leaf_shift))
		return 0;
	if (!b || !b->stale || !agrees(m, b, shift, s, slot))
		return tell_sight(m, s, &told, out);
	told = (struct nvt_backing){.hva = s->hva >> shift << shift,
				    .size = (uint64_t)1 << shift,
				    .pa = b->pa,
				    .vma_shift = b->vma_shift,
				    .leaf_shift = b->leaf_shift,
				    .flags = b->flags,
				    .origin = NVT_OWN_TRUTH};
	return tell(m, &told, b->lower_bound, out);
}

int imp_backing_observe(struct imp_backing *m, const struct nvt_fault_truth *truth, uint64_t ipa,
			bool shadow, struct nvt_backing out[IMP_BACKING_EVENTS])
{
	struct imp_slot *slot;
	struct sight s;

	if (!(truth->has & NVT_TRUTH_FAULTIN) || truth->faultin_pfn >> PFN_ERROR_SHIFT)
		return 0;
	slot = find_slot(m, truth->faultin_gfn << m->page_shift);
	if (!slot)
		return 0;
	s = look(m, slot, truth, ipa);
	if (!shadow)
		return observe_canonical(m, &s, &slot->slot, out);
	s.lower_bound |= capped_by_l1(m, truth);
	return observe_shadow(m, &s, &slot->slot, out);
}
