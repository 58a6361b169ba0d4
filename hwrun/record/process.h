/* SPDX-License-Identifier: GPL-2.0-only */
/* A process that runs already, and whose end ends the recording. */
#ifndef NVSIM_RECORD_PROCESS_H
#define NVSIM_RECORD_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "trace.h"

struct record_process {
	pid_t pid;
	int fd; /* tells its end; negative: there is none */
};

/* The process that `number` means, which may be that of one of its threads. */
enum nvt_status record_process_open(struct record_process *p, pid_t number, struct nvt_error *err);
void record_process_close(struct record_process *p);
/* Whether all of its threads have ended, reaped or not. */
bool record_process_over(const struct record_process *p);

#endif
