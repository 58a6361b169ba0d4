/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading and writing trace files. The library never prints and never exits:
 * a call that fails fills a struct nvt_error and says so by its result.
 */
#ifndef NVSIM_TRACES_TRACE_H
#define NVSIM_TRACES_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "event.h"

enum nvt_status {
	NVT_OK = 0,
	NVT_END,    /* no more events */
	NVT_EINPUT, /* the input cannot be read, is damaged, or is no trace: exit status 3 */
	NVT_EENV,   /* the environment failed: disk, permission: exit status 4 */
	NVT_ENOMEM, /* so did it for memory: 4, too, or 3 within a bound that was set (limit.h) */
};

/* One line for people: file, offset where it makes sense, what is wrong. */
struct nvt_error {
	enum nvt_status status;
	char text[512];
};

/* Totals of the events section, as the end section states them. */
struct nvt_totals {
	uint64_t event_count;
	uint64_t kind_count[NVT_KIND_COUNT];
	uint64_t first_ns, last_ns;
};

/* ---- reading ---- */

struct nvt_reader;

/*
 * Opens a trace; "-" is standard input. Reads up to the first event block.
 * NULL: *err says why.
 */
struct nvt_reader *nvt_open(const char *path, struct nvt_error *err);
/*
 * The same, and shows each section, with its head and without compression, when it is read: by
 * the end of the events all of them, in their order. False ends reading: no memory.
 */
typedef bool nvt_show_section(void *arg, const void *section, size_t size);
struct nvt_reader *nvt_open_shown(const char *path, nvt_show_section *show, void *arg,
				  struct nvt_error *err);
void nvt_close(struct nvt_reader *r);

const struct nvt_machine *nvt_machine(const struct nvt_reader *r);
enum nvt_class nvt_class(const struct nvt_reader *r);
/* The meta section: JSON text, NUL-terminated. Known at once for a seekable file, else at the end.
 */
enum nvt_status nvt_meta(struct nvt_reader *r, const char **json, size_t *length,
			 struct nvt_error *err);
/* Initial contents of L1 memory (tables): 8-byte words, ascending addresses. */
struct nvt_word {
	uint64_t addr;
	uint64_t value;
};
const struct nvt_word *nvt_l1mem(const struct nvt_reader *r, size_t *count);

/*
 * A block of consecutive events, decoded; valid until it is released. Blocks
 * may be handed to other threads and released there; decoding the next block
 * may go on meanwhile. All pointers inside events point into the block.
 */
struct nvt_block {
	uint64_t first_ordinal; /* of events[0] in the stream, counted from 0 */
	size_t count;
	struct nvt_event *events;
};

/* NVT_OK and *block, NVT_END (the whole file was read and its end section agrees), or an error. */
enum nvt_status nvt_next_block(struct nvt_reader *r, struct nvt_block **block,
			       struct nvt_error *err);
void nvt_release_block(struct nvt_block *block);

/* One event at a time; *ev is valid until the next call. Does not mix with nvt_next_block. */
enum nvt_status nvt_next(struct nvt_reader *r, const struct nvt_event **ev, uint64_t *ordinal,
			 struct nvt_error *err);

/*
 * The next block handed out is the one that holds event `ordinal`; beyond the
 * last event, NVT_END comes next. Needs a seekable file; blocks before it
 * are not decoded, and the index tells where to begin.
 */
enum nvt_status nvt_seek(struct nvt_reader *r, uint64_t ordinal, struct nvt_error *err);

/* Totals from the end section: known at once for a seekable file, else at the end. */
enum nvt_status nvt_totals(struct nvt_reader *r, struct nvt_totals *totals, struct nvt_error *err);

/* SHA-256 over the checksums of all frames but meta, from the end section, in hex (64 digits and
 * NUL). Known when the totals are. */
enum nvt_status nvt_digest(struct nvt_reader *r, char digest[65], struct nvt_error *err);

/* ---- writing ---- */

struct nvt_writer;

struct nvt_writer_options {
	int level;	  /* zstd level; 0: the default */
	bool provisional; /* class and machine are not known yet: nvt_set_machine follows */
	enum nvt_class class;
	struct nvt_machine machine;
	const struct nvt_word *l1mem; /* ascending addresses; may be NULL */
	size_t l1mem_count;
};

/*
 * Creates `path` ("-": standard output) under a temporary name in the same
 * folder; nvt_finish gives it its name. nvt_abandon removes it.
 */
struct nvt_writer *nvt_create(const char *path, const struct nvt_writer_options *options,
			      struct nvt_error *err);
/* Replaces class and machine of a provisional header; any number of times before nvt_finish. */
void nvt_set_machine(struct nvt_writer *w, enum nvt_class class, const struct nvt_machine *machine);
/* Appends. Times must not decrease; texts and truths are copied. */
enum nvt_status nvt_write(struct nvt_writer *w, const struct nvt_event *ev, struct nvt_error *err);
/* Writes `meta` (JSON text), the end section and the seek table, and puts the file in place. Frees
 * w in any case. */
enum nvt_status nvt_finish(struct nvt_writer *w, const char *meta, struct nvt_error *err);
void nvt_abandon(struct nvt_writer *w);

#endif
