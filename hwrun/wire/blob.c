/* SPDX-License-Identifier: GPL-2.0-only */
#include "blob.h"

#include <stdbool.h>
#include <string.h>

#include "hash.h"

uint64_t hw_blob_check(const struct hw_blob *b)
{
	struct hw_blob head = *b;
	uint64_t seed;

	head.check = 0;
	seed = nvt_xxh64(&head, sizeof(head), 0);
	return nvt_xxh64((const uint8_t *)b + sizeof(head), b->size - sizeof(head), seed);
}

static bool ends(const char *text, size_t size)
{
	return memchr(text, 0, size);
}

static bool texts_end(const struct hw_blob *b)
{
	return ends(b->policy, sizeof(b->policy)) &&
	       ends(b->invalidation, sizeof(b->invalidation)) && ends(b->board, sizeof(b->board)) &&
	       ends(b->trace_name, sizeof(b->trace_name)) &&
	       ends(b->trace_sha256, sizeof(b->trace_sha256)) &&
	       ends(b->trace_digest, sizeof(b->trace_digest));
}

const char *hw_blob_problem(const void *blob, uint64_t room)
{
	const struct hw_blob *b = blob;

	if (room < sizeof(*b) || b->magic != HW_BLOB_MAGIC) {
		if (room >= sizeof(b->magic) && b->magic == __builtin_bswap64(HW_BLOB_MAGIC))
			return "the trace blob is big-endian";
		return "there is no trace blob";
	}
	if (b->version != HW_BLOB_VERSION || b->header_size != sizeof(*b))
		return "the trace blob is of another version";
	if (b->size > room)
		return "the trace blob is truncated, or larger than memory";
	if (b->size < sizeof(*b) || b->trace_offset < sizeof(*b) || b->trace_offset > b->size ||
	    b->trace_size > b->size - b->trace_offset)
		return "the trace blob has a trace beyond its end";
	if (b->mode >= HW_MODE_COUNT || b->console >= HW_CONSOLE_COUNT ||
	    b->pmu_event_count > HW_EVENTS_MAX || !texts_end(b))
		return "the trace blob has a value that this image does not know";
	return hw_blob_check(b) == b->check ? NULL : "the trace blob is damaged";
}
