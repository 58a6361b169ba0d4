/* SPDX-License-Identifier: GPL-2.0-only */
/* The generator's state, shared by its files. Each file owns the part that it fills. */
#ifndef NVSIM_TRACES_GEN_INTERNAL_H
#define NVSIM_TRACES_GEN_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gen/freemap.h"
#include "gen/gen.h"
#include "gen/rng.h"

#define BIT(n) (1ull << (n))

#define CHUNK_SHIFT 21
#define CHUNK_SIZE  NVT_GEN_CHUNK_SIZE

/* Where RAM begins, both L1's and each L2's. */
#define RAM_BASE 0x40000000ull
/* Host virtual address of L1 IPA 0; congruent with it in every block size. */
#define HVA_BASE 0x400000000000ull
/* Input size of L1's own stage 2, and so the end of what its memslot may hold. */
#define L1_IPA_BITS 40
/* Registers of a device, in a page of their own: the same IPA in L2 and L1, and no memslot. */
#define DEVICE_BASE 0x9000000ull

/* How L1 maps a chunk. */
enum leaf_kind { LEAF_PAGE, LEAF_CONTIG, LEAF_BLOCK, LEAF_1G, LEAF_KINDS };
/* How the host backs L1's memory. */
enum back_kind { BACK_BASE, BACK_THP, BACK_HUGE, BACK_1G, BACK_KINDS };

struct geometry {
	unsigned int page_shift;    /* host page */
	unsigned int granule_shift; /* L1's stage 2 */
	unsigned int start_level;
	unsigned int ipa_bits;
	unsigned int entry_shift[LEAF_KINDS]; /* bytes under one leaf entry */
	unsigned int unit_shift[LEAF_KINDS];  /* bytes that are mapped together */
	unsigned int back_shift[BACK_KINDS];
};

/* Bytes under an entry of L1's tables. */
static inline unsigned int level_shift(const struct geometry *geo, unsigned int level)
{
	return geo->granule_shift + (3 - level) * (geo->granule_shift - 3);
}

/* CHUNK_SIZE bytes of L2 memory. Entries are indices into the table words. */
struct chunk {
	uint64_t ipa;	 /* of L2 */
	uint64_t l1_ipa; /* as laid out; L1 may exchange outputs later */
	uint32_t leaf;	 /* first leaf entry of the chunk, or the one that spans it */
	uint32_t link;	 /* the entry above the leaves; that above blocks never changes: the leaf */
	uint8_t leaf_kind, back_kind;
	bool lends;    /* an alias maps the same memory */
	bool borrowed; /* an alias: the memory was laid out for another chunk */
};

/* An interval of L1 memory that the host backs in one way. */
struct extent {
	uint64_t l1_ipa, size, pa;
	uint8_t back_kind;
};

struct guest {
	struct chunk *chunks; /* ascending by ipa */
	uint64_t chunk_count;
	uint64_t page_count;
	uint64_t low_mark;   /* L1 invalidates when fewer pages are free */
	struct freemap free; /* host pages that `page` has not mapped */
	uint64_t vttbr;
	uint32_t root; /* word */
};

struct vcpu {
	struct guest *guest;
	uint64_t cursor; /* page of the sequential patterns */
	uint64_t until_exit;
	uint16_t index;
};

/* Words of L1's tables: as they stand, and as L1 wants them when it maps again. */
struct tables {
	uint64_t base; /* L1 IPA */
	uint64_t *now, *want;
	uint64_t count, room;
};

struct nvt_gen {
	struct nvt_gen_options o;
	struct geometry geo;
	struct rng rng;
	struct guest *guests;
	struct chunk *chunks;
	uint64_t chunk_count;
	struct extent *extents;
	uint64_t extent_count, unmappable_count; /* those before the hugetlb ones */
	struct vcpu *vcpus;
	struct tables tables;
	struct nvt_word *l1mem;
	size_t l1mem_count;
	uint64_t l1_end; /* of L1's memory in use */
	uint64_t vtcr;

	nvt_gen_sink_fn *sink;
	void *sink_arg;
	struct nvt_error *err;
	enum nvt_status status; /* of the sink; not NVT_OK stops the stream */
	uint64_t now_ns;
	uint64_t until_host_unmap;
	bool saturated; /* the footprint was used up once */
	struct nvt_gen_stats stats;
};

/* ---- layout.c: where memory lies, and what backs it ---- */

void gen_geometry(struct nvt_gen *g);
enum nvt_status gen_layout(struct nvt_gen *g, struct nvt_error *err);

/* ---- tables.c: L1's stage-2 tables ---- */

enum nvt_status gen_tables(struct nvt_gen *g, struct nvt_error *err);
enum nvt_status gen_initial_words(struct nvt_gen *g, struct nvt_error *err);
/* The leaf entry of the byte at `offset` of the chunk. */
uint32_t gen_leaf_entry(const struct nvt_gen *g, const struct chunk *c, uint64_t offset);

/* ---- stream.c: events ---- */

/* Hands `ev` on, `ns` later than the event before. */
void gen_emit(struct nvt_gen *g, struct nvt_event *ev, uint64_t ns);
void gen_context(struct nvt_gen *g, const struct vcpu *v, enum nvt_context_reason reason);
void gen_mark(struct nvt_gen *g, const char *text);
void gen_backing(struct nvt_gen *g, const struct extent *e);
void gen_preamble(struct nvt_gen *g);

/* ---- l1.c: what L1 does ---- */

/* L1 handles the fault of an L2 on a page that it does not map. */
void gen_l1_maps(struct nvt_gen *g, struct vcpu *v, const struct chunk *c, uint64_t offset);
/* L1 invalidates until enough pages are free again. */
void gen_l1_reclaims(struct nvt_gen *g, struct vcpu *v);

/* ---- access.c: what an access looks like ---- */

enum access { ACCESS_READ, ACCESS_WRITE, ACCESS_CLEAR, ACCESS_EXEC, ACCESS_WALK };

/* A touch of the host page at `ipa` of L2. */
void gen_access(struct nvt_gen *g, enum access access, uint64_t ipa, struct nvt_fault *fault);
/* Read, write, fetch or stage-1 walk, by the shares asked for. */
enum access gen_any_access(struct nvt_gen *g);

/* ---- pattern.c: which page is next ---- */

/* A pattern asks for the first free page at or after `start`; at `end` it is another's. */
struct pick {
	uint64_t start, end;
	enum access access;
};
typedef struct pick gen_pattern_fn(struct nvt_gen *g, const struct vcpu *v);

struct pattern {
	const char *name;
	const char *story;
	gen_pattern_fn *pick;
};
extern const struct pattern gen_patterns[NVT_GEN_PATTERN_COUNT];

#endif
