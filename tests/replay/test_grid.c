/* SPDX-License-Identifier: GPL-2.0-only */
/* The grid against the sizes that the specification lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "grid.h"

#define FACTS "tests/replay/data/grid.txt"

/* The columns of the file. */
static const char *const policies[] = {"kvm-v6", "review-a1", "review-a2", "kvm-6.11", "kvm-7.3"};
#define COLUMNS (sizeof(policies) / sizeof(policies[0]))

struct fact {
	char host[8], log[8], fault[4], leaves[64], cell[COLUMNS][16], backing[64];
};

static const struct s2_policy *find_policy(const char *name)
{
	unsigned int i;

	for (i = 0; i < s2_policy_count; i++)
		if (!strcmp(s2_policies[i].name, name))
			return &s2_policies[i];
	return NULL;
}

/* "64K": what follows the unit is left alone. */
static uint64_t size_of(const char *text)
{
	char *unit;
	uint64_t n = strtoull(text, &unit, 10);

	assert_non_null(strchr("KMG", *unit));
	return n << (*unit == 'K' ? 10 : *unit == 'M' ? 20 : 30);
}

static bool list_has(const char *list, uint64_t leaf)
{
	char copy[64], *rest = copy, *word;

	if (!strcmp(list, "any"))
		return true;
	strcpy(copy, list);
	while ((word = strsep(&rest, ",")) != NULL)
		if (strcmp(word, "none") ? size_of(word) == leaf : !leaf)
			return true;
	return false;
}

static bool is_row(const struct fact *f, const struct grid_row *row)
{
	bool backing = row->permission ? !strncmp(row->backing, f->backing, strlen(f->backing))
				       : !strcmp(row->backing, f->backing);

	return backing && 1ull << row->page_shift == size_of(f->host) &&
	       row->permission == (f->fault[0] == 'p') &&
	       (!strcmp(f->log, "any") || row->logging == (f->log[0] == 'y'));
}

static void compare(const struct fact *f, const char *want, const struct grid_row *row,
		    uint64_t leaf, const struct s2_policy *policy)
{
	struct grid_cell cell;
	bool beyond = strpbrk(want, "!~"), odd = strchr(want, '~'), settled = beyond;

	assert_true(grid_cell(row, leaf, policy, &cell));
	if (cell.size != size_of(want) || !!(cell.marks & GRID_BEYOND) != beyond ||
	    !!(cell.marks & GRID_ODD) != odd ||
	    (!settled && !!(cell.marks & GRID_UNLOGGED) != !!strchr(want, '*')) ||
	    (!settled && !strchr(want, '?') && !!(cell.marks & GRID_WRONG) != !!strchr(want, '#')))
		fail_msg("%s, host %s, %s, log %d, L1's leaf 0x%llx: 0x%llx, marks %u; wanted %s",
			 policy->name, f->host, row->backing, row->logging,
			 (unsigned long long)leaf, (unsigned long long)cell.size, cell.marks, want);
}

/* Cells of one line of the file that were compared. */
static unsigned int check_fact(const struct fact *f)
{
	uint64_t leaves[GRID_LEAVES_MAX];
	unsigned int compared = 0, count, l;
	size_t row, column;

	for (row = 0; row < grid_row_count; row++) {
		if (!is_row(f, &grid_rows[row]))
			continue;
		count = grid_leaves(grid_rows[row].page_shift, leaves);
		for (column = 0; column < COLUMNS; column++) {
			const struct s2_policy *policy = find_policy(policies[column]);

			for (l = 0; l < count; l++) {
				if (!policy || f->cell[column][0] == '-' ||
				    !list_has(f->leaves, leaves[l]))
					continue;
				compare(f, f->cell[column], &grid_rows[row], leaves[l], policy);
				compared++;
			}
		}
	}
	return compared;
}

static void cells_are_those_of_the_specification(void **state)
{
	FILE *file = fopen(FACTS, "r");
	char line[256];

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		struct fact f;

		if (line[0] == '#' || line[0] == '\n')
			continue;
		assert_int_equal(sscanf(line, "%7s %7s %3s %63s %15s %15s %15s %15s %15s %63[^\n]",
					f.host, f.log, f.fault, f.leaves, f.cell[0], f.cell[1],
					f.cell[2], f.cell[3], f.cell[4], f.backing),
				 5 + COLUMNS);
		if (!check_fact(&f))
			fail_msg("no cell of the grid: %s", line);
	}
	fclose(file);
}

static void for_each_cell(void (*fn)(const struct grid_row *row, uint64_t leaf,
				     const struct s2_policy *policy, const struct grid_cell *cell))
{
	uint64_t leaves[GRID_LEAVES_MAX];
	unsigned int p, l, count;
	size_t row;

	for (row = 0; row < grid_row_count; row++) {
		count = grid_leaves(grid_rows[row].page_shift, leaves);
		for (l = 0; l < count; l++)
			for (p = 0; p < s2_policy_count; p++) {
				struct grid_cell cell;

				assert_true(grid_cell(&grid_rows[row], leaves[l], &s2_policies[p],
						      &cell));
				fn(&grid_rows[row], leaves[l], &s2_policies[p], &cell);
			}
	}
}

static void check_sound(const struct grid_row *row, uint64_t leaf, const struct s2_policy *policy,
			const struct grid_cell *cell)
{
	if (cell->there && s2_policy_sound(policy) && (cell->marks || !cell->size))
		fail_msg("%s, %s, L1's leaf 0x%llx: marks %u", policy->name, row->backing,
			 (unsigned long long)leaf, cell->marks);
}

static void sound_policies_have_no_mark(void **state)
{
	(void)state;
	for_each_cell(check_sound);
}

static unsigned int marked[64];

static void count_marks(const struct grid_row *row, uint64_t leaf, const struct s2_policy *policy,
			const struct grid_cell *cell)
{
	(void)row, (void)leaf;
	marked[policy - s2_policies] += !!cell->marks;
}

static void each_unsound_policy_has_a_mark(void **state)
{
	unsigned int p;

	(void)state;
	for_each_cell(count_marks);
	for (p = 0; p < s2_policy_count; p++)
		if (!s2_policy_sound(&s2_policies[p]) && !marked[p])
			fail_msg("%s is unsound, and the grid does not show it",
				 s2_policies[p].name);
}

static uint64_t findings_of(const struct scene_stream *stream, const struct s2_policy *policy)
{
	struct check_options check = {.quirks = S2_QUIRKS_KVM};
	struct engine_options options = {
		.policy = policy, .quirks = S2_QUIRKS_KVM, .check = &check};
	struct engine *e = scene_engine(stream, &options);
	uint64_t findings;
	size_t i;

	assert_non_null(e);
	for (i = 0; i < stream->event_count; i++)
		assert_int_equal(engine_event(e, &stream->events[i]), ENGINE_OK);
	engine_end(e);
	findings = check_result(e->check)->findings;
	engine_free(e);
	return findings;
}

static void ask_the_checker(const struct grid_row *row, uint64_t leaf,
			    const struct s2_policy *policy, const struct grid_cell *cell)
{
	struct scene_stream stream;
	uint64_t findings;

	if (!cell->there)
		return;
	assert_true(grid_stream(row, leaf, &stream));
	findings = findings_of(&stream, policy);
	scene_free(&stream);
	if (!findings != !cell->marks)
		fail_msg("%s, %s%s, a leaf of %llu: marks 0x%x, but %llu findings", policy->name,
			 row->backing, row->logging ? " (logged)" : "", (unsigned long long)leaf,
			 cell->marks, (unsigned long long)findings);
}

static void the_checker_finds_what_is_marked(void **state)
{
	(void)state;
	for_each_cell(ask_the_checker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_are_those_of_the_specification),
		cmocka_unit_test(sound_policies_have_no_mark),
		cmocka_unit_test(each_unsound_policy_has_a_mark),
		cmocka_unit_test(the_checker_finds_what_is_marked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
