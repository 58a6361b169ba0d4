/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clamping policies: a row of the table and a size rule each. A rule
 * sees sizes only; addresses, slots and tables are its caller's business.
 */
#include "internal.h"

/*
 * Contiguous-hint sizes of the host's tables, of pages and of blocks (spec 0.2). A group
 * of pages in a shadow table is as large as one in a user page table.
 */
static uint64_t cont_pte(const struct s2_size_in *in)
{
	return in->page == BIT(12) ? BIT(16) : BIT(21);
}

static uint64_t cont_pmd(const struct s2_size_in *in)
{
	return in->page == BIT(12) ? BIT(25) : in->page == BIT(14) ? BIT(30) : BIT(34);
}

static inline uint64_t lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The frame is looked up for `vma` bytes, and addresses go down to a multiple of that. */
static inline struct s2_size_out plain(uint64_t vma, uint64_t size)
{
	return (struct s2_size_out){
		.vma = vma, .size = size, .addr_align = vma, .frame_align = vma};
}

/* One aligned piece of memory that is no huge page: V stays P. */
static struct s2_size_out piece(const struct s2_size_in *in, uint64_t size)
{
	return (struct s2_size_out){
		.vma = in->page, .size = size, .addr_align = size, .frame_align = size};
}

/* A block where the user page table has one and the slot admits it (spec 4.3 step 2). */
static inline struct s2_size_out thp_adjust(const struct s2_size_in *in)
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
	return piece(in, in->pmd);
}

/* V = P and nothing forbids more: the level of a permission fault, or what THP gives. */
static inline struct s2_size_out upgrade(const struct s2_size_in *in)
{
	if (in->granule > in->page)
		return plain(in->page, in->granule);
	return thp_adjust(in);
}

struct bounds {
	uint64_t vma; /* V: what the VMA offers */
	uint64_t cap; /* X: nothing larger may be mapped; P: pages are forced */
};

/* spec 4.2, the table of cases. */
static inline struct bounds vma_bounds(const struct s2_size_in *in, uint64_t v0)
{
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
static inline struct bounds clamp_to_l1(const struct s2_size_in *in, struct bounds b)
{
	b.cap = lesser(b.cap, in->l1_leaf);
	if (b.cap < in->pud)
		b.cap = b.cap >= in->pmd ? in->pmd : in->page;
	b.vma = lesser(b.vma, b.cap);
	return b;
}

/* ---- Linux 7.3 ---- */

/*
 * The cap is read twice: as a limit of the VMA's size, and as the gate of the
 * upgrade to a block. Only the second use carries "L1's leaf is one page" to
 * memory that the host backs with blocks (spec 4.10).
 */
static inline struct s2_size_out within(const struct s2_size_in *in, struct bounds b)
{
	if (b.vma != in->page || b.cap == in->page)
		return plain(b.vma, b.vma);
	return upgrade(in);
}

static struct s2_size_out kvm_7_3(const struct s2_policy *self, const struct s2_size_in *in)
{
	struct bounds b = vma_bounds(in, in->vma_size);

	(void)self;
	if (in->l1_leaf)
		b = clamp_to_l1(in, b);
	return within(in, b);
}

static struct s2_size_out unclamped(const struct s2_policy *self, const struct s2_size_in *in)
{
	(void)self;
	return within(in, vma_bounds(in, in->vma_size));
}

static struct s2_size_out page_only(const struct s2_policy *self, const struct s2_size_in *in)
{
	(void)self;
	return plain(in->page, in->page);
}

/* ---- before Linux 7 (spec 4.10) ---- */

/* V0 of a device's memory was what its VMA and its PA admit. */
static struct bounds old_bounds(const struct s2_size_in *in)
{
	return vma_bounds(in, in->geometry ? in->geometry : in->vma_size);
}

/*
 * The frame was taken from the address of the fault before that was rounded:
 * a block lies there with the fault's own frame at its start. The address
 * itself was rounded where V is the size of a block, and nowhere else.
 */
static struct s2_size_out unrounded_frame(const struct s2_size_in *in, uint64_t vma)
{
	return (struct s2_size_out){
		.vma = vma,
		.size = vma,
		.addr_align = vma == in->pmd || vma == in->pud ? vma : in->page,
		.frame_align = in->page,
	};
}

/* As within(), with that frame, and without the upgrade for a device's memory. */
static struct s2_size_out old_within(const struct s2_size_in *in, struct bounds b)
{
	if (b.vma != in->page || b.cap == in->page || in->device)
		return unrounded_frame(in, b.vma);
	return upgrade(in);
}

/* The cap is L1's leaf as it is, between host levels or not. */
static struct bounds v6_bounds(const struct s2_size_in *in)
{
	struct bounds b = old_bounds(in);

	if (in->l1_leaf)
		b.cap = lesser(b.cap, in->l1_leaf);
	b.vma = lesser(b.vma, b.cap);
	return b;
}

static struct s2_size_out kvm_v6(const struct s2_policy *self, const struct s2_size_in *in)
{
	(void)self;
	return old_within(in, v6_bounds(in));
}

static struct s2_size_out gk_2022(const struct s2_policy *self, const struct s2_size_in *in)
{
	struct bounds b = v6_bounds(in);

	(void)self;
	if (b.cap < in->pmd)
		b.cap = in->page;
	return old_within(in, b);
}

/* Without the cap: L1's leaf limits what the VMA offers, and the upgrade not at all. */
static struct s2_size_out reworked(const struct s2_size_in *in, struct bounds b)
{
	if (in->l1_leaf)
		b.vma = lesser(b.vma, in->l1_leaf);
	return old_within(in, b);
}

static struct s2_size_out review_a1(const struct s2_policy *self, const struct s2_size_in *in)
{
	(void)self;
	return reworked(in, old_bounds(in));
}

static struct s2_size_out review_a2(const struct s2_policy *self, const struct s2_size_in *in)
{
	struct bounds b = old_bounds(in);

	(void)self;
	b.cap = in->pud; /* no pages are forced */
	return reworked(in, b);
}

static struct s2_size_out kvm_v9(const struct s2_policy *self, const struct s2_size_in *in)
{
	struct bounds b = old_bounds(in);

	(void)self;
	if (in->l1_leaf) {
		b.cap = b.cap == in->page ? in->pud : in->page; /* the wrong way round */
		b = clamp_to_l1(in, b);
	}
	return old_within(in, b);
}

static struct bounds bounds_6_11(const struct s2_size_in *in)
{
	struct bounds b = old_bounds(in);

	return in->l1_leaf ? clamp_to_l1(in, b) : b;
}

static struct s2_size_out kvm_6_11_rc1(const struct s2_policy *self, const struct s2_size_in *in)
{
	(void)self;
	return old_within(in, bounds_6_11(in));
}

static struct s2_size_out kvm_6_11(const struct s2_policy *self, const struct s2_size_in *in)
{
	struct bounds b = bounds_6_11(in);

	(void)self;
	return in->device ? plain(b.vma, b.vma) : within(in, b);
}

/* ---- beyond one leaf ---- */

/* The host's memory is one aligned piece of `size` bytes around the fault. */
static bool backed_by(const struct s2_size_in *in, uint64_t size)
{
	return in->user_leaf >= size || in->vma_size >= size;
}

/* L1 maps all of it as one piece. */
static struct s2_size_out proven(struct s2_size_out out)
{
	out.proven = out.size;
	return out;
}

/*
 * Why a group is sound. Every page of it is mapped by L1 now, with the same
 * permissions and access flag, by leaves of one level, to outputs that follow
 * one another: so each of its pages is one that 7.3 would map by itself. What
 * takes one of them away takes the group away (see the groups in pgtable.c), and
 * all carry the tag of one level of L1, so that an invalidation has the extent
 * that it would have with pages.
 *
 * L1's hint alone is no proof: hardware would use any entry of the span
 * for all of it, but an L1 that is at work on one may have written some only. The
 * entries are read: one after the other, as the walk's own are, and like those
 * before the table is locked. Between the reads and the mapping an L1 that takes an entry
 * away and invalidates it finds nothing to be removed; 7.3 has that window for one
 * entry. A hypervisor that takes these rules has to have invalidations counted, as the
 * host's are (spec 4.1 step 6), and to retry.
 */
static struct s2_size_out contig(const struct s2_policy *self, const struct s2_size_in *in)
{
	struct s2_size_out out = kvm_7_3(self, in), group = piece(in, cont_pte(in));

	if (out.size != in->page || out.retry || !in->near || in->logging || in->device)
		return out;
	if (!backed_by(in, group.size) || !s2_near_supports(in->near, group.size))
		return out;
	if (s2_near_hint(in->near) < group.size || !s2_near_alike(in->near, group.size, &out.reads))
		return out;
	group = proven(group);
	group.contig = true;
	group.reads = out.reads;
	return group;
}

/*
 * Why a coalesced block is sound. At the fault, L1 maps every page of it, all
 * with the same attributes and with the access flag set, and to outputs
 * that follow one another: the block shows what its pages would show, and
 * no access flag is left that hardware would have had to set. Later, L1 must
 * invalidate each page of which it changes the output or withdraws a
 * permission. Unmapping goes by whole shadow leaf, so the first such
 * invalidation removes the block, whichever page it names. The block's tag
 * is the level of L1's leaves, not its own: without a TTL hint the extent of an
 * invalidation is that of one of L1's leaves, and it meets the block.
 */
static struct s2_size_out coalesce(const struct s2_policy *self, const struct s2_size_in *in)
{
	struct s2_size_in alone = *in;
	struct s2_size_out out;
	uint16_t reads = 0;

	/* 7.3 has no such block where it goes by the level of one: this is of several leaves, of
	   which some may have changed. */
	if (in->granule > in->pmd)
		alone.granule = 0;
	out = kvm_7_3(self, &alone);
	if (out.retry || !in->near || in->logging || in->device)
		return out;
	if (in->page == BIT(12) && out.size < in->pud && in->supports_pud &&
	    backed_by(in, in->pud) && s2_near_alike(in->near, in->pud, &reads))
		out = proven(piece(in, in->pud));
	else if (out.size < in->pmd && in->supports_pmd && backed_by(in, in->pmd) &&
		 s2_near_alike(in->near, in->pmd, &reads))
		out = proven(piece(in, in->pmd));
	out.reads = reads;
	return out;
}

/* ---- the table: by age, the yardstick first ---- */

enum {
	PAGE,
	KVM_V6,
	REVIEW_A1,
	REVIEW_A2,
	GK_2022,
	KVM_V9,
	KVM_6_11_RC1,
	KVM_6_11,
	KVM_7_3,
	UNCLAMPED,
	CONTIG,
	COALESCE,
	POLICY_COUNT
};

/* What the rules before 6.11 have in common. */
#define FRAME_FLAW                                                                                 \
	"The frame of a huge page is that of the page at fault, not of the start of the block, "   \
	"so "                                                                                      \
	"that the block shows other memory than it should, and reaches beyond the huge page."

const struct s2_policy s2_policies[] = {
	[PAGE] =
		{
			.name = "page",
			.story = "never a block: the yardstick",
			.rule = "Every mapping is one page of the host.",
			.source = "nvsim",
			.size = page_only,
			.by_sizes = true,
		},
	[KVM_V6] =
		{
			.name = "kvm-v6",
			.story = "L1's leaf caps the size, but is not rounded to a level of the "
				 "host",
			.rule = "The cap is the smaller of a PUD and L1's leaf, or a page where "
				"writes are logged or the slot forbids blocks. A huge page is "
				"mapped "
				"as far as the cap admits. Plain memory becomes a block where the "
				"cap is not a page and the user page table has a block.",
			.source =
				"KVM/arm64 nested virtualization series v6, January 2022, patch 36 "
				"of 64",
			.flaw = "A leaf of L1 between a page and a block (16K or 64K on a 4K host) "
				"is "
				"no page, so the upgrade to a block stays open: L2 sees 2M where "
				"L1 "
				"mapped 16K. A huge page is cut to a size that is no level, from "
				"wherever the fault was, and reaches beyond L1's leaf. " FRAME_FLAW,
			.witness = "bad_inbetween_16k_leaf",
			.size = kvm_v6,
			.by_sizes = true,
		},
	[REVIEW_A1] =
		{
			.name = "review-a1",
			.story = "the review's rework: no cap, pages forced as before nesting",
			.rule = "L1's leaf limits the size of a huge page. Plain memory becomes a "
				"block where the user page table has one, unless writes are logged "
				"or the slot forbids blocks.",
			.source = "review of v6, patch 36, first reading: force_pte is kept",
			.flaw = "The cap was the only thing that told the upgrade of L1's leaf. "
				"Under a 4K leaf of L1, transparent huge pages of the host give L2 "
				"2M. " FRAME_FLAW,
			.witness = "bad_thp_promotes_past_4k_leaf",
			.size = review_a1,
			.by_sizes = true,
		},
	[REVIEW_A2] =
		{
			.name = "review-a2",
			.story = "the review's rework to the letter: no cap, nothing forced",
			.rule = "L1's leaf limits the size of a huge page. Plain memory becomes a "
				"block where the user page table has one, logged or not.",
			.source = "review of v6, patch 36, second reading: the hunk as it stands",
			.flaw = "As review-a1; and a block is mapped writable while writes are "
				"logged, for guests that are not nested, too: a page written "
				"through it is never reported dirty. " FRAME_FLAW,
			.witness = "bad_thp_upgrade_under_logging",
			.size = review_a2,
			.by_sizes = true,
		},
	[GK_2022] =
		{
			.name = "gk-2022",
			.story = "v6 with blocks only where the cap has room for one",
			.rule = "As kvm-v6, but plain memory becomes a block only where the cap is "
				"at "
				"least a block.",
			.source = "Ganapatrao Kulkarni, August 2022: avoid block mappings where "
				  "max_map_size is smaller than a block",
			.flaw = "It closes the upgrade, not the other use of the cap: a huge page "
				"under a leaf between two levels is still cut to a size that is no "
				"level, from wherever the fault was. " FRAME_FLAW,
			.witness = "bad_hugetlb_inbetween_leaf",
			.size = gk_2022,
			.by_sizes = true,
		},
	[KVM_V9] =
		{
			.name = "kvm-v9",
			.story = "6.11 with its condition the wrong way round",
			.rule = "L1's leaf is rounded down to a level of the host and caps the "
				"size. "
				"The cap starts from a page where pages are not forced, and from a "
				"PUD where they are.",
			.source = "the series as it was posted between v6 and Linux 6.11; read in "
				  "v11, "
				  "20 November 2023",
			.flaw = "Unforced, L2 gets pages only. Forced by logging, it gets blocks: "
				"writable, so that what is written is not reported "
				"dirty. " FRAME_FLAW,
			.witness = "bad_ternary_inverted_under_logging",
			.size = kvm_v9,
			.by_sizes = true,
		},
	[KVM_6_11_RC1] =
		{
			.name = "kvm-6.11-rc1",
			.story = "the right size, at the wrong frame for huge pages",
			.rule = "As kvm-6.11; the frame is looked up for the page at fault.",
			.source = "Linux 6.11-rc1 to rc4 (fd276e71d1e7), fixed by 1d8c3c23a6bc",
			.flaw = FRAME_FLAW,
			.witness = "bad_hugetlb_gfn_unaligned",
			.size = kvm_6_11_rc1,
			.by_sizes = true,
		},
	[KVM_6_11] =
		{
			.name = "kvm-6.11",
			.story = "L1's leaf caps the size, rounded down; devices by their VMA's "
				 "bounds",
			.rule = "The cap is L1's leaf rounded down to a level of the host, or a "
				"page "
				"where writes are logged or the slot forbids blocks. A huge page, "
				"or "
				"a device's VMA by its bounds and alignment, is mapped as far as "
				"the "
				"cap admits. Plain memory becomes a block where cap and user page "
				"table admit one.",
			.source = "Linux 6.11",
			.size = kvm_6_11,
			.by_sizes = true,
		},
	[KVM_7_3] =
		{
			.name = "kvm-7.3",
			.story = "L1's leaf caps the size, rounded down to a level of the host",
			.rule = "The cap is L1's leaf rounded down to a level of the host, or a "
				"page "
				"where writes are logged or the slot forbids blocks. A huge page "
				"is "
				"mapped as far as the cap admits. Other memory, a device's too, "
				"becomes a block where cap and user page table admit one.",
			.source = "Linux 7.3",
			.size = kvm_7_3,
			.by_sizes = true,
		},
	[UNCLAMPED] =
		{
			.name = "unclamped",
			.story = "L1's leaf is not looked at: what the clamp is there to prevent",
			.rule = "The rule of kvm-7.3 for a guest that is not nested.",
			.source = "nvsim",
			.flaw = "L2 sees all of the block or huge page that backs the page which "
				"L1 "
				"mapped.",
			.witness = "bad_unclamped",
			.size = unclamped,
			.by_sizes = true,
		},
	[CONTIG] =
		{
			.name = "contig",
			.story = "kvm-7.3, and a contiguous group where L1 maps one",
			.rule = "Where kvm-7.3 gives a page: a group of pages with the contiguous "
				"hint (64K on a 4K host, else 2M), if slot and memory have room "
				"for "
				"one, and L1's leaf spans it or L1's own hint covers it and its "
				"entries are all there and alike. Not where writes are logged, and "
				"not for devices.",
			.source = "nvsim",
			.size = contig,
		},
	[COALESCE] =
		{
			.name = "coalesce",
			.story = "kvm-7.3, and a block where L1's adjacent leaves make one up",
			.rule = "Where kvm-7.3 gives less than slot and memory have room for: the "
				"largest block that L1 maps as one piece, by leaves of one table "
				"that "
				"are all there, alike, and contiguous in output. Not where writes "
				"are logged, and not for devices.",
			.source = "nvsim",
			.size = coalesce,
		},
};
const unsigned int s2_policy_count = POLICY_COUNT;
const struct s2_policy *const s2_policy_default = &s2_policies[KVM_7_3];
