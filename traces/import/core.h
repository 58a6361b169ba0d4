/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * L1's memory at one moment, out of an ELF core (QEMU's dump-guest-memory, virsh dump
 * --memory-only): PT_LOAD segments whose physical address is an L1 IPA. Only headers and L1's
 * stage-2 tables are read, page by page; how large the file is makes no difference.
 */
#ifndef NVSIM_TRACES_IMPORT_CORE_H
#define NVSIM_TRACES_IMPORT_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "import/shape.h"
#include "trace.h"

/* More than these are not read: the format's limit for words, and no VM has as many segments. */
#define IMP_CORE_WORDS_MAX    (1u << 25)
#define IMP_CORE_SEGMENTS_MAX (1u << 20)

/* One table as the core has it. */
struct imp_core_table {
	uint64_t addr; /* L1 IPA */
	uint32_t count;
	const uint64_t *words; /* in CPU order */
};

/* Of all tables that were read. */
struct imp_core_totals {
	uint64_t table_count;	/* counted once for each level that they stand at */
	uint64_t leaf_count;	/* entries that are leaves */
	uint64_t outside_count; /* tables that lie where the core has no memory */
};

struct imp_core;

/* NULL: *err has one line with file and offset. */
struct imp_core *imp_core_open(const char *path, struct nvt_error *err);
void imp_core_close(struct imp_core *c);
uint64_t imp_core_file_size(const struct imp_core *c);

/*
 * Reads the tables below a start table. What is shared or cyclic is read once for each level, and
 * no more than IMP_CORE_WORDS_MAX words in all. *there: the start table is in the core.
 */
enum nvt_status imp_core_read_tables(struct imp_core *c, const struct imp_shape *s, uint64_t root,
				     bool *there, struct nvt_error *err);
/* The words of a table that was read, or NULL. They stay. */
const uint64_t *imp_core_words(const struct imp_core *c, uint64_t addr, uint32_t count);
/* The i-th table, in the order of reading; NULL: there are no more. Valid until more are read. */
const struct imp_core_table *imp_core_table_at(const struct imp_core *c, size_t i);
struct imp_core_totals imp_core_totals(const struct imp_core *c);

/* The segment that holds an address. False: none. */
bool imp_core_segment(const struct imp_core *c, uint64_t addr, uint64_t *base, uint64_t *size);
/* Every leaf: where it leads, and its bytes. False ends it, and is returned. */
typedef bool imp_core_leaf_fn(void *arg, uint64_t output, uint64_t size);
bool imp_core_each_leaf(const struct imp_core *c, imp_core_leaf_fn *fn, void *arg);

#endif
