/* SPDX-License-Identifier: GPL-2.0-only */
/* What the libc asks of the rest of the image. */
#ifndef NVSIM_EL2_HEAP_H
#define NVSIM_EL2_HEAP_H

#include <stddef.h>
#include <stdint.h>

/* Room behind what was given last. NULL: there is none. */
void *memory_grow(uint64_t size);
/* Room where most is left. NULL: there is none. */
void *memory_grow_elsewhere(uint64_t size);

/* Clears whole blocks of DC ZVA at the front of memory that begins on a word: the bytes cleared. */
size_t clear_blocks(void *p, size_t size);

#endif
