/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages, nearest names, and text from outside made harmless. */
#include <limits.h>
#include <stdarg.h>
#include <string.h>

#include "cli.h"
#include "parse.h"

/* Length of the UTF-8 character at s, or 0 where there is none that may be shown. */
static size_t character(const unsigned char *s)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = s[0] < 0x80	  ? 1
			: s[0] >> 5 == 6  ? 2
			: s[0] >> 4 == 14 ? 3
			: s[0] >> 3 == 30 ? 4
					  : 0;
	uint32_t c;

	if (length < 2)
		return length && s[0] >= 0x20 && s[0] != 0x7f;
	c = s[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	/* C1 controls, and the marks that turn the direction of writing. */
	if (c < least[length] || c < 0xa0 || c > 0x10ffff || (c >= 0x200e && c <= 0x200f) ||
	    (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return 0;
	return length;
}

/* Bytes that are no text to be shown come out as \xNN, never as they are. */
void cli_print_text(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s) {
		size_t length = character(s);

		if (length)
			fwrite(s, 1, length, out);
		else
			fprintf(out, "\\x%02x", *s);
		s += length ? length : 1;
	}
}

/*
 * Formatted first, then escaped: arguments may carry names of files and text of
 * traces. There is room for the longest name and what is said of it.
 */
enum cli_exit cli_fail(enum cli_exit status, const char *format, ...)
{
	char line[PATH_MAX + 1024];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	fputs("nvsim: ", stderr);
	cli_print_text(stderr, line);
	fputc('\n', stderr);
	return status;
}

enum cli_exit cli_fail_trace(const struct nvt_error *err)
{
	return cli_fail(err->status == NVT_EENV ? CLI_ENVIRONMENT : CLI_INPUT, "%s", err->text);
}

enum cli_exit cli_no_memory(void)
{
	return cli_fail(CLI_ENVIRONMENT, "out of memory");
}

enum cli_exit cli_unknown(const char *what, const char *name, const char *const *names)
{
	const char *nearest = parse_nearest(name, names);
	bool option = strcmp(what, "option") == 0;
	const char *dashes = option ? "--" : "";

	if (nearest)
		return cli_fail(CLI_USAGE, "unknown %s '%s%s'; did you mean '%s%s'?", what, dashes,
				name, dashes, nearest);
	return cli_fail(CLI_USAGE, "unknown %s '%s%s'", what, dashes, name);
}
