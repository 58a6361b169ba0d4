/* SPDX-License-Identifier: GPL-2.0-only */
#include "port.h"

#define R     (1ull << 6)
#define W     (1ull << 7)
#define XN(n) ((uint64_t)(n) << 53)

struct row {
	const char *name; /* in spec 9.2 */
	uint64_t esr;
	bool el0, no_xnx;
	uint64_t desc;
	enum s2_quirk off;  /* 0: as KVM */
	uint32_t forwarded; /* ESR; 0: not forwarded */
};

/* L1's leaf is of level 2 in all of them, the hardware's fault of level 3. */
static const struct row rows[] = {
	{"P1", 0x9200004f, false, false, R, 0, 0x9200004e},
	{"P2", 0x9200008f, false, false, R, 0, 0x9200008e},
	{"P3", 0x92000087, false, false, R, 0, 0},
	{"P4", 0x9200000d, false, false, W, 0, 0x9200000e},
	{"P5", 0x9200008f, false, false, W, 0, 0},
	{"P6", 0x8200000f, false, false, R | XN(1), 0, 0x8200000e},
	{"P7", 0x8200000f, true, false, R | XN(1), 0, 0},
	{"P8 EL0", 0x8200000f, true, false, R | XN(3), 0, 0x8200000e},
	{"P8 EL1", 0x8200000f, false, false, R | XN(3), 0, 0},
	{"P9", 0x8200000f, false, true, R | XN(1), 0, 0},
	{"P10", 0x8200008f, false, false, R, 0, 0},
	{"P11", 0x9200014f, false, false, R, 0, 0x9200014e},
	{"P12", 0x92000047, false, false, R, 0, 0},
	{"P13", 0x92000107, false, false, R, 0, 0},
	{"allowed read", 0x9200000f, false, false, R, 0, 0},
	{"allowed write", 0x9200004f, false, false, R | W, 0, 0},
	{"a write needs no R", 0x9200004f, false, false, W, 0, 0},
	{"ISS2 is dropped", 0xabcdef9200004f, false, false, R, 0, 0x9200004e},
	{"access flag", 0x9200004b, false, false, 0, 0, 0},
	{"exclusive", 0x92000075, false, false, 0, 0, 0},

	{"Q10 off: judged by S2AP", 0x8200008f, false, false, R, S2_Q10_S1PTW_XN, 0x8200008e},
	{"Q10 off: XN does not matter", 0x8200008f, false, false, R | W | XN(2), S2_Q10_S1PTW_XN,
	 0},
	{"Q10 on: XN does", 0x8200008f, false, false, R | W | XN(2), 0, 0x8200008e},
	{"Q11 off: a walk reads", 0x9200008f, false, false, W, S2_Q11_S1PTW_WRITE, 0x9200008e},
	{"Q11 off: no write", 0x9200008f, false, false, R, S2_Q11_S1PTW_WRITE, 0},
	{"Q11 off: WnR", 0x920000cf, false, false, R, S2_Q11_S1PTW_WRITE, 0x920000ce},
	{"Q11 off: nothing is granted", 0x9200008f, false, false, 0, S2_Q11_S1PTW_WRITE,
	 0x9200008e},
	{"Q11 off: WnR, granted", 0x920000cf, false, false, R | W, S2_Q11_S1PTW_WRITE, 0},
	{"Q23 off", 0x9200014f, false, false, R, S2_Q23_CMO_WRITES, 0},
	{"Q24 off", 0x92000047, false, false, R, S2_Q24_LATE_FORWARD, 0x9200004e},
	{"Q24 off, allowed", 0x92000007, false, false, R, S2_Q24_LATE_FORWARD, 0},
	{"Q24 off, fetch", 0x82000005, false, false, R | XN(2), S2_Q24_LATE_FORWARD, 0x8200000e},
	{"Q24 off, access flag", 0x9200004b, false, false, R, S2_Q24_LATE_FORWARD, 0},
};

static struct s2_forward judge(const struct row *row, int level)
{
	struct s2_config cfg = world_config(12);
	struct s2_walk walk = {.level = (int8_t)level};
	struct s2_syndrome syn;

	cfg.xnx = !row->no_xnx;
	if (row->off)
		cfg.quirks &= ~S2_QUIRK(row->off);
	walk.perm = s2_desc_perm(&cfg, row->desc);
	syn = s2_syndrome(&cfg, row->esr);
	return s2_permission_forward(&cfg, &syn, row->el0, &walk);
}

static void faults_are_forwarded_as_the_table_says(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct s2_forward f = judge(&rows[i], 2);

		if (f.forward != (rows[i].forwarded != 0) || f.esr != rows[i].forwarded)
			fail_msg("%s: forward %d, esr %#x", rows[i].name, f.forward, f.esr);
	}
}

static void the_level_is_that_of_L1s_leaf(void **state)
{
	int level;

	(void)state;
	for (level = 1; level <= 3; level++)
		assert_int_equal(judge(&rows[0], level).esr, 0x9200004cu | (unsigned int)level);
}

static void XN_separates_the_levels_only_with_FEAT_XNX(void **state)
{
	static const bool with[4][2] = {{1, 1}, {1, 0}, {0, 0}, {0, 1}}; /* EL0, EL1 */
	static const bool without[4][2] = {{1, 1}, {1, 1}, {0, 0}, {0, 0}};
	struct s2_config cfg = world_config(12);
	unsigned int xn;

	(void)state;
	for (xn = 0; xn < 4; xn++) {
		struct s2_perm p;

		cfg.xnx = true;
		p = s2_desc_perm(&cfg, XN(xn));
		assert_int_equal(p.x_el0, with[xn][0]);
		assert_int_equal(p.x_el1, with[xn][1]);
		cfg.xnx = false;
		p = s2_desc_perm(&cfg, XN(xn));
		assert_int_equal(p.x_el0, without[xn][0]);
		assert_int_equal(p.x_el1, without[xn][1]);
	}
}

static void S2AP_and_nothing_else_gives_read_and_write(void **state)
{
	struct s2_config cfg = world_config(12);
	struct s2_perm p = s2_desc_perm(&cfg, ~(R | W));

	(void)state;
	assert_false(p.r);
	assert_false(p.w);
	p = s2_desc_perm(&cfg, R);
	assert_true(p.r && !p.w);
	p = s2_desc_perm(&cfg, W);
	assert_true(p.w && !p.r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults_are_forwarded_as_the_table_says),
		cmocka_unit_test(the_level_is_that_of_L1s_leaf),
		cmocka_unit_test(XN_separates_the_levels_only_with_FEAT_XNX),
		cmocka_unit_test(S2AP_and_nothing_else_gives_read_and_write),
	};

	return cmocka_run_group_tests_name("perm", tests, NULL, NULL);
}
