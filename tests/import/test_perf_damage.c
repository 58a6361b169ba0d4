/* SPDX-License-Identifier: GPL-2.0-only */
/* The reader of perf.data on files that are wrong: one line says where, and memory is bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "perf_scene.h"

/* Each import is a process, which costs far more under the sanitizer: it gets every third case. */
#ifdef __SANITIZE_ADDRESS__
#define EACH 3u
#else
#define EACH 1u
#endif

/* A small one: one event, little more than its format. */
static void small_file(void)
{
	static const struct pf_format one[] = {
		{"kvm", FORMAT("kvm_guest_fault", 101, FAULT_FIELDS)}};
	struct perf_file text = {.big = false};
	struct pf_feature feature;

	clear(false);
	add_attr(PERF_TYPE_TRACEPOINT, FAULT, USUAL);
	pf_formats(&text, one, 1);
	pf_start(&file, attrs, attr_count);
	put_step(&file, &steps[1]);
	put_step(&file, &steps[3]);
	feature = (struct pf_feature){PF_FEATURE_FORMATS, text.bytes, text.size};
	pf_finish(&file, &feature, 1);
	pf_free(&text);
}

#define SMALL_SAMPLE_SIZE 104u

static void small_pipe(void)
{
	static const struct pf_format one[] = {
		{"kvm", FORMAT("kvm_guest_fault", 101, FAULT_FIELDS)}};

	clear(false);
	add_attr(PERF_TYPE_TRACEPOINT, FAULT, USUAL);
	pf_start_pipe(&file);
	pf_record_attr(&file, &attrs[0]);
	pf_record_formats(&file, one, 1);
	put_step(&file, &steps[1]);
	put_step(&file, &steps[3]);
}

/* An import of damaged input may go well, or says one line with file and offset. */
static bool fails_well(void)
{
	enum nvt_status status = import_file();

	unlink(output_path);
	if (status == NVT_OK)
		return false;
	if (status != NVT_EINPUT || strchr(error.text, '\n') ||
	    strncmp(error.text, input_path, strlen(input_path)) != 0)
		fail_msg("status %d: %s", status, error.text);
	/* That there is no fault in it at all has no place. */
	if (!strstr(error.text, ": offset ") && !strstr(error.text, "no stage-2 fault"))
		fail_msg("no offset: %s", error.text);
	if (strstr(error.text, "crashed") || strstr(error.text, "gave up"))
		fail_msg("%s", error.text);
	return true;
}

static void file_cut_anywhere(void **state)
{
	size_t size;

	(void)state;
	small_file();
	assert_false(fails_well());
	size = file.size;
	for (file.size = 16; file.size < size; file.size += EACH)
		assert_true(fails_well());
}

static void pipe_cut_anywhere(void **state)
{
	size_t size, good = 0;

	(void)state;
	small_pipe();
	size = file.size;
	for (file.size = size; file.size >= 16; file.size -= EACH)
		good += !fails_well();
	/* From the end of the first sample on there is a fault in it. */
	assert_int_equal(good, SMALL_SAMPLE_SIZE / EACH + 1);
}

static const uint64_t bad_values[] = {0,
				      1,
				      7,
				      16,
				      104,
				      0xffff,
				      0x7fffffff,
				      0xffffffff,
				      0x100000000,
				      0x7fffffffffffffff,
				      0x8000000000000000,
				      0xffffffffffffffff};

/* Sizes, offsets and counts wherever they are, and everything else. */
static void any_word_is_wrong(void **state)
{
	struct perf_file good;

	(void)state;
	for (int piped = 0; piped < 2; piped++) {
		if (piped)
			small_pipe();
		else
			small_file();
		good = (struct perf_file){.big = false};
		pf_put(&good, file.bytes, file.size);
		for (size_t at = 8; at + 8 <= file.size; at += 8 * EACH) {
			/* Texts are the next test's. */
			if (!memcmp(file.bytes + at, "\tfield", 6))
				at += 64;
			for (size_t i = 0; i < COUNT(bad_values) && at + 8 <= file.size; i++) {
				pf_set(&file, at, bad_values[i], 8);
				fails_well();
				memcpy(file.bytes + at, good.bytes + at, 8);
			}
		}
		pf_free(&good);
	}
}

static void any_bytes_are_wrong(void **state)
{
	uint32_t random = 7;

	(void)state;
	for (int round = 0; round < (int)(600 / EACH); round++) {
		if (round & 1)
			small_pipe();
		else
			small_file();
		for (int i = 0; i < 1 + round % 5; i++) {
			random = random * 1664525 + 1013904223;
			file.bytes[16 + (random >> 8) % (file.size - 16)] = (uint8_t)(random >> 3);
		}
		fails_well();
	}
}

/* A small file in which the number at `at` is another. */
static void assert_number_refused(size_t at, size_t size, uint64_t value, const char *what)
{
	small_file();
	pf_set(&file, at, value, size);
	assert_refused(what);
}

#define ATTRS_OFFSET 24
#define ATTRS_SIZE   32
#define DATA_OFFSET  40
#define DATA_SIZE    48

static void sections_that_overlap_or_lie_outside(void **state)
{
	size_t attrs_at, data_at, table;

	(void)state;
	small_file();
	attrs_at = pf_get(&file, ATTRS_OFFSET, 8);
	data_at = pf_get(&file, DATA_OFFSET, 8);
	table = data_at + pf_get(&file, DATA_SIZE, 8);
	assert_number_refused(DATA_OFFSET, 8, 0, "overlap");
	assert_number_refused(DATA_OFFSET, 8, attrs_at, "overlap");
	assert_number_refused(DATA_OFFSET, 8, 1ull << 63, "does not fit into the file");
	assert_number_refused(DATA_SIZE, 8, UINT64_MAX, "does not fit into the file");
	assert_number_refused(DATA_SIZE, 8, UINT64_MAX - data_at + 1, "does not fit");
	assert_number_refused(ATTRS_OFFSET, 8, 1ull << 63, "does not fit into the file");
	assert_number_refused(ATTRS_SIZE, 8, 1ull << 63, "damaged");
	assert_number_refused(16, 8, 0, "each of 0");
	assert_number_refused(16, 8, 1ull << 40, "damaged");
	assert_number_refused(16, 8, 16, "damaged");
	/* Ids. */
	assert_number_refused(attrs_at + 128, 8, 1ull << 63, "does not fit into the file");
	assert_number_refused(attrs_at + 136, 8, 1ull << 62, "does not fit into the file");
	assert_number_refused(attrs_at + 136, 8, 9, "ids of 9 bytes");
	assert_number_refused(attrs_at + 4, 4, 129, "an attribute of 129 bytes");
	assert_number_refused(attrs_at + 4, 4, UINT32_MAX, "an attribute of 4294967295 bytes");
	/* Features: in the records, in themselves, outside. */
	assert_number_refused(table, 8, data_at, "overlaps the records");
	assert_number_refused(table, 8, table, "the formats of tracepoints are damaged");
	assert_number_refused(table, 8, 0, "overlaps the records");
	assert_number_refused(table, 8, 1ull << 63, "does not fit into the file");
	assert_number_refused(table + 8, 8, UINT64_MAX, "does not fit into the file");
	assert_number_refused(table + 8, 8, 20, "cut");
	assert_number_refused(72, 8, UINT64_MAX, "does not fit into the file");
	assert_number_refused(8, 8, 72, "a header of 72 bytes");
}

static void records_of_wrong_sizes(void **state)
{
	static const uint16_t sizes[] = {0, 1, 7};
	size_t data_at;

	(void)state;
	small_file();
	data_at = pf_get(&file, DATA_OFFSET, 8);
	for (size_t i = 0; i < COUNT(sizes); i++)
		assert_number_refused(data_at + 6, 2, sizes[i], "damaged");
	assert_number_refused(data_at + 6, 2, 8, "a sample of 0 bytes");
	assert_number_refused(data_at + 6, 2, 56, "a sample of 48 bytes");
	assert_number_refused(data_at + 6, 2, 65535, "cut");
	/* The size of the raw data. */
	assert_number_refused(data_at + 56, 4, UINT32_MAX, "whose fields do not fit");
	assert_number_refused(data_at + 56, 4, 0, "with 0 bytes of data");
	assert_number_refused(data_at + 56, 4, 20, "the record is cut");
	assert_number_refused(data_at + 32, 8, 1ull << 63, "whose fields do not fit");
	assert_number_refused(data_at + 60, 2, 999, "tracepoint 999, whose format is not");
}

static void counts_in_samples_that_are_huge(void **state)
{
	static const uint64_t counts[] = {6,	     1000, 1ull << 29, 1ull << 61, (1ull << 61) + 1,
					  UINT64_MAX};

	(void)state;
	for (size_t i = 0; i < COUNT(counts); i++) {
		clear(false);
		tracepoints(USUAL | PERF_SAMPLE_CALLCHAIN);
		whole_file();
		pf_set(&file, pf_get(&file, DATA_OFFSET, 8) + 56, counts[i], 8);
		assert_refused("damaged");
		clear(false);
		tracepoints(USUAL | PERF_SAMPLE_READ);
		for (size_t k = 0; k < attr_count; k++)
			attrs[k].read_format = PERF_FORMAT_GROUP | PERF_FORMAT_ID;
		whole_file();
		pf_set(&file, pf_get(&file, DATA_OFFSET, 8) + 56, counts[i], 8);
		assert_refused("damaged");
	}
}

/* Each attribute has the ids of all. */
static void more_ids_than_there_are(void **state)
{
	enum { ATTRS = 64, IDS = 20000 };
	size_t at;

	(void)state;
	for (size_t i = 0; i < 8; i++)
		add_attr(PERF_TYPE_TRACEPOINT, FAULT, USUAL);
	pf_magic(&file);
	pf_zeroes(&file, PF_HEADER_SIZE - 8);
	for (size_t i = 0; i < IDS; i++)
		pf_u64(&file, i);
	at = file.size;
	for (size_t i = 0; i < ATTRS; i++) {
		pf_attr(&file, &attrs[0]);
		pf_u64(&file, PF_HEADER_SIZE);
		pf_u64(&file, IDS * 8);
	}
	pf_set(&file, 8, PF_HEADER_SIZE, 8);
	pf_set(&file, 16, PF_ATTR_SIZE + 16, 8);
	pf_set(&file, ATTRS_OFFSET, at, 8);
	pf_set(&file, ATTRS_SIZE, file.size - at, 8);
	pf_set(&file, DATA_OFFSET, file.size, 8);
	finish(&file);
	pf_set(&file, DATA_SIZE, 8, 8);
	assert_refused("more than 1048576 ids");
}

static void formats_that_are_wrong(void **state)
{
	static const struct {
		const char *text, *error;
	} bad[] = {
		{"", "whose format is not in the file"},
		{"name: kvm_guest_fault\n", "whose format is not in the file"},
		{"name: kvm_guest_fault\nID: 101\nformat:\n", "field vcpu_pc is missing"},
		{"((((((((((((((((", "whose format is not in the file"},
		{"name: kvm_guest_fault\nID: 101\nformat:\n\tfield:;\toffset:;\tsize:", "format"},
		{FORMAT("kvm_guest_fault", 101, WORD("vcpu_pc", 8) WORD("hsr", 16)),
		 "field hxfar is missing"},
		{FORMAT("kvm_guest_fault", 101,
			WORD("vcpu_pc", 8) WORD("hsr", 16) WORD("hxfar", 24) WORD("ipa", 60000)),
		 "the record is cut"},
		{FORMAT("kvm_guest_fault", 101,
			WORD("vcpu_pc", 8) WORD("hsr", 16) WORD("hxfar", 24)
				FIELD("unsigned long", "ipa", 4294967295, 8, 0)),
		 "field ipa is missing"},
		{FORMAT("kvm_guest_fault", 101,
			WORD("vcpu_pc", 8) WORD("hsr", 16) WORD("hxfar", 24)
				FIELD("unsigned long", "ipa", 32, 4294967295, 0)),
		 "field ipa is missing"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		const struct pf_format some[] = {{"kvm", formats[2].text}, {"kvm", bad[i].text}};
		struct perf_file text = {.big = false};
		struct pf_feature feature;

		clear(false);
		tracepoints(USUAL);
		pf_formats(&text, some, 2);
		pf_start(&file, attrs, attr_count);
		put_step(&file, &steps[1]);
		feature = (struct pf_feature){PF_FEATURE_FORMATS, text.bytes, text.size};
		pf_finish(&file, &feature, 1);
		pf_free(&text);
		assert_refused(bad[i].error);
	}
}

/* Expressions that print events are not looked at, whatever is in them. */
static void printing_is_not_parsed(void **state)
{
	enum { DEEP = 400000 };
	char *text = malloc(DEEP + 1024);
	struct pf_format deep = {"kvm", text};
	struct perf_file bytes = {.big = false};
	struct pf_feature feature;

	(void)state;
	assert_non_null(text);
	strcpy(text, formats[1].text);
	strcpy(strstr(text, "print fmt"), "print fmt: \"%lx\", ");
	memset(text + strlen(text), '(', DEEP);
	tracepoints(USUAL);
	text[DEEP] = '\0';
	pf_formats(&bytes, &deep, 1);
	pf_start(&file, attrs, attr_count);
	put_step(&file, &steps[1]);
	feature = (struct pf_feature){PF_FEATURE_FORMATS, bytes.bytes, bytes.size};
	pf_finish(&file, &feature, 1);
	pf_free(&bytes);
	free(text);
	assert_list(import_file(), "1001 vcpu 0 fault 40000000\n");
}

static void numbers_in_formats_that_are_wrong(void **state)
{
	static const struct {
		const char *before;
		uint32_t skip, size;
		uint64_t value;
		const char *error;
	} bad[] = {
		{"header_page", 12, 8, UINT64_MAX, "early: cut"},
		{"header_event", 13, 8, 1ull << 40, "early: cut"},
		{"header_event", 22, 4, UINT32_MAX, "a format of"},
		{"header_event", 26, 4, UINT32_MAX, "cut"},
		{"kvm", 4, 4, UINT32_MAX, "cut"},
		{"kvm", 8, 8, UINT64_MAX, "a format of"},
		{"kvm", 8, 8, 1 << 20, "cut"},
		{"0.6", 4, 1, 1, "another byte order"},
		{"tracing", 7, 8, 0x4141414141414141, "damaged"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		uint8_t *at;

		small_file();
		at = memmem(file.bytes, file.size, bad[i].before, strlen(bad[i].before));
		assert_non_null(at);
		pf_set(&file, (size_t)(at - file.bytes) + bad[i].skip, bad[i].value, bad[i].size);
		assert_refused(bad[i].error);
	}
}

static void features_that_are_wrong(void **state)
{
	static const struct {
		unsigned int id;
		uint32_t words[3];
		size_t size;
		const char *error;
	} bad[] = {
		{PF_FEATURE_HOST, {UINT32_MAX, 0, 0}, 12, "feature 3 does not fit"},
		{PF_FEATURE_CPU, {9, 0, 0}, 12, "feature 8 does not fit"},
		{PF_FEATURE_CPU, {0, 0, 0}, 3, "feature 8 does not fit"},
		{PF_FEATURE_COMMAND, {UINT32_MAX, 0, 0}, 12, "feature 11 does not fit"},
		{PF_FEATURE_FOLDER, {0, 0, 0}, 8, "record without --threads"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct pf_feature feature = {bad[i].id, bad[i].words, bad[i].size};

		clear(false);
		tracepoints(USUAL);
		pf_start(&file, attrs, attr_count);
		put_all(&file);
		pf_finish(&file, &feature, 1);
		assert_refused(bad[i].error);
	}
}

static void records_around_others_that_are_wrong(void **state)
{
	static const struct {
		uint32_t type;
		size_t words;
		uint64_t first;
		const char *error;
	} bad[] = {
		{PF_ATTR, 1, 0, "an attribute of 0 bytes"},
		{PF_ATTR, 8, UINT64_MAX, "an attribute of 4294967295 bytes"},
		{PF_FORMATS, 0, 0, "with 8 bytes"},
		{PF_FORMATS, 1, UINT32_MAX, "formats of tracepoints of 4294967296 bytes"},
		{PF_FORMATS, 1, 1 << 20, "cut"},
		{PF_FEATURE, 0, 0, "with 8 bytes"},
		{PF_FEATURE, 2, PF_FEATURE_HOST, "feature 3 does not fit"},
		{PF_COMPRESSED2, 0, 0, "with 8 bytes"},
		{PF_COMPRESSED2, 2, 9, "with 24 bytes"},
		{PF_COMPRESSED2, 2, UINT64_MAX, "with 24 bytes"},
		{PF_AUXTRACE, 0, 0, "with 8 bytes"},
		{PF_AUXTRACE, 6, UINT64_MAX, "early: cut"},
		{PERF_RECORD_LOST, 1, 0, "with 16 bytes"},
		{PERF_RECORD_LOST_SAMPLES, 0, 0, "with 8 bytes"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		size_t at;

		clear(false);
		tracepoints(USUAL);
		start_pipe();
		at = pf_begin(&file, bad[i].type, 0);
		for (size_t k = 0; k < bad[i].words; k++)
			pf_u64(&file, k ? 0xffffffffu : bad[i].first);
		pf_end(&file, at);
		assert_refused(bad[i].error);
	}
	/* Samples before anything says what they are. */
	clear(false);
	tracepoints(USUAL);
	pf_start_pipe(&file);
	put_all(&file);
	assert_refused("no event is described before it");
}

static void samples_that_lack_something(void **state)
{
	(void)state;
	tracepoints(USUAL & ~(uint64_t)PERF_SAMPLE_RAW);
	whole_file();
	assert_refused("without its fields");
	clear(false);
	tracepoints(USUAL & ~(uint64_t)PERF_SAMPLE_TIME);
	whole_file();
	assert_refused("without its time");
	clear(false);
	tracepoints(USUAL);
	pf_start(&file, attrs, attr_count);
	put_all(&file);
	pf_finish(&file, NULL, 0);
	assert_refused("no formats in the file");
}

/* ---- compressed records ---- */

static void compressed_records_that_are_damaged(void **state)
{
	struct perf_file records = {.big = false};
	size_t first;

	(void)state;
	tracepoints(USUAL);
	put_all(&records);
	pf_start(&file, attrs, attr_count);
	first = file.size;
	pf_compressed(&file, &records, 60000, PF_COMPRESSED);
	finish(&file);
	for (size_t i = 8; i < 12; i++) {
		file.bytes[first + i] ^= 0x55;
		assert_refused("compressed records are damaged");
		file.bytes[first + i] ^= 0x55;
	}
	/* The last record does not end. */
	records.size -= 3;
	pf_free(&file);
	pf_start(&file, attrs, attr_count);
	pf_compressed(&file, &records, 60000, PF_COMPRESSED);
	finish(&file);
	assert_refused("ends in the middle of a record");
	pf_free(&records);
}

static void what_may_not_be_compressed(void **state)
{
	static const uint32_t types[] = {PF_COMPRESSED, PF_COMPRESSED2, PF_AUXTRACE, PF_FORMATS};
	struct perf_file records = {.big = false};

	(void)state;
	tracepoints(USUAL);
	for (size_t i = 0; i < COUNT(types); i++) {
		size_t at;

		pf_free(&records);
		put_all(&records);
		at = pf_begin(&records, types[i], 0);
		pf_words(&records, 4);
		pf_end(&records, at);
		pf_free(&file);
		pf_start(&file, attrs, attr_count);
		pf_compressed(&file, &records, 60000, PF_COMPRESSED);
		finish(&file);
		assert_refused("among compressed ones");
	}
	pf_free(&records);
}

/* Some 50 KiB that make 400 MiB of records. */
static void compressed_records_that_never_end(void **state)
{
	static struct perf_file records = {.big = false};
	struct rusage usage;

	(void)state;
	tracepoints(USUAL);
	pf_start(&file, attrs, attr_count);
	for (size_t i = 0; i < 8192; i++)
		pf_round(&records);
	for (size_t i = 0; i < 6; i++) {
		size_t size = records.size;

		pf_put(&records, NULL, 0);
		while (records.room < 2 * size) {
			records.room *= 2;
			records.bytes = realloc(records.bytes, records.room);
			assert_non_null(records.bytes);
		}
		memcpy(records.bytes + size, records.bytes, size);
		records.size = 2 * size;
	}
	/* 4 MiB, again and again in one flush. */
	{
		static uint8_t out[60000];
		ZSTD_CCtx *zstd = ZSTD_createCCtx();
		ZSTD_outBuffer to = {out, sizeof(out), 0};
		size_t at = pf_begin(&file, PF_COMPRESSED, 0);

		for (size_t i = 0; i < 100; i++) {
			ZSTD_inBuffer in = {records.bytes, records.size, 0};

			while (in.pos < in.size)
				ZSTD_compressStream2(zstd, &to, &in, ZSTD_e_continue);
		}
		assert_int_equal(
			ZSTD_compressStream2(zstd, &to, &(ZSTD_inBuffer){NULL, 0, 0}, ZSTD_e_flush),
			0);
		ZSTD_freeCCtx(zstd);
		pf_put(&file, out, to.pos);
		pf_end(&file, at);
	}
	pf_free(&records);
	finish(&file);
	assert_refused("holds more than 256 MiB");
	getrusage(RUSAGE_CHILDREN, &usage);
	print_message("# %ld MiB at most in a child\n", usage.ru_maxrss >> 10);
#ifndef __SANITIZE_ADDRESS__
	assert_true(usage.ru_maxrss < 100 << 10);
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(compressed_records_that_are_damaged),
		TEST(what_may_not_be_compressed),
		TEST(compressed_records_that_never_end),
		TEST(file_cut_anywhere),
		TEST(pipe_cut_anywhere),
		TEST(any_word_is_wrong),
		TEST(any_bytes_are_wrong),
		TEST(sections_that_overlap_or_lie_outside),
		TEST(records_of_wrong_sizes),
		TEST(counts_in_samples_that_are_huge),
		TEST(more_ids_than_there_are),
		TEST(formats_that_are_wrong),
		TEST(printing_is_not_parsed),
		TEST(numbers_in_formats_that_are_wrong),
		TEST(features_that_are_wrong),
		TEST(records_around_others_that_are_wrong),
		TEST(samples_that_lack_something),
	};

	return run_group("import_perf_damage", tests, COUNT(tests));
}
