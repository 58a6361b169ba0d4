/* SPDX-License-Identifier: GPL-2.0-only */
#include "html.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "show.h"

static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void html_text(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s) {
		const char *escaped = entity((char)*s);
		size_t length = show_character(s);

		if (escaped)
			fputs(escaped, out);
		else if (length)
			fwrite(s, 1, length, out);
		else
			fprintf(out, "\\x%02x", *s);
		s += length ? length : 1;
	}
}

/* What there is no memory for is missing; the file is told of it. */
void html_element(FILE *out, const char *tag, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	fprintf(out, "<%s>", tag);
	html_text(out, text ? text : "");
	fprintf(out, "</%.*s>\n", (int)strcspn(tag, " "), tag);
	free(text);
}
