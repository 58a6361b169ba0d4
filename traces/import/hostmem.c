/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "import/hostmem.h"
#include "import/input.h"

#define PAGEMAP_WORDS_MAX (1u << 25) /* 256 MiB of them: of 128 GiB in 4K pages */
#define VMAS_MAX	  (1u << 20)
#define PAGE_PRESENT	  (1ull << 63)
#define PAGE_FRAME	  ((1ull << 55) - 1)

/* The reason that is no fault of the file. */
static const char no_memory[] = "out of memory";

static enum nvt_status refuse(struct nvt_error *err, const char *path, const char *wrong)
{
	return nvt_fail(err, wrong == no_memory ? NVT_ENOMEM : NVT_EINPUT, "%s: %s", path, wrong);
}

void imp_hostmem_free(struct imp_hostmem *h)
{
	free(h->vmas);
	free(h->pagemap);
}

static enum nvt_status open_input(struct imp_input *in, const char *path, struct nvt_error *err)
{
	static const uint8_t zstd_magic[4] = {0x28, 0xb5, 0x2f, 0xfd};
	const uint8_t *bytes;
	size_t have;
	int error = nvt_source_open(&in->source, path);

	if (error)
		return nvt_fail(err, NVT_EINPUT, "%s: %s", path, strerror(error));
	bytes = nvt_source_peek(&in->source, 4, &have);
	if (!bytes)
		return nvt_fail(err, NVT_EINPUT, "%s: %s", path, strerror(errno));
	if (!imp_input_init(in, have >= 4 && !memcmp(bytes, zstd_magic, 4)))
		return nvt_fail(err, NVT_ENOMEM, "out of memory");
	return NVT_OK;
}

/* ---- smaps ---- */

/* NULL, or why not. */
static const char *add_vma(struct imp_hostmem *h, uint64_t start, uint64_t end)
{
	struct imp_vma *bigger;

	if (h->vma_count == VMAS_MAX)
		return "more mappings than the 1,048,576 that are read";
	if (!(h->vma_count & (h->vma_count - 1))) {
		bigger = realloc(h->vmas, (h->vma_count * 2 + 1) * sizeof(*bigger));
		if (!bigger)
			return no_memory;
		h->vmas = bigger;
	}
	/* NOLINTNEXTLINE: there is room, made at each power of two */
	h->vmas[h->vma_count++] = (struct imp_vma){start, end, 0};
	return NULL;
}

/* NULL, or what is wrong with the line. */
static const char *smaps_line(struct imp_hostmem *h, char *line, size_t length)
{
	struct imp_vma *last = h->vma_count ? &h->vmas[h->vma_count - 1] : NULL;
	unsigned long long start, end, kib;
	char text[64];

	snprintf(text, sizeof(text), "%.*s", (int)(length < 63 ? length : 63), line);
	if (sscanf(text, "%llx-%llx ", &start, &end) == 2) {
		if (start >= end || (last && start < last->end))
			return "mappings that are not in order";
		return add_vma(h, start, end);
	}
	if (sscanf(text, "KernelPageSize: %llu kB", &kib) != 1)
		return NULL;
	if (!last || !kib || kib & (kib - 1) || kib > 1ull << 30)
		return "a KernelPageSize that cannot be";
	last->page_shift = (uint8_t)(10 + __builtin_ctzll(kib));
	return NULL;
}

enum nvt_status imp_hostmem_smaps(struct imp_hostmem *h, const char *path, struct nvt_error *err)
{
	struct imp_input in = {.buffer = NULL};
	enum nvt_status status = open_input(&in, path, err);
	enum imp_line got = IMP_LINE_END;
	unsigned long number = 0;
	const char *wrong = NULL;
	size_t length;
	char *line;

	if (status == NVT_OK)
		while (!wrong && (got = imp_input_line(&in, &line, &length)) == IMP_LINE) {
			number++;
			wrong = smaps_line(h, line, length);
		}
	imp_input_free(&in);
	if (status != NVT_OK)
		return status;
	if (!wrong && got != IMP_LINE_END)
		wrong = "the text is damaged or cut short";
	if (!wrong && !h->vma_count)
		wrong = "no mapping: is this a smaps file?";
	if (wrong && wrong != no_memory)
		return nvt_fail(err, NVT_EINPUT, "%s: line %lu: %s", path, number, wrong);
	return wrong ? refuse(err, path, wrong) : NVT_OK;
}

/* ---- pagemap ---- */

/* NULL, or why not. */
static const char *grow_pagemap(struct imp_hostmem *h, size_t *room)
{
	size_t more = *room ? *room * 2 : 4096;
	uint64_t *bigger;

	if (more > PAGEMAP_WORDS_MAX)
		return "more pages than the 33,554,432 that are read";
	bigger = realloc(h->pagemap, more * 8);
	if (!bigger)
		return no_memory;
	h->pagemap = bigger;
	*room = more;
	return NULL;
}

static const char *read_words(struct imp_hostmem *h, struct imp_input *in)
{
	size_t room = 0, got = 8;

	while (got == 8) {
		const char *wrong = h->pagemap_count == room ? grow_pagemap(h, &room) : NULL;

		if (wrong)
			return wrong;
		if (!imp_input_bytes(in, &h->pagemap[h->pagemap_count], 8, &got))
			return "the file is damaged or cut short";
		h->pagemap_count += got == 8;
	}
	if (got || !h->pagemap_count)
		return "its size is no multiple of 8 bytes";
	return NULL;
}

enum nvt_status imp_hostmem_pagemap(struct imp_hostmem *h, const char *path, uint64_t base,
				    struct nvt_error *err)
{
	struct imp_input in = {.buffer = NULL};
	enum nvt_status status = open_input(&in, path, err);
	const char *wrong = status == NVT_OK ? read_words(h, &in) : NULL;

	imp_input_free(&in);
	h->base = base;
	return wrong ? refuse(err, path, wrong) : status;
}

/* ---- questions ---- */

uint8_t imp_hostmem_vma_shift(const struct imp_hostmem *h, uint64_t hva, uint8_t page_shift)
{
	size_t low = 0, high = h->vma_count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (h->vmas[mid].end <= hva)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < h->vma_count && h->vmas[low].start <= hva && h->vmas[low].page_shift > page_shift)
		return h->vmas[low].page_shift;
	return page_shift;
}

/* The frame of a page; 0: not present, or hidden from who read it. */
static uint64_t frame_of(const struct imp_hostmem *h, uint64_t hva, uint8_t page_shift)
{
	uint64_t index = (hva - h->base) >> page_shift;

	if (hva < h->base || index >= h->pagemap_count || !(h->pagemap[index] & PAGE_PRESENT))
		return 0;
	return h->pagemap[index] & PAGE_FRAME;
}

/* Pages of a leaf lie side by side in both spaces, aligned to its size. */
static bool is_leaf(const struct imp_hostmem *h, uint64_t start, uint8_t shift, uint8_t page_shift)
{
	uint64_t first = frame_of(h, start, page_shift), pages = 1ull << (shift - page_shift);

	if (!first || first & (pages - 1))
		return false;
	for (uint64_t i = 1; i < pages; i++)
		if (frame_of(h, start + (i << page_shift), page_shift) != first + i)
			return false;
	return true;
}

bool imp_hostmem_find(const struct imp_hostmem *h, uint64_t hva, uint8_t page_shift,
		      struct nvt_backing *out)
{
	uint8_t vma = imp_hostmem_vma_shift(h, hva, page_shift),
		pmd = (uint8_t)(2 * page_shift - 3);
	uint8_t shift = vma > page_shift ? vma : pmd;

	if (!is_leaf(h, hva >> shift << shift, shift, page_shift))
		shift = page_shift;
	if (!frame_of(h, hva, page_shift))
		return false;
	*out = (struct nvt_backing){
		.hva = hva >> shift << shift,
		.size = 1ull << shift,
		.pa = frame_of(h, hva >> shift << shift, page_shift) << page_shift,
		.vma_shift = vma,
		.leaf_shift = shift,
		.origin = NVT_GIVEN,
	};
	return true;
}
