/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clamping policies: a row of the table and a size rule each. A rule
 * sees sizes only; addresses, slots and tables are its caller's business.
 */
#include "internal.h"

/* Contiguous-hint sizes of the host's user page tables (spec 0.2). */
static uint64_t cont_pte(const struct s2_size_in *in)
{
	return in->page == BIT(12) ? BIT(16) : BIT(21);
}

static uint64_t cont_pmd(const struct s2_size_in *in)
{
	return in->page == BIT(12) ? BIT(25) : in->page == BIT(14) ? BIT(30) : BIT(34);
}

/* The frame is looked up for `vma` bytes, and addresses go down to a multiple of that. */
static struct s2_size_out plain(uint64_t vma, uint64_t size)
{
	return (struct s2_size_out){
		.vma = vma, .size = size, .addr_align = vma, .frame_align = vma};
}

/* A block where the user page table has one and the slot admits it (spec 4.3 step 2). */
static struct s2_size_out thp_adjust(const struct s2_size_in *in)
{
	if (!in->supports_pmd)
		return plain(in->page, in->page);
	if (!in->user_leaf) {
		struct s2_size_out retry = plain(in->page, in->page);

		retry.retry = true;
		return retry;
	}
	/* KVM keeps the leaf size in 32 signed bits: 4G and more read as nothing. */
	if (in->user_leaf < in->pmd || in->user_leaf >> 31)
		return plain(in->page, in->page);
	return (struct s2_size_out){
		.vma = in->page, .size = in->pmd, .addr_align = in->pmd, .frame_align = in->pmd};
}

struct bounds {
	uint64_t vma; /* V: what the VMA offers */
	uint64_t cap; /* X: nothing larger may be mapped */
};

/* spec 4.2, the table of cases. */
static struct bounds vma_bounds(const struct s2_size_in *in)
{
	uint64_t v0 = in->vma_size;

	if (in->logging || v0 == cont_pte(in))
		return (struct bounds){in->page, in->page};
	if (v0 == in->pud && in->supports_pud)
		return (struct bounds){in->pud, in->pud};
	if (v0 == in->pud || v0 == cont_pmd(in) || v0 == in->pmd)
		return in->supports_pmd ? (struct bounds){in->pmd, in->pud}
					: (struct bounds){in->page, in->page};
	return (struct bounds){v0, in->pud};
}

/* spec 4.2, nested adjustment: no larger than L1's leaf, rounded down to a host level. */
static struct bounds clamp_to_l1(const struct s2_size_in *in, struct bounds b)
{
	if (in->l1_leaf < b.cap)
		b.cap = in->l1_leaf;
	if (b.cap < in->pud)
		b.cap = b.cap >= in->pmd ? in->pmd : in->page;
	if (b.vma > b.cap)
		b.vma = b.cap;
	return b;
}

/*
 * The cap is read twice: as a limit of the VMA's size, and as the gate of the
 * upgrade to a block. Only the second use carries "L1's leaf is one page" to
 * memory that the host backs with blocks (spec 4.10).
 */
static struct s2_size_out kvm_7_3(const struct s2_policy *self, const struct s2_size_in *in)
{
	struct bounds b = vma_bounds(in);

	(void)self;
	if (in->l1_leaf)
		b = clamp_to_l1(in, b);
	if (b.vma != in->page || b.cap == in->page)
		return plain(b.vma, b.vma);
	if (in->granule > in->page)
		return plain(in->page, in->granule);
	return thp_adjust(in);
}

static struct s2_size_out page_only(const struct s2_policy *self, const struct s2_size_in *in)
{
	(void)self;
	return plain(in->page, in->page);
}

const struct s2_policy s2_policies[] = {
	{
		.name = "kvm-7.3",
		.story = "L1's leaf caps the size, rounded down to a level of the host",
		.source = "Linux 7.3",
		.size = kvm_7_3,
	},
	{
		.name = "page",
		.story = "never a block: the yardstick",
		.source = "nvsim",
		.size = page_only,
	},
};
const unsigned int s2_policy_count = sizeof(s2_policies) / sizeof(s2_policies[0]);
const struct s2_policy *const s2_policy_default = &s2_policies[0];
