/* SPDX-License-Identifier: GPL-2.0-only */
/* A trace without its compression reads as the file does, and damage to it is noticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <zstd.h>

#include <cmocka.h>

#include "../../traces/flat.h"
#include "traces/events.h"
#include "traces/files.h"

static const char *const samples[] = {"l0-4k",	"l0-dirtylog-on", "l0-notifier",
				      "l1-64k", "l1-dirtylog",	  "thp-thp"};
#define SAMPLES (sizeof(samples) / sizeof(samples[0]))

static struct nvt_error err;

static const char *sample_path(size_t i)
{
	char name[64];

	snprintf(name, sizeof(name), "../../traces/samples/%s.zst", samples[i]);
	return source_path(name);
}

/* What `zstd -dc` prints; to be freed. */
static uint8_t *flatten(const char *path, size_t *size)
{
	size_t packed_size = 0, room = 64u << 20;
	char *packed = read_file(path, &packed_size);
	uint8_t *flat = malloc(room);
	ZSTD_DStream *d = ZSTD_createDStream();
	ZSTD_inBuffer in = {packed, packed_size, 0};
	ZSTD_outBuffer out = {flat, room, 0};

	assert_non_null(packed);
	while (in.pos < in.size)
		assert_false(ZSTD_isError(ZSTD_decompressStream(d, &out, &in)));
	ZSTD_freeDStream(d);
	free(packed);
	*size = out.pos;
	return realloc(flat, out.pos);
}

static void compare(struct nvt_flat *f, struct nvt_reader *r)
{
	const struct nvt_event *ev;
	enum nvt_status status;
	uint64_t ordinal = 0, seen = 0;

	while ((status = nvt_flat_next(f)) == NVT_OK) {
		assert_int_equal(f->batch.first_ordinal, seen);
		for (size_t i = 0; i < f->batch.count; i++, seen++) {
			assert_int_equal(nvt_next(r, &ev, &ordinal, &err), NVT_OK);
			assert_int_equal(ordinal, seen);
			assert_true(same_event(&f->batch.events[i], ev));
		}
	}
	assert_int_equal(status, NVT_END);
	assert_int_equal(nvt_next(r, &ev, &ordinal, &err), NVT_END);
}

static void a_flat_trace_reads_as_the_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < SAMPLES; i++) {
		size_t size;
		uint8_t *flat = flatten(sample_path(i), &size);
		struct nvt_reader *r = nvt_open(sample_path(i), &err);
		struct nvt_flat f;

		assert_non_null(r);
		assert_int_equal(nvt_flat_open(&f, flat, size), NVT_OK);
		assert_int_equal(f.class, nvt_class(r));
		assert_memory_equal(&f.machine, nvt_machine(r), sizeof(f.machine));
		compare(&f, r);
		nvt_flat_close(&f);
		nvt_close(r);
		free(flat);
	}
}

#define WORDS 70000u /* two sections */

static void words_of_l1_come_along(void **state)
{
	struct nvt_writer_options o = plain_options();
	struct nvt_word *words = calloc(WORDS, sizeof(*words));
	struct nvt_writer *w;
	struct nvt_flat f;
	uint8_t *flat;
	size_t size;

	(void)state;
	for (uint64_t i = 0; i < WORDS; i++)
		words[i] = (struct nvt_word){0x1000 + 8 * i, i * i};
	o.l1mem = words;
	o.l1mem_count = WORDS;
	w = nvt_create(scratch_path("words.zst"), &o, &err);
	assert_non_null(w);
	assert_int_equal(nvt_finish(w, "{}", &err), NVT_OK);
	flat = flatten(scratch_path("words.zst"), &size);
	assert_int_equal(nvt_flat_open(&f, flat, size), NVT_OK);
	assert_int_equal(f.words.size, WORDS * sizeof(*words));
	assert_memory_equal(f.words.data, words, f.words.size);
	assert_int_equal(nvt_flat_next(&f), NVT_END);
	nvt_flat_close(&f);
	free(flat);
	free(words);
}

static enum nvt_status read_flat(const uint8_t *data, size_t size)
{
	struct nvt_flat f;
	enum nvt_status status = nvt_flat_open(&f, data, size);

	while (status == NVT_OK)
		status = nvt_flat_next(&f);
	if (status != NVT_END)
		assert_true(f.why.text[0]);
	nvt_flat_close(&f);
	return status;
}

/* A copy of its own size, so that tools see what is read behind it. */
static enum nvt_status read_copy(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	enum nvt_status status;

	memcpy(copy, data, size);
	status = read_flat(copy, size);
	free(copy);
	return status;
}

static void a_flat_trace_cut_short_is_refused(void **state)
{
	size_t size;
	uint8_t *flat = flatten(sample_path(SAMPLES - 1), &size);

	(void)state;
	for (size_t cut = 0; cut < size; cut += 1 + cut / 16)
		assert_int_equal(read_copy(flat, cut), NVT_EINPUT);
	assert_int_equal(read_copy(flat, size - 1), NVT_EINPUT);
	assert_int_equal(read_copy(flat, size), NVT_END);
	flat = realloc(flat, size + 1);
	flat[size] = 0;
	assert_int_equal(read_copy(flat, size + 1), NVT_EINPUT);
	free(flat);
}

/* The digest sees every bit up to the meta section, and the end section has but one form. */
static void a_changed_byte_is_refused(void **state)
{
	size_t size, end;
	uint8_t *flat = flatten(sample_path(SAMPLES - 1), &size);

	(void)state;
	for (size_t at = 0; at < 60000; at += 1 + at / 16) {
		flat[at] ^= 0x10;
		assert_int_equal(read_copy(flat, size), NVT_EINPUT);
		flat[at] ^= 0x10;
	}
	end = size - NVT_END_SIZE;
	for (size_t at = end; at < size; at++) {
		/* The check of the frames as they lie in a file is not to be had here. */
		if (at >= end + 152 && at < end + 160)
			continue;
		flat[at] ^= 0x10;
		assert_int_equal(read_copy(flat, size), NVT_EINPUT);
		flat[at] ^= 0x10;
	}
	free(flat);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_flat_trace_reads_as_the_file),
		cmocka_unit_test(words_of_l1_come_along),
		cmocka_unit_test(a_flat_trace_cut_short_is_refused),
		cmocka_unit_test(a_changed_byte_is_refused),
	};
	int failures = cmocka_run_group_tests(tests, NULL, NULL);

	remove_scratch();
	return failures;
}
