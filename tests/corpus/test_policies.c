/* SPDX-License-Identifier: GPL-2.0-only */
/* The corpus tells every policy from every other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "scenes.h"

#define STREAM_RULES ((1u << CHECK_MAPPED) - 1)

/* What a policy makes of a scene. */
struct result {
	struct s2_digest digest; /* of all decisions */
	uint32_t rules;		 /* that are broken: bits of enum check_rule */
};

static struct result result_of(const struct scene_stream *stream, const struct s2_policy *policy)
{
	struct check_options check = {.quirks = S2_QUIRKS_KVM, .audit_every = 1};
	struct engine_options options = {
		.policy = policy, .quirks = S2_QUIRKS_KVM, .digest = true, .check = &check};
	struct engine *e = scene_engine(stream, &options);
	struct result result = {.rules = 0};
	size_t i;

	assert_non_null(e);
	for (i = 0; i < stream->event_count; i++)
		assert_int_equal(engine_event(e, &stream->events[i]), ENGINE_OK);
	engine_end(e);
	result.digest = e->digest;
	for (i = 0; i < CHECK_RULE_COUNT; i++)
		result.rules |= (uint32_t)(check_result(e->check)->count[i] != 0) << i;
	engine_free(e);
	return result;
}

/* By policy, and in each by scene. */
static struct result *results;

static const struct result *result(unsigned int policy, size_t scene)
{
	return &results[policy * corpus_count() + scene];
}

static int play_all(void **state)
{
	unsigned int p;
	size_t i;

	(void)state;
	results = calloc(s2_policy_count * corpus_count(), sizeof(*results));
	assert_non_null(results);
	for (i = 0; i < corpus_count(); i++) {
		struct scene_stream stream;

		assert_true(scene_make(corpus_scene(i), &stream));
		for (p = 0; p < s2_policy_count; p++)
			results[p * corpus_count() + i] = result_of(&stream, &s2_policies[p]);
		scene_free(&stream);
	}
	return 0;
}

static int forget_all(void **state)
{
	(void)state;
	free(results);
	return 0;
}

static bool differ(const struct result *a, const struct result *b)
{
	return a->digest.a != b->digest.a || a->digest.b != b->digest.b || a->rules != b->rules;
}

static void every_policy_is_told_from_every_other(void **state)
{
	unsigned int p, q;
	size_t i;

	(void)state;
	for (p = 0; p < s2_policy_count; p++)
		for (q = 0; q < p; q++) {
			bool apart = false;

			for (i = 0; i < corpus_count(); i++)
				apart |= differ(result(p, i), result(q, i));
			if (!apart)
				fail_msg("nothing in the corpus tells %s from %s",
					 s2_policies[p].name, s2_policies[q].name);
		}
}

static void nothing_is_found_of_sound_policies(void **state)
{
	unsigned int p;
	size_t i;

	(void)state;
	for (p = 0; p < s2_policy_count; p++)
		for (i = 0; i < corpus_count(); i++)
			if (s2_policy_sound(&s2_policies[p]) && result(p, i)->rules & ~STREAM_RULES)
				fail_msg("%s is unsound on %s", s2_policies[p].name,
					 corpus_scene(i)->name);
}

static void unsound_policies_are_found_out_by_their_witness(void **state)
{
	unsigned int p;
	size_t i;

	(void)state;
	for (p = 0; p < s2_policy_count; p++)
		for (i = 0; i < corpus_count(); i++)
			if (!s2_policy_sound(&s2_policies[p]) &&
			    corpus_scene(i) == witness_of_policy(&s2_policies[p]) &&
			    !(result(p, i)->rules & ~STREAM_RULES))
				fail_msg("nothing is found of %s on %s", s2_policies[p].name,
					 corpus_scene(i)->name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_policy_is_told_from_every_other),
		cmocka_unit_test(nothing_is_found_of_sound_policies),
		cmocka_unit_test(unsound_policies_are_found_out_by_their_witness),
	};

	return cmocka_run_group_tests(tests, play_all, forget_all);
}
