/* SPDX-License-Identifier: GPL-2.0-only */
#include "spec.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "parse.h"

/* Values as they are met, before the streams are made of them. */
struct parser {
	struct sweep_spec *spec;
	struct nvt_error *err;
	json_t *traces, *generated, *leaves;
	struct nvt_gen_options base; /* of the streams that are made up */
	bool given_granule;	     /* L1's */
	uint64_t granules[3];
	size_t granule_count;
	json_t *names; /* of streams; a set */
};

static enum nvt_status bad(struct parser *p, const char *where, const char *what)
{
	return nvt_fail(p->err, NVT_EINPUT, "%s: %s", where, what);
}

static enum nvt_status no_memory(struct parser *p)
{
	return nvt_fail(p->err, NVT_ENOMEM, "out of memory");
}

static enum nvt_status unknown(struct parser *p, const char *what, const char *name,
			       const char *const *names)
{
	const char *nearest = parse_nearest(name, names);

	return nearest ? nvt_fail(p->err, NVT_EINPUT, "unknown %s '%.80s'; did you mean '%s'?",
				  what, name, nearest)
		       : nvt_fail(p->err, NVT_EINPUT, "unknown %s '%.80s'", what, name);
}

/* ---- axes of names ---- */

/* Where the value is among the names, which end with NULL. */
static enum nvt_status find_name(struct parser *p, const char *what, const json_t *value,
				 const char *const *names, uint8_t *place)
{
	const char *name = json_string_value(value);

	if (!name)
		return nvt_fail(p->err, NVT_EINPUT, "each %s has to be a string", what);
	for (size_t i = 0; names[i]; i++) {
		if (strcmp(names[i], name) == 0) {
			*place = (uint8_t)i;
			return NVT_OK;
		}
	}
	return unknown(p, what, name, names);
}

static enum nvt_status take_names(struct parser *p, const char *what, const json_t *axis,
				  const char *const *names, struct sweep_names *out)
{
	const json_t *value;
	uint64_t seen = 0;
	uint8_t place = 0;
	size_t i;

	out->count = 0;
	json_array_foreach(axis, i, value)
	{
		enum nvt_status status = find_name(p, what, value, names, &place);

		if (status)
			return status;
		if (seen >> place & 1)
			return nvt_fail(p->err, NVT_EINPUT, "%s '%s' is there twice", what,
					names[place]);
		seen |= 1ull << place;
		out->place[out->count++] = place;
	}
	return NVT_OK;
}

static enum nvt_status take_policies(struct parser *p, json_t *axis)
{
	const char *names[SWEEP_NAMES_MAX + 1] = {NULL};

	for (unsigned int i = 0; i < s2_policy_count && i < SWEEP_NAMES_MAX; i++)
		names[i] = s2_policies[i].name;
	return take_names(p, "policy", axis, names, &p->spec->policies);
}

static enum nvt_status take_invalidations(struct parser *p, json_t *axis)
{
	const char *names[SWEEP_NAMES_MAX + 1] = {NULL};

	for (unsigned int i = 0; i < s2_invalidation_count && i < SWEEP_NAMES_MAX; i++)
		names[i] = s2_invalidations[i].name;
	return take_names(p, "invalidation policy", axis, names, &p->spec->invalidations);
}

/* ---- what is the same in all cells ---- */

static enum nvt_status take_quirks(struct parser *p, json_t *value)
{
	char word[PARSE_WORD];

	if (parse_quirks(json_string_value(value), &p->spec->quirks, word))
		return NVT_OK;
	return nvt_fail(p->err, NVT_EINPUT, "unknown quirk '%s' (see nvsim replay --help)", word);
}

static enum nvt_status take_check(struct parser *p, json_t *value)
{
	p->spec->check = json_is_true(value);
	return NVT_OK;
}

/* ---- streams that are made up ---- */

static const struct nvt_gen_option *gen_option(const char *prefix, const char *name)
{
	size_t length = strlen(prefix);

	for (size_t i = 0; i < nvt_gen_option_count; i++)
		if (strncmp(nvt_gen_option_table[i].name, prefix, length) == 0 &&
		    strcmp(nvt_gen_option_table[i].name + length, name) == 0)
			return &nvt_gen_option_table[i];
	return NULL;
}

static enum nvt_status unknown_gen_option(struct parser *p, const char *what, const char *prefix,
					  const char *name)
{
	const char *names[SWEEP_NAMES_MAX + 1] = {NULL};
	size_t count = 0, length = strlen(prefix);

	for (size_t i = 0; i < nvt_gen_option_count && count < SWEEP_NAMES_MAX; i++)
		if (strncmp(nvt_gen_option_table[i].name, prefix, length) == 0)
			names[count++] = nvt_gen_option_table[i].name + length;
	return unknown(p, what, name, names);
}

/* A name, or a number: as one of JSON, or as the command line has it. */
static bool gen_value(const struct nvt_gen_option *row, const json_t *value, uint64_t *out)
{
	const char *text = json_string_value(value);

	if (row->unit == NVT_GEN_NAME) {
		for (*out = 0; text && *out < NVT_GEN_PATTERN_COUNT; ++*out)
			if (strcmp(nvt_gen_pattern_name((unsigned int)*out), text) == 0)
				return true;
		return false;
	}
	if (text)
		return parse_number(text, row->unit == NVT_GEN_BYTES ? 1024 : 1000, out);
	*out = (uint64_t)json_integer_value(value);
	return json_is_integer(value) && json_integer_value(value) >= 0;
}

/* UINT64_MAX would be one that is left to the generator. */
static enum nvt_status set_gen(struct parser *p, struct nvt_gen_options *gen,
			       const struct nvt_gen_option *row, const json_t *value)
{
	uint64_t number;

	if (!gen_value(row, value, &number) || number == NVT_GEN_AUTO)
		return nvt_fail(p->err, NVT_EINPUT, "%s: has no such value (see nvsim gen --help)",
				row->name);
	*nvt_gen_field(gen, row) = number;
	return NVT_OK;
}

static enum nvt_status take_generated(struct parser *p, json_t *object)
{
	enum nvt_status status = NVT_OK;
	const char *name;
	json_t *value;

	p->generated = object;
	nvt_gen_defaults(&p->base);
	json_object_foreach(object, name, value)
	{
		const struct nvt_gen_option *row = gen_option("", name);

		status = row ? set_gen(p, &p->base, row, value)
			     : unknown_gen_option(p, "option of generated streams", "", name);
		if (status)
			return status;
	}
	p->given_granule = json_object_get(object, "l1-granule") != NULL;
	return status;
}

static enum nvt_status take_granules(struct parser *p, json_t *axis)
{
	const struct nvt_gen_option *row = gen_option("", "host-page");
	const json_t *value;
	uint64_t size;
	size_t i, k;

	json_array_foreach(axis, i, value)
	{
		if (!gen_value(row, value, &size) ||
		    (size != 4096 && size != 16384 && size != 65536))
			return bad(p, "host_granule", "there are 4K, 16K and 64K");
		for (k = 0; k < i; k++)
			if (p->granules[k] == size)
				return bad(p, "host_granule", "a size is there twice");
		p->granules[i] = size;
	}
	p->granule_count = json_array_size(axis);
	return NVT_OK;
}

/* What is good as part of the name of a file, for every shell and system. */
static bool is_plain(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '.' || c == '_' || c == '+' || c == '-';
}

#define LEAVES_NAME 32
static bool is_leaves_name(const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < length; i++)
		if (!is_plain(name[i]))
			return false;
	return length && length <= LEAVES_NAME;
}

/* A mixture: a name, and shares. */
static enum nvt_status check_leaves(struct parser *p, const json_t *mixture, json_t *seen)
{
	const char *name = json_string_value(json_object_get(mixture, "name"));

	if (!name || !is_leaves_name(name))
		return bad(p, "leaves",
			   "each has to be an object with a name of up to 32 letters, "
			   "digits, '.', '_', '+' and '-'");
	if (json_object_get(seen, name))
		return nvt_fail(p->err, NVT_EINPUT, "leaves: '%s' is there twice", name);
	return json_object_set_new(seen, name, json_true()) ? no_memory(p) : NVT_OK;
}

static enum nvt_status take_leaves(struct parser *p, json_t *axis)
{
	enum nvt_status status = NVT_OK;
	json_t *seen = json_object(), *mixture;
	size_t i;

	p->leaves = axis;
	json_array_foreach(axis, i, mixture)
	{
		status = seen ? check_leaves(p, mixture, seen) : no_memory(p);
		if (status)
			break;
	}
	json_decref(seen);
	return status;
}

/* ---- recorded streams ---- */

static enum nvt_status check_trace(struct parser *p, json_t *trace, json_t *seen)
{
	const char *path = json_string_value(trace);

	if (!path || !*path)
		return bad(p, "traces", "each has to be the name of a file");
	if (strcmp(path, "-") == 0)
		return bad(p, "traces", "standard input cannot be read once for each cell");
	if (json_object_get(seen, path))
		return nvt_fail(p->err, NVT_EINPUT, "traces: '%.200s' is there twice", path);
	return json_object_set_new(seen, path, json_true()) ? no_memory(p) : NVT_OK;
}

static enum nvt_status take_traces(struct parser *p, json_t *axis)
{
	enum nvt_status status = NVT_OK;
	json_t *seen = json_object(), *trace;
	size_t i;

	p->traces = axis;
	json_array_foreach(axis, i, trace)
	{
		status = seen ? check_trace(p, trace, seen) : no_memory(p);
		if (status)
			break;
	}
	json_decref(seen);
	return status;
}

/* ---- members ---- */

static const struct member {
	const char *name;
	json_type type;
	enum nvt_status (*take)(struct parser *p, json_t *value);
} members[] = {
	{"traces", JSON_ARRAY, take_traces},
	{"generated", JSON_OBJECT, take_generated},
	{"host_granule", JSON_ARRAY, take_granules},
	{"leaves", JSON_ARRAY, take_leaves},
	{"policies", JSON_ARRAY, take_policies},
	{"invalidation", JSON_ARRAY, take_invalidations},
	{"quirks", JSON_STRING, take_quirks},
	{"check", JSON_TRUE, take_check},
};
#define MEMBER_COUNT (sizeof(members) / sizeof(members[0]))

static bool is_of_type(const json_t *value, json_type type)
{
	return type == JSON_TRUE ? json_is_boolean(value) : json_typeof(value) == type;
}

static enum nvt_status take_member(struct parser *p, const char *name, json_t *value)
{
	static const char *const types[] = {
		[JSON_ARRAY] = "an array",
		[JSON_OBJECT] = "an object",
		[JSON_STRING] = "a string",
		[JSON_TRUE] = "true or false",
	};
	const char *names[MEMBER_COUNT + 1] = {NULL};

	for (size_t i = 0; i < MEMBER_COUNT; i++) {
		const struct member *m = &members[i];

		names[i] = m->name;
		if (strcmp(m->name, name))
			continue;
		if (!is_of_type(value, m->type))
			return nvt_fail(p->err, NVT_EINPUT, "%s: has to be %s", name,
					types[m->type]);
		if (json_is_array(value) && !json_array_size(value))
			return bad(p, name, "is empty");
		return m->take(p, value);
	}
	return unknown(p, "member", name, names);
}

/* ---- what they have to be together ---- */

/* An option of generated streams that an axis sets would be without effect. */
static enum nvt_status check_axes(struct parser *p)
{
	const char *name;
	json_t *value;

	if (!p->spec->policies.count)
		return bad(p, "policies", "is missing");
	if (!p->traces && !p->generated)
		return nvt_fail(p->err, NVT_EINPUT, "there are neither traces nor generated");
	if (!p->generated && (p->granule_count || p->leaves))
		return nvt_fail(p->err, NVT_EINPUT, "%s: goes with generated",
				p->granule_count ? "host_granule" : "leaves");
	json_object_foreach(p->generated, name, value)
	{
		if (p->granule_count && strcmp(name, "host-page") == 0)
			return bad(p, "host-page", "is what host_granule sets");
		if (p->leaves && strncmp(name, "leaf-", 5) == 0)
			return bad(p, name, "is what leaves set");
	}
	return NVT_OK;
}

static size_t at_least_1(size_t count)
{
	return count ? count : 1;
}

static enum nvt_status count_cells(struct parser *p)
{
	struct sweep_spec *s = p->spec;
	size_t rules = s->policies.count * s->invalidations.count;

	s->stream_count = json_array_size(p->traces);
	if (p->generated)
		s->stream_count +=
			at_least_1(p->granule_count) * at_least_1(json_array_size(p->leaves));
	if (s->stream_count > SWEEP_CELLS_MAX / rules)
		return nvt_fail(p->err, NVT_EINPUT,
				"%zu streams by %zu policies: more than %u cells", s->stream_count,
				rules, SWEEP_CELLS_MAX);
	s->cell_count = s->stream_count * rules;
	return NVT_OK;
}

/* ---- names of streams ---- */

/*
 * Where another stream has the name, its place among all of them tells it apart, or the next number
 * that is free; `names` has for each name the last number that was tried.
 */
static enum nvt_status name_stream(struct parser *p, size_t place, const char *name)
{
	struct sweep_stream *s = &p->spec->streams[place];
	int length = snprintf(s->name, sizeof(s->name), "%.*s", SWEEP_STREAM_NAME - 16, name);
	char base[SWEEP_STREAM_NAME];
	json_int_t last;

	for (char *c = s->name; *c; c++)
		if (!is_plain(*c) || (c == s->name && (*c == '.' || *c == '-')))
			*c = '_';
	if (length > SWEEP_STREAM_NAME - 16)
		length = SWEEP_STREAM_NAME - 16;
	memcpy(base, s->name, sizeof(base));
	last = json_integer_value(json_object_get(p->names, base));
	if (last > (json_int_t)place)
		place = (size_t)last;
	while (json_object_get(p->names, s->name))
		snprintf(s->name + length, 16, "-%zu", ++place);
	if (json_object_set_new(p->names, s->name, json_integer(0)) ||
	    json_object_set_new(p->names, base, json_integer((json_int_t)place)))
		return no_memory(p);
	return NVT_OK;
}

static enum nvt_status name_trace(struct parser *p, size_t place)
{
	const char *path = p->spec->streams[place].path, *slash = strrchr(path, '/');
	char *name = strdup(slash && slash[1] ? slash + 1 : path);
	char *end = name ? strrchr(name, '.') : NULL;
	enum nvt_status status;

	if (!name)
		return no_memory(p);
	if (end && end > name && strcmp(end, ".zst") == 0)
		*end = 0;
	status = name_stream(p, place, name);
	free(name);
	return status;
}

/* ---- streams ---- */

static enum nvt_status set_leaves(struct parser *p, struct sweep_stream *s, json_t *mixture)
{
	const char *name;
	json_t *value;

	s->leaves = json_string_value(json_object_get(mixture, "name"));
	json_object_foreach(mixture, name, value)
	{
		const struct nvt_gen_option *row = gen_option("leaf-", name);
		enum nvt_status status = NVT_OK;

		if (row)
			status = set_gen(p, &s->gen, row, value);
		else if (strcmp(name, "name"))
			status = unknown_gen_option(p, "leaf", "leaf-", name);
		if (status)
			return status;
	}
	return NVT_OK;
}

/* A host gives L1 no granule smaller than its own: where none is given, it is the host's. */
static enum nvt_status make_stream(struct parser *p, size_t place, uint64_t granule,
				   json_t *mixture)
{
	struct sweep_stream *s = &p->spec->streams[place];
	enum nvt_status status = NVT_OK;
	struct nvt_error why = {0};
	char name[SWEEP_STREAM_NAME];
	int used = snprintf(name, sizeof(name), "gen");

	s->gen = p->base;
	if (granule) {
		s->gen.host_page = granule;
		used += snprintf(name + used, 16, "-%lluK", (unsigned long long)granule >> 10);
	}
	if (granule && !p->given_granule)
		s->gen.l1_granule = granule;
	if (mixture)
		status = set_leaves(p, s, mixture);
	if (!status && mixture)
		snprintf(name + used, sizeof(name) - (size_t)used, "-%s", s->leaves);
	if (!status && nvt_gen_check(&s->gen, &why))
		status = nvt_fail(p->err, why.status, "%s: %s", name, why.text);
	return status ? status : name_stream(p, place, name);
}

static enum nvt_status make_generated(struct parser *p, size_t place)
{
	size_t granules = at_least_1(p->granule_count);
	size_t mixtures = at_least_1(json_array_size(p->leaves));
	enum nvt_status status = NVT_OK;

	for (size_t g = 0; g < granules; g++)
		for (size_t m = 0; m < mixtures && !status; m++)
			status = make_stream(p, place++, p->granule_count ? p->granules[g] : 0,
					     json_array_get(p->leaves, m));
	return status;
}

static enum nvt_status make_streams(struct parser *p)
{
	size_t recorded = json_array_size(p->traces);
	enum nvt_status status = NVT_OK;

	p->spec->streams = calloc(p->spec->stream_count, sizeof(*p->spec->streams));
	p->names = json_object();
	if (!p->spec->streams || !p->names)
		status = no_memory(p);
	for (size_t i = 0; i < recorded && !status; i++) {
		p->spec->streams[i].path = json_string_value(json_array_get(p->traces, i));
		status = name_trace(p, i);
	}
	if (!status && p->generated)
		status = make_generated(p, recorded);
	json_decref(p->names);
	return status;
}

/* ---- the whole ---- */

enum nvt_status sweep_spec_parse(json_t *json, struct sweep_spec *spec, struct nvt_error *err)
{
	struct parser p = {.spec = spec, .err = err};
	enum nvt_status status = NVT_OK;
	const char *name;
	json_t *value;

	*spec = (struct sweep_spec){.json = json_incref(json), .quirks = S2_QUIRKS_KVM};
	spec->invalidations = (struct sweep_names){
		.count = 1, .place = {(uint8_t)(s2_invalidation_default - s2_invalidations)}};
	if (!json_is_object(json))
		return nvt_fail(err, NVT_EINPUT, "a specification has to be an object");
	json_object_foreach(json, name, value)
	{
		status = take_member(&p, name, value);
		if (status)
			return status;
	}
	status = check_axes(&p);
	if (!status)
		status = count_cells(&p);
	return status ? status : make_streams(&p);
}

void sweep_spec_free(struct sweep_spec *spec)
{
	free(spec->streams);
	json_decref(spec->json);
	*spec = (struct sweep_spec){0};
}

/* The rules of one stream are neighbours: what is read for one cell is read for the next. */
struct sweep_cell sweep_cell(const struct sweep_spec *spec, size_t number)
{
	size_t rules = spec->invalidations.count, of_stream = rules * spec->policies.count;
	struct sweep_cell cell = {
		.number = number,
		.spec = spec,
		.stream = &spec->streams[number / of_stream],
		.policy = &s2_policies[spec->policies.place[number % of_stream / rules]],
		.invalidation = &s2_invalidations[spec->invalidations.place[number % rules]],
	};

	snprintf(cell.name, sizeof(cell.name), "%s.%s.%s", cell.stream->name, cell.policy->name,
		 cell.invalidation->name);
	return cell;
}
