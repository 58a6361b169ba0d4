/* SPDX-License-Identifier: GPL-2.0-only */
/* One access of the trace: how the guest is to make it, and what it is to find where. */
#ifndef NVSIM_EL2_PLAN_H
#define NVSIM_EL2_PLAN_H

#include "engine.h"
#include "guest.h"
#include "report.h"

/* From the first try of the access until it is through. */
struct plan {
	struct s2_mmu *mmu;
	uint16_t context;
	enum guest_access access;
	bool fetch, store, maintenance, stage1, el0;
	unsigned int size; /* bytes */
	uint64_t ipa, offset;
	uint64_t avoid;	  /* address that the guest's own code must be far from */
	uint64_t va;	  /* that the guest uses */
	uint64_t tag;	  /* to be read, stored or fetched */
	unsigned int row; /* stage1: of the table */
	/* Where the data, code or descriptor is to be found; known only where memory is met. */
	bool somewhere, stale;
	uint64_t pa;
	enum check_meets meets;
	uint8_t fsc; /* that the tables say */
};

/* What this CPU does. */
struct plan_cpu {
	bool xnx;	   /* FEAT_XNX */
	bool maintains;	   /* cache maintenance of an address that is not mapped aborts */
	bool stage1_level; /* an abort on a stage-1 table tells the level of stage 2 */
	uint64_t pa_limit;
};

struct plan plan_of(const struct engine_access *a);
/* Why the access cannot be performed here, or SKIP_COUNT. leaf: as the tables have it. */
enum report_skip plan_obstacle(const struct plan *p, const struct engine_access *a,
			       const struct s2_leaf *leaf, const struct plan_cpu *cpu);
/* By L1's tables and the host's backing as the checker knows them. */
void plan_find_memory(struct plan *p, const struct engine *e, const struct engine_access *a,
		      const struct s2_leaf *leaf);

/* Puts what the access is to find where it is to find it. stub: where the guest's code is. */
void plan_plant(const struct plan *p, uint64_t stub);
/* Instructions, descriptors and parts of words are not left behind: the guest might go on from
 * there. */
void plan_clean_up(const struct plan *p);
/* Of a load or store that came through: what was to be loaded or left in memory, and what is. */
uint64_t plan_wanted(const struct plan *p);
uint64_t plan_seen(const struct plan *p, const struct guest *g);

#endif
