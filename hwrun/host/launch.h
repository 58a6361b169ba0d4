/* SPDX-License-Identifier: GPL-2.0-only */
/* An emulator as a child: its console goes to a collector, lines are typed at its firmware. */
#ifndef NVSIM_HWRUN_LAUNCH_H
#define NVSIM_HWRUN_LAUNCH_H

#include <stdbool.h>
#include <stdio.h>

#include "collect.h"

struct hw_launch {
	char *const *argv;	 /* argv[0] is looked for in PATH; NULL ends them */
	unsigned int timeout_s;	 /* without a frame, it hangs */
	const char *stop;	 /* NULL, or what the console shows when a key stops it */
	const char *prompt;	 /* what it shows before each line to be typed */
	const char *const *type; /* lines; NULL ends them */
	struct hw_collect *collect;
	FILE *log; /* gets what the console says; may be NULL */
	/* Called when frames have come. */
	void (*step)(void *arg, const struct hw_run *run);
	void *arg;
};

enum hw_launched {
	HW_OVER,	/* the run ended, or was refused */
	HW_ENDED,	/* the child ended before the run did */
	HW_HUNG,	/* no frame for timeout_s */
	HW_NOT_STARTED, /* error: an errno value */
};

struct hw_launch_end {
	enum hw_launched how;
	int error;
	char said[512]; /* the last line of the child's standard error */
};

/* Starts the child, waits for the end of the run, and kills it. The child dies with its parent. */
struct hw_launch_end hw_launch(const struct hw_launch *launch);

/*
 * What a program prints on standard output, at most size - 1 bytes of it, with a NUL. HW_HUNG: it
 * has not ended in timeout_s.
 */
struct hw_launch_end hw_launch_read(char *const *argv, unsigned int timeout_s, char *text,
				    size_t size);

#endif
