/* SPDX-License-Identifier: GPL-2.0-only */
/* Text on a page is text, wherever it is from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"

static void check_text(const char *text, const char *wanted)
{
	char *got = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	assert_non_null(out);
	html_text(out, text);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(got, wanted);
	free(got);
}

static void test_markup_is_escaped(void **state)
{
	(void)state;
	check_text("", "");
	check_text("plain, with 1 + 1 = 2", "plain, with 1 + 1 = 2");
	check_text("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;");
	check_text("\"a\" 'b' & &amp;", "&quot;a&quot; &#39;b&#39; &amp; &amp;amp;");
	check_text("</style><!-- ]]>", "&lt;/style&gt;&lt;!-- ]]&gt;");
}

static void test_characters_that_are_none_are_shown_as_bytes(void **state)
{
	(void)state;
	check_text("a\nb\tc\x1b[31m\x7f", "a\\x0ab\\x09c\\x1b[31m\\x7f");
	check_text("\x80\xff", "\\x80\\xff");
	/* Cut off, too long, a surrogate, beyond the last one. */
	check_text("\xc3", "\\xc3");
	check_text("\xe2\x82", "\\xe2\\x82");
	check_text("\xc0\xbc", "\\xc0\\xbc");
	check_text("\xed\xa0\x80", "\\xed\\xa0\\x80");
	check_text("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
	/* What would start markup right behind a cut-off character. */
	check_text("\xe2<b>", "\\xe2&lt;b&gt;");
}

static void test_other_languages_are_kept_and_turns_of_direction_are_not(void **state)
{
	(void)state;
	check_text("Gr\xc3\xbc\xc3\x9f"
		   "e \xe2\x82\xac \xf0\x9f\x90\xa7",
		   "Gr\xc3\xbc\xc3\x9f"
		   "e \xe2\x82\xac \xf0\x9f\x90\xa7");
	check_text("a\xe2\x80\xae"
		   "b",
		   "a\\xe2\\x80\\xaeb");
	check_text("a\xd8\x9c"
		   "b",
		   "a\\xd8\\x9c"
		   "b");
	check_text("\xc2\x85", "\\xc2\\x85");
}

static void test_an_element_is_closed_by_its_name_alone(void **state)
{
	char *got = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	(void)state;
	assert_non_null(out);
	html_element(out, "td class=\"n\"", "%d < %s", 1, "<b>");
	html_element(out, "p", "100%%");
	assert_int_equal(fclose(out), 0);
	assert_string_equal(got, "<td class=\"n\">1 &lt; &lt;b&gt;</td>\n<p>100%</p>\n");
	free(got);
}

/* It goes into a style element as it is. */
static void test_the_style_sheet_cannot_end_its_element(void **state)
{
	(void)state;
	assert_non_null(strstr(page_css, "prefers-color-scheme: dark"));
	assert_null(strstr(page_css, "</style"));
	assert_null(strstr(page_css, "url("));
	assert_null(strstr(page_css, "@import"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_markup_is_escaped),
		cmocka_unit_test(test_characters_that_are_none_are_shown_as_bytes),
		cmocka_unit_test(test_other_languages_are_kept_and_turns_of_direction_are_not),
		cmocka_unit_test(test_an_element_is_closed_by_its_name_alone),
		cmocka_unit_test(test_the_style_sheet_cannot_end_its_element),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
