/* SPDX-License-Identifier: GPL-2.0-only */
/* The options --symbols and --slide: functions of L2 that fault. */
#ifndef NVSIM_CLI_L2_SYMBOLS_H
#define NVSIM_CLI_L2_SYMBOLS_H

#include "cli.h"
#include "functions.h"

#define L2_SYMBOLS_HELP                                                                            \
	"which functions of L2 fault most: FILE is its vmlinux, System.map or /proc/kallsyms"
#define L2_SLIDE_HELP                                                                              \
	"L2's kernel runs BYTES (0x...) above the addresses in FILE, as KASLR has it; below "      \
	"them: "                                                                                   \
	"two's complement"
struct l2_symbols_options {
	struct cli_text file;
	struct cli_number slide;
};

struct l2_symbols {
	struct symbols *symbols; /* NULL: none were given */
	struct functions functions;
};

/* Before the trace is opened: of both on standard input only one could be read. */
enum cli_exit l2_symbols_read(struct l2_symbols *l2, const struct l2_symbols_options *o,
			      const char *command, const char *trace);
/* For a replay; NULL: none were given. */
struct functions *l2_symbols_functions(struct l2_symbols *l2);
/* Once there are no more faults. */
enum cli_exit l2_symbols_finish(struct l2_symbols *l2, const struct l2_symbols_options *o,
				bool hash);
void l2_symbols_free(struct l2_symbols *l2);

#endif
