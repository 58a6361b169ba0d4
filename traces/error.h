/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NVSIM_TRACES_ERROR_H
#define NVSIM_TRACES_ERROR_H

#include "trace.h"

/* Fills *err (unless it is NULL) with a status and a formatted text; returns the status. */
enum nvt_status nvt_fail(struct nvt_error *err, enum nvt_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
