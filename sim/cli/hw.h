/* SPDX-License-Identifier: GPL-2.0-only */
/* Verbs of nvsim hw. */
#ifndef NVSIM_CLI_HW_H
#define NVSIM_CLI_HW_H

#include "cli.h"

extern const struct cli_command cli_hw_pack, cli_hw_run, cli_hw_collect;

#endif
