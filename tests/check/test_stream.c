/* SPDX-License-Identifier: GPL-2.0-only */
/* The rules of a stream, and what the checker knows of the host. */
#include "bench.h"

static struct nvt_event fault_event(uint64_t inject)
{
	static const struct nvt_fault_truth injected = {.has = NVT_TRUTH_INJECT};

	return (struct nvt_event){
		.kind = NVT_FAULT,
		.fault = {.esr = READ, .hpfar = 1ull << 63, .truth = inject ? &injected : NULL}};
}

static void time_goes_on(void **state)
{
	struct bench *b = *state;
	struct nvt_event ev = {.kind = NVT_MARK};

	ev.time_ns = b->now;
	check_before(b->c, &ev, 9);
	none_found(b);
	ev.time_ns = b->now - 1;
	check_before(b->c, &ev, 10);
	only(b, CHECK_TIME, 1);
	ev.time_ns = ~0ull - 1000; /* a difference below 0, taken modulo 2^64 */
	check_before(b->c, &ev, 11);
	only(b, CHECK_TIME, 2);
	assert_int_equal(check_result(b->c)->kept[1].ordinal, 11);
}

static void a_recording_begins_in_the_middle(void **state)
{
	struct bench *b = *state;
	enum nvt_context_reason first[] = {NVT_ERET, NVT_EXCEPTION, NVT_LOAD, NVT_PUT};
	unsigned int i;

	/* vCPU 1 has shown nothing yet. */
	for (i = 0; i < 4; i++) {
		struct nvt_event ev = switch_event(first[i], 0);
		struct check_view view = bench_view(b);
		struct bench one = *b;

		one.c = check_clone(b->c, &view);
		ev.vcpu = 1;
		send(&one, ev);
		none_found(&one);
		check_free(one.c);
	}
}

static void l2_is_entered_from_l1(void **state)
{
	struct bench *b = *state;

	send(b, switch_event(NVT_ERET, 0));
	only(b, CHECK_PAIRED, 1);
	send(b, switch_event(NVT_EXCEPTION, 0));
	only(b, CHECK_PAIRED, 1);
	send(b, switch_event(NVT_EXCEPTION, 0));
	only(b, CHECK_PAIRED, 2);
}

static void a_recorded_injection_enters_l1(void **state)
{
	struct bench *b = *state;

	send(b, fault_event(1));
	send(b, switch_event(NVT_ERET, 0));
	none_found(b);
	send(b, fault_event(1));
	send(b, switch_event(NVT_EXCEPTION, 0));
	only(b, CHECK_PAIRED, 1);
}

/* What comes of an access that is demanded is for each policy to find out. */
static void a_touch_may_enter_l1(void **state)
{
	struct bench *b = *state;

	send(b, (struct nvt_event){.kind = NVT_TOUCH, .fault = {.esr = READ}});
	send(b, switch_event(NVT_ERET, 0));
	send(b, fault_event(0));
	send(b, switch_event(NVT_ERET, 0));
	none_found(b);
	send(b, switch_event(NVT_ERET, 0));
	only(b, CHECK_PAIRED, 1);
}

static void scheduled_out_is_out(void **state)
{
	struct bench *b = *state;

	send(b, switch_event(NVT_LOAD, 0)); /* recordings may lack what came before */
	send(b, switch_event(NVT_PUT, 0));
	send(b, switch_event(NVT_LOAD, 0));
	none_found(b);
	send(b, switch_event(NVT_LOAD, 0));
	only(b, CHECK_PAIRED, 1);
	send(b, switch_event(NVT_PUT_WFI, 0));
	send(b, switch_event(NVT_PUT, 0));
	only(b, CHECK_PAIRED, 2);
	send(b, fault_event(0));
	only(b, CHECK_PAIRED, 3);
}

static void lost_events(void **state)
{
	struct bench *b = *state;

	send(b, (struct nvt_event){.kind = NVT_LOST, .lost = {.count = 3}});
	send(b, (struct nvt_event){.kind = NVT_LOST});
	only(b, CHECK_COMPLETE, 2);
	send(b, switch_event(NVT_ERET, 0)); /* who knows what came before */
	only(b, CHECK_COMPLETE, 2);
}

static void writes_find_what_was_left(void **state)
{
	struct bench *b = *state;

	send(b, write_event(0x1000, 0x1234, 1)); /* nobody told what was there */
	send(b, write_event(0x1000, 1, 2));
	send(b, write_event(0x1000, 2, 3));
	none_found(b);
	send(b, write_event(0x1000, 2, 4));
	only(b, CHECK_WRITES, 1);
	send(b, write_event(0x1000, 4 | 1 << 10, 4));
	only(b, CHECK_WRITES, 2);
}

static void hardware_sets_access_flags(void **state)
{
	struct bench *b = *state;
	struct nvt_event ev = switch_event(NVT_LOAD, 0);

	ev.context.vtcr |= 1ull << 21;
	send(b, ev);
	send(b, write_event(0x1000, 0, 4));
	send(b, write_event(0x1000, 4 | 1 << 10, 5));
	send(b, write_event(0x1000, 5 | 1ull << 50, 6));
	none_found(b);
}

static void slots(void **state)
{
	struct bench *b = *state;

	send(b, slot_event(NVT_SLOT_CREATE, RAM_SIZE, PAGE, 0, 1));
	send(b, slot_event(NVT_SLOT_FLAGS, RAM_SIZE, PAGE, NVT_SLOT_READONLY, 1));
	none_found(b);
	send(b, slot_event(NVT_SLOT_CREATE, RAM_SIZE + PAGE, PAGE, 0, 1)); /* is there */
	only(b, CHECK_SLOTS, 1);
	send(b, slot_event(NVT_SLOT_MOVE, RAM_SIZE - PAGE, PAGE, 0, 1)); /* on another */
	only(b, CHECK_SLOTS, 2);
	send(b, slot_event(NVT_SLOT_DELETE, 0, 0, 0, 1));
	only(b, CHECK_SLOTS, 2);
	send(b, slot_event(NVT_SLOT_DELETE, 0, 0, 0, 1));
	send(b, slot_event(NVT_SLOT_FLAGS, RAM_SIZE, PAGE, 0, 7));
	only(b, CHECK_SLOTS, 4);
}

static void hostile_events_are_survived(void **state)
{
	struct bench *b = *state;
	uint64_t x = 88172645463325252ull;
	unsigned int i;

	for (i = 0; i < 20000; i++) {
		struct nvt_event ev = {0};
		size_t n;

		for (n = sizeof(ev.time_ns); n + 8 <= sizeof(ev); n += 8) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			memcpy((unsigned char *)&ev + n, &x, 8);
		}
		ev.kind = (uint8_t)(x >> 8) % NVT_KIND_COUNT;
		ev.time_ns = b->now = x >> 3;
		if (ev.kind == NVT_MARK)
			ev.mark = (struct nvt_mark){"", 0};
		if (ev.kind == NVT_FAULT || ev.kind == NVT_TOUCH)
			ev.fault.truth = NULL;
		if (ev.kind == NVT_L1_WRITE)
			ev.l1_write.addr &= ~7ull & 0xfffff8; /* the format has words alone */
		if (ev.kind == NVT_SLOT)
			ev.slot.change %= 4;
		check_before(b->c, &ev, i);
		check_after(b->c, &ev);
	}
	check_end(b->c);
	assert_false(check_result(b->c)->out_of_memory);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(time_goes_on),
		CASE(a_recording_begins_in_the_middle),
		CASE(l2_is_entered_from_l1),
		CASE(a_recorded_injection_enters_l1),
		CASE(a_touch_may_enter_l1),
		CASE(scheduled_out_is_out),
		CASE(lost_events),
		CASE(writes_find_what_was_left),
		CASE(hardware_sets_access_flags),
		CASE(slots),
		CASE(hostile_events_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
