/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compares what a vector expects with what there is: members of objects by
 * name, those that are expected only; lists whole; hexadecimal by value.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectors_internal.h"

/* A value as a message shows it: scalars bare, the rest as JSON. */
static char *show(const json_t *v)
{
	if (!v)
		return strdup("nothing");
	if (json_is_string(v))
		return strdup(json_string_value(v));
	return json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
}

static bool differ(struct vec_diff *d, const char *key, const json_t *got, const json_t *expect)
{
	snprintf(d->key, sizeof(d->key), "%s", key);
	d->got = show(got);
	d->expected = show(expect);
	return false;
}

void vec_diff_free(struct vec_diff *diff)
{
	free(diff->got);
	free(diff->expected);
	*diff = (struct vec_diff){.key = ""};
}

/* Puts the name of the object or list around the key in front. */
static bool inside(struct vec_diff *d, const char *name, long index)
{
	struct vec_diff inner = *d;

	if (index < 0)
		snprintf(d->key, sizeof(d->key), "%.60s.%.180s", name, inner.key);
	else
		snprintf(d->key, sizeof(d->key), "%.60s[%ld].%.160s", name, index, inner.key);
	return false;
}

static bool equal_hex(const json_t *a, const json_t *b)
{
	const char *x = json_string_value(a), *y = json_string_value(b);
	uint64_t m, n;

	return x && y && vec_parse_hex(x, &m) && vec_parse_hex(y, &n) && m == n;
}

static bool matches_words(const char *name, const json_t *expect, const json_t *got,
			  struct vec_diff *d)
{
	const char *addr;
	json_t *word;

	json_object_foreach((json_t *)expect, addr,
			    word) if (!equal_hex(word, json_object_get(got, addr)))
	{
		differ(d, addr, json_object_get(got, addr), word);
		return inside(d, name, -1);
	}
	return true;
}

static bool matches_list(const struct vec_key *k, const json_t *expect, const json_t *got,
			 struct vec_diff *d)
{
	size_t i, count = json_array_size(expect);

	if (!json_is_array(got) || json_array_size(got) != count)
		return differ(d, k->name, got, expect);
	for (i = 0; i < count; i++) {
		const json_t *e = json_array_get(expect, i), *g = json_array_get(got, i);

		if (k->type == VEC_OBJECTS) {
			if (!vec_matches(e, g, k->keys, d))
				return inside(d, k->name, (long)i);
		} else if (!(k->type == VEC_HEXES ? equal_hex(e, g) : json_equal(e, g))) {
			return differ(d, k->name, got, expect);
		}
	}
	return true;
}

static bool matches_value(const struct vec_key *k, const json_t *expect, const json_t *got,
			  struct vec_diff *d)
{
	switch (k->type) {
	case VEC_OBJECT:
		if (!json_is_object(got))
			return differ(d, k->name, got, expect);
		return vec_matches(expect, got, k->keys, d) || inside(d, k->name, -1);
	case VEC_WORDS:
		return matches_words(k->name, expect, got, d);
	case VEC_OBJECTS:
	case VEC_HEXES:
	case VEC_INTS:
		return matches_list(k, expect, got, d);
	case VEC_HEX:
		return equal_hex(expect, got) || differ(d, k->name, got, expect);
	default:
		return json_equal(expect, got) || differ(d, k->name, got, expect);
	}
}

bool vec_matches(const json_t *expect, const json_t *got, const struct vec_key *keys,
		 struct vec_diff *diff)
{
	const struct vec_key *k;

	for (k = keys; k->name; k++) {
		const json_t *e = json_object_get(expect, k->name);
		const json_t *g = json_object_get(got, k->name);

		if (e && !json_is_null(g) && !matches_value(k, e, g, diff))
			return false;
	}
	return true;
}
