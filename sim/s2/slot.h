/* SPDX-License-Identifier: GPL-2.0-only */
/* Stage 4 of the path: the memslot of a canonical IPA, and what it admits (spec 4.2). */
#ifndef NVSIM_S2_SLOT_H
#define NVSIM_S2_SLOT_H

#include "internal.h"

static inline const struct s2_slot *s2_slot_of(const struct s2_vm *vm, struct l1_ipa ipa)
{
	const struct s2_slot *slot = vm->port->slot(vm->port_ctx, ipa);

	return slot && !slot->invalid ? slot : NULL;
}

/* The host page that holds ipa. */
static inline struct l1_ipa s2_page_of(const struct s2_config *cfg, struct l1_ipa ipa)
{
	return (struct l1_ipa){floor_to(ipa.v, BIT(cfg->page_shift))};
}

static inline struct host_va s2_slot_hva(const struct s2_slot *slot, struct l1_ipa page)
{
	return (struct host_va){slot->uaddr.v + (page.v - slot->base.v)};
}

/* IPA and host VA of the slot agree modulo `size`: a block of it can be aligned in both. */
static inline bool s2_slot_congruent(const struct s2_slot *slot, uint64_t size)
{
	return !((slot->base.v ^ slot->uaddr.v) & (size - 1));
}

/* The block of `size` around hva lies within the slot. */
static inline bool s2_slot_holds_block(const struct s2_slot *slot, struct host_va hva,
				       uint64_t size)
{
	uint64_t start = floor_to(hva.v, size);

	return start >= slot->uaddr.v && size <= slot->size &&
	       start - slot->uaddr.v <= slot->size - size;
}

#endif
