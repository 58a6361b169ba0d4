/* SPDX-License-Identifier: GPL-2.0-only */
/* A run at EL2 for people. */
#ifndef NVSIM_CLI_HW_REPORT_H
#define NVSIM_CLI_HW_REPORT_H

#include "collect_json.h"

/* One screen. What an emulator counted is called so wherever it stands. */
void hw_report(FILE *out, const struct hw_described *d);
/* What the image has told of the exception that ended it. */
void hw_report_exception(FILE *out, const struct hw_run *r);

#endif
