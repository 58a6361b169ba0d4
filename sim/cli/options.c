/* SPDX-License-Identifier: GPL-2.0-only */
/* Parsing of options from a command's table. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "parse.h"

struct parser {
	const struct cli_command *command;
	char **argv;
	int argc, at;
	unsigned char *values;
	uint64_t given; /* options met, by place in the table */
	char shown[40]; /* the option at hand, as written without its value */
};

static enum cli_exit bad_value(const struct parser *p, const char *value, const char *want)
{
	return cli_fail(CLI_USAGE, "%s: %s takes %s, not '%s'", p->command->name, p->shown, want,
			value);
}

/* Bounds are told with the value, so that the line suffices to mend it. */
static enum cli_exit take_number(const struct parser *p, const struct cli_option *o,
				 const char *value, struct cli_number *out)
{
	if (!parse_number(value, o->type == CLI_SIZE ? 1024 : 1000, &out->value))
		return bad_value(p, value, "a number (K, M and G are understood)");
	if (out->value < o->min || (o->max && out->value > o->max)) {
		if (o->max)
			return cli_fail(CLI_USAGE, "%s: %s: %s is not within %llu..%llu",
					p->command->name, p->shown, value,
					(unsigned long long)o->min, (unsigned long long)o->max);
		return cli_fail(CLI_USAGE, "%s: %s: %s is less than %llu", p->command->name,
				p->shown, value, (unsigned long long)o->min);
	}
	out->given = true;
	return CLI_OK;
}

static enum cli_exit take_range(const struct parser *p, const char *value, struct cli_range *out)
{
	const char *dots = strstr(value, "..");
	char *first = dots ? strndup(value, (size_t)(dots - value)) : NULL;
	bool fine;

	if (dots && !first)
		return cli_no_memory();
	fine = dots && parse_number(first, 1000, &out->first) &&
	       parse_number(dots + 2, 1000, &out->last) && out->first <= out->last;
	free(first);
	if (!fine)
		return bad_value(p, value, "FIRST..LAST, two numbers in ascending order");
	out->given = true;
	return CLI_OK;
}

static enum cli_exit take_choice(const struct cli_option *o, const char *value,
				 struct cli_number *out)
{
	for (size_t i = 0; o->choices[i]; i++) {
		if (strcmp(o->choices[i], value) == 0) {
			*out = (struct cli_number){true, i};
			return CLI_OK;
		}
	}
	return cli_unknown(o->name, value, o->choices);
}

static enum cli_exit take_listed(const struct parser *p, const char *value, struct cli_list *out)
{
	if (out->count == CLI_LIST_MAX)
		return cli_fail(CLI_USAGE, "%s: %s is given more than %u times", p->command->name,
				p->shown, CLI_LIST_MAX);
	out->v[out->count++] = value;
	return CLI_OK;
}

/* Stores where the table says; the type of the member follows from that of the option. */
static enum cli_exit take_value(const struct parser *p, const struct cli_option *o,
				const char *value)
{
	void *to = p->values + o->offset;

	switch (o->type) {
	case CLI_FLAG:
		*(bool *)to = true;
		return CLI_OK;
	case CLI_COUNT:
	case CLI_SIZE:
		return take_number(p, o, value, to);
	case CLI_RANGE:
		return take_range(p, value, to);
	case CLI_CHOICE:
		return take_choice(o, value, to);
	case CLI_LIST:
		return take_listed(p, value, to);
	case CLI_TEXT:
	case CLI_OPTIONAL:
		*(struct cli_text *)to = (struct cli_text){true, value};
		return CLI_OK;
	}
	return CLI_OK;
}

/* An option given twice is a mistake in a script more often than an override. */
static enum cli_exit take(struct parser *p, const struct cli_option *o, const char *value)
{
	size_t place = (size_t)(o - p->command->options);

	if (o->type != CLI_LIST && p->given >> place & 1)
		return cli_fail(CLI_USAGE, "%s: %s is given twice", p->command->name, p->shown);
	p->given |= 1ull << place;
	if (o->type == CLI_FLAG && value)
		return cli_fail(CLI_USAGE, "%s: %s takes no value", p->command->name, p->shown);
	if (o->type != CLI_FLAG && o->type != CLI_OPTIONAL && !value) {
		if (p->at >= p->argc)
			return cli_fail(CLI_USAGE, "%s: %s needs %s behind it", p->command->name,
					p->shown, o->argument);
		value = p->argv[p->at++];
	}
	return take_value(p, o, value);
}

static enum cli_exit unknown_option(const struct parser *p, const char *name)
{
	const char *names[64] = {"help"};
	size_t count = 1;

	for (const struct cli_option *o = p->command->options; o->name && count < 63; o++)
		names[count++] = o->name;
	return cli_unknown("option", name, names);
}

/* argument: "--name" or "--name=value" */
static enum cli_exit take_long(struct parser *p, const char *argument, bool *help)
{
	const char *name = argument + 2;
	size_t length = strcspn(name, "=");

	snprintf(p->shown, sizeof(p->shown), "%.*s", (int)(length + 2), argument);
	if (length == 4 && strcmp(name, "help") == 0) {
		*help = true;
		return CLI_OK;
	}
	for (const struct cli_option *o = p->command->options; o->name; o++)
		if (strlen(o->name) == length && strncmp(o->name, name, length) == 0)
			return take(p, o, name[length] ? name + length + 1 : NULL);
	return unknown_option(p, p->shown + 2);
}

static const struct cli_option *find_letter(const struct cli_command *command, char letter)
{
	for (const struct cli_option *o = command->options; o->name; o++)
		if (o->letter == letter)
			return o;
	return NULL;
}

/* argument: "-abc", where all but the last are flags; the last may have its value attached */
static enum cli_exit take_letters(struct parser *p, const char *argument, bool *help)
{
	for (const char *at = argument + 1; *at; at++) {
		const struct cli_option *o = find_letter(p->command, *at);
		enum cli_exit status;

		snprintf(p->shown, sizeof(p->shown), "-%c", *at);
		if (!o && *at == 'h') {
			*help = true;
			return CLI_OK;
		}
		if (!o)
			return cli_fail(CLI_USAGE, "%s: unknown option '%s' (see nvsim %s --help)",
					p->command->name, p->shown, p->command->name);
		if (o->type != CLI_FLAG)
			return take(p, o, at[1] ? at + 1 : NULL);
		status = take(p, o, NULL);
		if (status)
			return status;
	}
	return CLI_OK;
}

/* What can only be known at the end: arguments and options that have to be there. */
static enum cli_exit check_complete(const struct parser *p, unsigned int arg_count)
{
	const struct cli_command *c = p->command;

	if (arg_count < c->args_min)
		return cli_fail(CLI_USAGE, "%s: %s is missing (see nvsim %s --help)", c->name,
				c->arguments, c->name);
	if (arg_count > c->args_max)
		return cli_fail(CLI_USAGE, "%s: too many arguments: it takes %s", c->name,
				c->args_max ? c->arguments : "none");
	for (const struct cli_option *o = c->options; o->name; o++)
		if (o->required && !(p->given >> (o - c->options) & 1))
			return cli_fail(CLI_USAGE, "%s: --%s %s is missing", c->name, o->name,
					o->argument);
	return CLI_OK;
}

/* ---- what is read is not written ---- */

static bool is_written(const struct cli_option *o)
{
	return o->type == CLI_OPTIONAL || o->written;
}

/* "-" is standard input. */
static bool is_same_file(const struct stat *written, const char *input)
{
	struct stat st;
	int failed = strcmp(input, "-") ? stat(input, &st) : fstat(STDIN_FILENO, &st);

	return !failed && st.st_dev == written->st_dev && st.st_ino == written->st_ino;
}

static bool is_in_list(const struct parser *p, const struct cli_option *o,
		       const struct stat *written)
{
	const struct cli_list *list = (const void *)(p->values + o->offset);

	for (unsigned int i = 0; i < list->count; i++)
		if (is_same_file(written, list->v[i]))
			return true;
	return false;
}

/* Whether the file is an argument, or what an option reads. */
static bool is_input(const struct parser *p, const struct stat *written, const char **args,
		     unsigned int arg_count)
{
	for (unsigned int i = 0; i < arg_count; i++)
		if (is_same_file(written, args[i]))
			return true;
	for (const struct cli_option *o = p->command->options; o->name; o++) {
		const struct cli_text *text = (const void *)(p->values + o->offset);

		if (o->type == CLI_TEXT && !is_written(o) && text->given &&
		    is_same_file(written, text->value))
			return true;
		if (o->type == CLI_LIST && strcmp(o->argument, "FILE") == 0 &&
		    is_in_list(p, o, written))
			return true;
	}
	return false;
}

/* A result would take the place of what it was made of. */
static enum cli_exit check_outputs(const struct parser *p, const char **args,
				   unsigned int arg_count)
{
	for (const struct cli_option *o = p->command->options; o->name; o++) {
		const struct cli_text *text = (const void *)(p->values + o->offset);
		struct stat st;

		if (!is_written(o) || !text->value || strcmp(text->value, "-") == 0)
			continue;
		if (stat(text->value, &st) == 0 && S_ISREG(st.st_mode) &&
		    is_input(p, &st, args, arg_count))
			return cli_fail(CLI_USAGE, "%s: --%s: %s is read, and cannot be written",
					p->command->name, o->name, text->value);
	}
	return CLI_OK;
}

/* Options may follow arguments; "-" is an argument, and all behind "--" is. */
enum cli_exit cli_parse(const struct cli_command *command, int argc, char **argv, void *values,
			const char **args, unsigned int *arg_count, bool *help)
{
	struct parser p = {.command = command, .argv = argv, .argc = argc, .values = values};
	bool options = true;
	enum cli_exit status;

	*arg_count = 0;
	while (p.at < argc) {
		const char *a = argv[p.at++];

		status = CLI_OK;
		if (options && strcmp(a, "--") == 0)
			options = false;
		else if (options && a[0] == '-' && a[1] == '-')
			status = take_long(&p, a, help);
		else if (options && a[0] == '-' && a[1])
			status = take_letters(&p, a, help);
		else
			args[(*arg_count)++] = a;
		if (status || *help)
			return status;
	}
	status = check_complete(&p, *arg_count);
	return status ? status : check_outputs(&p, args, *arg_count);
}
