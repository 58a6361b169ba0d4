/* SPDX-License-Identifier: GPL-2.0-only */
/* The corpus: the streams that tell policies apart, and those that only tests need. */
#ifndef NVSIM_TESTS_CORPUS_SCENES_H
#define NVSIM_TESTS_CORPUS_SCENES_H

#include <string.h>

#include "scene_steps.h"
#include "witness.h"

#define CORPUS	   "tests/corpus"
#define PATH_BYTES 512

/* ---- the stream itself ---- */

#define SECONDS(n) ((n)*1000000000ull)
#define YEARS(n)   SECONDS((n)*365ull * 86400)

static const struct scene_step time_leaps[] = {PAUSE(YEARS(2)), WRITE(RAM)};
static const struct scene_step time_passes[] = {PAUSE(SECONDS(86400)), WRITE(RAM)};

static const struct nvt_event put = {.kind = NVT_CONTEXT,
				     .context = {.reason = NVT_PUT, .flags = NVT_CONTEXT_NO_REGS}};
static const struct nvt_event load = {
	.kind = NVT_CONTEXT, .context = {.reason = NVT_LOAD, .flags = NVT_CONTEXT_NO_REGS}};

static const struct scene_step scheduled_in[] = {
	MAP(0x5000, RAM + 0x3000, 4 * KIB, SCENE_RW), ENTER, EVENT(put), EVENT(load), WRITE(0x5000),
};
static const struct scene_step not_scheduled_in[] = {
	MAP(0x5000, RAM + 0x3000, 4 * KIB, SCENE_RW),
	ENTER,
	EVENT(put),
	WRITE(0x5000),
};

static const struct nvt_event lost = {.kind = NVT_LOST, .lost = {.count = 3, .cpu = 1}};
static const struct nvt_event mark = {.kind = NVT_MARK, .mark = {"here it begins", 14}};

static const struct scene_step loses[] = {WRITE(RAM), EVENT(lost), WRITE(RAM + 0x1000)};
static const struct scene_step marks[] = {WRITE(RAM), EVENT(mark), WRITE(RAM + 0x1000)};

/* What the event says was there is not what L1 wrote. */
static const struct nvt_event mismatch = {
	.kind = NVT_L1_WRITE,
	.l1_write = {SCENE_TABLES + 0x1000, 0x1000, 0x2000},
};
static const struct scene_step mismatches[] = {
	MAP(0x5000, RAM + 0x3000, 4 * KIB, SCENE_RW),
	MAP(512 * GIB, RAM, 1 * GIB, SCENE_RO), /* that word */
	ENTER,
	WRITE(0x5000),
	EVENT(mismatch),
};
static const struct scene_step rewrites[] = {
	MAP(0x5000, RAM + 0x3000, 4 * KIB, SCENE_RO), ENTER,	     READ(0x5000),
	MAP(0x5000, RAM + 0x3000, 4 * KIB, SCENE_RW), WRITE(0x5000),
};

#define OTHER_SLOT 2
#define SLOT_EVENT(from)                                                                           \
	{                                                                                          \
		.kind = NVT_SLOT, .slot = {                                                        \
			.base = (from),                                                            \
			.size = 2 * MIB,                                                           \
			.uaddr = SCENE_HVA(from),                                                  \
			.id = OTHER_SLOT,                                                          \
			.change = NVT_SLOT_CREATE                                                  \
		}                                                                                  \
	}
#define BACKING_EVENT(from, how)                                                                   \
	{                                                                                          \
		.kind = NVT_BACKING, .backing = {                                                  \
			.hva = SCENE_HVA(from),                                                    \
			.size = 2 * MIB,                                                           \
			.pa = SCENE_PA(from),                                                      \
			.vma_shift = 12,                                                           \
			.leaf_shift = 12,                                                          \
			.flags = (how)                                                             \
		}                                                                                  \
	}
#define BESIDE	 (RAM + SCENE_RAM_SIZE)
#define OVERLAPS (BESIDE - 1 * MIB)

static const struct nvt_event slot_overlaps = SLOT_EVENT(OVERLAPS);
static const struct nvt_event slot_beside = SLOT_EVENT(BESIDE);
static const struct nvt_event backing_beside = BACKING_EVENT(BESIDE, NVT_BACKING_WRITABLE);

static const struct scene_step overlapping_slots[] = {EVENT(slot_overlaps), WRITE(RAM)};
static const struct scene_step unknown_backing[] = {EVENT(slot_beside), WRITE(BESIDE)};
static const struct scene_step slot_beside_slot[] = {
	EVENT(slot_beside),
	EVENT(backing_beside),
	WRITE(BESIDE),
	WRITE(BESIDE - 0x1000),
};

/* ---- what a leaf gives ---- */

/* Here the two addresses agree modulo any block: what is mapped leads where it should. */
static const struct scene_step lone_page[] = {
	MAP(2 * MIB + 0x5000, RAM + 0x5000, 4 * KIB, SCENE_RW),
	ENTER,
	WRITE(2 * MIB + 0x5000),
};

static const struct scene_step one_page[] = {
	MAP(0x5000, RAM + 0x3000, 4 * KIB, SCENE_RW),
	ENTER,
	WRITE(0x5000),
};

static const struct scene_step l1_read_only[] = {
	MAP(0x5000, RAM + 0x3000, 4 * KIB, SCENE_RO),
	ENTER,
	READ(0x5000),
};
static const struct scene_step l1_denies[] = {
	MAP(0x5000, RAM + 0x3000, 4 * KIB, SCENE_RO),
	MAP(0x6000, RAM + 0x6000, 4 * KIB, SCENE_LEAF | SCENE_AF | SCENE_W),
	MAP(0x7000, RAM + 0x7000, 4 * KIB, SCENE_RW | SCENE_XN),
	MAP(2 * MIB, RAM + 2 * MIB, 2 * MIB, SCENE_RO),
	ENTER,
	READ(0x5000),
	WRITE(0x5000),
	ENTER,
	READ(2 * MIB),
	WRITE(2 * MIB),
	ENTER,
	WRITE(0x6000),
	READ(0x6000),
	ENTER,
	READ(0x7000),
	FETCH(0x7000),
};

/* L1 lets L2 write to memory that the host gave L1 for reading. */
static const struct scene_step readonly_slot[] = {
	MAP(0x5000, RAM, 4 * KIB, SCENE_RW),
	ENTER,
	READ(0x5000),
	WRITE(0x5000),
};

static const struct nvt_event backing_readonly = BACKING_EVENT(RAM, 0);
static const struct scene_step readonly_page[] = {
	EVENT(backing_readonly),
	MAP(0x5000, RAM + 0x3000, 4 * KIB, SCENE_RW),
	ENTER,
	READ(0x5000),
};

static const struct nvt_event backing_device =
	BACKING_EVENT(RAM, NVT_BACKING_WRITABLE | NVT_BACKING_DEVICE);
static const struct nvt_event backing_uncached = BACKING_EVENT(
	RAM + 2 * MIB, NVT_BACKING_WRITABLE | NVT_BACKING_DEVICE | NVT_BACKING_UNCACHED);
static const struct scene_step device_memory[] = {
	EVENT(backing_device),
	EVENT(backing_uncached),
	MAP(0x5000, RAM + 0x3000, 4 * KIB, SCENE_RW),
	MAP(0x6000, RAM + 2 * MIB, 4 * KIB, SCENE_RO),
	MAP(0x7000, RAM + 4 * MIB, 4 * KIB, SCENE_RW),
	ENTER,
	WRITE(0x5000),
	READ(0x6000),
	FETCH(0x7000),
	LEAVE,
	WRITE(RAM + 0x4000),
	READ(RAM + 2 * MIB + 0x1000),
};

/* ---- L1 invalidates ---- */

#define IPAS2E1IS    NVT_SYS_OP(4, 8, 0, 1)
#define RIPAS2E1IS   NVT_SYS_OP(4, 8, 0, 2)
#define IPAS2LE1IS   NVT_SYS_OP(4, 8, 0, 5)
#define RIPAS2LE1IS  NVT_SYS_OP(4, 8, 0, 6)
#define ALLE1OS	     NVT_SYS_OP(4, 8, 1, 4)
#define VMALLS12E1OS NVT_SYS_OP(4, 8, 1, 6)
#define ALLE1IS	     NVT_SYS_OP(4, 8, 3, 4)
#define VMALLS12E1IS NVT_SYS_OP(4, 8, 3, 6)
#define IPAS2E1OS    NVT_SYS_OP(4, 8, 4, 0)
#define RIPAS2E1OS   NVT_SYS_OP(4, 8, 4, 3)
#define TTL_4K(n)    ((4ull | (n)) << 44) /* tables of 4K, a leaf of level n */
#define AT(ipa)	     ((ipa) >> 12)
/* 2 << (5 * scale) pages of 4K */
#define RANGE_4K(scale, ipa) (1ull << 46 | (uint64_t)(scale) << 44 | (ipa) >> 12)

/* Two pages, of which one goes. */
static const struct scene_step one_goes[] = {
	MAP(0x5000, RAM + 0x3000, 4 * KIB, SCENE_RW),
	MAP(0x6000, RAM + 0x8000, 4 * KIB, SCENE_RW),
	ENTER,
	WRITE(0x5000),
	WRITE(0x6000),
	MAP(0x5000, 0, 4 * KIB, 0),
	TLBI(IPAS2E1IS, TTL_4K(3) | AT(0x5000)),
};

/* Blocks of L1 that base pages of the host splinter; L1 takes them back in every way there is. */
static const struct scene_step splinters[] = {
	MAP(4 * MIB, RAM + 4 * MIB, 2 * MIB, SCENE_RW),
	MAP(6 * MIB, RAM + 6 * MIB, 2 * MIB, SCENE_RW),
	MAP(8 * MIB, RAM + 8 * MIB, 2 * MIB, SCENE_RW),
	MAP(1 * GIB, RAM + 1 * GIB, 1 * GIB, SCENE_RW),
	ENTER,
	WRITE(4 * MIB),
	WRITE(4 * MIB + 0x7000),
	WRITE(6 * MIB + 0x7000),
	WRITE(8 * MIB + 0x7000),
	WRITE(1 * GIB),
	WRITE(1 * GIB + 6 * MIB),
	WRITE(1 * GIB + 511 * MIB),
	/* The level is told. */
	MAP(4 * MIB, RAM + 14 * MIB, 2 * MIB, SCENE_RW),
	TLBI(IPAS2E1IS, TTL_4K(2) | AT(4 * MIB + 0x5000)),
	WRITE(4 * MIB),
	WRITE(4 * MIB + 0x7000),
	/* It is not: the entry at the start of the block has the tag, and where it is empty nothing
	 * is known. */
	MAP(4 * MIB, RAM + 24 * MIB, 2 * MIB, SCENE_RW),
	TLBI(IPAS2LE1IS, AT(4 * MIB + 0x9000)),
	WRITE(4 * MIB + 0x7000),
	MAP(6 * MIB, RAM + 26 * MIB, 2 * MIB, SCENE_RW),
	TLBI(IPAS2E1OS, AT(6 * MIB + 0x9000)),
	WRITE(6 * MIB + 0x7000),
	/* A leaf of 1G, by any of its addresses. */
	MAP(1 * GIB, RAM + 2 * GIB, 1 * GIB, SCENE_RW),
	TLBI(IPAS2E1IS, AT(1 * GIB + 77 * MIB)),
	WRITE(1 * GIB + 6 * MIB),
	WRITE(1 * GIB + 511 * MIB),
	MAP(1 * GIB, RAM + 3 * GIB, 1 * GIB, SCENE_RW),
	TLBI(IPAS2E1IS, TTL_4K(1) | AT(1 * GIB + 77 * MIB)),
	WRITE(1 * GIB + 511 * MIB),
};

static const struct scene_step pages_by_address[] = {
	MAP_MANY(2 * MIB, RAM + 2 * MIB, 4 * KIB, 32 * KIB, SCENE_RW),
	MAP(4 * MIB, RAM + 4 * MIB, 2 * MIB, SCENE_RW),
	ENTER,
	WRITE(2 * MIB),
	WRITE(2 * MIB + 0x1000),
	WRITE(2 * MIB + 0x2000),
	WRITE(4 * MIB),
	WRITE(4 * MIB + 0x1000),
	MAP(2 * MIB, 0, 4 * KIB, 0),
	TLBI(IPAS2E1IS, TTL_4K(3) | AT(2 * MIB)),
	READ(2 * MIB + 0x1000),
	MAP(2 * MIB + 0x1000, 0, 4 * KIB, 0),
	/* Only the block's start has a leaf, and that one is too small to hold the address. */
	TLBI(IPAS2E1IS, AT(2 * MIB + 0x1000)),
	READ(2 * MIB + 0x2000),
	READ(4 * MIB),
};

static const struct scene_step by_range[] = {
	MAP_MANY(2 * MIB, RAM + 2 * MIB, 4 * KIB, 512 * KIB, SCENE_RW),
	ENTER,
	WRITE(2 * MIB),
	WRITE(2 * MIB + 0x1000),
	WRITE(2 * MIB + 0x2000),
	WRITE(2 * MIB + 0x3f000),
	WRITE(2 * MIB + 0x40000),
	MAP_MANY(2 * MIB, RAM + 12 * MIB, 4 * KIB, 8 * KIB, SCENE_RW),
	TLBI(RIPAS2E1IS, RANGE_4K(0, 2 * MIB)),
	WRITE(2 * MIB),
	WRITE(2 * MIB + 0x1000),
	READ(2 * MIB + 0x2000),
	MAP_MANY(2 * MIB, RAM + 22 * MIB, 4 * KIB, 256 * KIB, SCENE_RW),
	TLBI(RIPAS2LE1IS, RANGE_4K(1, 2 * MIB)),
	WRITE(2 * MIB + 0x3f000),
	READ(2 * MIB + 0x40000),
	MAP_MANY(2 * MIB, RAM + 32 * MIB, 4 * KIB, 256 * KIB, SCENE_RW),
	TLBI(RIPAS2E1OS, RANGE_4K(1, 2 * MIB)),
	WRITE(2 * MIB + 0x3f000),
};

/* Two guests whose VMIDs, 1 and 3, differ in one bit. */
#define GUEST_MAP(which, to)                                                                       \
	{                                                                                          \
		.what = SCENE_L1_MAP, .guest = (which), .ipa = 0x5000, .out = (to), .leaf = 4096,  \
		.attr = SCENE_RW                                                                   \
	}
#define GUEST_TLBI(which, by)                                                                      \
	{                                                                                          \
		.what = SCENE_TLBI, .guest = (which), .op = (by)                                   \
	}
static const struct scene_step by_vmid[] = {
	GUEST_MAP(0, RAM + 0x3000),
	GUEST_MAP(2, RAM + 0x8000),
	ENTER_GUEST(0),
	WRITE(0x5000),
	LEAVE,
	ENTER_GUEST(2),
	WRITE(0x5000),
	LEAVE,
	GUEST_MAP(0, RAM + 0x4000),
	GUEST_TLBI(0, VMALLS12E1IS),
	ENTER_GUEST(0),
	WRITE(0x5000),
	LEAVE,
	ENTER_GUEST(2),
	READ(0x5000),
	LEAVE,
	GUEST_MAP(2, RAM + 0x9000),
	GUEST_TLBI(2, VMALLS12E1OS),
	ENTER_GUEST(2),
	WRITE(0x5000),
	LEAVE,
	GUEST_MAP(0, RAM + 0xa000),
	GUEST_MAP(2, RAM + 0xb000),
	GUEST_TLBI(0, ALLE1IS),
	ENTER_GUEST(0),
	WRITE(0x5000),
	LEAVE,
	ENTER_GUEST(2),
	WRITE(0x5000),
	LEAVE,
	GUEST_MAP(2, RAM + 0xc000),
	GUEST_TLBI(0, ALLE1OS),
	ENTER_GUEST(2),
	WRITE(0x5000),
};

/* ---- the host takes away, and logs ---- */

static const struct scene_step l1_page_taken[] = {
	WRITE(RAM + 0x3000),
	WRITE(RAM + 0x4000),
	WRITE(RAM + 0x5000),
	UNMAP(RAM + 0x3000, 8 * KIB),
};

static const struct scene_step l1_page_protected[] = {
	WRITE(RAM + 0x3000),
	PROTECT(RAM + 0x3000, 4 * KIB),
};

/* Whoever reads first must still be seen to write, L2 through a block as well as L1 itself. */
#define LOG_ON                                                                                     \
	{                                                                                          \
		.what = SCENE_SLOT, .flags = NVT_SLOT_LOG                                          \
	}
static const struct scene_step read_then_write[] = {
	MAP(6 * MIB, RAM + 2 * MIB, 2 * MIB, SCENE_RW),
	MAP(8 * MIB + 0x5000, RAM + 4 * MIB + 0x3000, 4 * KIB, SCENE_RW),
	WRITE(RAM + 8 * MIB),
	ENTER,
	WRITE(6 * MIB + 0x3000),
	WRITE(8 * MIB + 0x5000),
	LOG_ON,
	READ(6 * MIB + 0x3000),
	WRITE(6 * MIB + 0x3000),
	READ(6 * MIB + 0x4000),
	WRITE(6 * MIB + 0x4000),
	WRITE(8 * MIB + 0x5000),
	PROTECT(RAM, 16 * MIB),
	READ(6 * MIB + 0x3000),
	WRITE(6 * MIB + 0x3000),
	WRITE(8 * MIB + 0x5000),
	LEAVE,
	READ(RAM + 8 * MIB),
	WRITE(RAM + 8 * MIB),
	READ(RAM + 8 * MIB + 0x1000),
	WRITE(RAM + 8 * MIB + 0x1000),
};

static const struct scene_step logged_page[] = {
	MAP(0x5000, RAM + 0x3000, 4 * KIB, SCENE_RW),
	MAP(0x6000, RAM + 0x4000, 4 * KIB, SCENE_RW),
	ENTER,
	WRITE(0x5000),
	READ(0x5000),
};

/* ---- sizes ---- */

/* Tables go where L1 puts one leaf in the place of many, and again in the place of tables. */
static const struct scene_step block_over_pages[] = {
	MAP(1 * GIB, RAM + 1 * GIB, 4 * KIB, SCENE_RW),
	MAP(1 * GIB + 4 * MIB, RAM + 1 * GIB + 4 * MIB, 4 * KIB, SCENE_RW),
	ENTER,
	WRITE(1 * GIB),
	WRITE(1 * GIB + 4 * MIB),
	MAP(1 * GIB, RAM + 1 * GIB, 2 * MIB, SCENE_RW),
	WRITE(1 * GIB + 0x5000),
	MAP(1 * GIB, RAM + 1 * GIB, 1 * GIB, SCENE_RW),
	WRITE(1 * GIB + 8 * MIB),
};

static const struct scene_step last_entries[] = {
	MAP(1 * GIB - 4 * KIB, RAM + 4 * KIB, 4 * KIB, SCENE_RW),
	MAP(2 * GIB - 2 * MIB, RAM + 2 * MIB, 2 * MIB, SCENE_RW),
	MAP(1024 * GIB - 1 * GIB, RAM + 1 * GIB, 1 * GIB, SCENE_RW),
	ENTER,
	WRITE(1 * GIB - 4 * KIB),
	WRITE(2 * GIB - 4 * KIB),
	WRITE(1024 * GIB - 4 * KIB),
};

static const struct scene_step edges[] = {
	MAP(6 * MIB, RAM + 2 * MIB, 2 * MIB, SCENE_RW),
	MAP(8 * MIB, RAM, 2 * MIB, SCENE_RW),
	ENTER,
	WRITE(6 * MIB + 0x3000),
	WRITE(8 * MIB + 0x3000),
	LEAVE,
	WRITE(RAM + 2 * MIB + 0x5000),
	WRITE(RAM + 0x5000),
};

/* ---- contexts ---- */

#define GUEST_TOUCH(which) ENTER_GUEST(which), WRITE(0x5000), LEAVE
static const struct scene_step recycling[] = {
	GUEST_MAP(0, RAM + 0x3000),
	GUEST_MAP(1, RAM + 0x4000),
	GUEST_MAP(2, RAM + 0x5000),
	GUEST_MAP(3, RAM + 0x6000),
	GUEST_TOUCH(0),
	GUEST_TOUCH(1),
	GUEST_TOUCH(2),
	GUEST_TOUCH(3),
	GUEST_TOUCH(0),
	GUEST_TOUCH(1),
	GUEST_TOUCH(1),
};

/* Each guest has another page, so that what is left of the first is in nobody's way. */
static const struct scene_step three_guests[] = {
	GUEST_MAP(0, RAM + 0x3000),
	GUEST_MAP(1, RAM + 0x4000),
	{.what = SCENE_L1_MAP,
	 .guest = 2,
	 .ipa = 2 * MIB,
	 .out = RAM + 2 * MIB,
	 .leaf = 4 * KIB,
	 .attr = SCENE_RW},
	GUEST_TOUCH(0),
	GUEST_TOUCH(1),
	ENTER_GUEST(2),
	WRITE(2 * MIB),
};

/* As ERET finds them: bits of VTCR_EL2 that no walk looks at, and one that it does (HA). */
#define ENTER_EVENT(tables, control, trap)                                                         \
	{                                                                                          \
		.kind = NVT_CONTEXT, .context = {                                                  \
			.reason = NVT_ERET,                                                        \
			.vttbr = (tables),                                                         \
			.vtcr = (control),                                                         \
			.hcr = (trap)                                                              \
		}                                                                                  \
	}
#define HCR_VM	 1ull
#define VTCR_SH0 (3ull << 12)
#define VTCR_HA	 (1ull << 21)
static const struct nvt_event enter_shared =
	ENTER_EVENT(SCENE_VTTBR(0), SCENE_VTCR_4K | VTCR_SH0, HCR_VM);
static const struct nvt_event enter_ha =
	ENTER_EVENT(SCENE_VTTBR(0), SCENE_VTCR_4K | VTCR_HA, HCR_VM);
static const struct nvt_event enter_s2_off = ENTER_EVENT(SCENE_VTTBR(0), SCENE_VTCR_4K, 0);

static const struct nvt_event enter_vmid_7 =
	ENTER_EVENT((SCENE_VTTBR(0) & ~(0xffffull << 48)) | 7ull << 48, SCENE_VTCR_4K, HCR_VM);
static const struct nvt_event enter_vmid_2 =
	ENTER_EVENT((SCENE_VTTBR(0) & ~(0xffffull << 48)) | 2ull << 48, SCENE_VTCR_4K, HCR_VM);

/* One table under two VMIDs, and two tables under one. */
static const struct scene_step vmids[] = {
	GUEST_MAP(0, RAM + 0x3000),
	GUEST_MAP(1, RAM + 0x4000),
	ENTER_GUEST(0),
	WRITE(0x5000),
	LEAVE,
	EVENT(enter_vmid_7),
	WRITE(0x5000),
	LEAVE,
	GUEST_TLBI(0, VMALLS12E1IS),
	ENTER_GUEST(1),
	WRITE(0x5000),
	LEAVE,
	EVENT(enter_vmid_2),
	WRITE(0x5000),
	LEAVE,
	GUEST_MAP(0, RAM + 0x6000),
	GUEST_TLBI(1, VMALLS12E1IS),
	EVENT(enter_vmid_2),
	WRITE(0x5000),
};

static const struct scene_step vtcr_changes[] = {
	MAP(0x5000, RAM + 0x3000, 4 * KIB, SCENE_RW),
	MAP(0x6000, RAM + 0x4000, 4 * KIB, SCENE_LEAF | SCENE_R | SCENE_W),
	ENTER,
	WRITE(0x5000),
	READ(0x6000),
	EVENT(enter_shared),
	WRITE(0x5000),
	LEAVE,
	EVENT(enter_ha),
	WRITE(0x5000),
	READ(0x6000),
	LEAVE,
	ENTER,
	READ(0x5000),
};

static const struct scene_step s2_off[] = {
	MAP(0x5000, RAM + 0x3000, 4 * KIB, SCENE_RW),
	ENTER,
	WRITE(0x5000),
	LEAVE,
	EVENT(enter_s2_off),
	WRITE(RAM + 0x3000),
	READ(0x5000),
	LEAVE,
	ENTER,
	READ(0x5000),
	LEAVE,
	UNMAP(RAM + 0x3000, 4 * KIB),
	EVENT(enter_s2_off),
	WRITE(RAM + 0x3000),
	LEAVE,
	TLBI(VMALLS12E1IS, 0),
	ENTER,
	WRITE(0x5000),
};

/* ---- what L1 is told, and asks for ---- */

#define XN(field) ((uint64_t)(field) << 53)
static const struct scene_step fetches[] = {
	MAP(0x5000, RAM + 0x3000, 4 * KIB, SCENE_RW),
	MAP(0x6000, RAM + 0x4000, 4 * KIB, SCENE_RW | XN(1)),
	MAP(0x7000, RAM + 0x5000, 4 * KIB, SCENE_RW | XN(2)),
	MAP(0x8000, RAM + 0x6000, 4 * KIB, SCENE_RW | XN(3)),
	ENTER,
	READ(0x5000),
	FETCH(0x5000),
	READ(0x6000),
	FETCH_EL0(0x6000),
	FETCH(0x6000),
	ENTER,
	READ(0x8000),
	FETCH(0x8000),
	FETCH_EL0(0x8000),
	ENTER,
	READ(0x7000),
	FETCH(0x7000),
	ENTER,
	FETCH_EL0(0x7000),
};

/* L1 raises permissions and need not invalidate for it. */
static const struct scene_step raised[] = {
	MAP(0x5000, RAM + 0x3000, 4 * KIB, SCENE_RO | SCENE_XN),
	MAP(0x6000, RAM + 0x4000, 4 * KIB, SCENE_RO | SCENE_XN),
	MAP(6 * MIB, RAM + 2 * MIB, 2 * MIB, SCENE_RO | SCENE_XN),
	ENTER,
	READ(0x5000),
	READ(0x6000),
	READ(6 * MIB + 0x3000),
	MAP(0x5000, RAM + 0x3000, 4 * KIB, SCENE_RW | SCENE_XN),
	WRITE(0x5000),
	MAP(0x5000, RAM + 0x3000, 4 * KIB, SCENE_RW),
	FETCH(0x5000),
	MAP(6 * MIB, RAM + 2 * MIB, 2 * MIB, SCENE_RW | SCENE_XN),
	WRITE(6 * MIB + 0x5000),
	MAP(0x6000, RAM + 0x4000, 4 * KIB, SCENE_RO),
	FETCH(0x6000),
	WRITE(0x6000),
};

static const struct scene_step untouched[] = {
	MAP(0x5000, RAM + 0x3000, 4 * KIB, SCENE_LEAF | SCENE_R | SCENE_W),
	MAP(6 * MIB, RAM + 2 * MIB, 2 * MIB, SCENE_LEAF | SCENE_R | SCENE_W),
	MAP(8 * MIB, RAM + 4 * MIB, 2 * MIB, SCENE_LEAF | SCENE_R),
	ENTER,
	READ(0x5000),
	ENTER,
	WRITE(6 * MIB + 0x3000),
	ENTER,
	WRITE(8 * MIB + 0x3000),
	ENTER,
	READ(4 * MIB),
	ENTER,
	READ(1 * GIB),
};

/* 512 pages that make a block; none was accessed so far. */
static const struct scene_step untouched_neighbours[] = {
	MAP_MANY(6 * MIB, RAM + 2 * MIB, 4 * KIB, 2 * MIB, SCENE_LEAF | SCENE_R | SCENE_W),
	ENTER,
	READ(6 * MIB + 0x3000),
	WRITE(6 * MIB + 0x4000),
};

/* ---- the table ---- */

static const struct scene corpus_scenes[] = {
	{
		.name = "bad_time_leaps",
		.story = "two years lie between two events",
		STEPS(time_leaps),
	},
	{
		.name = "good_time_passes",
		.story = "a day lies between two events",
		STEPS(time_passes),
	},
	{
		.name = "bad_fault_while_scheduled_out",
		.story = "a vCPU faults although it was scheduled out",
		STEPS(not_scheduled_in),
	},
	{
		.name = "good_scheduled_in_again",
		.story = "a vCPU is scheduled out and in again, and faults",
		STEPS(scheduled_in),
	},
	{
		.name = "bad_lost_events",
		.story = "the recorder could not keep three events",
		STEPS(loses),
	},
	{
		.name = "good_mark",
		.story = "a text stands between two events",
		STEPS(marks),
	},
	{
		.name = "bad_l1_write_mismatch",
		.story = "L1 replaces a word that is not the one written last",
		STEPS(mismatches),
	},
	{
		.name = "good_l1_rewrites",
		.story = "L1 replaces a descriptor by one with more permission",
		STEPS(rewrites),
	},
	{
		.name = "bad_slots_overlap",
		.story = "a memslot begins within another",
		STEPS(overlapping_slots),
	},
	{
		.name = "bad_unknown_backing",
		.story = "nothing tells how the host backs a memslot",
		STEPS(unknown_backing),
	},
	{
		.name = "good_slot_beside_slot",
		.story = "a memslot begins where another ends",
		STEPS(slot_beside_slot),
	},
	{
		.name = "bad_lone_page_in_block",
		.story = "L1 maps one page, at the place in a block that the host has it at",
		.leaf_shift = 21,
		STEPS(lone_page),
	},
	{
		.name = "bad_one_page",
		.story = "L2 writes to one page",
		STEPS(one_page),
	},
	{
		.name = "bad_l1_read_only",
		.story = "L2 reads a page that L1 maps for reading",
		STEPS(l1_read_only),
	},
	{
		.name = "good_l1_denies",
		.story = "L1 denies writing, reading and executing, and is told",
		STEPS(l1_denies),
	},
	{
		.name = "bad_readonly_slot",
		.story = "L1 maps a page of a read-only memslot writable, and L2 writes to it",
		.slot_flags = NVT_SLOT_READONLY,
		STEPS(readonly_slot),
	},
	{
		.name = "good_readonly_page",
		.story = "the host's page is read-only, and L2 reads it",
		STEPS(readonly_page),
	},
	{
		.name = "good_device_memory",
		.story = "memory, a device and a device whose memory may be gathered",
		STEPS(device_memory),
	},
	{
		.name = "bad_stale_after_tlbi",
		.story = "L1 takes one of two pages back",
		STEPS(one_goes),
	},
	{
		.name = "good_tlbi_of_splinters",
		.story = "L1 takes blocks back that the shadow table has in pieces",
		STEPS(splinters),
	},
	{
		.name = "good_tlbi_of_pages",
		.story = "L1 takes pages back, one by one",
		STEPS(pages_by_address),
	},
	{
		.name = "good_tlbi_by_range",
		.story = "L1 takes ranges of pages back",
		STEPS(by_range),
	},
	{
		.name = "good_tlbi_by_vmid",
		.story = "L1 takes all back from one of two guests with similar VMIDs, then from "
			 "both",
		STEPS(by_vmid),
	},
	{
		.name = "bad_l1_page_taken",
		.story = "the host takes two of three pages of L1's away",
		STEPS(l1_page_taken),
	},
	{
		.name = "bad_l1_page_protected",
		.story = "the host write-protects a page of L1's",
		STEPS(l1_page_protected),
	},
	{
		.name = "good_read_then_write",
		.story = "writes are logged, and who writes has read before",
		.leaf_shift = 21,
		STEPS(read_then_write),
	},
	{
		.name = "bad_logged_page",
		.story = "L2 writes to a page while writes are logged",
		.slot_flags = NVT_SLOT_LOG,
		STEPS(logged_page),
	},
	{
		.name = "good_block_over_pages",
		.story = "L1 puts blocks in the place of tables",
		.vma_shift = 30,
		.leaf_shift = 30,
		STEPS(block_over_pages),
	},
	{
		.name = "good_last_entries",
		.story = "the last entry of a table of each level",
		STEPS(last_entries),
	},
	{
		.name = "good_slot_not_congruent",
		.story = "a memslot whose two addresses agree modulo a page only",
		.leaf_shift = 21,
		.skew = 4 * KIB,
		STEPS(edges),
	},
	{
		.name = "good_slot_ends_in_block",
		.story = "a memslot that ends in the middle of a block",
		.leaf_shift = 21,
		.slot_size = 3 * MIB,
		STEPS(edges),
	},
	{
		.name = "good_recycled_contexts",
		.story = "four guests and two contexts",
		STEPS(recycling),
	},
	{
		.name = "bad_recycled_context",
		.story = "three guests and two contexts",
		STEPS(three_guests),
	},
	{
		.name = "good_vmids",
		.story = "one table of L1 under two VMIDs, and two tables under one",
		STEPS(vmids),
	},
	{
		.name = "good_vtcr_changes",
		.story = "L1 enters a guest with the same VTTBR and another VTCR",
		STEPS(vtcr_changes),
	},
	{
		.name = "good_s2_off",
		.story = "L1 runs a guest with and without its stage 2",
		STEPS(s2_off),
	},
	{
		.name = "good_fetches",
		.story = "L2 runs at pages with each value of XN",
		STEPS(fetches),
	},
	{
		.name = "good_fetches_without_xnx",
		.story = "the same on a host without FEAT_XNX",
		.no_xnx = true,
		STEPS(fetches),
	},
	{
		.name = "good_fetches_without_dic",
		.story = "the same on a host that must maintain its instruction caches",
		.no_dic = true,
		STEPS(fetches),
	},
	{
		.name = "good_l1_raises_permissions",
		.story = "L1 gives L2 more permission, and L2 makes use of it",
		.leaf_shift = 21,
		STEPS(raised),
	},
	{
		.name = "good_access_flag_clear",
		.story = "L1's leaves have no access flag, and L1 is told",
		.leaf_shift = 21,
		STEPS(untouched),
	},
	{
		.name = "good_access_flag_by_hardware",
		.story = "the same where L1 lets hardware set it",
		.leaf_shift = 21,
		.l1_sets_af = true,
		STEPS(untouched),
	},
	{
		.name = "bad_neighbours_not_accessed",
		.story = "the access flag of one page of a block is set by hardware, and of none "
			 "beside it",
		.leaf_shift = 21,
		.l1_sets_af = true,
		STEPS(untouched_neighbours),
	},
};

#define CORPUS_SCENES (sizeof(corpus_scenes) / sizeof(corpus_scenes[0]))

static inline size_t corpus_count(void)
{
	return witness_scene_count + CORPUS_SCENES;
}

static inline const struct scene *corpus_scene(size_t i)
{
	return i < witness_scene_count ? &witness_scenes[i]
				       : &corpus_scenes[i - witness_scene_count];
}

static inline const struct scene *corpus_find(const char *name)
{
	size_t i;

	for (i = 0; i < corpus_count(); i++)
		if (!strcmp(corpus_scene(i)->name, name))
			return corpus_scene(i);
	return NULL;
}

static inline const char *corpus_path(char buf[PATH_BYTES], const char *folder,
				      const struct scene *s)
{
	snprintf(buf, PATH_BYTES, "%s/%s.zst", folder, s->name);
	return buf;
}

#endif
