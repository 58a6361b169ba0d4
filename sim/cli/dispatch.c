/* SPDX-License-Identifier: GPL-2.0-only */
/* Finds the subcommand that the arguments name, and runs it. */
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "cli.h"
#include "limit.h"
#include "parse.h"

#define NAMES_MAX 32

const struct cli_command *const cli_commands[] = {
	&cli_replay,   &cli_compare, &cli_report, &cli_plot,  &cli_check, &cli_verify,
	&cli_info,     &cli_import,  &cli_record, &cli_gen,   &cli_sweep, &cli_vectors,
	&cli_policies, &cli_metrics, &cli_hw,	  &cli_bench, NULL,
};

const char *cli_own_name(const struct cli_command *command)
{
	const char *blank = strrchr(command->name, ' ');

	return blank ? blank + 1 : command->name;
}

static const struct cli_command *find(const struct cli_command *const *table, const char *name)
{
	for (; *table; table++) {
		if (strcmp(cli_own_name(*table), name))
			continue;
		if ((*table)->prepare)
			(*table)->prepare();
		return *table;
	}
	return NULL;
}

/* The candidates for a nearest name are the table itself, and help, which is not in it. */
static enum cli_exit unknown_command(const struct cli_command *const *table, const char *name)
{
	const char *names[NAMES_MAX + 1] = {"help"}, *what = "argument";
	size_t count = 1;

	for (size_t i = 0; table[i] && count < NAMES_MAX; i++)
		names[count++] = cli_own_name(table[i]);
	if (name[0] != '-')
		what = table == cli_commands ? "command" : "verb";
	return cli_unknown(what, name, names);
}

/* Parses into zeroed storage of the command's own shape, then runs it or shows its help. */
static enum cli_exit run_command(const struct cli_command *command, int argc, char **argv)
{
	void *values = calloc(1, command->options_size);
	const char **words = calloc((size_t)argc + 1, sizeof(*words));
	struct cli_args args = {words, 0};
	bool help = false;
	enum cli_exit status = CLI_ENVIRONMENT;

	if (values && words)
		status = cli_parse(command, argc, argv, values, words, &args.count, &help);
	else
		cli_no_memory();
	if (!status && help)
		cli_help_command(stdout, command);
	else if (!status)
		status = command->run(values, &args);
	free(values);
	free(words);
	return status;
}

/* Of the command that argv names below `command`; NULL: below the program itself. */
static enum cli_exit help(const struct cli_command *command, int argc, char **argv)
{
	const struct cli_command *const *table = command ? command->verbs : cli_commands;

	for (int i = 0; i < argc && table; i++) {
		command = find(table, argv[i]);
		if (!command)
			return unknown_command(table, argv[i]);
		table = command->verbs;
	}
	if (command)
		cli_help_command(stdout, command);
	else
		cli_help(stdout);
	return CLI_OK;
}

static bool asks_for_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

/* argv: the verb and what follows it. Without one, there is to see what verbs there are. */
static enum cli_exit run_verb(const struct cli_command *command, int argc, char **argv)
{
	const struct cli_command *verb;

	if (argc < 1)
		return help(command, 0, NULL);
	if (asks_for_help(argv[0]))
		return help(command, argc - 1, argv + 1);
	verb = find(command->verbs, argv[0]);
	if (!verb)
		return unknown_command(command->verbs, argv[0]);
	return run_command(verb, argc - 1, argv + 1);
}

/* Before the command: --memory SIZE, or --memory=SIZE. *used: so many words. */
static enum cli_exit take_memory(int argc, char **argv, int *used)
{
	static const char name[] = "--memory";
	size_t length = sizeof(name) - 1;
	uint64_t bytes = NVT_MEMORY_BYTES_MAX;
	const char *value = NULL;

	*used = 0;
	if (argc > 1 && strncmp(argv[1], name, length) == 0 && strchr("=", argv[1][length])) {
		value = argv[1][length] ? argv[1] + length + 1 : argc > 2 ? argv[2] : "";
		*used = argv[1][length] ? 1 : 2;
		if (!parse_number(value, 1024, &bytes) || bytes < 1u << 20)
			return cli_fail(CLI_USAGE,
					"%s takes a size of at least 1M, such as 16G, not '%s'",
					name, value);
	}
	nvt_limit_memory(bytes);
	return CLI_OK;
}

enum cli_exit cli_dispatch(int argc, char **argv)
{
	const struct cli_command *command;
	const char *name;
	int used;
	enum cli_exit status = take_memory(argc, argv, &used);

	if (status)
		return status;
	argc -= used;
	argv += used;
	name = argc > 1 ? argv[1] : NULL;
	if (!name)
		return cli_fail(CLI_USAGE, "a command is missing (see nvsim --help)");
	if (asks_for_help(name))
		return help(NULL, argc - 2, argv + 2);
	if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
		printf("nvsim %s\n", cli_build.version);
		return CLI_OK;
	}
	command = find(cli_commands, name);
	if (!command)
		return unknown_command(cli_commands, name);
	if (command->verbs)
		return run_verb(command, argc - 2, argv + 2);
	return run_command(command, argc - 2, argv + 2);
}
