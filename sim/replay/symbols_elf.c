/* SPDX-License-Identifier: GPL-2.0-only */
/* Symbols of vmlinux, by libelf, which reads no more of it than is asked for. */
#include <gelf.h>
#include <string.h>

#include "error.h"
#include "source.h"
#include "symbols_internal.h"

static enum nvt_status bad(const struct symbols_reading *r, const char *what)
{
	return nvt_fail(r->err, NVT_EINPUT, "%s: %s", r->path, what);
}

static enum nvt_status damaged(const struct symbols_reading *r, const char *what)
{
	int error = elf_errno(); /* 0 where libelf has no complaint of its own */

	return nvt_fail(r->err, NVT_EINPUT, "%s: the ELF file is damaged or cut off: %s%s%s",
			r->path, what, error ? ": " : "", error ? elf_errmsg(error) : "");
}

/* Not so of symbols that are undefined, absolute or of a thing that is no code. */
static bool is_function(const GElf_Sym *s)
{
	unsigned int type = GELF_ST_TYPE(s->st_info);

	return (type == STT_FUNC || type == STT_GNU_IFUNC) && s->st_shndx != SHN_UNDEF &&
	       s->st_shndx != SHN_ABS && s->st_value;
}

static unsigned int rank_of(const GElf_Sym *s)
{
	switch (GELF_ST_BIND(s->st_info)) {
	case STB_LOCAL:
		return SYMBOL_RANK_LOCAL;
	case STB_WEAK:
		return SYMBOL_RANK_WEAK;
	default:
		return SYMBOL_RANK_GLOBAL;
	}
}

static enum nvt_status read_table(struct symbols_reading *r, Elf *elf, Elf_Scn *section,
				  const GElf_Shdr *head)
{
	static const struct symbols_text no_module = {"", 0};
	Elf_Data *data = elf_getdata(section, NULL);
	enum nvt_status status = NVT_OK;
	size_t count;

	if (!data || head->sh_entsize != sizeof(Elf64_Sym))
		return damaged(r, "the table of symbols cannot be read");
	count = data->d_size / sizeof(Elf64_Sym);
	for (size_t i = 0; i < count && i <= INT32_MAX && !status; i++) {
		struct symbols_text name;
		GElf_Sym s;

		if (!gelf_getsym(data, (int)i, &s))
			return damaged(r, "a symbol cannot be read");
		if (!is_function(&s))
			continue;
		name.s = elf_strptr(elf, head->sh_link, s.st_name);
		if (!name.s)
			return damaged(r, "the name of a symbol cannot be read");
		name.size = strnlen(name.s, SYMBOL_NAME_MAX);
		if (symbols_is_name(name))
			status =
				symbols_add(r, s.st_value, s.st_size, rank_of(&s), name, no_module);
	}
	return status;
}

/* The first table of this type that has functions; none is no error. */
static enum nvt_status read_type(struct symbols_reading *r, Elf *elf, GElf_Word type)
{
	enum nvt_status status = NVT_OK;
	Elf_Scn *section = NULL;

	while (!status && !r->to->count && (section = elf_nextscn(elf, section)) != NULL) {
		GElf_Shdr head;

		if (!gelf_getshdr(section, &head))
			return damaged(r, "a section's head cannot be read");
		if (head.sh_type == type)
			status = read_table(r, elf, section, &head);
	}
	return status;
}

static enum nvt_status check_head(const struct symbols_reading *r, Elf *elf)
{
	size_t sections, names;
	GElf_Ehdr head;

	if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &head) ||
	    elf_getshdrnum(elf, &sections) != 0)
		return damaged(r, "its head cannot be read");
	if (gelf_getclass(elf) != ELFCLASS64 || head.e_machine != EM_AARCH64)
		return bad(r, "it is an ELF file, but not of 64-bit arm64");
	if (head.e_type == ET_REL)
		return bad(r, "it is an object that is not linked yet: its functions have no "
			      "addresses");
	/* A file that was cut off has a head, and its sections, which are last, are gone. */
	if (head.e_shoff && (sections == 0 || elf_getshdrstrndx(elf, &names) != 0 ||
			     (sections > 1 && !elf_getscn(elf, sections - 1))))
		return damaged(r, "its sections cannot be read");
	return NVT_OK;
}

static enum nvt_status read_elf(struct symbols_reading *r, Elf *elf)
{
	enum nvt_status status = check_head(r, elf);

	r->to->format = SYMBOLS_SYMTAB;
	if (!status)
		status = read_type(r, elf, SHT_SYMTAB);
	if (status || r->to->count)
		return status;
	r->to->format = SYMBOLS_DYNSYM;
	return read_type(r, elf, SHT_DYNSYM);
}

enum nvt_status symbols_read_elf(struct symbols_reading *r, const struct nvt_source *source)
{
	enum nvt_status status;
	Elf *elf;

	if (!source->seekable)
		return bad(r, "an ELF file cannot be read from a pipe: give its name");
	if (elf_version(EV_CURRENT) == EV_NONE)
		return nvt_fail(r->err, NVT_EENV, "libelf is too old");
	elf = elf_begin(source->fd, ELF_C_READ, NULL);
	if (!elf)
		return damaged(r, "its head cannot be read");
	status = read_elf(r, elf);
	elf_end(elf);
	return status;
}
