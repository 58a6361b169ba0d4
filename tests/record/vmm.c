/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tiny VMM for arm64: a guest touches memory, does MMIO and writes to read-only memory; its
 * memory is taken away and its writes are logged. One line of JSON says how often. With one vCPU
 * the number of stage-2 faults is known to the last one:
 *
 *	touched + mmio_reads + mmio_writes + readonly_writes + 2
 *
 * namely the code's page and the one read of read-only memory, too.
 */
#include <pthread.h>
#include <stdbool.h>

#include "vmm.h"

#define RAM	      0x80000000u /* the code is in its first page */
#define RAM_SIZE      (64u << 20)
#define BLOCK	      (2u << 20)
#define AREA	      BLOCK /* where in it the guest's pages begin */
#define READONLY      0x90000000u
#define READONLY_SIZE (1u << 20)
#define MMIO	      0x0a000000u
#define OFF	      (MMIO + 0)
#define STEP	      (MMIO + 8)
#define PAGE	      4096u
#define VCPUS_MAX     2u
#define LOG_WORDS     (RAM_SIZE / PAGE / 64)

enum step { DO_END, DO_TOUCH, DO_MMIO, DO_CALLS };

extern const char guest_start[], guest_end[];

static struct {
	unsigned int pages, vcpus, rounds, accesses;
	bool huge, calls;
} options = {.pages = 1024, .vcpus = 1, .rounds = 2, .accesses = 8};

static struct {
	unsigned long touched, mmio_reads, mmio_writes, readonly_writes, unmapped, dirty;
} done;

static int kvm, vm;
static char *ram;

static void count(unsigned long *what, unsigned long by)
{
	__atomic_fetch_add(what, by, __ATOMIC_RELAXED);
}

/* Reading the log write-protects what it reports. */
static void read_log(void)
{
	static uint64_t bitmap[LOG_WORDS];
	struct kvm_dirty_log log = {.slot = 0, .dirty_bitmap = bitmap};

	CALL(vm, KVM_GET_DIRTY_LOG, &log);
	for (unsigned int i = 0; i < LOG_WORDS; i++)
		done.dirty += (unsigned long)__builtin_popcountll(bitmap[i]);
}

static void take_memory(void)
{
	if (madvise(ram + AREA, (size_t)options.pages * PAGE, MADV_DONTNEED))
		die("madvise");
	done.unmapped += options.pages;
}

/*
 * The first vCPU: touches its pages, does MMIO, touches them again after each time that they were
 * taken away, then twice with logging on. The other one touches its own once.
 */
static enum step prepare_step(unsigned int vcpu, unsigned int step)
{
	unsigned int rounds = options.rounds;

	if (options.calls)
		return step ? DO_END : DO_CALLS;
	if (vcpu || !step)
		return step ? DO_END : DO_TOUCH;
	if (step == 1)
		return DO_MMIO;
	if (step < 2 + rounds)
		take_memory();
	else if (step == 2 + rounds)
		set_slot(vm, 0, KVM_MEM_LOG_DIRTY_PAGES, RAM, RAM_SIZE, ram);
	else
		read_log();
	if (step < 4 + rounds)
		return DO_TOUCH;
	set_slot(vm, 0, 0, RAM, RAM_SIZE, ram);
	return DO_END;
}

static uint32_t next_step(unsigned int vcpu, unsigned int step)
{
	enum step what = prepare_step(vcpu, step);

	if (what == DO_TOUCH)
		count(&done.touched, options.pages);
	return what;
}

static int make_vcpu(unsigned int index)
{
	int vcpu = CALL(vm, KVM_CREATE_VCPU, (uintptr_t)index);
	struct kvm_vcpu_init init;

	CALL(vm, KVM_ARM_PREFERRED_TARGET, &init);
	CALL(vcpu, KVM_ARM_VCPU_INIT, &init);
	set_register(vcpu, CORE_REG(regs.pc), RAM);
	set_x(vcpu, 0, RAM + AREA + (uint64_t)index * options.pages * PAGE);
	set_x(vcpu, 1, options.pages);
	set_x(vcpu, 2, READONLY);
	set_x(vcpu, 3, MMIO);
	set_x(vcpu, 4, options.accesses);
	return vcpu;
}

static void *be_vcpu(void *argument)
{
	unsigned int index = (unsigned int)(uintptr_t)argument, step = 0;
	int vcpu = make_vcpu(index);
	struct kvm_run *run = map_run(kvm, vcpu);
	uint32_t value;

	for (;;) {
		run_vcpu(vcpu, run);
		if (!run->mmio.is_write) {
			count(&done.mmio_reads, 1);
			value = run->mmio.phys_addr == STEP ? next_step(index, step++) : 0x5a5a;
			memcpy(run->mmio.data, &value, run->mmio.len < 4 ? run->mmio.len : 4);
		} else if (run->mmio.phys_addr >= READONLY) {
			count(&done.readonly_writes, 1);
		} else {
			count(&done.mmio_writes, 1);
			if (run->mmio.phys_addr == OFF)
				return NULL;
		}
	}
}

/* Anonymous memory at a multiple of 2 MiB, so that blocks can back it. */
static char *make_memory(size_t size)
{
	char *map = mmap(NULL, size + BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);

	if (map == MAP_FAILED)
		die("mmap");
	map = (char *)(((uintptr_t)map + BLOCK - 1) & ~(uintptr_t)(BLOCK - 1));
	madvise(map, size, options.huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	return map;
}

static void make_vm(void)
{
	char *readonly;

	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		die("/dev/kvm");
	vm = CALL(kvm, KVM_CREATE_VM, 0);
	ram = make_memory(RAM_SIZE);
	memcpy(ram, guest_start, (size_t)(guest_end - guest_start));
	readonly = make_memory(READONLY_SIZE);
	memset(readonly, 1, READONLY_SIZE);
	set_slot(vm, 0, 0, RAM, RAM_SIZE, ram);
	set_slot(vm, 1, KVM_MEM_READONLY, READONLY, READONLY_SIZE, readonly);
}

static bool parse(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "p:c:r:a:x:H")) != -1) {
		unsigned int value = optarg ? (unsigned int)strtoul(optarg, NULL, 10) : 0;

		switch (option) {
		case 'p':
			options.pages = value;
			break;
		case 'c':
			options.vcpus = value;
			break;
		case 'r':
			options.rounds = value;
			break;
		case 'x':
			options.calls = true;
			/* fall through */
		case 'a':
			options.accesses = value;
			break;
		case 'H':
			options.huge = true;
			break;
		default:
			return false;
		}
	}
	return options.pages && options.accesses && options.vcpus && options.vcpus <= VCPUS_MAX &&
	       options.pages <= (RAM_SIZE - AREA) / PAGE / options.vcpus;
}

int main(int argc, char **argv)
{
	pthread_t threads[VCPUS_MAX];
	double begin;

	if (!parse(argc, argv)) {
		fputs("usage: vmm [-p PAGES] [-c VCPUS] [-r ROUNDS] [-a ACCESSES] [-H] "
		      "[-x CALLS]\n",
		      stderr);
		return 2;
	}
	make_vm();
	begin = now_ms();
	for (uintptr_t i = 0; i < options.vcpus; i++)
		if (pthread_create(&threads[i], NULL, be_vcpu, (void *)i))
			die("pthread_create");
	for (unsigned int i = 0; i < options.vcpus; i++)
		pthread_join(threads[i], NULL);
	printf("{\"vcpus\":%u,\"touched\":%lu,\"mmio_reads\":%lu,\"mmio_writes\":%lu,"
	       "\"readonly_writes\":%lu,\"unmapped\":%lu,\"dirty\":%lu,\"ms\":%.1f,\"cpu_ms\":%.1f}"
	       "\n",
	       options.vcpus, done.touched, done.mmio_reads, done.mmio_writes, done.readonly_writes,
	       done.unmapped, done.dirty, now_ms() - begin, cpu_ms());
	return 0;
}
