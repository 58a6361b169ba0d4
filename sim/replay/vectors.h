/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs files of conformance vectors (tests/s2/vectors/README.md) against the handler. */
#ifndef NVSIM_REPLAY_VECTORS_H
#define NVSIM_REPLAY_VECTORS_H

#include <stddef.h>
#include <stdint.h>

struct vectors_result {
	uint64_t passed, failed;
};

/*
 * Called once for a vector that fails, with its first difference; all strings
 * end with the call. `step` counts from 0, -1: the difference is of no step.
 */
typedef void vectors_report_fn(void *arg, const char *file, unsigned int line, const char *id,
			       int step, const char *key, const char *got, const char *expected);

enum vectors_status {
	VECTORS_OK, /* every vector was run; some may have failed */
	VECTORS_MALFORMED,
	VECTORS_UNREADABLE,
	VECTORS_NO_MEMORY,
};

/*
 * Runs every vector of the file, "-" for standard input. Adds to *result. Where
 * the status is not OK, the file was run up to the line at fault, and `error`
 * says file, line and reason.
 */
enum vectors_status vectors_run_file(const char *path, vectors_report_fn *report, void *arg,
				     struct vectors_result *result, char *error, size_t error_size);

#endif
