/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Into the guest and back, as a hypervisor does it: all of the guest's general registers, those
 * of the host that calls preserve, and the syndrome. And the guest's code.
 */
#include "guest.h"

	/* Counters into the stamp at `offset` of the guest at `base`. */
	.macro	stamp base, offset, temporary
	ldr	\temporary, [\base, #GUEST_COUNTERS]
	cbz	\temporary, 8f
	mrs	\temporary, pmevcntr0_el0
	str	\temporary, [\base, #\offset + STAMP_INSTRUCTIONS]
	mrs	\temporary, pmccntr_el0
	str	\temporary, [\base, #\offset + STAMP_CYCLES]
	ldr	\temporary, [\base, #GUEST_COUNTERS]
	tbz	\temporary, #1, 6f	/* 2: one more event, 3: two */
	mrs	\temporary, pmevcntr1_el0
	str	\temporary, [\base, #\offset + STAMP_EVENTS]
	ldr	\temporary, [\base, #GUEST_COUNTERS]
	tbz	\temporary, #0, 8f
	mrs	\temporary, pmevcntr2_el0
	str	\temporary, [\base, #\offset + STAMP_EVENTS + 8]
	b	8f
6:	tbz	\temporary, #2, 8f	/* 4: three, 5: four */
	mrs	\temporary, pmevcntr1_el0
	str	\temporary, [\base, #\offset + STAMP_EVENTS]
	mrs	\temporary, pmevcntr2_el0
	str	\temporary, [\base, #\offset + STAMP_EVENTS + 8]
	mrs	\temporary, pmevcntr3_el0
	str	\temporary, [\base, #\offset + STAMP_EVENTS + 16]
	ldr	\temporary, [\base, #GUEST_COUNTERS]
	tbz	\temporary, #0, 8f
	mrs	\temporary, pmevcntr4_el0
	str	\temporary, [\base, #\offset + STAMP_EVENTS + 24]
8:	mrs	\temporary, cntvct_el0
	str	\temporary, [\base, #\offset + STAMP_TICKS]
	.endm

	.text
	/* [sp]: the guest; [sp, #16]: x0 and x1 for a moment; from [sp, #32] on the host's registers. */
	.global	guest_run
guest_run:
	sub	sp, sp, #128
	str	x0, [sp]
	stp	x29, x30, [sp, #32]
	stp	x19, x20, [sp, #48]
	stp	x21, x22, [sp, #64]
	stp	x23, x24, [sp, #80]
	stp	x25, x26, [sp, #96]
	stp	x27, x28, [sp, #112]
	dsb	ishst
	ldp	x1, x2, [x0, #GUEST_PC]
	msr	elr_el2, x1
	msr	spsr_el2, x2
	ldp	x2, x3, [x0, #16]
	ldp	x4, x5, [x0, #32]
	ldp	x6, x7, [x0, #48]
	ldp	x8, x9, [x0, #64]
	ldp	x10, x11, [x0, #80]
	ldp	x12, x13, [x0, #96]
	ldp	x14, x15, [x0, #112]
	ldp	x16, x17, [x0, #128]
	ldp	x18, x19, [x0, #144]
	ldp	x20, x21, [x0, #160]
	ldp	x22, x23, [x0, #176]
	ldp	x24, x25, [x0, #192]
	ldp	x26, x27, [x0, #208]
	ldp	x28, x29, [x0, #224]
	ldr	x30, [x0, #240]
	stamp	x0, GUEST_LEFT, x1
	ldp	x0, x1, [x0]
	eret
	dsb	nsh			/* nothing is speculated beyond */
	isb

	.global	guest_exception
guest_exception:
	stp	x0, x1, [sp, #16]
	ldr	x0, [sp]
	stamp	x0, GUEST_ARRIVED, x1
	stp	x2, x3, [x0, #16]
	ldp	x2, x3, [sp, #16]
	stp	x2, x3, [x0]
	stp	x4, x5, [x0, #32]
	stp	x6, x7, [x0, #48]
	stp	x8, x9, [x0, #64]
	stp	x10, x11, [x0, #80]
	stp	x12, x13, [x0, #96]
	stp	x14, x15, [x0, #112]
	stp	x16, x17, [x0, #128]
	stp	x18, x19, [x0, #144]
	stp	x20, x21, [x0, #160]
	stp	x22, x23, [x0, #176]
	stp	x24, x25, [x0, #192]
	stp	x26, x27, [x0, #208]
	stp	x28, x29, [x0, #224]
	str	x30, [x0, #240]
	mrs	x2, elr_el2
	mrs	x3, spsr_el2
	stp	x2, x3, [x0, #GUEST_PC]
	mrs	x2, esr_el2
	mrs	x3, far_el2
	stp	x2, x3, [x0, #GUEST_ESR]
	mrs	x2, hpfar_el2
	str	x2, [x0, #GUEST_HPFAR]
	ldp	x19, x20, [sp, #48]
	ldp	x21, x22, [sp, #64]
	ldp	x23, x24, [sp, #80]
	ldp	x25, x26, [sp, #96]
	ldp	x27, x28, [sp, #112]
	ldp	x29, x30, [sp, #32]
	add	sp, sp, #128
	stamp	x0, GUEST_ENTERED, x1
	ret

	/* ---- what runs at EL1 and EL0 ---- */

	.section .rodata.guest_stub, "a"
	.balign	4096
	.global	guest_stub
guest_stub:
	ldrb	w1, [x0]
	brk	#GUEST_DONE
	ldrh	w1, [x0]
	brk	#GUEST_DONE
	ldr	w1, [x0]
	brk	#GUEST_DONE
	ldr	x1, [x0]
	brk	#GUEST_DONE
	strb	w1, [x0]
	brk	#GUEST_DONE
	strh	w1, [x0]
	brk	#GUEST_DONE
	str	w1, [x0]
	brk	#GUEST_DONE
	str	x1, [x0]
	brk	#GUEST_DONE
	dc	civac, x0
	brk	#GUEST_DONE
	br	x0
	brk	#GUEST_DONE

	.org	guest_stub + STUB_L1
	mrs	x0, esr_el1
	brk	#GUEST_L1

	.org	guest_stub + STUB_REACHED
	brk	#GUEST_REACHED

	.org	guest_stub + STUB_VECTORS
	.rept	16
	.balign	128
	brk	#GUEST_VECTOR
	.endr
	.org	guest_stub + STUB_SIZE
