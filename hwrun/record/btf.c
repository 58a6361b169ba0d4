/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * BTF as Documentation/bpf/btf.rst of Linux lays it out: a header, types one after the other, and
 * their names. A file of the running kernel is as trustworthy as the kernel, but tests read others.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "btf.h"

#define MAGIC	    0xeb9fu
#define SIZE_MAX_OF (256u << 20)

enum { ARRAY = 3, STRUCT = 4, UNION = 5, ENUM = 6, TYPEDEF = 8, VOLATILE, CONST, RESTRICT };

struct header {
	uint16_t magic;
	uint8_t version, flags;
	uint32_t header_size, type_offset, type_size, string_offset, string_size;
};
struct type {
	uint32_t name, info;
	uint32_t of; /* its size, or the type that it is of */
};
struct member {
	uint32_t name, type, offset; /* in bits; the highest byte is the width of a bit field */
};
struct enumerator {
	uint32_t name;
	int32_t value;
};

static unsigned int kind_of(const struct type *t)
{
	return t->info >> 24 & 31;
}

static unsigned int length_of(const struct type *t)
{
	return t->info & 0xffff;
}

/* Bytes behind a type's head, by kind and number of members; -1: an unknown kind. */
static int64_t tail_of(const struct type *t)
{
	static const int8_t fixed[20] = {[1] = 4, [ARRAY] = 12, [14] = 4, [17] = 4};
	static const int8_t each[20] = {
		[STRUCT] = 12, [UNION] = 12, [ENUM] = 8, [13] = 8, [15] = 12, [19] = 12};
	unsigned int kind = kind_of(t);

	return kind && kind < 20 ? fixed[kind] + (int64_t)each[kind] * length_of(t) : -1;
}

static bool read_file(struct record_btf *b, const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t room = 1u << 15, got;

	if (!f)
		return false;
	do {
		unsigned char *bigger = realloc(b->data, room *= 2);

		if (!bigger || room > SIZE_MAX_OF) {
			fclose(f);
			return false;
		}
		b->data = bigger;
		got = fread(b->data + b->size, 1, room - b->size, f);
		b->size += got;
	} while (b->size == room);
	got = (size_t)ferror(f);
	fclose(f);
	return !got;
}

static bool find_parts(struct record_btf *b, uint32_t *type_size)
{
	struct header h;
	uint64_t base;

	if (b->size < sizeof(h))
		return false;
	memcpy(&h, b->data, sizeof(h));
	base = h.header_size;
	if (h.magic != MAGIC || base < sizeof(h) || !h.string_size ||
	    base + h.type_offset + (uint64_t)h.type_size > b->size ||
	    base + h.string_offset + (uint64_t)h.string_size > b->size)
		return false;
	b->types = b->data + base + h.type_offset;
	b->strings = (const char *)b->data + base + h.string_offset;
	b->strings_size = h.string_size;
	*type_size = h.type_size;
	return b->strings[h.string_size - 1] == '\0';
}

/* Enters where each type begins; types are told by their number, from 1. */
static bool index_types(struct record_btf *b, uint32_t size)
{
	uint32_t room = size / sizeof(struct type) + 2;
	uint64_t at = 0;

	b->offsets = calloc(room, sizeof(*b->offsets));
	if (!b->offsets)
		return false;
	while (at + sizeof(struct type) <= size) {
		struct type t;
		int64_t tail;

		memcpy(&t, b->types + at, sizeof(t));
		tail = tail_of(&t);
		if (tail < 0 || at + sizeof(t) + (uint64_t)tail > size)
			return false;
		b->offsets[++b->count] = (uint32_t)at;
		at += sizeof(t) + (uint64_t)tail;
	}
	return at == size;
}

bool record_btf_open(struct record_btf *b, const char *path)
{
	uint32_t size;

	*b = (struct record_btf){.data = NULL};
	if (read_file(b, path) && find_parts(b, &size) && index_types(b, size))
		return true;
	record_btf_close(b);
	return false;
}

void record_btf_close(struct record_btf *b)
{
	free(b->data);
	free(b->offsets);
	*b = (struct record_btf){.data = NULL};
}

static bool type_at(const struct record_btf *b, uint32_t id, struct type *t)
{
	if (!id || id > b->count)
		return false;
	memcpy(t, b->types + b->offsets[id], sizeof(*t));
	return true;
}

/* The members of a type follow its head. */
static const unsigned char *members_at(const struct record_btf *b, uint32_t id)
{
	return b->types + b->offsets[id] + sizeof(struct type);
}

static bool is_named(const struct record_btf *b, uint32_t name, const char *wanted, size_t length)
{
	const char *s = name < b->strings_size ? b->strings + name : "";

	return !strncmp(s, wanted, length) && !s[length];
}

/* The type of that kind and name; 0: there is none. */
static uint32_t find_type(const struct record_btf *b, unsigned int kind, const char *name)
{
	struct type t;

	for (uint32_t id = 1; type_at(b, id, &t); id++)
		if (kind_of(&t) == kind && length_of(&t) && is_named(b, t.name, name, strlen(name)))
			return id;
	return 0;
}

bool record_btf_enumerator(const struct record_btf *b, const char *name, const char *enumerator,
			   uint32_t *value)
{
	uint32_t id = find_type(b, ENUM, name);
	struct enumerator e;
	struct type t;

	if (!type_at(b, id, &t))
		return false;
	for (unsigned int i = 0; i < length_of(&t); i++) {
		memcpy(&e, members_at(b, id) + i * sizeof(e), sizeof(e));
		if (is_named(b, e.name, enumerator, strlen(enumerator))) {
			*value = (uint32_t)e.value;
			return true;
		}
	}
	return false;
}

/* What a name of a type, or const, stands for. */
static uint32_t resolve(const struct record_btf *b, uint32_t id)
{
	struct type t;

	for (unsigned int depth = 0; depth < 16 && type_at(b, id, &t); depth++) {
		if (kind_of(&t) < TYPEDEF || kind_of(&t) > RESTRICT)
			break;
		id = t.of;
	}
	return id;
}

#define DEPTH_MAX 8

struct wanted {
	const char *name;
	size_t length;
	size_t left; /* members that are looked at: structures may be within themselves */
};

/* Members of a structure without a name count as those of the one around it. */
static bool find_member(const struct record_btf *b, uint32_t id, struct wanted *w,
			unsigned int depth, uint32_t *type, uint32_t *bits)
{
	struct member m;
	struct type t;

	if (!type_at(b, id, &t) || (kind_of(&t) != STRUCT && kind_of(&t) != UNION) || !depth)
		return false;
	for (unsigned int i = 0; i < length_of(&t) && w->left; i++) {
		w->left--;
		memcpy(&m, members_at(b, id) + i * sizeof(m), sizeof(m));
		if (t.info >> 31)
			m.offset &= 0xffffff;
		*type = resolve(b, m.type);
		if (!m.name && !find_member(b, *type, w, depth - 1, type, bits))
			continue;
		if (m.name && !is_named(b, m.name, w->name, w->length))
			continue;
		*bits = m.offset + (m.name ? 0 : *bits);
		return true;
	}
	return false;
}

bool record_btf_offset(const struct record_btf *b, const char *name, const char *path,
		       uint32_t *offset)
{
	uint32_t id = find_type(b, STRUCT, name), bits = 0;

	*offset = 0;
	while (*path) {
		/* No more than the file has room for. */
		struct wanted w = {path, strcspn(path, "."), b->size / sizeof(struct member)};

		if (!find_member(b, id, &w, DEPTH_MAX, &id, &bits))
			return false;
		*offset += bits / 8;
		path += w.length + (path[w.length] == '.');
	}
	return id;
}
