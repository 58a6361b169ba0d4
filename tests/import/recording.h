/* SPDX-License-Identifier: GPL-2.0-only */
/* Recordings made by hand, line by line, as ftrace prints them. */
#ifndef NVSIM_TESTS_IMPORT_RECORDING_H
#define NVSIM_TESTS_IMPORT_RECORDING_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define INPUT_MAX (256u << 10)

/* ---- a recording, line by line ---- */

struct recording {
	char text[INPUT_MAX];
	size_t length;
	unsigned int now_us;
};

static struct recording rec;

static inline void raw(const char *text)
{
	size_t n = strlen(text);

	assert_true(rec.length + n < sizeof(rec.text));
	memcpy(rec.text + rec.length, text, n);
	rec.length += n;
}

static inline void start(void)
{
	rec.length = 0;
	rec.now_us = 1000;
	raw("# tracer: nop\n#\n");
}

/* One event of thread `pid` on CPU `cpu`, 10 us after the one before. */
__attribute__((format(printf, 3, 4))) static inline void line(int pid, int cpu, const char *format,
							      ...)
{
	char text[1024];
	va_list args;
	int n;

	rec.now_us += 10;
	n = snprintf(text, sizeof(text), "       CPU 0/KVM-%d      [%03d] ...1.     0.%06u: ", pid,
		     cpu, rec.now_us);
	va_start(args, format);
	vsnprintf(text + n, sizeof(text) - (size_t)n, format, args);
	va_end(args);
	raw(text);
	raw("\n");
}

#define VCPU0 "0xffff000000010000"
#define VCPU1 "0xffff000000020000"
#define CANON "0xffff0000000a09b0"
#define MMU0  "0xffff0000000b0000"
#define MMU1  "0xffff0000000b0088"
#define KVM   "0xffff0000000a0000"
#define FN    "(f+0x4/0x88)"

/* A VM with one slot of 16 MiB at 1 GiB, two nested contexts, T0SZ 24 and 16 in hardware. */
static inline void create_vm(void)
{
	line(10, 0, "initmmu: " FN " kvm=" KVM " mmu=" CANON " ret=0 vtcr=0x802d3558");
	line(10, 0, "initmmu: " FN " kvm=" KVM " mmu=" MMU0 " ret=0 vtcr=0x802d3550");
	line(10, 0, "initmmu: " FN " kvm=" KVM " mmu=" MMU1 " ret=0 vtcr=0x802d3550");
	line(10, 0,
	     "memslot: " FN " kvm=" KVM " new=0x1 base_gfn=0x40000 npages=0x1000 "
	     "ua=0xffff40000000 flags=0x0 id=2 change=0x0");
}

static inline void load(int pid, const char *vcpu, const char *mmu, int s2en)
{
	line(pid, 0,
	     "loadmmu: " FN " vcpu=%s mmu=%s s2en=%d hwvtcr=0x802d35%s l1vttbr=0x1000041cd0001 "
	     "l1vtcr=0x802d3520 l1hcr=0x480000001",
	     vcpu, mmu, s2en, strcmp(mmu, CANON) ? "50" : "58");
}

static inline void abort_at(int pid, const char *vcpu, const char *mmu, int s2en, unsigned int esr,
			    unsigned long long ipa)
{
	line(pid, 0,
	     "abort: " FN " vcpu=%s esr=%#x far=%#llx hpfar=%#llx mmu=%s vttbr=0x1000041cd0000 "
	     "vtcr=0x802d3520 s2en=%d pc=0x1234 pstate=0x3c5",
	     vcpu, esr, ipa, ipa >> 8 | 1ull << 63, mmu, s2en);
}

static inline void faultin(int pid, unsigned long long gfn, unsigned long long pfn)
{
	line(pid, 0, "faultin: " FN " slot=0x1 gfn=%#llx foll=0x1 writable=1 pfn=%#llx", gfn, pfn);
}

static inline void map(int pid, unsigned long long addr, unsigned int size, unsigned long long pa)
{
	line(pid, 0,
	     "map: " FN " pgt=0x1 mmu=0x1 addr=%#llx size=%#x phys=%#llx prot=0xf flags=0x8", addr,
	     size, pa);
	line(pid, 0, "map_ret: " FN " pgt=0x1 addr=%#llx ret=0", addr);
}

static inline void faultin_and_map(int pid, unsigned long long gfn, unsigned long long addr,
				   unsigned int size, unsigned long long pa)
{
	faultin(pid, gfn, pa >> 12);
	map(pid, addr, size, pa);
}

static inline void abort_ret(int pid, const char *vcpu, int ret)
{
	line(pid, 0, "abort_ret: " FN " vcpu=%s ret=%d", vcpu, ret);
}

/* A fault of L1 on its own memory, 4K. */
static inline void canonical_fault(int pid, const char *vcpu, unsigned long long ipa,
				   unsigned long long pa)
{
	abort_at(pid, vcpu, CANON, 0, 0x92000047, ipa);
	faultin_and_map(pid, ipa >> 12, ipa, 0x1000, pa);
	abort_ret(pid, vcpu, 1);
}

static inline void walk(int pid, const char *vcpu, int ret, unsigned long long out,
			unsigned int size, int level, unsigned int esr, unsigned long long desc)
{
	line(pid, 0,
	     "walk: " FN " vcpu=%s gipa=0x0 ret=%d out=%#llx bs=%#x w=1 r=1 level=%d esr=%#x "
	     "desc=%#llx",
	     vcpu, ret, out, size, level, esr, desc);
}

static inline void shadow_fault(int pid, const char *vcpu, unsigned long long ipa,
				unsigned long long out, unsigned long long pa)
{
	abort_at(pid, vcpu, MMU1, 1, 0x92000047, ipa);
	walk(pid, vcpu, 0, out, 0x1000, 3, 0, out | 0x7ff);
	line(pid, 0, "permchk: " FN " vcpu=%s ret=0 esr=0x0", vcpu);
	faultin_and_map(pid, out >> 12, ipa, 0x1000, pa);
	abort_ret(pid, vcpu, 1);
}

#endif
