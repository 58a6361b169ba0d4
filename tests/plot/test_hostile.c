/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Results of unknown origin: whatever one member of a document is replaced by, each kind either
 * can draw it or says why not, and writes no figure for gnuplot that is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data.h"
#include "draw.h"

static const char *const files[] = {"compare", "replay", "el2-emulated",
				    "sweep",   "length", "bench"};
#define FILES (sizeof(files) / sizeof(files[0]))

static const char *const values[] = {
	"null",
	"true",
	"-1",
	"1e308",
	"0",
	"9223372036854775807",
	"\"\"",
	"[]",
	"{}",
	"[[1, 2]]",
	"\"END_OF_DATA\\n`touch x`\\\" $(touch x) \\\\\"",
};
#define VALUES (sizeof(values) / sizeof(values[0]))

static json_t *load(const char *name)
{
	char path[64];
	json_t *doc;

	snprintf(path, sizeof(path), "tests/plot/data/%s.json", name);
	doc = json_load_file(path, 0, NULL);
	if (!doc)
		fail_msg("%s cannot be read", path);
	return doc;
}

/* Lines of a script are such as this program writes: letters, figures, strings. */
static void check_data(const char *data, const char *what)
{
	static const char allowed[] = " ._+-/:;(),=*<>[]!?|~'\"\n$";

	for (const char *s = data; *s; s++)
		if (!((*s >= '0' && *s <= '9') || (*s >= 'a' && *s <= 'z') ||
		      (*s >= 'A' && *s <= 'Z') || strchr(allowed, *s)))
			fail_msg("%s: byte %#x among the data", what, (unsigned char)*s);
	if (strstr(data, "inf") && !strstr(data, "\"inf"))
		fail_msg("%s: an infinite figure", what);
}

static void try_kind(const struct plot_kind *kind, const json_t *docs)
{
	char *text = NULL;
	size_t size;
	struct plot_data d = {.docs = docs, .out = open_memstream(&text, &size)};
	struct nvt_error err;
	const char *why;

	assert_non_null(d.out);
	why = kind->data(&d);
	fclose(d.out);
	if (!why && !d.damaged)
		check_data(text, kind->name);
	if (why)
		assert_true(*why);
	plot_mixed(kind, docs, &err);
	free(text);
}

static void try_all(const json_t *docs)
{
	for (size_t k = 0; k < plot_kind_count; k++)
		try_kind(&plot_kinds[k], docs);
}

/* Each value below `at` is replaced by each of `values`, one at a time; the first of an array stand
 * for all. */
static void mutate(json_t *docs, json_t *at);

static void mutate_member(json_t *docs, json_t *at, const char *key, size_t i)
{
	json_t *old = json_incref(key ? json_object_get(at, key) : json_array_get(at, i));

	for (size_t v = 0; v < VALUES; v++) {
		json_t *value = json_loads(values[v], JSON_DECODE_ANY, NULL);

		assert_non_null(value);
		key ? json_object_set_new(at, key, value) : json_array_set_new(at, i, value);
		try_all(docs);
	}
	key ? json_object_set(at, key, old) : json_array_set(at, i, old);
	mutate(docs, old);
	json_decref(old);
}

static void mutate(json_t *docs, json_t *at)
{
	char keys[32][40];
	size_t count = 0;
	const char *key;
	json_t *value;

	json_object_foreach(at, key, value)
	{
		assert_true(count < 32);
		snprintf(keys[count++], sizeof(keys[0]), "%s", key);
	}
	for (size_t i = 0; i < count; i++)
		mutate_member(docs, at, keys[i], 0);
	for (size_t i = 0; i < json_array_size(at) && i < 3; i++)
		mutate_member(docs, at, NULL, i);
}

static void any_member_may_be_anything(void **state)
{
	(void)state;
	for (size_t f = 0; f < FILES; f++) {
		json_t *docs = json_array();

		json_array_append_new(docs, load(files[f]));
		mutate(docs, docs);
		json_decref(docs);
	}
}

/* Two of which the second is damaged: nothing may rest on the first alone. */
static void any_member_of_the_second_may_be_anything(void **state)
{
	(void)state;
	for (size_t f = 0; f < FILES; f++) {
		json_t *docs = json_array();

		json_array_append_new(docs, load(files[f]));
		json_array_append_new(docs, load(files[f]));
		mutate(docs, json_array_get(docs, 1));
		json_decref(docs);
	}
}

/* An array of a million of the first member of one. */
static void grow(json_t *docs, json_t *array)
{
	json_t *first = json_array_get(array, 0);

	assert_non_null(first);
	for (unsigned int i = 0; i < 1000000; i++)
		json_array_append(array, first);
	try_all(docs);
}

static void arrays_may_be_huge(void **state)
{
	static const struct {
		const char *file, *path;
	} arrays[] = {
		{"compare", "policies"}, {"replay", "intervals"},
		{"replay", "marks"},	 {"el2-emulated", "hw.histograms"},
		{"sweep", "cells"},	 {"length", "benchmarks"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) {
		json_t *docs = json_array();

		json_array_append_new(docs, load(arrays[i].file));
		grow(docs, (json_t *)json_at(json_array_get(docs, 0), arrays[i].path));
		json_decref(docs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_member_may_be_anything),
		cmocka_unit_test(any_member_of_the_second_may_be_anything),
		cmocka_unit_test(arrays_may_be_huge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
