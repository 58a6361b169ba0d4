/* SPDX-License-Identifier: GPL-2.0-only */
/* Stage 2 of the guest: registers for the handler's tables, TLB maintenance, and the place in
 * these tables where the guest's own code is seen while it runs. */
#ifndef NVSIM_EL2_STAGE2_H
#define NVSIM_EL2_STAGE2_H

#include "engine.h"

/* Pages that the guest sees where its code is. */
enum stub_page {
	STUB_CODE,   /* read and execute */
	STUB_DATA,   /* read and write */
	STUB_STAGE1, /* its stage-1 table for that place */
	STUB_PAGE_COUNT
};

/* What this CPU cannot do of what the machine of the trace needs; NULL: it can. */
const char *stage2_problem(const struct nvt_machine *machine);
/* For the tables of e. False: no memory. */
bool stage2_start(struct engine *e);
/* Registers of the CPU that runs. */
void stage2_start_cpu(void);
/* Physical address bits of this CPU. */
unsigned int stage2_pa_bits(void);
/* FEAT_XNX, FEAT_S2FWB. */
bool stage2_has_xnx(void);
bool stage2_has_fwb(void);

/* The guest runs on this context from now on, with the guest's own stage 1 on or off. */
void stage2_load(const struct s2_mmu *mmu, bool stage1);

/*
 * Makes the pages visible to the guest on a context, at the input address returned, which
 * belongs to no table of the handler and not to `avoid`. 0: there is no such place.
 */
uint64_t stage2_show(const struct s2_mmu *mmu, uint64_t avoid);
/* They are gone again: the table is the handler's alone. */
void stage2_hide(void);
void *stage2_page(enum stub_page page);
/* Behind the input address that stage2_show() returns. */
uint64_t stage2_stub_offset(enum stub_page page);

/* The maintenance that the handler asks for. */
void stage2_tlb(const struct s2_mmu *mmu, enum s2_tlb_op op, struct table_ipa ipa, uint64_t size);
/* All that TLBs have of any guest. */
void stage2_flush_all(void);
/* What this CPU's has of the guest's stage 1. */
void stage2_flush_stage1(void);

#endif
