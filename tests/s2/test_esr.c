/* SPDX-License-Identifier: GPL-2.0-only */
#include "port.h"

#define IABT  (0x20ull << 26)
#define DABT  (0x24ull << 26)
#define CM    (1ull << 8)
#define S1PTW (1ull << 7)
#define WNR   (1ull << 6)

static struct s2_syndrome kvm(uint64_t esr)
{
	struct s2_config cfg = world_config(12);

	return s2_syndrome(&cfg, esr);
}

static struct s2_syndrome without(enum s2_quirk q, uint64_t esr)
{
	struct s2_config cfg = world_config(12);

	cfg.quirks &= ~S2_QUIRK(q);
	return s2_syndrome(&cfg, esr);
}

/* Spec 0.4, as a list of its own. */
static void every_fault_status_has_the_class_of_the_table(void **state)
{
	static const uint8_t translation[] = {0x04, 0x05, 0x06, 0x07, 0x2b};
	static const uint8_t sea[] = {0x10, 0x13, 0x14, 0x15, 0x16, 0x17,
				      0x18, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f};
	enum s2_fsc_class class[64] = {0};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(translation); i++)
		class[translation[i]] = S2_FSC_TRANSLATION;
	for (i = 0; i < sizeof(sea); i++)
		class[sea[i]] = S2_FSC_SEA;
	for (i = 0; i < 4; i++) {
		class[0x08 + i] = S2_FSC_ACCESS_FLAG;
		class[0x0c + i] = S2_FSC_PERMISSION;
	}
	class[0x35] = S2_FSC_EXCLUSIVE;
	for (i = 0; i < 64; i++) {
		assert_int_equal(kvm(DABT | i).fsc_class, class[i]);
		assert_int_equal(kvm(DABT | i).fsc, i);
	}
}

static void higher_bits_do_not_change_the_class(void **state)
{
	(void)state;
	assert_int_equal(kvm(0x00ffffff93c08007).fsc_class, S2_FSC_TRANSLATION);
	assert_int_equal(kvm(0x00ffffff93c08007).esr, 0x00ffffff93c08007);
}

static void a_data_abort_writes_as_WnR_says(void **state)
{
	(void)state;
	assert_false(kvm(DABT | 0x07).write);
	assert_true(kvm(DABT | WNR | 0x07).write);
	assert_true(kvm(DABT | WNR | 0x35).write);
}

static void a_fetch_never_writes(void **state)
{
	(void)state;
	assert_false(kvm(IABT | WNR | 0x07).write);
	assert_true(kvm(IABT | WNR | 0x07).exec);
	assert_true(kvm(IABT | 0x07).iabt);
}

static void a_walk_of_a_fetch_is_no_fetch(void **state)
{
	(void)state;
	assert_true(kvm(IABT | S1PTW | 0x07).iabt);
	assert_false(kvm(IABT | S1PTW | 0x07).exec);
	assert_false(kvm(DABT | 0x07).exec);
}

static void a_walk_writes_exactly_when_it_lacks_permission(void **state)
{
	(void)state;
	assert_false(kvm(DABT | S1PTW | WNR | 0x07).write);
	assert_false(kvm(DABT | S1PTW | WNR | 0x0b).write);
	assert_true(kvm(DABT | S1PTW | 0x0f).write);
	assert_true(kvm(IABT | S1PTW | 0x0c).write);
}

static void without_Q11_a_walk_writes_as_WnR_says(void **state)
{
	(void)state;
	assert_true(without(S2_Q11_S1PTW_WRITE, DABT | S1PTW | WNR | 0x07).write);
	assert_false(without(S2_Q11_S1PTW_WRITE, DABT | S1PTW | 0x0f).write);
	assert_false(without(S2_Q11_S1PTW_WRITE, IABT | S1PTW | WNR | 0x0f).write);
}

static void cache_maintenance_counts_as_a_write(void **state)
{
	(void)state;
	assert_true(kvm(DABT | CM | WNR | 0x07).write);
	assert_true(kvm(DABT | CM | WNR | 0x07).cm);
	assert_false(kvm(DABT | CM | 0x07).write);
}

static void without_Q23_cache_maintenance_is_a_read(void **state)
{
	(void)state;
	assert_false(without(S2_Q23_CMO_WRITES, DABT | CM | WNR | 0x07).write);
	assert_true(without(S2_Q23_CMO_WRITES, DABT | WNR | 0x07).write);
}

static void the_current_level_is_not_the_lower_one(void **state)
{
	(void)state;
	assert_false(kvm(0x21ull << 26 | 0x07).iabt);
	assert_false(kvm(0x21ull << 26 | 0x07).exec);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fault_status_has_the_class_of_the_table),
		cmocka_unit_test(higher_bits_do_not_change_the_class),
		cmocka_unit_test(a_data_abort_writes_as_WnR_says),
		cmocka_unit_test(a_fetch_never_writes),
		cmocka_unit_test(a_walk_of_a_fetch_is_no_fetch),
		cmocka_unit_test(a_walk_writes_exactly_when_it_lacks_permission),
		cmocka_unit_test(without_Q11_a_walk_writes_as_WnR_says),
		cmocka_unit_test(cache_maintenance_counts_as_a_write),
		cmocka_unit_test(without_Q23_cache_maintenance_is_a_read),
		cmocka_unit_test(the_current_level_is_not_the_lower_one),
	};

	return cmocka_run_group_tests_name("esr", tests, NULL, NULL);
}
