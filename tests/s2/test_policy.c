/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Each rule of the history, in each cell of the tables of spec 4.4 and 4.10. The
 * expectations are those of the specification, not of the code.
 */
#include "port.h"

#define K(n)	(UINT64_C(n) << 10)
#define M(n)	(UINT64_C(n) << 20)
#define G(n)	(UINT64_C(n) << 30)
#define COLUMNS 8

/* Of the slot in all three spaces; L2's IPA is elsewhere, congruent modulo every leaf. */
#define SLOT   G(64)
#define L2_AT  G(256)
#define INSIDE (G(32) + M(512) + M(34) + K(64) * 3 + K(4) * 5)

struct backing {
	const char *name;
	unsigned int vma_shift;
	uint64_t user_leaf, geometry;
	bool device;
};

static const struct backing backings[] = {
	{"base", 12, K(4), 0, false},	      {"THP", 12, M(2), 0, false},
	{"hugetlb 64K", 16, K(64), 0, false}, {"hugetlb 2M", 21, M(2), 0, false},
	{"hugetlb 32M", 25, M(2), 0, false},  {"hugetlb 1G", 30, G(1), 0, false},
	{"device 2M", 12, M(2), M(2), true},  {"device 4K leaf", 12, K(4), M(2), true},
};

struct cell {
	unsigned int host;
	const struct backing *backing;
	uint64_t l1_leaf; /* 0: a fault of L1 */
	bool logging, crooked;
	uint64_t esr;
	const struct s2_policy *policy;
};

static uint64_t l2_offset(const struct cell *c)
{
	return c->l1_leaf ? L2_AT : 0;
}

static struct s2_size size_of_cell(const struct cell *c)
{
	struct s2_vm vm = {.cfg = world_config(c->host)};
	struct s2_syndrome syn = s2_syndrome(&vm.cfg, c->esr ? c->esr : ESR_READ);
	struct s2_slot slot = {.base = {SLOT},
			       .size = G(128),
			       .uaddr = {SLOT + (c->crooked ? 1ull << c->host : 0)},
			       .log_dirty = c->logging};
	struct s2_walk walk = {.leaf_size = c->l1_leaf, .level = 3, .output = {SLOT + INSIDE}};
	uint64_t page = INSIDE & ~((1ull << c->host) - 1);
	struct s2_fill fill = {
		.syn = &syn,
		.fault_ipa = {SLOT + INSIDE + l2_offset(c)},
		.ipa = {SLOT + INSIDE},
		.walk = c->l1_leaf ? &walk : NULL,
		.slot = &slot,
		.hva = {slot.uaddr.v + page},
		.backing = {.vma_shift = (uint8_t)c->backing->vma_shift,
			    .user_leaf = c->backing->user_leaf,
			    .geometry = c->backing->geometry,
			    .device = c->backing->device,
			    .writable = true},
	};

	vm.cfg.policy = c->policy;
	return s2_fault_size(&vm, &fill);
}

static uint64_t addr_of(const struct cell *c, const struct s2_size *s)
{
	return s2_size_addr(s, (struct table_ipa){SLOT + INSIDE + l2_offset(c)}).v;
}

static uint64_t canonical_of(const struct s2_size *s)
{
	return s2_size_canonical(s, (struct l1_ipa){SLOT + INSIDE}).v;
}

/* ---- the table of spec 4.10, host 4K ---- */

static const uint64_t columns[COLUMNS] = {0, K(4), K(16), K(64), M(2), M(32), M(512), G(1)};

struct row {
	const char *backing;
	bool logging, crooked;
	const char *policies; /* those that agree */
	uint64_t expected[COLUMNS];
};

#define PAGES                                                                                      \
	{                                                                                          \
		K(4), K(4), K(4), K(4), K(4), K(4), K(4), K(4)                                     \
	}
#define SOUND                                                                                      \
	{                                                                                          \
		M(2), K(4), K(4), K(4), M(2), M(2), M(2), M(2)                                     \
	}
#define BLOCK                                                                                      \
	{                                                                                          \
		M(2), M(2), M(2), M(2), M(2), M(2), M(2), M(2)                                     \
	}
#define ALL                                                                                        \
	"page kvm-v6 review-a1 review-a2 gk-2022 kvm-v9 kvm-6.11-rc1 kvm-6.11 kvm-7.3 unclamped "  \
	"coalesce"

static const struct row rows[] = {
	{"base", false, false, ALL " contig", PAGES},
	{"base", true, false, ALL " contig", PAGES},
	{"THP", false, false, "page", PAGES},
	{"THP", false, false, "kvm-v6", {M(2), K(4), M(2), M(2), M(2), M(2), M(2), M(2)}},
	{"THP", false, false, "review-a1 review-a2 unclamped", BLOCK},
	{"THP", false, false, "gk-2022 kvm-6.11-rc1 kvm-6.11 kvm-7.3 coalesce", SOUND},
	{"THP", false, false, "contig", {M(2), K(4), K(4), K(64), M(2), M(2), M(2), M(2)}},
	{"THP", false, false, "kvm-v9", {M(2), K(4), K(4), K(4), K(4), K(4), K(4), K(4)}},
	{"THP", true, false, "review-a2", BLOCK},
	{"THP", true, false, "kvm-v9", {K(4), K(4), K(4), K(4), M(2), M(2), M(2), M(2)}},
	{"THP", true, false,
	 "page kvm-v6 review-a1 gk-2022 kvm-6.11-rc1 kvm-6.11 kvm-7.3 unclamped contig coalesce",
	 PAGES},
	{"THP", false, true, ALL " contig", PAGES},
	{"THP", true, true, ALL " contig", PAGES},
	{"hugetlb 64K", false, false, ALL, PAGES},
	{"hugetlb 64K",
	 false,
	 false,
	 "contig",
	 {K(4), K(4), K(4), K(64), K(64), K(64), K(64), K(64)}},
	{"hugetlb 64K", true, false, ALL " contig", PAGES},
	{"hugetlb 2M", true, false, "review-a2", BLOCK},
	{"hugetlb 2M", true, false, "kvm-v6 review-a1 gk-2022 kvm-6.11 kvm-7.3", PAGES},
	{"hugetlb 2M", false, true, ALL " contig", PAGES},
	{"hugetlb 2M", false, false, "kvm-6.11-rc1 kvm-6.11 kvm-7.3 coalesce", SOUND},
	{"hugetlb 2M", false, false, "unclamped", BLOCK},
	{"hugetlb 2M", false, false, "kvm-v9", {M(2), K(4), K(4), K(4), K(4), K(4), K(4), K(4)}},
	{"hugetlb 2M",
	 false,
	 false,
	 "kvm-v6 gk-2022",
	 {M(2), K(4), K(16), K(64), M(2), M(2), M(2), M(2)}},
	{"hugetlb 2M",
	 false,
	 false,
	 "review-a1 review-a2",
	 {M(2), M(2), K(16), K(64), M(2), M(2), M(2), M(2)}},
	{"hugetlb 32M", false, false, "kvm-6.11-rc1 kvm-6.11 kvm-7.3 coalesce", SOUND},
	{"hugetlb 32M",
	 false,
	 false,
	 "kvm-v6 gk-2022",
	 {M(2), K(4), K(16), K(64), M(2), M(2), M(2), M(2)}},
	{"hugetlb 32M",
	 false,
	 false,
	 "review-a1 review-a2",
	 {M(2), M(2), K(16), K(64), M(2), M(2), M(2), M(2)}},
	{"hugetlb 1G",
	 false,
	 false,
	 "kvm-6.11-rc1 kvm-6.11 kvm-7.3 coalesce",
	 {G(1), K(4), K(4), K(4), M(2), M(2), M(2), G(1)}},
	{"hugetlb 1G", false, false, "contig", {G(1), K(4), K(4), K(64), M(2), M(2), M(2), G(1)}},
	{"hugetlb 1G", false, false, "unclamped", {G(1), G(1), G(1), G(1), G(1), G(1), G(1), G(1)}},
	{"hugetlb 1G",
	 false,
	 false,
	 "kvm-v6 gk-2022",
	 {G(1), K(4), K(16), K(64), M(2), M(32), M(512), G(1)}},
	{"hugetlb 1G",
	 false,
	 false,
	 "review-a1 review-a2",
	 {G(1), M(2), K(16), K(64), M(2), M(32), M(512), G(1)}},
	{"device 2M",
	 false,
	 false,
	 "kvm-v6 review-a1 review-a2 gk-2022 kvm-v9 kvm-6.11-rc1 kvm-6.11",
	 {M(2)}},
	{"device 2M", false, false, "kvm-7.3 contig coalesce", SOUND},
	{"device 2M", false, false, "kvm-6.11", SOUND},
	{"device 4K leaf",
	 false,
	 false,
	 "kvm-v6 review-a1 review-a2 kvm-6.11-rc1 kvm-6.11",
	 {M(2)}},
	{"device 4K leaf", false, false, "kvm-7.3 contig coalesce unclamped", PAGES},
};

static const struct backing *find_backing(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(backings) / sizeof(backings[0]); i++)
		if (!strcmp(backings[i].name, name))
			return &backings[i];
	fail_msg("no backing %s", name);
	return NULL;
}

static bool rounds_the_frame(const struct s2_policy *p)
{
	static const char *const not [] = {"kvm-v6",  "review-a1", "review-a2",
					   "gk-2022", "kvm-v9",	   "kvm-6.11-rc1"};
	size_t i;

	for (i = 0; i < sizeof(not ) / sizeof(not [0]); i++)
		if (!strcmp(p->name, not [i]))
			return false;
	return true;
}

static uint64_t down(uint64_t addr, uint64_t size)
{
	return addr & ~(size - 1);
}

static bool is_host_level(uint64_t size)
{
	return size == K(4) || size == M(2) || size == G(1);
}

/* What is laid where: by V where that is a block, else by the upgrade or not at all. */
static void check_place(const struct cell *c, const struct s2_size *s)
{
	uint64_t at = SLOT + INSIDE,
		 align = is_host_level(s->out.size) || s->out.contig ? s->out.size : K(4);

	assert_int_equal(addr_of(c, s), down(at + l2_offset(c), align));
	if (s->out.vma != K(4) && !rounds_the_frame(c->policy))
		align = K(4);
	assert_int_equal(canonical_of(s), down(at, align));
}

static void check_row(const struct row *r, const char *policy)
{
	unsigned int i;

	for (i = 0; i < COLUMNS && r->expected[i]; i++) {
		struct cell c = {.host = 12,
				 .backing = find_backing(r->backing),
				 .l1_leaf = columns[i],
				 .logging = r->logging,
				 .crooked = r->crooked,
				 .policy = find_policy(policy)};
		struct s2_size s = size_of_cell(&c);

		if (s.out.size != r->expected[i] || s.out.retry || s.relax)
			fail_msg("%s, %s, logging %d, column %u: %#llx", policy, r->backing,
				 r->logging, i, (unsigned long long)s.out.size);
		check_place(&c, &s);
	}
}

/* Calls fn with each word of a list. */
static void each_policy(const struct row *r, void (*fn)(const struct row *r, const char *policy))
{
	char list[256], *name;

	snprintf(list, sizeof(list), "%s", r->policies);
	for (name = strtok(list, " "); name; name = strtok(NULL, " "))
		fn(r, name);
}

static void each_cell_of_the_history_is_as_specified(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		each_policy(&rows[i], check_row);
}

/* ---- larger pages of the host ---- */

struct large {
	unsigned int host, vma_shift;
	uint64_t user_leaf, l1_leaf;
	const char *policies;
	uint64_t expected;
};

static const struct large larger[] = {
	{14, 14, M(32), K(16), "kvm-v6 gk-2022 kvm-6.11 kvm-7.3", K(16)},
	{14, 14, M(32), K(64), "kvm-6.11 kvm-7.3 gk-2022", K(16)},
	{14, 14, M(32), K(16), "review-a1 review-a2 unclamped", M(32)},
	{14, 14, M(32), K(64), "kvm-v6 review-a1", M(32)},
	{14, 25, M(32), K(64), "kvm-v6 gk-2022 review-a1", K(64)},
	{14, 30, M(32), M(512), "kvm-v6 kvm-6.11 kvm-7.3 review-a1", M(32)},
	{14, 21, M(2), M(32), "kvm-v6 kvm-6.11 kvm-7.3 review-a1", K(16)},
	{14, 21, M(2), M(32), "contig", M(2)},
	{16, 16, M(512), K(64), "kvm-v6 gk-2022 kvm-6.11 kvm-7.3", K(64)},
	{16, 16, M(512), K(64), "review-a1 unclamped", M(512)},
	{16, 29, M(512), M(512), "kvm-v6 gk-2022 kvm-6.11 kvm-7.3 review-a1", M(512)},
	{16, 34, M(512), K(64), "kvm-7.3 kvm-6.11 kvm-v6", K(64)},
	{16, 16, M(2), M(512), "contig", M(2)},
	{16, 16, M(2), M(512), "kvm-7.3 coalesce", K(64)},
};

static void hosts_with_larger_pages_have_the_same_rules(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(larger) / sizeof(larger[0]); i++) {
		const struct large *l = &larger[i];
		const struct backing b = {"", l->vma_shift, l->user_leaf, 0, false};
		char list[256], *name;

		snprintf(list, sizeof(list), "%s", l->policies);
		for (name = strtok(list, " "); name; name = strtok(NULL, " ")) {
			struct cell c = {.host = l->host,
					 .backing = &b,
					 .l1_leaf = l->l1_leaf,
					 .policy = find_policy(name)};

			if (size_of_cell(&c).out.size != l->expected)
				fail_msg("row %zu, %s: %#llx", i, name,
					 (unsigned long long)size_of_cell(&c).out.size);
		}
	}
}

/* ---- permission faults on a block of 2M (spec 4.10) ---- */

static void check_permission(const char *policy, uint64_t l1_leaf, uint64_t size, bool relax)
{
	struct cell c = {.host = 12,
			 .backing = find_backing("THP"),
			 .l1_leaf = l1_leaf,
			 .esr = 0x9200004e,
			 .policy = find_policy(policy)};
	struct s2_size s = size_of_cell(&c);

	if (s.out.size != size || s.relax != relax)
		fail_msg("%s, leaf %#llx: %#llx, relax %d", policy, (unsigned long long)l1_leaf,
			 (unsigned long long)s.out.size, s.relax);
}

static void a_block_is_relaxed_or_split_as_the_gate_stands(void **state)
{
	static const char *const closed[] = {"gk-2022", "kvm-6.11", "kvm-6.11-rc1", "kvm-7.3",
					     "coalesce"};
	static const uint64_t small[] = {K(4), K(16), K(64)};
	size_t i, k;

	(void)state;
	check_permission("kvm-v6", K(4), K(4), false);
	check_permission("kvm-v6", K(16), M(2), true);
	check_permission("kvm-v6", K(64), M(2), true);
	for (i = 0; i < 3; i++) {
		check_permission("review-a1", small[i], M(2), true);
		check_permission("review-a2", small[i], M(2), true);
		for (k = 0; k < 5; k++)
			check_permission(closed[k], small[i], K(4), false);
	}
	for (k = 0; k < 5; k++)
		check_permission(closed[k], M(2), M(2), true);
	check_permission("contig", K(4), K(4), false);
	check_permission("contig", K(64), K(64), false);
	check_permission("kvm-v9", M(2), K(4), false);
}

/* ---- what the verdicts say ---- */

/* The mapping lies within L1's leaf, and every byte of it at its own frame. */
static bool is_sound(const struct cell *c, const struct s2_size *s)
{
	uint64_t addr = addr_of(c, s), leaf = c->l1_leaf;
	bool within = !leaf || (down(addr, leaf) == down(addr + s->out.size - 1, leaf));

	return within && addr - canonical_of(s) == l2_offset(c) &&
	       (!c->logging || s->out.size == K(4));
}

static bool has_an_unsound_cell(const struct s2_policy *policy)
{
	size_t b, g;
	int logging;
	bool found = false;

	for (b = 0; b < sizeof(backings) / sizeof(backings[0]); b++)
		for (g = 0; g < COLUMNS; g++)
			for (logging = 0; logging < 2; logging++) {
				struct cell c = {.host = 12,
						 .backing = &backings[b],
						 .l1_leaf = columns[g],
						 .logging = logging,
						 .policy = policy};
				struct s2_size s = size_of_cell(&c);

				found |= !is_sound(&c, &s);
			}
	return found;
}

static void a_rule_has_a_flaw_exactly_where_a_cell_shows_it(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < s2_policy_count; i++)
		if (has_an_unsound_cell(&s2_policies[i]) == s2_policy_sound(&s2_policies[i]))
			fail_msg("%s", s2_policies[i].name);
}

static void every_row_tells_its_story(void **state)
{
	unsigned int i;

	(void)state;
	assert_ptr_equal(s2_policy_default, find_policy("kvm-7.3"));
	for (i = 0; i < s2_policy_count; i++) {
		const struct s2_policy *p = &s2_policies[i];

		assert_true(*p->story && *p->rule && *p->source);
		assert_int_equal(p->flaw != NULL, p->witness != NULL);
		if (p->witness)
			assert_int_equal(strncmp(p->witness, "bad_", 4), 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cell_of_the_history_is_as_specified),
		cmocka_unit_test(hosts_with_larger_pages_have_the_same_rules),
		cmocka_unit_test(a_block_is_relaxed_or_split_as_the_gate_stands),
		cmocka_unit_test(a_rule_has_a_flaw_exactly_where_a_cell_shows_it),
		cmocka_unit_test(every_row_tells_its_story),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
