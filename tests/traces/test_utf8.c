/* SPDX-License-Identifier: GPL-2.0-only */
/* Every code point in its one form, and every form that is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <jansson.h>

#include "utf8.h"

/* By the table of RFC 3629, section 3. */
static size_t encode(uint32_t c, char to[4])
{
	size_t length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = length; i-- > 1; c >>= 6)
		to[i] = (char)(0x80 | (c & 0x3f));
	to[0] = (char)(length == 1 ? c : c | (0xf00u >> length & 0xff));
	return length;
}

static void every_code_point_is_itself(void **state)
{
	char bytes[4];
	uint32_t code;

	(void)state;
	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		size_t length = encode(c, bytes);

		if (c >= 0xd800 && c <= 0xdfff) {
			assert_int_equal(nvt_utf8(bytes, length, &code), 0);
			continue;
		}
		assert_int_equal(nvt_utf8(bytes, length, &code), length);
		assert_int_equal(code, c);
		assert_int_equal(nvt_utf8(bytes, length - 1, &code), 0);
	}
}

/* A parser of JSON has to refuse what is no UTF-8. */
static void it_agrees_with_a_parser_of_json(void **state)
{
	uint32_t x = 1, code;
	char bytes[5] = "";

	(void)state;
	for (int i = 0; i < 2000000; i++) {
		size_t length = 1 + (size_t)i % 4;
		json_t *text;

		for (size_t k = 0; k < length; k++) {
			x = x * 1664525 + 1013904223;
			/* Bytes that continue are wanted more often than by chance. */
			bytes[k] = (char)(k && x >> 30 ? 0x80 | (x >> 24 & 0x3f) : x >> 22);
		}
		if (nvt_utf8(bytes, length, &code) != length && (bytes[0] & 0x80) == 0)
			continue; /* several characters */
		text = json_stringn(bytes, length);
		if (nvt_utf8(bytes, length, &code) == length)
			assert_non_null(text);
		else if (nvt_utf8(bytes, length, &code) == 0)
			assert_null(text);
		json_decref(text);
	}
}

static void what_a_terminal_or_a_page_could_obey_is_not_plain(void **state)
{
	static const uint32_t bad[] = {0,      0x1b,   0x7f,   0x80,   0x9b,  0x61c,
				       0x200f, 0x2028, 0x202e, 0x2066, 0x2069};
	static const uint32_t good[] = {' ', '~', 0xa0, 0xe4, 0x2027, 0x206a, 0x10ffff};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(nvt_utf8_is_plain(bad[i]));
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(nvt_utf8_is_plain(good[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point_is_itself),
		cmocka_unit_test(it_agrees_with_a_parser_of_json),
		cmocka_unit_test(what_a_terminal_or_a_page_could_obey_is_not_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
