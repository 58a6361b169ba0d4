/* SPDX-License-Identifier: GPL-2.0-only */
#include "port.h"

/* The fixture of spec 9: 4K, 40 bits, start level 1 in two concatenated pages. */
#define VTCR	 0x80020058ull
#define VTTBR	 0x0005000080000001ull
#define T1	 0x80000000ull
#define T2	 0x80002000ull
#define T3	 0x80003000ull
#define HA	 (1ull << 21)
#define SCTLR_EE (1ull << 25)

struct fixture {
	struct world w;
	struct s2_l1_regs regs;
	uint64_t esr;
	bool el0;
};

static int setup_with(void **state, struct s2_config cfg)
{
	struct fixture *f = calloc(1, sizeof(*f));

	world_start(&f->w, &cfg, 1);
	f->regs = (struct s2_l1_regs){.vtcr = VTCR, .vttbr = VTTBR, .hcr = 1};
	f->esr = ESR_READ;
	port_poke(f->w.port, T1 + 8, T2 | 3);
	port_poke(f->w.port, T2, T3 | 3);
	port_poke(f->w.port, T3 + 5 * 8, 0x00400000123457c3);
	*state = f;
	return 0;
}

static int setup(void **state)
{
	return setup_with(state, world_config(12));
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	world_stop(&f->w);
	free(f);
	return 0;
}

static struct s2_walk walk(struct fixture *f, uint64_t ipa)
{
	struct s2_syndrome syn = s2_syndrome(&f->w.vm.cfg, f->esr);
	struct s2_walk w = s2_walk(&f->w.vm, &f->regs, &syn, f->el0, (struct l2_ipa){ipa});

	if (w.status == S2_WALK_OK || w.status == S2_WALK_RETRY)
		assert_int_equal(w.esr, 0);
	/* What was on the way to a leaf is not told as one. */
	if (w.status != S2_WALK_OK)
		assert_true(!w.output.v && !w.leaf_size && !w.perm.r && !w.perm.w && !w.set_af);
	return w;
}

static void set(struct fixture *f, uint64_t addr, uint64_t word)
{
	port_poke(f->w.port, addr, word);
}

static void off(struct fixture *f, enum s2_quirk q)
{
	f->w.vm.cfg.quirks &= ~S2_QUIRK(q);
}

static void finds(struct fixture *f, uint64_t ipa, uint64_t output, uint64_t size, int level)
{
	struct s2_walk w = walk(f, ipa);

	assert_int_equal(w.status, S2_WALK_OK);
	assert_int_equal(w.output.v, output);
	assert_int_equal(w.leaf_size, size);
	assert_int_equal(w.level, level);
}

static void faults_as(struct fixture *f, uint64_t ipa, enum s2_walk_status status, unsigned int fsc)
{
	struct s2_walk w = walk(f, ipa);

	assert_int_equal(w.status, status);
	assert_int_equal(w.esr, ((uint32_t)f->esr & ~0x3fu) | fsc);
}

static void faults(struct fixture *f, uint64_t ipa, unsigned int fsc)
{
	faults_as(f, ipa, S2_WALK_FAULT, fsc);
}

static void fails(struct fixture *f, uint64_t ipa, unsigned int fsc)
{
	faults_as(f, ipa, S2_WALK_FATAL, fsc);
}

/* ---- tables and leaves ---- */

static void a_page_is_found_in_three_reads(void **state)
{
	struct s2_walk w = walk(*state, 0x40005678);

	assert_int_equal(w.status, S2_WALK_OK);
	assert_int_equal(w.output.v, 0x12345678);
	assert_int_equal(w.leaf_size, 4096);
	assert_int_equal(w.level, 3);
	assert_int_equal(w.reads, 3);
	assert_int_equal(w.desc, 0x00400000123457c3);
	assert_true(w.perm.r && w.perm.w && !w.perm.x_el0 && !w.perm.x_el1);
	assert_false(w.set_af);
}

static void an_invalid_entry_faults_at_its_level(void **state)
{
	faults(*state, 0x40006000, 0x07); /* W2 */
	faults(*state, 0x40200000, 0x06); /* W3 */
	faults(*state, 0x80000000, 0x05); /* W4 */
	assert_int_equal(walk(*state, 0x40200000).reads, 2);
	assert_int_equal(walk(*state, 0x40200000).level, 2);
}

static void a_block_gives_the_low_bits_of_the_address(void **state)
{
	struct fixture *f = *state;

	set(f, T1 + 16, 0xc00007c1); /* W5 */
	finds(f, 0x81234567, 0xc1234567, 1ull << 30, 1);
	set(f, T2 + 8, 0x223ff7c1); /* bits below 2M are dropped */
	finds(f, 0x40234567, 0x22234567, 1ull << 21, 2);
}

static void attributes_that_L1_cannot_use_are_ignored(void **state)
{
	struct fixture *f = *state;

	set(f, T1 + 16, 0xc00007c1 | 1ull << 51 | 0xfull << 55 | 0xfull << 59 | 0x33cull);
	finds(f, 0x81234567, 0xc1234567, 1ull << 30, 1);
}

static void a_block_is_not_allowed_at_level_0(void **state)
{
	struct fixture *f = *state;

	f->regs.vtcr = 0x80050090; /* W17 */
	set(f, T1, 0x800017c1);
	faults(f, 0, 0x04);
}

static void type_0_at_level_3_is_invalid(void **state)
{
	struct fixture *f = *state;

	set(f, T3 + 8, 0x900007c1); /* W18 */
	faults(f, 0x40001000, 0x07);
}

static void the_start_tables_are_concatenated(void **state)
{
	struct fixture *f = *state;

	faults(f, 0x8000000000, 0x05); /* W13 */
	set(f, T1 + 0x1000, 0xe00007c1);
	finds(f, 0x8000000000, 0xc0000000, 1ull << 30, 1); /* W14 */
}

static void a_misaligned_base_is_aligned_down(void **state)
{
	struct fixture *f = *state;

	f->regs.vttbr = 0x80001000; /* W16 */
	set(f, T1, 0xc00007c1);
	finds(f, 0x1000, 0xc0001000, 1ull << 30, 1);
}

static void VMID_and_CnP_are_no_part_of_the_base(void **state)
{
	struct fixture *f = *state;

	f->regs.vttbr = 0xffff000080000000;
	finds(f, 0x40005678, 0x12345678, 4096, 3);
}

/* ---- Q1 ---- */

static void address_bits_beyond_T0SZ_are_ignored(void **state)
{
	finds(*state, 0x10040005678, 0x12345678, 4096, 3); /* W15 */
}

static void without_Q1_such_bits_fault_at_level_0(void **state)
{
	off(*state, S2_Q1_ALIAS);
	faults(*state, 0x10040005678, 0x04);
	finds(*state, 0x40005678, 0x12345678, 4096, 3);
	assert_int_equal(walk(*state, 0x10040005678).reads, 0);
}

/* ---- output size ---- */

static void outputs_beyond_PS_fault_at_the_level_of_their_descriptor(void **state)
{
	struct fixture *f = *state;

	set(f, T1 + 24, 0x2000c00007c3);
	faults(f, 0xc0000000, 0x01); /* W10 */
	set(f, T1 + 24, 0x200000007c1);
	faults(f, 0xc0000000, 0x01);   /* W11 */
	set(f, T3 + 8, 0x100000007c3); /* bit 40 */
	faults(f, 0x40001000, 0x03);
	set(f, T3 + 8, 0x80000007c3); /* bit 39 */
	finds(f, 0x40001000, 0x8000000000, 4096, 3);
}

static void a_base_beyond_PS_faults_at_level_0(void **state)
{
	struct fixture *f = *state;

	f->regs.vtcr = 0x8001005c; /* W28 */
	f->regs.vttbr = 0x2000000000;
	faults(f, 0, 0x00);
}

static void with_48_bits_of_output_nothing_is_checked(void **state)
{
	struct fixture *f = *state;

	f->regs.vtcr = 0x80050058;
	set(f, T1 + 24, 0xc0000000f7c1 | 0xfull << 48);
	finds(f, 0xc0000000, 0xc00000000000, 1ull << 30, 1);
}

static void PS_cannot_exceed_the_VMs_own_size(void **state)
{
	struct fixture *f = *state;

	f->w.vm.cfg.ipa_limit = 40;
	f->regs.vtcr = 0x80050058;
	set(f, T1 + 24, 0x100000007c1);
	faults(f, 0xc0000000, 0x01);
}

static void PS_has_the_sizes_of_the_architecture(void **state)
{
	static const uint8_t bits[] = {32, 36, 40, 42, 44};
	struct fixture *f = *state;
	unsigned int ps;

	for (ps = 0; ps < 5; ps++) {
		f->regs.vtcr = 0x80000058 | (uint64_t)ps << 16;
		set(f, T1 + 24, 1ull << bits[ps] | 0x7c1);
		faults(f, 0xc0000000, 0x01);
		set(f, T1 + 24, 1ull << (bits[ps] - 1) | 0x7c1);
		finds(f, 0xc0000000, 1ull << (bits[ps] - 1), 1ull << 30, 1);
	}
}

/* ---- registers that L1 should not have written ---- */

struct limit {
	const char *name;
	uint64_t vtcr;
	uint8_t ipa_limit;
	unsigned int fsc; /* 0xff: fine */
};

#define FINE 0xff
static const struct limit limits[] = {
	{"W19 49 bits", 0x8005000f | 0x40, 48, 0x00},
	{"W20 24 bits", 0x80050028 | 0x40, 48, 0x00},
	{"25 bits", 0x80050027, 48, FINE},
	{"48 bits", 0x80050090, 48, FINE},
	{"W21 SL0 3", 0x800500d8, 48, 0x04},
	{"W22 level 0 with 42 bits", 0x80050098, 42, 0x04},
	{"W23 level 0 with 44 bits", 0x80040094, 44, FINE},
	{"W24 input beyond the VM's", 0x80040090, 44, 0x04},
	{"W25 13 start bits", 0x80050055, 48, FINE},
	{"W26 14 start bits", 0x80050054, 48, 0x04},
	{"W27 0 start bits", 0x80050062, 48, 0x04},
	{"W27 1 start bit", 0x80050061, 48, FINE},
	{"W31 16K SL0 3", 0x800580d8, 48, 0x04},
	{"W31 16K level 1 with 40 bits", 0x80028098, 40, 0x04},
	{"16K level 1 with 42 bits", 0x80038098, 42, FINE},
	{"W32 64K 0 start bits", 0x80054096, 48, 0x04},
	{"W32 64K 1 start bit", 0x80054095, 48, FINE},
	{"64K level 1 with 42 bits", 0x80034098, 42, 0x04},
	{"64K SL0 3", 0x800540d0, 48, 0x04},
};

static void bad_limits_fail_the_run(void **state)
{
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct s2_walk w;

		f->w.vm.cfg.ipa_limit = limits[i].ipa_limit;
		f->regs.vtcr = limits[i].vtcr;
		w = walk(f, 0);
		if (limits[i].fsc == FINE ? w.status != S2_WALK_FAULT || !w.reads
					  : w.status != S2_WALK_FATAL ||
						    (w.esr & 0x3f) != limits[i].fsc || w.reads)
			fail_msg("%s: status %d, esr %#x", limits[i].name, w.status, w.esr);
	}
	f->w.vm.cfg.ipa_limit = 48;
}

static void without_Q3_a_bad_T0SZ_is_a_translation_fault(void **state)
{
	struct fixture *f = *state;

	off(f, S2_Q3_T0SZ_FSC);
	f->regs.vtcr = limits[0].vtcr;
	faults(f, 0, 0x04);
	f->regs.vtcr = limits[1].vtcr;
	faults(f, 0, 0x04);
}

static void without_Q4_a_bad_SL0_does_not_fail_the_run(void **state)
{
	struct fixture *f = *state;

	off(f, S2_Q4_SL0_FAILS_RUN);
	f->regs.vtcr = 0x800500d8;
	faults(f, 0, 0x04);
}

/* ---- memory that cannot be read ---- */

static void a_table_without_slot_fails_the_run(void **state)
{
	struct fixture *f = *state;

	set(f, T1 + 32, 0x8000000000 | 3);
	f->w.port->slots[0].size = 0x8000000000;
	fails(f, 0x100000000, 0x16); /* W12 */
	assert_int_equal(walk(f, 0x100000000).reads, 1);
	f->w.port->slots[0].size = 1ull << 40;
}

static void each_read_can_fail(void **state)
{
	struct fixture *f = *state;
	unsigned int n;

	for (n = 1; n <= 3; n++) {
		f->w.port->fail_read = n;
		fails(f, 0x40005678, 0x14 + n);
		f->w.port->fail_read = n;
		assert_int_equal(walk(f, 0x40005678).reads, n - 1);
	}
}

static void without_Q2_an_unreadable_table_does_not_fail_the_run(void **state)
{
	struct fixture *f = *state;

	off(f, S2_Q2_READ_FAILS_RUN);
	f->w.port->fail_read = 2;
	faults(f, 0x40005678, 0x16);
}

/* ---- access flag ---- */

static void a_clear_access_flag_faults(void **state)
{
	struct fixture *f = *state;

	set(f, T1 + 16, 0xc00003c1);
	faults(f, 0x81234567, 0x09); /* W6 */
	assert_int_equal(f->w.port->swaps, 0);
}

static void HA_sets_the_access_flag_in_L1s_memory(void **state)
{
	struct fixture *f = *state;
	struct s2_walk w;

	f->regs.vtcr |= HA;
	set(f, T1 + 16, 0xc00003c1);
	w = walk(f, 0x81234567); /* W7 */
	assert_int_equal(w.status, S2_WALK_OK);
	assert_true(w.set_af);
	assert_int_equal(w.desc, 0xc00007c1);
	assert_int_equal(port_peek(f->w.port, T1 + 16), 0xc00007c1);
	assert_int_equal(f->w.port->dirty_count, 0);
	assert_false(walk(f, 0x81234567).set_af);
}

static void the_updated_table_is_dirty_where_writes_are_logged(void **state)
{
	struct fixture *f = *state;

	f->regs.vtcr |= HA;
	f->w.port->slots[0].log_dirty = true;
	set(f, T1 + 16, 0xc00003c1);
	assert_int_equal(walk(f, 0x81234567).status, S2_WALK_OK);
	assert_int_equal(f->w.port->dirty_count, 1);
	assert_int_equal(f->w.port->dirty[0], T1 >> 12);
}

static void a_read_only_table_cannot_be_updated(void **state)
{
	struct fixture *f = *state;

	f->regs.vtcr |= HA;
	f->w.port->slots[0].readonly = true;
	set(f, T1 + 16, 0xc00003c1);
	faults(f, 0x81234567, 0x15); /* W8 */
}

static void a_lost_race_injects_nothing(void **state)
{
	struct fixture *f = *state;

	f->regs.vtcr |= HA;
	f->w.port->swap = S2_IO_AGAIN;
	set(f, T1 + 16, 0xc00003c1);
	assert_int_equal(walk(f, 0x81234567).status, S2_WALK_RETRY); /* W9 */
	assert_int_equal(port_peek(f->w.port, T1 + 16), 0xc00003c1);
}

static void the_access_flag_is_set_before_permissions_count(void **state)
{
	struct fixture *f = *state;

	f->regs.vtcr |= HA;
	f->esr = ESR_WRITE_PERM;
	set(f, T1 + 16, 0xc0000341); /* no W, no AF */
	assert_true(walk(f, 0x81234567).set_af);
}

static void without_Q6_a_refused_access_leaves_the_flag(void **state)
{
	struct fixture *f = *state;

	off(f, S2_Q6_AF_FIRST);
	f->regs.vtcr |= HA;
	f->esr = ESR_WRITE_PERM;
	set(f, T1 + 16, 0xc0000341);
	assert_false(walk(f, 0x81234567).set_af);
	assert_int_equal(port_peek(f->w.port, T1 + 16), 0xc0000341);
	f->esr = ESR_READ;
	assert_true(walk(f, 0x81234567).set_af);
}

/* What nobody judges is not refused: with Q24 that is every translation fault. */
static void without_Q6_what_is_not_judged_sets_the_flag(void **state)
{
	struct fixture *f = *state;

	off(f, S2_Q6_AF_FIRST);
	f->regs.vtcr |= HA;
	f->esr = ESR_WRITE;
	set(f, T1 + 16, 0xc0000341);
	assert_true(walk(f, 0x81234567).set_af);
	off(f, S2_Q24_LATE_FORWARD);
	set(f, T1 + 16, 0xc0000341);
	assert_false(walk(f, 0x81234567).set_af);
}

static void what_EL0_may_not_do_leaves_the_flag_too(void **state)
{
	struct fixture *f = *state;

	off(f, S2_Q6_AF_FIRST);
	f->regs.vtcr |= HA;
	f->esr = ESR_FETCH_PERM;
	set(f, T1 + 16, 0xc0000341 | 3ull << 53); /* no AF; EL1 may execute, EL0 may not */
	f->el0 = true;
	assert_false(walk(f, 0x81234567).set_af);
	f->el0 = false;
	assert_true(walk(f, 0x81234567).set_af);
}

/* ---- granules ---- */

static void tables_of_16K_have_blocks_of_32M(void **state)
{
	struct fixture *f = *state;

	f->regs.vtcr = 0x80028098; /* SL0 2: level 1, 16 start entries */
	set(f, T1, 0x80004003);
	set(f, 0x80004008, 0x420007c1);
	finds(f, 0x2345678, 0x42345678, 1ull << 25, 2); /* W29 */
	set(f, T1, 0x800007c1);
	faults(f, 0x2345678, 0x05); /* W30 */
}

static void tables_of_64K_have_blocks_of_512M(void **state)
{
	struct fixture *f = *state;

	f->regs.vtcr = 0x80024058;
	set(f, T1 + 8, 0x600007c1);
	finds(f, 0x20001234, 0x60001234, 1ull << 29, 2); /* W33 */
	f->regs.vtcr = 0x8002c058;			 /* W35: TG0 3 is 64K too */
	finds(f, 0x20001234, 0x60001234, 1ull << 29, 2);
	f->regs.vtcr = 0x80054090 | 0x14; /* 44 bits from level 1 */
	faults(f, 1ull << 42, 0x05);	  /* nothing there */
	set(f, T1 + 8, 0x7c1);
	faults(f, 1ull << 42, 0x05); /* W34 */
}

static void a_granule_that_is_not_offered_is_replaced(void **state)
{
	struct s2_config cfg = world_config(16);

	(void)state;
	assert_int_equal(s2_l1_granule_shift(&cfg, 0x80020058), 16); /* W38 */
	assert_int_equal(s2_l1_granule_shift(&cfg, 0x80028058), 16);
	cfg.granules = 0;
	assert_int_equal(s2_l1_granule_shift(&cfg, 0x80028058), 16);
	cfg = world_config(14);
	assert_int_equal(s2_l1_granule_shift(&cfg, 0x80020058), 14);
	assert_int_equal(s2_l1_granule_shift(&cfg, 0x80024058), 16);
	cfg = world_config(12);
	cfg.granules = S2_GRANULE_16K | S2_GRANULE_64K;
	assert_int_equal(s2_l1_granule_shift(&cfg, 0x80020058), 14); /* the first that is there */
	cfg.granules = S2_GRANULE_64K;
	assert_int_equal(s2_l1_granule_shift(&cfg, 0x80020058), 16);
	assert_int_equal(s2_l1_granule_shift(&cfg, 0x80024058), 16);
}

/* ---- contiguous hint, byte order ---- */

static void the_contiguous_hint_takes_output_bits_from_the_address(void **state)
{
	struct fixture *f = *state;

	set(f, T1, 0x80002003);
	set(f, T3 + 24, 0x00100000123457c3);
	finds(f, 0x3abc, 0x12343abc, 4096, 3); /* W36 */
}

static void the_hint_spans_what_the_granule_says(void **state)
{
	static const struct {
		unsigned int shift;
		int level;
		unsigned int bits;
	} spans[] = {{12, 3, 16}, {12, 2, 25}, {12, 1, 34}, {14, 3, 21},
		     {14, 2, 30}, {16, 3, 21}, {16, 2, 34}};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		unsigned int bottom =
			spans[i].shift + (unsigned int)(3 - spans[i].level) * (spans[i].shift - 3);
		uint64_t ipa = 0xa5a5a5a5a5ull & ~((1ull << bottom) - 1);
		uint64_t oa = 0x5a5a5a5a5aull & ~((1ull << bottom) - 1);
		uint64_t mask = (1ull << spans[i].bits) - 1;

		f->regs.vtcr = l1_vtcr(spans[i].shift);
		f->regs.vttbr = l1_root(&f->w, spans[i].shift, 5);
		l1_set(&f->w, spans[i].shift, f->regs.vttbr, ipa, spans[i].level,
		       l1_leaf(oa, spans[i].level) | 1ull << 52);
		finds(f, ipa | 0x123, (oa & ~mask) | (ipa & mask) | 0x123, 1ull << bottom,
		      spans[i].level);
	}
}

static void big_endian_tables_are_read_swapped(void **state)
{
	struct fixture *f = *state;

	set(f, T1, __builtin_bswap64(0xc00007c1)); /* W37 */
	f->regs.sctlr = SCTLR_EE;
	finds(f, 0x1000, 0xc0001000, 1ull << 30, 1);
	f->regs.sctlr = 0;
	faults(f, 0x1000, 0x05);
}

static void the_access_flag_of_a_big_endian_table_lands_in_the_right_byte(void **state)
{
	struct fixture *f = *state;

	f->regs.sctlr = SCTLR_EE;
	f->regs.vtcr |= HA;
	set(f, T1, __builtin_bswap64(0xc00003c1));
	finds(f, 0x1000, 0xc0001000, 1ull << 30, 1);
	assert_int_equal(port_peek(f->w.port, T1), __builtin_bswap64(0xc00007c1));
}

static void an_injected_syndrome_keeps_all_but_status_and_ISS2(void **state)
{
	struct fixture *f = *state;

	f->esr = 0x00abcdef93ffffc7;
	assert_int_equal(walk(f, 0x80000000).esr, 0x93ffffc5);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(a_page_is_found_in_three_reads),
		TEST(an_invalid_entry_faults_at_its_level),
		TEST(a_block_gives_the_low_bits_of_the_address),
		TEST(attributes_that_L1_cannot_use_are_ignored),
		TEST(a_block_is_not_allowed_at_level_0),
		TEST(type_0_at_level_3_is_invalid),
		TEST(the_start_tables_are_concatenated),
		TEST(a_misaligned_base_is_aligned_down),
		TEST(VMID_and_CnP_are_no_part_of_the_base),
		TEST(address_bits_beyond_T0SZ_are_ignored),
		TEST(without_Q1_such_bits_fault_at_level_0),
		TEST(outputs_beyond_PS_fault_at_the_level_of_their_descriptor),
		TEST(a_base_beyond_PS_faults_at_level_0),
		TEST(with_48_bits_of_output_nothing_is_checked),
		TEST(PS_cannot_exceed_the_VMs_own_size),
		TEST(PS_has_the_sizes_of_the_architecture),
		TEST(bad_limits_fail_the_run),
		TEST(without_Q3_a_bad_T0SZ_is_a_translation_fault),
		TEST(without_Q4_a_bad_SL0_does_not_fail_the_run),
		TEST(a_table_without_slot_fails_the_run),
		TEST(each_read_can_fail),
		TEST(without_Q2_an_unreadable_table_does_not_fail_the_run),
		TEST(a_clear_access_flag_faults),
		TEST(HA_sets_the_access_flag_in_L1s_memory),
		TEST(the_updated_table_is_dirty_where_writes_are_logged),
		TEST(a_read_only_table_cannot_be_updated),
		TEST(a_lost_race_injects_nothing),
		TEST(the_access_flag_is_set_before_permissions_count),
		TEST(without_Q6_a_refused_access_leaves_the_flag),
		TEST(without_Q6_what_is_not_judged_sets_the_flag),
		TEST(what_EL0_may_not_do_leaves_the_flag_too),
		TEST(tables_of_16K_have_blocks_of_32M),
		TEST(tables_of_64K_have_blocks_of_512M),
		TEST(a_granule_that_is_not_offered_is_replaced),
		TEST(the_contiguous_hint_takes_output_bits_from_the_address),
		TEST(the_hint_spans_what_the_granule_says),
		TEST(big_endian_tables_are_read_swapped),
		TEST(the_access_flag_of_a_big_endian_table_lands_in_the_right_byte),
		TEST(an_injected_syndrome_keeps_all_but_status_and_ISS2),
	};

	return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}
