/* SPDX-License-Identifier: GPL-2.0-only */
/* What boards' files say, with {name} replaced by its value. */
#ifndef NVSIM_HWRUN_COMMAND_H
#define NVSIM_HWRUN_COMMAND_H

#include <stdbool.h>

#include "board.h"

#define HW_QEMU "qemu-system-aarch64"

/* A name, and what stands for it; one without a name ends a list. */
struct hw_value {
	const char *name, *value;
};

/* To be freed; NULL: no memory. Names that are not in the list stay as they are. */
char *hw_expand(const char *text, const struct hw_value *values);

/* Whether QEMU's arguments for this board have {name}. */
bool hw_qemu_takes(const struct hw_board *board, const char *name);
/*
 * The arguments for QEMU, itself the first, NULL the last; icount: a clock that counts
 * instructions. To be freed by hw_words_free; NULL: no memory.
 */
char **hw_qemu_command(const struct hw_board *board, const struct hw_value *values, bool icount);
char **hw_lines_expand(const struct hw_lines *lines, const struct hw_value *values);
void hw_words_free(char **words);

#endif
