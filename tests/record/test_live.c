/* SPDX-License-Identifier: GPL-2.0-only */
/* A trace that is written while records come, without a kernel that makes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "import/live.h"
#include "trace.h"

static char folder[] = "/tmp/nvsim-live-XXXXXX";
static char path[64];

static struct nvt_import_stats stats;

static struct imp_live *begin(void)
{
	const struct imp_live_options o = {.output = path, .tool_version = "1", .page_shift = 14};
	struct nvt_error err;
	struct imp_live *l = imp_live_open(&o, &stats, &err);

	assert_non_null(l);
	return l;
}

static void finish(struct imp_live *l)
{
	const struct imp_live_source source = {.kernel = "7.3", .clock = "mono_raw", .cpus = 2};
	struct nvt_error err;

	assert_true(imp_live_runs(l));
	assert_int_equal(imp_live_finish(l, &source, &err), NVT_OK);
}

static void set(struct imp_record *r, enum imp_field_id id, uint64_t value)
{
	r->v[id] = value;
	r->has |= (uint64_t)1 << id;
}

static void give(struct imp_live *l, struct imp_record *r, uint64_t time_ns, uint8_t event)
{
	r->time_ns = time_ns;
	r->event = event;
	r->pid = 7;
	assert_int_equal(imp_live_record(l, r), NVT_OK);
}

static void give_fault(struct imp_live *l, uint64_t time_ns, uint64_t ipa)
{
	struct imp_record r = {.cpu = 0};

	set(&r, IMP_ESR, 0x93c68047);
	set(&r, IMP_IPA, ipa);
	set(&r, IMP_FAR, ipa);
	set(&r, IMP_PC, 0x8000);
	give(l, &r, time_ns, IMP_EV_GUEST_FAULT);
}

/* To EL1: L1 enters its guest. */
static void give_eret(struct imp_live *l, uint64_t time_ns)
{
	struct imp_record r = {.cpu = 0};

	set(&r, IMP_PSTATE, 0x3c5);
	set(&r, IMP_HCR, 1);
	give(l, &r, time_ns, IMP_EV_ERET);
}

static const struct nvt_event *next(struct nvt_reader *reader)
{
	const struct nvt_event *ev;
	struct nvt_error err;
	uint64_t ordinal;

	assert_int_equal(nvt_next(reader, &ev, &ordinal, &err), NVT_OK);
	return ev;
}

static struct nvt_reader *read_back(void)
{
	struct nvt_error err;
	struct nvt_reader *reader = nvt_open(path, &err);

	assert_non_null(reader);
	return reader;
}

static void what_comes_before_the_first_change_is_unknown(void **state)
{
	struct imp_live *l = begin();
	struct nvt_reader *reader;
	const struct nvt_event *ev;

	(void)state;
	give_fault(l, 1000, 0x80000000);
	give_eret(l, 2000);
	give_fault(l, 3001, 0x200000);
	finish(l);
	assert_int_equal(stats.class, NVT_PARTIAL);
	assert_int_equal(stats.kind_count[NVT_FAULT], 2);
	reader = read_back();
	assert_int_equal(nvt_class(reader), NVT_PARTIAL);
	/* The host says itself how large its pages are. */
	assert_int_equal(nvt_machine(reader)->page_shift, 14);
	ev = next(reader);
	assert_int_equal(ev->kind, NVT_FAULT);
	assert_true(ev->fault.flags & NVT_FAULT_UNKNOWN_CONTEXT);
	assert_int_equal(next(reader)->kind, NVT_CONTEXT);
	ev = next(reader);
	assert_false(ev->fault.flags & NVT_FAULT_UNKNOWN_CONTEXT);
	assert_int_equal(ev->time_ns, 3001);
	nvt_close(reader);
	unlink(path);
}

static void what_is_lost_stands_where_it_was_lost(void **state)
{
	struct imp_live *l = begin();
	struct nvt_reader *reader;
	const struct nvt_event *ev;

	(void)state;
	give_fault(l, 1000, 0x80000000);
	assert_int_equal(imp_live_lost(l, 1500, 3, 42), NVT_OK);
	give_fault(l, 2000, 0x80001000);
	finish(l);
	reader = read_back();
	next(reader);
	ev = next(reader);
	assert_int_equal(ev->kind, NVT_LOST);
	assert_int_equal(ev->lost.count, 42);
	assert_int_equal(ev->lost.cpu, 3);
	assert_int_equal(next(reader)->kind, NVT_FAULT);
	nvt_close(reader);
	unlink(path);
}

static void time_does_not_go_back(void **state)
{
	struct imp_live *l = begin();
	struct nvt_reader *reader;

	(void)state;
	give_fault(l, 2000, 0x80000000);
	give_fault(l, 1000, 0x80001000);
	finish(l);
	reader = read_back();
	assert_int_equal(next(reader)->time_ns, 2000);
	assert_int_equal(next(reader)->time_ns, 2000);
	nvt_close(reader);
	unlink(path);
}

/* On mapped memory a VM changes context, and faults rarely. */
static void a_vm_that_does_not_fault_runs(void **state)
{
	enum { MANY = 200000 };
	struct imp_live *l = begin();

	(void)state;
	for (uint64_t i = 1; i <= MANY; i++)
		give_eret(l, i);
	finish(l);
	assert_int_equal(stats.kind_count[NVT_CONTEXT], MANY);
	unlink(path);
}

static void nothing_is_left_of_nothing(void **state)
{
	struct imp_live *l = begin();
	struct imp_record r = {.cpu = 0};

	(void)state;
	give(l, &r, 1, IMP_EV_ENTRY);
	assert_int_equal(imp_live_ignored(l, "kvm_age_hva", 3), NVT_OK);
	assert_false(imp_live_runs(l));
	imp_live_abandon(l);
	assert_int_equal(rmdir(folder), 0);
	assert_non_null(mkdtemp(strcpy(folder, "/tmp/nvsim-live-XXXXXX")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_before_the_first_change_is_unknown),
		cmocka_unit_test(what_is_lost_stands_where_it_was_lost),
		cmocka_unit_test(time_does_not_go_back),
		cmocka_unit_test(a_vm_that_does_not_fault_runs),
		cmocka_unit_test(nothing_is_left_of_nothing),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/t.zst", folder);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(folder);
	return failed;
}
