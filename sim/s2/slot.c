/* SPDX-License-Identifier: GPL-2.0-only */
/* Stage 4 of the path: the memslot of a canonical IPA, and what it admits. */
#include "internal.h"

const struct s2_slot *s2_slot_of(const struct s2_vm *vm, struct l1_ipa ipa)
{
	const struct s2_slot *slot = vm->port->slot(vm->port_ctx, ipa);

	return slot && !slot->invalid ? slot : NULL;
}
