/* SPDX-License-Identifier: GPL-2.0-only */
#include "port.h"

#include "internal.h"

struct fixture {
	struct s2_config cfg;
	struct s2_syndrome syn;
	struct s2_walk walk;
	struct s2_slot slot;
	struct s2_fill fill;
};

/* A read fault of L2 whose L1 leaf, of level 3, allows everything (M17). */
static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->cfg = world_config(12);
	f->syn = s2_syndrome(&f->cfg, ESR_READ);
	f->walk = (struct s2_walk){.level = 3, .perm = {true, true, true, true}};
	f->slot = (struct s2_slot){.size = 1 << 20};
	f->fill = (struct s2_fill){
		.syn = &f->syn,
		.walk = &f->walk,
		.slot = &f->slot,
		.backing = {.pa = {0x880000000}, .writable = true, .mte_allowed = true},
	};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void trap(struct fixture *f, uint64_t esr)
{
	f->syn = s2_syndrome(&f->cfg, esr);
}

static struct s2_prot prot(struct fixture *f)
{
	struct s2_prot p;

	assert_int_equal(s2_host_prot(&f->cfg, &f->fill, &p), S2_PROT_OK);
	if (f->fill.walk)
		s2_reduce_to_l1(&p, f->fill.walk);
	return p;
}

/* The whole descriptor of a page, or of a block. */
static uint64_t pte(struct fixture *f, bool page)
{
	struct s2_prot p = prot(f);

	return s2_leaf_attributes(&f->cfg, &p) | 0x880000000 | (page ? 3 : 1);
}

static void refuses(struct fixture *f, enum s2_prot_status status)
{
	struct s2_prot p;

	assert_int_equal(s2_host_prot(&f->cfg, &f->fill, &p), status);
}

static void descriptors_have_the_bits_of_the_specification(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(pte(f, true), 0x01c00008800007db); /* M17 */
	f->cfg.dic = true;
	assert_int_equal(pte(f, true), 0x01800008800007db); /* M18 */
	f->walk.perm.x_el1 = false;
	assert_int_equal(pte(f, true), 0x01a00008800007db); /* M19 */
	f->cfg.dic = false;
	f->walk.perm.x_el1 = true;
	f->walk.perm.w = false;
	assert_int_equal(pte(f, true), 0x01c000088000075b); /* M20 */
	f->walk.perm.w = true;
	f->slot.log_dirty = true;
	assert_int_equal(pte(f, true), 0x01c000088000075b); /* M21 */
	f->slot.log_dirty = false;
	f->fill.walk = NULL;
	assert_int_equal(pte(f, true), 0x00400008800007db); /* M22 */
	f->fill.walk = &f->walk;
	f->walk.level = 1;
	assert_int_equal(pte(f, false), 0x00c00008800007d9); /* M23 */
}

static void a_read_fault_installs_write_permission_too(void **state)
{
	struct fixture *f = *state;

	assert_true(prot(f).perm.w);
	f->fill.backing.writable = false;
	assert_false(prot(f).perm.w);
}

static void with_logging_only_a_write_gives_write_permission(void **state)
{
	struct fixture *f = *state;

	f->slot.log_dirty = true;
	assert_false(prot(f).perm.w);
	trap(f, ESR_WRITE);
	assert_true(prot(f).perm.w);
}

static void a_device_is_writable_although_its_slot_logs(void **state)
{
	struct fixture *f = *state;

	f->slot.log_dirty = true;
	f->fill.backing.device = true;
	assert_true(prot(f).perm.w);
}

static void a_read_only_slot_is_never_writable(void **state)
{
	struct fixture *f = *state;

	f->slot.readonly = true;
	assert_false(prot(f).perm.w);
	f->slot.log_dirty = true; /* which then means nothing */
	f->fill.backing.device = true;
	assert_false(prot(f).perm.w);
}

static void permissions_are_no_more_than_L1_grants(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	f->cfg.dic = true;
	for (i = 0; i < 16; i++) {
		struct s2_perm l1 = {i & 1, i & 2, i & 4, i & 8}, given;

		f->walk.perm = l1;
		given = prot(f).perm;
		assert_memory_equal(&given, &l1, sizeof(l1));
	}
}

static void without_DIC_execution_waits_for_a_fetch(void **state)
{
	struct fixture *f = *state;

	assert_false(prot(f).perm.x_el0 || prot(f).perm.x_el1);
	trap(f, ESR_FETCH);
	assert_true(prot(f).perm.x_el0 && prot(f).perm.x_el1);
	trap(f, ESR_FETCH | 1 << 7); /* the walk for a fetch is none */
	assert_false(prot(f).perm.x_el0 || prot(f).perm.x_el1);
}

static void device_memory_is_not_executable(void **state)
{
	struct fixture *f = *state;

	f->cfg.dic = true;
	f->fill.backing.device = true;
	assert_false(prot(f).perm.x_el0 || prot(f).perm.x_el1);
	assert_int_equal(prot(f).memory, S2_DEVICE);
	f->fill.backing.any_uncached = true;
	assert_int_equal(prot(f).memory, S2_NORMAL_NC);
	trap(f, ESR_FETCH);
	refuses(f, S2_PROT_NOEXEC);
}

static void cacheable_device_memory_needs_FWB_and_DIC(void **state)
{
	struct fixture *f = *state;

	f->fill.backing.device = f->fill.backing.vma_cacheable = true;
	refuses(f, S2_PROT_FAULT);
	f->cfg.dic = true;
	assert_int_equal(prot(f).memory, S2_NORMAL);
	trap(f, ESR_FETCH);
	assert_true(prot(f).perm.x_el0);
	f->cfg.fwb = false;
	refuses(f, S2_PROT_FAULT);
}

static void an_exclusive_is_refused(void **state)
{
	struct fixture *f = *state;

	trap(f, 0x92000035);
	refuses(f, S2_PROT_EXCL);
}

static void with_MTE_memory_must_allow_tags(void **state)
{
	struct fixture *f = *state;

	f->cfg.mte = true;
	assert_true(prot(f).perm.r);
	f->fill.backing.mte_allowed = false;
	refuses(f, S2_PROT_FAULT);
	trap(f, ESR_WRITE_PERM); /* looked at when the page was mapped */
	assert_true(prot(f).perm.r);
	trap(f, ESR_READ);
	f->fill.backing.device = true;
	assert_true(prot(f).perm.r);
}

static void guest_memfd_is_writable_unless_its_slot_is_read_only(void **state)
{
	struct fixture *f = *state;
	struct s2_prot p = s2_gmem_prot(&f->cfg, &f->fill);

	assert_true(p.perm.r && p.perm.w && !p.perm.x_el0 && !p.perm.x_el1);
	assert_int_equal(p.tag, 3);
	f->slot.log_dirty = true; /* no gate here */
	assert_true(s2_gmem_prot(&f->cfg, &f->fill).perm.w);
	f->slot.readonly = true;
	assert_false(s2_gmem_prot(&f->cfg, &f->fill).perm.w);
	trap(f, ESR_FETCH);
	f->walk.perm.x_el1 = false;
	p = s2_gmem_prot(&f->cfg, &f->fill);
	assert_true(p.perm.x_el0 && !p.perm.x_el1);
	f->fill.walk = NULL;
	assert_int_equal(s2_gmem_prot(&f->cfg, &f->fill).tag, 0);
}

static void guest_memfd_is_executable_by_a_fetch_or_with_DIC(void **state)
{
	struct fixture *f = *state;
	bool was = f->syn.exec;

	f->cfg.dic = false;
	f->syn.exec = false;
	assert_false(s2_gmem_prot(&f->cfg, &f->fill).perm.x_el1);
	f->syn.exec = true;
	assert_true(s2_gmem_prot(&f->cfg, &f->fill).perm.x_el1);
	f->cfg.dic = true;
	f->syn.exec = was;
	assert_true(s2_gmem_prot(&f->cfg, &f->fill).perm.x_el1);
}

static void memory_types_are_encoded_with_and_without_FWB(void **state)
{
	struct fixture *f = *state;
	struct s2_prot p = {.memory = S2_NORMAL};

	assert_int_equal(s2_leaf_attributes(&f->cfg, &p) >> 2 & 0xf, 6);
	f->cfg.fwb = false;
	assert_int_equal(s2_leaf_attributes(&f->cfg, &p) >> 2 & 0xf, 0xf);
	p.memory = S2_NORMAL_NC;
	assert_int_equal(s2_leaf_attributes(&f->cfg, &p) >> 2 & 0xf, 5);
	p.memory = S2_DEVICE;
	assert_int_equal(s2_leaf_attributes(&f->cfg, &p) >> 2 & 0xf, 1);
}

static void what_is_written_to_a_leaf_can_be_read_back(void **state)
{
	struct fixture *f = *state;
	unsigned int i;

	for (i = 0; i < 16 * 3 * 4; i++) {
		struct s2_prot p = {.perm = {i & 1, i & 2, i & 4, i & 8},
				    .memory = (enum s2_memory)(i / 16 % 3),
				    .tag = (uint8_t)(i / 48)};
		struct s2_prot back = s2_leaf_prot(s2_leaf_attributes(&f->cfg, &p));

		assert_memory_equal(&p.perm, &back.perm, sizeof(p.perm));
		assert_int_equal(p.memory, back.memory);
		assert_int_equal(p.tag, back.tag);
	}
}

static void shareability_makes_room_for_LPA2(void **state)
{
	struct fixture *f = *state;
	struct s2_prot p = {.perm = {.r = true}};

	assert_int_equal(s2_leaf_attributes(&f->cfg, &p) & 0x300, 0x300);
	f->cfg.lpa2 = true;
	assert_int_equal(s2_leaf_attributes(&f->cfg, &p) & 0x300, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(descriptors_have_the_bits_of_the_specification),
		TEST(a_read_fault_installs_write_permission_too),
		TEST(with_logging_only_a_write_gives_write_permission),
		TEST(a_device_is_writable_although_its_slot_logs),
		TEST(a_read_only_slot_is_never_writable),
		TEST(permissions_are_no_more_than_L1_grants),
		TEST(without_DIC_execution_waits_for_a_fetch),
		TEST(device_memory_is_not_executable),
		TEST(cacheable_device_memory_needs_FWB_and_DIC),
		TEST(an_exclusive_is_refused),
		TEST(with_MTE_memory_must_allow_tags),
		TEST(guest_memfd_is_writable_unless_its_slot_is_read_only),
		TEST(guest_memfd_is_executable_by_a_fetch_or_with_DIC),
		TEST(memory_types_are_encoded_with_and_without_FWB),
		TEST(what_is_written_to_a_leaf_can_be_read_back),
		TEST(shareability_makes_room_for_LPA2),
	};

	return cmocka_run_group_tests_name("prot", tests, NULL, NULL);
}
