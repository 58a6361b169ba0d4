/* SPDX-License-Identifier: GPL-2.0-only */
#include "symbols.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "source.h"
#include "symbols_internal.h"

#define OUTER_MAX 64u /* a file may nest them as it likes; a look-up must not follow */

const char *const symbols_format_names[] = {
	[SYMBOLS_KALLSYMS] = "kallsyms",
	[SYMBOLS_SYMTAB] = "symtab",
	[SYMBOLS_DYNSYM] = "dynsym",
};

/* ---- collecting ---- */

static enum nvt_status too_many(const struct symbols_reading *r, const char *what)
{
	return nvt_fail(r->err, NVT_EINPUT, "%s: it has too many %s to be a kernel", r->path, what);
}

/* For `more` behind `used`, doubled: a new size, or 0 beyond `most`. */
static size_t room_for(size_t room, size_t used, size_t more, size_t most)
{
	if (more > most - used)
		return 0;
	while (room - used < more)
		room = room ? room * 2 : 4096;
	return room;
}

static enum nvt_status make_room(struct symbols_reading *r, size_t names)
{
	size_t room = room_for(r->room, r->to->count, 1, SYMBOLS_MAX);
	size_t names_room = room_for(r->names_room, r->names_size, names, SYMBOLS_NAMES_MAX);
	void *p = r->to->v, *n = r->to->names;

	if (!room)
		return too_many(r, "symbols");
	if (!names_room)
		return too_many(r, "names");
	if (room != r->room)
		p = realloc(p, room * sizeof(*r->to->v));
	if (!p)
		return nvt_fail(r->err, NVT_ENOMEM, "out of memory");
	r->to->v = p;
	r->room = room;
	if (names_room != r->names_room)
		n = realloc(n, names_room);
	if (!n)
		return nvt_fail(r->err, NVT_ENOMEM, "out of memory");
	r->to->names = n;
	r->names_room = names_room;
	return NVT_OK;
}

/* Results and terminals get names: each byte is one that prints. */
static void put_name(struct symbols_reading *r, struct symbols_text name)
{
	size_t size = name.size < SYMBOL_NAME_MAX ? name.size : SYMBOL_NAME_MAX;
	char *to = r->to->names + r->names_size;

	for (size_t i = 0; i < size; i++)
		to[i] = name.s[i] > ' ' && name.s[i] <= '~' ? name.s[i] : '?';
	to[size] = 0;
	r->names_size += size + 1;
}

bool symbols_is_name(struct symbols_text name)
{
	return name.size && name.s[0] != '$' &&
	       !(name.size > 1 && name.s[0] == '.' && name.s[1] == 'L');
}

enum nvt_status symbols_add(struct symbols_reading *r, uint64_t start, uint64_t size,
			    unsigned int rank, struct symbols_text name, struct symbols_text module)
{
	enum nvt_status status = make_room(r, 2 * (SYMBOL_NAME_MAX + 1));
	bool believed = size <= SYMBOL_SIZE_MAX && size <= UINT64_MAX - start;

	if (status)
		return status;
	r->to->v[r->to->count++] = (struct symbol){
		.start = start,
		.end = start + (believed ? size : 0),
		.name = (uint32_t)r->names_size,
		.rank = (uint8_t)rank,
	};
	if (rank != SYMBOL_RANK_BOUND) {
		put_name(r, name);
		put_name(r, module);
	}
	return NVT_OK;
}

/* ---- order ---- */

static size_t underscores(const char *name)
{
	return strspn(name, "_");
}

static int compare_counts(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Of those that begin together, the one to be kept comes first: memcpy, not __pi_memcpy. */
static int compare_symbols(const void *a, const void *b, void *names)
{
	const struct symbol *x = a, *y = b;
	const char *nx = (char *)names + x->name, *ny = (char *)names + y->name;
	int order = compare_counts(x->start, y->start);

	if (!order)
		order = compare_counts(x->rank, y->rank);
	if (order || x->rank == SYMBOL_RANK_BOUND)
		return order;
	order = compare_counts(underscores(nx), underscores(ny));
	if (!order)
		order = compare_counts(strlen(nx), strlen(ny));
	return order ? order : strcmp(nx, ny);
}

/* One for each start; its end is the last that any of them states. */
static void merge(struct symbols *s)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < s->count; i++) {
		struct symbol *last = kept ? &s->v[kept - 1] : NULL;

		if (!last || last->start != s->v[i].start)
			s->v[kept++] = s->v[i];
		else if (s->v[i].end > last->end)
			last->end = s->v[i].end;
	}
	s->count = kept;
}

static void guess_ends(struct symbols *s)
{
	for (uint32_t i = 0; i < s->count; i++) {
		struct symbol *f = &s->v[i];
		uint64_t most = UINT64_MAX - f->start;

		if (f->end != f->start)
			continue;
		if (most > SYMBOL_GUESS_MAX)
			most = SYMBOL_GUESS_MAX;
		if (i + 1 < s->count && s->v[i + 1].start - f->start < most)
			most = s->v[i + 1].start - f->start;
		f->end = f->start + most;
	}
}

static void drop_bounds(struct symbols *s)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < s->count; i++)
		if (s->v[i].rank != SYMBOL_RANK_BOUND)
			s->v[kept++] = s->v[i];
	s->count = kept;
}

/* What ends no later than a later one does cannot have an address that this one has not. */
static void link_outer(struct symbols *s)
{
	for (uint32_t i = 0; i < s->count; i++) {
		uint32_t outer = i ? i - 1 : SYMBOL_NONE;

		while (outer != SYMBOL_NONE && s->v[outer].end <= s->v[i].end)
			outer = s->v[outer].outer;
		s->v[i].outer = outer;
	}
}

static void put_in_order(struct symbols *s)
{
	if (s->count)
		qsort_r(s->v, s->count, sizeof(*s->v), compare_symbols, s->names);
	merge(s);
	guess_ends(s);
	drop_bounds(s);
	link_outer(s);
}

/* ---- reading ---- */

static enum nvt_status read_source(struct symbols_reading *r, struct nvt_source *source)
{
	static const char magic[] = {0x7f, 'E', 'L', 'F'};
	size_t have;
	const uint8_t *head = nvt_source_peek(source, sizeof(magic), &have);

	if (!head)
		return nvt_fail(r->err, NVT_EINPUT, "%s: cannot be read: %s", r->path,
				strerror(errno));
	if (have >= sizeof(magic) && memcmp(head, magic, sizeof(magic)) == 0)
		return symbols_read_elf(r, source);
	return symbols_read_text(r, source);
}

/* A file that is stripped is told apart from one that is damaged: the remedy is another. */
static enum nvt_status read_path(struct symbols_reading *r)
{
	struct nvt_source source;
	int error = nvt_source_open(&source, r->path);
	enum nvt_status status = NVT_OK;

	if (error)
		status = nvt_fail(r->err, error == ENOMEM ? NVT_EENV : NVT_EINPUT,
				  "%s: cannot be read: %s", r->path, strerror(error));
	else
		status = read_source(r, &source);
	nvt_source_close(&source);
	if (status)
		return status;
	put_in_order(r->to);
	if (!r->to->count)
		return nvt_fail(r->err, NVT_EINPUT,
				"%s: it has no symbols of functions; /proc/kallsyms and System.map "
				"of the same kernel have them",
				r->path);
	return NVT_OK;
}

struct symbols *symbols_read(const char *path, struct nvt_error *err)
{
	struct symbols_reading r = {.path = path, .to = calloc(1, sizeof(*r.to)), .err = err};

	if (!r.to) {
		nvt_fail(err, NVT_ENOMEM, "out of memory");
		return NULL;
	}
	if (read_path(&r) == NVT_OK)
		return r.to;
	symbols_free(r.to);
	return NULL;
}

void symbols_free(struct symbols *s)
{
	if (!s)
		return;
	free(s->v);
	free(s->names);
	free(s);
}

/* ---- looking up ---- */

/* The last that begins at or before the address. */
static uint32_t last_before(const struct symbols *s, uint64_t address)
{
	uint32_t from = 0, to = s->count;

	while (from < to) {
		uint32_t middle = from + (to - from) / 2;

		if (s->v[middle].start <= address)
			from = middle + 1;
		else
			to = middle;
	}
	return from ? from - 1 : SYMBOL_NONE;
}

uint32_t symbols_find(const struct symbols *s, uint64_t address)
{
	uint32_t at = last_before(s, address);

	for (unsigned int i = 0; i < OUTER_MAX && at != SYMBOL_NONE; i++) {
		if (address < s->v[at].end)
			return at;
		at = s->v[at].outer;
	}
	return SYMBOL_NONE;
}

const char *symbols_name(const struct symbols *s, uint32_t symbol)
{
	return s->names + s->v[symbol].name;
}

const char *symbols_module(const struct symbols *s, uint32_t symbol)
{
	const char *name = symbols_name(s, symbol);

	return name + strlen(name) + 1;
}
