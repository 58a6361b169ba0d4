/* SPDX-License-Identifier: GPL-2.0-only */
#include "schema.h"
#include "event.h"
#include "trace.h"

#define FIELD_SIZE(type, field) sizeof(((type *)0)->field)
#define PLACE(type, field)	.offset = offsetof(type, field), .size = FIELD_SIZE(type, field)

/* The span of an unsigned field of any width, and the lower bound of a signed one. */
#define WHOLE(type, field)  (UINT64_MAX >> (64 - 8 * FIELD_SIZE(type, field)))
#define LOWEST(type, field) (-(int64_t)(WHOLE(type, field) / 2) - 1)

#define U(type, field, from)                                                                       \
	{                                                                                          \
		.name = #field, PLACE(type, field), .base = from, .span = WHOLE(type, field)       \
	}
#define S(type, field, from)                                                                       \
	{                                                                                          \
		.name = #field, PLACE(type, field), .base = from, .low = LOWEST(type, field),      \
		.span = WHOLE(type, field)                                                         \
	}
#define MAX(type, field, max)                                                                      \
	{                                                                                          \
		.name = #field, PLACE(type, field), .span = max                                    \
	}
#define LEVEL(type, field)                                                                         \
	{                                                                                          \
		.name = #field, PLACE(type, field), .low = -1, .span = 4                           \
	}
#define WORD(type, field)                                                                          \
	{                                                                                          \
		.name = #field, PLACE(type, field), .align = 7, .span = UINT64_MAX                 \
	}
/* Signed, so that NVT_CANONICAL_CONTEXT is -1: next to 0, and out of the count's way. */
#define CONTEXT(type, field)                                                                       \
	{                                                                                          \
		.name = #field, PLACE(type, field), .bound = NVT_BOUND_CONTEXT, .low = -1,         \
		.span = 0x8000                                                                     \
	}

#define NONE NVT_BASE_NONE

#define E struct nvt_event
/* clang-format off */
static const struct nvt_column event_columns[] = {
	{.name = "kind", PLACE(E, kind), .low = 1, .span = NVT_KIND_COUNT - 2},
	{.name = "vcpu", PLACE(E, vcpu), .bound = NVT_BOUND_VCPU, .span = UINT16_MAX},
	{.name = "time_ns", PLACE(E, time_ns), .ascending = true, .span = UINT64_MAX},
};
/* hpfar stands first: far is measured from it. */
static const struct nvt_column fault_columns[] = {
	U(E, fault.hpfar, NONE),
	U(E, fault.esr, NONE),
	U(E, fault.far, NVT_BASE_IPA),
	U(E, fault.pc, NONE),
	U(E, fault.pstate, NONE),
	U(E, fault.duration_ns, NONE),
	MAX(E, fault.flags, 3),
};
static const struct nvt_column context_columns[] = {
	MAX(E, context.reason, NVT_PUT_WFI),
	MAX(E, context.flags, 15),
	CONTEXT(E, context.context),
	U(E, context.vttbr, NONE),
	U(E, context.vtcr, NONE),
	U(E, context.hcr, NONE),
	U(E, context.sctlr, NONE),
	U(E, context.pstate, NONE),
};
static const struct nvt_column l1_write_columns[] = {
	WORD(E, l1_write.addr),
	U(E, l1_write.old_value, NONE),
	U(E, l1_write.new_value, NONE),
};
static const struct nvt_column l1_leaf_columns[] = {
	U(E, l1_leaf.ipa, NONE),
	U(E, l1_leaf.vttbr, NONE),
	U(E, l1_leaf.vtcr, NONE),
	U(E, l1_leaf.desc, NVT_BASE_FIRST),
	LEVEL(E, l1_leaf.level),
	MAX(E, l1_leaf.flags, 1),
	MAX(E, l1_leaf.origin, NVT_ASSUMED),
};
static const struct nvt_column tlbi_columns[] = {
	U(E, tlbi.xt, NONE),
	U(E, tlbi.vttbr, NONE),
	MAX(E, tlbi.op, 0x3fff),
};
static const struct nvt_column range_columns[] = {
	U(E, range.base, NONE),
	U(E, range.size, NONE),
};
static const struct nvt_column slot_columns[] = {
	U(E, slot.base, NONE),
	U(E, slot.size, NONE),
	U(E, slot.uaddr, NVT_BASE_FIRST),
	U(E, slot.flags, NONE),
	U(E, slot.id, NONE),
	MAX(E, slot.change, NVT_SLOT_FLAGS),
};
static const struct nvt_column backing_columns[] = {
	U(E, backing.hva, NONE),
	U(E, backing.size, NONE),
	U(E, backing.pa, NVT_BASE_FIRST),
	MAX(E, backing.vma_shift, 63),
	MAX(E, backing.leaf_shift, 63),
	MAX(E, backing.flags, 15),
	MAX(E, backing.origin, NVT_ASSUMED),
};
static const struct nvt_column mark_columns[] = {
	MAX(E, mark.length, NVT_MARK_MAX),
};
static const struct nvt_column lost_columns[] = {
	U(E, lost.count, NONE),
	U(E, lost.cpu, NONE),
};
static const struct nvt_column extent_columns[] = {
	U(E, extent.start, NONE),
	U(E, extent.size, NONE),
	CONTEXT(E, extent.context),
	MAX(E, extent.what, NVT_WRITE_PROTECTED),
};

static const struct nvt_column truth_columns[] = {
	{.name = "has", .size = 2, .span = 1 + 0x3ff},
};

#define T struct nvt_fault_truth
static const struct nvt_column ret_columns[] = {
	S(T, ret, NONE),
};
static const struct nvt_column truth_context_columns[] = {
	CONTEXT(T, context),
};
static const struct nvt_column walk_columns[] = {
	S(T, walk_ret, NONE),
	LEVEL(T, walk_level),
	MAX(T, walk_rw, 3),
	U(T, walk_esr, NVT_BASE_ESR),
	U(T, walk_out, NVT_BASE_IPA),
	U(T, walk_size, NONE),
	U(T, walk_desc, NVT_BASE_LEAF),
};
static const struct nvt_column perm_columns[] = {
	S(T, perm_ret, NONE),
	U(T, perm_esr, NVT_BASE_ESR),
};
static const struct nvt_column inject_columns[] = {
	CONTEXT(T, inject_context),
	U(T, inject_esr, NVT_BASE_ESR),
	U(T, inject_far, NVT_BASE_FAR),
	U(T, inject_hpfar, NVT_BASE_HPFAR),
};
static const struct nvt_column faultin_columns[] = {
	U(T, faultin_gfn, NVT_BASE_CANONICAL),
	U(T, faultin_pfn, NVT_BASE_GFN),
	MAX(T, faultin_write, 1),
	MAX(T, faultin_writable, 1),
};
/* map_size stands first: map_addr and map_pa are measured with it. */
static const struct nvt_column map_columns[] = {
	U(T, map_size, NONE),
	S(T, map_ret, NONE),
	U(T, map_addr, NVT_BASE_BLOCK),
	U(T, map_pa, NVT_BASE_PA),
	U(T, map_prot, NONE),
};
static const struct nvt_column mmio_columns[] = {
	MAX(T, mmio_type, 2),
	U(T, mmio_len, NONE),
	U(T, mmio_gpa, NVT_BASE_IPA),
	U(T, mmio_val, NONE),
};

#define W struct nvt_word
static const struct nvt_column word_columns[] = {
	WORD(W, addr),
	U(W, value, NVT_BASE_FIRST),
};
/* clang-format on */

#define GROUP(title, cols, which, bits)                                                            \
	{                                                                                          \
		.name = title, .columns = cols, .column_count = sizeof(cols) / sizeof(cols[0]),    \
		.scope = NVT_SCOPE_##which, .select = bits                                         \
	}
#define FAULTS(title, kind)                                                                        \
	{                                                                                          \
		.name = title, .columns = fault_columns,                                           \
		.column_count = sizeof(fault_columns) / sizeof(fault_columns[0]),                  \
		.scope = NVT_SCOPE_KIND, .select = kind, .pointer = offsetof(E, fault.truth)       \
	}

const struct nvt_group nvt_groups[NVT_GROUP_COUNT] = {
	[NVT_GROUP_EVENT] = GROUP("event", event_columns, EVENTS, 0),
	[NVT_FAULT] = FAULTS("FAULT", NVT_FAULT),
	[NVT_TOUCH] = FAULTS("TOUCH", NVT_TOUCH),
	[NVT_CONTEXT] = GROUP("CONTEXT", context_columns, KIND, NVT_CONTEXT),
	[NVT_L1_WRITE] = GROUP("L1_WRITE", l1_write_columns, KIND, NVT_L1_WRITE),
	[NVT_L1_LEAF] = GROUP("L1_LEAF", l1_leaf_columns, KIND, NVT_L1_LEAF),
	[NVT_TLBI] = GROUP("TLBI", tlbi_columns, KIND, NVT_TLBI),
	[NVT_HOST_UNMAP] = GROUP("HOST_UNMAP", range_columns, KIND, NVT_HOST_UNMAP),
	[NVT_HOST_AGE] = GROUP("HOST_AGE", range_columns, KIND, NVT_HOST_AGE),
	[NVT_WRITE_PROTECT] = GROUP("WRITE_PROTECT", range_columns, KIND, NVT_WRITE_PROTECT),
	[NVT_SLOT] = GROUP("SLOT", slot_columns, KIND, NVT_SLOT),
	[NVT_BACKING] = GROUP("BACKING", backing_columns, KIND, NVT_BACKING),
	[NVT_MARK] = GROUP("MARK", mark_columns, KIND, NVT_MARK),
	[NVT_LOST] = GROUP("LOST", lost_columns, KIND, NVT_LOST),
	[NVT_EXTENT] = GROUP("EXTENT", extent_columns, KIND, NVT_EXTENT),
	[NVT_GROUP_TRUTH] = GROUP("truth", truth_columns, TRUTH, 0),
	GROUP("truth.ret", ret_columns, PART, NVT_TRUTH_RET),
	GROUP("truth.context", truth_context_columns, PART, NVT_TRUTH_CONTEXT),
	GROUP("truth.walk", walk_columns, PART, NVT_TRUTH_WALK),
	GROUP("truth.perm", perm_columns, PART, NVT_TRUTH_PERM),
	GROUP("truth.inject", inject_columns, PART, NVT_TRUTH_INJECT),
	GROUP("truth.faultin", faultin_columns, PART, NVT_TRUTH_FAULTIN),
	GROUP("truth.map", map_columns, PART, NVT_TRUTH_MAP | NVT_TRUTH_RELAX),
	GROUP("truth.mmio", mmio_columns, PART, NVT_TRUTH_MMIO),
	[NVT_GROUP_WORDS] = GROUP("l1mem", word_columns, WORDS, 0),
};

_Static_assert(NVT_MARK == NVT_GROUP_MARK && NVT_KIND_COUNT == NVT_GROUP_TRUTH,
	       "groups 1 to 14 are the kinds");
_Static_assert(sizeof(context_columns) / sizeof(context_columns[0]) <= NVT_GROUP_COLUMNS_MAX,
	       "CONTEXT is the widest group");

const char *const nvt_base_names[NVT_BASE_COUNT] = {
	[NVT_BASE_NONE] = "-",	       [NVT_BASE_IPA] = "ipa",	   [NVT_BASE_ESR] = "esr",
	[NVT_BASE_FAR] = "far",	       [NVT_BASE_HPFAR] = "hpfar", [NVT_BASE_LEAF] = "leaf",
	[NVT_BASE_CANONICAL] = "page", [NVT_BASE_GFN] = "gfn",	   [NVT_BASE_BLOCK] = "block",
	[NVT_BASE_PA] = "frame",       [NVT_BASE_FIRST] = "first",
};
