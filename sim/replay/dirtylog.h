/* SPDX-License-Identifier: GPL-2.0-only */
/* The dirty log that the handler's reports amount to, in words of 64 pages. */
#ifndef NVSIM_REPLAY_DIRTYLOG_H
#define NVSIM_REPLAY_DIRTYLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dirty_word {
	uint64_t key; /* number of the word + 1; 0: free place */
	uint64_t pages;
};

struct dirtylog {
	struct dirty_word *table;
	size_t room, count;
	bool full; /* memory ran out: no longer complete */
};

bool dirtylog_init(struct dirtylog *d);
void dirtylog_destroy(struct dirtylog *d);

/* `page` counts from the first page of the logged slot. */
void dirtylog_mark(struct dirtylog *d, uint64_t page);
/* The word of `page`, which is emptied. */
uint64_t dirtylog_take(struct dirtylog *d, uint64_t page);
/* Empties the words of pages [page, page + count). */
void dirtylog_clear(struct dirtylog *d, uint64_t page, uint64_t count);

#endif
