/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exceptions to EL2 (and to EL1, where that is where the image was started). Those from a guest
 * go to guest_exception untouched; whatever else arrives is reported, and ends the run.
 */
#include "registers.inc"

	.text
	.balign	2048
	.global	vectors
vectors:
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7
	.balign	128
	msr	tpidr_el1, x0
	mov	x0, #\n
	b	report
	.endr
	.balign	128
	b	guest_exception
	.irp	n, 9, 10, 11, 12, 13, 14, 15
	.balign	128
	msr	tpidr_el1, x0
	mov	x0, #\n
	b	report
	.endr
	.balign	128

	/* A guest's exception that its handler does not want, all registers as they were. */
	.weak	guest_exception
	.global	guest_unexpected
guest_exception:
guest_unexpected:
	msr	tpidr_el1, x0
	mov	x0, #8
	b	report

	/*
	 * x0 is the vector's number, tpidr_el1 what x0 was. The stack may be what failed: the
	 * report has one of its own, and is made once.
	 */
report:
	msr	tpidr_el0, x1
	adrp	x1, unexpected_registers
	add	x1, x1, :lo12:unexpected_registers
	stp	x2, x3, [x1, #16]
	mov	w2, #1
	adrp	x3, reported
	add	x3, x3, :lo12:reported
	ldr	w3, [x3]
	cbnz	w3, wait
	adrp	x3, reported
	add	x3, x3, :lo12:reported
	str	w2, [x3]
	mrs	x2, tpidr_el1
	mrs	x3, tpidr_el0
	stp	x2, x3, [x1]
	registers stp, str, x1, 4
	adrp	x2, report_stack_top
	add	x2, x2, :lo12:report_stack_top
	mov	sp, x2
	b	unexpected
wait:	wfi
	b	wait

	.bss
	.balign	16
reported:
	.skip	16
	.global	unexpected_registers
unexpected_registers:
	.skip	256
	.skip	8192
report_stack_top:
