/* SPDX-License-Identifier: GPL-2.0-only */
/* What nobody asked for is told whole, and ends the run. */
#include <stdio.h>

#include "boot.h"
#include "cpu.h"

extern const uint64_t unexpected_registers[31];
/* From vectors.S. */
__attribute__((noreturn)) void unexpected(uint64_t vector);

static void add_el2(struct hw_line *l)
{
	hw_line_hex(l, "esr", sysreg_read(esr_el2));
	hw_line_hex(l, "elr", sysreg_read(elr_el2));
	hw_line_hex(l, "far", sysreg_read(far_el2));
	hw_line_hex(l, "hpfar", sysreg_read(hpfar_el2));
	hw_line_hex(l, "spsr", sysreg_read(spsr_el2));
	hw_line_hex(l, "sctlr", sysreg_read(sctlr_el2));
	hw_line_hex(l, "hcr", sysreg_read(hcr_el2));
}

static void add_el1(struct hw_line *l)
{
	hw_line_hex(l, "esr", sysreg_read(esr_el1));
	hw_line_hex(l, "elr", sysreg_read(elr_el1));
	hw_line_hex(l, "far", sysreg_read(far_el1));
	hw_line_hex(l, "spsr", sysreg_read(spsr_el1));
	hw_line_hex(l, "sctlr", sysreg_read(sctlr_el1));
}

void unexpected(uint64_t vector)
{
	struct hw_line *l = frame_begin("unexpected");
	unsigned int i;
	char name[4];

	hw_line_number(l, "vector", vector);
	if (current_el() == 2)
		add_el2(l);
	else
		add_el1(l);
	hw_line_hex(l, "cpu", sysreg_read(mpidr_el1));
	hw_line_hex(l, "image", (uint64_t)_head);
	frame_send(l);
	l = frame_begin("regs");
	for (i = 0; i < 31; i++) {
		snprintf(name, sizeof(name), "x%u", i);
		hw_line_hex(l, name, unexpected_registers[i]);
	}
	frame_send(l);
	l = frame_begin("end");
	hw_line_number(l, "status", HW_CANNOT_RUN);
	frame_send(l);
	platform_off(HW_CANNOT_RUN);
}
