/* SPDX-License-Identifier: GPL-2.0-only */
/* Which pages and which leaves of L1 a context has seen, over a whole stream. */
#ifndef NVSIM_REPLAY_PAGES_H
#define NVSIM_REPLAY_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct region {
	uint64_t key; /* 0: free place */
	uint64_t mapped[8];
	uint64_t leaf[8];
};

/* 512 pages a region; grows with the footprint, not with the length of the stream. */
struct pages {
	struct region *table;
	size_t room, count;
	unsigned int page_shift;
	struct region *last; /* found last, and most often asked for again; NULL: none */
	bool full;	     /* memory ran out: the set is no longer complete */
};

bool pages_init(struct pages *p, unsigned int page_shift);
void pages_destroy(struct pages *p);
/* False: no memory. */
bool pages_clone(struct pages *to, const struct pages *from);

/* `context` tells contexts apart; at most 2^20. */
bool pages_was_mapped(struct pages *p, uint32_t context, uint64_t ipa);
void pages_mark_mapped(struct pages *p, uint32_t context, uint64_t ipa, uint64_t size);
/* Puts the range among those mapped, or takes it out. True: part of it was in. */
bool pages_exchange_mapped(struct pages *p, uint32_t context, uint64_t ipa, uint64_t size,
			   bool mapped);
/* True: no leaf that starts there was touched before. */
bool pages_touch_leaf(struct pages *p, uint32_t context, uint64_t start);

#endif
