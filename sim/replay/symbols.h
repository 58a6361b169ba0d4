/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The functions of a kernel by address. The file is vmlinux (its .symtab, or what .dynsym has
 * where that is stripped), or text as /proc/kallsyms, System.map and nm write it: lines "address
 * type name [module]". Which of them it is, its content says. It may be anything: what cannot be
 * is told in one line, and memory is bounded.
 */
#ifndef NVSIM_REPLAY_SYMBOLS_H
#define NVSIM_REPLAY_SYMBOLS_H

#include <stddef.h>

#include "trace.h"

/* Entries of a file that are kept, and bytes of their names. */
#define SYMBOLS_MAX	  (4u << 20)
#define SYMBOLS_NAMES_MAX (256u << 20)
/* Longer names are cut; as KSYM_NAME_LEN of Linux. */
#define SYMBOL_NAME_MAX 511u
/* A function whose size is not stated ends where the next symbol begins, and no later. */
#define SYMBOL_GUESS_MAX (64u << 10)
/* A size above this is not believed. */
#define SYMBOL_SIZE_MAX (16u << 20)

enum symbols_format { SYMBOLS_KALLSYMS, SYMBOLS_SYMTAB, SYMBOLS_DYNSYM };
extern const char *const symbols_format_names[];

#define SYMBOL_NONE UINT32_MAX

struct symbol {
	uint64_t start, end; /* end is beyond the last byte */
	uint32_t name;	     /* in names: function, NUL, module ("": none), NUL */
	uint32_t outer;	     /* the nearest earlier one that ends later; or SYMBOL_NONE */
	uint8_t rank;	     /* 0 global, 1 weak, 2 local */
};

/* Ascending, no two of one start: of several names the most visible is kept, then the plainest. */
struct symbols {
	enum symbols_format format;
	struct symbol *v;
	uint32_t count;
	char *names;
};

/* Reads a file; "-" is standard input. NULL: *err. There is at least one function. */
struct symbols *symbols_read(const char *path, struct nvt_error *err);
void symbols_free(struct symbols *s);

/*
 * The function that has the address: of several that overlap, the one that begins last.
 * SYMBOL_NONE: there is none, or it lies below more than 64 that ended before.
 */
uint32_t symbols_find(const struct symbols *s, uint64_t address);
const char *symbols_name(const struct symbols *s, uint32_t symbol);
const char *symbols_module(const struct symbols *s, uint32_t symbol); /* "": the kernel itself */

#endif
