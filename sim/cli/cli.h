/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command nvsim: commands, their options and what they share. A command
 * is a row of the table in main.c and a file cmd_NAME.c; its option table
 * drives parsing, validation and help.
 */
#ifndef NVSIM_CLI_CLI_H
#define NVSIM_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "show.h"
#include "trace.h"

enum cli_exit {
	CLI_OK = 0,
	CLI_FINDINGS = 1, /* mismatches, failed vectors */
	CLI_USAGE = 2,
	CLI_INPUT = 3,	     /* unreadable or corrupt input */
	CLI_ENVIRONMENT = 4, /* cannot write, no memory */
};

/* ---- options ---- */

enum cli_type {
	CLI_FLAG,     /* bool */
	CLI_COUNT,    /* struct cli_number; K, M, G are powers of 1000 */
	CLI_SIZE,     /* struct cli_number; K, M, G are powers of 1024 */
	CLI_RANGE,    /* struct cli_range; N..M, both included */
	CLI_TEXT,     /* struct cli_text */
	CLI_OPTIONAL, /* struct cli_text; --name or --name=TEXT, value NULL without */
	CLI_CHOICE,   /* struct cli_number: the place in `choices` */
	CLI_LIST,     /* struct cli_list: a text each time it is given */
};

struct cli_number {
	bool given;
	uint64_t value;
};
struct cli_range {
	bool given;
	uint64_t first, last;
};
struct cli_text {
	bool given;
	const char *value;
};

#define CLI_LIST_MAX 64u
struct cli_list {
	unsigned int count;
	const char *v[CLI_LIST_MAX];
};

struct cli_option {
	char letter; /* 0: none */
	const char *name;
	const char *argument; /* as help shows it; NULL for a flag */
	enum cli_type type;
	size_t offset; /* of the value in the command's options */
	const char *help;
	uint64_t min, max;	    /* COUNT, SIZE; max 0: no bound */
	const char *const *choices; /* CHOICE: ends with NULL */
	bool required;
	bool written; /* TEXT: a file that the command writes, as that of every OPTIONAL is */
};

struct cli_args {
	const char *const *v;
	unsigned int count;
};

#define CLI_EXAMPLES 3
struct cli_command {
	const char *name;      /* a verb's is that of its command, a blank, and its own */
	const char *arguments; /* as usage shows them */
	const char *summary;
	const char *about; /* a paragraph for --help */
	/* Commands below this one, as in cli_commands; it has nothing but them then. */
	const struct cli_command *const *verbs;
	struct cli_example {
		const char *line, *what;
	} examples[CLI_EXAMPLES];
	const struct cli_option *options; /* the one without a name ends them */
	void (*prepare)(void); /* makes the options, where a library has a table of its own */
	size_t options_size;   /* of the structure that holds their values */
	unsigned int args_min, args_max;
	enum cli_exit (*run)(const void *options, const struct cli_args *args);
};

extern const struct cli_command cli_replay, cli_compare, cli_check, cli_verify, cli_info,
	cli_import, cli_record, cli_gen, cli_sweep, cli_vectors, cli_policies, cli_metrics, cli_hw,
	cli_report, cli_plot, cli_bench;

/* The table of commands, in the order of help; ends with NULL. */
extern const struct cli_command *const cli_commands[];
/* The name behind that of the command above it. */
const char *cli_own_name(const struct cli_command *command);

/*
 * Parses argv behind the command's name: options go to `values`, zeroed by the
 * caller, the rest to args, whose array has room for argc. *help: --help was
 * met, nothing else counts. On failure the line is printed.
 */
enum cli_exit cli_parse(const struct cli_command *command, int argc, char **argv, void *values,
			const char **args, unsigned int *arg_count, bool *help);

/* Runs what argv[1..argc) names. Options before the command are the program's own. */
enum cli_exit cli_dispatch(int argc, char **argv);

void cli_help(FILE *out);
void cli_help_command(FILE *out, const struct cli_command *command);

/* ---- messages ---- */

/* Prints "nvsim: ..." as one line on stderr, escapes made harmless, and returns `status`. */
enum cli_exit cli_fail(enum cli_exit status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same for an error of the trace library. */
enum cli_exit cli_fail_trace(const struct nvt_error *err);
/* Status 3 where it was nvsim --memory that is used up: then the input is too large. */
enum cli_exit cli_no_memory(void);

/* "unknown WHAT 'NAME'", with the nearest of `names` (ends with NULL) where one is near. */
enum cli_exit cli_unknown(const char *what, const char *name, const char *const *names);

/* Prints text from a trace: what a terminal could take as a command is escaped. */
void cli_print_text(FILE *out, const char *text);
/* The same for its first `size` bytes, which end with a character. */
void cli_print_part(FILE *out, const char *text, size_t size);

/* ---- numbers for people; each fills and returns buf ---- */

#define CLI_NUMBER_SIZE SHOW_NUMBER
static inline char *cli_count(char buf[CLI_NUMBER_SIZE], uint64_t n)
{
	return show_count(buf, n);
}
static inline char *cli_bytes(char buf[CLI_NUMBER_SIZE], uint64_t n)
{
	return show_bytes(buf, n);
}
static inline char *cli_percent(char buf[CLI_NUMBER_SIZE], double share)
{
	return show_percent(buf, share);
}

/* ---- output files ---- */

/* A file that gets its name when it is complete; "-" or NULL is standard output. */
struct cli_output {
	FILE *file;
	const char *path;
	char *temporary; /* NULL: written in place */
};
enum cli_exit cli_output_open(struct cli_output *out, const char *path);
/* Puts the file in place, or reports why it cannot be. */
enum cli_exit cli_output_close(struct cli_output *out);
/* Removes what was written. */
void cli_output_abandon(struct cli_output *out);
/* Flushes standard output: every command's last word. */
enum cli_exit cli_finish_stdout(void);

/* ---- progress, on a terminal only ---- */

struct cli_progress {
	bool shown;
	bool drawn;
	const char *unit;
	uint64_t start_ns, next_ns;
};
void cli_progress_start(struct cli_progress *p, bool quiet, const char *unit);
/* total 0: not known. Cheap enough to be called for every block. */
void cli_progress_update(struct cli_progress *p, uint64_t done, uint64_t total);
void cli_progress_end(struct cli_progress *p);

#endif
