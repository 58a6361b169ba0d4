/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Manual pages and completions, made of the tables that parsing and --help go by: what one of them
 * says, all say. A program of its own makes them when nvsim is installed.
 */
#ifndef NVSIM_MANUAL_MANUAL_H
#define NVSIM_MANUAL_MANUAL_H

#include <stdio.h>

#include "cli.h"

/* `released` is the date of .Dd, "December 1, 2026". */
void man_program(FILE *out, const char *released);
void man_command(FILE *out, const struct cli_command *command, const char *released);

void complete_bash(FILE *out);
void complete_zsh(FILE *out);
void complete_fish(FILE *out);

/* Commands that have options, verbs among them, in the order of help. */
typedef void manual_command_fn(FILE *out, const struct cli_command *command);
void manual_each_command(FILE *out, manual_command_fn *fn);

/* What may stand behind an option: words, or where there are none a file, a folder or anything. */
#define MANUAL_WORDS 40
struct manual_value {
	const char *words[MANUAL_WORDS]; /* the first NULL ends them */
	bool file, folder;
};
struct manual_value manual_value_of(const struct cli_option *o);
/* The same of a command's arguments: of the first, or where usage says so of all. */
struct manual_value manual_value_of_argument(const struct cli_command *c);
/* The option has a value behind it, as a word of its own. */
bool manual_has_word(const struct cli_option *o);

#endif
