/* SPDX-License-Identifier: GPL-2.0-only */
/* Completions for three shells. */
#include <string.h>

#include "manual.h"

static const char licence[] = "SPDX-License-Identifier: GPL-2.0-only";

static void put_words(FILE *out, const struct manual_value *v)
{
	for (size_t i = 0; v->words[i]; i++)
		fprintf(out, "%s%s", i ? " " : "", v->words[i]);
}

static void put_names(FILE *out, const struct cli_command *const *table)
{
	for (; *table; table++)
		fprintf(out, "%s ", cli_own_name(*table));
}

/* ---- bash ---- */

/* What follows an option: a branch for each of those that have a word behind them. */
static void bash_values(FILE *out, const struct cli_command *c)
{
	for (const struct cli_option *o = c->options; o->name; o++) {
		struct manual_value v = manual_value_of(o);

		if (!manual_has_word(o))
			continue;
		fprintf(out, "\t'%s --%s'", c->name, o->name);
		if (o->letter)
			fprintf(out, " | '%s -%c'", c->name, o->letter);
		fputs(") ", out);
		if (v.words[0]) {
			fputs("words='", out);
			put_words(out, &v);
			fputs("' ;;\n", out);
		} else {
			fprintf(out, "files=%s ;;\n", v.file ? "-f" : v.folder ? "-d" : "");
		}
	}
}

static void bash_options(FILE *out, const struct cli_command *c)
{
	struct manual_value v = manual_value_of_argument(c);

	fprintf(out, "\t'%s') options='", c->name);
	for (const struct cli_option *o = c->options; o->name; o++)
		fprintf(out, "--%s ", o->name);
	fputs("--help'", out);
	if (v.words[0]) {
		fputs(" names='", out);
		put_words(out, &v);
		fputc('\'', out);
	} else if (!v.file) {
		fputs(" files=", out);
	}
	fputs(" ;;\n", out);
}

static void bash_verbs(FILE *out, const struct cli_command *c)
{
	if (!c->verbs)
		return;
	fprintf(out, "\t'%s') words='", c->name);
	put_names(out, c->verbs);
	fputs("' ;;\n", out);
}

static void bash_groups(FILE *out, void (*fn)(FILE *, const struct cli_command *))
{
	for (const struct cli_command *const *c = cli_commands; *c; c++)
		fn(out, *c);
}

static void bash_is_group(FILE *out, const struct cli_command *c)
{
	if (c->verbs)
		fprintf(out, "%s ", c->name);
}

void complete_bash(FILE *out)
{
	fprintf(out, "# %s\n# nvsim: completion for bash\n", licence);
	fputs("_nvsim()\n{\n"
	      "\tlocal line=(\"${COMP_WORDS[@]}\") here=$COMP_CWORD skip=0\n"
	      "\tCOMPREPLY=()\n"
	      "\t# What comes before a command changes nothing of it.\n"
	      "\tcase ${line[1]} in\n"
	      "\t--memory) [ \"${line[2]}\" = = ] && skip=3 || skip=2 ;;\n"
	      "\thelp) skip=1 ;;\n"
	      "\tesac\n"
	      "\tif [ \"$here\" -gt \"$skip\" ]; then\n"
	      "\t\tline=(nvsim \"${line[@]:skip + 1}\") here=$((here - skip))\n"
	      "\telif [ \"$here\" -gt 1 ]; then\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tlocal cur=${line[here]} prev=${line[here - 1]}\n"
	      "\tlocal command=${line[1]} words= options= names= files=-f at=2 word\n"
	      "\t# Where '=' breaks words, --name=value is three.\n"
	      "\tif [ \"$cur\" = = ]; then\n"
	      "\t\tcur=\n"
	      "\telif [ \"$prev\" = = ] && [ \"$here\" -gt 3 ]; then\n"
	      "\t\tprev=${line[here - 2]}\n"
	      "\tfi\n"
	      "\tif [ \"$here\" -eq 1 ]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W '",
	      out);
	put_names(out, cli_commands);
	fputs("help --help --version --memory' -- \"$cur\"))\n\t\treturn\n\tfi\n\tcase ' ", out);
	bash_groups(out, bash_is_group);
	fputs("' in\n"
	      "\t*\" $command \"*)\n"
	      "\t\tif [ \"$here\" -gt 2 ]; then\n"
	      "\t\t\tcommand=\"$command ${line[2]}\" at=3\n"
	      "\t\tfi ;;\n"
	      "\tesac\n"
	      "\tcase $command in\n",
	      out);
	bash_groups(out, bash_verbs);
	manual_each_command(out, bash_options);
	/* Names of a first argument are no longer offered when there is one. */
	fputs("\tesac\n"
	      "\tfor word in \"${line[@]:at:here - at}\"; do\n"
	      "\t\t[[ \" $names \" != *\" $word \"* ]] || names=\n"
	      "\tdone\n"
	      "\tif [ \"$here\" -gt $at ]; then\n\tcase \"$command $prev\" in\n",
	      out);
	manual_each_command(out, bash_values);
	fputs("\tesac\n\tfi\n"
	      "\tif [ -n \"$words\" ]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	      "\telif [ \"${cur#-}\" != \"$cur\" ]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
	      "\telif [ -n \"$names\" ]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W \"$names\" -- \"$cur\"))\n"
	      "\telif [ -n \"$files\" ]; then\n"
	      "\t\tlocal IFS=$'\\n'\n"
	      "\t\tcompopt -o filenames 2>/dev/null\n"
	      "\t\tCOMPREPLY=($(compgen $files -- \"$cur\"))\n"
	      "\tfi\n"
	      "}\ncomplete -F _nvsim nvsim\n",
	      out);
}

/* ---- zsh ---- */

/* Within single quotes and the brackets of a specification. */
static void zsh_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else if (*text == '~')
			fputc(' ', out);
		else if (strchr("[]:\\", *text))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

static void zsh_option(FILE *out, const char *name, const struct cli_option *o)
{
	struct manual_value v = manual_value_of(o);

	fprintf(out, " \\\n\t\t'%s%s%s[", o->type == CLI_LIST ? "*" : "", name,
		o->type == CLI_OPTIONAL		       ? "=-"
		: name[1] == '-' && manual_has_word(o) ? "="
						       : "");
	zsh_text(out, o->help);
	fputc(']', out);
	if (o->type != CLI_FLAG) {
		fprintf(out, "%s:%s:", o->type == CLI_OPTIONAL ? ":" : "", o->argument);
		if (v.words[0]) {
			fputc('(', out);
			put_words(out, &v);
			fputc(')', out);
		} else if (v.file || v.folder) {
			fputs(v.file ? "_files" : "_files -/", out);
		}
	}
	fputc('\'', out);
}

static void zsh_command(FILE *out, const struct cli_command *c)
{
	struct manual_value argument = manual_value_of_argument(c);

	fprintf(out, "\t'%s')\n\t\t_arguments -S", c->name);
	for (const struct cli_option *o = c->options; o->name; o++) {
		char name[64] = {'-', o->letter};

		if (o->letter)
			zsh_option(out, name, o);
		snprintf(name, sizeof(name), "--%s", o->name);
		zsh_option(out, name, o);
	}
	fputs(" \\\n\t\t'--help[examples, usage and options]'", out);
	if (argument.words[0]) {
		fputs(" \\\n\t\t'1:name:(", out);
		put_words(out, &argument);
		fputs(")'", out);
	}
	fputs(argument.file ? " '*:file:_files' ;;\n" : " ;;\n", out);
}

static void zsh_table(FILE *out, const char *what, const struct cli_command *const *table)
{
	fprintf(out, "\t\tlocal -a names=(");
	for (; *table; table++) {
		fprintf(out, " \\\n\t\t\t'%s:", cli_own_name(*table));
		zsh_text(out, (*table)->summary);
		fputc('\'', out);
	}
	fprintf(out, ")\n\t\t_describe %s names ;;\n", what);
}

void complete_zsh(FILE *out)
{
	fprintf(out, "#compdef nvsim\n# %s\n", licence);
	fputs("_nvsim()\n{\n"
	      "\tif [[ ${words[2]} = --memory ]] && (( CURRENT > 3 )); then\n"
	      "\t\tshift 2 words\n\t\t(( CURRENT -= 2 ))\n"
	      "\telif [[ ${words[2]} = (--memory=*|help) ]] && (( CURRENT > 2 )); then\n"
	      "\t\tshift words\n\t\t(( CURRENT-- ))\n\tfi\n"
	      "\tlocal command=${words[2]}\n"
	      "\t(( CURRENT > 2 )) || command=\n",
	      out);
	for (const struct cli_command *const *c = cli_commands; *c; c++) {
		if (!(*c)->verbs)
			continue;
		fprintf(out,
			"\tif [[ $command = %s ]] && (( CURRENT > 3 )); then\n"
			"\t\tcommand=\"%s ${words[3]}\"\n"
			"\t\tshift words\n\t\t(( CURRENT-- ))\n\tfi\n",
			(*c)->name, (*c)->name);
	}
	fputs("\tcase $command in\n\t--memory) ;;\n\t'')\n"
	      "\t\tcompadd -- help --help --version --memory\n",
	      out);
	zsh_table(out, "command", cli_commands);
	for (const struct cli_command *const *c = cli_commands; *c; c++) {
		if (!(*c)->verbs)
			continue;
		fprintf(out, "\t'%s')\n", (*c)->name);
		zsh_table(out, "verb", (*c)->verbs);
	}
	fputs("\t*)\n\t\tshift words\n\t\t(( CURRENT-- ))\n\t\t_nvsim_options $command ;;\n"
	      "\tesac\n}\n\n_nvsim_options()\n{\n\tcase \"$*\" in\n",
	      out);
	manual_each_command(out, zsh_command);
	fputs("\tesac\n}\n\n_nvsim \"$@\"\n", out);
}

/* ---- fish ---- */

static void fish_text(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			fputc('\\', out);
		fputc(*text == '~' ? ' ' : *text, out);
	}
	fputc('\'', out);
}

/* A verb counts behind its command alone; `before`: as long as none of these words is there. */
static void fish_where(FILE *out, const struct cli_command *c, const struct manual_value *before)
{
	const char *own = cli_own_name(c);

	fputs("complete -c nvsim -n '", out);
	if (own != c->name)
		fprintf(out, "__fish_seen_subcommand_from %.*s; and ", (int)(own - c->name - 1),
			c->name);
	fprintf(out, "__fish_seen_subcommand_from %s", own);
	if (before) {
		fputs("; and not __fish_seen_subcommand_from ", out);
		put_words(out, before);
	}
	fputc('\'', out);
}

/* Until one is given, it is these and no file. */
static void fish_names(FILE *out, const struct cli_command *c)
{
	struct manual_value v = manual_value_of_argument(c);

	if (!v.words[0])
		return;
	fish_where(out, c, &v);
	fputs(" -f -a '", out);
	put_words(out, &v);
	fputs("'\n", out);
}

static void fish_command(FILE *out, const struct cli_command *c)
{
	fish_names(out, c);
	for (const struct cli_option *o = c->options; o->name; o++) {
		struct manual_value v = manual_value_of(o);

		fish_where(out, c, NULL);
		if (o->letter)
			fprintf(out, " -s %c", o->letter);
		fprintf(out, " -l %s", o->name);
		if (manual_has_word(o))
			fputs(v.file || v.folder ? " -r" : " -x", out);
		if (v.words[0]) {
			fputs(" -a '", out);
			put_words(out, &v);
			fputc('\'', out);
		}
		fputs(" -d ", out);
		fish_text(out, o->help);
		fputc('\n', out);
	}
}

static void fish_table(FILE *out, const char *where, const struct cli_command *const *table)
{
	for (; *table; table++) {
		fprintf(out, "complete -c nvsim -f -n '%s' -a %s -d ", where, cli_own_name(*table));
		fish_text(out, (*table)->summary);
		fputc('\n', out);
	}
}

/* Behind a command that has verbs, as long as there is none of them. */
static void name_verbs(char *where, size_t size, const struct cli_command *c)
{
	int used = snprintf(where, size,
			    "__fish_seen_subcommand_from %s; and not __fish_seen_subcommand_from",
			    c->name);

	for (size_t i = 0; c->verbs[i] && (size_t)used < size; i++)
		used += snprintf(where + used, size - (size_t)used, " %s",
				 cli_own_name(c->verbs[i]));
}

void complete_fish(FILE *out)
{
	char where[512];

	fprintf(out, "# %s\n# nvsim: completion for fish\n", licence);
	fish_table(out, "__fish_use_subcommand", cli_commands);
	fish_table(out, "__fish_seen_subcommand_from help", cli_commands);
	fputs("complete -c nvsim -n __fish_use_subcommand -x -l memory -d 'refuse inputs that "
	      "need more'\n"
	      "complete -c nvsim -n __fish_use_subcommand -l version -d 'version of nvsim'\n",
	      out);
	for (const struct cli_command *const *c = cli_commands; *c; c++) {
		if (!(*c)->verbs)
			continue;
		name_verbs(where, sizeof(where), *c);
		fish_table(out, where, (*c)->verbs);
	}
	manual_each_command(out, fish_command);
}
