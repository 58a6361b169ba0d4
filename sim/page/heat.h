/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When faults are taken, and where L2's lie: by context and range of IPA, over the time of the
 * stream. Of a partial trace, which does not tell contexts apart, recorded faults, all as of
 * context 0.
 */
#ifndef NVSIM_PAGE_HEAT_H
#define NVSIM_PAGE_HEAT_H

#include <stdbool.h>
#include <stdio.h>

#include "event.h"
#include "metrics.h"
#include "names.h"

#define HEAT_SLICES 120u /* of time, at most: then each two become one */

struct heat_row {
	uint16_t context;
	uint64_t range;	 /* its number among ranges of its size: IPA >> shift */
	uint64_t faults; /* of the row; the sum of its slices */
	uint64_t outcome[OUTCOME_GROUPS];
	uint32_t slice[HEAT_SLICES];
};

struct heat {
	uint64_t first_ns, last_ns;		  /* of the stream */
	uint64_t width_ns;			  /* of a slice */
	uint64_t scope[SCOPE_COUNT][HEAT_SLICES]; /* faults, whosever they are */
	struct heat_row *rows;			  /* shadow faults; sorted once there are no more */
	uint32_t count;
	uint32_t *places;	/* hash of rows, from 1 */
	struct heat_row *panel; /* room for the rows of one */
	unsigned int shift;	/* of a range */
	uint64_t unplaced; /* shadow faults whose IPA is not recorded, or of too many contexts */
	struct metrics_seen seen;
	uint64_t scope_seen[SCOPE_COUNT];
};

/* False: no memory; heat_destroy is due in any case. */
bool heat_init(struct heat *h);
void heat_destroy(struct heat *h);
/* After each measured fault or access, with what has been measured until then. */
void heat_fault(struct heat *h, const struct metrics *m, uint16_t context,
		const struct nvt_event *ev);
/* Once there are no more: rows are sorted by context, then by address. */
void heat_sort(struct heat *h);

/* The rows of one context, in ranges large enough that they are not too many to be drawn. */
#define HEAT_DRAWN 40u
struct heat_panel {
	uint16_t context;
	unsigned int shift;
	uint32_t count;
	const struct heat_row *rows; /* until the next panel is made */
};
/* Of the context whose rows begin at `first`; *next: where those of the next one do. */
struct heat_panel heat_panel(const struct heat *h, uint32_t first, uint32_t *next);

/* ---- pictures: SVG in the colours of the style sheet ---- */

struct heat_view {
	const struct heat *heat;
	const uint64_t *marks; /* their times, in order: lines with numbers from 1 */
	size_t mark_count;
	const char *clock; /* "emulated ": what is to be said of times; or "" */
};
/* A row of bars for each scope that has faults. */
void heat_draw_scopes(FILE *out, const struct heat_view *view);
void heat_draw_panel(FILE *out, const struct heat_view *view, const struct heat_panel *panel,
		     const char *name);
/* "1.07 s" */
char *heat_time(char *buf, size_t size, uint64_t ns);

#endif
