/* SPDX-License-Identifier: GPL-2.0-only */
#include "dirtylog.h"

#include <stdlib.h>

bool dirtylog_init(struct dirtylog *d)
{
	*d = (struct dirtylog){.room = 256};
	d->table = calloc(d->room, sizeof(*d->table));
	return d->table != NULL;
}

void dirtylog_destroy(struct dirtylog *d)
{
	free(d->table);
	d->table = NULL;
}

static struct dirty_word *place(const struct dirtylog *d, uint64_t key)
{
	size_t i = (size_t)(key * 0x9e3779b97f4a7c15u >> 20) & (d->room - 1);

	while (d->table[i].key && d->table[i].key != key)
		i = (i + 1) & (d->room - 1);
	return &d->table[i];
}

static bool grow(struct dirtylog *d)
{
	struct dirty_word *old = d->table;
	size_t old_room = d->room, i;

	d->table = calloc(old_room * 2, sizeof(*d->table));
	if (!d->table) {
		d->table = old;
		d->full = true;
		return false;
	}
	d->room = old_room * 2;
	for (i = 0; i < old_room; i++)
		if (old[i].key)
			*place(d, old[i].key) = old[i];
	free(old);
	return true;
}

void dirtylog_mark(struct dirtylog *d, uint64_t page)
{
	struct dirty_word *w = place(d, page / 64 + 1);

	if (!w->key) {
		if (d->count * 2 >= d->room && !grow(d))
			return;
		w = place(d, page / 64 + 1);
		w->key = page / 64 + 1;
		d->count++;
	}
	w->pages |= 1ull << page % 64;
}

uint64_t dirtylog_take(struct dirtylog *d, uint64_t page)
{
	struct dirty_word *w = place(d, page / 64 + 1);
	uint64_t pages = w->key ? w->pages : 0;

	if (w->key)
		w->pages = 0;
	return pages;
}

void dirtylog_clear(struct dirtylog *d, uint64_t page, uint64_t count)
{
	size_t i;

	for (i = 0; i < d->room; i++)
		if (d->table[i].key && (d->table[i].key - 1) * 64 - page < count)
			d->table[i].pages = 0;
}
