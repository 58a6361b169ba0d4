/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "import/perf.h"

bool perf_fail(struct perf_bytes *b, uint64_t at, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	b->out->number = at;
	/* A place that is 0 is left out of messages otherwise. */
	imp_send_error(b->out, NVT_EINPUT, "%s%s", at ? "" : "offset 0: ", text);
	return false;
}

bool perf_no_memory(struct perf_bytes *b)
{
	imp_send_error(b->out, NVT_ENOMEM, "out of memory");
	return false;
}

uint64_t perf_position(const struct perf_bytes *b)
{
	return b->in->source.position;
}

static void consume(struct perf_bytes *b, const uint8_t *bytes, size_t size)
{
	if (b->hash) {
		nvt_sha256_update(&b->in->sha256, bytes, size);
		b->in->read_size += size;
	}
	nvt_source_skip(&b->in->source, size);
}

const uint8_t *perf_peek(struct perf_bytes *b, size_t want, size_t *have)
{
	uint64_t left = b->limit - perf_position(b);
	const uint8_t *bytes;

	if (want > left)
		want = (size_t)left;
	bytes = nvt_source_peek(&b->in->source, want, have);
	if (!bytes) {
		b->out->number = perf_position(b);
		imp_send_error(b->out, NVT_EENV, "cannot read: %s", strerror(errno));
		return NULL;
	}
	if (*have > left)
		*have = (size_t)left;
	return bytes;
}

const uint8_t *perf_take(struct perf_bytes *b, size_t size)
{
	size_t have;
	const uint8_t *bytes = perf_peek(b, size, &have);

	if (!bytes)
		return NULL;
	if (have < size) {
		perf_fail(b, perf_position(b), "%s ends here, where %zu bytes are wanted: cut",
			  b->what, size);
		return NULL;
	}
	consume(b, bytes, size);
	return bytes;
}

bool perf_pass(struct perf_bytes *b, uint64_t size)
{
	size_t have;

	while (size) {
		const uint8_t *bytes = perf_peek(b, 1, &have);

		if (!bytes)
			return false;
		if (!have)
			return perf_fail(b, perf_position(b),
					 "%s ends here, %" PRIu64 " bytes early: cut", b->what,
					 size);
		if (have > size)
			have = (size_t)size;
		consume(b, bytes, have);
		size -= have;
	}
	return true;
}

bool perf_enter(struct perf_bytes *b, uint64_t offset, uint64_t size, const char *what)
{
	struct nvt_source *source = &b->in->source;

	if (offset > source->size || size > source->size - offset)
		return perf_fail(b, offset,
				 "%s of %" PRIu64 " bytes does not fit into the file, which has "
				 "%" PRIu64 ": damaged or cut",
				 what, size, source->size);
	if (!nvt_source_seek(source, offset)) {
		imp_send_error(b->out, NVT_EENV, "cannot seek: %s", strerror(errno));
		return false;
	}
	b->limit = offset + size;
	b->what = what;
	return true;
}

uint16_t perf_u16(const struct perf_bytes *b, const uint8_t *at)
{
	uint16_t v;

	memcpy(&v, at, sizeof(v));
	return b->swap ? __builtin_bswap16(v) : v;
}

uint32_t perf_u32(const struct perf_bytes *b, const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return b->swap ? __builtin_bswap32(v) : v;
}

uint64_t perf_u64(const struct perf_bytes *b, const uint8_t *at)
{
	uint64_t v;

	memcpy(&v, at, sizeof(v));
	return b->swap ? __builtin_bswap64(v) : v;
}

bool perf_is_big(const struct perf_bytes *b)
{
	return b->swap != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}
