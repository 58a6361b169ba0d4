/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "import/hostmem.h"

#define BASE	0x7f0000000000ull
#define PRESENT (1ull << 63)
#define WORDS	1024u

static char path[] = "/tmp/nvsim-hostmem-XXXXXX";

static void write_file(const void *bytes, size_t size)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static enum nvt_status smaps(struct imp_hostmem *h, const char *text, struct nvt_error *err)
{
	write_file(text, strlen(text));
	return imp_hostmem_smaps(h, path, err);
}

/* Two blocks of 2M: the first in consecutive frames from an aligned one, the second not aligned. */
static void give_pagemap(struct imp_hostmem *h)
{
	static uint64_t words[WORDS];
	struct nvt_error err;

	for (unsigned int i = 0; i < WORDS; i++)
		words[i] = PRESENT | (0x80000 + i + (i >= 512 ? 1 : 0));
	words[WORDS - 1] = 0;
	write_file(words, sizeof(words));
	assert_int_equal(imp_hostmem_pagemap(h, path, BASE, &err), NVT_OK);
}

static void frames_that_lie_side_by_side_are_a_block(void **state)
{
	struct imp_hostmem h = {0};
	struct nvt_backing b;

	(void)state;
	give_pagemap(&h);
	assert_true(imp_hostmem_find(&h, BASE + 0x5000, 12, &b));
	assert_int_equal(b.hva, BASE);
	assert_int_equal(b.size, 0x200000);
	assert_int_equal(b.pa, 0x80000000);
	assert_int_equal(b.leaf_shift, 21);
	assert_int_equal(b.vma_shift, 12);
	assert_int_equal(b.origin, NVT_GIVEN);
	imp_hostmem_free(&h);
}

static void frames_that_are_not_aligned_are_pages(void **state)
{
	struct imp_hostmem h = {0};
	struct nvt_backing b;

	(void)state;
	give_pagemap(&h);
	assert_true(imp_hostmem_find(&h, BASE + 0x205000, 12, &b));
	assert_int_equal(b.hva, BASE + 0x205000);
	assert_int_equal(b.size, 0x1000);
	assert_int_equal(b.pa, 0x80206000);
	imp_hostmem_free(&h);
}

static void pages_outside_or_absent_are_not_known(void **state)
{
	struct imp_hostmem h = {0};
	struct nvt_backing b;

	(void)state;
	assert_false(imp_hostmem_find(&h, BASE, 12, &b));
	give_pagemap(&h);
	assert_false(imp_hostmem_find(&h, BASE - 0x1000, 12, &b));
	assert_false(imp_hostmem_find(&h, BASE + WORDS * 0x1000, 12, &b));
	assert_false(imp_hostmem_find(&h, BASE + (WORDS - 1) * 0x1000, 12, &b));
	assert_false(imp_hostmem_find(&h, ~0ull, 12, &b));
	imp_hostmem_free(&h);
}

static void smaps_tells_huge_pages_by_mapping(void **state)
{
	struct imp_hostmem h = {0};
	struct nvt_error err;

	(void)state;
	assert_int_equal(smaps(&h,
			       "7f0000000000-7f0000200000 rw-p 00000000 00:00 0 \n"
			       "Size:               2048 kB\n"
			       "KernelPageSize:     2048 kB\n"
			       "7f0000400000-7f0000401000 rw-p 00000000 00:00 0 [heap]\n"
			       "KernelPageSize:        4 kB\n",
			       &err),
			 NVT_OK);
	assert_int_equal(imp_hostmem_vma_shift(&h, BASE, 12), 21);
	assert_int_equal(imp_hostmem_vma_shift(&h, BASE + 0x1fffff, 12), 21);
	assert_int_equal(imp_hostmem_vma_shift(&h, BASE + 0x200000, 12), 12);
	assert_int_equal(imp_hostmem_vma_shift(&h, BASE + 0x400000, 12), 12);
	assert_int_equal(imp_hostmem_vma_shift(&h, 0, 12), 12);
	imp_hostmem_free(&h);
}

static void wrong_smaps_are_refused_with_the_line(void **state)
{
	static const char *const texts[] = {
		"",
		"hello\n",
		"7f0000200000-7f0000000000 rw-p\n",
		"7f0000000000-7f0000200000 rw-p\n1000-2000 rw-p\n",
		"7f0000000000-7f0000200000 rw-p\nKernelPageSize: 3 kB\n",
		"KernelPageSize: 4 kB\n",
		"7f0000000000-7f0000200000 rw-p",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct imp_hostmem h = {0};
		struct nvt_error err;

		assert_int_equal(smaps(&h, texts[i], &err), NVT_EINPUT);
		assert_non_null(strstr(err.text, path));
		imp_hostmem_free(&h);
	}
}

static void pagemaps_of_odd_size_or_absent_are_refused(void **state)
{
	struct imp_hostmem h = {0};
	struct nvt_error err;

	(void)state;
	write_file("123456789", 9);
	assert_int_equal(imp_hostmem_pagemap(&h, path, BASE, &err), NVT_EINPUT);
	imp_hostmem_free(&h);
	h = (struct imp_hostmem){0};
	write_file("", 0);
	assert_int_equal(imp_hostmem_pagemap(&h, path, BASE, &err), NVT_EINPUT);
	assert_int_equal(imp_hostmem_pagemap(&h, "/nonexistent", BASE, &err), NVT_EINPUT);
	imp_hostmem_free(&h);
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_that_lie_side_by_side_are_a_block),
		cmocka_unit_test(frames_that_are_not_aligned_are_pages),
		cmocka_unit_test(pages_outside_or_absent_are_not_known),
		cmocka_unit_test(smaps_tells_huge_pages_by_mapping),
		cmocka_unit_test(wrong_smaps_are_refused_with_the_line),
		cmocka_unit_test(pagemaps_of_odd_size_or_absent_are_refused),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
