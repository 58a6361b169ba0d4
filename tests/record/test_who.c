/* SPDX-License-Identifier: GPL-2.0-only */
/* Whose records are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "who.h"

#define KERNEL_THREAD 2

static void the_first_that_runs_is_kept(void **state)
{
	struct record_who w;

	(void)state;
	record_who_init(&w, RECORD_ANY, 0);
	/* VMs are made before they run: until one does, that is kept of each, and what follows. */
	assert_true(record_who_keeps(&w, IMP_EV_INITMMU, 10, 0xa));
	assert_true(record_who_keeps(&w, IMP_EV_INITMMU, 20, 0xb));
	assert_true(record_who_keeps(&w, IMP_EV_MEMSLOT, 20, 0xb));
	assert_true(record_who_keeps(&w, IMP_EV_LOADMMU, 20, 0));
	assert_true(record_who_keeps(&w, IMP_EV_GUEST_FAULT, 20, 0));
	assert_int_equal(w.chosen, 20);
	assert_false(record_who_keeps(&w, IMP_EV_GUEST_FAULT, 10, 0));
	assert_false(record_who_keeps(&w, IMP_EV_GUEST_FAULT, 10, 0));
	assert_true(record_who_keeps(&w, IMP_EV_ENTRY, 20, 0));
	assert_int_equal(w.other_count, 1);
	assert_int_equal(w.others[0].pid, 10);
	assert_int_equal(w.others[0].fault_count, 2);
	record_who_free(&w);
}

/* What happens to an older VM before one runs may concern another, and come however often. */
static void older_vms_have_to_run_first(void **state)
{
	struct record_who w;

	(void)state;
	record_who_init(&w, RECORD_ANY, 0);
	assert_false(record_who_keeps(&w, IMP_EV_MMUN_UNMAP, 10, 0xa));
	assert_false(record_who_keeps(&w, IMP_EV_MMUN_AGE, KERNEL_THREAD, 0xa));
	assert_false(record_who_keeps(&w, IMP_EV_UNMAP_RANGE, 10, 0));
	assert_false(record_who_keeps(&w, IMP_EV_LOADMMU, 10, 0));
	assert_false(record_who_keeps(&w, IMP_EV_MEMSLOT, 10, 0xa));
	assert_int_equal(w.chosen, 0);
	assert_true(record_who_keeps(&w, IMP_EV_ABORT, 20, 0xb));
	assert_true(record_who_keeps(&w, IMP_EV_MMUN_UNMAP, KERNEL_THREAD, 0xb));
	assert_false(record_who_keeps(&w, IMP_EV_MMUN_UNMAP, KERNEL_THREAD, 0xa));
	record_who_free(&w);
}

static void vms_of_one_process_are_counted(void **state)
{
	struct record_who w;

	(void)state;
	record_who_init(&w, RECORD_PROCESS, 20);
	/* One that is made to see what the host can does not run. */
	assert_true(record_who_keeps(&w, IMP_EV_INITMMU, 20, 0xa));
	assert_true(record_who_keeps(&w, IMP_EV_ABORT, 20, 0xb));
	assert_true(record_who_keeps(&w, IMP_EV_ABORT, 20, 0xb));
	assert_false(record_who_keeps(&w, IMP_EV_ABORT, 10, 0xc));
	assert_int_equal(record_who_ran(&w), 1);
	assert_true(record_who_keeps(&w, IMP_EV_ABORT, 20, 0xa));
	assert_true(record_who_keeps(&w, IMP_EV_INITMMU, 20, 0xa));
	assert_int_equal(record_who_ran(&w), 2);
	/* Another process has its address now. */
	assert_false(record_who_keeps(&w, IMP_EV_INITMMU, 10, 0xa));
	assert_int_equal(record_who_ran(&w), 1);
	record_who_free(&w);
}

static void a_process_is_waited_for(void **state)
{
	struct record_who w;

	(void)state;
	record_who_init(&w, RECORD_PROCESS, 20);
	assert_false(record_who_keeps(&w, IMP_EV_GUEST_FAULT, 10, 0));
	assert_int_equal(w.chosen, 0);
	assert_true(record_who_is_ours(&w, 20));
	assert_false(record_who_is_ours(&w, 10));
	/* No other VM can be meant. */
	assert_true(record_who_keeps(&w, IMP_EV_LOADMMU, 20, 0));
	assert_true(record_who_keeps(&w, IMP_EV_ERET, 20, 0));
	assert_int_equal(w.chosen, 20);
	record_who_free(&w);
}

static void a_command_s_children_are_its_own(void **state)
{
	struct record_who w;

	(void)state;
	record_who_init(&w, RECORD_COMMAND, 100);
	record_who_forked(&w, 100, 105);
	record_who_forked(&w, 50, 101);
	record_who_forked(&w, 105, 103);
	record_who_forked(&w, 105, 103);
	assert_int_equal(w.family_count, 3);
	/* Its number is given to another process, which is none of the command's. */
	record_who_forked(&w, 50, 105);
	assert_int_equal(w.family_count, 2);
	assert_false(record_who_keeps(&w, IMP_EV_GUEST_FAULT, 101, 0));
	assert_true(record_who_keeps(&w, IMP_EV_GUEST_FAULT, 103, 0));
	assert_false(record_who_keeps(&w, IMP_EV_GUEST_FAULT, 105, 0));
	record_who_free(&w);
}

/* Threads that reclaim or migrate memory belong to no VM, and name the one that they take from. */
static void the_host_s_own_threads_count_by_vm(void **state)
{
	struct record_who w;

	(void)state;
	record_who_init(&w, RECORD_PROCESS, 20);
	assert_true(record_who_keeps(&w, IMP_EV_ABORT, 20, 0xb));
	assert_false(record_who_keeps(&w, IMP_EV_ABORT, 10, 0xa));
	assert_true(record_who_keeps(&w, IMP_EV_MMUN_UNMAP, KERNEL_THREAD, 0xb));
	assert_false(record_who_keeps(&w, IMP_EV_MMUN_UNMAP, KERNEL_THREAD, 0xa));
	assert_false(record_who_keeps(&w, IMP_EV_MMUN_UNMAP, KERNEL_THREAD, 0xc));
	assert_true(record_who_keeps(&w, IMP_EV_UNMAP_RANGE, KERNEL_THREAD, 0));
	assert_false(record_who_keeps(&w, IMP_EV_MAP, KERNEL_THREAD, 0));
	record_who_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_that_runs_is_kept),
		cmocka_unit_test(older_vms_have_to_run_first),
		cmocka_unit_test(vms_of_one_process_are_counted),
		cmocka_unit_test(a_process_is_waited_for),
		cmocka_unit_test(a_command_s_children_are_its_own),
		cmocka_unit_test(the_host_s_own_threads_count_by_vm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
