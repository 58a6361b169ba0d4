/* SPDX-License-Identifier: GPL-2.0-only */
/* Specifications of sweeps: cells, their order and names, and all that is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "document.h"
#include "jobs.h"
#include "spec.h"

static struct sweep_spec spec;
static struct nvt_error err;

static enum nvt_status parse(const char *text)
{
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	enum nvt_status status;

	assert_non_null(json);
	err = (struct nvt_error){0};
	sweep_spec_free(&spec);
	status = sweep_spec_parse(json, &spec, &err);
	json_decref(json);
	return status;
}

static int forget(void **state)
{
	(void)state;
	sweep_spec_free(&spec);
	return 0;
}

/* ---- cells ---- */

/* The names of all cells, a line each. */
static const char *cells(const char *text)
{
	static char names[4096];
	size_t used = 0;

	assert_int_equal(parse(text), NVT_OK);
	names[0] = 0;
	for (size_t i = 0; i < spec.cell_count; i++) {
		struct sweep_cell cell = sweep_cell(&spec, i);

		assert_int_equal(cell.number, i);
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s\n", cell.name);
	}
	return names;
}

static void rules_of_one_trace_are_neighbours(void **state)
{
	(void)state;
	assert_string_equal(cells("{\"traces\":[\"x/a.zst\",\"b\"],\"policies\":[\"page\","
				  "\"kvm-7.3\"],\"invalidation\":[\"exact\",\"whole\"]}"),
			    "a.page.exact\na.page.whole\na.kvm-7.3.exact\na.kvm-7.3.whole\n"
			    "b.page.exact\nb.page.whole\nb.kvm-7.3.exact\nb.kvm-7.3.whole\n");
}

static void a_number_that_another_name_has_is_stepped_over(void **state)
{
	(void)state;
	assert_string_equal(cells("{\"traces\":[\"x-3\",\"a/x\",\"b/x\",\"c/x\"],"
				  "\"policies\":[\"page\"]}"),
			    "x-3.page.whole\nx.page.whole\nx-4.page.whole\nx-5.page.whole\n");
}

static void generated_streams_follow_the_traces(void **state)
{
	(void)state;
	assert_string_equal(
		cells("{\"generated\":{},\"traces\":[\"a.zst\"],\"policies\":[\"page\"],"
		      "\"host_granule\":[\"64K\",4096],\"leaves\":["
		      "{\"name\":\"p\",\"page\":100},{\"name\":\"b\",\"block\":100}]}"),
		"a.page.whole\ngen-64K-p.page.whole\ngen-64K-b.page.whole\n"
		"gen-4K-p.page.whole\ngen-4K-b.page.whole\n");
	assert_string_equal(cells("{\"generated\":{},\"policies\":[\"page\"]}"),
			    "gen.page.whole\n");
}

static void options_of_generated_streams_are_those_of_gen(void **state)
{
	const struct nvt_gen_options *g;

	(void)state;
	assert_int_equal(
		parse("{\"generated\":{\"faults\":\"3K\",\"footprint\":\"64M\",\"seed\":7,"
		      "\"pattern\":\"boot\"},\"host_granule\":[\"16K\"],\"leaves\":[{\"name\":"
		      "\"m\",\"page\":60,\"contig\":\"40\"}],\"policies\":[\"page\"]}"),
		NVT_OK);
	g = &spec.streams[0].gen;
	assert_int_equal(g->faults, 3000);
	assert_int_equal(g->footprint, 64 << 20);
	assert_int_equal(g->seed, 7);
	assert_int_equal(g->pattern, NVT_GEN_BOOT);
	assert_int_equal(g->host_page, 16384);
	assert_int_equal(g->l1_granule, 16384);
	assert_int_equal(g->leaf_page, 60);
	assert_int_equal(g->leaf_contig, 40);
	assert_int_equal(g->leaf_block, 0);
}

static void a_granule_of_l1_that_is_given_stays(void **state)
{
	(void)state;
	assert_int_equal(parse("{\"generated\":{\"l1-granule\":\"64K\"},\"host_granule\":[\"4K\"],"
			       "\"policies\":[\"page\"]}"),
			 NVT_OK);
	assert_int_equal(spec.streams[0].gen.l1_granule, 65536);
}

static void what_is_the_same_in_all_cells(void **state)
{
	(void)state;
	assert_int_equal(parse("{\"traces\":[\"a\"],\"policies\":[\"page\"]}"), NVT_OK);
	assert_false(spec.check);
	assert_int_equal(spec.quirks, S2_QUIRKS_KVM);
	assert_int_equal(parse("{\"traces\":[\"a\"],\"policies\":[\"page\"],\"check\":true,"
			       "\"quirks\":\"kvm,-6\"}"),
			 NVT_OK);
	assert_true(spec.check);
	assert_int_equal(spec.quirks, S2_QUIRKS_KVM & ~S2_QUIRK(6));
}

static void names_are_of_one_stream_and_good_for_files(void **state)
{
	(void)state;
	assert_string_equal(cells("{\"traces\":[\"x/a.zst\",\"y/a.zst\",\"a-2.zst\",\"-o.zst\","
				  "\".zst\",\"a b;\\u00e9\",\"z/\"],\"policies\":[\"page\"]}"),
			    "a.page.whole\na-2.page.whole\na-2-3.page.whole\n_o.page.whole\n"
			    "_zst.page.whole\na_b___.page.whole\nz_.page.whole\n");
}

static void a_long_name_is_cut(void **state)
{
	char text[1200], long_name[501];
	struct sweep_cell cell;

	(void)state;
	memset(long_name, 'n', 500);
	long_name[500] = 0;
	snprintf(text, sizeof(text), "{\"traces\":[\"a/%s\",\"b/%s\"],\"policies\":[\"page\"]}",
		 long_name, long_name);
	assert_int_equal(parse(text), NVT_OK);
	assert_string_not_equal(spec.streams[0].name, spec.streams[1].name);
	cell = sweep_cell(&spec, 1);
	assert_true(strlen(cell.name) < 200);
	assert_non_null(strstr(cell.name, "-2.page.whole"));
}

/* ---- digests ---- */

static const char *digest_of_cell(size_t number, const char *text)
{
	static char digest[65];
	struct sweep_cell cell;
	json_t *json;

	assert_int_equal(parse(text), NVT_OK);
	cell = sweep_cell(&spec, number);
	json = sweep_cell_json(&cell);
	snprintf(digest, sizeof(digest), "%s", json_string_value(json_object_get(json, "spec")));
	json_decref(json);
	return digest;
}

static void a_cell_is_its_own_part_of_the_specification(void **state)
{
	char first[65];

	(void)state;
	strcpy(first, digest_of_cell(0, "{\"traces\":[\"a\"],\"policies\":[\"page\"]}"));
	assert_string_equal(first, digest_of_cell(2, "{\"traces\":[\"b\",\"a\"],\"policies\":["
						     "\"page\",\"contig\"]}"));
	assert_string_not_equal(first, digest_of_cell(0, "{\"traces\":[\"a\"],\"policies\":["
							 "\"page\"],\"check\":true}"));
	assert_string_not_equal(first, digest_of_cell(0, "{\"traces\":[\"a\"],\"policies\":["
							 "\"page\"],\"quirks\":\"arch\"}"));
	strcpy(first, digest_of_cell(0, "{\"generated\":{},\"policies\":[\"page\"]}"));
	assert_string_not_equal(
		first, digest_of_cell(0, "{\"generated\":{\"seed\":2},\"policies\":[\"page\"]}"));
}

/* ---- what is none ---- */

#define P "\"policies\":[\"page\"]"
#define T "\"traces\":[\"a\"]"
static const struct {
	const char *text, *says;
} refused[] = {
	{"[]", "a specification has to be an object"},
	{"{}", "policies: is missing"},
	{"{" P "}", "there are neither traces nor generated"},
	{"{" T "}", "policies: is missing"},
	{"{" T "," P ",\"polices\":1}", "unknown member 'polices'; did you mean 'policies'?"},
	{"{" T "," P ",\"x\":1}", "unknown member 'x'"},
	{"{" T ",\"policies\":\"page\"}", "policies: has to be an array"},
	{"{" T ",\"policies\":[]}", "policies: is empty"},
	{"{\"traces\":[]," P "}", "traces: is empty"},
	{"{" T ",\"policies\":[1]}", "each policy has to be a string"},
	{"{" T ",\"policies\":[\"pgae\"]}", "unknown policy 'pgae'; did you mean 'page'?"},
	{"{" T ",\"policies\":[\"page\",\"contig\",\"page\"]}", "policy 'page' is there twice"},
	{"{" T "," P ",\"invalidation\":[\"exact\",\"exact\"]}",
	 "invalidation policy 'exact' is there twice"},
	{"{" T "," P ",\"invalidation\":[\"exakt\"]}",
	 "unknown invalidation policy 'exakt'; did you mean 'exact'?"},
	{"{\"traces\":[7]," P "}", "traces: each has to be the name of a file"},
	{"{\"traces\":[\"\"]," P "}", "traces: each has to be the name of a file"},
	{"{\"traces\":[\"-\"]," P "}", "traces: standard input cannot be read once for each cell"},
	{"{\"traces\":[\"a\",\"a\"]," P "}", "traces: 'a' is there twice"},
	{"{" T "," P ",\"quirks\":1}", "quirks: has to be a string"},
	{"{" T "," P ",\"quirks\":\"kvm,-5\"}", "unknown quirk '-5' (see nvsim replay --help)"},
	{"{" T "," P ",\"check\":1}", "check: has to be true or false"},
	{"{" T "," P ",\"host_granule\":[\"4K\"]}", "host_granule: goes with generated"},
	{"{" T "," P ",\"leaves\":[{\"name\":\"p\",\"page\":100}]}", "leaves: goes with generated"},
	{"{\"generated\":[]," P "}", "generated: has to be an object"},
	{"{\"generated\":{\"fualts\":1}," P "}",
	 "unknown option of generated streams 'fualts'; did you mean 'faults'?"},
	{"{\"generated\":{\"faults\":\"many\"}," P "}",
	 "faults: has no such value (see nvsim gen --help)"},
	{"{\"generated\":{\"faults\":-1}," P "}",
	 "faults: has no such value (see nvsim gen --help)"},
	{"{\"generated\":{\"faults\":1.5}," P "}",
	 "faults: has no such value (see nvsim gen --help)"},
	{"{\"generated\":{\"faults\":null}," P "}",
	 "faults: has no such value (see nvsim gen --help)"},
	{"{\"generated\":{\"pattern\":\"zigzag\"}," P "}",
	 "pattern: has no such value (see nvsim gen --help)"},
	{"{\"generated\":{\"seed\":\"18446744073709551615\"}," P "}",
	 "seed: has no such value (see nvsim gen --help)"},
	{"{\"generated\":{\"faults\":0}," P "}", "gen: faults: 0 is not within 1 to 1099511627776"},
	{"{\"generated\":{\"host-page\":4096},\"host_granule\":[\"4K\"]," P "}",
	 "host-page: is what host_granule sets"},
	{"{\"generated\":{\"leaf-page\":100},\"leaves\":[{\"name\":\"p\",\"page\":100}]," P "}",
	 "leaf-page: is what leaves set"},
	{"{\"generated\":{},\"host_granule\":[\"8K\"]," P "}",
	 "host_granule: there are 4K, 16K and 64K"},
	{"{\"generated\":{},\"host_granule\":[\"4K\",4096]," P "}",
	 "host_granule: a size is there twice"},
	{"{\"generated\":{},\"host_granule\":[4096,16384,65536,4096]," P "}",
	 "host_granule: a size is there twice"},
	{"{\"generated\":{\"l1-granule\":\"4K\"},\"host_granule\":[\"4K\",\"16K\"]," P "}",
	 "gen-16K: l1-granule: smaller than host-page is not offered to L1"},
	{"{\"generated\":{},\"leaves\":[1]," P "}",
	 "leaves: each has to be an object with a name of up to 32 letters, digits, '.', '_', '+' "
	 "and '-'"},
	{"{\"generated\":{},\"leaves\":[{\"name\":\"a/b\",\"page\":100}]," P "}",
	 "leaves: each has to be an object with a name of up to 32 letters, digits, '.', '_', '+' "
	 "and '-'"},
	{"{\"generated\":{},\"leaves\":[{\"name\":\"p\",\"page\":100},{\"name\":\"p\"}]," P "}",
	 "leaves: 'p' is there twice"},
	{"{\"generated\":{},\"leaves\":[{\"name\":\"p\",\"pages\":100}]," P "}",
	 "unknown leaf 'pages'; did you mean 'page'?"},
	{"{\"generated\":{},\"leaves\":[{\"name\":\"p\",\"page\":99}]," P "}",
	 "gen-p: leaf-page, leaf-contig, leaf-block, leaf-1g: the shares add up to 99, not 100"},
	{"{\"generated\":{},\"host_granule\":[\"64K\"],\"leaves\":[{\"name\":\"g\",\"1g\":100}]," P
	 "}",
	 "gen-64K-g: leaf-1g: only a granule of 4096 has blocks of 1G"},
};

static void what_is_no_specification_is_said_in_one_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		assert_int_equal(parse(refused[i].text), NVT_EINPUT);
		assert_int_equal(err.status, NVT_EINPUT);
		assert_string_equal(err.text, refused[i].says);
	}
}

/* By its traces alone, whose names are numbers. */
static json_t *large_spec(size_t traces)
{
	json_t *json = json_pack("{s:[], s:[s]}", "traces", "policies", "page");
	char name[24];

	for (size_t i = 0; i < traces; i++) {
		snprintf(name, sizeof(name), "%zu", i);
		json_array_append_new(json_object_get(json, "traces"), json_string(name));
	}
	return json;
}

static void there_is_a_limit_to_cells(void **state)
{
	json_t *json = large_spec(SWEEP_CELLS_MAX);

	(void)state;
	sweep_spec_free(&spec);
	assert_int_equal(sweep_spec_parse(json, &spec, &err), NVT_OK);
	assert_int_equal(spec.cell_count, SWEEP_CELLS_MAX);
	assert_string_equal(sweep_cell(&spec, SWEEP_CELLS_MAX - 1).name, "99999.page.whole");
	sweep_spec_free(&spec);
	json_array_append_new(json_object_get(json, "traces"), json_string("one more"));
	assert_int_equal(sweep_spec_parse(json, &spec, &err), NVT_EINPUT);
	assert_string_equal(err.text, "100001 streams by 1 policies: more than 100000 cells");
	json_decref(json);
}

/* ---- no memory ---- */

static size_t left;

static void *failing_malloc(size_t size)
{
	if (!left)
		return NULL;
	left--;
	return malloc(size);
}

/* At each place where JSON asks for some. */
static void no_memory_is_an_error_like_others(void **state)
{
	json_t *json =
		json_loads("{\"traces\":[\"a\",\"b\"],\"generated\":{},\"leaves\":[{\"name\":"
			   "\"p\",\"page\":100},{\"name\":\"b\",\"block\":100}]," P "}",
			   0, NULL);
	enum nvt_status status = NVT_ENOMEM;
	size_t room = 0;

	(void)state;
	while (status == NVT_ENOMEM) {
		sweep_spec_free(&spec);
		left = room++;
		json_set_alloc_funcs(failing_malloc, free);
		status = sweep_spec_parse(json, &spec, &err);
		json_set_alloc_funcs(malloc, free);
		assert_true(room < 1000);
	}
	assert_int_equal(status, NVT_OK);
	assert_true(room > 4);
	json_decref(json);
}

/* ---- job files ---- */

static const char *printed(void (*print)(const struct sweep_jobs *j, FILE *out), size_t count)
{
	static const struct sweep_jobs jobs = {"/bin/it's", "/a b", "$(spec)",
					       "-d;",	    0,	    "--memory=1"};
	struct sweep_jobs j = jobs;
	static char text[4096];
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_non_null(out);
	j.cells = count;
	print(&j, out);
	fclose(out);
	return text;
}

static void names_in_job_files_are_quoted(void **state)
{
	(void)state;
	assert_string_equal(
		printed(sweep_jobs_parallel, 2),
		"cd '/a b' && '/bin/it'\\''s' --memory=1 sweep -o '-d;' --cell 0 -- '$(spec)'\n"
		"cd '/a b' && '/bin/it'\\''s' --memory=1 sweep -o '-d;' --cell 1 -- '$(spec)'\n");
	assert_non_null(strstr(
		printed(sweep_jobs_slurm, 2),
		"\t'/bin/it'\\''s' --memory=1 sweep -o '-d;' --cell \"$cell\" -- '$(spec)' \\\n"));
}

static void an_array_is_no_larger_than_slurm_takes(void **state)
{
	(void)state;
	assert_non_null(strstr(printed(sweep_jobs_slurm, 24), "#SBATCH --array=0-23\n"));
	assert_non_null(strstr(printed(sweep_jobs_slurm, 1001), "#SBATCH --array=0-1000\n"));
	assert_non_null(strstr(printed(sweep_jobs_slurm, 1002), "#SBATCH --array=0-1000\n"));
	assert_non_null(strstr(printed(sweep_jobs_slurm, 1002), "cell=$((cell + 1001))\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_of_one_trace_are_neighbours),
		cmocka_unit_test(a_number_that_another_name_has_is_stepped_over),
		cmocka_unit_test(generated_streams_follow_the_traces),
		cmocka_unit_test(options_of_generated_streams_are_those_of_gen),
		cmocka_unit_test(a_granule_of_l1_that_is_given_stays),
		cmocka_unit_test(what_is_the_same_in_all_cells),
		cmocka_unit_test(names_are_of_one_stream_and_good_for_files),
		cmocka_unit_test(a_long_name_is_cut),
		cmocka_unit_test(a_cell_is_its_own_part_of_the_specification),
		cmocka_unit_test(what_is_no_specification_is_said_in_one_line),
		cmocka_unit_test(there_is_a_limit_to_cells),
		cmocka_unit_test(no_memory_is_an_error_like_others),
		cmocka_unit_test(names_in_job_files_are_quoted),
		cmocka_unit_test(an_array_is_no_larger_than_slurm_takes),
	};

	return cmocka_run_group_tests(tests, NULL, forget);
}
