/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Live mode: the guest makes each access of the trace, through the handler's tables, and the MMU
 * says what comes of it. What that should be is known twice: the tables say whether the
 * access faults, and the independent checker says where L1 wants its data to be.
 */
#ifndef NVSIM_EL2_LIVE_H
#define NVSIM_EL2_LIVE_H

#include "engine.h"

/* Refuses what this CPU cannot do; takes the memory that recorded host PAs are folded into. */
void live_prepare(const struct nvt_machine *machine, struct pa_fold *fold);
/* Before the first event. */
void live_start(struct engine *e);
void live_start_cpu(void);

/* Before and after each event. */
void live_event(void);
void live_event_done(const struct nvt_event *ev);

/* As engine_hw has them. */
uint8_t live_access(void *arg, const struct engine_access *a, uint8_t fsc);
void live_begin(const struct engine_access *a);
void live_end(const struct engine_access *a, const struct s2_outcome *out);

#endif
