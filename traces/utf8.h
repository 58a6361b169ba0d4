/* SPDX-License-Identifier: GPL-2.0-only */
/* Characters of UTF-8 (RFC 3629, section 4), in bytes that may be anything. */
#ifndef NVSIM_TRACES_UTF8_H
#define NVSIM_TRACES_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The length, 1..4 bytes, of the character that the `left` bytes at s begin with, and its code
 * point; 0: they begin with none. Longer forms than need be, surrogates and what lies beyond
 * U+10FFFF are none.
 */
size_t nvt_utf8(const char *s, size_t left, uint32_t *code);

/* Whether it is text alone: no control character, and none that ends a line or turns the direction
 * of writing. */
bool nvt_utf8_is_plain(uint32_t code);

#endif
