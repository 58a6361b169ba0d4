/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The importer on small texts made by hand: what becomes of each kind of
 * event, and what is said about inputs that are wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zstd.h>

#include "import/import.h"
#include "recording.h"

#define LIST_MAX 8192u

/* ---- what comes of it ---- */

static char input_path[64], output_path[64];
static char list[LIST_MAX];
static struct nvt_error error;
static struct nvt_import_stats stats;

static void write_input(void)
{
	FILE *f = fopen(input_path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(rec.text, 1, rec.length, f), rec.length);
	assert_int_equal(fclose(f), 0);
}

static enum nvt_status import_vm(uint64_t vm)
{
	struct nvt_import_options o = {.input = input_path, .output = output_path, .vm = vm};

	write_input();
	error = (struct nvt_error){0};
	return nvt_import(&o, &stats, &error);
}

static void assert_fails(enum nvt_status status, const char *what)
{
	assert_int_equal(import_vm(0), status);
	assert_int_equal(error.status, status);
	if (!strstr(error.text, what) || strncmp(error.text, input_path, strlen(input_path)) != 0)
		fail_msg("error is \"%s\", not \"%s: ... %s\"", error.text, input_path, what);
	assert_int_not_equal(access(output_path, F_OK), 0);
}

#define ULL(x) ((unsigned long long)(x))

static int put_fault(char *to, size_t room, const struct nvt_fault *f)
{
	const struct nvt_fault_truth *t = f->truth;

	return snprintf(to, room, "fault %llx %s%s ctx %x has %03x%s",
			ULL((f->hpfar & ((1ull << 48) - 1)) >> 4 << 12),
			f->flags & NVT_FAULT_NO_PSTATE ? "no-pstate " : "",
			f->flags & NVT_FAULT_UNKNOWN_CONTEXT ? "unknown" : "known",
			t ? t->context : 0, t ? t->has : 0,
			t && t->has & NVT_TRUTH_INJECT ? " inject" : "");
}

static int put_other(char *to, size_t room, const struct nvt_event *ev)
{
	static const char *const reasons[] = {"eret", "exception", "load"};

	switch (ev->kind) {
	case NVT_CONTEXT:
		return snprintf(to, room, "context %s flags %x ctx %x", reasons[ev->context.reason],
				ev->context.flags, ev->context.context);
	case NVT_L1_LEAF:
		return snprintf(to, room, "leaf %llx level %d desc %llx", ULL(ev->l1_leaf.ipa),
				ev->l1_leaf.level, ULL(ev->l1_leaf.desc));
	case NVT_BACKING:
		return snprintf(to, room, "backing %llx+%llx pa %llx vma %d leaf %d",
				ULL(ev->backing.hva), ULL(ev->backing.size), ULL(ev->backing.pa),
				ev->backing.vma_shift, ev->backing.leaf_shift);
	case NVT_SLOT:
		return snprintf(to, room, "slot %d %llx+%llx flags %x change %d", ev->slot.id,
				ULL(ev->slot.base), ULL(ev->slot.size), ev->slot.flags,
				ev->slot.change);
	case NVT_EXTENT:
		return snprintf(to, room, "extent ctx %x %llx+%llx what %d", ev->extent.context,
				ULL(ev->extent.start), ULL(ev->extent.size), ev->extent.what);
	case NVT_TLBI:
		return snprintf(to, room, "tlbi %x %llx", ev->tlbi.op, ULL(ev->tlbi.xt));
	case NVT_MARK:
		return snprintf(to, room, "mark %s", ev->mark.text);
	case NVT_LOST:
		return snprintf(to, room, "lost %llu cpu %d", ULL(ev->lost.count), ev->lost.cpu);
	default:
		return snprintf(to, room, "%s %llx+%llx",
				ev->kind == NVT_HOST_UNMAP ? "unmap"
				: ev->kind == NVT_HOST_AGE ? "age"
							   : "protect",
				ULL(ev->range.base), ULL(ev->range.size));
	}
}

/* Imports the recording and puts its events into `list`, a line each, with the vCPU before. */
static void list_events(void)
{
	struct nvt_reader *r;
	const struct nvt_event *ev;
	enum nvt_status status;
	uint64_t ordinal;
	size_t used = 0;

	if (import_vm(0) != NVT_OK)
		fail_msg("import fails: %s", error.text);
	r = nvt_open(output_path, &error);
	assert_non_null(r);
	while ((status = nvt_next(r, &ev, &ordinal, &error)) == NVT_OK) {
		used += (size_t)snprintf(list + used, LIST_MAX - used, "%d ", ev->vcpu);
		used += (size_t)(ev->kind == NVT_FAULT
					 ? put_fault(list + used, LIST_MAX - used, &ev->fault)
					 : put_other(list + used, LIST_MAX - used, ev));
		used += (size_t)snprintf(list + used, LIST_MAX - used, "\n");
		assert_true(used < LIST_MAX);
	}
	assert_int_equal(status, NVT_END);
	nvt_close(r);
	unlink(output_path);
}

/* ---- good recordings ---- */

#define VM_LIST "0 slot 2 40000000+1000000 flags 0 change 0\n"

static void one_canonical_fault(void **state)
{
	(void)state;
	start();
	create_vm();
	load(20, VCPU0, CANON, 0);
	canonical_fault(20, VCPU0, 0x40001000, 0x80001000);
	list_events();
	assert_string_equal(list, VM_LIST "0 context load flags 9 ctx ffff\n"
					  "0 backing ffff40001000+1000 pa 80001000 vma 12 leaf 12\n"
					  "0 fault 40001000 known ctx ffff has 063\n");
	assert_int_equal(stats.class, NVT_OBSERVED);
	assert_int_equal(stats.machine.page_shift, 12);
	assert_int_equal(stats.machine.canonical_bits, 40);
	assert_int_equal(stats.machine.ipa_limit, 48);
	assert_int_equal(stats.machine.context_count, 2);
	assert_true(stats.machine.dic);
	assert_true(stats.machine.hw_af);
	assert_false(stats.machine.assumed & (NVT_MACHINE_DIC | NVT_MACHINE_HW_AF));
}

static void shadow_fault_after_canonical_one_needs_no_backing(void **state)
{
	(void)state;
	start();
	create_vm();
	load(20, VCPU0, CANON, 0);
	canonical_fault(20, VCPU0, 0x40001000, 0x80001000);
	line(20, 0,
	     "kvm_nested_eret: elr_el2: 0x80000000 spsr_el2: 0x000003c5 (M: EL1h) "
	     "hcr_el2: 480000001");
	load(20, VCPU0, MMU1, 1);
	shadow_fault(20, VCPU0, 0x1000, 0x40001000, 0x80001000);
	shadow_fault(20, VCPU0, 0x1000, 0x40001000, 0x80001000);
	list_events();
	assert_non_null(strstr(list, "0 context eret flags 5 ctx 1\n"
				     "0 leaf 1000 level 3 desc 400017ff\n"
				     "0 fault 1000 known ctx 1 has 06f\n"
				     "0 fault 1000 known ctx 1 has 06f\n"));
	assert_int_equal(stats.backing_shadow_count, 0);
	assert_int_equal(stats.shadow_count, 2);
}

static void reflected_fault_swallows_its_exception(void **state)
{
	(void)state;
	start();
	create_vm();
	load(20, VCPU0, MMU1, 1);
	abort_at(20, VCPU0, MMU1, 1, 0x92000046, 0x1000);
	walk(20, VCPU0, 1, 0, 0, 0, 0x92000046, 0);
	line(20, 0, "inject: " FN " vcpu=" VCPU0 " esr=0x92000046 far=0x1 hpfar=0x2");
	line(20, 0,
	     "kvm_inject_nested_exception: SYNC: esr_el2 0x92000046 elr_el2: 0x1 "
	     "spsr_el2: 0x000003c5 (M: EL1h) hcr_el2: 480000001");
	load(20, VCPU0, CANON, 0);
	abort_ret(20, VCPU0, 1);
	list_events();
	assert_string_equal(list, VM_LIST "0 context load flags 5 ctx 1\n"
					  "0 leaf 0 level 2 desc 0\n"
					  "0 fault 1000 known ctx 1 has 017 inject\n");
}

static void exception_outside_a_fault_is_a_context(void **state)
{
	(void)state;
	start();
	create_vm();
	load(20, VCPU0, MMU1, 1);
	line(20, 0,
	     "kvm_inject_nested_exception: IRQ: esr_el2 0x0 elr_el2: 0x1 "
	     "spsr_el2: 0x000003c5 (M: EL1h) hcr_el2: 480000001");
	load(20, VCPU0, CANON, 0);
	canonical_fault(20, VCPU0, 0x40001000, 0x80001000);
	list_events();
	assert_non_null(strstr(list, "0 context exception flags 9 ctx ffff\n"));
}

/* A load that no injection explains is the scheduler's, even inside the handler. */
static void load_inside_a_fault_is_a_context(void **state)
{
	(void)state;
	start();
	create_vm();
	load(20, VCPU0, CANON, 0);
	abort_at(20, VCPU0, CANON, 0, 0x92000047, 0x40001000);
	load(20, VCPU0, CANON, 0);
	faultin_and_map(20, 0x40001, 0x40001000, 0x1000, 0x80001000);
	abort_ret(20, VCPU0, 1);
	list_events();
	assert_non_null(strstr(list, "0 context load flags 9 ctx ffff\n"
				     "0 context load flags 9 ctx ffff\n"
				     "0 backing ffff40001000+1000"));
}

/* Each fault stands where it mapped; what came between stands between. */
static void faults_of_two_vcpus_interleave(void **state)
{
	(void)state;
	start();
	create_vm();
	load(20, VCPU0, CANON, 0);
	load(21, VCPU1, CANON, 0);
	abort_at(20, VCPU0, CANON, 0, 0x92000047, 0x40001000);
	abort_at(21, VCPU1, CANON, 0, 0x92000047, 0x40002000);
	faultin_and_map(21, 0x40002, 0x40002000, 0x1000, 0x80002000);
	line(10, 1, "mmun_unmap: " FN " kvm=" KVM " start=0x40005 end=0x40007");
	faultin_and_map(20, 0x40001, 0x40001000, 0x1000, 0x80001000);
	abort_ret(20, VCPU0, 1);
	abort_ret(21, VCPU1, 1);
	list_events();
	assert_string_equal(list, VM_LIST "0 context load flags 9 ctx ffff\n"
					  "1 context load flags 9 ctx ffff\n"
					  "1 backing ffff40002000+1000 pa 80002000 vma 12 leaf 12\n"
					  "1 fault 40002000 known ctx ffff has 063\n"
					  "0 unmap 40005000+2000\n"
					  "0 backing ffff40001000+1000 pa 80001000 vma 12 leaf 12\n"
					  "0 fault 40001000 known ctx ffff has 063\n");
	assert_int_equal(stats.machine.vcpu_count, 2);
}

static void order_of_fields_does_not_matter(void **state)
{
	(void)state;
	start();
	create_vm();
	load(20, VCPU0, CANON, 0);
	line(20, 0,
	     "abort: " FN " pstate=0x3c5 pc=0x1 s2en=0 new=7 mmu=" CANON
	     " hpfar=0x8000000000400010 far=0x40001000 esr=2449473607 vcpu=" VCPU0);
	line(20, 0, "abort_ret: " FN " ret=-14 vcpu=" VCPU0);
	list_events();
	assert_non_null(strstr(list, "0 fault 40001000 known ctx ffff has 003\n"));
}

static void fault_that_never_ends_lacks_its_return(void **state)
{
	(void)state;
	start();
	create_vm();
	load(20, VCPU0, CANON, 0);
	abort_at(20, VCPU0, CANON, 0, 0x92000047, 0x40001000);
	canonical_fault(20, VCPU0, 0x40002000, 0x80002000);
	abort_at(20, VCPU0, CANON, 0, 0x92000047, 0x40003000);
	list_events();
	assert_string_equal(list, VM_LIST "0 context load flags 9 ctx ffff\n"
					  "0 fault 40001000 known ctx ffff has 002\n"
					  "0 backing ffff40002000+1000 pa 80002000 vma 12 leaf 12\n"
					  "0 fault 40002000 known ctx ffff has 063\n"
					  "0 fault 40003000 known ctx ffff has 002\n");
	assert_int_equal(stats.unfinished_count, 2);
	assert_int_equal(stats.warning_count, 1);
}

static void loss_ends_the_fault_on_that_cpu(void **state)
{
	(void)state;
	start();
	create_vm();
	load(20, VCPU0, CANON, 0);
	abort_at(20, VCPU0, CANON, 0, 0x92000047, 0x40001000);
	raw("CPU:0 [LOST 12 EVENTS]\n");
	abort_ret(20, VCPU0, 1);
	canonical_fault(20, VCPU0, 0x40002000, 0x80002000);
	raw("CPU:1 [LOST EVENTS]\n");
	line(10, 1, "tracing_mark_write: end");
	list_events();
	assert_non_null(strstr(list, "0 fault 40001000 known ctx ffff has 002\n"
				     "0 lost 12 cpu 0\n"
				     "0 backing"));
	assert_non_null(strstr(list, "0 lost 0 cpu 1\n0 mark end\n"));
	assert_int_equal(stats.orphan_count, 1);
}

static void mark_may_have_lines(void **state)
{
	(void)state;
	start();
	create_vm();
	line(10, 1, "tracing_mark_write: one");
	raw("two\n");
	load(20, VCPU0, CANON, 0);
	canonical_fault(20, VCPU0, 0x40002000, 0x80002000);
	list_events();
	assert_non_null(strstr(list, "0 mark one?two\n"));
}

static void tracepoints_alone_give_a_partial_trace(void **state)
{
	(void)state;
	start();
	line(20, 0, "kvm_guest_fault: ipa 0x40001000, hsr 0x92000047, hxfar 0x1, pc 0x02");
	line(20, 0, "kvm_mmio: mmio read len 4 gpa 0x9000000 val 0x3b");
	line(20, 0,
	     "kvm_nested_eret: elr_el2: 0x1 spsr_el2: 0x000003c5 (M: EL1h) hcr_el2: "
	     "480000001");
	line(20, 0, "kvm_guest_fault: ipa 0x2000, hsr 0x92000047, hxfar 0x1, pc 0x02");
	line(20, 0,
	     "kvm_inject_nested_exception: SYNC: esr_el2 0x92000046 elr_el2: 0x1 "
	     "spsr_el2: 0x000003c5 (M: EL1h) hcr_el2: 480000001");
	line(20, 0, "kvm_entry: PC: 0x0000000000000001");
	line(20, 0, "kvm_guest_fault: ipa 0x40003000, hsr 0x92000047, hxfar 0x1, pc 0x02");
	list_events();
	assert_string_equal(list, "0 fault 40001000 no-pstate unknown ctx 0 has 000\n"
				  "0 context eret flags 2 ctx 0\n"
				  "0 fault 2000 no-pstate known ctx 0 has 010 inject\n"
				  "0 fault 40003000 no-pstate known ctx 0 has 000\n");
	assert_int_equal(stats.class, NVT_PARTIAL);
}

static void huge_pages_are_told_from_thp(void **state)
{
	(void)state;
	start();
	create_vm();
	load(20, VCPU0, CANON, 0);
	abort_at(20, VCPU0, CANON, 0, 0x92000046, 0x40205000);
	faultin_and_map(20, 0x40200, 0x40200000, 0x200000, 0x80200000);
	abort_ret(20, VCPU0, 1);
	abort_at(20, VCPU0, CANON, 0, 0x92000046, 0x40400000);
	faultin_and_map(20, 0x40400, 0x40400000, 0x200000, 0x80400000);
	abort_ret(20, VCPU0, 1);
	list_events();
	assert_non_null(strstr(list, "backing ffff40200000+200000 pa 80200000 vma 21 leaf 21\n"));
	assert_non_null(strstr(list, "backing ffff40400000+200000 pa 80400000 vma 21 leaf 21\n"));
}

static void logging_does_not_shrink_what_is_known(void **state)
{
	(void)state;
	start();
	create_vm();
	load(20, VCPU0, CANON, 0);
	abort_at(20, VCPU0, CANON, 0, 0x92000046, 0x40205000);
	faultin(20, 0x40205, 0x80205);
	map(20, 0x40200000, 0x200000, 0x80200000);
	abort_ret(20, VCPU0, 1);
	line(10, 1,
	     "memslot: " FN " kvm=" KVM " new=0x1 base_gfn=0x40000 npages=0x1000 "
	     "ua=0xffff40000000 flags=0x1 id=2 change=0x3");
	line(10, 1, "wp_range: " FN " mmu=" CANON " addr=0x40000000 end=0x41000000");
	line(10, 1, "wp_range: " FN " mmu=" MMU0 " addr=0x0 end=0x1000000000000");
	line(10, 1, "wp_range: " FN " mmu=" CANON " addr=0x40000000 end=0x40004000");
	canonical_fault(20, VCPU0, 0x40206000, 0x80206000);
	list_events();
	assert_string_equal(list,
			    VM_LIST "0 context load flags 9 ctx ffff\n"
				    "0 backing ffff40200000+200000 pa 80200000 vma 12 leaf 21\n"
				    "0 fault 40205000 known ctx ffff has 063\n"
				    "0 slot 2 40000000+1000000 flags 1 change 3\n"
				    "0 extent ctx 0 0+1000000000000 what 1\n"
				    "0 protect 40000000+4000\n"
				    "0 fault 40206000 known ctx ffff has 063\n");
}

/* A shadow mapping tells only what nothing else can: here the host moved the page. */
static void moved_page_is_told_by_the_shadow_fault(void **state)
{
	(void)state;
	start();
	create_vm();
	load(20, VCPU0, CANON, 0);
	canonical_fault(20, VCPU0, 0x40001000, 0x80001000);
	canonical_fault(20, VCPU0, 0x40002000, 0x80002000);
	line(10, 1, "mmun_unmap: " FN " kvm=" KVM " start=0x40001 end=0x40003");
	load(20, VCPU0, MMU1, 1);
	shadow_fault(20, VCPU0, 0x1000, 0x40001000, 0x90001000);
	list_events();
	assert_non_null(strstr(list, "backing ffff40001000+1000 pa 90001000"));
	assert_int_equal(stats.backing_shadow_count, 1);
	assert_int_equal(stats.kind_count[NVT_BACKING], 3);
}

/* Unmapped, and the same again: only the fault that finds it so says that, and says it once. */
static void stale_page_is_told_again_by_its_first_fault(void **state)
{
	(void)state;
	start();
	create_vm();
	load(20, VCPU0, CANON, 0);
	canonical_fault(20, VCPU0, 0x40002000, 0x80002000);
	line(10, 1, "mmun_unmap: " FN " kvm=" KVM " start=0x40001 end=0x40003");
	load(20, VCPU0, MMU1, 1);
	shadow_fault(20, VCPU0, 0x2000, 0x40002000, 0x80002000);
	shadow_fault(20, VCPU0, 0x2000, 0x40002000, 0x80002000);
	list_events();
	assert_non_null(strstr(list, "0 leaf 2000 level 3 desc 400027ff\n"
				     "0 backing ffff40002000+1000 pa 80002000 vma 12 leaf 12\n"
				     "0 fault 2000 known ctx 1 has 06f\n"
				     "0 fault 2000 known ctx 1 has 06f\n"));
	assert_int_equal(stats.backing_shadow_count, 1);
	assert_int_equal(stats.kind_count[NVT_BACKING], 2);
}

static void set_logging(int on)
{
	line(10, 1,
	     "memslot: " FN " kvm=" KVM " new=0x1 base_gfn=0x40000 npages=0x1000 "
	     "ua=0xffff40000000 flags=%d id=2 change=0x3",
	     on);
}

/* A fault of L2 under a leaf of 2M in L1's table. */
static void large_shadow_fault(unsigned long long pa)
{
	abort_at(20, VCPU0, MMU1, 1, 0x92000046, 0x1000);
	walk(20, VCPU0, 0, 0x40201000, 0x200000, 2, 0, 0x402007fd);
	faultin(20, 0x40201, (pa + 0x1000) >> 12);
	map(20, 0, 0x200000, pa);
	abort_ret(20, VCPU0, 1);
}

/* A page that was mapped under logging may be part of a larger leaf. */
static void page_seen_under_logging_is_a_lower_bound(void **state)
{
	(void)state;
	start();
	create_vm();
	load(20, VCPU0, CANON, 0);
	set_logging(1);
	canonical_fault(20, VCPU0, 0x40201000, 0x80201000);
	set_logging(0);
	load(20, VCPU0, MMU1, 1);
	large_shadow_fault(0x80200000);
	large_shadow_fault(0x80200000);
	list_events();
	assert_non_null(strstr(list, "backing ffff40201000+1000 pa 80201000 vma 12 leaf 12\n"));
	assert_non_null(strstr(list, "backing ffff40200000+200000 pa 80200000 vma 12 leaf 21\n"));
	assert_int_equal(stats.backing_shadow_count, 1);
}

/* One that was mapped without is one: a larger mapping is for the replay to find wrong. */
static void page_seen_without_logging_is_no_lower_bound(void **state)
{
	(void)state;
	start();
	create_vm();
	load(20, VCPU0, CANON, 0);
	canonical_fault(20, VCPU0, 0x40201000, 0x80201000);
	load(20, VCPU0, MMU1, 1);
	large_shadow_fault(0x80200000);
	list_events();
	assert_int_equal(stats.backing_shadow_count, 0);
}

/* L1's leaf caps a shadow mapping; it takes a larger one of L1's to see more of the host's. */
static void page_capped_by_l1_is_a_lower_bound(void **state)
{
	(void)state;
	start();
	create_vm();
	load(20, VCPU0, MMU1, 1);
	shadow_fault(20, VCPU0, 0x1000, 0x40201000, 0x80201000);
	large_shadow_fault(0x80200000);
	list_events();
	assert_non_null(strstr(list, "backing ffff40200000+200000 pa 80200000 vma 12 leaf 21\n"));
	assert_int_equal(stats.backing_shadow_count, 2);
}

static void map_with_prot(unsigned long long addr, unsigned int prot)
{
	abort_at(20, VCPU0, CANON, 0, 0x92000047, addr);
	faultin(20, addr >> 12, addr >> 12);
	line(20, 0,
	     "map: " FN " pgt=0x1 mmu=0x1 addr=%#llx size=0x1000 phys=%#llx prot=%#x flags=0x8",
	     addr, addr, prot);
	abort_ret(20, VCPU0, 1);
}

static void device_mapping_says_nothing_about_dic(void **state)
{
	(void)state;
	start();
	create_vm();
	load(20, VCPU0, CANON, 0);
	map_with_prot(0x40001000, 0x1c);
	map_with_prot(0x40002000, 0x2c);
	list_events();
	assert_true(stats.machine.dic);
	assert_true(stats.machine.assumed & NVT_MACHINE_DIC);
	map_with_prot(0x40003000, 0xc);
	list_events();
	assert_false(stats.machine.dic);
	assert_false(stats.machine.assumed & NVT_MACHINE_DIC);
	assert_int_equal(stats.warning_count, 0);
	map_with_prot(0x40004000, 0xf);
	list_events();
	assert_false(stats.machine.dic);
	assert_int_equal(stats.warning_count, 1);
}

/* What the model says after a split, a merge and a split again is what was seen last. */
static void leaves_replace_each_other(void **state)
{
	(void)state;
	start();
	create_vm();
	load(20, VCPU0, MMU1, 1);
	for (int i = 0; i < 2; i++) {
		shadow_fault(20, VCPU0, 0x201000, 0x40001000, 0x80001000);
		shadow_fault(20, VCPU0, 0x202000, 0x40002000, 0x80002000);
		abort_at(20, VCPU0, MMU1, 1, 0x92000047, 0x201000);
		walk(20, VCPU0, 0, 0x40201000, 0x200000, 2, 0, 0x402007fd);
		abort_ret(20, VCPU0, 1);
	}
	list_events();
	assert_int_equal(stats.own_leaf_count, 6);
	assert_non_null(strstr(list, "0 leaf 200000 level 2 desc 402007fd\n"));
}

/* What KVM does before it deletes or moves the slot. */
static void flush_slot(void)
{
	line(10, 1, "unmap_range: " FN " mmu=" CANON " addr=0x40000000 size=0x1000000");
	line(10, 1, "unmap_range: " FN " mmu=" MMU1 " addr=0x0 size=0x1000000000000");
}

static void deleted_slot_is_named_by_its_unmap(void **state)
{
	(void)state;
	start();
	create_vm();
	load(20, VCPU0, CANON, 0);
	canonical_fault(20, VCPU0, 0x40001000, 0x80001000);
	flush_slot();
	line(10, 1,
	     "memslot: " FN " kvm=" KVM " new=0x0 base_gfn=0x0 npages=0x0 ua=0x0 "
	     "flags=0x0 id=0 change=0x1");
	list_events();
	assert_non_null(strstr(list, "0 slot 2 40000000+1000000 flags 0 change 1\n"
				     "0 extent ctx 1 0+1000000000000 what 0\n"));
}

static void moved_slot_stands_before_what_it_unmaps(void **state)
{
	(void)state;
	start();
	create_vm();
	load(20, VCPU0, CANON, 0);
	canonical_fault(20, VCPU0, 0x40001000, 0x80001000);
	flush_slot();
	line(10, 1,
	     "memslot: " FN " kvm=" KVM " new=0x1 base_gfn=0x80000 npages=0x1000 "
	     "ua=0xffff40000000 flags=0x0 id=2 change=0x2");
	list_events();
	assert_non_null(strstr(list, "0 slot 2 80000000+1000000 flags 0 change 2\n"
				     "0 extent ctx 1 0+1000000000000 what 0\n"));
}

/* The host had another reason, or the recording ends there. */
static void flush_without_a_change_is_no_slot(void **state)
{
	(void)state;
	start();
	create_vm();
	load(20, VCPU0, CANON, 0);
	canonical_fault(20, VCPU0, 0x40001000, 0x80001000);
	flush_slot();
	set_logging(1);
	flush_slot();
	flush_slot();
	canonical_fault(20, VCPU0, 0x40002000, 0x80002000);
	list_events();
	assert_int_equal(stats.kind_count[NVT_SLOT], 2);
	assert_int_equal(stats.kind_count[NVT_EXTENT], 3);
	assert_int_equal(stats.kind_count[NVT_FAULT], 2);
}

static void contexts_keep_their_numbers_when_the_array_moves(void **state)
{
	(void)state;
	start();
	create_vm();
	line(10, 0, "initmmu: " FN " kvm=" KVM " mmu=0xffff0000000c0110 ret=0 vtcr=0x802d3550");
	line(10, 0, "initmmu: " FN " kvm=" KVM " mmu=0xffff0000000c0198 ret=0 vtcr=0x802d3550");
	load(20, VCPU0, "0xffff0000000c0088", 1);
	load(20, VCPU0, "0xffff0000000c0198", 1);
	abort_at(20, VCPU0, "0xffff0000000c0000", 0, 0x92000047, 0x40001000);
	list_events();
	assert_string_equal(list, VM_LIST "0 context load flags 5 ctx 1\n"
					  "0 context load flags 5 ctx 3\n"
					  "0 fault 40001000 known ctx 0 has 002\n");
	assert_int_equal(stats.machine.context_count, 4);
}

static void tlbi_and_its_extent(void **state)
{
	(void)state;
	start();
	create_vm();
	load(20, VCPU0, CANON, 0);
	canonical_fault(20, VCPU0, 0x40001000, 0x80001000);
	line(20, 0,
	     "tlbi_ipas2: " FN " vcpu=" VCPU0 " op1=4 crn=8 crm=0 op2=1 val=0x1020 "
	     "l1vttbr=0x1000041cd0001");
	line(20, 0, "unmap_range: " FN " mmu=" MMU1 " addr=0x1020000 size=0x1000");
	list_events();
	assert_non_null(strstr(list, "0 tlbi 2401 1020\n0 extent ctx 1 1020000+1000 what 0\n"));
}

/* Another system's event of the same name is none of ours. */
static void events_of_other_systems_are_ignored(void **state)
{
	(void)state;
	start();
	create_vm();
	line(30, 0, "map: IOMMU: iova=0x1 - 0x2 paddr=0x3 size=4096");
	line(30, 0, "sched_switch: prev_comm=x [000] prev_pid=1");
	load(20, VCPU0, CANON, 0);
	canonical_fault(20, VCPU0, 0x40001000, 0x80001000);
	list_events();
	assert_int_equal(stats.ignored_count, 2);
}

/* Recording began when the VM ran already: no creation, no memslot. */
static void late_recording_numbers_contexts_as_they_appear(void **state)
{
	(void)state;
	start();
	load(20, VCPU0, MMU1, 1);
	line(20, 0,
	     "kvm_inject_nested_exception: IRQ: esr_el2 0x0 elr_el2: 0x1 "
	     "spsr_el2: 0x000003c5 (M: EL1h) hcr_el2: 480000001");
	load(20, VCPU0, CANON, 0);
	canonical_fault(20, VCPU0, 0x40001000, 0x80001000);
	list_events();
	assert_string_equal(list, "0 context load flags 5 ctx 0\n"
				  "0 context exception flags 9 ctx ffff\n"
				  "0 fault 40001000 known ctx ffff has 063\n");
	assert_int_equal(stats.warning_count, 2);
}

#define KVM2   "0xffff0000000d0000"
#define CANON2 "0xffff0000000d09b0"

static void host_unmap(const char *kvm, unsigned int gfn)
{
	line(10, 1, "mmun_unmap: " FN " kvm=%s start=%#x end=%#x", kvm, gfn, gfn + 1);
}

/* The host's events name a VM, the vCPU's do not: there is one of each. */
static void late_recording_ties_the_only_name(void **state)
{
	(void)state;
	start();
	host_unmap(KVM, 0x40005);
	load(20, VCPU0, CANON, 0);
	canonical_fault(20, VCPU0, 0x40001000, 0x80001000);
	host_unmap(KVM, 0x40006);
	list_events();
	assert_string_equal(list, "0 unmap 40005000+1000\n"
				  "0 context load flags 9 ctx ffff\n"
				  "0 fault 40001000 known ctx ffff has 063\n"
				  "0 unmap 40006000+1000\n");
	start();
	load(20, VCPU0, CANON, 0);
	canonical_fault(20, VCPU0, 0x40001000, 0x80001000);
	host_unmap(KVM, 0x40006);
	list_events();
	assert_non_null(strstr(list, "has 063\n0 unmap 40006000+1000\n"));
	assert_int_equal(stats.warning_count, 2);
}

static void late_recording_with_two_names_is_warned_of(void **state)
{
	(void)state;
	start();
	host_unmap(KVM, 0x40005);
	host_unmap(KVM2, 0x40006);
	load(20, VCPU0, CANON, 0);
	canonical_fault(20, VCPU0, 0x40001000, 0x80001000);
	list_events();
	assert_int_equal(stats.kind_count[NVT_HOST_UNMAP], 0);
	assert_int_equal(stats.warning_count, 3);
	assert_int_equal(import_vm(0xffff0000000d0000), NVT_OK);
	assert_int_equal(stats.kind_count[NVT_HOST_UNMAP], 1);
	unlink(output_path);
	start();
	load(20, VCPU0, CANON, 0);
	canonical_fault(20, VCPU0, 0x40001000, 0x80001000);
	host_unmap(KVM, 0x40005);
	host_unmap(KVM2, 0x40006);
	list_events();
	assert_non_null(strstr(list, "0 unmap 40005000+1000\n"));
	assert_int_equal(stats.kind_count[NVT_HOST_UNMAP], 1);
	assert_int_equal(stats.warning_count, 3);
}

/* A VM whose creation was recorded has contexts of its own: it is not the nameless one. */
static void created_vm_is_not_tied(void **state)
{
	(void)state;
	start();
	load(20, VCPU0, CANON, 0);
	canonical_fault(20, VCPU0, 0x40001000, 0x80001000);
	line(11, 0, "initmmu: " FN " kvm=" KVM2 " mmu=" CANON2 " ret=0 vtcr=0x802d3558");
	host_unmap(KVM2, 0x40006);
	host_unmap(KVM, 0x40005);
	list_events();
	assert_non_null(strstr(list, "has 063\n0 unmap 40005000+1000\n"));
	assert_int_equal(stats.kind_count[NVT_HOST_UNMAP], 1);
}

/* Nothing but VTCR tells what a page number means: what comes before waits for it. */
static void page_size_may_be_told_late(void **state)
{
	(void)state;
	start();
	line(10, 0,
	     "memslot: " FN " kvm=" KVM " new=0x1 base_gfn=0x4000 npages=0x100 "
	     "ua=0xffff40000000 flags=0x0 id=2 change=0x0");
	host_unmap(KVM, 0x4001);
	abort_at(20, VCPU0, CANON, 0, 0x92000047, 0x40010000);
	faultin_and_map(20, 0x4001, 0x40010000, 0x10000, 0x8001000);
	abort_ret(20, VCPU0, 1);
	line(20, 0,
	     "loadmmu: " FN " vcpu=" VCPU0 " mmu=" CANON " s2en=0 hwvtcr=0x800d7558 "
	     "l1vttbr=0x0 l1vtcr=0x0 l1hcr=0x0");
	list_events();
	assert_string_equal(list, VM_LIST "0 unmap 40010000+10000\n"
					  "0 backing ffff40010000+10000 pa 8001000 vma 16 leaf 16\n"
					  "0 fault 40010000 known ctx ffff has 063\n"
					  "0 context load flags 9 ctx ffff\n");
	assert_int_equal(stats.machine.page_shift, 16);
	assert_false(stats.machine.hw_af);
	assert_false(stats.machine.assumed & (NVT_MACHINE_PAGE | NVT_MACHINE_HW_AF));
}

static void page_size_that_is_never_told_is_warned_of(void **state)
{
	(void)state;
	start();
	abort_at(20, VCPU0, CANON, 0, 0x92000047, 0x40001000);
	abort_ret(20, VCPU0, 1);
	host_unmap(KVM, 0x40001);
	list_events();
	assert_string_equal(list, "0 fault 40001000 known ctx ffff has 003\n"
				  "0 unmap 40001000+1000\n");
	assert_int_equal(stats.warning_count, 3);
	assert_true(stats.machine.hw_af);
	assert_true(stats.machine.assumed & NVT_MACHINE_PAGE);
	assert_true(stats.machine.assumed & NVT_MACHINE_HW_AF);
}

/* trace-cmd report: a buffer's name first, no flags, nanoseconds, print for a marker. */
static void text_of_trace_cmd(void **state)
{
	(void)state;
	rec.length = 0;
	raw("cpus=2\n"
	    "gt:  CPU 0/KVM-20    [001]     3.267974400: loadmmu:    (f <- g) vcpu=0x1 mmu=0x2 "
	    "s2en=0 l1vttbr=0x0 l1vtcr=0x0 l1hcr=0x0\n"
	    "gt:  init-1          [000]     3.267974600: print:      tracing_mark_write: hello\n"
	    "CPU:1 [7 EVENTS DROPPED]\n"
	    "gt:  CPU 0/KVM-20    [001]     3.267976000: abort:      (f) vcpu=0x1 esr=0x0 far=0x0 "
	    "hpfar=0x0 mmu=0x2 s2en=0 pc=0x0 pstate=0x0\n");
	list_events();
	assert_string_equal(list, "0 context load flags 9 ctx ffff\n"
				  "0 mark hello\n"
				  "0 lost 7 cpu 1\n"
				  "0 fault 0 known ctx ffff has 002\n");
}

/* Replaces the recording by two zstd frames that hold it. */
static void compress(void)
{
	static char frames[INPUT_MAX];
	size_t half = rec.length / 2;
	size_t a = ZSTD_compress(frames, sizeof(frames), rec.text, half, 1);
	size_t b = ZSTD_compress(frames + a, sizeof(frames) - a, rec.text + half, rec.length - half,
				 1);

	assert_false(ZSTD_isError(a) || ZSTD_isError(b));
	memcpy(rec.text, frames, a + b);
	rec.length = a + b;
}

static void compressed_text(void **state)
{
	(void)state;
	start();
	create_vm();
	load(20, VCPU0, CANON, 0);
	canonical_fault(20, VCPU0, 0x40001000, 0x80001000);
	compress();
	list_events();
	assert_non_null(strstr(list, "0 fault 40001000 known ctx ffff has 063\n"));
	assert_int_equal(stats.format, NVT_IMPORT_TEXT_ZSTD);
	rec.length -= 3;
	assert_fails(NVT_EINPUT, "the zstd stream ends early");
}

/* ---- inputs that are wrong ---- */

static void missing_field_is_named(void **state)
{
	(void)state;
	start();
	create_vm();
	line(20, 0,
	     "abort: " FN " vcpu=" VCPU0 " esr=0x0 far=0x0 mmu=0x1 s2en=0 pc=0x0 pstate=0x0");
	assert_fails(NVT_EINPUT, "line 7: event abort: field hpfar is missing");
}

static void field_that_is_no_number(void **state)
{
	(void)state;
	start();
	line(20, 0, "abort_ret: " FN " vcpu=0xzz ret=1");
	assert_fails(NVT_EINPUT, "line 3: event abort_ret: field vcpu is no number");
}

static void time_that_goes_back(void **state)
{
	(void)state;
	start();
	create_vm();
	rec.now_us -= 35;
	line(20, 0, "abort_ret: " FN " vcpu=" VCPU0 " ret=1");
	assert_fails(NVT_EINPUT, "line 7: time goes back by 25 us");
}

static void clock_without_seconds(void **state)
{
	(void)state;
	start();
	raw("          qemu-76      [001] ...1.  3267974: abort_ret: " FN " vcpu=0x1 ret=0\n");
	assert_fails(NVT_EINPUT, "line 3: no time in seconds");
}

static void cut_last_line(void **state)
{
	(void)state;
	start();
	create_vm();
	rec.length -= 12;
	assert_fails(NVT_EINPUT, "line 6: the file ends in the middle of this line");
}

static void garbage_between_events(void **state)
{
	(void)state;
	start();
	create_vm();
	raw("hello\n");
	assert_fails(NVT_EINPUT, "line 7: this is no line of an ftrace text");
}

static void nul_byte(void **state)
{
	(void)state;
	start();
	create_vm();
	rec.text[rec.length - 5] = '\0';
	assert_fails(NVT_EINPUT, "line 6: a NUL byte");
}

static void huge_line(void **state)
{
	(void)state;
	start();
	for (int i = 0; i < 70000; i++)
		raw("x");
	raw("\n");
	assert_fails(NVT_EINPUT, "line 3: longer than 65536 bytes");
}

static void nothing_in_it(void **state)
{
	(void)state;
	rec.length = 0;
	assert_fails(NVT_EINPUT, "no event in it");
	start();
	create_vm();
	assert_fails(NVT_EINPUT, "no stage-2 fault (abort or kvm_guest_fault) in 4 events");
}

static void damaged_zstd(void **state)
{
	(void)state;
	rec.length = 0;
	raw("\x28\xb5\x2f\xfd nonsense that is no frame");
	assert_fails(NVT_EINPUT, "zstd stream");
}

/* The frame's head alone: no content size, and a window of 2 GiB. */
static void zstd_that_asks_for_memory(void **state)
{
	static const char head[] = {0x28, (char)0xb5, 0x2f, (char)0xfd, 0x00, (char)0xa8, 0x01};

	(void)state;
	memcpy(rec.text, head, sizeof(head));
	rec.length = sizeof(head);
	assert_fails(NVT_EINPUT, "needs more than 128 MiB to unpack");
}

static void damaged_dat(void **state)
{
	(void)state;
	rec.length = 0;
	raw("\x17\x08\x44tracing7 and no more");
	assert_int_not_equal(import_vm(0), NVT_OK);
	assert_non_null(strstr(error.text, "trace"));
}

static void other_kinds_of_files(void **state)
{
	(void)state;
	rec.length = 0;
	raw("\x1f\x8b\x08 and so on");
	assert_fails(NVT_EINPUT, "gzip");
	rec.length = 0;
	raw("\x7f"
	    "ELF and so on");
	assert_fails(NVT_EINPUT, "ELF");
}

static void missing_file(void **state)
{
	struct nvt_import_options o = {.input = "/nonexistent/x", .output = output_path};

	(void)state;
	assert_int_equal(nvt_import(&o, NULL, &error), NVT_EINPUT);
	assert_non_null(strstr(error.text, "/nonexistent/x: cannot read"));
}

/* What waits for the first fault is bounded. */
static void many_events_before_the_first_fault(void **state)
{
	struct nvt_import_options o = {.input = input_path, .output = output_path};
	FILE *f = fopen(input_path, "wb");

	(void)state;
	assert_non_null(f);
	for (unsigned int i = 0; i < 70000; i++)
		fprintf(f,
			"  x-1  [000] ...1.  1.%06u: mmun_age: " FN " kvm=" KVM
			" start=0x1 end=0x2\n",
			i);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(nvt_import(&o, &stats, &error), NVT_EINPUT);
	assert_non_null(strstr(error.text, "no stage-2 fault in the first 65536 events"));
}

static void several_running_vms(void **state)
{
	(void)state;
	start();
	create_vm();
	line(11, 0, "initmmu: " FN " kvm=" KVM2 " mmu=" CANON2 " ret=0 vtcr=0x802d3558");
	load(20, VCPU0, CANON, 0);
	load(30, VCPU1, CANON2, 0);
	canonical_fault(20, VCPU0, 0x40001000, 0x80001000);
	abort_at(30, VCPU1, CANON2, 0, 0x92000047, 0x40001000);
	assert_fails(NVT_EINPUT, "several VMs run, choose one: 0xffff0000000a0000 (1 faults), "
				 "0xffff0000000d0000 (1 faults)");
	assert_int_equal(import_vm(0xffff0000000d0000), NVT_OK);
	assert_int_equal(stats.kind_count[NVT_FAULT], 1);
	assert_int_equal(stats.kind_count[NVT_SLOT], 0);
	unlink(output_path);
	assert_int_equal(import_vm(0x1), NVT_EINPUT);
	assert_non_null(strstr(error.text, "0xffff0000000a0000 (1 faults)"));
}

/* No input makes the importer crash or hang: cut and changed bytes of a good one. */
static void damaged_texts_are_survived(void **state)
{
	static char good[INPUT_MAX];
	size_t length;
	uint32_t seed = 1;

	(void)state;
	start();
	create_vm();
	load(20, VCPU0, CANON, 0);
	canonical_fault(20, VCPU0, 0x40001000, 0x80001000);
	load(20, VCPU0, MMU1, 1);
	shadow_fault(20, VCPU0, 0x201000, 0x40001000, 0x80001000);
	raw("CPU:0 [LOST 12 EVENTS]\n");
	host_unmap(KVM, 0x40001);
	shadow_fault(20, VCPU0, 0x202000, 0x40001000, 0x80001000);
	flush_slot();
	line(10, 1,
	     "memslot: " FN " kvm=" KVM " new=0x0 base_gfn=0x0 npages=0x0 ua=0x0 "
	     "flags=0x0 id=0 change=0x1");
	length = rec.length;
	memcpy(good, rec.text, length);
	for (int i = 0; i < 1500; i++) {
		memcpy(rec.text, good, length);
		rec.length = length;
		for (int k = 0; k < 1 + i % 3; k++) {
			seed = seed * 1664525u + 1013904223u;
			rec.text[seed % length] = (char)(seed >> 24);
		}
		if (i % 5 == 0)
			rec.length = seed % length;
		import_vm(0);
		unlink(output_path);
	}
}

static int set_up(void **state)
{
	(void)state;
	snprintf(input_path, sizeof(input_path), "/tmp/test_import_%ld.txt", (long)getpid());
	snprintf(output_path, sizeof(output_path), "/tmp/test_import_%ld.nvt", (long)getpid());
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(input_path);
	unlink(output_path);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_canonical_fault),
		cmocka_unit_test(shadow_fault_after_canonical_one_needs_no_backing),
		cmocka_unit_test(reflected_fault_swallows_its_exception),
		cmocka_unit_test(exception_outside_a_fault_is_a_context),
		cmocka_unit_test(load_inside_a_fault_is_a_context),
		cmocka_unit_test(faults_of_two_vcpus_interleave),
		cmocka_unit_test(order_of_fields_does_not_matter),
		cmocka_unit_test(fault_that_never_ends_lacks_its_return),
		cmocka_unit_test(loss_ends_the_fault_on_that_cpu),
		cmocka_unit_test(mark_may_have_lines),
		cmocka_unit_test(tracepoints_alone_give_a_partial_trace),
		cmocka_unit_test(huge_pages_are_told_from_thp),
		cmocka_unit_test(logging_does_not_shrink_what_is_known),
		cmocka_unit_test(moved_page_is_told_by_the_shadow_fault),
		cmocka_unit_test(stale_page_is_told_again_by_its_first_fault),
		cmocka_unit_test(page_seen_under_logging_is_a_lower_bound),
		cmocka_unit_test(page_seen_without_logging_is_no_lower_bound),
		cmocka_unit_test(page_capped_by_l1_is_a_lower_bound),
		cmocka_unit_test(device_mapping_says_nothing_about_dic),
		cmocka_unit_test(leaves_replace_each_other),
		cmocka_unit_test(deleted_slot_is_named_by_its_unmap),
		cmocka_unit_test(moved_slot_stands_before_what_it_unmaps),
		cmocka_unit_test(flush_without_a_change_is_no_slot),
		cmocka_unit_test(contexts_keep_their_numbers_when_the_array_moves),
		cmocka_unit_test(tlbi_and_its_extent),
		cmocka_unit_test(events_of_other_systems_are_ignored),
		cmocka_unit_test(late_recording_numbers_contexts_as_they_appear),
		cmocka_unit_test(late_recording_ties_the_only_name),
		cmocka_unit_test(late_recording_with_two_names_is_warned_of),
		cmocka_unit_test(created_vm_is_not_tied),
		cmocka_unit_test(page_size_may_be_told_late),
		cmocka_unit_test(page_size_that_is_never_told_is_warned_of),
		cmocka_unit_test(text_of_trace_cmd),
		cmocka_unit_test(compressed_text),
		cmocka_unit_test(missing_field_is_named),
		cmocka_unit_test(field_that_is_no_number),
		cmocka_unit_test(time_that_goes_back),
		cmocka_unit_test(clock_without_seconds),
		cmocka_unit_test(cut_last_line),
		cmocka_unit_test(garbage_between_events),
		cmocka_unit_test(nul_byte),
		cmocka_unit_test(huge_line),
		cmocka_unit_test(nothing_in_it),
		cmocka_unit_test(damaged_zstd),
		cmocka_unit_test(zstd_that_asks_for_memory),
		cmocka_unit_test(damaged_dat),
		cmocka_unit_test(other_kinds_of_files),
		cmocka_unit_test(missing_file),
		cmocka_unit_test(many_events_before_the_first_fault),
		cmocka_unit_test(several_running_vms),
		cmocka_unit_test(damaged_texts_are_survived),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
