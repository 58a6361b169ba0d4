/* SPDX-License-Identifier: GPL-2.0-only */
/* What the stages share among themselves. */
#ifndef NVSIM_S2_INTERNAL_H
#define NVSIM_S2_INTERNAL_H

#include "s2.h"

#define BIT(n) (1ull << (n))

/* For what few faults come to: apart from what all do. */
#define RARE __attribute__((cold, noinline))

/* Bits [hi:lo], both included; hi <= 63. */
static inline uint64_t mask(unsigned int hi, unsigned int lo)
{
	return (~0ull >> (63 - hi)) & (~0ull << lo);
}

static inline uint64_t field(uint64_t v, unsigned int hi, unsigned int lo)
{
	return (v & mask(hi, lo)) >> lo;
}

static inline uint64_t floor_to(uint64_t v, uint64_t size)
{
	return v & ~(size - 1);
}

static inline bool quirk(const struct s2_config *cfg, enum s2_quirk q)
{
	return cfg->quirks & S2_QUIRK(q);
}

/* ---- ESR_ELx fields (spec 0.3; Arm ARM D24.2.40) ---- */

#define ESR_EC(esr)  ((unsigned int)((esr) >> 26 & 0x3f))
#define ESR_IL	     BIT(25)
#define ESR_ISV	     BIT(24)
#define ESR_VNCR     BIT(13)
#define ESR_FNV	     BIT(10)
#define ESR_CM	     BIT(8)
#define ESR_S1PTW    BIT(7)
#define ESR_WNR	     BIT(6)
#define ESR_FSC_MASK 0x3full
#define EC_IABT_LOW  0x20u
#define EC_IABT_CUR  0x21u
#define EC_DABT_LOW  0x24u
#define EC_DABT_CUR  0x25u

#define FSC_SIZE	0x00u
#define FSC_TRANSLATION 0x04u
#define FSC_ACCESS	0x08u
#define FSC_PERMISSION	0x0cu
#define FSC_SEA		0x10u
#define FSC_SEA_WALK	0x14u /* of level 0; level -1 comes before */
#define FSC_EXCLUSIVE	0x35u

/* A reflected syndrome: everything of the trap's but FSC; ISS2 does not fit (spec 1.6). */
static inline uint32_t esr_with_fsc(uint64_t esr, unsigned int fsc)
{
	return (uint32_t)((esr & ~ESR_FSC_MASK) | fsc);
}

/* Fault status codes by class (esr.c). */
extern const uint8_t s2_fsc_classes[64];

/*
 * A stage-1 walk that needs an update reports a permission fault in a second
 * step: that one is the write, whatever WnR says (Q11). A fetch never writes.
 */
static inline bool counts_as_write(const struct s2_config *cfg, uint64_t esr,
				   enum s2_fsc_class class)
{
	if (__builtin_expect(esr & (ESR_S1PTW | ESR_CM), 0)) {
		if ((esr & ESR_S1PTW) && quirk(cfg, S2_Q11_S1PTW_WRITE))
			return class == S2_FSC_PERMISSION;
		if ((esr & ESR_CM) && !quirk(cfg, S2_Q23_CMO_WRITES))
			return false;
	}
	return (ESR_EC(esr) != EC_IABT_LOW) & (esr >> 6 & 1); /* WnR */
}

/* s2_syndrome, for the hot path. */
static inline struct s2_syndrome syndrome(const struct s2_config *cfg, uint64_t esr)
{
	enum s2_fsc_class class = (enum s2_fsc_class)s2_fsc_classes[esr & ESR_FSC_MASK];
	bool iabt = ESR_EC(esr) == EC_IABT_LOW, s1ptw = esr & ESR_S1PTW;

	return (struct s2_syndrome){
		.esr = esr,
		.fsc_class = class,
		.fsc = (uint8_t)(esr & ESR_FSC_MASK),
		.iabt = iabt,
		.s1ptw = s1ptw,
		.cm = esr & ESR_CM,
		.write = counts_as_write(cfg, esr, class),
		.exec = iabt && !s1ptw,
	};
}

/* ---- HCR_EL2, HCRX_EL2, SCTLR2_EL2, PSTATE ---- */

#define HCR_VM	      BIT(0)
#define HCR_AMO	      BIT(5)
#define HCR_TGE	      BIT(27)
#define HCR_TEA	      BIT(37)
#define HCRX_TMEA     BIT(19)
#define SCTLR2_EASE   BIT(19)
#define PSTATE_A      BIT(8)
#define PSTATE_M_MASK 0x1full
#define PSTATE_EL0T   0x00u
#define PSTATE_EL1H   0x05u

/* EL0 in AArch64; User mode (0b10000) in AArch32. */
static inline bool pstate_el0(uint64_t pstate)
{
	uint64_t mode = pstate & PSTATE_M_MASK;

	return mode == PSTATE_EL0T || mode == 0x10;
}

/* ---- host levels (spec 0.2) ---- */

static inline uint64_t level_size(unsigned int page_shift, int level)
{
	return BIT(s2_level_shift(page_shift, level));
}

/* The lowest level at which a granule allows a block: 1G, 32M, 512M. */
static inline int first_block_level(unsigned int page_shift)
{
	return page_shift == 12 ? 1 : 2;
}

/* ---- stage-2 descriptors (spec 0.5, 4.7; Arm ARM D8.3) ---- */

#define DESC_VALID     BIT(0)
#define DESC_TABLE     BIT(1) /* levels < 3: a table; level 3: a page */
#define DESC_R_SHIFT   6
#define DESC_R	       BIT(DESC_R_SHIFT)
#define DESC_W_SHIFT   7
#define DESC_W	       BIT(DESC_W_SHIFT)
#define DESC_AF	       BIT(10)
#define DESC_CONTIG    BIT(52)
#define DESC_XN_SHIFT  53
#define DESC_XN	       mask(54, 53)
#define DESC_TAG_SHIFT 55
#define DESC_TAG       mask(56, 55)
#define DESC_PERMS     (DESC_R | DESC_W | DESC_XN)

static inline bool desc_is_table(uint64_t desc, int level)
{
	return level < 3 && (desc & (DESC_VALID | DESC_TABLE)) == (DESC_VALID | DESC_TABLE);
}

static inline uint8_t desc_tag(uint64_t desc)
{
	return (uint8_t)(desc >> DESC_TAG_SHIFT & 3);
}

/* A leaf's attributes with everything but the address and the type (spec 4.7). */
uint64_t s2_leaf_attributes(const struct s2_config *cfg, const struct s2_prot *prot);

/* ---- table operations (pgtable.c) ---- */

static inline struct table_ipa shadow_input(struct l2_ipa ipa)
{
	return (struct table_ipa){ipa.v};
}

static inline struct table_ipa canonical_input(struct l1_ipa ipa)
{
	return (struct table_ipa){ipa.v};
}

/* The number that is kept beside a table page, for whoever owns the page. */
static inline uint16_t *s2_entries_of(const struct s2_vm *vm, const void *page)
{
	uint64_t offset = (uint64_t)((const unsigned char *)page - vm->port->tables);

	return &vm->port->tables_entries[offset >> vm->cfg.page_shift];
}

bool s2_table_init(struct s2_vm *vm, struct s2_table *t, unsigned int input_bits);
void s2_table_destroy(struct s2_vm *vm, struct s2_mmu *mmu);

/*
 * s2_map() of one page, with what s2_leaf_attributes() has of it, where that is but one store: the
 * new descriptor. 0: it is more.
 */
uint64_t s2_map_new_page(const struct s2_vm *vm, struct s2_mmu *mmu, struct table_ipa ipa,
			 struct host_pa pa, uint64_t attributes);
/* Raises the permissions of the leaf that holds ipa. */
struct s2_map_result s2_relax(struct s2_vm *vm, struct s2_mmu *mmu, struct table_ipa ipa,
			      const struct s2_prot *prot);
/* Removes every leaf that meets [start, start + size), and tables left empty. */
struct s2_swept s2_unmap(struct s2_vm *vm, struct s2_mmu *mmu, struct table_ipa start,
			 uint64_t size);
struct s2_swept s2_unmap_all(struct s2_vm *vm, struct s2_mmu *mmu);
/* s2_unmap() because the host takes memory away: the port is told of each leaf. */
struct s2_swept s2_unmap_for_host(struct s2_vm *vm, struct s2_mmu *mmu, struct table_ipa start,
				  uint64_t size);
/* Clears W; without `flush` no TLB maintenance follows (Q17). */
struct s2_swept s2_protect(struct s2_vm *vm, struct s2_mmu *mmu, struct table_ipa start,
			   uint64_t size, bool flush);
/* Clears the access flag; leaves counts those that were young. */
struct s2_swept s2_age(struct s2_vm *vm, struct s2_mmu *mmu, struct table_ipa start, uint64_t size);

/* ---- reverse maps (rmap.c) ---- */

/* Records what the table has of a mapping; its range is within the table's input. */
void s2_rmap_add(struct s2_vm *vm, struct s2_mmu *mmu, const struct s2_mapping *m);
/* Removes every leaf that maps memory of [base, base + size), or all where that is not known. */
struct s2_swept s2_rmap_unmap(struct s2_vm *vm, struct s2_mmu *mmu, struct l1_ipa base,
			      uint64_t size);
/* Frees the map; the table is empty, or nobody asks the map again. */
void s2_rmap_clear(struct s2_vm *vm, struct s2_mmu *mmu);
/* The same, where the table is empty. */
void s2_rmap_trim(struct s2_vm *vm, struct s2_mmu *mmu);

struct s2_l1_tables s2_l1_tables(const struct s2_config *cfg, const struct s2_l1_regs *regs);
/* s2_walk on behalf of a trap, with the result in place; `l1` is of the registers. */
void s2_walk_into(const struct s2_vm *vm, const struct s2_l1_regs *regs,
		  const struct s2_l1_tables *l1, const struct s2_trap *trap, struct l2_ipa ipa,
		  struct s2_walk *out);

/* The inputs of a size rule for memory that is known to be in single pages. */
struct s2_size_in s2_page_backed(const struct s2_config *cfg);
/* s2_fault_size, with the result in place. */
void s2_fault_size_into(const struct s2_vm *vm, const struct s2_fill *fill, struct s2_size *size);

/* ---- what a size rule may ask beyond one leaf (clamp.c, walk.c) ---- */

struct s2_near {
	const struct s2_vm *vm;
	const struct s2_fill *fill; /* of a shadow fault */
};

/* Whether the slot admits an aligned piece of `size` bytes around the fault (spec 4.2). */
bool s2_near_supports(const struct s2_near *near, uint64_t size);
/* Bytes that L1's leaf spans, or its contiguous hint where that covers more. */
uint64_t s2_near_hint(const struct s2_near *near);
/*
 * Whether L1 maps the aligned `size` bytes around the fault, in its input and in
 * its output, as one piece: by one leaf, or by leaves of one table that are all
 * there, alike, with the access flag set, and contiguous in output. Adds the
 * descriptors that were read to *reads.
 */
bool s2_near_alike(const struct s2_near *near, uint64_t size, uint16_t *reads);

/* ---- permissions (perm.c, prot.c) ---- */

/* What both grant: the four at once. */
static inline struct s2_perm s2_perm_both(struct s2_perm a, struct s2_perm b)
{
	uint32_t x, y;

	_Static_assert(sizeof(a) == sizeof(x), "four flags of a byte");
	__builtin_memcpy(&x, &a, sizeof(x));
	__builtin_memcpy(&y, &b, sizeof(y));
	x &= y;
	__builtin_memcpy(&a, &x, sizeof(x));
	return a;
}

/* Permissions are looked at for faults of this class. */
static inline bool s2_permissions_judged(const struct s2_config *cfg, enum s2_fsc_class class)
{
	return class == S2_FSC_PERMISSION ||
	       (class == S2_FSC_TRANSLATION && !quirk(cfg, S2_Q24_LATE_FORWARD));
}

bool s2_denies(const struct s2_config *cfg, const struct s2_syndrome *syn, bool el0,
	       const struct s2_perm *perm);

enum s2_prot_status {
	S2_PROT_OK,
	S2_PROT_NOEXEC, /* a fetch from memory that must not be cached */
	S2_PROT_EXCL,	/* an unsupported exclusive or atomic */
	S2_PROT_FAULT,	/* -EFAULT */
};
/* What the host grants. */
enum s2_prot_status s2_host_prot(const struct s2_config *cfg, const struct s2_fill *fill,
				 struct s2_prot *prot);
/* And no more than L1 does. */
static inline void s2_reduce_to_l1(struct s2_prot *prot, const struct s2_walk *walk)
{
	prot->perm = s2_perm_both(prot->perm, walk->perm);
	prot->tag = (uint8_t)walk->level; /* tells later invalidations how large L1's leaf is */
}
/* guest_memfd: spec 4.8. */
struct s2_prot s2_gmem_prot(const struct s2_config *cfg, const struct s2_fill *fill);

#endif
