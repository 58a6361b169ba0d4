/* SPDX-License-Identifier: GPL-2.0-only */
/* ELF cores made by hand: headers, and words of memory in a file full of holes. */
#ifndef NVSIM_TESTS_IMPORT_COREFILE_H
#define NVSIM_TESTS_IMPORT_COREFILE_H

#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define CORE_SEGMENTS_MAX 70000u

struct core_file {
	Elf64_Ehdr header;
	Elf64_Shdr first_section; /* where header.e_shoff is not 0 */
	Elf64_Phdr *segments;
	unsigned int count;
	int fd;
};

static inline void core_begin(struct core_file *c, const char *path)
{
	*c = (struct core_file){.header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3,
						       ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
					   .e_type = ET_CORE,
					   .e_machine = EM_AARCH64,
					   .e_version = EV_CURRENT,
					   .e_phoff = sizeof(Elf64_Ehdr),
					   .e_ehsize = sizeof(Elf64_Ehdr),
					   .e_phentsize = sizeof(Elf64_Phdr),
					   .e_shentsize = sizeof(Elf64_Shdr)}};
	c->segments = calloc(CORE_SEGMENTS_MAX, sizeof(*c->segments));
	assert_non_null(c->segments);
	c->fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_true(c->fd >= 0);
}

static inline Elf64_Phdr *core_segment(struct core_file *c, uint64_t paddr, uint64_t size,
				       uint64_t offset)
{
	Elf64_Phdr *p = &c->segments[c->count++];

	assert_true(c->count <= CORE_SEGMENTS_MAX);
	*p = (Elf64_Phdr){.p_type = PT_LOAD,
			  .p_offset = offset,
			  .p_vaddr = paddr,
			  .p_paddr = paddr,
			  .p_filesz = size,
			  .p_memsz = size};
	return p;
}

static inline void core_write(const struct core_file *c, const void *from, size_t size,
			      uint64_t offset)
{
	assert_int_equal(pwrite(c->fd, from, size, (off_t)offset), size);
}

/* Puts a word where the first segment that holds it has it. */
static inline void core_word(const struct core_file *c, uint64_t addr, uint64_t word)
{
	for (unsigned int i = 0; i < c->count; i++) {
		const Elf64_Phdr *p = &c->segments[i];

		if (p->p_type != PT_LOAD || addr - p->p_paddr >= p->p_filesz)
			continue;
		core_write(c, &word, sizeof(word), p->p_offset + (addr - p->p_paddr));
		return;
	}
	fail_msg("no segment holds %#llx", (unsigned long long)addr);
}

/* Writes headers, and gives the file its size. */
static inline void core_end(struct core_file *c)
{
	uint64_t size = c->header.e_phoff + c->count * sizeof(Elf64_Phdr);

	if (!c->header.e_phnum)
		c->header.e_phnum = (uint16_t)c->count;
	for (unsigned int i = 0; i < c->count; i++) {
		uint64_t end = c->segments[i].p_offset + c->segments[i].p_filesz;

		size = end > size ? end : size;
	}
	assert_int_equal(ftruncate(c->fd, (off_t)size), 0);
	core_write(c, &c->header, sizeof(c->header), 0);
	core_write(c, c->segments, c->count * sizeof(Elf64_Phdr), c->header.e_phoff);
	if (c->header.e_shoff)
		core_write(c, &c->first_section, sizeof(c->first_section), c->header.e_shoff);
	free(c->segments);
	close(c->fd);
}

#endif
