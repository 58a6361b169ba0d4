/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Emission: in stream order, each event is preceded by what a replay must know
 * of L1's tables and of the host's memory, unless earlier events told it.
 */
#include <stdlib.h>

#include "import/build.h"
#include "import/history.h"

#define EC_IABT_LOW 0x20
#define ESR_S1PTW   (1u << 7)
#define PROT_EXEC   3u
#define PROT_DEVICE 0x30u /* or not cacheable */
#define VTCR_HA	    ((uint64_t)1 << 21)

static enum nvt_status write_event(struct imp_builder *b, const struct nvt_event *ev)
{
	b->stats->event_count++;
	b->stats->kind_count[ev->kind]++;
	/* The first pass of two has none. */
	return b->writer ? nvt_write(b->writer, ev, b->err) : NVT_OK;
}

enum nvt_status imp_emit_event(struct imp_builder *b, const struct nvt_event *ev)
{
	return write_event(b, ev);
}

static struct imp_registers *registers_of(struct imp_builder *b, uint16_t vcpu)
{
	struct imp_registers *bigger;

	if (vcpu < b->register_count)
		return &b->registers[vcpu];
	bigger = realloc(b->registers, (vcpu + 1u) * sizeof(*bigger));
	if (!bigger)
		return NULL;
	b->registers = bigger;
	while (b->register_count <= vcpu)
		bigger[b->register_count++] = (struct imp_registers){0};
	return &bigger[vcpu];
}

static uint64_t fault_ipa(const struct nvt_fault *f)
{
	return (f->hpfar & (((uint64_t)1 << 48) - 1)) >> 4 << 12;
}

static enum nvt_status tell_leaf(struct imp_builder *b, const struct imp_entry *e)
{
	struct imp_registers *regs = registers_of(b, e->event.vcpu);
	struct nvt_event ev = {
		.time_ns = e->event.time_ns, .vcpu = e->event.vcpu, .kind = NVT_L1_LEAF};
	struct nvt_machine machine;
	struct imp_walk walk;
	int told;

	if (!regs)
		return imp_no_memory(b);
	imp_machine(b, &machine);
	walk = (struct imp_walk){.ipa = fault_ipa(&e->event.fault),
				 .vttbr = regs->known ? regs->vttbr : e->vttbr,
				 .vtcr = regs->known ? regs->vtcr : e->vtcr,
				 .page_shift = machine.page_shift,
				 .ipa_limit = machine.ipa_limit,
				 .truth = &e->truth};
	if (b->history)
		return imp_history_walk(b, &ev, &walk);
	told = imp_leaves_observe(&b->leaves, &walk, &ev.l1_leaf);
	if (told < 0)
		return imp_no_memory(b);
	if (!told)
		return NVT_OK;
	b->stats->own_leaf_count++;
	return write_event(b, &ev);
}

static enum nvt_status tell_backing(struct imp_builder *b, const struct imp_entry *e)
{
	const struct nvt_fault_truth *t = &e->truth;
	struct nvt_event ev = {
		.time_ns = e->event.time_ns, .vcpu = e->event.vcpu, .kind = NVT_BACKING};
	struct nvt_backing told[IMP_BACKING_EVENTS];
	enum nvt_status status = NVT_OK;
	int count;

	count = imp_backing_observe(&b->backing, t,
				    e->stage2 ? t->walk_out : fault_ipa(&e->event.fault), e->stage2,
				    told);
	if (count < 0)
		return imp_no_memory(b);
	if (e->stage2)
		b->stats->backing_shadow_count += (uint64_t)count;
	for (int i = 0; i < count && status == NVT_OK; i++) {
		ev.backing = told[i];
		status = write_event(b, &ev);
	}
	return status;
}

/*
 * A mapping of cacheable memory for other than a fetch has X exactly if the
 * host has CACHE_DIC (spec 4.5).
 */
static void note_dic(struct imp_builder *b, const struct imp_entry *e)
{
	uint64_t esr = e->event.fault.esr;
	bool fetch = (esr >> 26 & 0x3f) == EC_IABT_LOW && !(esr & ESR_S1PTW);
	uint8_t dic;

	if (e->stage2 || fetch || !(e->truth.has & NVT_TRUTH_MAP) ||
	    e->truth.map_prot & PROT_DEVICE)
		return;
	dic = e->truth.map_prot & PROT_EXEC ? 2 : 1;
	if (b->dic && b->dic != dic)
		imp_warn(b, "some mappings say that the host has CACHE_DIC, some that it has not: "
			    "the first is believed");
	if (!b->dic)
		b->dic = dic;
}

static enum nvt_status emit_fault(struct imp_builder *b, struct imp_entry *e)
{
	enum nvt_status status = NVT_OK;

	b->stats->shadow_count += e->stage2;
	note_dic(b, e);
	if (e->truth.has & NVT_TRUTH_WALK)
		status = tell_leaf(b, e);
	if (status == NVT_OK)
		status = tell_backing(b, e);
	e->event.fault.truth = e->truth.has ? &e->truth : NULL;
	return status == NVT_OK ? write_event(b, &e->event) : status;
}

static enum nvt_status emit_context(struct imp_builder *b, const struct imp_entry *e)
{
	const struct nvt_context *c = &e->event.context;
	struct imp_registers *regs = registers_of(b, e->event.vcpu);

	if (!regs)
		return imp_no_memory(b);
	if (!(c->flags & NVT_CONTEXT_NO_REGS))
		*regs = (struct imp_registers){.vttbr = c->vttbr, .vtcr = c->vtcr, .known = true};
	return write_event(b, &e->event);
}

/* What L1's own recording states of its tables. */
static enum nvt_status emit_stated(struct imp_builder *b, const struct nvt_event *ev)
{
	int news = imp_leaves_state(&b->leaves, &ev->l1_leaf, b->backing.page_shift);

	if (news < 0)
		return imp_no_memory(b);
	return news ? write_event(b, ev) : NVT_OK;
}

static void pages_to_bytes(const struct imp_builder *b, uint64_t *base, uint64_t *size)
{
	*base <<= b->backing.page_shift;
	*size <<= b->backing.page_shift;
}

enum nvt_status imp_emit(struct imp_builder *b, struct imp_entry *e)
{
	if (!b->emitting) {
		b->backing.page_shift = imp_page_shift(&b->vms[b->chosen]);
		b->emitting = true;
	}
	if (b->history && imp_history_event(b, &e->event) != NVT_OK)
		return b->err->status;
	switch (e->event.kind) {
	case NVT_FAULT:
		return emit_fault(b, e);
	case NVT_CONTEXT:
		return emit_context(b, e);
	case NVT_SLOT:
		pages_to_bytes(b, &e->event.slot.base, &e->event.slot.size);
		if (imp_backing_slot(&b->backing, &e->event.slot))
			return imp_no_memory(b);
		break;
	case NVT_L1_LEAF:
		return emit_stated(b, &e->event);
	case NVT_HOST_AGE:
		pages_to_bytes(b, &e->event.range.base, &e->event.range.size);
		break;
	case NVT_HOST_UNMAP:
		pages_to_bytes(b, &e->event.range.base, &e->event.range.size);
		imp_backing_unmap(&b->backing, e->event.range.base, e->event.range.size);
		break;
	default:
		break;
	}
	return write_event(b, &e->event);
}

static uint8_t input_bits(uint64_t vtcr)
{
	return (uint8_t)(64 - (vtcr & 63));
}

/* The host as far as VTCR of the hardware and L1's own mappings show it. */
void imp_machine(struct imp_builder *b, struct nvt_machine *machine)
{
	const struct imp_vm *vm = &b->vms[b->chosen];
	uint64_t some = vm->canonical_vtcr ? vm->canonical_vtcr : vm->nested_vtcr;

	*machine = (struct nvt_machine){
		.page_shift = imp_page_shift(vm),
		.ipa_limit = vm->nested_vtcr ? input_bits(vm->nested_vtcr) : 48,
		.canonical_bits = vm->canonical_vtcr ? input_bits(vm->canonical_vtcr) : 40,
		.vcpu_count = vm->vcpu_count,
		.context_count = vm->context_count,
		.lpa2 = some >> 32 & 1,
		.fwb = true,
		.dic = b->dic != 1,
		.xnx = true,
		.ttl = true,
		.hw_af = !some || some & VTCR_HA,
		.extents = b->stats->kind_count[NVT_EXTENT] > 0,
		.assumed = NVT_MACHINE_FWB | NVT_MACHINE_XNX | NVT_MACHINE_TTL |
			   NVT_MACHINE_GRANULES | NVT_MACHINE_NISV};
	/* L1 is offered no granule smaller than the host's page (spec 1.1). */
	machine->s2_granules = (uint8_t)(7 << (machine->page_shift - 12) / 2 & 7);
	if (!b->dic)
		machine->assumed |= NVT_MACHINE_DIC;
	if (!imp_page_known(vm))
		machine->assumed |= NVT_MACHINE_PAGE;
	if (!some)
		machine->assumed |= NVT_MACHINE_HW_AF;
	if (!vm->nested_vtcr)
		machine->assumed |= NVT_MACHINE_IPA_LIMIT;
	if (!vm->canonical_vtcr)
		machine->assumed |= NVT_MACHINE_CANONICAL;
}

enum nvt_class imp_class(const struct imp_builder *b)
{
	const uint64_t *n = b->known_count;

	/* Without memslots no page of L1 has a place: nothing can be decided again. */
	if (!n[IMP_EV_ABORT] || !n[IMP_EV_MEMSLOT])
		return NVT_PARTIAL;
	/* A guest that is no hypervisor has one context, which is never loaded anew. */
	if (!n[IMP_EV_LOADMMU] && b->vms[b->chosen].context_count)
		return NVT_PARTIAL;
	if (b->stats->shadow_count && !n[IMP_EV_WALK])
		return NVT_PARTIAL;
	return b->history ? NVT_FULL : NVT_OBSERVED;
}
