/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sections of a trace without their compression, as `zstd -dc` gives them: read as they lie,
 * and once more in frames of which all sums are right, with an end that fits what came before.
 */
#include "flat.h"
#include "trace_file.h"
#include "wrapped.h"

/* The totals of all blocks before the first that is none; *words: those of L1's memory. */
static struct nvt_totals read_flat(const uint8_t *data, size_t size, uint64_t *words)
{
	struct nvt_totals totals;
	struct nvt_flat f;
	enum nvt_status status = nvt_flat_open(&f, data, size);

	*words = f.words.size / sizeof(struct nvt_word);
	while (status == NVT_OK)
		status = nvt_flat_next(&f);
	FUZZ_REQUIRE(status != NVT_EENV && status != NVT_ENOMEM);
	totals = f.totals;
	nvt_flat_close(&f);
	return totals;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wrap w;

	wrap_open(&w);
	w.ledger.totals = read_flat(data, size, &w.ledger.word_count);
	wrap(&w, data, size);
	read_trace(w.file.data, w.file.size);
	wrap_close(&w);
	return 0;
}
