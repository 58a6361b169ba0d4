/* SPDX-License-Identifier: GPL-2.0-only */
/* KVM's dumps of stage-2 tables, as they are and as they are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "import/ptdump.h"

#define HEADER "VTCR: 0x00000000802d3520 VTTBR: 0x0001000041a34000 s2: enabled\n"
#define MARKER "---[ Guest IPA ]---\n"
#define EMPTY2 "0x0000000000000000-0x0000000080000000           2G 1\n"
#define BLOCKS "0x0000000080000000-0x0000000081a00000          26M 2   R W px ux  AF BLK\n"
#define PAGES  "0x0000000081a00000-0x0000000081a03000          12K 3   R   PXNUXN       \n"

static char path[64];
static struct nvt_ptdump dump;
static struct nvt_error error;

static void write_bytes(const void *bytes, size_t size)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static void reads(const char *text)
{
	write_bytes(text, strlen(text));
	error = (struct nvt_error){0};
	if (nvt_ptdump_read(path, &dump, &error) != NVT_OK)
		fail_msg("%s", error.text);
}

static void refused_as(const char *text, const char *why)
{
	write_bytes(text, strlen(text));
	error = (struct nvt_error){0};
	assert_int_equal(nvt_ptdump_read(path, &dump, &error), NVT_EINPUT);
	assert_int_equal(error.status, NVT_EINPUT);
	if (!strstr(error.text, why) || strncmp(error.text, path, strlen(path)) != 0 ||
	    strchr(error.text, '\n'))
		fail_msg("'%s' is not in '%s'", why, error.text);
}

static void nested_dump(void **state)
{
	const struct nvt_ptdump_run *r;

	(void)state;
	reads(HEADER MARKER EMPTY2 BLOCKS PAGES);
	assert_true(dump.header);
	assert_true(dump.enabled);
	assert_false(dump.empty);
	assert_int_equal(dump.vtcr, 0x802d3520);
	assert_int_equal(dump.vttbr, 0x1000041a34000);
	assert_int_equal(dump.count, 3);
	r = dump.runs;
	assert_false(r[0].mapped);
	assert_int_equal(r[0].level, 1);
	assert_int_equal(r[0].end, 0x80000000);
	assert_true(r[1].mapped && r[1].valid && r[1].r && r[1].w && r[1].af && r[1].block);
	assert_int_equal(r[1].xn, 0);
	assert_true(r[2].mapped && r[2].r && !r[2].w && !r[2].af && !r[2].block);
	assert_int_equal(r[2].xn, 2);
	assert_string_equal(dump.text, HEADER MARKER EMPTY2 BLOCKS PAGES);
	nvt_ptdump_free(&dump);
}

static void canonical_dump(void **state)
{
	(void)state;
	reads(MARKER EMPTY2);
	assert_false(dump.header);
	assert_int_equal(dump.count, 1);
	nvt_ptdump_free(&dump);
	reads(MARKER);
	assert_int_equal(dump.count, 0);
	nvt_ptdump_free(&dump);
}

static void context_that_is_not_in_use(void **state)
{
	(void)state;
	reads("");
	assert_true(dump.empty);
	nvt_ptdump_free(&dump);
	reads("VTCR: 0x0000000080000000 VTTBR: 0x0000000000000000 s2: disabled\n" MARKER);
	assert_true(dump.header);
	assert_false(dump.enabled);
	nvt_ptdump_free(&dump);
}

/* Every combination that the kernel prints, and the same without blanks at the end. */
static void attributes(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 128; i++) {
		char text[256];
		size_t length;

		length = (size_t)snprintf(
			text, sizeof(text),
			MARKER
			"0x0000000080000000-0x0000000080200000           2M 2 %s %s %s %s %s %s",
			i & 1 ? "F" : " ", i & 2 ? "R" : " ", i & 4 ? "W" : " ",
			nvt_ptdump_xn[i >> 5], i & 8 ? "AF" : "  ", i & 16 ? "BLK" : "   ");
		for (int stripped = 0; stripped < 2; stripped++) {
			const struct nvt_ptdump_run *r;

			reads(text);
			r = dump.runs;
			assert_int_equal(dump.count, 1);
			assert_true(r->mapped);
			assert_int_equal(r->valid, !(i & 1));
			assert_int_equal(r->r, !!(i & 2));
			assert_int_equal(r->w, !!(i & 4));
			assert_int_equal(r->af, !!(i & 8));
			assert_int_equal(r->block, !!(i & 16));
			assert_int_equal(r->xn, i >> 5);
			nvt_ptdump_free(&dump);
			while (text[length - 1] == ' ')
				text[--length] = '\0';
		}
	}
}

static void units(void **state)
{
	(void)state;
	reads(MARKER "0x0000000000000000-0x0000000000001000           4K 3\n"
		     "0x0000000000001000-0x0000000040001000           1G 1\n"
		     "0x0000008000000000-0x0010000000000000     4193792G 0\n"
		     "0x0010000000000000-0x0020000000000000           4P 0\n");
	assert_int_equal(dump.count, 4);
	nvt_ptdump_free(&dump);
}

static void what_is_no_dump(void **state)
{
	static const struct {
		const char *text, *why;
	} texts[] = {
		{"hello\n", "line 1: no stage-2 dump"},
		{"\n", "line 1: no stage-2 dump"},
		{HEADER, "line 2: the dump ends before its table begins"},
		{HEADER EMPTY2, "line 2: no stage-2 dump"},
		{"VTCR: 0x802d3520 VTTBR: 0x0 s2: enabled\n", "line 1: no header"},
		{"VTCR: 0x00000000802d3520 VTTBR: 0x0001000041a34000 s2: maybe\n",
		 "line 1: stage 2"},
		{"VTCR: 0x00000000802d3520 VTTBR: 0x0001000041a34000\n", "line 1: no header"},
		{HEADER MARKER MARKER, "line 3: a second marker"},
		{HEADER MARKER HEADER, "line 3: neither"},
		{MARKER "\n", "line 2: neither"},
		{MARKER BLOCKS EMPTY2, "line 3: the run begins before the end"},
		{MARKER "0x0000000000000000-0x0000000080000000           1G 1\n", "cannot be"},
		{MARKER "0x0000000080000000-0x0000000080000000           0K 1\n", "cannot be"},
		{MARKER "0x0000000080000000-0x0000000000000000           2G 1\n", "cannot be"},
		{MARKER "0x0000000000000000-0x0000000080000000           2G 4\n",
		 "line 2: neither"},
		{MARKER "0x0000000000000000-0x0000000080000000           2G -1\n",
		 "line 2: neither"},
		{MARKER "0x0000000000000000-0x0000000080000000           2X 1\n",
		 "line 2: neither"},
		{MARKER "0x0000000000000000-0x0000000080000000    99999999999999999999999G 1\n",
		 "line 2: neither"},
		{MARKER "0x0000000000000000-0x0000000080000000 999999999999E 1\n",
		 "line 2: neither"},
		{MARKER "0x0000000000000000-0x0000000080000000   999999999999E 1\n",
		 "line 2: neither"},
		{MARKER "0x0000000000000000-0x0000000080000000           2G 1 what\n",
		 "line 2: attributes"},
		{MARKER "0x0000000000000000-0x0000000080000000           2G 1   R W px ux  AF BLK "
			"PXN\n",
		 "line 2: attributes"},
		{MARKER
		 "0x0000000000000000-0x0000000080000000           2G 1   R W pu px  AF BLK\n",
		 "line 2: attributes"},
		{MARKER
		 "0x0000000000000000-0x0000000080000000           2G 1   W R px ux  AF BLK\n",
		 "line 2: attributes"},
		{MARKER "0x0000000000000000-0x0000000080000000", "line 2: neither"},
		{MARKER "0xX000000000000000-0x0000000080000000           2G 1\n",
		 "line 2: neither"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		refused_as(texts[i].text, texts[i].why);
}

static void files_that_cannot_be_read(void **state)
{
	(void)state;
	assert_int_equal(nvt_ptdump_read("/nonexistent", &dump, &error), NVT_EINPUT);
	assert_int_equal(nvt_ptdump_read("/tmp", &dump, &error), NVT_EINPUT);
	write_bytes(MARKER "\0", sizeof(MARKER));
	assert_int_equal(nvt_ptdump_read(path, &dump, &error), NVT_EINPUT);
	assert_non_null(strstr(error.text, "NUL"));
}

static void recognised_by_content(void **state)
{
	(void)state;
	write_bytes(HEADER, strlen(HEADER));
	assert_true(nvt_ptdump_is(path));
	write_bytes(MARKER, strlen(MARKER));
	assert_true(nvt_ptdump_is(path));
	write_bytes("# tracer: nop\n", 14);
	assert_false(nvt_ptdump_is(path));
	write_bytes("", 0);
	assert_false(nvt_ptdump_is(path));
	assert_false(nvt_ptdump_is("/nonexistent"));
	assert_false(nvt_ptdump_is("/tmp"));
	assert_false(nvt_ptdump_is("/dev/zero"));
}

static void damaged_dumps_are_survived(void **state)
{
	static const char sound[] = HEADER MARKER EMPTY2 BLOCKS PAGES;
	uint32_t seed = 1;

	(void)state;
	for (size_t length = 0; length < sizeof(sound); length++) {
		write_bytes(sound, length);
		if (nvt_ptdump_read(path, &dump, &error) == NVT_OK)
			nvt_ptdump_free(&dump);
	}
	for (unsigned int i = 0; i < 3000; i++) {
		char text[sizeof(sound)];

		memcpy(text, sound, sizeof(sound));
		for (unsigned int n = 0; n < 1 + i % 4; n++) {
			seed = seed * 1664525u + 1013904223u;
			text[(seed >> 8) % (sizeof(sound) - 1)] = (char)(seed >> 24);
		}
		write_bytes(text, sizeof(sound) - 1);
		if (nvt_ptdump_read(path, &dump, &error) == NVT_OK)
			nvt_ptdump_free(&dump);
		else
			assert_int_equal(error.status, NVT_EINPUT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nested_dump),
		cmocka_unit_test(canonical_dump),
		cmocka_unit_test(context_that_is_not_in_use),
		cmocka_unit_test(attributes),
		cmocka_unit_test(units),
		cmocka_unit_test(what_is_no_dump),
		cmocka_unit_test(files_that_cannot_be_read),
		cmocka_unit_test(recognised_by_content),
		cmocka_unit_test(damaged_dumps_are_survived),
	};
	/* Thousands of files: in memory that takes no time. */
	int fd = memfd_create("dump", MFD_CLOEXEC);

	if (fd < 0)
		return 1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
