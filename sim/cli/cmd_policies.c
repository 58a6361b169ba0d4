/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim policies: the rules for the size of mappings and for host unmaps. */
#include "names.h"
#include "policies.h"
#include "run.h"
#include "text.h"

struct policies_options {
	bool grid;
	struct policies_output out;
};

static const struct cli_option options[] = {
	{0, "grid", NULL, CLI_FLAG, offsetof(struct policies_options, grid),
	 .help = "the size that each maps, for every host memory and every leaf of L1"},
	{0, "json", "FILE", CLI_OPTIONAL, offsetof(struct policies_options, out.json),
	 .help = "for machines, to FILE, or instead of the text"},
	{0, "csv", "FILE", CLI_OPTIONAL, offsetof(struct policies_options, out.csv),
	 .help = "with --grid: a line a cell, to FILE, or instead of the text"},
	{0},
};

#define NAME 14

static void print_row(const char *name, bool is_default, const char *story)
{
	int used = printf("  %-*s", NAME, name);

	if (is_default)
		used += printf("(the default) ");
	text_wrap(stdout, story, NAME + 2, used);
}

static void print_sizes(const char *title, bool sound)
{
	printf("%s\n", title);
	for (unsigned int i = 0; i < s2_policy_count; i++) {
		const struct s2_policy *p = &s2_policies[i];

		if (s2_policy_sound(p) == sound)
			print_row(p->name, p == s2_policy_default, p->story);
	}
}

/* An unsound rule is not to be taken for a good one at a glance. */
static void print_all(void)
{
	print_sizes("How large to map: sound", true);
	print_sizes("How large to map: UNSOUND, each shows a fault of the past or a danger", false);
	printf("What a host unmap does to shadow tables\n");
	for (unsigned int i = 0; i < s2_invalidation_count; i++) {
		const struct s2_invalidation *n = &s2_invalidations[i];

		print_row(n->name, n == s2_invalidation_default, n->story);
	}
}

static json_t *all_json(void)
{
	json_t *sizes = json_array(), *unmaps = json_array();

	for (unsigned int i = 0; i < s2_policy_count; i++)
		json_array_append_new(sizes, policies_json(&s2_policies[i]));
	for (unsigned int i = 0; i < s2_invalidation_count; i++)
		json_array_append_new(unmaps, policies_invalidation_json(&s2_invalidations[i]));
	return json_pack("{s:o, s:o}", "policies", sizes, "invalidations", unmaps);
}

/* A name of either table; which one tells which of the two is set. */
static enum cli_exit find(const char *name, const struct s2_policy **policy,
			  const struct s2_invalidation **invalidation)
{
	const char *names[64] = {NULL};
	unsigned int count = 0;

	*policy = policy_named(name);
	*invalidation = invalidation_named(name);
	if (*policy || *invalidation)
		return CLI_OK;
	for (unsigned int i = 0; i < s2_policy_count && count < 63; i++)
		names[count++] = s2_policies[i].name;
	for (unsigned int i = 0; i < s2_invalidation_count && count < 63; i++)
		names[count++] = s2_invalidations[i].name;
	return cli_unknown("policy", name, names);
}

static enum cli_exit run(const void *values, const struct cli_args *args)
{
	const struct policies_options *o = values;
	const struct s2_policy *policy = NULL;
	const struct s2_invalidation *invalidation = NULL;
	enum cli_exit status = CLI_OK;

	if (args->count)
		status = find(args->v[0], &policy, &invalidation);
	if (status)
		return status;
	if (o->out.csv.given && !o->grid)
		return cli_fail(CLI_USAGE, "--csv goes with --grid");
	if (o->grid && invalidation)
		return cli_fail(CLI_USAGE, "'%s' has no sizes; the grid is of size rules",
				invalidation->name);
	if (o->grid)
		return policies_grid(policy, &o->out);
	if (policy)
		return policies_story(policy, &o->out.json);
	if (invalidation)
		return policies_invalidation_story(invalidation, &o->out.json);
	if (o->out.json.given)
		return run_write_json(all_json(), o->out.json.value);
	print_all();
	return CLI_OK;
}

const struct cli_command cli_policies = {
	.name = "policies",
	.arguments = "[NAME]",
	.summary = "the rules that a replay can use, and what is wrong with some",
	.about = "Lists the policies: rules for the size of mappings, and rules for what a host "
		 "unmap does. With a name, tells the story of one, with the smallest stream that "
		 "shows it, run here and now. With --grid, runs the handler for every kind of host "
		 "memory and every leaf of L1, and shows what each policy maps.",
	.examples = {{"nvsim policies", "all of them"},
		     {"nvsim policies kvm-7.3", "the story of one"},
		     {"nvsim policies --grid", "the size that each maps, case by case"}},
	.options = options,
	.options_size = sizeof(struct policies_options),
	.args_max = 1,
	.run = run,
};
