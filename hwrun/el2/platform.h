/* SPDX-License-Identifier: GPL-2.0-only */
/* What boot has found, and what the rest of the image may ask of it. */
#ifndef NVSIM_HWRUN_PLATFORM_H
#define NVSIM_HWRUN_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blob.h"
#include "frame.h"

#define PLATFORM_CPUS_MAX 64u

enum platform_psci { PSCI_NONE, PSCI_SMC, PSCI_HVC };

struct platform {
	const struct hw_blob *blob; /* checked; NULL: there is none, and `problem` says why */
	const char *problem;
	char boot[32];	   /* image, efi, elf; "+el3" where EL3 was left first */
	char model[64];	   /* as the platform's description names it; "" without */
	bool emulated;	   /* it may be an emulator, or is known to be one */
	char evidence[64]; /* for that */
	enum platform_psci psci;
	unsigned int cpu_count;
	uint64_t cpu_mpidr[PLATFORM_CPUS_MAX]; /* affinities; [0] is the boot CPU's */
	uint64_t memory;		       /* bytes free before the run */
	uint64_t pa_bits;     /* of physical addresses (ID_AA64MMFR0_EL1.PARange) */
	uint64_t image_xxh64; /* of the image's code and constants */
};
extern struct platform platform;

/* ---- memory: the EL2 map is the identity; RAM is Normal write-back ---- */

/* The largest free range is split between the heap and what is taken here. */
/* Zeroed; size and align in bytes, align a power of two. NULL: no room. Never given back. */
void *platform_take(uint64_t size, uint64_t align);
/* Bytes that platform_take can still give in one piece. */
uint64_t platform_free(void);

/* ---- the console; frames ---- */

/* One frame at a time: begin, fields with hw_line_*(), send. */
struct hw_line *frame_begin(const char *type);
void frame_send(struct hw_line *line);
/* What runs where: the first frame, and again before the last, for one of them may be lost. */
void say_hello(void);
/* "refused", then the end of the run; never returns. status: 3 the blob is bad, 4 not here. */
__attribute__((noreturn, format(printf, 2, 3))) void refuse(unsigned int status, const char *format,
							    ...);
/* Powers off, or ends through semihosting, or waits forever; after the frame `end`. */
__attribute__((noreturn)) void platform_off(unsigned int status);

/* ---- other CPUs ---- */

/* Starts CPU `i` at EL2 with the MMU on, on a stack of its own, in fn(arg). False: it does not. */
bool platform_cpu_on(unsigned int i, void (*fn)(void *arg), void *arg);

/* The run itself: everything after boot. Returns the exit status. */
unsigned int run(void);

#endif
