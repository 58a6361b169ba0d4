/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Saved results of unknown origin: compared, drawn and merged. gnuplot is not started: what it
 * would be given has strings that nothing in them ends, and figures.
 */
#include <ctype.h>
#include <stdbool.h>

#include "build.h"
#include "compare_document.h"
#include "data.h"
#include "document.h"
#include "draw.h"
#include "json_file.h"
#include "linked.h"
#include "said.h"

/* ---- compared ---- */

/* Anything else is taken for a trace. */
static bool is_json(const uint8_t *data, size_t size)
{
	size_t i = 0;

	while (i < size && isspace(data[i]))
		i++;
	return i < size && i < 64 && (data[i] == '{' || data[i] == '[');
}

static void compare(const char *path)
{
	const char *const table[] = {"compare", path, NULL};
	const char *const csv[] = {"compare", "--csv", path, NULL};
	const char *const markdown[] = {"compare", "--markdown", path, NULL};
	const char *const two[] = {"compare", "--json", path, path, NULL};

	if (fuzz_command(table, false) > CLI_FINDINGS)
		return;
	fuzz_command(csv, false);
	fuzz_command(markdown, false);
	fuzz_command(two, true);
}

/* ---- drawn ---- */

/* Behind its first quote; what is behind its last. */
static const char *require_string(const char *s)
{
	for (; *s != '"'; s++)
		FUZZ_REQUIRE(*s && !strchr("\n\\`$@#", *s));
	return s + 1;
}

static const char *require_number(const char *s)
{
	char *end;

	if (strncmp(s, "NaN", 3) == 0)
		return s + 3;
	FUZZ_REQUIRE(isdigit((unsigned char)*s) || *s == '-');
	strtod(s, &end);
	FUZZ_REQUIRE(end > s);
	return end;
}

/* Figures and strings up to the end of the line, blanks between them. */
static const char *require_values(const char *s)
{
	s += *s == ' ';
	while (*s != '\n') {
		s = *s == '"' ? require_string(s + 1) : require_number(s);
		FUZZ_REQUIRE(*s == ' ' || *s == '\n');
		s += *s == ' ';
	}
	return s + 1;
}

static const char *require_block(const char *s)
{
	static const char end[] = "END_OF_DATA\n";

	while (strncmp(s, end, strlen(end)))
		s = require_values(s);
	return s + strlen(end);
}

/* Variables and blocks of data. */
static void require_script(const char *s)
{
	static const char block[] = " << END_OF_DATA\n";

	while (*s) {
		bool data = *s == '$';

		s += data;
		FUZZ_REQUIRE(islower((unsigned char)*s));
		while (islower((unsigned char)*s) || isdigit((unsigned char)*s) || *s == '_')
			s++;
		FUZZ_REQUIRE(strncmp(s, data ? block : " =", data ? strlen(block) : 2) == 0);
		s = data ? require_block(s + strlen(block)) : require_values(s + 2);
	}
}

static void try_kind(const struct plot_kind *kind, const json_t *docs)
{
	char *text = NULL;
	size_t size;
	struct plot_data d = {.docs = docs, .out = open_memstream(&text, &size)};
	struct nvt_error err = {0};
	const char *why;

	if (!d.out)
		abort();
	why = kind->data(&d);
	fclose(d.out);
	if (!why && !d.damaged)
		require_script(text);
	FUZZ_REQUIRE(!why || *why);
	if (plot_mixed(kind, docs, &err))
		FUZZ_REQUIRE(err.status == NVT_EINPUT);
	free(text);
}

static void draw(const json_t *docs)
{
	for (size_t i = 0; i < plot_kind_count; i++)
		try_kind(&plot_kinds[i], docs);
}

/* As nvsim plot takes them. */
static void add_drawn(json_t *docs, json_t *doc)
{
	if (json_is_object(json_object_get(doc, "context")) &&
	    json_is_string(json_object_get(doc, "schema")))
		json_array_append(docs, doc);
}

static void draw_all(json_t *json)
{
	json_t *docs = json_array(), *item;
	size_t i;

	if (json_is_object(json))
		add_drawn(docs, json);
	json_array_foreach(json, i, item) add_drawn(docs, item);
	if (json_array_size(docs)) {
		draw(docs);
		if (json_is_object(json)) {
			json_array_append(docs, json);
			draw(docs);
		}
	}
	json_decref(docs);
}

/* ---- merged ---- */

static const char spec_text[] =
	"{\"generated\": {}, \"policies\": [\"page\", \"kvm-7.3\"], \"host_granule\": [\"4K\"]}";

/* The result as that of a cell of a sweep, in its file. */
static json_t *load_cell(struct sweep_store *store, const struct sweep_cell *cell, json_t *result,
			 struct fuzz_file *file)
{
	char *text;

	json_object_set_new(result, "cell", sweep_cell_json(cell));
	text = json_dumps(result, 0);
	if (!text)
		abort();
	fuzz_file_set(file, text, strlen(text));
	free(text);
	return sweep_cell_load(store, cell);
}

static void merge(json_t *result)
{
	static struct sweep_store store = {.lock = -1, .build = &cli_build};
	static struct fuzz_file files[2];
	static struct sweep_spec spec;
	struct nvt_error err;
	json_t *doc, *docs;

	if (!store.dir) {
		json_t *json = json_loads(spec_text, 0, NULL);

		FUZZ_REQUIRE(json && sweep_spec_parse(json, &spec, &err) == NVT_OK);
		json_decref(json);
		store.dir = fuzz_linked_folder("cells");
		for (size_t i = 0; i < 2; i++) {
			struct sweep_cell cell = sweep_cell(&spec, i);
			char name[SWEEP_CELL_NAME + 8];

			snprintf(name, sizeof(name), "%s.json", cell.name);
			fuzz_file_set(&files[i], "", 0);
			fuzz_linked_add(name, &files[i]);
		}
	}
	doc = sweep_document(&spec);
	for (size_t i = 0; i < 2; i++) {
		struct sweep_cell cell = sweep_cell(&spec, i);
		json_t *loaded = load_cell(&store, &cell, result, &files[i]);
		const char *why = loaded ? sweep_document_add(doc, &cell, loaded) : NULL;

		FUZZ_REQUIRE(!why || *why);
		if (loaded) {
			sweep_cell_is_ours(&store, loaded);
			sweep_cell_has_findings(loaded);
		}
		json_decref(loaded);
	}
	docs = json_pack("[O]", doc);
	draw(docs);
	json_decref(docs);
	json_decref(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_file file;
	struct nvt_error err = {0};
	const char *path;
	json_t *json;

	if (!is_json(data, size))
		return 0;
	path = fuzz_file_set(&file, data, size);
	json = json_file_load(path, &err);
	FUZZ_REQUIRE(json || err.status == NVT_EINPUT);
	compare(path);
	draw_all(json);
	if (json_is_object(json))
		merge(json);
	json_decref(json);
	return 0;
}
