/* SPDX-License-Identifier: GPL-2.0-only */
/* What this binary was built from. */
#ifndef NVSIM_CLI_BUILD_H
#define NVSIM_CLI_BUILD_H

#include "result.h"

extern const struct result_build cli_build;

#endif
