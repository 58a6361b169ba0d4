/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames over a bad line: what is read is what was sent, or nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "frame.h"

static uint64_t random_state;

static size_t random_below(size_t bound)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (size_t)(random_state >> 11) % bound;
}

static struct hw_line hello(void)
{
	struct hw_line l;

	hw_line_begin(&l, 7, "hello");
	hw_line_text(&l, "model", "a board, 100% = fine~");
	hw_line_number(&l, "cntfrq", 62500000);
	hw_line_hex(&l, "midr", 0x410fd083);
	hw_line_end(&l);
	return l;
}

static enum hw_frame_status parse(const char *text, size_t size, struct hw_frame *f)
{
	static char line[16384];

	assert_true(size <= sizeof(line));
	memcpy(line, text, size);
	return hw_frame_parse(line, size, f);
}

static enum hw_frame_status parse_text(const char *text, struct hw_frame *f)
{
	return parse(text, strlen(text), f);
}

/* A body as it would be sent, with the checksum that it has. */
static const char *sealed(const char *body)
{
	static char text[4096];
	uint32_t crc = ~0u;

	for (const char *p = body; *p; p++) {
		crc ^= (unsigned char)*p;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	snprintf(text, sizeof(text), "~%s~%08x\r\n", body, ~crc);
	return text;
}

static void assert_hello(const struct hw_frame *f)
{
	uint64_t v;

	assert_int_equal(f->sequence, 7);
	assert_string_equal(f->type, "hello");
	assert_int_equal(f->count, 3);
	assert_string_equal(hw_frame_value(f, "model"), "a board, 100% = fine~");
	assert_true(hw_frame_number(f, "cntfrq", &v));
	assert_int_equal(v, 62500000);
	assert_true(hw_frame_number(f, "midr", &v));
	assert_int_equal(v, 0x410fd083);
}

/* ---- one frame ---- */

static void a_frame_is_one_line_of_printable_text(void **state)
{
	struct hw_line l = hello();

	(void)state;
	assert_memory_equal(l.text, "~nv1 7 hello model=a%20board,%20100%25%20%3d%20fine%7e ", 55);
	assert_memory_equal(l.text + l.used - 2, "\r\n", 2);
	for (size_t i = 0; i + 2 < l.used; i++)
		assert_in_range(l.text[i], 0x20, 0x7e);
}

/* That of zlib and others: of "nv1 0 x ". */
static void the_checksum_is_crc_32(void **state)
{
	struct hw_line l;
	char crc[9] = "";

	(void)state;
	hw_line_begin(&l, 0, "x");
	hw_line_end(&l);
	memcpy(crc, l.text + l.used - 10, 8);
	assert_string_equal(crc, "35f21e8a");
}

static void what_is_written_is_read(void **state)
{
	struct hw_line l = hello();
	struct hw_frame f;

	(void)state;
	assert_int_equal(parse(l.text, l.used, &f), HW_FRAME_OK);
	assert_hello(&f);
	assert_int_equal(f.used, l.used - 2);
	assert_null(hw_frame_value(&f, "mode"));
	assert_null(hw_frame_value(&f, "models"));
}

static void every_byte_survives_in_a_value(void **state)
{
	char all[256], *p = all;
	struct hw_frame f;
	struct hw_line l;

	(void)state;
	for (int c = 1; c < 256; c++)
		*p++ = (char)c;
	*p = 0;
	hw_line_begin(&l, 4294967295u, "text");
	assert_true(hw_line_text(&l, "all", all));
	assert_true(hw_line_text(&l, "none", ""));
	hw_line_end(&l);
	assert_int_equal(parse(l.text, l.used, &f), HW_FRAME_OK);
	assert_int_equal(f.sequence, 4294967295u);
	assert_string_equal(hw_frame_value(&f, "all"), all);
	assert_string_equal(hw_frame_value(&f, "none"), "");
}

static void numbers_keep_all_their_bits(void **state)
{
	static const uint64_t values[] = {0, 1, 9, 10, 15, 16, UINT64_MAX - 1, UINT64_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct hw_frame f;
		struct hw_line l;
		uint64_t v;

		hw_line_begin(&l, 0, "n");
		assert_true(hw_line_number(&l, "d", values[i]));
		assert_true(hw_line_hex(&l, "x", values[i]));
		hw_line_end(&l);
		assert_int_equal(parse(l.text, l.used, &f), HW_FRAME_OK);
		assert_true(hw_frame_number(&f, "d", &v) && v == values[i]);
		assert_true(hw_frame_number(&f, "x", &v) && v == values[i]);
	}
}

static void what_is_no_number_is_not_read_as_one(void **state)
{
	static const char *const bad[] = {
		"nv1 0 n v= ",	    "nv1 0 n v=x ",    "nv1 0 n v=0x ",
		"nv1 0 n v=1a ",    "nv1 0 n v=0x1G ", "nv1 0 n v=18446744073709551616 ",
		"nv1 0 n v=-1 ",    "nv1 0 n v=+1 ",   "nv1 0 n v=0x10000000000000000 ",
		"nv1 0 n v=0xABC ", "nv1 0 n w=1 ",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct hw_frame f;
		uint64_t v;

		assert_int_equal(parse_text(sealed(bad[i]), &f), HW_FRAME_OK);
		assert_false(hw_frame_number(&f, "v", &v));
	}
}

/* However full a line is, it ends, and what was left out is left out whole. */
static void a_full_line_leaves_fields_out_whole(void **state)
{
	static char long_text[2000];
	struct hw_frame f;
	struct hw_line l;
	size_t fits = 0;

	(void)state;
	memset(long_text, '~', sizeof(long_text) - 1);
	for (size_t size = 0; size < 400; size++) {
		bool fitted;

		hw_line_begin(&l, 0, "t");
		fitted = hw_line_text(&l, "k", long_text + sizeof(long_text) - 1 - size);
		hw_line_end(&l);
		assert_true(l.used <= HW_FRAME_MAX);
		assert_int_equal(parse(l.text, l.used, &f), HW_FRAME_OK);
		assert_int_equal(f.count, fitted);
		fits += fitted;
	}
	assert_int_equal(fits, (HW_FRAME_MAX - 12 - strlen("~nv1 0 t k=")) / 3 + 1);

	hw_line_begin(&l, 0, "t");
	assert_false(hw_line_text(&l, "long", long_text));
	assert_true(hw_line_text(&l, "short", "fits"));
	hw_line_end(&l);
	assert_int_equal(parse(l.text, l.used, &f), HW_FRAME_OK);
	assert_string_equal(hw_frame_value(&f, "short"), "fits");
}

/* ---- what is no frame, though its checksum fits ---- */

static void a_form_that_no_writer_makes_is_damage(void **state)
{
	static const char *const bad[] = {
		"nv1 ",		  "nv1 7 ",	   "nv1 x hello ",	"nv1 -7 hello ",
		"nv1 7  k=v ",	  "nv1 7 t k ",	   "nv1 7 t k=v  j=w ", "nv1 7 t k=%4 ",
		"nv1 7 t k=%00 ", "nv1 7 t k=%zz", "nv1 7 t k=%4A ",	"nv1 4294967296 t ",
		"nv1 0x7 hello ",
	};
	struct hw_frame f;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse_text(sealed(bad[i]), &f), HW_FRAME_DAMAGED);
	assert_int_equal(parse_text(sealed("nv1 7 t k=v "), &f), HW_FRAME_OK);
}

static void more_fields_than_a_frame_has_are_damage(void **state)
{
	char body[1024] = "nv1 0 t ";
	struct hw_frame f;

	(void)state;
	for (size_t i = 0; i < HW_FRAME_FIELDS; i++)
		strcat(body, "a=b ");
	assert_int_equal(parse_text(sealed(body), &f), HW_FRAME_OK);
	assert_int_equal(f.count, HW_FRAME_FIELDS);
	strcat(body, "a=b ");
	assert_int_equal(parse_text(sealed(body), &f), HW_FRAME_DAMAGED);
}

static void a_line_longer_than_any_that_is_written_is_damage(void **state)
{
	char body[HW_FRAME_MAX + 1];
	struct hw_frame f;
	int most = HW_FRAME_MAX - 12; /* and "~", of which the mark has one */

	(void)state;
	snprintf(body, sizeof(body), "nv1 0 t k=%0*d ", most - 11, 1);
	assert_int_equal(strlen(body), most);
	assert_int_equal(parse_text(sealed(body), &f), HW_FRAME_OK);
	snprintf(body, sizeof(body), "nv1 0 t k=%0*d ", most - 10, 1);
	assert_int_equal(parse_text(sealed(body), &f), HW_FRAME_DAMAGED);
}

/* ---- noise around it ---- */

static void noise_around_a_frame_is_no_part_of_it(void **state)
{
	static const struct {
		const char *before, *after;
	} noise[] = {
		{"", ""},
		{"U-Boot> ", "[    0.000000] booting"},
		{"~", "~"},
		{"~nv", "~nv1"},
		{"~nv1~nv1", "~nv1~"},
		{"\r\r", "\r\r\n"},
		{"\xff\x80~~", "0"},
	};
	struct hw_line l = hello();

	(void)state;
	for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++) {
		struct hw_frame f;
		char text[2048];

		snprintf(text, sizeof(text), "%s%.*s%s", noise[i].before, (int)l.used - 2, l.text,
			 noise[i].after);
		assert_int_equal(parse_text(text, &f), HW_FRAME_OK);
		assert_hello(&f);
	}
}

static void zero_bytes_around_do_no_harm_and_inside_are_damage(void **state)
{
	char text[2048] = {0};
	struct hw_line l = hello();
	struct hw_frame f;

	(void)state;
	memcpy(text + 100, l.text, l.used);
	assert_int_equal(parse(text, sizeof(text), &f), HW_FRAME_OK);
	assert_hello(&f);
	memcpy(text + 100, l.text, l.used);
	text[110] = 0;
	assert_int_equal(parse(text, sizeof(text), &f), HW_FRAME_DAMAGED);
}

static void text_without_a_mark_is_no_frame(void **state)
{
	static const char *const none[] = {
		"", "~", "~nv1", "nv1 7 hello ~00000000", "~nv2 7 t ~0", "plain text"};
	struct hw_frame f;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_int_equal(parse_text(none[i], &f), HW_FRAME_NONE);
		assert_int_equal(f.used, strlen(none[i]));
	}
}

/* A lost line end, or the rest of a frame lost: what stands behind is found all the same. */
static void frames_of_one_line_are_found_one_after_the_other(void **state)
{
	struct hw_line l = hello();
	char text[4096];
	struct hw_frame f;
	size_t size, used;

	(void)state;
	size = (size_t)snprintf(text, sizeof(text), "%.*s%.*s%.*s", (int)l.used - 2, l.text, 30,
				l.text, (int)l.used, l.text);
	assert_int_equal(hw_frame_parse(text, size, &f), HW_FRAME_OK);
	assert_hello(&f);
	used = f.used;
	assert_int_equal(hw_frame_parse(text + used, size - used, &f), HW_FRAME_DAMAGED);
	used += f.used;
	assert_int_equal(hw_frame_parse(text + used, size - used, &f), HW_FRAME_OK);
	assert_hello(&f);
	used += f.used;
	assert_int_equal(hw_frame_parse(text + used, size - used, &f), HW_FRAME_NONE);
}

/* ---- damage ---- */

static void every_truncation_is_refused(void **state)
{
	struct hw_line l = hello();
	struct hw_frame f;

	(void)state;
	for (size_t size = 0; size < l.used - 2; size++)
		assert_int_equal(parse(l.text, size, &f),
				 size < 5 ? HW_FRAME_NONE : HW_FRAME_DAMAGED);
}

static void every_changed_bit_is_noticed(void **state)
{
	struct hw_line l = hello();
	struct hw_frame f;

	(void)state;
	for (size_t bit = 0; bit < 8 * (l.used - 2); bit++) {
		l.text[bit / 8] ^= (char)(1 << bit % 8);
		assert_int_not_equal(parse(l.text, l.used, &f), HW_FRAME_OK);
		l.text[bit / 8] ^= (char)(1 << bit % 8);
	}
}

static void every_lost_or_doubled_byte_is_noticed(void **state)
{
	struct hw_line l = hello();
	struct hw_frame f;
	char text[2 * HW_FRAME_MAX];

	(void)state;
	for (size_t i = 0; i < l.used - 2; i++) {
		memcpy(text, l.text, i);
		memcpy(text + i, l.text + i + 1, l.used - i - 1);
		assert_int_not_equal(parse(text, l.used - 1, &f), HW_FRAME_OK);
		memcpy(text, l.text, i + 1);
		memcpy(text + i + 1, l.text + i, l.used - i);
		/* A second '~' before the mark, or a digit behind the last, is noise around it. */
		if (i > 0 && i < l.used - 3)
			assert_int_not_equal(parse(text, l.used + 1, &f), HW_FRAME_OK);
	}
}

/* One mutation of a text in a buffer with room for 16 bytes more; its new size. */
static size_t mutate(char *text, size_t size)
{
	static const char likely[] = "~nv1 =%0\r\n\0\xff";
	size_t at = random_below(size), count = 1 + random_below(16);

	if (count > size - at)
		count = size - at;
	switch (random_below(4)) {
	case 0: /* lost */
		memmove(text + at, text + at + count, size - at - count);
		return size - count;
	case 1: /* doubled */
		memmove(text + at + count, text + at, size - at);
		return size + count;
	case 2:
		text[at] = likely[random_below(sizeof(likely) - 1)];
		return size;
	default:
		for (size_t i = 0; i < count; i++)
			text[at + i] = (char)random_below(256);
		return size;
	}
}

/* By value: what the frame in the mutant says, written anew, is one of those that were sent. */
static void assert_was_sent(const struct hw_frame *f, const struct hw_line *sent, size_t count)
{
	struct hw_line again;

	hw_line_begin(&again, f->sequence, f->type);
	for (size_t i = 0; i < f->count; i++)
		assert_true(hw_line_text(&again, f->field[i].key, f->field[i].value));
	hw_line_end(&again);
	for (size_t i = 0; i < count; i++)
		if (again.used == sent[i].used && !memcmp(again.text, sent[i].text, again.used))
			return;
	fail_msg("a frame that nobody sent: %.*s", (int)again.used, again.text);
}

static struct hw_line random_frame(void)
{
	struct hw_line l;

	hw_line_begin(&l, (uint32_t)random_below(1000), random_below(2) ? "cost" : "counts");
	for (size_t i = random_below(8); i > 0; i--) {
		char key[4] = {'k', (char)('a' + i), 0}, value[12] = "";

		for (size_t n = random_below(sizeof(value)); n > 0; n--)
			value[n - 1] = (char)(1 + random_below(255));
		hw_line_text(&l, key, value);
		hw_line_number(&l, key, random_below(100000));
	}
	hw_line_end(&l);
	return l;
}

/* Two frames behind each other, damaged in some places: what is accepted was sent. */
static void no_frame_is_accepted_that_was_not_sent(void **state)
{
	size_t accepted = 0, refused = 0;

	(void)state;
	random_state = 42;
	for (unsigned int round = 0; round < 200000; round++) {
		struct hw_line sent[2] = {random_frame(), random_frame()};
		char text[2 * HW_FRAME_MAX + 64];
		size_t size = sent[0].used + sent[1].used;

		memcpy(text, sent[0].text, sent[0].used);
		memcpy(text + sent[0].used, sent[1].text, sent[1].used);
		for (size_t n = 1 + random_below(3); n > 0; n--)
			size = mutate(text, size);
		for (size_t at = 0; at < size;) {
			struct hw_frame f;
			enum hw_frame_status status = hw_frame_parse(text + at, size - at, &f);

			assert_true(f.used > 0 && f.used <= size - at);
			at += f.used;
			refused += status == HW_FRAME_DAMAGED;
			if (status == HW_FRAME_OK) {
				assert_was_sent(&f, sent, 2);
				accepted++;
			}
		}
	}
	assert_true(accepted > 100000 && refused > 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_is_one_line_of_printable_text),
		cmocka_unit_test(the_checksum_is_crc_32),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(every_byte_survives_in_a_value),
		cmocka_unit_test(numbers_keep_all_their_bits),
		cmocka_unit_test(what_is_no_number_is_not_read_as_one),
		cmocka_unit_test(a_full_line_leaves_fields_out_whole),
		cmocka_unit_test(a_form_that_no_writer_makes_is_damage),
		cmocka_unit_test(more_fields_than_a_frame_has_are_damage),
		cmocka_unit_test(a_line_longer_than_any_that_is_written_is_damage),
		cmocka_unit_test(noise_around_a_frame_is_no_part_of_it),
		cmocka_unit_test(zero_bytes_around_do_no_harm_and_inside_are_damage),
		cmocka_unit_test(text_without_a_mark_is_no_frame),
		cmocka_unit_test(frames_of_one_line_are_found_one_after_the_other),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(every_changed_bit_is_noticed),
		cmocka_unit_test(every_lost_or_doubled_byte_is_noticed),
		cmocka_unit_test(no_frame_is_accepted_that_was_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
