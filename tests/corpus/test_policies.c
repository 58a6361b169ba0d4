/* SPDX-License-Identifier: GPL-2.0-only */
/* The corpus tells every policy from every other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "scenes.h"

/* Of all decisions on a scene. */
static struct s2_digest digest_of(const struct scene_stream *stream, const struct s2_policy *policy)
{
	struct engine_options options = {.policy = policy, .quirks = S2_QUIRKS_KVM, .digest = true};
	struct engine *e = scene_engine(stream, &options);
	struct s2_digest digest;
	size_t i;

	assert_non_null(e);
	for (i = 0; i < stream->event_count; i++)
		assert_int_equal(engine_event(e, &stream->events[i]), ENGINE_OK);
	digest = e->digest;
	engine_free(e);
	return digest;
}

static void every_policy_is_told_from_every_other(void **state)
{
	unsigned int count = s2_policy_count, p, q;
	bool *apart = calloc(count * count, sizeof(*apart));
	struct s2_digest *digests = calloc(count, sizeof(*digests));
	size_t i;

	(void)state;
	assert_true(apart && digests);
	for (i = 0; i < corpus_count(); i++) {
		struct scene_stream stream;

		assert_true(scene_make(corpus_scene(i), &stream));
		for (p = 0; p < count; p++)
			digests[p] = digest_of(&stream, &s2_policies[p]);
		for (p = 0; p < count; p++)
			for (q = 0; q < p; q++)
				apart[p * count + q] |= digests[p].a != digests[q].a ||
							digests[p].b != digests[q].b;
		scene_free(&stream);
	}
	for (p = 0; p < count; p++)
		for (q = 0; q < p; q++)
			if (!apart[p * count + q])
				fail_msg("nothing in the corpus tells %s from %s",
					 s2_policies[p].name, s2_policies[q].name);
	free(apart);
	free(digests);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_policy_is_told_from_every_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
