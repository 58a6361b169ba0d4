/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages that the tables mark as one contiguous group. */
#include "checker.h"

static unsigned int group_entries(const struct check *c)
{
	return c->machine.page_shift == 12 ? 16 : c->machine.page_shift == 14 ? 128 : 32;
}

static const char *group_problem(struct check *c, struct context *x, uint64_t start)
{
	uint64_t page = 1ull << c->machine.page_shift, first_pa = 0, first_bits = 0;
	unsigned int n = group_entries(c), i;

	for (i = 0; i < n; i++) {
		struct leaf leaf;
		uint64_t pa, bits;

		if (!tables_leaf(c, x, start + i * page, &leaf) || leaf.level != 3)
			return "has a gap";
		pa = desc_pa(c, leaf.desc);
		bits = leaf.desc & (DESC_PERM | DESC_MEMATTR | DESC_TAG | DESC_CONTIGUOUS);
		if (!i) {
			first_pa = pa;
			first_bits = bits;
			if (pa & (n * page - 1))
				return "does not begin at an aligned output";
		} else if (bits != first_bits) {
			return "has pages of different attributes";
		} else if (pa != first_pa + i * page) {
			return "has outputs that do not follow each other";
		}
	}
	return NULL;
}

static void check_group(struct check *c, struct context *x, uint64_t start)
{
	const char *problem = group_problem(c, x, start);

	if (problem)
		check_found(c, CHECK_CONTIGUOUS, x->index, start,
			    (uint64_t)group_entries(c) << c->machine.page_shift,
			    "the group that is marked as contiguous %s", problem);
}

void groups_check_page(struct check *c, struct context *x, const struct page *p, uint64_t base)
{
	size_t n = group_entries(c), i, j;

	for (i = 0; i < entries_per_page(c); i += n) {
		for (j = 0; j < n && !(p->desc[i + j] & DESC_CONTIGUOUS); j++)
			;
		if (j < n)
			check_group(c, x, base + ((uint64_t)i << c->machine.page_shift));
	}
}

/* A look goes upwards: all of the lowest group was seen. */
static void make_room_for_group(struct check *c)
{
	unsigned int lowest = 0, i;

	for (i = 1; i < c->group_count; i++)
		if (c->groups[i].start < c->groups[lowest].start)
			lowest = i;
	check_group(c, c->groups[lowest].x, c->groups[lowest].start);
	c->groups[lowest] = c->groups[--c->group_count];
}

void group_note(struct check *c, struct context *x, uint64_t start)
{
	unsigned int i;

	start &= ~(((uint64_t)group_entries(c) << c->machine.page_shift) - 1);
	for (i = 0; i < c->group_count; i++)
		if (c->groups[i].x == x && c->groups[i].start == start)
			return;
	if (c->group_count == GROUPS_NOTED)
		make_room_for_group(c);
	c->groups[c->group_count++] = (struct group){x, start};
}

void groups_check(struct check *c)
{
	unsigned int i;

	for (i = 0; i < c->group_count; i++)
		check_group(c, c->groups[i].x, c->groups[i].start);
	c->group_count = 0;
}
