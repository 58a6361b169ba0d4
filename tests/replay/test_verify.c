/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every field that is compared: a stream that agrees with its truth, and ones
 * that differ in exactly that field. A field that no row makes differ would be
 * a check that is never made.
 */
#include "replay/failing.h"
#include "replay/world.h"

struct watch {
	struct world w;
	struct verify v;
	unsigned int reports;
	struct verify_difference last;
};

static void on_report(void *arg, const struct verify_difference *d)
{
	struct watch *watch = arg;

	watch->reports++;
	watch->last = *d;
}

/* As `nvsim verify` runs: recorded faults as they are, host events in stages. */
static void open_watch(struct watch *watch)
{
	struct engine_options o = world_options();

	o.as_recorded = o.staged = true;
	*watch = (struct watch){0};
	world_open(&watch->w, &o, NVT_FULL);
	assert_true(verify_init(&watch->v, watch->w.e, on_report, watch));
	watch->w.v = &watch->v;
}

static void close_watch(struct watch *watch)
{
	verify_destroy(&watch->v);
	world_close(&watch->w);
}

static uint64_t mismatches(const struct watch *watch)
{
	uint64_t sum = 0;
	unsigned int f;

	for (f = 0; f < VERIFY_FIELD_COUNT; f++)
		sum += watch->v.field[f].mismatched;
	return sum;
}

/* Nothing differs, and the field was looked at `count` times. */
static void expect_agreement(struct watch *watch, enum verify_field field, uint64_t count)
{
	if (watch->reports)
		fail_msg("%s: got %s, expected %s", verify_fields[watch->last.field].name,
			 watch->last.got, watch->last.expected);
	assert_int_equal(mismatches(watch), 0);
	assert_int_equal(watch->v.field[field].compared, count);
}

/* That field differs, once, and no other. */
static void expect_difference(const struct watch *watch, enum verify_field field)
{
	if (watch->reports != 1 || watch->last.field != field)
		fail_msg("%u differences, the last of %s: got %s, expected %s; not one of %s",
			 watch->reports, verify_fields[watch->last.field].name, watch->last.got,
			 watch->last.expected, verify_fields[field].name);
	assert_int_equal(watch->v.field[field].mismatched, 1);
	assert_int_equal(mismatches(watch), 1);
}

/* ---- faults, with what a faithful recorder would have written of them ---- */

#define FRAME	 (RAM + 0x5000) /* what the guest's page 0x1000 is */
#define PROT_RWX 0xfull
#define TAG3	 (3ull << 55)

static void make_guest(struct world *w, uint64_t frame, uint64_t perm)
{
	l1_map(w, 0, 0x1000, 3, frame | perm | L1_PAGE);
	enter(w, 0, 0);
}

static void walked(struct nvt_fault_truth *t, uint64_t frame, uint64_t perm)
{
	t->has |= NVT_TRUTH_RET | NVT_TRUTH_CONTEXT | NVT_TRUTH_WALK;
	t->ret = 1;
	t->walk_level = 3;
	t->walk_rw = (uint8_t)(perm >> 6);
	t->walk_out = frame;
	t->walk_size = 4096;
	t->walk_desc = frame | perm | L1_PAGE;
}

static void injected(const struct nvt_event *ev, struct nvt_fault_truth *t, uint64_t esr)
{
	t->has |= NVT_TRUTH_INJECT;
	t->inject_esr = esr;
	t->inject_far = ev->fault.far;
	t->inject_hpfar = ev->fault.hpfar;
}

/* A read of a page that nothing maps yet. */
static void mapped(struct world *w, struct nvt_event *ev, struct nvt_fault_truth *t)
{
	make_guest(w, FRAME, L1_RW);
	*ev = fault_event(FSC(ESR_READ, 4), 0x1000);
	walked(t, FRAME, L1_RW);
	t->has |= NVT_TRUTH_FAULTIN | NVT_TRUTH_MAP;
	t->faultin_gfn = FRAME >> 12;
	t->map_addr = 0x1000;
	t->map_size = 4096;
	t->map_pa = PA(FRAME);
	t->map_prot = PROT_RWX | TAG3;
}

/* A read of a page that L1 does not map. */
static void failed(struct world *w, struct nvt_event *ev, struct nvt_fault_truth *t)
{
	make_guest(w, FRAME, L1_RW);
	*ev = fault_event(FSC(ESR_READ, 4), 0x2000);
	t->has = NVT_TRUTH_RET | NVT_TRUTH_CONTEXT | NVT_TRUTH_WALK;
	t->ret = 1;
	t->walk_ret = 1;
	t->walk_esr = ESR_READ;
	injected(ev, t, ESR_READ);
}

/* A write to a page that L1 lets be read. */
static void forwarded(struct world *w, struct nvt_event *ev, struct nvt_fault_truth *t)
{
	make_guest(w, FRAME, L1_R);
	touch(w, ESR_READ, 0x1000);
	*ev = fault_event(FSC(ESR_WRITE, 0x0f), 0x1000);
	walked(t, FRAME, L1_R);
	t->has |= NVT_TRUTH_PERM;
	t->perm_ret = 1;
	t->perm_esr = FSC(ESR_WRITE, 0x0f);
	injected(ev, t, FSC(ESR_WRITE, 0x0f));
}

/* A write to a page that the host protected. */
static void relaxed(struct world *w, struct nvt_event *ev, struct nvt_fault_truth *t)
{
	make_guest(w, FRAME, L1_RW);
	touch(w, ESR_READ, 0x1000);
	s2_context_protect(&w->e->vm, &w->e->contexts[0]);
	*ev = fault_event(FSC(ESR_WRITE, 0x0f), 0x1000);
	walked(t, FRAME, L1_RW);
	t->has |= NVT_TRUTH_PERM | NVT_TRUTH_FAULTIN | NVT_TRUTH_RELAX;
	t->faultin_gfn = FRAME >> 12;
	t->faultin_write = 1;
	t->map_addr = 0x1000;
	t->map_prot = PROT_RWX;
}

/* A read of a device that the VMM emulates. */
static void emulated(struct world *w, struct nvt_event *ev, struct nvt_fault_truth *t)
{
	make_guest(w, 8 * GIB, L1_RW);
	*ev = fault_event(FSC(ESR_READ, 4), 0x1000);
	ev->fault.far |= 0x28;
	walked(t, 8 * GIB, L1_RW);
	t->has |= NVT_TRUTH_MMIO;
	t->mmio_type = 1;
	t->mmio_len = 8;
	t->mmio_gpa = 8 * GIB + 0x28;
	t->ret = 0;
}

/* A table of L1 where there is no memory (Q2). */
static void unreadable(struct world *w, struct nvt_event *ev, struct nvt_fault_truth *t)
{
	make_guest(w, FRAME, L1_RW);
	l1_map(w, 0, GIB, 1, (8 * GIB) | 3);
	*ev = fault_event(FSC(ESR_READ, 4), GIB);
	t->has = NVT_TRUTH_RET | NVT_TRUTH_CONTEXT | NVT_TRUTH_WALK;
	t->ret = -14;
	t->walk_ret = -14;
	t->walk_esr = FSC(ESR_READ, 0x16);
	injected(ev, t, FSC(ESR_READ, 0x16));
}

/* ---- what may differ ---- */

typedef void prepare_fn(struct world *w, struct nvt_event *ev, struct nvt_fault_truth *t);
typedef void change_fn(struct nvt_event *ev, struct nvt_fault_truth *t);

#define CHANGE(name, statement)                                                                    \
	static void name(struct nvt_event *ev, struct nvt_fault_truth *t)                          \
	{                                                                                          \
		(void)ev;                                                                          \
		(void)t;                                                                           \
		statement;                                                                         \
	}

CHANGE(fsc, ev->fault.esr = FSC(ESR_READ, 7))
CHANGE(context, t->context = 1)
CHANGE(walk_missing, t->has &= (uint16_t)~NVT_TRUTH_WALK)
CHANGE(walk_ret, t->walk_ret = -11)
CHANGE(walk_esr, t->walk_esr = FSC(ESR_READ, 6))
CHANGE(walk_out, t->walk_out += 4096)
CHANGE(walk_size, t->walk_size = 2 * MIB)
CHANGE(walk_level, t->walk_level = 2)
CHANGE(walk_rw, t->walk_rw ^= 2)
CHANGE(walk_desc, t->walk_desc |= 1ull << 55)
CHANGE(perm_ret, t->perm_ret = !t->perm_ret)
CHANGE(perm_esr, t->perm_esr ^= 1)
CHANGE(inject_missing, t->has &= (uint16_t)~NVT_TRUTH_INJECT)
CHANGE(inject_added, t->has |= NVT_TRUTH_INJECT)
CHANGE(inject_esr, t->inject_esr ^= 1)
CHANGE(inject_far, t->inject_far ^= 8)
CHANGE(inject_hpfar, t->inject_hpfar ^= 1ull << 63)
CHANGE(map_size, t->map_size = 2 * MIB)
CHANGE(map_missing, t->has &= (uint16_t)~NVT_TRUTH_MAP)
CHANGE(map_added, t->has |= NVT_TRUTH_MAP; t->map_size = 4096)
CHANGE(map_addr, t->map_addr += 4096)
CHANGE(map_pa, t->map_pa += 4096)
CHANGE(map_prot, t->map_prot ^= 4)
CHANGE(map_tag, t->map_prot ^= 1ull << 55)
CHANGE(gfn, t->faultin_gfn++)
CHANGE(for_write, t->faultin_write ^= 1)
CHANGE(faultin_added, t->has |= NVT_TRUTH_FAULTIN)
CHANGE(mmio_missing, t->has &= (uint16_t)~NVT_TRUTH_MMIO)
CHANGE(mmio_added, t->has |= NVT_TRUTH_MMIO)
CHANGE(mmio_gpa, t->mmio_gpa += 8)
CHANGE(mmio_len, t->mmio_len = 4)
CHANGE(mmio_type, t->mmio_type = 2)
CHANGE(ret, t->ret = -22)
CHANGE(ret_0, t->ret = 0)

static const struct row {
	enum verify_field field;
	prepare_fn *prepare;
	change_fn *change;
} rows[] = {
	{VERIFY_SYNDROME, mapped, fsc},
	{VERIFY_CONTEXT, mapped, context},
	{VERIFY_WALK, mapped, walk_missing},
	{VERIFY_WALK, mapped, walk_ret},
	{VERIFY_WALK, failed, walk_ret},
	{VERIFY_WALK, failed, walk_esr},
	{VERIFY_WALK, unreadable, walk_ret},
	{VERIFY_WALK, mapped, walk_out},
	{VERIFY_WALK, mapped, walk_size},
	{VERIFY_WALK, mapped, walk_level},
	{VERIFY_WALK, mapped, walk_rw},
	{VERIFY_WALK, mapped, walk_desc},
	{VERIFY_FORWARD, forwarded, perm_ret},
	{VERIFY_FORWARD, forwarded, perm_esr},
	{VERIFY_FORWARD, relaxed, perm_ret},
	{VERIFY_INJECTED_ESR, failed, inject_missing},
	{VERIFY_INJECTED_ESR, mapped, inject_added},
	{VERIFY_INJECTED_ESR, failed, inject_esr},
	{VERIFY_INJECTED_ESR, failed, inject_far},
	{VERIFY_INJECTED_ESR, forwarded, inject_hpfar},
	{VERIFY_SIZE, mapped, map_size},
	{VERIFY_SIZE, mapped, map_missing},
	{VERIFY_SIZE, failed, map_added},
	{VERIFY_ADDRESS, mapped, map_addr},
	{VERIFY_OUTPUT, mapped, map_pa},
	{VERIFY_PERMISSION, mapped, map_prot},
	{VERIFY_PERMISSION, mapped, map_tag},
	{VERIFY_RELAX, relaxed, map_addr},
	{VERIFY_RELAX, relaxed, map_prot},
	{VERIFY_LOOKUP, mapped, gfn},
	{VERIFY_LOOKUP, mapped, for_write},
	{VERIFY_LOOKUP, relaxed, for_write},
	{VERIFY_LOOKUP, failed, faultin_added},
	{VERIFY_MMIO, emulated, mmio_missing},
	{VERIFY_MMIO, mapped, mmio_added},
	{VERIFY_MMIO, emulated, mmio_gpa},
	{VERIFY_MMIO, emulated, mmio_len},
	{VERIFY_MMIO, emulated, mmio_type},
	{VERIFY_RETURN, mapped, ret},
	{VERIFY_RETURN, mapped, ret_0},
	{VERIFY_RETURN, emulated, ret},
	{VERIFY_RETURN, unreadable, ret_0},
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static void run_row(struct watch *watch, const struct row *row, bool changed)
{
	struct nvt_fault_truth truth = {0};
	struct nvt_event ev;

	open_watch(watch);
	row->prepare(&watch->w, &ev, &truth);
	if (changed)
		row->change(&ev, &truth);
	ev.fault.truth = &truth;
	send(&watch->w, ev);
}

static void each_fault_agrees_with_a_faithful_truth(void **state)
{
	struct watch watch;
	unsigned int i;

	(void)state;
	for (i = 0; i < ROW_COUNT; i++) {
		run_row(&watch, &rows[i], false);
		if (watch.reports)
			fail_msg("row %u: %s: got %s, expected %s", i,
				 verify_fields[watch.last.field].name, watch.last.got,
				 watch.last.expected);
		assert_int_equal(watch.v.compared, 1);
		assert_int_equal(watch.v.mismatched, 0);
		close_watch(&watch);
	}
}

static void each_fact_of_a_fault_can_differ_alone(void **state)
{
	struct watch watch;
	unsigned int i;

	(void)state;
	for (i = 0; i < ROW_COUNT; i++) {
		run_row(&watch, &rows[i], true);
		expect_difference(&watch, rows[i].field);
		assert_int_equal(watch.v.mismatched, 1);
		assert_int_equal(watch.last.ordinal, watch.w.ordinal - 1);
		assert_int_equal(watch.last.time_ns, watch.w.now);
		close_watch(&watch);
	}
}

static void a_difference_names_both_sides(void **state)
{
	const struct row row = {VERIFY_WALK, mapped, walk_size};
	struct watch watch;

	(void)state;
	run_row(&watch, &row, true);
	assert_string_equal(watch.last.got, "size 0x1000");
	assert_string_equal(watch.last.expected, "size 0x200000");
	assert_int_equal(watch.last.basis, VERIFY_COMPARED);
	close_watch(&watch);
}

static void all_wrong(struct nvt_event *ev, struct nvt_fault_truth *t)
{
	(void)ev;
	t->walk_out = t->walk_size = t->walk_desc = ~0ull;
	t->walk_level = -1;
	t->walk_rw = 0xff;
}

/* However much differs, it is one difference of one field, and its text has an end. */
static void many_facts_of_a_field_are_one_difference(void **state)
{
	const struct row row = {VERIFY_WALK, mapped, all_wrong};
	struct watch watch;

	(void)state;
	run_row(&watch, &row, true);
	expect_difference(&watch, VERIFY_WALK);
	assert_true(strlen(watch.last.expected) < sizeof(watch.last.expected));
	assert_non_null(strstr(watch.last.got, "output 0x40005000, size 0x1000"));
	close_watch(&watch);
}

static void a_fault_without_truth_is_counted_and_not_compared(void **state)
{
	struct watch watch;

	(void)state;
	open_watch(&watch);
	make_guest(&watch.w, FRAME, L1_RW);
	fault(&watch.w, ESR_READ, 0x1000);
	assert_int_equal(watch.v.faults, 1);
	assert_int_equal(watch.v.compared, 0);
	close_watch(&watch);
}

static void without_a_recorded_HPFAR_the_code_is_not_compared(void **state)
{
	struct nvt_fault_truth truth = {.has = NVT_TRUTH_RET, .ret = -14};
	struct nvt_event ev = fault_event(ESR_READ, 0x1000);
	struct watch watch;

	(void)state;
	open_watch(&watch);
	make_guest(&watch.w, FRAME, L1_RW);
	ev.fault.hpfar &= ~S2_HPFAR_VALID;
	ev.fault.truth = &truth;
	send(&watch.w, ev);
	expect_agreement(&watch, VERIFY_SYNDROME, 0);
	close_watch(&watch);
}

/* ---- what proves nothing ---- */

static void tell_leaf(struct world *w, uint8_t origin)
{
	send(w, (struct nvt_event){.kind = NVT_L1_LEAF,
				   .l1_leaf = {.ipa = 0x1000,
					       .vttbr = VTTBR(0),
					       .vtcr = VTCR,
					       .desc = FRAME | L1_RW | L1_PAGE,
					       .level = 3,
					       .origin = origin}});
}

static void send_with_truth(struct watch *watch, prepare_fn *prepare, change_fn *change,
			    uint8_t leaf_origin, uint8_t backing_origin)
{
	struct nvt_event backing = backing_event(FRAME, 4096, 12), ev;
	struct nvt_fault_truth truth = {0};

	open_watch(watch);
	prepare(&watch->w, &ev, &truth);
	tell_leaf(&watch->w, leaf_origin);
	backing.backing.origin = backing_origin;
	send(&watch->w, backing);
	if (change)
		change(&ev, &truth);
	ev.fault.truth = &truth;
	send(&watch->w, ev);
}

static void a_walk_of_a_leaf_taken_from_the_truth_is_derived(void **state)
{
	struct watch watch;

	(void)state;
	send_with_truth(&watch, mapped, NULL, NVT_OWN_TRUTH, NVT_EARLIER);
	expect_agreement(&watch, VERIFY_WALK, 0);
	assert_int_equal(watch.v.field[VERIFY_WALK].derived, 1);
	assert_int_equal(watch.v.field[VERIFY_SIZE].compared, 1);
	assert_int_equal(watch.v.field[VERIFY_SIZE].derived, 0);
	/* The next fault has to stand for itself. */
	send(&watch.w, (struct nvt_event){.kind = NVT_MARK, .mark = {.text = ""}});
	assert_false(watch.v.own_leaf);
	close_watch(&watch);

	send_with_truth(&watch, mapped, NULL, NVT_EARLIER, NVT_EARLIER);
	expect_agreement(&watch, VERIFY_WALK, 1);
	assert_int_equal(watch.v.field[VERIFY_WALK].derived, 0);
	close_watch(&watch);
}

static void a_mapping_of_backing_taken_from_the_truth_is_of_host_input(void **state)
{
	static const enum verify_field fields[] = {VERIFY_SIZE, VERIFY_ADDRESS, VERIFY_OUTPUT};
	struct watch watch;
	unsigned int i;

	(void)state;
	send_with_truth(&watch, mapped, NULL, NVT_EARLIER, NVT_OWN_TRUTH);
	for (i = 0; i < 3; i++) {
		expect_agreement(&watch, fields[i], 0);
		assert_int_equal(watch.v.field[fields[i]].host_input, 1);
	}
	/* Permissions come from L1's leaf, which is known otherwise. */
	assert_int_equal(watch.v.field[VERIFY_PERMISSION].compared, 1);
	close_watch(&watch);
}

static void what_is_of_host_input_and_differs_is_a_mismatch_all_the_same(void **state)
{
	struct watch watch;

	(void)state;
	send_with_truth(&watch, mapped, map_pa, NVT_EARLIER, NVT_OWN_TRUTH);
	expect_difference(&watch, VERIFY_OUTPUT);
	assert_int_equal(watch.last.basis, VERIFY_HOST_INPUT);
	close_watch(&watch);
}

static void an_injection_is_derived_only_where_the_walk_failed(void **state)
{
	struct watch watch;

	(void)state;
	send_with_truth(&watch, failed, NULL, NVT_OWN_TRUTH, NVT_EARLIER);
	expect_agreement(&watch, VERIFY_INJECTED_ESR, 0);
	assert_int_equal(watch.v.field[VERIFY_INJECTED_ESR].derived, 1);
	close_watch(&watch);

	open_watch(&watch);
	watch.v.own_leaf = true;
	{
		struct nvt_fault_truth truth = {0};
		struct nvt_event ev;

		forwarded(&watch.w, &ev, &truth);
		watch.v.own_leaf = true;
		ev.fault.truth = &truth;
		send(&watch.w, ev);
	}
	expect_agreement(&watch, VERIFY_INJECTED_ESR, 1);
	assert_int_equal(watch.v.field[VERIFY_WALK].derived, 1);
	close_watch(&watch);
}

static void an_address_that_is_not_known_is_not_compared(void **state)
{
	struct nvt_event backing = backing_event(FRAME, 4096, 12), ev;
	struct nvt_fault_truth truth = {0};
	struct watch watch;

	(void)state;
	open_watch(&watch);
	mapped(&watch.w, &ev, &truth);
	backing.backing.flags |= NVT_BACKING_NO_PA;
	send(&watch.w, backing);
	ev.fault.truth = &truth;
	send(&watch.w, ev);
	expect_agreement(&watch, VERIFY_OUTPUT, 0);
	assert_int_equal(watch.v.field[VERIFY_OUTPUT].derived, 0);
	close_watch(&watch);
}

/* Whether the kernel or its VMM emulates a device is not for the handler to know. */
static void who_emulates_a_device_proves_nothing(void **state)
{
	static const int32_t rets[] = {0, 1};
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct nvt_fault_truth truth = {0};
		struct watch watch;
		struct nvt_event ev;

		open_watch(&watch);
		emulated(&watch.w, &ev, &truth);
		truth.ret = rets[i];
		ev.fault.truth = &truth;
		send(&watch.w, ev);
		expect_agreement(&watch, VERIFY_RETURN, 0);
		assert_int_equal(watch.v.field[VERIFY_RETURN].host_input, 1);
		assert_int_equal(watch.v.field[VERIFY_RETURN].derived, 0);
		close_watch(&watch);
	}
}

/* ---- races with the host ---- */

/* A recorded fault whose code these tables do not give, so long after a host event. */
static void fault_after_unmap(struct watch *watch, uint64_t wait_ns)
{
	struct nvt_fault_truth truth = {0};
	struct nvt_event ev;

	open_watch(watch);
	mapped(&watch->w, &ev, &truth);
	on_range(&watch->w, NVT_HOST_UNMAP, RAM, 4096);
	extent(&watch->w, 0, NVT_UNMAPPED);
	ev.fault.esr = FSC(ESR_READ, 7);
	ev.fault.truth = &truth;
	watch->w.now -= 10000000 - wait_ns; /* send adds as much */
	send(&watch->w, ev);
}

static void a_code_right_after_a_host_event_may_have_raced(void **state)
{
	struct watch watch;

	(void)state;
	fault_after_unmap(&watch, VERIFY_RACE_NS);
	expect_agreement(&watch, VERIFY_SYNDROME, 0);
	assert_int_equal(watch.v.field[VERIFY_SYNDROME].raced, 1);
	close_watch(&watch);
	fault_after_unmap(&watch, VERIFY_RACE_NS + 1);
	expect_difference(&watch, VERIFY_SYNDROME);
	assert_int_equal(watch.v.field[VERIFY_SYNDROME].raced, 0);
	close_watch(&watch);
}

/* What was mapped in that time may be gone: its next fault may come with any code, once. */
static void a_leaf_made_right_after_a_host_event_may_have_raced(void **state)
{
	struct nvt_event ev = fault_event(ESR_READ, 0x1000);
	struct nvt_fault_truth truth = {0};
	struct watch watch;

	(void)state;
	walked(&truth, FRAME, L1_RW);
	fault_after_unmap(&watch, VERIFY_RACE_NS);
	ev.fault.truth = &truth;
	assert_int_equal(send(&watch.w, ev)->hw_fsc, 0);
	expect_agreement(&watch, VERIFY_SYNDROME, 0);
	assert_int_equal(watch.v.field[VERIFY_SYNDROME].raced, 2);
	close_watch(&watch);
	/* Mapped long after: no excuse. */
	fault_after_unmap(&watch, VERIFY_RACE_NS + 1);
	watch.reports = 0;
	send(&watch.w, ev);
	assert_int_equal(watch.reports, 1);
	assert_int_equal(watch.last.field, VERIFY_SYNDROME);
	close_watch(&watch);
}

/* ---- contexts ---- */

static struct nvt_event entry_with_truth(unsigned int guest, uint16_t context, bool enabled)
{
	struct nvt_event ev = context_event(0, NVT_ERET, guest);

	ev.context.flags |= NVT_CONTEXT_TRUTH | (enabled ? NVT_CONTEXT_S2_ENABLED : 0);
	ev.context.context = context;
	return ev;
}

/* Another vCPU made the same mapping while this fault waited: the mapper refuses. */
static void a_mapping_that_was_refused_is_no_difference(void **state)
{
	struct nvt_fault_truth truth = {0};
	struct nvt_event first, second;
	struct watch watch;

	(void)state;
	open_watch(&watch);
	mapped(&watch.w, &first, &truth);
	enter(&watch.w, 1, 0);
	first.fault.truth = &truth;
	send(&watch.w, first);
	second = first;
	second.vcpu = 1;
	second.fault.duration_ns = 20000000;
	truth.map_ret = -11;
	send(&watch.w, second);
	assert_int_equal(watch.reports, 0);
	assert_int_equal(watch.v.field[VERIFY_SYNDROME].raced, 1);
	assert_int_equal(watch.v.field[VERIFY_SIZE].compared, 2);
	/* Had it not waited, the hardware would have seen the mapping. */
	second.fault.duration_ns = 0;
	send(&watch.w, second);
	expect_difference(&watch, VERIFY_SYNDROME);
	close_watch(&watch);
}

static void a_mapping_refused_without_cause_differs(void **state)
{
	struct nvt_fault_truth truth = {0};
	struct nvt_event ev;
	struct watch watch;

	(void)state;
	open_watch(&watch);
	mapped(&watch.w, &ev, &truth);
	truth.map_ret = -11;
	ev.fault.truth = &truth;
	send(&watch.w, ev);
	expect_difference(&watch, VERIFY_SIZE);
	close_watch(&watch);
}

static void a_mapping_of_unknown_backing_is_of_host_input(void **state)
{
	struct nvt_fault_truth truth = {0};
	struct nvt_event ev;
	struct watch watch;

	(void)state;
	open_watch(&watch);
	mapped(&watch.w, &ev, &truth);
	backings_free(&watch.w.e->machine.backings);
	ev.fault.truth = &truth;
	send(&watch.w, ev);
	assert_int_equal(watch.v.field[VERIFY_SIZE].compared, 0);
	assert_int_equal(watch.v.field[VERIFY_SIZE].host_input, 1);
	assert_int_equal(watch.v.field[VERIFY_OUTPUT].compared, 0);
	close_watch(&watch);
}

static void a_relax_that_was_not_recorded_differs(void **state)
{
	struct nvt_fault_truth truth = {0};
	struct nvt_event ev;
	struct watch watch;

	(void)state;
	open_watch(&watch);
	relaxed(&watch.w, &ev, &truth);
	truth.has &= (uint16_t)~NVT_TRUTH_RELAX;
	ev.fault.truth = &truth;
	send(&watch.w, ev);
	expect_difference(&watch, VERIFY_RELAX);
	close_watch(&watch);
}

static void another_slot_keeps_the_log(void **state)
{
	struct nvt_event slot = {
		.kind = NVT_SLOT,
		.slot = {.base = 16 * GIB, .size = MIB, .uaddr = 1ull << 44, .id = 9},
	};
	struct watch watch;

	(void)state;
	open_watch(&watch);
	dirtylog_mark(&watch.v.dirty, RAM / 4096);
	send(&watch.w, slot);
	assert_int_equal(dirtylog_take(&watch.v.dirty, RAM / 4096), 1);
	close_watch(&watch);
}

static void a_stream_of_faults_alone_has_nothing_to_compare(void **state)
{
	struct nvt_fault_truth truth = {.has = NVT_TRUTH_INJECT};
	struct nvt_event ev = fault_event(ESR_READ, 0x1000);
	struct watch watch;

	(void)state;
	open_watch(&watch);
	watch.w.e->class = NVT_PARTIAL;
	ev.fault.truth = &truth;
	send(&watch.w, ev);
	send(&watch.w, (struct nvt_event){.kind = NVT_EXTENT, .extent = {.size = 4096}});
	assert_int_equal(watch.v.faults, 1);
	assert_int_equal(watch.v.compared, 0);
	assert_int_equal(watch.reports, 0);
	close_watch(&watch);
}

static void the_context_entered_is_compared(void **state)
{
	struct watch watch;

	(void)state;
	open_watch(&watch);
	send(&watch.w, entry_with_truth(0, 0, true));
	expect_agreement(&watch, VERIFY_CONTEXT, 1);
	leave(&watch.w, 0, 0);
	send(&watch.w, entry_with_truth(1, 0, true));
	expect_difference(&watch, VERIFY_CONTEXT);
	assert_string_equal(watch.last.got, "context 0x1");
	assert_int_equal(watch.v.other_mismatched, 1);
	assert_int_equal(watch.v.mismatched, 0);
	close_watch(&watch);
}

static void whether_stage_2_is_on_is_compared(void **state)
{
	struct watch watch;

	(void)state;
	open_watch(&watch);
	send(&watch.w, entry_with_truth(0, 0, false));
	expect_difference(&watch, VERIFY_CONTEXT);
	assert_string_equal(watch.last.expected, "stage 2 on 0");
	close_watch(&watch);
}

static void L1s_own_context_is_none_of_the_nested(void **state)
{
	struct nvt_event ev = context_event(0, NVT_EXCEPTION, 0);
	struct watch watch;

	(void)state;
	open_watch(&watch);
	enter(&watch.w, 0, 0);
	ev.context.flags |= NVT_CONTEXT_TRUTH;
	ev.context.context = NVT_CANONICAL_CONTEXT;
	send(&watch.w, ev);
	expect_agreement(&watch, VERIFY_CONTEXT, 1);
	close_watch(&watch);
}

/* ---- ranges that were swept ---- */

static void open_two_guests(struct watch *watch)
{
	unsigned int guest;

	open_watch(watch);
	for (guest = 0; guest < 2; guest++) {
		enter(&watch->w, 0, guest);
		leave(&watch->w, 0, guest);
	}
}

static void swept(struct world *w, uint16_t context, uint64_t start, uint64_t size)
{
	send(w, (struct nvt_event){.kind = NVT_EXTENT,
				   .extent = {.context = context, .start = start, .size = size}});
}

static const struct swept_row {
	uint16_t context;
	uint64_t start, size;
} wrong_sweeps[] = {
	{0, 0x1000, 0x1000},
	{1, 0x2000, 0x1000},
	{1, 0x1000, 0x2000},
};

static void ranges_that_L1_invalidates_are_compared(void **state)
{
	struct watch watch;
	unsigned int i;

	(void)state;
	open_two_guests(&watch);
	tlbi(&watch.w, TLBI_IPAS2E1IS, 7ull << 44 | 1, 1);
	swept(&watch.w, 1, 0x1000, 0x1000);
	verify_end(&watch.v);
	expect_agreement(&watch, VERIFY_TLBI_EXTENT, 1);
	close_watch(&watch);
	for (i = 0; i < 3; i++) {
		const struct swept_row *row = &wrong_sweeps[i];

		open_two_guests(&watch);
		tlbi(&watch.w, TLBI_IPAS2E1IS, 7ull << 44 | 1, 1);
		swept(&watch.w, row->context, row->start, row->size);
		expect_difference(&watch, VERIFY_TLBI_EXTENT);
		assert_int_equal(watch.v.other_mismatched, 1);
		close_watch(&watch);
	}
}

static void a_range_that_is_missing_is_found_at_the_next_sweep_or_the_end(void **state)
{
	struct watch watch;
	uint64_t ordinal;

	(void)state;
	open_two_guests(&watch);
	ordinal = watch.w.ordinal;
	tlbi(&watch.w, TLBI_IPAS2E1IS, 7ull << 44 | 1, 1);
	assert_int_equal(mismatches(&watch), 0);
	tlbi(&watch.w, TLBI_IPAS2E1IS, 7ull << 44 | 2, 1);
	expect_difference(&watch, VERIFY_TLBI_EXTENT);
	assert_int_equal(watch.last.ordinal, ordinal); /* of what it was missing for */
	swept(&watch.w, 1, 0x2000, 0x1000);
	verify_end(&watch.v);
	expect_difference(&watch, VERIFY_TLBI_EXTENT);
	close_watch(&watch);

	open_two_guests(&watch);
	tlbi(&watch.w, TLBI_IPAS2E1IS, 7ull << 44 | 1, 1);
	verify_end(&watch.v);
	expect_difference(&watch, VERIFY_TLBI_EXTENT);
	assert_int_equal(watch.v.other_mismatched, 1);
	close_watch(&watch);
}

static void a_range_that_nothing_asked_for_belongs_to_what_swept_last(void **state)
{
	struct watch watch;

	(void)state;
	open_watch(&watch);
	swept(&watch.w, 0, 0, 4096);
	expect_difference(&watch, VERIFY_HOST_EXTENT);
	close_watch(&watch);

	open_two_guests(&watch);
	tlbi(&watch.w, TLBI_IPAS2E1IS, 7ull << 44 | 1, 5); /* nobody has that VMID */
	swept(&watch.w, 1, 0x1000, 0x1000);
	expect_difference(&watch, VERIFY_TLBI_EXTENT);
	close_watch(&watch);

	open_two_guests(&watch);
	tlbi(&watch.w, TLBI_IPAS2E1IS, 7ull << 44 | 1, 1);
	swept(&watch.w, 1, 0x1000, 0x1000);
	swept(&watch.w, 1, 0x1000, 0x1000);
	expect_difference(&watch, VERIFY_TLBI_EXTENT);
	close_watch(&watch);
}

static void ranges_that_the_host_takes_are_compared(void **state)
{
	struct watch watch;

	(void)state;
	open_two_guests(&watch);
	on_range(&watch.w, NVT_HOST_UNMAP, RAM, 4096);
	extent(&watch.w, 0, NVT_UNMAPPED);
	extent(&watch.w, 1, NVT_UNMAPPED);
	on_range(&watch.w, NVT_WRITE_PROTECT, RAM, 4096);
	extent(&watch.w, 0, NVT_WRITE_PROTECTED);
	extent(&watch.w, 1, NVT_WRITE_PROTECTED);
	verify_end(&watch.v);
	expect_agreement(&watch, VERIFY_HOST_EXTENT, 4);
	/* Two contexts in the wrong order are two differences. */
	on_range(&watch.w, NVT_HOST_UNMAP, RAM, 4096);
	extent(&watch.w, 1, NVT_UNMAPPED);
	extent(&watch.w, 0, NVT_UNMAPPED);
	assert_int_equal(watch.v.field[VERIFY_HOST_EXTENT].mismatched, 2);
	assert_int_equal(mismatches(&watch), 2);
	close_watch(&watch);
}

static void a_range_of_the_host_that_is_missing_is_found(void **state)
{
	struct watch watch;

	(void)state;
	open_two_guests(&watch);
	on_range(&watch.w, NVT_HOST_UNMAP, RAM, 4096);
	extent(&watch.w, 0, NVT_UNMAPPED);
	verify_end(&watch.v);
	expect_difference(&watch, VERIFY_HOST_EXTENT);
	assert_string_equal(watch.last.got, "context 0x1, size 0x1000000000000");
	close_watch(&watch);
}

static void a_recycled_context_is_swept_too(void **state)
{
	struct watch watch;
	unsigned int guest;

	(void)state;
	open_watch(&watch);
	for (guest = 0; guest < 4; guest++) {
		enter(&watch.w, 0, guest);
		leave(&watch.w, 0, guest);
	}
	enter(&watch.w, 0, 4);
	swept(&watch.w, 0, 0, 1ull << 48);
	verify_end(&watch.v);
	expect_agreement(&watch, VERIFY_HOST_EXTENT, 1);
	close_watch(&watch);
}

static void without_memory_for_ranges_it_is_said(void **state)
{
	struct watch watch;

	(void)state;
	open_two_guests(&watch);
	heap_left = 0;
	tlbi(&watch.w, TLBI_IPAS2E1IS, 7ull << 44 | 1, 1);
	memory_is_back();
	assert_true(watch.v.out_of_memory);
	verify_end(&watch.v);
	assert_int_equal(mismatches(&watch), 0);
	close_watch(&watch);
}

/* ---- the dirty log ---- */

static void dirty_pages(struct watch *watch, unsigned int first, unsigned int last)
{
	open_watch(watch);
	log_writes(&watch->w, true);
	fault(&watch->w, FSC(ESR_WRITE, 4), RAM + first * 4096ull);
	fault(&watch->w, FSC(ESR_READ, 4), RAM + (last + 1) * 4096ull);
	fault(&watch->w, FSC(ESR_WRITE, 4), RAM + last * 4096ull);
	/* Of another word. */
	fault(&watch->w, FSC(ESR_WRITE, 4), RAM + 64 * 4096ull);
}

static void the_log_read_is_from_the_first_to_the_last_dirty_page(void **state)
{
	struct watch watch;

	(void)state;
	dirty_pages(&watch, 3, 17);
	on_range(&watch.w, NVT_WRITE_PROTECT, RAM + 3 * 4096, 15 * 4096);
	expect_agreement(&watch, VERIFY_DIRTY, 1);
	on_range(&watch.w, NVT_WRITE_PROTECT, RAM + 64 * 4096, 4096);
	expect_agreement(&watch, VERIFY_DIRTY, 2);
	/* Read and protected: clean until it is written again. */
	fault(&watch.w, ESR_WRITE, RAM + 9 * 4096);
	on_range(&watch.w, NVT_WRITE_PROTECT, RAM + 9 * 4096, 4096);
	expect_agreement(&watch, VERIFY_DIRTY, 3);
	close_watch(&watch);
}

static void a_log_that_reads_otherwise_differs(void **state)
{
	static const struct {
		unsigned int first, count;
	} wrong[] = {{4, 14}, {3, 14}, {2, 16}, {3, 16}};
	struct watch watch;
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		dirty_pages(&watch, 3, 17);
		on_range(&watch.w, NVT_WRITE_PROTECT, RAM + wrong[i].first * 4096ull,
			 wrong[i].count * 4096ull);
		expect_difference(&watch, VERIFY_DIRTY);
		close_watch(&watch);
	}
}

static void a_clean_word_that_is_read_differs(void **state)
{
	struct watch watch;

	(void)state;
	open_watch(&watch);
	log_writes(&watch.w, true);
	on_range(&watch.w, NVT_WRITE_PROTECT, RAM + 4096, 4096);
	expect_difference(&watch, VERIFY_DIRTY);
	close_watch(&watch);
}

static void protecting_what_is_not_logged_or_more_than_a_word_says_nothing(void **state)
{
	struct watch watch;

	(void)state;
	open_watch(&watch);
	on_range(&watch.w, NVT_WRITE_PROTECT, RAM, 4096);
	on_range(&watch.w, NVT_WRITE_PROTECT, 8 * GIB, 4096);
	log_writes(&watch.w, true);
	on_range(&watch.w, NVT_WRITE_PROTECT, RAM, RAM_SIZE);
	expect_agreement(&watch, VERIFY_DIRTY, 0);
	close_watch(&watch);
}

static void logging_that_begins_anew_forgets_what_was_dirty(void **state)
{
	struct watch watch;

	(void)state;
	dirty_pages(&watch, 3, 17);
	log_writes(&watch.w, false);
	log_writes(&watch.w, true);
	fault(&watch.w, ESR_WRITE, RAM + 5 * 4096);
	on_range(&watch.w, NVT_WRITE_PROTECT, RAM + 5 * 4096, 4096);
	expect_agreement(&watch, VERIFY_DIRTY, 1);
	close_watch(&watch);
}

/* ---- the table of fields ---- */

static void every_field_has_a_name_and_a_case_in_which_it_differs(void **state)
{
	/* Those that are not of faults have tests of their own. */
	uint64_t seen =
		1ull << VERIFY_TLBI_EXTENT | 1ull << VERIFY_HOST_EXTENT | 1ull << VERIFY_DIRTY;
	unsigned int i, k;

	(void)state;
	for (i = 0; i < ROW_COUNT; i++)
		seen |= 1ull << rows[i].field;
	assert_int_equal(seen, (1ull << VERIFY_FIELD_COUNT) - 1);
	for (i = 0; i < VERIFY_FIELD_COUNT; i++) {
		assert_non_null(verify_fields[i].name);
		assert_non_null(verify_fields[i].what);
		for (k = 0; k < i; k++)
			assert_string_not_equal(verify_fields[i].name, verify_fields[k].name);
	}
}

static void without_memory_nothing_is_watched(void **state)
{
	struct engine_options o = world_options();
	struct verify v;
	struct world w;

	(void)state;
	world_open(&w, &o, NVT_FULL);
	heap_left = 0;
	assert_false(verify_init(&v, w.e, NULL, NULL));
	memory_is_back();
	verify_destroy(&v);
	world_close(&w);
}

static void differences_are_counted_without_anybody_to_tell(void **state)
{
	struct watch watch;

	(void)state;
	open_watch(&watch);
	watch.v.report = NULL;
	swept(&watch.w, 0, 0, 4096);
	assert_int_equal(mismatches(&watch), 1);
	close_watch(&watch);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_fault_agrees_with_a_faithful_truth),
		TEST(each_fact_of_a_fault_can_differ_alone),
		TEST(a_difference_names_both_sides),
		TEST(many_facts_of_a_field_are_one_difference),
		TEST(a_fault_without_truth_is_counted_and_not_compared),
		TEST(without_a_recorded_HPFAR_the_code_is_not_compared),
		TEST(a_walk_of_a_leaf_taken_from_the_truth_is_derived),
		TEST(a_mapping_of_backing_taken_from_the_truth_is_of_host_input),
		TEST(what_is_of_host_input_and_differs_is_a_mismatch_all_the_same),
		TEST(an_injection_is_derived_only_where_the_walk_failed),
		TEST(an_address_that_is_not_known_is_not_compared),
		TEST(who_emulates_a_device_proves_nothing),
		TEST(a_code_right_after_a_host_event_may_have_raced),
		TEST(a_leaf_made_right_after_a_host_event_may_have_raced),
		TEST(a_mapping_that_was_refused_is_no_difference),
		TEST(a_mapping_refused_without_cause_differs),
		TEST(a_mapping_of_unknown_backing_is_of_host_input),
		TEST(a_relax_that_was_not_recorded_differs),
		TEST(another_slot_keeps_the_log),
		TEST(a_stream_of_faults_alone_has_nothing_to_compare),
		TEST(the_context_entered_is_compared),
		TEST(whether_stage_2_is_on_is_compared),
		TEST(L1s_own_context_is_none_of_the_nested),
		TEST(ranges_that_L1_invalidates_are_compared),
		TEST(a_range_that_is_missing_is_found_at_the_next_sweep_or_the_end),
		TEST(a_range_that_nothing_asked_for_belongs_to_what_swept_last),
		TEST(ranges_that_the_host_takes_are_compared),
		TEST(a_range_of_the_host_that_is_missing_is_found),
		TEST(a_recycled_context_is_swept_too),
		TEST(without_memory_for_ranges_it_is_said),
		TEST(the_log_read_is_from_the_first_to_the_last_dirty_page),
		TEST(a_log_that_reads_otherwise_differs),
		TEST(a_clean_word_that_is_read_differs),
		TEST(protecting_what_is_not_logged_or_more_than_a_word_says_nothing),
		TEST(logging_that_begins_anew_forgets_what_was_dirty),
		TEST(every_field_has_a_name_and_a_case_in_which_it_differs),
		TEST(without_memory_nothing_is_watched),
		TEST(differences_are_counted_without_anybody_to_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
