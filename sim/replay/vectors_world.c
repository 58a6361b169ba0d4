/* SPDX-License-Identifier: GPL-2.0-only */
/* Builds the simulated machine and the VM that a vector describes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectors_internal.h"

#define UADDR_OFFSET  0x7f0000000000ull /* uaddr of a slot that names none: base + this */
#define IPA_END_MAX   (1ull << 56)	/* what HPFAR can express, and a bit */
#define UADDR_END_MAX (1ull << 57)
#define PA_END_MAX    (1ull << 52)

/* ---- lists of pages ---- */

static bool gfns_insert(struct vec_gfns *list, size_t at, uint64_t gfn)
{
	if (list->count == list->room) {
		size_t room = list->room * 2 + 8;
		uint64_t *v = realloc(list->v, room * sizeof(*v));

		if (!v) {
			list->failed = true;
			return false;
		}
		list->v = v;
		list->room = room;
	}
	memmove(&list->v[at + 1], &list->v[at], (list->count - at) * sizeof(*list->v));
	list->v[at] = gfn;
	list->count++;
	return true;
}

void vec_gfns_add(struct vec_gfns *list, uint64_t gfn)
{
	gfns_insert(list, list->count, gfn);
}

void vec_gfns_add_sorted(struct vec_gfns *list, uint64_t gfn)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (list->v[mid] < gfn)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == list->count || list->v[low] != gfn)
		gfns_insert(list, low, gfn);
}

json_t *vec_gfns_json(const struct vec_gfns *list)
{
	json_t *array = json_array();
	size_t i;

	for (i = 0; i < list->count; i++)
		json_array_append_new(array, vec_new_hex(list->v[i]));
	return array;
}

/* The handler marks a page: once in what the operation did, once in the slot's log. */
static void on_dirty(void *arg, const struct s2_slot *slot, struct l1_ipa addr)
{
	struct vec_run *run = arg;
	uint64_t gfn = addr.v >> run->cfg.page_shift;
	unsigned int i;

	vec_gfns_add(&run->marked, gfn);
	for (i = 0; i < run->slot_count; i++)
		if (run->slots[i].s2.base.v == slot->base.v)
			vec_gfns_add_sorted(&run->slots[i].log, gfn);
}

/* ---- host ---- */

static enum vec_status read_granules(struct vec_run *run, const json_t *host)
{
	const json_t *list = json_object_get(host, "s2_granules");
	unsigned int shift;
	size_t i;

	if (!list) {
		for (shift = run->cfg.page_shift; shift <= 16; shift += 2)
			run->cfg.granules |= (uint8_t)(1u << (shift - 12) / 2);
		return VEC_OK;
	}
	for (i = 0; i < json_array_size(list); i++) {
		shift = (unsigned int)json_integer_value(json_array_get(list, i));
		if (shift % 2 || shift < run->cfg.page_shift)
			return vec_malformed(run->why, "host.s2_granules",
					     "not 12, 14 or 16, or smaller than the host's page");
		run->cfg.granules |= (uint8_t)(1u << (shift - 12) / 2);
	}
	return VEC_OK;
}

static enum vec_status read_host(struct vec_run *run)
{
	const json_t *host = json_object_get(run->vector, "host");
	const json_t *exits = json_object_get(run->vector, "exits");
	int page_shift = vec_int(host, "page_shift", 12), limit = vec_int(host, "ipa_limit", 48);

	if (page_shift % 2)
		return vec_malformed(run->why, "host.page_shift", "not 12, 14 or 16");
	run->cfg = (struct s2_config){
		.page_shift = (uint8_t)page_shift,
		.ipa_limit = (uint8_t)limit,
		.canonical_bits = (uint8_t)(limit < 40 ? limit : 40),
		.lpa2 = page_shift != 16 && limit > 48,
		.fwb = vec_bool(host, "fwb", true),
		.dic = vec_bool(host, "dic", false),
		.xnx = vec_bool(host, "xnx", true),
		.ttl = vec_bool(host, "ttl", true),
		.tlbirange = true,
		.tlbios = true,
		.xs = true,
		.ras = true,
		.vmid16 = true,
		.nisv_exits = vec_bool(exits, "nisv", false),
		.quirks = S2_QUIRKS_KVM,
		.policy = s2_policy_default,
	};
	return read_granules(run, host);
}

struct s2_l1_regs vec_regs(const json_t *vector)
{
	const json_t *regs = json_object_get(vector, "regs");

	return (struct s2_l1_regs){
		.vtcr = vec_hex(regs, "vtcr", 0),
		.vttbr = vec_hex(regs, "vttbr", 0),
		.hcr = vec_hex(regs, "hcr", 1),
		.sctlr = vec_hex(regs, "sctlr", 0),
	};
}

enum machine_swap vec_swap(const json_t *object)
{
	const char *cas = json_string_value(json_object_get(object, "cas"));

	if (!cas || !strcmp(cas, "ok"))
		return MACHINE_SWAP_WORKS;
	return !strcmp(cas, "again") ? MACHINE_SWAP_LOSES : MACHINE_SWAP_FAULTS;
}

/* ---- slots and what backs them ---- */

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

static const char *slot_error(const struct vec_run *run, const struct s2_slot *s)
{
	uint64_t page = 1ull << run->cfg.page_shift;
	unsigned int i;

	if ((s->base.v | s->size | s->uaddr.v) & (page - 1) || !s->size)
		return "empty, or not aligned to the host page";
	if (s->base.v >= IPA_END_MAX || s->size > IPA_END_MAX - s->base.v)
		return "reaches beyond every IPA";
	if (s->uaddr.v >= UADDR_END_MAX || s->size > UADDR_END_MAX - s->uaddr.v)
		return "reaches beyond every host VA";
	for (i = 0; i < run->slot_count; i++) {
		const struct s2_slot *o = &run->slots[i].s2;

		if (overlap(s->base.v, s->size, o->base.v, o->size) ||
		    overlap(s->uaddr.v, s->size, o->uaddr.v, o->size))
			return "overlaps another one";
	}
	return NULL;
}

bool vec_update_slot(struct vec_run *run, unsigned int slot)
{
	return machine_set_slot(&run->machine, (uint16_t)slot, &run->slots[slot].s2);
}

/* 0, or what an entry at one of the host's levels spans. */
static bool is_leaf_size(const struct vec_run *run, uint64_t size)
{
	unsigned int stride = run->cfg.page_shift - 3u, level;

	for (level = 0; level < 4; level++)
		if (size == 1ull << (run->cfg.page_shift + level * stride))
			return true;
	return false;
}

/* Page sizes that a VMA can have: the page, hugetlb and its contiguous forms (spec 0.2). */
static bool is_vma_shift(const struct vec_run *run, unsigned int shift)
{
	static const uint8_t shifts[3][5] = {
		{12, 16, 21, 25, 30}, {14, 21, 25, 30, 36}, {16, 21, 29, 34, 42}};
	unsigned int i;

	for (i = 0; i < 5; i++)
		if (shift == shifts[(run->cfg.page_shift - 12) / 2][i])
			return true;
	return false;
}

static const char *backing_error(const struct vec_run *run, const struct backing *b)
{
	if (b->user_leaf && !is_leaf_size(run, b->user_leaf))
		return "user_leaf is not the size of a host level";
	if (!is_vma_shift(run, b->vma_shift))
		return "vma_shift is not a page size of the host";
	if (b->pa & ((1ull << run->cfg.page_shift) - 1) || b->pa >= PA_END_MAX)
		return "pa is not aligned to the host page, or beyond every PA";
	return NULL;
}

enum vec_status vec_set_backing(struct vec_run *run, unsigned int slot, const json_t *backing)
{
	struct backing *b = &run->slots[slot].backing;
	const char *error;

	b->pa = vec_hex(backing, "pa", b->pa);
	b->user_leaf = vec_hex(backing, "user_leaf", b->user_leaf);
	b->vma_shift = (uint8_t)vec_int(backing, "vma_shift", b->vma_shift);
	b->writable = vec_bool(backing, "writable", b->writable);
	b->device = vec_bool(backing, "pfnmap", b->device);
	error = backing_error(run, b);
	if (error)
		return vec_malformed(run->why, "backing", error);
	return backings_set(&run->machine.backings, b) ? VEC_OK : VEC_NO_MEMORY;
}

static enum vec_status add_slot(struct vec_run *run, const struct s2_slot *slot,
				const json_t *backing)
{
	struct vec_slot *s = &run->slots[run->slot_count];
	const char *error;

	if (run->slot_count == MACHINE_SLOTS_MAX)
		return vec_malformed(run->why, "slots", "too many");
	error = slot_error(run, slot);
	if (error)
		return vec_malformed(run->why, "slots", error);
	*s = (struct vec_slot){
		.s2 = *slot,
		.backing = {.hva = slot->uaddr.v,
			    .size = slot->size,
			    .user_leaf = 1ull << run->cfg.page_shift,
			    .vma_shift = run->cfg.page_shift,
			    .writable = true},
	};
	run->slot_count++;
	if (!vec_update_slot(run, run->slot_count - 1))
		return VEC_NO_MEMORY;
	return vec_set_backing(run, run->slot_count - 1, backing);
}

static enum vec_status add_slots(struct vec_run *run)
{
	const json_t *slots = json_object_get(run->vector, "slots");
	const json_t *common = json_object_get(run->vector, "backing");
	struct s2_slot whole = {.size = 1ull << run->cfg.ipa_limit};
	enum vec_status status = VEC_OK;
	size_t i;

	if (!slots)
		return add_slot(run, &whole, common);
	for (i = 0; i < json_array_size(slots) && status == VEC_OK; i++) {
		const json_t *s = json_array_get(slots, i), *own = json_object_get(s, "backing");
		uint64_t base = vec_hex(s, "base", 0);
		struct s2_slot slot = {
			.base = {base},
			.size = vec_hex(s, "size", 0),
			.uaddr = {vec_hex(s, "uaddr", base + UADDR_OFFSET)},
			.readonly = vec_bool(s, "ro", false),
			.log_dirty = vec_bool(s, "logging", false),
		};

		status = add_slot(run, &slot, own ? own : common);
	}
	return status;
}

/* ---- L1's memory ---- */

static enum vec_status write_memory(struct vec_run *run)
{
	json_t *mem = json_object_get(run->vector, "mem"), *word;
	uint64_t where = 0, value = 0;
	const char *addr;

	json_object_foreach(mem, addr, word)
	{
		vec_parse_hex(addr, &where);
		vec_parse_hex(json_string_value(word), &value);
		if (!machine_write(&run->machine, where, value))
			return VEC_NO_MEMORY;
	}
	return VEC_OK;
}

json_t *vec_memory_json(const struct vec_run *run, const json_t *expected)
{
	json_t *mem = json_object(), *word;
	const char *addr;
	uint64_t where = 0;

	json_object_foreach((json_t *)expected, addr, word)
	{
		vec_parse_hex(addr, &where);
		vec_put_hex(mem, addr, machine_peek(&run->machine, where));
	}
	return mem;
}

/* ---- leaves that are there at the start ---- */

static enum vec_status put_leaf(struct vec_run *run, struct s2_mmu *mmu, const json_t *leaf)
{
	struct table_ipa ipa = {vec_hex(leaf, "ipa", 0)};
	struct host_pa pa = {vec_hex(leaf, "pa", 0)};
	uint64_t size = vec_hex(leaf, "size", 0);
	struct s2_prot prot = {
		.perm = {.r = vec_bool(leaf, "r", true),
			 .w = vec_bool(leaf, "w", true),
			 .x_el0 = vec_bool(leaf, "x_el0", false),
			 .x_el1 = vec_bool(leaf, "x_el1", false)},
		.tag = (uint8_t)vec_int(leaf, "tag", 0),
	};
	struct s2_map_result r;

	if (!is_leaf_size(run, size) || ipa.v & (size - 1) || pa.v & (size - 1) ||
	    pa.v >= PA_END_MAX)
		return vec_malformed(run->why, "shadow",
				     "not the size of a host level, or not "
				     "aligned to it, or beyond every PA");
	if (ipa.v >> run->cfg.ipa_limit || size > (1ull << 42))
		return vec_malformed(run->why, "shadow", "beyond the IPA limit, or too large");
	if (s2_lookup(&run->vm, mmu, ipa).valid)
		return vec_malformed(run->why, "shadow", "leaves overlap");
	r = s2_map(&run->vm, mmu, ipa, size, pa, &prot);
	if (r.status == S2_MAP_NOMEM)
		return VEC_NO_MEMORY;
	if (r.collapsed || s2_lookup(&run->vm, mmu, ipa).size != size)
		return vec_malformed(run->why, "shadow",
				     "leaves overlap, or are larger than "
				     "the host's largest block");
	return VEC_OK;
}

enum vec_status vec_put_leaves(struct vec_run *run, struct s2_mmu *mmu)
{
	const json_t *list = json_object_get(run->vector, "shadow");
	enum vec_status status = VEC_OK;
	size_t i;

	for (i = 0; i < json_array_size(list) && status == VEC_OK; i++)
		status = put_leaf(run, mmu, json_array_get(list, i));
	return status;
}

/* ---- all of it ---- */

enum vec_status vec_world_init(struct vec_run *run)
{
	enum vec_status status = read_host(run);
	int i;

	if (status != VEC_OK)
		return status;
	run->vcpu_count = vec_int(run->vector, "vcpus", 1);
	if (!machine_init(&run->machine, run->cfg.page_shift))
		return VEC_NO_MEMORY;
	run->machine.on_dirty = on_dirty;
	run->machine.on_dirty_arg = run;
	status = add_slots(run);
	if (status == VEC_OK)
		status = write_memory(run);
	if (status != VEC_OK)
		return status;
	if (!s2_vm_init(&run->vm, &run->cfg, &run->machine.port, &run->machine, run->contexts,
			(uint16_t)(run->vcpu_count * S2_CONTEXTS_PER_VCPU)))
		return VEC_NO_MEMORY;
	for (i = 0; i < run->vcpu_count; i++)
		s2_vcpu_init(&run->vcpus[i], &run->vm);
	return VEC_OK;
}

void vec_world_destroy(struct vec_run *run)
{
	unsigned int i;

	if (run->vm.port)
		s2_vm_destroy(&run->vm);
	if (run->machine.arena)
		machine_destroy(&run->machine);
	for (i = 0; i < run->slot_count; i++)
		free(run->slots[i].log.v);
	free(run->marked.v);
	vec_diff_free(&run->diff);
}
