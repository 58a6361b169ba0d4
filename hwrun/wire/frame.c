/* SPDX-License-Identifier: GPL-2.0-only */
#include "frame.h"

#include <string.h>

static const char mark[] = HW_FRAME_MARK;
#define MARK_SIZE (sizeof(mark) - 1)

#define CRC_DIGITS 8u
#define TAIL_SIZE  (2u + CRC_DIGITS + 2u) /* " ~", the checksum, "\r\n" */

static const char digits[] = "0123456789abcdef";

/* CRC-32 of IEEE 802.3, least significant bit first, by nibbles: a table of 64 bytes. */
static uint32_t crc32_of(const char *text, size_t size)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	uint32_t crc = ~0u;

	for (size_t i = 0; i < size; i++) {
		crc ^= (unsigned char)text[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

/* ---- out ---- */

static bool room_for(const struct hw_line *l, size_t size)
{
	return size <= HW_FRAME_MAX - TAIL_SIZE - l->used;
}

static bool add(struct hw_line *l, const char *text, size_t size)
{
	if (!room_for(l, size))
		return false;
	memcpy(l->text + l->used, text, size);
	l->used += size;
	return true;
}

/* The digits of v in front of `end`; their first. */
static char *decimal(char *end, uint64_t v)
{
	do
		*--end = digits[v % 10];
	while (v /= 10);
	return end;
}

static bool plain(char c)
{
	return c > ' ' && c < 0x7f && c != '%' && c != '=' && c != '~';
}

static bool add_escaped(struct hw_line *l, const char *text)
{
	for (; *text; text++) {
		const char escape[3] = {'%', digits[(unsigned char)*text >> 4], digits[*text & 15]};

		if (!(plain(*text) ? add(l, text, 1) : add(l, escape, 3)))
			return false;
	}
	return true;
}

/* All of the field, or nothing. */
static bool add_field(struct hw_line *l, const char *key, const char *value)
{
	size_t before = l->used;

	if (add(l, " ", 1) && add_escaped(l, key) && add(l, "=", 1) && add_escaped(l, value))
		return true;
	l->used = before;
	return false;
}

void hw_line_begin(struct hw_line *l, uint32_t sequence, const char *type)
{
	char number[10], *first = decimal(number + sizeof(number), sequence);

	l->used = 0;
	add(l, mark, MARK_SIZE);
	add(l, first, (size_t)(number + sizeof(number) - first));
	add(l, " ", 1);
	add_escaped(l, type);
}

bool hw_line_text(struct hw_line *l, const char *key, const char *value)
{
	return add_field(l, key, value);
}

bool hw_line_number(struct hw_line *l, const char *key, uint64_t value)
{
	char number[21] = "";

	return add_field(l, key, decimal(number + sizeof(number) - 1, value));
}

bool hw_line_hex(struct hw_line *l, const char *key, uint64_t value)
{
	char number[19] = "", *first = number + sizeof(number) - 1;

	do
		*--first = digits[value & 15];
	while (value >>= 4);
	*--first = 'x';
	*--first = '0';
	return add_field(l, key, first);
}

void hw_line_end(struct hw_line *l)
{
	uint32_t crc;

	l->text[l->used++] = ' ';
	crc = crc32_of(l->text + 1, l->used - 1);
	l->text[l->used++] = '~';
	for (unsigned int shift = 32; shift > 0; shift -= 4)
		l->text[l->used++] = digits[crc >> (shift - 4) & 15];
	l->text[l->used++] = '\r';
	l->text[l->used++] = '\n';
}

/* ---- in ---- */

/* The first mark in the line; NULL: none. */
static char *find_mark(char *line, const char *end)
{
	while ((line = memchr(line, '~', (size_t)(end - line))) != NULL) {
		if ((size_t)(end - line) < MARK_SIZE)
			return NULL;
		if (memcmp(line, mark, MARK_SIZE) == 0)
			return line;
		line++;
	}
	return NULL;
}

/* Of a digit as it is written: capitals are not. */
static unsigned int digit_value(char c)
{
	const char *d = memchr(digits, c, 16); /* NOLINT: the NUL behind is no digit */

	return d ? (unsigned int)(d - digits) : 16;
}

static bool checksum_fits(const char *body, const char *tilde)
{
	uint32_t crc = 0;

	for (unsigned int i = 1; i <= CRC_DIGITS; i++) {
		unsigned int v = digit_value(tilde[i]);

		if (v > 15)
			return false;
		crc = crc << 4 | v;
	}
	return crc == crc32_of(body, (size_t)(tilde - body));
}

/* Escapes only shrink: in place. No byte of value 0 can stand in a text. */
static bool unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (*text == '%') {
			unsigned int high = digit_value(text[1]);
			unsigned int low = high < 16 ? digit_value(text[2]) : 16;

			if (low > 15 || !(high | low))
				return false;
			*to++ = (char)(high << 4 | low);
			text += 2;
		} else {
			*to++ = *text;
		}
	}
	*to = 0;
	return true;
}

/* Cuts off the word that `*text` begins with, and the blank behind it. */
static char *next_word(char **text)
{
	char *word = *text;

	while (**text && **text != ' ')
		++*text;
	if (**text)
		*(*text)++ = 0;
	return word;
}

static bool number_of(const char *text, unsigned int base, uint64_t *value)
{
	*value = 0;
	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned int v = digit_value(*text);

		if (v >= base || *value > (UINT64_MAX - v) / base)
			return false;
		*value = *value * base + v;
	}
	return true;
}

static bool parse_field(char *word, struct hw_frame *f)
{
	char *value = word;

	while (*value && *value != '=')
		value++;
	if (!*value || f->count == HW_FRAME_FIELDS)
		return false;
	*value++ = 0;
	f->field[f->count].key = word;
	f->field[f->count++].value = value;
	return unescape(word) && unescape(value);
}

/* "SEQUENCE TYPE key=value ... ", of a frame whose checksum fits. */
static bool parse_body(char *text, struct hw_frame *f)
{
	uint64_t sequence;
	char *type;

	f->count = 0;
	if (!number_of(next_word(&text), 10, &sequence) || sequence > UINT32_MAX)
		return false;
	f->sequence = (uint32_t)sequence;
	f->type = type = next_word(&text);
	if (!*type || !unescape(type))
		return false;
	while (*text)
		if (!parse_field(next_word(&text), f))
			return false;
	return true;
}

/* A frame's body has no '~': the next one is its end, or the beginning of another. */
enum hw_frame_status hw_frame_parse(char *line, size_t size, struct hw_frame *f)
{
	char *end = line + size, *start = find_mark(line, end), *tilde;

	f->used = size;
	if (!start)
		return HW_FRAME_NONE;
	tilde = memchr(start + 1, '~', (size_t)(end - start - 1));
	if (!tilde)
		return HW_FRAME_DAMAGED;
	f->used = (size_t)(tilde - line);
	if ((size_t)(tilde - start) > HW_FRAME_MAX - TAIL_SIZE + 1 ||
	    (size_t)(end - tilde) <= CRC_DIGITS || !checksum_fits(start + 1, tilde))
		return HW_FRAME_DAMAGED;
	f->used += 1 + CRC_DIGITS;
	if (memchr(start, 0, (size_t)(tilde - start)))
		return HW_FRAME_DAMAGED;
	*tilde = 0;
	return parse_body(start + MARK_SIZE, f) ? HW_FRAME_OK : HW_FRAME_DAMAGED;
}

const char *hw_frame_value(const struct hw_frame *f, const char *key)
{
	size_t size = strlen(key) + 1;

	for (size_t i = 0; i < f->count; i++)
		if (strlen(f->field[i].key) + 1 == size && !memcmp(f->field[i].key, key, size))
			return f->field[i].value;
	return NULL;
}

bool hw_frame_number(const struct hw_frame *f, const char *key, uint64_t *value)
{
	const char *text = hw_frame_value(f, key);

	if (!text)
		return false;
	if (text[0] == '0' && text[1] == 'x')
		return number_of(text + 2, 16, value);
	return number_of(text, 10, value);
}
