/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that are cut, changed or made to harm: one line says what is wrong, and nothing worse
 * happens. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <zstd.h>
#include <cmocka.h>

#include "../../traces/block.h"
#include "../../traces/bytes.h"
#include "../../traces/frame.h"
#include "../../traces/index.h"

#include "traces/events.h"
#include "traces/files.h"

static struct nvt_error err;
static struct memory_file memory;

static void assert_says(const char *part)
{
	if (!strstr(err.text, part))
		fail_msg("\"%s\" does not say \"%s\"", err.text, part);
}

static enum nvt_status read_bytes(const void *data, size_t size)
{
	uint64_t count;

	memset(&err, 0, sizeof(err));
	memory_file_set(&memory, data, size);
	return read_all(memory.path, &count, &err);
}

static enum nvt_status read_piped(const void *data, size_t size)
{
	enum nvt_status status;
	struct fed_pipe p;
	uint64_t count;

	fed_pipe_open(&p, data, size);
	status = read_all(p.path, &count, &err);
	fed_pipe_close(&p);
	return status;
}

/* A file is refused, in both ways to read it, with a line that has file and offset. */
static void assert_refused(const void *data, size_t size, const char *why)
{
	assert_int_equal(read_piped(data, size), NVT_EINPUT);
	assert_int_equal(read_bytes(data, size), NVT_EINPUT);
	assert_says(memory.path);
	assert_says(": offset ");
	assert_null(strchr(err.text, '\n'));
	if (why)
		assert_says(why);
}

/* ---- a small trace that has everything ---- */

static uint8_t *small_trace(size_t *size)
{
	static const struct nvt_word words[] = {{0x1000, 7}, {0x1008, 9}};
	struct nvt_writer_options o = plain_options();
	struct sample *s = calloc(1, sizeof(*s));
	struct nvt_writer *w;
	uint64_t seed = 11;

	o.l1mem = words;
	o.l1mem_count = 2;
	w = nvt_create(scratch_path("small.zst"), &o, &err);
	assert_non_null(w);
	for (unsigned int i = 0; i < 3 * (NVT_KIND_COUNT - 1); i++) {
		random_event(s, i % (NVT_KIND_COUNT - 1) + 1, &seed);
		if (s->event.kind == NVT_MARK) {
			s->event.mark.length = i % 7;
			memcpy(s->text, "marked", i % 7);
		}
		assert_int_equal(nvt_write(w, &s->event, &err), NVT_OK);
	}
	assert_int_equal(nvt_finish(w, "{\"a\":1}", &err), NVT_OK);
	free(s);
	return (uint8_t *)read_file(scratch_path("small.zst"), size);
}

static void every_changed_byte_is_noticed(void **state)
{
	static const uint8_t changes[] = {0xff, 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80};
	size_t size = 0, at;
	uint8_t *data = small_trace(&size);

	(void)state;
	assert_int_equal(read_bytes(data, size), NVT_END);
	for (at = 0; at < size; at++) {
		for (unsigned int c = 0; c < sizeof(changes); c++) {
			data[at] ^= changes[c];
			if (read_bytes(data, size) != NVT_EINPUT)
				fail_msg("byte %zu changed by 0x%02x goes unnoticed", at,
					 changes[c]);
			assert_says(": offset ");
			if (!c && read_piped(data, size) != NVT_EINPUT)
				fail_msg("byte %zu changed in a pipe goes unnoticed", at);
			data[at] ^= changes[c];
		}
	}
	free(data);
}

static void every_truncation_is_noticed(void **state)
{
	size_t size = 0, cut;
	uint8_t *data = small_trace(&size);

	(void)state;
	for (cut = 0; cut < size; cut++)
		assert_refused(data, cut, NULL);
	free(data);
}

static void bytes_after_the_end_are_noticed(void **state)
{
	size_t size = 0;
	uint8_t *data = small_trace(&size);

	(void)state;
	data[size] = 0; /* there is a NUL that read_file put */
	assert_refused(data, size + 1, NULL);
	assert_int_equal(read_piped(data, size + 1), NVT_EINPUT);
	assert_says("bytes follow the seek table");
	free(data);
}

/* Damage in the middle of a large file, where no small trace has its bytes. */
static void random_damage_of_a_large_file_is_noticed(void **state)
{
	struct nvt_writer_options o = plain_options();
	struct sample *s = calloc(1, sizeof(*s));
	struct nvt_writer *w = nvt_create(scratch_path("large.zst"), &o, &err);
	uint64_t seed = 12;
	size_t size = 0;
	uint8_t *data;

	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		random_event(s, i % 3 ? NVT_FAULT : 1 + i % (NVT_KIND_COUNT - 1), &seed);
		assert_int_equal(nvt_write(w, &s->event, &err), NVT_OK);
	}
	assert_int_equal(nvt_finish(w, "{}", &err), NVT_OK);
	data = (uint8_t *)read_file(scratch_path("large.zst"), &size);
	for (unsigned int i = 0; i < 150; i++) {
		size_t at = next_random(&seed) % size;
		uint8_t change = (uint8_t)(1u << i % 8);

		data[at] ^= change;
		assert_int_equal(read_bytes(data, size), NVT_EINPUT);
		data[at] ^= change;
	}
	free(data);
	free(s);
}

/* ---- files made by hand ---- */

struct made {
	uint8_t data[1 << 20];
	size_t size;
	struct nvt_buffer entries;
	struct nvt_index index;
	struct nvt_ledger ledger;
};

static struct made made;

static void put(struct nvt_buffer *b, const void *data, size_t size)
{
	assert_true(nvt_buffer_room(b, size));
	memcpy(b->data + b->size, data, size);
	b->size += size;
}

static size_t make_frame(uint8_t *out, size_t room, const void *content, size_t size)
{
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	size_t n;

	ZSTD_CCtx_setParameter(ctx, ZSTD_c_checksumFlag, 1);
	n = ZSTD_compress2(ctx, out, room, content, size);
	ZSTD_freeCCtx(ctx);
	assert_false(ZSTD_isError(n));
	return n;
}

static void add_frame(uint16_t type, const uint8_t *frame, size_t size, size_t content_size)
{
	uint8_t entry[NVT_SEEK_ENTRY];

	memcpy(made.data + made.size, frame, size);
	made.size += size;
	nvt_ledger_frame(&made.ledger, type, frame, size, (uint32_t)content_size, entry);
	put(&made.entries, entry, sizeof(entry));
}

static void add_section(uint16_t type, uint16_t flags, const void *body, size_t size)
{
	static uint8_t content[1 << 16], frame[1 << 17];

	nvt_put16(content, type);
	nvt_put16(content + 2, flags);
	nvt_put32(content + 4, (uint32_t)size);
	memcpy(content + 8, body, size);
	add_frame(type, frame, make_frame(frame, sizeof(frame), content, size + 8), size + 8);
}

static void begin(void)
{
	uint8_t body[NVT_HEADER_SIZE];
	struct nvt_writer_options o = plain_options();

	nvt_buffer_free(&made.entries);
	nvt_index_free(&made.index);
	made.index = (struct nvt_index){0};
	made.size = 0;
	nvt_ledger_init(&made.ledger);
	o.machine.vcpu_count = 2;
	nvt_put_header(body, NVT_FULL, &o.machine);
	add_section(NVT_SECTION_HEADER, 1, body, sizeof(body));
}

static void add_tail(void)
{
	uint8_t body[NVT_END_SIZE], frame[NVT_END_SIZE + 24], number[8];

	add_section(NVT_SECTION_META, 1, "{}", 2);
	add_section(NVT_SECTION_INDEX, 1,
		    made.index.entries.data ? (void *)made.index.entries.data : "",
		    made.index.entries.size);
	nvt_ledger_close(&made.ledger);
	nvt_put_end(body, &made.ledger);
	add_frame(NVT_SECTION_END, frame, nvt_store(frame, NVT_SECTION_END, body, sizeof(body)),
		  sizeof(body) + 8);
	nvt_put32(number, NVT_SKIPPABLE_MAGIC);
	nvt_put32(number + 4, (uint32_t)made.entries.size + 9);
	memcpy(made.data + made.size, number, 8);
	made.size += 8;
	memcpy(made.data + made.size, made.entries.data, made.entries.size);
	made.size += made.entries.size;
	nvt_put32(number, (uint32_t)(made.entries.size / NVT_SEEK_ENTRY));
	number[4] = 0x80;
	memcpy(made.data + made.size, number, 5);
	nvt_put32(number, NVT_SEEKABLE_MAGIC);
	memcpy(made.data + made.size + 5, number, 4);
	made.size += 9;
}

/*
 * The body of a block of `count` touches by vCPU 0 at time 0, all fields 0, of
 * constant columns alone: 16 + 2·6 + 10·10 bytes, for as many events as one
 * likes.
 */
enum {
	BODY_EVENTS = 8,
	BODY_GROUPS = 12,
	BODY_KIND = 24,
	BODY_VCPU = 34,
	BODY_TOUCH = 52,
	BODY_SIZE = 128
};

static void touch_body(uint8_t body[BODY_SIZE], uint32_t count)
{
	memset(body, 0, BODY_SIZE);
	nvt_put32(body + BODY_EVENTS, count);
	nvt_put32(body + BODY_GROUPS, 2);
	body[16] = NVT_GROUP_EVENT;
	body[17] = 3;
	nvt_put32(body + 18, count);
	body[BODY_KIND] = NVT_TOUCH;
	body[BODY_TOUCH] = NVT_TOUCH;
	body[BODY_TOUCH + 1] = 7;
	nvt_put32(body + BODY_TOUCH + 2, count);
}

static void add_block(const uint8_t *body, size_t size, uint32_t count)
{
	assert_true(nvt_index_add(&made.index, made.ledger.totals.event_count, 0, made.size));
	made.ledger.totals.event_count += count;
	made.ledger.totals.kind_count[NVT_TOUCH] += count;
	add_section(NVT_SECTION_EVENTS, 1, body, size);
}

/* A trace of one block that was changed in one place, everything else being right. */
static void refuse_body(size_t at, uint8_t value, const char *why)
{
	uint8_t body[BODY_SIZE];

	touch_body(body, 10);
	body[at] = value;
	begin();
	add_block(body, sizeof(body), 10);
	add_tail();
	assert_refused(made.data, made.size, why);
}

static void what_is_made_by_hand_can_be_read(void **state)
{
	uint8_t body[BODY_SIZE];

	(void)state;
	touch_body(body, 10);
	begin();
	add_block(body, sizeof(body), 10);
	add_tail();
	assert_int_equal(read_bytes(made.data, made.size), NVT_END);
	touch_body(body, NVT_BLOCK_MAX);
	begin();
	add_block(body, sizeof(body), NVT_BLOCK_MAX);
	add_tail();
	assert_int_equal(read_bytes(made.data, made.size), NVT_END);
}

static void bodies_that_do_not_add_up_are_refused(void **state)
{
	uint8_t body[BODY_SIZE];

	(void)state;
	refuse_body(0, 1, "a block is missing");
	refuse_body(BODY_EVENTS, 0, "number of events");
	refuse_body(BODY_EVENTS + 1, 1, "missing, or too small");
	refuse_body(BODY_EVENTS + 2, 1, "number of events");
	refuse_body(BODY_EVENTS + 3, 0xff, "number of events");
	refuse_body(BODY_GROUPS, 1, "a group is missing");
	refuse_body(BODY_GROUPS, 3, "cut short");
	refuse_body(BODY_GROUPS + 3, 0xff, "more groups");
	refuse_body(16, NVT_GROUP_COUNT, "unknown");
	refuse_body(17, 4, "number of columns");
	refuse_body(18, 0, "number of records");
	refuse_body(18, 11, "number of records");
	refuse_body(18, 9, "too small");
	refuse_body(22, 8, "unknown coding");
	refuse_body(22, NVT_CODING_BASE, "unknown coding");
	refuse_body(23, 1, "fewer values");
	refuse_body(BODY_TOUCH, NVT_FAULT, "");
	refuse_body(BODY_TOUCH, NVT_GROUP_EVENT, "out of order");
	refuse_body(BODY_TOUCH + 2, 9, "number of records");
	touch_body(body, 10);
	begin();
	add_block(body, sizeof(body) - 1, 10);
	add_tail();
	assert_refused(made.data, made.size, "cut short");
}

static void values_out_of_range_are_refused(void **state)
{
	(void)state;
	refuse_body(BODY_KIND, 0, "event, kind is 0x0");
	refuse_body(BODY_KIND, NVT_KIND_COUNT, "kind is 0xf");
	refuse_body(BODY_KIND + 1, 1, "kind is 0x102");
	refuse_body(BODY_VCPU, 2, "vcpu is 0x2");
	refuse_body(BODY_SIZE - 8, 4, "fault.flags");
}

/* Bytes behind the last value, in a block without marks. */
static void bytes_after_the_values_are_refused(void **state)
{
	uint8_t body[BODY_SIZE + 1];

	(void)state;
	touch_body(body, 10);
	body[BODY_SIZE] = 0;
	begin();
	add_block(body, sizeof(body), 10);
	add_tail();
	assert_refused(made.data, made.size, "bytes follow");
}

/* The content of the section at `number` of a file, by the file's own seek table. */
static size_t content_of(const uint8_t *file, size_t size, unsigned int number, uint8_t *out,
			 size_t room)
{
	size_t frames = nvt_get32(file + size - NVT_SEEK_FOOTER), at = 0, n;
	const uint8_t *entries = file + size - NVT_SEEK_FOOTER - frames * NVT_SEEK_ENTRY;

	for (unsigned int i = 0; i < number; i++)
		at += nvt_get32(entries + i * NVT_SEEK_ENTRY);
	n = ZSTD_decompress(out, room, file + at, nvt_get32(entries + number * NVT_SEEK_ENTRY));
	assert_false(ZSTD_isError(n));
	return n;
}

/* Bodies that no checksum protects: whatever they hold, the reader ends in good order. */
static void mutated_bodies_do_no_harm(void **state)
{
	static uint8_t sections[2][1 << 16], body[1 << 16];
	static const unsigned int types[2] = {NVT_SECTION_L1MEM, NVT_SECTION_EVENTS};
	size_t size = 0, sizes[2], part;
	uint8_t *data = small_trace(&size);
	uint64_t seed = 5;

	(void)state;
	for (unsigned int i = 0; i < 2; i++)
		sizes[i] = content_of(data, size, 1 + i, sections[i], sizeof(sections[i])) - 8;
	for (unsigned int i = 0; i < 4000; i++) {
		begin();
		for (part = 0; part < 2; part++) {
			memcpy(body, sections[part] + 8, sizes[part]);
			for (uint64_t n = next_random(&seed) % 4; n; n--)
				body[next_random(&seed) % sizes[part] %
				     (i % 2 ? 700 : UINT64_MAX)] =
					(uint8_t)(next_random(&seed) >> 30);
			add_section((uint16_t)types[part], 1, body, sizes[part]);
		}
		add_tail();
		assert_in_range(read_bytes(made.data, made.size), NVT_END, NVT_EINPUT);
	}
	free(data);
}

static void unknown_sections_are_skipped_or_refused(void **state)
{
	uint8_t body[BODY_SIZE];

	(void)state;
	touch_body(body, 10);
	begin();
	add_section(77, 0, "?", 1);
	add_block(body, sizeof(body), 10);
	add_section(78, 0, "??", 2);
	add_tail();
	assert_int_equal(read_bytes(made.data, made.size), NVT_END);
	assert_int_equal(read_piped(made.data, made.size), NVT_END);

	begin();
	add_section(77, 1, "?", 1);
	add_tail();
	assert_refused(made.data, made.size, "newer nvsim");

	begin();
	add_section(77, 2, "?", 1);
	add_tail();
	assert_refused(made.data, made.size, "unknown flags");

	begin();
	add_section(NVT_SECTION_HEADER, 1, "", 0);
	add_tail();
	assert_refused(made.data, made.size, "out of order");
}

static void totals_that_are_wrong_are_refused(void **state)
{
	uint8_t body[BODY_SIZE];

	(void)state;
	touch_body(body, 10);
	begin();
	add_block(body, sizeof(body), 10);
	made.ledger.totals.event_count++;
	add_tail();
	assert_refused(made.data, made.size, "totals");

	begin();
	add_block(body, sizeof(body), 10);
	made.ledger.frames_check++;
	add_tail();
	assert_refused(made.data, made.size, "check of all frames");

	begin();
	add_block(body, sizeof(body), 10);
	made.index.entries.data[16]++;
	add_tail();
	assert_refused(made.data, made.size, "index");

	begin();
	for (uint64_t i = 0; i < 4100; i++) {
		touch_body(body, 1);
		nvt_put64(body, i);
		add_block(body, sizeof(body), 1);
	}
	made.index.entries.size -= NVT_INDEX_ENTRY;
	add_tail();
	assert_refused(made.data, made.size, "index");
	touch_body(body, 10);

	begin();
	add_block(body, sizeof(body), 10);
	made.entries.data[NVT_SEEK_ENTRY]++;
	add_tail();
	assert_refused(made.data, made.size, "seek table");
}

static void headers_that_are_wrong_are_refused(void **state)
{
	static const struct {
		uint8_t at, value;
		const char *why;
	} cases[] = {
		{0, 0, "magic"},	  {4, 2, "version"},	     {6, 3, "class"},
		{7, 13, "page size"},	  {8, 53, "out of range"},   {17, 4, "out of range"},
		{13, 65, "out of range"}, {15, 129, "out of range"}, {31, 1, "reserved"},
	};
	uint8_t body[NVT_HEADER_SIZE + 1] = {0}, frame[128];
	struct nvt_writer_options o = plain_options();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		nvt_put_header(body, NVT_FULL, &o.machine);
		body[cases[i].at] = cases[i].value;
		assert_refused(frame, nvt_store(frame, NVT_SECTION_HEADER, body, NVT_HEADER_SIZE),
			       cases[i].why);
		assert_says("this is no trace");
	}
	assert_refused(frame, nvt_store(frame, NVT_SECTION_HEADER, body, NVT_HEADER_SIZE + 1),
		       "no trace");
}

/* ---- hostile frames ---- */

/* Head of a frame, given by hand; what follows are zeros. */
static void refuse_head(const uint8_t *head, size_t size, const char *why)
{
	static uint8_t data[4096];

	memset(data, 0, sizeof(data));
	nvt_put32(data, 0xfd2fb528);
	memcpy(data + 4, head, size);
	assert_refused(data, sizeof(data), why);
}

static void frames_that_ask_for_much_are_refused(void **state)
{
	struct rusage before, after;

	(void)state;
	assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
	/* content of 2^62 bytes, of 64 MiB + 1, of 64 MiB that nothing backs; no size at all */
	refuse_head((uint8_t[]){0xe4, 0, 0, 0, 0, 0, 0, 0, 0x40}, 9, "larger than 64 MiB");
	refuse_head((uint8_t[]){0xa4, 1, 0, 0, 4}, 5, "larger than 64 MiB");
	refuse_head((uint8_t[]){0xa4, 0, 0, 0, 4, 1, 0, 0}, 8, "cannot be that large");
	refuse_head((uint8_t[]){0x04, 0x58}, 2, "size of its content");
	/* a window of 128 MiB; no checksum; a dictionary; a reserved bit */
	refuse_head((uint8_t[]){0x84, 0x88, 8, 0, 0, 0}, 6, "window");
	refuse_head((uint8_t[]){0x20, 8}, 2, "checksum");
	refuse_head((uint8_t[]){0x25, 1, 8}, 3, "never needs");
	refuse_head((uint8_t[]){0x2c, 8}, 2, "never needs");
	/* empty blocks without end; a block of the reserved type */
	refuse_head((uint8_t[]){0x24, 8, 0, 0, 0}, 5, "cut short");
	refuse_head((uint8_t[]){0x24, 8, 7, 0, 0}, 5, "damaged");
	assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
	assert_true(after.ru_maxrss - before.ru_maxrss < 32 << 10); /* KiB */
}

static void empty_blocks_without_end_are_refused(void **state)
{
	uint8_t *data = calloc(1, 1 << 20);

	(void)state;
	nvt_put32(data, 0xfd2fb528);
	data[4] = 0x24;
	data[5] = 8;
	assert_refused(data, 1 << 20, "damaged");
	free(data);
}

static void a_plain_zstd_file_is_no_trace(void **state)
{
	uint8_t content[5000] = "some text", frame[6000];
	size_t size;

	(void)state;
	size = make_frame(frame, sizeof(frame), content, sizeof(content));
	assert_refused(frame, size, "this is no trace");
	assert_refused(content, sizeof(content), "there is no zstd frame");
	assert_refused("", 0, "the file is empty");
	nvt_put32(content, 0x184d2a50);
	assert_refused(content, sizeof(content), "this is no trace");
}

static void the_other_byte_order_is_told(void **state)
{
	uint8_t content[48] = {0, 1, 0, 1, 0, 0, 0, 40}, frame[128];

	(void)state;
	assert_refused(frame, make_frame(frame, sizeof(frame), content, sizeof(content)),
		       "big-endian");
}

static void what_is_no_file_is_refused(void **state)
{
	uint64_t count;

	(void)state;
	assert_int_equal(read_all("/nonexistent.zst", &count, &err), NVT_EINPUT);
	assert_says("/nonexistent.zst");
	assert_int_equal(read_all("/tmp", &count, &err), NVT_EINPUT);
	assert_says("directory");
	assert_int_equal(read_all("/dev/null", &count, &err), NVT_EINPUT);
	assert_says("empty");
}

/* An error is final: what follows it in the file is not given out as if it were whole. */
static void an_error_stays(void **state)
{
	size_t size = 0;
	uint8_t *data = small_trace(&size);
	struct nvt_block *block;
	struct nvt_reader *r;
	struct nvt_error first;
	struct fed_pipe p;

	(void)state;
	fed_pipe_open(&p, data, size - 20);
	r = nvt_open(p.path, &err);
	assert_non_null(r);
	assert_int_equal(nvt_next_block(r, &block, &err), NVT_OK);
	nvt_release_block(block);
	assert_int_equal(nvt_next_block(r, &block, &first), NVT_EINPUT);
	assert_int_equal(nvt_next_block(r, &block, &err), NVT_EINPUT);
	assert_string_equal(first.text, err.text);
	nvt_close(r);
	fed_pipe_close(&p);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_changed_byte_is_noticed),
		cmocka_unit_test(every_truncation_is_noticed),
		cmocka_unit_test(bytes_after_the_end_are_noticed),
		cmocka_unit_test(random_damage_of_a_large_file_is_noticed),
		cmocka_unit_test(what_is_made_by_hand_can_be_read),
		cmocka_unit_test(bodies_that_do_not_add_up_are_refused),
		cmocka_unit_test(values_out_of_range_are_refused),
		cmocka_unit_test(bytes_after_the_values_are_refused),
		cmocka_unit_test(mutated_bodies_do_no_harm),
		cmocka_unit_test(unknown_sections_are_skipped_or_refused),
		cmocka_unit_test(totals_that_are_wrong_are_refused),
		cmocka_unit_test(headers_that_are_wrong_are_refused),
		cmocka_unit_test(frames_that_ask_for_much_are_refused),
		cmocka_unit_test(empty_blocks_without_end_are_refused),
		cmocka_unit_test(a_plain_zstd_file_is_no_trace),
		cmocka_unit_test(the_other_byte_order_is_told),
		cmocka_unit_test(what_is_no_file_is_refused),
		cmocka_unit_test(an_error_stays),
	};
	int failed;

	signal(SIGPIPE, SIG_IGN);
	memory_file_open(&memory);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	remove_scratch();
	return failed;
}
