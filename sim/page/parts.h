/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the report, and what they share. */
#ifndef NVSIM_PAGE_PARTS_H
#define NVSIM_PAGE_PARTS_H

#include "html.h"
#include "json_path.h"
#include "page.h"
#include "show.h"

typedef void page_part_fn(FILE *out, const struct page_report *r);
page_part_fn page_summary, page_figures, page_faults, page_time, page_ranges, page_policies,
	page_sizes, page_findings, page_functions, page_about;

/* What is at a place; 0: there is none. */
uint64_t page_count(const json_t *json, const char *path);

/* Around what may be wider than the page. */
void page_begin_scroll(FILE *out, const char *label);
void page_end_scroll(FILE *out);

/* Columns of figures are those from `figures` on. */
void page_begin_table(FILE *out, const char *caption, const char *const *titles, size_t count,
		      size_t figures);
void page_end_table(FILE *out);
void page_cell_count(FILE *out, uint64_t n);

/* ` data-path="..." data-value="..."`, in a tag that is open. */
void page_put_data(FILE *out, const char *path, const json_t *value);

void page_figure(FILE *out, const struct page_plot *plot, const char *label, const char *caption);

/* Counts by name of an outcome, as a result has them. */
void page_outcomes(const json_t *counts, uint64_t outcome[S2_OUTCOME_COUNT]);

/* The verdict of the comparison, as a sentence. */
void page_verdict(FILE *out, const char *tag, const struct page_report *r);

/* Where times are from; goes on behind "times are". */
const char *page_times(const struct page_report *r);
/* How the stream's times are to be called in a picture: "emulated ", or "". */
const char *page_clock(const struct page_report *r);

#endif
