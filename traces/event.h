/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The events of a trace, as every reader, writer and consumer sees them.
 * FORMAT.md tells how they lie in a file; this header tells what they mean.
 *
 * Addresses and registers are raw 64-bit values as the hardware or the
 * recorder gave them. IPA means the input of the table that faulted: L2's for
 * a fault in a shadow context, L1's for a fault of L1 itself.
 */
#ifndef NVSIM_TRACES_EVENT_H
#define NVSIM_TRACES_EVENT_H

#include <stdbool.h>
#include <stdint.h>

enum nvt_kind {
	NVT_FAULT = 1, /* a recorded stage-2 abort */
	NVT_TOUCH, /* an access that is demanded; whether it faults is for the replay to find out */
	NVT_CONTEXT,	   /* a vCPU changes between L1 and L2, or is scheduled */
	NVT_L1_WRITE,	   /* a word of L1's stage-2 tables changes */
	NVT_L1_LEAF,	   /* what a walk of L1's stage-2 tables reads at one IPA from here on */
	NVT_TLBI,	   /* a trapped TLB invalidation of L1 */
	NVT_HOST_UNMAP,	   /* the host takes a range of L1's memory away */
	NVT_HOST_AGE,	   /* the host tests and clears the access flag of a range */
	NVT_WRITE_PROTECT, /* the host write-protects a range to log writes again */
	NVT_SLOT,	   /* a memslot is created, deleted, moved or changes its flags */
	NVT_BACKING,	   /* how the host backs a range of its own virtual memory */
	NVT_MARK,	   /* a text that a person or a tool left in the stream */
	NVT_LOST,	   /* events that the recorder could not keep */
	NVT_EXTENT,	   /* truth: a range of one context that was unmapped or write-protected */
	NVT_KIND_COUNT
};

/*
 * Where a fact comes from that no recorded event states outright. So far
 * nothing in nvsim writes NVT_CANONICAL, NVT_EARLIER or NVT_ASSUMED.
 */
enum nvt_origin {
	NVT_GIVEN, /* stated: by the generator, by smaps or pagemap, by L1's own memory or trace, by
		      where the page lies that the host looked up */
	NVT_CANONICAL, /* concluded from L1's own faults on the same memory */
	NVT_EARLIER, /* concluded from an earlier event that is not under test when this one is used
		      */
	NVT_OWN_TRUTH, /* taken from the truth of the fault that follows: proves nothing about that
			  fault */
	NVT_ASSUMED,   /* nothing known: the default of FORMAT.md */
};

/* Contexts are numbered from 0 in order of creation, up to 0x7fff; L1's own is none of them. */
#define NVT_CANONICAL_CONTEXT 0xffffu

/* Parts of a fault's truth that are there: bits of nvt_fault_truth.has */
enum nvt_truth_part {
	NVT_TRUTH_RET = 1 << 0,	    /* ret */
	NVT_TRUTH_CONTEXT = 1 << 1, /* context */
	NVT_TRUTH_WALK = 1 << 2,    /* walk_* */
	NVT_TRUTH_PERM = 1 << 3,    /* perm_* */
	NVT_TRUTH_INJECT = 1 << 4,  /* inject_* */
	NVT_TRUTH_FAULTIN = 1 << 5, /* faultin_* */
	NVT_TRUTH_MAP = 1 << 6,	    /* map_* with size and pa */
	NVT_TRUTH_RELAX = 1 << 7,   /* map_addr, map_prot, map_ret of a relax */
	NVT_TRUTH_MMIO = 1 << 8,    /* mmio_* */
	NVT_TRUTH_ACCESS = 1 << 9,  /* the access flag was set (kvm_access_fault) */
};

/* What the recorded hypervisor did with a fault. Parts not in `has` are 0. */
struct nvt_fault_truth {
	uint16_t has;
	uint16_t context;	 /* the context that faulted */
	uint16_t inject_context; /* the context entered after an injection */
	int32_t ret;		 /* of the abort handler */
	int32_t walk_ret;
	int8_t walk_level;
	uint8_t walk_rw; /* bit 0 readable, bit 1 writable */
	uint32_t walk_esr;
	uint64_t walk_out;
	uint64_t walk_size; /* bytes */
	uint64_t walk_desc;
	int32_t perm_ret;
	uint32_t perm_esr;
	uint64_t inject_esr;
	uint64_t inject_far;
	uint64_t inject_hpfar; /* bit 63 as recorded */
	uint64_t faultin_gfn;  /* canonical */
	uint64_t faultin_pfn;
	uint8_t faultin_write; /* looked up for writing */
	uint8_t faultin_writable;
	int32_t map_ret;
	uint64_t map_addr; /* in the space of the table that faulted */
	uint64_t map_size; /* bytes */
	uint64_t map_pa;
	uint64_t map_prot; /* bit 0 X-EL1, 1 X-EL0, 2 W, 3 R; [56:55] level of L1's leaf */
	uint8_t mmio_type; /* 0 read not yet satisfied, 1 read, 2 write */
	uint8_t mmio_len;
	uint64_t mmio_gpa;
	uint64_t mmio_val;
};

/* FAULT and TOUCH. A touch's ESR has FSC 0; the replay supplies it. */
enum nvt_fault_flag {
	NVT_FAULT_NO_PSTATE = 1 << 0,	    /* pstate is not known */
	NVT_FAULT_UNKNOWN_CONTEXT = 1 << 1, /* whether L1 or L2 ran is not known */
};
struct nvt_fault {
	uint64_t esr; /* ESR_EL2 of the trap, ISS2 included */
	uint64_t far;
	uint64_t hpfar; /* HPFAR_EL2; bit 63 set: valid, clear: the recorder had none */
	uint64_t pc;
	uint64_t pstate;
	uint32_t duration_ns; /* handler entry to exit as recorded; 0: not known */
	uint8_t flags;
	const struct nvt_fault_truth *truth; /* NULL: none */
};

enum nvt_context_reason {
	NVT_ERET,      /* L1 enters L2 */
	NVT_EXCEPTION, /* L2 is left for L1, for another reason than a stage-2 fault that this
			  stream shows */
	NVT_LOAD,      /* the vCPU is scheduled in */
	NVT_PUT,       /* the vCPU is scheduled out, not waiting */
	NVT_PUT_WFI,   /* the vCPU is scheduled out while it waits for an interrupt */
};
enum nvt_context_flag {
	NVT_CONTEXT_TRUTH = 1 << 0,	 /* context and s2_enabled are recorded */
	NVT_CONTEXT_NO_REGS = 1 << 1,	 /* vttbr, vtcr and hcr are not known */
	NVT_CONTEXT_S2_ENABLED = 1 << 2, /* truth: the context's stage 2 is L1's and on */
	NVT_CONTEXT_HYP = 1 << 3,	 /* the vCPU runs in L1 (virtual EL2) after this event */
};
struct nvt_context {
	uint8_t reason;
	uint8_t flags;
	uint16_t context; /* truth: the context now used */
	uint64_t vttbr;	  /* L1's registers as they stand after the event */
	uint64_t vtcr;
	uint64_t hcr;
	uint64_t sctlr;	 /* SCTLR_EL2 of L1 */
	uint64_t pstate; /* of the mode entered; 0 where reason is LOAD or PUT */
};

struct nvt_l1_write {
	uint64_t addr;	    /* L1 IPA, a multiple of 8 */
	uint64_t old_value; /* as stored (little-endian word) */
	uint64_t new_value;
};

/* Entries above `level` are tables; the entry for `ipa` at `level` is `desc`. */
enum nvt_leaf_flag {
	NVT_LEAF_UNREADABLE = 1 << 0, /* the descriptor at `level` cannot be read; desc is 0 */
};
struct nvt_l1_leaf {
	uint64_t ipa;	/* L2 IPA */
	uint64_t vttbr; /* the tables meant: VTTBR_EL2 and VTCR_EL2 of L1 */
	uint64_t vtcr;
	uint64_t desc; /* in CPU order */
	int8_t level;
	uint8_t flags;
	uint8_t origin; /* enum nvt_origin */
};

/* op: Op1[13:11] CRn[10:7] CRm[6:3] Op2[2:0] of the SYS instruction */
#define NVT_SYS_OP(op1, crn, crm, op2) ((uint16_t)((op1) << 11 | (crn) << 7 | (crm) << 3 | (op2)))
struct nvt_tlbi {
	uint64_t xt;
	uint64_t vttbr; /* VTTBR_EL2 of L1 at the trap */
	uint16_t op;
};

struct nvt_range { /* HOST_UNMAP, HOST_AGE, WRITE_PROTECT: L1 IPA */
	uint64_t base;
	uint64_t size;
};

enum nvt_slot_change { NVT_SLOT_CREATE, NVT_SLOT_DELETE, NVT_SLOT_MOVE, NVT_SLOT_FLAGS };
enum nvt_slot_flag { NVT_SLOT_LOG = 1, NVT_SLOT_READONLY = 2, NVT_SLOT_GUEST_MEMFD = 4 };
struct nvt_slot {
	uint64_t base; /* L1 IPA */
	uint64_t size; /* bytes */
	uint64_t uaddr;
	uint32_t flags;
	uint16_t id;
	uint8_t change;
};

enum nvt_backing_flag {
	NVT_BACKING_WRITABLE = 1 << 0,
	NVT_BACKING_DEVICE = 1 << 1,   /* a PFNMAP mapping of something that is not memory */
	NVT_BACKING_UNCACHED = 1 << 2, /* may be mapped as Normal Non-cacheable */
	NVT_BACKING_NO_PA = 1 << 3,    /* pa is not known */
};
struct nvt_backing {
	uint64_t hva;  /* host virtual address */
	uint64_t size; /* bytes; 0 PA advance is never meant: pa + (x - hva) backs x */
	uint64_t pa;
	uint8_t vma_shift;  /* log2 of the VMA's page size (hugetlb), or the host page shift */
	uint8_t leaf_shift; /* log2 of the user page-table leaf; 0: not present */
	uint8_t flags;
	uint8_t origin; /* enum nvt_origin */
};

struct nvt_mark {
	const char *text; /* UTF-8, NUL-terminated; at most NVT_MARK_MAX bytes */
	uint32_t length;
};
#define NVT_MARK_MAX 1024u

struct nvt_lost {
	uint64_t count; /* 0: some, how many is not known */
	uint16_t cpu;	/* host CPU whose buffer overflowed; 0xffff: not known */
};

enum nvt_extent_what { NVT_UNMAPPED, NVT_WRITE_PROTECTED };
struct nvt_extent {
	uint64_t start; /* in the input space of that context */
	uint64_t size;
	uint16_t context;
	uint8_t what;
};

struct nvt_event {
	uint64_t time_ns; /* never less than that of the event before */
	uint16_t vcpu;
	uint8_t kind; /* enum nvt_kind */
	union {
		struct nvt_fault fault;
		struct nvt_context context;
		struct nvt_l1_write l1_write;
		struct nvt_l1_leaf l1_leaf;
		struct nvt_tlbi tlbi;
		struct nvt_range range;
		struct nvt_slot slot;
		struct nvt_backing backing;
		struct nvt_mark mark;
		struct nvt_lost lost;
		struct nvt_extent extent;
	};
};

/* The host that the stream was recorded on, as far as decisions depend on it. */
struct nvt_machine {
	uint8_t page_shift;	/* 12, 14 or 16 */
	uint8_t ipa_limit;	/* 32..52 bits: host IPA limit, and PA size of the VM */
	uint8_t canonical_bits; /* 32..52 bits: input size of L1's own stage 2 */
	uint8_t s2_granules;	/* bit 0 4K, bit 1 16K, bit 2 64K: what L1's ID registers offer for
				   stage 2 */
	uint16_t vcpu_count;
	uint16_t context_count;
	bool lpa2, fwb, dic, xnx, ttl;
	bool nisv_exits; /* the VMM asked for exits on MMIO without syndrome */
	bool hw_af;	 /* the hardware sets access flags in stage-2 leaves itself (VTCR_EL2.HA) */
	bool extents;	 /* EXTENT events tell when the host dealt with each context */
	uint16_t assumed; /* bits of enum nvt_machine_field: not recorded, a default */
};
enum nvt_machine_field {
	NVT_MACHINE_FWB = 1 << 0,
	NVT_MACHINE_DIC = 1 << 1,
	NVT_MACHINE_XNX = 1 << 2,
	NVT_MACHINE_TTL = 1 << 3,
	NVT_MACHINE_GRANULES = 1 << 4,
	NVT_MACHINE_IPA_LIMIT = 1 << 5,
	NVT_MACHINE_PAGE = 1 << 6,
	NVT_MACHINE_NISV = 1 << 7,
	NVT_MACHINE_CANONICAL = 1 << 8,
	NVT_MACHINE_HW_AF = 1 << 9,
};

/* Completeness: what a replay of the trace can know. */
enum nvt_class {
	NVT_PARTIAL,  /* faults only: no L1 tables, no registers, no backing */
	NVT_OBSERVED, /* contexts and backing known; L1's leaves where a recorded walk went */
	NVT_FULL,     /* L1's tables known throughout */
};

#endif
