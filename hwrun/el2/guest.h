/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest: what runs at EL1 and EL0, and the way there and back. Assembly includes this, too. */
#ifndef NVSIM_EL2_GUEST_H
#define NVSIM_EL2_GUEST_H

/* Offsets in struct guest. */
#define GUEST_PC       248
#define GUEST_ESR      264
#define GUEST_HPFAR    280
#define GUEST_COUNTERS 288
#define GUEST_ARRIVED  296
#define GUEST_LEFT     304
#define GUEST_LEAVES   360
#define GUEST_ENTERED  416

/* Offsets in struct stamp. */
#define STAMP_CYCLES	   0
#define STAMP_INSTRUCTIONS 8
#define STAMP_TICKS	   16
#define STAMP_EVENTS	   24

/* Immediates of BRK: how the guest says where it came to. */
#define GUEST_DONE    1 /* the access completed */
#define GUEST_REACHED 2 /* code behind a stage-1 table was fetched */
#define GUEST_L1      3 /* virtual EL2 has its exception; x0 is ESR_EL1 */
#define GUEST_VECTOR  4 /* an exception to EL1 that nobody asked for */

/* Where the parts of the guest's code are. */
#define STUB_ACCESSES 0	    /* 8 bytes each: enum guest_access */
#define STUB_L1	      0x100 /* what takes an exception at virtual EL2 */
#define STUB_REACHED  0x180
#define STUB_VECTORS  0x800
#define STUB_SIZE     0x1000

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

#include "cost.h"

enum guest_access {
	GUEST_LOAD, /* of 1 << n bytes: GUEST_LOAD + n, at x0 to x1 */
	GUEST_STORE = 4,
	GUEST_CLEAN = 8, /* the cache line of x0, to the point of coherency */
	GUEST_FETCH,	 /* what lies at x0 */
};

struct stamp {
	uint64_t v[HW_UNIT_COUNT];
};

struct guest {
	uint64_t x[31];
	uint64_t pc, pstate;
	uint64_t esr, far, hpfar; /* of the exception to EL2 */
	uint64_t counters;	  /* 0: no PMU; else 1 + events counted besides instructions */
	uint64_t arrived_ticks;	  /* of the timer, just after the exception */
	struct stamp left;	  /* all but the exception return is done, */
	struct stamp leaves;	  /* and the same, for what begins with that */
	struct stamp entered;	  /* its syndrome is read, and the host's registers are back */
};

_Static_assert(offsetof(struct guest, pc) == GUEST_PC, "assembly has it there");
_Static_assert(offsetof(struct guest, esr) == GUEST_ESR, "assembly has it there");
_Static_assert(offsetof(struct guest, hpfar) == GUEST_HPFAR, "assembly has it there");
_Static_assert(offsetof(struct guest, counters) == GUEST_COUNTERS, "assembly has it there");
_Static_assert(offsetof(struct guest, arrived_ticks) == GUEST_ARRIVED, "assembly has it there");
_Static_assert(offsetof(struct guest, left) == GUEST_LEFT, "assembly has it there");
_Static_assert(offsetof(struct guest, leaves) == GUEST_LEAVES, "assembly has it there");
_Static_assert(offsetof(struct guest, entered) == GUEST_ENTERED, "assembly has it there");
_Static_assert(offsetof(struct stamp, v[HW_EVENT]) == STAMP_EVENTS, "assembly has it there");

/* Runs the guest until its next exception to EL2. */
void guest_run(struct guest *g);

/* The guest's code: STUB_SIZE bytes that run wherever they lie. */
extern const char guest_stub[];
#endif

#endif
