/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs that take turns: one works, in the order of the stream, the others wait. */
#ifndef NVSIM_EL2_SMP_H
#define NVSIM_EL2_SMP_H

#include <stdbool.h>

/* The CPU that works now. */
extern unsigned int smp_cpu;
extern unsigned int smp_running; /* CPUs that take turns */

/* Starts up to `count` CPUs, this one included, each with start(). */
void smp_start(unsigned int count, void (*start)(void));
/*
 * work() is called on CPU 0 first, and then on the CPU that it returns, until that is
 * SMP_DONE; comes back on the CPU that called.
 */
#define SMP_DONE (~0u)
void smp_run(unsigned int (*work)(void));

#endif
