/* SPDX-License-Identifier: GPL-2.0-only */
/* What root may do, and a recorder need not. */
#ifndef NVSIM_RECORD_PRIVILEGES_H
#define NVSIM_RECORD_PRIVILEGES_H

#include "trace.h"

/*
 * Gives up every capability (capabilities(7)) but two, for good: CAP_DAC_OVERRIDE, since the
 * output may lie in a folder of the user that root works for, and probes are removed in the
 * end, and CAP_KILL, to end a command that has become another user. To be called once all buffers
 * are open and the command was started, which keeps its own. NVT_EENV: the kernel refuses.
 */
enum nvt_status record_privileges_drop(struct nvt_error *err);

#endif
