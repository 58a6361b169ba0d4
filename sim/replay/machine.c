/* SPDX-License-Identifier: GPL-2.0-only */
#include "machine.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "memory.h"

/* ---- L1's memory ---- */

bool machine_write(struct machine *m, uint64_t addr, uint64_t word)
{
	uint64_t *p = memory_make(m->memory, addr);

	if (!p)
		return false;
	*p = word;
	return true;
}

uint64_t machine_peek(const struct machine *m, uint64_t addr)
{
	const uint64_t *p = memory_find(m->memory, addr);

	return p ? *p : 0;
}

static const struct s2_slot *port_slot(void *ctx, struct l1_ipa addr);

static bool in_range(uint64_t addr, uint64_t base, uint64_t size)
{
	return addr - base < size;
}

/* Some trace classes know L1's tables, but not where they lie: those are kept apart. */
static bool is_memory(struct machine *m, uint64_t addr)
{
	const struct s2_slot *slot;

	if (addr == m->unreadable)
		return false;
	if (in_range(addr, m->tables_base, m->tables_size))
		return true;
	slot = port_slot(m, (struct l1_ipa){addr});
	return slot && !slot->invalid;
}

static struct memory_chunk *readable_place(struct machine *m, uint64_t addr)
{
	return &m->readable[addr / MEMORY_CHUNK_SIZE % MACHINE_READABLE];
}

static __attribute__((noinline)) uint64_t read_slowly(struct machine *m, uint64_t addr,
						      enum s2_io *io)
{
	const struct memory_chunk *c;

	if (!is_memory(m, addr)) {
		*io = S2_IO_FAULT;
		return 0;
	}
	c = memory_search(m->memory, addr);
	if (c && addr / MEMORY_CHUNK_SIZE != m->unreadable / MEMORY_CHUNK_SIZE)
		*readable_place(m, addr) = *c;
	return machine_peek(m, addr);
}

static uint64_t port_read(void *ctx, struct l1_ipa addr, enum s2_io *io)
{
	struct machine *m = ctx;
	const struct memory_chunk *c = readable_place(m, addr.v);

	if (c->key != addr.v / MEMORY_CHUNK_SIZE + 1)
		return read_slowly(m, addr.v, io);
	return c->words[addr.v % MEMORY_CHUNK_SIZE / 8];
}

static enum s2_io port_swap(void *ctx, struct l1_ipa addr, uint64_t old, uint64_t new)
{
	struct machine *m = ctx;
	const struct s2_slot *slot = port_slot(m, addr);

	if (!is_memory(m, addr.v) || (slot && slot->readonly) || m->swap == MACHINE_SWAP_FAULTS)
		return S2_IO_FAULT;
	if (m->swap == MACHINE_SWAP_LOSES || machine_peek(m, addr.v) != old)
		return S2_IO_AGAIN;
	if (!machine_write(m, addr.v, new))
		return S2_IO_FAULT;
	if (m->on_swap)
		m->on_swap(m->on_swap_arg, addr, new);
	return S2_IO_OK;
}

/* ---- table pages ---- */

static void tell_table(const struct machine *m, bool taken, const void *table, size_t size)
{
	uint64_t offset = (uint64_t)((const unsigned char *)table - m->arena->base);

	if (m->on_table)
		m->on_table(m->on_table_arg, taken, (struct host_pa){m->arena->pa + offset}, size);
}

static void *port_alloc(void *ctx, size_t size, enum s2_page_use use)
{
	struct machine *m = ctx;
	void *table = arena_alloc(m->arena, size);

	if (table && use == S2_PAGE_TABLE)
		tell_table(m, true, table, size);
	return table;
}

static void port_free(void *ctx, void *table, size_t size, enum s2_page_use use)
{
	struct machine *m = ctx;

	if (use == S2_PAGE_TABLE)
		tell_table(m, false, table, size);
	arena_free(m->arena, table, size);
}

uint64_t machine_tables_now(const struct machine *m)
{
	return m->arena->pages_now;
}

uint64_t machine_tables_peak(const struct machine *m)
{
	return m->arena->pages_peak;
}

static void port_tlb(void *ctx, const struct s2_mmu *mmu, enum s2_tlb_op op, struct table_ipa ipa,
		     uint64_t size)
{
	struct machine *m = ctx;

	m->stats.tlb_flushes++;
	if (m->on_tlb)
		m->on_tlb(m->on_tlb_arg, mmu, op, ipa, size);
}

/* ---- slots ---- */

static __attribute__((noinline)) const struct s2_slot *search_slot(struct machine *m, uint64_t addr)
{
	unsigned int i;

	for (i = 0; i < m->slot_count; i++) {
		const struct s2_slot *s = &m->slots[i].s2;

		if (in_range(addr, s->base.v, s->size)) {
			m->slot_last = s;
			return s;
		}
	}
	return NULL;
}

static const struct s2_slot *port_slot(void *ctx, struct l1_ipa addr)
{
	struct machine *m = ctx;
	const struct s2_slot *s = m->slot_last;

	if (s && in_range(addr.v, s->base.v, s->size))
		return s;
	return search_slot(m, addr.v);
}

struct machine_slot *machine_find_slot(struct machine *m, uint16_t id)
{
	unsigned int i;

	for (i = 0; i < m->slot_count; i++)
		if (m->slots[i].id == id)
			return &m->slots[i];
	return NULL;
}

static void forget_readable(struct machine *m)
{
	memset(m->readable, 0, sizeof(m->readable));
}

static void forget_found(struct machine *m)
{
	forget_readable(m);
	m->slot_last = NULL;
}

void machine_set_unreadable(struct machine *m, uint64_t addr)
{
	forget_readable(m);
	m->unreadable = addr;
}

bool machine_set_slot(struct machine *m, uint16_t id, const struct s2_slot *slot)
{
	struct machine_slot *s = machine_find_slot(m, id);

	forget_found(m);
	if (!s) {
		if (m->slot_count == MACHINE_SLOTS_MAX)
			return false;
		s = &m->slots[m->slot_count++];
	}
	*s = (struct machine_slot){id, *slot};
	return true;
}

void machine_remove_slot(struct machine *m, uint16_t id)
{
	struct machine_slot *s = machine_find_slot(m, id);

	forget_found(m);
	if (s)
		*s = m->slots[--m->slot_count];
}

/* ---- backing ---- */

/*
 * The largest block that the bounds of the mapping and the alignment of the device's
 * memory admit: what hypervisors before Linux 7 took for a device's page size.
 */
static uint64_t geometry(const struct machine *m, const struct backing *b, uint64_t hva)
{
	int level;

	for (level = 1; level < 3 && !b->no_pa; level++) {
		uint64_t size = 1ull << s2_level_shift(m->page_shift, level);
		uint64_t start = hva & ~(size - 1);

		if (!((b->hva ^ b->pa) & (size - 1)) && start >= b->hva && size <= b->size &&
		    start - b->hva <= b->size - size)
			return size;
	}
	return 1ull << m->page_shift;
}

/* Not inline: few faults are on devices, and all would pay. */
static __attribute__((noinline)) enum s2_host_status
add_geometry(const struct machine *m, const struct backing *b, uint64_t hva, struct s2_backing *out)
{
	out->geometry = geometry(m, b, hva);
	return S2_HOST_OK;
}

/* Nothing is known: the host's own page, writable, at PA 0. */
static __attribute__((noinline)) enum s2_host_status unknown_backing(struct machine *m,
								     struct s2_backing *out)
{
	uint64_t folded = pa_folded(&m->fold, 0);

	m->last_backing = NULL;
	m->last_slide = 0 - folded;
	m->stats.backing_unknown++;
	*out = (struct s2_backing){.pa = {folded},
				   .user_leaf = 1ull << m->page_shift,
				   .vma_shift = (uint8_t)m->page_shift,
				   .writable = true};
	return S2_HOST_OK;
}

static inline enum s2_host_status use_backing(struct machine *m, const struct backing *b,
					      uint64_t hva, struct s2_backing *out)
{
	uint64_t pa = b->no_pa ? 0 : b->pa + (hva - b->hva);
	uint64_t folded = pa_folded(&m->fold, pa);

	m->last_backing = b;
	m->last_slide = pa - folded;
	*out = (struct s2_backing){
		.pa = {folded},
		.user_leaf = b->user_leaf,
		.vma_shift = b->vma_shift,
		.writable = b->writable,
		.device = b->device,
		.any_uncached = b->any_uncached,
		.mte_allowed = true,
	};
	if (!b->device)
		return S2_HOST_OK;
	return add_geometry(m, b, hva, out);
}

static __attribute__((noinline)) enum s2_host_status search_backing(struct machine *m, uint64_t hva,
								    struct s2_backing *out)
{
	const struct backing *b = backings_search(&m->backings, hva);

	return b ? use_backing(m, b, hva, out) : unknown_backing(m, out);
}

static enum s2_host_status port_backing(void *ctx, const struct s2_slot *slot, struct host_va hva,
					bool write, struct s2_backing *out)
{
	struct machine *m = ctx;
	const struct backing *b = backings_guess(&m->backings, hva.v);

	(void)slot;
	(void)write;
	return b ? use_backing(m, b, hva.v, out) : search_backing(m, hva.v, out);
}

static void port_dirty(void *ctx, const struct s2_slot *slot, struct l1_ipa addr)
{
	struct machine *m = ctx;

	if (m->on_dirty)
		m->on_dirty(m->on_dirty_arg, slot, addr);
}

static void port_dropped(void *ctx, const struct s2_mmu *mmu, struct table_ipa start, uint64_t size)
{
	struct machine *m = ctx;

	if (m->on_dropped)
		m->on_dropped(m->on_dropped_arg, mmu, start, size);
}

static void use_port(struct machine *m)
{
	m->port = (struct s2_port){
		.read = port_read,
		.swap = port_swap,
		.alloc_table = port_alloc,
		.free_table = port_free,
		.tlb = port_tlb,
		.slot = port_slot,
		.backing = port_backing,
		.dirty = port_dirty,
		.dropped = port_dropped,
		.tables_pa = {m->arena->pa},
		.tables = m->arena->base,
		.tables_entries = m->arena->entries,
	};
}

bool machine_init(struct machine *m, unsigned int page_shift)
{
	*m = (struct machine){.page_shift = page_shift, .unreadable = ~0ull};
	m->memory = memory_new();
	m->arena = calloc(1, sizeof(*m->arena));
	if (!m->memory || !m->arena || !arena_init(m->arena, page_shift)) {
		machine_destroy(m);
		return false;
	}
	use_port(m);
	return true;
}

bool machine_clone(struct machine *to, const struct machine *from)
{
	*to = *from;
	forget_found(to);
	to->backings = (struct backings){0};
	to->last_backing = NULL;
	to->on_dirty = NULL;
	to->on_swap = NULL;
	to->on_tlb = NULL;
	to->on_table = NULL;
	to->on_dropped = NULL;
	to->memory = memory_clone(from->memory);
	to->arena = calloc(1, sizeof(*to->arena));
	if (!to->memory || !to->arena || !backings_clone(&to->backings, &from->backings) ||
	    !arena_clone(to->arena, from->arena)) {
		machine_destroy(to);
		return false;
	}
	use_port(to);
	return true;
}

void machine_destroy(struct machine *m)
{
	memory_free(m->memory);
	if (m->arena)
		arena_destroy(m->arena);
	free(m->arena);
	backings_free(&m->backings);
	m->memory = NULL;
	m->arena = NULL;
}
