/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Demand streams: accesses of nested guests, with everything that a replay
 * must know to find out by itself whether each of them faults. Under the
 * policy `page` each one does, on its turn (where the host unmaps, by the
 * invalidation policy `whole`); coarser policies find some mapped already.
 *
 * One L1 runs `guests` L2s; vCPU v of L1 runs L2 number v % guests. Each L2 has
 * its own VMID and tables, and an equal part of the footprint. Equal options
 * make equal streams on every machine.
 */
#ifndef NVSIM_TRACES_GEN_GEN_H
#define NVSIM_TRACES_GEN_GEN_H

#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "trace.h"

enum nvt_gen_pattern {
	NVT_GEN_SEQUENTIAL,
	NVT_GEN_STRIDED,
	NVT_GEN_RANDOM,
	NVT_GEN_BOOT,
	NVT_GEN_PATTERN_COUNT
};

/* A share that is left to the default mixture of the page sizes chosen. */
#define NVT_GEN_AUTO UINT64_MAX

/* Memory is laid out in chunks of this many bytes; the footprint is a multiple of it. */
#define NVT_GEN_CHUNK_SIZE (2ull << 20)

/*
 * Every member is described, bounded and named in nvt_gen_option_table.
 * Shares are percent of the footprint and add up to 100 in each group; a group
 * is either all NVT_GEN_AUTO or its members not given count as 0.
 */
struct nvt_gen_options {
	uint64_t faults;
	uint64_t seed;
	uint64_t pattern; /* enum nvt_gen_pattern */
	uint64_t footprint;
	uint64_t stride;
	uint64_t vcpus;
	uint64_t guests;
	uint64_t host_page;
	uint64_t l1_granule;
	uint64_t ipa_bits;
	uint64_t pa_bits;
	uint64_t fwb, xnx, dic; /* 0 or 1: what the host's CPU has */
	/* Leaves of L1's stage 2: pages, contiguous groups, level-2 blocks, level-1 blocks. */
	uint64_t leaf_page, leaf_contig, leaf_block, leaf_1g;
	/* What the host backs L1's memory with: pages, THP, hugetlb of PMD size, hugetlb of 1G. */
	uint64_t back_base, back_thp, back_huge, back_1g;
	/* Percent of accesses; the rest are reads. `user`: of all but walks, made at EL0. */
	uint64_t writes, execs, walks, user;
	uint64_t mmio; /* percent of touches, before any of these */
	uint64_t premapped;
	/* Of L1's invalidations: percent that unmap, that remap; per mille of whole VMIDs. */
	uint64_t unmaps, remaps, flushes;
	uint64_t region;
	uint64_t exit_every;
	uint64_t host_unmap_every;
	uint64_t alias;
	uint64_t level;
};

enum nvt_gen_unit {
	NVT_GEN_COUNT_UNIT,
	NVT_GEN_BYTES,
	NVT_GEN_PERCENT,
	NVT_GEN_PERMILLE,
	NVT_GEN_BITS,
	NVT_GEN_NAME, /* a row of nvt_gen_patterns */
};

/* A row for each member of struct nvt_gen_options: the command line, its help and meta. */
struct nvt_gen_option {
	const char *name;
	const char *help;
	uint64_t min, max;
	uint64_t fallback; /* the default; NVT_GEN_AUTO: by the page sizes */
	uint16_t offset;   /* of the member, a uint64_t */
	uint8_t unit;	   /* enum nvt_gen_unit */
};
extern const struct nvt_gen_option nvt_gen_option_table[];
extern const size_t nvt_gen_option_count;

static inline uint64_t *nvt_gen_field(struct nvt_gen_options *o, const struct nvt_gen_option *row)
{
	return (uint64_t *)((char *)o + row->offset);
}

/* Name and one-line story of each pattern, in the order of enum nvt_gen_pattern. */
const char *nvt_gen_pattern_name(unsigned int pattern);
const char *nvt_gen_pattern_story(unsigned int pattern);

void nvt_gen_defaults(struct nvt_gen_options *o);
/*
 * Checks every option, alone and against the others, and resolves the shares
 * that are NVT_GEN_AUTO. Not NVT_OK: err->text begins with the option's name.
 */
enum nvt_status nvt_gen_check(struct nvt_gen_options *o, struct nvt_error *err);

/* What was made. */
struct nvt_gen_stats {
	uint64_t touch_count;	 /* as asked for */
	uint64_t injected_count; /* of these, on a page that L1 did not map */
	uint64_t event_count;
	uint64_t kind_count[NVT_KIND_COUNT];
	uint64_t invalidation_count; /* regions, leaves or VMIDs that L1 invalidated */
	uint64_t footprint_pages;    /* host pages */
};

/* ---- the stream alone, for a consumer other than a file ---- */

struct nvt_gen;

/* Not NVT_OK stops the generator, which returns it. *ev is valid during the call. */
typedef enum nvt_status nvt_gen_sink_fn(void *arg, const struct nvt_event *ev,
					struct nvt_error *err);
typedef void nvt_progress_fn(void *arg, uint64_t done, uint64_t total);

/* Checks the options and lays out memory and tables. NULL: *err says why. */
struct nvt_gen *nvt_gen_open(const struct nvt_gen_options *o, struct nvt_error *err);
void nvt_gen_close(struct nvt_gen *g);
/* Machine, class and initial words of L1's memory; they live as long as `g`. */
void nvt_gen_header(const struct nvt_gen *g, struct nvt_writer_options *header);
/* Makes the stream. Once for each `g`. `progress` may be NULL. */
enum nvt_status nvt_gen_run(struct nvt_gen *g, nvt_gen_sink_fn *sink, void *sink_arg,
			    nvt_progress_fn *progress, void *progress_arg, struct nvt_error *err);
void nvt_gen_stats(const struct nvt_gen *g, struct nvt_gen_stats *stats);
/* The meta section, to be freed by the caller. NULL: out of memory. */
char *nvt_gen_meta(const struct nvt_gen *g);

/* ---- a trace file ---- */

/*
 * Writes the stream to the trace `output` ("-": standard output). Memory is
 * bounded by the footprint, whatever the number of faults. `progress` and
 * `stats` may be NULL. On failure nothing is left behind.
 */
enum nvt_status nvt_generate(const struct nvt_gen_options *o, const char *output,
			     nvt_progress_fn *progress, void *progress_arg,
			     struct nvt_gen_stats *stats, struct nvt_error *err);

#endif
