/* SPDX-License-Identifier: GPL-2.0-only */
#include "board.h"

#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

#define FILE_MAX_SIZE 65536u
#define SUFFIX	      ".board"

/* ---- values ---- */

/* Each gives NULL, or what it wants. */
typedef const char *take_value(void *to, char *value);

static bool number(const char *text, uint64_t *value)
{
	static const char letters[] = "KMG";
	const char *letter;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 0);
	if (errno)
		return false;
	if (!*end)
		return true;
	letter = strchr(letters, *end);
	return letter && !end[1] &&
	       !__builtin_mul_overflow(*value, 1024ull << 10 * (letter - letters), value);
}

static const char *take_text(void *to, char *value)
{
	*(const char **)to = value;
	return NULL;
}

static const char *take_line(void *to, char *value)
{
	struct hw_lines *lines = to;

	if (lines->count == HW_LINES_MAX)
		return "fewer lines";
	lines->v[lines->count++] = value;
	return NULL;
}

/* Words, each a line. */
static const char *take_words(void *to, char *value)
{
	char *word;

	while ((word = strsep(&value, " \t")) != NULL)
		if (*word && take_line(to, word))
			return "fewer words";
	return NULL;
}

static const char *take_number(void *to, char *value)
{
	return number(value, to) ? NULL : "a number (K, M and G are understood)";
}

static const char *take_memory(void *to, char *value)
{
	struct hw_board *b = to;
	char *size = strchr(value, ' ');

	if (size)
		*size++ = 0;
	if (!size || !number(value, &b->memory_base) || !number(size, &b->memory_size))
		return "an address and a size";
	return NULL;
}

/* KIND ADDRESS [SHIFT] */
static const char *take_console(void *to, char *value)
{
	static const char *const kinds[HW_CONSOLE_COUNT] = {"none", "pl011", "8250", "bcm2835-aux"};
	struct hw_board *b = to;
	const char *kind = strsep(&value, " "), *base = strsep(&value, " ");
	uint64_t shift = 0;
	unsigned int i;

	for (i = HW_CONSOLE_PL011; i < HW_CONSOLE_COUNT && strcmp(kinds[i], kind); i++)
		;
	if (i == HW_CONSOLE_COUNT || !base || !number(base, &b->console_base) ||
	    (value && (!number(value, &shift) || shift > 3)))
		return "pl011, 8250 or bcm2835-aux, its address, and the shift of its registers";
	b->console = i;
	b->console_reg_shift = (uint32_t)shift;
	return NULL;
}

static const char *take_firmware(void *to, char *value)
{
	static const char *const names[] = {"none", "u-boot", "efi"};

	for (unsigned int i = 0; i < 3; i++) {
		if (strcmp(names[i], value))
			continue;
		*(enum hw_firmware *)to = i;
		return NULL;
	}
	return "none, u-boot or efi";
}

static const char *take_flag(void *to, char *value)
{
	*(bool *)to = strcmp(value, "yes") == 0;
	return *(bool *)to || strcmp(value, "no") == 0 ? NULL : "yes or no";
}

/* ---- keys ---- */

#define AT(member) offsetof(struct hw_board, member)
enum { REPEATS = 1, REQUIRED = 2 };
static const struct key {
	const char *name;
	take_value *take;
	size_t offset;
	int flags;
} keys[] = {
	{"description", take_text, AT(description), REQUIRED},
	{"console", take_console, 0, 0},
	{"memory", take_memory, 0, 0},
	{"load", take_number, AT(load), 0},
	{"machine", take_text, AT(machine), 0},
	{"qemu", take_words, AT(qemu), REPEATS},
	{"cpu", take_text, AT(cpu), 0},
	{"cpus", take_text, AT(cpus), 0},
	{"ram", take_text, AT(ram), 0},
	{"semihosting", take_flag, AT(semihosting), 0},
	{"firmware", take_firmware, AT(firmware), 0},
	{"firmware-file", take_text, AT(firmware_file), 0},
	{"package", take_text, AT(package), 0},
	{"stop", take_text, AT(stop), 0},
	{"prompt", take_text, AT(prompt), 0},
	{"type", take_line, AT(type), REPEATS},
	{"file", take_text, AT(file), REQUIRED},
	{"step", take_line, AT(steps), REPEATS | REQUIRED},
	{"counters", take_words, AT(counters), 0},
	{"quirk", take_line, AT(quirks), REPEATS},
};
#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))

struct parser {
	struct hw_board *board;
	const char *path;
	unsigned int line;
	uint32_t given; /* by place in the table */
	struct nvt_error *err;
};

static enum nvt_status bad_line(const struct parser *p, const char *what, const char *name,
				const char *rest)
{
	return nvt_fail(p->err, NVT_EINPUT, "%s:%u: %s%s%s", p->path, p->line, what, name, rest);
}

static char *trim(char *text)
{
	size_t length;

	text += strspn(text, " \t");
	length = strlen(text);
	while (length && strchr(" \t\r", text[length - 1]))
		length--;
	text[length] = 0;
	return text;
}

/* Lines keep how far they are indented, behind the blank that the '=' has. */
static char *trim_value(char *value, const struct key *key)
{
	char *trimmed = trim(value);

	if (key->take != take_line || !*trimmed)
		return trimmed;
	return value + (*value == ' ');
}

static enum nvt_status parse_line(struct parser *p, char *line)
{
	char *value = strchr(line, '='), *name;
	const char *wants;
	size_t i;

	line = trim(line);
	if (!*line || *line == '#')
		return NVT_OK;
	if (!value)
		return bad_line(p, "this is no line 'key = value'", "", "");
	*value++ = 0;
	name = trim(line);
	for (i = 0; i < KEY_COUNT && strcmp(keys[i].name, name); i++)
		;
	if (i == KEY_COUNT)
		return bad_line(p, "unknown key '", name, "'");
	value = trim_value(value, &keys[i]);
	if (!*value && !(keys[i].flags & REPEATS))
		return bad_line(p, name, " has no value", "");
	if (p->given >> i & 1 && !(keys[i].flags & REPEATS))
		return bad_line(p, name, " is given twice", "");
	p->given |= 1u << i;
	wants = keys[i].take((char *)p->board + keys[i].offset, value);
	return wants ? bad_line(p, name, " takes ", wants) : NVT_OK;
}

/* What one key needs another for. */
static enum nvt_status check_whole(const struct parser *p)
{
	const struct hw_board *b = p->board;

	for (size_t i = 0; i < KEY_COUNT; i++)
		if ((keys[i].flags & REQUIRED) && !(p->given >> i & 1))
			return bad_line(p, "the key '", keys[i].name, "' is missing");
	if (b->qemu.count && !b->machine)
		return bad_line(p, "qemu needs the key 'machine'", "", "");
	if (b->firmware && b->qemu.count && (!b->firmware_file || !b->package))
		return bad_line(p, "firmware needs 'firmware-file' and 'package'", "", "");
	if (b->type.count && (!b->prompt || !b->stop))
		return bad_line(p, "type needs 'stop' and 'prompt'", "", "");
	return NVT_OK;
}

static enum nvt_status parse(struct parser *p)
{
	char *rest = p->board->text, *line;
	enum nvt_status status;

	while ((line = strsep(&rest, "\n")) != NULL) {
		p->line += rest != NULL;
		status = parse_line(p, line);
		if (status)
			return status;
	}
	return check_whole(p);
}

/* ---- files ---- */

static enum nvt_status read_text(struct hw_board *b, const char *path, struct nvt_error *err)
{
	FILE *f = fopen(path, "r");
	size_t size;

	if (!f)
		return nvt_fail(err, NVT_EENV, "%s: cannot be opened: %s", path, strerror(errno));
	size = fread(b->text, 1, FILE_MAX_SIZE, f);
	fclose(f);
	if (size == FILE_MAX_SIZE || memchr(b->text, 0, size))
		return nvt_fail(err, NVT_EINPUT, "%s: this is no text of a board", path);
	b->text[size] = 0;
	return NVT_OK;
}

struct hw_board *hw_board_read(const char *folder, const char *name, struct nvt_error *err)
{
	struct hw_board *b = calloc(1, sizeof(*b));
	struct parser p = {.board = b, .err = err};
	enum nvt_status status = NVT_EENV;
	char *path = NULL;

	if (!b || !(b->text = malloc(FILE_MAX_SIZE)) ||
	    asprintf(&path, "%s/%s" SUFFIX, folder, name) < 0) {
		nvt_fail(err, NVT_ENOMEM, "out of memory");
		path = NULL;
	} else {
		snprintf(b->name, sizeof(b->name), "%s", name);
		p.path = path;
		status = read_text(b, path, err);
		if (!status)
			status = parse(&p);
	}
	free(path);
	if (!status)
		return b;
	hw_board_free(b);
	return NULL;
}

void hw_board_free(struct hw_board *board)
{
	if (board)
		free(board->text);
	free(board);
}

static int is_board(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > strlen(SUFFIX) &&
	       length - strlen(SUFFIX) < sizeof((struct hw_board){0}.name) &&
	       strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX) == 0;
}

static int ascending(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

char **hw_board_names(const char *folder, struct nvt_error *err)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_board, ascending);
	char **names = count < 0 ? NULL : calloc((size_t)count + 1, sizeof(*names));
	bool failed = !names;

	if (count < 0) {
		nvt_fail(err, NVT_EENV, "%s: cannot be read: %s", folder, strerror(errno));
		return NULL;
	}
	for (int i = 0; i < count; i++) {
		if (!failed)
			names[i] = strndup(entries[i]->d_name,
					   strlen(entries[i]->d_name) - strlen(SUFFIX));
		failed = failed || !names[i];
		free(entries[i]);
	}
	free(entries);
	if (!failed)
		return names;
	hw_board_names_free(names);
	nvt_fail(err, NVT_ENOMEM, "out of memory");
	return NULL;
}

void hw_board_names_free(char **names)
{
	for (size_t i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}
