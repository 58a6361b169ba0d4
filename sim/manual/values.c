/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "manual.h"
#include "metrics.h"
#include "place.h"
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

static void add_policies(struct manual_value *v)
{
	for (unsigned int i = 0; i < s2_policy_count; i++)
		add(v, s2_policies[i].name);
}

static void add_invalidations(struct manual_value *v)
{
	for (unsigned int i = 0; i < s2_invalidation_count; i++)
		add(v, s2_invalidations[i].name);
}

static void add_kinds(struct manual_value *v)
{
	for (size_t i = 0; i < plot_kind_count; i++)
		add(v, plot_kinds[i].name);
}

static void add_quirks(struct manual_value *v)
{
	add(v, "kvm");
	add(v, "arch");
}

static void add_metrics(struct manual_value *v)
{
	for (size_t i = 0; i < metrics_table_count; i++)
		add(v, metrics_table[i].name);
}

static void add_rules(struct manual_value *v)
{
	add_policies(v);
	add_invalidations(v);
}

/* Those that this program finds beside itself, as nvsim does; kept until it ends. */
static void add_boards(struct manual_value *v)
{
	static char **names;
	struct nvt_error err = {0};
	char *folder = names ? NULL : hw_place("boards", &err);

	if (folder)
		names = hw_board_names(folder, &err);
	free(folder);
	for (size_t i = 0; names && names[i]; i++)
		add(v, names[i]);
}

/* Values that are names out of other tables. */
struct names {
	const char *of;
	void (*add)(struct manual_value *v);
};

static const struct names of_options[] = {
	{"policy", add_policies}, {"invalidation", add_invalidations},
	{"kind", add_kinds},	  {"quirks", add_quirks},
	{"board", add_boards},	  {0},
};

static const struct names of_arguments[] = {
	{"policies", add_rules}, {"metrics", add_metrics}, {"hw run", add_boards}, {0}};

static void add_names(struct manual_value *v, const struct names *table, const char *of)
{
	for (; table->of; table++)
		if (strcmp(table->of, of) == 0)
			table->add(v);
}

struct manual_value manual_value_of(const struct cli_option *o)
{
	struct manual_value v = {.file = o->argument && strncmp(o->argument, "FILE", 4) == 0,
				 .folder = o->argument && strcmp(o->argument, "DIR") == 0};

	if (o->type == CLI_CHOICE)
		for (const char *const *c = o->choices; *c; c++)
			add(&v, *c);
	else if (o->argument)
		add_names(&v, of_options, o->name);
	return v;
}

struct manual_value manual_value_of_argument(const struct cli_command *c)
{
	struct manual_value v = {.file = c->args_max > 0};

	add_names(&v, of_arguments, c->name);
	return v;
}

bool manual_has_word(const struct cli_option *o)
{
	return o->type != CLI_FLAG && o->type != CLI_OPTIONAL;
}
