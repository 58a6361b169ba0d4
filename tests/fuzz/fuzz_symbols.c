/* SPDX-License-Identifier: GPL-2.0-only */
/* Symbols of a kernel, as an ELF file or as text; written as text, they are read as the same. */
#include "fuzz.h"
#include "symbols.h"

static void require_text(const char *s)
{
	for (; *s; s++)
		FUZZ_REQUIRE(*s > ' ' && *s <= '~');
}

static void try_symbol(const struct symbols *s, uint32_t i)
{
	const struct symbol *f = &s->v[i];

	FUZZ_REQUIRE(f->end >= f->start);
	FUZZ_REQUIRE(!i || s->v[i - 1].start < f->start);
	FUZZ_REQUIRE(f->end == f->start || symbols_find(s, f->start) == i);
	require_text(symbols_name(s, i));
	require_text(symbols_module(s, i));
	FUZZ_REQUIRE(symbols_name(s, i)[0]);
}

static void put_symbol(FILE *out, const struct symbols *s, uint32_t i)
{
	const char *module = symbols_module(s, i);

	fprintf(out, "%016llx T %s", (unsigned long long)s->v[i].start, symbols_name(s, i));
	fprintf(out, *module ? " [%s]\n" : "%s\n", module);
}

/* Sizes are not in it, and names that begin with '$' would be none. */
static void read_as_text(const struct symbols *s)
{
	static struct fuzz_file file;
	struct nvt_error err = {0};
	struct symbols *again;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	for (uint32_t i = 0; i < s->count; i++)
		put_symbol(out, s, i);
	fclose(out);
	again = symbols_read(fuzz_file_set(&file, text, size), &err);
	FUZZ_REQUIRE(again && again->count == s->count);
	for (uint32_t i = 0; i < s->count; i++) {
		FUZZ_REQUIRE(again->v[i].start == s->v[i].start);
		FUZZ_REQUIRE(strcmp(symbols_name(again, i), symbols_name(s, i)) == 0);
		FUZZ_REQUIRE(strcmp(symbols_module(again, i), symbols_module(s, i)) == 0);
	}
	symbols_free(again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_file file;
	struct nvt_error err = {0};
	struct symbols *s = symbols_read(fuzz_file_set(&file, data, size), &err);

	if (!s) {
		FUZZ_REQUIRE(err.status == NVT_EINPUT);
		fuzz_require_line(err.text);
		return 0;
	}
	FUZZ_REQUIRE(s->count);
	for (uint32_t i = 0; i < s->count; i++)
		try_symbol(s, i);
	symbols_find(s, 0);
	symbols_find(s, ~0ull);
	read_as_text(s);
	symbols_free(s);
	return 0;
}
