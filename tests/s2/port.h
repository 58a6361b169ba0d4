/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An adversary in the place of the handler's environment. It fails, races and
 * runs out of memory on demand; it poisons what the handler may not look at;
 * and it watches every table: break-before-make, freed pages, leaks.
 *
 * Nothing here uses the handler's own table code: tables are read raw.
 */
#ifndef NVSIM_TESTS_S2_PORT_H
#define NVSIM_TESTS_S2_PORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/mman.h>

#include "s2.h"

#define PORT_SLOTS    8
#define PORT_LOG      256
#define PORT_PENDING  1024
#define PORT_WORDS    (1u << 14)
#define PORT_PAGES    1024u
#define PORT_POISON   0xdb
#define PORT_PAGE_MAX 65536u

/* Not aligned to anything but the host's page. */
#define PORT_TABLES_PA 0x0000003210070000ull

enum port_page { PORT_FREE, PORT_TABLE, PORT_GUARD };

struct port_tlb {
	enum s2_tlb_op op;
	const struct s2_mmu *mmu;
	uint64_t ipa, size;
};

/* Where a table page hangs. */
struct port_owner {
	const struct s2_mmu *mmu;
	uint64_t ipa;
	int level;
	bool reachable;
};

/* An entry that was broken, and of which no TLB has been told yet. */
struct port_pending {
	const struct s2_mmu *mmu;
	uint64_t ipa, size;
	bool table;
};

struct port {
	struct s2_port s2;
	struct s2_vm *vm; /* set once it is there */
	unsigned int page_shift;

	/* L1's memory: open addressing, unwritten words are 0. */
	struct {
		uint64_t key, word; /* key: address + 1 */
	} words[PORT_WORDS];
	unsigned int word_count;

	struct s2_slot slots[PORT_SLOTS];
	unsigned int slot_count;
	/* What backs every slot; pa is that of the page at uaddr. */
	struct s2_backing backing;
	enum s2_host_status status;

	/* Demands: the n-th call from now fails, 0: none does. */
	unsigned int fail_read, fail_alloc;
	enum s2_io swap;
	bool device_claims;
	bool watch; /* compare all tables at each step: slow */
	bool alloc_failed;

	/* What happened. */
	unsigned int reads, swaps, allocs, backing_calls, slot_calls;
	bool backing_write;
	struct port_tlb tlb[PORT_LOG];
	unsigned int tlb_count;
	uint64_t dirty[PORT_LOG];
	unsigned int dirty_count;
	uint64_t dropped_count, dropped_bytes; /* leaves that a host unmap removed */

	unsigned char *arena, *before; /* before: the tables as they were last looked at */
	uint8_t kind[PORT_PAGES];
	uint32_t run[PORT_PAGES]; /* pages of the piece that starts here */
	unsigned int live;	  /* pages handed out */
	uint16_t entries[PORT_PAGES];
	struct port_owner owner[PORT_PAGES];
	struct port_pending pending[PORT_PENDING];
	unsigned int pending_count;
};

static inline size_t port_page_size(const struct port *p)
{
	return (size_t)1 << p->page_shift;
}

/* ---- L1's memory ---- */

static inline unsigned int port_place(const struct port *p, uint64_t addr)
{
	unsigned int i = (unsigned int)(addr * 0x9e3779b97f4a7c15u >> 40) % PORT_WORDS;

	while (p->words[i].key && p->words[i].key != addr + 1)
		i = (i + 1) % PORT_WORDS;
	return i;
}

static inline uint64_t port_peek(const struct port *p, uint64_t addr)
{
	return p->words[port_place(p, addr)].word;
}

static inline void port_poke(struct port *p, uint64_t addr, uint64_t word)
{
	unsigned int i = port_place(p, addr);

	assert_int_equal(addr % 8, 0);
	if (!p->words[i].key)
		assert_true(++p->word_count < PORT_WORDS * 3 / 4);
	p->words[i].key = addr + 1;
	p->words[i].word = word;
}

static inline bool port_due(unsigned int *countdown)
{
	return *countdown && !--*countdown;
}

static inline const struct s2_slot *port_find_slot(const struct port *p, uint64_t addr)
{
	unsigned int i;

	for (i = 0; i < p->slot_count; i++)
		if (addr - p->slots[i].base.v < p->slots[i].size)
			return &p->slots[i];
	return NULL;
}

static inline uint64_t port_read(void *ctx, struct l1_ipa addr, enum s2_io *io)
{
	struct port *p = ctx;
	const struct s2_slot *slot = port_find_slot(p, addr.v);

	assert_int_equal(addr.v % 8, 0);
	p->reads++;
	assert_int_equal(*io, S2_IO_OK);
	if (port_due(&p->fail_read) || !slot || slot->invalid) {
		*io = S2_IO_FAULT;
		return 0;
	}
	return port_peek(p, addr.v);
}

static inline enum s2_io port_swap(void *ctx, struct l1_ipa addr, uint64_t old, uint64_t new)
{
	struct port *p = ctx;
	const struct s2_slot *slot = port_find_slot(p, addr.v);

	p->swaps++;
	assert_int_equal(old, port_peek(p, addr.v));
	if (p->swap != S2_IO_OK)
		return p->swap;
	if (!slot || slot->readonly)
		return S2_IO_FAULT;
	port_poke(p, addr.v, new);
	return S2_IO_OK;
}

/* ---- raw tables ---- */

static inline uint64_t port_desc_pa(const struct port *p, uint64_t desc)
{
	uint64_t low = desc & 0x0000fffffffff000ull & ~(port_page_size(p) - 1);

	if (p->page_shift == 16)
		return low | (desc >> 12 & 0xf) << 48;
	if (p->vm && p->vm->cfg.lpa2)
		return (desc & 0x0003fffffffff000ull & ~(port_page_size(p) - 1)) | (desc >> 8 & 3)
											   << 50;
	return low;
}

static inline uint64_t *port_table(struct port *p, uint64_t pa)
{
	uint64_t offset = pa - PORT_TABLES_PA;

	assert_true(offset < PORT_PAGES * port_page_size(p));
	assert_int_equal(p->kind[offset >> p->page_shift], PORT_TABLE);
	return (uint64_t *)(void *)(p->arena + offset);
}

static inline unsigned int port_level_shift(const struct port *p, int level)
{
	return p->page_shift + (unsigned int)(3 - level) * (p->page_shift - 3);
}

static inline bool port_is_table(uint64_t desc, int level)
{
	return level < 3 && (desc & 3) == 3;
}

/* The entry that translates ipa, or stops the walk; *level: where it is. */
static inline uint64_t *port_entry(struct port *p, const struct s2_mmu *mmu, uint64_t ipa,
				   int *level)
{
	uint64_t *table = port_table(p, mmu->table.root.v), *entry;

	*level = mmu->table.start_level;
	entry = &table[ipa >> port_level_shift(p, *level)];
	while (port_is_table(*entry, *level)) {
		table = port_table(p, port_desc_pa(p, *entry));
		++*level;
		entry = &table[ipa >> port_level_shift(p, *level) & (port_page_size(p) / 8 - 1)];
	}
	return entry;
}

static inline uint64_t port_leaf(struct port *p, const struct s2_mmu *mmu, uint64_t ipa)
{
	int level;

	return *port_entry(p, mmu, ipa, &level);
}

/*
 * Visits every table page below a table: marks it, and compares the counter
 * of valid entries that the handler keeps with the entries. Returns pages.
 */
static inline unsigned int port_check_subtree(struct port *p, uint64_t *table, size_t entries,
					      int level, bool root, uint8_t *reached,
					      uint64_t *leaves)
{
	size_t page = (size_t)((unsigned char *)table - p->arena) >> p->page_shift, i;
	unsigned int pages = 1, valid = 0;

	if (reached) {
		assert_false(reached[page]);
		reached[page] = 1;
	}
	for (i = 0; i < entries; i++) {
		if (!(table[i] & 1)) {
			assert_int_equal(table[i], 0);
			continue;
		}
		valid++;
		if (port_is_table(table[i], level))
			pages += port_check_subtree(p, port_table(p, port_desc_pa(p, table[i])),
						    port_page_size(p) / 8, level + 1, false,
						    reached, leaves);
		else
			leaves[level]++;
	}
	if (!root) {
		assert_int_equal(valid, p->entries[page]);
		/* Only a mapping that ran out of memory half-way leaves an empty table. */
		assert_true(valid > 0 || p->alloc_failed);
	}
	return pages;
}

static inline size_t port_root_entries(const struct port *p, const struct s2_table *t)
{
	return (size_t)1 << (t->input_bits - port_level_shift(p, t->start_level));
}

static inline unsigned int port_check_table(struct port *p, const struct s2_mmu *mmu,
					    uint8_t *reached)
{
	const struct s2_table *t = &mmu->table;
	uint64_t *root = port_table(p, t->root.v);
	size_t entries = port_root_entries(p, t), i;
	unsigned int pages, valid = 0;
	uint64_t leaves[4] = {0};
	size_t root_pages = (entries * 8 + port_page_size(p) - 1) >> p->page_shift;

	for (i = 0; i < entries; i++)
		valid += root[i] & 1;
	assert_int_equal(valid, t->root_valid);
	pages = port_check_subtree(p, root, entries, t->start_level, true, reached, leaves);
	assert_memory_equal(leaves, t->leaf_count, sizeof(leaves));
	pages += (unsigned int)root_pages - 1;
	assert_int_equal(pages, t->page_count);
	return pages;
}

/* Counters right, no page twice, none lost, guards and free pages untouched. */
static inline void port_check(struct port *p)
{
	uint8_t reached[PORT_PAGES] = {0};
	unsigned int pages = 0, i;
	size_t byte;

	if (p->vm) {
		pages = port_check_table(p, &p->vm->canonical, reached);
		for (i = 0; i < p->vm->context_count; i++)
			pages += port_check_table(p, &p->vm->contexts[i], reached);
		assert_int_equal(pages + p->vm->rmap_pages, p->live);
	}
	for (i = 0; i < PORT_PAGES; i++) {
		if (p->kind[i] == PORT_TABLE || !p->run[i])
			continue;
		for (byte = 0; byte < port_page_size(p); byte += 64)
			assert_int_equal(p->arena[((size_t)i << p->page_shift) + byte],
					 PORT_POISON);
	}
}

/* ---- break-before-make ---- */

/* Bits that may change while an entry stays valid: S2AP, AF, XN. */
#define PORT_SOFT (0xc0ull | 1ull << 10 | 3ull << 53)

static inline void port_broken(struct port *p, const struct port_owner *o, uint64_t index,
			       uint64_t old)
{
	unsigned int shift = port_level_shift(p, o->level);
	struct port_pending *b = &p->pending[p->pending_count];

	assert_true(++p->pending_count <= PORT_PENDING);
	*b = (struct port_pending){.mmu = o->mmu,
				   .ipa = o->ipa + (index << shift),
				   .size = 1ull << shift,
				   .table = port_is_table(old, o->level)};
}

/* One table page against what it was at the last look. */
static inline void port_watch_page(struct port *p, size_t page)
{
	size_t bytes = port_page_size(p), i;
	uint64_t *now = (uint64_t *)(void *)(p->arena + page * bytes);
	uint64_t *old = (uint64_t *)(void *)(p->before + page * bytes);

	for (i = 0; i < bytes / 8; i++) {
		if (old[i] == now[i])
			continue;
		/* Valid to another valid: only what a TLB may cache either way. */
		if (old[i] & now[i] & 1)
			assert_int_equal((old[i] ^ now[i]) & ~PORT_SOFT, 0);
		else if (old[i] & 1)
			port_broken(p, &p->owner[page], i, old[i]);
		old[i] = now[i];
	}
}

/* Who owns each page that can be reached. */
static inline void port_own(struct port *p, const struct s2_mmu *mmu, uint64_t *table,
			    size_t entries, int level, uint64_t ipa)
{
	size_t page = (size_t)((unsigned char *)table - p->arena) >> p->page_shift, i;
	size_t per_page = port_page_size(p) / 8;

	for (i = 0; i < entries; i += per_page)
		p->owner[page + i / per_page] = (struct port_owner){
			mmu, ipa + ((uint64_t)i << port_level_shift(p, level)), level, true};
	for (i = 0; i < entries; i++)
		if (port_is_table(table[i], level))
			port_own(p, mmu, port_table(p, port_desc_pa(p, table[i])), per_page,
				 level + 1, ipa + ((uint64_t)i << port_level_shift(p, level)));
}

static inline void port_own_all(struct port *p)
{
	unsigned int i;

	for (i = 0; i < PORT_PAGES; i++)
		p->owner[i].reachable = false;
	for (i = 0; i <= p->vm->context_count; i++) {
		const struct s2_mmu *mmu = i ? &p->vm->contexts[i - 1] : &p->vm->canonical;

		port_own(p, mmu, port_table(p, mmu->table.root.v),
			 port_root_entries(p, &mmu->table), mmu->table.start_level, 0);
	}
}

/*
 * Compares all tables with what they were at the last look. What was never
 * reachable is none yet, or a page of a reverse map.
 */
static inline void port_watch(struct port *p)
{
	size_t page = port_page_size(p), i;

	if (!p->watch || !p->vm)
		return;
	for (i = 0; i < PORT_PAGES; i++)
		if (p->kind[i] == PORT_TABLE && p->owner[i].reachable)
			port_watch_page(p, i);
	port_own_all(p);
	for (i = 0; i < PORT_PAGES; i++)
		if (p->owner[i].reachable)
			memcpy(p->before + i * page, p->arena + i * page, page);
}

/* A flush answers a leaf that it meets, and a table that it covers. */
static inline void port_answer(struct port *p, const struct s2_mmu *mmu, enum s2_tlb_op op,
			       uint64_t ipa, uint64_t size)
{
	unsigned int i, kept = 0;

	for (i = 0; i < p->pending_count; i++) {
		const struct port_pending *b = &p->pending[i];
		bool meets = b->mmu == mmu && ipa < b->ipa + b->size && b->ipa < ipa + size;
		bool covers = meets && ipa <= b->ipa && b->ipa + b->size <= ipa + size;

		if (!(b->table ? covers && op == S2_TLB_IPA : meets))
			p->pending[kept++] = *b;
	}
	p->pending_count = kept;
}

static inline void port_tlb_call(void *ctx, const struct s2_mmu *mmu, enum s2_tlb_op op,
				 struct table_ipa ipa, uint64_t size)
{
	struct port *p = ctx;
	int level;

	port_watch(p);
	if (op == S2_TLB_IPA) {
		/* Broken, and broken before anybody is told. */
		assert_int_equal(*port_entry(p, mmu, ipa.v, &level), 0);
		assert_int_equal(1ull << port_level_shift(p, level), size);
		assert_int_equal(ipa.v & (size - 1), 0);
	}
	if (op == S2_TLB_IPA || op == S2_TLB_RANGE)
		port_answer(p, mmu, op, ipa.v, size);
	if (p->tlb_count < PORT_LOG)
		p->tlb[p->tlb_count] = (struct port_tlb){op, mmu, ipa.v, size};
	p->tlb_count++;
}

/* To be called after each operation of the handler. */
static inline void port_settle(struct port *p)
{
	port_watch(p);
	assert_int_equal(p->pending_count, 0);
	port_check(p);
}

/* ---- table pages ---- */

/* `pages` free ones and a guard behind, at a PA that is a multiple of their size. */
static inline unsigned int port_find_room(const struct port *p, unsigned int pages)
{
	unsigned int i, n;

	for (i = 0; i + pages < PORT_PAGES; i++) {
		uint64_t pa = PORT_TABLES_PA + ((uint64_t)i << p->page_shift);

		if (pa & (((uint64_t)pages << p->page_shift) - 1))
			continue;
		for (n = 0; n <= pages && p->kind[i + n] == PORT_FREE; n++)
			;
		if (n > pages)
			return i;
	}
	return PORT_PAGES;
}

static inline void *port_alloc(void *ctx, size_t size, enum s2_page_use use)
{
	struct port *p = ctx;
	unsigned int pages = (unsigned int)(size >> p->page_shift), at, n;
	unsigned char *table;

	(void)use;
	p->allocs++;
	assert_true(size >= port_page_size(p) && !(size & (size - 1)));
	if (port_due(&p->fail_alloc)) {
		p->alloc_failed = true;
		return NULL;
	}
	at = port_find_room(p, pages);
	if (at == PORT_PAGES)
		return NULL;
	table = p->arena + ((size_t)at << p->page_shift);
	for (n = 0; n < pages; n++) {
		p->kind[at + n] = PORT_TABLE;
		assert_int_equal(p->entries[at + n], 0);
	}
	p->kind[at + pages] = PORT_GUARD;
	p->run[at] = pages;
	p->run[at + pages] = 1;
	memset(table + size, PORT_POISON, port_page_size(p));
	memset(table, 0, size);
	memset(p->before + ((size_t)at << p->page_shift), 0, size);
	p->live += pages;
	return table;
}

/* Nothing may lead there any more, not even a TLB. */
static inline void port_free(void *ctx, void *table, size_t size, enum s2_page_use use)
{
	struct port *p = ctx;
	size_t at = (size_t)((unsigned char *)table - p->arena) >> p->page_shift, n;
	size_t pages = size >> p->page_shift;
	unsigned int i;

	(void)use;
	port_watch(p);
	assert_int_equal(p->run[at], pages);
	assert_int_equal(p->kind[at], PORT_TABLE);
	assert_int_equal(p->entries[at], 0);
	assert_false(p->watch && p->vm && p->owner[at].reachable);
	for (i = 0; i < p->pending_count; i++)
		assert_false(p->pending[i].table);
	memset(table, PORT_POISON, size);
	for (n = 0; n <= pages; n++)
		p->kind[at + n] = PORT_FREE;
	p->live -= (unsigned int)pages;
}

/* ---- slots and backing ---- */

static inline const struct s2_slot *port_slot(void *ctx, struct l1_ipa addr)
{
	struct port *p = ctx;

	p->slot_calls++;
	return port_find_slot(p, addr.v);
}

static inline enum s2_host_status port_backing(void *ctx, const struct s2_slot *slot,
					       struct host_va hva, bool write,
					       struct s2_backing *backing)
{
	struct port *p = ctx;

	p->backing_calls++;
	p->backing_write = write;
	assert_int_equal(hva.v & (port_page_size(p) - 1), 0);
	assert_true(hva.v - slot->uaddr.v < slot->size);
	*backing = p->backing;
	backing->pa.v += hva.v - slot->uaddr.v;
	return p->status;
}

static inline void port_dirty(void *ctx, const struct s2_slot *slot, struct l1_ipa addr)
{
	struct port *p = ctx;

	assert_true(slot->log_dirty);
	assert_true(addr.v - slot->base.v < slot->size);
	assert_true(p->dirty_count < PORT_LOG);
	p->dirty[p->dirty_count++] = addr.v >> p->page_shift;
}

static inline bool port_device(void *ctx, struct l1_ipa addr, unsigned int len, bool write)
{
	(void)addr;
	(void)len;
	(void)write;
	return ((struct port *)ctx)->device_claims;
}

static inline void port_dropped(void *ctx, const struct s2_mmu *mmu, struct table_ipa start,
				uint64_t size)
{
	struct port *p = ctx;
	int level;

	assert_true(mmu->nested);
	assert_int_equal(start.v & (size - 1), 0);
	assert_int_equal(*port_entry(p, mmu, start.v, &level), 0);
	p->dropped_count++;
	p->dropped_bytes += size;
}

static inline struct s2_slot *port_add_slot(struct port *p, uint64_t base, uint64_t size,
					    uint64_t uaddr)
{
	struct s2_slot *slot = &p->slots[p->slot_count++];

	assert_true(p->slot_count <= PORT_SLOTS);
	*slot = (struct s2_slot){.base = {base}, .size = size, .uaddr = {uaddr}};
	return slot;
}

static inline void port_forget(struct port *p)
{
	p->reads = p->swaps = p->allocs = p->backing_calls = p->slot_calls = 0;
	p->tlb_count = p->dirty_count = 0;
	p->dropped_count = p->dropped_bytes = 0;
}

static inline unsigned char *port_reserve(size_t size)
{
	void *m = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_true(m != MAP_FAILED);
	return m;
}

static inline struct port *port_new(unsigned int page_shift)
{
	struct port *p = calloc(1, sizeof(*p));
	uint64_t page = 1ull << page_shift;

	assert_non_null(p);
	p->page_shift = page_shift;
	p->arena = port_reserve(PORT_PAGES * page);
	p->before = port_reserve(PORT_PAGES * page);
	p->watch = true;
	p->backing = (struct s2_backing){.pa = {0x880000000},
					 .user_leaf = page,
					 .vma_shift = (uint8_t)page_shift,
					 .writable = true,
					 .mte_allowed = true};
	p->s2 = (struct s2_port){
		.read = port_read,
		.swap = port_swap,
		.alloc_table = port_alloc,
		.free_table = port_free,
		.tlb = port_tlb_call,
		.slot = port_slot,
		.backing = port_backing,
		.dirty = port_dirty,
		.device = port_device,
		.dropped = port_dropped,
		.tables_pa = {PORT_TABLES_PA},
		.tables = p->arena,
		.tables_entries = p->entries,
	};
	return p;
}

static inline void port_delete(struct port *p)
{
	munmap(p->arena, PORT_PAGES * port_page_size(p));
	munmap(p->before, PORT_PAGES * port_page_size(p));
	free(p);
}

/* ---- a VM on it ---- */

#define WORLD_CONTEXTS 4

struct world {
	struct port *port;
	struct s2_config cfg;
	struct s2_vm vm;
	struct s2_mmu contexts[WORLD_CONTEXTS];
	struct s2_vcpu vcpu[2];
	uint64_t l1_next; /* where L1 takes its next table page from */
};

#define L1_TABLES 0x80000000ull

/* L1's VTCR: 40 bits of input and output, by granule. */
static inline uint64_t l1_vtcr(unsigned int shift)
{
	return 0x80020058ull | (shift == 14 ? 2ull : shift == 16 ? 1ull : 0ull) << 14;
}

static inline int l1_start_level(unsigned int shift)
{
	return shift == 12 ? 1 : 2;
}

static inline struct s2_config world_config(unsigned int page_shift)
{
	return (struct s2_config){
		.page_shift = (uint8_t)page_shift,
		.ipa_limit = 48,
		.canonical_bits = 40,
		.granules = (uint8_t)(7u << (page_shift - 12) / 2 & 7u),
		.fwb = true,
		.xnx = true,
		.ttl = true,
		.tlbirange = true,
		.tlbios = true,
		.xs = true,
		.ras = true,
		.vmid16 = true,
		.quirks = S2_QUIRKS_KVM,
		.policy = s2_policy_default,
	};
}

/* A VM with one slot over 40 bits, its vCPUs in L1. */
static inline void world_start(struct world *w, const struct s2_config *cfg, uint16_t contexts)
{
	*w = (struct world){.port = port_new(cfg->page_shift), .cfg = *cfg};
	w->l1_next = L1_TABLES;
	port_add_slot(w->port, 0, 1ull << 40, 0);
	assert_true(s2_vm_init(&w->vm, cfg, &w->port->s2, w->port, w->contexts, contexts));
	w->port->vm = &w->vm;
	s2_vcpu_init(&w->vcpu[0], &w->vm);
	s2_vcpu_init(&w->vcpu[1], &w->vm);
	port_forget(w->port);
}

static inline void world_stop(struct world *w)
{
	port_settle(w->port);
	w->port->vm = NULL;
	s2_vm_destroy(&w->vm);
	assert_int_equal(w->port->live, 0);
	port_check(w->port);
	port_delete(w->port);
}

/* L1's tables of `shift` for VTTBR `vmid`: 16 pages in a row hold the root. */
static inline uint64_t l1_root(struct world *w, unsigned int shift, uint64_t vmid)
{
	uint64_t size = 16ull << shift, root = (w->l1_next + size - 1) & ~(size - 1);

	w->l1_next = root + size;
	return vmid << 48 | root;
}

/* Sets L1's descriptor for ipa at a level, with tables on the way. Returns its address. */
static inline uint64_t l1_set(struct world *w, unsigned int shift, uint64_t vttbr, uint64_t ipa,
			      int level, uint64_t desc)
{
	uint64_t base = vttbr & 0x0000fffffffffffeull, entry;
	unsigned int stride = shift - 3;
	int l = l1_start_level(shift);
	uint64_t index = ipa >> (shift + (unsigned int)(3 - l) * stride);

	for (;; l++) {
		entry = base + index * 8;
		if (l == level)
			break;
		if ((port_peek(w->port, entry) & 3) != 3) {
			uint64_t at = (w->l1_next + (1ull << shift) - 1) & ~((1ull << shift) - 1);

			w->l1_next = at + (1ull << shift);
			port_poke(w->port, entry, at | 3);
		}
		base = port_peek(w->port, entry) & 0x0000fffffffff000ull;
		index = ipa >> (shift + (unsigned int)(2 - l) * stride) & ((1ull << stride) - 1);
	}
	port_poke(w->port, entry, desc);
	return entry;
}

/* L1's leaf descriptor: read, write, execute, access flag set. */
static inline uint64_t l1_leaf(uint64_t output, int level)
{
	return output | 0x7c1 | (level == 3 ? 2 : 0);
}

static inline struct s2_switch world_enter(struct world *w, unsigned int vcpu, uint64_t vttbr,
					   uint64_t vtcr, uint64_t hcr)
{
	struct s2_switch sw;

	if (!w->vcpu[vcpu].hyp)
		s2_enter_l1(&w->vcpu[vcpu]);
	w->vcpu[vcpu].regs.vttbr = vttbr;
	w->vcpu[vcpu].regs.vtcr = vtcr;
	w->vcpu[vcpu].regs.hcr = hcr;
	sw = s2_enter_l2(&w->vcpu[vcpu]);
	port_settle(w->port);
	return sw;
}

#define EL0T 0x0u
#define EL1H 0x5u
#define EL2H 0x9u

#define ESR_READ       0x93c08007ull /* L1's view: a 64-bit read, translation, level 3 */
#define ESR_WRITE      0x93c08047ull
#define ESR_FETCH      0x82000007ull
#define ESR_WRITE_PERM 0x9200004full
#define ESR_FETCH_PERM 0x8200000full
#define FAR	       0xffff800012345abcull

static inline struct s2_outcome world_fault(struct world *w, uint64_t esr, uint64_t ipa,
					    uint64_t pstate)
{
	struct s2_trap trap = {
		.esr = esr,
		.far = FAR,
		.hpfar = (ipa >> 12) << 4 | S2_HPFAR_VALID,
		.pstate = pstate,
		.s1_level = S2_NO_LEVEL,
	};
	struct s2_outcome out;

	memset(&out, PORT_POISON, sizeof(out)); /* nothing of it may shine through */
	s2_handle_abort_into(&w->vcpu[0], &trap, &out);
	port_settle(w->port);
	return out;
}

static inline const struct s2_policy *find_policy(const char *name)
{
	unsigned int i;

	for (i = 0; i < s2_policy_count; i++)
		if (!strcmp(s2_policies[i].name, name))
			return &s2_policies[i];
	fail_msg("no policy %s", name);
	return NULL;
}

#endif
