/* SPDX-License-Identifier: GPL-2.0-only */
/* Decoding of columns. */
#include <string.h>

#include "bytes.h"
#include "column.h"

/*
 * Records are decoded this many at a time, all columns of them before the
 * next, so that values and records stay in the first-level cache. Loops that
 * run over a whole chunk have a constant length, which gcc -O2 vectorises.
 */
#define CHUNK 256u

_Static_assert(CHUNK <= NVT_DECODE_SLACK, "the last chunk reads past its planes");

static unsigned int plane_count(const struct nvt_column_data *c)
{
	return (c->coding & NVT_CODING_DICT) ? 1 : (unsigned int)__builtin_popcount(c->argument);
}

/* ---- the directory ---- */

struct cursor {
	const uint8_t *at;
	size_t left;
};

static const uint8_t *take(struct cursor *c, size_t size)
{
	const uint8_t *p = c->at;

	if (c->left < size)
		return NULL;
	c->at += size;
	c->left -= size;
	return p;
}

/* coding u8, argument u8, [start u64], fixed u64 or dictionary u64[argument + 1] */
static const char *read_column(struct nvt_column_data *c, const struct nvt_column *column,
			       struct cursor *in)
{
	const uint8_t *p = take(in, 2);

	if (!p)
		return "a column is cut short";
	*c = (struct nvt_column_data){.coding = p[0], .argument = p[1]};
	if (c->coding & ~NVT_CODING_KNOWN ||
	    (c->coding & NVT_CODING_BASE && column->base == NVT_BASE_NONE))
		return "a column has an unknown coding";
	if (c->coding & NVT_CODING_DELTA) {
		p = take(in, 8);
		if (!p)
			return "a column is cut short";
		c->start = nvt_get64(p);
	}
	p = take(in, (c->coding & NVT_CODING_DICT) ? 8 * (c->argument + 1u) : 8);
	if (!p)
		return "a column is cut short";
	if (c->coding & NVT_CODING_DICT)
		c->table = p;
	else
		c->fixed = nvt_get64(p);
	return NULL;
}

/* id u8, columns u8, records u32, then the columns */
static const char *read_group(struct nvt_directory *d, struct cursor *in, size_t max_count)
{
	struct nvt_group_data *g = &d->groups[d->group_count];
	const uint8_t *p = take(in, 6);
	const struct nvt_group *group;
	const char *wrong;
	unsigned int i;

	if (!p)
		return "a group is cut short";
	g->id = p[0];
	g->count = nvt_get32(p + 2);
	if (g->id >= NVT_GROUP_COUNT || (d->group_count && g->id <= g[-1].id))
		return "a group is unknown or out of order";
	group = &nvt_groups[g->id];
	if (p[1] != group->column_count)
		return "a group has another number of columns than this version knows";
	if (!g->count || g->count > max_count)
		return "a group has an impossible number of records";
	for (i = 0; i < group->column_count; i++) {
		wrong = read_column(&g->columns[i], &group->columns[i], in);
		if (wrong)
			return wrong;
	}
	g[1].columns = g->columns + group->column_count;
	d->group_count++;
	return NULL;
}

/* Whether every index of a plane is at most max; whole chunks first, as those vectorise. */
static bool indices_fit(const uint8_t *plane, size_t count, unsigned int max)
{
	uint8_t bad = 0;
	size_t at = 0, i;

	for (; count - at >= CHUNK; at += CHUNK)
		for (i = 0; i < CHUNK; i++)
			bad |= plane[at + i] > max;
	for (; at < count; at++)
		bad |= plane[at] > max;
	return !bad;
}

/* Planes follow the directory in its order: find each column's. */
static const char *place_planes(struct nvt_directory *d, struct cursor *in)
{
	unsigned int g, i;

	for (g = 0; g < d->group_count; g++) {
		const struct nvt_group_data *data = &d->groups[g];

		for (i = 0; i < nvt_groups[data->id].column_count; i++) {
			struct nvt_column_data *c = &data->columns[i];

			c->planes = take(in, (size_t)data->count * plane_count(c));
			if (!c->planes)
				return "there are fewer values than the directory says";
			if (c->coding & NVT_CODING_DICT &&
			    !indices_fit(c->planes, data->count, c->argument))
				return "a value is not in its column's dictionary";
		}
	}
	return NULL;
}

const char *nvt_read_directory(struct nvt_directory *d, const uint8_t *body, size_t size,
			       unsigned int group_count, size_t max_count)
{
	struct cursor in = {body, size};
	const char *wrong = NULL;

	d->group_count = 0;
	d->groups[0].columns = d->columns;
	if (group_count > NVT_GROUP_COUNT)
		return "there are more groups than this version knows";
	while (!wrong && d->group_count < group_count)
		wrong = read_group(d, &in, max_count);
	if (!wrong)
		wrong = place_planes(d, &in);
	d->tail = in.at;
	d->tail_size = in.left;
	return wrong;
}

/* ---- values ---- */

/* A column on its way: where its planes are, and the state that goes from chunk to chunk. */
struct stream {
	const struct nvt_group *group;
	const struct nvt_column *column;
	const uint8_t *plane[8];
	unsigned int shift[8];
	unsigned int planes;
	uint64_t fixed, previous, span;
	uint64_t last; /* value of the record before, for those that ascend */
	uint8_t coding;
	bool constant;
	uint64_t table[256];
};

/*
 * The planes of a chunk, three at a time, with the bytes that are fixed. The
 * constant length and `restrict` are what lets the compiler vectorise.
 */
static void merge1(uint64_t *restrict v, const uint8_t *restrict a, unsigned int sa, uint64_t fixed)
{
	for (size_t i = 0; i < CHUNK; i++)
		v[i] = fixed | (uint64_t)a[i] << sa;
}

static void merge2(uint64_t *restrict v, const uint8_t *restrict a, const uint8_t *restrict b,
		   const unsigned int *shift, uint64_t fixed)
{
	unsigned int sa = shift[0], sb = shift[1];

	for (size_t i = 0; i < CHUNK; i++)
		v[i] = fixed | (uint64_t)a[i] << sa | (uint64_t)b[i] << sb;
}

static void merge3(uint64_t *restrict v, const uint8_t *restrict a, const uint8_t *restrict b,
		   const uint8_t *restrict c, const unsigned int *shift, uint64_t fixed)
{
	unsigned int sa = shift[0], sb = shift[1], sc = shift[2];

	for (size_t i = 0; i < CHUNK; i++)
		v[i] = fixed | (uint64_t)a[i] << sa | (uint64_t)b[i] << sb | (uint64_t)c[i] << sc;
}

static void add_plane(uint64_t *restrict v, const uint8_t *restrict a, unsigned int sa)
{
	for (size_t i = 0; i < CHUNK; i++)
		v[i] |= (uint64_t)a[i] << sa;
}

static void merge_planes(const struct stream *s, size_t at, uint64_t *v)
{
	const uint8_t *const *plane = s->plane;
	unsigned int p;

	switch (s->planes) {
	case 0:
		for (size_t i = 0; i < CHUNK; i++)
			v[i] = s->fixed;
		break;
	case 1:
		merge1(v, plane[0] + at, s->shift[0], s->fixed);
		break;
	case 2:
		merge2(v, plane[0] + at, plane[1] + at, s->shift, s->fixed);
		break;
	default:
		merge3(v, plane[0] + at, plane[1] + at, plane[2] + at, s->shift, s->fixed);
		for (p = 3; p < s->planes; p++)
			add_plane(v, plane[p] + at, s->shift[p]);
	}
}

static void look_up(uint64_t *restrict v, const uint8_t *restrict index,
		    const uint64_t *restrict table)
{
	for (size_t i = 0; i < CHUNK; i++)
		v[i] = table[index[i]];
}

static void unpack(const struct stream *s, size_t at, uint64_t *v)
{
	if (s->coding & NVT_CODING_DICT)
		look_up(v, s->plane[0] + at, s->table);
	else
		merge_planes(s, at, v);
}

/* Differences back to values; what lies after `count` in the last chunk does not matter. */
static uint64_t undelta(uint64_t *v, uint64_t previous)
{
	for (size_t i = 0; i < CHUNK; i++) {
		previous += (v[i] >> 1) ^ -(v[i] & 1);
		v[i] = previous;
	}
	return previous;
}

/*
 * Storing is half of the work. Regular records need no list of offsets, and
 * four at a time need less counting: gcc -O2 unrolls no loop by itself.
 */
#define STORE(type, place, value)                                                                  \
	do {                                                                                       \
		type x = (type)(value);                                                            \
		memcpy(place, &x, sizeof(x));                                                      \
	} while (0)

#define SCATTER(type, value)                                                                       \
	do {                                                                                       \
		for (i = 0; stride && i + 4 <= count; i += 4, field += 4 * stride) {               \
			STORE(type, field, value(i));                                              \
			STORE(type, field + stride, value(i + 1));                                 \
			STORE(type, field + 2 * stride, value(i + 2));                             \
			STORE(type, field + 3 * stride, value(i + 3));                             \
		}                                                                                  \
		for (field = start; i < count; i++)                                                \
			STORE(type, field + offset[i], value(i));                                  \
	} while (0)

#define SCATTER_SIZES(value)                                                                       \
	do {                                                                                       \
		if (size == 8)                                                                     \
			SCATTER(uint64_t, value);                                                  \
		else if (size == 4)                                                                \
			SCATTER(uint32_t, value);                                                  \
		else if (size == 2)                                                                \
			SCATTER(uint16_t, value);                                                  \
		else                                                                               \
			SCATTER(uint8_t, value);                                                   \
	} while (0)

#define EACH(i) v[i]
#define SAME(i) first

/* Stores v[i], or v[0] in all, to the field at `place` of records at..at+count. */
static void scatter(const struct nvt_records *records, size_t place, size_t size, size_t at,
		    size_t count, const uint64_t *v, bool same)
{
	const uint32_t *offset = records->offset + at;
	size_t stride = records->stride, i;
	uint8_t *start = records->data + place, *field = start + at * stride;
	uint64_t first = v[0];

	if (same)
		SCATTER_SIZES(SAME);
	else
		SCATTER_SIZES(EACH);
}

static void start_stream(struct stream *s, const struct nvt_column *column,
			 const struct nvt_column_data *data, size_t count,
			 const struct nvt_limits *limits)
{
	unsigned int p;

	s->column = column;
	s->coding = data->coding;
	s->fixed = data->fixed;
	s->previous = data->start;
	s->span = nvt_column_span(column, limits);
	s->last = 0;
	s->planes = 0;
	s->constant = !data->coding && !data->argument;
	s->plane[0] = data->planes;
	if (data->coding & NVT_CODING_DICT) {
		/* The rest is for what lies behind the plane: any value will do. */
		for (p = 0; p < 256; p++)
			s->table[p] = nvt_get64(data->table + (p <= data->argument ? 8 * p : 0));
		return;
	}
	for (p = 0; p < 8; p++) {
		if (!(data->argument >> p & 1))
			continue;
		s->plane[s->planes] = data->planes + count * s->planes;
		s->shift[s->planes++] = 8 * p;
	}
}

/* The values of a chunk; what lies after `count` does not matter. */
static void decode_values(struct stream *s, const struct nvt_records *records, size_t at,
			  size_t count, uint64_t *v)
{
	uint64_t base[CHUNK];

	unpack(s, at, v);
	if (s->coding & NVT_CODING_DELTA)
		s->previous = undelta(v, s->previous);
	if (!(s->coding & NVT_CODING_BASE))
		return;
	nvt_column_bases(s->group, s->column, records, at, count, base);
	for (size_t i = 0; i < count; i++)
		v[i] += base[i];
}

/* The first value that is less than the one before it, or count. */
static size_t check_ascending(struct stream *s, const uint64_t *v, size_t count)
{
	size_t i;

	for (i = 0; i < count && v[i] >= s->last; i++)
		s->last = v[i];
	return i;
}

static bool decode_chunk(struct stream *s, const struct nvt_records *records, size_t at,
			 size_t count, struct nvt_bad *bad)
{
	const struct nvt_column *column = s->column;
	uint64_t v[CHUNK];
	size_t checked = s->constant ? 1 : count, good;

	if (s->constant)
		v[0] = s->fixed;
	else
		decode_values(s, records, at, count, v);
	good = nvt_column_check(column, s->span, v, checked);
	if (good == checked && column->ascending)
		good = check_ascending(s, v, checked);
	if (good < checked) {
		*bad = (struct nvt_bad){s->group, column, at + good, v[good]};
		return false;
	}
	scatter(records, column->offset, column->size, at, count, v, s->constant);
	return true;
}

static void clear_pointers(const struct nvt_group *group, const struct nvt_records *records,
			   size_t at, size_t count)
{
	static const uint64_t null;

	if (group->pointer)
		scatter(records, group->pointer, sizeof(void *), at, count, &null, true);
}

bool nvt_decode_groups(const struct nvt_group_data *data, unsigned int groups,
		       const struct nvt_records *records, const struct nvt_limits *limits,
		       struct nvt_bad *bad)
{
	struct stream streams[2 * NVT_GROUP_COLUMNS_MAX];
	unsigned int g, c, columns = 0;
	size_t at, count;

	for (g = 0; g < groups; g++) {
		const struct nvt_group *group = &nvt_groups[data[g].id];

		for (c = 0; c < group->column_count; c++) {
			streams[columns].group = group;
			start_stream(&streams[columns++], &group->columns[c], &data[g].columns[c],
				     records->count, limits);
		}
	}
	for (at = 0; at < records->count; at += count) {
		count = records->count - at < CHUNK ? records->count - at : CHUNK;
		for (c = 0; c < columns; c++)
			if (!decode_chunk(&streams[c], records, at, count, bad))
				return false;
		for (g = 0; g < groups; g++)
			clear_pointers(&nvt_groups[data[g].id], records, at, count);
	}
	return true;
}
