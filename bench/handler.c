/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of what is measured of the handler alone, in this process. 4K, 16K and 64K are
 * granules: of L1 for walks, else of the host and of L1 alike.
 */
#include "handler.h"

#include "s2.h"

/* ---- walks: every level to begin at and every level of a leaf that a granule has ---- */

#define WALK(granule, shift, start, level, what_)                                                  \
	{                                                                                          \
		.name = "walk/" granule "/" #start "-" #level, .what = what_, .op = "walk",        \
		.param = {shift, start, level}, .prepare = walk_prepare, .run = walk_run,          \
		.finish = walk_finish                                                              \
	}

/* ---- faults ---- */

#define FAULT(name_, kind, shift, count, reset_, run_, what_)                                      \
	{                                                                                          \
		.name = name_, .what = what_, .op = "fault", .param = {kind, shift, count},        \
		.prepare = fault_prepare, .reset = reset_, .run = run_, .finish = fault_finish     \
	}
#define PAGE(granule, shift)                                                                       \
	FAULT("map/page/" granule, FAULT_PAGE, shift, 131072, fault_unmap, fault_run,              \
	      "a fault that maps a page of " granule " in a table that is there")
#define TABLE(granule, shift, count)                                                               \
	FAULT("map/table/" granule, FAULT_TABLE, shift, count, fault_unmap, fault_run,             \
	      "a fault that maps a page of " granule " in a new table")
#define BLOCK(granule, shift, size)                                                                \
	FAULT("map/block/" granule, FAULT_BLOCK, shift, 65536, fault_unmap, fault_run,             \
	      "a fault that maps a block of " size ", pages being of " granule)
#define RELAX(granule, shift)                                                                      \
	FAULT("relax/" granule, FAULT_RELAX, shift, 131072, fault_protect, fault_run,              \
	      "a store to a page of " granule " that is write-protected to log it: made writable")
#define TRANSLATION(granule, shift)                                                                \
	FAULT("inject/translation/" granule, FAULT_INJECT_TRANSLATION, shift, 262144, NULL,        \
	      fault_run_injected,                                                                  \
	      "a fault where L1 has no page of " granule ": reflected to L1, which returns")
#define PERMISSION(granule, shift)                                                                 \
	FAULT("inject/permission/" granule, FAULT_INJECT_PERMISSION, shift, 262144, NULL,          \
	      fault_run_injected,                                                                  \
	      "a store to a page of " granule                                                      \
	      " that L1 has read-only: reflected to L1, which returns")

/* ---- L1's invalidations ---- */

#define TLBI(name_, form, count, what_)                                                            \
	{                                                                                          \
		.name = "tlbi/" name_, .what = what_, .op = "TLBI", .param = {form, count},        \
		.prepare = tlbi_prepare, .reset = tlbi_populate, .run = tlbi_run,                  \
		.finish = tlbi_finish                                                              \
	}

/* ---- the host's ---- */

#define UNMAP_ROW(name_, kind, shift, bytes, what_)                                                \
	{                                                                                          \
		.name = "unmap/" name_, .what = what_, .op = "unmap",                              \
		.param = {kind, shift, bytes}, .prepare = unmap_prepare, .reset = unmap_populate,  \
		.run = unmap_run, .finish = unmap_finish                                           \
	}
#define UNMAP(policy, kind, gone, granule, shift, size, bytes)                                     \
	UNMAP_ROW(policy "/" granule "/" size, kind, shift, bytes,                                 \
		  "the host takes a page of " granule ", " size " are mapped by pages: " gone)
#define UNMAP_POLICY(policy, kind, gone)                                                           \
	UNMAP(policy, kind, gone, "4k", 12, "16M", 16ull << 20),                                   \
		UNMAP(policy, kind, gone, "4k", 12, "128M", 128ull << 20),                         \
		UNMAP(policy, kind, gone, "4k", 12, "1G", 1ull << 30),                             \
		UNMAP(policy, kind, gone, "16k", 14, "16M", 16ull << 20),                          \
		UNMAP(policy, kind, gone, "16k", 14, "128M", 128ull << 20),                        \
		UNMAP(policy, kind, gone, "16k", 14, "1G", 1ull << 30),                            \
		UNMAP(policy, kind, gone, "64k", 16, "16M", 16ull << 20),                          \
		UNMAP(policy, kind, gone, "64k", 16, "128M", 128ull << 20),                        \
		UNMAP(policy, kind, gone, "64k", 16, "1G", 1ull << 30)

const struct bench_row bench_handler[] = {
	WALK("4k", 12, 0, 1, "2 descriptors of 4K tables, to a block of 1G"),
	WALK("4k", 12, 0, 2, "3 descriptors of 4K tables, to a block of 2M"),
	WALK("4k", 12, 0, 3, "4 descriptors of 4K tables, to a page"),
	WALK("4k", 12, 1, 1, "1 descriptor of 4K tables, to a block of 1G"),
	WALK("4k", 12, 1, 2, "2 descriptors of 4K tables, to a block of 2M"),
	WALK("4k", 12, 1, 3, "3 descriptors of 4K tables, to a page"),
	WALK("4k", 12, 2, 2, "1 descriptor of 4K tables, to a block of 2M"),
	WALK("4k", 12, 2, 3, "2 descriptors of 4K tables, to a page"),
	WALK("16k", 14, 1, 2, "2 descriptors of 16K tables, to a block of 32M"),
	WALK("16k", 14, 1, 3, "3 descriptors of 16K tables, to a page"),
	WALK("16k", 14, 2, 2, "1 descriptor of 16K tables, to a block of 32M"),
	WALK("16k", 14, 2, 3, "2 descriptors of 16K tables, to a page"),
	WALK("16k", 14, 3, 3, "1 descriptor of 16K tables, to a page"),
	WALK("64k", 16, 1, 2, "2 descriptors of 64K tables, to a block of 512M"),
	WALK("64k", 16, 1, 3, "3 descriptors of 64K tables, to a page"),
	WALK("64k", 16, 2, 2, "1 descriptor of 64K tables, to a block of 512M"),
	WALK("64k", 16, 2, 3, "2 descriptors of 64K tables, to a page"),
	WALK("64k", 16, 3, 3, "1 descriptor of 64K tables, to a page"),

	PAGE("4k", 12),
	PAGE("16k", 14),
	PAGE("64k", 16),
	TABLE("4k", 12, 8192),
	TABLE("16k", 14, 2048),
	TABLE("64k", 16, 512),
	BLOCK("4k", 12, "2M"),
	BLOCK("16k", 14, "32M"),
	BLOCK("64k", 16, "512M"),
	RELAX("4k", 12),
	RELAX("16k", 14),
	RELAX("64k", 16),
	TRANSLATION("4k", 12),
	TRANSLATION("16k", 14),
	TRANSLATION("64k", 16),
	PERMISSION("4k", 12),
	PERMISSION("16k", 14),
	PERMISSION("64k", 16),

	TLBI("vmalle1", TLBI_STAGE1, 1048576, "VMALLE1IS: stage 1 alone"),
	TLBI("ipas2e1", TLBI_PAGE, 65536, "IPAS2E1IS without TTL: a page"),
	TLBI("ipas2e1-ttl", TLBI_PAGE_TTL, 65536, "IPAS2E1IS with TTL: a page"),
	TLBI("ipas2e1-block", TLBI_BLOCK_TTL, 65536, "IPAS2E1IS with TTL: a block of 2M"),
	TLBI("ipas2e1-pages", TLBI_PAGES_TTL, 2048,
	     "IPAS2E1IS with TTL: a block of L1 that has 512 pages in the shadow, and their table"),
	TLBI("ripas2e1", TLBI_RANGE, 32768, "RIPAS2E1IS: 16 pages"),
	TLBI("vmalls12e1", TLBI_VMID, 256,
	     "VMALLS12E1IS: all 4096 pages of a guest, the only one of its VMID among all"),
	TLBI("alle1", TLBI_ALL, 256, "ALLE1IS: 4096 pages of each guest; 256 guests, quick: 64"),

	UNMAP_POLICY("whole", S2_INVALIDATE_WHOLE, "all of it goes"),
	UNMAP_POLICY("rmap", S2_INVALIDATE_RMAP, "one leaf goes, found by a map of one range each"),
	UNMAP_POLICY("exact", S2_INVALIDATE_EXACT, "one leaf goes, found by a complete map"),
	UNMAP_ROW("rmap/4k/128M-twice", S2_INVALIDATE_RMAP | UNMAP_TWICE, 12, 128ull << 20,
		  "the host takes a page of 4k, 128M are mapped twice: not in the map, all goes"),
	UNMAP_ROW("exact/4k/128M-twice", S2_INVALIDATE_EXACT | UNMAP_TWICE, 12, 128ull << 20,
		  "the host takes a page of 4k, 128M are mapped twice: both leaves go"),
	{.name = NULL},
};
