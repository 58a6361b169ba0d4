/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recordings into traces: ftrace text (plain or zstd-compressed), trace-cmd
 * files and perf.data, with the tracepoints of doc/shadow-s2.md section 8 and the probes of
 * doc/probes.md.
 */
#ifndef NVSIM_TRACES_IMPORT_IMPORT_H
#define NVSIM_TRACES_IMPORT_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "trace.h"

struct nvt_import_options {
	const char *input;	  /* "-": standard input (no trace-cmd file) */
	const char *output;	  /* "-": standard output */
	const char *tool_version; /* for the meta section; NULL: left out */
	bool emulated;		  /* an emulator was the recorded machine: so are its times */
	/* What the host said of its memory, or NULL: smaps of the VMM, and pagemap words. */
	const char *smaps;
	const char *pagemap;
	uint64_t pagemap_base; /* host virtual address of the first word's page */
	const char *l1;	       /* L1's own recording of the same run, or NULL */
	/* An ELF core of L1's memory, or NULL; the input is read twice then, and is no pipe. */
	const char *core;
	const char *core_at; /* text in the one mark at which it was taken; NULL: at the end */
	/* Where L1's tables are in it: dumps of nested contexts (ptdump.h), registers of L1.
	 * Without any, where walks have found them. */
	const char *const *ptdumps;
	size_t ptdump_count;
	uint64_t vttbr, vtcr;
	bool has_vttbr;
	uint64_t vm; /* struct kvm pointer of the VM wanted; 0: the one that runs */
	int level;   /* zstd level of the output; 0: the default */
	/* Called now and then with bytes read of text; `total` is 0 where that is not known. */
	void (*progress)(void *arg, uint64_t done, uint64_t total);
	void *progress_arg;
};

enum nvt_import_format {
	NVT_IMPORT_TEXT,
	NVT_IMPORT_TEXT_ZSTD,
	NVT_IMPORT_DAT,
	NVT_IMPORT_PERF,
	NVT_IMPORT_FORMAT_COUNT
};

/* What a core of L1's memory has told; all 0 without one. */
struct nvt_import_core {
	uint64_t file_size;
	uint64_t table_count;	/* of L1's stage 2 in the core */
	uint64_t leaf_count;	/* in these */
	uint64_t outside_count; /* tables where the core has no memory */
	uint64_t gone_count;	/* tables that walks went through and the core does not have */
	/* Leaves that walks found; what they were is counted anew whenever one changes. */
	uint64_t seen_count;
	uint64_t same_count;	/* in the core, with the same descriptor */
	uint64_t changed_count; /* changed between the walk and the core: L1 invalidated them */
	uint64_t contradicted_count; /* otherwise in the core, and nothing tells why */
	uint64_t write_count;	     /* L1_WRITE events */
	uint64_t final_count;	     /* of these, at the core's moment */
	char contradiction[160];     /* the first one */
	char reason[256];	     /* why the trace is not full all the same; empty: it is */
};

/* What was read and written; the second half is what `import` tells people. */
struct nvt_import_stats {
	enum nvt_import_format format;
	enum nvt_class class;
	struct nvt_machine machine;
	uint64_t record_count;	/* events read */
	uint64_t ignored_count; /* of these, events that say nothing to a trace */
	uint64_t orphan_count;	/* of these, parts of a fault whose beginning is not there */
	uint64_t event_count;	/* events written */
	uint64_t kind_count[NVT_KIND_COUNT];
	uint64_t shadow_count;	       /* faults in a context whose stage 2 is L1's */
	uint64_t own_leaf_count;       /* L1_LEAF events: walks that no earlier walk predicts */
	uint64_t backing_shadow_count; /* BACKING events that only a shadow fault's truth tells */
	uint64_t unfinished_count;     /* faults without the handler's return */
	uint64_t l1_fault_count;       /* of L1's recording */
	uint64_t l1_matched_count;     /* of the faults reflected: those that are L1's, too, */
	uint64_t l1_unmatched_count;   /* and those that are not */
	uint64_t l1_change_count;      /* changes of L1's tables taken from there */
	int64_t l1_offset_ns;	       /* the host's clock before L1's, at least */
	struct nvt_import_core core;   /* of o->core */
	uint32_t warning_count;	       /* lines of meta's "warnings" */
};

/*
 * Reads the recording `o->input`, whose kind is told by its content, and
 * writes the trace `o->output`. `stats` may be NULL. On failure *err has one
 * line that names file, line or event, and nothing is left behind.
 */
enum nvt_status nvt_import(const struct nvt_import_options *o, struct nvt_import_stats *stats,
			   struct nvt_error *err);

#endif
