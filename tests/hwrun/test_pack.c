/* SPDX-License-Identifier: GPL-2.0-only */
/* Traces packed for the image at EL2, and images whose headers claim what is not so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <cmocka.h>

#include "image.h"
#include "pack.h"
#include "small_image.h"
#include "../traces/files.h"

#define SAMPLE "../../traces/samples/thp-thp.zst"

static struct hw_job job_of(const char *trace)
{
	return (struct hw_job){
		.trace = trace,
		.trace_name = "thp-thp.zst",
		.mode = HW_LIVE,
		.flags = HW_EMULATED | HW_SAMPLES,
		.quirks = 0x42,
		.policy = "kvm-7.3",
		.invalidation = "whole",
		.events = {0x03, 0x17},
		.event_count = 2,
	};
}

/* ---- the blob ---- */

static void a_blob_says_what_is_to_be_done(void **state)
{
	static const struct hw_board board = {.name = "a-board",
					      .console = HW_CONSOLE_8250,
					      .console_base = 0xfe215040,
					      .console_reg_shift = 2,
					      .memory_base = 0x40000000,
					      .memory_size = 0x10000000};
	struct hw_job job = job_of(source_path(SAMPLE));
	struct nvt_buffer blob = {0};
	struct nvt_error err = {0};
	const struct hw_blob *b;

	(void)state;
	job.board = &board;
	assert_int_equal(hw_pack(&job, &blob, &err), NVT_OK);
	b = (const struct hw_blob *)blob.data;
	assert_null(hw_blob_problem(b, blob.size));
	assert_int_equal(b->size, blob.size);
	assert_int_equal(b->event_count, 22595);
	assert_int_equal(b->flags, HW_EMULATED | HW_SAMPLES);
	assert_int_equal(b->mode, HW_LIVE);
	assert_int_equal(b->quirks, 0x42);
	assert_int_equal(b->pmu_event_count, 2);
	assert_int_equal(b->pmu_events[1], 0x17);
	assert_int_equal(b->console, HW_CONSOLE_8250);
	assert_int_equal(b->console_base, 0xfe215040);
	assert_int_equal(b->console_reg_shift, 2);
	assert_int_equal(b->memory_base, 0x40000000);
	assert_int_equal(b->memory_size, 0x10000000);
	assert_string_equal(b->policy, "kvm-7.3");
	assert_string_equal(b->invalidation, "whole");
	assert_string_equal(b->board, "a-board");
	assert_string_equal(b->trace_name, "thp-thp.zst");
	assert_int_equal(strlen(b->trace_sha256), 64);
	assert_int_equal(strlen(b->trace_digest), 64);
	nvt_buffer_free(&blob);
}

/* What a decompressor makes of the file, and nothing else. */
static void a_blob_has_the_content_of_the_file(void **state)
{
	struct hw_job job = job_of(source_path(SAMPLE));
	struct nvt_buffer blob = {0};
	struct nvt_error err = {0};
	char command[600], *want;
	const struct hw_blob *b;
	FILE *zstd;

	(void)state;
	assert_int_equal(hw_pack(&job, &blob, &err), NVT_OK);
	b = (const struct hw_blob *)blob.data;
	snprintf(command, sizeof(command), "zstd -dcq '%s'", source_path(SAMPLE));
	zstd = popen(command, "r");
	assert_non_null(zstd);
	want = malloc(b->trace_size + 1);
	assert_int_equal(fread(want, 1, b->trace_size + 1, zstd), b->trace_size);
	assert_int_equal(pclose(zstd), 0);
	assert_memory_equal(want, blob.data + b->trace_offset, b->trace_size);
	free(want);
	nvt_buffer_free(&blob);
}

static void assert_pipe_is_packed(const char *name)
{
	struct hw_job job = job_of(source_path(SAMPLE));
	struct nvt_buffer blob = {0}, piped = {0};
	struct nvt_error err = {0};
	struct fed_pipe p;
	size_t size = 0;
	char *data = read_file(source_path(SAMPLE), &size);
	int in = dup(STDIN_FILENO);

	assert_int_equal(hw_pack(&job, &blob, &err), NVT_OK);
	fed_pipe_open(&p, data, size);
	dup2(p.out, STDIN_FILENO);
	job.trace = name;
	assert_int_equal(hw_pack(&job, &piped, &err), NVT_OK);
	dup2(in, STDIN_FILENO);
	fed_pipe_close(&p);
	assert_null(hw_blob_problem(piped.data, piped.size));
	assert_int_equal(piped.size, blob.size);
	assert_string_equal(((struct hw_blob *)piped.data)->trace_sha256, "");
	assert_memory_equal(piped.data + sizeof(struct hw_blob), blob.data + sizeof(struct hw_blob),
			    blob.size - sizeof(struct hw_blob));
	close(in);
	free(data);
	nvt_buffer_free(&blob);
	nvt_buffer_free(&piped);
}

/* By any name: what is read a second time is not what was packed. */
static void a_blob_of_a_pipe_is_the_same_but_for_the_hash(void **state)
{
	(void)state;
	assert_pipe_is_packed("-");
	assert_pipe_is_packed("/dev/stdin");
}

/* Of every kind of damage test_damage knows, one each: truncated, and a byte changed. */
static void a_damaged_trace_is_refused(void **state)
{
	struct nvt_buffer blob = {0};
	struct nvt_error err = {0};
	struct memory_file m;
	struct hw_job job;
	size_t size = 0;
	char *data = read_file(source_path(SAMPLE), &size);

	(void)state;
	memory_file_open(&m);
	job = job_of(m.path);
	memory_file_set(&m, data, size * 2 / 3);
	assert_int_equal(hw_pack(&job, &blob, &err), NVT_EINPUT);
	assert_non_null(strstr(err.text, "offset"));
	data[size / 2] ^= 0x40;
	memory_file_set(&m, data, size);
	assert_int_equal(hw_pack(&job, &blob, &err), NVT_EINPUT);
	assert_non_null(strstr(err.text, "offset"));
	close(m.fd);
	free(data);
	nvt_buffer_free(&blob);
}

/* ---- the image ---- */

struct
try {
	struct memory_file file;
	struct hw_image image;
	struct nvt_error err;
	struct nvt_buffer flat;
};

static enum nvt_status try_image(struct try *t, const void *data, size_t size,
				 const struct nvt_buffer *blob)
{
	enum nvt_status status;

	if (ftruncate(t->file.fd, 0) < 0)
		abort();
	memory_file_set(&t->file, data, size);
	t->err = (struct nvt_error){0};
	status = hw_image_open(&t->image, t->file.path, &t->err);
	if (!status)
		status = hw_image_put_blob(&t->image, blob, &t->err);
	if (!status)
		status = hw_image_flatten(&t->image, &t->flat, &t->err);
	return status;
}

static struct nvt_buffer some_blob(size_t size)
{
	struct nvt_buffer blob = {.data = malloc(size), .size = size, .capacity = size};

	memset(blob.data, 0xbb, size);
	return blob;
}

static void check_heads(const uint8_t *head, uint64_t memory)
{
	const uint8_t *optional = head + PE_OFFSET + 24, *section = optional + 160;

	assert_int_equal(nvt_get64(head + 16), memory);
	assert_int_equal(nvt_get32(optional + 56), memory);
	assert_int_equal(nvt_get32(section + 8), memory - 0x1000);
	assert_int_equal(nvt_get32(section + 16), memory - 0x1000);
	assert_int_equal(nvt_get32(section + 12), 0x1000);
	assert_int_equal(nvt_get32(section + 20), 0x1000);
}

static void the_flat_image_lies_as_in_memory(void **state)
{
	static const size_t sizes[] = {1, 4096, 4097, 1000000};
	struct small_image small;
	struct try t = {0};

	(void)state;
	small_image_make(&small);
	memory_file_open(&t.file);
	for (size_t i = 0; i < 4; i++) {
		struct nvt_buffer blob = some_blob(sizes[i]);
		size_t memory = (BLOB_AT + sizes[i] + 4095) / 4096 * 4096;

		assert_int_equal(try_image(&t, &small, sizeof(small), &blob), NVT_OK);
		assert_string_equal(t.image.handler_sha256, HASH);
		assert_string_equal(t.image.compiler, "a compiler");
		assert_string_equal(t.image.version, "1.2");
		assert_int_equal(t.flat.size, memory);
		check_heads(t.flat.data, memory);
		assert_int_equal(t.flat.data[0x1fff], 0xdd);
		assert_int_equal(t.flat.data[0x2000], 0);
		assert_int_equal(t.flat.data[BLOB_AT - 1], 0);
		assert_memory_equal(t.flat.data + BLOB_AT, blob.data, blob.size);
		nvt_buffer_free(&blob);
		hw_image_close(&t.image);
	}
	close(t.file.fd);
	nvt_buffer_free(&t.flat);
}

/* The ELF file with its blob is as good an image as the one without, and takes another blob. */
static void the_elf_image_can_be_packed_again(void **state)
{
	struct nvt_buffer first = some_blob(70000), second = some_blob(5000), packed;
	struct small_image small;
	struct try t = {0};

	(void)state;
	small_image_make(&small);
	memory_file_open(&t.file);
	assert_int_equal(try_image(&t, &small, sizeof(small), &first), NVT_OK);
	packed = t.image.file;
	t.image.file = (struct nvt_buffer){0};
	check_heads(packed.data + 0x1000, 0x17000);
	assert_int_equal(try_image(&t, packed.data, packed.size, &second), NVT_OK);
	assert_int_equal(t.flat.size, BLOB_AT + 0x2000);
	assert_memory_equal(t.flat.data + BLOB_AT, second.data, second.size);
	hw_image_close(&t.image);
	close(t.file.fd);
	nvt_buffer_free(&packed);
	nvt_buffer_free(&t.flat);
	nvt_buffer_free(&first);
	nvt_buffer_free(&second);
}

static void what_is_no_image_is_refused(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *want;
	} cases[] = {
		{0, 'X', "no 64-bit ELF file"},
		{EI_CLASS, ELFCLASS32, "no 64-bit ELF file"},
		{EI_DATA, ELFDATA2MSB, "not for little-endian arm64"},
		{offsetof(Elf64_Ehdr, e_machine), EM_X86_64, "not for little-endian arm64"},
		{offsetof(Elf64_Ehdr, e_type), ET_REL, "not linked"},
		{offsetof(Elf64_Ehdr, e_phnum), 2, "not a last segment of its own"},
		{offsetof(Elf64_Ehdr, e_phentsize), 55, "segments are not within the file"},
		{0x3301, 'x', "no section .blob"},
		{0x1808, 2, "no note"},
		{0x180c, 'N', "no note"},
		{0x1814, 'H', "no note"},
		{0x1000 + 56, 'a', "the header of an arm64 Image"},
		{0x1000 + PE_OFFSET, 'p', "PE header is not there"},
		{0x1000 + 62, 1, "PE header is not there"},
		{0x1000 + PE_OFFSET + 6, 0, "no room for its sections"},
		{0x1000 + PE_OFFSET + 7, 0xff, "no room for its sections"},
		{0x1000 + PE_OFFSET + 24 + 33, 0x30, "impossible sizes"},
	};
	struct nvt_buffer blob = some_blob(100);
	struct small_image small;
	struct try t = {0};

	(void)state;
	memory_file_open(&t.file);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		small_image_make(&small);
		small.bytes[cases[i].at] = cases[i].value;
		assert_int_equal(try_image(&t, &small, sizeof(small), &blob), NVT_EINPUT);
		if (!strstr(t.err.text, cases[i].want))
			fail_msg("%zu: %s, wanted %s", i, t.err.text, cases[i].want);
		hw_image_close(&t.image);
	}
	close(t.file.fd);
	nvt_buffer_free(&t.flat);
	nvt_buffer_free(&blob);
}

/* Whether each is refused depends on what was hit; that it is survived does not. */
static void any_damage_is_survived(void **state)
{
	static const uint8_t masks[] = {0x01, 0x80, 0xff};
	struct nvt_buffer blob = some_blob(100);
	struct small_image small;
	struct try t = {0};
	size_t refused = 0;

	(void)state;
	memory_file_open(&t.file);
	small_image_make(&small);
	for (size_t at = 0; at < FILE_SIZE; at += at == 0x400 || at == 0x2000 ? 0xc00 : 1) {
		for (size_t m = 0; m < sizeof(masks); m++) {
			small.bytes[at] ^= masks[m];
			refused += try_image(&t, &small, sizeof(small), &blob) != NVT_OK;
			hw_image_close(&t.image);
			small.bytes[at] ^= masks[m];
		}
	}
	assert_true(refused > 100);
	for (size_t size = 0; size < FILE_SIZE; size += size < 0x200 ? 1 : 37) {
		enum nvt_status status = try_image(&t, &small, size, &blob);

		assert_true(status == NVT_EINPUT || size > 0x3300);
		hw_image_close(&t.image);
	}
	close(t.file.fd);
	nvt_buffer_free(&t.flat);
	nvt_buffer_free(&blob);
}

static void an_image_that_is_not_there(void **state)
{
	struct hw_image image;
	struct nvt_error err = {0};

	(void)state;
	assert_int_equal(hw_image_open(&image, "/nonexistent", &err), NVT_EINPUT);
	assert_non_null(strstr(err.text, "/nonexistent: cannot be read"));
	hw_image_close(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_blob_says_what_is_to_be_done),
		cmocka_unit_test(a_blob_has_the_content_of_the_file),
		cmocka_unit_test(a_blob_of_a_pipe_is_the_same_but_for_the_hash),
		cmocka_unit_test(a_damaged_trace_is_refused),
		cmocka_unit_test(the_flat_image_lies_as_in_memory),
		cmocka_unit_test(the_elf_image_can_be_packed_again),
		cmocka_unit_test(what_is_no_image_is_refused),
		cmocka_unit_test(any_damage_is_survived),
		cmocka_unit_test(an_image_that_is_not_there),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
