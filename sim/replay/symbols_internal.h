/* SPDX-License-Identifier: GPL-2.0-only */
/* What the readers of symbols share. */
#ifndef NVSIM_REPLAY_SYMBOLS_INTERNAL_H
#define NVSIM_REPLAY_SYMBOLS_INTERNAL_H

#include "symbols.h"

/* Ranks behind those of functions: where another symbol begins, a function without size ends. */
#define SYMBOL_RANK_GLOBAL 0u
#define SYMBOL_RANK_WEAK   1u
#define SYMBOL_RANK_LOCAL  2u
#define SYMBOL_RANK_BOUND  3u

struct symbols_reading {
	const char *path;
	struct symbols *to;
	size_t room;
	size_t names_size, names_room;
	struct nvt_error *err;
};

/* A name that is not necessarily terminated. */
struct symbols_text {
	const char *s;
	size_t size;
};

/* Adds a function, or a bound, which has no name. size 0: not known. */
enum nvt_status symbols_add(struct symbols_reading *r, uint64_t start, uint64_t size,
			    unsigned int rank, struct symbols_text name,
			    struct symbols_text module);
/* Mapping symbols of the architecture ($x, $d) and labels of the assembler (.L) are none. */
bool symbols_is_name(struct symbols_text name);

/* The readers: from the source that stands at its beginning. */
struct nvt_source;
enum nvt_status symbols_read_elf(struct symbols_reading *r, const struct nvt_source *source);
enum nvt_status symbols_read_text(struct symbols_reading *r, struct nvt_source *source);

#endif
