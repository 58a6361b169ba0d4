/* SPDX-License-Identifier: GPL-2.0-only */
/* Options: every bound, and what they owe each other. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gen/gen.h"

static struct nvt_gen_options defaults(void)
{
	struct nvt_gen_options o;

	nvt_gen_defaults(&o);
	return o;
}

/* The options are refused, by a text that begins with `name`. */
static void refused(struct nvt_gen_options o, const char *name)
{
	struct nvt_error err = {0};

	assert_int_equal(nvt_gen_check(&o, &err), NVT_EINPUT);
	assert_int_equal(err.status, NVT_EINPUT);
	if (strncmp(err.text, name, strlen(name)))
		fail_msg("'%s' does not begin with '%s'", err.text, name);
}

static void accepted(struct nvt_gen_options o)
{
	struct nvt_error err = {0};

	if (nvt_gen_check(&o, &err) != NVT_OK)
		fail_msg("%s", err.text);
}

static void every_member_has_one_row(void **state)
{
	uint64_t seen = 0;

	(void)state;
	assert_int_equal(nvt_gen_option_count * 8, sizeof(struct nvt_gen_options));
	for (size_t i = 0; i < nvt_gen_option_count; i++) {
		const struct nvt_gen_option *row = &nvt_gen_option_table[i];

		assert_int_equal(row->offset % 8, 0);
		seen |= 1ull << row->offset / 8;
		assert_true(strlen(row->name) && strlen(row->help));
		if (row->fallback != NVT_GEN_AUTO)
			assert_true(row->fallback >= row->min && row->fallback <= row->max);
	}
	assert_int_equal(seen, (1ull << nvt_gen_option_count) - 1);
}

static void values_beyond_bounds_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < nvt_gen_option_count; i++) {
		const struct nvt_gen_option *row = &nvt_gen_option_table[i];
		struct nvt_gen_options o = defaults();

		*nvt_gen_field(&o, row) = row->max + 1;
		/* Nothing lies beyond all 64-bit numbers but the mark of an absent share. */
		refused(o, row->name);
		if (!row->min)
			continue;
		*nvt_gen_field(&o, row) = row->min - 1;
		refused(o, row->name);
		*nvt_gen_field(&o, row) = 0;
		refused(o, row->name);
	}
}

static void defaults_are_accepted_for_all_page_sizes(void **state)
{
	static const uint64_t pages[] = {4096, 16384, 65536};

	(void)state;
	for (size_t h = 0; h < 3; h++)
		for (size_t g = 0; g < 3; g++) {
			struct nvt_gen_options o = defaults();

			o.host_page = pages[h];
			o.l1_granule = pages[g];
			if (g >= h)
				accepted(o);
			else
				refused(o, "l1-granule");
		}
}

static void odd_page_sizes_are_refused(void **state)
{
	struct nvt_gen_options o = defaults();

	(void)state;
	o.host_page = 8192;
	refused(o, "host-page");
	o = defaults();
	o.l1_granule = 32768;
	refused(o, "l1-granule");
}

static void memory_must_fit_together(void **state)
{
	struct nvt_gen_options o = defaults();

	(void)state;
	o.footprint += 4096;
	refused(o, "footprint");
	o = defaults();
	o.region += 4096;
	refused(o, "region");
	o = defaults();
	o.vcpus = o.guests = 8;
	o.footprint = 7 * NVT_GEN_CHUNK_SIZE;
	refused(o, "footprint");
	o.footprint = 8 * NVT_GEN_CHUNK_SIZE;
	accepted(o);
	o.vcpus = 7;
	refused(o, "guests");
}

static void strides_must_fit(void **state)
{
	struct nvt_gen_options o = defaults();

	(void)state;
	o.stride = 4096 + 512;
	refused(o, "stride");
	o = defaults();
	o.host_page = o.l1_granule = 65536;
	o.stride = 16384;
	refused(o, "stride");
	o = defaults();
	o.pattern = NVT_GEN_STRIDED;
	o.stride = o.footprint;
	refused(o, "stride");
	o.pattern = NVT_GEN_RANDOM;
	accepted(o);
}

static void shares_add_up(void **state)
{
	struct nvt_gen_options o = defaults();

	(void)state;
	o.leaf_page = 50;
	refused(o, "leaf-page");
	o.leaf_block = 51;
	refused(o, "leaf-page");
	o.leaf_block = 50;
	accepted(o);
	o.back_thp = 99;
	refused(o, "back-base");
	o.back_1g = 1;
	accepted(o);
	assert_int_equal(nvt_gen_check(&o, NULL), NVT_OK);
	assert_int_equal(o.leaf_contig, 0);
	assert_int_equal(o.back_base, 0);
}

static void large_pages_need_their_geometry(void **state)
{
	struct nvt_gen_options o = defaults();

	(void)state;
	o.leaf_1g = 10;
	o.leaf_page = 90;
	accepted(o);
	o.l1_granule = 16384;
	refused(o, "leaf-1g");
	o = defaults();
	o.back_1g = 100;
	accepted(o);
	o.host_page = o.l1_granule = 65536;
	refused(o, "back-1g");
}

static void rates_add_up(void **state)
{
	struct nvt_gen_options o = defaults();

	(void)state;
	o.writes = 60;
	o.execs = 30;
	o.walks = 11;
	refused(o, "writes");
	o = defaults();
	o.unmaps = 50;
	o.remaps = 51;
	refused(o, "unmaps");
	o = defaults();
	o.host_unmap_every = 1000;
	accepted(o);
	o.back_huge = 100;
	refused(o, "host-unmap-every");
}

static void what_does_not_fit_the_input_size_is_refused(void **state)
{
	struct nvt_gen_options o = defaults();
	struct nvt_error err = {0};

	(void)state;
	o.ipa_bits = 32;
	o.footprint = 8ull << 30;
	assert_null(nvt_gen_open(&o, &err));
	assert_int_equal(err.status, NVT_EINPUT);
	assert_int_equal(strncmp(err.text, "ipa-bits", 8), 0);
}

static void patterns_have_names(void **state)
{
	(void)state;
	for (unsigned int p = 0; p < NVT_GEN_PATTERN_COUNT; p++) {
		assert_true(strlen(nvt_gen_pattern_name(p)) > 0);
		assert_true(strlen(nvt_gen_pattern_story(p)) > 0);
	}
	assert_null(nvt_gen_pattern_name(NVT_GEN_PATTERN_COUNT));
	assert_null(nvt_gen_pattern_story(NVT_GEN_PATTERN_COUNT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_member_has_one_row),
		cmocka_unit_test(values_beyond_bounds_are_refused),
		cmocka_unit_test(defaults_are_accepted_for_all_page_sizes),
		cmocka_unit_test(odd_page_sizes_are_refused),
		cmocka_unit_test(memory_must_fit_together),
		cmocka_unit_test(strides_must_fit),
		cmocka_unit_test(shares_add_up),
		cmocka_unit_test(large_pages_need_their_geometry),
		cmocka_unit_test(rates_add_up),
		cmocka_unit_test(what_does_not_fit_the_input_size_is_refused),
		cmocka_unit_test(patterns_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
