/* SPDX-License-Identifier: GPL-2.0-only */
/* What an access should meet, by L1's tables and the host's backing as they are. */
#include "check/bench.h"

#define FETCH	   0x82000007ull
#define CLEAN	   0x93c08147ull /* cache maintenance, which says WnR */
#define WALK	   0x93c08087ull /* of stage 1 */
#define WALK_WRITE 0x93c080cfull /* of stage 1, which updates a descriptor */

#define L1_WRITE_ONLY 0x783ull
#define L1_NO_EXEC    (0x7c3ull | 2ull << 53)
#define L1_EXEC_EL0   (0x7c3ull | 1ull << 53)
#define L1_NO_FLAG    0x3c3ull

static struct check_meeting meet_as(struct bench *b, uint16_t context, uint64_t esr, uint64_t ipa,
				    bool el0)
{
	struct check_fault f = {.context = context, .esr = esr, .ipa = ipa, .el0 = el0};

	return check_meeting(b->c, &f);
}

static struct check_meeting meet(struct bench *b, uint64_t esr, uint64_t ipa)
{
	return meet_as(b, 0, esr, ipa, false);
}

static void meets_memory(struct check_meeting m, uint64_t pa, uint64_t room)
{
	assert_int_equal(m.meets, CHECK_MEETS_MEMORY);
	assert_int_equal(m.pa, pa);
	assert_int_equal(m.room, room);
	assert_false(m.device);
}

/* L1 maps the page at ipa 0 by another descriptor from now on. */
static void remap(struct bench *b, uint64_t desc)
{
	static uint64_t now = MEMORY(0) | L1_PAGE;

	send(b, write_event(L1_T3, now, desc));
	now = desc;
}

static void memory_is_met_where_both_tables_lead(void **state)
{
	struct bench *b = *state;

	meets_memory(meet(b, READ, 0x3000), PA(MEMORY(0x3000)), PAGE);
	meets_memory(meet(b, WRITE, 0x3008), PA(MEMORY(0x3008)), PAGE - 8);
	meets_memory(meet(b, FETCH, BLOCK + 0x5000), PA(MEMORY(BLOCK + 0x5000)), BLOCK - 0x5000);
	/* The leaf of L1 has 1G, but the slot ends before it. */
	meets_memory(meet(b, READ, 512 * BLOCK + PAGE), PA(MEMORY(PAGE)), RAM_SIZE - MEMORY(PAGE));
}

static void l1_itself_meets_its_memory(void **state)
{
	struct bench *b = *state;

	meets_memory(meet_as(b, CANONICAL, WRITE, 0x12345000, false), PA(0x12345000),
		     RAM_SIZE - 0x12345000);
	assert_int_equal(meet_as(b, CANONICAL, READ, RAM_SIZE, false).meets, CHECK_MEETS_NOTHING);
}

static void stage_2_that_is_off_leads_to_l1s_memory(void **state)
{
	struct bench *b = *state;

	b->contexts[0].enabled = false;
	meets_memory(meet(b, READ, 0x3000), PA(0x3000), RAM_SIZE - 0x3000);
}

static void what_l1_does_not_map_is_refused(void **state)
{
	struct bench *b = *state;

	assert_int_equal(meet(b, READ, 2048ull * BLOCK).meets, CHECK_MEETS_REFUSAL);
	assert_int_equal(meet(b, READ, 3 * BLOCK).meets, CHECK_MEETS_REFUSAL);
	remap(b, 0);
	assert_int_equal(meet(b, READ, 0).meets, CHECK_MEETS_REFUSAL);
	remap(b, MEMORY(0) | L1_NO_FLAG);
	assert_int_equal(meet(b, READ, 0).meets, CHECK_MEETS_REFUSAL);
	remap(b, MEMORY(0x7000) | L1_PAGE);
	meets_memory(meet(b, READ, 0), PA(MEMORY(0x7000)), PAGE);
	remap(b, MEMORY(0) | L1_PAGE);
}

static void l1s_permissions_are_asked_by_kind(void **state)
{
	static const struct {
		uint64_t leaf, esr;
		bool el0, refused;
	} cases[] = {
		{L1_RO, READ, false, false},	    {L1_RO, WRITE, false, true},
		{L1_RO, CLEAN, false, false},	    {L1_RO, WALK, false, false},
		{L1_RO, WALK_WRITE, false, true},   {L1_WRITE_ONLY, READ, false, true},
		{L1_WRITE_ONLY, WALK, false, true}, {L1_WRITE_ONLY, WRITE, false, false},
		{L1_NO_EXEC, FETCH, false, true},   {L1_NO_EXEC, FETCH, true, true},
		{L1_EXEC_EL0, FETCH, true, false},  {L1_EXEC_EL0, FETCH, false, true},
	};
	struct bench *b = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		remap(b, MEMORY(0) | cases[i].leaf);
		if (meet_as(b, 0, cases[i].esr, 0, cases[i].el0).meets !=
		    (cases[i].refused ? CHECK_MEETS_REFUSAL : CHECK_MEETS_MEMORY))
			fail_msg("case %zu", i);
	}
	remap(b, MEMORY(0) | L1_PAGE);
}

static void where_no_slot_is_nothing_is_met(void **state)
{
	struct bench *b = *state;

	remap(b, RAM_SIZE | L1_PAGE);
	assert_int_equal(meet(b, READ, 0).meets, CHECK_MEETS_NOTHING);
	remap(b, MEMORY(0) | L1_PAGE);
}

static void a_readonly_slot_is_no_place_to_write(void **state)
{
	struct bench *b = *state;

	send(b, slot_event(NVT_SLOT_FLAGS, 0, RAM_SIZE, NVT_SLOT_READONLY, 0));
	meets_memory(meet(b, READ, 0x3000), PA(MEMORY(0x3000)), PAGE);
	assert_int_equal(meet(b, WRITE, 0x3000).meets, CHECK_MEETS_NOTHING);
	assert_int_equal(meet(b, WALK_WRITE, 0x3000).meets, CHECK_MEETS_NOTHING);
	meets_memory(meet(b, WALK, 0x3000), PA(MEMORY(0x3000)), PAGE);
	meets_memory(meet(b, CLEAN, 0x3000), PA(MEMORY(0x3000)), PAGE);
}

static void a_readonly_page_of_the_host_is_no_place_to_write(void **state)
{
	struct bench *b = *state;

	send(b, backing_event(MEMORY(0x3000), PAGE, PA(0), 0));
	meets_memory(meet(b, READ, 0x3000), PA(0), PAGE);
	assert_int_equal(meet(b, WRITE, 0x3000).meets, CHECK_MEETS_NOTHING);
}

static void backing_that_is_not_told_is_not_known(void **state)
{
	struct bench *b = *state;

	send(b, backing_event(MEMORY(0x3000), PAGE, 0, NVT_BACKING_WRITABLE | NVT_BACKING_NO_PA));
	assert_int_equal(meet(b, READ, 0x3000).meets, CHECK_MEETS_UNKNOWN);
	send(b, slot_event(NVT_SLOT_CREATE, RAM_SIZE, RAM_SIZE, 0, 1));
	remap(b, RAM_SIZE | L1_PAGE);
	assert_int_equal(meet(b, READ, 0).meets, CHECK_MEETS_UNKNOWN);
	remap(b, MEMORY(0) | L1_PAGE);
}

static void devices_are_told_from_memory(void **state)
{
	struct bench *b = *state;
	struct check_meeting m;

	send(b, backing_event(MEMORY(0x3000), PAGE, 0x9000000,
			      NVT_BACKING_WRITABLE | NVT_BACKING_DEVICE));
	m = meet(b, WRITE, 0x3000);
	assert_int_equal(m.meets, CHECK_MEETS_MEMORY);
	assert_true(m.device);
	assert_int_equal(m.pa, 0x9000000);
}

/* The byte order is that of the vCPU that accesses, and not of the one that faulted last. */
static void tables_have_the_byte_order_of_the_vcpu(void **state)
{
	struct bench *b = *state;
	struct nvt_event ev = switch_event(NVT_ERET, 0);
	struct check_fault f = {.vcpu = 1, .esr = READ, .ipa = 0x3000};

	ev.vcpu = 1;
	ev.context.sctlr = 1ull << 25;
	send(b, ev);
	assert_int_equal(check_meeting(b->c, &f).meets, CHECK_MEETS_REFUSAL);
	f.vcpu = 0;
	assert_int_equal(check_meeting(b->c, &f).meets, CHECK_MEETS_MEMORY);
}

/* ---- folded ---- */

static int folded_setup(void **state)
{
	struct bench *b;
	struct nvt_machine m = bench_machine();
	struct check_options options = {.quirks = ~0u};
	struct check_view view;
	const struct nvt_word *words;
	size_t count;

	bench_open(state, &m, NVT_FULL, &options);
	b = *state;
	check_free(b->c);
	view = bench_view(b);
	view.fold = (struct pa_fold){0x4000000000ull, BLOCK};
	b->c = check_new(&m, NVT_FULL, &options, &view);
	assert_non_null(b->c);
	words = l1_words(&count);
	check_l1mem(b->c, words, count);
	send(b, slot_event(NVT_SLOT_CREATE, 0, RAM_SIZE, 0, 0));
	send(b, backing_event(0, RAM_SIZE, PA(0), NVT_BACKING_WRITABLE));
	send(b, switch_event(NVT_ERET, 0));
	return 0;
}

static void folded_memory_is_met_in_the_window(void **state)
{
	struct bench *b = *state;

	meets_memory(meet(b, READ, 2 * BLOCK + 0x5000), 0x4000005000ull, BLOCK - 0x5000);
	/* What follows in memory does not follow in the window. */
	meets_memory(meet_as(b, CANONICAL, READ, BLOCK - PAGE, false),
		     0x4000000000ull + BLOCK - PAGE, PAGE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(memory_is_met_where_both_tables_lead),
		TEST(l1_itself_meets_its_memory),
		TEST(stage_2_that_is_off_leads_to_l1s_memory),
		TEST(what_l1_does_not_map_is_refused),
		TEST(l1s_permissions_are_asked_by_kind),
		TEST(where_no_slot_is_nothing_is_met),
		TEST(a_readonly_slot_is_no_place_to_write),
		TEST(a_readonly_page_of_the_host_is_no_place_to_write),
		TEST(backing_that_is_not_told_is_not_known),
		TEST(devices_are_told_from_memory),
		TEST(tables_have_the_byte_order_of_the_vcpu),
		cmocka_unit_test_setup_teardown(folded_memory_is_met_in_the_window, folded_setup,
						bench_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
