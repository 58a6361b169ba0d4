/* SPDX-License-Identifier: GPL-2.0-only */
/* smaps, and behind the first NUL pagemap words: by themselves, and beside a recording. */
#include "import/hostmem.h"
#include "import_case.h"
#include "one_fault.h"

static void read_part(enum nvt_status status, const struct nvt_error *err)
{
	FUZZ_REQUIRE(status == NVT_OK || status == NVT_EINPUT);
	if (status == NVT_EINPUT)
		fuzz_require_line(err->text);
}

static void ask(const struct imp_hostmem *h, uint64_t hva)
{
	struct nvt_backing b;

	imp_hostmem_vma_shift(h, hva, 12);
	if (imp_hostmem_find(h, hva, 12, &b))
		FUZZ_REQUIRE(hva - b.hva < b.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_file recording, smaps, pagemap;
	size_t text = size ? strnlen((const char *)data, size) : 0,
	       rest = size > text ? text + 1 : size;
	struct imp_hostmem h = {0};
	struct nvt_error err = {0};
	struct nvt_import_options o = {
		.input = fuzz_file_set(&recording, one_fault, sizeof(one_fault) - 1),
		.smaps = fuzz_file_set(&smaps, data, text),
		.pagemap = fuzz_file_set(&pagemap, data + rest, size - rest),
		.pagemap_base = HOST_ADDRESS,
	};

	import_case(o);
	read_part(imp_hostmem_smaps(&h, o.smaps, &err), &err);
	read_part(imp_hostmem_pagemap(&h, o.pagemap, o.pagemap_base, &err), &err);
	for (size_t i = 0; i < h.vma_count; i++) {
		FUZZ_REQUIRE(h.vmas[i].start < h.vmas[i].end);
		FUZZ_REQUIRE(!i || h.vmas[i].start >= h.vmas[i - 1].end);
		ask(&h, h.vmas[i].start);
	}
	for (uint64_t at = 0; at < 64; at++)
		ask(&h, o.pagemap_base + (at << 12));
	imp_hostmem_free(&h);
	return 0;
}
