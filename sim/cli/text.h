/* SPDX-License-Identifier: GPL-2.0-only */
/* A line of text that grows, and paragraphs of words. */
#ifndef NVSIM_CLI_TEXT_H
#define NVSIM_CLI_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* What does not fit is cut off. */
struct text {
	char s[2048];
	size_t used;
};

void text_add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Prints `text` from column `indent` on, in lines of less than 80 columns; the
 * first line has `used` columns already. A '~' is printed as a blank that
 * does not break.
 */
void text_wrap(FILE *out, const char *text, int indent, int used);

#endif
