/* SPDX-License-Identifier: GPL-2.0-only */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory_stream.h"

/* The value of the name that `text` begins with as {name}; NULL: none. */
static const struct hw_value *find(const char *text, const struct hw_value *values)
{
	size_t length;

	for (; values->name; values++) {
		length = strlen(values->name);
		if (values->value && text[0] == '{' &&
		    strncmp(text + 1, values->name, length) == 0 && text[1 + length] == '}')
			return values;
	}
	return NULL;
}

/* In a list of options a comma of a value is doubled. */
static void put_value(FILE *out, const char *value, bool in_list)
{
	for (; *value; value++) {
		fputc(*value, out);
		if (in_list && *value == ',')
			fputc(',', out);
	}
}

static char *expand(const char *text, const struct hw_value *values, bool in_list)
{
	struct memory_stream out;

	if (!memory_stream_open(&out))
		return NULL;
	while (*text) {
		const struct hw_value *value = find(text, values);

		if (value) {
			put_value(out.file, value->value, in_list);
			text += strlen(value->name) + 2;
		} else {
			fputc(*text++, out.file);
		}
	}
	return memory_stream_close(&out);
}

char *hw_expand(const char *text, const struct hw_value *values)
{
	return expand(text, values, false);
}

bool hw_qemu_takes(const struct hw_board *board, const char *name)
{
	const struct hw_value one[] = {{name, ""}, {0}};

	for (unsigned int i = 0; i < board->qemu.count; i++)
		for (const char *at = board->qemu.v[i]; *at; at++)
			if (find(at, one))
				return true;
	return false;
}

void hw_words_free(char **words)
{
	for (size_t i = 0; words && words[i]; i++)
		free(words[i]);
	free(words);
}

/* Behind `count` words that are there already. A word that is a name alone is no list. */
static bool append(char **words, size_t *count, const struct hw_lines *lines,
		   const struct hw_value *values, bool lists)
{
	for (unsigned int i = 0; i < lines->count; i++) {
		words[*count] = expand(lines->v[i], values, lists && lines->v[i][0] != '{');
		if (!words[(*count)++])
			return false;
	}
	return true;
}

char **hw_lines_expand(const struct hw_lines *lines, const struct hw_value *values)
{
	char **words = calloc(HW_LINES_MAX + 1, sizeof(*words));
	size_t count = 0;

	if (words && append(words, &count, lines, values, false))
		return words;
	hw_words_free(words);
	return NULL;
}

char **hw_qemu_command(const struct hw_board *board, const struct hw_value *values, bool icount)
{
	/* A machine with nothing but what it needs, its console where we read. */
	static const struct hw_lines first = {9,
					      {HW_QEMU, "-nodefaults", "-display", "none",
					       "-monitor", "none", "-serial", "stdio",
					       "-no-reboot"}};
	/* What is called for goes to standard output, as the serial line does. */
	static const struct hw_lines calls = {2,
					      {"-semihosting-config", "enable=on,target=native"}};
	static const struct hw_lines counted = {2, {"-icount", "shift=0"}};
	char **words = calloc(3 * HW_LINES_MAX, sizeof(*words));
	size_t count = 0;

	if (words && append(words, &count, &first, values, false) &&
	    (!board->semihosting || append(words, &count, &calls, values, false)) &&
	    append(words, &count, &board->qemu, values, true) &&
	    (!icount || append(words, &count, &counted, values, false)))
		return words;
	hw_words_free(words);
	return NULL;
}
