/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first page of the image, which is an arm64 Image and a PE/COFF file at once, and the ways
 * from each kind of firmware to boot_main() at EL2 with the MMU off.
 */
#include "entry.h"

	.section .head, "ax"
	.global _head
_head:
	add	x13, x18, #0x16		/* the bytes "MZ", 0, 0x91 */
	b	image_start
	.quad	0			/* text_offset: anywhere */
	.quad	_end - _head		/* image_size */
	.quad	0xa			/* little-endian, 4K pages, anywhere in memory */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	pe_header - _head

pe_header:
	.ascii	"PE\0\0"
	.short	0xaa64			/* machine: AArch64 */
	.short	1			/* sections */
	.long	0			/* time */
	.long	0, 0			/* symbols */
	.short	sections - optional	/* size of the optional header */
	.short	0x0206			/* executable, no line numbers, no debug information */
optional:
	.short	0x020b			/* PE32+ */
	.byte	0, 0			/* linker version */
	.long	_end - _head - 0x1000	/* code */
	.long	0, 0			/* data */
	.long	efi_start - _head	/* entry */
	.long	0x1000			/* base of code */
	.quad	0			/* preferred address: any */
	.long	0x1000, 0x200		/* alignment in memory, in the file */
	.short	0, 0, 0, 0, 0, 0	/* versions */
	.long	0
	.long	_end - _head		/* size of the image */
	.long	0x1000			/* size of headers */
	.long	0			/* checksum */
	.short	10			/* subsystem: EFI application */
	.short	0
	.quad	0, 0, 0, 0		/* stack and heap: firmware's */
	.long	0
	.long	6			/* directories, all empty */
	.quad	0, 0, 0, 0, 0, 0
sections:
	.ascii	".nvsim\0\0"
	.long	_end - _head - 0x1000	/* size in memory */
	.long	0x1000			/* where */
	.long	_end - _head - 0x1000	/* size in the file */
	.long	0x1000
	.long	0, 0
	.short	0, 0
	.long	0xe0000020		/* code; execute, read, write */

	.text
	.macro	address register, symbol
	adrp	\register, \symbol
	add	\register, \register, :lo12:\symbol
	.endm

	/* From firmware of the arm64 boot protocol: x0 is the device tree, the MMU is off. */
image_start:
	mov	x1, #0
	b	start
	/* From a loader of ELF files, which passes nothing. */
	.global	elf_start
elf_start:
	mov	x1, #BOOT_ELF
	mov	x0, #0

start:
	msr	daifset, #0xf
	mov	x20, x0
	mov	x21, x1
	mrs	x0, CurrentEL
	cmp	x0, #(3 << 2)
	b.ne	1f
	/* No firmware has kept the other CPUs: they come here, too, and must write nothing. */
	mrs	x0, mpidr_el1
	ldr	x1, =AFFINITY
	tst	x0, x1
	b.ne	wait
	orr	x21, x21, #BOOT_EL3
	bl	leave_el3
1:	bl	clean_image
	bl	mmu_off
	bl	zero_bss
	bl	relocate
	b	enter_main

	/*
	 * From EFI: x0 is the handle, x1 the system table. Firmware's MMU and stack serve until
	 * efi_main has left the boot services; where it does not, its status goes back to firmware.
	 */
efi_start:
	stp	x29, x30, [sp, #-48]!
	stp	x19, x20, [sp, #16]
	stp	x21, x22, [sp, #32]
	mov	x21, x0
	mov	x22, x1
	bl	zero_bss
	bl	relocate
	mov	x0, x21
	mov	x1, x22
	bl	efi_main
	cbz	x0, 1f
	ldp	x21, x22, [sp, #32]
	ldp	x19, x20, [sp, #16]
	ldp	x29, x30, [sp], #48
	ret
1:	msr	daifset, #0xf
	address	x0, efi_device_tree
	ldr	x20, [x0]
	mov	x21, #BOOT_EFI
	bl	clean_image
	bl	mmu_off

enter_main:
	mrs	x0, CurrentEL
	cmp	x0, #(2 << 2)
	b.ne	1f
	bl	el2_state
1:	msr	spsel, #1
	address	x0, __stack_top
	mov	sp, x0
	bl	set_vectors
	/* What was written with the MMU off must not hide behind older lines. */
	bl	invalidate_data
	mov	x29, xzr
	mov	x30, xzr
	mov	x0, x20
	mov	x1, x21
	b	boot_main

	/* ---- EL3 ---- */

wait:	wfe
	b	wait

leave_el3:
	/* Caches of these take no part in coherency before they are told to. */
	mrs	x0, midr_el1
	lsr	x1, x0, #24
	cmp	x1, #MIDR_ARM
	b.ne	1f
	ubfx	x0, x0, #4, #12
	mov	x1, #MIDR_A53
	cmp	x0, x1
	mov	x1, #MIDR_A57
	ccmp	x0, x1, #4, ne
	mov	x1, #MIDR_A72
	ccmp	x0, x1, #4, ne
	mov	x1, #MIDR_A73
	ccmp	x0, x1, #4, ne
	b.ne	1f
	mrs	x0, s3_1_c15_c2_1	/* CPUECTLR_EL1 */
	orr	x0, x0, #CPUECTLR_SMPEN
	msr	s3_1_c15_c2_1, x0
	isb
1:	ldr	x0, =SCR_EL3_VALUE
	msr	scr_el3, x0
	msr	cptr_el3, xzr
	msr	mdcr_el3, xzr
	ldr	x0, =SCTLR_EL2_OFF
	msr	sctlr_el2, x0
	mov	x0, #SPSR_EL2H
	msr	spsr_el3, x0
	msr	elr_el3, x30
	isb
	eret

	/* ---- state ---- */

	/* EL2 as the rest of the image wants it, whatever firmware left. Uses x0, x1. */
el2_state:
	ldr	x0, =HCR_EL2_VALUE
	msr	hcr_el2, x0
	isb
	mov	x0, #CPTR_EL2_VALUE
	msr	cptr_el2, x0
	mrs	x0, id_aa64dfr0_el1
	ubfx	x0, x0, #8, #4		/* PMUVer: 0 none, 15 not Arm's */
	sub	x1, x0, #1
	mov	x0, xzr
	cmp	x1, #14
	b.hs	1f
	mrs	x0, pmcr_el0
	ubfx	x0, x0, #11, #5		/* all counters to EL1 as well: HPMN = N */
1:	msr	mdcr_el2, x0
	mov	x0, #3			/* EL1 may read the counter and use the timer */
	msr	cnthctl_el2, x0
	msr	cntvoff_el2, xzr
	msr	hstr_el2, xzr
	msr	vttbr_el2, xzr
	mov	x0, #VTCR_EL2_RES1
	msr	vtcr_el2, x0
	mrs	x0, midr_el1
	msr	vpidr_el2, x0
	mrs	x0, mpidr_el1
	msr	vmpidr_el2, x0
	ldr	x0, =SCTLR_EL1_OFF
	msr	sctlr_el1, x0
	msr	tpidr_el2, xzr
	isb
	ret

set_vectors:
	address	x0, vectors
	mrs	x1, CurrentEL
	cmp	x1, #(2 << 2)
	b.eq	1f
	msr	vbar_el1, x0
	isb
	ret
1:	msr	vbar_el2, x0
	isb
	ret

	/* Uses x0, x1. The code runs where it is mapped one to one, or not mapped yet. */
mmu_off:
	mrs	x1, CurrentEL
	cmp	x1, #(2 << 2)
	b.eq	1f
	ldr	x0, =SCTLR_EL1_OFF
	msr	sctlr_el1, x0
	isb
	ret
1:	ldr	x0, =SCTLR_EL2_OFF
	msr	sctlr_el2, x0
	isb
	ret

	/*
	 * void mmu_enable(const struct mmu_registers *): the same at EL2 and at EL1. Nothing is
	 * read from memory once the MMU is on.
	 */
	.global	mmu_enable
mmu_enable:
	ldp	x1, x2, [x0]		/* mair, tcr */
	ldp	x3, x4, [x0, #16]	/* ttbr, sctlr */
	mrs	x5, CurrentEL
	cmp	x5, #(2 << 2)
	b.eq	1f
	msr	mair_el1, x1
	msr	tcr_el1, x2
	msr	ttbr0_el1, x3
	isb
	tlbi	vmalle1
	dsb	nsh
	ic	iallu
	dsb	nsh
	isb
	msr	sctlr_el1, x4
	isb
	ret
1:	msr	mair_el2, x1
	msr	tcr_el2, x2
	msr	ttbr0_el2, x3
	isb
	tlbi	alle2
	dsb	nsh
	ic	iallu
	dsb	nsh
	isb
	msr	sctlr_el2, x4
	isb
	ret

	/* ---- the image's own bytes ---- */

	/* All of it to the point of coherency: what firmware wrote is wanted. Uses x0..x4. */
clean_image:
	address	x0, _head
	ldr	x1, [x0, #16]
	add	x1, x0, x1
	mrs	x2, ctr_el0
	ubfx	x2, x2, #16, #4
	mov	x3, #4
	lsl	x2, x3, x2
1:	dc	civac, x0
	add	x0, x0, x2
	cmp	x0, x1
	b.lo	1b
	dsb	sy
	ic	iallu
	dsb	sy
	isb
	ret

	/* Data without the blob. Uses x0..x3. */
invalidate_data:
	address	x0, __data_start
	address	x1, __bss_end
	mrs	x2, ctr_el0
	ubfx	x2, x2, #16, #4
	mov	x3, #4
	lsl	x2, x3, x2
1:	dc	ivac, x0
	add	x0, x0, x2
	cmp	x0, x1
	b.lo	1b
	dsb	sy
	ret

	/* Uses x0, x1. */
zero_bss:
	address	x0, __bss_start
	address	x1, __bss_end
1:	stp	xzr, xzr, [x0], #16
	cmp	x0, x1
	b.lo	1b
	ret

	/* Pointers in data: R_AARCH64_RELATIVE is all there is. Uses x0..x6. */
relocate:
	address	x0, __rela_start
	address	x1, __rela_end
	address	x2, _head
	ldr	x3, =LINKED_AT
	sub	x2, x2, x3
1:	cmp	x0, x1
	b.hs	2f
	ldp	x4, x5, [x0], #16
	ldr	x6, [x0], #8
	cmp	w5, #1027
	b.ne	1b
	add	x6, x6, x2
	str	x6, [x4, x2]
	b	1b
2:	ret

	/* ---- another CPU ---- */

	/* From PSCI CPU_ON: x0 is its struct cpu_start, which is clean to the point of coherency. */
	.global	cpu_start
cpu_start:
	msr	daifset, #0xf
	mov	x20, x0
	bl	mmu_off
	bl	el2_state
	msr	spsel, #1
	ldp	x0, x21, [x20]		/* stack, struct mmu_registers */
	mov	sp, x0
	bl	set_vectors
	mov	x0, x21
	bl	mmu_enable
	ldp	x1, x0, [x20, #16]	/* function, argument */
	mov	x29, xzr
	blr	x1
	b	cpu_finished

	.ltorg

	.section .blob, "aw"
	.quad	0
