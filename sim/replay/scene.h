/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A scene: the smallest machine that shows one thing, and what happens on it.
 * It is a few lines of data and becomes a trace: the header's facts, L1's
 * tables as words of memory, and events.
 *
 * L1 has memory under test, one memslot from SCENE_RAM on that the host backs
 * in one way, and a second slot of base pages for its own tables. Its guests
 * have 40 bits of input, and tables in L1's granule.
 */
#ifndef NVSIM_REPLAY_SCENE_H
#define NVSIM_REPLAY_SCENE_H

#include <stdbool.h>
#include <stddef.h>

#include "engine.h"
#include "event.h"
#include "trace.h"

/* L1 has its tables at SCENE_TABLES, a piece of SCENE_GUEST_TABLES bytes for each guest. */
#define SCENE_TABLES	   0x40000000ull
#define SCENE_GUEST_TABLES (4ull << 20)
/* VTTBR_EL2 and, for tables of 4K, VTCR_EL2 of a guest. */
#define SCENE_VTTBR(guest) (((guest) + 1ull) << 48 | (SCENE_TABLES + (guest)*SCENE_GUEST_TABLES))
#define SCENE_VTCR_4K	   0x80050058ull

/* L1 IPA of the memory under test, aligned to the largest page of any host. */
#define SCENE_RAM      0x400000000ull
#define SCENE_RAM_SIZE (16ull << 30)
#define SCENE_RAM_SLOT 1u
/* Where the host has it, in its virtual memory (the scene's skew added) and physically. */
#define SCENE_HVA(l1) (0x400000000000ull + (l1))
#define SCENE_PA(l1)  (0x10000000000ull + (l1))
#define SCENE_GUESTS  4u

/* L1's descriptors without address and type: normal memory, inner shareable; 0: no entry. */
enum scene_attr {
	SCENE_R = 0x40,
	SCENE_W = 0x80,
	SCENE_AF = 0x400,
	SCENE_LEAF = 0x33c, /* MemAttr and SH */
	SCENE_RO = SCENE_LEAF | SCENE_AF | SCENE_R,
	SCENE_RW = SCENE_RO | SCENE_W,
};
#define SCENE_CONTIG (1ull << 52)
#define SCENE_XN     (2ull << 53)

enum scene_do {
	SCENE_L1_MAP, /* L1 writes leaves of `leaf` bytes for [ipa, ipa + size) to `out` upwards;
			 tables above them as needed */
	SCENE_ENTER,  /* the vCPU enters `guest` */
	SCENE_LEAVE,  /* it is left for L1 */
	SCENE_READ,   /* accesses at `ipa`: L2's address in a guest, else L1's */
	SCENE_WRITE,
	SCENE_FETCH,
	SCENE_TLBI,    /* of the guest's VMID; `op` with operand `xt` */
	SCENE_UNMAP,   /* the host takes [ipa, ipa + size) of L1's memory away */
	SCENE_PROTECT, /* the host write-protects it, to log writes again */
	SCENE_AGE,     /* the host clears its access flags */
	SCENE_SLOT,    /* the memslot under test gets the flags `flags` */
	SCENE_DELETE,  /* it is deleted */
	SCENE_MOVE,    /* the host has [ipa, ipa + size) elsewhere from now on, `out` bytes on */
	SCENE_PAUSE,   /* nothing happens for `size` ns */
	SCENE_EVENT,   /* `event`, as it stands but for its time */
};

struct scene_step {
	enum scene_do what;
	uint8_t vcpu, guest;
	bool el0;    /* accesses: made at EL0 */
	uint8_t fsc; /* accesses: a fault recorded with this FSC; 0: a touch */
	uint16_t op;
	uint32_t flags;
	uint64_t ipa;
	uint64_t size; /* bytes; SCENE_L1_MAP: 0 is one leaf */
	uint64_t leaf; /* bytes */
	uint64_t out;
	uint64_t attr; /* enum scene_attr and the bits above */
	uint64_t xt;
	const struct nvt_event *event;
};

/* Fields that are 0 have the value in parentheses. */
struct scene {
	const char *name;
	const char *story; /* one line */

	uint8_t page_shift;  /* of the host (12) */
	uint8_t vma_shift;   /* log2 of the hugetlb page size (page_shift) */
	uint8_t leaf_shift;  /* log2 of the leaf of the user page table (page_shift) */
	bool device;	     /* the memory under test is a device's: PFNMAP */
	uint32_t slot_flags; /* NVT_SLOT_* */
	uint64_t slot_size;  /* bytes (SCENE_RAM_SIZE) */
	uint64_t skew;	     /* bytes by which IPA and host virtual address are not congruent */

	uint8_t granule_shift; /* of L1 (12) */
	bool l1_sets_af;       /* VTCR_EL2.HA */
	bool no_xnx;	       /* the host lacks FEAT_XNX */
	bool no_dic;	       /* its instruction caches are not coherent with its data */

	const struct scene_step *steps;
	size_t step_count;
};

/* What a scene becomes. */
struct scene_stream {
	struct nvt_machine machine;
	struct nvt_word *l1mem; /* what L1 wrote before anything else happened */
	size_t l1mem_count;
	struct nvt_event *events;
	uint16_t *step; /* of the scene, by event; SCENE_SETUP: none */
	size_t event_count;
};
#define SCENE_SETUP 0xffffu

/* False: no memory. Scenes are written by hand, and trusted. */
bool scene_make(const struct scene *s, struct scene_stream *out);
void scene_free(struct scene_stream *s);

/* An engine that has the scene's machine and memory and has seen none of its events. */
struct engine *scene_engine(const struct scene_stream *s, const struct engine_options *options);

/* Writes it as a trace. */
enum nvt_status scene_write(const struct scene *s, const char *path, struct nvt_error *err);

#endif
