/* SPDX-License-Identifier: GPL-2.0-only */
/* The command nvsim: what holds for all of its subcommands. */
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"
#include "temporary.h"

/* Nothing half-written stays behind; the exit status tells of the signal as without a handler. */
static void end_by_signal(int number)
{
	nvt_temporary_remove_all();
	raise(number); /* SA_RESETHAND brought the default action back */
}

/* A signal that whoever started us had ignored, as nohup does, stays ignored. */
static void handle_signals(void)
{
	static const int numbers[] = {SIGHUP, SIGINT, SIGTERM};
	struct sigaction action = {.sa_handler = end_by_signal, .sa_flags = (int)SA_RESETHAND};
	struct sigaction old;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
	/* A reader of our output that goes away is an error of writing like any other, and so is a
	 * limit on the size of files. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

/* A document that lacks what there was no memory for would be taken for whole. */
static void *json_memory(size_t size)
{
	void *p = malloc(size);

	if (p || !size)
		return p;
	nvt_temporary_remove_all();
	_exit((int)cli_no_memory());
}

int main(int argc, char **argv)
{
	enum cli_exit status, written;

	handle_signals();
	json_set_alloc_funcs(json_memory, free);
	status = cli_dispatch(argc, argv);
	if (status == CLI_ENVIRONMENT)
		return status;
	written = cli_finish_stdout();
	return written ? written : status;
}
