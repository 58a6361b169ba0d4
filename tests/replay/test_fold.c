/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a run on hardware asks of the engine, without hardware: folded PAs and hooks around
 * accesses and the handler change no decision, on any sample, under any policy.
 */
#include "replay/world.h"

/* As much as a board with little memory has to give; the base is no recorded PA. */
static const struct pa_fold small_window = {.base = 0x7000000000ull, .size = 64 * MIB};
static const struct pa_fold large_window = {.base = 0x7000000000ull, .size = GIB};

static const char *const samples[] = {"demand-scattered", "l1-64k", "l0-dirtylog-on"};
#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

struct run {
	struct s2_digest digest;
	uint64_t findings, handled;
};

/* How many faults the handler saw. */
static uint64_t feed(struct engine *e, struct nvt_reader *r)
{
	const struct nvt_event *ev;
	struct nvt_error err = {0};
	enum nvt_status status;
	uint64_t ordinal, handled = 0;

	while ((status = nvt_next(r, &ev, &ordinal, &err)) == NVT_OK) {
		if (engine_event(e, ev))
			fail_msg("event %llu: %s", (unsigned long long)ordinal, e->problem);
		handled += e->step.delivered;
	}
	if (status != NVT_END)
		fail_msg("%s", err.text);
	engine_end(e);
	return handled;
}

static struct run run(const char *sample, const struct engine_options *options)
{
	struct nvt_error err = {0};
	struct run out = {0};
	struct nvt_reader *r;
	struct engine *e;
	const struct nvt_word *words;
	char path[64];
	size_t count;

	snprintf(path, sizeof(path), "traces/samples/%s.zst", sample);
	r = nvt_open(path, &err);
	if (!r)
		fail_msg("%s", err.text);
	e = engine_new(nvt_machine(r), nvt_class(r), options);
	assert_non_null(e);
	words = nvt_l1mem(r, &count);
	assert_int_equal(engine_l1mem(e, words, count), ENGINE_OK);
	out.handled = feed(e, r);
	if (e->check)
		out.findings = check_result(e->check)->findings;
	out.digest = e->digest;
	engine_free(e);
	nvt_close(r);
	return out;
}

static struct engine_options options_of(const struct s2_policy *policy)
{
	return (struct engine_options){
		.policy = policy, .quirks = S2_QUIRKS_KVM, .digest = true, .unmeasured = true};
}

static void assert_same(const struct run *a, const struct run *b)
{
	assert_int_equal(a->digest.a, b->digest.a);
	assert_int_equal(a->digest.b, b->digest.b);
	assert_int_equal(a->handled, b->handled);
}

static void folded_memory_changes_no_decision(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++)
		for (unsigned int p = 0; p < s2_policy_count; p++) {
			struct engine_options o = options_of(&s2_policies[p]);
			struct run plain = run(samples[i], &o), folded;

			assert_true(plain.handled > 1000);
			o.fold = large_window;
			folded = run(samples[i], &o);
			assert_same(&plain, &folded);
			o.fold = small_window;
			folded = run(samples[i], &o);
			assert_same(&plain, &folded);
		}
}

/* The checker folds what it expects: sound policies stay so, the others are caught as before. */
static void the_checker_follows_the_fold(void **state)
{
	static const struct check_options check = {.quirks = S2_QUIRKS_KVM};

	(void)state;
	for (size_t i = 0; i < SAMPLES; i += 2)
		for (unsigned int p = 0; p < s2_policy_count; p++) {
			struct engine_options o = options_of(&s2_policies[p]);
			uint64_t plain, folded;

			o.check = &check;
			plain = run(samples[i], &o).findings;
			o.fold = large_window;
			folded = run(samples[i], &o).findings;
			if (s2_policy_sound(&s2_policies[p]))
				assert_int_equal(plain, 0);
			assert_int_equal(plain != 0, folded != 0);
		}
}

/* ---- hooks ---- */

struct hooks {
	uint64_t accesses, handled;
	bool inside;
};

static uint8_t as_the_tables_say(void *arg, const struct engine_access *a, uint8_t fsc)
{
	struct hooks *h = arg;

	assert_false(h->inside);
	assert_non_null(a->mmu);
	h->accesses++;
	return fsc;
}

static void handles(void *arg, const struct engine_access *a, struct s2_outcome *out)
{
	struct hooks *h = arg;

	assert_false(h->inside);
	h->inside = true;
	s2_handle_abort_into(a->vcpu, &a->trap, out);
	h->inside = false;
	h->handled++;
}

static void hooks_change_no_decision(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++)
		for (unsigned int p = 0; p < s2_policy_count; p++) {
			struct hooks h = {0};
			struct engine_hw hw = {&h, as_the_tables_say, handles};
			struct engine_options o = options_of(&s2_policies[p]);
			struct run plain = run(samples[i], &o), hooked;

			o.hw = &hw;
			hooked = run(samples[i], &o);
			assert_same(&plain, &hooked);
			assert_int_equal(h.handled, hooked.handled);
			assert_true(h.accesses > 1000);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folded_memory_changes_no_decision),
		cmocka_unit_test(the_checker_follows_the_fold),
		cmocka_unit_test(hooks_change_no_decision),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
