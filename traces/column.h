/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Columns of records: encoding and decoding of one group. FORMAT.md, "Column
 * coding", tells what lies in the file.
 */
#ifndef NVSIM_TRACES_COLUMN_H
#define NVSIM_TRACES_COLUMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schema.h"

/* The coding byte of a column. */
#define NVT_CODING_DICT	 1u /* one byte a record that indexes a dictionary; else byte planes */
#define NVT_CODING_BASE	 2u /* the column's base is subtracted */
#define NVT_CODING_DELTA 4u /* differences to the record before, zigzag */
#define NVT_CODING_KNOWN 7u

/* Decoders may read this far past the last plane: loops have a fixed length. */
#define NVT_DECODE_SLACK 256u

/* Records of a group: record i lies at data + offset[i]. */
struct nvt_records {
	uint8_t *data;
	const uint32_t *offset;
	size_t stride;	       /* offset[i] is i * stride; 0: they are not that regular */
	const uint8_t *events; /* the events that the records are, or belong to: */
	const uint32_t *event; /* event of record i at events + event[i] */
	size_t count;
};

/* From the header; 0: not known. */
struct nvt_limits {
	uint16_t vcpu_count;
	uint16_t context_count;
};

/* A value that its column does not allow. */
struct nvt_bad {
	const struct nvt_group *group;
	const struct nvt_column *column;
	size_t index;
	uint64_t value;
};

/* Bytes that grow. */
struct nvt_buffer {
	uint8_t *data;
	size_t size, capacity;
};

/* Room for `more` bytes after the last. False: out of memory, nothing changed. */
bool nvt_buffer_room(struct nvt_buffer *buffer, size_t more);
void nvt_buffer_free(struct nvt_buffer *buffer);

/* The span that a column's value - low may have under these limits. */
uint64_t nvt_column_span(const struct nvt_column *column, const struct nvt_limits *limits);
/* The first value of v[0..count) out of range, or count. */
size_t nvt_column_check(const struct nvt_column *column, uint64_t span, const uint64_t *v,
			size_t count);
/* The bases of records at..at+count of a column. */
void nvt_column_bases(const struct nvt_group *group, const struct nvt_column *column,
		      const struct nvt_records *records, size_t at, size_t count, uint64_t *base);

/* ---- encoding ---- */

struct nvt_encoder {
	struct nvt_buffer directory;
	struct nvt_buffer planes;
	struct nvt_buffer cuts; /* uint32_t: ends of runs of planes that are alike */
	uint64_t *values;	/* scratch, a value a record */
	uint64_t *bases;
	size_t scratch_count;
};

enum nvt_encoded { NVT_ENCODED, NVT_ENCODED_BAD, NVT_ENCODED_NOMEM };

/* Appends group `id` to directory and planes. BAD: *bad says which value is out of range. */
enum nvt_encoded nvt_encode_group(struct nvt_encoder *e, unsigned int id,
				  const struct nvt_records *records,
				  const struct nvt_limits *limits, struct nvt_bad *bad);
void nvt_encoder_reset(struct nvt_encoder *e);
void nvt_encoder_free(struct nvt_encoder *e);

/* ---- decoding ---- */

struct nvt_column_data {
	const uint8_t *table; /* dictionary: 8 bytes an entry */
	const uint8_t *planes;
	uint64_t start, fixed;
	uint8_t coding, argument;
};

struct nvt_group_data {
	struct nvt_column_data *columns;
	uint32_t count;
	uint8_t id;
};

/* What the directory of a body says, with pointers into the body. */
struct nvt_directory {
	struct nvt_group_data groups[NVT_GROUP_COUNT];
	struct nvt_column_data columns[NVT_COLUMNS_MAX];
	unsigned int group_count;
	const uint8_t *tail; /* what follows the last plane */
	size_t tail_size;
};

/*
 * Reads the directory of `group_count` groups at the start of body, each of at
 * most max_count records, and finds their planes. NULL, or what is wrong.
 */
const char *nvt_read_directory(struct nvt_directory *d, const uint8_t *body, size_t size,
			       unsigned int group_count, size_t max_count);
/*
 * Decodes one group, or two of the same records side by side, into records;
 * NVT_DECODE_SLACK bytes after the body must be readable. False: *bad says
 * which value is out of range.
 */
bool nvt_decode_groups(const struct nvt_group_data *data, unsigned int groups,
		       const struct nvt_records *records, const struct nvt_limits *limits,
		       struct nvt_bad *bad);

#endif
