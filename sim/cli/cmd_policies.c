/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim policies: the table of size rules. */
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

static json_t *policy_json(const struct s2_policy *p)
{
	return json_pack("{s:s, s:s, s:s, s:b}", "name", p->name, "story", p->story, "source",
			 p->source, "sound", (int)s2_policy_sound(p));
}

/* Soundness is a property of the rule: whether it can ever map what L1 does not map. */
static void print_one(const struct s2_policy *p)
{
	printf("%s%s\n  %s\n  source: %s\n  %s\n", p->name,
	       p == s2_policy_default ? " (the default)" : "", p->story, p->source,
	       s2_policy_sound(p) ? "sound: maps nothing that L1 does not"
				  : "not sound: can map what L1 does not");
}

/* One line each; an unsound rule is not to be taken for a good one at a glance. */
static void print_all(void)
{
	for (unsigned int i = 0; i < s2_policy_count; i++) {
		const struct s2_policy *p = &s2_policies[i];
		int used = printf("%-14s%s", p->name, s2_policy_sound(p) ? "" : "UNSOUND ");

		text_wrap(stdout, p->story, used, used);
	}
}

static json_t *all_json(const struct s2_policy *only)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < s2_policy_count; i++)
		if (!only || only == &s2_policies[i])
			json_array_append_new(list, policy_json(&s2_policies[i]));
	return list;
}

static enum cli_exit run(const void *values, const struct cli_args *args)
{
	const struct policies_options *o = values;
	const struct s2_policy *only = NULL;
	enum cli_exit status = CLI_OK;

	if (args->count)
		status = run_find_policy(&(struct cli_text){true, args->v[0]}, &only);
	if (status)
		return status;
	if (o->grid)
		return policies_grid(only, &o->out);
	if (o->out.json.given)
		return run_write_json(all_json(only), o->out.json.value);
	if (only)
		print_one(only);
	else
		print_all();
	return CLI_OK;
}

const struct cli_command cli_policies = {
	.name = "policies",
	.arguments = "[NAME]",
	.summary = "the rules for the size of mappings that a replay can use",
	.about = "Lists the policies, or tells more of one.",
	.examples = {{"nvsim policies", "all of them"},
		     {"nvsim policies kvm-7.3", "more of one"},
		     {"nvsim policies --json", "for machines"}},
	.options = options,
	.options_size = sizeof(struct policies_options),
	.args_max = 1,
	.run = run,
};
