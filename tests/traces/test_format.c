/* SPDX-License-Identifier: GPL-2.0-only */
/* FORMAT.md has the tables of the code, word for word. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../traces/block.h"
#include "../../traces/frame.h"
#include "../../traces/schema.h"

#include "traces/files.h"

static void describe_range(const struct nvt_column *c, char *to, size_t size)
{
	uint64_t whole = UINT64_MAX >> (64 - 8 * c->size);
	int n;

	if (c->align)
		n = snprintf(to, size, "multiple of %u", c->align + 1u);
	else if (c->ascending)
		n = snprintf(to, size, "not less than before");
	else if (c->span == whole)
		n = snprintf(to, size, c->low ? "any, signed" : "any");
	else
		n = snprintf(to, size, "%" PRId64 "..%" PRId64, c->low, c->low + (int64_t)c->span);
	if (c->bound == NVT_BOUND_VCPU)
		snprintf(to + n, size - (size_t)n, ", below vcpu_count");
	if (c->bound == NVT_BOUND_CONTEXT)
		snprintf(to + n, size - (size_t)n, ", below context_count");
}

static size_t describe_group(unsigned int id, char *to, size_t size)
{
	const struct nvt_group *g = &nvt_groups[id];
	char range[80];
	size_t n;

	n = (size_t)snprintf(to, size,
			     "#### Group %u: %s\n\n| column | bytes | range | base |\n"
			     "|---|---|---|---|\n",
			     id, g->name);
	for (unsigned int i = 0; i < g->column_count; i++) {
		const struct nvt_column *c = &g->columns[i];

		describe_range(c, range, sizeof(range));
		n += (size_t)snprintf(to + n, size - n, "| %s | %u | %s | %s |\n", c->name, c->size,
				      range, nvt_base_names[c->base]);
	}
	return n;
}

static void tables_of_groups_agree(void **state)
{
	char *document = read_file(source_path("../../traces/FORMAT.md"), NULL);
	char table[4096];

	(void)state;
	assert_non_null(document);
	for (unsigned int id = 0; id < NVT_GROUP_COUNT; id++) {
		describe_group(id, table, sizeof(table));
		if (getenv("NVT_PRINT_TABLES"))
			printf("%s\n", table);
		else if (!strstr(document, table))
			fail_msg("FORMAT.md lacks this, or has it otherwise:\n%s", table);
	}
	free(document);
}

static void limits_agree(void **state)
{
	static const char *const rows[] = {
		"| content of a frame | 64 MiB |",	  "| events of a block | 65536 |",
		"| words of one l1mem section | 65536 |", "| words of all of them | 2^25 |",
		"| bytes of the text of a mark | 1024 |",
	};
	char *document = read_file(source_path("../../traces/FORMAT.md"), NULL);

	(void)state;
	assert_int_equal(NVT_FRAME_MAX, 64 << 20);
	assert_int_equal(NVT_BLOCK_MAX, 65536);
	assert_int_equal(NVT_WORDS_MAX, 65536);
	assert_int_equal(NVT_WORDS_MAX_FILE, 1 << 25);
	assert_int_equal(NVT_MARK_MAX, 1024);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strstr(document, rows[i]))
			fail_msg("FORMAT.md lacks: %s", rows[i]);
	free(document);
}

/* What the decoder's tables are sized for. */
static void schema_fits_its_limits(void **state)
{
	unsigned int columns = 0;

	(void)state;
	for (unsigned int id = 0; id < NVT_GROUP_WORDS; id++) {
		assert_true(nvt_groups[id].column_count <= NVT_GROUP_COLUMNS_MAX);
		columns += nvt_groups[id].column_count;
	}
	assert_true(columns <= NVT_COLUMNS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_of_groups_agree),
		cmocka_unit_test(limits_agree),
		cmocka_unit_test(schema_fits_its_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
