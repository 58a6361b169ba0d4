/* SPDX-License-Identifier: GPL-2.0-only */
#include "signals.h"

#include <stddef.h>

static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
#define SIGNAL_COUNT (sizeof(signals) / sizeof(signals[0]))

volatile sig_atomic_t cli_signal;
static struct sigaction before[SIGNAL_COUNT];
static void (*also_called)(void);

static void stop(int number)
{
	cli_signal = number;
	if (also_called)
		also_called();
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		if (signals[i] == number)
			sigaction(number, &before[i], NULL);
}

void cli_signals_catch(void (*also)(void))
{
	struct sigaction action = {.sa_handler = stop};

	also_called = also;
	for (size_t i = 0; i < SIGNAL_COUNT; i++)
		if (sigaction(signals[i], NULL, &before[i]) == 0 && before[i].sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
}
