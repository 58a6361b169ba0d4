/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim policies --grid: what each rule maps, found by running it. */
#include "policies.h"

#include <stdlib.h>
#include <string.h>

#include "grid.h"
#include "run.h"
#include "scene_text.h"
#include "text.h"

typedef unsigned long long ull;

/* All cells, by row, policy and leaf. */
struct table {
	unsigned int first, policy_count; /* of s2_policies */
	struct grid_cell *cells;
};

static struct grid_cell *cell_at(const struct table *t, size_t row, unsigned int policy,
				 unsigned int leaf)
{
	return &t->cells[(row * t->policy_count + policy) * GRID_LEAVES_MAX + leaf];
}

static const struct s2_policy *policy_at(const struct table *t, unsigned int policy)
{
	return &s2_policies[t->first + policy];
}

static bool fill(const struct table *t)
{
	uint64_t leaves[GRID_LEAVES_MAX];

	for (size_t row = 0; row < grid_row_count; row++) {
		unsigned int count = grid_leaves(grid_rows[row].page_shift, leaves);

		for (unsigned int p = 0; p < t->policy_count; p++)
			for (unsigned int l = 0; l < count; l++)
				if (!grid_cell(&grid_rows[row], leaves[l], policy_at(t, p),
					       cell_at(t, row, p, l)))
					return false;
	}
	return true;
}

/* ---- for people: equal lines and equal blocks are told once ---- */

#define LABEL 15
#define CELL  8

static const struct {
	unsigned int mark;
	char sign;
	const char *meaning;
} signs[] = {
	{GRID_BEYOND, '!', "reaches memory that L1's leaf does not map"},
	{GRID_ODD, '~',
	 "no size of the host, laid from the page that faulted: reaches beyond, too"},
	{GRID_WRONG, '#', "the page that faulted translates to another one than L1 maps"},
	{GRID_UNLOGGED, '*', "L2 or L1 can write to it without the dirty log seeing it"},
};
#define SIGN_COUNT (sizeof(signs) / sizeof(signs[0]))

static void print_cell(const struct grid_cell *c)
{
	char text[SCENE_SIZE_SIZE + SIGN_COUNT], size[SCENE_SIZE_SIZE];
	unsigned int marks = c->marks;
	size_t used;

	if (!c->there || !c->size) {
		printf("%*s", CELL, c->there ? "?" : "");
		return;
	}
	if (marks & GRID_ODD)
		marks &= ~(unsigned int)GRID_BEYOND;
	used = (size_t)snprintf(text, sizeof(text), "%s", scene_size(size, c->size));
	for (size_t i = 0; i < SIGN_COUNT; i++)
		if (marks & signs[i].mark)
			text[used++] = signs[i].sign;
	text[used] = 0;
	printf("%*s", CELL, text);
}

/* Whether two policies, or one in two rows, map alike whatever L1's leaf is. */
static bool same_cells(const struct grid_cell *a, const struct grid_cell *b)
{
	for (unsigned int l = 0; l < GRID_LEAVES_MAX; l++)
		if (a[l].there != b[l].there || a[l].size != b[l].size || a[l].marks != b[l].marks)
			return false;
	return true;
}

static bool same_line(const struct table *t, size_t row, unsigned int a, unsigned int b)
{
	return same_cells(cell_at(t, row, a, 0), cell_at(t, row, b, 0));
}

static bool same_block(const struct table *t, size_t a, size_t b)
{
	if (grid_rows[a].page_shift != grid_rows[b].page_shift)
		return false;
	for (unsigned int p = 0; p < t->policy_count; p++)
		if (!same_cells(cell_at(t, a, p, 0), cell_at(t, b, p, 0)))
			return false;
	return true;
}

/* Policies whose line is that of `of`. */
static unsigned int list_names(const struct table *t, size_t row, unsigned int of,
			       struct text *names)
{
	unsigned int count = 0;

	for (unsigned int p = of; p < t->policy_count; p++)
		if (same_line(t, row, of, p))
			text_add(names, "%s%s", count++ ? ", " : "", policy_at(t, p)->name);
	return count;
}

/* Names that do not fit beside the cells have lines of their own. */
static void print_line(const struct table *t, size_t row, unsigned int of, unsigned int leaf_count)
{
	struct text names = {0};
	bool all = list_names(t, row, of, &names) == t->policy_count && t->policy_count > 1;
	const char *label = all ? "all" : names.s;

	if (strlen(label) > LABEL - 2) {
		text_wrap(stdout, label, 2, 0);
		label = "";
	}
	printf("  %-*s", LABEL - 2, label);
	for (unsigned int l = 0; l < leaf_count; l++)
		print_cell(cell_at(t, row, of, l));
	putchar('\n');
}

static void print_head(unsigned int page_shift)
{
	uint64_t leaves[GRID_LEAVES_MAX];
	unsigned int count = grid_leaves(page_shift, leaves);
	char size[SCENE_SIZE_SIZE];

	printf("\n%-*s L1's leaf\nhost: %-*s%*s", LABEL, "", LABEL - 6,
	       scene_size(size, 1ull << page_shift), CELL, "none");
	for (unsigned int l = 1; l < count; l++)
		printf("%*s", CELL, scene_size(size, leaves[l]));
	putchar('\n');
}

/* The row that differs from this one in logging alone; itself where there is none. */
static size_t twin_of(size_t row)
{
	const struct grid_row *a = &grid_rows[row], *b = a->logging ? a - 1 : a + 1;

	if (b < grid_rows || b >= grid_rows + grid_row_count || b->logging == a->logging ||
	    strcmp(a->backing, b->backing) != 0 || a->page_shift != b->page_shift)
		return row;
	return (size_t)(b - grid_rows);
}

/* All backings that have the block of `row`, as one paragraph. */
static void print_backings(const struct table *t, size_t row)
{
	struct text names = {0};

	for (size_t r = row; r < grid_row_count; r++) {
		bool both = twin_of(r) != r && same_block(t, r, twin_of(r));

		if (!same_block(t, row, r) || (both && grid_rows[r].logging))
			continue;
		text_add(&names, "%s%s%s", names.used ? "; " : "", grid_rows[r].backing,
			 both			? " (logged or not)"
			 : grid_rows[r].logging ? " (logged)"
						: "");
	}
	putchar('\n');
	text_wrap(stdout, names.s, 0, 0);
}

static void print_block(const struct table *t, size_t row)
{
	uint64_t leaves[GRID_LEAVES_MAX];
	unsigned int count = grid_leaves(grid_rows[row].page_shift, leaves);

	print_backings(t, row);
	for (unsigned int p = 0; p < t->policy_count; p++) {
		bool told = false;

		for (unsigned int before = 0; before < p; before++)
			told |= same_line(t, row, before, p);
		if (!told)
			print_line(t, row, p, count);
	}
}

static void print_table(const struct table *t)
{
	unsigned int page_shift = 0;

	text_wrap(stdout,
		  "Size that a fault gets, in the middle of L1's leaf (none: L1 itself faults).", 0,
		  0);
	for (size_t i = 0; i < SIGN_COUNT; i++)
		printf("  %c  %s\n", signs[i].sign, signs[i].meaning);
	for (size_t row = 0; row < grid_row_count; row++) {
		bool told = false;

		for (size_t before = 0; before < row; before++)
			told |= same_block(t, before, row);
		if (told)
			continue;
		if (grid_rows[row].page_shift != page_shift)
			print_head(page_shift = grid_rows[row].page_shift);
		print_block(t, row);
	}
}

/* ---- for machines: every cell ---- */

typedef void cell_fn(void *arg, const struct grid_row *row, uint64_t leaf,
		     const struct s2_policy *policy, const struct grid_cell *c);

static void for_each_cell(const struct table *t, cell_fn *fn, void *arg)
{
	uint64_t leaves[GRID_LEAVES_MAX];

	for (size_t row = 0; row < grid_row_count; row++) {
		unsigned int count = grid_leaves(grid_rows[row].page_shift, leaves);

		for (unsigned int l = 0; l < count; l++)
			for (unsigned int p = 0; p < t->policy_count; p++)
				if (cell_at(t, row, p, l)->there)
					fn(arg, &grid_rows[row], leaves[l], policy_at(t, p),
					   cell_at(t, row, p, l));
	}
}

static void json_cell(void *arg, const struct grid_row *row, uint64_t leaf,
		      const struct s2_policy *policy, const struct grid_cell *c)
{
	json_array_append_new(
		arg, json_pack("{s:I, s:s, s:b, s:b, s:I, s:s, s:I, s:b, s:b, s:b, s:b, s:b, s:b}",
			       "host_page", (json_int_t)1 << row->page_shift, "backing",
			       row->backing, "logging", row->logging, "permission_fault",
			       row->permission, "l1_leaf", (json_int_t)leaf, "policy", policy->name,
			       "size", (json_int_t)c->size, "relaxed", c->relaxed, "beyond_l1_leaf",
			       c->marks & GRID_BEYOND, "no_host_size", c->marks & GRID_ODD,
			       "wrong_memory", c->marks & GRID_WRONG, "unlogged_writes",
			       c->marks & GRID_UNLOGGED, "sound", !c->marks));
}

static void csv_cell(void *arg, const struct grid_row *row, uint64_t leaf,
		     const struct s2_policy *policy, const struct grid_cell *c)
{
	fprintf(arg, "%llu,\"%s\",%d,%d,%llu,%s,%llu,%d,%d,%d,%d,%d,%d\n",
		(ull)1 << row->page_shift, row->backing, row->logging, row->permission, (ull)leaf,
		policy->name, (ull)c->size, c->relaxed, !!(c->marks & GRID_BEYOND),
		!!(c->marks & GRID_ODD), !!(c->marks & GRID_WRONG), !!(c->marks & GRID_UNLOGGED),
		!c->marks);
}

static enum cli_exit write_csv(const struct table *t, const char *path)
{
	struct cli_output out;
	enum cli_exit status = cli_output_open(&out, path);

	if (status)
		return status;
	fputs("host_page,backing,logging,permission_fault,l1_leaf,policy,size,relaxed,"
	      "beyond_l1_leaf,no_host_size,wrong_memory,unlogged_writes,sound\n",
	      out.file);
	for_each_cell(t, csv_cell, out.file);
	return cli_output_close(&out);
}

static enum cli_exit write_json(const struct table *t, const char *path)
{
	json_t *cells = json_array();

	for_each_cell(t, json_cell, cells);
	return run_write_json(json_pack("{s:s, s:o}", "schema", "nvsim.grid/1", "cells", cells),
			      path);
}

enum cli_exit policies_grid(const struct s2_policy *only, const struct policies_output *out)
{
	struct table t = {.policy_count = only ? 1 : s2_policy_count};
	enum cli_exit status = CLI_OK;

	if (only)
		t.first = (unsigned int)(only - s2_policies);
	t.cells = calloc(grid_row_count * t.policy_count * GRID_LEAVES_MAX, sizeof(*t.cells));
	if (!t.cells || !fill(&t))
		status = cli_no_memory();
	else if (out->json.given)
		status = write_json(&t, out->json.value);
	else if (out->csv.given)
		status = write_csv(&t, out->csv.value);
	else
		print_table(&t);
	free(t.cells);
	return status;
}
