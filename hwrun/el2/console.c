/* SPDX-License-Identifier: GPL-2.0-only */
/* Text over a serial line that firmware has set up. */
#include "boot.h"
#include "cpu.h"

#define PL011_DATA   0x00u
#define PL011_FLAGS  0x18u
#define PL011_BUSY   (1u << 3)
#define PL011_FULL   (1u << 5)
#define UART_DATA    0u /* numbers of registers of the 8250 */
#define UART_STATUS  5u
#define UART_EMPTY   (1u << 5)
#define UART_IDLE    (1u << 6) /* its last bit has left */
#define MINI_SHIFT   2u	       /* the mini UART has those of the 8250, four bytes apart */
#define CONSOLE_SIZE 4096u
#define RATE_GUESS   62500000u /* of the counter, where firmware has not set its frequency */

struct console console;
static bool stuck; /* the line takes nothing: do not wait for each byte */

static volatile uint32_t *register_of(unsigned int offset)
{
	return (volatile uint32_t *)(console.base + offset);
}

static unsigned int shift(void)
{
	return console.kind == HW_CONSOLE_BCM2835_AUX ? MINI_SHIFT : console.reg_shift;
}

/* Registers four bytes apart are words, others bytes. */
static uint32_t read_8250(unsigned int number)
{
	uint64_t at = console.base + ((uint64_t)number << shift());

	return shift() == 2 ? *(volatile uint32_t *)at : *(volatile uint8_t *)at;
}

static void write_8250(unsigned int number, uint8_t value)
{
	uint64_t at = console.base + ((uint64_t)number << shift());

	if (shift() == 2)
		*(volatile uint32_t *)at = value;
	else
		*(volatile uint8_t *)at = value;
}

static bool ready(void)
{
	if (console.kind == HW_CONSOLE_PL011)
		return !(*register_of(PL011_FLAGS) & PL011_FULL);
	return read_8250(UART_STATUS) & UART_EMPTY;
}

static bool idle(void)
{
	if (console.kind == HW_CONSOLE_PL011)
		return !(*register_of(PL011_FLAGS) & PL011_BUSY);
	return read_8250(UART_STATUS) & UART_IDLE;
}

/* A line without a clock would keep the run from ever ending. */
static void wait_until(bool (*done)(void), unsigned int tenths)
{
	uint64_t start = sysreg_read(cntvct_el0);
	uint64_t rate = sysreg_read(cntfrq_el0);
	uint64_t limit = (rate ? rate : RATE_GUESS) / 10 * tenths;

	while (!done())
		if (stuck || sysreg_read(cntvct_el0) - start > limit) {
			stuck = true;
			return;
		}
	stuck = false;
}

void console_write(const char *text, size_t size)
{
	if (console.kind == HW_CONSOLE_NONE)
		return;
	while (size--) {
		wait_until(ready, 1);
		if (console.kind == HW_CONSOLE_PL011)
			*register_of(PL011_DATA) = (uint8_t)*text++;
		else
			write_8250(UART_DATA, (uint8_t)*text++);
	}
}

/* A FIFO of 128 bytes takes longer than a second only below 1280 baud. */
void console_drain(void)
{
	if (console.kind != HW_CONSOLE_NONE)
		wait_until(idle, 10);
}

void console_start(void)
{
	if (console.kind != HW_CONSOLE_NONE && !mmu_map(console.base, CONSOLE_SIZE, MMU_DEVICE))
		console.kind = HW_CONSOLE_NONE;
}
