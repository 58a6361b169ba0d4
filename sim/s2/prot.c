/* SPDX-License-Identifier: GPL-2.0-only */
/* Stage 6 of the path: permissions and memory type of a mapping (spec 4.5, 4.8). */
#include "internal.h"

enum s2_prot_status s2_host_prot(const struct s2_config *cfg, const struct s2_fill *fill,
				 struct s2_prot *prot)
{
	const struct s2_backing *b = &fill->backing;
	const struct s2_syndrome *syn = fill->syn;
	bool logging = fill->slot->log_dirty && !fill->slot->readonly;
	bool writable = b->writable && !fill->slot->readonly;
	bool uncached = b->device && !b->vma_cacheable;
	bool exec = syn->exec || (cfg->dic && !uncached);

	/* Device memory mapped cacheable is only coherent where nothing needs maintenance. */
	if (b->device && b->vma_cacheable && !(cfg->fwb && cfg->dic))
		return S2_PROT_FAULT;
	if (syn->exec && uncached)
		return S2_PROT_NOEXEC;
	if (syn->fsc_class == S2_FSC_EXCLUSIVE)
		return S2_PROT_EXCL;

	*prot = (struct s2_prot){
		.perm = {.r = true,
			 .w = writable && (b->device || !logging || syn->write),
			 .x_el0 = exec,
			 .x_el1 = exec},
		.memory = !uncached	    ? S2_NORMAL
			  : b->any_uncached ? S2_NORMAL_NC
					    : S2_DEVICE,
	};
	if (syn->fsc_class != S2_FSC_PERMISSION && !uncached && cfg->mte && !b->mte_allowed)
		return S2_PROT_FAULT;
	return S2_PROT_OK;
}

struct s2_prot s2_gmem_prot(const struct s2_config *cfg, const struct s2_fill *fill)
{
	bool exec = fill->syn->exec || cfg->dic;
	struct s2_prot prot = {
		.perm = {.r = true, .w = !fill->slot->readonly, .x_el0 = exec, .x_el1 = exec},
	};

	if (fill->walk)
		s2_reduce_to_l1(&prot, fill->walk);
	return prot;
}

/* MemAttr[3:0] of a stage-2 leaf (Arm ARM D8.6.6), without and with FEAT_S2FWB. */
static inline uint64_t memattr(const struct s2_config *cfg, unsigned int memory)
{
	if (memory == S2_NORMAL)
		return cfg->fwb ? 0x6 : 0xf;
	return memory == S2_NORMAL_NC ? 0x5 : 0x1; /* Device-nGnRE */
}

/* 0: all, 1: EL0 alone, 2: none, 3: EL1 alone */
static inline uint64_t xn_field(const struct s2_perm *perm)
{
	return (uint64_t)!perm->x_el0 << 1 | (perm->x_el0 ^ perm->x_el1);
}

static uint64_t perm_attributes(const struct s2_perm *perm)
{
	return (uint64_t)perm->r << DESC_R_SHIFT | (uint64_t)perm->w << DESC_W_SHIFT |
	       xn_field(perm) << DESC_XN_SHIFT;
}

uint64_t s2_leaf_attributes(const struct s2_config *cfg, const struct s2_prot *prot)
{
	uint64_t attr = memattr(cfg, prot->memory) << 2 | DESC_AF | perm_attributes(&prot->perm) |
			(uint64_t)prot->tag << DESC_TAG_SHIFT;

	if (!cfg->lpa2)		 /* with it, these bits hold PA[51:50] */
		attr |= 3u << 8; /* inner shareable */
	return attr;
}

struct s2_prot s2_leaf_prot(uint64_t desc)
{
	unsigned int attr = desc >> 2 & 0xf;

	return (struct s2_prot){
		.perm = s2_leaf_perm(desc),
		.memory = attr == 0x5	? S2_NORMAL_NC
			  : attr == 0x1 ? S2_DEVICE
					: S2_NORMAL,
		.tag = desc_tag(desc),
		.contig = desc & DESC_CONTIG,
	};
}
