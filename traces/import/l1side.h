/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * L1's own recording beside the host's: what its hypervisor did to the tables that the host's KVM
 * walks. The faults that the host reflects are the faults that L1 takes, one to one and in order
 * (doc/probes.md): they align the two streams and their clocks. What L1 changes in its
 * tables becomes L1_LEAF events of the trace, so that no walk has to be believed.
 */
#ifndef NVSIM_TRACES_IMPORT_L1SIDE_H
#define NVSIM_TRACES_IMPORT_L1SIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "import/build.h"

/* NULL: no memory. */
struct imp_l1 *imp_l1_new(void);
void imp_l1_free(struct imp_l1 *l);

/* The tap of the builder that reads L1's recording; b->l1 takes note of the record. */
enum nvt_status imp_l1_take(struct imp_builder *b, const struct imp_record *r);
/* So many of its records are not there. */
void imp_l1_lost(struct imp_l1 *l, uint64_t count);
/* L1's recording has been read. NVT_EINPUT: it shows no table, or no fault. */
enum nvt_status imp_l1_ready(struct imp_builder *b);

/* ---- while the host's recording is read; nothing happens where there is no L1 side ---- */

/* A vCPU runs on L1's tables of these registers. */
enum nvt_status imp_l1_uses(struct imp_builder *b, const struct imp_vcpu *v, uint64_t vttbr,
			    uint64_t vtcr, uint64_t time_ns);
/* The host reflects a fault to L1. */
enum nvt_status imp_l1_injected(struct imp_builder *b, const struct imp_vcpu *v,
				const struct imp_record *r);
/* Before each record of the host's: what L1 did until then. */
enum nvt_status imp_l1_advance(struct imp_builder *b, uint64_t time_ns);
/* The end: what is left over is counted. */
void imp_l1_end(struct imp_builder *b);

#endif
