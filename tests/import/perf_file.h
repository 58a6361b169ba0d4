/* SPDX-License-Identifier: GPL-2.0-only */
/* perf.data made by hand, in either byte order: the pieces that files and pipes are put together
 * of. */
#ifndef NVSIM_TESTS_IMPORT_PERF_FILE_H
#define NVSIM_TESTS_IMPORT_PERF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/perf_event.h>
#include <zstd.h>

#include <cmocka.h>

/* ---- bytes ---- */

struct perf_file {
	uint8_t *bytes;
	size_t size, room;
	bool big;
};

static inline void pf_free(struct perf_file *f)
{
	free(f->bytes);
	*f = (struct perf_file){.bytes = NULL};
}

static inline void pf_put(struct perf_file *f, const void *bytes, size_t size)
{
	while (f->size + size > f->room) {
		f->room = f->room ? 2 * f->room : 4096;
		f->bytes = realloc(f->bytes, f->room);
		assert_non_null(f->bytes);
	}
	if (size)
		memcpy(f->bytes + f->size, bytes, size);
	f->size += size;
}

static inline void pf_set(struct perf_file *f, size_t at, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		f->bytes[at + i] = (uint8_t)(value >> 8 * (f->big ? size - 1 - i : i));
}

static inline uint64_t pf_get(const struct perf_file *f, size_t at, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)f->bytes[at + i] << 8 * (f->big ? size - 1 - i : i);
	return value;
}

static inline void pf_uint(struct perf_file *f, uint64_t value, size_t size)
{
	static const uint8_t zero[8];

	pf_put(f, zero, size);
	pf_set(f, f->size - size, value, size);
}

static inline void pf_u16(struct perf_file *f, uint64_t value)
{
	pf_uint(f, value, 2);
}

static inline void pf_u32(struct perf_file *f, uint64_t value)
{
	pf_uint(f, value, 4);
}

static inline void pf_u64(struct perf_file *f, uint64_t value)
{
	pf_uint(f, value, 8);
}

static inline void pf_zeroes(struct perf_file *f, size_t size)
{
	for (; size; size--)
		pf_uint(f, 0, 1);
}

static inline void pf_align(struct perf_file *f, size_t size)
{
	pf_zeroes(f, (size - f->size % size) % size);
}

static inline void pf_write(const struct perf_file *f, const char *path)
{
	FILE *out = fopen(path, "wb");

	assert_non_null(out);
	assert_int_equal(fwrite(f->bytes, 1, f->size, out), f->size);
	assert_int_equal(fclose(out), 0);
}

/* ---- records ---- */

enum {
	PF_ATTR = 64,
	PF_FORMATS = 66,
	PF_ROUND = 68,
	PF_AUXTRACE = 71,
	PF_FEATURE = 80,
	PF_COMPRESSED = 81,
	PF_COMPRESSED2 = 83,
};

static inline size_t pf_begin(struct perf_file *f, uint32_t type, uint16_t misc)
{
	size_t at = f->size;

	pf_u32(f, type);
	pf_u16(f, misc);
	pf_u16(f, 0);
	return at;
}

static inline void pf_end(struct perf_file *f, size_t at)
{
	while ((f->size - at) % 8)
		pf_uint(f, 0, 1);
	assert_true(f->size - at < 65536);
	pf_set(f, at + 6, f->size - at, 2);
}

static inline void pf_round(struct perf_file *f)
{
	pf_end(f, pf_begin(f, PF_ROUND, 0));
}

/* ---- events ---- */

#define PF_IDS_MAX   8u
#define PF_ATTR_SIZE 128u

struct pf_attr {
	uint32_t type;
	uint64_t config, sample_type, read_format, branch_type;
	bool id_all;
	bool has_clock;
	int32_t clock;
	uint64_t ids[PF_IDS_MAX];
	size_t id_count;
};

/* Bit fields begin at the most significant bit where the byte order is big. */
static inline void pf_flag(struct perf_file *f, size_t flags_at, unsigned int bit)
{
	f->bytes[flags_at + bit / 8] |= (uint8_t)(f->big ? 0x80 >> bit % 8 : 1 << bit % 8);
}

static inline void pf_attr(struct perf_file *f, const struct pf_attr *a)
{
	size_t at = f->size;

	pf_zeroes(f, PF_ATTR_SIZE);
	pf_set(f, at, a->type, 4);
	pf_set(f, at + 4, PF_ATTR_SIZE, 4);
	pf_set(f, at + 8, a->config, 8);
	pf_set(f, at + 24, a->sample_type, 8);
	pf_set(f, at + 32, a->read_format, 8);
	pf_set(f, at + 72, a->branch_type, 8);
	pf_set(f, at + 80, 0xf, 8);  /* registers of user space: four */
	pf_set(f, at + 104, 0x3, 8); /* at the interrupt: two */
	if (a->id_all)
		pf_flag(f, at + 40, 18);
	if (a->has_clock) {
		pf_flag(f, at + 40, 25);
		pf_set(f, at + 92, (uint32_t)a->clock, 4);
	}
}

struct pf_sample {
	uint64_t id, time;
	uint32_t tid, cpu;
	const void *raw;
	uint32_t raw_size;
};

static inline void pf_words(struct perf_file *f, size_t count)
{
	for (size_t i = 0; i < count; i++)
		pf_u64(f, 0x0101010101010101u * (i + 1));
}

static inline void pf_read_values(struct perf_file *f, uint64_t format)
{
	size_t each = 1u + !!(format & PERF_FORMAT_ID) + !!(format & 16 /* lost */);

	if (format & PERF_FORMAT_GROUP)
		pf_u64(f, 3);
	pf_words(f, (size_t) !!(format & PERF_FORMAT_TOTAL_TIME_ENABLED) +
			    !!(format & PERF_FORMAT_TOTAL_TIME_RUNNING) +
			    each * (format & PERF_FORMAT_GROUP ? 3 : 1));
}

/* What comes behind the raw data. */
static inline void pf_sample_tail(struct perf_file *f, const struct pf_attr *a)
{
	uint64_t t = a->sample_type;

	if (t & PERF_SAMPLE_BRANCH_STACK) {
		pf_u64(f, 2);
		pf_words(f, (a->branch_type >> 17 & 1) + 6);
	}
	if (t & PERF_SAMPLE_REGS_USER) {
		pf_u64(f, PERF_SAMPLE_REGS_ABI_64);
		pf_words(f, 4);
	}
	if (t & PERF_SAMPLE_STACK_USER) {
		pf_u64(f, 64);
		pf_words(f, 9);
	}
	pf_words(f, (t & PERF_SAMPLE_WEIGHT ? 1 : 0) + (t & PERF_SAMPLE_DATA_SRC ? 1u : 0u) +
			    (t & PERF_SAMPLE_TRANSACTION ? 1 : 0));
	if (t & PERF_SAMPLE_REGS_INTR) {
		pf_u64(f, PERF_SAMPLE_REGS_ABI_64);
		pf_words(f, 2);
	}
	pf_words(f, (t & PERF_SAMPLE_PHYS_ADDR ? 1 : 0) + (t & PERF_SAMPLE_CGROUP ? 1u : 0u) +
			    (t & PERF_SAMPLE_DATA_PAGE_SIZE ? 1 : 0) +
			    (t & PERF_SAMPLE_CODE_PAGE_SIZE ? 1 : 0));
	if (t & PERF_SAMPLE_AUX) {
		pf_u64(f, 24);
		pf_words(f, 3);
	}
}

static inline void pf_sample(struct perf_file *f, const struct pf_attr *a,
			     const struct pf_sample *s)
{
	size_t at = pf_begin(f, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_KERNEL);
	uint64_t t = a->sample_type;

	if (t & PERF_SAMPLE_IDENTIFIER)
		pf_u64(f, s->id);
	if (t & PERF_SAMPLE_IP)
		pf_u64(f, 0xffff800080001234u);
	if (t & PERF_SAMPLE_TID) {
		pf_u32(f, s->tid);
		pf_u32(f, s->tid);
	}
	if (t & PERF_SAMPLE_TIME)
		pf_u64(f, s->time);
	if (t & PERF_SAMPLE_ADDR)
		pf_u64(f, 0x1000);
	if (t & PERF_SAMPLE_ID)
		pf_u64(f, s->id);
	if (t & PERF_SAMPLE_STREAM_ID)
		pf_u64(f, s->id + 1000);
	if (t & PERF_SAMPLE_CPU) {
		pf_u32(f, s->cpu);
		pf_u32(f, 0);
	}
	if (t & PERF_SAMPLE_PERIOD)
		pf_u64(f, 1);
	if (t & PERF_SAMPLE_READ)
		pf_read_values(f, a->read_format);
	if (t & PERF_SAMPLE_CALLCHAIN) {
		pf_u64(f, 5);
		pf_words(f, 5);
	}
	if (t & PERF_SAMPLE_RAW) {
		/* The kernel pads the whole of it to 8 bytes. */
		uint32_t padded = ((s->raw_size + 4 + 7) & ~7u) - 4;

		pf_u32(f, padded);
		pf_put(f, s->raw, s->raw_size);
		pf_zeroes(f, padded - s->raw_size);
	}
	pf_sample_tail(f, a);
	pf_end(f, at);
}

/* At the end of records that are no samples. */
static inline void pf_sample_id(struct perf_file *f, const struct pf_attr *a,
				const struct pf_sample *s)
{
	uint64_t t = a->id_all ? a->sample_type : 0;

	if (t & PERF_SAMPLE_TID) {
		pf_u32(f, s->tid);
		pf_u32(f, s->tid);
	}
	if (t & PERF_SAMPLE_TIME)
		pf_u64(f, s->time);
	if (t & PERF_SAMPLE_ID)
		pf_u64(f, s->id);
	if (t & PERF_SAMPLE_STREAM_ID)
		pf_u64(f, s->id + 1000);
	if (t & PERF_SAMPLE_CPU) {
		pf_u32(f, s->cpu);
		pf_u32(f, 0);
	}
	if (t & PERF_SAMPLE_IDENTIFIER)
		pf_u64(f, s->id);
}

static inline void pf_lost(struct perf_file *f, const struct pf_attr *a, const struct pf_sample *s,
			   uint64_t count)
{
	size_t at = pf_begin(f, PERF_RECORD_LOST, 0);

	pf_u64(f, s->id);
	pf_u64(f, count);
	pf_sample_id(f, a, s);
	pf_end(f, at);
}

static inline void pf_lost_samples(struct perf_file *f, const struct pf_attr *a,
				   const struct pf_sample *s, uint64_t count, uint16_t misc)
{
	size_t at = pf_begin(f, PERF_RECORD_LOST_SAMPLES, misc);

	pf_u64(f, count);
	pf_sample_id(f, a, s);
	pf_end(f, at);
}

/* ---- formats ---- */

struct pf_format {
	const char *system; /* those of a system stand together */
	const char *text;
};

static inline void pf_string(struct perf_file *f, const char *text)
{
	pf_put(f, text, strlen(text) + 1);
}

static inline void pf_blob(struct perf_file *f, const char *text)
{
	pf_u64(f, strlen(text));
	pf_put(f, text, strlen(text));
}

static inline size_t pf_same_system(const struct pf_format *formats, size_t count)
{
	size_t n = 1;

	while (n < count && !strcmp(formats[n].system, formats[0].system))
		n++;
	return n;
}

static inline void pf_put_system(struct perf_file *f, const struct pf_format *formats, size_t n)
{
	pf_u32(f, n);
	for (size_t i = 0; i < n; i++)
		pf_blob(f, formats[i].text);
}

/* The formats of system "ftrace" come first, if there are any. */
static inline void pf_formats(struct perf_file *f, const struct pf_format *formats, size_t count)
{
	size_t systems = 0;
	size_t n =
		count && !strcmp(formats[0].system, "ftrace") ? pf_same_system(formats, count) : 0;

	pf_put(f, "\x17\x08\x44tracing", 10);
	pf_string(f, "0.6");
	pf_uint(f, f->big, 1);
	pf_uint(f, 8, 1);
	pf_u32(f, 4096);
	pf_string(f, "header_page");
	pf_blob(f, "p");
	pf_string(f, "header_event");
	pf_blob(f, "e");
	pf_put_system(f, formats, n);
	for (size_t i = n; i < count; i += pf_same_system(formats + i, count - i))
		systems++;
	pf_u32(f, systems);
	for (size_t i = n; i < count; i += n) {
		n = pf_same_system(formats + i, count - i);
		pf_string(f, formats[i].system);
		pf_put_system(f, formats + i, n);
	}
	pf_u32(f, 0); /* symbols */
	pf_u32(f, 0); /* printk formats */
	pf_u64(f, 0); /* names of threads */
}

/* ---- a file: header, ids, events, records, then features ---- */

#define PF_HEADER_SIZE 104u

enum {
	PF_FEATURE_FORMATS = 1,
	PF_FEATURE_HOST = 3,
	PF_FEATURE_RELEASE = 4,
	PF_FEATURE_VERSION = 5,
	PF_FEATURE_MACHINE = 6,
	PF_FEATURE_CPU = 8,
	PF_FEATURE_COMMAND = 11,
	PF_FEATURE_FOLDER = 24,
};

static inline void pf_magic(struct perf_file *f)
{
	pf_put(f, f->big ? "2ELIFREP" : "PERFILE2", 8);
}

static inline void pf_start(struct perf_file *f, const struct pf_attr *attrs, size_t count)
{
	size_t ids[64], at;

	assert_true(count <= 64);
	pf_magic(f);
	pf_zeroes(f, PF_HEADER_SIZE - 8);
	for (size_t i = 0; i < count; i++) {
		ids[i] = f->size;
		for (size_t k = 0; k < attrs[i].id_count; k++)
			pf_u64(f, attrs[i].ids[k]);
	}
	at = f->size;
	for (size_t i = 0; i < count; i++) {
		pf_attr(f, &attrs[i]);
		pf_u64(f, ids[i]);
		pf_u64(f, attrs[i].id_count * 8);
	}
	pf_set(f, 8, PF_HEADER_SIZE, 8);
	pf_set(f, 16, PF_ATTR_SIZE + 16, 8);
	pf_set(f, 24, at, 8);
	pf_set(f, 32, f->size - at, 8);
	pf_set(f, 40, f->size, 8);
}

/* A feature: its number, and what is in its section. */
struct pf_feature {
	unsigned int id;
	const void *bytes;
	size_t size;
};

/* Ends the records; features ascend by their numbers. */
static inline void pf_finish(struct perf_file *f, const struct pf_feature *features, size_t count)
{
	size_t table;

	pf_set(f, 48, f->size - pf_get(f, 40, 8), 8);
	table = f->size;
	pf_zeroes(f, 16 * count);
	for (size_t i = 0; i < count; i++) {
		size_t word = 72 + features[i].id / 64 * 8;

		pf_set(f, word, pf_get(f, word, 8) | (uint64_t)1 << features[i].id % 64, 8);
		pf_set(f, table + 16 * i, f->size, 8);
		pf_set(f, table + 16 * i + 8, features[i].size, 8);
		pf_put(f, features[i].bytes, features[i].size);
	}
}

/* A text as features have it. */
static inline void pf_text(struct perf_file *f, const char *text)
{
	pf_u32(f, strlen(text) + 4);
	pf_put(f, text, strlen(text));
	pf_zeroes(f, 4);
}

/* ---- a pipe: the same as records ---- */

static inline void pf_start_pipe(struct perf_file *f)
{
	pf_magic(f);
	pf_u64(f, 16);
}

static inline void pf_record_attr(struct perf_file *f, const struct pf_attr *a)
{
	size_t at = pf_begin(f, PF_ATTR, 0);

	pf_attr(f, a);
	for (size_t k = 0; k < a->id_count; k++)
		pf_u64(f, a->ids[k]);
	pf_end(f, at);
}

static inline void pf_record_formats(struct perf_file *f, const struct pf_format *formats,
				     size_t count)
{
	size_t at = pf_begin(f, PF_FORMATS, 0);
	size_t begin;

	pf_u32(f, 0);
	pf_end(f, at);
	begin = f->size;
	pf_formats(f, formats, count);
	pf_set(f, at + 8, f->size - begin, 4);
	while ((f->size - begin) % 8)
		pf_uint(f, 0, 1);
}

static inline void pf_record_feature(struct perf_file *f, uint64_t id, const void *bytes,
				     size_t size)
{
	size_t at = pf_begin(f, PF_FEATURE, 0);

	pf_u64(f, id);
	pf_put(f, bytes, size);
	pf_end(f, at);
}

/* ---- compressed records ---- */

/*
 * What `records` has as one stream of zstd, flushed every `each` bytes into a record of its own,
 * wherever that cuts what is in it.
 */
static inline void pf_compressed(struct perf_file *f, const struct perf_file *records, size_t each,
				 uint32_t type)
{
	static uint8_t out[60000];
	ZSTD_CCtx *zstd = ZSTD_createCCtx();

	assert_non_null(zstd);
	for (size_t done = 0; done < records->size; done += each) {
		size_t left = records->size - done;
		ZSTD_inBuffer in = {records->bytes + done, left < each ? left : each, 0};
		ZSTD_outBuffer to = {out, sizeof(out), 0};
		size_t at;

		assert_int_equal(ZSTD_compressStream2(zstd, &to, &in, ZSTD_e_flush), 0);
		at = pf_begin(f, type, 0);
		if (type == PF_COMPRESSED2) {
			pf_u64(f, to.pos);
			pf_put(f, out, to.pos);
			pf_end(f, at);
		} else {
			pf_put(f, out, to.pos);
			pf_set(f, at + 6, f->size - at, 2);
		}
	}
	ZSTD_freeCCtx(zstd);
}

#endif
