/* SPDX-License-Identifier: GPL-2.0-only */
/* Blocks decoded ahead, in a thread of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <pthread.h>
#include <unistd.h>

#include "replay/failing.h"
#include "stream.h"

#define EVENTS 300000u

static char path[] = "/tmp/nvsim-test-stream-XXXXXX";
static int threads_fail;

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *arg)
{
	typedef int function(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
	NEXT(function *, "pthread_create")

	return threads_fail ? EAGAIN : real(thread, attr, start, arg);
}

static int write_trace(void **state)
{
	struct nvt_writer_options o = {
		.class = NVT_FULL,
		.machine = {.page_shift = 12,
			    .ipa_limit = 48,
			    .canonical_bits = 40,
			    .s2_granules = 1,
			    .vcpu_count = 1,
			    .context_count = 2},
	};
	struct nvt_event ev = {.kind = NVT_L1_WRITE};
	struct nvt_error err = {0};
	struct nvt_writer *w;
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	w = nvt_create(path, &o, &err);
	assert_non_null(w);
	for (unsigned int i = 0; i < EVENTS; i++) {
		ev.time_ns = i;
		ev.l1_write.addr = i * 8ull;
		ev.l1_write.new_value = i;
		assert_int_equal(nvt_write(w, &ev, &err), NVT_OK);
	}
	assert_int_equal(nvt_finish(w, "{}", &err), NVT_OK);
	return 0;
}

static int remove_trace(void **state)
{
	(void)state;
	return unlink(path);
}

static struct nvt_reader *open_trace(void)
{
	struct nvt_error err = {0};
	struct nvt_reader *r = nvt_open(path, &err);

	if (!r)
		fail_msg("%s", err.text);
	return r;
}

static void blocks_come_in_order_and_whole(void **state)
{
	struct nvt_reader *r = open_trace();
	struct stream *s = stream_open(r);
	struct nvt_error err = {0};
	struct nvt_block *b;
	enum nvt_status status;
	uint64_t at = 0, blocks = 0;

	(void)state;
	assert_non_null(s);
	while ((status = stream_next(s, &b, &err)) == NVT_OK) {
		assert_int_equal(b->first_ordinal, at);
		for (size_t i = 0; i < b->count; i++)
			assert_int_equal(b->events[i].l1_write.new_value, at++);
		nvt_release_block(b);
		blocks++;
	}
	assert_int_equal(status, NVT_END);
	assert_int_equal(at, EVENTS);
	assert_true(blocks > 8); /* more than are ever ahead */
	/* The end stays the end. */
	assert_int_equal(stream_next(s, &b, &err), NVT_END);
	stream_close(s);
	nvt_close(r);
}

static void blocks_outlive_the_stream(void **state)
{
	struct nvt_reader *r = open_trace();
	struct stream *s = stream_open(r);
	struct nvt_error err = {0};
	struct nvt_block *b[2];

	(void)state;
	assert_int_equal(stream_next(s, &b[0], &err), NVT_OK);
	assert_int_equal(stream_next(s, &b[1], &err), NVT_OK);
	stream_close(s);
	nvt_close(r);
	assert_int_equal(b[0]->events[1].l1_write.new_value, 1);
	assert_int_equal(b[1]->events[0].l1_write.new_value, b[0]->count);
	nvt_release_block(b[1]);
	nvt_release_block(b[0]);
}

/* Whether the decoder waits, works or has not begun. */
static void a_stream_can_be_closed_at_any_time(void **state)
{
	unsigned int round;

	(void)state;
	for (round = 0; round < 30; round++) {
		struct nvt_reader *r = open_trace();
		struct stream *s = stream_open(r);
		struct nvt_error err = {0};
		struct nvt_block *b;
		unsigned int i;

		assert_non_null(s);
		for (i = 0; i < round % 4; i++) {
			assert_int_equal(stream_next(s, &b, &err), NVT_OK);
			nvt_release_block(b);
		}
		if (round % 5 == 4)
			usleep(3000);
		stream_close(s);
		nvt_close(r);
	}
	stream_close(NULL);
}

/* What was good comes first, then the reason why no more does. */
static void damage_is_told_after_the_blocks_before_it(void **state)
{
	struct nvt_error err = {0};
	struct nvt_reader *r;
	struct stream *s;
	struct nvt_block *b;
	enum nvt_status status;
	uint64_t at = 0;
	FILE *f = fopen(path, "r+");
	long size, middle;
	int was;

	(void)state;
	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	middle = size / 2;
	fseek(f, middle, SEEK_SET);
	was = fgetc(f);
	fseek(f, middle, SEEK_SET);
	fputc(was ^ 0x55, f);
	fflush(f);

	r = open_trace();
	s = stream_open(r);
	while ((status = stream_next(s, &b, &err)) == NVT_OK) {
		assert_int_equal(b->first_ordinal, at);
		at += b->count;
		nvt_release_block(b);
	}
	assert_int_equal(status, NVT_EINPUT);
	assert_in_range(at, 1, EVENTS - 1);
	assert_non_null(strstr(err.text, path));
	err = (struct nvt_error){0};
	assert_int_equal(stream_next(s, &b, &err), NVT_EINPUT);
	assert_non_null(strstr(err.text, "offset"));
	stream_close(s);
	nvt_close(r);

	fseek(f, middle, SEEK_SET);
	fputc(was, f);
	fclose(f);
}

static void without_a_thread_or_memory_there_is_no_stream(void **state)
{
	struct nvt_reader *r = open_trace();

	(void)state;
	heap_left = 0;
	assert_null(stream_open(r));
	memory_is_back();
	threads_fail = 1;
	assert_null(stream_open(r));
	threads_fail = 0;
	nvt_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_come_in_order_and_whole),
		cmocka_unit_test(blocks_outlive_the_stream),
		cmocka_unit_test(a_stream_can_be_closed_at_any_time),
		cmocka_unit_test(damage_is_told_after_the_blocks_before_it),
		cmocka_unit_test(without_a_thread_or_memory_there_is_no_stream),
	};

	return cmocka_run_group_tests(tests, write_trace, remove_trace);
}
