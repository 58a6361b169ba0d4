/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between stages 4 and 7 of the path: faults come in runs that have the same sizes. What was
 * decided for one stands for the next, where all that it was made of is equal; what L1 permits is
 * put to it anew.
 */
#ifndef NVSIM_S2_MEMO_H
#define NVSIM_S2_MEMO_H

#include "internal.h"

/* Several small members are looked at as one word: where it lies, and that it is aligned. */
#define S2_AT(p, offset, align) __builtin_assume_aligned((const char *)(p) + (offset), align)

/* The flags of a slot as one word. */
static inline uint32_t s2_slot_flags(const struct s2_slot *slot)
{
	uint32_t flags;

	_Static_assert(offsetof(struct s2_slot, readonly) % sizeof(flags) == 0 &&
			       offsetof(struct s2_slot, invalid) ==
				       offsetof(struct s2_slot, readonly) + 3,
		       "four flags of a byte");
	__builtin_memcpy(&flags, S2_AT(slot, offsetof(struct s2_slot, readonly), sizeof(flags)),
			 sizeof(flags));
	return flags;
}

/* All of a backing that is neither its PA nor a size, as one word. */
static inline uint64_t s2_backing_flags(const struct s2_backing *backing)
{
	uint64_t flags;

	_Static_assert(sizeof(*backing) - offsetof(struct s2_backing, vma_shift) == sizeof(flags),
		       "eight bytes, the reserved ones included");
	__builtin_memcpy(&flags,
			 S2_AT(backing, offsetof(struct s2_backing, vma_shift), sizeof(flags)),
			 sizeof(flags));
	return flags;
}

/*
 * By level of L1's leaf, by whether the host has a block, or a large page, and by whether it is a
 * fetch: they alternate.
 */
static inline struct s2_memo *s2_memo_of(struct s2_vcpu *vcpu, const struct s2_backing *backing,
					 const struct s2_walk *walk, bool exec)
{
	unsigned int level = walk ? (uint8_t)walk->level & 3u : 0;
	unsigned int block = backing->user_leaf >> 20 ? 1 : 0, large = backing->vma_shift >> 4 & 1u;

	return &vcpu->memo[(unsigned int)exec << 4 | level << 2 | block << 1 | large];
}

/*
 * Whether what `m` holds was made of just this. The fault is one of translation, and `m` is where
 * its decision would be: the level of L1's leaf and whether it is a fetch are compared by that.
 */
static inline bool s2_recalls(const struct s2_memo *m, const struct s2_policy *policy,
			      const struct s2_slot *slot, struct host_va hva,
			      const struct s2_backing *backing, uint64_t l1_leaf, bool write)
{
	uint64_t differ = (m->write ^ write) & slot->log_dirty;

	differ |= m->size.in.l1_leaf ^ l1_leaf;
	differ |= m->slot.base.v ^ slot->base.v;
	differ |= m->slot.size ^ slot->size;
	differ |= m->slot.uaddr.v ^ slot->uaddr.v;
	differ |= s2_slot_flags(&m->slot) ^ s2_slot_flags(slot);
	differ |= m->size.in.user_leaf ^ backing->user_leaf;
	differ |= m->size.in.geometry ^ backing->geometry;
	differ |= m->backing_flags ^ s2_backing_flags(backing);
	return !differ && hva.v - m->start.v < m->span && m->policy == policy;
}

/* The permissions that L1's leaf leaves, as a descriptor has them. */
static inline uint64_t s2_granted(const struct s2_memo *m, const struct s2_walk *walk)
{
	return walk->desc & m->granted;
}

/* Keeps a decision that may be kept; `prot` is the host's. */
void s2_remember(struct s2_memo *m, const struct s2_config *cfg, const struct s2_fill *f,
		 const struct s2_size *size, const struct s2_prot *prot);

#endif
