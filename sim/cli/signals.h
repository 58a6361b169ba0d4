/* SPDX-License-Identifier: GPL-2.0-only */
/* For commands that a signal ends in good order: the first one is noted, the next one kills. */
#ifndef NVSIM_CLI_SIGNALS_H
#define NVSIM_CLI_SIGNALS_H

#include <signal.h>

/* SIGHUP, SIGINT or SIGTERM, whichever came; 0: none. */
extern volatile sig_atomic_t cli_signal;

/* From here on. What was ignored stays so. also: is called in the handler, too; may be NULL. */
void cli_signals_catch(void (*also)(void));

#endif
