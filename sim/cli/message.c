/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages, nearest names, and text from outside made harmless. */
#include <limits.h>
#include <stdarg.h>
#include <string.h>

#include "cli.h"
#include "limit.h"
#include "parse.h"

void cli_print_text(FILE *out, const char *text)
{
	cli_print_part(out, text, strlen(text));
}

/* Bytes that are no text to be shown come out as \xNN, never as they are. */
void cli_print_part(FILE *out, const char *text, size_t size)
{
	const unsigned char *s = (const unsigned char *)text, *end = s + size;

	while (s < end) {
		size_t length = show_character(s);

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
	if (err->status == NVT_ENOMEM && nvt_limit_in_force())
		return cli_no_memory();
	return cli_fail(err->status == NVT_EINPUT ? CLI_INPUT : CLI_ENVIRONMENT, "%s", err->text);
}

enum cli_exit cli_no_memory(void)
{
	uint64_t limit = nvt_limit_in_force();
	char size[CLI_NUMBER_SIZE];

	if (!limit)
		return cli_fail(CLI_ENVIRONMENT, "out of memory");
	return cli_fail(CLI_INPUT, "the input needs more than %s of memory (nvsim --memory)",
			cli_bytes(size, limit));
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
