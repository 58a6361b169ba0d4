/* SPDX-License-Identifier: GPL-2.0-only */
#include "backing.h"

#include <stdlib.h>
#include <string.h>

/* A place among all intervals; at the end of the last run: behind all of them. */
struct place {
	size_t run, at;
};

static uint64_t last_of(const struct backing *one)
{
	return one->hva + (one->size - 1);
}

/* The first run that does not end below hva, or run_count. */
static size_t run_from(const struct backings *b, uint64_t hva)
{
	size_t low = 0, high = b->run_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct backing_run *r = b->runs[mid];

		if (last_of(&r->at[r->count - 1]) < hva)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The first interval of a run that does not end below hva, or its end. */
static size_t place_in(const struct backing_run *r, uint64_t hva)
{
	size_t low = 0, high = r->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (last_of(&r->at[mid]) < hva)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct backing *interval_from(const struct backings *b, uint64_t hva)
{
	size_t run = run_from(b, hva);

	return run < b->run_count ? &b->runs[run]->at[place_in(b->runs[run], hva)] : NULL;
}

const struct backing *backings_from(const struct backings *b, uint64_t hva)
{
	return interval_from(b, hva);
}

const struct backing *backings_search(struct backings *b, uint64_t hva)
{
	const struct backing *one = interval_from(b, hva);

	if (!one || !backing_holds(one, hva))
		return NULL;
	b->recent[(hva >> 21) % BACKING_RECENT] = one;
	return one;
}

/* ---- runs: never given back before the end, as `recent` may point into them ---- */

/* One more interval splits three runs at most: where it begins, where it ends, and its own. */
#define SPARE 3u

static bool add_spare(struct backings *b)
{
	struct backing_run *r = calloc(1, sizeof(*r));

	if (!r)
		return false;
	r->next_free = b->spare;
	b->spare = r;
	b->spare_count++;
	return true;
}

static bool make_room(struct backings *b)
{
	while (b->spare_count < SPARE)
		if (!add_spare(b))
			return false;
	if (b->run_room - b->run_count < SPARE) {
		size_t room = b->run_room * 2 + 16;
		struct backing_run **runs = realloc(b->runs, room * sizeof(struct backing_run *));

		if (!runs)
			return false;
		b->runs = runs;
		b->run_room = room;
	}
	return true;
}

static struct backing_run *insert_run(struct backings *b, size_t at)
{
	struct backing_run *r = b->spare;

	b->spare = r->next_free;
	b->spare_count--;
	memmove(&b->runs[at + 1], &b->runs[at], (b->run_count - at) * sizeof(struct backing_run *));
	b->runs[at] = r;
	b->run_count++;
	return r;
}

static void spare(struct backings *b, struct backing_run *r)
{
	r->next_free = b->spare;
	b->spare = r;
	b->spare_count++;
}

/* Places from `count` on hold nothing that a guess could take for an interval. */
static void shorten(struct backing_run *r, size_t count)
{
	memset(&r->at[count], 0, (r->count - count) * sizeof(r->at[0]));
	r->count = count;
}

/* The upper half of a full run becomes one of its own. */
static void split_run(struct backings *b, size_t run)
{
	struct backing_run *high = insert_run(b, run + 1), *low = b->runs[run];

	high->count = low->count / 2;
	memcpy(high->at, &low->at[low->count - high->count], high->count * sizeof(high->at[0]));
	shorten(low, low->count - high->count);
}

static void insert(struct backings *b, const struct backing *one)
{
	size_t run = run_from(b, one->hva), at;
	struct backing_run *r;

	if (!b->run_count)
		insert_run(b, 0);
	else if (run == b->run_count)
		run--;
	if (b->runs[run]->count == BACKING_RUN) {
		split_run(b, run);
		run += last_of(&b->runs[run]->at[b->runs[run]->count - 1]) < one->hva;
	}
	r = b->runs[run];
	at = place_in(r, one->hva);
	memmove(&r->at[at + 1], &r->at[at], (r->count - at) * sizeof(r->at[0]));
	r->at[at] = *one;
	r->count++;
	b->count++;
}

/* Removes from the run those that begin within [hva, last]. */
static void remove_of_run(struct backings *b, size_t run, uint64_t hva, uint64_t last)
{
	struct backing_run *r = b->runs[run];
	size_t from = place_in(r, hva), to = from;

	while (to < r->count && r->at[to].hva <= last)
		to++;
	memmove(&r->at[from], &r->at[to], (r->count - to) * sizeof(r->at[0]));
	b->count -= to - from;
	shorten(r, r->count - (to - from));
}

/* No interval crosses hva or the end: those in between go. */
static void remove_between(struct backings *b, uint64_t hva, uint64_t last)
{
	size_t first = run_from(b, hva), kept = first, i;

	for (i = first; i < b->run_count && b->runs[i]->at[0].hva <= last; i++) {
		struct backing_run *r = b->runs[i];

		remove_of_run(b, i, hva, last);
		if (r->count)
			b->runs[kept++] = r;
		else
			spare(b, r);
	}
	memmove(&b->runs[kept], &b->runs[i], (b->run_count - i) * sizeof(struct backing_run *));
	b->run_count -= i - kept;
}

/* Where hva lies inside of an interval, one begins there from now on. */
static void cut_at(struct backings *b, uint64_t hva)
{
	struct backing *one = interval_from(b, hva), tail;
	uint64_t head;

	if (!one || one->hva >= hva)
		return;
	head = hva - one->hva;
	tail = *one;
	tail.hva = hva;
	tail.size -= head;
	tail.pa += head;
	one->size = head;
	insert(b, &tail);
}

bool backings_set(struct backings *b, const struct backing *one)
{
	uint64_t last = last_of(one);

	if (!make_room(b))
		return false;
	cut_at(b, one->hva);
	if (last != UINT64_MAX)
		cut_at(b, last + 1);
	remove_between(b, one->hva, last);
	insert(b, one);
	return true;
}

/* ---- as a whole ---- */

void backings_free(struct backings *b)
{
	size_t i;

	for (i = 0; i < b->run_count; i++)
		free(b->runs[i]);
	while (b->spare) {
		struct backing_run *next = b->spare->next_free;

		free(b->spare);
		b->spare = next;
	}
	free(b->runs);
	*b = (struct backings){0};
}

bool backings_clone(struct backings *to, const struct backings *from)
{
	size_t i;

	*to = (struct backings){0};
	for (i = 0; i < from->run_count; i++) {
		if (!make_room(to)) {
			backings_free(to);
			return false;
		}
		*insert_run(to, i) = *from->runs[i];
	}
	to->count = from->count;
	return true;
}
