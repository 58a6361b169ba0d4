/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between an engine and its checker: tells it what the handler does. All but
 * watch_start and watch_clone want an engine that has a checker.
 */
#ifndef NVSIM_REPLAY_WATCH_H
#define NVSIM_REPLAY_WATCH_H

#include "check.h"
#include "engine.h"

/* Gives an engine without any history the checker that its options ask for. False: no memory. */
bool watch_start(struct engine *e, const struct nvt_machine *machine);
/* Gives `e`, whose tables are a copy of those of `from`, a checker in the same state. */
bool watch_clone(struct engine *e, const struct engine *from);
void watch_stop(struct engine *e);

/* A fault was answered with `out`; `f` says which, what became of it is filled in here. */
void watch_fault(struct engine *e, struct check_fault f, const struct s2_outcome *out);

#endif
