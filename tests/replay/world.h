/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small world for tests of the engine: L1 with 1G of memory that the host
 * backs with blocks of 2M, and guests whose stage-2 tables L1 writes word by word.
 */
#ifndef NVSIM_TESTS_REPLAY_WORLD_H
#define NVSIM_TESTS_REPLAY_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine.h"
#include "verify.h"

#define KIB (1ull << 10)
#define MIB (1ull << 20)
#define GIB (1ull << 30)

#define RAM	 0x40000000ull
#define RAM_SIZE GIB
#define HVA(l1)	 (0x7f0000000000ull + (l1))
#define PA(l1)	 (0x800000000ull + (l1))

/* L1's tables of guest n: two concatenated level-1 tables first. */
#define TABLES(n) (RAM + 0x3f000000ull + (n)*MIB)
#define VTTBR(n)  (((n) + 1ull) << 48 | TABLES(n))
/* 40 bits in and out, granule 4K, walks begin at level 1. */
#define VTCR 0x80020058ull
/* VM; a guest without stage 2 has 0. */
#define HCR_ON 1ull

/* Descriptors of L1: normal memory, access flag set. */
#define L1_R	 0x40ull
#define L1_W	 0x80ull
#define L1_RW	 0xc0ull
#define L1_AF	 0x400ull
#define L1_NX	 (2ull << 53)
#define L1_PAGE	 (0x303ull | L1_AF)
#define L1_BLOCK (0x301ull | L1_AF)

/* A load and a store of 8 bytes with a valid syndrome, and a fetch; translation, level 3. */
#define ESR_READ      0x93c08007ull
#define ESR_WRITE     0x93c08047ull
#define ESR_EXEC      0x82000007ull
#define ESR_WALK      0x92000087ull
#define FSC(esr, fsc) (((esr) & ~0x3full) | (fsc))
#define TOUCH(esr)    FSC(esr, 0)

#define EL1H 0x3c5ull
#define EL2H 0x3c9ull

#define TLBI_IPAS2E1IS	  NVT_SYS_OP(4, 8, 0, 1)
#define TLBI_VMALLS12E1IS NVT_SYS_OP(4, 8, 3, 6)
#define TLBI_ALLE1IS	  NVT_SYS_OP(4, 8, 3, 4)
#define TLBI_VMALLE1IS	  NVT_SYS_OP(0, 8, 3, 0)

#define GUESTS 8

struct world {
	struct engine *e;
	struct verify *v; /* fed with every event, where there is one */
	uint64_t now, ordinal;
	uint64_t table_count[GUESTS]; /* pages of L1's tables handed out */
};

static inline struct nvt_machine world_machine(void)
{
	return (struct nvt_machine){
		.page_shift = 12,
		.ipa_limit = 48,
		.canonical_bits = 40,
		.s2_granules = 7,
		.vcpu_count = 2,
		.context_count = 4,
		.fwb = true,
		.dic = true,
		.xnx = true,
		.ttl = true,
	};
}

static inline struct engine_options world_options(void)
{
	return (struct engine_options){.policy = s2_policy_default, .quirks = S2_QUIRKS_KVM};
}

/* ---- events ---- */

static inline enum engine_status try_event(struct world *w, struct nvt_event ev)
{
	enum engine_status status;

	w->now += 10000000; /* further apart than what may have raced */
	ev.time_ns = w->now;
	if (w->v)
		verify_before(w->v, &ev);
	status = engine_event(w->e, &ev);
	if (w->v && status == ENGINE_OK)
		verify_after(w->v, w->e, &ev, w->ordinal);
	w->ordinal++;
	return status;
}

static inline const struct engine_step *send(struct world *w, struct nvt_event ev)
{
	enum engine_status status = try_event(w, ev);

	if (status != ENGINE_OK)
		fail_msg("event refused: %s", w->e->problem);
	return &w->e->step;
}

static inline struct nvt_event fault_event(uint64_t esr, uint64_t ipa)
{
	return (struct nvt_event){
		.kind = NVT_FAULT,
		.fault = {.esr = esr,
			  .far = 0xffff000000000000ull | ipa,
			  .hpfar = S2_HPFAR_VALID | ipa >> 12 << 4,
			  .pstate = EL1H},
	};
}

static inline const struct engine_step *fault(struct world *w, uint64_t esr, uint64_t ipa)
{
	return send(w, fault_event(esr, ipa));
}

static inline const struct engine_step *touch(struct world *w, uint64_t esr, uint64_t ipa)
{
	struct nvt_event ev = fault_event(TOUCH(esr), ipa);

	ev.kind = NVT_TOUCH;
	return send(w, ev);
}

static inline struct nvt_event context_event(unsigned int vcpu, enum nvt_context_reason reason,
					     unsigned int guest)
{
	bool hyp = reason == NVT_EXCEPTION;

	return (struct nvt_event){
		.kind = NVT_CONTEXT,
		.vcpu = (uint16_t)vcpu,
		.context = {.reason = (uint8_t)reason,
			    .flags = hyp ? NVT_CONTEXT_HYP : 0,
			    .vttbr = VTTBR(guest),
			    .vtcr = VTCR,
			    .hcr = HCR_ON,
			    .pstate = hyp ? EL2H : EL1H},
	};
}

static inline const struct engine_step *enter(struct world *w, unsigned int vcpu,
					      unsigned int guest)
{
	return send(w, context_event(vcpu, NVT_ERET, guest));
}

static inline void leave(struct world *w, unsigned int vcpu, unsigned int guest)
{
	send(w, context_event(vcpu, NVT_EXCEPTION, guest));
}

static inline const struct engine_step *tlbi(struct world *w, uint16_t op, uint64_t xt,
					     unsigned int guest)
{
	return send(w, (struct nvt_event){.kind = NVT_TLBI,
					  .tlbi = {.op = op, .xt = xt, .vttbr = VTTBR(guest)}});
}

static inline const struct engine_step *on_range(struct world *w, enum nvt_kind kind, uint64_t base,
						 uint64_t size)
{
	return send(w, (struct nvt_event){.kind = (uint8_t)kind, .range = {base, size}});
}

static inline const struct engine_step *extent(struct world *w, unsigned int context,
					       enum nvt_extent_what what)
{
	return send(w, (struct nvt_event){.kind = NVT_EXTENT,
					  .extent = {.context = (uint16_t)context,
						     .size = 1ull << 48,
						     .what = (uint8_t)what}});
}

static inline struct nvt_event slot_event(enum nvt_slot_change change, unsigned int id,
					  uint64_t base, uint64_t size, uint32_t flags)
{
	return (struct nvt_event){.kind = NVT_SLOT,
				  .slot = {.base = base,
					   .size = size,
					   .uaddr = HVA(base),
					   .flags = flags,
					   .id = (uint16_t)id,
					   .change = (uint8_t)change}};
}

static inline const struct engine_step *slot(struct world *w, enum nvt_slot_change change,
					     unsigned int id, uint64_t base, uint64_t size,
					     uint32_t flags)
{
	return send(w, slot_event(change, id, base, size, flags));
}

static inline const struct engine_step *log_writes(struct world *w, bool on)
{
	return slot(w, NVT_SLOT_FLAGS, 0, RAM, RAM_SIZE, on ? NVT_SLOT_LOG : 0);
}

static inline struct nvt_event backing_event(uint64_t l1, uint64_t size, unsigned int leaf_shift)
{
	return (struct nvt_event){.kind = NVT_BACKING,
				  .backing = {.hva = HVA(l1),
					      .size = size,
					      .pa = PA(l1),
					      .vma_shift = 12,
					      .leaf_shift = (uint8_t)leaf_shift,
					      .flags = NVT_BACKING_WRITABLE}};
}

/* ---- L1's tables ---- */

static inline void l1_write(struct world *w, uint64_t addr, uint64_t value)
{
	send(w, (struct nvt_event){.kind = NVT_L1_WRITE,
				   .l1_write = {addr, machine_peek(&w->e->machine, addr), value}});
}

static inline uint64_t l1_entry(uint64_t table, unsigned int level, uint64_t ipa)
{
	unsigned int shift = 39 - 9 * level;

	return table + (ipa >> shift & (level == 1 ? 1023 : 511)) * 8;
}

/* Sets the entry of a guest for ipa at a level; tables above are made. */
static inline void l1_map(struct world *w, unsigned int guest, uint64_t ipa, unsigned int level,
			  uint64_t desc)
{
	uint64_t table = TABLES(guest);
	unsigned int at;

	for (at = 1; at < level; at++) {
		uint64_t entry = l1_entry(table, at, ipa),
			 old = machine_peek(&w->e->machine, entry);

		if ((old & 3) != 3) {
			old = TABLES(guest) + (2 + w->table_count[guest]++) * 4096 + 3;
			l1_write(w, entry, old);
		}
		table = old & 0xfffffffff000ull;
	}
	l1_write(w, l1_entry(table, level, ipa), desc);
}

/* ---- the world ---- */

static inline void world_open(struct world *w, const struct engine_options *options,
			      enum nvt_class class)
{
	struct nvt_machine machine = world_machine();

	*w = (struct world){0};
	w->e = engine_new(&machine, class, options);
	assert_non_null(w->e);
	slot(w, NVT_SLOT_CREATE, 0, RAM, RAM_SIZE, 0);
	send(w, backing_event(RAM, RAM_SIZE, 21));
}

static inline void world_close(struct world *w)
{
	engine_free(w->e);
}

/* The leaf of a context, raw. */
static inline struct s2_leaf leaf_at(struct world *w, unsigned int context, uint64_t ipa)
{
	return s2_lookup(&w->e->vm, &w->e->contexts[context], (struct table_ipa){ipa});
}

static inline struct s2_leaf canonical_at(struct world *w, uint64_t ipa)
{
	return s2_lookup(&w->e->vm, &w->e->vm.canonical, (struct table_ipa){ipa});
}

#endif
