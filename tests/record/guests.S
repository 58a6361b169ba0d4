/* SPDX-License-Identifier: GPL-2.0-only */
/* The guests of vmm.c and vmmnv.c: copied into guest memory, so nothing here depends on its address. */

	.section .rodata
	.balign	4

/*
 * The plain guest, MMU off. x0 memory to touch, x1 pages, x2 read-only memory, x3 MMIO, x4 how
 * often to do MMIO or calls. It asks for each step by a load from MMIO + 8.
 */
	.globl	guest_start, guest_end
guest_start:
	ldr	w9, [x3, #8]
	cbz	w9, off
	cmp	w9, #2
	b.eq	mmio
	b.hi	calls

	mov	x5, x0				// 1: write one word of each page
	mov	x6, x1
1:	str	x6, [x5]
	add	x5, x5, #4096
	subs	x6, x6, #1
	b.ne	1b
	b	guest_start

mmio:	mov	x6, x4				// 2: a write and a read of MMIO, then read-only memory
2:	str	w6, [x3, #0x100]
	ldrh	w7, [x3, #0x104]
	subs	x6, x6, #1
	b.ne	2b
	str	x4, [x2]			// not mapped yet
	ldr	x7, [x2, #8]			// is mapped, to be read
	str	x4, [x2]			// no permission
	str	x4, [x2, #0x1000]
	b	guest_start

calls:	mov	x6, x4				// 3: calls that KVM does not know, its cheapest exits
	mov	x10, x0				// they write x0 to x3
	mov	x11, x1
	mov	x12, x2
	mov	x13, x3
3:	mov	w0, #1
	hvc	#0
	subs	x6, x6, #1
	b.ne	3b
	mov	x0, x10
	mov	x1, x11
	mov	x2, x12
	mov	x3, x13
	b	guest_start

off:	str	w9, [x3]
	b	off
guest_end:

/*
 * L1, at virtual EL2 with its MMU off. x20 VTTBR, x21 VTCR, x22 HCR, x23 its level 3 tables, x24
 * what to add to an IPA of L2 for one of L1, x25 MMIO, x26 pages, x27 bits of an entry. It enters
 * L2 at 0. On an abort of L2 it tells the VMM, maps the page and goes on; on HVC 1 it unmaps all.
 */
	.globl	l1_start, l1_end
	.balign	0x800				// vectors have to be; it is copied to such an address
l1_start:
	adr	x0, l1_vectors
	msr	vbar_el2, x0
	msr	vtcr_el2, x21
	msr	vttbr_el2, x20
	msr	hcr_el2, x22
	mov	x0, #0x3c5			// EL1h, interrupts masked
	msr	spsr_el2, x0
	msr	elr_el2, xzr
	isb
	eret

	.balign	0x800
l1_vectors:
	.org	l1_vectors + 0x400		// synchronous, from a lower EL
	mrs	x10, esr_el2
	lsr	x11, x10, #26
	cmp	x11, #0x16			// HVC
	b.eq	1f
	str	w10, [x25, #0x10]
	mrs	x12, hpfar_el2
	ubfx	x12, x12, #4, #40		// number of the page
	lsl	x13, x12, #12
	add	x13, x13, x24
	orr	x13, x13, x27
	str	x13, [x23, x12, lsl #3]
	dsb	ishst
	eret
1:	and	w11, w10, #0xffff
	cbz	w11, 3f
	mov	x12, #0x200			// L2's first page of data
	mov	x13, x26
2:	str	xzr, [x23, x12, lsl #3]
	dsb	ishst
	tlbi	ipas2e1is, x12
	dsb	ish
	add	x12, x12, #1
	subs	x13, x13, #1
	b.ne	2b
	tlbi	vmalle1is
	dsb	ish
	isb
	eret
3:	str	wzr, [x25]
	b	3b
	.balign	8
l1_end:

/* L2: x26 pages, x28 rounds. Writes a word of each page, then has L1 unmap them. */
	.globl	l2_start, l2_end
l2_start:
	mov	x5, #0x200000
	mov	x6, x26
1:	str	x6, [x5]
	add	x5, x5, #4096
	subs	x6, x6, #1
	b.ne	1b
	hvc	#1
	subs	x28, x28, #1
	b.ne	l2_start
	hvc	#0
	b	.
l2_end:

	.section .note.GNU-stack, "", %progbits
