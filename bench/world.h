/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the handler is measured in: one machine with L1's memory, of which L1's stage-2 tables are a
 * part, and VMs whose L1 has guests. L1 shows its memory to each of them from IPA 0 on, all by
 * the same tables; guests differ in their VMID.
 */
#ifndef NVSIM_BENCH_WORLD_H
#define NVSIM_BENCH_WORLD_H

#include "machine.h"
#include "s2.h"

#define WORLD_RAM    0x40000000ull		/* L1's memory, what its guests see of it first */
#define WORLD_TABLES (WORLD_RAM + (1ull << 46)) /* then L1's tables */
#define WORLD_SIZE   ((1ull << 46) + (1ull << 40))
#define WORLD_HOST   (1ull << 47) /* from L1's IPA to the host's addresses, both kinds */

/* Descriptors of L1: normal memory, accessed. */
#define WORLD_R	   0x77cull
#define WORLD_RW   0x7fcull
#define WORLD_NONE 0ull

/* A load and a store of 8 bytes with a valid syndrome, by a fault at level 3. */
#define WORLD_READ	 0x93c08007ull
#define WORLD_WRITE	 0x93c08047ull
#define WORLD_PERMISSION 0x8ull /* on top: a permission fault */

struct world_shape {
	uint8_t host_shift; /* log2 of the host's page */
	uint8_t l1_shift;   /* log2 of L1's granule */
	uint8_t ipa_bits;   /* input of L1's tables */
	int8_t start_level; /* of L1's tables; -1: the one with the fewest descriptors to read */
	bool logged;	    /* writes to L1's memory are logged */
	uint64_t user_leaf; /* bytes: what the host maps L1's memory with */
	const struct s2_invalidation *invalidation; /* NULL: the default */
	uint32_t vm_count;
	uint16_t guest_count; /* of each VM */
};

struct world {
	struct world_shape shape;
	struct machine machine;
	struct s2_vm *vms;
	uint16_t context_count;	  /* of each VM */
	struct s2_mmu *contexts;  /* of all VMs */
	struct s2_vcpu vcpu;	  /* of the VM that was entered last */
	struct s2_l1_regs regs;	  /* of guest 0 */
	uint64_t next_table;	  /* address of the next table of L1's */
	struct s2_outcome filled; /* the last fault of world_fill() */
};

/* False: no memory. world_close() is due in any case. */
bool world_open(struct world *w, const struct world_shape *shape);
void world_close(struct world *w);

/* log2 of what an entry at `level` of L1's tables spans. */
static inline unsigned int world_l1_span(const struct world_shape *shape, int level)
{
	return s2_level_shift(shape->l1_shift, level);
}

/*
 * L1 maps `ipa` to its memory at WORLD_RAM + `offset`, by an entry at `level`; WORLD_NONE: the
 * entry is there and not valid. False: no memory.
 */
bool world_l1_map_to(struct world *w, uint64_t ipa, uint64_t offset, int level,
		     uint64_t attributes);
static inline bool world_l1_map(struct world *w, uint64_t ipa, int level, uint64_t attributes)
{
	return world_l1_map_to(w, ipa, ipa, level, attributes);
}

uint64_t world_vttbr(const struct world *w, unsigned int guest);
/* The vCPU goes to VM `vm`, and runs its guest from here on. */
void world_enter(struct world *w, uint32_t vm, uint16_t guest);
/* The context in use. */
static inline struct s2_mmu *world_context(const struct world *w)
{
	return w->vcpu.mmu;
}

/* The trap of an access to `ipa`, from `trap` of another. */
static inline void world_trap_at(struct s2_trap *trap, uint64_t ipa)
{
	trap->far = ipa;
	trap->hpfar = S2_HPFAR_VALID | ipa >> 12 << 4;
}
#define WORLD_TRAP(esr_)                                                                           \
	((struct s2_trap){.esr = (esr_), .pstate = 0x3c5 /* EL1h */, .s1_level = S2_NO_LEVEL})
/* The guest meets a translation fault, a store where `write`. */
void world_fill(struct world *w, uint64_t ipa, bool write);

/* Leaves of a context, all levels. */
uint64_t world_leaves(const struct s2_mmu *mmu);

#endif
