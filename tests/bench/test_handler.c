/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rows that are measured in this process: each does what it is named for, and as much of it in
 * every repetition. What a repetition did is looked at in the tables that it leaves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench.h"
#include "world.h"

static char folder[] = "/tmp/nvsim-test-XXXXXX";
static struct bench_env env = {
	.quick = true, .seed = 1, .data = "tests/import/data", .folder = folder};

static bool in_group(const struct bench_row *row, const char *group)
{
	return strncmp(row->name, group, strlen(group)) == 0;
}

static bool named(const struct bench_row *row, const char *part)
{
	return strstr(row->name, part) != NULL;
}

static unsigned int shift_of(const struct bench_row *row)
{
	return named(row, "/4k") ? 12 : named(row, "/16k") ? 14 : 16;
}

/* NULL: it is skipped, which trace-cmd files are where no library reads them. */
static void *prepare(const struct bench_row *row)
{
	struct nvt_error err = {0};
	void *state = row->prepare(&env, row, &err);

	if (!state && (err.status || strcmp(row->name, "import/dat") != 0))
		fail_msg("%s", err.text);
	return state;
}

static uint64_t repeat(const struct bench_row *row, void *state)
{
	if (row->reset)
		row->reset(state);
	return row->run(state);
}

/* ---- what the tables of a world have ---- */

struct seen {
	uint64_t leaves[4], writable, pages, bytes;
};

static void see_entry(void *arg, struct table_ipa start, int level, uint64_t size, uint64_t desc)
{
	struct seen *s = arg;

	(void)start;
	if (!s2_leaf_valid(desc))
		return;
	s->leaves[level]++;
	s->bytes += size;
	s->writable += s2_leaf_perm(desc).w;
}

static struct seen see(const struct world *w)
{
	struct seen s = {0};

	for (uint32_t vm = 0; vm < w->shape.vm_count; vm++) {
		for (uint16_t i = 0; i < w->context_count; i++) {
			s2_for_each_entry(&w->vms[vm], &w->vms[vm].contexts[i], see_entry, &s);
			s.pages += w->vms[vm].contexts[i].table.page_count;
		}
	}
	return s;
}

static uint64_t all_leaves(const struct seen *s)
{
	return s->leaves[0] + s->leaves[1] + s->leaves[2] + s->leaves[3];
}

/* ---- what each group is named for; `done` operations lie between `was` and `is` ---- */

struct repetition {
	const struct bench_row *row;
	struct world *w;
	struct seen was, is;
	uint64_t done;
};

/* By hand, with what the name says. */
static void is_walk(const struct repetition *r)
{
	const char *levels = strrchr(r->row->name, '/') + 1;
	struct s2_syndrome syn = s2_syndrome(&r->w->vms[0].cfg, WORLD_READ);
	struct s2_walk walk = s2_walk(&r->w->vms[0], &r->w->regs, &syn, false, (struct l2_ipa){0});

	assert_int_equal(walk.status, S2_WALK_OK);
	assert_int_equal(walk.level, levels[2] - '0');
	assert_int_equal(walk.reads, levels[2] - levels[0] + 1);
	assert_int_equal(walk.leaf_size, 1ull << s2_level_shift(shift_of(r->row), levels[2] - '0'));
	assert_int_equal(r->w->vms[0].cfg.granules, 1 << (shift_of(r->row) - 12) / 2);
	assert_int_equal(r->done % 8192, 0);
}

static void is_map(const struct repetition *r)
{
	int level = named(r->row, "block") ? 2 : 3;
	uint64_t size = 1ull << s2_level_shift(shift_of(r->row), level);

	assert_int_equal(r->is.leaves[level] - r->was.leaves[level], r->done);
	assert_int_equal(all_leaves(&r->is) - all_leaves(&r->was), r->done);
	assert_int_equal(r->is.bytes - r->was.bytes, r->done * size);
	assert_int_equal(r->is.pages - r->was.pages, named(r->row, "table") ? r->done : 0);
}

static void is_relax(const struct repetition *r)
{
	assert_int_equal(r->was.writable, 0);
	assert_int_equal(r->is.writable, r->done);
	assert_int_equal(r->is.leaves[3], r->done);
}

/* One more, at the first place. */
static void is_inject(const struct repetition *r)
{
	bool permission = named(r->row, "permission");
	unsigned int shift = shift_of(r->row);
	uint64_t ipa = permission ? 0 : 1ull << (2 * shift - 3 - 1);

	assert_memory_equal(&r->was, &r->is, sizeof(r->is));
	assert_int_equal(r->is.writable == 0, permission);
	assert_false(r->w->vcpu.hyp);
	if (!permission) {
		world_fill(r->w, ipa, false);
		assert_int_equal(r->w->filled.kind, S2_INJECTED);
		assert_int_equal(r->w->filled.inject.esr & 0x3f, 7);
		assert_int_equal(r->w->filled.inject.el, 2);
		assert_true(r->w->vcpu.hyp);
	}
}

static uint64_t gone_with(const struct repetition *r)
{
	static const struct {
		const char *name;
		uint64_t leaves;
	} forms[] = {{"tlbi/vmalle1", 0},	  {"tlbi/ipas2e1", 1},
		     {"tlbi/ipas2e1-ttl", 1},	  {"tlbi/ipas2e1-block", 1},
		     {"tlbi/ipas2e1-pages", 512}, {"tlbi/ripas2e1", 16},
		     {"tlbi/vmalls12e1", 4096}};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (strcmp(r->row->name, forms[i].name) == 0)
			return forms[i].leaves;
	assert_string_equal(r->row->name, "tlbi/alle1");
	return 4096u * r->w->shape.guest_count;
}

static void is_tlbi(const struct repetition *r)
{
	uint64_t gone = all_leaves(&r->was) - all_leaves(&r->is);

	assert_int_equal(gone, r->done * gone_with(r));
	if (named(r->row, "block"))
		assert_int_equal(r->was.leaves[2] - r->is.leaves[2], gone);
	if (gone_with(r) >= 4096)
		assert_int_equal(all_leaves(&r->is), 0);
	else
		assert_int_not_equal(all_leaves(&r->is), 0);
}

static void is_unmap(const struct repetition *r)
{
	const char *size = strrchr(r->row->name, '/') + 1;
	uint64_t bytes = strtoull(size, NULL, 10) << (strchr(size, 'G') ? 30 : 20);
	uint64_t leaves = bytes >> shift_of(r->row), vms = r->w->shape.vm_count;
	uint64_t times = named(r->row, "twice") ? 2 : 1;
	bool all = named(r->row, "whole") || (named(r->row, "rmap") && times == 2);

	assert_int_equal(r->was.bytes, times * bytes * vms);
	assert_int_equal(r->was.leaves[3], times * leaves * vms);
	assert_int_equal(r->done, all ? vms : vms * leaves / 8);
	assert_int_equal(r->is.leaves[3], all ? 0 : r->was.leaves[3] - times * r->done);
	assert_true(named(r->row, r->w->vms[0].cfg.invalidation->name));
}

static const struct {
	const char *name;
	void (*check)(const struct repetition *r);
} groups[] = {{"walk/", is_walk},     {"map/", is_map},	  {"relax/", is_relax},
	      {"inject/", is_inject}, {"tlbi/", is_tlbi}, {"unmap/", is_unmap}};

static void check_outcome(const struct repetition *r)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (!in_group(r->row, groups[i].name))
			continue;
		groups[i].check(r);
		return;
	}
	fail_msg("%s: what is it named for?", r->row->name);
}

/* ---- tests ---- */

static const struct bench_row *const tables[] = {bench_handler, bench_stream};

static void every_row_is_documented_and_no_name_is_used_twice(void **state)
{
	(void)state;
	for (size_t t = 0; t < 2; t++) {
		for (const struct bench_row *row = tables[t]; row->name; row++) {
			assert_non_null(strchr(row->name, '/'));
			assert_true(row->what && strlen(row->what) > 10 && row->op);
			assert_true(row->prepare && row->run && row->finish);
			for (size_t u = 0; u < 2; u++)
				for (const struct bench_row *b = tables[u]; b->name; b++)
					assert_true(b == row || strcmp(b->name, row->name) != 0);
		}
	}
}

static void every_row_of_the_handler_does_what_it_is_named_for(void **state)
{
	(void)state;
	for (const struct bench_row *row = bench_handler; row->name; row++) {
		struct repetition r = {.row = row, .w = prepare(row)};
		uint64_t first = repeat(row, r.w);

		if (row->reset)
			row->reset(r.w);
		r.was = see(r.w);
		r.done = row->run(r.w);
		r.is = see(r.w);
		assert_true(first > 0);
		assert_int_equal(first, r.done);
		check_outcome(&r);
		row->finish(r.w);
	}
}

static void every_row_of_streams_does_as_much_each_time(void **state)
{
	(void)state;
	for (const struct bench_row *row = bench_stream; row->name; row++) {
		void *s = prepare(row);
		uint64_t first;

		if (!s)
			continue;
		first = repeat(row, s);
		assert_int_equal(repeat(row, s), first);
		assert_true(first > (in_group(row, "import") ? 10000 : 99999));
		row->finish(s);
	}
}

/* Without a reset the second repetition finds nothing to be done. */
static void a_row_that_does_something_else_gives_no_figure(void **state)
{
	(void)state;
	for (size_t t = 0; t < 2; t++) {
		for (const struct bench_row *row = tables[t]; row->name; row++) {
			struct bench_row wrong = *row;
			struct nvt_error err = {0};

			wrong.reset = NULL;
			if (!row->reset || named(row, "vmalle1"))
				continue;
			assert_null(wrong.prepare(&env, &wrong, &err));
			assert_int_equal(err.status, NVT_EENV);
			assert_non_null(strstr(err.text, "not measured"));
		}
	}
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char trace[64];

	(void)state;
	snprintf(trace, sizeof(trace), "%s/stream.zst", folder);
	unlink(trace);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_documented_and_no_name_is_used_twice),
		cmocka_unit_test(every_row_of_the_handler_does_what_it_is_named_for),
		cmocka_unit_test(every_row_of_streams_does_as_much_each_time),
		cmocka_unit_test(a_row_that_does_something_else_gives_no_figure),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
