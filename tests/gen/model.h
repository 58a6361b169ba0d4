/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small model of L0 that knows nothing of the generator: it walks L1's tables
 * by the words that the stream writes, maps one host page for each touch that
 * L1 maps (the policy `page`), and honours L1's invalidations and the host's.
 */
#ifndef NVSIM_TESTS_GEN_MODEL_H
#define NVSIM_TESTS_GEN_MODEL_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event.h"
#include "trace.h"

#define MODEL_GUESTS   16
#define MODEL_VCPUS    16
#define MODEL_BACKINGS 8192
/* Pages of L2 that the model can hold: IPA below 64 GiB with 4K pages. */
#define MODEL_PAGES (16ull << 20)
/* L1's tables begin at a multiple of 2 MiB. */
#define MODEL_TABLES_ALIGN ((2ull << 20) - 1)
/* Stale pages are looked for after this many invalidations. */
#define MODEL_AUDIT_EVERY 256

struct model_vcpu {
	bool in_l2;
	bool entered; /* once */
	bool retry;   /* the access `last` was injected and comes again */
	bool broken;  /* a valid entry was made invalid, no TLBI yet */
	struct nvt_fault last;
	uint64_t vttbr, vtcr;
};

/* L1 IPA page number + 1 that an L2 page was mapped to; 0: not mapped. */
struct model_guest {
	uint32_t *output;
	uint64_t vttbr, vtcr;
	uint64_t mapped_count;
	uint64_t page_end; /* no page at or after it was ever mapped */
};

struct model {
	struct nvt_machine machine;
	uint64_t *word; /* from word_base */
	uint64_t word_base, word_count;
	struct nvt_slot slot;
	struct nvt_backing backing[MODEL_BACKINGS];
	size_t backing_count; /* ascending by hva */
	struct model_vcpu vcpu[MODEL_VCPUS];
	struct model_guest guest[MODEL_GUESTS]; /* by VMID */
	uint64_t time_ns;
	uint64_t touch_count, injected_count, device_count, tlbi_count;
	uint64_t leaf_count[4][2]; /* touches by level and contiguous hint */
	uint64_t back_count[64];   /* touches by leaf_shift of the backing */
	bool aliases;		   /* memory may be mapped more than once */
	uint64_t alias_count[2];   /* of pages met by an audit: within a guest, between guests */
	uint64_t hash;		   /* of all that was seen */
};

/* ---- L1's memory ---- */

static inline uint64_t *model_word(struct model *m, uint64_t addr)
{
	assert_true(addr >= m->word_base && (addr - m->word_base) / 8 < m->word_count);
	assert_int_equal(addr & 7, 0);
	return &m->word[(addr - m->word_base) / 8];
}

static inline struct model *model_new(const struct nvt_machine *machine,
				      const struct nvt_word *l1mem, size_t count)
{
	struct model *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	m->machine = *machine;
	/* Tables lie in one piece somewhere after the first word; the slot bounds them later. */
	m->word_base = count ? l1mem[0].addr & ~MODEL_TABLES_ALIGN : 0;
	m->word_count = 32ull << 20;
	m->word = calloc(m->word_count, 8);
	assert_non_null(m->word);
	for (size_t i = 0; i < count; i++) {
		assert_true(i == 0 || l1mem[i].addr > l1mem[i - 1].addr);
		*model_word(m, l1mem[i].addr) = l1mem[i].value;
	}
	m->hash = 0xcbf29ce484222325ull;
	return m;
}

static inline void model_free(struct model *m)
{
	for (size_t i = 0; i < MODEL_GUESTS; i++)
		free(m->guest[i].output);
	free(m->word);
	free(m);
}

/* ---- the walk of spec 1, without its errors ---- */

struct model_walk {
	bool mapped;
	int level;
	uint64_t size, output, desc;
};

static inline struct model_walk model_walk(struct model *m, uint64_t vttbr, uint64_t vtcr,
					   uint64_t ipa)
{
	static const int granules[] = {12, 16, 14, 16};
	int g = granules[vtcr >> 14 & 3], stride = g - 3, sl0 = (int)(vtcr >> 6 & 3);
	int level = g == 12 ? 2 - sl0 : 3 - sl0, top = 64 - (int)(vtcr & 63);
	int start_bits = top - ((3 - level) * stride + g);
	uint64_t base = vttbr & 0xffffffffffffull & ~((1ull << (start_bits + 3)) - 1);
	struct model_walk w = {0};

	assert_true(start_bits >= 1 && start_bits <= stride + 4);
	assert_true(ipa >> top == 0);
	/* The root is where VTTBR says, not just near it. */
	assert_int_equal(base, vttbr & 0xfffffffffffeull);
	for (;; level++) {
		int bottom = (3 - level) * stride + g;
		uint64_t index = (ipa & ((1ull << top) - 1)) >> bottom;

		w.level = level;
		w.desc = *model_word(m, base + index * 8);
		if (!(w.desc & 1))
			return w;
		if (level == 3 || !(w.desc & 2)) {
			int contig = w.desc >> 52 & 1 ? (g == 12 ? 4 : g == 14 ? 7 : 5) : 0;

			assert_true(level == 3 ? w.desc & 2 : level >= (g == 12 ? 1 : 2));
			assert_true((w.desc & 1 << 10) && (w.desc & 3 << 6) == 3 << 6);
			w.mapped = true;
			w.size = 1ull << bottom;
			w.output = w.desc & 0xffffffffffffull & ~(w.size - 1);
			/* The group is contiguous in truth, not by the hint alone. */
			assert_int_equal(w.output >> bottom & ((1u << contig) - 1),
					 ipa >> bottom & ((1u << contig) - 1));
			w.output |= ipa & (w.size - 1);
			return w;
		}
		base = w.desc & 0xffffffffffffull & ~((1ull << g) - 1);
		top = bottom;
	}
}

/* ---- the host's side ---- */

/* The first backing that ends after `hva`. */
static inline size_t model_find_backing(const struct model *m, uint64_t hva)
{
	size_t low = 0, high = m->backing_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (m->backing[middle].hva + m->backing[middle].size > hva)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static inline struct nvt_backing *model_backing(struct model *m, uint64_t hva)
{
	size_t i = model_find_backing(m, hva);

	return i < m->backing_count && hva >= m->backing[i].hva ? &m->backing[i] : NULL;
}

static inline void model_add_backing(struct model *m, const struct nvt_backing *b)
{
	uint64_t leaf = 1ull << b->leaf_shift;
	struct nvt_backing *at;

	assert_int_equal(b->origin, NVT_GIVEN);
	assert_int_equal(b->flags, NVT_BACKING_WRITABLE);
	assert_int_equal((b->hva | b->pa | b->size) & (leaf - 1), 0);
	assert_true(b->vma_shift >= m->machine.page_shift);
	assert_true(b->leaf_shift >= m->machine.page_shift && b->leaf_shift <= 30);
	assert_true((b->pa + b->size) >> m->machine.ipa_limit == 0);
	for (size_t i = 0; i < m->backing_count; i++)
		assert_true(b->pa + b->size <= m->backing[i].pa ||
			    b->pa >= m->backing[i].pa + m->backing[i].size);
	at = &m->backing[model_find_backing(m, b->hva)];
	if (at < m->backing + m->backing_count && at->hva < b->hva + b->size) {
		/* What was taken away comes back, all of it. */
		assert_true(at->hva == b->hva && at->size == b->size);
	} else {
		assert_true(m->backing_count < MODEL_BACKINGS);
		memmove(at + 1, at, (size_t)(m->backing + m->backing_count - at) * sizeof(*at));
		m->backing_count++;
	}
	*at = *b;
}

/* What the touch reads through both stages must be there. */
static inline void model_check_memory(struct model *m, const struct model_walk *w)
{
	uint64_t hva;
	const struct nvt_backing *b;

	assert_true(w->output >= m->slot.base && w->output - m->slot.base < m->slot.size);
	/* No table of L1 may be guest memory. */
	assert_true(w->output < m->word_base);
	hva = w->output - m->slot.base + m->slot.uaddr;
	b = model_backing(m, hva);
	assert_non_null(b);
	m->back_count[b->leaf_shift]++;
	m->leaf_count[w->level][w->desc >> 52 & 1]++;
}

/* ---- shadow contexts ---- */

static inline struct model_guest *model_guest(struct model *m, uint64_t vttbr)
{
	assert_true(vttbr >> 48 < MODEL_GUESTS);
	return &m->guest[vttbr >> 48];
}

static inline void model_unmap(struct model *m, struct model_guest *g, uint64_t ipa, uint64_t size)
{
	unsigned int shift = m->machine.page_shift;
	uint64_t end = (ipa + size - 1) >> shift;

	for (uint64_t p = ipa >> shift; p <= end && p < g->page_end; p++) {
		g->mapped_count -= g->output[p] != 0;
		g->output[p] = 0;
	}
}

static inline void model_unmap_all(struct model *m)
{
	for (size_t i = 0; i < MODEL_GUESTS; i++)
		model_unmap(m, &m->guest[i], 0, MODEL_PAGES << m->machine.page_shift);
}

/* `used`: the guest, counted from 1, that maps a page of L1's memory. */
static inline void model_audit_guest(struct model *m, const struct model_guest *g, uint8_t *used)
{
	unsigned int shift = m->machine.page_shift;
	uint64_t left = g->mapped_count;

	for (uint64_t p = 0; left && p < g->page_end; p++) {
		struct model_walk w;

		if (!g->output[p])
			continue;
		w = model_walk(m, g->vttbr, g->vtcr, p << shift);
		assert_true(w.mapped);
		assert_int_equal(w.output >> shift, g->output[p] - 1);
		assert_true(w.output >> shift < MODEL_PAGES);
		if (used[w.output >> shift]) {
			assert_true(m->aliases);
			m->alias_count[used[w.output >> shift] != g - m->guest + 1]++;
		}
		used[w.output >> shift] = (uint8_t)(g - m->guest + 1);
		left--;
	}
	assert_int_equal(left, 0);
}

/*
 * Every page that is mapped is still what L1 maps, so no TLBI was forgotten;
 * and no two of them are the same memory, where there are no aliases.
 */
static inline void model_audit(struct model *m)
{
	uint8_t *used = calloc(MODEL_PAGES, 1);

	assert_non_null(used);
	for (size_t i = 0; i < MODEL_GUESTS; i++)
		model_audit_guest(m, &m->guest[i], used);
	free(used);
}

/* ---- events ---- */

static inline void model_touch(struct model *m, struct model_vcpu *v, const struct nvt_fault *f)
{
	struct model_guest *g = model_guest(m, v->vttbr);
	uint64_t ipa = (f->hpfar & ~(1ull << 63)) >> 4 << 12, page = ipa >> m->machine.page_shift;
	unsigned int ec = f->esr >> 26 & 63;
	struct model_walk w;

	assert_true(v->in_l2 && !v->broken);
	assert_true(f->hpfar >> 63 && !(f->esr & 63) && (f->esr >> 25 & 1));
	assert_true(ec == 0x20 || ec == 0x24);
	assert_true(!f->truth && !f->flags);
	if (v->retry)
		assert_true(f->esr == v->last.esr && f->far == v->last.far &&
			    f->hpfar == v->last.hpfar && f->pc == v->last.pc &&
			    f->pstate == v->last.pstate);
	if (!(f->esr >> 7 & 1))
		assert_int_equal((f->far ^ ipa) & 0xf000 & ((1u << m->machine.page_shift) - 1), 0);
	if (!g->output)
		g->output = calloc(MODEL_PAGES, sizeof(*g->output));
	g->vttbr = v->vttbr;
	g->vtcr = v->vtcr;
	m->touch_count++;
	assert_true(page < MODEL_PAGES);
	assert_int_equal(g->output[page], 0);
	w = model_walk(m, v->vttbr, v->vtcr, ipa);
	if (!w.mapped) {
		/* Once is enough: the second time L1 has mapped it. */
		assert_false(v->retry);
		v->retry = true;
		v->in_l2 = false;
		v->last = *f;
		m->injected_count++;
		return;
	}
	v->retry = false;
	if (w.output < m->slot.base) {
		/* No memory, by the attributes of L1's as well; never mapped. */
		assert_true(ec == 0x24 && w.level == 3 && (w.desc >> 2 & 15) == 1);
		m->device_count++;
		return;
	}
	model_check_memory(m, &w);
	g->output[page] = (uint32_t)(w.output >> m->machine.page_shift) + 1;
	g->mapped_count++;
	if (page >= g->page_end)
		g->page_end = page + 1;
}

static inline void model_context(struct model *m, struct model_vcpu *v, const struct nvt_context *c)
{
	bool enters = c->reason == NVT_ERET;

	/* The tables may be empty at first: the root of the first guest begins them. */
	if (!m->word_base)
		m->word_base = c->vttbr & 0xffffffffffffull & ~MODEL_TABLES_ALIGN;

	assert_true(enters || c->reason == NVT_EXCEPTION);
	assert_int_equal(c->flags, enters ? 0 : NVT_CONTEXT_HYP);
	assert_int_equal(v->in_l2, !enters);
	assert_true((c->hcr & 1) && !(c->hcr >> 27 & 1) && !(c->sctlr >> 25 & 1));
	assert_true((c->pstate & 0xf) == (enters ? 5 : 9));
	assert_false(v->broken);
	if (v->entered)
		assert_true(v->vttbr == c->vttbr && v->vtcr == c->vtcr);
	v->entered = true;
	v->in_l2 = enters;
	v->vttbr = c->vttbr;
	v->vtcr = c->vtcr;
}

static inline void model_write(struct model *m, struct model_vcpu *v, const struct nvt_l1_write *wr)
{
	uint64_t *word = model_word(m, wr->addr);

	assert_true(v->entered && !v->in_l2);
	assert_int_equal(*word, wr->old_value);
	assert_int_not_equal(wr->old_value, wr->new_value);
	/* Break before make: never from one valid entry to another. */
	assert_false(wr->old_value & wr->new_value & 1);
	if (wr->new_value & 1)
		assert_false(v->broken);
	else
		v->broken = true;
	*word = wr->new_value;
}

static inline uint64_t model_ttl_size(unsigned int ttl)
{
	static const uint8_t shift[4][4] = {{0}, {0, 30, 21, 12}, {0, 0, 25, 14}, {0, 0, 29, 16}};

	assert_true(ttl < 16 && shift[ttl >> 2][ttl & 3]);
	return 1ull << shift[ttl >> 2][ttl & 3];
}

static inline void model_tlbi_range(struct model *m, struct model_guest *g, uint64_t xt)
{
	static const uint8_t shift[] = {0, 12, 14, 16};
	unsigned int s = shift[xt >> 46 & 3], scale = xt >> 44 & 3;
	uint64_t base = (xt & ((1ull << 37) - 1)) << s, num = xt >> 39 & 31;

	assert_true(s && !(base >> 48));
	model_unmap(m, g, base, ((num + 1) << (5 * scale + 1)) << s);
}

static inline void model_tlbi(struct model *m, struct model_vcpu *v, const struct nvt_tlbi *t)
{
	struct model_guest *g = model_guest(m, t->vttbr);
	uint64_t size;

	assert_true(v->entered && !v->in_l2);
	assert_int_equal(t->vttbr, v->vttbr);
	if (t->op == NVT_SYS_OP(0, 8, 3, 0))
		return;
	v->broken = false;
	switch (t->op) {
	case NVT_SYS_OP(4, 8, 0, 1):
	case NVT_SYS_OP(4, 8, 0, 5):
		size = model_ttl_size(t->xt >> 44 & 15);
		model_unmap(m, g, (t->xt & ((1ull << 36) - 1)) << 12 & ~(size - 1), size);
		break;
	case NVT_SYS_OP(4, 8, 0, 2):
	case NVT_SYS_OP(4, 8, 0, 6):
		model_tlbi_range(m, g, t->xt);
		break;
	case NVT_SYS_OP(4, 8, 3, 4):
		model_unmap_all(m);
		break;
	case NVT_SYS_OP(4, 8, 3, 6):
		model_unmap(m, g, 0, MODEL_PAGES << m->machine.page_shift);
		break;
	default:
		fail_msg("TLBI %#x", t->op);
	}
	m->tlbi_count++;
}

static inline void model_slot(struct model *m, const struct nvt_slot *slot)
{
	assert_int_equal(slot->change, NVT_SLOT_CREATE);
	assert_int_equal(slot->base, 0x40000000);
	assert_int_equal((slot->base ^ slot->uaddr) & ((1ull << 30) - 1), 0);
	assert_true((slot->base + slot->size) >> m->machine.canonical_bits == 0);
	m->slot = *slot;
}

static inline void model_mix(struct model *m, uint64_t x)
{
	for (unsigned int i = 0; i < 64; i += 8)
		m->hash = (m->hash ^ (x >> i & 255)) * 0x100000001b3ull;
}

/* Everything of an event that differs between events of its kind here. */
static inline void model_digest(struct model *m, const struct nvt_event *ev)
{
	model_mix(m, ev->time_ns ^ (uint64_t)ev->vcpu << 48 ^ (uint64_t)ev->kind << 32);
	switch (ev->kind) {
	case NVT_TOUCH:
		model_mix(m, ev->fault.esr ^ ev->fault.far);
		model_mix(m, ev->fault.hpfar ^ ev->fault.pc ^ ev->fault.pstate);
		break;
	case NVT_L1_WRITE:
		model_mix(m, ev->l1_write.addr ^ ev->l1_write.new_value);
		break;
	case NVT_TLBI:
		model_mix(m, ev->tlbi.xt ^ ev->tlbi.op);
		break;
	case NVT_BACKING:
		model_mix(m, ev->backing.hva ^ ev->backing.pa ^ ev->backing.leaf_shift);
		break;
	case NVT_CONTEXT:
		model_mix(m, ev->context.vttbr ^ ev->context.vtcr);
		break;
	}
}

static inline void model_event(struct model *m, const struct nvt_event *ev)
{
	struct model_vcpu *v = &m->vcpu[ev->vcpu];

	assert_true(ev->vcpu < m->machine.vcpu_count && ev->vcpu < MODEL_VCPUS);
	assert_true(ev->time_ns >= m->time_ns && ev->time_ns - m->time_ns <= 3000);
	m->time_ns = ev->time_ns;
	model_digest(m, ev);
	switch (ev->kind) {
	case NVT_TOUCH:
		model_touch(m, v, &ev->fault);
		break;
	case NVT_CONTEXT:
		model_context(m, v, &ev->context);
		break;
	case NVT_L1_WRITE:
		model_write(m, v, &ev->l1_write);
		break;
	case NVT_TLBI:
		model_tlbi(m, v, &ev->tlbi);
		if (m->tlbi_count % MODEL_AUDIT_EVERY == 1 && !v->broken)
			model_audit(m);
		break;
	case NVT_HOST_UNMAP:
		assert_non_null(model_backing(m, ev->range.base - m->slot.base + m->slot.uaddr));
		model_unmap_all(m);
		break;
	case NVT_SLOT:
		model_slot(m, &ev->slot);
		break;
	case NVT_BACKING:
		assert_int_not_equal(m->slot.size, 0);
		model_add_backing(m, &ev->backing);
		break;
	default:
		assert_int_equal(ev->kind, NVT_MARK);
	}
}

#endif
