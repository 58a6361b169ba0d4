/* SPDX-License-Identifier: GPL-2.0-only */
/* The specification of a sweep: its cells have names of files, and each its own. */
#include "document.h"
#include "fuzz.h"
#include "jobs.h"
#include "said.h"

#define CELLS_MOST 200u

static void try_name(const char *name)
{
	FUZZ_REQUIRE(*name && *name != '.' && *name != '-');
	for (; *name; name++)
		FUZZ_REQUIRE((*name >= '0' && *name <= '9') || (*name >= 'A' && *name <= 'Z') ||
			     (*name >= 'a' && *name <= 'z') || strchr("._+-", *name));
}

static void try_cell(const struct sweep_spec *spec, size_t number, json_t *names)
{
	struct sweep_cell cell = sweep_cell(spec, number);
	json_t *json = sweep_cell_json(&cell);

	try_name(cell.name);
	FUZZ_REQUIRE(!json_object_get(names, cell.name));
	json_object_set_new(names, cell.name, json_true());
	FUZZ_REQUIRE(strlen(json_string_value(json_object_get(json, "spec"))) == 64);
	json_decref(json);
}

static void try_spec(const struct sweep_spec *spec)
{
	size_t count = spec->cell_count < CELLS_MOST ? spec->cell_count : CELLS_MOST;
	json_t *names = json_object(), *doc = sweep_document(spec);

	FUZZ_REQUIRE(spec->cell_count && spec->cell_count <= SWEEP_CELLS_MAX);
	for (size_t i = 0; i < count; i++)
		try_cell(spec, i, names);
	json_decref(names);
	json_decref(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *json = json_loadb((const char *)data, size,
				  JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	struct nvt_error err = {0};
	struct sweep_spec spec;
	struct fuzz_said said;

	if (!json)
		return 0;
	if (sweep_spec_parse(json, &spec, &err) == NVT_OK) {
		try_spec(&spec);
	} else {
		fuzz_listen(&said);
		cli_fail_trace(&err);
		fuzz_heard(&said);
		fuzz_require_messages(&said, CLI_USAGE);
		fuzz_forget(&said);
	}
	sweep_spec_free(&spec);
	json_decref(json);
	return 0;
}
