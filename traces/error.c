/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

/* What is too long loses its middle: a file's name begins a line, and the reason ends it. */
static void format_text(char *text, size_t size, const char *format, va_list args)
{
	char whole[8192];
	int length = vsnprintf(whole, sizeof(whole), format, args);
	size_t used = length < 0 ? 0 : strnlen(whole, sizeof(whole)), half = size / 2;

	whole[used] = 0;
	if (used < size)
		memcpy(text, whole, used + 1);
	else
		snprintf(text, size, "%.*s...%s", (int)half - 3, whole, whole + used - half + 1);
}

enum nvt_status nvt_fail(struct nvt_error *err, enum nvt_status status, const char *format, ...)
{
	va_list args;

	if (!err)
		return status;
	err->status = status;
	va_start(args, format);
	format_text(err->text, sizeof(err->text), format, args);
	va_end(args);
	return status;
}
