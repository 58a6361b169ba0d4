/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fail.h"
#include "process.h"

/* 0: there is no such process. */
static pid_t process_of(pid_t number)
{
	char path[64], line[128];
	int found = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)number);
	f = fopen(path, "r");
	while (f && !found && fgets(line, sizeof(line), f))
		if (sscanf(line, "Tgid: %d", &found) != 1)
			found = 0;
	if (f)
		fclose(f);
	return found;
}

enum nvt_status record_process_open(struct record_process *p, pid_t number, struct nvt_error *err)
{
	*p = (struct record_process){.pid = process_of(number), .fd = -1};
	if (p->pid)
		p->fd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	if (p->fd >= 0)
		return NVT_OK;
	if (!p->pid || errno == ESRCH)
		return record_fail(err, "there is no process %d", (int)number);
	return record_fail(err, "the end of process %d cannot be watched: %s", (int)p->pid,
			   strerror(errno));
}

void record_process_close(struct record_process *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

bool record_process_over(const struct record_process *p)
{
	struct pollfd end = {.fd = p->fd, .events = POLLIN};

	return poll(&end, 1, 0) > 0;
}
