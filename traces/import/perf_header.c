/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>
#include <string.h>

#include "import/perf.h"

#define PIPE_HEADER_SIZE 16u
#define HEADER_SIZE	 104u
#define SECTION_SIZE	 16u
#define FEATURE_BYTES	 32u /* of their bit map */
#define ATTR_SIZE_MAX	 4096u
#define FEATURE_SIZE_MAX (64u << 10)

enum perf_feature {
	FEATURE_FORMATS = 1,
	FEATURE_HOST = 3,
	FEATURE_RELEASE = 4,
	FEATURE_VERSION = 5,
	FEATURE_MACHINE = 6,
	FEATURE_CPU = 8,
	FEATURE_COMMAND = 11,
	FEATURE_FOLDER = 24,
	FEATURE_COUNT = 256
};

struct section {
	uint64_t offset, size;
};

static struct section section_at(const struct perf_bytes *b, const uint8_t *at)
{
	return (struct section){perf_u64(b, at), perf_u64(b, at + 8)};
}

/* Both are known to be in the file. */
static bool overlap(const struct section *a, const struct section *b)
{
	return a->size && b->size && a->offset < b->offset + b->size &&
	       b->offset < a->offset + a->size;
}

/* ---- features ---- */

/* A size, then as many bytes, the text among them. NULL: damaged. */
static const char *string_at(const struct perf_bytes *b, const uint8_t **at, const uint8_t *end,
			     size_t *length)
{
	size_t size;
	const char *text;

	if (end - *at < 4)
		return NULL;
	size = perf_u32(b, *at);
	*at += 4;
	if (size > (size_t)(end - *at))
		return NULL;
	text = (const char *)*at;
	*at += size;
	*length = strnlen(text, size);
	return text;
}

/* Behind what is there already; what does not fit is left out. */
static void add_text(char *to, const char *text, size_t length)
{
	size_t used = strlen(to);

	if (length > PERF_TEXT_SIZE - 1 - used)
		length = PERF_TEXT_SIZE - 1 - used;
	memcpy(to + used, text, length);
	to[used + length] = '\0';
}

/* `count` texts with spaces between them. */
static bool read_texts(const struct perf_bytes *b, char *to, uint64_t count, const uint8_t *at,
		       const uint8_t *end)
{
	to[0] = '\0';
	for (uint64_t i = 0; i < count; i++) {
		size_t length;
		const char *text = string_at(b, &at, end, &length);

		if (!text)
			return false;
		add_text(to, " ", i ? 1 : 0);
		add_text(to, text, length);
	}
	return true;
}

static int text_of(uint64_t id)
{
	static const struct {
		uint8_t feature, text;
	} texts[] = {
		{FEATURE_HOST, PERF_HOST},	 {FEATURE_RELEASE, PERF_RELEASE},
		{FEATURE_VERSION, PERF_VERSION}, {FEATURE_MACHINE, PERF_MACHINE},
		{FEATURE_CPU, PERF_CPU},	 {FEATURE_COMMAND, PERF_COMMAND},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].feature == id)
			return texts[i].text;
	return -1;
}

bool perf_read_feature(struct perf_reader *r, uint64_t id, const uint8_t *bytes, size_t size,
		       uint64_t at)
{
	const uint8_t *end = bytes + size;
	uint64_t count = 1;
	int text = text_of(id);

	if (text < 0)
		return true;
	if (id == FEATURE_COMMAND && size >= 4) {
		count = perf_u32(&r->bytes, bytes);
		bytes += 4;
	}
	if (read_texts(&r->bytes, r->text[text], count, bytes, end))
		return true;
	return perf_fail(&r->bytes, at,
			 "the text of feature %" PRIu64 " does not fit into it: damaged", id);
}

static bool read_formats(struct perf_reader *r, const struct section *s)
{
	if (s->size > PERF_FORMATS_MAX)
		return perf_fail(&r->bytes, s->offset,
				 "formats of tracepoints of %" PRIu64 " bytes: damaged", s->size);
	return perf_enter(&r->bytes, s->offset, s->size, "the section of formats") &&
	       perf_formats_read(&r->formats, &r->bytes);
}

static bool read_section(struct perf_reader *r, unsigned int id, const struct section *s)
{
	const uint8_t *bytes;

	if (id == FEATURE_FORMATS)
		return read_formats(r, s);
	if (id == FEATURE_FOLDER)
		return perf_fail(&r->bytes, s->offset,
				 "this is a part of a recording that is a folder, which is not "
				 "read; record without --threads");
	if (text_of(id) < 0)
		return true;
	if (s->size > FEATURE_SIZE_MAX)
		return perf_fail(&r->bytes, s->offset, "feature %u has %" PRIu64 " bytes: damaged",
				 id, s->size);
	if (!perf_enter(&r->bytes, s->offset, s->size, "the section of a feature"))
		return false;
	bytes = perf_take(&r->bytes, (size_t)s->size);
	return bytes && perf_read_feature(r, id, bytes, (size_t)s->size, s->offset);
}

/* Behind the records is a table of the features that there are, in their order. */
static bool read_features(struct perf_reader *r, const uint8_t *map, const struct section *data)
{
	struct section sections[FEATURE_COUNT];
	unsigned int ids[FEATURE_COUNT];
	const uint8_t *table;
	size_t count = 0;

	for (unsigned int i = 0; i < FEATURE_COUNT; i++)
		if (perf_u64(&r->bytes, map + i / 64 * 8) >> i % 64 & 1)
			ids[count++] = i;
	if (!perf_enter(&r->bytes, data->offset + data->size, count * SECTION_SIZE,
			"the table of features"))
		return false;
	table = perf_take(&r->bytes, count * SECTION_SIZE);
	if (!table)
		return false;
	for (size_t i = 0; i < count; i++)
		sections[i] = section_at(&r->bytes, table + i * SECTION_SIZE);
	for (size_t i = 0; i < count; i++) {
		/* Looked at first for its size: an overlap is of what lies in the file. */
		if (!perf_enter(&r->bytes, sections[i].offset, sections[i].size,
				"the section of a feature"))
			return false;
		if (overlap(&sections[i], data))
			return perf_fail(&r->bytes, sections[i].offset,
					 "feature %u overlaps the records: damaged", ids[i]);
		if (!read_section(r, ids[i], &sections[i]))
			return false;
	}
	return true;
}

/* ---- attributes ---- */

static bool read_ids(struct perf_reader *r, const struct section *s, struct perf_attr *a)
{
	if (s->size % 8)
		return perf_fail(&r->bytes, s->offset, "ids of %" PRIu64 " bytes: damaged",
				 s->size);
	if (!perf_enter(&r->bytes, s->offset, s->size, "the section of an event's ids"))
		return false;
	for (uint64_t i = 0; i < s->size / 8; i++) {
		const uint8_t *at = perf_take(&r->bytes, 8);

		if (!at || !perf_add_id(&r->events, &r->bytes, perf_u64(&r->bytes, at), a))
			return false;
	}
	return true;
}

static bool read_attr(struct perf_reader *r, uint64_t at, uint64_t entry_size)
{
	struct perf_attr *a;
	struct section ids;
	const uint8_t *entry;
	size_t size;

	if (!perf_enter(&r->bytes, at, entry_size, "the section of events"))
		return false;
	entry = perf_take(&r->bytes, (size_t)entry_size);
	if (!entry)
		return false;
	a = perf_add_attr(&r->events, &r->bytes, entry, (size_t)entry_size - SECTION_SIZE, at,
			  &size);
	if (!a)
		return false;
	ids = section_at(&r->bytes, entry + size);
	return read_ids(r, &ids, a);
}

static bool read_attrs(struct perf_reader *r, const struct section *s, uint64_t entry_size)
{
	if (entry_size < SECTION_SIZE || entry_size > ATTR_SIZE_MAX || s->size % entry_size)
		return perf_fail(&r->bytes, 0,
				 "events of %" PRIu64 " bytes, each of %" PRIu64 ": damaged",
				 s->size, entry_size);
	if (!perf_enter(&r->bytes, s->offset, s->size, "the section of events"))
		return false;
	for (uint64_t i = 0; i < s->size / entry_size; i++)
		if (!read_attr(r, s->offset + i * entry_size, entry_size))
			return false;
	return true;
}

/* ---- the header ---- */

/* Where perf is killed, it has written neither the size of the records nor what is behind them. */
static void make_endless(struct perf_reader *r, struct section *data)
{
	uint64_t file_size = r->bytes.in->source.size;

	data->size = data->offset < file_size ? file_size - data->offset : 0;
	r->endless = true;
	imp_send_warning(r->bytes.out, "perf did not finish the file: it is read to its end");
}

static bool read_file_header(struct perf_reader *r, const uint8_t *h)
{
	const struct section header = {0, HEADER_SIZE};
	struct section attrs, data;
	uint8_t map[FEATURE_BYTES];
	uint64_t entry_size = perf_u64(&r->bytes, h + 16);

	attrs = section_at(&r->bytes, h + 24);
	data = section_at(&r->bytes, h + 40);
	memcpy(map, h + 72, sizeof(map));
	if (!data.size)
		make_endless(r, &data);
	if (!perf_enter(&r->bytes, data.offset, data.size, "the section of records") ||
	    !read_attrs(r, &attrs, entry_size))
		return false;
	if (overlap(&data, &header) || overlap(&data, &attrs))
		return perf_fail(&r->bytes, data.offset,
				 "the records overlap what describes them: damaged");
	if (!r->endless && !read_features(r, map, &data))
		return false;
	return perf_enter(&r->bytes, data.offset, data.size, "the section of records");
}

bool perf_read_header(struct perf_reader *r)
{
	struct perf_bytes *b = &r->bytes;
	const uint8_t *h;
	uint64_t size;

	b->limit = UINT64_MAX;
	b->what = "the header";
	h = perf_take(b, PIPE_HEADER_SIZE);
	if (!h)
		return false;
	b->swap = (h[0] == 'P') == (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	if (!perf_formats_init(&r->formats, b))
		return false;
	size = perf_u64(b, h + 8);
	if (size == PIPE_HEADER_SIZE) {
		r->endless = true;
		b->what = "the recording";
		return true;
	}
	if (size < HEADER_SIZE)
		return perf_fail(b, 0, "a header of %" PRIu64 " bytes: damaged, or of an old perf",
				 size);
	if (!b->in->source.seekable)
		return perf_fail(b, 0,
				 "a perf.data file cannot be read from a pipe, unless `perf record "
				 "-o -` wrote it there; name the file");
	if (!perf_enter(b, 0, HEADER_SIZE, "the header"))
		return false;
	h = perf_take(b, HEADER_SIZE);
	return h && read_file_header(r, h);
}
