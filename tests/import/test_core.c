/* SPDX-License-Identifier: GPL-2.0-only */
/* ELF cores of L1's memory: the file, sound and damaged, and the tables in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "corefile.h"
#include "import/core.h"

#define RAM	 0x40000000ull
#define RAM_SIZE (16ull << 20)
#define DATA	 0x1000ull     /* where memory begins in the file */
#define VTCR_L1	 0x802d3560ull /* 4K, 32 bits, from level 1 on */
#define VTCR_L2	 0x802d3520ull /* 4K, 32 bits, from level 2 on: four tables side by side */
#define VTCR_64K 0x802d7560ull /* 64K, 32 bits, from level 2 on: eight entries */
#define LEAF3(a) ((a) | 0x7c3)
#define BLOCK(a) ((a) | 0x7c1)
#define TABLE(a) ((a) | 3)

static char path[64];
static struct core_file file;
static struct nvt_error error;

static void begin(void)
{
	core_begin(&file, path);
	core_segment(&file, RAM, RAM_SIZE, DATA);
}

static struct imp_core *opened(void)
{
	struct imp_core *c;

	core_end(&file);
	error = (struct nvt_error){0};
	c = imp_core_open(path, &error);
	if (!c)
		fail_msg("%s", error.text);
	return c;
}

/* One line with the file's name, and with `text`. */
static void refused(const char *text)
{
	struct imp_core *c;

	error = (struct nvt_error){0};
	c = imp_core_open(path, &error);
	if (c)
		fail_msg("taken, and not refused with '%s'", text);
	assert_int_equal(error.status, NVT_EINPUT);
	if (!strstr(error.text, text) || strncmp(error.text, path, strlen(path)) != 0 ||
	    strchr(error.text, '\n'))
		fail_msg("'%s' is not in '%s'", text, error.text);
}

static void ends_refused(const char *text)
{
	core_end(&file);
	refused(text);
}

static struct imp_shape shape_of(uint64_t vtcr)
{
	struct imp_shape s;

	assert_true(imp_shape_of(vtcr, 12, 48, &s));
	return s;
}

static bool read_tables(struct imp_core *c, uint64_t vtcr, uint64_t root)
{
	struct imp_shape s = shape_of(vtcr);
	bool there;

	if (imp_core_read_tables(c, &s, root, &there, &error) != NVT_OK)
		fail_msg("%s", error.text);
	return there;
}

/* ---- shapes ---- */

static void shape_is_that_of_vtcr(void **state)
{
	struct imp_shape s = shape_of(VTCR_L1);

	(void)state;
	assert_int_equal(s.start, 1);
	assert_int_equal(s.start_bits, 2);
	assert_int_equal(imp_shape_count(&s, 1), 4);
	assert_int_equal(imp_shape_count(&s, 2), 512);
	assert_int_equal(imp_shape_index(&s, 2, 0x80204000), 1);
	assert_int_equal(imp_shape_root(&s, 0x1000041a34001), 0x41a34000);
	s = shape_of(VTCR_L2);
	assert_int_equal(s.start, 2);
	assert_int_equal(imp_shape_count(&s, 2), 2048);
	assert_int_equal(imp_shape_root(&s, 0x1000041a35001), 0x41a34000);
	s = shape_of(VTCR_64K);
	assert_int_equal(s.granule_shift, 16);
	assert_int_equal(imp_shape_count(&s, 2), 8);
	assert_int_equal(imp_shape_count(&s, 3), 8192);
	assert_int_equal(imp_shape_shift(&s, 2), 29);
}

static void shapes_that_kvm_refuses(void **state)
{
	static const uint64_t refused_by_kvm[] = {
		0x802d3500 | 63, /* 1 bit */
		0x802d3540 | 10, /* 54 bits */
		0x802d3580 | 40, /* from level 0 for 24 bits */
		0x802d35c0 | 32, /* from level -1 */
		0x802d3500 | 16, /* 48 bits from level 2 on: too many start tables */
		0x802d75c0 | 32, /* 64K from level 0 on */
	};
	struct imp_shape s;

	(void)state;
	for (size_t i = 0; i < sizeof(refused_by_kvm) / sizeof(refused_by_kvm[0]); i++)
		assert_false(imp_shape_of(refused_by_kvm[i], 12, 48, &s));
	/* No granule below the host's page. */
	assert_true(imp_shape_of(0x802d3560, 16, 48, &s));
	assert_int_equal(s.granule_shift, 16);
}

static void descriptors(void **state)
{
	struct imp_shape s = shape_of(VTCR_L1);
	uint64_t next = 0;

	(void)state;
	assert_true(imp_shape_next(&s, 1, 0x8000000040011003, &next));
	assert_int_equal(next, 0x40011000);
	assert_false(imp_shape_next(&s, 3, TABLE(0x40011000), &next));
	assert_false(imp_shape_next(&s, 2, BLOCK(0x40200000), &next));
	assert_true(imp_shape_leaf(&s, 2, BLOCK(0x40200000)));
	assert_true(imp_shape_leaf(&s, 3, LEAF3(0x40200000)));
	assert_false(imp_shape_leaf(&s, 3, BLOCK(0x40200000)));
	assert_false(imp_shape_leaf(&s, 2, 0x40200000));
	/* PS of 40 bits: an output beyond it ends the walk. */
	s = shape_of(VTCR_L1 & ~0x70000ull);
	assert_false(imp_shape_next(&s, 1, TABLE(1ull << 32), &next));
	assert_false(imp_shape_leaf(&s, 2, BLOCK(1ull << 32)));
}

/* ---- the file ---- */

static void tables_are_read_down_to_the_leaves(void **state)
{
	struct imp_core_totals t;
	const uint64_t *words;
	struct imp_core *c;

	(void)state;
	begin();
	core_word(&file, RAM + 0x10000 + 16, TABLE(RAM + 0x11000));
	core_word(&file, RAM + 0x11000, TABLE(RAM + 0x12000));
	core_word(&file, RAM + 0x11008, BLOCK(RAM + 0x200000));
	core_word(&file, RAM + 0x12000 + 0xff8, LEAF3(RAM + 0x5000));
	c = opened();
	assert_true(read_tables(c, VTCR_L1, RAM + 0x10000));
	t = imp_core_totals(c);
	assert_int_equal(t.table_count, 3);
	assert_int_equal(t.leaf_count, 2);
	assert_int_equal(t.outside_count, 0);
	words = imp_core_words(c, RAM + 0x12000, 512);
	assert_non_null(words);
	assert_int_equal(words[511], LEAF3(RAM + 0x5000));
	assert_null(imp_core_words(c, RAM + 0x12000, 4));
	assert_null(imp_core_words(c, RAM + 0x13000, 512));
	/* Once more adds nothing. */
	assert_true(read_tables(c, VTCR_L1, RAM + 0x10000));
	assert_int_equal(imp_core_totals(c).table_count, 3);
	imp_core_close(c);
}

static void segments_may_stand_in_any_order(void **state)
{
	struct imp_core *c;
	uint64_t base, size;

	(void)state;
	core_begin(&file, path);
	core_segment(&file, RAM + 0x20000, 0x10000, 0x31000);
	core_segment(&file, 0x9000000, 0x1000, 0x30000);
	core_segment(&file, RAM, 0x10000, 0x11000);
	core_segment(&file, 0, 0x100, 0)->p_type = PT_NOTE;
	core_word(&file, RAM + 0x20000, BLOCK(0));
	core_word(&file, RAM + 0x1000, BLOCK(0x200000));
	c = opened();
	assert_true(read_tables(c, VTCR_L1, RAM + 0x20000));
	assert_true(read_tables(c, VTCR_L1, RAM + 0x1000));
	/* In the hole, and over the end of a segment. */
	assert_false(read_tables(c, VTCR_L1, RAM + 0x10000));
	assert_false(read_tables(c, VTCR_L2, RAM + 0xf000));
	assert_true(imp_core_segment(c, RAM + 0x2ffff, &base, &size));
	assert_int_equal(base, RAM + 0x20000);
	assert_int_equal(size, 0x10000);
	assert_false(imp_core_segment(c, RAM + 0x30000, &base, &size));
	imp_core_close(c);
}

static void the_same_memory_may_be_named_twice(void **state)
{
	struct imp_core *c;
	uint64_t base, size;

	(void)state;
	core_begin(&file, path);
	core_segment(&file, RAM + 0x8000, 0x10000, DATA + 0x8000);
	core_segment(&file, RAM, 0x10000, DATA);
	core_segment(&file, RAM + 0x9000, 0x1000, DATA + 0x9000);
	core_segment(&file, RAM + 0x18000, 0x8000, DATA + 0x18000);
	c = opened();
	assert_true(imp_core_segment(c, RAM + 0x1f000, &base, &size));
	assert_int_equal(base, RAM);
	assert_int_equal(size, 0x20000);
	imp_core_close(c);
}

static void two_contents_of_an_address_are_refused(void **state)
{
	(void)state;
	core_begin(&file, path);
	core_segment(&file, RAM, 0x10000, DATA);
	core_segment(&file, RAM + 0x8000, 0x10000, DATA);
	ends_refused("different contents for address 0x40008000");
}

/* What was not dumped is not zero. */
static void memory_that_is_not_in_the_file_is_not_there(void **state)
{
	struct imp_core *c;

	(void)state;
	core_begin(&file, path);
	core_segment(&file, RAM, 0x8000, DATA)->p_memsz = 0x10000;
	core_segment(&file, RAM + 0x20000, 0, DATA)->p_memsz = 0x10000;
	c = opened();
	assert_true(read_tables(c, VTCR_L1, RAM + 0x7000));
	assert_false(read_tables(c, VTCR_L1, RAM + 0x8000));
	assert_false(read_tables(c, VTCR_L1, RAM + 0x20000));
	imp_core_close(c);
}

#define MANY 66000u

static void more_segments_than_the_header_can_count(void **state)
{
	struct imp_core *c;
	uint64_t base, size;

	(void)state;
	core_begin(&file, path);
	for (unsigned int i = 0; i < MANY; i++)
		core_segment(&file, RAM + (uint64_t)i * 0x10000, 0x1000, 0x800000 + i * 0x1000ull);
	file.header.e_phnum = PN_XNUM;
	file.header.e_phoff = sizeof(Elf64_Ehdr) + sizeof(Elf64_Shdr);
	file.header.e_shoff = sizeof(Elf64_Ehdr);
	file.header.e_shnum = 1;
	file.first_section.sh_info = MANY;
	c = opened();
	assert_true(imp_core_segment(c, RAM + (MANY - 1) * 0x10000ull, &base, &size));
	assert_int_equal(base, RAM + (MANY - 1) * 0x10000ull);
	imp_core_close(c);
}

/* Nothing but the headers and what is asked for is read. */
static void size_of_the_file_does_not_matter(void **state)
{
	uint64_t huge = 256ull << 30;
	struct imp_core *c;

	(void)state;
	core_begin(&file, path);
	core_segment(&file, RAM, huge, DATA);
	core_word(&file, RAM + huge - 0x1000, BLOCK(RAM));
	c = opened();
	assert_true(read_tables(c, VTCR_L1, RAM + huge - 0x1000));
	assert_int_equal(imp_core_totals(c).leaf_count, 1);
	imp_core_close(c);
}

static void other_files_are_told_apart(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *text;
	} files[] = {
		{"", 0, "offset 0: this is no ELF file"},
		{"what is this\n", 13, "offset 0: this is no ELF file"},
		{"\x28\xb5\x2f\xfdxxxx", 8, "decompress it first (zstd"},
		{"\x1f\x8bxxxxxx", 8, "decompress it first"},
		{"KDUMP   xxxxxxxx", 16, "compressed kernel dump"},
		{"\x7f"
		 "ELF\x02\x01\x01",
		 7, "offset 7: the file ends in the ELF header"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		FILE *f = fopen(path, "wb");

		assert_non_null(f);
		fwrite(files[i].bytes, 1, files[i].size, f);
		assert_int_equal(fclose(f), 0);
		refused(files[i].text);
	}
	assert_null(imp_core_open("/nonexistent/core", &error));
	assert_int_equal(error.status, NVT_EINPUT);
	assert_null(imp_core_open("/tmp", &error));
	assert_int_equal(error.status, NVT_EINPUT);
	assert_null(imp_core_open("/dev/zero", &error));
	assert_int_equal(error.status, NVT_EINPUT);
}

static void other_machines_are_refused(void **state)
{
	(void)state;
	begin();
	file.header.e_ident[EI_CLASS] = ELFCLASS32;
	ends_refused("offset 4: ELF class 1");
	begin();
	file.header.e_ident[EI_DATA] = ELFDATA2MSB;
	ends_refused("byte order 2");
	begin();
	file.header.e_machine = EM_X86_64;
	ends_refused("offset 18: machine 62");
	begin();
	file.header.e_type = ET_EXEC;
	ends_refused("offset 16: ELF type 2");
}

static void sizes_that_cannot_be_are_refused(void **state)
{
	(void)state;
	begin();
	file.segments[0].p_filesz = 1ull << 63;
	file.segments[0].p_memsz = 1ull << 63;
	core_write(&file, "", 1, 0x100000);
	/* The helper would make the file as large. */
	file.count = 0;
	file.header.e_phnum = 1;
	core_write(&file, file.segments, sizeof(Elf64_Phdr), file.header.e_phoff);
	core_write(&file, &file.header, sizeof(file.header), 0);
	free(file.segments);
	close(file.fd);
	refused("cut short, or damaged");

	begin();
	file.segments[0].p_memsz = 0x1000;
	ends_refused("cannot be");
	begin();
	file.segments[0].p_paddr = UINT64_MAX - 0x1000;
	ends_refused("cannot be");
	begin();
	file.header.e_phentsize = 32;
	ends_refused("program headers of 32 bytes");
	begin();
	file.header.e_phnum = 60000;
	file.segments[0].p_filesz = file.segments[0].p_memsz = 0x1000;
	ends_refused("program header");
	begin();
	file.header.e_phnum = PN_XNUM;
	ends_refused("program header");
	begin();
	file.header.e_phnum = PN_XNUM;
	file.header.e_shoff = 0x800;
	file.header.e_shnum = 1;
	file.first_section.sh_info = UINT32_MAX;
	ends_refused("program header");
	begin();
	file.header.e_shoff = 0x800;
	file.header.e_shnum = 0;
	file.first_section.sh_size = 1ull << 40;
	ends_refused("section headers");
	begin();
	file.header.e_shoff = 0x800;
	file.header.e_shnum = 0xfeff;
	file.segments[0].p_filesz = file.segments[0].p_memsz = 0x1000;
	ends_refused("section headers");
	core_begin(&file, path);
	file.segments[file.count++] = (Elf64_Phdr){.p_type = PT_NOTE};
	ends_refused("no segment of memory");
}

static void section_headers_beyond_the_file(void **state)
{
	(void)state;
	begin();
	core_end(&file);
	file.fd = open(path, O_RDWR);
	file.header.e_shoff = 1ull << 62;
	core_write(&file, &file.header, sizeof(file.header), 0);
	close(file.fd);
	refused("section headers at");
}

/* Wherever the file is cut, that is told. */
static void cut_short(void **state)
{
	static const uint64_t lengths[] = {DATA,
					   DATA + 1,
					   DATA + 0x8000,
					   DATA + 0xffff,
					   DATA + RAM_SIZE / 2,
					   DATA + RAM_SIZE - 1};

	(void)state;
	for (uint64_t length = 0; length < 0x140; length++) {
		begin();
		core_end(&file);
		assert_int_equal(truncate(path, (off_t)length), 0);
		refused("");
	}
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		begin();
		core_end(&file);
		assert_int_equal(truncate(path, (off_t)lengths[i]), 0);
		refused("cut short, or damaged");
	}
}

static uint32_t seed;

static uint32_t next_random(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

/* Whatever the headers say, it is taken or refused in one line, and at once. */
static void damaged_headers_are_survived(void **state)
{
	(void)state;
	for (seed = 1; seed < 4000; seed++) {
		uint32_t kept = seed;
		unsigned char bytes[0x140];
		struct imp_core *c;

		begin();
		core_segment(&file, 0x9000000, 0x1000, 0x400);
		core_segment(&file, RAM + RAM_SIZE, 0x1000, 0x400);
		file.header.e_shoff = 0x200;
		file.header.e_shnum = 1;
		core_end(&file);
		file.fd = open(path, O_RDWR);
		assert_int_equal(pread(file.fd, bytes, sizeof(bytes), 0), sizeof(bytes));
		for (uint32_t n = next_random() % 4 + 1; n; n--)
			bytes[16 + next_random() % (sizeof(bytes) - 16)] =
				(unsigned char)(next_random() % 3 ? next_random() : 0xff);
		core_write(&file, bytes, sizeof(bytes), 0);
		close(file.fd);
		error = (struct nvt_error){0};
		c = imp_core_open(path, &error);
		if (c)
			read_tables(c, VTCR_L1, RAM);
		else
			assert_int_equal(error.status, NVT_EINPUT);
		imp_core_close(c);
		seed = kept;
	}
}

/* ---- tables ---- */

static void cyclic_tables_are_read_once_for_each_level(void **state)
{
	struct imp_core *c;

	(void)state;
	begin();
	/* A page that is full of itself, at every level. */
	for (unsigned int i = 0; i < 512; i++)
		core_word(&file, RAM + 0x10000 + 8 * i, TABLE(RAM + 0x10000));
	c = opened();
	assert_true(read_tables(c, VTCR_L1, RAM + 0x10000));
	/* The start table is short: four entries; the page at levels 2 and 3. */
	assert_int_equal(imp_core_totals(c).table_count, 3);
	assert_int_equal(imp_core_totals(c).leaf_count, 512);
	imp_core_close(c);
}

static void tables_outside_the_core_are_counted(void **state)
{
	struct imp_core *c;

	(void)state;
	begin();
	core_word(&file, RAM + 0x10000, TABLE(RAM + RAM_SIZE));
	core_word(&file, RAM + 0x10008, TABLE(RAM - 0x1000));
	c = opened();
	assert_true(read_tables(c, VTCR_L1, RAM + 0x10000));
	assert_int_equal(imp_core_totals(c).table_count, 1);
	assert_int_equal(imp_core_totals(c).outside_count, 2);
	imp_core_close(c);
}

/* 512 x 512 tables, each of its own: nobody has as many. */
static void more_tables_than_a_trace_takes_are_refused(void **state)
{
	static uint64_t words[512];
	struct imp_shape s = shape_of(VTCR_L1);
	uint64_t level2 = RAM + 0x100000, level3 = RAM + 0x1000000;
	struct imp_core *c;
	bool there;

	(void)state;
	core_begin(&file, path);
	core_segment(&file, RAM, 2ull << 30, DATA);
	for (unsigned int i = 0; i < 4; i++)
		core_word(&file, RAM + 8 * i, TABLE(level2 + i * 0x1000ull));
	for (unsigned int i = 0; i < 4; i++) {
		for (unsigned int j = 0; j < 512; j++)
			words[j] = TABLE(level3 + (i * 512ull + j) * 0x1000);
		core_write(&file, words, sizeof(words), DATA + (level2 - RAM) + i * 0x1000ull);
	}
	c = opened();
	assert_true(read_tables(c, VTCR_L1, RAM));
	assert_int_equal(imp_core_totals(c).table_count, 1 + 4 + 2048);
	imp_core_close(c);

	/* 39 bits: from level 1 on, 512 tables at level 2. */
	core_begin(&file, path);
	core_segment(&file, RAM, 2ull << 30, DATA);
	for (unsigned int i = 0; i < 512; i++) {
		core_word(&file, RAM + 8 * i, TABLE(level2 + i * 0x1000ull));
		for (unsigned int j = 0; j < 512; j++)
			words[j] = TABLE(level3 + (i * 512ull + j) % 500000 * 0x1000);
		core_write(&file, words, sizeof(words), DATA + (level2 - RAM) + i * 0x1000ull);
	}
	c = opened();
	assert_true(imp_shape_of((VTCR_L1 & ~63ull) | 25, 12, 48, &s));
	assert_int_equal(imp_core_read_tables(c, &s, RAM, &there, &error), NVT_EINPUT);
	assert_non_null(strstr(error.text, "is VTTBR right?"));
	assert_non_null(strstr(error.text, ": offset "));
	imp_core_close(c);
}

static void random_memory_is_survived(void **state)
{
	static uint64_t words[0x20000 / 8];

	(void)state;
	for (seed = 1; seed < 60; seed++) {
		uint32_t kept = seed;
		struct imp_core *c;

		for (size_t i = 0; i < sizeof(words) / 8; i++) {
			uint64_t at = RAM + (next_random() & 0x1f) * 0x1000ull;

			words[i] = next_random() & 1 ? TABLE(at) : (uint64_t)next_random() << 20;
		}
		core_begin(&file, path);
		core_segment(&file, RAM, sizeof(words), DATA);
		core_write(&file, words, sizeof(words), DATA);
		c = opened();
		read_tables(c, VTCR_L1, RAM);
		read_tables(c, VTCR_L2, RAM + 0x4000);
		read_tables(c, VTCR_64K, RAM + 0x10000);
		assert_true(imp_core_totals(c).table_count <= 3 + 3 * 32 * 2);
		imp_core_close(c);
		seed = kept;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shape_is_that_of_vtcr),
		cmocka_unit_test(shapes_that_kvm_refuses),
		cmocka_unit_test(descriptors),
		cmocka_unit_test(tables_are_read_down_to_the_leaves),
		cmocka_unit_test(segments_may_stand_in_any_order),
		cmocka_unit_test(the_same_memory_may_be_named_twice),
		cmocka_unit_test(two_contents_of_an_address_are_refused),
		cmocka_unit_test(memory_that_is_not_in_the_file_is_not_there),
		cmocka_unit_test(more_segments_than_the_header_can_count),
		cmocka_unit_test(size_of_the_file_does_not_matter),
		cmocka_unit_test(other_files_are_told_apart),
		cmocka_unit_test(other_machines_are_refused),
		cmocka_unit_test(sizes_that_cannot_be_are_refused),
		cmocka_unit_test(section_headers_beyond_the_file),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(damaged_headers_are_survived),
		cmocka_unit_test(cyclic_tables_are_read_once_for_each_level),
		cmocka_unit_test(tables_outside_the_core_are_counted),
		cmocka_unit_test(more_tables_than_a_trace_takes_are_refused),
		cmocka_unit_test(random_memory_is_survived),
	};
	/* Thousands of files that are full of holes: in memory that takes no time. */
	int fd = memfd_create("core", MFD_CLOEXEC);

	if (fd < 0)
		return 1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
