/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The grid: the size that each policy maps, for every kind of host memory and
 * every leaf of L1. A cell is a scene that the handler is run on, and a look at
 * what it left in its table.
 */
#ifndef NVSIM_REPLAY_GRID_H
#define NVSIM_REPLAY_GRID_H

#include "scene.h"

/* How a host backs L1's memory, and what it does with it: a row of the grid. */
struct grid_row {
	const char *backing; /* "THP 2M" */
	uint8_t page_shift;  /* of the host */
	uint8_t vma_shift;   /* 0: as the page */
	uint8_t leaf_shift;  /* of the user page table; 0: as the page */
	bool device;	     /* PFNMAP (such memory cannot be logged) */
	uint64_t slot_size;  /* 0: more than any block */
	uint64_t skew;	     /* see struct scene */
	bool logging;	     /* the memslot logs writes */
	bool permission;     /* the fault is a permission fault on a block that an earlier,
				larger leaf of L1 left */
};
extern const struct grid_row grid_rows[];
extern const size_t grid_row_count;

/* The columns: sizes of L1's leaf in bytes, 0: L1 itself faults. Returns how many. */
#define GRID_LEAVES_MAX 8
unsigned int grid_leaves(unsigned int page_shift, uint64_t sizes[GRID_LEAVES_MAX]);

enum grid_mark {
	GRID_BEYOND = 1,   /* reaches memory that L1's leaf does not map */
	GRID_ODD = 2,	   /* no size of the host, laid from the fault's own page */
	GRID_WRONG = 4,	   /* the page that faulted translates to another than L1 maps */
	GRID_UNLOGGED = 8, /* can be written without the log seeing it */
};

struct grid_cell {
	bool there;	    /* the row has this column */
	uint64_t size;	    /* bytes; 0: the fault was not answered with a mapping */
	bool relaxed;	    /* permissions were raised in place */
	unsigned int marks; /* enum grid_mark */
};

/* False: no memory. */
bool grid_cell(const struct grid_row *row, uint64_t l1_leaf, const struct s2_policy *policy,
	       struct grid_cell *cell);
/* The stream that a cell which is there is asked with. False: no memory. */
bool grid_stream(const struct grid_row *row, uint64_t l1_leaf, struct scene_stream *stream);

#endif
