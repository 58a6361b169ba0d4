/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages, nearest names, and text from outside made harmless. */
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "utf8.h"

/* Bytes that are no text to be shown come out as \xNN, never as they are. */
void cli_print_text(FILE *out, const char *text)
{
	uint32_t code;

	for (size_t left = strlen(text), n; left; text += n, left -= n) {
		n = nvt_utf8(text, left, &code);
		if (n && nvt_utf8_is_plain(code)) {
			fwrite(text, 1, n, out);
			continue;
		}
		n = 1;
		fprintf(out, "\\x%02x", (unsigned char)*text);
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

static size_t least_of(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours that turn a into b. */
static size_t edit_distance(const char *a, const char *b)
{
	enum { LONGEST = 40 };
	size_t row[3][LONGEST + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > LONGEST || m > LONGEST)
		return LONGEST;
	for (size_t j = 0; j <= m; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *now = row[i % 3], *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			now[j] = least_of(least_of(up[j], now[j - 1]) + 1,
					  up[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least_of(now[j], up2[j - 2] + 1);
		}
	}
	return row[n % 3][m];
}

/*
 * Near is a third of the name, and one more: "replya" is replay, while "x" is
 * nothing. A name shorter than the distance would match by being short.
 */
const char *cli_nearest(const char *name, const char *const *names)
{
	const char *best = NULL;
	size_t best_distance = strlen(name) / 3 + 2;

	for (; *names; names++) {
		size_t distance = edit_distance(name, *names);

		if (distance < best_distance && distance < strlen(*names)) {
			best = *names;
			best_distance = distance;
		}
	}
	return best;
}

enum cli_exit cli_unknown(const char *what, const char *name, const char *const *names)
{
	const char *nearest = cli_nearest(name, names);
	bool option = strcmp(what, "option") == 0;
	const char *dashes = option ? "--" : "";

	if (nearest)
		return cli_fail(CLI_USAGE, "unknown %s '%s%s'; did you mean '%s%s'?", what, dashes,
				name, dashes, nearest);
	return cli_fail(CLI_USAGE, "unknown %s '%s%s'", what, dashes, name);
}
