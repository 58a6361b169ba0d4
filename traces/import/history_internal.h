/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model behind history.h. A table is known by what leads to it: from the start tables on,
 * each entry is seen to be a table, or to be what a walk ended at. An entry that was a table,
 * then was none, and is one again leads to another table: numbers are given in the order in which
 * tables are met, so that both passes give the same.
 */
#ifndef NVSIM_TRACES_IMPORT_HISTORY_INTERNAL_H
#define NVSIM_TRACES_IMPORT_HISTORY_INTERNAL_H

#include "import/core.h"
#include "import/history.h"
#include "import/map.h"

struct history_entry {
	uint64_t first; /* in the beginning: descriptor, or number of a table */
	uint64_t value; /* now: the same */
	uint64_t born;	/* when it was first met; 0: not yet */
	uint64_t seen;	/* when a walk, or the core, showed it last */
	bool first_table, is_table;
	bool from_core;	  /* `first` is the core's descriptor */
	bool leaf;	  /* value is the descriptor of a leaf */
	bool counted;	  /* among the leaves seen */
	bool judged;	  /* and among those the same, changed or contradicted */
	bool invalidated; /* L1 has invalidated it since it was seen */
};

struct history_table {
	uint32_t root;
	int8_t level;
	const uint64_t *words; /* as the core has it; NULL: it does not, or its moment is to come */
	uint64_t addr;	       /* where it lies; without words: where it is put */
};

struct history_root {
	uint64_t vttbr, vtcr; /* as first seen */
	uint64_t base;
	struct imp_shape shape;
	uint32_t table;
	bool wanted; /* the core is to have it */
	bool there;  /* and has it */
	bool walked;
	uint64_t flushed; /* when L1 last invalidated all of it */
	uint64_t seen, same, changed, contradicted;
};

/* What an option or a ptdump says where L1's tables are. */
struct history_wanted {
	uint64_t vttbr, vtcr;
};

struct imp_history {
	const struct nvt_import_options *options;
	struct imp_core *core;
	struct history_wanted *wanted;
	size_t wanted_count;

	struct history_root *roots;
	size_t root_count;
	struct history_table *tables; /* number 0 is none */
	size_t table_count, table_room;
	struct imp_map entries; /* (table, index) to struct history_entry */
	uint64_t clock;
	uint64_t lost;	     /* when the recorder lost events */
	bool past;	     /* the core's moment is over */
	uint64_t mark_count; /* marks that the core's moment may be */

	uint64_t unreadable_count; /* walks that could not read a table */
	char contradiction[160];   /* the first one */
	char reason[256];

	bool writing;		      /* the second pass */
	struct history_table *placed; /* tables as the first pass left them */
	size_t placed_count;
	struct nvt_word *words; /* in the beginning */
	size_t word_count;
	struct imp_map now; /* (address, 0) to struct history_now, of what was looked at */
	struct nvt_import_core stats;
};

struct history_now {
	uint64_t value;
	bool known;
};

/* A new table; 0: out of memory. */
uint32_t imp_history_new_table(struct imp_history *h, uint32_t root, int level);

/* history_core.c: every entry becomes what the core says. */
enum nvt_status imp_history_meet_core(struct imp_builder *b);

/* history_place.c: puts tables that the core does not have where L1's memory is free. */
enum nvt_status imp_history_place(struct imp_builder *b);
/* Makes h->words. */
enum nvt_status imp_history_make_words(struct imp_builder *b);

#endif
