/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of boards, and what is made of their lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "board.h"
#include "command.h"
#include "../traces/files.h"

#define WHOLE "description = a board\nfile = x.img\nstep = start it\n"

static struct hw_board *read_board(const char *text, struct nvt_error *err)
{
	const char *path = scratch_path("b.board");
	FILE *f = fopen(path, "w");
	char folder[128];

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(path, '/') - path), path);
	*err = (struct nvt_error){0};
	return hw_board_read(folder, "b", err);
}

static void values_are_read(void **state)
{
	struct nvt_error err;
	struct hw_board *b = read_board("# a comment\n" WHOLE "\n"
					"console = 8250 0xfe215040 2\n"
					"memory = 0x40000000 1G\r\n"
					"load=0x80000\n"
					"machine = m\n"
					"qemu = -M m  -cpu\t{cpu}\n"
					"qemu = -kernel {image}\n"
					"cpu = max\n"
					"semihosting = yes\n"
					"firmware = efi\nfirmware-file = /f\npackage = p\n"
					"step =     indented\n"
					"counters = a b\n",
					&err);

	(void)state;
	assert_non_null(b);
	assert_string_equal(b->name, "b");
	assert_string_equal(b->description, "a board");
	assert_int_equal(b->console, HW_CONSOLE_8250);
	assert_int_equal(b->console_base, 0xfe215040);
	assert_int_equal(b->console_reg_shift, 2);
	assert_int_equal(b->memory_base, 0x40000000);
	assert_int_equal(b->memory_size, 1 << 30);
	assert_int_equal(b->load, 0x80000);
	assert_int_equal(b->firmware, HW_FIRMWARE_EFI);
	assert_true(b->semihosting);
	assert_int_equal(b->qemu.count, 6);
	assert_string_equal(b->qemu.v[3], "{cpu}");
	assert_string_equal(b->qemu.v[5], "{image}");
	assert_int_equal(b->steps.count, 2);
	assert_string_equal(b->steps.v[0], "start it");
	assert_string_equal(b->steps.v[1], "    indented");
	assert_int_equal(b->counters.count, 2);
	hw_board_free(b);
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{WHOLE "colour = red\n", ":4: unknown key 'colour'"},
		{"\n\nno line\n" WHOLE, ":3: this is no line 'key = value'"},
		{WHOLE "file = y.img\n", ":4: file is given twice"},
		{WHOLE "cpu =\n", ":4: cpu has no value"},
		{WHOLE "load = far\n", ":4: load takes a number"},
		{WHOLE "load = -1\n", ":4: load takes a number"},
		{WHOLE "load = 0x10000000000000000\n", ":4: load takes a number"},
		{WHOLE "memory = 17179869184G 1\n", ":4: memory takes an address and a size"},
		{WHOLE "memory = 0x0\n", ":4: memory takes an address and a size"},
		{WHOLE "console = vga 0x0\n", ":4: console takes pl011"},
		{WHOLE "console = pl011\n", ":4: console takes pl011"},
		{WHOLE "console = 8250 0x0 4\n", ":4: console takes pl011"},
		{WHOLE "semihosting = 1\n", ":4: semihosting takes yes or no"},
		{WHOLE "firmware = bios\n", ":4: firmware takes none, u-boot or efi"},
		{"description = a board\n", "the key 'file' is missing"},
		{WHOLE "qemu = -M m\n", "qemu needs the key 'machine'"},
		{WHOLE "machine = m\nqemu = -M m\nfirmware = efi\n", "firmware needs"},
		{WHOLE "type = boot\nstop = key\n", "type needs 'stop' and 'prompt'"},
	};
	struct nvt_error err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_null(read_board(cases[i].text, &err));
		assert_int_equal(err.status, NVT_EINPUT);
		if (!strstr(err.text, cases[i].want) || !strstr(err.text, "b.board:"))
			fail_msg("%s, wanted %s", err.text, cases[i].want);
	}
}

static void a_board_has_bounds(void **state)
{
	static char text[70000];
	struct nvt_error err;

	(void)state;
	strcpy(text, WHOLE);
	for (unsigned int i = 0; i <= HW_LINES_MAX; i++)
		strcat(text, "step = again\n");
	assert_null(read_board(text, &err));
	assert_non_null(strstr(err.text, ":35: step takes fewer lines"));
	memset(text, '#', sizeof(text) - 1);
	assert_null(read_board(text, &err));
	assert_int_equal(err.status, NVT_EINPUT);
}

/* Everything that is shipped can be read, can be packed for, and says what people need. */
static void shipped_boards_are_whole(void **state)
{
	static const char *const wanted[] = {"qemu-virt", "raspi3b", "raspi4b",
					     "raspi5",	  "u-boot",  "uefi"};
	char folder[512];
	struct nvt_error err = {0};
	char **names;

	(void)state;
	strcpy(folder, source_path("../../hwrun/boards"));
	names = hw_board_names(folder, &err);
	assert_non_null(names);
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(names[i], wanted[i]);
	for (size_t i = 0; names[i]; i++) {
		struct hw_board *b = hw_board_read(folder, names[i], &err);

		if (!b)
			fail_msg("%s", err.text);
		assert_true(b->counters.count);
		assert_true(!b->qemu.count || hw_qemu_takes(b, "image") || hw_qemu_takes(b, "esp"));
		assert_true(!hw_qemu_takes(b, "cpu") || b->cpu);
		assert_true(!hw_qemu_takes(b, "cpus") || b->cpus);
		assert_true(!hw_qemu_takes(b, "ram") || b->ram);
		assert_true(!hw_qemu_takes(b, "load") || b->load);
		hw_board_free(b);
	}
	hw_board_names_free(names);
}

static void a_board_that_is_not_there(void **state)
{
	struct nvt_error err = {0};

	(void)state;
	assert_null(hw_board_read("/nonexistent", "b", &err));
	assert_int_equal(err.status, NVT_EENV);
	assert_null(hw_board_names("/nonexistent", &err));
	assert_int_equal(err.status, NVT_EENV);
}

static void names_in_braces_are_replaced(void **state)
{
	static const struct hw_value values[] = {{"image", "a b"}, {"cpu", NULL}, {0}};
	static const char *const cases[][2] = {
		{"file={image},x", "file=a b,x"},
		{"{image}{image}", "a ba b"},
		{"${image2} {imag {", "${image2} {imag {"},
		{"{cpu} {ram}", "{cpu} {ram}"},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *got = hw_expand(cases[i][0], values);

		assert_string_equal(got, cases[i][1]);
		free(got);
	}
}

/* Words of a value with blanks stay one argument: no shell is between. */
static void the_command_is_made_of_the_board(void **state)
{
	static const struct hw_value values[] = {{"image", "a b"}, {0}};
	struct nvt_error err;
	struct hw_board *b = read_board(WHOLE "machine = m\nqemu = -kernel {image}\n", &err);
	char **argv;
	size_t n = 0;

	(void)state;
	assert_non_null(b);
	assert_true(hw_qemu_takes(b, "image"));
	assert_false(hw_qemu_takes(b, "cpu"));
	argv = hw_qemu_command(b, values, true);
	assert_non_null(argv);
	while (argv[n])
		n++;
	assert_string_equal(argv[0], HW_QEMU);
	assert_string_equal(argv[n - 4], "-kernel");
	assert_string_equal(argv[n - 3], "a b");
	assert_string_equal(argv[n - 2], "-icount");
	hw_words_free(argv);
	hw_board_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_read),
		cmocka_unit_test(what_is_wrong_is_told_with_its_line),
		cmocka_unit_test(a_board_has_bounds),
		cmocka_unit_test(shipped_boards_are_whole),
		cmocka_unit_test(a_board_that_is_not_there),
		cmocka_unit_test(names_in_braces_are_replaced),
		cmocka_unit_test(the_command_is_made_of_the_board),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	remove_scratch();
	return failed;
}
