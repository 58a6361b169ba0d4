/* SPDX-License-Identifier: GPL-2.0-only */
/* What is made of a run at EL2: JSON, a report of one screen, and an exit status. */
#ifndef NVSIM_CLI_HW_RESULT_H
#define NVSIM_CLI_HW_RESULT_H

#include "cli.h"
#include "collect.h"

struct hw_show {
	const char *source; /* of the frames, for messages: a file, or a board */
	const char *trace;  /* path of the trace on this host; NULL: not at hand */
	struct cli_text json;
	bool quiet;
	bool emulated; /* it is known here that an emulator ran it */
};

/*
 * Judges the run and shows it. CLI_INPUT: no frames, no end, or the image refused its blob;
 * CLI_ENVIRONMENT: it could not run there, or was built from another handler than this
 * program; CLI_FINDINGS: findings, or other decisions than a replay of the trace here makes.
 */
enum cli_exit hw_show(const struct hw_run *run, const struct hw_show *how);

#endif
