/* SPDX-License-Identifier: GPL-2.0-only */
/* The zstd frames that carry sections, one each. */
#ifndef NVSIM_TRACES_FRAME_H
#define NVSIM_TRACES_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zstd.h>

#include "column.h"
#include "section.h"
#include "source.h"

/* ---- frames out ---- */

/* Compresses one frame at a time into `out`. */
struct nvt_packer {
	ZSTD_CCtx *ctx;
	struct nvt_buffer out;
};

bool nvt_packer_init(struct nvt_packer *p, int level);
void nvt_packer_free(struct nvt_packer *p);
/* Begins the frame of a section; false here and below: out of memory. */
bool nvt_pack_begin(struct nvt_packer *p, enum nvt_section type, size_t body_size);
/* Adds to its body; end_run: what follows has other statistics. */
bool nvt_pack(struct nvt_packer *p, const void *data, size_t size, bool end_run);
/* Ends it; p->out is the frame. */
bool nvt_pack_end(struct nvt_packer *p);

/*
 * Makes the frame of a section whose body is body[0..size) without
 * compression, byte for byte as FORMAT.md wants it; out has room for
 * NVT_SECTION_HEAD + size + NVT_STORED_EXTRA. Returns the frame's size.
 */
size_t nvt_store(uint8_t *out, enum nvt_section type, const uint8_t *body, size_t size);

/* ---- frames in ---- */

struct nvt_frame {
	uint64_t offset;    /* in the file */
	const uint8_t *raw; /* the frame itself, until the source is used again */
	size_t raw_size;
	struct nvt_buffer content; /* NVT_DECODE_SLACK bytes more are readable */
	uint16_t type;
	uint16_t flags;
};

/* Reasons that are no fault of the file. */
extern const char nvt_no_memory[], nvt_no_read[];

/*
 * Reads the frame at the source's position, checks and decompresses it, and
 * steps over it. NULL, or what is wrong with it.
 */
const char *nvt_frame_read(struct nvt_frame *f, struct nvt_source *s, ZSTD_DCtx *ctx);

static inline const uint8_t *nvt_frame_body(const struct nvt_frame *f)
{
	return f->content.data + NVT_SECTION_HEAD;
}

static inline size_t nvt_frame_body_size(const struct nvt_frame *f)
{
	return f->content.size - NVT_SECTION_HEAD;
}

#endif
