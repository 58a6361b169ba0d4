/* SPDX-License-Identifier: GPL-2.0-only */
/* A recording that is right: a VM of 16 MiB at 1 GiB; L2 faults, and its walk ends at a page. */
#ifndef NVSIM_TESTS_FUZZ_ONE_FAULT_H
#define NVSIM_TESTS_FUZZ_ONE_FAULT_H

#define HOST_ADDRESS 0xffff40000000 /* of the VM's memory */

#define LINE(us, text) "       CPU 0/KVM-10      [000] ...1.     0.00" us ": " text "\n"
#define KVM	       " (f+0x4/0x88) kvm=0xffff0000000a0000"
#define VCPU	       " (f+0x4/0x88) vcpu=0xffff000000010000"

/* clang-format off */
static const char one_fault[] = "# tracer: nop\n#\n"
	LINE("1010", "initmmu:" KVM " mmu=0xffff0000000a09b0 ret=0 vtcr=0x802d3558")
	LINE("1020", "initmmu:" KVM " mmu=0xffff0000000b0000 ret=0 vtcr=0x802d3550")
	LINE("1030", "initmmu:" KVM " mmu=0xffff0000000b0088 ret=0 vtcr=0x802d3550")
	LINE("1040", "memslot:" KVM
	     " new=0x1 base_gfn=0x40000 npages=0x1000 ua=0xffff40000000 flags=0x0 id=2 "
	     "change=0x0")
	LINE("1050", "loadmmu:" VCPU
	     " mmu=0xffff0000000b0000 s2en=1 hwvtcr=0x802d3550 l1vttbr=0x1000040010000 "
	     "l1vtcr=0x80023558 l1hcr=0x80000001")
	LINE("1060", "abort:" VCPU
	     " esr=0x93c08007 far=0x5000 hpfar=0x8000000000000050 mmu=0xffff0000000b0000 "
	     "vttbr=0x1000040010000 vtcr=0x80023558 s2en=1 pc=0x40 pstate=0x3c5")
	LINE("1070", "walk:" VCPU
	     " gipa=0x0 ret=0 out=0x40005000 bs=0x1000 w=1 r=1 level=3 esr=0x0 "
	     "desc=0x400057c3")
	LINE("1080", "permchk:" VCPU " ret=0 esr=0x0")
	LINE("1090",
	     "faultin: (f+0x4/0x88) slot=0x1 gfn=0x40005 foll=0x1 writable=1 pfn=0x80005")
	LINE("1100",
	     "map: (f+0x4/0x88) pgt=0x1 mmu=0x1 addr=0x5000 size=0x1000 phys=0x80005000 "
	     "prot=0xf flags=0x8")
	LINE("1110", "map_ret: (f+0x4/0x88) pgt=0x1 addr=0x5000 ret=0")
	LINE("1120", "abort_ret:" VCPU " ret=1");
/* clang-format on */

#endif
