/* SPDX-License-Identifier: GPL-2.0-only */
/* Both sides of a run: the host's recording, and L1's own beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "import/import.h"
#include "recording.h"

#define ULL(x)	 ((unsigned long long)(x))
#define LIST_MAX 8192u

static char host_path[64], l1_path[64], output_path[64];
static char list[LIST_MAX];
static struct nvt_error error;
static struct nvt_import_stats stats;

static void write_to(const char *path)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(rec.text, 1, rec.length, f), rec.length);
	assert_int_equal(fclose(f), 0);
}

static enum nvt_status import_both(void)
{
	struct nvt_import_options o = {.input = host_path, .output = output_path, .l1 = l1_path};

	error = (struct nvt_error){0};
	return nvt_import(&o, &stats, &error);
}

/* Leaves and shadow faults of the trace, a line each. */
static void list_walks(void)
{
	const struct nvt_event *ev;
	struct nvt_reader *r;
	uint64_t ordinal;
	size_t used = 0;

	if (import_both() != NVT_OK)
		fail_msg("import fails: %s", error.text);
	r = nvt_open(output_path, &error);
	assert_non_null(r);
	list[0] = '\0';
	while (nvt_next(r, &ev, &ordinal, &error) == NVT_OK) {
		const struct nvt_l1_leaf *leaf = &ev->l1_leaf;

		if (ev->kind == NVT_L1_LEAF)
			used += (size_t)snprintf(
				list + used, LIST_MAX - used, "%s %llx level %d %llx vttbr %llx\n",
				leaf->origin == NVT_GIVEN ? "given" : "own", ULL(leaf->ipa),
				leaf->level, ULL(leaf->desc), ULL(leaf->vttbr));
		else if (ev->kind == NVT_FAULT && ev->fault.truth->has & NVT_TRUTH_WALK)
			used += (size_t)snprintf(list + used, LIST_MAX - used, "fault %llx %s\n",
						 ULL(ev->fault.hpfar << 8 & 0xfffffffff000),
						 ev->fault.truth->walk_ret ? "fails" : "maps");
	}
	nvt_close(r);
	unlink(output_path);
}

/* ---- the host's side ---- */

#define ROOT "0x41cd0000"
#define ESR  0x92000047u

static void host_begins(void)
{
	start();
	create_vm();
	load(20, VCPU0, CANON, 0);
	canonical_fault(20, VCPU0, 0x40001000, 0x80001000);
	line(20, 0,
	     "kvm_nested_eret: elr_el2: 0x80000000 spsr_el2: 0x000003c5 (M: EL1h) "
	     "hcr_el2: 480000001");
	load(20, VCPU0, MMU1, 1);
}

/* L2 faults where L1 maps nothing, and L1 is back at once. */
static void reflected(unsigned long long ipa, unsigned int level)
{
	unsigned int esr = (ESR & ~7u) | 4 | level;

	abort_at(20, VCPU0, MMU1, 1, ESR, ipa);
	walk(20, VCPU0, 1, 0, 0, 0, esr, 0);
	line(20, 0, "inject: " FN " vcpu=" VCPU0 " esr=%#x far=%#llx hpfar=%#llx", esr, ipa,
	     ipa >> 8 | 1ull << 63);
	line(20, 0,
	     "kvm_inject_nested_exception: SYNC: esr_el2 %#x elr_el2: 0x1 spsr_el2: 0x000003c5 "
	     "(M: EL1h) hcr_el2: 480000001",
	     esr);
	load(20, VCPU0, CANON, 0);
	abort_ret(20, VCPU0, 1);
	line(20, 0,
	     "kvm_nested_eret: elr_el2: 0x80000000 spsr_el2: 0x000003c5 (M: EL1h) "
	     "hcr_el2: 480000001");
	load(20, VCPU0, MMU1, 1);
}

static void mapped(unsigned long long ipa, unsigned long long desc, unsigned int size, int level)
{
	unsigned long long out = (desc & 0xfffffffff000 & ~(size - 1ull)) | (ipa & (size - 1));

	abort_at(20, VCPU0, MMU1, 1, ESR, ipa);
	walk(20, VCPU0, 0, out, size, level, 0, desc);
	line(20, 0, "permchk: " FN " vcpu=" VCPU0 " ret=0 esr=0x0");
	faultin_and_map(20, out >> 12, ipa, 0x1000, 0x80000000 | (out & 0xffffff));
	abort_ret(20, VCPU0, 1);
}

/* ---- L1's side: its clock is 700 us behind the host's ---- */

#define L1_KVM "0xffff000000aa0000"
#define L1_MMU "0xffff000000aa09b0"

static void l1_at(unsigned int us)
{
	rec.now_us = us;
}

static void l1_begins(void)
{
	start();
	l1_at(300);
	line(90, 0,
	     "initmmu: " FN " kvm=" L1_KVM " mmu=" L1_MMU " type=0x20 ret=0 pgt=0x1 pgd=" ROOT
	     " vtcr=0x802d3520");
}

static void l1_fault(unsigned long long ipa, unsigned int level)
{
	line(91, 0, "kvm_guest_fault: ipa %#llx, hsr %#x, hxfar %#llx, pc 0x1234", ipa,
	     (ESR & ~7u) | 4 | level, ipa);
}

static void l1_map(unsigned long long ipa, unsigned int size, unsigned long long pa)
{
	line(91, 0,
	     "map: " FN " pgt=0x1 mmu=" L1_MMU " vttbr=0x0 addr=%#llx size=%#x phys=%#llx prot=0xf "
	     "flags=0x8",
	     ipa, size, pa);
}

#define PAGE(pa)  ((pa) | 0x7dbull)
#define BLOCK(pa) ((pa) | 0x7d9ull)

/* ---- the tests ---- */

static void l1s_changes_come_between_its_fault_and_the_next(void **state)
{
	(void)state;
	host_begins();
	reflected(0x1000, 2);
	mapped(0x1000, PAGE(0x40001000), 0x1000, 3);
	reflected(0x3000, 3); /* a table is there now */
	mapped(0x3000, PAGE(0x40003000), 0x1000, 3);
	write_to(host_path);
	l1_begins();
	l1_fault(0x1000, 2);
	l1_map(0x1000, 0x1000, 0x40001000);
	l1_fault(0x3000, 3);
	l1_map(0x3000, 0x1000, 0x40003000);
	write_to(l1_path);
	list_walks();
	assert_string_equal(list, "fault 1000 fails\n"
				  "given 1000 level 3 400017db vttbr 1000041cd0000\n"
				  "fault 1000 maps\n"
				  "fault 3000 fails\n"
				  "given 3000 level 3 400037db vttbr 1000041cd0000\n"
				  "fault 3000 maps\n");
	assert_int_equal(stats.l1_fault_count, 2);
	assert_int_equal(stats.l1_matched_count, 2);
	assert_int_equal(stats.l1_unmatched_count, 0);
	assert_int_equal(stats.l1_change_count, 2);
	assert_int_equal(stats.own_leaf_count, 0);
}

static void a_block_that_l1_splits_is_a_table_from_then_on(void **state)
{
	(void)state;
	host_begins();
	reflected(0x201000, 2);
	mapped(0x201000, BLOCK(0x40200000), 0x200000, 2);
	reflected(0x202000, 3);
	mapped(0x202000, PAGE(0x40202000), 0x1000, 3);
	write_to(host_path);
	l1_begins();
	l1_fault(0x201000, 2);
	l1_map(0x200000, 0x200000, 0x40200000);
	l1_fault(0x202000, 3);
	l1_map(0x202000, 0x1000, 0x40202000);
	write_to(l1_path);
	list_walks();
	/* The second failure is before L1's split: by its own side the block was there. */
	assert_non_null(strstr(list, "given 200000 level 2 402007d9"));
	assert_non_null(strstr(list, "own 202000 level 3 0 "));
	assert_non_null(strstr(list, "given 202000 level 3 402027db"));
	assert_int_equal(stats.own_leaf_count, 1);
}

/* What L1 does elsewhere than on a fault comes when its clock says so. */
static void an_unmap_comes_at_its_time(void **state)
{
	unsigned int early, late;

	(void)state;
	host_begins();
	reflected(0x1000, 2);
	early = rec.now_us;
	mapped(0x1000, PAGE(0x40001000), 0x1000, 3);
	line(20, 0,
	     "kvm_inject_nested_exception: IRQ: esr_el2 0x0 elr_el2: 0x1 spsr_el2: 0x000003c5 "
	     "(M: EL1h) hcr_el2: 480000001");
	load(20, VCPU0, CANON, 0);
	rec.now_us += 100;
	late = rec.now_us;
	line(20, 0,
	     "kvm_nested_eret: elr_el2: 0x80000000 spsr_el2: 0x000003c5 (M: EL1h) "
	     "hcr_el2: 480000001");
	load(20, VCPU0, MMU1, 1);
	reflected(0x1000, 2);
	write_to(host_path);
	l1_begins();
	l1_at(early - 700);
	l1_fault(0x1000, 2);
	l1_map(0x1000, 0x1000, 0x40001000);
	l1_at(late - 700 - 40);
	line(92, 0, "unmap_range: " FN " mmu=" L1_MMU " addr=0x0 size=0x10000");
	l1_at(late);
	l1_fault(0x1000, 2);
	write_to(l1_path);
	list_walks();
	assert_string_equal(list, "fault 1000 fails\n"
				  "given 1000 level 3 400017db vttbr 1000041cd0000\n"
				  "fault 1000 maps\n"
				  "given 1000 level 3 0 vttbr 1000041cd0000\n"
				  "given 0 level 2 0 vttbr 1000041cd0000\n"
				  "fault 1000 fails\n");
	assert_int_equal(stats.own_leaf_count, 0);
}

static void protecting_and_relaxing_are_told(void **state)
{
	(void)state;
	host_begins();
	reflected(0x1000, 2);
	mapped(0x1000, PAGE(0x40001000), 0x1000, 3);
	reflected(0x5000, 3);
	mapped(0x5000, PAGE(0x40005000), 0x1000, 3);
	write_to(host_path);
	l1_begins();
	l1_fault(0x1000, 2);
	l1_map(0x1000, 0x1000, 0x40001000);
	line(91, 0, "wp_range: " FN " mmu=" L1_MMU " addr=0x0 end=0x10000");
	line(91, 0, "relax: " FN " mmu=" L1_MMU " addr=0x1000 prot=0xf");
	l1_fault(0x5000, 3);
	l1_map(0x5000, 0x1000, 0x40005000);
	write_to(l1_path);
	list_walks();
	assert_non_null(strstr(list, "given 1000 level 3 4000175b"));
	assert_int_equal(stats.l1_change_count, 4);
}

static void another_vmid_has_all_that_is_there_told_again(void **state)
{
	(void)state;
	host_begins();
	reflected(0x1000, 2);
	mapped(0x1000, PAGE(0x40001000), 0x1000, 3);
	line(20, 0,
	     "abort: " FN " vcpu=" VCPU0 " esr=0x92000047 far=0x1000 hpfar=0x8000000000000010 "
	     "mmu=" MMU0 " vttbr=0x2000041cd0000 vtcr=0x802d3520 s2en=1 pc=0x1 pstate=0x3c5");
	walk(20, VCPU0, 0, 0x40001000, 0x1000, 3, 0, PAGE(0x40001000));
	faultin_and_map(20, 0x40001, 0x1000, 0x1000, 0x80001000);
	abort_ret(20, VCPU0, 1);
	write_to(host_path);
	l1_begins();
	l1_fault(0x1000, 2);
	l1_map(0x1000, 0x1000, 0x40001000);
	write_to(l1_path);
	list_walks();
	assert_non_null(strstr(list, "given 1000 level 3 400017db vttbr 1000041cd0000\n"));
	assert_non_null(strstr(list, "given 1000 level 3 400017db vttbr 2000041cd0000\n"));
}

/* Another VM of L1 gets the memory of the first one's root later. */
static void a_root_is_that_of_the_vm_of_the_time(void **state)
{
	unsigned int second;

	(void)state;
	host_begins();
	reflected(0x1000, 2);
	mapped(0x1000, PAGE(0x40001000), 0x1000, 3);
	second = rec.now_us += 200;
	write_to(host_path);
	l1_begins();
	l1_fault(0x1000, 2);
	l1_map(0x1000, 0x1000, 0x40001000);
	l1_at(second);
	line(90, 0,
	     "initmmu: " FN
	     " kvm=0xffff000000bb0000 mmu=0xffff000000bb09b0 type=0x20 ret=0 pgt=0x2 "
	     "pgd=" ROOT " vtcr=0x802d3520");
	raw("CPU:0 [LOST 12 EVENTS]\n");
	write_to(l1_path);
	list_walks();
	assert_non_null(strstr(list, "given 1000 level 3 400017db"));
	assert_int_equal(stats.own_leaf_count, 0);
	/* That records are lost is told. */
	assert_int_equal(stats.warning_count, 1);
}

static void a_recording_of_another_run_is_not_used(void **state)
{
	(void)state;
	host_begins();
	reflected(0x1000, 2);
	mapped(0x1000, PAGE(0x40001000), 0x1000, 3);
	write_to(host_path);
	l1_begins();
	l1_fault(0x7000, 2);
	l1_map(0x7000, 0x1000, 0x40007000);
	write_to(l1_path);
	list_walks();
	assert_int_equal(stats.l1_matched_count, 0);
	assert_int_equal(stats.l1_unmatched_count, 1);
	assert_int_equal(stats.l1_change_count, 0);
	assert_int_equal(stats.warning_count, 1);
	assert_non_null(strstr(list, "own 1000 level 3"));
}

/* L1's clock stands still while its VMM is paused: later faults are the same all the same. */
static void a_clock_that_stood_still_is_followed(void **state)
{
	(void)state;
	host_begins();
	reflected(0x1000, 2);
	mapped(0x1000, PAGE(0x40001000), 0x1000, 3);
	rec.now_us += 900000;
	reflected(0x3000, 3);
	mapped(0x3000, PAGE(0x40003000), 0x1000, 3);
	write_to(host_path);
	l1_begins();
	l1_fault(0x1000, 2);
	l1_map(0x1000, 0x1000, 0x40001000);
	l1_fault(0x3000, 3);
	l1_map(0x3000, 0x1000, 0x40003000);
	write_to(l1_path);
	list_walks();
	assert_int_equal(stats.l1_matched_count, 2);
	assert_int_equal(stats.own_leaf_count, 0);
}

/* A fault that L1 lost, and one that the host lost: what follows is still found. */
static void gaps_on_either_side_are_passed(void **state)
{
	unsigned int first, third, fourth;

	(void)state;
	host_begins();
	first = rec.now_us;
	reflected(0x1000, 2);
	mapped(0x1000, PAGE(0x40001000), 0x1000, 3);
	reflected(0x2000, 3);
	mapped(0x2000, PAGE(0x40002000), 0x1000, 3);
	third = rec.now_us += 200;
	fourth = rec.now_us += 200;
	reflected(0x4000, 3);
	mapped(0x4000, PAGE(0x40004000), 0x1000, 3);
	write_to(host_path);
	l1_begins();
	l1_at(first - 700);
	l1_fault(0x1000, 2);
	l1_map(0x1000, 0x1000, 0x40001000);
	l1_at(third - 700);
	l1_fault(0x3000, 3);
	l1_map(0x3000, 0x1000, 0x40003000);
	l1_at(fourth - 700);
	l1_fault(0x4000, 3);
	l1_map(0x4000, 0x1000, 0x40004000);
	write_to(l1_path);
	list_walks();
	assert_int_equal(stats.l1_matched_count, 2);
	assert_int_equal(stats.l1_unmatched_count, 1);
	assert_non_null(strstr(list, "given 4000 level 3 400047db"));
	assert_non_null(strstr(list, "own 2000 level 3 400027db"));
	assert_int_equal(stats.own_leaf_count, 1);
}

/* ---- bad ones ---- */

static void assert_l1_is_refused(const char *what)
{
	write_to(l1_path);
	assert_int_equal(import_both(), NVT_EINPUT);
	if (strncmp(error.text, l1_path, strlen(l1_path)) != 0 || !strstr(error.text, what))
		fail_msg("error is \"%s\", not \"%s: ... %s\"", error.text, l1_path, what);
	assert_int_not_equal(access(output_path, F_OK), 0);
}

static void what_is_no_recording_of_l1_is_refused(void **state)
{
	(void)state;
	host_begins();
	reflected(0x1000, 2);
	write_to(host_path);
	start();
	l1_fault(0x1000, 2);
	assert_l1_is_refused("no VM is created");
	l1_begins();
	assert_l1_is_refused("no fault");
	start();
	line(90, 0, "initmmu: " FN " kvm=" L1_KVM " mmu=" L1_MMU " ret=0 vtcr=0x802d3520");
	assert_l1_is_refused("no pgd");
	l1_begins();
	line(91, 0,
	     "map: " FN " pgt=0x1 mmu=" L1_MMU " addr=0x1000 size=0x800000000000 phys=0x0 prot=0xf "
	     "flags=0x8");
	assert_l1_is_refused("no mapper makes 0x800000000000 bytes");
	unlink(l1_path);
	assert_int_equal(import_both(), NVT_EINPUT);
	assert_non_null(strstr(error.text, "cannot read"));
}

static int make_paths(void **state)
{
	(void)state;
	snprintf(host_path, sizeof(host_path), "/tmp/nvsim-l1side-%d-host", getpid());
	snprintf(l1_path, sizeof(l1_path), "/tmp/nvsim-l1side-%d-l1", getpid());
	snprintf(output_path, sizeof(output_path), "/tmp/nvsim-l1side-%d.zst", getpid());
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	unlink(host_path);
	unlink(l1_path);
	unlink(output_path);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(l1s_changes_come_between_its_fault_and_the_next),
		cmocka_unit_test(a_block_that_l1_splits_is_a_table_from_then_on),
		cmocka_unit_test(an_unmap_comes_at_its_time),
		cmocka_unit_test(protecting_and_relaxing_are_told),
		cmocka_unit_test(another_vmid_has_all_that_is_there_told_again),
		cmocka_unit_test(a_root_is_that_of_the_vm_of_the_time),
		cmocka_unit_test(a_recording_of_another_run_is_not_used),
		cmocka_unit_test(a_clock_that_stood_still_is_followed),
		cmocka_unit_test(gaps_on_either_side_are_passed),
		cmocka_unit_test(what_is_no_recording_of_l1_is_refused),
	};

	return cmocka_run_group_tests_name("l1side", tests, make_paths, remove_files);
}
