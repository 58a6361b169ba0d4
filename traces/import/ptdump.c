/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "import/ptdump.h"
#include "source.h"

#define HEADER "VTCR: 0x"
#define MARKER "---[ "

const char *const nvt_ptdump_xn[4] = {"px ux ", "PXNux ", "PXNUXN", "px UXN"};

bool nvt_ptdump_is(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char bytes[sizeof(HEADER)] = "";
	bool is = false;
	struct stat st;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && read(fd, bytes, sizeof(bytes) - 1) > 0)
		is = !strncmp(bytes, HEADER, strlen(HEADER)) ||
		     !strncmp(bytes, MARKER, strlen(MARKER));
	close(fd);
	return is;
}

/* ---- one line ---- */

struct parser {
	const char *path;
	struct nvt_error *err;
	struct nvt_ptdump *d;
	size_t room;
	unsigned long long line;
	bool marked; /* the marker of the address space was there */
};

__attribute__((format(printf, 2, 3))) static enum nvt_status bad(struct parser *p,
								 const char *format, ...)
{
	size_t used = (size_t)snprintf(p->err->text, sizeof(p->err->text),
				       "%s: line %llu: ", p->path, p->line);
	va_list args;

	if (used < sizeof(p->err->text)) {
		va_start(args, format);
		vsnprintf(p->err->text + used, sizeof(p->err->text) - used, format, args);
		va_end(args);
	}
	return p->err->status = NVT_EINPUT;
}

/* Steps over `text`. */
static bool skip(const char **s, const char *text)
{
	size_t length = strlen(text);

	if (strncmp(*s, text, length) != 0)
		return false;
	*s += length;
	return true;
}

/* 0x and exactly 16 digits. */
static bool address(const char **s, uint64_t *value)
{
	if (!skip(s, "0x"))
		return false;
	*value = 0;
	for (int i = 0; i < 16; i++, ++*s) {
		char c = **s;
		unsigned int digit = c >= '0' && c <= '9'   ? (unsigned int)(c - '0')
				     : c >= 'a' && c <= 'f' ? (unsigned int)(c - 'a') + 10
							    : 16;

		if (digit == 16)
			return false;
		*value = *value << 4 | digit;
	}
	return true;
}

/* The number of units, and their letter: K, M, G and so on. */
static bool size_of_run(const char **s, uint64_t *size)
{
	static const char units[] = "KMGTPE";
	const char *unit;
	uint64_t n = 0;
	int digits = 0;

	while (**s == ' ')
		++*s;
	for (; **s >= '0' && **s <= '9' && digits < 12; ++*s, digits++)
		n = n * 10 + (uint64_t)(**s - '0');
	unit = **s ? strchr(units, **s) : NULL;
	if (!digits || !unit)
		return false;
	++*s;
	*size = n;
	for (; unit >= units; unit--) {
		if (*size >> 54)
			return false;
		*size <<= 10;
	}
	return true;
}

/* One of two texts of equal length; a line may have lost the blanks at its end. */
static bool flag(const char **s, const char *set, bool *is_set)
{
	size_t length = strlen(set), blanks = 0;

	*is_set = skip(s, set);
	if (*is_set || !**s)
		return true;
	while (blanks < length && (*s)[blanks] == ' ')
		blanks++;
	*s += blanks;
	return blanks == length || !**s;
}

static bool execute_never(const char **s, uint8_t *xn)
{
	for (*xn = 0; *xn < 4; ++*xn)
		if (skip(s, nvt_ptdump_xn[*xn]))
			return true;
	/* The blank at the end of "px ux " may be lost. */
	for (*xn = 0; *xn < 2; ++*xn)
		if (!strncmp(*s, nvt_ptdump_xn[*xn], 5) && !(*s)[5]) {
			*s += 5;
			return true;
		}
	return false;
}

/* "   R W px ux  AF BLK": a blank before each of them. */
static bool attributes(const char **s, struct nvt_ptdump_run *r)
{
	bool invalid, blank;

	if (!**s)
		return true;
	r->mapped = true;
	if (!skip(s, " ") || !flag(s, "F", &invalid) || !skip(s, " ") || !flag(s, "R", &r->r) ||
	    !skip(s, " ") || !flag(s, "W", &r->w) || !skip(s, " ") || !execute_never(s, &r->xn) ||
	    !flag(s, " ", &blank) || !flag(s, "AF", &r->af) || !flag(s, " ", &blank) ||
	    !flag(s, "BLK", &r->block))
		return false;
	r->valid = !invalid;
	return !**s;
}

static enum nvt_status take_run(struct parser *p, const char *s)
{
	struct nvt_ptdump *d = p->d;
	struct nvt_ptdump_run r = {0};
	uint64_t size;

	if (!address(&s, &r.start) || !skip(&s, "-") || !address(&s, &r.end) || !skip(&s, "   ") ||
	    !size_of_run(&s, &size) || !skip(&s, " ") || *s < '0' || *s > '3')
		return bad(p, "neither a run of entries nor a header of a stage-2 dump");
	r.level = (int8_t)(*s++ - '0');
	if (!attributes(&s, &r))
		return bad(p, "attributes that no stage-2 dump has");
	if (r.start >= r.end || size != r.end - r.start)
		return bad(p, "a run of %#llx bytes from %#llx to %#llx cannot be",
			   (unsigned long long)size, (unsigned long long)r.start,
			   (unsigned long long)r.end);
	if (d->count && r.start < d->runs[d->count - 1].end)
		return bad(p, "the run begins before the end of the one above it");
	if (d->count == p->room) {
		size_t room = p->room ? p->room * 2 : 64;
		void *bigger = realloc(d->runs, room * sizeof(*d->runs));

		if (!bigger) {
			*p->err = (struct nvt_error){NVT_ENOMEM, "out of memory"};
			return NVT_ENOMEM;
		}
		d->runs = bigger;
		p->room = room;
	}
	d->runs[d->count++] = r;
	return NVT_OK;
}

static enum nvt_status take_header(struct parser *p, const char *s)
{
	struct nvt_ptdump *d = p->d;

	if (!skip(&s, "VTCR: ") || !address(&s, &d->vtcr) || !skip(&s, " VTTBR: ") ||
	    !address(&s, &d->vttbr) || !skip(&s, " s2: "))
		return bad(p, "no header of a nested context's dump");
	d->enabled = !strcmp(s, "enabled");
	if (!d->enabled && strcmp(s, "disabled") != 0)
		return bad(p, "stage 2 is neither enabled nor disabled");
	d->header = true;
	return NVT_OK;
}

static enum nvt_status take_line(struct parser *p, const char *s)
{
	if (p->line == 1 && !strncmp(s, HEADER, strlen(HEADER)))
		return take_header(p, s);
	if (!strncmp(s, MARKER, strlen(MARKER))) {
		if (p->marked)
			return bad(p, "a second marker of an address space");
		p->marked = true;
		return NVT_OK;
	}
	if (!p->marked)
		return bad(p, "no stage-2 dump: it begins with VTCR, or with ---[ Guest IPA ]---");
	return take_run(p, s);
}

/* ---- the file ---- */

static enum nvt_status no_memory(struct parser *p)
{
	*p->err = (struct nvt_error){NVT_ENOMEM, "out of memory"};
	return NVT_ENOMEM;
}

static enum nvt_status load(struct parser *p)
{
	struct nvt_source in;
	int error = nvt_source_open(&in, p->path);
	const uint8_t *bytes = NULL;
	enum nvt_status status = NVT_OK;
	struct nvt_ptdump *d = p->d;
	size_t room = 0, have;

	while (!error && status == NVT_OK && (bytes = nvt_source_peek(&in, 1, &have)) && have) {
		if (d->length + have + 1 > room) {
			void *bigger = realloc(d->text, (d->length + have) * 2 + 1);

			if (!bigger) {
				status = no_memory(p);
				break;
			}
			d->text = bigger;
			room = (d->length + have) * 2 + 1;
		}
		memcpy(d->text + d->length, bytes, have);
		d->length += have;
		nvt_source_skip(&in, have);
		if (d->length > NVT_PTDUMP_BYTES_MAX)
			status = bad(p, "more than %u MiB: no dump of a table",
				     NVT_PTDUMP_BYTES_MAX >> 20);
	}
	if (error || (status == NVT_OK && !bytes)) {
		error = error ? error : errno;
		snprintf(p->err->text, sizeof(p->err->text), "%s: cannot read: %s", p->path,
			 strerror(error));
		status = error == ENOENT || error == EISDIR ? NVT_EINPUT : NVT_EENV;
		p->err->status = status;
	}
	nvt_source_close(&in);
	return status;
}

static enum nvt_status parse(struct parser *p)
{
	struct nvt_ptdump *d = p->d;
	char *copy = malloc(d->length + 1), *s = copy, *line;
	enum nvt_status status = copy ? NVT_OK : no_memory(p);

	if (copy && d->length)
		memcpy(copy, d->text, d->length);
	if (copy)
		copy[d->length] = '\0';
	if (copy && strlen(copy) != d->length) {
		p->line = 1;
		status = bad(p, "no stage-2 dump: there is a NUL in it");
	}
	while (status == NVT_OK && *s) {
		line = strsep(&s, "\n");
		p->line++;
		status = take_line(p, line);
		if (!s)
			break;
	}
	free(copy);
	return status;
}

enum nvt_status nvt_ptdump_read(const char *path, struct nvt_ptdump *d, struct nvt_error *err)
{
	struct parser p = {.path = path, .err = err, .d = d};
	enum nvt_status status;

	*d = (struct nvt_ptdump){0};
	status = load(&p);
	if (status == NVT_OK)
		status = parse(&p);
	if (status == NVT_OK) {
		d->empty = !d->length;
		if (d->text)
			d->text[d->length] = '\0';
	}
	if (status == NVT_OK && !d->empty && !p.marked) {
		p.line++;
		status = bad(&p, "the dump ends before its table begins");
	}
	if (status != NVT_OK)
		nvt_ptdump_free(d);
	return status;
}

void nvt_ptdump_free(struct nvt_ptdump *d)
{
	free(d->runs);
	free(d->text);
	*d = (struct nvt_ptdump){0};
}
