/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kinds of plots share: reading documents of unknown origin, writing for gnuplot. */
#ifndef NVSIM_PLOT_DATA_H
#define NVSIM_PLOT_DATA_H

#include <math.h>
#include <string.h>

#include "json_path.h"
#include "plot.h"

#define PLOT_COUNT_MAX 1e18 /* of anything that is counted; bytes are, too */
#define PLOT_ROWS_MAX  48u
/* As wide as so many characters of a middling width; what is longer loses its middle. */
#define PLOT_LABEL_MAX	40u
#define PLOT_LABEL_SIZE (4 * PLOT_LABEL_MAX + 1) /* bytes */

struct plot_data {
	const json_t *docs;
	FILE *out; /* variables and data blocks of gnuplot */
	/* The first member that cannot be, and the document that it is of; NULL: none. */
	const char *damaged;
	const json_t *damaged_doc;
	const json_t *doc; /* being read */
	bool emulated;	   /* some of the figures are, though no context says so */
};

/* ---- reading ---- */

/* From 0 to `max`; NaN: absent, or damaged, which is noted. */
double plot_figure(struct plot_data *d, const json_t *object, const char *path, double max);
/* An array; NULL as above. */
const json_t *plot_array(struct plot_data *d, const json_t *object, const char *path);
void plot_damaged(struct plot_data *d, const char *what);

static inline bool plot_is_schema(const json_t *doc, const char *schema)
{
	return strcmp(json_text(doc, "schema"), schema) == 0;
}

/* ---- rows: one for each policy, result or cell ---- */

struct plot_row {
	const json_t *doc;
	const json_t *entry; /* has `counts` and `metrics` */
	char label[PLOT_LABEL_SIZE];
};
struct plot_rows {
	size_t count;
	struct plot_row row[PLOT_ROWS_MAX];
	char common[2 * PLOT_LABEL_MAX + 1]; /* what would be the same in all labels */
};

enum plot_part {
	PLOT_TRACE,
	PLOT_POLICY,
	PLOT_INVALIDATION,
	PLOT_GRANULE,
	PLOT_LEAVES,
	PLOT_PARTS
};
#define PLOT_PART_SIZE 80
/* Of a row: the trace's name, the policies' names and whether the one is unsound, the size of the
   host's pages, the mixture of L1's leaves; "": not told. */
void plot_part(const struct plot_row *row, enum plot_part part, char text[PLOT_PART_SIZE]);

struct plot_cursor {
	size_t doc, entry;
};
/* The next of all rows, without a label; `at` begins with zeroes. False: there are no more. */
bool plot_next_row(const json_t *docs, struct plot_cursor *at, struct plot_row *row);

/* Why there are documents that have none; NULL: all can have some. */
const char *plot_no_rows(const json_t *docs);

/* All of them, with labels. NULL, or why there are none, or too many. */
const char *plot_rows(struct plot_rows *rows, const json_t *docs);
/* A figure of a row. */
double plot_row_figure(struct plot_data *d, const struct plot_row *row, const char *path,
		       double max);

/* ---- writing ---- */

/* In characters of a middling width. */
double plot_width(const char *text);
/* Beginning and end of what is too long: names that differ, do so there. */
void plot_shorten(char label[PLOT_LABEL_SIZE], const char *text);
/* A string of gnuplot, behind a blank. */
void plot_put_text(FILE *out, const char *text);
/* "NaN" for NaN. */
void plot_put_number(FILE *out, double v);
void plot_put_variable(FILE *out, const char *name, double v);
void plot_put_string(FILE *out, const char *name, const char *text);
/* A figure, and what it is in figures for people: "1,234", or with decimals; "absent" for NaN. */
void plot_put_shown(FILE *out, double v, int decimals);
/* A count of which no more is known than that it is not less. */
void plot_put_bound(FILE *out, double v);
/* Beginning of a data block $NAME, or $seriesNUMBER, and its end. */
void plot_put_begin(FILE *out, const char *name);
void plot_put_series(FILE *out, size_t number);
void plot_put_end(FILE *out);
/* rows, label_width and subtitle, which every script of rows has. */
void plot_put_rows(struct plot_data *d, const struct plot_rows *rows);

#endif
