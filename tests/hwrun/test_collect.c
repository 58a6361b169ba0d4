/* SPDX-License-Identifier: GPL-2.0-only */
/* What is made of a console's bytes, good and bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "collect.h"

static uint64_t random_state;

static size_t random_below(size_t bound)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (size_t)(random_state >> 11) % bound;
}

/* A console as it is written. */
struct console {
	char text[1 << 17];
	size_t size;
	uint32_t sequence;
};
static struct console console;

static void say(const char *text)
{
	memcpy(console.text + console.size, text, strlen(text));
	console.size += strlen(text);
}

static void send_line(struct hw_line *l)
{
	hw_line_end(l);
	memcpy(console.text + console.size, l->text, l->used);
	console.size += l->used;
}

/* A frame with one field. */
static void send_frame(const char *type, const char *key, const char *value)
{
	struct hw_line l;

	hw_line_begin(&l, console.sequence++, type);
	hw_line_text(&l, key, value);
	send_line(&l);
}

static void send_cost(const char *class, const char *phase, const char *unit, uint64_t n)
{
	static const char *const keys[] = {"n", "min", "max", "sum", "p50", "p90", "p99"};
	struct hw_line l;

	hw_line_begin(&l, console.sequence++, "cost");
	hw_line_text(&l, "class", class);
	hw_line_text(&l, "phase", phase);
	hw_line_text(&l, "unit", unit);
	for (size_t i = 0; i < 7; i++)
		hw_line_number(&l, keys[i], n + i);
	send_line(&l);
}

static void send_histogram(const char *unit, const char *buckets)
{
	struct hw_line l;

	hw_line_begin(&l, console.sequence++, "histogram");
	hw_line_text(&l, "class", "relax");
	hw_line_text(&l, "phase", "total");
	hw_line_text(&l, "unit", unit);
	hw_line_text(&l, "buckets", buckets);
	send_line(&l);
}

static void send_run(void)
{
	console.sequence = 0;
	send_frame("hello", "handler", "abc");
	send_frame("trace", "policy", "page");
	send_frame("absent", "what", "event0");
	send_frame("progress", "events", "65536");
	send_frame("finding", "text", "a b c");
	send_frame("counts", "events", "99999");
	send_frame("outcomes", "mapped", "5");
	send_cost("relax", "total", "cycles", 10);
	send_histogram("cycles", "1:2,5000:3");
	send_frame("sample", "ordinal", "17");
	send_frame("end", "digest", "0123");
}

static int clear(void **state)
{
	(void)state;
	console.size = 0;
	console.sequence = 0;
	return 0;
}

/* In pieces of up to `piece` bytes. */
static struct hw_collect *collect(size_t piece)
{
	struct hw_collect *c = hw_collect_new();

	assert_non_null(c);
	for (size_t at = 0; at < console.size;) {
		size_t size = 1 + random_below(piece);

		if (size > console.size - at)
			size = console.size - at;
		hw_collect_bytes(c, console.text + at, size);
		at += size;
	}
	hw_collect_finish(c);
	assert_int_equal(hw_collect_run(c)->bytes, console.size);
	return c;
}

static void assert_frames(const struct hw_run *r, uint64_t seen, uint64_t lost, uint64_t damaged)
{
	assert_int_equal(r->seen, seen);
	assert_int_equal(r->lost, lost);
	assert_int_equal(r->damaged, damaged);
}

static const char *value(const struct hw_kept *k, const char *key)
{
	return hw_kept(k) ? hw_frame_value(&k->frame, key) : "(none)";
}

/* ---- a run ---- */

static void assert_whole_run(const struct hw_run *r)
{
	const struct hw_cost *cost = &r->cost[HW_RELAX][HW_TOTAL][HW_CYCLES];
	const struct hw_bins *bins = r->bins[HW_RELAX][HW_TOTAL][HW_CYCLES];

	assert_frames(r, 11, 0, 0);
	assert_string_equal(value(&r->hello, "handler"), "abc");
	assert_string_equal(value(&r->trace, "policy"), "page");
	assert_string_equal(value(&r->progress, "events"), "65536");
	assert_string_equal(value(&r->counts, "events"), "99999");
	assert_string_equal(value(&r->outcomes, "mapped"), "5");
	assert_string_equal(value(&r->end, "digest"), "0123");
	assert_int_equal(r->absent_count, 1);
	assert_string_equal(value(&r->absent[0], "what"), "event0");
	assert_int_equal(r->finding_count, 1);
	assert_string_equal(value(&r->finding[0], "text"), "a b c");
	assert_true(cost->known);
	assert_int_equal(cost->n, 10);
	assert_int_equal(cost->p99, 16);
	assert_non_null(bins);
	assert_int_equal(bins->n, 5);
	assert_int_equal(bins->bin[1], 2);
	assert_int_equal(bins->bin[hw_bucket_of(5000)], 3);
	assert_int_equal(r->sample_count, 1);
	assert_memory_equal(r->samples, "ordinal=17\n", r->samples_size);
	assert_true(hw_run_is_over(r));
	assert_false(r->out_of_memory);
}

static void a_run_is_collected_however_its_bytes_come(void **state)
{
	static const size_t pieces[] = {1, 2, 7, 100, 5000, 1 << 20};

	(void)state;
	random_state = 3;
	send_run();
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct hw_collect *c = collect(pieces[i]);

		assert_whole_run(hw_collect_run(c));
		hw_collect_free(c);
	}
}

/* Who listens late, or on a bad line, has what ran by the frames that are sent again. */
static void what_ran_is_known_without_the_first_frames(void **state)
{
	struct hw_collect *c;

	(void)state;
	console.sequence = 2;
	send_frame("progress", "events", "7");
	send_frame("hello", "handler", "abc");
	send_frame("trace", "policy", "page");
	send_frame("end", "digest", "0123");
	c = collect(50);
	assert_frames(hw_collect_run(c), 4, 2, 0);
	assert_string_equal(value(&hw_collect_run(c)->hello, "handler"), "abc");
	assert_string_equal(value(&hw_collect_run(c)->trace, "policy"), "page");
	hw_collect_free(c);
}

/* A run that is over takes no frames of the next one, whose first ones are lost. */
static void nothing_is_added_to_a_run_that_is_over(void **state)
{
	struct hw_collect *c;

	(void)state;
	send_run();
	console.sequence += 5;
	send_frame("progress", "events", "7");
	c = collect(50);
	assert_frames(hw_collect_run(c), 1, 16, 0);
	assert_int_equal(hw_collect_run(c)->earlier, 1);
	assert_false(hw_run_is_over(hw_collect_run(c)));
	assert_string_equal(value(&hw_collect_run(c)->hello, "handler"), "(none)");
	hw_collect_free(c);
}

/* Terminal programs and their logs turn line ends into each other. */
static void line_ends_of_any_kind_end_lines(void **state)
{
	static const char *const ends[] = {"\n", "\r", "\r\n", "\n\r", "\r\r\n", "\n\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		static struct console plain;
		struct hw_collect *c;

		clear(NULL);
		send_run();
		plain = console;
		console.size = 0;
		for (size_t at = 0; at < plain.size; at++) {
			char one[2] = {plain.text[at], 0};

			if (one[0] != '\r')
				say(one[0] == '\n' ? ends[i] : one);
		}
		c = collect(50);
		assert_whole_run(hw_collect_run(c));
		hw_collect_free(c);
	}
}

static void the_last_frame_is_told(void **state)
{
	struct hw_collect *c = collect(1);
	char text[64];

	(void)state;
	hw_run_last(hw_collect_run(c), text, sizeof(text));
	assert_string_equal(text, "");
	hw_collect_free(c);
	send_frame("hello", "handler", "abc");
	send_frame("progress", "events", "65536");
	c = collect(20);
	hw_run_last(hw_collect_run(c), text, sizeof(text));
	assert_string_equal(text, "1 progress events=65536");
	hw_run_last(hw_collect_run(c), text, 8);
	assert_string_equal(text, "1 progr");
	clear(NULL);
	console.sequence = 2;
	send_frame("hello", "handler", "0123456789012345678901234567890123456789");
	hw_collect_bytes(c, console.text, console.size);
	hw_run_last(hw_collect_run(c), text, sizeof(text));
	assert_string_equal(text, "2 hello");
	assert_false(hw_run_is_over(hw_collect_run(c)));
	hw_collect_free(c);
}

/* ---- a bad line ---- */

static void frames_that_are_missing_are_counted(void **state)
{
	struct hw_collect *c;

	(void)state;
	console.sequence = 2; /* the first two did not arrive */
	send_frame("progress", "events", "1");
	console.sequence = 6;
	send_frame("progress", "events", "2");
	c = collect(10);
	assert_frames(hw_collect_run(c), 2, 5, 0);
	hw_collect_free(c);
}

static void a_damaged_frame_is_lost_and_known_to_be(void **state)
{
	struct hw_collect *c;

	(void)state;
	send_frame("hello", "handler", "abc");
	send_frame("trace", "policy", "page");
	console.text[console.size - 20] ^= 4;
	send_frame("end", "status", "0");
	c = collect(10);
	assert_frames(hw_collect_run(c), 2, 1, 1);
	assert_false(hw_kept(&hw_collect_run(c)->trace));
	assert_true(hw_run_is_over(hw_collect_run(c)));
	hw_collect_free(c);
}

/* Firmware writes into the middle of a frame; line ends are lost. */
static void frames_are_found_between_other_output(void **state)
{
	struct hw_collect *c;

	(void)state;
	say("U-Boot 2023.01\n=> booti ");
	send_frame("hello", "handler", "abc");
	send_frame("trace", "policy", "page");
	console.size -= 30;
	say("WARNING: timer\r\n");
	send_frame("progress", "events", "1");
	console.size -= 2;
	send_frame("end", "status", "0");
	say("reboot: Power down");
	c = collect(10);
	assert_frames(hw_collect_run(c), 3, 1, 1);
	assert_true(hw_run_is_over(hw_collect_run(c)));
	hw_collect_free(c);
}

static void a_line_that_comes_twice_counts_once(void **state)
{
	size_t before;
	struct hw_collect *c;

	(void)state;
	send_frame("hello", "handler", "abc");
	before = console.size;
	send_frame("finding", "text", "once");
	memcpy(console.text + console.size, console.text + before, console.size - before);
	console.size += console.size - before;
	send_frame("end", "status", "1");
	c = collect(10);
	assert_frames(hw_collect_run(c), 3, 0, 0);
	assert_int_equal(hw_collect_run(c)->finding_count, 1);
	assert_int_equal(hw_collect_run(c)->repeated, 1);
	hw_collect_free(c);
}

/* Neither NULs nor a line without an end hide the frames behind them, wherever those begin. */
static void lines_without_end_hide_nothing(void **state)
{
	(void)state;
	for (size_t noise = 3000; noise < 9000; noise += 37) {
		struct hw_collect *c;

		clear(NULL);
		memset(console.text, noise % 2 ? 0 : '~', noise);
		console.size = noise;
		for (unsigned int i = 0; i < 9; i++) {
			send_frame("progress", "events",
				   "100000000000000000000000000000000000000000");
			console.size -= 2;
			memset(console.text + console.size, 'x', 600);
			console.size += 600;
		}
		c = collect(1000);
		assert_frames(hw_collect_run(c), 9, 0, 0);
		hw_collect_free(c);
	}
}

static void the_longest_frame_comes_through_behind_noise(void **state)
{
	static char longest[HW_FRAME_MAX];

	(void)state;
	memset(longest, 'a', HW_FRAME_MAX - 12 - strlen("~nv1 0 t k="));
	for (size_t noise = 3 * HW_FRAME_MAX; noise < 5 * HW_FRAME_MAX; noise++) {
		struct hw_collect *c;

		clear(NULL);
		memset(console.text, '~', noise);
		console.size = noise;
		send_frame("t", "k", longest);
		c = collect(5000);
		assert_frames(hw_collect_run(c), 1, 0, 0);
		hw_collect_free(c);
	}
}

static void a_board_that_starts_again_begins_a_run(void **state)
{
	struct hw_collect *c;

	(void)state;
	send_run();
	console.sequence = 0;
	send_frame("hello", "handler", "def");
	send_frame("trace", "policy", "kvm-7.3");
	c = collect(10);
	assert_frames(hw_collect_run(c), 2, 0, 0);
	assert_int_equal(hw_collect_run(c)->earlier, 1);
	assert_string_equal(value(&hw_collect_run(c)->hello, "handler"), "def");
	assert_false(hw_run_is_over(hw_collect_run(c)));
	assert_int_equal(hw_collect_run(c)->finding_count, 0);
	assert_false(hw_collect_run(c)->cost[HW_RELAX][HW_TOTAL][HW_CYCLES].known);
	hw_collect_free(c);
}

/* Where its hello is lost, too: no mixture of two runs. */
static void a_sequence_that_goes_back_begins_a_run(void **state)
{
	struct hw_collect *c;

	(void)state;
	send_run();
	console.sequence = 3;
	send_frame("progress", "events", "1");
	c = collect(10);
	assert_frames(hw_collect_run(c), 1, 3, 0);
	assert_false(hw_kept(&hw_collect_run(c)->hello));
	hw_collect_free(c);
}

/* ---- what the frames say ---- */

static void figures_of_what_is_not_known_are_passed_over(void **state)
{
	static const struct hw_cost none[HW_CLASS_COUNT][HW_PHASE_COUNT][HW_UNIT_COUNT];
	struct hw_collect *c;

	(void)state;
	send_cost("map_nothing", "total", "cycles", 1);
	send_cost("relax", "idle", "cycles", 1);
	send_cost("relax", "total", "bicycles", 1);
	send_cost("relax", "total", "cycles", 0);
	send_frame("cost", "class", "relax");
	send_frame("novelty", "what", "of a later version");
	c = collect(10);
	assert_frames(hw_collect_run(c), 6, 0, 0);
	assert_memory_equal(hw_collect_run(c)->cost, none, sizeof(none));
	hw_collect_free(c);
}

static void bins_are_added_up_until_they_make_no_sense(void **state)
{
	struct hw_collect *c;

	(void)state;
	send_histogram("ticks", "3:1,4:1");
	send_histogram("ticks", "5:7,x:1");
	send_histogram("cycles", "5");
	c = collect(10);
	assert_int_equal(hw_collect_run(c)->bins[HW_RELAX][HW_TOTAL][HW_TICKS]->n, 9);
	assert_int_equal(hw_collect_run(c)->bins[HW_RELAX][HW_TOTAL][HW_CYCLES]->n, 0);
	hw_collect_free(c);
}

static void more_than_is_kept_is_counted(void **state)
{
	struct hw_collect *c = hw_collect_new();
	const struct hw_run *r = hw_collect_run(c);
	char long_value[600] = "";

	(void)state;
	memset(long_value, '1', sizeof(long_value) - 1);
	for (unsigned int i = 0; i < 40000; i++) {
		clear(NULL);
		console.sequence = 3 * i;
		send_frame("sample", "cycles", long_value);
		send_frame("finding", "text", "again");
		send_frame(i % 2 ? "absent" : "regs", "what", "again");
		hw_collect_bytes(c, console.text, console.size);
	}
	assert_frames(r, 120000, 0, 0);
	assert_int_equal(r->finding_count, 40000);
	assert_int_equal(r->absent_count, HW_ABSENTS_KEPT);
	assert_int_equal(r->regs_count, HW_REGS_KEPT);
	assert_true(r->samples_size <= HW_SAMPLES_SIZE);
	assert_true(r->samples_left_out > 0);
	assert_int_equal(r->sample_count + r->samples_left_out, 40000);
	hw_collect_free(c);
}

/* ---- anything ---- */

/* Bytes lost, doubled, changed, swapped, with a liking for those that mean something. */
static void mutate(void)
{
	static const char likely[] = "~nv1 =%0:,\r\n\0\xff";
	size_t at = random_below(console.size), count = 1 + random_below(200);

	if (count > console.size - at)
		count = console.size - at;
	switch (random_below(5)) {
	case 0:
		memmove(console.text + at, console.text + at + count, console.size - at - count);
		console.size -= count;
		break;
	case 1:
		memmove(console.text + at + count, console.text + at, console.size - at);
		console.size += count;
		break;
	case 2:
		console.text[at] = likely[random_below(sizeof(likely) - 1)];
		break;
	case 3:
		memmove(console.text + at, console.text + random_below(console.size - count + 1),
			count);
		break;
	default:
		console.text[at] ^= (char)(1 << random_below(8));
		break;
	}
}

/* A frame that passes its checksum says something that was said: of each kind there is one. */
static void assert_only_what_was_sent(const struct hw_run *r)
{
	const struct hw_cost *cost = &r->cost[HW_RELAX][HW_TOTAL][HW_CYCLES];

	assert_string_equal(hw_kept(&r->hello) ? value(&r->hello, "handler") : "abc", "abc");
	assert_string_equal(hw_kept(&r->trace) ? value(&r->trace, "policy") : "page", "page");
	assert_string_equal(hw_kept(&r->end) ? value(&r->end, "digest") : "0123", "0123");
	assert_true(!cost->known || (cost->n == 10 && cost->p99 == 16));
	for (unsigned int i = 0; i < r->finding_count && i < HW_FINDINGS_KEPT; i++)
		assert_string_equal(value(&r->finding[i], "text"), "a b c");
	assert_true(r->seen <= 64 && r->lost <= 11);
}

/* One console with many runs on it, each with some damage. */
static void damaged_logs_are_read_without_harm(void **state)
{
	static struct console clean;
	struct hw_collect *c = hw_collect_new();
	uint64_t over = 0, seen = 0;

	(void)state;
	random_state = 99;
	send_run();
	clean = console;
	for (unsigned int round = 0; round < 200000; round++) {
		memcpy(console.text, clean.text, clean.size);
		console.size = clean.size;
		for (size_t n = random_below(8); n > 0; n--)
			mutate();
		hw_collect_bytes(c, console.text, console.size);
		assert_only_what_was_sent(hw_collect_run(c));
		over += hw_run_is_over(hw_collect_run(c));
		seen += hw_collect_run(c)->seen;
	}
	assert_true(over > 100000 && over < 200000);
	assert_true(seen > 1000000);
	hw_collect_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_ran_is_known_without_the_first_frames, clear),
		cmocka_unit_test_setup(nothing_is_added_to_a_run_that_is_over, clear),
		cmocka_unit_test_setup(a_run_is_collected_however_its_bytes_come, clear),
		cmocka_unit_test_setup(line_ends_of_any_kind_end_lines, clear),
		cmocka_unit_test_setup(the_last_frame_is_told, clear),
		cmocka_unit_test_setup(frames_that_are_missing_are_counted, clear),
		cmocka_unit_test_setup(a_damaged_frame_is_lost_and_known_to_be, clear),
		cmocka_unit_test_setup(frames_are_found_between_other_output, clear),
		cmocka_unit_test_setup(a_line_that_comes_twice_counts_once, clear),
		cmocka_unit_test_setup(lines_without_end_hide_nothing, clear),
		cmocka_unit_test_setup(the_longest_frame_comes_through_behind_noise, clear),
		cmocka_unit_test_setup(a_board_that_starts_again_begins_a_run, clear),
		cmocka_unit_test_setup(a_sequence_that_goes_back_begins_a_run, clear),
		cmocka_unit_test_setup(figures_of_what_is_not_known_are_passed_over, clear),
		cmocka_unit_test_setup(bins_are_added_up_until_they_make_no_sense, clear),
		cmocka_unit_test_setup(more_than_is_kept_is_counted, clear),
		cmocka_unit_test_setup(damaged_logs_are_read_without_harm, clear),
	};

	random_state = 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
