/* SPDX-License-Identifier: GPL-2.0-only */
/* The functions of the rows of handler.c, with the parameters that a row gives them. */
#ifndef NVSIM_BENCH_HANDLER_H
#define NVSIM_BENCH_HANDLER_H

#include "bench.h"

/* walk.c: log2 of L1's granule, level of the start table, level of the leaves */
void *walk_prepare(const struct bench_env *env, const struct bench_row *row, struct nvt_error *err);
uint64_t walk_run(void *state);
void walk_finish(void *state);

/* fault.c: enum fault_kind, log2 of the page of the host and of L1's granule, faults */
enum fault_kind {
	FAULT_PAGE,
	FAULT_TABLE,
	FAULT_BLOCK,
	FAULT_RELAX,
	FAULT_INJECT_TRANSLATION,
	FAULT_INJECT_PERMISSION,
};
void *fault_prepare(const struct bench_env *env, const struct bench_row *row,
		    struct nvt_error *err);
void fault_unmap(void *state);	 /* reset: what was mapped */
void fault_protect(void *state); /* reset: against writes */
uint64_t fault_run(void *state);
uint64_t fault_run_injected(void *state);
void fault_finish(void *state);

/* tlbi.c: enum tlbi_form, operations */
enum tlbi_form {
	TLBI_STAGE1,
	TLBI_PAGE,
	TLBI_PAGE_TTL,
	TLBI_BLOCK_TTL,
	TLBI_PAGES_TTL,
	TLBI_RANGE,
	TLBI_VMID,
	TLBI_ALL,
};
void *tlbi_prepare(const struct bench_env *env, const struct bench_row *row, struct nvt_error *err);
void tlbi_populate(void *state);
uint64_t tlbi_run(void *state);
void tlbi_finish(void *state);

#define UNMAP_TWICE 0x10
/* unmap.c: enum s2_invalidation_kind, with UNMAP_TWICE where L1 maps all memory twice, log2 of the
   page of the host and of L1's granule, bytes of memory */
void *unmap_prepare(const struct bench_env *env, const struct bench_row *row,
		    struct nvt_error *err);
void unmap_populate(void *state);
uint64_t unmap_run(void *state);
void unmap_finish(void *state);

#endif
