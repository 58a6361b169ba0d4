/* SPDX-License-Identifier: GPL-2.0-only */
/* The meta section of a trace, which may say anything: what is shown of it, and the page of it. */
#include "build.h"
#include "markup.h"
#include "page.h"
#include "result.h"
#include "said.h"
#include "wrapped.h"

static const struct nvt_machine machine = {.page_shift = 12,
					   .ipa_limit = 48,
					   .canonical_bits = 40,
					   .s2_granules = 7,
					   .vcpu_count = 1,
					   .context_count = 2};

/* A trace of nothing but this. */
static void make_trace(struct wrap *w, const uint8_t *meta, size_t size)
{
	uint8_t header[NVT_HEADER_SIZE];

	nvt_put_header(header, NVT_FULL, &machine);
	add_section(w, NVT_SECTION_HEADER, header, sizeof(header));
	add_section(w, NVT_SECTION_META, meta, size);
	add_section(w, NVT_SECTION_INDEX, NULL, 0);
	add_tail(w);
}

static size_t page_of(const struct heat *heat, const json_t *result, const json_t *compare)
{
	static const char *lines[64];
	static struct check_result check;
	const struct page_report r = {.name = "trace.zst",
				      .class = NVT_FULL,
				      .result = result,
				      .compare = compare,
				      .check = &check,
				      .heat = heat,
				      .lines = lines,
				      .timeline.why = "it has none",
				      .policies.why = "it has none",
				      .clamps.why = "it has none"};
	char *text = NULL;
	size_t size, tags;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	page_report_write(out, &r);
	fclose(out);
	tags = fuzz_require_page(text);
	free(text);
	return tags;
}

/* What is a fact on the page is there with four tags more, at most eight facts. */
static void make_page(const char *meta)
{
	static struct heat heat;
	static size_t without;
	struct result_trace t = {.name = "trace.zst", .class = NVT_FULL, .machine = &machine};
	const struct result_context c = {.build = &cli_build, .policy = s2_policy_default};
	json_t *result = json_object(), *compare = json_object();
	size_t tags;

	if (!without && !heat_init(&heat))
		abort();
	if (!without)
		without = page_of(&heat, result, compare);
	t.meta = meta;
	json_object_set_new(result, "trace", result_trace_json(&t));
	json_object_set_new(result, "context", result_context_json(&c, &t));
	tags = page_of(&heat, result, compare);
	FUZZ_REQUIRE(tags >= without && tags <= without + 60);
	json_decref(result);
	json_decref(compare);
}

static void show(const char *path, bool whole, bool is_object)
{
	const char *const words[] = {"info", path, NULL};
	const char *const json[] = {"info", "--json", path, NULL};

	FUZZ_REQUIRE(fuzz_command(words, false) == (whole ? CLI_OK : CLI_INPUT));
	if (whole && is_object)
		FUZZ_REQUIRE(fuzz_command(json, true) == CLI_OK);
}

static void try_meta(const uint8_t *data, size_t size, const char *text)
{
	static struct fuzz_file file;
	json_t *json = json_loads(text, 0, NULL);
	struct wrap w;

	wrap_open(&w);
	make_trace(&w, data, size);
	show(fuzz_file_set(&file, w.file.data, w.file.size), !memchr(data, 0, size),
	     json_is_object(json));
	wrap_close(&w);
	if (json_is_object(json))
		make_page(text);
	json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	try_meta(data, size, text);
	free(text);
	return 0;
}
