/* SPDX-License-Identifier: GPL-2.0-only */
/* Where what belongs to the command lies: beside it, or where make install puts it. */
#ifndef NVSIM_HWRUN_PLACE_H
#define NVSIM_HWRUN_PLACE_H

#include "trace.h"

/*
 * The path of hwrun/NAME beside the running command, else of ../lib/nvsim/hwrun/NAME; to be
 * freed. NULL: *err says that neither is there.
 */
char *hw_place(const char *name, struct nvt_error *err);

#endif
