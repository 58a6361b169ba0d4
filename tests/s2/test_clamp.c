/* SPDX-License-Identifier: GPL-2.0-only */
#include "port.h"

#define K(n)  ((uint64_t)(n) << 10)
#define M(n)  ((uint64_t)(n) << 20)
#define G(n)  ((uint64_t)(n) << 30)
#define BASE  G(64) /* of the slot, in both spaces */
#define UADDR (BASE * 3)

/* One fault in the middle of a large slot. */
struct place {
	unsigned int host; /* page shift */
	uint64_t base, uaddr, size;
	uint64_t at;	  /* offset of the fault in the slot */
	uint64_t l1_leaf; /* 0: a fault of L1 */
	unsigned int vma_shift;
	uint64_t user_leaf;
	uint64_t esr;
	bool logging, readonly, device;
	const char *policy;
};

static struct place place(unsigned int host)
{
	return (struct place){.host = host,
			      .base = BASE,
			      .uaddr = UADDR,
			      .size = G(128),
			      .at = G(32) + M(512) + M(34) + K(64) * 3,
			      .vma_shift = host,
			      .user_leaf = 1ull << host,
			      .esr = ESR_READ};
}

static uint64_t fault_ipa_of(const struct place *p)
{
	/* Elsewhere in L2's space, congruent with L1's modulo the largest leaf. */
	return p->base + p->at + (p->l1_leaf ? G(256) : 0);
}

static struct s2_size size_at(const struct place *p)
{
	struct s2_config cfg = world_config(p->host);
	struct s2_syndrome syn = s2_syndrome(&cfg, p->esr);
	struct s2_slot slot = {.base = {p->base},
			       .size = p->size,
			       .uaddr = {p->uaddr},
			       .log_dirty = p->logging,
			       .readonly = p->readonly};
	struct s2_walk walk = {.leaf_size = p->l1_leaf, .level = 3};
	uint64_t page = 1ull << p->host;
	struct s2_fill fill = {
		.syn = &syn,
		.fault_ipa = {fault_ipa_of(p)},
		.ipa = {p->base + p->at},
		.walk = p->l1_leaf ? &walk : NULL,
		.slot = &slot,
		.hva = {p->uaddr + (p->at & ~(page - 1))},
		.backing = {.vma_shift = (uint8_t)p->vma_shift,
			    .user_leaf = p->user_leaf,
			    .device = p->device,
			    .writable = true},
	};

	struct s2_vm vm;

	if (p->policy)
		cfg.policy = find_policy(p->policy);
	vm = (struct s2_vm){.cfg = cfg};
	return s2_fault_size(&vm, &fill);
}

static uint64_t addr_of(const struct place *p, const struct s2_size *s)
{
	return s2_size_addr(s, (struct table_ipa){fault_ipa_of(p)}).v;
}

static uint64_t canonical_of(const struct place *p, const struct s2_size *s)
{
	return s2_size_canonical(s, (struct l1_ipa){p->base + p->at}).v;
}

static struct s2_limits limits_at(const struct place *p)
{
	struct s2_size size = size_at(p);

	return s2_size_limits(&size);
}

/* ---- the tables of spec 4.4 ---- */

struct backing {
	const char *name;
	unsigned int vma_shift;
	uint64_t user_leaf;
	uint64_t expected[8]; /* one a column */
};

struct table {
	unsigned int host;
	uint64_t columns[8]; /* L1's leaf; 0: a fault of L1 */
	struct backing rows[8];
};

static const struct table tables[] = {
	{12,
	 {0, K(4), K(16), K(64), M(2), M(32), M(512), G(1)},
	 {
		 {"base", 12, K(4), {K(4), K(4), K(4), K(4), K(4), K(4), K(4), K(4)}},
		 {"THP", 12, M(2), {M(2), K(4), K(4), K(4), M(2), M(2), M(2), M(2)}},
		 {"PUD leaf", 12, G(1), {M(2), K(4), K(4), K(4), M(2), M(2), M(2), M(2)}},
		 {"hugetlb 64K", 16, K(64), {K(4), K(4), K(4), K(4), K(4), K(4), K(4), K(4)}},
		 {"hugetlb 2M", 21, M(2), {M(2), K(4), K(4), K(4), M(2), M(2), M(2), M(2)}},
		 {"hugetlb 32M", 25, M(2), {M(2), K(4), K(4), K(4), M(2), M(2), M(2), M(2)}},
		 {"hugetlb 1G", 30, G(1), {G(1), K(4), K(4), K(4), M(2), M(2), M(2), G(1)}},
	 }},
	{14,
	 {0, K(16), K(64), M(32), M(512)},
	 {
		 {"base", 14, K(16), {K(16), K(16), K(16), K(16), K(16)}},
		 {"hugetlb 2M", 21, K(16), {K(16), K(16), K(16), K(16), K(16)}},
		 {"THP", 14, M(32), {M(32), K(16), K(16), M(32), M(32)}},
		 {"hugetlb 32M", 25, M(32), {M(32), K(16), K(16), M(32), M(32)}},
		 {"hugetlb 1G", 30, M(32), {M(32), K(16), K(16), M(32), M(32)}},
	 }},
	{16,
	 {0, K(64), M(512)},
	 {
		 {"base", 16, K(64), {K(64), K(64), K(64)}},
		 {"hugetlb 2M", 21, K(64), {K(64), K(64), K(64)}},
		 {"THP", 16, M(512), {M(512), K(64), M(512)}},
		 {"hugetlb 512M", 29, M(512), {M(512), K(64), M(512)}},
		 {"hugetlb 16G", 34, M(512), {M(512), K(64), M(512)}},
	 }},
};

static struct place of_row(const struct table *t, const struct backing *row, int column)
{
	struct place p = place(t->host);

	p.vma_shift = row->vma_shift;
	p.user_leaf = row->user_leaf;
	p.l1_leaf = t->columns[column];
	return p;
}

typedef void cell_fn(const struct table *t, const struct backing *row, int column);

static void each_cell(cell_fn *fn)
{
	size_t i;
	int row, column;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (row = 0; tables[i].rows[row].name; row++)
			for (column = 0; column < 8 && (!column || tables[i].columns[column]);
			     column++)
				fn(&tables[i], &tables[i].rows[row], column);
}

static void check_cell(const struct table *t, const struct backing *row, int column)
{
	struct place p = of_row(t, row, column);
	struct s2_size s = size_at(&p);

	if (s.out.size != row->expected[column] || s.relax || s.out.retry)
		fail_msg("host %u, %s, column %d: %#llx", t->host, row->name, column,
			 (unsigned long long)s.out.size);
	/* The fault lies in the mapping, and both addresses have the same place in it. */
	assert_int_equal(addr_of(&p, &s) & (s.out.size - 1), 0);
	assert_int_equal(canonical_of(&p, &s) & (s.out.size - 1), 0);
	assert_true(p.base + p.at - canonical_of(&p, &s) < s.out.size);
	assert_int_equal(addr_of(&p, &s) - canonical_of(&p, &s), p.l1_leaf ? G(256) : 0);
	/* 7.3 is sound, and gives away nothing but the PUD leaf of plain memory. */
	assert_true(s.out.size <= s2_size_limits(&s).sound_max);
	assert_true(s.out.size >= 1ull << t->host);
}

static void mappings_have_the_sizes_of_the_tables(void **state)
{
	(void)state;
	each_cell(check_cell);
}

static void check_logging(const struct table *t, const struct backing *row, int column)
{
	struct place p = of_row(t, row, column);
	struct s2_size s;

	p.logging = true;
	s = size_at(&p);
	assert_int_equal(s.out.size, 1ull << t->host);
	assert_int_equal(s2_size_limits(&s).sound_max, 1ull << t->host);
	assert_int_equal(s2_size_limits(&s).clamp, S2_CLAMP_LOGGING);
	p.readonly = true; /* a log that nothing can go to */
	assert_int_equal(size_at(&p).out.size, row->expected[column]);
}

static void logging_makes_everything_a_page(void **state) /* M7 */
{
	(void)state;
	each_cell(check_logging);
}

static void check_page(const struct table *t, const struct backing *row, int column)
{
	struct place p = of_row(t, row, column);

	p.policy = "page";
	assert_int_equal(size_at(&p).out.size, 1ull << t->host);
}

static void the_policy_page_never_maps_a_block(void **state)
{
	(void)state;
	each_cell(check_page);
}

static void check_congruence(const struct table *t, const struct backing *row, int column)
{
	struct place p = of_row(t, row, column);

	p.uaddr += 1ull << t->host;
	assert_int_equal(size_at(&p).out.size, 1ull << t->host);
}

static void a_slot_that_is_not_congruent_gives_pages(void **state) /* M8 */
{
	(void)state;
	each_cell(check_congruence);
}

/* ---- slots ---- */

static void a_block_must_lie_within_the_slot(void **state)
{
	struct place p = place(12);

	(void)state;
	p.base = BASE + M(1);
	p.uaddr = UADDR + M(1);
	p.size = M(3);
	p.user_leaf = M(2);
	p.l1_leaf = M(2);
	p.at = 0x1000; /* M9: the block would start before */
	assert_int_equal(size_at(&p).out.size, K(4));
	assert_int_equal(limits_at(&p).clamp, S2_CLAMP_BOUNDS);
	p.at = 0x180000; /* M10: it ends with the slot */
	assert_int_equal(size_at(&p).out.size, M(2));
	p.size -= 0x1000;
	assert_int_equal(size_at(&p).out.size, K(4));
}

static void a_1G_page_falls_back_to_2M_and_to_4K(void **state)
{
	struct place p = place(12);

	(void)state;
	p.vma_shift = 30;
	p.user_leaf = G(1);
	p.base += M(2), p.uaddr += M(4); /* congruent modulo 2M alone */
	assert_int_equal(size_at(&p).out.size, M(2));
	assert_int_equal(limits_at(&p).clamp, S2_CLAMP_ALIGNMENT);
	p.l1_leaf = G(1);
	assert_int_equal(size_at(&p).out.size, M(2));
	p.uaddr += K(4);
	assert_int_equal(size_at(&p).out.size, K(4));
}

/* ---- the user page table ---- */

static void a_user_leaf_that_is_gone_means_retry(void **state) /* M16 */
{
	struct place p = place(12);

	(void)state;
	p.user_leaf = 0;
	p.l1_leaf = M(2);
	assert_true(size_at(&p).out.retry);
	p.l1_leaf = K(4); /* nobody looks at it */
	assert_false(size_at(&p).out.retry);
	p.l1_leaf = M(2);
	p.logging = true;
	assert_false(size_at(&p).out.retry);
}

static void a_user_leaf_of_4G_reads_as_none(void **state)
{
	struct place p = place(14);

	(void)state;
	p.user_leaf = G(64);
	assert_int_equal(size_at(&p).out.size, K(16));
	assert_int_equal(limits_at(&p).clamp, S2_CLAMP_POLICY);
	assert_int_equal(limits_at(&p).sound_max, M(32));
}

static void a_page_of_an_unknown_size_is_taken_as_it_is(void **state)
{
	struct place p = place(12);

	(void)state;
	p.vma_shift = 23;
	assert_int_equal(size_at(&p).out.vma, M(8));
	p.l1_leaf = M(2);
	assert_int_equal(size_at(&p).out.vma, M(2));
}

/* ---- permission faults ---- */

static struct place permission(unsigned int level)
{
	struct place p = place(12);

	p.esr = 0x9200004c | level;
	p.user_leaf = M(2);
	p.l1_leaf = M(2);
	return p;
}

static void a_permission_fault_on_a_block_relaxes_the_block(void **state) /* M13 */
{
	struct place p = permission(2);
	struct s2_size s = size_at(&p);

	(void)state;
	assert_true(s.relax);
	assert_int_equal(s.out.size, M(2));
	/* Found through the page table: by the page at fault, not by the start of the block. */
	assert_int_equal(addr_of(&p, &s), p.base + p.at + G(256));
}

static void a_permission_fault_on_a_page_relaxes_or_maps_more(void **state)
{
	struct place p = permission(3);

	(void)state;
	assert_false(size_at(&p).relax); /* the user page table has a block by now */
	assert_int_equal(size_at(&p).out.size, M(2));
	p.user_leaf = K(4);
	assert_true(size_at(&p).relax);
	assert_int_equal(size_at(&p).out.size, K(4));
}

static void with_logging_a_block_is_split(void **state) /* M14 */
{
	struct place p = permission(2);

	(void)state;
	p.logging = true;
	assert_false(size_at(&p).relax);
	assert_int_equal(size_at(&p).out.size, K(4));
}

static void a_block_is_split_where_L1_maps_less_by_now(void **state) /* M15 */
{
	struct place p = permission(2);

	(void)state;
	p.l1_leaf = K(64);
	assert_false(size_at(&p).relax);
	assert_int_equal(size_at(&p).out.size, K(4));
}

static void a_huge_page_is_relaxed_by_its_start(void **state)
{
	struct place p = permission(2);
	struct s2_size s;

	(void)state;
	p.vma_shift = 21;
	s = size_at(&p);
	assert_true(s.relax);
	assert_int_equal(addr_of(&p, &s), (p.base + p.at + G(256)) & ~(M(2) - 1));
}

static void page_relaxes_pages_only(void **state)
{
	struct place p = permission(3);

	(void)state;
	p.policy = "page";
	assert_true(size_at(&p).relax);
	p = permission(2);
	p.policy = "page";
	assert_false(size_at(&p).relax);
}

/* ---- the cause that is reported ---- */

static void each_cause_is_named(void **state)
{
	struct place p = place(12);

	(void)state;
	p.vma_shift = 30, p.user_leaf = G(1);
	assert_int_equal(limits_at(&p).clamp, S2_CLAMP_NONE);
	p.l1_leaf = M(2);
	assert_int_equal(limits_at(&p).clamp, S2_CLAMP_L1_LEAF);
	p.l1_leaf = M(32);
	assert_int_equal(limits_at(&p).clamp, S2_CLAMP_ROUNDING);
	p.l1_leaf = K(64);
	assert_int_equal(limits_at(&p).clamp, S2_CLAMP_ROUNDING);
	p.l1_leaf = G(1);
	p.vma_shift = 12, p.user_leaf = M(2);
	assert_int_equal(limits_at(&p).clamp, S2_CLAMP_BACKING);
	p.user_leaf = K(4);
	assert_int_equal(limits_at(&p).clamp, S2_CLAMP_BACKING);
	p.user_leaf = G(1); /* the upgrade stops at 2M */
	assert_int_equal(limits_at(&p).clamp, S2_CLAMP_POLICY);
	p.device = true;
	assert_int_equal(limits_at(&p).clamp, S2_CLAMP_DEVICE);
	p.device = false;
	p.policy = "page";
	assert_int_equal(limits_at(&p).clamp, S2_CLAMP_POLICY);
	p.uaddr += M(2);
	assert_int_equal(limits_at(&p).clamp, S2_CLAMP_POLICY);
	p.logging = true;
	assert_int_equal(limits_at(&p).clamp, S2_CLAMP_LOGGING);
}

static void rules_that_look_further_do_so_for_plain_memory_of_L2_alone(void **state)
{
	static const char *const names[] = {"contig", "coalesce"};

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct place p = place(12);

		p.policy = names[i];
		p.l1_leaf = K(4);
		p.vma_shift = 16; /* a group of pages, were it L2's */
		p.device = true;
		assert_int_equal(size_at(&p).out.size, K(4));
		p.device = false;
		p.logging = true;
		assert_int_equal(size_at(&p).out.size, K(4));
		p.logging = false;
		p.l1_leaf = 0;
		assert_int_equal(size_at(&p).out.size, K(4));
		p.vma_shift = 12;
		p.user_leaf = 0;
		assert_true(size_at(&p).out.retry);
		p.l1_leaf = M(2);
		assert_true(size_at(&p).out.retry);
	}
}

static void the_table_of_policies_is_in_order(void **state)
{
	unsigned int i, k;

	(void)state;
	assert_string_equal(s2_policy_default->name, "kvm-7.3");
	assert_true(s2_policy_sound(find_policy("kvm-7.3")));
	assert_true(s2_policy_sound(find_policy("page")));
	for (i = 0; i < s2_policy_count; i++) {
		assert_true(*s2_policies[i].story && *s2_policies[i].source);
		assert_non_null(s2_policies[i].size);
		for (k = 0; k < i; k++)
			assert_string_not_equal(s2_policies[i].name, s2_policies[k].name);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(mappings_have_the_sizes_of_the_tables),
		cmocka_unit_test(logging_makes_everything_a_page),
		cmocka_unit_test(the_policy_page_never_maps_a_block),
		cmocka_unit_test(a_slot_that_is_not_congruent_gives_pages),
		cmocka_unit_test(a_block_must_lie_within_the_slot),
		cmocka_unit_test(a_1G_page_falls_back_to_2M_and_to_4K),
		cmocka_unit_test(a_user_leaf_that_is_gone_means_retry),
		cmocka_unit_test(a_user_leaf_of_4G_reads_as_none),
		cmocka_unit_test(a_page_of_an_unknown_size_is_taken_as_it_is),
		cmocka_unit_test(a_permission_fault_on_a_block_relaxes_the_block),
		cmocka_unit_test(a_permission_fault_on_a_page_relaxes_or_maps_more),
		cmocka_unit_test(with_logging_a_block_is_split),
		cmocka_unit_test(a_block_is_split_where_L1_maps_less_by_now),
		cmocka_unit_test(a_huge_page_is_relaxed_by_its_start),
		cmocka_unit_test(page_relaxes_pages_only),
		cmocka_unit_test(each_cause_is_named),
		cmocka_unit_test(rules_that_look_further_do_so_for_plain_memory_of_L2_alone),
		cmocka_unit_test(the_table_of_policies_is_in_order),
	};

	return cmocka_run_group_tests_name("clamp", tests, NULL, NULL);
}
