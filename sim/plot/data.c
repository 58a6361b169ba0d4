/* SPDX-License-Identifier: GPL-2.0-only */
#include <ctype.h>
#include <string.h>

#include "data.h"

void plot_damaged(struct plot_data *d, const char *what)
{
	if (d->damaged)
		return;
	d->damaged = what;
	d->damaged_doc = d->doc;
}

double plot_figure(struct plot_data *d, const json_t *object, const char *path, double max)
{
	const json_t *member = json_at(object, path);
	double v = json_number_value(member);

	if (!member)
		return NAN;
	if (json_is_number(member) && v >= 0 && v <= max)
		return v;
	plot_damaged(d, path);
	return NAN;
}

const json_t *plot_array(struct plot_data *d, const json_t *object, const char *path)
{
	const json_t *member = json_at(object, path);

	if (!member || json_is_array(member))
		return member;
	plot_damaged(d, path);
	return NULL;
}

/* ---- writing ---- */

/* Bytes that go on with a character are part of its first. */
static double width_of(char c)
{
	if (((unsigned char)c & 0xc0) == 0x80)
		return 0;
	return isupper((unsigned char)c) || c == 'm' || c == 'w' ? 1.35 : 1;
}

double plot_width(const char *text)
{
	double width = 0;

	while (*text)
		width += width_of(*text++);
	return width;
}

void plot_shorten(char label[PLOT_LABEL_SIZE], const char *text)
{
	const double half = PLOT_LABEL_MAX / 2.0 - 1;
	size_t begin = 0, end = strlen(text);
	double width;

	if (plot_width(text) <= PLOT_LABEL_MAX) {
		snprintf(label, PLOT_LABEL_SIZE, "%s", text);
		return;
	}
	for (width = 0; (width += width_of(text[begin])) <= half;)
		begin++;
	for (width = 0; (width += width_of(text[end - 1])) <= half;)
		end--;
	snprintf(label, PLOT_LABEL_SIZE, "%.*s..%s", (int)begin, text, text + end);
}

/*
 * In a string of gnuplot, backslashes, backquotes, dollars and @ would be more than text, and in a
 * block of data # too. One character for one of UTF-8.
 */
void plot_put_text(FILE *out, const char *text)
{
	fputs(" \"", out);
	for (unsigned int length = 0; *text && length < 2 * PLOT_LABEL_MAX; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c & 0xc0) == 0x80)
			continue;
		fputc(c < 0x80 && (isalnum(c) || strchr(" ._+-/:;(),=*<>[]!?|~'", c)) ? c : '_',
		      out);
		length++;
	}
	fputc('"', out);
}

void plot_put_number(FILE *out, double v)
{
	if (isnan(v))
		fputs(" NaN", out);
	else
		fprintf(out, " %.10g", v);
}

void plot_put_variable(FILE *out, const char *name, double v)
{
	fprintf(out, "%s =", name);
	plot_put_number(out, v);
	fputc('\n', out);
}

void plot_put_string(FILE *out, const char *name, const char *text)
{
	fprintf(out, "%s =", name);
	plot_put_text(out, text);
	fputc('\n', out);
}

/* Groups of three, whatever the locale. */
static void put_grouped(FILE *out, const char *digits)
{
	size_t whole = strcspn(digits, ".");

	for (size_t i = 0; digits[i]; i++) {
		if (i && i < whole && (whole - i) % 3 == 0)
			fputc(',', out);
		fputc(digits[i], out);
	}
}

static void put_shown(FILE *out, const char *before, double v, int decimals)
{
	char digits[48];

	plot_put_number(out, v);
	if (isnan(v)) {
		fputs(" \"absent\"", out);
		return;
	}
	snprintf(digits, sizeof(digits), "%.*f", decimals, v);
	fprintf(out, " \"%s", before);
	put_grouped(out, digits);
	fputc('"', out);
}

void plot_put_shown(FILE *out, double v, int decimals)
{
	put_shown(out, "", v, decimals);
}

void plot_put_bound(FILE *out, double v)
{
	put_shown(out, "≥ ", v, 0);
}

void plot_put_begin(FILE *out, const char *name)
{
	fprintf(out, "$%s << END_OF_DATA\n", name);
}

void plot_put_series(FILE *out, size_t number)
{
	fprintf(out, "$series%zu << END_OF_DATA\n", number);
}

void plot_put_end(FILE *out)
{
	fputs("END_OF_DATA\n", out);
}
