/* SPDX-License-Identifier: GPL-2.0-only */
#include "parse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "s2.h"

/* ---- numbers ---- */

/* "", or one letter: K, M, G, T; k is K. */
static bool suffix(const char *text, unsigned int base, uint64_t *factor)
{
	static const char letters[] = "KMGT";
	const char *at;

	*factor = 1;
	if (!*text)
		return true;
	at = strchr(letters, *text == 'k' ? 'K' : *text);
	if (!at || text[1])
		return false;
	for (const char *l = letters; l <= at; l++)
		*factor *= base;
	return true;
}

bool parse_number(const char *text, unsigned int base, uint64_t *value)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	uint64_t factor;
	char *end;

	/* strtoull takes signs and blanks, and a "0x" of its own. */
	if (!strchr(hex ? "0123456789abcdefABCDEF" : "0123456789", *digits) || !*digits)
		return false;
	errno = 0;
	*value = strtoull(digits, &end, hex ? 16 : 10);
	if (errno || !suffix(end, base, &factor))
		return false;
	return !__builtin_mul_overflow(*value, factor, value);
}

/* ---- names ---- */

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
const char *parse_nearest(const char *name, const char *const *names)
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

/* ---- quirks ---- */

/* One word of the list; numbers are those of the quirks that can be switched. */
static bool apply_quirk(const char *word, uint32_t *quirks)
{
	bool remove = *word == '-';
	uint64_t n;

	if (strcmp(word, "kvm") == 0) {
		*quirks = S2_QUIRKS_KVM;
		return true;
	}
	if (strcmp(word, "arch") == 0) {
		*quirks = S2_QUIRKS_ARCH;
		return true;
	}
	if (!parse_number(word + remove, 1000, &n) || n > 31 || !(S2_QUIRK(n) & S2_QUIRKS_KVM))
		return false;
	*quirks = remove ? *quirks & ~S2_QUIRK(n) : *quirks | S2_QUIRK(n);
	return true;
}

/* A list begins with none set: "6" is quirk 6 alone, "kvm,-6" all others. */
bool parse_quirks(const char *list, uint32_t *quirks, char bad[PARSE_WORD])
{
	uint32_t set = S2_QUIRKS_ARCH;

	for (const char *at = list;; at++) {
		size_t length = strcspn(at, ",");

		snprintf(bad, PARSE_WORD, "%.*s", (int)length, at);
		if (length >= PARSE_WORD || !apply_quirk(bad, &set))
			return false;
		at += length;
		if (!*at)
			break;
	}
	*quirks = set;
	return true;
}
