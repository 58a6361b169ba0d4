/* SPDX-License-Identifier: GPL-2.0-only */
/* Help, made of the tables of commands and options. */
#include <string.h>

#include "cli.h"
#include "text.h"

#define NAME_WIDTH 26

static void print_table(FILE *out, const struct cli_command *const *table)
{
	for (; *table; table++)
		fprintf(out, "  %-10s %s\n", cli_own_name(*table), (*table)->summary);
}

/* The three lines that most people come for stand before the list. */
void cli_help(FILE *out)
{
	fputs("nvsim replays recorded stage-2 faults of nested arm64 guests through a shadow\n"
	      "stage-2 fault handler, and measures what the handler does.\n\n"
	      "  nvsim replay trace.zst          what the handler does with a trace\n"
	      "  nvsim import -o t.zst gt.dat    make a trace of a recording\n"
	      "  nvsim verify t.zst              compare with what the recorded KVM did\n\n"
	      "Commands:\n",
	      out);
	print_table(out, cli_commands);
	fputs("\nnvsim help COMMAND tells more of one; nvsim --version tells the version.\n"
	      "nvsim --memory SIZE COMMAND... takes up to SIZE of memory (8G) where an input asks\n"
	      "for that; beyond, the input is refused.\n"
	      "Exit status: 0 fine, 1 findings, 2 usage, 3 unreadable or corrupt input,\n"
	      "4 environment (output cannot be written, no memory).\n",
	      out);
}

/* Long names push their text to the next line instead of the column to the right. */
static void print_option(FILE *out, const struct cli_option *o)
{
	char text[64] = "";
	const char *open = "", *close = "";
	int used;

	if (o->argument) {
		open = o->type == CLI_OPTIONAL ? "[=" : " ";
		close = o->type == CLI_OPTIONAL ? "]" : "";
	}
	snprintf(text, sizeof(text), "--%s%s%s%s", o->name, open, o->argument ? o->argument : "",
		 close);
	if (o->letter)
		used = fprintf(out, "  -%c, %s", o->letter, text);
	else
		used = fprintf(out, "      %s", text);
	if (used >= NAME_WIDTH) {
		fputc('\n', out);
		used = 0;
	}
	text_wrap(out, o->help, NAME_WIDTH, used);
}

/* Examples first: they answer most questions without the options below. */
void cli_help_command(FILE *out, const struct cli_command *command)
{
	static const struct cli_option help = {
		.letter = 'h', .name = "help", .type = CLI_FLAG, .help = "this text"};
	int width = 0;

	for (size_t i = 0; i < CLI_EXAMPLES; i++)
		if ((int)strlen(command->examples[i].line) > width)
			width = (int)strlen(command->examples[i].line);
	for (size_t i = 0; i < CLI_EXAMPLES; i++)
		fprintf(out, "  %-*s  %s\n", width, command->examples[i].line,
			command->examples[i].what);
	fprintf(out, "\nUsage: nvsim %s %s%s%s\n\n", command->name,
		command->verbs ? "VERB" : "[OPTION...]", *command->arguments ? " " : "",
		command->arguments);
	text_wrap(out, command->about, 0, 0);
	fputc('\n', out);
	if (command->verbs) {
		fputs("Verbs:\n", out);
		print_table(out, command->verbs);
		fprintf(out, "\nnvsim help %s VERB tells more of one.\n", command->name);
		return;
	}
	for (const struct cli_option *o = command->options; o->name; o++)
		print_option(out, o);
	print_option(out, &help);
}
