/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdlib.h>
#include <string.h>
#include <zstd_errors.h>

#include "import/input.h"

/* Twice the longest line, so that a refill always has room. */
#define BUFFER_SIZE (4 * (size_t)IMP_LINE_MAX)
bool imp_input_init(struct imp_input *in, bool compressed)
{
	nvt_sha256_init(&in->sha256);
	in->buffer = malloc(BUFFER_SIZE);
	if (!in->buffer)
		return false;
	if (!compressed)
		return true;
	in->zstd = ZSTD_createDStream();
	return in->zstd && !ZSTD_isError(ZSTD_DCtx_setParameter(in->zstd, ZSTD_d_windowLogMax,
								IMP_WINDOW_LOG_MAX));
}

void imp_input_free(struct imp_input *in)
{
	free(in->buffer);
	ZSTD_freeDStream(in->zstd);
	nvt_source_close(&in->source);
}

static void consumed(struct imp_input *in, const void *bytes, size_t size)
{
	nvt_sha256_update(&in->sha256, bytes, size);
	in->read_size += size;
	nvt_source_skip(&in->source, size);
}

static enum imp_line fill_plain(struct imp_input *in)
{
	size_t room = BUFFER_SIZE - in->limit;
	size_t have;
	const uint8_t *bytes = nvt_source_peek(&in->source, 1, &have);

	if (!bytes)
		return IMP_LINE_IO;
	if (have > room)
		have = room;
	memcpy(in->buffer + in->limit, bytes, have);
	in->limit += have;
	in->end = !have;
	consumed(in, bytes, have);
	return IMP_LINE;
}

static enum imp_line zstd_failed(size_t result)
{
	switch (ZSTD_getErrorCode(result)) {
	case ZSTD_error_frameParameter_windowTooLarge:
		return IMP_LINE_WINDOW;
	case ZSTD_error_memory_allocation:
		return IMP_LINE_MEMORY;
	default:
		return IMP_LINE_DAMAGED;
	}
}

static enum imp_line fill_zstd(struct imp_input *in)
{
	ZSTD_outBuffer out = {in->buffer + in->limit, BUFFER_SIZE - in->limit, 0};

	while (!out.pos) {
		ZSTD_inBuffer from = {NULL, 0, 0};
		size_t result;

		from.src = nvt_source_peek(&in->source, 1, &from.size);
		if (!from.src)
			return IMP_LINE_IO;
		result = ZSTD_decompressStream(in->zstd, &out, &from);
		if (ZSTD_isError(result))
			return zstd_failed(result);
		/* Nothing in and nothing out: the decoder waits for bytes that do not come. */
		in->end = !from.size && !out.pos;
		if (in->end)
			return in->frame_open ? IMP_LINE_TRUNCATED : IMP_LINE;
		in->frame_open = result != 0;
		consumed(in, from.src, from.pos);
	}
	in->limit += out.pos;
	return IMP_LINE;
}

static enum imp_line fill(struct imp_input *in)
{
	memmove(in->buffer, in->buffer + in->start, in->limit - in->start);
	in->limit -= in->start;
	in->start = 0;
	return in->zstd ? fill_zstd(in) : fill_plain(in);
}

static enum imp_line last_line(struct imp_input *in, char **line, size_t *length)
{
	*line = in->buffer + in->start;
	*length = in->limit - in->start;
	in->start = in->limit;
	return *length ? IMP_LINE_CUT : IMP_LINE_END;
}

enum imp_line imp_input_line(struct imp_input *in, char **line, size_t *length)
{
	size_t scanned = 0;

	for (;;) {
		char *from = in->buffer + in->start;
		char *newline = memchr(from + scanned, '\n', in->limit - in->start - scanned);
		enum imp_line result;

		scanned = in->limit - in->start;
		if ((newline ? (size_t)(newline - from) : scanned) > IMP_LINE_MAX)
			return IMP_LINE_LONG;
		if (newline) {
			*line = from;
			*length = (size_t)(newline - from);
			in->start += *length + 1;
			return IMP_LINE;
		}
		if (in->end)
			return last_line(in, line, length);
		result = fill(in);
		if (result != IMP_LINE)
			return result;
	}
}

bool imp_input_bytes(struct imp_input *in, void *to, size_t size, size_t *got)
{
	size_t have;

	while (in->limit - in->start < size && !in->end)
		if (fill(in) != IMP_LINE)
			return false;
	have = in->limit - in->start;
	*got = have < size ? have : size;
	memcpy(to, in->buffer + in->start, *got);
	in->start += *got;
	return true;
}
