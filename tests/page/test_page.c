/* SPDX-License-Identifier: GPL-2.0-only */
/* A page of documents that no recording of the tests has: hostile texts, times of an emulator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "page.h"

/* Once it is not escaped it shows as a tag that no page has. */
#define EVIL "<x-evil onload='a()'>&\"\x1b"

static json_t *parse(const char *format, ...)
{
	va_list args;
	json_t *json;

	va_start(args, format);
	json = json_vpack_ex(NULL, 0, format, args);
	va_end(args);
	assert_non_null(json);
	return json;
}

static json_t *result_of(json_t *emulated)
{
	return parse("{s:{s:s,s:s,s:s,s:s,s:o}, s:{s:s,s:i,s:i,s:{s:s,s:s,s:{s:s,s:s,s:s}}}, "
		     "s:{s:{s:s}}, s:{s:s,s:s}, s:[{s:I,s:i,s:s}], s:[], "
		     "s:{s:s,s:s,s:[{s:s,s:s,s:i,s:{}}]}}",
		     "context", "version", EVIL, "policy", EVIL, "quirks", EVIL, "invalidation",
		     EVIL, "trace_emulated", emulated, "trace", "name", EVIL, "first_ns", 0,
		     "last_ns", 9, "meta", "origin", EVIL, "story", EVIL, "source", "kernel", EVIL,
		     "format", EVIL, "name", EVIL, "metrics", "absent", "block_share", EVIL,
		     "exactness", "verdict", EVIL, "why", EVIL, "marks", "time_ns", (json_int_t)5,
		     "fault", 0, "text", EVIL, "intervals", "symbols", "counted", "handled", "file",
		     EVIL, "rows", "function", EVIL, "module", EVIL, "faults", 1, "outcomes");
}

static json_t *compare_of(void)
{
	return parse("{s:[{s:s,s:s,s:b,s:{s:s,s:s}}], s:{s:s}}", "policies", "policy", EVIL,
		     "label", EVIL, "sound", 0, "exactness", "verdict", EVIL, "why", EVIL,
		     "verdict", "text", EVIL);
}

/* The page, to be freed. */
static char *page_of(json_t *emulated)
{
	const char *lines[64] = {EVIL};
	const uint64_t marks[] = {5};
	struct check_result check = {.findings = 1, .kept_count = 1};
	struct page_report r = {.name = EVIL,
				.class = NVT_FULL,
				.result = result_of(emulated),
				.compare = compare_of(),
				.check = &check,
				.marks = marks,
				.mark_count = 1,
				.lines = lines,
				.timeline.why = EVIL,
				.policies.why = EVIL,
				.clamps.why = EVIL};
	struct heat heat;
	char *text = NULL;
	size_t size;
	FILE *out;

	check.count[CHECK_MAPPED] = 1;
	check.kept[0].rule = CHECK_MAPPED;
	strcpy(check.kept[0].text, EVIL);
	assert_true(heat_init(&heat));
	heat.last_ns = 9;
	r.heat = &heat;
	out = open_memstream(&text, &size);
	assert_non_null(out);
	page_report_write(out, &r);
	assert_int_equal(fclose(out), 0);
	heat_destroy(&heat);
	json_decref((json_t *)r.result);
	json_decref((json_t *)r.compare);
	return text;
}

static unsigned int times_in(const char *text, const char *what)
{
	unsigned int n = 0;

	for (; (text = strstr(text, what)) != NULL; text += strlen(what))
		n++;
	return n;
}

static void test_no_text_is_markup(void **state)
{
	char *page = page_of(json_null());

	(void)state;
	assert_null(strstr(page, "<x-evil"));
	assert_null(strstr(page, "\x1b"));
	/* Each place that shows a text from outside: a part that is forgotten shows here. */
	assert_true(times_in(page, "&lt;x-evil onload=&#39;a()&#39;&gt;&amp;&quot;\\x1b") >= 20);
	free(page);
}

static void test_times_of_an_emulator_are_called_so(void **state)
{
	char *emulated = page_of(json_true()), *hardware = page_of(json_false()),
	     *unknown = page_of(json_string("unknown"));

	(void)state;
	assert_non_null(strstr(emulated, "<span class=\"badge emulated\">emulated</span>"));
	assert_non_null(strstr(emulated, ">emulated time since the beginning"));
	assert_non_null(strstr(emulated, "<p>Times are of an emulator"));
	assert_null(strstr(hardware, "badge emulated\""));
	assert_null(strstr(hardware, ">emulated time"));
	assert_non_null(strstr(hardware, "<p>Times are of hardware.</p>"));
	assert_null(strstr(unknown, "badge emulated\""));
	assert_non_null(strstr(unknown, "<p>Times are of hardware or an emulator"));
	free(emulated);
	free(hardware);
	free(unknown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_text_is_markup),
		cmocka_unit_test(test_times_of_an_emulator_are_called_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
