/* SPDX-License-Identifier: GPL-2.0-only */
#include "port.h"

#define V	  0xffff000012340000ull
#define SPAN	  (1ull << 23)
#define DSSBS	  (1ull << 44)
#define TCO	  (1ull << 25)
#define DIT	  (1ull << 24)
#define PAN	  (1ull << 22)
#define SSBS	  (1ull << 12)
#define MODE_EL1H 0x600003c5ull

static struct s2_entry_out enter(uint64_t pstate, uint64_t sctlr, bool mte, uint16_t type)
{
	struct s2_entry_in in = {.pc = 0x1234,
				 .pstate = pstate,
				 .vbar = V,
				 .sctlr = sctlr,
				 .mte = mte,
				 .type = type};

	return s2_vel2_entry(&in);
}

static void the_interrupted_context_is_saved(void **state)
{
	struct s2_entry_out out = enter(MODE_EL1H, SPAN, false, 0);

	(void)state;
	assert_int_equal(out.elr, 0x1234);
	assert_int_equal(out.spsr, MODE_EL1H);
}

static void a_fault_of_L2_takes_the_lower_AArch64_vector(void **state)
{
	struct s2_entry_out out = enter(MODE_EL1H, SPAN, false, 0); /* I1 */

	(void)state;
	assert_int_equal(out.pc, V + 0x400);
	assert_int_equal(out.pstate, 0x600003c9);
}

static void PAN_is_set_where_SPAN_is_clear(void **state)
{
	(void)state;
	assert_int_equal(enter(MODE_EL1H, 0, false, 0).pstate, 0x604003c9); /* I2 */
	assert_int_equal(enter(MODE_EL1H | PAN, SPAN, false, 0).pstate, 0x604003c9);
}

static void the_vector_depends_on_where_the_exception_comes_from(void **state)
{
	(void)state;
	assert_int_equal(enter(0x3c0, SPAN, false, 0).pc, V + 0x400); /* EL0t */
	assert_int_equal(enter(0x3c4, SPAN, false, 0).pc, V + 0x400); /* EL1t */
	assert_int_equal(enter(0x1d0, SPAN, false, 0).pc, V + 0x600); /* AArch32 User */
	assert_int_equal(enter(0x1d3, SPAN, false, 0).pc, V + 0x600); /* AArch32 Supervisor */
	assert_int_equal(enter(0x3c9, SPAN, false, 0).pc, V + 0x200); /* EL2h */
	assert_int_equal(enter(0x3c8, SPAN, false, 0).pc, V + 0x000); /* EL2t */
}

static void the_vector_depends_on_the_kind_of_exception(void **state)
{
	static const uint16_t types[] = {0, 0x80, 0x100, 0x180};
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++)
		assert_int_equal(enter(MODE_EL1H, SPAN, false, types[i]).pc, V + 0x400 + types[i]);
}

static void flags_and_DIT_survive_and_nothing_else(void **state)
{
	uint64_t all = ~0ull & ~0x1full;

	(void)state;
	assert_int_equal(enter(all | EL1H, SPAN, false, 0).pstate,
			 0xf0000000ull | DIT | PAN | 0x3c9);
	assert_int_equal(enter(EL1H, SPAN, false, 0).pstate, 0x3c9);
}

static void TCO_is_set_with_MTE_only(void **state)
{
	(void)state;
	assert_int_equal(enter(MODE_EL1H, SPAN, true, 0).pstate, 0x600003c9 | TCO);
	assert_int_equal(enter(MODE_EL1H | TCO, SPAN, false, 0).pstate, 0x600003c9);
}

static void SSBS_comes_from_DSSBS(void **state)
{
	(void)state;
	assert_int_equal(enter(MODE_EL1H, SPAN | DSSBS, false, 0).pstate, 0x600003c9 | SSBS);
	assert_int_equal(enter(MODE_EL1H | SSBS, SPAN, false, 0).pstate, 0x600003c9);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_interrupted_context_is_saved),
		cmocka_unit_test(a_fault_of_L2_takes_the_lower_AArch64_vector),
		cmocka_unit_test(PAN_is_set_where_SPAN_is_clear),
		cmocka_unit_test(the_vector_depends_on_where_the_exception_comes_from),
		cmocka_unit_test(the_vector_depends_on_the_kind_of_exception),
		cmocka_unit_test(flags_and_DIT_survive_and_nothing_else),
		cmocka_unit_test(TCO_is_set_with_MTE_only),
		cmocka_unit_test(SSBS_comes_from_DSSBS),
	};

	return cmocka_run_group_tests_name("entry", tests, NULL, NULL);
}
