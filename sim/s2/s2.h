/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shadow stage-2 fault handler: public interface.
 *
 * A hypervisor L0 runs a guest hypervisor L1, which runs L2 under a stage-2
 * table of its own. Hardware translates L2 with a *shadow* table that L0
 * fills on demand. This library decides what becomes of each fault: forward
 * it to L1, map, relax, emulate, retry. It is freestanding: no libc, no
 * allocation of its own, no state outside the structures given to it.
 *
 * "spec" is doc/shadow-s2.md, the behaviour of KVM/arm64 in Linux 7.3, by section;
 * "Qn" is a quirk of it (see enum s2_quirk); "Arm ARM" is DDI 0487.
 */
#ifndef NVSIM_S2_S2_H
#define NVSIM_S2_S2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- addresses: distinct types, so that mixing two spaces does not compile ---- */

struct l2_ipa {
	uint64_t v;
}; /* input of L1's stage 2, and of a shadow table */
struct l1_ipa {
	uint64_t v;
}; /* output of L1's stage 2; what memslots are keyed by ("canonical") */
struct host_pa {
	uint64_t v;
};
struct host_va {
	uint64_t v;
};
/* Input of the table at hand: L2's IPA for a shadow table, L1's for the canonical one. */
struct table_ipa {
	uint64_t v;
};

/* ---- configuration ---- */

/* Quirks that can be switched; the bit is the number in spec 10. */
enum s2_quirk {
	S2_Q1_ALIAS = 1,	    /* IPA bits above 64-T0SZ are ignored */
	S2_Q2_READ_FAILS_RUN = 2,   /* an unreadable L1 table injects and fails the run */
	S2_Q3_T0SZ_FSC = 3,	    /* a bad T0SZ is an address-size fault and fails the run */
	S2_Q4_SL0_FAILS_RUN = 4,    /* a bad SL0 injects and fails the run */
	S2_Q6_AF_FIRST = 6,	    /* L1's AF is set before permissions are looked at */
	S2_Q10_S1PTW_XN = 10,	    /* a fetch's walk fault is judged by XN */
	S2_Q11_S1PTW_WRITE = 11,    /* a walk's permission fault is always a write */
	S2_Q12_HPFAR_63 = 12,	    /* bit 63 of the injected HPFAR is set */
	S2_Q13_SIZE_TO_L2 = 13,	    /* an IPA beyond the PA range faults in L2's own EL1 */
	S2_Q15_RIPAS2_UNGATED = 15, /* RIPAS2(L)E1 works without FEAT_TLBIRANGE */
	S2_Q16_ROUNDED_END = 16,    /* an invalidation's end is rounded from its rounded start */
	S2_Q17_NO_WP_TLBI = 17,	    /* write-protecting shadow tables flushes no TLB */
	S2_Q18_NO_SHADOW_AGE = 18,  /* ageing ignores shadow tables */
	S2_Q20_BLOCK_START = 20,    /* a TLBI without TTL looks at block starts only */
	S2_Q23_CMO_WRITES = 23,	    /* cache maintenance counts as a write */
	S2_Q24_LATE_FORWARD = 24,   /* permissions are not checked on translation faults */
	S2_Q25_VTCR_KEY = 25,	    /* every bit of VTCR is part of a context's key */
	S2_Q27_S1PTW_SILENT = 27,   /* a walk abort without a known level injects nothing */
};
#define S2_QUIRK(n)    (1u << (n))
#define S2_QUIRKS_ARCH 0u
#define S2_QUIRKS_KVM                                                                              \
	(S2_QUIRK(S2_Q1_ALIAS) | S2_QUIRK(S2_Q2_READ_FAILS_RUN) | S2_QUIRK(S2_Q3_T0SZ_FSC) |       \
	 S2_QUIRK(S2_Q4_SL0_FAILS_RUN) | S2_QUIRK(S2_Q6_AF_FIRST) | S2_QUIRK(S2_Q10_S1PTW_XN) |    \
	 S2_QUIRK(S2_Q11_S1PTW_WRITE) | S2_QUIRK(S2_Q12_HPFAR_63) | S2_QUIRK(S2_Q13_SIZE_TO_L2) |  \
	 S2_QUIRK(S2_Q15_RIPAS2_UNGATED) | S2_QUIRK(S2_Q16_ROUNDED_END) |                          \
	 S2_QUIRK(S2_Q17_NO_WP_TLBI) | S2_QUIRK(S2_Q18_NO_SHADOW_AGE) |                            \
	 S2_QUIRK(S2_Q20_BLOCK_START) | S2_QUIRK(S2_Q23_CMO_WRITES) |                              \
	 S2_QUIRK(S2_Q24_LATE_FORWARD) | S2_QUIRK(S2_Q25_VTCR_KEY) |                               \
	 S2_QUIRK(S2_Q27_S1PTW_SILENT))

/* Translation granules as a set: bit n stands for 4K << 2n. */
#define S2_GRANULE_4K  1u
#define S2_GRANULE_16K 2u
#define S2_GRANULE_64K 4u

/* The host and the VM, as far as decisions depend on them (spec 0.2, 0.7). */
struct s2_config {
	uint8_t page_shift;	    /* log2 of the host page size: 12, 14 or 16 */
	uint8_t ipa_limit;	    /* host IPA limit = PA size of the VM, in bits: 32..52 */
	uint8_t canonical_bits;	    /* input size of L1's own stage 2, in bits: 32..ipa_limit */
	uint8_t granules;	    /* S2_GRANULE_*: what the VM's ID registers offer for stage 2 */
	bool lpa2;		    /* shadow descriptors in the 52-bit layout (4K and 16K hosts) */
	bool fwb;		    /* FEAT_S2FWB */
	bool dic;		    /* CTR_EL0.DIC: no instruction-cache maintenance needed */
	bool xnx;		    /* FEAT_XNX, host and VM */
	bool ttl;		    /* FEAT_TTL in the VM */
	bool tlbirange, tlbios, xs; /* FEAT_TLBIRANGE, FEAT_TLBIOS, FEAT_XS in the VM */
	bool ras;		    /* FEAT_RAS */
	bool mte;		    /* FEAT_MTE2 given to the VM */
	bool vmid16;		    /* 16-bit VMIDs */
	bool nisv_exits;	    /* the VMM asked for exits on MMIO without syndrome */
	bool sea_exits;		    /* the VMM asked for exits on synchronous external aborts */
	uint32_t quirks;	    /* S2_QUIRK() bits */
	const struct s2_policy *policy;
	const struct s2_invalidation *invalidation; /* NULL: the default */
};

/* log2 of what an entry at `level` (-1..3) spans, with pages of 1 << page_shift bytes (spec 0.2).
 */
static inline unsigned int s2_level_shift(unsigned int page_shift, int level)
{
	return (page_shift - 3) * (unsigned int)(4 - level) + 3;
}

/* ---- the port: what the library needs from its environment ---- */

enum s2_io {
	S2_IO_OK,
	S2_IO_AGAIN, /* compare-and-swap: another value was there */
	S2_IO_FAULT, /* no memory there, or it cannot be read or written */
};

/* A memslot: L1 IPA [base, base + size) is backed by host VA [uaddr, uaddr + size). */
struct s2_slot {
	struct l1_ipa base;
	uint64_t size; /* bytes, a multiple of the host page */
	struct host_va uaddr;
	bool readonly;
	bool log_dirty;	  /* it has a dirty bitmap */
	bool guest_memfd; /* spec 4.8 */
	bool invalid;	  /* being deleted: as if it were not there */
};

enum s2_host_status {
	S2_HOST_OK,
	S2_HOST_NONE,	  /* no VMA, or the page cannot be had: -EFAULT */
	S2_HOST_POISONED, /* hardware-poisoned page: the VMM gets a signal, the guest resumes */
	S2_HOST_RETRY,	  /* an invalidation runs at the same time */
};

/* How the host backs one page of its virtual memory. */
struct s2_backing {
	struct host_pa pa;   /* of the host page that holds the address asked for */
	uint64_t user_leaf;  /* bytes: the user page-table leaf that maps it; 0: not present */
	uint64_t geometry;   /* with `device`: the largest block that the VMA's bounds and the PA's
				alignment admit; else 0 */
	uint8_t vma_shift;   /* log2 of the VMA's page size (hugetlb), else the host page shift */
	bool writable;	     /* the page is, or can at once be, mapped writable */
	bool device;	     /* PFNMAP or MIXEDMAP, and no kernel-mapped memory */
	bool vma_cacheable;  /* with `device`: the VMA maps it cacheable */
	bool any_uncached;   /* with `device`: may be mapped Normal Non-cacheable */
	bool mte_allowed;    /* the VMA may hold tags */
	uint8_t reserved[2]; /* 0: what follows the sizes is compared as one word */
};

enum s2_tlb_op {
	S2_TLB_IPA,   /* the leaf or table at [ipa, ipa + size) was broken: invalidate before making
		       */
	S2_TLB_PERMS, /* permissions in [ipa, ipa + size) were raised: a local invalidation is
			 enough */
	S2_TLB_RANGE, /* [ipa, ipa + size) was unmapped, aged or write-protected */
	S2_TLB_S1,    /* stage-1 entries of this VMID */
};

/* What a page is taken for: the hardware walks tables, and nothing else. */
enum s2_page_use { S2_PAGE_TABLE, S2_PAGE_RMAP };

struct s2_mmu;

/*
 * Ten members that call, three that tell where table pages are: table pages
 * lie in one range, so that PA and pointer differ by a constant.
 * `ctx` is handed to each call unchanged.
 */
struct s2_port {
	/*
	 * Reads 8 bytes of L1 memory at a multiple of 8, as stored (little-endian word). *io is
	 * S2_IO_OK before. On failure it is set, and 0 has to be returned: walks go by the word.
	 */
	uint64_t (*read)(void *ctx, struct l1_ipa addr, enum s2_io *io);
	/*
	 * Replaces `from` by `to`, both as stored, atomically: S2_IO_AGAIN where another value is
	 * there, S2_IO_FAULT on a read-only slot, too.
	 */
	enum s2_io (*swap)(void *ctx, struct l1_ipa addr, uint64_t from, uint64_t to);
	/* Zeroed, aligned to `size` (a power of two of at least one host page), inside the range.
	 */
	void *(*alloc_table)(void *ctx, size_t size, enum s2_page_use use);
	void (*free_table)(void *ctx, void *table, size_t size, enum s2_page_use use);
	void (*tlb)(void *ctx, const struct s2_mmu *mmu, enum s2_tlb_op op, struct table_ipa ipa,
		    uint64_t size);
	/* The slot that holds `addr`, or NULL. */
	const struct s2_slot *(*slot)(void *ctx, struct l1_ipa addr);
	enum s2_host_status (*backing)(void *ctx, const struct s2_slot *slot, struct host_va hva,
				       bool write, struct s2_backing *backing);
	/* The host page that holds `addr`, of a slot with log_dirty, was or may be written. */
	void (*dirty)(void *ctx, const struct s2_slot *slot, struct l1_ipa addr);
	/* An in-kernel device takes this MMIO access. NULL: there is none. */
	bool (*device)(void *ctx, struct l1_ipa addr, unsigned int len, bool write);
	/* A host unmap removed the leaf at [start, start + size) of a nested context, whether its
	   memory was asked for or not. NULL: nobody wants to know. */
	void (*dropped)(void *ctx, const struct s2_mmu *mmu, struct table_ipa start, uint64_t size);

	struct host_pa tables_pa; /* first byte of the range of table pages, all below 2^48 */
	unsigned char *tables;	  /* where it is mapped */
	uint16_t *tables_entries; /* one number a host page of the range, for the library's use,
				     zero at first */
};

/* ---- stage 1 of the path: the syndrome (spec 0.3, 0.4, 2.1) ---- */

enum s2_fsc_class {
	S2_FSC_OTHER,
	S2_FSC_TRANSLATION,
	S2_FSC_ACCESS_FLAG,
	S2_FSC_PERMISSION,
	S2_FSC_SEA,
	S2_FSC_EXCLUSIVE,
};

struct s2_syndrome {
	uint64_t esr;
	enum s2_fsc_class fsc_class;
	uint8_t fsc;
	bool iabt;  /* from the instruction side, walk or not */
	bool s1ptw; /* on a stage-1 descriptor */
	bool cm;    /* cache maintenance */
	bool write; /* counts as a write */
	bool exec;  /* a fetch itself */
};

/* What any ESR_EL2 says of an abort, with the quirks of cfg (Q11, Q23). */
struct s2_syndrome s2_syndrome(const struct s2_config *cfg, uint64_t esr);

/* ---- stage 2: the walk of L1's stage-2 tables (spec 1) ---- */

/* L1's virtual EL2 registers, RES0 bits clear. */
struct s2_l1_regs {
	uint64_t vtcr;
	uint64_t vttbr;
	uint64_t hcr;
	uint64_t sctlr;
	uint64_t hcrx;
	uint64_t sctlr2;
};

enum s2_walk_status {
	S2_WALK_OK,
	S2_WALK_FAULT, /* inject esr */
	S2_WALK_FATAL, /* inject esr, and the run fails with -EFAULT (Q2) */
	S2_WALK_RETRY, /* a race was lost: resume L2 */
};

struct s2_perm {
	bool r, w, x_el0, x_el1;
};

/* By a descriptor's bits: XN << 2 | S2AP (perm.c). */
extern const struct s2_perm s2_perms[16] __attribute__((aligned(4)));

struct s2_walk {
	enum s2_walk_status status;
	uint32_t esr;  /* FAULT, FATAL: to inject; else 0 */
	uint64_t desc; /* the last descriptor, CPU order, AF as updated; 0: it could not be read */
	struct l1_ipa output; /* OK */
	uint64_t leaf_size;   /* OK: bytes; the contiguous hint does not enlarge it (Q7) */
	int8_t level;	      /* of the last descriptor looked at */
	uint8_t reads;	      /* descriptors read with success */
	bool set_af;	      /* this walk set L1's access flag */
	bool big_endian;      /* how descriptors are stored */
	struct s2_perm perm;  /* OK */
	/* Where the last descriptor lies among its like: */
	uint8_t table_shift; /* OK: log2 of the bytes that its table spans */
	uint8_t hint_shift;  /* OK: log2 of the bytes that its contiguous hint covers */
	struct l1_ipa entry; /* its address */
};

/* log2 of the granule that L1's VTCR selects, after the fallback of spec 1.1: 12, 14 or 16. */
unsigned int s2_l1_granule_shift(const struct s2_config *cfg, uint64_t vtcr);

struct s2_vm;

/*
 * Walks L1's stage-2 table for `ipa` on behalf of the access that `syn` and
 * `el0` (the access was made at EL0) describe. Reads and may update L1 memory
 * through the port. Never fails otherwise: every outcome is a status.
 */
struct s2_walk s2_walk(const struct s2_vm *vm, const struct s2_l1_regs *regs,
		       const struct s2_syndrome *syn, bool el0, struct l2_ipa ipa);

/* ---- stage 3: permission forwarding (spec 2.2) ---- */

struct s2_forward {
	bool forward;
	uint32_t esr; /* to inject, where forward is true */
};

/* Whether L1 denies the access of `syn`; `walk` is OK. `el0`: made at EL0. */
struct s2_forward s2_permission_forward(const struct s2_config *cfg, const struct s2_syndrome *syn,
					bool el0, const struct s2_walk *walk);

/*
 * The permissions of a stage-2 descriptor of L1 (spec 1.5; Arm ARM D8.4.2): with
 * FEAT_XNX both bits of XN count and tell EL0 from EL1, without it only the upper one does.
 */
static inline struct s2_perm s2_desc_perm(const struct s2_config *cfg, uint64_t desc)
{
	return s2_perms[(desc >> 53 & (2u | cfg->xnx)) << 2 | (desc >> 6 & 3)];
}

/* ---- stages 4 and 5: slot and size (spec 4.2, 4.3) ---- */

/* What made a mapping smaller than the largest block of the host. */
enum s2_clamp {
	S2_CLAMP_NONE,
	S2_CLAMP_LOGGING,   /* the slot logs writes */
	S2_CLAMP_L1_LEAF,   /* L1's leaf is a host level, or smaller than every block */
	S2_CLAMP_ROUNDING,  /* L1's leaf lies between two host levels */
	S2_CLAMP_BOUNDS,    /* the block would reach beyond the slot */
	S2_CLAMP_ALIGNMENT, /* IPA and host VA of the slot are not congruent */
	S2_CLAMP_BACKING,   /* the host backs the memory with smaller pages */
	S2_CLAMP_DEVICE,    /* the memory is a device's */
	S2_CLAMP_POLICY,    /* nothing but the rule itself */
	S2_CLAMP_COUNT
};

struct s2_near; /* L1's entries around the leaf that the walk found */

/* The inputs of a size rule. Sizes are bytes. */
struct s2_size_in {
	uint64_t page, pmd, pud; /* P, D, U of spec 0.2 */
	uint64_t vma_size;	 /* V0: hugetlb page size, else P */
	uint64_t geometry;	 /* of a device's VMA: see struct s2_backing; else 0 */
	uint64_t user_leaf;	 /* leaf of the user page table; 0: not present */
	uint64_t l1_leaf;	 /* G: size of L1's leaf; 0: not a shadow fault */
	uint64_t granule;	 /* pg: level size of a permission fault; 0: no permission fault */
	bool supports_pmd, supports_pud;   /* spec 4.2 */
	bool in_bounds_pmd, in_bounds_pud; /* the bounds half of it, */
	bool aligned_pmd, aligned_pud;	   /* and the other */
	bool logging;
	bool device;
	const struct s2_near *near; /* for rules that look beyond one leaf; NULL: no shadow fault */
};

struct s2_size_out {
	uint64_t vma;	      /* V: what the page frame is looked up for; at least P */
	uint64_t size;	      /* M: bytes to map; under unsound rules not always a host level */
	uint64_t addr_align;  /* the input address is rounded down to a multiple of this, */
	uint64_t frame_align; /* and the page frame to one of this; sound rules have one value */
	uint64_t
		proven; /* the rule found that L1 maps this much as one piece; 0: it did not look */
	bool contig;	/* M is a contiguous group of pages, to be marked as such */
	bool retry;	/* the user leaf was not present */
	uint16_t reads; /* descriptors of L1 read besides those of the walk */
};

struct s2_policy {
	const char *name;
	const char *story;   /* one line */
	const char *rule;    /* how the size is found, in a few sentences */
	const char *source;  /* version, commit or posting: where it was used */
	const char *flaw;    /* what is wrong with it; NULL: it is sound */
	const char *witness; /* name of the smallest stream that shows it; NULL: it is sound */
	struct s2_size_out (*size)(const struct s2_policy *self, const struct s2_size_in *in);
	bool by_sizes; /* equal sizes give an equal answer: `near` is not looked at, and is NULL */
};

static inline bool s2_policy_sound(const struct s2_policy *p)
{
	return !p->flaw;
}

extern const struct s2_policy s2_policies[];
extern const unsigned int s2_policy_count;
extern const struct s2_policy *const s2_policy_default;

/* ---- what a host unmap does to shadow tables ---- */

enum s2_invalidation_kind {
	S2_INVALIDATE_WHOLE, /* every context is emptied (spec 7.6) */
	S2_INVALIDATE_RMAP,  /* by a reverse map that gives up on aliases */
	S2_INVALIDATE_EXACT, /* by a complete reverse map */
};

struct s2_invalidation {
	const char *name;
	const char *story;  /* one line */
	const char *source; /* version, or who needs it */
	enum s2_invalidation_kind kind;
};

extern const struct s2_invalidation s2_invalidations[];
extern const unsigned int s2_invalidation_count;
extern const struct s2_invalidation *const s2_invalidation_default;

struct s2_size {
	struct s2_size_in in; /* what it was made of; `near` is NULL */
	struct s2_size_out out;
	bool relax; /* raise permissions in place */
};

/* Where the mapping begins, or the page to relax is. */
static inline struct table_ipa s2_size_addr(const struct s2_size *size, struct table_ipa fault_ipa)
{
	struct table_ipa start = {fault_ipa.v & ~(size->out.addr_align - 1)};

	return start;
}

/* L1's IPA of the first byte mapped; `ipa` is the fault's. */
static inline struct l1_ipa s2_size_canonical(const struct s2_size *size, struct l1_ipa ipa)
{
	struct l1_ipa start = {ipa.v & ~(size->out.frame_align - 1)};

	return start;
}

/* Why a mapping has the size that it has. */
struct s2_limits {
	enum s2_clamp clamp;
	uint64_t sound_max; /* bytes: the largest size known to be sound for this fault */
};
/* `size` is of a fault that was filled. */
struct s2_limits s2_size_limits(const struct s2_size *size);

/* One fault that is to be filled. */
struct s2_fill {
	const struct s2_syndrome *syn;
	struct table_ipa fault_ipa;
	struct l1_ipa ipa;	    /* canonical */
	const struct s2_walk *walk; /* NULL: not a shadow fault */
	const struct s2_slot *slot;
	struct host_va hva;
	struct s2_backing backing;
};

/*
 * How much to map for it, by the policy of the VM, which may read L1's memory through the port;
 * out.retry: the host does not have the page yet (spec 4.2, 4.3). It cannot fail.
 */
struct s2_size s2_fault_size(const struct s2_vm *vm, const struct s2_fill *fill);

/* ---- stage 6: shadow and canonical tables (spec 4.5 to 4.7) ---- */

/* Software view of a leaf's attributes. */
enum s2_memory { S2_NORMAL, S2_NORMAL_NC, S2_DEVICE };
struct s2_prot {
	struct s2_perm perm __attribute__((aligned(8)));
	uint8_t memory; /* enum s2_memory */
	uint8_t tag;	/* level of L1's leaf, 1..3; 0: canonical, or L1's stage 2 is off */
	bool contig;	/* a page of a contiguous group */
};

#define S2_RECENT_TABLES 4u

struct s2_table {
	struct host_pa root;
	uint8_t start_level; /* 0..3 */
	uint8_t input_bits;
	uint32_t page_count;	/* table pages, the root's included */
	uint32_t root_valid;	/* valid entries in the root */
	uint64_t leaf_count[4]; /* valid leaves by level */
	/* Tables of level-2 entries that were used, by address: walks begin there. */
	struct s2_recent {
		uint64_t key; /* 0: none */
		uint64_t *table;
	} recent[S2_RECENT_TABLES];
};

struct s2_leaf {
	bool valid;
	int8_t level; /* of the leaf, or of the invalid entry that was met */
	struct table_ipa start;
	uint64_t size; /* bytes that the entry spans */
	struct host_pa pa;
	uint64_t desc;
};

/* What a range operation did. */
struct s2_swept {
	uint64_t bytes;	  /* spanned by the leaves that were changed */
	uint64_t leaves;  /* changed */
	uint64_t visited; /* descriptors looked at, those of a reverse map included */
	bool gave_up;	  /* a reverse map did not know: the context was emptied */
};

/* Sets the access flag of the leaf that holds ipa, if there is one. */
void s2_make_young(struct s2_vm *vm, struct s2_mmu *mmu, struct table_ipa ipa);

/*
 * The entry that translates ipa, or the invalid one that stops the walk; beyond the table's input,
 * an invalid one that spans nothing. Access flag and permissions are not looked at.
 */
struct s2_leaf s2_lookup(const struct s2_vm *vm, struct s2_mmu *mmu, struct table_ipa ipa);
/* Its descriptor and *level alone; 0 and the start level beyond the table's input. */
uint64_t s2_descriptor(const struct s2_vm *vm, struct s2_mmu *mmu, struct table_ipa ipa,
		       int *level);
/* Attributes of a valid leaf of a shadow or canonical table. */
struct s2_prot s2_leaf_prot(uint64_t desc);
/* Its permissions, and whether it is valid and has its access flag set (Arm ARM D8.4.2). */
static inline struct s2_perm s2_leaf_perm(uint64_t desc)
{
	return s2_perms[(desc >> 53 & 3) << 2 | (desc >> 6 & 3)];
}
static inline bool s2_leaf_valid(uint64_t desc)
{
	return desc & 1;
}
static inline bool s2_leaf_af(uint64_t desc)
{
	return desc >> 10 & 1;
}

/* Calls `fn` for every entry that is not a table, in ascending order. */
typedef void s2_entry_fn(void *arg, struct table_ipa start, int level, uint64_t size,
			 uint64_t desc);
void s2_for_each_entry(const struct s2_vm *vm, const struct s2_mmu *mmu, s2_entry_fn *fn,
		       void *arg);

enum s2_map_status {
	S2_MAP_OK,
	S2_MAP_AGAIN, /* a valid leaf differs in permissions only, or there is nothing to relax */
	S2_MAP_NOMEM,
	S2_MAP_RANGE, /* beyond the table's input */
};

struct s2_map_result {
	enum s2_map_status status;
	bool split, collapsed;
	uint64_t pte; /* the leaf at the first address */
};

/*
 * Maps [ipa, ipa + size) to pa with the largest leaves that alignment allows, or,
 * with prot->contig, with one contiguous group of that size, if alignment allows that.
 * ipa, size and pa are multiples of the host page. For callers outside: leaves as
 * earlier faults would have left them; reverse maps do not know these.
 */
struct s2_map_result s2_map(struct s2_vm *vm, struct s2_mmu *mmu, struct table_ipa ipa,
			    uint64_t size, struct host_pa pa, const struct s2_prot *prot);

/* ---- reverse maps: for the invalidation policies that have them ---- */

struct s2_rmap_tree {
	void *root;	/* NULL: empty */
	uint8_t height; /* levels of pages above those with slots */
};

/* Where L1's memory is mapped in one context. */
struct s2_rmap {
	struct s2_rmap_tree tree[4]; /* by level of the leaf */
	struct s2_rmap_cell *free_cells, *cell_pages;
	uint64_t record_count; /* stale ones included */
	uint64_t collect_at;   /* records, at which stale ones are looked for */
	uint32_t page_count;
	bool lost; /* it is not complete: give up */
};

/* ---- stage 7: contexts (spec 7) ---- */

/* One stage-2 context with its table. */
struct s2_mmu {
	uint64_t vttbr;	    /* key: L1's VTTBR_EL2 without CnP; bit 0 set: not valid */
	uint64_t vtcr;	    /* key: L1's VTCR_EL2 */
	uint16_t index;	    /* among the nested contexts */
	uint16_t refs;	    /* vCPUs that hold it */
	bool nested;	    /* false: the canonical context */
	bool enabled;	    /* L1's stage 2 is on: faults are walked */
	bool pending_unmap; /* valid for another key before; to be emptied before use */
	bool has_rmap;	    /* the invalidation policy asks for a reverse map */
	struct s2_table table;
	struct s2_rmap rmap;
};

struct s2_vm {
	struct s2_config cfg;
	const struct s2_port *port;
	void *port_ctx;
	struct s2_mmu canonical;
	struct s2_mmu *contexts;
	uint16_t context_count;
	uint16_t next; /* where the search for a victim begins */
	/* Table pages of all reverse maps, which are none of the tables' own: now, at most. */
	uint64_t rmap_pages, rmap_pages_peak;
};

/* What VTCR, VTTBR and the configuration say of L1's tables, worked out once. */
struct s2_l1_tables {
	uint64_t vtcr, vttbr; /* that it is of; vtcr 0: of none */
	uint64_t last;	      /* IPAs beyond it are not walked */
	uint64_t base;	      /* of the start table */
	uint64_t start;	      /* offsets of entries in it, a mask, */
	uint64_t offsets;     /* and in a table below */
	uint64_t next_base;   /* bits of a descriptor that hold the next table's address */
	uint64_t excess;      /* output bits beyond what VTCR.PS allows */
	uint64_t table_bits;  /* those, and the ones that make a descriptor a table */
	uint64_t page_bits;   /* those, and the ones that make it a plain page */
	uint8_t page_shift;   /* of L1's granule */
	uint8_t stride;	      /* index bits a level */
	uint8_t input_bits;
	uint8_t bottom;		  /* log2 of what an entry of the start table spans */
	uint8_t page_table_shift; /* log2 of what a table of pages spans */
	int8_t start_level;
	bool ha;	/* the hardware sets access flags */
	uint8_t status; /* enum s2_walk_status: of every walk, where it is not OK */
	uint8_t fsc;	/* of that */
};

/*
 * A decision on size and permissions that was made of sizes alone, with all that it was made of:
 * later faults mostly have the same. What L1 permits is no part of it.
 */
#define S2_MEMOS 32u
struct s2_memo {
	const struct s2_policy *policy; /* NULL: there is none */
	struct s2_slot slot;
	uint64_t backing_flags; /* all of the backing that is no size; sizes are in `size` */
	bool write;		/* it was one, which matters where writes are logged */
	struct host_va start;	/* of addresses in the same place between the slot's bounds, */
	uint64_t span;		/* and their bytes */
	/* The decision: */
	struct s2_size size;
	struct s2_prot prot; /* what the host grants; the tag is L1's */
	uint64_t attributes; /* of a page mapped by itself, but for what L1 grants; else 0 */
	uint64_t granted;    /* where that is to be found in L1's descriptor */
	uint64_t spare[3];   /* to a power of two: memos are found by a shift */
};

struct s2_vcpu {
	struct s2_vm *vm;
	struct s2_mmu *mmu; /* in use or kept while scheduled out; NULL: none */
	struct s2_l1_regs regs;
	struct s2_l1_tables l1;	       /* of regs and cfg, where vtcr and vttbr are the same */
	struct s2_memo memo[S2_MEMOS]; /* by s2_memo_of() */
	struct s2_size size;	       /* of the last fault that no memo served */
	bool hyp;		       /* in hyp context: L1 runs */
};

/* Contexts that KVM has for each vCPU (spec 7.1). */
#define S2_CONTEXTS_PER_VCPU 2

/*
 * Sets up a VM: root tables are allocated for the canonical context and for
 * each of `contexts` (storage of the caller, context_count of them). There
 * must be S2_CONTEXTS_PER_VCPU of them for each vCPU that the VM will ever
 * have: one that enters L2 while all are held by others traps, as KVM's
 * BUG_ON() does. False: no memory; nothing stays allocated.
 */
bool s2_vm_init(struct s2_vm *vm, const struct s2_config *cfg, const struct s2_port *port,
		void *port_ctx, struct s2_mmu *contexts, uint16_t context_count);
/* Frees every table page. */
void s2_vm_destroy(struct s2_vm *vm);
/*
 * A second VM in the same state. `port` gives access to a copy of all table
 * pages with the same PAs; `contexts` is storage for as many as `from` has.
 */
void s2_vm_clone(struct s2_vm *to, const struct s2_vm *from, const struct s2_port *port,
		 void *port_ctx, struct s2_mmu *contexts);

/* A vCPU starts in L1, at virtual EL2, on the canonical context. */
void s2_vcpu_init(struct s2_vcpu *vcpu, struct s2_vm *vm);
/* The same vCPU in `vm`, a clone of the one that `from` is of. */
void s2_vcpu_clone(struct s2_vcpu *to, const struct s2_vcpu *from, struct s2_vm *vm);

struct s2_switch {
	uint16_t context;      /* index now used; unspecified in L1 */
	bool hit;	       /* found or kept, not allocated */
	bool emptied;	       /* it had been valid for something else */
	struct s2_swept swept; /* what emptying it removed */
};

static inline bool s2_mmu_valid(const struct s2_mmu *mmu)
{
	return !(mmu->vttbr & 1);
}

/* L1 enters L2 with the registers in vcpu->regs (an emulated ERET; spec 7.2 to 7.4). */
struct s2_switch s2_enter_l2(struct s2_vcpu *vcpu);
/* L2 is left for L1: an exception to virtual EL2. */
void s2_enter_l1(struct s2_vcpu *vcpu);
/* The vCPU is scheduled out; `wfi`: while it waits for an interrupt. */
void s2_vcpu_put(struct s2_vcpu *vcpu, bool wfi);
/* The vCPU is scheduled in. */
struct s2_switch s2_vcpu_load(struct s2_vcpu *vcpu);

/* ---- L1's TLB invalidations (spec 7.5) ---- */

enum s2_tlbi_kind {
	S2_TLBI_NONE,	   /* no instruction that touches stage-2 contexts */
	S2_TLBI_UNDEF,	   /* UNDEFINED: the VM lacks the feature */
	S2_TLBI_STAGE1,	   /* stage 1 of matching VMIDs */
	S2_TLBI_IPA,	   /* IPAS2E1, IPAS2LE1 and their variants */
	S2_TLBI_IPA_RANGE, /* RIPAS2E1, RIPAS2LE1 and their variants */
	S2_TLBI_VMID,	   /* VMALLS12E1 and its variants */
	S2_TLBI_ALL,	   /* ALLE1 and its variants */
};

/* Decodes a SYS instruction with Op0 = 1 by its other fields: op1, op2 0..7; crn, crm 0..15. */
enum s2_tlbi_kind s2_tlbi_decode(const struct s2_config *cfg, unsigned int op1, unsigned int crn,
				 unsigned int crm, unsigned int op2);

struct s2_extent {
	struct table_ipa start;
	uint64_t size; /* bytes; 0: nothing */
};

/* What kind IPA, IPA_RANGE, VMID or ALL with `xt`, the register's value, asks to unmap in `mmu`. */
struct s2_extent s2_tlbi_extent(const struct s2_vm *vm, struct s2_mmu *mmu, enum s2_tlbi_kind kind,
				uint64_t xt);

/* Whether an invalidation for the VMID in `vttbr` applies to `mmu`. */
bool s2_tlbi_matches(const struct s2_vm *vm, const struct s2_mmu *mmu, enum s2_tlbi_kind kind,
		     uint64_t vttbr);

/* Carries one of these kinds out on one context, which it matches. */
struct s2_swept s2_tlbi(struct s2_vm *vm, struct s2_mmu *mmu, enum s2_tlbi_kind kind, uint64_t xt);

/* ---- host events (spec 7.6) ---- */

struct s2_host_swept {
	struct s2_swept canonical;
	struct s2_swept nested;
};

/*
 * The parts of an event, for hosts that let vCPUs run between them: first L1's
 * own table, L1 IPA [base, base + size), then each valid nested context: an unmap
 * as the invalidation policy of the VM has it, a protection whole. `base` and `size`, in bytes,
 * are multiples of the host page; what is not mapped there is no error.
 */
struct s2_swept s2_canonical_unmap(struct s2_vm *vm, struct l1_ipa base, uint64_t size);
struct s2_swept s2_canonical_protect(struct s2_vm *vm, struct l1_ipa base, uint64_t size);
struct s2_swept s2_context_unmap(struct s2_vm *vm, struct s2_mmu *mmu, struct l1_ipa base,
				 uint64_t size);
struct s2_swept s2_context_protect(struct s2_vm *vm, struct s2_mmu *mmu);

/* MMU notifier unmap, or the flush of a deleted slot: all parts. */
struct s2_host_swept s2_host_unmap(struct s2_vm *vm, struct l1_ipa base, uint64_t size);
/* Dirty logging starts or is cleared for a range: all parts. */
struct s2_host_swept s2_host_write_protect(struct s2_vm *vm, struct l1_ipa base, uint64_t size);
/* Tests and clears access flags, in shadow tables only without Q18; true: one was set. */
bool s2_host_age(struct s2_vm *vm, struct l1_ipa base, uint64_t size);

/* ---- the decision tree (spec 3) ---- */

/* A stage-2 abort as the hardware reported it. */
struct s2_trap {
	uint64_t esr;
	uint64_t far;
	uint64_t hpfar;	 /* bit 63 set: valid */
	uint64_t pstate; /* of the interrupted context */
	int8_t s1_level; /* S1PTW: level of the guest's own stage-1 table; S2_NO_LEVEL: not found */
};
#define S2_NO_LEVEL    (-128)
#define S2_HPFAR_VALID (1ull << 63)

enum s2_outcome_kind {
	S2_MAPPED,
	S2_RELAXED,
	S2_INJECTED,	  /* stage-2 fault to virtual EL2 */
	S2_INJECTED_SEA,  /* synchronous external abort */
	S2_INJECTED_SIZE, /* address-size fault */
	S2_INJECTED_EXCL, /* unsupported exclusive or atomic */
	S2_INJECTED_SERROR,
	S2_MMIO,
	S2_EXIT_NISV,
	S2_EXIT_LDST64B,
	S2_EXIT_SEA,
	S2_EXIT_MEMORY_FAULT,
	S2_SKIPPED,
	S2_AF_SET,
	S2_RETRY,
	S2_ERROR,
	S2_OUTCOME_COUNT
};

/* Errno values that the handler returns, negated, as on Linux. */
enum { S2_ENOMEM = 12, S2_EFAULT = 14, S2_ERANGE = 34, S2_ENOSYS = 38 };

/* An exception for the guest to take, with the registers that it finds. */
struct s2_injection {
	uint8_t el; /* 1: the guest's EL1; 2: virtual EL2 */
	bool has_hpfar;
	bool serror_vector; /* taken to the SError vector: s2_vel2_entry() with type 0x180 */
	uint64_t esr, far, hpfar;
};

struct s2_mapping {
	struct table_ipa addr;
	uint64_t size;		 /* bytes */
	struct host_pa pa;	 /* mapped */
	struct l1_ipa canonical; /* of the first byte */
	uint64_t pte;		 /* the leaf at addr after the operation */
	struct s2_prot prot;	 /* asked for */
	bool split;		 /* a block was replaced by a table */
	bool collapsed;		 /* a table was replaced by a block */
	bool dirty;		 /* the page was reported dirty */
};

struct s2_mmio {
	struct l1_ipa addr;
	bool addr_unknown; /* S2_EXIT_SEA: HPFAR is not valid, addr is 0 */
	uint8_t len;	   /* bytes */
	bool write;
	bool in_kernel;
	uint64_t esr_iss; /* exits NISV and LDST64B */
};

struct s2_outcome {
	enum s2_outcome_kind kind;
	uint8_t row;	   /* of spec 3 that decided: the branch taken */
	bool shadow;	   /* a shadow fault: walk is set */
	bool filled;	   /* size is set */
	int32_t ret;	   /* 1 resume, 0 exit to the VMM, negative errno */
	struct l1_ipa ipa; /* canonical IPA of the fault, page and offset, from row 11 on */
	struct s2_walk walk;
	const struct s2_size *size; /* the vCPU's own, until its next fault */
	union {
		struct s2_injection inject; /* INJECTED* */
		struct s2_mapping map;	    /* MAPPED, RELAXED */
		struct s2_mmio mmio;	    /* MMIO and its exits */
	};
};

/* Handles one abort of the vCPU, which runs. */
struct s2_outcome s2_handle_abort(struct s2_vcpu *vcpu, const struct s2_trap *trap);
/*
 * The same, with the outcome in place, for callers to whom copying it is a cost. What the
 * outcome does not say to be set is left as it was.
 */
void s2_handle_abort_into(struct s2_vcpu *vcpu, const struct s2_trap *trap, struct s2_outcome *out);

/* ---- exception entry to virtual EL2 (spec 6.2) ---- */

struct s2_entry_in {
	uint64_t pc, pstate, vbar, sctlr;
	bool mte;
	uint16_t type; /* 0 synchronous, 0x80 IRQ, 0x100 FIQ, 0x180 SError */
};
struct s2_entry_out {
	uint64_t elr, spsr, pc, pstate;
};
/* Where the exception is taken to, and what it leaves in ELR_EL2 and SPSR_EL2 (Arm ARM D1.3.1). */
struct s2_entry_out s2_vel2_entry(const struct s2_entry_in *in);

/* ---- a digest of decisions, equal on every host for equal decisions ---- */

struct s2_digest {
	uint64_t a, b;
};
void s2_digest_init(struct s2_digest *d);
/* Adds a decision; or any number. */
void s2_digest_outcome(struct s2_digest *d, const struct s2_outcome *out);
void s2_digest_word(struct s2_digest *d, uint64_t word);

#ifdef __cplusplus
}
#endif

#endif
