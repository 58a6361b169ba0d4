/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A tiny VMM whose guest is a hypervisor: L1 runs at virtual EL2 (FEAT_NV2) and maps a page of
 * L2's for each fault that it gets. L2 touches its pages; L1 unmaps them, by TLBI; and again, for
 * each round. One line of JSON says how many faults L1 got.
 */
#include "vmm.h"

#ifndef KVM_ARM_VCPU_HAS_EL2
#define KVM_ARM_VCPU_HAS_EL2 7
#endif

#define RAM	    0x80000000ull
#define RAM_SIZE    (64u << 20)
#define L2_CODE	    0x4000u /* offsets in it */
#define TABLE1	    0x10000u
#define TABLE2	    0x11000u
#define TABLE3	    0x100000u /* one after the other */
#define L2_DATA	    0x400000u
#define L2_DATA_IPA 0x200000u
#define MMIO	    0x0a000000ull
#define PAGE	    4096u
#define TABLES_MAX  16u

/* A page, write-back, readable and writable, inner shareable, accessed. */
#define ENTRY (3u | 0xfu << 2 | 3u << 6 | 3u << 8 | 1u << 10)
/* 39 bits from level 1, 4K pages, 40 bits of output. */
#define VTCR  (25u | 1u << 6 | 1u << 8 | 1u << 10 | 3u << 12 | 2u << 16 | 1ull << 31)
#define VTTBR (RAM + TABLE1 + (1ull << 48))
#define HCR   (1u | 1ull << 31 | 1ull << 34) /* VM, RW, E2H */

extern const char l1_start[], l1_end[], l2_start[], l2_end[];

static void set_entry(char *table, unsigned int index, uint64_t value)
{
	memcpy(table + 8 * index, &value, sizeof(value));
}

/*
 * All of it is written before the guest runs: a copy of the zero page would be a notification of
 * the host, for which KVM walks the whole range of the shadow table, which takes seconds here.
 */
static char *make_memory(unsigned int tables)
{
	char *ram =
		mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (ram == MAP_FAILED)
		die("mmap");
	madvise(ram, RAM_SIZE, MADV_NOHUGEPAGE);
	memset(ram, 0, RAM_SIZE);
	memcpy(ram, l1_start, (size_t)(l1_end - l1_start));
	memcpy(ram + L2_CODE, l2_start, (size_t)(l2_end - l2_start));
	set_entry(ram + TABLE1, 0, (RAM + TABLE2) | 3);
	for (unsigned int i = 0; i < tables; i++)
		set_entry(ram + TABLE2, i, (RAM + TABLE3 + i * PAGE) | 3);
	set_entry(ram + TABLE3, 0, (RAM + L2_CODE) | ENTRY);
	return ram;
}

static void set_attribute(int gic, uint32_t group, uint64_t attribute, uint64_t *value)
{
	struct kvm_device_attr attr = {.group = group, .attr = attribute, .addr = (uintptr_t)value};

	CALL(gic, KVM_SET_DEVICE_ATTR, &attr);
}

/* A nested guest has to have a GICv3 of KVM's own, made before the vCPU is initialised. */
static int make_vcpu(int vm)
{
	struct kvm_create_device gic = {.type = KVM_DEV_TYPE_ARM_VGIC_V3};
	uint64_t distributor = 0x08000000, redistributor = 0x080a0000;
	struct kvm_vcpu_init init;
	int vcpu;

	CALL(vm, KVM_ARM_PREFERRED_TARGET, &init);
	init.features[0] |= 1u << KVM_ARM_VCPU_HAS_EL2;
	vcpu = CALL(vm, KVM_CREATE_VCPU, 0);
	CALL(vm, KVM_CREATE_DEVICE, &gic);
	set_attribute((int)gic.fd, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST,
		      &distributor);
	set_attribute((int)gic.fd, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST,
		      &redistributor);
	CALL(vcpu, KVM_ARM_VCPU_INIT, &init);
	set_attribute((int)gic.fd, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
	return vcpu;
}

int main(int argc, char **argv)
{
	unsigned long pages = argc > 1 ? strtoul(argv[1], NULL, 10) : 64;
	unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 2;
	unsigned long tables = (pages + L2_DATA_IPA / PAGE + 511) / 512, faults = 0;
	const uint64_t x20[] = {VTTBR, VTCR,  HCR,   RAM + TABLE3, RAM + L2_DATA - L2_DATA_IPA,
				MMIO,  pages, ENTRY, rounds};
	struct kvm_run *run;
	int kvm, vm, vcpu;
	double begin;

	if (!pages || !rounds || tables > TABLES_MAX) {
		fputs("usage: vmmnv [PAGES [ROUNDS]]\n", stderr);
		return 2;
	}
	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		die("/dev/kvm");
	vm = CALL(kvm, KVM_CREATE_VM, 0);
	set_slot(vm, 0, 0, RAM, RAM_SIZE, make_memory((unsigned int)tables));
	vcpu = make_vcpu(vm);
	run = map_run(kvm, vcpu);
	for (unsigned int i = 0; i < sizeof(x20) / sizeof(x20[0]); i++)
		set_x(vcpu, 20 + i, x20[i]);
	set_register(vcpu, CORE_REG(regs.pc), RAM);
	alarm(300);
	begin = now_ms();
	for (run_vcpu(vcpu, run); run->mmio.phys_addr != MMIO; run_vcpu(vcpu, run))
		faults++;
	printf("{\"pages\":%lu,\"rounds\":%lu,\"l1_faults\":%lu,\"ms\":%.1f}\n", pages, rounds,
	       faults, now_ms() - begin);
	return 0;
}
