/* SPDX-License-Identifier: GPL-2.0-only */
#include "world.h"

#include <stdlib.h>

#define BIT(n)	 (1ull << (n))
#define DESC_ON	 1ull
#define DESC_TAB 2ull /* a table, or a page at level 3 */

/* ---- L1's tables ---- */

static unsigned int start_bits(const struct world_shape *s, int level)
{
	return s->ipa_bits - world_l1_span(s, level);
}

/* The lowest table that up to 16 of, one after the other, span the input. */
static int fewest_reads(const struct world_shape *s)
{
	int level = 3;

	while (start_bits(s, level) > s->l1_shift - 3u + 4)
		level--;
	return level;
}

static uint64_t vtcr_of(const struct world_shape *s)
{
	uint64_t tg0 = s->l1_shift == 12 ? 0 : s->l1_shift == 14 ? 2 : 1;
	uint64_t sl0 = (s->l1_shift == 12 ? 2u : 3u) - (unsigned int)s->start_level;

	return BIT(31) | 5ull << 16 | tg0 << 14 | sl0 << 6 | (64u - s->ipa_bits);
}

static uint64_t entry_of(const struct world_shape *s, uint64_t table, int level, uint64_t ipa)
{
	unsigned int bits = level == s->start_level ? start_bits(s, level) : s->l1_shift - 3u;

	return table + (ipa >> world_l1_span(s, level) & (BIT(bits) - 1)) * 8;
}

bool world_l1_map_to(struct world *w, uint64_t ipa, uint64_t offset, int level, uint64_t attributes)
{
	uint64_t table = WORLD_TABLES, leaf = 0;
	int at;

	for (at = w->shape.start_level; at < level; at++) {
		uint64_t entry = entry_of(&w->shape, table, at, ipa);

		table = machine_peek(&w->machine, entry) & ~3ull;
		if (table)
			continue;
		table = w->next_table;
		w->next_table += BIT(w->shape.l1_shift);
		if (!machine_write(&w->machine, entry, table | DESC_TAB | DESC_ON))
			return false;
	}
	if (attributes)
		leaf = (WORLD_RAM + offset) | attributes | DESC_ON | (level == 3 ? DESC_TAB : 0);
	return machine_write(&w->machine, entry_of(&w->shape, table, level, ipa), leaf);
}

/* ---- VMs and guests ---- */

uint64_t world_vttbr(const struct world *w, unsigned int guest)
{
	return w->regs.vttbr + ((uint64_t)guest << 48);
}

void world_enter(struct world *w, uint32_t vm, uint16_t guest)
{
	if (w->vcpu.vm)
		s2_enter_l1(&w->vcpu); /* lets go of the context */
	s2_vcpu_init(&w->vcpu, &w->vms[vm]);
	w->vcpu.regs = w->regs;
	w->vcpu.regs.vttbr = world_vttbr(w, guest);
	s2_enter_l2(&w->vcpu);
}

void world_fill(struct world *w, uint64_t ipa, bool write)
{
	struct s2_trap trap = WORLD_TRAP(write ? WORLD_WRITE : WORLD_READ);

	world_trap_at(&trap, ipa);
	s2_handle_abort_into(&w->vcpu, &trap, &w->filled);
}

uint64_t world_leaves(const struct s2_mmu *mmu)
{
	const uint64_t *count = mmu->table.leaf_count;

	return count[0] + count[1] + count[2] + count[3];
}

/* ---- the world ---- */

static struct s2_config config_of(const struct world_shape *s)
{
	return (struct s2_config){
		.page_shift = s->host_shift,
		.ipa_limit = 48,
		.canonical_bits = 48,
		.granules = (uint8_t)(1u << (s->l1_shift - 12) / 2),
		.fwb = true,
		.dic = true,
		.xnx = true,
		.ttl = true,
		.tlbirange = true,
		.vmid16 = true,
		.quirks = S2_QUIRKS_KVM,
		.policy = s2_policy_default,
		.invalidation = s->invalidation,
	};
}

static bool set_memory(struct world *w)
{
	struct s2_slot slot = {.base = {WORLD_RAM},
			       .size = WORLD_SIZE,
			       .uaddr = {WORLD_RAM + WORLD_HOST},
			       .log_dirty = w->shape.logged};
	struct backing backing = {.hva = slot.uaddr.v,
				  .size = slot.size,
				  .pa = WORLD_RAM + WORLD_HOST,
				  .user_leaf = w->shape.user_leaf,
				  .vma_shift = w->shape.host_shift,
				  .writable = true};

	return machine_set_slot(&w->machine, 0, &slot) &&
	       backings_set(&w->machine.backings, &backing);
}

static bool init_vms(struct world *w)
{
	struct s2_config cfg = config_of(&w->shape);
	uint32_t i;

	w->vms = calloc(w->shape.vm_count, sizeof(*w->vms));
	w->contexts = calloc((size_t)w->shape.vm_count * w->context_count, sizeof(*w->contexts));
	if (!w->vms || !w->contexts)
		return false;
	for (i = 0; i < w->shape.vm_count; i++)
		if (!s2_vm_init(&w->vms[i], &cfg, &w->machine.port, &w->machine,
				&w->contexts[(size_t)i * w->context_count], w->context_count))
			return false;
	return true;
}

bool world_open(struct world *w, const struct world_shape *shape)
{
	*w = (struct world){.shape = *shape};
	if (w->shape.start_level < 0)
		w->shape.start_level = (int8_t)fewest_reads(shape);
	w->context_count = shape->guest_count > S2_CONTEXTS_PER_VCPU ? shape->guest_count
								     : S2_CONTEXTS_PER_VCPU;
	w->regs = (struct s2_l1_regs){
		.vtcr = vtcr_of(&w->shape), .vttbr = 1ull << 48 | WORLD_TABLES, .hcr = 1 /* VM */};
	w->next_table = WORLD_TABLES + (8ull << start_bits(&w->shape, w->shape.start_level));
	w->next_table += -w->next_table & (BIT(shape->l1_shift) - 1);
	return machine_init(&w->machine, shape->host_shift) && set_memory(w) && init_vms(w);
}

/* Table pages go with the machine. */
void world_close(struct world *w)
{
	machine_destroy(&w->machine);
	free(w->vms);
	free(w->contexts);
}
