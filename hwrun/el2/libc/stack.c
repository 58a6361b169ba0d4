/* SPDX-License-Identifier: GPL-2.0-only */
/* libfdt comes compiled with checks of its stack. */
#include <stdint.h>

extern const uint64_t __stack_chk_guard;
const uint64_t __stack_chk_guard = 0x1d5a00ff0a0d93c7;

__attribute__((noreturn)) void __stack_chk_fail(void);
void __stack_chk_fail(void)
{
	__builtin_trap(); /* an exception, and so a report of all registers */
}
