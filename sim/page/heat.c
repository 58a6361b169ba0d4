/* SPDX-License-Identifier: GPL-2.0-only */
#include "heat.h"

#include <stdlib.h>
#include <string.h>

#define ROWS	    4096u /* then ranges get twice as large */
#define PLACES	    (2 * ROWS)
#define FIRST_SHIFT 21 /* the smallest block of a host with 4K pages */

bool heat_init(struct heat *h)
{
	*h = (struct heat){.shift = FIRST_SHIFT, .width_ns = 1};
	h->rows = calloc(ROWS, sizeof(*h->rows));
	h->places = calloc(PLACES, sizeof(*h->places));
	h->panel = calloc(ROWS, sizeof(*h->panel));
	return h->rows && h->places && h->panel;
}

void heat_destroy(struct heat *h)
{
	free(h->rows);
	free(h->places);
	free(h->panel);
}

/* ---- counting ---- */

static void add_row(struct heat_row *to, const struct heat_row *from)
{
	to->faults += from->faults;
	for (unsigned int g = 0; g < OUTCOME_GROUPS; g++)
		to->outcome[g] += from->outcome[g];
	for (unsigned int i = 0; i < HEAT_SLICES; i++)
		to->slice[i] += from->slice[i];
}

static int compare_rows(const void *a, const void *b)
{
	const struct heat_row *x = a, *y = b;

	if (x->context != y->context)
		return x->context < y->context ? -1 : 1;
	return (x->range > y->range) - (x->range < y->range);
}

/* Ranges twice as large, of sorted rows; how many are left. */
static uint32_t fold_rows(struct heat_row *rows, uint32_t count)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct heat_row *last = kept ? &rows[kept - 1] : NULL;

		rows[i].range >>= 1;
		if (last && compare_rows(last, &rows[i]) == 0)
			add_row(last, &rows[i]);
		else if (&rows[kept++] != &rows[i])
			rows[kept - 1] = rows[i];
	}
	return kept;
}

static void fold_counts32(uint32_t *s)
{
	for (unsigned int i = 0; i < HEAT_SLICES / 2; i++)
		s[i] = s[2 * i] + s[2 * i + 1];
	memset(s + HEAT_SLICES / 2, 0, HEAT_SLICES / 2 * sizeof(*s));
}

static void fold_counts64(uint64_t *s)
{
	for (unsigned int i = 0; i < HEAT_SLICES / 2; i++)
		s[i] = s[2 * i] + s[2 * i + 1];
	memset(s + HEAT_SLICES / 2, 0, HEAT_SLICES / 2 * sizeof(*s));
}

/* Slices get longer until the time at hand is in one of them. */
static uint64_t slice_of(struct heat *h, uint64_t now_ns)
{
	while ((now_ns - h->first_ns) / h->width_ns >= HEAT_SLICES) {
		for (uint32_t r = 0; r < h->count; r++)
			fold_counts32(h->rows[r].slice);
		for (unsigned int s = 0; s < SCOPE_COUNT; s++)
			fold_counts64(h->scope[s]);
		h->width_ns *= 2;
	}
	return (now_ns - h->first_ns) / h->width_ns;
}

/* Where the row's number is, or is to be. */
static uint32_t *place_of(struct heat *h, uint16_t context, uint64_t range)
{
	uint64_t at = (range * 0x9e3779b97f4a7c15u ^ context * 0xc2b2ae3d27d4eb4fu) >> 40;

	for (;; at++) {
		uint32_t *place = &h->places[at % PLACES];

		if (!*place ||
		    (h->rows[*place - 1].context == context && h->rows[*place - 1].range == range))
			return place;
	}
}

/* Contexts alone may be as many as there are rows. */
static void make_room(struct heat *h)
{
	while (h->count == ROWS && h->shift < 64 - 12) {
		heat_sort(h);
		h->count = fold_rows(h->rows, h->count);
		memset(h->rows + h->count, 0, (ROWS - h->count) * sizeof(*h->rows));
		h->shift++;
	}
	memset(h->places, 0, PLACES * sizeof(*h->places));
	for (uint32_t i = 0; i < h->count; i++)
		*place_of(h, h->rows[i].context, h->rows[i].range) = i + 1;
}

/* NULL: there are too many contexts. */
static struct heat_row *row_of(struct heat *h, uint16_t context, uint64_t ipa)
{
	uint32_t *place = place_of(h, context, ipa >> h->shift);

	if (!*place && h->count == ROWS) {
		make_room(h);
		place = place_of(h, context, ipa >> h->shift);
	}
	if (!*place && h->count == ROWS)
		return NULL;
	if (!*place) {
		h->rows[h->count].context = context;
		h->rows[h->count].range = ipa >> h->shift;
		*place = ++h->count;
	}
	return &h->rows[*place - 1];
}

static void count_scopes(struct heat *h, const struct metrics *m, uint64_t slice)
{
	const uint64_t *now = m->class == NVT_PARTIAL ? m->recorded : m->delivered;

	for (unsigned int s = 0; s < SCOPE_COUNT; s++) {
		h->scope[s][slice] += now[s] - h->scope_seen[s];
		h->scope_seen[s] = now[s];
	}
}

static void count(struct heat_row *row, uint64_t slice, uint64_t faults, const uint64_t *outcome)
{
	row->faults += faults;
	row->slice[slice] += (uint32_t)faults;
	for (unsigned int g = 0; g < OUTCOME_GROUPS; g++)
		row->outcome[g] += outcome_group_count(outcome, g);
}

void heat_fault(struct heat *h, const struct metrics *m, uint16_t context,
		const struct nvt_event *ev)
{
	uint64_t outcome[S2_OUTCOME_COUNT], faults = metrics_added(&h->seen, m, outcome);
	uint64_t slice = slice_of(h, ev->time_ns), hpfar = ev->fault.hpfar;
	struct heat_row *row = NULL;

	count_scopes(h, m, slice);
	if (faults && hpfar & S2_HPFAR_VALID)
		row = row_of(h, m->class == NVT_PARTIAL ? 0 : context,
			     (hpfar & 0xfffffffffff0ull) << 8);
	if (row)
		count(row, slice, faults, outcome);
	else
		h->unplaced += faults;
}

void heat_sort(struct heat *h)
{
	qsort(h->rows, h->count, sizeof(*h->rows), compare_rows);
}

/* ---- panels ---- */

struct heat_panel heat_panel(const struct heat *h, uint32_t first, uint32_t *next)
{
	struct heat_panel p = {
		.context = h->rows[first].context, .shift = h->shift, .rows = h->panel};
	uint32_t end = first;

	while (end < h->count && h->rows[end].context == p.context)
		end++;
	*next = end;
	p.count = end - first;
	memcpy(h->panel, h->rows + first, p.count * sizeof(*h->panel));
	for (; p.count > HEAT_DRAWN; p.shift++)
		p.count = fold_rows(h->panel, p.count);
	return p;
}
