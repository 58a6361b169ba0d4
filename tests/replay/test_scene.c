/* SPDX-License-Identifier: GPL-2.0-only */
/* Scenes become streams in which L1's tables say what the steps say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "replay/failing.h"
#include "scene.h"
#include "scene_text.h"
#include "witness.h"

#define KIB (1ull << 10)
#define MIB (1ull << 20)
#define GIB (1ull << 30)

#define STEPS(list) .steps = (list), .step_count = sizeof(list) / sizeof((list)[0])

static struct engine_options options(void)
{
	return (struct engine_options){.policy = s2_policy_default, .quirks = S2_QUIRKS_KVM};
}

static struct engine *play(const struct scene *s)
{
	struct engine_options o = options();
	struct scene_stream stream;
	struct engine *e;
	size_t i;

	assert_true(scene_make(s, &stream));
	e = scene_engine(&stream, &o);
	assert_non_null(e);
	for (i = 0; i < stream.event_count; i++)
		assert_int_equal(engine_event(e, &stream.events[i]), ENGINE_OK);
	scene_free(&stream);
	return e;
}

/* The last access was mapped, L1's leaf is what the step said. */
static void assert_mapped(const struct engine *e, uint64_t leaf, uint64_t l1_ipa)
{
	assert_true(e->step.delivered);
	assert_int_equal(e->step.outcome.kind, S2_MAPPED);
	assert_int_equal(e->step.outcome.walk.leaf_size, leaf);
	assert_int_equal(e->step.outcome.walk.output.v, l1_ipa);
}

static void every_granule_has_its_leaves(void **state)
{
	static const struct {
		uint8_t page_shift, granule_shift;
		uint64_t leaf;
	} cases[] = {
		{12, 12, 4 * KIB},  {12, 12, 2 * MIB},	{12, 12, GIB},	     {12, 14, 16 * KIB},
		{12, 14, 32 * MIB}, {12, 16, 64 * KIB}, {12, 16, 512 * MIB}, {14, 14, 16 * KIB},
		{14, 14, 32 * MIB}, {14, 16, 64 * KIB}, {16, 16, 64 * KIB},  {16, 16, 512 * MIB},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t leaf = cases[i].leaf;
		struct scene_step steps[] = {
			{.what = SCENE_L1_MAP,
			 .ipa = 6 * leaf,
			 .out = SCENE_RAM + 3 * leaf,
			 .leaf = leaf,
			 .attr = SCENE_RW},
			{.what = SCENE_ENTER},
			{.what = SCENE_WRITE, .ipa = 6 * leaf},
		};
		struct scene s = {.page_shift = cases[i].page_shift,
				  .granule_shift = cases[i].granule_shift,
				  STEPS(steps)};
		struct engine *e = play(&s);

		assert_mapped(e, leaf, SCENE_RAM + 3 * leaf);
		engine_free(e);
	}
}

static void what_comes_first_is_memory_and_what_comes_later_is_written(void **state)
{
	static const struct scene_step steps[] = {
		{.what = SCENE_L1_MAP,
		 .ipa = 0x5000,
		 .out = SCENE_RAM,
		 .leaf = 4096,
		 .attr = SCENE_RW},
		{.what = SCENE_L1_MAP,
		 .ipa = 0x9000,
		 .out = SCENE_RAM,
		 .leaf = 4096,
		 .attr = SCENE_RW},
		{.what = SCENE_ENTER},
		{.what = SCENE_L1_MAP, .ipa = 0x5000, .leaf = 4096},
		{.what = SCENE_READ, .ipa = 0x5000},
	};
	struct scene s = {STEPS(steps)};
	struct scene_stream stream;
	size_t i;

	(void)state;
	assert_true(scene_make(&s, &stream));
	assert_int_equal(stream.l1mem_count, 4); /* two tables, two leaves */
	for (i = 1; i < stream.l1mem_count; i++)
		assert_true(stream.l1mem[i - 1].addr < stream.l1mem[i].addr);
	assert_int_equal(stream.event_count, 4 + 3); /* slots and backing come first */
	for (i = 0; i < 4; i++)
		assert_int_equal(stream.step[i], SCENE_SETUP);
	for (i = 4; i < 7; i++)
		assert_int_equal(stream.step[i], i - 2);
	assert_int_equal(stream.events[5].kind, NVT_L1_WRITE);
	assert_int_equal(stream.events[5].l1_write.old_value, SCENE_RAM | SCENE_RW | 3);
	assert_int_equal(stream.events[5].l1_write.new_value, 0);
	scene_free(&stream);
}

static void a_block_is_replaced_by_a_table_that_is_filled_already(void **state)
{
	static const struct scene_step steps[] = {
		{.what = SCENE_L1_MAP,
		 .ipa = 2 * MIB,
		 .out = SCENE_RAM,
		 .leaf = 2 * MIB,
		 .attr = SCENE_RO},
		{.what = SCENE_ENTER},
		{.what = SCENE_L1_MAP,
		 .ipa = 2 * MIB,
		 .out = SCENE_RAM + MIB,
		 .leaf = 4096,
		 .attr = SCENE_RW},
		{.what = SCENE_WRITE, .ipa = 2 * MIB},
	};
	struct scene s = {STEPS(steps)};
	struct scene_stream stream;
	struct engine *e = play(&s);

	(void)state;
	assert_mapped(e, 4096, SCENE_RAM + MIB);
	engine_free(e);
	assert_true(scene_make(&s, &stream));
	assert_int_equal(stream.events[5].l1_write.new_value, (SCENE_RAM + MIB) | SCENE_RW | 3);
	assert_int_equal(stream.events[6].l1_write.old_value, SCENE_RAM | SCENE_RO | 1);
	scene_free(&stream);
}

static void accesses_are_touches_or_faults_as_recorded(void **state)
{
	static const struct scene_step steps[] = {
		{.what = SCENE_FETCH, .ipa = SCENE_RAM},
		{.what = SCENE_WRITE, .ipa = SCENE_RAM, .fsc = 0x0f},
	};
	struct scene s = {STEPS(steps)};
	struct scene_stream stream;

	(void)state;
	assert_true(scene_make(&s, &stream));
	assert_int_equal(stream.events[4].kind, NVT_TOUCH);
	assert_int_equal(stream.events[4].fault.esr & 0x3f, 0);
	assert_int_equal(stream.events[5].kind, NVT_FAULT);
	assert_int_equal(stream.events[5].fault.esr & 0x3f, 0x0f);
	scene_free(&stream);
}

static void the_host_takes_moves_and_protects(void **state)
{
	static const struct scene_step steps[] = {
		{.what = SCENE_WRITE, .ipa = SCENE_RAM},
		{.what = SCENE_UNMAP, .ipa = SCENE_RAM, .size = 4096},
		{.what = SCENE_MOVE, .ipa = SCENE_RAM, .size = 4096, .out = 16 * MIB},
		{.what = SCENE_SLOT, .flags = NVT_SLOT_LOG},
		{.what = SCENE_PROTECT, .ipa = SCENE_RAM, .size = 4096},
		{.what = SCENE_AGE, .ipa = SCENE_RAM, .size = 4096},
		{.what = SCENE_READ, .ipa = SCENE_RAM},
	};
	struct scene s = {STEPS(steps)};
	struct engine *e = play(&s);

	(void)state;
	assert_int_equal(e->step.outcome.kind, S2_MAPPED);
	assert_int_equal(e->step.outcome.map.pa.v, SCENE_PA(SCENE_RAM) + 16 * MIB);
	assert_false(s2_leaf_perm(e->step.outcome.map.pte).w);
	engine_free(e);
}

static void without_memory_there_is_no_stream(void **state)
{
	const struct scene *s = witness_find("bad_relax_block_after_l1_shrank");
	struct scene_stream stream;
	uint64_t left = 0;

	(void)state;
	assert_non_null(s);
	for (;; left++) {
		bool made;

		heap_left = left;
		made = scene_make(s, &stream);
		heap_left = NEVER;
		if (made)
			break;
		assert_null(stream.events);
	}
	assert_true(left > 3);
	scene_free(&stream);
}

static void every_step_has_words(void **state)
{
	char text[SCENE_TEXT_SIZE];
	size_t i, k;

	(void)state;
	for (i = 0; i < witness_scene_count; i++) {
		assert_true(strlen(scene_host(text, &witness_scenes[i])) > 0);
		for (k = 0; k < witness_scenes[i].step_count; k++)
			assert_true(strlen(scene_step(text, &witness_scenes[i], k)) > 0);
	}
}

static void sizes_are_short(void **state)
{
	char text[SCENE_SIZE_SIZE];

	(void)state;
	assert_string_equal(scene_size(text, 4096), "4K");
	assert_string_equal(scene_size(text, 2 * MIB), "2M");
	assert_string_equal(scene_size(text, 1536), "1536B");
	assert_string_equal(scene_size(text, 16 * GIB), "16G");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_granule_has_its_leaves),
		cmocka_unit_test(what_comes_first_is_memory_and_what_comes_later_is_written),
		cmocka_unit_test(a_block_is_replaced_by_a_table_that_is_filled_already),
		cmocka_unit_test(accesses_are_touches_or_faults_as_recorded),
		cmocka_unit_test(the_host_takes_moves_and_protects),
		cmocka_unit_test(without_memory_there_is_no_stream),
		cmocka_unit_test(every_step_has_words),
		cmocka_unit_test(sizes_are_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
