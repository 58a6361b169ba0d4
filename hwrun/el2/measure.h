/* SPDX-License-Identifier: GPL-2.0-only */
/* What each fault costs, by counters of the CPU that are read around it and within. */
#ifndef NVSIM_EL2_MEASURE_H
#define NVSIM_EL2_MEASURE_H

#include "blob.h"
#include "engine.h"
#include "guest.h"

/* Sets up the first CPU's counters, and sends what there is none of as frames. False: no memory. */
bool measure_start(const struct hw_blob *blob, struct engine *e);

/* Before an event: of the one before, nothing is waited for any more. */
void measure_event(void);
/* Calls the handler. */
void measure_handler(const struct engine_access *a, struct s2_outcome *out);

/* ---- faults that the MMU raised ---- */

/* The guest has left with an abort that is the next fault: its way in counts. */
void measure_arrived(const struct guest *g);
/* The way back to the guest begins; then, once it has left again, what it took. */
void measure_return(void);
void measure_returned(const struct guest *g);
/* The fault just handled is through; with `ordinal` in the samples. */
void measure_done(uint64_t ordinal);

#endif
