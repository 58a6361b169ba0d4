/* SPDX-License-Identifier: GPL-2.0-only */
/* What a dump of a stage-2 table maps, for people. */
#ifndef NVSIM_CLI_PTDUMP_REPORT_H
#define NVSIM_CLI_PTDUMP_REPORT_H

#include <stdio.h>

#include "import/ptdump.h"

/* Bytes and runs by level and permission. */
void ptdump_report(FILE *out, const char *path, const struct nvt_ptdump *dump);

#endif
