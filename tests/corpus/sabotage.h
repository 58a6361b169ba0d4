/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handlers that are wrong in one way. The handler itself is as it is: what it
 * asks of its port is answered with a lie, not done, or undone, or its tables
 * are changed behind its back, before the checker hears of it.
 */
#ifndef NVSIM_TESTS_CORPUS_SABOTAGE_H
#define NVSIM_TESTS_CORPUS_SABOTAGE_H

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "engine.h"

struct sabotage {
	const char *name;
	const char *what;
	struct s2_port port; /* callbacks that take the place of the machine's; NULL: none */
	void (*poke)(struct engine *e); /* between events, may be NULL */
	bool undo;			/* tables are kept as they were before each event */
};

/* Callbacks know the machine alone; there is one handler at a time. */
static struct saboteur {
	const struct sabotage *how;
	struct engine *engine;
	struct s2_port port; /* the machine's own */
	unsigned char *before;
	size_t before_size;
	struct s2_slot slot;
} saboteur;

/* ---- table pages ---- */

#define SABOTAGE_VALID	    1ull
#define SABOTAGE_LEAF_W	    (1ull << 7)
#define SABOTAGE_CONTIGUOUS (1ull << 52)
#define SABOTAGE_TAG	    (3ull << 55)
#define SABOTAGE_PA	    0xfffffffff000ull

/* The leaf of the context that vCPU 0 runs on, in tables of 4K; NULL: there is none. */
static uint64_t *leaf_at(uint64_t ipa)
{
	struct engine *e = saboteur.engine;
	const struct s2_table *t = &e->vcpus[0].mmu->table;
	uint64_t table = t->root.v;
	unsigned int level = t->start_level, shift = 39 - 9 * level;
	uint64_t *entry, index = ipa >> shift;

	for (;; level++, shift -= 9, index = ipa >> shift & 511) {
		entry = (uint64_t *)(void *)(saboteur.port.tables +
					     (table - saboteur.port.tables_pa.v)) +
			index;
		if (!(*entry & SABOTAGE_VALID))
			return NULL;
		if (level == 3 || !(*entry & 2))
			return entry;
		table = *entry & SABOTAGE_PA;
	}
}

/* The page that the scenes for this write to. */
#define SABOTAGE_IPA 0x5000u

static void remember_tables(void)
{
	const struct arena *a = saboteur.engine->machine.arena;

	saboteur.before = realloc(saboteur.before, a->top);
	memcpy(saboteur.before, a->base, a->top);
	saboteur.before_size = a->top;
}

static void restore_tables(void)
{
	memcpy(saboteur.engine->machine.arena->base, saboteur.before, saboteur.before_size);
}

/* ---- lies about L1 and the host ---- */

static uint64_t read_writable(void *ctx, struct l1_ipa addr, enum s2_io *io)
{
	uint64_t word = saboteur.port.read(ctx, addr, io);

	return word & SABOTAGE_VALID ? word | SABOTAGE_LEAF_W : word;
}

static uint64_t read_nothing(void *ctx, struct l1_ipa addr, enum s2_io *io)
{
	(void)ctx, (void)addr, (void)io;
	return 0;
}

static const struct s2_slot *slot_writable(void *ctx, struct l1_ipa addr)
{
	const struct s2_slot *slot = saboteur.port.slot(ctx, addr);

	if (!slot)
		return NULL;
	saboteur.slot = *slot;
	saboteur.slot.readonly = false;
	return &saboteur.slot;
}

static enum s2_host_status backing_next_page(void *ctx, const struct s2_slot *slot,
					     struct host_va hva, bool write, struct s2_backing *out)
{
	enum s2_host_status status = saboteur.port.backing(ctx, slot, hva, write, out);

	out->pa.v += 4096;
	return status;
}

static enum s2_host_status backing_is_device(void *ctx, const struct s2_slot *slot,
					     struct host_va hva, bool write, struct s2_backing *out)
{
	enum s2_host_status status = saboteur.port.backing(ctx, slot, hva, write, out);

	out->device = true;
	return status;
}

/* ---- what is not done ---- */

static void dirty_not(void *ctx, const struct s2_slot *slot, struct l1_ipa addr)
{
	(void)ctx, (void)slot, (void)addr;
}

static void free_not(void *ctx, void *table, size_t size, enum s2_page_use use)
{
	(void)ctx, (void)table, (void)size, (void)use;
}

static void tlb_not(void *ctx, const struct s2_mmu *mmu, enum s2_tlb_op op, struct table_ipa ipa,
		    uint64_t size)
{
	if (op != S2_TLB_RANGE)
		saboteur.port.tlb(ctx, mmu, op, ipa, size);
}

/* Whoever is told that something is gone sees the tables as they were. */
static void tlb_undo(void *ctx, const struct s2_mmu *mmu, enum s2_tlb_op op, struct table_ipa ipa,
		     uint64_t size)
{
	if (op == S2_TLB_IPA || op == S2_TLB_RANGE)
		restore_tables();
	saboteur.port.tlb(ctx, mmu, op, ipa, size);
}

/* ---- leaves that change before anybody looked: reporting a page dirty comes last ---- */

static void dirty_wrong_tag(void *ctx, const struct s2_slot *slot, struct l1_ipa addr)
{
	saboteur.port.dirty(ctx, slot, addr);
	*leaf_at(SABOTAGE_IPA) ^= SABOTAGE_TAG;
}

static void dirty_contiguous(void *ctx, const struct s2_slot *slot, struct l1_ipa addr)
{
	saboteur.port.dirty(ctx, slot, addr);
	*leaf_at(SABOTAGE_IPA) |= SABOTAGE_CONTIGUOUS;
}

static void dirty_unmaps(void *ctx, const struct s2_slot *slot, struct l1_ipa addr)
{
	saboteur.port.dirty(ctx, slot, addr);
	*leaf_at(SABOTAGE_IPA) = 0;
}

/* ---- between events ---- */

/* A leaf for the next page, which L1 maps to the next page, too. */
static void poke_next_leaf(struct engine *e)
{
	uint64_t *leaf = e->vcpus[0].mmu->nested ? leaf_at(SABOTAGE_IPA) : NULL;

	if (leaf)
		leaf[1] = (*leaf & ~SABOTAGE_LEAF_W) + 4096;
}

/* Bits of VTCR_EL2 that no walk looks at. */
static void poke_key(struct engine *e)
{
	if (e->vcpus[0].mmu && e->vcpus[0].mmu->nested)
		e->vcpus[0].mmu->vtcr |= 1ull << 12;
}

/* ---- the table ---- */

static const struct sabotage sabotages[] = {
	{.name = "next-page",
	 .what = "maps the page behind the right one",
	 .port = {.backing = backing_next_page}},
	{.name = "l1-permits",
	 .what = "takes L1's leaves for writable",
	 .port = {.read = read_writable}},
	{.name = "l1-unmapped",
	 .what = "takes L1's entries for invalid",
	 .port = {.read = read_nothing}},
	{.name = "slot-writable",
	 .what = "takes memslots for writable",
	 .port = {.slot = slot_writable}},
	{.name = "device",
	 .what = "takes memory for a device",
	 .port = {.backing = backing_is_device}},
	{.name = "not-removed",
	 .what = "neither removes leaves nor protects them, and tells TLBs all the same",
	 .port = {.tlb = tlb_undo, .free_table = free_not},
	 .undo = true},
	{.name = "no-break",
	 .what = "writes over leaves that are valid",
	 .port = {.tlb = tlb_undo},
	 .undo = true},
	{.name = "no-flush",
	 .what = "tells TLBs nothing of what it removed",
	 .port = {.tlb = tlb_not}},
	{.name = "no-free", .what = "forgets table pages", .port = {.free_table = free_not}},
	{.name = "no-dirty", .what = "reports no page dirty", .port = {.dirty = dirty_not}},
	{.name = "wrong-tag",
	 .what = "tags a leaf with another level",
	 .port = {.dirty = dirty_wrong_tag}},
	{.name = "lone-contiguous",
	 .what = "sets the contiguous hint on one page",
	 .port = {.dirty = dirty_contiguous}},
	{.name = "not-mapped",
	 .what = "says that a page is mapped which is not",
	 .port = {.dirty = dirty_unmaps}},
	{.name = "unasked", .what = "maps a page that nobody touched", .poke = poke_next_leaf},
	{.name = "wrong-context",
	 .what = "runs L2 on a context for another VTCR",
	 .poke = poke_key},
};

static inline const struct sabotage *sabotage_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(sabotages) / sizeof(sabotages[0]); i++)
		if (!strcmp(sabotages[i].name, name))
			return &sabotages[i];
	return NULL;
}

/* how: NULL is the handler as it is. */
static inline void sabotage_begin(struct engine *e, const struct sabotage *how)
{
	struct s2_port *port = &e->machine.port;

	saboteur.how = how;
	saboteur.engine = e;
	saboteur.port = *port;
	if (!how)
		return;
	if (how->port.read)
		port->read = how->port.read;
	if (how->port.slot)
		port->slot = how->port.slot;
	if (how->port.backing)
		port->backing = how->port.backing;
	if (how->port.dirty)
		port->dirty = how->port.dirty;
	if (how->port.free_table)
		port->free_table = how->port.free_table;
	if (how->port.tlb)
		port->tlb = how->port.tlb;
}

/* Before each event. */
static inline void sabotage_event(void)
{
	if (!saboteur.how)
		return;
	if (saboteur.how->poke)
		saboteur.how->poke(saboteur.engine);
	if (saboteur.how->undo)
		remember_tables();
}

static inline void sabotage_end(void)
{
	free(saboteur.before);
	memset(&saboteur, 0, sizeof(saboteur));
}

#endif
