/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads a vector file line by line and runs each vector. */
#include "vectors.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectors_internal.h"

#define SCHEMA	      "nvsim.vectors/1"
#define LINE_MAX_SIZE (64u << 20)

struct line {
	char *text;
	size_t size, room;
};

struct file {
	const char *path;
	FILE *stream;
	unsigned int number; /* of the line at hand, from 1 */
	struct line line;
	json_int_t expected_count, count;
	json_t *ids; /* set of those seen */
	vectors_report_fn *report;
	void *arg;
	struct vectors_result *result;
	char *error;
	size_t error_size;
};

__attribute__((format(printf, 3, 4))) static enum vectors_status
fail(struct file *f, enum vectors_status status, const char *format, ...)
{
	int n = snprintf(f->error, f->error_size, "%s:%u: ", f->path, f->number);
	va_list args;

	va_start(args, format);
	if (n >= 0 && (size_t)n < f->error_size)
		vsnprintf(f->error + n, f->error_size - (size_t)n, format, args);
	va_end(args);
	return status;
}

static enum vectors_status no_memory(struct file *f)
{
	return fail(f, VECTORS_NO_MEMORY, "out of memory");
}

/* ---- lines ---- */

static bool append(struct line *l, char c)
{
	if (l->size == l->room) {
		size_t room = l->room * 2 + 4096;
		char *text = realloc(l->text, room);

		if (!text)
			return false;
		l->text = text;
		l->room = room;
	}
	l->text[l->size++] = c;
	return true;
}

/* *end: there is none. */
static enum vectors_status read_line(struct file *f, bool *end)
{
	int c;

	f->line.size = 0;
	f->number++;
	while ((c = getc(f->stream)) != EOF && c != '\n') {
		if (f->line.size == LINE_MAX_SIZE)
			return fail(f, VECTORS_MALFORMED, "the line is longer than %u bytes",
				    LINE_MAX_SIZE);
		if (!append(&f->line, (char)c))
			return no_memory(f);
	}
	if (ferror(f->stream))
		return fail(f, VECTORS_UNREADABLE, "%s", strerror(errno));
	*end = c == EOF && !f->line.size;
	return VECTORS_OK;
}

/* The object on the line at hand. */
static enum vectors_status parse(struct file *f, json_t **object)
{
	json_error_t e;

	*object = json_loadb(f->line.text ? f->line.text : "", f->line.size, JSON_REJECT_DUPLICATES,
			     &e);
	if (!*object) {
		if (json_error_code(&e) == json_error_out_of_memory)
			return no_memory(f);
		return fail(f, VECTORS_MALFORMED, "not a JSON object: %s", e.text);
	}
	if (json_is_object(*object))
		return VECTORS_OK;
	json_decref(*object);
	return fail(f, VECTORS_MALFORMED, "not a JSON object");
}

/* ---- header and end ---- */

static enum vectors_status check_header(struct file *f, const json_t *header)
{
	const char *schema = json_string_value(json_object_get(header, "schema"));
	const json_t *count = json_object_get(header, "count");

	if (!schema || strcmp(schema, SCHEMA))
		return fail(f, VECTORS_MALFORMED, "schema: not \"" SCHEMA "\"");
	if (!json_is_integer(count) || json_integer_value(count) < 0)
		return fail(f, VECTORS_MALFORMED, "count: absent, or not a number of vectors");
	f->expected_count = json_integer_value(count);
	return VECTORS_OK;
}

static enum vectors_status read_header(struct file *f)
{
	bool end = false;
	json_t *header;
	enum vectors_status status = read_line(f, &end);

	if (status != VECTORS_OK)
		return status;
	if (end)
		return fail(f, VECTORS_MALFORMED, "no header: the file is empty");
	status = parse(f, &header);
	if (status != VECTORS_OK)
		return status;
	if (json_object_get(header, "schema"))
		status = check_header(f, header);
	else
		status = fail(f, VECTORS_MALFORMED, "no header: the first line has no \"schema\"");
	json_decref(header);
	return status;
}

static enum vectors_status check_count(struct file *f)
{
	if (f->count == f->expected_count)
		return VECTORS_OK;
	return fail(f, VECTORS_MALFORMED,
		    "%" JSON_INTEGER_FORMAT " vectors, but the header says %" JSON_INTEGER_FORMAT,
		    f->count, f->expected_count);
}

/* ---- one vector ---- */

static void record(struct file *f, const struct vec_run *run, const char *id)
{
	f->count++;
	if (!run->differs) {
		f->result->passed++;
		return;
	}
	f->result->failed++;
	f->report(f->arg, f->path, f->number, id, run->step, run->diff.key,
		  run->diff.got ? run->diff.got : "?",
		  run->diff.expected ? run->diff.expected : "?");
}

static enum vec_status run_kind(struct vec_run *run, const struct vec_kind *kind)
{
	const json_t *expect = json_object_get(run->vector, "expect");
	json_t *got = json_object();
	enum vec_status status;

	if (!got)
		return VEC_NO_MEMORY;
	run->step = -1;
	status = vec_world_init(run);
	if (status == VEC_OK)
		status = kind->run(run, got);
	if (status == VEC_OK && run->marked.failed)
		status = VEC_NO_MEMORY;
	if (status == VEC_OK && !run->differs && expect)
		run->differs = !vec_matches(expect, got, kind->expect, &run->diff);
	json_decref(got);
	return status;
}

static enum vectors_status run_vector(struct file *f, const json_t *vector, const char *id,
				      const struct vec_kind *kind)
{
	struct vec_error why = {.text = ""};
	struct vec_run *run = calloc(1, sizeof(*run));
	enum vec_status status;

	if (!run)
		return no_memory(f);
	run->vector = vector;
	run->why = &why;
	status = vec_validate(vector, kind->keys, &why);
	if (status == VEC_OK)
		status = run_kind(run, kind);
	if (status == VEC_OK)
		record(f, run, id);
	vec_world_destroy(run);
	free(run);
	if (status == VEC_NO_MEMORY)
		return no_memory(f);
	return status == VEC_OK ? VECTORS_OK : fail(f, VECTORS_MALFORMED, "%s", why.text);
}

static enum vectors_status check_vector(struct file *f, const json_t *vector)
{
	const char *id = json_string_value(json_object_get(vector, "id"));
	const char *kind_name = json_string_value(json_object_get(vector, "kind"));
	const struct vec_kind *kind = kind_name ? vec_find_kind(kind_name) : NULL;

	if (json_object_get(vector, "schema"))
		return fail(f, VECTORS_MALFORMED, "a second header");
	if (!id)
		return fail(f, VECTORS_MALFORMED, "id: absent, or not a string");
	if (!kind)
		return fail(f, VECTORS_MALFORMED, "kind: absent, or no such kind");
	if (json_object_get(f->ids, id))
		return fail(f, VECTORS_MALFORMED, "id: stands in an earlier vector");
	if (json_object_set_new(f->ids, id, json_true()))
		return no_memory(f);
	return run_vector(f, vector, id, kind);
}

static enum vectors_status run_lines(struct file *f)
{
	enum vectors_status status = read_header(f);

	while (status == VECTORS_OK) {
		bool end = false;
		json_t *vector;

		status = read_line(f, &end);
		if (status != VECTORS_OK)
			break;
		if (end)
			return check_count(f);
		status = parse(f, &vector);
		if (status == VECTORS_OK) {
			status = check_vector(f, vector);
			json_decref(vector);
		}
	}
	return status;
}

enum vectors_status vectors_run_file(const char *path, vectors_report_fn *report, void *arg,
				     struct vectors_result *result, char *error, size_t error_size)
{
	bool standard = !strcmp(path, "-");
	struct file f = {
		.path = path,
		.stream = standard ? stdin : fopen(path, "r"),
		.report = report,
		.arg = arg,
		.result = result,
		.error = error,
		.error_size = error_size,
	};
	enum vectors_status status;

	if (!f.stream) {
		snprintf(error, error_size, "%s: %s", path, strerror(errno));
		return VECTORS_UNREADABLE;
	}
	f.ids = json_object();
	status = f.ids ? run_lines(&f) : no_memory(&f);
	json_decref(f.ids);
	free(f.line.text);
	if (!standard)
		fclose(f.stream);
	return status;
}
