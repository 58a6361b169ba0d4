/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The functions of L2 that fault: shadow faults that the handler got, by the function that has
 * the PC, and by outcome. Every one counts once: all rows together are counts.delivered.shadow.
 * Of a partial trace the recorded faults of L2 count, counts.recorded.shadow, and of what came of
 * them it is known that they were injected, and no more.
 */
#ifndef NVSIM_REPLAY_FUNCTIONS_H
#define NVSIM_REPLAY_FUNCTIONS_H

#include "event.h"
#include "metrics.h"
#include "symbols.h"

/* Functions that are counted each by itself, those that fault first; more are [others]. */
#define FUNCTIONS_MAX 4096u

/* Rows that are no function. */
enum functions_rest {
	FUNCTIONS_USER,	   /* [user]: at EL0; without PSTATE, any address with bit 55 clear */
	FUNCTIONS_LOW,	   /* [low]: at EL1, and bit 55 clear: before the MMU is on, firmware */
	FUNCTIONS_UNKNOWN, /* [unknown]: a kernel address in no function */
	FUNCTIONS_OTHERS,  /* [others]: in functions beyond FUNCTIONS_MAX */
	FUNCTIONS_REST_COUNT
};
extern const char *const functions_rest_names[FUNCTIONS_REST_COUNT];

struct functions_row {
	uint32_t symbol; /* SYMBOL_NONE: one of the rest */
	uint64_t faults; /* handled, or recorded */
	uint64_t outcome[S2_OUTCOME_COUNT];
};

struct functions {
	const struct symbols *symbols;
	/* What L2's kernel runs above the addresses of the symbols, modulo 2^64. */
	uint64_t slide;
	const char *file; /* without its folder */
	char sha256[65];  /* "": not known */
	struct functions_row *rows;
	uint32_t count;
	struct functions_row rest[FUNCTIONS_REST_COUNT];
	uint32_t *row_of;		/* by symbol: place in rows, from 1; 0: none */
	uint64_t lowest_pc, highest_pc; /* of kernel addresses met */
	bool partial;			/* faults are counted as they were recorded */
	struct metrics_seen seen;
};

/* Symbols must live as long. False: no memory; functions_destroy is due in any case. */
bool functions_init(struct functions *f, const struct symbols *symbols, uint64_t slide);
/* What is counted: as the class of the trace has it. */
void functions_of_class(struct functions *f, enum nvt_class class);
void functions_destroy(struct functions *f);

/*
 * After each measured fault or access, with what has been measured until then: what it has added
 * is this one's. An access may fault more than once.
 */
void functions_fault(struct functions *f, const struct metrics *m, const struct nvt_fault *fault);

/* Once there are no more: by faults, most first; then by address. */
void functions_sort(struct functions *f);
/* Faults at kernel addresses, and those of them in a function. Kernel addresses and no function:
 * the slide is wrong, or the kernel another. That they fit does not prove that it is the same. */
uint64_t functions_kernel_faults(const struct functions *f);
uint64_t functions_found_faults(const struct functions *f);

/*
 * The member "symbols" of a result: file, sha256, format of the symbols, functions in it, slide
 * (signed); counted: "handled" or "recorded" faults; fits: null without faults at kernel addresses,
 * else whether any is in a function; rows in order, each with the function, its module or null, the
 * address as the file has it, faults and outcomes; user, low, unknown and others the same without a
 * name; row_limit.
 */
json_t *functions_json(const struct functions *f);

#endif
