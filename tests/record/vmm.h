/* SPDX-License-Identifier: GPL-2.0-only */
/* What both VMMs need of KVM's interface. */
#ifndef NVSIM_TESTS_RECORD_VMM_H
#define NVSIM_TESTS_RECORD_VMM_H

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static inline void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

/* An ioctl that has to succeed. */
static inline int call(int fd, const char *name, unsigned long request, void *argument)
{
	int result = ioctl(fd, request, argument);

	if (result < 0)
		die(name);
	return result;
}
#define CALL(fd, request, argument) call(fd, #request, request, (void *)(argument))

#define CORE_REG(which)                                                                            \
	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(which))

static inline void set_register(int vcpu, uint64_t id, uint64_t value)
{
	struct kvm_one_reg reg = {.id = id, .addr = (uintptr_t)&value};

	CALL(vcpu, KVM_SET_ONE_REG, &reg);
}

/* x0 to x30 of a vCPU. */
static inline void set_x(int vcpu, unsigned int number, uint64_t value)
{
	set_register(vcpu, CORE_REG(regs.regs[0]) + 2 * number, value);
}

static inline void set_slot(int vm, uint32_t slot, uint32_t flags, uint64_t ipa, uint64_t size,
			    void *memory)
{
	struct kvm_userspace_memory_region region = {.slot = slot,
						     .flags = flags,
						     .guest_phys_addr = ipa,
						     .memory_size = size,
						     .userspace_addr = (uintptr_t)memory};

	CALL(vm, KVM_SET_USER_MEMORY_REGION, &region);
}

static inline struct kvm_run *map_run(int kvm, int vcpu)
{
	int size = CALL(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	struct kvm_run *run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);

	if (run == MAP_FAILED)
		die("mmap of kvm_run");
	return run;
}

/* Runs until the next exit, which has to be MMIO. */
static inline void run_vcpu(int vcpu, struct kvm_run *run)
{
	while (ioctl(vcpu, KVM_RUN, 0) < 0)
		if (errno != EINTR)
			die("KVM_RUN");
	if (run->exit_reason != KVM_EXIT_MMIO) {
		fprintf(stderr, "exit reason %u\n", run->exit_reason);
		exit(1);
	}
}

static inline double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* What this process and the kernel on its behalf have computed so far. */
static inline double cpu_ms(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

#endif
