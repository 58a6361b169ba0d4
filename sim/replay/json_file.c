/* SPDX-License-Identifier: GPL-2.0-only */
#include "json_file.h"

#include <errno.h>
#include <string.h>

#include "error.h"

static bool is_standard(const char *path)
{
	return strcmp(path, "-") == 0;
}

const char *json_file_name(const char *path)
{
	return is_standard(path) ? "standard input" : path;
}

static json_t *cannot_be_read(const char *path, struct nvt_error *err)
{
	nvt_fail(err, NVT_EINPUT, "%s: cannot be read: %s", json_file_name(path), strerror(errno));
	return NULL;
}

/* To jansson, an error of reading is an end of the file. */
static json_t *load(FILE *f, const char *path, struct nvt_error *err)
{
	json_error_t at;
	json_t *json = json_loadf(f, JSON_REJECT_DUPLICATES, &at);

	if (ferror(f)) {
		json_decref(json);
		return cannot_be_read(path, err);
	}
	if (!json && json_error_code(&at) == json_error_out_of_memory)
		nvt_fail(err, NVT_ENOMEM, "out of memory");
	else if (!json)
		nvt_fail(err, NVT_EINPUT, "%s: line %d is not JSON: %s", json_file_name(path),
			 at.line, at.text);
	return json;
}

json_t *json_file_load(const char *path, struct nvt_error *err)
{
	FILE *f = is_standard(path) ? stdin : fopen(path, "r");
	json_t *json;

	if (!f)
		return cannot_be_read(path, err);
	json = load(f, path, err);
	if (f != stdin)
		fclose(f);
	return json;
}
