/* SPDX-License-Identifier: GPL-2.0-only */
/* What hw pack and hw run have in common: options of the run at EL2, and the image for it. */
#ifndef NVSIM_CLI_HW_JOB_H
#define NVSIM_CLI_HW_JOB_H

#include "cli.h"
#include "pack.h"
#include "run.h"

struct hw_job_options {
	struct cli_text policy, invalidation, quirks, image;
	struct cli_number mode;
	struct cli_list event;
	bool samples, no_phases, check;
};

extern const char *const hw_job_modes[];

/* Rows for the table of a command that has these options as `member`. */
#define HW_JOB_AT(type, member, which)                                                             \
	(offsetof(type, member) + offsetof(struct hw_job_options, which))
#define HW_JOB_ROWS(type, member)                                                                  \
	{'p',                                                                                      \
	 "policy",                                                                                 \
	 "POLICY",                                                                                 \
	 CLI_TEXT,                                                                                 \
	 HW_JOB_AT(type, member, policy),                                                          \
	 .help = RUN_POLICY_HELP},                                                                 \
		{0,                                                                                \
		 "invalidation",                                                                   \
		 "NAME",                                                                           \
		 CLI_TEXT,                                                                         \
		 HW_JOB_AT(type, member, invalidation),                                            \
		 .help = RUN_INVALIDATION_HELP},                                                   \
		{0,                                                                                \
		 "quirks",                                                                         \
		 "SET",                                                                            \
		 CLI_TEXT,                                                                         \
		 HW_JOB_AT(type, member, quirks),                                                  \
		 .help = RUN_QUIRKS_HELP},                                                         \
		{0,                                                                                \
		 "mode",                                                                           \
		 "MODE",                                                                           \
		 CLI_CHOICE,                                                                       \
		 HW_JOB_AT(type, member, mode),                                                    \
		 .choices = hw_job_modes,                                                          \
		 .help = "live (the default): EL1 makes each access, and the MMU raises the "      \
			 "aborts; "                                                                \
			 "replay: the handler is given the recorded ones"},                        \
		{0,                                                                                \
		 "event",                                                                          \
		 "NAME",                                                                           \
		 CLI_LIST,                                                                         \
		 HW_JOB_AT(type, member, event),                                                   \
		 .help = "a PMU event to be counted besides cycles and instructions; up to four"}, \
		{0,                                                                                \
		 "samples",                                                                        \
		 NULL,                                                                             \
		 CLI_FLAG,                                                                         \
		 HW_JOB_AT(type, member, samples),                                                 \
		 .help = "send the figures of single faults, too, as many as are kept"},           \
		{0,                                                                                \
		 "no-phases",                                                                      \
		 NULL,                                                                             \
		 CLI_FLAG,                                                                         \
		 HW_JOB_AT(type, member, no_phases),                                               \
		 .help = "measure faults as a whole: reading counters between phases costs, too"}, \
		{0,                                                                                \
		 "check",                                                                          \
		 NULL,                                                                             \
		 CLI_FLAG,                                                                         \
		 HW_JOB_AT(type, member, check),                                                   \
		 .help = "in mode replay, too, check all that the handler does; live always "      \
			 "does"},                                                                  \
	{                                                                                          \
		0, "image", "FILE", CLI_TEXT, HW_JOB_AT(type, member, image),                      \
			.help = "the ELF file without a trace, if not the one that make hwrun "    \
				"built"                                                            \
	}

/* Of the options; job->board and job->flags are as they were, with the options' flags added. */
enum cli_exit hw_job_of(const struct hw_job_options *o, const char *trace, struct hw_job *job);

enum hw_format { HW_FORMAT_IMAGE, HW_FORMAT_ELF, HW_FORMAT_BLOB };
/* What a board is to be given. */
enum cli_exit hw_job_build(const struct hw_job_options *o, const struct hw_job *job,
			   enum hw_format format, struct nvt_buffer *out);
/* The same into a file. */
enum cli_exit hw_job_write(const struct hw_job_options *o, const struct hw_job *job,
			   enum hw_format format, const char *path);

/* To be freed by hw_board_free; NULL: *status, and the line is printed. */
struct hw_board *hw_job_board(const char *name, enum cli_exit *status);
/* The folder of boards, to be freed; NULL as above. */
char *hw_job_boards(enum cli_exit *status);

#endif
