/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Front end for perf.data, read in a process of its own (send.h). The layout is described in the
 * kernel's tools/perf/Documentation/perf.data-file-format.txt and include/uapi/linux/perf_event.h.
 *
 *   perf_bytes.c    the input: places, sections, byte order
 *   perf_header.c   header, features
 *   perf_events.c   attributes and ids of events, where the fields of a sample lie
 *   perf_formats.c  the formats of tracepoints, for tep.h
 *   perf_order.c    records of several buffers in the order of time
 *   perf_records.c  the records
 *   perf_unpack.c   those that are compressed
 *   perf_read.c     the child, and what the recording says of itself
 *
 * Functions that return bool have sent an error where they return false, unless they say otherwise.
 */
#ifndef NVSIM_TRACES_IMPORT_PERF_H
#define NVSIM_TRACES_IMPORT_PERF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "import/input.h"
#include "import/map.h"
#include "import/send.h"
#include "import/tep.h"

/* ---- perf_bytes.c ---- */

struct perf_bytes {
	struct imp_sender *out;
	struct imp_input *in;
	bool swap;	  /* the recorder had the other byte order */
	bool hash;	  /* the checksum is made of what is read */
	uint64_t limit;	  /* nothing is read from here on */
	const char *what; /* ends there */
};

/* What is wrong at that offset of the file; returns false. */
bool perf_fail(struct perf_bytes *b, uint64_t at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
bool perf_no_memory(struct perf_bytes *b);

uint64_t perf_position(const struct perf_bytes *b);
/* At least `want` bytes, unless input or section end before; consumes nothing. NULL: failed. */
const uint8_t *perf_peek(struct perf_bytes *b, size_t want, size_t *have);
/* Exactly `size` bytes, valid until the next call. NULL: failed. */
const uint8_t *perf_take(struct perf_bytes *b, size_t size);
bool perf_pass(struct perf_bytes *b, uint64_t size);
/* To a section that must lie in the file. */
bool perf_enter(struct perf_bytes *b, uint64_t offset, uint64_t size, const char *what);

uint16_t perf_u16(const struct perf_bytes *b, const uint8_t *at);
uint32_t perf_u32(const struct perf_bytes *b, const uint8_t *at);
uint64_t perf_u64(const struct perf_bytes *b, const uint8_t *at);
/* The byte order of the recorder. */
bool perf_is_big(const struct perf_bytes *b);

/* ---- perf_events.c ---- */

#define PERF_ATTRS_MAX 65536u
#define PERF_IDS_MAX   (1u << 20)
#define PERF_NOWHERE   0xffffu

/* A kind of event, with offsets of fields that every sample has, PERF_NOWHERE where it has not. */
struct perf_attr {
	uint32_t type;
	uint64_t sample_type, read_format;
	uint16_t id_at, time_at, cpu_at, fixed_size;
	/* In other records than samples, counted from their end. */
	uint16_t id_back, time_back, cpu_back;
};

struct perf_events {
	struct perf_attr **attrs;
	size_t attr_count;
	struct imp_map ids; /* (id, 0) to struct perf_attr * */
	size_t id_count;    /* that were read */
	bool alike;	    /* all attributes are of one type, and so are their samples */
	bool mixed;	    /* ids lie at different places in samples of different attributes */
	bool mixed_back;    /* the same in other records */
	bool has_clock;	    /* times are of `clock` (clockid_t), rather than perf's own */
	int32_t clock;
};

struct perf_sample {
	uint64_t time;
	uint16_t cpu; /* 0xffff: not known */
	const uint8_t *raw;
	uint32_t raw_size;
};

void perf_events_init(struct perf_events *e);
void perf_events_free(struct perf_events *e);
/* Adds a struct perf_event_attr; *size is what of the `room` bytes belongs to it. */
struct perf_attr *perf_add_attr(struct perf_events *e, struct perf_bytes *b, const uint8_t *attr,
				size_t room, uint64_t at, size_t *size);
bool perf_add_id(struct perf_events *e, struct perf_bytes *b, uint64_t id, struct perf_attr *a);

/* Whose sample it is; *a is NULL where its id is unknown. */
bool perf_attr_of_sample(const struct perf_events *e, struct perf_bytes *b, const uint8_t *body,
			 size_t size, uint64_t at, const struct perf_attr **a);
/* Whose record it is; NULL: that cannot be told. */
const struct perf_attr *perf_attr_of_other(const struct perf_events *e, const struct perf_bytes *b,
					   const uint8_t *body, size_t size);
/* Reads a sample up to its raw data. False, and nothing sent: it ends before its fields do. */
bool perf_read_sample(const struct perf_bytes *b, const struct perf_attr *a, const uint8_t *body,
		      size_t size, struct perf_sample *s);
/* Time (0: not told) and CPU of another record. */
void perf_read_other(const struct perf_bytes *b, const struct perf_attr *a, const uint8_t *body,
		     size_t size, struct perf_sample *s);

/* ---- perf_formats.c ---- */

/* Larger ones are taken for damage: all formats of a kernel have some 6 MiB. */
#define PERF_FORMATS_MAX    (64u << 20)
#define PERF_ONE_FORMAT_MAX (1u << 20)

struct perf_field {
	uint16_t offset;
	uint8_t size;
};

struct perf_formats {
	struct tep_handle *tep;
	struct imp_tep *plans;
	struct perf_field type, pid; /* which every record has; size 0: no formats yet */
};

bool perf_formats_init(struct perf_formats *f, struct perf_bytes *b);
void perf_formats_free(struct perf_formats *f);
/* Reads the formats that begin here, up to the last one. */
bool perf_formats_read(struct perf_formats *f, struct perf_bytes *b);
/* The value of a field of all events. False, and nothing sent: the record is too short. */
bool perf_common(const struct perf_bytes *b, const struct perf_field *field,
		 const struct perf_sample *s, uint32_t *value);

/* ---- perf_order.c ---- */

/*
 * perf reads the buffers of the CPUs in rounds, so records come out of order; what is older than
 * the end of the last round but one is complete. Until then records are held back, as messages.
 */
#define PERF_HELD_MAX ((size_t)256 << 20)

struct perf_slot {
	uint64_t time;
	size_t place; /* in `bytes`; ascending as the records came */
};

struct perf_order {
	struct perf_bytes *b;
	unsigned char *bytes;
	size_t used, size;
	struct perf_slot *slots;
	size_t count, capacity;
	bool sorted;
	bool pressed;	   /* records were let go for want of room */
	uint64_t newest;   /* time of any record so far */
	uint64_t complete; /* `newest` at the end of the last round */
	uint64_t sent;	   /* time of the last record that was let go */
};

void perf_order_init(struct perf_order *o, struct perf_bytes *b);
void perf_order_free(struct perf_order *o);
/* A record of any kind has this time. */
void perf_order_saw(struct perf_order *o, uint64_t time);
bool perf_order_record(struct perf_order *o, uint64_t time, uint64_t at,
		       const struct imp_record *r);
bool perf_order_lost(struct perf_order *o, uint64_t time, uint64_t at, uint16_t cpu,
		     uint64_t count);
void perf_order_round(struct perf_order *o);
void perf_order_end(struct perf_order *o);

/* ---- perf_header.c ---- */

enum perf_text {
	PERF_HOST,
	PERF_RELEASE,
	PERF_MACHINE,
	PERF_VERSION,
	PERF_CPU,
	PERF_COMMAND,
	PERF_TEXT_COUNT
};
#define PERF_TEXT_SIZE 1024u

struct perf_reader {
	struct perf_bytes bytes;
	struct perf_events events;
	struct perf_formats formats;
	struct perf_order order;
	bool endless; /* nothing says where the records end */
	char text[PERF_TEXT_COUNT][PERF_TEXT_SIZE];

	/* perf_records.c */
	struct imp_record record;
	uint64_t untraced_count; /* samples that are of no tracepoint */
	uint64_t nameless_count; /* samples whose id is of no event */
	uint64_t lost_count;	 /* as the kernel said */
	uint64_t left_count;	 /* as perf counted at the end */

	/* perf_unpack.c */
	void *unpacker; /* a ZSTD_DStream; NULL: nothing was compressed yet */
	uint8_t *unpacked;
	size_t unpacked_size;
};

/* Reads all but the records, and goes to the first of them. */
bool perf_read_header(struct perf_reader *r);
/* What a feature says, of those that say something to a trace. */
bool perf_read_feature(struct perf_reader *r, uint64_t id, const uint8_t *bytes, size_t size,
		       uint64_t at);

/* ---- perf_records.c ---- */

#define PERF_RECORD_HEADER 8u

bool perf_read_records(struct perf_reader *r);
/* One record that is there in full; `at` is its place in the file, or of what it was unpacked of.
 */
bool perf_handle(struct perf_reader *r, const uint8_t *bytes, uint64_t at, bool unpacked);

/* ---- perf_unpack.c ---- */

/* The records are one stream of zstd, wherever perf cut it. */
bool perf_unpack(struct perf_reader *r, const uint8_t *bytes, size_t size, uint64_t at);
void perf_unpack_free(struct perf_reader *r);

#endif
