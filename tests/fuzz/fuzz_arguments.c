/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words of a command line, a NUL between them, as the arguments of every command. Only what reads
 * and writes nothing is run: help, errors, and the tables of policies and metrics.
 */
#include "said.h"

struct line {
	char *text;
	char *argv[FUZZ_WORDS_MAX + 2];
	int argc; /* the program's name counts */
};

static void split(struct line *l, const uint8_t *data, size_t size)
{
	char *at, *end;

	*l = (struct line){.text = fuzz_text(data, size), .argv = {(char *)"nvsim"}, .argc = 1};
	end = l->text + size;
	for (at = l->text; at < end && l->argc <= FUZZ_WORDS_MAX; at += strlen(at) + 1)
		l->argv[l->argc++] = at;
}

/* ---- parsed ---- */

static void require_value(const struct cli_option *o, const void *value)
{
	const struct cli_number *number = value;
	const struct cli_range *range = value;
	uint64_t choices = 0;

	switch (o->type) {
	case CLI_COUNT:
	case CLI_SIZE:
		FUZZ_REQUIRE(!number->given || number->value >= o->min);
		FUZZ_REQUIRE(!number->given || !o->max || number->value <= o->max);
		break;
	case CLI_RANGE:
		FUZZ_REQUIRE(!range->given || range->first <= range->last);
		break;
	case CLI_CHOICE:
		while (o->choices[choices])
			choices++;
		FUZZ_REQUIRE(!number->given || number->value < choices);
		break;
	case CLI_LIST:
		FUZZ_REQUIRE(((const struct cli_list *)value)->count <= CLI_LIST_MAX);
		break;
	default:
		break;
	}
}

/* Whether to run it would write no file, and take no time. */
static bool is_harmless(const struct cli_option *o, const void *value)
{
	const struct cli_text *text = value;

	if (o->type == CLI_FLAG)
		return !*(const bool *)value;
	return o->type != CLI_OPTIONAL || !text->value || strcmp(text->value, "-") == 0;
}

/* Parses the words behind the command's own; whether it may be run with them. */
static bool try_command(const struct cli_command *c, char **argv, int argc)
{
	uint8_t *values = calloc(1, c->options_size);
	const char **words = calloc((size_t)argc + 1, sizeof(*words));
	bool help = false, harmless = true;
	unsigned int count = 0;
	enum cli_exit status;

	if (!values || !words)
		abort();
	status = cli_parse(c, argc, argv, values, words, &count, &help);
	FUZZ_REQUIRE(status == CLI_OK || status == CLI_USAGE);
	if (!status && !help) {
		FUZZ_REQUIRE(count >= c->args_min && count <= c->args_max);
		for (const struct cli_option *o = c->options; o->name; o++) {
			require_value(o, values + o->offset);
			harmless = harmless && is_harmless(o, values + o->offset);
		}
	}
	free(values);
	free(words);
	return harmless;
}

static const struct cli_command *find(const struct cli_command *const *table, const char *name)
{
	while (*table && strcmp(cli_own_name(*table), name))
		table++;
	if (*table && (*table)->prepare)
		(*table)->prepare();
	return *table;
}

/* Words that begin with no command are those of each. */
static void try_all(const struct cli_command *const *table, struct line *l)
{
	for (; *table; table++) {
		if ((*table)->prepare)
			(*table)->prepare();
		if ((*table)->verbs)
			try_all((*table)->verbs, l);
		else
			try_command(*table, l->argv + 1, l->argc - 1);
	}
}

/* Whether they may be run. */
static bool try_line(struct line *l)
{
	const struct cli_command *c = l->argc > 1 ? find(cli_commands, l->argv[1]) : NULL;
	bool is_table = c == &cli_policies || c == &cli_metrics;
	int at = 2;

	if (c && c->verbs)
		c = l->argc > at ? find(c->verbs, l->argv[at++]) : NULL;
	else if (!c)
		try_all(cli_commands, l);
	if (!c)
		return true;
	return try_command(c, l->argv + at, l->argc - at) && is_table;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_said said;
	struct line l;
	bool run;

	split(&l, data, size);
	fuzz_listen(&said);
	run = try_line(&l);
	fuzz_heard(&said);
	FUZZ_REQUIRE(!said.out_size);
	fuzz_require_messages(&said, CLI_OK);
	fuzz_forget(&said);
	if (run)
		fuzz_command((const char *const *)l.argv + 1, false);
	free(l.text);
	return 0;
}
