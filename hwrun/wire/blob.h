/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the image at EL2 is given: what to do, and a trace without its compression.
 *
 *	struct hw_blob, header_size bytes
 *	the sections of the trace as FORMAT.md has them, each with its head, one
 *	behind the other: what `zstd -dc` prints of the file
 *
 * Everything is little-endian. Offsets count from the first byte of the blob,
 * which lies at a multiple of 8.
 */
#ifndef NVSIM_HWRUN_BLOB_H
#define NVSIM_HWRUN_BLOB_H

#include <stddef.h>
#include <stdint.h>

#define HW_BLOB_MAGIC	0x424c424d4953564eull /* "NVSIMBLB" */
#define HW_BLOB_VERSION 1u

enum hw_mode {
	HW_REPLAY, /* recorded syndromes are handed to the handler */
	HW_LIVE,   /* EL1 performs each access, and the MMU raises the aborts */
	HW_MODE_COUNT
};

enum hw_blob_flag {
	HW_EMULATED = 1 << 0,	 /* who started the image knows that it runs in an emulator */
	HW_SEMIHOSTING = 1 << 1, /* ends, and writes frames, through semihosting calls */
	HW_SAMPLES = 1 << 2,	 /* sends the ring of raw samples, too */
	HW_NO_PHASES = 1 << 3, /* counts each fault as a whole: the phases cost reads of counters */
	HW_CHECK = 1 << 4,     /* replay: the checker runs along; live: it always does */
};

/* Where the console is, for platforms whose firmware passes no description. */
enum hw_console_kind {
	HW_CONSOLE_NONE, /* the description of the platform tells */
	HW_CONSOLE_PL011,
	HW_CONSOLE_8250, /* 16550 and DesignWare APB; registers 1 << reg_shift apart */
	HW_CONSOLE_BCM2835_AUX,
	HW_CONSOLE_COUNT
};

#define HW_EVENTS_MAX 4u /* PMU events besides cycles and instructions */

struct hw_blob {
	uint64_t magic;
	uint32_t version;
	uint32_t header_size;
	uint64_t size;	/* of the whole blob */
	uint64_t check; /* hw_blob_check() */
	uint64_t trace_offset, trace_size;
	uint64_t event_count; /* of the trace */
	uint32_t flags;	      /* enum hw_blob_flag */
	uint32_t quirks;      /* S2_QUIRK() bits */
	uint32_t mode;	      /* enum hw_mode */
	uint32_t console;     /* enum hw_console_kind */
	uint64_t console_base;
	uint32_t console_reg_shift;
	uint32_t pmu_event_count;
	uint16_t pmu_events[HW_EVENTS_MAX]; /* PMU event numbers (Arm ARM D13.11) */
	uint64_t memory_base, memory_size;  /* usable RAM, where nothing else tells; size 0: none */
	/* Texts end with NUL. */
	char policy[32], invalidation[16];
	char board[32]; /* its file's name */
	char trace_name[64];
	char trace_sha256[72]; /* of the file, in hex; "": not known */
	char trace_digest[72]; /* of its content */
};

/*
 * XXH64 of everything behind the header, seeded with that of the header with `check` 0 and
 * seed 0. The blob has size bytes, at least its header.
 */
uint64_t hw_blob_check(const struct hw_blob *b);
/* NULL, or what is wrong with a blob of which `room` bytes can be read; a static text. */
const char *hw_blob_problem(const void *blob, uint64_t room);

#endif
