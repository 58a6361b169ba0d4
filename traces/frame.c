/* SPDX-License-Identifier: GPL-2.0-only */
/* zstd frames: RFC 8878, section 3.1.1. */
#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "frame.h"

#define ZSTD_MAGIC    0xfd2fb528u
#define BLOCK_HEAD    3u
#define BLOCK_MAX     (128u << 10) /* content of one zstd block */
#define CHECKSUM_SIZE 4u
#define WINDOW_64M    0x80u /* window descriptor: exponent 16 above 1 KiB, mantissa 0 */

/* Bits of the frame header descriptor. */
#define FHD_SINGLE_SEGMENT 0x20u
#define FHD_RESERVED	   0x18u
#define FHD_CHECKSUM	   0x04u
#define FHD_DICTIONARY	   0x03u
#define FHD_SIZE_4	   0x80u /* the content size takes four bytes */

const char nvt_no_memory[] = "out of memory";
const char nvt_no_read[] = "cannot be read";

/* ---- out ---- */

bool nvt_packer_init(struct nvt_packer *p, int level)
{
	*p = (struct nvt_packer){.ctx = ZSTD_createCCtx()};
	if (!p->ctx)
		return false;
	ZSTD_CCtx_setParameter(p->ctx, ZSTD_c_compressionLevel, level);
	ZSTD_CCtx_setParameter(p->ctx, ZSTD_c_checksumFlag, 1);
	/* In planes of bytes short matches are mostly chance: they cost more than they save. */
	ZSTD_CCtx_setParameter(p->ctx, ZSTD_c_minMatch, 7);
	return true;
}

void nvt_packer_free(struct nvt_packer *p)
{
	ZSTD_freeCCtx(p->ctx);
	nvt_buffer_free(&p->out);
}

static bool stream(struct nvt_packer *p, const void *data, size_t size, ZSTD_EndDirective how)
{
	ZSTD_inBuffer in = {data, size, 0};
	size_t left;

	do {
		ZSTD_outBuffer out;

		if (!nvt_buffer_room(&p->out, ZSTD_CStreamOutSize()))
			return false;
		out = (ZSTD_outBuffer){p->out.data, p->out.capacity, p->out.size};
		left = ZSTD_compressStream2(p->ctx, &out, &in, how);
		p->out.size = out.pos;
		if (ZSTD_isError(left))
			return false;
	} while (how == ZSTD_e_continue ? in.pos < in.size : left != 0);
	return true;
}

bool nvt_pack_begin(struct nvt_packer *p, enum nvt_section type, size_t body_size)
{
	uint8_t head[NVT_SECTION_HEAD];

	nvt_put16(head, (uint16_t)type);
	nvt_put16(head + 2, NVT_SECTION_REQUIRED);
	nvt_put32(head + 4, (uint32_t)body_size);
	p->out.size = 0;
	ZSTD_CCtx_reset(p->ctx, ZSTD_reset_session_only);
	ZSTD_CCtx_setPledgedSrcSize(p->ctx, sizeof(head) + body_size);
	return stream(p, head, sizeof(head), ZSTD_e_continue);
}

bool nvt_pack(struct nvt_packer *p, const void *data, size_t size, bool end_run)
{
	return stream(p, data, size, end_run ? ZSTD_e_flush : ZSTD_e_continue);
}

bool nvt_pack_end(struct nvt_packer *p)
{
	return stream(p, NULL, 0, ZSTD_e_end);
}

size_t nvt_store(uint8_t *out, enum nvt_section type, const uint8_t *body, size_t size)
{
	size_t content_size = NVT_SECTION_HEAD + size;
	uint32_t block = (uint32_t)content_size << 3 | 1; /* last, raw */
	uint8_t *content = out + 12;

	nvt_put32(out, ZSTD_MAGIC);
	out[4] = FHD_SIZE_4 | FHD_SINGLE_SEGMENT | FHD_CHECKSUM;
	nvt_put32(out + 5, (uint32_t)content_size);
	nvt_put16(out + 9, (uint16_t)block);
	out[11] = (uint8_t)(block >> 16);
	nvt_put16(content, (uint16_t)type);
	nvt_put16(content + 2, NVT_SECTION_REQUIRED);
	nvt_put32(content + 4, (uint32_t)size);
	memcpy(content + NVT_SECTION_HEAD, body, size);
	nvt_put32(content + content_size, (uint32_t)nvt_xxh64(content, content_size, 0));
	return content_size + NVT_STORED_EXTRA;
}

/* ---- in ---- */

/* Shows the frame's first `want` bytes. NULL, or why they are not there. */
static const char *show(struct nvt_frame *f, struct nvt_source *s, size_t want)
{
	size_t have;

	f->raw = nvt_source_peek(s, want, &have);
	if (!f->raw)
		return errno == ENOMEM ? nvt_no_memory : nvt_no_read;
	return have < want ? "the file is cut short here" : NULL;
}

/* Reads the frame header: *size of the header itself, *content of the content. */
static const char *read_head(struct nvt_frame *f, struct nvt_source *s, size_t *size,
			     uint64_t *content)
{
	static const uint8_t field_size[4] = {1, 2, 4, 8};
	const char *wrong = show(f, s, 4);
	uint8_t fhd, field[8] = {0};
	unsigned int width;

	if (wrong)
		return wrong;
	if (nvt_get32(f->raw) != ZSTD_MAGIC)
		return "there is no zstd frame";
	wrong = show(f, s, 6);
	if (wrong)
		return wrong;
	fhd = f->raw[4];
	if (fhd & (FHD_RESERVED | FHD_DICTIONARY) || !(fhd & FHD_CHECKSUM))
		return "the frame has no checksum, or needs what a trace never needs";
	if (!(fhd & FHD_SINGLE_SEGMENT) && fhd >> 6 == 0)
		return "the frame does not tell the size of its content";
	if (!(fhd & FHD_SINGLE_SEGMENT) && f->raw[5] > WINDOW_64M)
		return "the frame needs a window larger than 64 MiB";
	width = field_size[fhd >> 6];
	*size = 5 + !(fhd & FHD_SINGLE_SEGMENT) + width;
	wrong = show(f, s, *size);
	if (wrong)
		return wrong;
	memcpy(field, f->raw + *size - width, width);
	*content = nvt_get64(field) + (width == 2 ? 256 : 0);
	return *content > NVT_FRAME_MAX ? "the frame's content is larger than 64 MiB" : NULL;
}

/* Walks over the blocks of the frame to its end: sets raw, raw_size. */
static const char *find_end(struct nvt_frame *f, struct nvt_source *s, size_t at, uint64_t content)
{
	uint64_t possible = 0;
	uint32_t head;
	const char *wrong;

	do {
		wrong = show(f, s, at + BLOCK_HEAD);
		if (wrong)
			return wrong;
		head = nvt_get16(f->raw + at) | (uint32_t)f->raw[at + 2] << 16;
		at += BLOCK_HEAD + ((head >> 1 & 3) == 1 ? 1 : head >> 3);
		possible += BLOCK_MAX;
		/* Blocks without content would make a frame of any length. */
		if (head >> 3 > BLOCK_MAX || (head >> 1 & 3) == 3 || at > 2 * content + (64u << 10))
			return "the frame is damaged";
	} while (!(head & 1));
	f->raw_size = at + CHECKSUM_SIZE;
	if (possible < content)
		return "the frame is damaged: its content cannot be that large";
	return show(f, s, f->raw_size);
}

/* Decompresses, which verifies the checksum, and reads the section's head. */
static const char *open_section(struct nvt_frame *f, ZSTD_DCtx *ctx, size_t content)
{
	uint32_t length;
	size_t got;

	f->content.size = 0;
	if (!nvt_buffer_room(&f->content, content + NVT_DECODE_SLACK))
		return nvt_no_memory;
	got = ZSTD_decompressDCtx(ctx, f->content.data, content, f->raw, f->raw_size);
	if (got != content)
		return "the frame is damaged: it does not decompress, or its checksum is wrong";
	memset(f->content.data + content, 0, NVT_DECODE_SLACK);
	f->content.size = content;
	if (content < NVT_SECTION_HEAD)
		return "the frame holds no section";
	length = nvt_get32(f->content.data + 4);
	if (length != nvt_frame_body_size(f))
		return __builtin_bswap32(length) == nvt_frame_body_size(f)
			       ? "it is written in big-endian order, which no version has"
			       : "the frame holds no section";
	f->type = nvt_get16(f->content.data);
	f->flags = nvt_get16(f->content.data + 2);
	return f->flags & ~NVT_SECTION_REQUIRED ? "the section has unknown flags" : NULL;
}

const char *nvt_frame_read(struct nvt_frame *f, struct nvt_source *s, ZSTD_DCtx *ctx)
{
	size_t head_size = 0;
	uint64_t content = 0;
	const char *wrong;

	f->offset = s->position;
	wrong = read_head(f, s, &head_size, &content);
	if (!wrong)
		wrong = find_end(f, s, head_size, content);
	if (!wrong)
		wrong = open_section(f, ctx, (size_t)content);
	if (!wrong)
		nvt_source_skip(s, f->raw_size);
	return wrong;
}
