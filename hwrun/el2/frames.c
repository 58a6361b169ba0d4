/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames out, and the ends of a run. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "boot.h"
#include "cpu.h"

static uint32_t sequence;
static struct hw_line the_line;
static bool semihosting;

struct hw_line *frame_begin(const char *type)
{
	hw_line_begin(&the_line, sequence++, type);
	return &the_line;
}

void frame_send(struct hw_line *line)
{
	hw_line_end(line);
	if (semihosting)
		semihosting_write(line->text, line->used);
	else
		console_write(line->text, line->used);
}

void refuse(unsigned int status, const char *format, ...)
{
	char why[256];
	struct hw_line *l;
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	l = frame_begin("refused");
	hw_line_text(l, "why", why);
	hw_line_number(l, "status", status);
	frame_send(l);
	l = frame_begin("end");
	hw_line_number(l, "status", status);
	frame_send(l);
	platform_off(status);
}

/* ---- semihosting: a debugger or an emulator serves calls ---- */

#define SYS_OPEN	  0x01
#define SYS_WRITE	  0x05
#define SYS_EXIT_EXTENDED 0x20
#define OPEN_WRITE	  4u
#define APPLICATION_EXIT  0x20026ull
#define WRITE_TRIES	  10000000u

static uint64_t out;

int64_t semihosting_call(uint64_t operation, const void *argument)
{
	register uint64_t x0 __asm__("x0") = operation;
	register const void *x1 __asm__("x1") = argument;

	__asm__ volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
	return (int64_t)x0;
}

void semihosting_start(void)
{
	static const char name[] = ":tt"; /* the console of whoever serves the calls */
	uint64_t open[3] = {(uint64_t)name, OPEN_WRITE, sizeof(name) - 1};
	int64_t handle = semihosting_call(SYS_OPEN, open);

	semihosting = handle >= 0;
	out = (uint64_t)handle;
}

/* A pipe that is full takes nothing, or a part, until its reader comes. */
void semihosting_write(const char *text, size_t size)
{
	for (unsigned int tries = 0; size && tries < WRITE_TRIES; tries++) {
		uint64_t argument[3] = {out, (uint64_t)text, size};
		int64_t left = semihosting_call(SYS_WRITE, argument);

		if (left < 0 || (uint64_t)left > size)
			return;
		text += size - (uint64_t)left;
		size = (uint64_t)left;
	}
}

/* ---- the end ---- */

#define PSCI_SYSTEM_OFF 0x84000008ull

uint64_t psci_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = a;
	register uint64_t x2 __asm__("x2") = b;
	register uint64_t x3 __asm__("x3") = c;

	if (platform.psci == PSCI_HVC)
		__asm__ volatile("hvc #0"
				 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
				 :
				 : "memory", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11",
				   "x12", "x13", "x14", "x15", "x16", "x17");
	else
		__asm__ volatile("smc #0"
				 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
				 :
				 : "memory", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11",
				   "x12", "x13", "x14", "x15", "x16", "x17");
	return x0;
}

void halt(void)
{
	for (;;)
		__asm__ volatile("wfi" : : : "memory");
}

void platform_off(unsigned int status)
{
	uint64_t exit[2] = {APPLICATION_EXIT, status};

	console_drain();
	if (semihosting)
		semihosting_call(SYS_EXIT_EXTENDED, exit);
	if (platform.psci != PSCI_NONE)
		psci_call(PSCI_SYSTEM_OFF, 0, 0, 0);
	halt();
}
