/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The simulated machine under the handler: L1's memory, memslots, what the
 * host backs them with, and room for table pages. It provides the handler's
 * port; struct machine is the port's context.
 */
#ifndef NVSIM_REPLAY_MACHINE_H
#define NVSIM_REPLAY_MACHINE_H

#include "backing.h"
#include "fold.h"
#include "memory.h"
#include "s2.h"

#define MACHINE_SLOTS_MAX 512
#define MACHINE_READABLE  64u

struct machine_slot {
	uint16_t id;
	struct s2_slot s2;
};

enum machine_swap { MACHINE_SWAP_WORKS, MACHINE_SWAP_LOSES, MACHINE_SWAP_FAULTS };

struct machine_stats {
	uint64_t tlb_flushes;	  /* maintenance operations asked for */
	uint64_t backing_unknown; /* lookups that no interval answered */
};

struct machine {
	struct s2_port port;
	unsigned int page_shift;

	struct machine_slot slots[MACHINE_SLOTS_MAX];
	unsigned int slot_count;
	const struct s2_slot *slot_last; /* found last; NULL: slots have changed since */

	struct backings backings;

	struct pa_fold fold; /* of the PAs that the backings have */

	struct memory *memory; /* words of L1's memory, by page */
	struct arena *arena;   /* table pages */

	/* Pages of L1's memory that were read, by address: all of each is readable. */
	struct memory_chunk readable[MACHINE_READABLE];

	enum machine_swap swap;
	/* A range that reads as memory although no slot holds it. */
	uint64_t tables_base, tables_size;
	uint64_t unreadable; /* a word that does not read; ~0: none. Only the function sets it */

	/* Called for each page reported dirty, may be NULL. */
	void (*on_dirty)(void *arg, const struct s2_slot *slot, struct l1_ipa addr);
	void *on_dirty_arg;
	/* Called when the handler has written a word of L1's memory, may be NULL. */
	void (*on_swap)(void *arg, struct l1_ipa addr, uint64_t word);
	void *on_swap_arg;
	/* Called for each TLB maintenance operation, may be NULL. */
	void (*on_tlb)(void *arg, const struct s2_mmu *mmu, enum s2_tlb_op op, struct table_ipa ipa,
		       uint64_t size);
	void *on_tlb_arg;
	/* Called for each leaf that a host unmap removes from a nested context, may be NULL. */
	void (*on_dropped)(void *arg, const struct s2_mmu *mmu, struct table_ipa start,
			   uint64_t size);
	void *on_dropped_arg;
	/* Called when table pages were taken, or are about to be given back, may be NULL. */
	void (*on_table)(void *arg, bool taken, struct host_pa pa, uint64_t size);
	void *on_table_arg;
	/* The backing that the last fill used; NULL: none was known. */
	const struct backing *last_backing;
	uint64_t last_slide; /* from the PA that the fill got to the recorded one */
	struct machine_stats stats;
};

/* False: no memory. Table pages are of 1 << page_shift bytes. */
bool machine_init(struct machine *m, unsigned int page_shift);
void machine_destroy(struct machine *m);
/* The same machine, apart; nobody listens to its callbacks yet. False: no memory. */
bool machine_clone(struct machine *to, const struct machine *from);

/* Sets a word of L1 memory, as stored; addr is a multiple of 8. False: no memory. */
bool machine_write(struct machine *m, uint64_t addr, uint64_t word);
/* The word at addr, 0 where nothing was written; slots are not looked at. */
uint64_t machine_peek(const struct machine *m, uint64_t addr);

/* Adds a slot or, where its id is there, replaces it. False: too many. */
bool machine_set_slot(struct machine *m, uint16_t id, const struct s2_slot *slot);
void machine_remove_slot(struct machine *m, uint16_t id);
struct machine_slot *machine_find_slot(struct machine *m, uint16_t id);

/* Makes one word unreadable in place of the last; ~0: none. */
void machine_set_unreadable(struct machine *m, uint64_t addr);

/* Table pages in use now and at most so far. */
uint64_t machine_tables_now(const struct machine *m);
uint64_t machine_tables_peak(const struct machine *m);

#endif
