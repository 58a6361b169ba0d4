/* SPDX-License-Identifier: GPL-2.0-only */
#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "utf8.h"

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

size_t show_character(const unsigned char *s)
{
	const char *text = (const char *)s;
	uint32_t code;
	size_t length = nvt_utf8(text, strnlen(text, 4), &code);

	return length && nvt_utf8_is_plain(code) ? length : 0;
}
