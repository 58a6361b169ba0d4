/* SPDX-License-Identifier: GPL-2.0-only */
/* What the run tells of itself, in frames. */
#ifndef NVSIM_EL2_REPORT_H
#define NVSIM_EL2_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine.h"
#include "platform.h"

/* Accesses that cannot be performed, by the reason. */
enum report_skip {
	SKIP_BEYOND_PA,	   /* an address that this CPU does not have */
	SKIP_MAINTENANCE,  /* its cache maintenance does not translate */
	SKIP_UPDATE,	   /* a stage-1 descriptor that hardware would update */
	SKIP_STAGE1_TABLE, /* a stage-1 table where this CPU's cannot be */
	SKIP_XNX,	   /* execution that needs FEAT_XNX to be told apart */
	SKIP_NO_PLACE,	   /* no entry of the root is left for the guest's own code */
	SKIP_NO_ADDRESS,   /* delivered without an address */
	SKIP_EXTERNAL,	   /* external aborts, and others that no table makes */
	SKIP_AWAY,	   /* the table leads out of the guest's memory: a finding, too */
	SKIP_COUNT
};

enum report_kind {
	FOUND_MMU,     /* an abort is not as it should be */
	FOUND_DATA,    /* an access met other data than L1 and the host have there */
	FOUND_GRANTED, /* it completed, and should not have */
	FOUND_REFUSED, /* it was served, and is refused all the same */
	FOUND_COUNT
};

struct report_counts {
	uint64_t events, accesses, delivered, avoided;
	/* Each access that is performed comes to one end. */
	uint64_t performed, completed, injections, mmio, exits, astray, open;
	uint64_t aborts, stale, unknown;
	uint64_t skipped[SKIP_COUNT];
	uint64_t findings;
	uint64_t outcomes[S2_OUTCOME_COUNT];
};
extern struct report_counts report_counts;
extern uint64_t report_ordinal; /* of the event at hand */

/* Bytes that recorded addresses are folded into; known once the run has begun. */
extern uint64_t report_window;

/* running: CPUs; 0 as long as that is not known. */
void report_trace(const struct hw_blob *blob, unsigned int running);
/* Where about a second has passed, or many events. */
void report_progress(void);
void report_absent(const char *what, const char *why);
/* The first ones are sent, all are counted. */
__attribute__((format(printf, 4, 5))) void report_finding(enum report_kind kind, uint16_t context,
							  uint64_t ipa, const char *format, ...);
void report_checked(void *arg, const struct check_finding *f);
void report_counted(bool live);

#endif
