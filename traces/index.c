/* SPDX-License-Identifier: GPL-2.0-only */
#include <string.h>

#include "bytes.h"
#include "index.h"

/* Every other entry goes, and every other block from here on has none. */
static void thin(struct nvt_index *index)
{
	uint8_t *entries = index->entries.data;
	size_t kept = (index->entries.size / NVT_INDEX_ENTRY + 1) / 2;

	for (size_t i = 1; i < kept; i++)
		memcpy(entries + i * NVT_INDEX_ENTRY, entries + 2 * i * NVT_INDEX_ENTRY,
		       NVT_INDEX_ENTRY);
	index->entries.size = kept * NVT_INDEX_ENTRY;
	index->shift++;
}

bool nvt_index_add(struct nvt_index *index, uint64_t first_ordinal, uint64_t first_ns,
		   uint64_t offset)
{
	uint64_t number = index->block_count++;
	uint8_t *entry;

	if (number & ((1ull << index->shift) - 1))
		return true;
	if (!nvt_buffer_room(&index->entries, NVT_INDEX_ENTRY))
		return false;
	entry = index->entries.data + index->entries.size;
	nvt_put64(entry, first_ordinal);
	nvt_put64(entry + 8, first_ns);
	nvt_put64(entry + 16, offset);
	index->entries.size += NVT_INDEX_ENTRY;
	if (index->entries.size > NVT_INDEX_MAX * NVT_INDEX_ENTRY)
		thin(index);
	return true;
}

void nvt_index_free(struct nvt_index *index)
{
	nvt_buffer_free(&index->entries);
}

const uint8_t *nvt_index_find(const uint8_t *entries, size_t count, uint64_t ordinal)
{
	size_t low = 0, high = count, middle;

	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (nvt_get64(entries + middle * NVT_INDEX_ENTRY) <= ordinal)
			low = middle;
		else
			high = middle;
	}
	return entries + low * NVT_INDEX_ENTRY;
}
