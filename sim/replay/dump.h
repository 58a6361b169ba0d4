/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables as text, in the format of KVM's debugfs files (spec 8.3). */
#ifndef NVSIM_REPLAY_DUMP_H
#define NVSIM_REPLAY_DUMP_H

#include <stdio.h>

#include "s2.h"

/* One context; nothing for a nested one that is not valid. */
void dump_mmu(FILE *out, const struct s2_vm *vm, const struct s2_mmu *mmu);

/*
 * stage2_page_tables.txt and nested_mmuN.txt for every context, in `dir`,
 * which exists. 0, or an errno value; *name is then the file that failed.
 */
int dump_all(const char *dir, const struct s2_vm *vm, char *name, size_t name_size);

#endif
