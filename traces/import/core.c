/* SPDX-License-Identifier: GPL-2.0-only */
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "import/core.h"
#include "import/map.h"

/* ---- the file ---- */

struct segment {
	uint64_t paddr, size, offset;
};

/* A table at a level: whose entries were looked at. */
struct visit {
	size_t table;
	struct imp_shape shape;
	int8_t level;
};

struct imp_core {
	char *path;
	int fd;
	uint64_t file_size;
	struct segment *segments; /* ascending, none overlaps another */
	size_t segment_count;
	struct imp_core_table *tables;
	size_t table_count, table_room;
	struct imp_map table_of; /* (address, entries) to the table's place + 1 */
	struct imp_map visited;	 /* (address; entries, granule and level) to 1 */
	struct visit *visits;
	size_t visit_count, visit_room;
	uint64_t word_count;
	struct imp_core_totals totals;
};

__attribute__((format(printf, 4, 5))) static enum nvt_status
fail(struct nvt_error *err, const char *path, enum nvt_status status, const char *format, ...)
{
	size_t used = (size_t)snprintf(err->text, sizeof(err->text), "%s: ", path);
	va_list args;

	if (used < sizeof(err->text)) {
		va_start(args, format);
		vsnprintf(err->text + used, sizeof(err->text) - used, format, args);
		va_end(args);
	}
	err->status = status;
	return status;
}

static enum nvt_status no_memory(const struct imp_core *c, struct nvt_error *err)
{
	return fail(err, c->path, NVT_ENOMEM, "out of memory");
}

/* All of `size` bytes at `offset`, which the file was seen to have. */
static enum nvt_status read_at(const struct imp_core *c, void *to, size_t size, uint64_t offset,
			       struct nvt_error *err)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = pread(c->fd, (char *)to + done, size - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(err, c->path, NVT_EENV, "offset %llu: cannot read: %s",
				    (unsigned long long)(offset + done), strerror(errno));
		if (!n)
			return fail(err, c->path, NVT_EINPUT,
				    "offset %llu: the file ends here, and did not before",
				    (unsigned long long)(offset + done));
		done += (size_t)n;
	}
	return NVT_OK;
}

static bool in_file(const struct imp_core *c, uint64_t offset, uint64_t size)
{
	return offset <= c->file_size && size <= c->file_size - offset;
}

/* ---- headers ---- */

static const struct {
	const char *bytes;
	uint8_t size;
	const char *what;
} other_files[] = {
	{"\x28\xb5\x2f\xfd", 4, "this is compressed; decompress it first (zstd -d --long=27)"},
	{"\x1f\x8b", 2, "this is compressed by gzip; decompress it first"},
	{"\xfd"
	 "7zXZ",
	 5, "this is compressed by xz; decompress it first"},
	{"KDUMP   ", 8,
	 "this is a compressed kernel dump; dump as ELF (dump-guest-memory without "
	 "-z, -l or -s)"},
	{"makedumpfile", 12, "this is a makedumpfile stream; dump as ELF"},
};

static enum nvt_status check_kind(const struct imp_core *c, const Elf64_Ehdr *h, size_t have,
				  struct nvt_error *err)
{
	const unsigned char *id = h->e_ident;

	for (size_t i = 0; i < sizeof(other_files) / sizeof(other_files[0]); i++)
		if (have >= other_files[i].size &&
		    !memcmp(h, other_files[i].bytes, other_files[i].size))
			return fail(err, c->path, NVT_EINPUT, "offset 0: %s", other_files[i].what);
	if (have < SELFMAG || memcmp(id, ELFMAG, SELFMAG) != 0)
		return fail(err, c->path, NVT_EINPUT, "offset 0: this is no ELF file");
	if (have < sizeof(*h))
		return fail(err, c->path, NVT_EINPUT, "offset %zu: the file ends in the ELF header",
			    have);
	if (id[EI_CLASS] != ELFCLASS64 || id[EI_DATA] != ELFDATA2LSB)
		return fail(err, c->path, NVT_EINPUT,
			    "offset %d: ELF class %d, byte order %d: a 64-bit little-endian core "
			    "is wanted",
			    EI_CLASS, id[EI_CLASS], id[EI_DATA]);
	if (le16toh(h->e_machine) != EM_AARCH64)
		return fail(err, c->path, NVT_EINPUT,
			    "offset %zu: machine %u: a core of an AArch64 machine is wanted",
			    offsetof(Elf64_Ehdr, e_machine), le16toh(h->e_machine));
	if (le16toh(h->e_type) != ET_CORE)
		return fail(err, c->path, NVT_EINPUT,
			    "offset %zu: ELF type %u: no core of a machine's memory",
			    offsetof(Elf64_Ehdr, e_type), le16toh(h->e_type));
	return NVT_OK;
}

/* libelf makes room for as many sections as the header says before it looks for them. */
static enum nvt_status check_sections(const struct imp_core *c, const Elf64_Ehdr *h,
				      struct nvt_error *err)
{
	uint64_t at = le64toh(h->e_shoff), count = le16toh(h->e_shnum);
	enum nvt_status status;
	Elf64_Shdr first;

	if (!at)
		return NVT_OK;
	if (!in_file(c, at, sizeof(first)))
		return fail(err, c->path, NVT_EINPUT,
			    "offset %zu: section headers at %llu, beyond the end of the file",
			    offsetof(Elf64_Ehdr, e_shoff), (unsigned long long)at);
	status = read_at(c, &first, sizeof(first), at, err);
	if (status != NVT_OK)
		return status;
	if (!count)
		count = le64toh(first.sh_size);
	if (count > IMP_CORE_SEGMENTS_MAX || !in_file(c, at, count * sizeof(first)))
		return fail(err, c->path, NVT_EINPUT,
			    "offset %llu: %llu section headers, more than the file can hold",
			    (unsigned long long)at, (unsigned long long)count);
	return NVT_OK;
}

static enum nvt_status check_header(const struct imp_core *c, Elf64_Ehdr *h, struct nvt_error *err)
{
	size_t have = c->file_size < sizeof(*h) ? (size_t)c->file_size : sizeof(*h);
	enum nvt_status status;

	memset(h, 0, sizeof(*h));
	status = read_at(c, h, have, 0, err);
	if (status == NVT_OK)
		status = check_kind(c, h, have, err);
	if (status == NVT_OK && le16toh(h->e_phentsize) != sizeof(Elf64_Phdr))
		status = fail(err, c->path, NVT_EINPUT,
			      "offset %zu: program headers of %u bytes, not %zu",
			      offsetof(Elf64_Ehdr, e_phentsize), le16toh(h->e_phentsize),
			      sizeof(Elf64_Phdr));
	return status == NVT_OK ? check_sections(c, h, err) : status;
}

/* With more than PN_XNUM of them, their number stands in the first section header. */
static enum nvt_status count_segments(const struct imp_core *c, Elf *elf, const Elf64_Ehdr *h,
				      size_t *count, struct nvt_error *err)
{
	uint64_t at = le64toh(h->e_phoff);
	GElf_Shdr first;
	Elf_Scn *zero = NULL;

	if (le16toh(h->e_phnum) == PN_XNUM) {
		/* libelf knows that section once it was asked for. */
		zero = elf_getscn(elf, 0);
		if (!zero || !gelf_getshdr(zero, &first))
			return fail(err, c->path, NVT_EINPUT,
				    "offset %zu: the number of program headers is in a section "
				    "header that is not there",
				    offsetof(Elf64_Ehdr, e_phnum));
	}
	if (elf_getphdrnum(elf, count) != 0)
		return fail(err, c->path, NVT_EINPUT, "offset %llu: program headers: %s",
			    (unsigned long long)at, elf_errmsg(-1));
	if (*count > IMP_CORE_SEGMENTS_MAX || !in_file(c, at, *count * sizeof(Elf64_Phdr)))
		return fail(err, c->path, NVT_EINPUT,
			    "offset %llu: %zu program headers, more than the file can hold",
			    (unsigned long long)at, *count);
	return NVT_OK;
}

static enum nvt_status take_segment(struct imp_core *c, const GElf_Phdr *p, uint64_t at,
				    struct nvt_error *err)
{
	if (p->p_type != PT_LOAD || !p->p_filesz)
		return NVT_OK;
	if (!in_file(c, p->p_offset, p->p_filesz))
		return fail(err, c->path, NVT_EINPUT,
			    "offset %llu: a segment of %llu bytes at %llu, and the file has %llu: "
			    "it is cut short, or damaged",
			    (unsigned long long)at, (unsigned long long)p->p_filesz,
			    (unsigned long long)p->p_offset, (unsigned long long)c->file_size);
	if (p->p_filesz > p->p_memsz || p->p_filesz - 1 > UINT64_MAX - p->p_paddr)
		return fail(err, c->path, NVT_EINPUT,
			    "offset %llu: a segment of %llu bytes at address %#llx cannot be",
			    (unsigned long long)at, (unsigned long long)p->p_filesz,
			    (unsigned long long)p->p_paddr);
	c->segments[c->segment_count++] =
		(struct segment){.paddr = p->p_paddr, .size = p->p_filesz, .offset = p->p_offset};
	return NVT_OK;
}

static int by_address(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return x->paddr < y->paddr ? -1 : x->paddr > y->paddr;
}

/*
 * Dumps with virtual addresses name the same memory several times, which is well where it is the
 * same place of the file. Joined, the segments do not overlap.
 */
static enum nvt_status join_segments(struct imp_core *c, struct nvt_error *err)
{
	size_t kept = 0;

	qsort(c->segments, c->segment_count, sizeof(c->segments[0]), by_address);
	for (size_t i = 0; i < c->segment_count; i++) {
		const struct segment *s = &c->segments[i];
		struct segment *last = kept ? &c->segments[kept - 1] : NULL;

		bool same = last && s->offset - s->paddr == last->offset - last->paddr;
		uint64_t apart = last ? s->paddr - last->paddr : 0;

		if (!last || apart > last->size || (apart == last->size && !same)) {
			c->segments[kept++] = *s;
			continue;
		}
		if (!same)
			return fail(err, c->path, NVT_EINPUT,
				    "offset %llu: two segments have different contents for address "
				    "%#llx",
				    (unsigned long long)s->offset, (unsigned long long)s->paddr);
		if (apart + s->size > last->size)
			last->size = apart + s->size;
	}
	c->segment_count = kept;
	return NVT_OK;
}

static enum nvt_status read_segments(struct imp_core *c, Elf *elf, const Elf64_Ehdr *h,
				     struct nvt_error *err)
{
	uint64_t at = le64toh(h->e_phoff);
	enum nvt_status status;
	GElf_Phdr p;
	size_t count = 0;

	status = count_segments(c, elf, h, &count, err);
	if (status != NVT_OK)
		return status;
	c->segments = calloc(count + 1, sizeof(c->segments[0]));
	if (!c->segments)
		return no_memory(c, err);
	for (size_t i = 0; i < count && status == NVT_OK; i++, at += sizeof(Elf64_Phdr)) {
		if (!gelf_getphdr(elf, (int)i, &p))
			return fail(err, c->path, NVT_EINPUT, "offset %llu: a program header: %s",
				    (unsigned long long)at, elf_errmsg(-1));
		status = take_segment(c, &p, at, err);
	}
	if (status == NVT_OK && !c->segment_count)
		return fail(err, c->path, NVT_EINPUT,
			    "offset %llu: no segment of memory (PT_LOAD) among %zu",
			    (unsigned long long)le64toh(h->e_phoff), count);
	return status == NVT_OK ? join_segments(c, err) : status;
}

static enum nvt_status read_headers(struct imp_core *c, struct nvt_error *err)
{
	enum nvt_status status;
	Elf64_Ehdr header;
	Elf *elf;

	status = check_header(c, &header, err);
	if (status != NVT_OK)
		return status;
	elf_version(EV_CURRENT);
	elf = elf_begin(c->fd, ELF_C_READ, NULL);
	if (!elf || elf_kind(elf) != ELF_K_ELF)
		status = fail(err, c->path, NVT_EINPUT, "offset 0: the ELF header is damaged: %s",
			      elf ? "of no kind" : elf_errmsg(-1));
	else
		status = read_segments(c, elf, &header, err);
	elf_end(elf);
	return status;
}

struct imp_core *imp_core_open(const char *path, struct nvt_error *err)
{
	struct imp_core *c = calloc(1, sizeof(*c));
	enum nvt_status status;
	struct stat st;

	if (!c || !(c->path = strdup(path))) {
		fail(err, path, NVT_ENOMEM, "out of memory");
		free(c);
		return NULL;
	}
	imp_map_init(&c->table_of, sizeof(uint64_t));
	imp_map_init(&c->visited, sizeof(uint64_t));
	/* A FIFO without a writer would be waited for. */
	c->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (c->fd < 0 || fstat(c->fd, &st) != 0)
		status = fail(err, path, errno == ENOENT ? NVT_EINPUT : NVT_EENV, "cannot read: %s",
			      strerror(errno));
	else if (!S_ISREG(st.st_mode))
		status = fail(err, path, NVT_EINPUT, "cannot read: a core is a regular file");
	else {
		c->file_size = (uint64_t)st.st_size;
		status = read_headers(c, err);
	}
	if (status == NVT_OK)
		return c;
	imp_core_close(c);
	return NULL;
}

void imp_core_close(struct imp_core *c)
{
	if (!c)
		return;
	if (c->fd >= 0)
		close(c->fd);
	for (size_t i = 0; i < c->table_count; i++)
		free((void *)c->tables[i].words);
	imp_map_free(&c->table_of);
	imp_map_free(&c->visited);
	free(c->visits);
	free(c->tables);
	free(c->segments);
	free(c->path);
	free(c);
}

uint64_t imp_core_file_size(const struct imp_core *c)
{
	return c->file_size;
}

/* ---- tables ---- */

static const struct segment *segment_of(const struct imp_core *c, uint64_t addr)
{
	size_t low = 0, high = c->segment_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct segment *s = &c->segments[middle];

		if (addr < s->paddr)
			high = middle;
		else if (addr - s->paddr >= s->size)
			low = middle + 1;
		else
			return s;
	}
	return NULL;
}

bool imp_core_segment(const struct imp_core *c, uint64_t addr, uint64_t *base, uint64_t *size)
{
	const struct segment *s = segment_of(c, addr);

	if (!s)
		return false;
	*base = s->paddr;
	*size = s->size;
	return true;
}

static const struct segment *segment_with(const struct imp_core *c, uint64_t addr, uint64_t size)
{
	const struct segment *s = segment_of(c, addr);

	return s && s->size - (addr - s->paddr) >= size ? s : NULL;
}

/* The array with room for one more element; NULL: out of memory, and it is as it was. */
static void *with_room(void *array, size_t count, size_t *room, size_t size)
{
	size_t more = *room ? *room * 2 : 64;
	void *bigger;

	if (count < *room)
		return array;
	bigger = realloc(array, more * size);
	if (bigger)
		*room = more;
	return bigger;
}

static enum nvt_status read_words(const struct imp_core *c, const struct segment *s,
				  struct imp_core_table *t, struct nvt_error *err)
{
	uint64_t *words = malloc(t->count * sizeof(*words));
	enum nvt_status status;

	if (!words)
		return no_memory(c, err);
	status =
		read_at(c, words, t->count * sizeof(*words), s->offset + (t->addr - s->paddr), err);
	for (uint32_t i = 0; i < t->count; i++)
		words[i] = le64toh(words[i]);
	t->words = words;
	return status;
}

/* The place of a table, which is in segment `s` and read if it was not. */
static enum nvt_status table_place(struct imp_core *c, const struct segment *s, uint64_t addr,
				   uint32_t count, size_t *place, struct nvt_error *err)
{
	uint64_t *known = imp_map_put(&c->table_of, addr, count);
	enum nvt_status status;
	void *tables;

	if (!known)
		return no_memory(c, err);
	tables = with_room(c->tables, c->table_count, &c->table_room, sizeof(c->tables[0]));
	if (!tables)
		return no_memory(c, err);
	c->tables = tables;
	if (!*known) {
		c->word_count += count;
		if (c->word_count > IMP_CORE_WORDS_MAX)
			return fail(err, c->path, NVT_EINPUT,
				    "offset %llu: more than %u words of tables: these are none "
				    "(is VTTBR right?)",
				    (unsigned long long)(s->offset + (addr - s->paddr)),
				    IMP_CORE_WORDS_MAX);
		c->tables[c->table_count] = (struct imp_core_table){.addr = addr, .count = count};
		status = read_words(c, s, &c->tables[c->table_count++], err);
		if (status != NVT_OK)
			return status;
		*known = c->table_count;
	}
	*place = (size_t)*known - 1;
	return NVT_OK;
}

/* A table that stands at a level is to be looked at, once. *there: the core has it. */
static enum nvt_status visit(struct imp_core *c, const struct imp_shape *s, int level,
			     uint64_t addr, bool *there, struct nvt_error *err)
{
	uint32_t count = imp_shape_count(s, level);
	const struct segment *segment = segment_with(c, addr, count * sizeof(uint64_t));
	enum nvt_status status;
	size_t place = 0;
	uint64_t *seen;
	void *visits;

	*there = segment;
	if (!segment)
		return NVT_OK;
	seen = imp_map_put(&c->visited, addr,
			   (uint64_t)count << 16 | s->granule_shift << 8 | level);
	if (!seen)
		return no_memory(c, err);
	if (*seen)
		return NVT_OK;
	*seen = 1;
	status = table_place(c, segment, addr, count, &place, err);
	if (status != NVT_OK)
		return status;
	visits = with_room(c->visits, c->visit_count, &c->visit_room, sizeof(c->visits[0]));
	if (!visits)
		return no_memory(c, err);
	c->visits = visits;
	c->visits[c->visit_count++] =
		(struct visit){.table = place, .shape = *s, .level = (int8_t)level};
	c->totals.table_count++;
	return NVT_OK;
}

/* Looks at the entries of a table; those below wait at the end of the list. */
static enum nvt_status look(struct imp_core *c, struct visit v, struct nvt_error *err)
{
	const struct imp_core_table t = c->tables[v.table];
	enum nvt_status status = NVT_OK;
	uint64_t next;
	bool there;

	for (uint32_t i = 0; i < t.count && status == NVT_OK; i++) {
		if (imp_shape_next(&v.shape, v.level, t.words[i], &next)) {
			status = visit(c, &v.shape, v.level + 1, next, &there, err);
			c->totals.outside_count += !there;
		} else if (imp_shape_leaf(&v.shape, v.level, t.words[i])) {
			c->totals.leaf_count++;
		}
	}
	return status;
}

enum nvt_status imp_core_read_tables(struct imp_core *c, const struct imp_shape *s, uint64_t root,
				     bool *there, struct nvt_error *err)
{
	size_t next = c->visit_count;
	enum nvt_status status = visit(c, s, s->start, root, there, err);

	while (status == NVT_OK && next < c->visit_count)
		status = look(c, c->visits[next++], err);
	return status;
}

const uint64_t *imp_core_words(const struct imp_core *c, uint64_t addr, uint32_t count)
{
	const uint64_t *known = imp_map_get(&c->table_of, addr, count);

	return known && *known ? c->tables[*known - 1].words : NULL;
}

const struct imp_core_table *imp_core_table_at(const struct imp_core *c, size_t i)
{
	return i < c->table_count ? &c->tables[i] : NULL;
}

struct imp_core_totals imp_core_totals(const struct imp_core *c)
{
	return c->totals;
}

bool imp_core_each_leaf(const struct imp_core *c, imp_core_leaf_fn *fn, void *arg)
{
	for (size_t i = 0; i < c->visit_count; i++) {
		const struct visit *v = &c->visits[i];
		const struct imp_core_table *t = &c->tables[v->table];
		unsigned int shift = imp_shape_shift(&v->shape, v->level);

		for (uint32_t j = 0; j < t->count; j++)
			if (imp_shape_leaf(&v->shape, v->level, t->words[j]) &&
			    !fn(arg, imp_shape_output(&v->shape, v->level, t->words[j]),
				(uint64_t)1 << shift))
				return false;
	}
	return true;
}
