/* SPDX-License-Identifier: GPL-2.0-only */
/* Any event is reached without what precedes it. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "traces/events.h"
#include "traces/files.h"

#define COUNT 50000u

static struct nvt_error err;

/* Event i is a touch at time 10·i of address i, so that each tells its own place. */
static struct nvt_event event_number(uint64_t i)
{
	return (struct nvt_event){.kind = NVT_TOUCH, .time_ns = 10 * i, .fault.far = i};
}

static void write_trace(const char *path, uint64_t count)
{
	struct nvt_writer_options o = plain_options();
	struct nvt_writer *w = nvt_create(path, &o, &err);

	assert_non_null(w);
	for (uint64_t i = 0; i < count; i++) {
		struct nvt_event ev = event_number(i);

		assert_int_equal(nvt_write(w, &ev, &err), NVT_OK);
	}
	assert_int_equal(nvt_finish(w, "{}", &err), NVT_OK);
}

static struct nvt_reader *open_trace(uint64_t count)
{
	struct nvt_reader *r;

	write_trace(scratch_path("s.zst"), count);
	r = nvt_open(scratch_path("s.zst"), &err);
	assert_non_null(r);
	return r;
}

static void assert_block_holds(struct nvt_reader *r, uint64_t ordinal)
{
	struct nvt_block *b;

	assert_int_equal(nvt_next_block(r, &b, &err), NVT_OK);
	assert_true(b->first_ordinal <= ordinal && ordinal < b->first_ordinal + b->count);
	assert_int_equal(b->events[ordinal - b->first_ordinal].fault.far, ordinal);
	nvt_release_block(b);
}

static void every_place_is_reached(void **state)
{
	struct nvt_reader *r = open_trace(COUNT);
	uint64_t seed = 1, i;

	(void)state;
	for (i = 0; i < COUNT; i += 4096) {
		assert_int_equal(nvt_seek(r, i, &err), NVT_OK);
		assert_block_holds(r, i);
		assert_int_equal(nvt_seek(r, i ? i - 1 : 0, &err), NVT_OK);
		assert_block_holds(r, i ? i - 1 : 0);
	}
	for (i = 0; i < 200; i++) {
		uint64_t at = next_random(&seed) % COUNT;

		assert_int_equal(nvt_seek(r, at, &err), NVT_OK);
		assert_block_holds(r, at);
	}
	nvt_close(r);
}

/* Of more than 4096 blocks, and more than twice as many, not each has an entry in the index. */
static void every_place_of_a_long_trace_is_reached(void **state)
{
	uint64_t count = 8193 * 4096 + 5, seed = 1, at;
	struct nvt_reader *r = open_trace(count);

	(void)state;
	for (uint64_t i = 0; i < 12; i++) {
		assert_int_equal(nvt_seek(r, i * 4096 + 7, &err), NVT_OK);
		assert_block_holds(r, i * 4096 + 7);
	}
	for (unsigned int i = 0; i < 200; i++) {
		at = next_random(&seed) % count;
		assert_int_equal(nvt_seek(r, at, &err), NVT_OK);
		assert_block_holds(r, at);
	}
	assert_int_equal(nvt_seek(r, count - 1, &err), NVT_OK);
	assert_block_holds(r, count - 1);
	nvt_close(r);
}

static void after_a_seek_the_rest_follows_to_the_end(void **state)
{
	struct nvt_reader *r = open_trace(COUNT);
	const struct nvt_event *ev;
	uint64_t ordinal = 0, expected;

	(void)state;
	assert_int_equal(nvt_next(r, &ev, &ordinal, &err), NVT_OK);
	assert_int_equal(nvt_seek(r, COUNT / 2, &err), NVT_OK);
	assert_int_equal(nvt_next(r, &ev, &expected, &err), NVT_OK);
	assert_true(expected <= COUNT / 2);
	while (nvt_next(r, &ev, &ordinal, &err) == NVT_OK)
		assert_int_equal(ordinal, ++expected);
	assert_int_equal(ordinal, COUNT - 1);
	assert_int_equal(nvt_next(r, &ev, &ordinal, &err), NVT_END);
	assert_int_equal(nvt_seek(r, 0, &err), NVT_OK);
	assert_block_holds(r, 0);
	nvt_close(r);
}

static void beyond_the_last_event_is_the_end(void **state)
{
	struct nvt_reader *r = open_trace(COUNT);
	struct nvt_block *b;

	(void)state;
	assert_int_equal(nvt_seek(r, COUNT, &err), NVT_OK);
	assert_int_equal(nvt_next_block(r, &b, &err), NVT_END);
	assert_int_equal(nvt_seek(r, UINT64_MAX, &err), NVT_OK);
	assert_int_equal(nvt_next_block(r, &b, &err), NVT_END);
	nvt_close(r);
}

static void an_empty_trace_can_be_sought_in(void **state)
{
	struct nvt_reader *r = open_trace(0);
	struct nvt_block *b;

	(void)state;
	assert_int_equal(nvt_seek(r, 0, &err), NVT_OK);
	assert_int_equal(nvt_next_block(r, &b, &err), NVT_END);
	nvt_close(r);
}

static void totals_and_meta_are_known_before_the_events(void **state)
{
	struct nvt_reader *r = open_trace(COUNT);
	struct nvt_totals totals;
	const char *json;
	size_t length;

	(void)state;
	assert_int_equal(nvt_totals(r, &totals, &err), NVT_OK);
	assert_int_equal(totals.event_count, COUNT);
	assert_int_equal(totals.kind_count[NVT_TOUCH], COUNT);
	assert_int_equal(totals.last_ns, 10 * (COUNT - 1));
	assert_int_equal(nvt_meta(r, &json, &length, &err), NVT_OK);
	assert_block_holds(r, 0);
	nvt_close(r);
}

static void a_pipe_cannot_seek_and_knows_totals_at_its_end(void **state)
{
	struct nvt_totals totals;
	struct nvt_reader *r;
	struct nvt_block *b;
	struct fed_pipe p;
	const char *json;
	size_t size = 0;
	char *data;

	(void)state;
	write_trace(scratch_path("s.zst"), COUNT);
	data = read_file(scratch_path("s.zst"), &size);
	fed_pipe_open(&p, data, size);
	r = nvt_open(p.path, &err);
	assert_non_null(r);
	assert_int_equal(nvt_seek(r, 5, &err), NVT_EINPUT);
	assert_int_equal(nvt_totals(r, &totals, &err), NVT_EINPUT);
	assert_int_equal(nvt_meta(r, &json, &size, &err), NVT_EINPUT);
	while (nvt_next_block(r, &b, &err) == NVT_OK)
		nvt_release_block(b);
	assert_int_equal(nvt_totals(r, &totals, &err), NVT_OK);
	assert_int_equal(totals.event_count, COUNT);
	assert_int_equal(nvt_meta(r, &json, &size, &err), NVT_OK);
	assert_string_equal(json, "{}");
	nvt_close(r);
	fed_pipe_close(&p);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_place_is_reached),
		cmocka_unit_test(every_place_of_a_long_trace_is_reached),
		cmocka_unit_test(after_a_seek_the_rest_follows_to_the_end),
		cmocka_unit_test(beyond_the_last_event_is_the_end),
		cmocka_unit_test(an_empty_trace_can_be_sought_in),
		cmocka_unit_test(totals_and_meta_are_known_before_the_events),
		cmocka_unit_test(a_pipe_cannot_seek_and_knows_totals_at_its_end),
	};
	int failed;

	signal(SIGPIPE, SIG_IGN);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	remove_scratch();
	return failed;
}
