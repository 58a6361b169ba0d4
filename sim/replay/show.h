/* SPDX-License-Identifier: GPL-2.0-only */
/* What people read, on a terminal or a page: numbers, and text of unknown origin. */
#ifndef NVSIM_REPLAY_SHOW_H
#define NVSIM_REPLAY_SHOW_H

#include <stddef.h>
#include <stdint.h>

/* Each fills and returns buf. */
#define SHOW_NUMBER 32
char *show_count(char buf[SHOW_NUMBER], uint64_t n);	 /* 1,234,567 */
char *show_bytes(char buf[SHOW_NUMBER], uint64_t n);	 /* 1.5 GiB */
char *show_percent(char buf[SHOW_NUMBER], double share); /* 31.2% */

/* Length of the UTF-8 character at s, or 0 where there is none that may be shown. */
size_t show_character(const unsigned char *s);

#endif
