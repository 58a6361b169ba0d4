/* SPDX-License-Identifier: GPL-2.0-only */
/* A line of a console: what it is read as can be written, and read as the same again. */
#include "checksum.h"

static void require_same(const struct hw_frame *a, const struct hw_frame *b)
{
	FUZZ_REQUIRE(a->sequence == b->sequence && strcmp(a->type, b->type) == 0);
	FUZZ_REQUIRE(a->count == b->count);
	for (size_t i = 0; i < a->count; i++)
		FUZZ_REQUIRE(strcmp(a->field[i].key, b->field[i].key) == 0 &&
			     strcmp(a->field[i].value, b->field[i].value) == 0);
}

#define TYPE_MOST 300u /* bytes, which may be three times as many once they are escaped */

/* Fields that do not fit are left out, and no others are. */
static void write_anew(const struct hw_frame *f)
{
	struct hw_frame again, fits = *f;
	struct hw_line line;

	if (strlen(f->type) > TYPE_MOST)
		return;
	hw_line_begin(&line, f->sequence, f->type);
	fits.count = 0;
	for (size_t i = 0; i < f->count; i++)
		if (hw_line_text(&line, f->field[i].key, f->field[i].value))
			fits.field[fits.count++] = f->field[i];
	hw_line_end(&line);
	FUZZ_REQUIRE(line.used <= HW_FRAME_MAX && line.text[line.used - 1] == '\n');
	FUZZ_REQUIRE(hw_frame_parse(line.text, line.used, &again) == HW_FRAME_OK);
	require_same(&fits, &again);
}

static void look_up(const struct hw_frame *f)
{
	struct hw_line line;
	struct hw_frame again;
	uint64_t v, number;

	for (size_t i = 0; i < f->count; i++) {
		FUZZ_REQUIRE(hw_frame_value(f, f->field[i].key));
		if (!hw_frame_number(f, f->field[i].key, &v))
			continue;
		hw_line_begin(&line, 0, "numbers");
		hw_line_number(&line, "decimal", v);
		hw_line_hex(&line, "hex", v);
		hw_line_end(&line);
		FUZZ_REQUIRE(hw_frame_parse(line.text, line.used, &again) == HW_FRAME_OK);
		FUZZ_REQUIRE(hw_frame_number(&again, "decimal", &number) && number == v);
		FUZZ_REQUIRE(hw_frame_number(&again, "hex", &number) && number == v);
	}
}

static void read_line(char *text, size_t size)
{
	struct hw_frame f;

	while (size) {
		if (hw_frame_parse(text, size, &f) == HW_FRAME_OK) {
			write_anew(&f);
			look_up(&f);
		}
		FUZZ_REQUIRE(f.used && f.used <= size);
		text += f.used;
		size -= f.used;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	read_line(text, size);
	memcpy(text, data, size);
	fuzz_put_checksums(text, size);
	read_line(text, size);
	free(text);
	return 0;
}
