/* SPDX-License-Identifier: GPL-2.0-only */
/* Figures made of counts: worked by hand, and absent where there is nothing to divide by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <string.h>

#include "metrics.h"

static struct metrics empty(enum nvt_class class)
{
	return (struct metrics){.page_shift = 12, .class = class};
}

static double real_at(json_t *root, const char *metric, const char *key)
{
	json_t *value = json_object_get(root, metric);

	return json_number_value(key ? json_object_get(value, key) : value);
}

static const char *why_absent(json_t *root, const char *metric)
{
	return json_string_value(json_object_get(json_object_get(root, "absent"), metric));
}

static void assert_near(double got, double expected)
{
	assert_true(got > expected - 1e-9 && got < expected + 1e-9);
}

static void every_metric_has_a_name_a_definition_and_a_value_or_a_reason(void **state)
{
	struct metrics m = empty(NVT_FULL);
	json_t *root = metrics_json(&m);

	(void)state;
	for (size_t i = 0; i < metrics_table_count; i++) {
		const struct metric *row = &metrics_table[i];

		assert_true(*row->name && *row->unit && *row->shape && *row->definition);
		assert_true(!json_object_get(root, row->name) == !!why_absent(root, row->name));
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(row->name, metrics_table[j].name);
	}
	json_decref(root);
}

static void without_a_shadow_fault_nothing_is_divided(void **state)
{
	struct metrics m = empty(NVT_OBSERVED);
	json_t *root = metrics_json(&m);

	(void)state;
	assert_string_equal(why_absent(root, "injection_rate"), "no shadow fault");
	assert_string_equal(why_absent(root, "refault_ratio"), "no shadow fault");
	assert_non_null(why_absent(root, "walk_depth"));
	assert_non_null(why_absent(root, "block_share"));
	assert_non_null(why_absent(root, "splintering"));
	assert_non_null(why_absent(root, "hw_walk_refs"));
	assert_non_null(why_absent(root, "over_invalidation"));
	json_decref(root);
}

static void walk_depth_is_a_mean_with_failing_walks_apart(void **state)
{
	struct metrics m = empty(NVT_FULL);
	json_t *root;

	(void)state;
	m.walk_reads[2] = 1;
	m.walk_reads[3] = 3;
	m.walk_reads_failed[1] = 5;
	root = metrics_json(&m);
	assert_near(real_at(root, "walk_depth", "mean"), 11.0 / 4);
	assert_near(real_at(json_object_get(root, "walk_depth"), "failing", "mean"), 1);
	json_decref(root);
}

static void injection_rate_is_of_shadow_faults(void **state)
{
	struct metrics m = empty(NVT_FULL);
	json_t *root, *class;

	(void)state;
	m.delivered[SCOPE_SHADOW] = 8;
	m.delivered[SCOPE_CANONICAL] = 100;
	m.injected[INJECT_PERMISSION][3] = 2;
	root = metrics_json(&m);
	assert_near(real_at(root, "injection_rate", "ratio"), 0.25);
	class = json_object_get(json_object_get(root, "injection_rate"), "by_class");
	assert_int_equal(json_object_size(class), 1);
	assert_near(real_at(class, "permission", "faults"), 2);
	json_decref(root);
}

static void a_partial_trace_has_recorded_injections_and_nothing_that_tables_tell(void **state)
{
	struct metrics m = empty(NVT_PARTIAL);
	json_t *root;

	(void)state;
	m.faults_recorded = 25;
	m.recorded[SCOPE_SHADOW] = 10;
	m.recorded[SCOPE_CANONICAL] = 15;
	m.recorded_injected = 4;
	/* Were something counted by mistake, it would still not be shown. */
	m.table_pages_peak = 3;
	m.walk_reads[3] = 1;
	root = metrics_json(&m);
	assert_near(real_at(root, "injection_rate", "ratio"), 0.4);
	assert_null(json_object_get(json_object_get(root, "injection_rate"), "by_class"));
	assert_non_null(strstr(why_absent(root, "table_pages"), "trace class partial"));
	assert_non_null(strstr(why_absent(root, "walk_depth"), "trace class partial"));
	json_decref(root);
}

/* One block of 2M as 512 pages: nine halvings, and 1/512 of what was sound for one page. */
static void sizes_are_weighted_by_bytes(void **state)
{
	struct metrics m = empty(NVT_FULL);
	json_t *root;

	(void)state;
	m.mapped_bytes = (2u << 20) + 4096;
	m.sound_bytes = 2 * (2u << 20);
	m.splinter_pages = 9; /* the page alone */
	m.clamp[S2_CLAMP_L1_LEAF] = (struct metrics_clamp){1, 2u << 20};
	m.clamp[S2_CLAMP_BACKING] = (struct metrics_clamp){1, 4096};
	root = metrics_json(&m);
	assert_near(real_at(root, "splintering", NULL), 9.0 / 513);
	assert_near(real_at(root, "block_effectiveness", NULL), 513.0 / 1024);
	assert_near(real_at(json_object_get(root, "clamped_by"), "backing", "bytes"), 4096);
	assert_null(json_object_get(json_object_get(root, "clamped_by"), "none"));
	json_decref(root);
}

static void a_full_walk_fetches_24_descriptors_with_pages_and_19_with_blocks(void **state)
{
	struct metrics m = empty(NVT_FULL);
	json_t *root;

	(void)state;
	m.leaf_bytes[2] = m.leaf_bytes[3] = 2u << 20;
	m.block_bytes = 2u << 20;
	m.total_bytes = 4u << 20;
	root = metrics_json(&m);
	assert_near(real_at(root, "hw_walk_refs", "all_pages"), 24);
	assert_near(real_at(root, "hw_walk_refs", "at_end"), (24 + 19) / 2.0);
	assert_near(real_at(root, "block_share", "end"), 0.5);
	assert_null(json_object_get(json_object_get(root, "block_share"), "time_weighted"));
	json_decref(root);
}

static void invalidations_that_asked_for_nothing_have_no_ratio(void **state)
{
	struct metrics m = empty(NVT_FULL);
	json_t *root, *value;

	(void)state;
	m.tlbi = (struct metrics_sweep){.count = 2, .asked = 4096, .unmapped = 8192, .visited = 9};
	root = metrics_json(&m);
	value = json_object_get(root, "over_invalidation");
	assert_near(real_at(value, "tlbi", "ratio"), 2);
	assert_null(json_object_get(json_object_get(value, "host_unmap"), "ratio"));
	json_decref(root);
}

static void what_the_host_took_is_told_by_host_unmaps_alone(void **state)
{
	struct metrics m = empty(NVT_FULL);
	json_t *root, *value;

	(void)state;
	m.delivered[SCOPE_SHADOW] = 8;
	root = metrics_json(&m);
	assert_string_equal(why_absent(root, "host_refaults"), "no host unmap");
	json_decref(root);
	m.host_unmap = (struct metrics_sweep){.count = 2, .leaves = 3, .give_ups = 1};
	m.host_refaults = 2;
	root = metrics_json(&m);
	assert_near(real_at(root, "host_refaults", "ratio"), 0.25);
	value = json_object_get(json_object_get(root, "over_invalidation"), "host_unmap");
	assert_int_equal(json_integer_value(json_object_get(value, "leaves_unmapped")), 3);
	assert_int_equal(json_integer_value(json_object_get(value, "give_ups")), 1);
	value = json_object_get(json_object_get(root, "over_invalidation"), "tlbi");
	assert_null(json_object_get(value, "give_ups"));
	json_decref(root);
	m.dropped.full = true;
	root = metrics_json(&m);
	assert_string_equal(why_absent(root, "host_refaults"), "out of memory");
	json_decref(root);
}

static void pages_of_reverse_maps_need_reverse_maps(void **state)
{
	struct s2_vm vm = {.rmap_pages = 3, .rmap_pages_peak = 7};
	struct metrics m = empty(NVT_FULL);
	json_t *root, *value;

	(void)state;
	root = metrics_json(&m);
	assert_string_equal(why_absent(root, "rmap_pages"),
			    "the invalidation policy has no reverse map");
	json_decref(root);
	m.rmap_vm = &vm;
	root = metrics_json(&m);
	value = json_object_get(root, "rmap_pages");
	assert_int_equal(json_integer_value(json_object_get(value, "peak")), 7);
	assert_int_equal(json_integer_value(json_object_get(value, "final")), 3);
	json_decref(root);
}

static void a_set_of_pages_that_outgrew_memory_gives_no_figure(void **state)
{
	struct metrics m = empty(NVT_FULL);
	json_t *root;

	(void)state;
	m.fills = m.leaves_touched = m.delivered[SCOPE_SHADOW] = 4;
	m.pages.full = true;
	root = metrics_json(&m);
	assert_string_equal(why_absent(root, "fault_amplification"), "out of memory");
	assert_string_equal(why_absent(root, "refault_ratio"), "out of memory");
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_metric_has_a_name_a_definition_and_a_value_or_a_reason),
		cmocka_unit_test(without_a_shadow_fault_nothing_is_divided),
		cmocka_unit_test(walk_depth_is_a_mean_with_failing_walks_apart),
		cmocka_unit_test(injection_rate_is_of_shadow_faults),
		cmocka_unit_test(
			a_partial_trace_has_recorded_injections_and_nothing_that_tables_tell),
		cmocka_unit_test(sizes_are_weighted_by_bytes),
		cmocka_unit_test(a_full_walk_fetches_24_descriptors_with_pages_and_19_with_blocks),
		cmocka_unit_test(invalidations_that_asked_for_nothing_have_no_ratio),
		cmocka_unit_test(what_the_host_took_is_told_by_host_unmaps_alone),
		cmocka_unit_test(pages_of_reverse_maps_need_reverse_maps),
		cmocka_unit_test(a_set_of_pages_that_outgrew_memory_gives_no_figure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
