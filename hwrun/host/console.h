/* SPDX-License-Identifier: GPL-2.0-only */
/* Where frames come from: a log, a pipe, or a serial line. */
#ifndef NVSIM_HWRUN_CONSOLE_H
#define NVSIM_HWRUN_CONSOLE_H

#include <stdbool.h>

#include "collect.h"

/* Rates that a serial line can be set to, as texts; ends with NULL. */
extern const char *const hw_baud_rates[];
#define HW_BAUD_DEFAULT 4u /* 115200 */

struct hw_console {
	int fd;
	bool watched; /* it has no end, but may fall silent: a terminal */
};

/* "-" is standard input; `baud` is a place in hw_baud_rates. False: errno says why. */
bool hw_console_open(struct hw_console *c, const char *path, unsigned int baud);
void hw_console_close(struct hw_console *c);

enum hw_console_state {
	HW_CONSOLE_OVER,   /* the end of the file; or of the run, where it is watched */
	HW_CONSOLE_SILENT, /* watched, and no frame for so long */
	HW_CONSOLE_FAILED, /* errno says why */
};
/*
 * Reads until one of these, and calls `tell` after each piece, where it is not NULL. Silence
 * is that of frames: other output does not break it.
 */
enum hw_console_state hw_console_read(struct hw_console *c, struct hw_collect *to,
				      unsigned int silence_seconds,
				      void (*tell)(void *arg, const struct hw_run *run), void *arg);

#endif
