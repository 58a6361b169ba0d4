/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The report of a stream as one page of HTML that needs nothing besides itself: no network, no
 * script. Every figure comes from the documents that programs read, so that both have the same.
 * An element with a figure has data-path, where it is in nvsim.result/1 or (policies.N...) in
 * nvsim.compare/1, and data-value, what is there.
 */
#ifndef NVSIM_PAGE_PAGE_H
#define NVSIM_PAGE_PAGE_H

#include <jansson.h>
#include <stdio.h>

#include "check.h"
#include "heat.h"

struct page_plot {
	const char *svg; /* as plot_draw() gives it; NULL: there is none */
	const char *why; /* there is none */
};

struct page_report {
	const char *name; /* of the trace, without its folder */
	enum nvt_class class;
	const json_t *result;  /* nvsim.result/1, with intervals and marks */
	const json_t *compare; /* nvsim.compare/1 of the same stream */
	const struct check_result *check;
	const struct heat *heat; /* sorted */
	const uint64_t *marks;	 /* times of the marks in `result` */
	size_t mark_count;
	/* Of each metric of metrics_table a line of text that begins with a figure; '~' is a blank
	   that does not break. NULL: absent. */
	const char *const *lines;
	struct page_plot timeline, policies, clamps;
};

void page_report_write(FILE *out, const struct page_report *r);

#endif
