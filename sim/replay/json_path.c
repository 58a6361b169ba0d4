/* SPDX-License-Identifier: GPL-2.0-only */
#include "json_path.h"

#include <stdlib.h>
#include <string.h>

#define MEMBER_SIZE 64 /* of a name in a path */

const json_t *json_at(const json_t *json, const char *path)
{
	char name[MEMBER_SIZE];

	while (json && *path) {
		size_t length = strcspn(path, ".");

		snprintf(name, sizeof(name), "%.*s", (int)length, path);
		json = json_is_array(json) ? json_array_get(json, strtoul(name, NULL, 10))
					   : json_object_get(json, name);
		path += length + (path[length] == '.');
	}
	return json_is_null(json) ? NULL : json;
}

const char *json_text(const json_t *json, const char *path)
{
	const char *text = json_string_value(json_at(json, path));

	return text ? text : "";
}
