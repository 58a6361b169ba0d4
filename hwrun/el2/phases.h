/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the phases of the handler take. Time is cut wherever the handler comes to another phase,
 * and wherever it is not the handler that works; what lies between two cuts goes to a phase.
 * Working that out happens within a cut, where nothing counts.
 */
#ifndef NVSIM_EL2_PHASES_H
#define NVSIM_EL2_PHASES_H

#include "engine.h"
#include "stamp.h"

/*
 * Cuts what lies between the handler and the machine of e, which is complete by now. apart:
 * each phase by itself; otherwise HW_WALK has all there is, and only the checker is cut out.
 */
void phases_start(struct engine *e, bool apart);
/* Calls the handler. HW_WALK to HW_MAINTENANCE of `phase` are set. */
void phases_of_handler(const struct engine_access *a, struct s2_outcome *out, struct stamp *phase);

#endif
