/* SPDX-License-Identifier: GPL-2.0-only */
/* Text input by lines, from a file or a pipe, plain or compressed with zstd. */
#ifndef NVSIM_TRACES_IMPORT_INPUT_H
#define NVSIM_TRACES_IMPORT_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zstd.h>

#include "hash.h"
#include "source.h"

#define IMP_LINE_MAX 65536u

struct imp_builder;

struct imp_input {
	struct nvt_source source;
	struct nvt_sha256 sha256; /* of the bytes as they lie in the file */
	uint64_t read_size;
	ZSTD_DStream *zstd; /* NULL: plain */
	bool frame_open;    /* a zstd frame has begun and not ended */
	char *buffer;
	size_t start, limit;
	bool end;
};

/* log2 of the memory that a compressed input may ask for: as much as zstd itself grants. */
#define IMP_WINDOW_LOG_MAX 27

enum imp_line {
	IMP_LINE,
	IMP_LINE_CUT, /* the last one, without a newline */
	IMP_LINE_END,
	IMP_LINE_LONG,	    /* longer than IMP_LINE_MAX */
	IMP_LINE_IO,	    /* errno tells */
	IMP_LINE_DAMAGED,   /* zstd finds an error */
	IMP_LINE_WINDOW,    /* zstd would need more than IMP_WINDOW_LOG_MAX */
	IMP_LINE_TRUNCATED, /* the zstd stream ends early */
	IMP_LINE_MEMORY,
};

/* Takes over an opened source. False: out of memory. */
bool imp_input_init(struct imp_input *in, bool compressed);
void imp_input_free(struct imp_input *in);
/* The next line without its newline, valid until the next call. */
enum imp_line imp_input_line(struct imp_input *in, char **line, size_t *length);
/* What was wrong with a line that is none. */
enum nvt_status imp_line_failed(struct imp_builder *b, enum imp_line why);
/* Up to `size` bytes, fewer at the end only. False: the input is damaged. */
bool imp_input_bytes(struct imp_input *in, void *to, size_t size, size_t *got);

#endif
