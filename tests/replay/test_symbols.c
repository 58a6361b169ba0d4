/* SPDX-License-Identifier: GPL-2.0-only */
/* Symbols of a kernel, as ELF and as text, and files that are none or claim what cannot be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <gelf.h>
#include <signal.h>
#include <cmocka.h>

#include "symbols.h"
#include "../traces/files.h"

#define KERNEL 0xffff800080000000u

static struct nvt_error err;

/* ---- text ---- */

static struct symbols *read_bytes(const void *data, size_t size)
{
	struct memory_file file;
	struct symbols *s;

	memory_file_open(&file);
	memory_file_set(&file, data, size);
	err = (struct nvt_error){0};
	s = symbols_read(file.path, &err);
	close(file.fd);
	return s;
}

static struct symbols *read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

/* Functions and where they end, in order: "a 0..10, b 10..20", from KERNEL. */
static const char *shown(struct symbols *s)
{
	static char text[1024];
	size_t used = 0;

	assert_non_null(s);
	text[0] = 0;
	for (uint32_t i = 0; i < s->count; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %llx..%llx",
					 i ? ", " : "", symbols_name(s, i),
					 (unsigned long long)(s->v[i].start - KERNEL),
					 (unsigned long long)(s->v[i].end - KERNEL));
	symbols_free(s);
	return text;
}

/* The function that has an address. */
static const char *at(const struct symbols *s, uint64_t address)
{
	uint32_t found = symbols_find(s, address);

	return found == SYMBOL_NONE ? "none" : symbols_name(s, found);
}

static void lines_are_functions_up_to_the_next_symbol(void **state)
{
	(void)state;
	assert_string_equal(shown(read_text("ffff800080000000 T one\n"
					    "ffff800080000010 t two\n"
					    "ffff800080000030 D data\n"
					    "ffff800080000040 W three\n"
					    "ffff800080000044 R rodata\n")),
			    "one 0..10, two 10..30, three 40..44");
}

static void lines_may_be_in_any_order_and_the_last_without_an_end(void **state)
{
	(void)state;
	assert_string_equal(shown(read_text("ffff800080000040 b end\n"
					    "FFFF800080000020 t two\r\n"
					    "ffff800080000000 t one")),
			    "one 0..20, two 20..40");
}

static void mapping_symbols_labels_and_absolute_ones_are_passed_over(void **state)
{
	(void)state;
	assert_string_equal(shown(read_text("ffff800080000000 T one\n"
					    "ffff800080000004 t $x\n"
					    "ffff800080000008 t $d.1\n"
					    "ffff80008000000c t .Lloop\n"
					    "ffff800080000010 A constant\n"
					    "0000000000000200 A small\n"
					    "                 U undefined\n"
					    "                 w weak\n"
					    "ffff800080000020 d end\n")),
			    "one 0..20");
}

static void of_several_names_the_most_visible_is_kept_then_the_plainest(void **state)
{
	(void)state;
	assert_string_equal(shown(read_text("ffff800080000000 T __pi_memcpy\n"
					    "ffff800080000000 T memcpy_alias\n"
					    "ffff800080000000 T memcpy\n"
					    "ffff800080000000 t a\n"
					    "ffff800080000000 W b\n"
					    "ffff800080000010 t zed\n"
					    "ffff800080000010 t abc\n"
					    "ffff800080000020 d end\n")),
			    "memcpy 0..10, abc 10..20");
}

static void a_module_goes_with_its_functions(void **state)
{
	struct symbols *s = read_text("ffff800080000000 T one\n"
				      "ffff800078000000 t probe\t[nvme]\n");

	(void)state;
	assert_non_null(s);
	assert_string_equal(symbols_module(s, symbols_find(s, 0xffff800078000004)), "nvme");
	assert_string_equal(symbols_module(s, symbols_find(s, KERNEL)), "");
	symbols_free(s);
}

/* The last function of all would have every address behind it. */
static void a_guessed_end_is_not_far(void **state)
{
	struct symbols *s = read_text("ffff800080000000 T one\n"
				      "ffffffffffffff00 T last\n");

	(void)state;
	assert_non_null(s);
	assert_string_equal(at(s, KERNEL - 1), "none");
	assert_string_equal(at(s, KERNEL), "one");
	assert_string_equal(at(s, KERNEL + SYMBOL_GUESS_MAX - 1), "one");
	assert_string_equal(at(s, KERNEL + SYMBOL_GUESS_MAX), "none");
	assert_string_equal(at(s, UINT64_MAX - 1), "last");
	symbols_free(s);
}

static void names_are_bounded_and_print(void **state)
{
	char text[2048] = "ffff800080000000 T a\033[31m\xff\n";
	struct symbols *s = read_text(text);
	size_t used;

	(void)state;
	assert_non_null(s);
	assert_string_equal(symbols_name(s, 0), "a?[31m?");
	symbols_free(s);
	used = (size_t)sprintf(text, "ffff800080000000 T ");
	memset(text + used, 'n', 1000);
	text[used + 1000] = 0;
	s = read_text(text);
	assert_non_null(s);
	assert_int_equal(strlen(symbols_name(s, 0)), SYMBOL_NAME_MAX);
	symbols_free(s);
}

static void assert_refused(const char *text, const char *why)
{
	assert_null(read_text(text));
	assert_int_equal(err.status, NVT_EINPUT);
	if (!strstr(err.text, why))
		fail_msg("'%s' has no '%s'", err.text, why);
	assert_null(strchr(err.text, '\n'));
}

static void hidden_addresses_are_told_with_the_remedy(void **state)
{
	(void)state;
	assert_refused("0000000000000000 T one\n0000000000000000 D two\n", "kptr_restrict");
}

static void text_that_is_no_symbols_is_refused(void **state)
{
	static char line[8192];

	(void)state;
	assert_refused("", "it is empty");
	assert_refused("\n", "neither an ELF file");
	assert_refused("# tracer: nop\n", "neither an ELF file");
	assert_refused("\x1f\x8b\x08", "not compressed");
	assert_refused("ffff800080000000 T one\nffff8000800000000 T two\n", "line 2");
	assert_refused("ffff800080000000 T one\nffff80008000001g T two\n", "line 2");
	assert_refused("ffff800080000000 T one\nffff8000\x10\x10 T two\n", "line 2");
	assert_refused("ffff800080000000 T one\nffff800080000010 Two two\n", "line 2");
	assert_refused("ffff800080000000 T one\nffff800080000010 T\n", "line 2");
	assert_refused("ffff800080000000 T one\nffff800080000010 T two three\n", "line 2");
	assert_refused("ffff800080000000 T one\nffff800080000010 T two [m] x\n", "line 2");
	assert_refused("ffff800080000000 T one\n\nffff800080000010 T two\n", "line 2");
	assert_refused("ffff800080000000 D data\n", "no symbols of functions");
	memset(line, 'f', sizeof(line) - 1);
	assert_refused(line, "neither an ELF file");
	memcpy(line, "ffff800080000000 T one\n", 23);
	assert_refused(line, "line 2");
}

static void bytes_of_zero_are_no_text(void **state)
{
	static const char text[] = "ffff800080000000 T one\n\0\0\0\0";

	(void)state;
	assert_null(read_bytes(text, sizeof(text)));
	assert_non_null(strstr(err.text, "line 2"));
}

static void text_comes_through_a_pipe_and_elf_does_not(void **state)
{
	static const char text[] = "ffff800080000000 T one\n", elf[] = "\177ELF\2\1\1";
	struct fed_pipe pipe;
	struct symbols *s;

	(void)state;
	fed_pipe_open(&pipe, text, sizeof(text) - 1);
	s = symbols_read(pipe.path, &err);
	fed_pipe_close(&pipe);
	assert_non_null(s);
	symbols_free(s);
	fed_pipe_open(&pipe, elf, sizeof(elf) - 1);
	assert_null(symbols_read(pipe.path, &err));
	fed_pipe_close(&pipe);
	assert_non_null(strstr(err.text, "pipe"));
}

static void what_cannot_be_read_is_told(void **state)
{
	(void)state;
	assert_null(symbols_read("/nonexistent/vmlinux", &err));
	assert_int_equal(err.status, NVT_EINPUT);
	assert_null(symbols_read("/", &err));
	assert_int_equal(err.status, NVT_EINPUT);
}

/* A kernel has fewer; memory is bounded whatever a file says. */
static void too_many_symbols_are_refused(void **state)
{
	size_t room = (SYMBOLS_MAX + 1ul) * 16, used = 0;
	char *text = malloc(room);

	(void)state;
	assert_non_null(text);
	for (size_t i = 1; i <= SYMBOLS_MAX + 1ul; i++)
		used += (size_t)sprintf(text + used, "%zx t f\n", i * 4);
	assert_null(read_bytes(text, used));
	assert_non_null(strstr(err.text, "too many symbols"));
	free(text);
}

/* ---- ELF ---- */

struct elf_symbol {
	const char *name;
	uint64_t start, size;
	unsigned char info;
	uint16_t section;
};

#define FUNCTION(name, start, size)                                                                \
	{                                                                                          \
		name, KERNEL + (start), size, GELF_ST_INFO(STB_GLOBAL, STT_FUNC), 1                \
	}

struct elf_shape {
	uint16_t type, machine;
	uint32_t table; /* SHT_SYMTAB, SHT_DYNSYM, or 0: none */
	const struct elf_symbol *symbols;
	size_t count;
};

static Elf_Scn *add_section(Elf *elf, uint32_t type, uint32_t name, void *data, size_t size)
{
	Elf_Scn *section = elf_newscn(elf);
	Elf_Data *d = elf_newdata(section);
	GElf_Shdr head;

	assert_non_null(d);
	d->d_buf = data;
	d->d_size = size;
	d->d_align = 8;
	d->d_type = type == SHT_SYMTAB || type == SHT_DYNSYM ? ELF_T_SYM : ELF_T_BYTE;
	gelf_getshdr(section, &head);
	head.sh_type = type;
	head.sh_name = name;
	assert_true(gelf_update_shdr(section, &head));
	return section;
}

static void add_table(Elf *elf, const struct elf_shape *shape, Elf64_Sym *table, char *names)
{
	size_t used = 1;
	Elf_Scn *section;
	GElf_Shdr head;

	for (size_t i = 0; i < shape->count; i++) {
		const struct elf_symbol *s = &shape->symbols[i];

		table[i + 1] = (Elf64_Sym){.st_name = (uint32_t)used,
					   .st_info = s->info,
					   .st_shndx = s->section,
					   .st_value = s->start,
					   .st_size = s->size};
		used += strlen(strcpy(names + used, s->name)) + 1;
	}
	section = add_section(elf, shape->table, 0, table, (shape->count + 1) * sizeof(*table));
	gelf_getshdr(section, &head);
	head.sh_link = (uint32_t)elf_ndxscn(section) + 1;
	head.sh_entsize = sizeof(*table);
	gelf_update_shdr(section, &head);
	add_section(elf, SHT_STRTAB, 0, names, used);
}

/* An ELF file of the shape, to be freed. */
static uint8_t *make_elf(const struct elf_shape *shape, size_t *size)
{
	static char code[64], section_names[] = "\0.shstrtab";
	Elf64_Sym *table = calloc(shape->count + 1, sizeof(*table));
	char *names = calloc(shape->count + 1, 64);
	int fd = memfd_create("vmlinux", MFD_CLOEXEC);
	GElf_Ehdr head;
	uint8_t *bytes;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_WRITE, NULL);
	assert_non_null(elf);
	assert_non_null(gelf_newehdr(elf, ELFCLASS64));
	add_section(elf, SHT_PROGBITS, 0, code, sizeof(code));
	if (shape->table)
		add_table(elf, shape, table, names);
	gelf_getehdr(elf, &head);
	head.e_type = shape->type;
	head.e_machine = shape->machine;
	head.e_ident[EI_DATA] = ELFDATA2LSB;
	head.e_shstrndx = (uint16_t)elf_ndxscn(
		add_section(elf, SHT_STRTAB, 1, section_names, sizeof(section_names)));
	assert_true(gelf_update_ehdr(elf, &head));
	assert_true(elf_update(elf, ELF_C_WRITE) > 0);
	elf_end(elf);
	*size = (size_t)lseek(fd, 0, SEEK_END);
	bytes = malloc(*size);
	assert_int_equal(pread(fd, bytes, *size, 0), *size);
	close(fd);
	free(table);
	free(names);
	return bytes;
}

static struct symbols *read_elf(struct elf_shape shape)
{
	struct symbols *s;
	uint8_t *bytes;
	size_t size;

	if (!shape.type)
		shape.type = ET_DYN;
	if (!shape.machine)
		shape.machine = EM_AARCH64;
	bytes = make_elf(&shape, &size);
	s = read_bytes(bytes, size);
	free(bytes);
	return s;
}

#define SHAPE(kind, v)                                                                             \
	((struct elf_shape){.table = kind, .symbols = v, .count = sizeof(v) / sizeof((v)[0])})

static void elf_functions_have_their_sizes(void **state)
{
	static const struct elf_symbol v[] = {
		FUNCTION("two", 0x20, 0x10),
		FUNCTION("one", 0, 8),
		FUNCTION("asm", 0x40, 0),
		FUNCTION("last", 0x50, 4),
	};

	(void)state;
	assert_string_equal(shown(read_elf(SHAPE(SHT_SYMTAB, v))),
			    "one 0..8, two 20..30, asm 40..50, last 50..54");
}

static void what_is_no_function_is_passed_over(void **state)
{
	static const struct elf_symbol v[] = {
		FUNCTION("one", 0, 0x100),
		FUNCTION("$x", 4, 4),
		FUNCTION(".Lx", 4, 4),
		FUNCTION("", 4, 4),
		{"object", KERNEL + 4, 4, GELF_ST_INFO(STB_GLOBAL, STT_OBJECT), 1},
		{"label", KERNEL + 4, 4, GELF_ST_INFO(STB_LOCAL, STT_NOTYPE), 1},
		{"section", KERNEL + 4, 4, GELF_ST_INFO(STB_LOCAL, STT_SECTION), 1},
		{"undefined", KERNEL + 4, 4, GELF_ST_INFO(STB_GLOBAL, STT_FUNC), SHN_UNDEF},
		{"absolute", KERNEL + 4, 4, GELF_ST_INFO(STB_GLOBAL, STT_FUNC), SHN_ABS},
		{"zero", 0, 4, GELF_ST_INFO(STB_GLOBAL, STT_FUNC), 1},
	};

	(void)state;
	assert_string_equal(shown(read_elf(SHAPE(SHT_SYMTAB, v))), "one 0..100");
}

/* Of several at one address: the name by its visibility, the size by the one that has one. */
static void elf_aliases_are_one_function(void **state)
{
	static const struct elf_symbol v[] = {
		{"local", KERNEL, 0x20, GELF_ST_INFO(STB_LOCAL, STT_FUNC), 1},
		{"weak", KERNEL, 0, GELF_ST_INFO(STB_WEAK, STT_FUNC), 1},
		{"seen", KERNEL, 0, GELF_ST_INFO(STB_GLOBAL, STT_FUNC), 1},
	};

	(void)state;
	assert_string_equal(shown(read_elf(SHAPE(SHT_SYMTAB, v))), "seen 0..20");
}

static void of_overlapping_functions_the_one_that_begins_last_has_an_address(void **state)
{
	static const struct elf_symbol v[] = {
		FUNCTION("outer", 0, 0x100),
		FUNCTION("inner", 0x40, 0x20),
		FUNCTION("innermost", 0x44, 4),
		FUNCTION("across", 0xf0, 0x20),
	};
	struct symbols *s = read_elf(SHAPE(SHT_SYMTAB, v));

	(void)state;
	assert_non_null(s);
	assert_string_equal(at(s, KERNEL + 0x3f), "outer");
	assert_string_equal(at(s, KERNEL + 0x43), "inner");
	assert_string_equal(at(s, KERNEL + 0x44), "innermost");
	assert_string_equal(at(s, KERNEL + 0x48), "inner");
	assert_string_equal(at(s, KERNEL + 0x60), "outer");
	assert_string_equal(at(s, KERNEL + 0xf0), "across");
	assert_string_equal(at(s, KERNEL + 0x10f), "across");
	assert_string_equal(at(s, KERNEL + 0x110), "none");
	symbols_free(s);
}

static void sizes_that_cannot_be_are_not_believed(void **state)
{
	static const struct elf_symbol v[] = {
		FUNCTION("one", 0, UINT64_MAX),
		FUNCTION("two", 0x10, SYMBOL_SIZE_MAX + 1ul),
		FUNCTION("three", 0x20, 4),
		{"top", UINT64_MAX - 3, 0x1000, GELF_ST_INFO(STB_GLOBAL, STT_FUNC), 1},
		{"end", UINT64_MAX, 0, GELF_ST_INFO(STB_GLOBAL, STT_FUNC), 1},
	};
	struct symbols *s = read_elf(SHAPE(SHT_SYMTAB, v));

	(void)state;
	assert_non_null(s);
	assert_string_equal(at(s, KERNEL + 0xf), "one");
	assert_string_equal(at(s, KERNEL + 0x1f), "two");
	assert_string_equal(at(s, KERNEL + 0x24), "none");
	assert_string_equal(at(s, UINT64_MAX - 1), "top");
	symbols_free(s);
}

/* 70,000 functions, each within the one before: a look-up gives up, and ends at once. */
static void deep_nests_cost_no_time(void **state)
{
	enum { COUNT = 70000 };
	struct elf_symbol *v = calloc(COUNT, sizeof(*v));
	struct symbols *s;

	(void)state;
	assert_non_null(v);
	for (uint64_t i = 0; i < COUNT; i++)
		v[i] = (struct elf_symbol)FUNCTION("nested", i, 2 * (COUNT - i));
	s = read_elf((struct elf_shape){.table = SHT_SYMTAB, .symbols = v, .count = COUNT});
	assert_non_null(s);
	assert_int_equal(s->count, COUNT);
	for (unsigned int i = 0; i < 1000000; i++)
		assert_int_equal(symbols_find(s, KERNEL + 2 * COUNT - 1), SYMBOL_NONE);
	symbols_free(s);
	free(v);
}

static void a_stripped_file_is_used_as_far_as_it_goes(void **state)
{
	static const struct elf_symbol v[] = {FUNCTION("exported", 0, 8)};
	struct symbols *s = read_elf(SHAPE(SHT_DYNSYM, v));

	(void)state;
	assert_non_null(s);
	assert_int_equal(s->format, SYMBOLS_DYNSYM);
	assert_string_equal(shown(s), "exported 0..8");
	assert_null(read_elf((struct elf_shape){0}));
	assert_non_null(strstr(err.text, "no symbols of functions"));
}

static void other_kinds_of_elf_are_refused(void **state)
{
	static const struct elf_symbol v[] = {FUNCTION("one", 0, 8)};
	struct elf_shape shape = SHAPE(SHT_SYMTAB, v);

	(void)state;
	shape.machine = EM_X86_64;
	assert_null(read_elf(shape));
	assert_non_null(strstr(err.text, "not of 64-bit arm64"));
	shape.machine = EM_AARCH64;
	shape.type = ET_REL;
	assert_null(read_elf(shape));
	assert_non_null(strstr(err.text, "not linked"));
}

/* Whatever is damaged: symbols, or one line. The sanitizers see that no more is read. */
static void read_damaged(const uint8_t *bytes, size_t size)
{
	struct symbols *s = read_bytes(bytes, size);

	if (!s) {
		assert_int_equal(err.status, NVT_EINPUT);
		assert_non_null(err.text[0] ? err.text : NULL);
		assert_null(strchr(err.text, '\n'));
		return;
	}
	for (uint32_t i = 0; i < s->count; i++) {
		assert_true(s->v[i].end >= s->v[i].start);
		symbols_find(s, s->v[i].start);
		assert_true(strlen(symbols_name(s, i)) <= SYMBOL_NAME_MAX);
	}
	symbols_free(s);
}

static void damaged_elf_is_one_line(void **state)
{
	static const struct elf_symbol v[] = {
		FUNCTION("one", 0, 8),
		FUNCTION("two", 8, 8),
	};
	struct elf_shape shape = SHAPE(SHT_SYMTAB, v);
	uint8_t *bytes;
	size_t size;

	(void)state;
	shape.type = ET_DYN;
	shape.machine = EM_AARCH64;
	bytes = make_elf(&shape, &size);
	for (size_t cut = 0; cut < size; cut++) {
		struct symbols *s = read_bytes(bytes, cut);

		assert_null(s);
		assert_int_equal(err.status, NVT_EINPUT);
	}
	for (size_t i = 0; i < size; i++) {
		static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
		uint8_t kept = bytes[i];

		for (size_t k = 0; k < sizeof(values); k++) {
			bytes[i] = values[k];
			read_damaged(bytes, size);
		}
		bytes[i] = kept;
	}
	free(bytes);
}

static int setup(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_functions_up_to_the_next_symbol),
		cmocka_unit_test(lines_may_be_in_any_order_and_the_last_without_an_end),
		cmocka_unit_test(mapping_symbols_labels_and_absolute_ones_are_passed_over),
		cmocka_unit_test(of_several_names_the_most_visible_is_kept_then_the_plainest),
		cmocka_unit_test(a_module_goes_with_its_functions),
		cmocka_unit_test(a_guessed_end_is_not_far),
		cmocka_unit_test(names_are_bounded_and_print),
		cmocka_unit_test(hidden_addresses_are_told_with_the_remedy),
		cmocka_unit_test(text_that_is_no_symbols_is_refused),
		cmocka_unit_test(bytes_of_zero_are_no_text),
		cmocka_unit_test(text_comes_through_a_pipe_and_elf_does_not),
		cmocka_unit_test(what_cannot_be_read_is_told),
		cmocka_unit_test(too_many_symbols_are_refused),
		cmocka_unit_test(elf_functions_have_their_sizes),
		cmocka_unit_test(what_is_no_function_is_passed_over),
		cmocka_unit_test(elf_aliases_are_one_function),
		cmocka_unit_test(of_overlapping_functions_the_one_that_begins_last_has_an_address),
		cmocka_unit_test(sizes_that_cannot_be_are_not_believed),
		cmocka_unit_test(deep_nests_cost_no_time),
		cmocka_unit_test(a_stripped_file_is_used_as_far_as_it_goes),
		cmocka_unit_test(other_kinds_of_elf_are_refused),
		cmocka_unit_test(damaged_elf_is_one_line),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
