/* SPDX-License-Identifier: GPL-2.0-only */
/* Manual pages, in mdoc. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "manual.h"

/* A word of plain text: what roff takes for its own is escaped, and a dash stays one. */
static void put_word(FILE *out, const char *word, size_t length, bool first)
{
	if (first && (word[0] == '.' || word[0] == '\''))
		fputs("\\&", out);
	for (size_t i = 0; i < length; i++) {
		if (word[i] == '\\')
			fputs("\\e", out);
		else if (word[i] == '-')
			fputs("\\-", out);
		else if (word[i] == '~')
			fputs("\\ ", out);
		else
			fputc(word[i], out);
	}
}

static bool ends_sentence(const char *word, size_t length)
{
	return length && strchr(".:", word[length - 1]);
}

/* Words in lines that a person can read, too; a sentence begins on a line of its own. */
static void put_text(FILE *out, const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t length = strcspn(text, " ");

		if (column && column + length > 70) {
			fputc('\n', out);
			column = 0;
		}
		if (column)
			fputc(' ', out);
		put_word(out, text, length, !column);
		column += length + 1;
		if (ends_sentence(text, length) && text[length]) {
			fputc('\n', out);
			column = 0;
		}
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void put_head(FILE *out, const char *name, const char *released)
{
	fprintf(out, ".\\\" SPDX-License-Identifier: GPL-2.0-only\n.Dd %s\n.Dt ", released);
	for (; *name; name++)
		fputc(toupper((unsigned char)*name), out);
	fprintf(out, " 1\n.Os nvsim %s\n.Sh NAME\n", cli_build.version);
}

/* What a command uses that no table of options tells of; NULL: the program's page. */
struct used {
	const char *command, *name, *what;
};

static const struct used variables[] = {
	{NULL, "TMPDIR", "where temporary files go that are not beside an output; /tmp by default"},
	{"record", "TMPDIR", "where a trace is kept until it is written to standard output"},
	{"hw run", "TMPDIR", "where QEMU is given the image"},
	{"bench", "TMPDIR", "where traces are made up"},
	{"bench", "NVSIM_BENCH_DAT", "the trace-cmd file to import, if --dat names none"},
	{0},
};

/* As seen from the folder that nvsim is in. */
static const struct used files[] = {
	{NULL, "share/nvsim/samples", "small recordings, and what each of them shows"},
	{NULL, "share/doc/nvsim/doc/README.md",
	 "what there is to read, the format of traces among it"},
	{"hw run", "lib/nvsim/hwrun/boards", "a file for each board"},
	{"hw run", "lib/nvsim/hwrun/nvsim-el2.elf", "the image for EL2, if it was built"},
	{"hw pack", "lib/nvsim/hwrun/nvsim-el2.elf", "the image for EL2, if it was built"},
	{"bench", "lib/nvsim/bench", "bundled recordings, and figures to compare with"},
	{0},
};

static const char files_lead[] = ".Sh FILES\nAs seen from the folder that\n.Nm nvsim\nis in:\n";

static bool is_of(const struct used *u, const char *command)
{
	return command && u->command ? !strcmp(u->command, command) : command == u->command;
}

/* `lead`: what begins a section that is not empty. */
static void put_used(FILE *out, const char *lead, const char *macro, const char *prefix,
		     const struct used *table, const char *command)
{
	bool open = false;

	for (; table->name; table++) {
		if (!is_of(table, command))
			continue;
		if (!open)
			fprintf(out, "%s.Bl -tag -width Ds\n", lead);
		open = true;
		fprintf(out, ".It %s %s%s\n", macro, prefix, table->name);
		put_text(out, table->what);
	}
	if (open)
		fputs(".El\n", out);
}

/* The same for all of them; the table of statuses is that of enum cli_exit. */
static void put_tail(FILE *out)
{
	fputs(".Sh EXIT STATUS\n"
	      ".Bl -tag -width Ds\n"
	      ".It 0\nfine\n"
	      ".It 1\nfindings: a mismatch, a failed vector, a rule that is broken\n"
	      ".It 2\nusage: the command line is wrong\n"
	      ".It 3\nthe input is unreadable or corrupt\n"
	      ".It 4\nenvironment: output cannot be written, no memory\n"
	      ".El\n",
	      out);
}

/* Of a command "hw run" the page is nvsim-hw-run(1). */
static void put_page_name(FILE *out, const char *command)
{
	fputs("nvsim-", out);
	for (; *command; command++)
		fputc(*command == ' ' ? '-' : *command, out);
}

static void put_option(FILE *out, const struct cli_option *o)
{
	if (o->letter) {
		fprintf(out, ".It Fl %c", o->letter);
		if (manual_has_word(o))
			fprintf(out, " Ar %s", o->argument);
		fputs(" , ", out);
	} else {
		fputs(".It ", out);
	}
	fputs("Fl \\-", out);
	put_word(out, o->name, strlen(o->name), false);
	if (manual_has_word(o))
		fprintf(out, " Ar %s", o->argument);
	else if (o->type == CLI_OPTIONAL)
		fprintf(out, " Ns Oo Ns = Ns Ar %s Oc", o->argument);
	fputc('\n', out);
	put_text(out, o->help);
}

/* What has to be given stands in the synopsis. */
static void put_required(FILE *out, const struct cli_command *command)
{
	for (const struct cli_option *o = command->options; o && o->name; o++)
		if (o->required)
			fprintf(out, ".Fl %c Ar %s\n", o->letter, o->argument);
}

static void put_choices(FILE *out, const struct cli_option *o)
{
	struct manual_value v = manual_value_of(o);

	if (!v.words[0])
		return;
	fputs(".Pp\nOne of:\n", out);
	for (size_t i = 0; v.words[i]; i++) {
		fputs(".Cm ", out);
		put_word(out, v.words[i], strlen(v.words[i]), true);
		fputs(v.words[i + 1] ? " ,\n" : " .\n", out);
	}
}

static void put_options(FILE *out, const struct cli_command *command)
{
	fputs(".Pp\nThe options are:\n.Bl -tag -width Ds\n", out);
	for (const struct cli_option *o = command->options; o->name; o++) {
		put_option(out, o);
		if (o->type == CLI_CHOICE)
			put_choices(out, o);
	}
	fputs(".It Fl h , Fl \\-help\nexamples, usage and options\n.El\n", out);
}

static void put_examples(FILE *out, const struct cli_command *command)
{
	fputs(".Sh EXAMPLES\n.Bl -tag -width Ds\n", out);
	for (size_t i = 0; i < CLI_EXAMPLES; i++) {
		fputs(".It Li \"", out);
		put_word(out, command->examples[i].line, strlen(command->examples[i].line), false);
		fputs("\"\n", out);
		put_text(out, command->examples[i].what);
	}
	fputs(".El\n", out);
}

static void put_verbs(FILE *out, const struct cli_command *const *table)
{
	fputs(".Bl -tag -width Ds\n", out);
	for (; *table; table++) {
		fputs(".It Xr ", out);
		put_page_name(out, (*table)->name);
		fputs(" 1\n", out);
		put_text(out, (*table)->summary);
	}
	fputs(".El\n", out);
}

static bool mentions(const char *text, const char *command)
{
	size_t length = strlen(command);

	while ((text = strstr(text, "nvsim ")) != NULL) {
		text += strlen("nvsim ");
		if (!strncmp(text, command, length) && !isalnum((unsigned char)text[length]))
			return true;
	}
	return false;
}

/* Whether help of the one leads to the other. */
static bool leads_to(const struct cli_command *c, const struct cli_command *other)
{
	bool found = mentions(c->about, other->name);

	for (size_t i = 0; i < CLI_EXAMPLES; i++)
		found |= mentions(c->examples[i].line, other->name);
	for (const struct cli_option *o = c->options; o && o->name; o++)
		found |= mentions(o->help, other->name);
	return found && c != other;
}

static int by_name(const void *a, const void *b)
{
	const struct cli_command *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void put_see_also(FILE *out, const struct cli_command *command)
{
	const struct cli_command *others[32] = {NULL};
	size_t count = 0;

	for (size_t i = 0; cli_commands[i] && count < 32; i++)
		if (leads_to(command, cli_commands[i]))
			others[count++] = cli_commands[i];
	qsort(others, count, sizeof(others[0]), by_name);
	fputs(".Sh SEE ALSO\n.Xr nvsim 1", out);
	for (size_t i = 0; i < count; i++) {
		fputs(" ,\n.Xr ", out);
		put_page_name(out, others[i]->name);
		fputs(" 1", out);
	}
	fputc('\n', out);
}

void man_command(FILE *out, const struct cli_command *command, const char *released)
{
	char name[64] = "nvsim-";

	for (const char *at = command->name; *at && strlen(name) + 1 < sizeof(name); at++)
		name[strlen(name)] = *at == ' ' ? '-' : *at;
	put_head(out, name, released);
	fprintf(out, ".Nm %s\n.Nd ", name);
	put_text(out, command->summary);
	fprintf(out, ".Sh SYNOPSIS\n.Nm nvsim %s\n", command->name);
	put_required(out, command);
	fputs(command->verbs ? ".Ar VERB\n" : ".Op Ar OPTION ...\n", out);
	if (*command->arguments) {
		fputs(".Ar ", out);
		put_word(out, command->arguments, strlen(command->arguments), true);
		fputc('\n', out);
	}
	fputs(".Sh DESCRIPTION\n", out);
	put_text(out, command->about);
	if (command->verbs)
		put_verbs(out, command->verbs);
	else
		put_options(out, command);
	put_used(out, ".Sh ENVIRONMENT\n", "Ev", "", variables, command->name);
	put_used(out, files_lead, "Pa", "../", files, command->name);
	put_tail(out);
	put_examples(out, command);
	put_see_also(out, command);
}

void man_program(FILE *out, const char *released)
{
	put_head(out, "nvsim", released);
	fputs(".Nm nvsim\n"
	      ".Nd replays recorded stage\\-2 faults of nested arm64 guests\n"
	      ".Sh SYNOPSIS\n.Nm\n.Op Fl \\-memory Ar SIZE\n.Ar COMMAND\n.Op Ar ARGUMENT ...\n"
	      ".Nm\n.Cm help\n.Op Ar COMMAND\n.Nm\n.Fl \\-version\n"
	      ".Sh DESCRIPTION\n"
	      "When a guest hypervisor (L1) runs a guest of its own (L2), the hardware\n"
	      "translates L2 with a table that the host (L0) makes of L1's table and of its\n"
	      "own memory.\n"
	      ".Nm\n"
	      "replays recorded faults through the handler that fills this table, and\n"
	      "measures how deep it walks, how often it injects, how large it maps, and what\n"
	      "kept it from mapping more.\n"
	      ".Pp\n"
	      "The file name\n.Sq \\-\nis standard input or output.\n"
	      "No output takes the place of a file that the same command reads.\n"
	      ".Pp\n"
	      "An input that needs more memory than\n.Ar SIZE\n(8G) is refused.\n"
	      ".Pp\n"
	      "The commands are:\n",
	      out);
	put_verbs(out, cli_commands);
	put_used(out, ".Sh ENVIRONMENT\n", "Ev", "", variables, NULL);
	put_used(out, files_lead, "Pa", "../", files, NULL);
	put_tail(out);
}
