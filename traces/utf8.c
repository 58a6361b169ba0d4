/* SPDX-License-Identifier: GPL-2.0-only */
#include "utf8.h"

#define LENGTH_MAX 4

/* By the first byte: how many there are, and the least code point that needs so many. */
static const struct {
	uint8_t mask, lead;
	uint32_t least;
} lengths[LENGTH_MAX] = {
	{0x80, 0x00, 0},
	{0xe0, 0xc0, 0x80},
	{0xf0, 0xe0, 0x800},
	{0xf8, 0xf0, 0x10000},
};

static size_t length_of(uint8_t lead)
{
	for (size_t i = 0; i < LENGTH_MAX; i++)
		if ((lead & lengths[i].mask) == lengths[i].lead)
			return i + 1;
	return 0;
}

size_t nvt_utf8(const char *s, size_t left, uint32_t *code)
{
	size_t length = left ? length_of((uint8_t)s[0]) : 0;
	uint32_t c;

	if (!length || length > left)
		return 0;
	c = (uint8_t)s[0] & (uint8_t)~lengths[length - 1].mask;
	for (size_t i = 1; i < length; i++) {
		if (((uint8_t)s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | ((uint8_t)s[i] & 0x3f);
	}
	if (c < lengths[length - 1].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*code = c;
	return length;
}

bool nvt_utf8_is_plain(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} not_plain[] = {
		{0x00, 0x1f},	  {0x7f, 0x9f},	    {0x061c, 0x061c},
		{0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069},
	};

	for (size_t i = 0; i < sizeof(not_plain) / sizeof(not_plain[0]); i++)
		if (code >= not_plain[i].first && code <= not_plain[i].last)
			return false;
	return true;
}
