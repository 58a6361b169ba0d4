/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Into the guest and back, as a hypervisor does it: all of the guest's general registers, those
 * of the host that calls preserve, and the syndrome. And the guest's code.
 */
#include "guest.h"
#include "registers.inc"

	/* The events counted besides instructions, into the stamp at `offset` of the guest at x0. */
	.macro	stamp_events offset
	ldr	x1, [x0, #GUEST_COUNTERS]
	tbz	x1, #1, 6f	/* 2: one more event, 3: two */
	mrs	x1, pmevcntr1_el0
	str	x1, [x0, #\offset + STAMP_EVENTS]
	ldr	x1, [x0, #GUEST_COUNTERS]
	tbz	x1, #0, 7f
	mrs	x1, pmevcntr2_el0
	str	x1, [x0, #\offset + STAMP_EVENTS + 8]
	b	7f
6:	tbz	x1, #2, 7f	/* 4: three, 5: four */
	mrs	x1, pmevcntr1_el0
	str	x1, [x0, #\offset + STAMP_EVENTS]
	mrs	x1, pmevcntr2_el0
	str	x1, [x0, #\offset + STAMP_EVENTS + 8]
	mrs	x1, pmevcntr3_el0
	str	x1, [x0, #\offset + STAMP_EVENTS + 16]
	ldr	x1, [x0, #GUEST_COUNTERS]
	tbz	x1, #0, 7f
	mrs	x1, pmevcntr4_el0
	str	x1, [x0, #\offset + STAMP_EVENTS + 24]
7:
	.endm

	.macro	stamp_counter register, offset
	mrs	x1, \register
	str	x1, [x0, #\offset]
	.endm

	/* For the end of what is measured: what counts most is read first. x1 is not kept. */
	.macro	stamp_to offset
	ldr	x1, [x0, #GUEST_COUNTERS]
	cbz	x1, 8f
	stamp_counter pmevcntr0_el0, \offset + STAMP_INSTRUCTIONS
	stamp_counter pmccntr_el0, \offset + STAMP_CYCLES
	stamp_events \offset
8:	stamp_counter cntvct_el0, \offset + STAMP_TICKS
	.endm

	/* For the beginning: last. */
	.macro	stamp_from offset
	stamp_counter cntvct_el0, \offset + STAMP_TICKS
	ldr	x1, [x0, #GUEST_COUNTERS]
	cbz	x1, 8f
	stamp_events \offset
	stamp_counter pmccntr_el0, \offset + STAMP_CYCLES
	stamp_counter pmevcntr0_el0, \offset + STAMP_INSTRUCTIONS
8:
	.endm

	/* The host's that calls preserve. */
	.macro	host_registers pair
	\pair	x29, x30, [sp, #32]
	\pair	x19, x20, [sp, #48]
	\pair	x21, x22, [sp, #64]
	\pair	x23, x24, [sp, #80]
	\pair	x25, x26, [sp, #96]
	\pair	x27, x28, [sp, #112]
	.endm

	.text
	/* [sp]: the guest; [sp, #16]: x0 and x1 for a moment; from [sp, #32] on the host's registers. */
	.global	guest_run
guest_run:
	sub	sp, sp, #128
	str	x0, [sp]
	host_registers stp
	dsb	ishst
	ldp	x1, x2, [x0, #GUEST_PC]
	msr	elr_el2, x1
	msr	spsr_el2, x2
	registers ldp, ldr, x0, 2
	stamp_to GUEST_LEFT
	stamp_from GUEST_LEAVES
	ldp	x0, x1, [x0]
	eret
	dsb	nsh			/* nothing is speculated beyond */
	isb

	.global	guest_exception
guest_exception:
	stp	x0, x1, [sp, #16]
	ldr	x0, [sp]
	stamp_counter cntvct_el0, GUEST_ARRIVED
	stp	x2, x3, [x0, #16]
	ldp	x2, x3, [sp, #16]
	stp	x2, x3, [x0]
	registers stp, str, x0, 4
	mrs	x2, elr_el2
	mrs	x3, spsr_el2
	stp	x2, x3, [x0, #GUEST_PC]
	mrs	x2, esr_el2
	mrs	x3, far_el2
	stp	x2, x3, [x0, #GUEST_ESR]
	mrs	x2, hpfar_el2
	str	x2, [x0, #GUEST_HPFAR]
	host_registers ldp
	add	sp, sp, #128
	stamp_to GUEST_ENTERED
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
