/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mappings that span several of L1's leaves: contiguous groups and coalesced
 * blocks. By example, and by random histories against what L1's tables say at
 * that moment.
 */
#include "port.h"

#define K(n)	(UINT64_C(n) << 10)
#define M(n)	(UINT64_C(n) << 20)
#define G(n)	(UINT64_C(n) << 30)
#define HINT	(1ull << 52)
#define AF	(1ull << 10)
#define L2_AT	0x40000000ull
#define OUT_AT	0x4000000000ull
#define SETTLED 6 /* tries after which an access must have got somewhere */

/* A world whose L1 maps a stretch at L2_AT to OUT_AT by leaves of level 3. */
struct stretch {
	struct world w;
	unsigned int host, l1; /* page shifts */
	uint64_t vttbr, size;
	uint64_t where; /* of the first descriptor */
	bool big_endian;
};

static unsigned int block_shift(unsigned int page_shift)
{
	return 2 * page_shift - 3;
}

static uint64_t group_size(const struct stretch *s)
{
	return s->host == 12 ? K(64) : M(2);
}

static uint64_t stored(const struct stretch *s, uint64_t desc)
{
	return s->big_endian ? __builtin_bswap64(desc) : desc;
}

static uint64_t desc_of(const struct stretch *s, uint64_t index, uint64_t flags)
{
	return (OUT_AT + (index << s->l1)) | 0x7c3 | flags;
}

static uint64_t entry_of(const struct stretch *s, uint64_t index)
{
	/* Tables of level 3 do not lie in a row. */
	uint64_t per_table = 1ull << (s->l1 - 3), table = index / per_table;

	return s->where + (table << s->l1) + index % per_table * 8;
}

static void set_desc(struct stretch *s, uint64_t index, uint64_t desc)
{
	port_poke(s->w.port, entry_of(s, index), stored(s, desc));
}

static void enter(struct stretch *s)
{
	s->w.vcpu[0].regs.sctlr = s->big_endian ? 1 << 25 : 0;
	world_enter(&s->w, 0, s->vttbr, l1_vtcr(s->l1), 1);
}

static void start(struct stretch *s, const char *policy, unsigned int host, unsigned int l1,
		  uint64_t size, uint64_t flags)
{
	struct s2_config cfg = world_config(host);
	uint64_t i;

	*s = (struct stretch){.host = host, .l1 = l1, .size = size};
	cfg.policy = find_policy(policy);
	cfg.dic = true;
	cfg.quirks &= ~S2_QUIRK(S2_Q18_NO_SHADOW_AGE);
	world_start(&s->w, &cfg, 2);
	s->w.port->backing.user_leaf = 1ull << block_shift(host);
	s->vttbr = l1_root(&s->w, l1, 5);
	for (i = 0; i < size >> l1; i += 1ull << (l1 - 3)) {
		uint64_t at = l1_set(&s->w, l1, s->vttbr, L2_AT + (i << l1), 3, 0);

		if (!i)
			s->where = at;
		assert_int_equal(at, entry_of(s, i));
	}
	for (i = 0; i < size >> l1; i++)
		set_desc(s, i, desc_of(s, i, flags));
	enter(s);
}

static void stop(struct stretch *s)
{
	world_stop(&s->w);
}

static uint64_t leaf_at(struct stretch *s, uint64_t offset, int *level)
{
	return *port_entry(s->w.port, &s->w.contexts[0], L2_AT + offset, level);
}

static struct s2_outcome touch(struct stretch *s, uint64_t esr, uint64_t offset)
{
	port_forget(s->w.port);
	return world_fault(&s->w, esr, L2_AT + offset, EL1H);
}

static uint64_t pages(const struct stretch *s)
{
	return s->w.contexts[0].table.leaf_count[3];
}

/* The group around offset is whole, and its pages differ in the address alone. */
static void check_group(struct stretch *s, uint64_t offset)
{
	uint64_t size = group_size(s), from = offset & ~(size - 1), at, first;
	int level;

	first = leaf_at(s, from, &level);
	for (at = 0; at < size; at += 1ull << s->host) {
		uint64_t desc = leaf_at(s, from + at, &level);

		assert_int_equal(level, 3);
		assert_int_equal(desc, first + at);
		assert_true(desc & HINT);
	}
}

/* And it is where L1 maps it at the start of each test. */
static void check_group_output(struct stretch *s, uint64_t offset)
{
	int level;
	uint64_t page = offset & ~((1ull << s->host) - 1);

	check_group(s, offset);
	assert_int_equal(port_desc_pa(s->w.port, leaf_at(s, page, &level)),
			 0x880000000 + OUT_AT + page);
}

/* ---- contig ---- */

static void a_leaf_that_spans_a_group_gives_one(void **state)
{
	struct stretch s;
	struct s2_outcome out;

	(void)state;
	start(&s, "contig", 12, 16, K(256), 0);
	out = touch(&s, ESR_READ, K(64) + K(20));
	assert_int_equal(out.kind, S2_MAPPED);
	assert_int_equal(out.size->out.size, K(64));
	assert_true(out.size->out.contig);
	assert_int_equal(out.size->out.reads, 0);
	assert_int_equal(out.map.addr.v, L2_AT + K(64));
	assert_int_equal(out.map.canonical.v, OUT_AT + K(64));
	assert_int_equal(pages(&s), 16);
	check_group_output(&s, K(64));
	assert_int_equal(touch(&s, ESR_READ, K(68)).kind, S2_RETRY); /* another vCPU was first */
	stop(&s);
}

static void the_hint_gives_one_where_its_entries_are_there(void **state)
{
	struct stretch s;
	struct s2_outcome out;

	(void)state;
	start(&s, "contig", 12, 12, M(2), HINT);
	out = touch(&s, ESR_READ, K(64) + K(20));
	assert_true(out.size->out.contig);
	assert_int_equal(out.size->out.reads, 15);
	check_group_output(&s, K(64));
	stop(&s);
	start(&s, "contig", 12, 12, M(2), 0); /* no hint: nobody looks */
	out = touch(&s, ESR_READ, K(64));
	assert_int_equal(out.size->out.size, K(4));
	assert_int_equal(out.size->out.reads, 0);
	stop(&s);
}

static void every_host_has_its_group(void **state)
{
	static const struct {
		unsigned int host, l1;
		uint64_t reads;
	} hosts[] = {{14, 14, 127}, {14, 16, 31}, {16, 16, 31}, {12, 14, 3}, {12, 12, 15}};
	struct stretch s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		struct s2_outcome out;

		start(&s, "contig", hosts[i].host, hosts[i].l1, M(4), HINT);
		out = touch(&s, ESR_READ, M(2) + (5ull << hosts[i].host));
		assert_int_equal(out.size->out.size, group_size(&s));
		assert_int_equal(out.size->out.reads, hosts[i].reads);
		check_group_output(&s, M(2) + (5ull << hosts[i].host));
		stop(&s);
	}
}

/* Something is wrong with the last entry of the group, as seen from the fault. */
static void entries_that_are_not_alike_make_no_group(void **state)
{
	static const uint64_t wrong[] = {1,  2,	   1ull << 6,  1ull << 7,
					 AF, HINT, 3ull << 53, 1ull << 30};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct stretch s;
		struct s2_outcome out;

		start(&s, "contig", 12, 12, M(2), HINT);
		set_desc(&s, 17, desc_of(&s, 17, HINT) ^ wrong[i]);
		out = touch(&s, ESR_READ, K(72));
		assert_int_equal(out.kind, S2_MAPPED);
		assert_int_equal(out.size->out.size, K(4));
		assert_false(out.size->out.contig);
		assert_int_equal(out.size->out.reads, 15);
		assert_int_equal(pages(&s), 1);
		stop(&s);
	}
}

static void output_bits_under_the_hint_come_from_the_IPA(void **state)
{
	struct stretch s;

	(void)state;
	start(&s, "contig", 12, 12, M(2), HINT);
	set_desc(&s, 17, desc_of(&s, 3, HINT) + K(64)); /* Q7: hardware would not look at them */
	assert_true(touch(&s, ESR_READ, K(72)).size->out.contig);
	check_group_output(&s, K(64));
	stop(&s);
}

static void big_endian_tables_are_read_as_such(void **state)
{
	struct stretch s;
	uint64_t i;

	(void)state;
	start(&s, "contig", 12, 12, K(128), HINT);
	s.big_endian = true;
	for (i = 0; i < 512; i++)
		port_poke(s.w.port, s.where + i * 8,
			  __builtin_bswap64(port_peek(s.w.port, s.where + i * 8)));
	/* The two tables above it: */
	port_poke(s.w.port, (s.vttbr << 16 >> 16) + 8,
		  __builtin_bswap64(port_peek(s.w.port, (s.vttbr << 16 >> 16) + 8)));
	i = __builtin_bswap64(port_peek(s.w.port, (s.vttbr << 16 >> 16) + 8)) & ~0xfffull;
	port_poke(s.w.port, i, __builtin_bswap64(port_peek(s.w.port, i)));
	enter(&s);
	assert_true(touch(&s, ESR_READ, K(12)).size->out.contig);
	check_group_output(&s, 0);
	stop(&s);
}

static void an_entry_that_does_not_read_makes_no_group(void **state)
{
	struct stretch s;
	struct s2_outcome out;

	(void)state;
	start(&s, "contig", 12, 12, M(2), HINT);
	s.w.port->fail_read = 5; /* the walk takes three */
	out = touch(&s, ESR_READ, 0);
	assert_int_equal(out.kind, S2_MAPPED);
	assert_int_equal(out.size->out.size, K(4));
	assert_int_equal(out.size->out.reads, 1);
	stop(&s);
}

static void memory_slot_and_logging_limit_groups(void **state)
{
	struct stretch s;

	(void)state;
	start(&s, "contig", 12, 16, K(256), 0);
	s.w.port->backing.user_leaf = K(32);
	assert_int_equal(touch(&s, ESR_READ, 0).size->out.size, K(4));
	s.w.port->backing.user_leaf = K(64);
	s.w.port->slots[0].log_dirty = true;
	assert_int_equal(touch(&s, ESR_READ, K(4)).size->out.size, K(4));
	s.w.port->slots[0].log_dirty = false;
	s.w.port->backing.device = s.w.port->backing.any_uncached = true;
	assert_int_equal(touch(&s, ESR_READ, K(8)).size->out.size, K(4));
	s.w.port->backing.device = false;
	s.w.port->slots[0].uaddr.v = K(4);
	assert_int_equal(touch(&s, ESR_READ, K(12)).size->out.size, K(4));
	s.w.port->slots[0].uaddr.v = 0;
	assert_int_equal(touch(&s, ESR_READ, K(16)).size->out.size, K(64));
	check_group_output(&s, 0); /* the pages that were there are replaced */
	stop(&s);
}

static void memory_that_is_not_aligned_gives_plain_pages(void **state)
{
	struct stretch s;
	int level;

	(void)state;
	start(&s, "contig", 12, 16, K(256), 0);
	s.w.port->backing.pa.v += K(4); /* whatever the port says of its leaf */
	assert_int_equal(touch(&s, ESR_READ, 0).kind, S2_MAPPED);
	assert_int_equal(pages(&s), 16);
	assert_false(leaf_at(&s, 0, &level) & HINT);
	stop(&s);
}

/* ---- what becomes of a group ---- */

static void tlbi(struct stretch *s, uint64_t offset, unsigned int ttl)
{
	s2_tlbi(&s->w.vm, &s->w.contexts[0], S2_TLBI_IPA,
		(uint64_t)ttl << 44 | (L2_AT + offset) >> 12);
	port_settle(s->w.port);
}

static void an_invalidation_of_one_page_takes_the_group(void **state)
{
	struct stretch s;
	struct s2_swept done;

	(void)state;
	start(&s, "contig", 12, 12, M(2), HINT);
	touch(&s, ESR_READ, 0);
	touch(&s, ESR_READ, K(64));
	port_forget(s.w.port);
	done = s2_tlbi(&s.w.vm, &s.w.contexts[0], S2_TLBI_IPA, 7ull << 44 | (L2_AT + K(68)) >> 12);
	port_settle(s.w.port);
	assert_int_equal(done.leaves, 16);
	assert_int_equal(done.bytes, K(64));
	assert_int_equal(pages(&s), 16);
	check_group_output(&s, 0);
	/* TLBs are told of all its pages. */
	assert_int_equal(s.w.port->tlb[0].ipa, L2_AT + K(64));
	assert_int_equal(s.w.port->tlb[0].size, K(64));
	tlbi(&s, K(60), 0); /* no TTL: by the tags, L1's 4K */
	assert_int_equal(pages(&s), 0);
	stop(&s);
}

static void a_permission_fault_remakes_the_group(void **state)
{
	struct stretch s;
	struct s2_outcome out;
	int level;

	(void)state;
	start(&s, "contig", 12, 12, M(2), HINT);
	s.w.port->backing.writable = false;
	touch(&s, ESR_READ, 0);
	assert_false(leaf_at(&s, K(8), &level) & 1 << 7);
	s.w.port->backing.writable = true;
	out = touch(&s, ESR_WRITE_PERM, K(8));
	assert_int_equal(out.kind, S2_MAPPED);
	assert_int_equal(out.map.pte & 0xc0, 0xc0);
	check_group_output(&s, 0);
	assert_true(leaf_at(&s, K(60), &level) & 1 << 7);
	/* What it had before stays. */
	s.w.port->backing.writable = false;
	s2_host_age(&s.w.vm, (struct l1_ipa){OUT_AT}, K(4));
	touch(&s, ESR_FETCH_PERM, K(12));
	assert_true(leaf_at(&s, 0, &level) & 1 << 7);
	check_group_output(&s, 0);
	stop(&s);
}

static void a_page_relaxed_alone_breaks_the_group(void **state)
{
	struct stretch s;
	struct s2_outcome out;
	int level;

	(void)state;
	start(&s, "contig", 12, 16, K(256), 0);
	touch(&s, ESR_READ, 0);
	s.w.port->slots[0].log_dirty = true;
	s2_host_write_protect(&s.w.vm, (struct l1_ipa){0}, G(1024));
	port_settle(s.w.port);
	check_group_output(&s, 0);
	out = touch(&s, ESR_WRITE_PERM, K(12));
	assert_int_equal(out.kind, S2_RELAXED);
	assert_int_equal(out.map.pte & (HINT | 0xc1), 0xc1);
	assert_int_equal(pages(&s), 1);
	assert_int_equal(leaf_at(&s, K(8), &level), 0);
	assert_int_equal(s.w.port->dirty_count, 1);
	assert_int_equal(s.w.port->dirty[0], (OUT_AT + K(12)) >> 12);
	stop(&s);
}

static void a_smaller_mapping_breaks_the_group(void **state)
{
	struct stretch s;
	int level;

	(void)state;
	start(&s, "contig", 12, 12, M(2), HINT);
	touch(&s, ESR_READ, 0);
	set_desc(&s, 5, desc_of(&s, 5, HINT) ^ G(1)); /* L1 is careless */
	assert_int_equal(touch(&s, ESR_READ, K(24)).size->out.size, K(4));
	assert_int_equal(pages(&s), 1);
	assert_int_equal(leaf_at(&s, K(20), &level), 0);
	assert_true(leaf_at(&s, K(24), &level) & 1);
	stop(&s);
}

static void a_group_ages_and_is_protected_as_one(void **state)
{
	struct stretch s;
	int level;

	(void)state;
	start(&s, "contig", 12, 16, K(256), 0);
	touch(&s, ESR_READ, 0);
	assert_true(s2_host_age(&s.w.vm, (struct l1_ipa){OUT_AT}, K(4)));
	port_settle(s.w.port);
	assert_false(leaf_at(&s, K(60), &level) & AF);
	check_group_output(&s, 0);
	assert_int_equal(touch(&s, 0x93c0800b, K(4)).kind, S2_AF_SET);
	assert_true(leaf_at(&s, K(60), &level) & AF);
	check_group_output(&s, 0);
	s2_host_write_protect(&s.w.vm, (struct l1_ipa){OUT_AT}, K(4));
	port_settle(s.w.port);
	assert_false(leaf_at(&s, K(60), &level) & 1 << 7);
	check_group_output(&s, 0);
	stop(&s);
}

static void a_group_replaces_a_block_and_a_block_groups(void **state)
{
	struct stretch s;
	uint64_t table;

	(void)state;
	start(&s, "contig", 12, 12, M(2), HINT);
	table = l1_set(&s.w, 12, s.vttbr, L2_AT, 2, l1_leaf(OUT_AT, 2));
	assert_int_equal(touch(&s, ESR_READ, 0).size->out.size, M(2));
	port_poke(s.w.port, table, s.where | 3);
	assert_int_equal(touch(&s, ESR_READ, K(20)).size->out.size, K(64));
	assert_int_equal(s.w.contexts[0].table.leaf_count[2], 0);
	check_group_output(&s, 0);
	port_poke(s.w.port, table, l1_leaf(OUT_AT, 2));
	assert_int_equal(touch(&s, ESR_READ, K(128)).size->out.size, M(2));
	assert_int_equal(pages(&s), 0);
	stop(&s);
}

static void without_memory_nothing_is_mapped_by_half(void **state)
{
	unsigned int n;

	(void)state;
	for (n = 1; n <= 4; n++) { /* three tables below the root */
		struct stretch s;
		struct s2_outcome out;

		start(&s, "contig", 12, 16, K(256), 0);
		s.w.port->fail_alloc = n;
		out = touch(&s, ESR_READ, 0);
		assert_int_equal(out.kind, n == 4 ? S2_MAPPED : S2_ERROR);
		assert_int_equal(out.ret, n == 4 ? 1 : -S2_ENOMEM);
		assert_int_equal(pages(&s), n == 4 ? 16 : 0);
		s.w.port->fail_alloc = 0;
		touch(&s, ESR_READ, 0);
		check_group_output(&s, 0);
		stop(&s);
	}
}

/* ---- coalesce ---- */

static void adjacent_leaves_make_a_block(void **state)
{
	struct stretch s;
	struct s2_outcome out;
	int level;

	(void)state;
	start(&s, "coalesce", 12, 12, M(4), 0);
	out = touch(&s, ESR_READ, M(2) + K(20));
	assert_int_equal(out.size->out.size, M(2));
	assert_int_equal(out.size->out.reads, 511);
	assert_int_equal(out.map.addr.v, L2_AT + M(2));
	assert_int_equal(leaf_at(&s, M(2), &level) >> 55 & 3, 3); /* L1's level */
	assert_int_equal(level, 2);
	stop(&s);
}

static void a_table_that_fills_with_demand_costs_one_read(void **state)
{
	struct stretch s;
	struct s2_outcome out;
	uint64_t i;

	(void)state;
	start(&s, "coalesce", 12, 12, M(2), 0);
	for (i = 100; i < 512; i++)
		set_desc(&s, i, 0);
	out = touch(&s, ESR_READ, K(4) * 99);
	assert_int_equal(out.size->out.size, K(4));
	assert_int_equal(out.size->out.reads, 1);
	stop(&s);
}

static void any_page_of_a_coalesced_block_takes_it_away(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		struct stretch s;

		start(&s, "coalesce", 12, 12, M(2), 0);
		touch(&s, ESR_READ, K(20));
		assert_int_equal(s.w.contexts[0].table.leaf_count[2], 1);
		tlbi(&s, K(4) * 170 * i, i % 2 ? 7 : 0);
		assert_int_equal(s.w.contexts[0].table.leaf_count[2], 0);
		stop(&s);
	}
}

static void blocks_of_L1_make_up_a_giant_one(void **state)
{
	struct stretch s;
	uint64_t i;

	(void)state;
	start(&s, "coalesce", 12, 12, M(2), 0);
	for (i = 0; i < 512; i++)
		l1_set(&s.w, 12, s.vttbr, G(3) + M(2) * i, 2, l1_leaf(OUT_AT + M(2) * i, 2));
	s.w.port->backing.vma_shift = 30;
	assert_int_equal(touch(&s, ESR_READ, G(3) - L2_AT + M(38)).size->out.size, G(1));
	stop(&s);
}

static void a_giant_block_is_not_relaxed_for_one_of_its_leaves(void **state)
{
	struct stretch s;
	struct s2_outcome out;
	uint64_t i, read_only = l1_leaf(0, 2) & ~(1ull << 7);
	int level;

	(void)state;
	start(&s, "coalesce", 12, 12, M(2), 0);
	for (i = 0; i < 512; i++)
		l1_set(&s.w, 12, s.vttbr, G(3) + M(2) * i, 2, read_only | (OUT_AT + M(2) * i));
	/* Plain memory: 7.3 goes by the level of the leaf that is there. */
	s.w.port->backing.user_leaf = G(1);
	assert_int_equal(touch(&s, ESR_READ, G(3) - L2_AT).size->out.size, G(1));
	/* L1 grants more in one entry, which needs no invalidation. */
	l1_set(&s.w, 12, s.vttbr, G(3) + M(6), 2, l1_leaf(OUT_AT + M(6), 2));
	out = touch(&s, 0x9200004d, G(3) - L2_AT + M(6) + K(20));
	assert_int_equal(out.kind, S2_MAPPED);
	assert_true(out.map.split);
	assert_int_equal(out.map.addr.v, G(3) + M(6));
	assert_int_equal(out.map.size, M(2));
	assert_true(s2_leaf_perm(leaf_at(&s, G(3) - L2_AT + M(6), &level)).w);
	assert_false(s2_leaf_valid(leaf_at(&s, G(3) - L2_AT + M(8), &level)));
	stop(&s);
}

static void outputs_must_be_congruent_with_the_block(void **state)
{
	struct stretch s;
	uint64_t i;

	(void)state;
	start(&s, "coalesce", 12, 12, M(2), 0);
	for (i = 0; i < 512; i++) /* contiguous, but moved by a page */
		set_desc(&s, i, desc_of(&s, i + 1, 0));
	assert_int_equal(touch(&s, ESR_READ, 0).size->out.size, K(4));
	assert_int_equal(touch(&s, ESR_READ, K(4)).size->out.reads, 0);
	stop(&s);
}

static void nothing_is_read_beyond_a_small_start_table(void **state)
{
	struct stretch s;
	uint64_t vttbr, i;

	(void)state;
	start(&s, "coalesce", 12, 12, M(2), 0);
	/* T0SZ 39, start level 2: 25 bits of input, a start table of 16 entries. */
	vttbr = 9ull << 48 | L1_TABLES << 1;
	for (i = 0; i < 512; i++)
		port_poke(s.w.port, (L1_TABLES << 1) + i * 8, l1_leaf(OUT_AT + M(2) * i, 2));
	world_enter(&s.w, 0, vttbr, 0x80020000ull | 39, 1);
	s.w.port->backing.vma_shift = 30;
	port_forget(s.w.port);
	assert_int_equal(world_fault(&s.w, ESR_READ, M(2), EL1H).size->out.size, M(2));
	assert_int_equal(s.w.port->reads, 1);
	stop(&s);
}

static void a_lone_change_splits_a_coalesced_block(void **state)
{
	struct stretch s;
	struct s2_outcome out;

	(void)state;
	start(&s, "coalesce", 12, 12, M(2), 0);
	set_desc(&s, 0, desc_of(&s, 0, 0));
	touch(&s, ESR_READ, 0);
	/* L1 grants more in one entry, which needs no invalidation. */
	set_desc(&s, 3, desc_of(&s, 3, 0) ^ 1 << 11);
	out = touch(&s, 0x9200004e, K(12));
	assert_int_equal(out.kind, S2_MAPPED);
	assert_true(out.map.split);
	assert_int_equal(out.size->out.size, K(4));
	/* All alike again: relaxed as a whole, or made anew. */
	set_desc(&s, 3, desc_of(&s, 3, 0));
	assert_int_equal(touch(&s, ESR_READ, 0).size->out.size, M(2));
	assert_int_equal(touch(&s, 0x9200004e, K(12)).kind, S2_RELAXED);
	stop(&s);
}

/* Where the flag is not set for an access that L1 denies: it says nothing of the others. */
static void an_access_flag_left_clear_makes_no_block(void **state)
{
	struct stretch s;
	uint64_t i;

	(void)state;
	start(&s, "coalesce", 12, 12, M(2), 0);
	for (i = 0; i < 512; i++)
		set_desc(&s, i, desc_of(&s, i, 0) ^ (AF | 1 << 7));
	s.w.vm.cfg.quirks &= ~S2_QUIRK(S2_Q6_AF_FIRST);
	world_enter(&s.w, 0, s.vttbr, l1_vtcr(12) | 1 << 21, 1);
	assert_int_equal(touch(&s, ESR_WRITE, 0).size->out.size, K(4));
	stop(&s);
}

static void faults_of_L1_see_no_neighbours(void **state)
{
	static const char *const policies[] = {"contig", "coalesce"};
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct stretch s;
		struct s2_outcome out;

		start(&s, policies[i], 12, 12, M(2), HINT);
		s.w.port->backing.user_leaf = K(64);
		world_enter(&s.w, 0, s.vttbr, l1_vtcr(12), 0); /* its stage 2 is off */
		out = touch(&s, ESR_READ, 0);
		assert_int_equal(out.size->out.size, K(4));
		s2_enter_l1(&s.w.vcpu[0]);
		out = world_fault(&s.w, ESR_READ, L2_AT, EL2H);
		assert_int_equal(out.size->out.size, K(4));
		assert_int_equal(out.size->out.reads, 0);
		stop(&s);
	}
}

/* ---- random histories ---- */

struct run {
	const char *name, *policy;
	unsigned int host, l1;
	uint64_t size; /* of the stretch */
	unsigned int steps;
	bool watch; /* break-before-make, at each step: slow */
};

struct history {
	struct stretch s;
	uint64_t random;
	uint64_t *descs; /* L1's, CPU order */
	unsigned int large;
};

static uint64_t next(struct history *h)
{
	h->random ^= h->random << 13;
	h->random ^= h->random >> 7;
	h->random ^= h->random << 17;
	return h->random * 0x2545f4914f6cdd1d >> 20;
}

static unsigned int pick(struct history *h, unsigned int n)
{
	return (unsigned int)(next(h) % n);
}

static uint64_t entries(const struct history *h)
{
	return h->s.size >> h->s.l1;
}

/* L1 changes an entry as it must: break, invalidate, make. */
static void change(struct history *h, uint64_t index, uint64_t desc)
{
	uint64_t old = h->descs[index];
	bool in_place = (old & desc & 1) && !((old ^ desc) & ~AF) && (desc & AF);

	if (old == desc)
		return;
	if (!in_place && (old & 1)) {
		set_desc(&h->s, index, 0);
		tlbi(&h->s, index << h->s.l1, pick(h, 2) ? ((h->s.l1 - 12) / 2 + 1) << 2 | 3 : 0);
	}
	h->descs[index] = desc;
	set_desc(&h->s, index, desc);
}

static uint64_t random_desc(struct history *h, uint64_t index)
{
	uint64_t desc = desc_of(&h->s, index, pick(h, 4) ? HINT : 0);

	switch (pick(h, 8)) {
	case 0:
		return 0;
	case 1:
		return desc ^ (1ull << 36); /* elsewhere */
	case 2:
		return desc & ~(1ull << 7);
	case 3:
		return desc & ~AF;
	case 4:
		return desc | 2ull << 53;
	default:
		return desc;
	}
}

static void step_edit(struct history *h)
{
	uint64_t count = 1, from, i;

	/* Mostly one entry; else a stretch of them is made good again. */
	if (pick(h, 3)) {
		from = next(h) % entries(h);
		change(h, from, random_desc(h, from));
		return;
	}
	count = pick(h, 4) ? (group_size(&h->s) >> h->s.l1) : 1ull << (h->s.l1 - 3);
	if (!count)
		count = 1;
	from = next(h) % entries(h) & ~(count - 1);
	for (i = from; i < from + count && i < entries(h); i++)
		change(h, i, desc_of(&h->s, i, HINT));
}

/* What the hardware reports; 0: the access succeeds. */
static uint64_t hardware(struct history *h, uint64_t offset, unsigned int access)
{
	static const uint64_t esr[] = {0x93c08000, 0x93c08040, 0x82000000};
	int level;
	uint64_t desc = leaf_at(&h->s, offset, &level);
	bool denied = access == 0   ? !(desc >> 6 & 1)
		      : access == 1 ? !(desc >> 7 & 1)
				    : (desc >> 53 & 3) != 0 && (desc >> 53 & 3) != 3;

	if (!(desc & 1))
		return esr[access] | 4 | (unsigned int)level;
	if (!(desc & AF))
		return esr[access] | 8 | (unsigned int)level;
	return denied ? esr[access] | 12 | (unsigned int)level : 0;
}

/* Until the access succeeds, or is L1's business. */
static void step_access(struct history *h)
{
	uint64_t offset = next(h) % h->s.size & ~((1ull << h->s.host) - 1), esr;
	unsigned int access = pick(h, 3), tries;

	for (tries = 0; (esr = hardware(h, offset, access)) != 0; tries++) {
		struct s2_outcome out;

		if (!pick(h, 40))
			h->s.w.port->fail_alloc = 1 + pick(h, 3);
		out = touch(&h->s, esr, offset);
		if (h->s.w.port->alloc_failed && out.kind == S2_ERROR)
			tries = 0;
		h->s.w.port->fail_alloc = 0;
		if (out.kind == S2_INJECTED) {
			enter(&h->s);
			return;
		}
		h->large += out.kind == S2_MAPPED &&
			    (out.size->out.contig || out.size->out.size > out.walk.leaf_size);
		assert_true(out.kind != S2_MAPPED ||
			    out.size->out.size <= s2_size_limits(out.size).sound_max);
		assert_true(tries < SETTLED);
	}
}

static void step_host(struct history *h)
{
	struct s2_slot *slot = &h->s.w.port->slots[0];
	struct l1_ipa at = {OUT_AT + (next(h) % h->s.size & ~((1ull << h->s.host) - 1))};
	uint64_t size = 1ull << h->s.host;

	switch (pick(h, 8)) {
	case 0:
		s2_host_unmap(&h->s.w.vm, at, size);
		h->s.w.port->backing.user_leaf =
			pick(h, 4) ? 1ull << block_shift(h->s.host) : group_size(&h->s);
		break;
	case 1:
		slot->log_dirty = !slot->log_dirty;
		if (slot->log_dirty)
			s2_host_write_protect(&h->s.w.vm, (struct l1_ipa){0}, slot->size);
		break;
	case 2:
		s2_host_write_protect(&h->s.w.vm, at, size);
		break;
	default:
		s2_host_age(&h->s.w.vm, at, size);
	}
	port_settle(h->s.w.port);
}

/* A page that can be reached is one that L1 maps, there, and with no more permissions. */
static void check_page(struct history *h, uint64_t offset, uint64_t shadow, int level)
{
	unsigned int shift = port_level_shift(h->s.w.port, level);
	uint64_t desc = h->descs[offset >> h->s.l1];
	uint64_t hint_span = h->s.l1 == 12 ? K(64) : M(2);
	uint64_t own = desc & HINT ? hint_span : 1ull << h->s.l1;
	uint64_t output = (desc & 0x0000fffffffff000ull & ~(own - 1)) | (offset & (own - 1));
	uint64_t pa = port_desc_pa(h->s.w.port, shadow) | (offset & ((1ull << shift) - 1));

	assert_true(desc & 1 && desc & AF);
	assert_int_equal(pa, 0x880000000 + output);
	assert_false((shadow & ~desc) >> 7 & 1);
	assert_false((shadow & ~desc) >> 6 & 1);
	assert_true(!(desc >> 53 & 3) || (shadow >> 53 & 3));
	assert_int_equal(shadow >> 55 & 3, 3);
	if (h->s.w.port->slots[0].log_dirty && (level < 3 || shadow & HINT))
		assert_false(shadow >> 7 & 1);
}

static void check_all(struct history *h)
{
	uint64_t offset, page = 1ull << h->s.host;

	for (offset = 0; offset < h->s.size; offset += page) {
		int level;
		uint64_t desc = leaf_at(&h->s, offset, &level);

		if (!(desc & 1))
			continue;
		check_page(h, offset, desc, level);
		if (desc & HINT && !(offset & (group_size(&h->s) - 1)))
			check_group(&h->s, offset);
		if (desc & HINT)
			assert_int_equal(leaf_at(&h->s, offset & ~(group_size(&h->s) - 1), &level),
					 desc - (offset & (group_size(&h->s) - 1)));
	}
}

static void what_can_be_reached_is_what_L1_maps(void **state)
{
	const struct run *r = *state;
	struct history h = {.random = 0x1234567 + r->steps};
	uint64_t i;

	start(&h.s, r->policy, r->host, r->l1, r->size, HINT);
	h.s.w.port->watch = r->watch;
	h.descs = calloc(entries(&h), 8);
	assert_non_null(h.descs);
	for (i = 0; i < entries(&h); i++)
		h.descs[i] = desc_of(&h.s, i, HINT);
	for (i = 0; i < r->steps; i++) {
		unsigned int what = pick(&h, 20);

		if (what < 14)
			step_access(&h);
		else if (what < 18)
			step_edit(&h);
		else if (what < 19)
			step_host(&h);
		else
			tlbi(&h.s, next(&h) % h.s.size, 0);
		if (i % 8 == 0)
			check_all(&h);
	}
	check_all(&h);
	assert_true(h.large > r->steps / 100);
	free(h.descs);
	stop(&h.s);
}

static const struct run runs[] = {
	{"contig, 4K on 4K", "contig", 12, 12, M(4), 6000, false},
	{"contig, 16K on 4K", "contig", 12, 14, M(4), 4000, false},
	{"contig, 64K on 4K", "contig", 12, 16, M(4), 4000, false},
	{"contig, 16K on 16K", "contig", 14, 14, M(32), 3000, false},
	{"contig, 64K on 16K", "contig", 14, 16, M(32), 3000, false},
	{"contig, 64K on 64K", "contig", 16, 16, M(64), 3000, false},
	{"coalesce, 4K on 4K", "coalesce", 12, 12, M(4), 6000, false},
	{"coalesce, 16K on 4K", "coalesce", 12, 14, M(4), 4000, false},
	{"coalesce, 64K on 4K", "coalesce", 12, 16, M(4), 4000, false},
	{"coalesce, 16K on 16K", "coalesce", 14, 14, M(64), 3000, false},
	{"contig, watched", "contig", 12, 12, M(4), 800, true},
	{"coalesce, watched", "coalesce", 12, 12, M(4), 800, true},
};

int main(void)
{
	static const struct CMUnitTest examples[] = {
		cmocka_unit_test(a_leaf_that_spans_a_group_gives_one),
		cmocka_unit_test(the_hint_gives_one_where_its_entries_are_there),
		cmocka_unit_test(every_host_has_its_group),
		cmocka_unit_test(entries_that_are_not_alike_make_no_group),
		cmocka_unit_test(output_bits_under_the_hint_come_from_the_IPA),
		cmocka_unit_test(big_endian_tables_are_read_as_such),
		cmocka_unit_test(an_entry_that_does_not_read_makes_no_group),
		cmocka_unit_test(memory_slot_and_logging_limit_groups),
		cmocka_unit_test(memory_that_is_not_aligned_gives_plain_pages),
		cmocka_unit_test(an_invalidation_of_one_page_takes_the_group),
		cmocka_unit_test(a_permission_fault_remakes_the_group),
		cmocka_unit_test(a_page_relaxed_alone_breaks_the_group),
		cmocka_unit_test(a_smaller_mapping_breaks_the_group),
		cmocka_unit_test(a_group_ages_and_is_protected_as_one),
		cmocka_unit_test(a_group_replaces_a_block_and_a_block_groups),
		cmocka_unit_test(without_memory_nothing_is_mapped_by_half),
		cmocka_unit_test(adjacent_leaves_make_a_block),
		cmocka_unit_test(a_table_that_fills_with_demand_costs_one_read),
		cmocka_unit_test(any_page_of_a_coalesced_block_takes_it_away),
		cmocka_unit_test(blocks_of_L1_make_up_a_giant_one),
		cmocka_unit_test(a_giant_block_is_not_relaxed_for_one_of_its_leaves),
		cmocka_unit_test(outputs_must_be_congruent_with_the_block),
		cmocka_unit_test(nothing_is_read_beyond_a_small_start_table),
		cmocka_unit_test(a_lone_change_splits_a_coalesced_block),
		cmocka_unit_test(an_access_flag_left_clear_makes_no_block),
		cmocka_unit_test(faults_of_L1_see_no_neighbours),
	};
	enum { RUNS = sizeof(runs) / sizeof(runs[0]) };
	struct CMUnitTest histories[RUNS];
	size_t i;
	int failed = cmocka_run_group_tests_name("groups", examples, NULL, NULL);

	for (i = 0; i < RUNS; i++)
		histories[i] =
			(struct CMUnitTest){runs[i].name, what_can_be_reached_is_what_L1_maps, NULL,
					    NULL, (void *)&runs[i]};
	return failed + cmocka_run_group_tests_name("histories", histories, NULL, NULL);
}
