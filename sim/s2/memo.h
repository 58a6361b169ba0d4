/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between stages 4 and 7 of the path: faults come in runs that have the same sizes and permissions.
 * What was decided for one stands for the next, where all that it was made of is equal.
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

/* What was asked for, and what L1 grants at which level. */
static inline uint64_t s2_access(bool write, bool exec, const struct s2_walk *walk)
{
	uint64_t asked = (uint64_t)write | (uint64_t)exec << 1;
	uint32_t perm;

	if (!walk)
		return asked;
	_Static_assert(offsetof(struct s2_walk, perm) % sizeof(perm) == 0, "one word");
	__builtin_memcpy(&perm, S2_AT(walk, offsetof(struct s2_walk, perm), sizeof(perm)),
			 sizeof(perm));
	return asked | (uint64_t)(uint8_t)walk->level << 2 | (uint64_t)perm << 32;
}

/* By level of L1's leaf, and whether the host has a block, or a large page: they alternate. */
static inline struct s2_memo *s2_memo_of(struct s2_vcpu *vcpu, const struct s2_backing *backing,
					 const struct s2_walk *walk)
{
	unsigned int level = walk ? (uint8_t)walk->level & 3u : 0;
	unsigned int block = backing->user_leaf >> 20 ? 1 : 0, large = backing->vma_shift >> 4 & 1u;

	return &vcpu->memo[level << 2 | block << 1 | large];
}

/* Whether what `m` holds was made of just this; the fault is one of translation. */
static inline bool s2_recalls(const struct s2_memo *m, const struct s2_policy *policy,
			      const struct s2_slot *slot, struct host_va hva,
			      const struct s2_backing *backing, const struct s2_walk *walk,
			      bool write, bool exec)
{
	uint64_t differ = (m->access ^ s2_access(write, exec, walk)) & m->matters;

	differ |= m->l1_leaf ^ (walk ? walk->leaf_size : 0);
	differ |= m->slot.base.v ^ slot->base.v;
	differ |= m->slot.size ^ slot->size;
	differ |= m->slot.uaddr.v ^ slot->uaddr.v;
	differ |= s2_slot_flags(&m->slot) ^ s2_slot_flags(slot);
	differ |= m->backing.user_leaf ^ backing->user_leaf;
	differ |= m->backing.geometry ^ backing->geometry;
	differ |= s2_backing_flags(&m->backing) ^ s2_backing_flags(backing);
	return !differ && hva.v - m->start.v < m->span && m->policy == policy;
}

/* Four words, read before any is written: they need not be written one by one. */
static inline void s2_copy_words(void *to, const void *from)
{
	uint64_t a, b, c, d;

	__builtin_memcpy(&a, S2_AT(from, 0, 8), 8);
	__builtin_memcpy(&b, S2_AT(from, 8, 8), 8);
	__builtin_memcpy(&c, S2_AT(from, 16, 8), 8);
	__builtin_memcpy(&d, S2_AT(from, 24, 8), 8);
	__builtin_memcpy((void *)S2_AT(to, 0, 8), &a, 8);
	__builtin_memcpy((void *)S2_AT(to, 8, 8), &b, 8);
	__builtin_memcpy((void *)S2_AT(to, 16, 8), &c, 8);
	__builtin_memcpy((void *)S2_AT(to, 24, 8), &d, 8);
}

/* `to` = `from`, which as an assignment is a call, where access has to be aligned. */
static inline void s2_copy_size(struct s2_size *to, const struct s2_size *from)
{
	_Static_assert(sizeof(*to) == 128, "four times four words");
	s2_copy_words((char *)to, (const char *)from);
	s2_copy_words((char *)to + 32, (const char *)from + 32);
	s2_copy_words((char *)to + 64, (const char *)from + 64);
	s2_copy_words((char *)to + 96, (const char *)from + 96);
}

/* Keeps a decision that may be kept. */
void s2_remember(struct s2_memo *m, const struct s2_config *cfg, const struct s2_fill *f,
		 const struct s2_size *size, const struct s2_size_out *out,
		 const struct s2_prot *prot);

#endif
