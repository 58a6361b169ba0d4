/* SPDX-License-Identifier: GPL-2.0-only */
#include "document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

static void put(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

/* The member of a member. */
static json_t *get2(const json_t *json, const char *outer, const char *inner)
{
	return json_object_get(json_object_get(json, outer), inner);
}

/* ---- what a cell is ---- */

bool sweep_digest(const json_t *json, char hex[65])
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	uint8_t digest[NVT_SHA256_SIZE];
	struct nvt_sha256 h;

	if (!text)
		return false;
	nvt_sha256_init(&h);
	nvt_sha256_update(&h, text, strlen(text));
	nvt_sha256_final(&h, digest);
	for (unsigned int i = 0; i < NVT_SHA256_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	free(text);
	return true;
}

/* For a digest: those beyond 2^63 come out negative, each as another number all the same. */
json_t *sweep_gen_json(const struct nvt_gen_options *gen)
{
	struct nvt_gen_options copy = *gen;
	json_t *options = json_object();

	for (size_t i = 0; i < nvt_gen_option_count; i++)
		put(options, nvt_gen_option_table[i].name,
		    json_integer((json_int_t)*nvt_gen_field(&copy, &nvt_gen_option_table[i])));
	return options;
}

static json_t *axes_json(const struct sweep_cell *cell)
{
	const struct sweep_stream *s = cell->stream;
	json_t *axes = json_object();

	put(axes, "trace", json_string(s->name));
	put(axes, "policy", json_string(cell->policy->name));
	put(axes, "invalidation", json_string(cell->invalidation->name));
	put(axes, "host_granule",
	    s->path ? json_null() : json_integer((json_int_t)s->gen.host_page));
	put(axes, "leaves", text_or_null(s->leaves));
	return axes;
}

/* The cell's own part of the specification: others may come and go. */
static json_t *part_json(const struct sweep_cell *cell, json_t *axes)
{
	const struct sweep_stream *s = cell->stream;
	json_t *part = json_object();
	char quirks[128];

	result_quirks(cell->spec->quirks, quirks, sizeof(quirks));
	json_object_set(part, "axes", axes);
	put(part, "generated", s->path ? json_null() : sweep_gen_json(&s->gen));
	put(part, "quirks", json_string(quirks));
	put(part, "check", json_boolean(cell->spec->check));
	return part;
}

json_t *sweep_cell_json(const struct sweep_cell *cell)
{
	json_t *json = json_object(), *axes = axes_json(cell), *part = part_json(cell, axes);
	char digest[65] = "";

	sweep_digest(part, digest);
	put(json, "id", json_string(cell->name));
	put(json, "spec", json_string(digest));
	put(json, "axes", axes);
	json_decref(part);
	return json;
}

/* ---- what is there ---- */

/* Of the file as it is now; the cells of a stream follow each other. NULL: it cannot be read. */
static const char *trace_sha256(struct sweep_store *s, const struct sweep_stream *stream)
{
	if (s->hashed != stream && !result_file_sha256(stream->path, s->sha256))
		return NULL;
	s->hashed = stream;
	return s->sha256;
}

static bool is_of_trace(struct sweep_store *s, const struct sweep_stream *stream,
			const json_t *result)
{
	const char *of = json_string_value(get2(result, "context", "trace_sha256"));
	const char *now;

	/* What is generated depends on the options alone. */
	if (!stream->path)
		return true;
	now = of ? trace_sha256(s, stream) : NULL;
	return now && strcmp(now, of) == 0;
}

static bool is_whole(const json_t *result)
{
	static const char *const members[] = {"context", "trace", "counts", "metrics", "exactness"};
	const char *schema = json_string_value(json_object_get(result, "schema"));

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (!json_is_object(json_object_get(result, members[i])))
			return false;
	return schema && strcmp(schema, "nvsim.result/1") == 0 &&
	       json_is_string(json_object_get(result, "digest"));
}

json_t *sweep_cell_load(struct sweep_store *s, const struct sweep_cell *cell)
{
	char *path = sweep_store_path(s, "cells/", cell->name, ".json");
	json_t *result = path ? json_load_file(path, JSON_REJECT_DUPLICATES, NULL) : NULL;
	json_t *wanted = sweep_cell_json(cell);

	free(path);
	if (result && !(is_whole(result) && json_equal(json_object_get(result, "cell"), wanted) &&
			is_of_trace(s, cell->stream, result))) {
		json_decref(result);
		result = NULL;
	}
	json_decref(wanted);
	return result;
}

bool sweep_cell_is_ours(const struct sweep_store *s, const json_t *result)
{
	json_t *ours = json_object(), *value;
	bool same = true;
	const char *key;

	result_build_json(s->build, ours);
	json_object_foreach(ours, key, value) same &=
		json_equal(value, get2(result, "context", key)) != 0;
	json_decref(ours);
	return same;
}

bool sweep_cell_has_findings(const json_t *cell)
{
	return json_array_size(json_object_get(cell, "findings")) != 0;
}

/* ---- all of them ---- */

/* Members of a cell's context that are of its stream, and those that are of its rule. */
static const char *const of_trace[] = {"trace_sha256", "trace_digest", "trace_emulated"};
static const char *const of_rule[] = {"policy", "invalidation"};

static json_t *trace_axis(const struct sweep_spec *spec)
{
	json_t *axis = json_array();

	for (size_t i = 0; i < spec->stream_count; i++)
		json_array_append_new(axis, json_string(spec->streams[i].name));
	return axis;
}

/* The names of the policies of one stream, in the order of its cells. */
static void add_rules(json_t *axes, const struct sweep_spec *spec)
{
	json_t *policies = json_array(), *invalidations = json_array();

	for (size_t i = 0; i < spec->policies.count; i++)
		json_array_append_new(policies,
				      json_string(s2_policies[spec->policies.place[i]].name));
	for (size_t i = 0; i < spec->invalidations.count; i++)
		json_array_append_new(
			invalidations,
			json_string(s2_invalidations[spec->invalidations.place[i]].name));
	put(axes, "policy", policies);
	put(axes, "invalidation", invalidations);
}

static json_t *leaves_axis(const struct sweep_spec *spec)
{
	json_t *axis = json_array(), *mixture;
	size_t i;

	json_array_foreach(json_object_get(spec->json, "leaves"), i, mixture)
		json_array_append(axis, json_object_get(mixture, "name"));
	return axis;
}

json_t *sweep_document(const struct sweep_spec *spec)
{
	json_t *doc = json_object(), *axes = json_object();

	put(axes, "trace", trace_axis(spec));
	add_rules(axes, spec);
	put(axes, "host_granule", json_array());
	put(axes, "leaves", leaves_axis(spec));
	put(doc, "schema", json_string("nvsim.sweep/1"));
	put(doc, "context", json_null());
	put(doc, "axes", axes);
	put(doc, "traces", json_array());
	put(doc, "cells", json_array());
	return doc;
}

static void add_once(json_t *array, json_t *value)
{
	json_t *there;
	size_t i;

	json_array_foreach(array, i, there)
	{
		if (json_equal(there, value))
			return;
	}
	json_array_append(array, value);
}

/* What has to be the same in all cells: version, handler, quirks; not where each ran. */
static json_t *common_of(const json_t *json)
{
	json_t *context = json_copy(json_object_get(json, "context"));

	for (size_t i = 0; i < sizeof(of_trace) / sizeof(of_trace[0]); i++)
		json_object_del(context, of_trace[i]);
	for (size_t i = 0; i < sizeof(of_rule) / sizeof(of_rule[0]); i++)
		json_object_del(context, of_rule[i]);
	json_object_del(context, "host");
	json_object_del(context, "hosts");
	return context;
}

static bool same_common(const json_t *doc, const json_t *result)
{
	json_t *a = common_of(doc), *b = common_of(result);
	bool same = json_equal(a, b) != 0;

	json_decref(a);
	json_decref(b);
	return same;
}

/* Once, for all the cells of a stream. */
static void add_trace(json_t *doc, const struct sweep_cell *cell, const json_t *result)
{
	json_t *trace = json_object();

	put(trace, "id", json_string(cell->stream->name));
	for (size_t i = 0; i < sizeof(of_trace) / sizeof(of_trace[0]); i++)
		json_object_set(trace, of_trace[i], get2(result, "context", of_trace[i]));
	json_object_set(trace, "trace", json_object_get(result, "trace"));
	json_array_append_new(json_object_get(doc, "traces"), trace);
}

static const json_t *last_trace(const json_t *doc)
{
	const json_t *traces = json_object_get(doc, "traces");
	size_t count = json_array_size(traces);

	return count ? json_array_get(traces, count - 1) : NULL;
}

static json_t *entry_of(const struct sweep_cell *cell, const json_t *result)
{
	static const char *const members[] = {"counts", "metrics", "exactness", "findings",
					      "digest"};
	json_t *entry = json_object(), *of_cell = axes_json(cell);

	put(entry, "id", json_string(cell->name));
	json_object_update(entry, of_cell);
	json_object_set(entry, "host_granule",
			json_object_get(get2(result, "trace", "machine"), "page_size"));
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (json_object_get(result, members[i]))
			json_object_set(entry, members[i], json_object_get(result, members[i]));
	json_decref(of_cell);
	return entry;
}

/* Where it ran: the one host, or all of them. */
static void add_host(json_t *context, json_t *host)
{
	json_t *one = json_object_get(context, "host"), *hosts = json_object_get(context, "hosts");

	if (!one && !hosts) {
		json_object_set(context, "host", host);
	} else if (hosts) {
		add_once(hosts, host);
	} else if (!json_equal(one, host)) {
		json_object_set_new(context, "hosts", json_pack("[O, O]", one, host));
		json_object_del(context, "host");
	}
}

const char *sweep_document_add(json_t *doc, const struct sweep_cell *cell, const json_t *result)
{
	const json_t *trace = last_trace(doc);
	const char *name = json_string_value(json_object_get(trace, "id"));
	json_t *entry;

	if (!trace)
		put(doc, "context", common_of(result));
	if (!same_common(doc, result))
		return "is of another version of the program than the cells before it";
	if (!name || strcmp(name, cell->stream->name))
		add_trace(doc, cell, result);
	else if (!json_equal(json_object_get(trace, "trace_digest"),
			     get2(result, "context", "trace_digest")))
		return "is of another trace than the cells before it";
	entry = entry_of(cell, result);
	add_host(json_object_get(doc, "context"), get2(result, "context", "host"));
	add_once(get2(doc, "axes", "host_granule"), json_object_get(entry, "host_granule"));
	json_array_append_new(json_object_get(doc, "cells"), entry);
	return NULL;
}
