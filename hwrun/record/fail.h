/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NVSIM_RECORD_FAIL_H
#define NVSIM_RECORD_FAIL_H

#include "trace.h"

/* Fills *err with a line about the environment, and returns NVT_EENV. */
enum nvt_status record_fail(struct nvt_error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
