/* SPDX-License-Identifier: GPL-2.0-only */
/* The instructions at EL2 against those that are kept: what is a regression, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "el2.h"
#include "scratch.h"

static json_t *figures(double p50, double mean)
{
	return json_pack("{s:s, s:s, s:{s:{s:i, s:f, s:f, s:f}}}", "compiler", "gcc 12", "trace",
			 "aa", "instructions", "relax", "n", 10, "p50", p50, "mean", mean, "max",
			 9000.0);
}

static char text[512];

static bool regressed(json_t *costs, const char *outcome)
{
	json_t *kept = figures(500, 510);
	bool worse = el2_regressed(kept, costs, outcome, text, sizeof(text));

	json_decref(kept);
	json_decref(costs);
	return worse;
}

static json_t *with(json_t *costs, const char *key, const char *value)
{
	json_object_set_new(costs, key, json_string(value));
	return costs;
}

static void equal_figures_are_none(void **state)
{
	(void)state;
	assert_false(regressed(figures(500, 510), "relax"));
	assert_string_equal(text, "kept: 500");
	assert_false(regressed(figures(400, 310), "relax"));
}

static void two_percent_are_tolerated(void **state)
{
	(void)state;
	assert_false(regressed(figures(510, 520.2), "relax"));
}

static void a_median_or_a_mean_of_more_is_one(void **state)
{
	(void)state;
	assert_true(regressed(figures(511, 510), "relax"));
	assert_string_equal(text, "p50 was 500");
	assert_true(regressed(figures(500, 520.3), "relax"));
	assert_string_equal(text, "mean was 510");
}

static void another_compiler_is_not_compared(void **state)
{
	(void)state;
	assert_false(regressed(with(figures(5000, 5000), "compiler", "gcc 13"), "relax"));
	assert_non_null(strstr(text, "gcc 12"));
}

static void another_trace_or_outcome_needs_new_figures(void **state)
{
	(void)state;
	assert_true(regressed(with(figures(500, 510), "trace", "bb"), "relax"));
	assert_true(regressed(figures(500, 510), "mmio"));
	assert_non_null(strstr(text, "--keep"));
}

static void costs_are_taken_out_of_a_result(void **state)
{
	json_t *result =
		json_pack("{s:{s:s, s:s}, s:{s:{s:{s:{s:{s:{s:i, s:i, s:f, s:i, s:i}}}}}}}",
			  "context", "compiler", "gcc 12", "trace_digest", "aa", "metrics",
			  "handler_cost", "by_class", "relax", "total", "instructions", "n", 10,
			  "p50", 500, "mean", 510.004, "max", 9000, "p99", 1);
	json_t *costs = el2_costs_of(result);

	(void)state;
	assert_non_null(costs);
	assert_int_equal(
		json_object_size(json_object_get(json_object_get(costs, "instructions"), "relax")),
		4);
	assert_false(regressed(costs, "relax"));
	json_decref(result);
}

static void a_result_without_costs_has_none(void **state)
{
	json_t *result = json_pack("{s:{s:{}}}", "metrics", "handler_cost");

	(void)state;
	assert_null(el2_costs_of(result));
	json_decref(result);
}

static char *folder;

static void write_kept(const char *content)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, EL2_KEPT);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(content, f);
	fclose(f);
}

static void what_is_kept_is_read_or_refused_in_a_line(void **state)
{
	static const char *const bad[] = {"", "{", "[]", "{\"instructions\": 5}", "\xff"};
	struct nvt_error err = {.status = NVT_OK};
	json_t *kept;

	(void)state;
	assert_null(el2_read_kept(folder, &err));
	assert_int_equal(err.status, NVT_EINPUT);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_kept(bad[i]);
		err = (struct nvt_error){.status = NVT_OK};
		assert_null(el2_read_kept(folder, &err));
		assert_int_equal(err.status, NVT_EINPUT);
		assert_non_null(strstr(err.text, EL2_KEPT));
		assert_null(strchr(err.text, '\n'));
	}
	write_kept("{\"compiler\": 1, \"instructions\": {\"relax\": []}}");
	kept = el2_read_kept(folder, &err);
	assert_non_null(kept);
	assert_true(el2_regressed(kept, kept, "mmio", text, sizeof(text)));
	json_decref(kept);
}

static int make_folder(void **state)
{
	struct nvt_error err;

	(void)state;
	folder = scratch_make(&err);
	return folder ? 0 : -1;
}

static int remove_folder(void **state)
{
	char copy[4096];

	(void)state;
	snprintf(copy, sizeof(copy), "%s", folder);
	scratch_remove(folder);
	return access(copy, F_OK) == 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_figures_are_none),
		cmocka_unit_test(two_percent_are_tolerated),
		cmocka_unit_test(a_median_or_a_mean_of_more_is_one),
		cmocka_unit_test(another_compiler_is_not_compared),
		cmocka_unit_test(another_trace_or_outcome_needs_new_figures),
		cmocka_unit_test(costs_are_taken_out_of_a_result),
		cmocka_unit_test(a_result_without_costs_has_none),
		cmocka_unit_test(what_is_kept_is_read_or_refused_in_a_line),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
