/* SPDX-License-Identifier: GPL-2.0-only */
/* The command that is recorded: it waits until the recorder is ready. */
#ifndef NVSIM_RECORD_WORKLOAD_H
#define NVSIM_RECORD_WORKLOAD_H

#include <stdbool.h>
#include <sys/types.h>

#include "trace.h"

struct record_workload {
	pid_t pid;  /* 0: none */
	int go;	    /* closing it lets the command begin */
	int failed; /* an errno comes out of it where the command cannot be run */
	bool ended;
	int status; /* as waitpid gives it, or RECORD_RUNS_ON */
};

#define RECORD_RUNS_ON (-1) /* it has not ended, though it was asked to */

/* Where our standard output is closed at exec, the command has standard error in its place. */
enum nvt_status record_workload_fork(struct record_workload *w, const char *const *argv,
				     struct nvt_error *err);
enum nvt_status record_workload_start(struct record_workload *w, const char *name,
				      struct nvt_error *err);
/* Whether it has ended. */
bool record_workload_over(struct record_workload *w);
/* Asks it to end, if it has not, and waits a while for that. */
void record_workload_end(struct record_workload *w);
/* The words of a command, with blanks between: as much as has room, in UTF-8. */
void record_workload_describe(const char *const *argv, char *text, size_t size);

#endif
