/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct output {
	char *to;
	size_t size, used; /* used: what all of it would take */
};

struct conversion {
	bool left, zero, alternate, plus, space, precise;
	int width, precision;
	unsigned int longs; /* l: 1, ll, j, z and t: 2, h: none is needed */
};

static void put(struct output *o, char c)
{
	if (o->used + 1 < o->size)
		o->to[o->used] = c;
	o->used++;
}

static void put_text(struct output *o, const char *s, size_t size)
{
	while (size--)
		put(o, *s++);
}

static void put_fill(struct output *o, char c, int count)
{
	while (count-- > 0)
		put(o, c);
}

/* Sign or base, zeros, digits, within the width. */
static void put_padded(struct output *o, const struct conversion *c, const char *prefix,
		       const char *digits, int size)
{
	int zeros = c->precise && c->precision > size ? c->precision - size : 0;
	int rest = c->width - (int)strlen(prefix) - zeros - size;

	if (c->zero && !c->left && !c->precise && rest > 0) {
		zeros += rest;
		rest = 0;
	}
	if (!c->left)
		put_fill(o, ' ', rest);
	put_text(o, prefix, strlen(prefix));
	put_fill(o, '0', zeros);
	put_text(o, digits, (size_t)size);
	if (c->left)
		put_fill(o, ' ', rest);
}

static void put_number(struct output *o, const struct conversion *c, uint64_t value,
		       unsigned int base, bool upper, const char *prefix)
{
	const char *letters = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[24];
	int at = sizeof(text);

	while (value) {
		text[--at] = letters[value % base];
		value /= base;
	}
	if (at == sizeof(text) && !(c->precise && !c->precision))
		text[--at] = '0';
	put_padded(o, c, prefix, text + at, (int)sizeof(text) - at);
}

static void put_signed(struct output *o, const struct conversion *c, int64_t value)
{
	const char *prefix = value < 0 ? "-" : c->plus ? "+" : c->space ? " " : "";

	put_number(o, c, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, false, prefix);
}

static void put_string(struct output *o, const struct conversion *c, const char *s)
{
	struct conversion plain = {.left = c->left, .width = c->width};

	if (!s)
		s = "(null)";
	put_padded(o, &plain, "", s,
		   (int)(c->precise ? strnlen(s, (size_t)c->precision) : strlen(s)));
}

static const char *read_flags(const char *f, struct conversion *c)
{
	for (;; f++) {
		if (*f == '-')
			c->left = true;
		else if (*f == '0')
			c->zero = true;
		else if (*f == '#')
			c->alternate = true;
		else if (*f == '+')
			c->plus = true;
		else if (*f == ' ')
			c->space = true;
		else
			return f;
	}
}

/* A number, or '*' for one among the arguments. */
static const char *read_number(const char *f, int given, int *value, bool *taken)
{
	*taken = *f == '*';
	if (*taken) {
		*value = given;
		return f + 1;
	}
	for (*value = 0; *f >= '0' && *f <= '9'; f++)
		*value = *value * 10 + (*f - '0');
	return f;
}

static const char *read_size(const char *f, struct conversion *c)
{
	for (;; f++) {
		if (*f == 'l')
			c->longs++;
		else if (*f == 'j' || *f == 'z' || *f == 't')
			c->longs = 2;
		else if (*f != 'h')
			return f;
	}
}

/* Flags, width, precision and size of a conversion; f: behind the '%'. Its letter is next. */
static const char *read_conversion(const char *f, struct conversion *c, va_list *args)
{
	bool taken;

	f = read_flags(f, c);
	f = read_number(f, *f == '*' ? va_arg(*args, int) : 0, &c->width, &taken);
	if (taken && c->width < 0) {
		c->left = true;
		c->width = -c->width;
	}
	if (*f == '.') {
		f++;
		f = read_number(f, *f == '*' ? va_arg(*args, int) : 0, &c->precision, &taken);
		c->precise = c->precision >= 0;
	}
	return read_size(f, c);
}

static void put_unsigned(struct output *o, const struct conversion *c, char letter, uint64_t value)
{
	bool alternate = c->alternate && value;

	switch (letter) {
	case 'x':
		put_number(o, c, value, 16, false, alternate ? "0x" : "");
		break;
	case 'X':
		put_number(o, c, value, 16, true, alternate ? "0X" : "");
		break;
	case 'o':
		put_number(o, c, value, 8, false, alternate ? "0" : "");
		break;
	default:
		put_number(o, c, value, 10, false, "");
	}
}

/* False: a letter that this does not know, after which arguments cannot be told apart. */
static bool convert(struct output *o, const struct conversion *c, char letter, va_list *args)
{
	struct conversion plain = {.left = c->left, .width = c->width};
	char one;

	switch (letter) {
	case 'd':
	case 'i':
		put_signed(o, c, c->longs ? va_arg(*args, int64_t) : va_arg(*args, int));
		return true;
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		put_unsigned(o, c, letter,
			     c->longs ? va_arg(*args, uint64_t) : va_arg(*args, unsigned int));
		return true;
	case 'p':
		put_number(o, c, (uint64_t)va_arg(*args, void *), 16, false, "0x");
		return true;
	case 's':
		put_string(o, c, va_arg(*args, const char *));
		return true;
	case 'c':
		one = (char)va_arg(*args, int);
		put_padded(o, &plain, "", &one, 1);
		return true;
	case '%':
		put(o, '%');
		return true;
	}
	return false;
}

int vsnprintf(char *to, size_t size, const char *f, va_list given)
{
	struct output o = {to, size, 0};
	va_list args;

	va_copy(args, given);
	for (; *f; f++) {
		struct conversion c = {0};

		if (*f != '%') {
			put(&o, *f);
			continue;
		}
		f = read_conversion(f + 1, &c, &args);
		if (!convert(&o, &c, *f, &args))
			break;
	}
	va_end(args);
	if (size)
		to[o.used < size ? o.used : size - 1] = 0;
	return (int)o.used;
}

int snprintf(char *to, size_t size, const char *format, ...)
{
	va_list args;
	int used;

	va_start(args, format);
	used = vsnprintf(to, size, format, args);
	va_end(args);
	return used;
}
