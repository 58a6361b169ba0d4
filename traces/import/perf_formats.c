/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * perf writes the formats of its tracepoints as trace-cmd does: a magic, a version, byte order and
 * sizes of the recorder, two files about ring buffers, the formats of ftrace and of each system.
 */
#include "import/perf.h"

#ifdef HAVE_TRACEEVENT
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <event-parse.h>

#define NAME_MAX_SIZE 128u
/* Every event begins with some 8 bytes that are the same for all. */
#define COMMON_MAX 64

bool perf_formats_init(struct perf_formats *f, struct perf_bytes *b)
{
	*f = (struct perf_formats){.tep = tep_alloc()};
	if (!f->tep)
		return perf_no_memory(b);
	/* The library says what is wrong by itself otherwise, on stderr. */
	tep_set_loglevel(TEP_LOG_NONE);
	tep_set_file_bigendian(f->tep, perf_is_big(b) ? TEP_BIG_ENDIAN : TEP_LITTLE_ENDIAN);
	f->plans = imp_tep_new(f->tep);
	return f->plans || perf_no_memory(b);
}

void perf_formats_free(struct perf_formats *f)
{
	imp_tep_free(f->plans);
	tep_free(f->tep);
}

static bool take_u32(struct perf_bytes *b, uint32_t *value)
{
	const uint8_t *at = perf_take(b, 4);

	*value = at ? perf_u32(b, at) : 0;
	return at;
}

static bool take_u64(struct perf_bytes *b, uint64_t *value)
{
	const uint8_t *at = perf_take(b, 8);

	*value = at ? perf_u64(b, at) : 0;
	return at;
}

/* A text with its NUL, into name[NAME_MAX_SIZE]. */
static bool take_name(struct perf_bytes *b, char *name)
{
	for (size_t i = 0; i < NAME_MAX_SIZE; i++) {
		const uint8_t *at = perf_take(b, 1);

		if (!at)
			return false;
		name[i] = (char)*at;
		if (!*at)
			return true;
	}
	return perf_fail(b, perf_position(b), "a name of more than %u bytes: damaged",
			 NAME_MAX_SIZE - 1);
}

static bool expect(struct perf_bytes *b, const char *text, size_t size)
{
	uint64_t at = perf_position(b);
	const uint8_t *bytes = perf_take(b, size);

	if (!bytes)
		return false;
	if (memcmp(bytes, text, size) != 0)
		return perf_fail(b, at, "the formats of tracepoints are damaged here");
	return true;
}

/* A file about ring buffers, which perf.data has none of. */
static bool pass_file(struct perf_bytes *b, const char *name)
{
	uint64_t size;

	return expect(b, name, strlen(name) + 1) && take_u64(b, &size) && perf_pass(b, size);
}

/*
 * Only the fields are needed. What prints them is an expression in C, and left out: it is the
 * larger part of a format, and parsing it is where the library is fragile.
 */
static char *without_printing(const uint8_t *format, size_t size, size_t *left)
{
	static const char print[] = "\nprint fmt: \"\"\n";
	const uint8_t *end = memmem(format, size, print, strlen("\nprint fmt:"));
	char *text;

	*left = end ? (size_t)(end - format) : size;
	text = malloc(*left + sizeof(print));
	if (!text)
		return NULL;
	memcpy(text, format, *left);
	memcpy(text + *left, print, sizeof(print));
	*left += strlen(print);
	return text;
}

static bool take_format(struct perf_formats *f, struct perf_bytes *b, const char *system)
{
	uint64_t at = perf_position(b), size;
	const uint8_t *bytes;
	size_t left;
	char *text;

	if (!take_u64(b, &size))
		return false;
	if (size > PERF_ONE_FORMAT_MAX)
		return perf_fail(b, at, "a format of %" PRIu64 " bytes: damaged", size);
	bytes = perf_take(b, (size_t)size);
	if (!bytes)
		return false;
	text = without_printing(bytes, (size_t)size, &left);
	if (!text)
		return perf_no_memory(b);
	/* One that cannot be parsed matters where a sample of it comes, and is told there. */
	tep_parse_event(f->tep, text, left, system);
	free(text);
	return true;
}

static bool take_system(struct perf_formats *f, struct perf_bytes *b, const char *system)
{
	uint32_t count;

	if (!take_u32(b, &count))
		return false;
	for (; count; count--)
		if (!take_format(f, b, system))
			return false;
	return true;
}

static bool take_systems(struct perf_formats *f, struct perf_bytes *b)
{
	char name[NAME_MAX_SIZE];
	uint32_t count;

	if (!take_u32(b, &count))
		return false;
	for (; count; count--)
		if (!take_name(b, name) || !take_system(f, b, name))
			return false;
	return true;
}

/* Of any event: one whose format is damaged may have no fields. */
static void find_common(struct perf_formats *f, const char *name, struct perf_field *field)
{
	int count = tep_get_events_count(f->tep);

	for (int i = 0; i < count && !field->size; i++) {
		const struct tep_format_field *found =
			tep_find_common_field(tep_get_event(f->tep, i), name);

		if (found && (found->size == 2 || found->size == 4) && found->offset >= 0 &&
		    found->offset <= COMMON_MAX)
			*field = (struct perf_field){.offset = (uint16_t)found->offset,
						     .size = (uint8_t)found->size};
	}
}

bool perf_formats_read(struct perf_formats *f, struct perf_bytes *b)
{
	uint64_t begin = perf_position(b);
	char version[NAME_MAX_SIZE];
	const uint8_t *sizes;

	if (!expect(b, "\x17\x08\x44tracing", 10) || !take_name(b, version))
		return false;
	sizes = perf_take(b, 6); /* byte order, size of long, size of a page */
	if (!sizes)
		return false;
	if (sizes[0] != perf_is_big(b))
		return perf_fail(b, begin, "the formats of tracepoints are of another byte order");
	tep_set_long_size(f->tep, sizes[1]);
	if (!pass_file(b, "header_page") || !pass_file(b, "header_event") ||
	    !take_system(f, b, "ftrace") || !take_systems(f, b))
		return false;
	find_common(f, "common_type", &f->type);
	find_common(f, "common_pid", &f->pid);
	return true;
}

bool perf_common(const struct perf_bytes *b, const struct perf_field *field,
		 const struct perf_sample *s, uint32_t *value)
{
	if (!field->size || (size_t)field->offset + field->size > s->raw_size)
		return false;
	*value = field->size == 2 ? perf_u16(b, s->raw + field->offset)
				  : perf_u32(b, s->raw + field->offset);
	return true;
}

#endif
