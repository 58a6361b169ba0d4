/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "import/perf.h"

/* A record of 64 KiB at most, and room behind it for what a block of zstd holds. */
#define UNPACKED_SIZE (256u << 10)
/* One compressed record holds a buffer of one CPU at most; more is taken for damage. */
#define UNPACKED_MAX (256u << 20)

static bool start_unpacking(struct perf_reader *r)
{
	if (r->unpacker)
		return true;
	r->unpacker = ZSTD_createDStream();
	r->unpacked = malloc(UNPACKED_SIZE);
	return (r->unpacker && r->unpacked) || perf_no_memory(&r->bytes);
}

/* All records that are there in full. */
static bool handle_all(struct perf_reader *r, uint64_t at)
{
	size_t start = 0;

	while (r->unpacked_size - start >= PERF_RECORD_HEADER) {
		const uint8_t *bytes = r->unpacked + start;
		size_t size = perf_u16(&r->bytes, bytes + 6);

		if (size > r->unpacked_size - start)
			break;
		if (!perf_handle(r, bytes, at, true))
			return false;
		start += size;
	}
	r->unpacked_size -= start;
	memmove(r->unpacked, r->unpacked + start, r->unpacked_size);
	return true;
}

bool perf_unpack(struct perf_reader *r, const uint8_t *bytes, size_t size, uint64_t at)
{
	ZSTD_inBuffer in = {bytes, size, 0};
	uint64_t total = 0;
	bool full = true;

	if (!start_unpacking(r))
		return false;
	while (in.pos < in.size || full) {
		ZSTD_outBuffer out = {r->unpacked + r->unpacked_size,
				      UNPACKED_SIZE - r->unpacked_size, 0};
		size_t result = ZSTD_decompressStream(r->unpacker, &out, &in);

		if (ZSTD_isError(result))
			return perf_fail(&r->bytes, at, "compressed records are damaged: %s",
					 ZSTD_getErrorName(result));
		total += out.pos;
		if (total > UNPACKED_MAX)
			return perf_fail(&r->bytes, at,
					 "one compressed record holds more than %u MiB: damaged",
					 UNPACKED_MAX >> 20);
		full = out.pos == out.size;
		r->unpacked_size += out.pos;
		if (!handle_all(r, at))
			return false;
	}
	return true;
}

void perf_unpack_free(struct perf_reader *r)
{
	ZSTD_freeDStream(r->unpacker);
	free(r->unpacked);
}
