/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one table of what a trace file holds: groups of records, and the columns
 * of each group. Encoder, decoder, checks and the tables of FORMAT.md follow it.
 */
#ifndef NVSIM_TRACES_SCHEMA_H
#define NVSIM_TRACES_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a column's value can be measured from: something decoded before it. */
enum nvt_base {
	NVT_BASE_NONE,
	NVT_BASE_IPA,	    /* the fault's hpfar << 8 */
	NVT_BASE_ESR,	    /* the fault's esr */
	NVT_BASE_FAR,	    /* the fault's far */
	NVT_BASE_HPFAR,	    /* the fault's hpfar */
	NVT_BASE_LEAF,	    /* start of the leaf that holds walk_out */
	NVT_BASE_CANONICAL, /* page of walk_out, or of the IPA without a walk */
	NVT_BASE_GFN,	    /* faultin_gfn */
	NVT_BASE_BLOCK,	    /* start of the block of map_size that holds the IPA */
	NVT_BASE_PA,	    /* start of the block of map_size that holds faultin_pfn */
	NVT_BASE_FIRST,	    /* the first column of the same record */
	NVT_BASE_COUNT
};

/* Bounds that are not known before the header is. */
enum nvt_bound {
	NVT_BOUND_OWN,	   /* those of the column */
	NVT_BOUND_VCPU,	   /* and less than vcpu_count, where that is not 0 */
	NVT_BOUND_CONTEXT, /* and less than context_count, where that is not 0 */
	NVT_BOUND_COUNT
};

/* A value v, extended to 64 bits, is in range if v - low <= span and no bit of `align` is set. */
struct nvt_column {
	const char *name;
	uint16_t offset; /* of the field in its record */
	uint8_t size;	 /* bytes of the field */
	uint8_t base;	 /* enum nvt_base */
	uint8_t bound;	 /* enum nvt_bound */
	uint8_t align;
	bool ascending; /* no value is less than that of the record before */
	int64_t low;	/* negative: the field is signed */
	uint64_t span;
};

/* Which records a group is about. */
enum nvt_scope {
	NVT_SCOPE_EVENTS, /* all events of the block */
	NVT_SCOPE_KIND,	  /* the events of kind `select` */
	NVT_SCOPE_TRUTH,  /* a word for each FAULT: 0 no truth, else 1 + nvt_fault_truth.has */
	NVT_SCOPE_PART,	  /* the truths with one of the bits `select` in `has` */
	NVT_SCOPE_WORDS,  /* words of L1 memory */
};

struct nvt_group {
	const char *name;
	const struct nvt_column *columns;
	uint8_t column_count;
	uint8_t scope; /* enum nvt_scope */
	uint16_t select;
	uint16_t pointer; /* offset of a pointer that decoding sets to NULL; 0: none */
};

/* Groups are numbered by their place in the table: the numbers stand in files. */
#define NVT_GROUP_EVENT 0u
#define NVT_GROUP_MARK	12u
#define NVT_GROUP_TRUTH 15u
#define NVT_GROUP_WORDS 24u
#define NVT_GROUP_COUNT 25u

#define NVT_GROUP_COLUMNS_MAX 8u  /* columns of the widest group */
#define NVT_COLUMNS_MAX	      96u /* columns of all groups of a block */

extern const struct nvt_group nvt_groups[NVT_GROUP_COUNT];
extern const char *const nvt_base_names[NVT_BASE_COUNT];

#endif
