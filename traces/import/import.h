/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recordings into traces: ftrace text (plain or zstd-compressed) and trace-cmd
 * files, with the probes and tracepoints of spec/shadow-s2.md section 8 and
 * recordings/README.md.
 */
#ifndef NVSIM_TRACES_IMPORT_IMPORT_H
#define NVSIM_TRACES_IMPORT_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "trace.h"

struct nvt_import_options {
	const char *input;	  /* "-": standard input (text only) */
	const char *output;	  /* "-": standard output */
	const char *tool_version; /* for the meta section; NULL: left out */
	/* What the host said of its memory, or NULL: smaps of the VMM, and pagemap words. */
	const char *smaps;
	const char *pagemap;
	uint64_t pagemap_base; /* host virtual address of the first word's page */
	uint64_t vm;	       /* struct kvm pointer of the VM wanted; 0: the one that runs */
	int level;	       /* zstd level of the output; 0: the default */
	/* Called now and then with bytes read of text; `total` is 0 where that is not known. */
	void (*progress)(void *arg, uint64_t done, uint64_t total);
	void *progress_arg;
};

enum nvt_import_format { NVT_IMPORT_TEXT, NVT_IMPORT_TEXT_ZSTD, NVT_IMPORT_DAT };

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
