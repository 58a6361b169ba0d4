/* SPDX-License-Identifier: GPL-2.0-only */
/* Symbols as text: /proc/kallsyms, System.map, nm. */
#include <errno.h>
#include <string.h>

#include "error.h"
#include "source.h"
#include "symbols_internal.h"

/* Name and module of the longest line that a kernel writes fit twice. */
#define LINE_MAX_SIZE 4096u

struct line {
	uint64_t address;
	char type;
	struct symbols_text name, module;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Text up to a blank, and *rest behind the blanks after it. */
static struct symbols_text next_word(struct symbols_text *rest)
{
	struct symbols_text word = *rest;

	word.size = 0;
	while (word.size < rest->size && !is_blank(rest->s[word.size]))
		word.size++;
	rest->s += word.size;
	rest->size -= word.size;
	while (rest->size && is_blank(*rest->s)) {
		rest->s++;
		rest->size--;
	}
	return word;
}

static bool parse_address(struct symbols_text word, uint64_t *address)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";

	*address = 0;
	if (!word.size || word.size > 16)
		return false;
	for (size_t i = 0; i < word.size; i++) {
		const char *digit = word.s[i] ? strchr(digits, word.s[i]) : NULL;

		if (!digit)
			return false;
		*address = *address << 4 | (uint64_t)(digit - digits) % 16;
	}
	return true;
}

/* "[name]" of kallsyms, or nothing. */
static bool parse_module(struct symbols_text rest, struct symbols_text *module)
{
	*module = next_word(&rest);
	if (!module->size)
		return true;
	if (rest.size || module->size < 3 || module->s[0] != '[' ||
	    module->s[module->size - 1] != ']')
		return false;
	module->s++;
	module->size -= 2;
	return true;
}

static bool parse(struct symbols_text text, struct line *line)
{
	struct symbols_text word = next_word(&text);

	if (!parse_address(word, &line->address))
		return false;
	word = next_word(&text);
	if (word.size != 1)
		return false;
	line->type = *word.s;
	line->name = next_word(&text);
	return line->name.size && parse_module(text, &line->module);
}

/* nm shows symbols that are not defined: a type without an address. */
static bool is_undefined(struct symbols_text text)
{
	struct symbols_text word;

	/* NOLINTNEXTLINE: where there is a size there are characters */
	if (!text.size || *text.s != ' ')
		return false;
	next_word(&text);
	word = next_word(&text);
	return word.size == 1 && strchr("Uwv", *word.s) && text.size;
}

/* By the letter that nm has for them. False: it is not of the code, nor beside it. */
static bool rank_of(char type, unsigned int *rank)
{
	switch (type) {
	case 'T':
	case 'i':
		*rank = SYMBOL_RANK_GLOBAL;
		return true;
	case 'W':
	case 'w':
		*rank = SYMBOL_RANK_WEAK;
		return true;
	case 't':
		*rank = SYMBOL_RANK_LOCAL;
		return true;
	case 'A':
	case 'a':
	case 'N':
	case 'n':
	case 'U':
		return false;
	default:
		*rank = SYMBOL_RANK_BOUND;
		return true;
	}
}

static enum nvt_status take_line(struct symbols_reading *r, const struct line *line)
{
	unsigned int rank;

	if (!line->address || !rank_of(line->type, &rank) || !symbols_is_name(line->name))
		return NVT_OK;
	return symbols_add(r, line->address, 0, rank, line->name, line->module);
}

static enum nvt_status no_line(const struct symbols_reading *r, uint64_t number)
{
	if (number == 1)
		return nvt_fail(r->err, NVT_EINPUT,
				"%s: these are no symbols: neither an ELF file (vmlinux, not "
				"compressed) nor lines 'address type name'",
				r->path);
	return nvt_fail(r->err, NVT_EINPUT, "%s: line %llu is no 'address type name'", r->path,
			(unsigned long long)number);
}

/* The next line, without its end; NVT_END: there is none. */
static enum nvt_status next_line(struct symbols_reading *r, struct nvt_source *source,
				 uint64_t number, struct symbols_text *text)
{
	size_t have;
	const uint8_t *data = nvt_source_peek(source, LINE_MAX_SIZE, &have), *end;

	if (!data)
		return nvt_fail(r->err, errno == ENOMEM ? NVT_EENV : NVT_EINPUT,
				"%s: cannot be read: %s", r->path, strerror(errno));
	if (!have)
		return NVT_END;
	if (have > LINE_MAX_SIZE)
		have = LINE_MAX_SIZE;
	end = memchr(data, '\n', have);
	if (!end && have == LINE_MAX_SIZE)
		return no_line(r, number);
	*text = (struct symbols_text){(const char *)data, end ? (size_t)(end - data) : have};
	nvt_source_skip(source, text->size + (end != NULL));
	return NVT_OK;
}

/* Without the right to see them, kallsyms shows addresses as 0, and all of them. */
enum nvt_status symbols_read_text(struct symbols_reading *r, struct nvt_source *source)
{
	enum nvt_status status = NVT_OK;
	struct symbols_text text;
	uint64_t number = 1, address = 0;

	r->to->format = SYMBOLS_KALLSYMS;
	for (; (status = next_line(r, source, number, &text)) == NVT_OK; number++) {
		struct line line;

		if (is_undefined(text))
			continue;
		if (!parse(text, &line))
			return no_line(r, number);
		address |= line.address;
		status = take_line(r, &line);
		if (status)
			return status;
	}
	if (status != NVT_END)
		return status;
	if (number == 1)
		return nvt_fail(r->err, NVT_EINPUT, "%s: it is empty", r->path);
	if (!address)
		return nvt_fail(r->err, NVT_EINPUT,
				"%s: every address is 0: L2's kernel hides them; read kallsyms "
				"as root there, with sysctl kernel.kptr_restrict=0",
				r->path);
	return NVT_OK;
}
