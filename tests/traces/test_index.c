/* SPDX-License-Identifier: GPL-2.0-only */
/* The index stays small, and is the same whichever way one comes to it. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../../traces/bytes.h"
#include "../../traces/index.h"

static void fill(struct nvt_index *index, uint64_t blocks)
{
	*index = (struct nvt_index){.shift = 0};
	for (uint64_t i = 0; i < blocks; i++)
		assert_true(nvt_index_add(index, 10 * i, 100 * i, 1000 * i));
}

/* By the words of the format: the smallest k that is enough. */
static uint64_t stride_for(uint64_t blocks)
{
	uint64_t stride = 1;

	while ((blocks + stride - 1) / stride > 4096)
		stride *= 2;
	return stride;
}

static void every_entry_is_that_of_its_block(void **state)
{
	static const uint64_t counts[] = {0,	1,    2,    4095,  4096,  4097,
					  8191, 8192, 8193, 12289, 16385, 100001};
	struct nvt_index index;

	(void)state;
	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		uint64_t stride = stride_for(counts[c]), n = (counts[c] + stride - 1) / stride;

		fill(&index, counts[c]);
		assert_int_equal(index.entries.size, n * NVT_INDEX_ENTRY);
		for (uint64_t i = 0; i < n; i++) {
			const uint8_t *entry = index.entries.data + i * NVT_INDEX_ENTRY;

			assert_int_equal(nvt_get64(entry), 10 * i * stride);
			assert_int_equal(nvt_get64(entry + 8), 100 * i * stride);
			assert_int_equal(nvt_get64(entry + 16), 1000 * i * stride);
		}
		nvt_index_free(&index);
	}
}

static void the_last_that_does_not_begin_behind_is_found(void **state)
{
	struct nvt_index index;

	(void)state;
	fill(&index, 100);
	for (uint64_t ordinal = 0; ordinal < 1100; ordinal++)
		assert_int_equal(nvt_get64(nvt_index_find(index.entries.data, 100, ordinal)),
				 ordinal < 1000 ? ordinal / 10 * 10 : 990);
	nvt_index_free(&index);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_entry_is_that_of_its_block),
		cmocka_unit_test(the_last_that_does_not_begin_behind_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
