/* SPDX-License-Identifier: GPL-2.0-only */
/* The files of the corpus are what their scenes make, and each scene has one. */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "scenes.h"

/* What a trace holds, whatever release of zstd packed it. */
struct content {
	enum nvt_class class;
	struct nvt_machine machine;
	char digest[65];
	char *meta;
};

static struct content content_of(const char *path)
{
	struct nvt_error err = {0};
	struct nvt_reader *r = nvt_open(path, &err);
	struct content c;
	const char *meta;
	size_t length;

	if (!r)
		fail_msg("%s", err.text);
	c.class = nvt_class(r);
	c.machine = *nvt_machine(r);
	assert_int_equal(nvt_digest(r, c.digest, &err), NVT_OK);
	assert_int_equal(nvt_meta(r, &meta, &length, &err), NVT_OK);
	c.meta = strdup(meta);
	nvt_close(r);
	return c;
}

static void assert_same(const char *name, const char *committed, const char *made)
{
	struct content a = content_of(committed), b = content_of(made);

	if (a.class != b.class || memcmp(&a.machine, &b.machine, sizeof(a.machine)) != 0 ||
	    strcmp(a.digest, b.digest) != 0 || strcmp(a.meta, b.meta) != 0)
		fail_msg("%s is not what its scene makes: make corpus, and read the diff", name);
	free(a.meta);
	free(b.meta);
}

static void files_are_what_their_scenes_make(void **state)
{
	char folder[] = "/tmp/nvsim-corpus-XXXXXX", committed[PATH_BYTES], made[PATH_BYTES];
	struct nvt_error err = {0};
	size_t i;

	(void)state;
	assert_non_null(mkdtemp(folder));
	for (i = 0; i < corpus_count(); i++) {
		const struct scene *s = corpus_scene(i);

		corpus_path(committed, CORPUS, s);
		corpus_path(made, folder, s);
		if (scene_write(s, made, &err) != NVT_OK)
			fail_msg("%s", err.text);
		assert_same(s->name, committed, made);
		unlink(made);
	}
	rmdir(folder);
}

static void there_are_no_other_files(void **state)
{
	glob_t found;

	(void)state;
	assert_int_equal(glob(CORPUS "/*.zst", 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, corpus_count());
	globfree(&found);
}

static void names_tell_the_verdict_and_are_told_apart(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < corpus_count(); i++) {
		const char *name = corpus_scene(i)->name;

		assert_true(!strncmp(name, "good_", 5) || !strncmp(name, "bad_", 4));
		for (k = 0; k < i; k++)
			assert_string_not_equal(name, corpus_scene(k)->name);
	}
}

static void each_policy_has_a_stream_that_shows_it(void **state)
{
	unsigned int p;

	(void)state;
	for (p = 0; p < s2_policy_count; p++)
		if (!witness_of_policy(&s2_policies[p]))
			fail_msg("%s has no stream that shows it", s2_policies[p].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_what_their_scenes_make),
		cmocka_unit_test(there_are_no_other_files),
		cmocka_unit_test(names_tell_the_verdict_and_are_told_apart),
		cmocka_unit_test(each_policy_has_a_stream_that_shows_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
