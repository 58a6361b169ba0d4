/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The events that the importer knows: name, fields by name, handler. An event
 * or a field is added here and nowhere else.
 */
#include <string.h>

#include "import/build.h"
#include "import/record.h"

#define P(id, name)                                                                                \
	{                                                                                          \
		name, NULL, IMP_##id, 0                                                            \
	}
#define P_OPT(id, name)                                                                            \
	{                                                                                          \
		name, NULL, IMP_##id, IMP_OPTIONAL                                                 \
	}
#define K(id, name, label)                                                                         \
	{                                                                                          \
		name, label, IMP_##id, 0                                                           \
	}
#define K_HEX(id, name, label)                                                                     \
	{                                                                                          \
		name, label, IMP_##id, IMP_HEX                                                     \
	}

/* Probes: the names are those of doc/probes.md. */
static const struct imp_field abort_fields[] = {
	P(VCPU, "vcpu"), P(ESR, "esr"),		P(FAR, "far"),	     P(HPFAR, "hpfar"),
	P(MMU, "mmu"),	 P_OPT(VTTBR, "vttbr"), P_OPT(VTCR, "vtcr"), P(S2EN, "s2en"),
	P(PC, "pc"),	 P(PSTATE, "pstate"),
};
static const struct imp_field abort_ret_fields[] = {P(VCPU, "vcpu"), P(RET, "ret")};
static const struct imp_field walk_fields[] = {
	P(VCPU, "vcpu"),  P(RET, "ret"),     P(OUT, "out"), P(SIZE, "bs"),   P(WRITABLE, "w"),
	P(READABLE, "r"), P(LEVEL, "level"), P(ESR, "esr"), P(DESC, "desc"),
};
static const struct imp_field permchk_fields[] = {P(VCPU, "vcpu"), P(RET, "ret"), P(ESR, "esr")};
static const struct imp_field inject_fields[] = {P(VCPU, "vcpu"), P(ESR, "esr"), P(FAR, "far"),
						 P(HPFAR, "hpfar")};
static const struct imp_field faultin_fields[] = {P(GFN, "gfn"), P(FOLL, "foll"),
						  P(WRITABLE, "writable"), P(PFN, "pfn")};
static const struct imp_field map_fields[] = {P(ADDR, "addr"), P(SIZE, "size"), P(PHYS, "phys"),
					      P(PROT, "prot"), P_OPT(MMU, "mmu")};
static const struct imp_field relax_fields[] = {P(ADDR, "addr"), P(PROT, "prot"),
						P_OPT(MMU, "mmu")};
static const struct imp_field ret_fields[] = {P(RET, "ret")};
static const struct imp_field loadmmu_fields[] = {
	P(VCPU, "vcpu"),   P(MMU, "mmu"),   P(S2EN, "s2en"),	     P(VTTBR, "l1vttbr"),
	P(VTCR, "l1vtcr"), P(HCR, "l1hcr"), P_OPT(HWVTCR, "hwvtcr"),
};
static const struct imp_field initmmu_fields[] = {P(KVM, "kvm"), P(MMU, "mmu"),
						  P_OPT(HWVTCR, "vtcr"), P_OPT(PGD, "pgd")};
static const struct imp_field memslot_fields[] = {
	P(KVM, "kvm"),	   P(GFN, "base_gfn"), P(NPAGES, "npages"), P(UADDR, "ua"),
	P(FLAGS, "flags"), P(ID, "id"),	       P(CHANGE, "change"),
};
static const struct imp_field gfn_range_fields[] = {P(KVM, "kvm"), P(GFN, "start"), P(END, "end")};
static const struct imp_field unmap_range_fields[] = {P(MMU, "mmu"), P(ADDR, "addr"),
						      P(SIZE, "size")};
static const struct imp_field wp_range_fields[] = {P(MMU, "mmu"), P(ADDR, "addr"), P(END, "end")};
static const struct imp_field tlbi_fields[] = {
	P(VCPU, "vcpu"), P(OP1, "op1"),	  P(CRN, "crn"),       P(CRM, "crm"),
	P(OP2, "op2"),	 P(VALUE, "val"), P(VTTBR, "l1vttbr"),
};

/* Tracepoints of kvm: names of the format, labels of the printed line (spec 8.1). */
static const struct imp_field guest_fault_fields[] = {K(PC, "vcpu_pc", "pc"), K(ESR, "hsr", "hsr"),
						      K(FAR, "hxfar", "hxfar"),
						      K(IPA, "ipa", "ipa")};
static const struct imp_field eret_fields[] = {K(PSTATE, "spsr_el2", "spsr_el2"),
					       K_HEX(HCR, "hcr_el2", "hcr_el2")};
static const struct imp_field exception_fields[] = {K(ESR, "esr_el2", "esr_el2"),
						    K(PSTATE, "spsr_el2", "spsr_el2"),
						    K_HEX(HCR, "hcr_el2", "hcr_el2")};
static const struct imp_field mmio_fields[] = {{"type", "mmio", IMP_TYPE, IMP_MMIO},
					       K(LEN, "len", "len"),
					       K(IPA, "gpa", "gpa"),
					       K(VALUE, "val", "val")};

#define FIELDS(table) table, sizeof(table) / sizeof((table)[0])
#define PROBE(name, table, handler)                                                                \
	{                                                                                          \
		name, NULL, FIELDS(table), handler                                                 \
	}
#define KVM(name, table, handler)                                                                  \
	{                                                                                          \
		name, "kvm", FIELDS(table), handler                                                \
	}
#define KVM_BARE(name, handler)                                                                    \
	{                                                                                          \
		name, "kvm", NULL, 0, handler                                                      \
	}

const struct imp_event imp_events[IMP_EVENT_COUNT] = {
	[IMP_EV_ABORT] = PROBE("abort", abort_fields, imp_on_abort),
	[IMP_EV_ABORT_RET] = PROBE("abort_ret", abort_ret_fields, imp_on_abort_ret),
	[IMP_EV_WALK] = PROBE("walk", walk_fields, imp_on_walk),
	[IMP_EV_PERMCHK] = PROBE("permchk", permchk_fields, imp_on_permchk),
	[IMP_EV_INJECT] = PROBE("inject", inject_fields, imp_on_inject),
	[IMP_EV_FAULTIN] = PROBE("faultin", faultin_fields, imp_on_faultin),
	[IMP_EV_MAP] = PROBE("map", map_fields, imp_on_map),
	[IMP_EV_MAP_RET] = PROBE("map_ret", ret_fields, imp_on_map_ret),
	[IMP_EV_RELAX] = PROBE("relax", relax_fields, imp_on_relax),
	[IMP_EV_RELAX_RET] = PROBE("relax_ret", ret_fields, imp_on_relax_ret),
	[IMP_EV_LOADMMU] = PROBE("loadmmu", loadmmu_fields, imp_on_loadmmu),
	[IMP_EV_INITMMU] = PROBE("initmmu", initmmu_fields, imp_on_initmmu),
	[IMP_EV_MEMSLOT] = PROBE("memslot", memslot_fields, imp_on_memslot),
	[IMP_EV_MMUN_UNMAP] = PROBE("mmun_unmap", gfn_range_fields, imp_on_gfn_range),
	[IMP_EV_MMUN_AGE] = PROBE("mmun_age", gfn_range_fields, imp_on_gfn_range),
	[IMP_EV_UNMAP_RANGE] = PROBE("unmap_range", unmap_range_fields, imp_on_unmap_range),
	[IMP_EV_WP_RANGE] = PROBE("wp_range", wp_range_fields, imp_on_wp_range),
	[IMP_EV_TLBI_IPAS2] = PROBE("tlbi_ipas2", tlbi_fields, imp_on_tlbi),
	[IMP_EV_TLBI_RIPAS2] = PROBE("tlbi_ripas2", tlbi_fields, imp_on_tlbi),
	[IMP_EV_TLBI_VMALLS12] = PROBE("tlbi_vmalls12", tlbi_fields, imp_on_tlbi),
	[IMP_EV_TLBI_ALLE1IS] = PROBE("tlbi_alle1is", tlbi_fields, imp_on_tlbi),
	[IMP_EV_TLBI_EL1] = PROBE("tlbi_el1", tlbi_fields, imp_on_tlbi),
	[IMP_EV_TLBI_EL2] = PROBE("tlbi_el2", tlbi_fields, imp_on_tlbi),
	[IMP_EV_GUEST_FAULT] = KVM("kvm_guest_fault", guest_fault_fields, imp_on_guest_fault),
	[IMP_EV_ERET] = KVM("kvm_nested_eret", eret_fields, imp_on_eret),
	[IMP_EV_EXCEPTION] = KVM("kvm_inject_nested_exception", exception_fields, imp_on_exception),
	[IMP_EV_ACCESS_FAULT] = KVM_BARE("kvm_access_fault", imp_on_access_fault),
	[IMP_EV_MMIO] = KVM("kvm_mmio", mmio_fields, imp_on_mmio),
	[IMP_EV_ENTRY] = KVM_BARE("kvm_entry", imp_on_boundary),
	[IMP_EV_EXIT] = KVM_BARE("kvm_exit", imp_on_boundary),
	[IMP_EV_MARK] = {"tracing_mark_write", "ftrace", NULL, 0, imp_on_mark},
};

uint8_t imp_find_event(const char *name, size_t length)
{
	for (unsigned int i = 0; i < IMP_EVENT_COUNT; i++) {
		const char *known = imp_events[i].name;

		if (known[0] == name[0] && !strncmp(known, name, length) && !known[length])
			return (uint8_t)i;
	}
	return IMP_EV_NONE;
}
