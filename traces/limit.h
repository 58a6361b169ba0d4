/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bound on the memory of this process, kept by the kernel (RLIMIT_DATA): whatever an input asks
 * for, allocations fail beyond it. What only reserves addresses does not count.
 */
#ifndef NVSIM_TRACES_LIMIT_H
#define NVSIM_TRACES_LIMIT_H

#include <stdint.h>

#define NVT_MEMORY_BYTES_MAX ((uint64_t)8 << 30) /* unless a user says otherwise */

/* From here on. A lower limit that somebody else has set stays. Sanitizers need more than any. */
void nvt_limit_memory(uint64_t bytes);
/* The bound that allocations fail at; 0: none, or addresses are limited, too, and may be why. */
uint64_t nvt_limit_in_force(void);
/* For a child that becomes another program: what was in force before. Safe after fork(). */
void nvt_limit_lift(void);

#endif
