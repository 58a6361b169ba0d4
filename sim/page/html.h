/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages: whatever is text comes out as text, wherever it is from. */
#ifndef NVSIM_PAGE_HTML_H
#define NVSIM_PAGE_HTML_H

#include <stdio.h>

/*
 * For an element or a quoted attribute. What means something in HTML is escaped; bytes that are
 * no text to be shown, control characters among them, come out as \xNN.
 */
void html_text(FILE *out, const char *text);

/* `tag` is a name, and maybe attributes behind a blank; the formatted text is escaped. */
void html_element(FILE *out, const char *tag, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The style sheet of all pages. */
extern const char page_css[];

#endif
