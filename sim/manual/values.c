/* SPDX-License-Identifier: GPL-2.0-only */
#include <string.h>

#include "manual.h"
#include "plot.h"
#include "s2.h"

void manual_each_command(FILE *out, manual_command_fn *fn)
{
	for (const struct cli_command *const *c = cli_commands; *c; c++) {
		if (!(*c)->verbs)
			fn(out, *c);
		for (const struct cli_command *const *v = (*c)->verbs; v && *v; v++)
			fn(out, *v);
	}
}

static void add(struct manual_value *v, const char *word)
{
	size_t i = 0;

	while (v->words[i])
		i++;
	if (i + 1 < MANUAL_WORDS)
		v->words[i] = word;
}

/* Options that have names of other tables for values, by their own name. */
static void add_names(struct manual_value *v, const char *option)
{
	if (strcmp(option, "policy") == 0)
		for (unsigned int i = 0; i < s2_policy_count; i++)
			add(v, s2_policies[i].name);
	else if (strcmp(option, "invalidation") == 0)
		for (unsigned int i = 0; i < s2_invalidation_count; i++)
			add(v, s2_invalidations[i].name);
	else if (strcmp(option, "kind") == 0)
		for (size_t i = 0; i < plot_kind_count; i++)
			add(v, plot_kinds[i].name);
	else if (strcmp(option, "quirks") == 0) {
		add(v, "kvm");
		add(v, "arch");
	}
}

struct manual_value manual_value_of(const struct cli_option *o)
{
	struct manual_value v = {.file = o->argument && strncmp(o->argument, "FILE", 4) == 0,
				 .folder = o->argument && strcmp(o->argument, "DIR") == 0};

	if (o->type == CLI_CHOICE)
		for (const char *const *c = o->choices; *c; c++)
			add(&v, *c);
	else if (o->argument)
		add_names(&v, o->name);
	return v;
}

bool manual_has_word(const struct cli_option *o)
{
	return o->type != CLI_FLAG && o->type != CLI_OPTIONAL;
}
