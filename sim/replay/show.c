/* SPDX-License-Identifier: GPL-2.0-only */
#include "show.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

/* ---- numbers ---- */

/* Groups of three, whatever the locale: output is the same everywhere. */
char *show_count(char buf[SHOW_NUMBER], uint64_t n)
{
	char plain[24];
	int length = snprintf(plain, sizeof(plain), "%" PRIu64, n);
	char *to = buf;

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			*to++ = ',';
		*to++ = plain[i];
	}
	*to = 0;
	return buf;
}

char *show_bytes(char buf[SHOW_NUMBER], uint64_t n)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double value = (double)n;
	size_t unit = 0;

	while (value >= 1024 && unit < 6) {
		value /= 1024;
		unit++;
	}
	snprintf(buf, SHOW_NUMBER, unit && value < 100 ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return buf;
}

/* Shares below a hundredth of a percent would else be shown as none. */
char *show_percent(char buf[SHOW_NUMBER], double share)
{
	snprintf(buf, SHOW_NUMBER, share > 0 && share < 0.01 ? "%.3f%%" : "%.1f%%", share * 100);
	return buf;
}

/* ---- text ---- */

/* C1 controls, surrogates, and the marks that turn the direction of writing. */
static bool is_hidden(uint32_t c)
{
	return c < 0xa0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) || c == 0x61c ||
	       (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

size_t show_character(const unsigned char *s)
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
	return c < least[length] || is_hidden(c) ? 0 : length;
}
