/* SPDX-License-Identifier: GPL-2.0-only */
/* The file of a board, and the words that are made of its lines. */
#include "board.h"
#include "command.h"
#include "linked.h"

static const struct hw_value values[] = {
	{"image", "/x,y/nvsim-el2.img"}, {"cpu", "max"}, {"cpus", "4"}, {"ram", "1G"}, {NULL, NULL},
};

static void require_words(char **words, size_t least)
{
	size_t count = 0;

	FUZZ_REQUIRE(words);
	while (words[count])
		count++;
	FUZZ_REQUIRE(count >= least);
	hw_words_free(words);
}

static void use(const struct hw_board *b)
{
	FUZZ_REQUIRE(b->description && b->file && b->steps.count);
	FUZZ_REQUIRE(!b->qemu.count || b->machine);
	FUZZ_REQUIRE(b->console < HW_CONSOLE_COUNT && b->console_reg_shift <= 3);
	hw_qemu_takes(b, "cpu");
	require_words(hw_qemu_command(b, values, true), b->qemu.count);
	require_words(hw_lines_expand(&b->type, values), b->type.count);
	require_words(hw_lines_expand(&b->steps, values), b->steps.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_file file;
	struct nvt_error err = {0};
	struct hw_board *b;

	fuzz_file_set(&file, data, size);
	if (!fuzz_linked.count) {
		fuzz_linked_folder("boards");
		fuzz_linked_add("b.board", &file);
	}
	b = hw_board_read(fuzz_linked.below, "b", &err);
	if (b)
		use(b);
	else
		fuzz_require_line(err.text);
	hw_board_free(b);
	return 0;
}
