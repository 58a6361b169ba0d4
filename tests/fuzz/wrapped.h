/* SPDX-License-Identifier: GPL-2.0-only */
/* Sections of a trace, one behind the other, made a file of which all sums are right. */
#ifndef NVSIM_TESTS_FUZZ_WRAPPED_H
#define NVSIM_TESTS_FUZZ_WRAPPED_H

#include "../../traces/frame.h"

#include "bytes.h"
#include "fuzz.h"

struct wrap {
	struct nvt_ledger ledger;
	struct nvt_packer packer;
	struct nvt_buffer file, entries;
};

static inline void add(struct nvt_buffer *b, const void *data, size_t size)
{
	FUZZ_REQUIRE(nvt_buffer_room(b, size));
	memcpy(b->data + b->size, data, size);
	b->size += size;
}

static inline void add_frame(struct wrap *w, uint16_t type, const uint8_t *frame, size_t size,
			     size_t body_size)
{
	uint8_t entry[NVT_SEEK_ENTRY];

	nvt_ledger_frame(&w->ledger, type, frame, size, (uint32_t)(NVT_SECTION_HEAD + body_size),
			 entry);
	add(&w->entries, entry, sizeof(entry));
	add(&w->file, frame, size);
}

static inline void add_section(struct wrap *w, uint16_t type, const uint8_t *body, size_t size)
{
	static uint8_t stored[NVT_SECTION_HEAD + NVT_HEADER_SIZE + NVT_STORED_EXTRA];

	if (type == NVT_SECTION_HEADER && size == NVT_HEADER_SIZE) {
		add_frame(w, type, stored, nvt_store(stored, type, body, size), size);
		return;
	}
	FUZZ_REQUIRE(nvt_pack_begin(&w->packer, type, size) &&
		     nvt_pack(&w->packer, body, size, true) && nvt_pack_end(&w->packer));
	add_frame(w, type, w->packer.out.data, w->packer.out.size, size);
}

static inline void add_tail(struct wrap *w)
{
	uint8_t body[NVT_END_SIZE], frame[NVT_SECTION_HEAD + NVT_END_SIZE + NVT_STORED_EXTRA];
	uint8_t number[NVT_SEEK_FOOTER];

	nvt_ledger_close(&w->ledger);
	nvt_put_end(body, &w->ledger);
	add_frame(w, NVT_SECTION_END, frame, nvt_store(frame, NVT_SECTION_END, body, sizeof(body)),
		  sizeof(body));
	nvt_put32(number, NVT_SKIPPABLE_MAGIC);
	nvt_put32(number + 4, (uint32_t)w->entries.size + NVT_SEEK_FOOTER);
	add(&w->file, number, 8);
	add(&w->file, w->entries.data, w->entries.size);
	nvt_put32(number, (uint32_t)(w->entries.size / NVT_SEEK_ENTRY));
	number[4] = NVT_SEEK_DESCRIPTOR;
	nvt_put32(number + 5, NVT_SEEKABLE_MAGIC);
	add(&w->file, number, sizeof(number));
}

/* Its ledger has totals and word_count already. Up to where a section does not fit what is left, or
 * its own end. */
static inline void wrap(struct wrap *w, const uint8_t *data, size_t size)
{
	while (size >= NVT_SECTION_HEAD) {
		uint16_t type = nvt_get16(data);
		uint32_t length = nvt_get32(data + 4);

		if (length > size - NVT_SECTION_HEAD || type == NVT_SECTION_END)
			break;
		add_section(w, type, data + NVT_SECTION_HEAD, length);
		data += NVT_SECTION_HEAD + length;
		size -= NVT_SECTION_HEAD + length;
	}
	add_tail(w);
}

static inline void wrap_open(struct wrap *w)
{
	*w = (struct wrap){.file = {0}};
	nvt_ledger_init(&w->ledger);
	if (!nvt_packer_init(&w->packer, 1))
		abort();
}

static inline void wrap_close(struct wrap *w)
{
	nvt_packer_free(&w->packer);
	nvt_buffer_free(&w->file);
	nvt_buffer_free(&w->entries);
}

#endif
