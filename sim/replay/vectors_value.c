/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers of the vector format, in and out of JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "vectors_internal.h"

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "0x" and hexadecimal digits, or "0". */
bool vec_parse_hex(const char *text, uint64_t *value)
{
	uint64_t v = 0;

	if (!strcmp(text, "0")) {
		*value = 0;
		return true;
	}
	if (text[0] != '0' || (text[1] != 'x' && text[1] != 'X') || !text[2])
		return false;
	for (text += 2; *text; text++) {
		if (digit(*text) < 0 || v >> 60)
			return false;
		v = v << 4 | (uint64_t)digit(*text);
	}
	*value = v;
	return true;
}

uint64_t vec_hex(const json_t *object, const char *key, uint64_t absent)
{
	const char *text = json_string_value(json_object_get(object, key));
	uint64_t value;

	return text && vec_parse_hex(text, &value) ? value : absent;
}

int vec_int(const json_t *object, const char *key, int absent)
{
	const json_t *v = json_object_get(object, key);

	return v ? (int)json_integer_value(v) : absent;
}

bool vec_bool(const json_t *object, const char *key, bool absent)
{
	const json_t *v = json_object_get(object, key);

	return v ? json_is_true(v) : absent;
}

json_t *vec_new_hex(uint64_t value)
{
	return json_sprintf("0x%" PRIx64, value);
}

void vec_put(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

void vec_put_hex(json_t *object, const char *key, uint64_t value)
{
	vec_put(object, key, vec_new_hex(value));
}

void vec_put_int(json_t *object, const char *key, int64_t value)
{
	vec_put(object, key, json_integer(value));
}

void vec_put_bool(json_t *object, const char *key, bool value)
{
	vec_put(object, key, json_boolean(value));
}

void vec_put_any(json_t *object, const char *key)
{
	vec_put(object, key, json_null());
}
