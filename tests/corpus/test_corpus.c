/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Each case of the corpus breaks exactly the rules that it is to break, and no
 * rule is there in vain. --kill: which case needs which rule, as a table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sabotage.h"
#include "scenes.h"

#define CASES_MAX 200

struct corpus_case {
	const struct scene *scene;
	const struct s2_policy *policy;
	const struct sabotage *sabotage; /* NULL: the handler as it is */
	uint32_t rules;			 /* bits of enum check_rule */
	int heading;			 /* rule that it stands under, or -1 */
	char line[200];
};

static struct corpus_case cases[CASES_MAX];
static size_t case_count;

/* ---- the file ---- */

static int rule_of(const char *id)
{
	int r;

	for (r = 0; r < CHECK_RULE_COUNT; r++)
		if (!strcmp(check_rules[r].id, id))
			return r;
	return -1;
}

static const struct s2_policy *policy_of(const char *name)
{
	unsigned int i;

	for (i = 0; i < s2_policy_count; i++)
		if (!strcmp(s2_policies[i].name, name))
			return &s2_policies[i];
	return NULL;
}

static bool parse_rules(char *list, uint32_t *rules)
{
	char *id, *rest = list;

	*rules = 0;
	if (!strcmp(list, "-"))
		return true;
	while ((id = strsep(&rest, ","))) {
		int r = rule_of(id);

		if (r < 0)
			return false;
		*rules |= 1u << r;
	}
	return true;
}

static void parse_case(const char *line, int heading)
{
	char trace[80], policy[40], sabotage[40], rules[80];
	struct corpus_case *k = &cases[case_count++];
	bool sound_handler;

	if (case_count == CASES_MAX ||
	    sscanf(line, "%79s %39s %39s %79s", trace, policy, sabotage, rules) != 4)
		fail_msg("no case: %s", line);
	sound_handler = !strcmp(sabotage, "-");
	k->scene = corpus_find(trace);
	k->policy = policy_of(policy);
	k->sabotage = sound_handler ? NULL : sabotage_find(sabotage);
	k->heading = heading;
	snprintf(k->line, sizeof(k->line), "%s, %s%s%s", trace, policy, sound_handler ? "" : ", ",
		 sound_handler ? "" : sabotage);
	if (!k->scene || !k->policy || (!k->sabotage && !sound_handler) ||
	    !parse_rules(rules, &k->rules))
		fail_msg("no such trace, policy, sabotage or rule: %s", line);
}

static void read_cases(void)
{
	FILE *f = fopen(CORPUS "/cases", "r");
	char line[256], word[80], more[80];
	int heading = -1;

	assert_non_null(f);
	case_count = 0;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "#\n")] = 0;
		switch (sscanf(line, "%79s %79s", word, more)) {
		case 1:
			heading = rule_of(word);
			break;
		case 2:
			parse_case(line, heading);
			break;
		}
	}
	fclose(f);
}

/* ---- one case ---- */

/* Rules that are broken. */
static uint32_t findings_of(const struct corpus_case *k, uint32_t disabled)
{
	struct check_options check = {
		.quirks = S2_QUIRKS_KVM, .audit_every = 1, .disabled = disabled};
	struct engine_options options = {
		.policy = k->policy, .quirks = S2_QUIRKS_KVM, .check = &check};
	struct scene_stream stream;
	const struct check_result *r;
	struct engine *e;
	uint32_t rules = 0;
	size_t i;

	assert_true(scene_make(k->scene, &stream));
	e = scene_engine(&stream, &options);
	assert_non_null(e);
	sabotage_begin(e, k->sabotage);
	for (i = 0; i < stream.event_count; i++) {
		sabotage_event();
		assert_int_equal(engine_event(e, &stream.events[i]), ENGINE_OK);
	}
	engine_end(e);
	r = check_result(e->check);
	for (i = 0; i < CHECK_RULE_COUNT; i++)
		rules |= (uint32_t)(r->count[i] != 0) << i;
	sabotage_end();
	engine_free(e);
	scene_free(&stream);
	return rules;
}

static void print_rules(const char *what, uint32_t rules)
{
	int r;

	print_error("%s", what);
	for (r = 0; r < CHECK_RULE_COUNT; r++)
		if (rules >> r & 1)
			print_error(" %s", check_rules[r].id);
	print_error("%s\n", rules ? "" : " nothing");
}

/* ---- tests ---- */

static void each_case_breaks_its_rules(void **state)
{
	bool right = true;
	size_t i;

	(void)state;
	for (i = 0; i < case_count; i++) {
		uint32_t found = findings_of(&cases[i], 0);

		if (found == cases[i].rules)
			continue;
		print_error("%s: ", cases[i].line);
		print_rules("wanted", cases[i].rules);
		print_rules("    found", found);
		right = false;
	}
	assert_true(right);
}

static bool is_good(const struct corpus_case *k)
{
	return !strncmp(k->scene->name, "good_", 5) && !k->rules;
}

static bool is_bad(const struct corpus_case *k, int rule)
{
	return !strncmp(k->scene->name, "bad_", 4) && k->rules == 1u << rule;
}

static void each_rule_has_a_good_case_and_a_bad_one(void **state)
{
	size_t i;
	int r;

	(void)state;
	for (r = 0; r < CHECK_RULE_COUNT; r++) {
		bool good = false, bad = false;

		for (i = 0; i < case_count; i++) {
			good |= cases[i].heading == r && is_good(&cases[i]);
			bad |= cases[i].heading == r && is_bad(&cases[i], r);
		}
		if (!good || !bad)
			fail_msg("%s: no %s case under its heading", check_rules[r].id,
				 good ? "bad_" : "good_");
	}
}

static void each_trace_and_each_sabotage_is_in_a_case(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < corpus_count(); i++) {
		for (k = 0; k < case_count && cases[k].scene != corpus_scene(i); k++)
			;
		if (k == case_count)
			fail_msg("%s is in no case", corpus_scene(i)->name);
	}
	for (i = 0; i < sizeof(sabotages) / sizeof(sabotages[0]); i++) {
		for (k = 0; k < case_count && cases[k].sabotage != &sabotages[i]; k++)
			;
		if (k == case_count)
			fail_msg("%s is in no case", sabotages[i].name);
	}
}

/* The first case that is noticed no more without the rule; NULL: there is none. */
static const struct corpus_case *killed_by(int rule)
{
	size_t i;

	for (i = 0; i < case_count; i++)
		if (!findings_of(&cases[i], 1u << rule) && findings_of(&cases[i], 0))
			return &cases[i];
	return NULL;
}

static void no_rule_is_there_in_vain(void **state)
{
	int r;

	(void)state;
	for (r = 0; r < CHECK_RULE_COUNT; r++)
		if (!killed_by(r))
			fail_msg("%s can go, and each case is noticed all the same",
				 check_rules[r].id);
}

/* ---- the table ---- */

static int print_kills(void)
{
	int r, vain = 0;

	for (r = 0; r < CHECK_RULE_COUNT; r++) {
		const struct corpus_case *k = killed_by(r);

		printf("%s %-18s %s", check_rules[r].id, check_rules[r].name,
		       k ? k->line : "NO CASE NEEDS IT");
		if (k && k->sabotage)
			printf(": %s", k->sabotage->what);
		putchar('\n');
		vain += !k;
	}
	return vain ? 1 : 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_case_breaks_its_rules),
		cmocka_unit_test(each_rule_has_a_good_case_and_a_bad_one),
		cmocka_unit_test(each_trace_and_each_sabotage_is_in_a_case),
		cmocka_unit_test(no_rule_is_there_in_vain),
	};

	read_cases();
	if (argc > 1 && !strcmp(argv[1], "--kill"))
		return print_kills();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
