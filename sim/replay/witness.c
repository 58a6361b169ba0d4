/* SPDX-License-Identifier: GPL-2.0-only */
#include "witness.h"

#include <string.h>

#include "scene_steps.h"

/* ---- sizes beyond L1's leaf ---- */

/* The two addresses agree modulo a page only; the page behind is none that L1 maps. */
static const struct scene_step past_4k_leaf[] = {
	MAP(0x5000, RAM + 0x3000, 4 * KIB, SCENE_RW),
	ENTER,
	WRITE(0x5000),
	READ(0x6000),
};

static const struct scene_step past_16k_leaf[] = {
	MAP(0x14000, RAM + 0xc000, 16 * KIB, SCENE_RW),
	ENTER,
	WRITE(0x15000),
	READ(0x18000),
};

static const struct scene_step past_64k_leaf[] = {
	MAP(0x50000, RAM + 0x30000, 64 * KIB, SCENE_RW),
	ENTER,
	WRITE(0x53000),
	READ(0x60000),
};

/* The last page of the leaf: 16K from there reach beyond it. */
static const struct scene_step hugetlb_inbetween[] = {
	MAP(0x14000, RAM + 0xc000, 16 * KIB, SCENE_RW),
	ENTER,
	WRITE(0x17000),
	READ(0x18000),
};

/* At the start of the leaf, where nothing can be laid from a wrong page. */
static const struct scene_step unclamped[] = {
	MAP(6 * MIB, RAM + 10 * MIB, 2 * MIB, SCENE_RW),
	ENTER,
	WRITE(6 * MIB),
	READ(8 * MIB),
};

/* No invalidation follows: L2 may still read what it could read, and no more. */
static const struct scene_step shrunk[] = {
	MAP(6 * MIB, RAM + 2 * MIB, 2 * MIB, SCENE_RO),
	ENTER,
	READ(6 * MIB + 0x3000),
	MAP(6 * MIB + 0x3000, RAM + 2 * MIB + 0x3000, 4 * KIB, SCENE_RW),
	WRITE(6 * MIB + 0x3000),
	WRITE(6 * MIB + 0x4000),
};

/* ---- the right size of the wrong memory ---- */

static const struct scene_step gfn_unaligned[] = {
	WRITE(RAM + 2 * MIB + 0x3000),
	READ(RAM + 2 * MIB),
};

/* ---- writes that the log does not see ---- */

static const struct scene_step logged_l1[] = {
	WRITE(RAM + 2 * MIB + 0x3000),
	WRITE(RAM + 2 * MIB + 0x4000),
};

static const struct scene_step logged_l2[] = {
	MAP(6 * MIB, RAM + 2 * MIB, 2 * MIB, SCENE_RW),
	ENTER,
	WRITE(6 * MIB + 0x3000),
	WRITE(6 * MIB + 0x4000),
};

/* ---- where sound policies differ ---- */

static const struct scene_step block[] = {
	MAP(6 * MIB, RAM + 2 * MIB, 2 * MIB, SCENE_RW),
	ENTER,
	WRITE(6 * MIB + 0x3000),
	WRITE(6 * MIB + 0x4000),
	READ(6 * MIB + 0x5000),
};

static const struct scene_step group[] = {
	MAP(0x50000, RAM + 0x30000, 64 * KIB, SCENE_RW),
	ENTER,
	WRITE(0x53000),
	WRITE(0x54000),
	READ(0x55000),
};

static const struct scene_step adjacent[] = {
	MAP_MANY(6 * MIB, RAM + 2 * MIB, 4 * KIB, 2 * MIB, SCENE_RW),
	ENTER,
	WRITE(6 * MIB + 0x3000),
	WRITE(6 * MIB + 0x4000),
	READ(6 * MIB + 0x5000),
};

static const struct scene_step window[] = {
	WRITE(RAM + 2 * MIB + 0x3000),
	WRITE(RAM + 2 * MIB + 0x4000),
};

/* ---- what the host takes away ---- */

static const struct scene_step taken[] = {
	MAP(0x5000, RAM + 0x3000, 4 * KIB, SCENE_RW),
	MAP(0x6000, RAM + 0x8000, 4 * KIB, SCENE_RW),
	ENTER,
	WRITE(0x5000),
	WRITE(0x6000),
	UNMAP(RAM + 0x3000, 4 * KIB),
	READ(0x5000),
	READ(0x6000),
};

/* First a page that is mapped once, then one that is mapped twice. */
static const struct scene_step taken_alias[] = {
	MAP(0x5000, RAM + 0x3000, 4 * KIB, SCENE_RW),
	MAP(0x9000, RAM + 0x3000, 4 * KIB, SCENE_RW),
	MAP(0x6000, RAM + 0x8000, 4 * KIB, SCENE_RW),
	ENTER,
	WRITE(0x5000),
	WRITE(0x9000),
	WRITE(0x6000),
	UNMAP(RAM + 0x8000, 4 * KIB),
	READ(0x6000),
	READ(0x5000),
	UNMAP(RAM + 0x3000, 4 * KIB),
	READ(0x9000),
	READ(0x6000),
};

/* ---- the table ---- */

const struct scene witness_scenes[] = {
	{
		.name = "bad_thp_promotes_past_4k_leaf",
		.story = "L1 maps one page of memory that the host backs with a block",
		.leaf_shift = 21,
		STEPS(past_4k_leaf),
	},
	{
		.name = "bad_inbetween_16k_leaf",
		.story = "L1's leaf is larger than the host's page and smaller than its block",
		.leaf_shift = 21,
		.granule_shift = 14,
		STEPS(past_16k_leaf),
	},
	{
		.name = "bad_inbetween_64k_leaf",
		.story = "the same with leaves of 64K",
		.leaf_shift = 21,
		.granule_shift = 16,
		STEPS(past_64k_leaf),
	},
	{
		.name = "bad_hugetlb_inbetween_leaf",
		.story = "a leaf of 16K over hugetlb memory, and a fault in its last page",
		.vma_shift = 21,
		.leaf_shift = 21,
		.granule_shift = 14,
		STEPS(hugetlb_inbetween),
	},
	{
		.name = "bad_unclamped",
		.story = "L1 maps 2M of a host page of 1G",
		.vma_shift = 30,
		.leaf_shift = 30,
		STEPS(unclamped),
	},
	{
		.name = "bad_relax_block_after_l1_shrank",
		.story = "L1 puts a writable page in the place of a read-only block",
		.leaf_shift = 21,
		STEPS(shrunk),
	},
	{
		.name = "bad_hugetlb_gfn_unaligned",
		.story = "L1 itself faults in the middle of a hugetlb page",
		.vma_shift = 21,
		.leaf_shift = 21,
		STEPS(gfn_unaligned),
	},
	{
		.name = "bad_thp_upgrade_under_logging",
		.story = "L1 itself writes to two pages of a block while writes are logged",
		.leaf_shift = 21,
		.slot_flags = NVT_SLOT_LOG,
		STEPS(logged_l1),
	},
	{
		.name = "bad_ternary_inverted_under_logging",
		.story = "L2 writes to two pages of a block while writes are logged",
		.leaf_shift = 21,
		.slot_flags = NVT_SLOT_LOG,
		STEPS(logged_l2),
	},
	{
		.name = "good_thp_2m_leaf",
		.story = "L1 and the host both map a block",
		.leaf_shift = 21,
		STEPS(block),
	},
	{
		.name = "good_64k_leaf",
		.story = "a leaf of 64K over a block: sixteen pages that belong together",
		.leaf_shift = 21,
		.granule_shift = 16,
		STEPS(group),
	},
	{
		.name = "good_adjacent_leaves",
		.story = "512 pages of L1 that make a block, over a block of the host",
		.leaf_shift = 21,
		STEPS(adjacent),
	},
	{
		.name = "good_pfnmap_geometry",
		.story = "a device's window that could be mapped by blocks, and is not by its user",
		.device = true,
		.slot_size = 512 * MIB,
		STEPS(window),
	},
	{
		.name = "good_host_unmap",
		.story = "the host takes one of two pages away",
		STEPS(taken),
	},
	{
		.name = "good_host_unmap_alias",
		.story = "the host takes a page away, and then one that L1 maps twice",
		STEPS(taken_alias),
	},
};
const size_t witness_scene_count = sizeof(witness_scenes) / sizeof(witness_scenes[0]);

/* Of policies that have nothing wrong with them. */
static const struct best {
	const char *policy, *scene;
} best[] = {
	{"page", "good_thp_2m_leaf"},	      {"kvm-6.11", "good_pfnmap_geometry"},
	{"kvm-7.3", "good_thp_2m_leaf"},      {"contig", "good_64k_leaf"},
	{"coalesce", "good_adjacent_leaves"}, {"whole", "good_host_unmap"},
	{"rmap", "good_host_unmap_alias"},    {"exact", "good_host_unmap_alias"},
};

const struct scene *witness_find(const char *name)
{
	size_t i;

	for (i = 0; i < witness_scene_count; i++)
		if (!strcmp(witness_scenes[i].name, name))
			return &witness_scenes[i];
	return NULL;
}

static const struct scene *best_of(const char *policy)
{
	size_t i;

	for (i = 0; i < sizeof(best) / sizeof(best[0]); i++)
		if (!strcmp(best[i].policy, policy))
			return witness_find(best[i].scene);
	return NULL;
}

const struct scene *witness_of_policy(const struct s2_policy *policy)
{
	return policy->witness ? witness_find(policy->witness) : best_of(policy->name);
}

const struct scene *witness_of_invalidation(const struct s2_invalidation *invalidation)
{
	return best_of(invalidation->name);
}
