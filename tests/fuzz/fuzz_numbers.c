/* SPDX-License-Identifier: GPL-2.0-only */
/* What people write: numbers, sets of quirks, names with a letter amiss. */
#include "fuzz.h"
#include "parse.h"
#include "result.h"
#include "show.h"

static void try_number(const char *text, unsigned int base)
{
	char written[32];
	uint64_t v, again;

	if (!parse_number(text, base, &v))
		return;
	snprintf(written, sizeof(written), "%llu", (unsigned long long)v);
	FUZZ_REQUIRE(parse_number(written, base, &again) && again == v);
	snprintf(written, sizeof(written), "0x%llx", (unsigned long long)v);
	FUZZ_REQUIRE(parse_number(written, base, &again) && again == v);
	FUZZ_REQUIRE(strlen(show_count(written, v)) <= 26);
	FUZZ_REQUIRE(strlen(show_bytes(written, v)) <= 12);
}

static void try_quirks(const char *text)
{
	char bad[PARSE_WORD] = "", written[128];
	uint32_t set, again;

	if (!parse_quirks(text, &set, bad)) {
		FUZZ_REQUIRE(strlen(bad) < PARSE_WORD);
		return;
	}
	FUZZ_REQUIRE(!(set & ~S2_QUIRKS_KVM));
	result_quirks(set, written, sizeof(written));
	FUZZ_REQUIRE(parse_quirks(written, &again, bad) && again == set);
}

static void try_name(const char *text)
{
	const char *const names[] = {"replay", "report", "record", "x", "kvm-7.3", NULL};
	const char *const own[] = {text, NULL};
	const char *nearest = parse_nearest(text, names);

	for (unsigned int i = 0; nearest && names[i] != nearest; i++)
		FUZZ_REQUIRE(names[i]);
	FUZZ_REQUIRE(!*text || strlen(text) > 40 || parse_nearest(text, own) == text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	try_number(text, 1000);
	try_number(text, 1024);
	try_quirks(text);
	try_name(text);
	free(text);
	return 0;
}
