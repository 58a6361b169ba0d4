/* SPDX-License-Identifier: GPL-2.0-only */
/* Generated files: read back, they hold the stream that the model accepts. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <jansson.h>

#include "gen/model.h"
#include "gen/gen.h"

static char folder[] = "/tmp/nvsim-gen-XXXXXX";

static const char *path(const char *name)
{
	static char text[2][64];
	static unsigned int turn;
	char *out = text[turn++ % 2];

	snprintf(out, sizeof(*text), "%s/%s", folder, name);
	return out;
}

static struct nvt_gen_options small(uint64_t faults)
{
	struct nvt_gen_options o;

	nvt_gen_defaults(&o);
	o.faults = faults;
	o.footprint = 32ull << 20;
	return o;
}

static void generate(const struct nvt_gen_options *o, const char *name)
{
	struct nvt_error err = {0};

	if (nvt_generate(o, name, NULL, NULL, NULL, &err) != NVT_OK)
		fail_msg("%s", err.text);
}

/* Reads a trace through a model; returns its digest of events. */
static uint64_t read_back(const char *name, uint64_t faults, char digest[65])
{
	struct nvt_error err = {0};
	struct nvt_reader *r = nvt_open(name, &err);
	const struct nvt_event *ev;
	const struct nvt_word *words;
	uint64_t ordinal, hash;
	size_t count;
	struct model *m;

	if (!r)
		fail_msg("%s", err.text);
	assert_int_equal(nvt_class(r), NVT_FULL);
	words = nvt_l1mem(r, &count);
	m = model_new(nvt_machine(r), words, count);
	while (nvt_next(r, &ev, &ordinal, &err) == NVT_OK)
		model_event(m, ev);
	assert_string_equal(err.text, "");
	model_audit(m);
	assert_int_equal(m->touch_count, faults);
	assert_int_equal(nvt_digest(r, digest, &err), NVT_OK);
	hash = m->hash;
	model_free(m);
	nvt_close(r);
	return hash;
}

static void equal_options_make_equal_files(void **state)
{
	struct nvt_gen_options o = small(60000);
	char a[65], b[65], c[65];

	(void)state;
	generate(&o, path("a.zst"));
	generate(&o, path("b.zst"));
	o.seed++;
	generate(&o, path("c.zst"));
	assert_int_equal(read_back(path("a.zst"), o.faults, a),
			 read_back(path("b.zst"), o.faults, b));
	assert_int_not_equal(read_back(path("c.zst"), o.faults, c), 0);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
}

static void meta_has_every_option(void **state)
{
	struct nvt_gen_options o = small(1000);
	struct nvt_error err = {0};
	struct nvt_reader *r;
	const char *text;
	size_t length;
	json_t *meta, *options;

	(void)state;
	o.seed = UINT64_MAX - 1;
	generate(&o, path("a.zst"));
	r = nvt_open(path("a.zst"), &err);
	assert_non_null(r);
	assert_int_equal(nvt_meta(r, &text, &length, &err), NVT_OK);
	meta = json_loads(text, 0, NULL);
	assert_non_null(meta);
	assert_string_equal(json_string_value(json_object_get(meta, "origin")), "generated");
	options = json_object_get(meta, "options");
	assert_int_equal(json_object_size(options), nvt_gen_option_count);
	assert_string_equal(json_string_value(json_object_get(options, "pattern")), "random");
	assert_string_equal(json_string_value(json_object_get(options, "seed")),
			    "18446744073709551614");
	/* Shares as resolved, not as left open. */
	assert_int_equal(json_integer_value(json_object_get(options, "leaf-block")), 70);
	json_decref(meta);
	nvt_close(r);
}

static void standard_output_gets_the_same_stream(void **state)
{
	struct nvt_gen_options o = small(30000);
	char a[65], b[65];
	int kept = dup(STDOUT_FILENO), file;

	(void)state;
	generate(&o, path("a.zst"));
	fflush(stdout);
	file = open(path("out.zst"), O_CREAT | O_TRUNC | O_WRONLY, 0600);
	assert_true(file >= 0 && kept >= 0);
	dup2(file, STDOUT_FILENO);
	generate(&o, "-");
	fflush(stdout);
	dup2(kept, STDOUT_FILENO);
	close(kept);
	close(file);
	assert_int_equal(read_back(path("a.zst"), o.faults, a),
			 read_back(path("out.zst"), o.faults, b));
	assert_string_equal(a, b);
}

static void failures_say_why(void **state)
{
	struct nvt_gen_options o = small(1000);
	struct nvt_error err = {0};

	(void)state;
	assert_int_equal(nvt_generate(&o, "/nowhere/at/all.zst", NULL, NULL, NULL, &err), NVT_EENV);
	assert_int_not_equal(strlen(err.text), 0);
	assert_int_equal(nvt_generate(&o, "/nowhere/at/all.zst", NULL, NULL, NULL, NULL), NVT_EENV);
	o.faults = 0;
	assert_int_equal(nvt_generate(&o, path("a.zst"), NULL, NULL, NULL, &err), NVT_EINPUT);
	assert_int_equal(strncmp(err.text, "faults", 6), 0);
}

static void note_progress(void *arg, uint64_t done, uint64_t total)
{
	uint64_t *last = arg;

	assert_true(done > *last && done <= total);
	*last = done;
}

static void progress_is_told(void **state)
{
	struct nvt_gen_options o = small(300000);
	struct nvt_gen_stats stats;
	struct nvt_error err = {0};
	uint64_t last = 0;

	(void)state;
	assert_int_equal(nvt_generate(&o, path("a.zst"), note_progress, &last, &stats, &err),
			 NVT_OK);
	assert_true(last >= 200000);
	assert_int_equal(stats.touch_count, 300000);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	static const char *const names[] = {"a.zst", "b.zst", "c.zst", "out.zst"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlink(path(names[i]));
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_options_make_equal_files),
		cmocka_unit_test(meta_has_every_option),
		cmocka_unit_test(standard_output_gets_the_same_stream),
		cmocka_unit_test(failures_say_why),
		cmocka_unit_test(progress_is_told),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
