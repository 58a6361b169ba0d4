/* SPDX-License-Identifier: GPL-2.0-only */
#include "text.h"

#include <stdarg.h>
#include <string.h>

#define COLUMNS 79

void text_add(struct text *t, const char *format, ...)
{
	size_t room = sizeof(t->s) - t->used;
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(t->s + t->used, room, format, args);
	va_end(args);
	if (length > 0)
		t->used += (size_t)length < room ? (size_t)length : room - 1;
}

static void put_word(FILE *out, const char *word, int length)
{
	for (int i = 0; i < length; i++)
		fputc(word[i] == '~' ? ' ' : word[i], out);
}

/* Greedy: as many words on a line as fit. */
void text_wrap(FILE *out, const char *text, int indent, int used)
{
	int column = used;

	while (*text) {
		int length = (int)strcspn(text, " ");

		if (column > indent && column + 1 + length > COLUMNS) {
			fputc('\n', out);
			column = 0;
		}
		if (column < indent) {
			fprintf(out, "%*s", indent - column, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		put_word(out, text, length);
		column += length;
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}
