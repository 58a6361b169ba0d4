/* SPDX-License-Identifier: GPL-2.0-only */
/* A small image: an ELF file of the shape that the real one has, without any code. */
#ifndef NVSIM_TESTS_HWRUN_SMALL_IMAGE_H
#define NVSIM_TESTS_HWRUN_SMALL_IMAGE_H

#include <elf.h>
#include <string.h>

#include "bytes.h"

#define BASE	  0x40200000u
#define PE_OFFSET 64u
#define FILE_SIZE 0x4000u
#define BSS_SIZE  0x3000u
#define BLOB_AT	  0x5000u /* from BASE: head 0x1000, data 0x1000, bss 0x3000 */
#define HASH	  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

struct small_image {
	union {
		uint8_t bytes[FILE_SIZE];
		Elf64_Ehdr head;
	};
};

static inline void small_head(uint8_t *p)
{
	uint8_t *optional = p + PE_OFFSET + 24, *section = optional + 160;

	memcpy(p, "MZ", 2);
	nvt_put64(p + 16, BLOB_AT + 0x1000);
	memcpy(p + 56, "ARM\x64", 4);
	nvt_put32(p + 60, PE_OFFSET);
	memcpy(p + PE_OFFSET, "PE\0\0", 4);
	nvt_put16(p + PE_OFFSET + 6, 1);
	nvt_put16(p + PE_OFFSET + 20, 160);
	nvt_put32(optional + 32, 0x1000);
	nvt_put32(optional + 36, 0x200);
	nvt_put32(section + 12, 0x1000);
	nvt_put32(section + 20, 0x1000);
}

static inline size_t small_note(uint8_t *p)
{
	static const char text[] = "handler_sha256=" HASH "\ncompiler=a compiler\nversion=1.2\n";

	nvt_put32(p, 6);
	nvt_put32(p + 4, sizeof(text) - 1);
	nvt_put32(p + 8, 1);
	memcpy(p + 12, "nvsim", 6);
	memcpy(p + 20, text, sizeof(text) - 1);
	return 20 + ((sizeof(text) + 2) & ~3u);
}

/* head at 0x1000, data at 0x2000, blob at 0x3000, tables of sections and names behind it. */
static inline void small_image_make(struct small_image *f)
{
	static const char names[] = "\0.blob\0.note.nvsim\0.shstrtab";
	Elf64_Phdr *p = (Elf64_Phdr *)(f->bytes + sizeof(Elf64_Ehdr));
	Elf64_Shdr *s = (Elf64_Shdr *)(f->bytes + 0x3100);

	memset(f, 0, sizeof(*f));
	memcpy(f->head.e_ident, ELFMAG, SELFMAG);
	f->head.e_ident[EI_CLASS] = ELFCLASS64;
	f->head.e_ident[EI_DATA] = ELFDATA2LSB;
	f->head.e_ident[EI_VERSION] = EV_CURRENT;
	f->head.e_type = ET_DYN;
	f->head.e_machine = EM_AARCH64;
	f->head.e_version = EV_CURRENT;
	f->head.e_phoff = sizeof(Elf64_Ehdr);
	f->head.e_shoff = 0x3100;
	f->head.e_ehsize = sizeof(Elf64_Ehdr);
	f->head.e_phentsize = sizeof(Elf64_Phdr);
	f->head.e_phnum = 3;
	f->head.e_shentsize = sizeof(Elf64_Shdr);
	f->head.e_shnum = 4;
	f->head.e_shstrndx = 3;
	p[0] = (Elf64_Phdr){PT_LOAD, PF_R | PF_X, 0x1000, BASE, BASE, 0x1000, 0x1000, 0x1000};
	p[1] = (Elf64_Phdr){PT_LOAD, PF_R | PF_W,	0x2000, BASE + 0x1000, BASE + 0x1000,
			    0x1000,  0x1000 + BSS_SIZE, 0x1000};
	p[2] = (Elf64_Phdr){PT_LOAD,	    PF_R | PF_W, 0x3000, BASE + BLOB_AT,
			    BASE + BLOB_AT, 8,		 8,	 0x1000};
	small_head(f->bytes + 0x1000);
	memset(f->bytes + 0x2000, 0xdd, 0x1000);
	s[1] = (Elf64_Shdr){.sh_name = 1,
			    .sh_type = SHT_PROGBITS,
			    .sh_flags = SHF_ALLOC | SHF_WRITE,
			    .sh_addr = BASE + BLOB_AT,
			    .sh_offset = 0x3000,
			    .sh_size = 8,
			    .sh_addralign = 0x1000};
	s[2] = (Elf64_Shdr){.sh_name = 7,
			    .sh_type = SHT_NOTE,
			    .sh_offset = 0x1800,
			    .sh_size = small_note(f->bytes + 0x1800),
			    .sh_addralign = 4};
	s[3] = (Elf64_Shdr){.sh_name = 19,
			    .sh_type = SHT_STRTAB,
			    .sh_offset = 0x3300,
			    .sh_size = sizeof(names),
			    .sh_addralign = 1};
	memcpy(f->bytes + 0x3300, names, sizeof(names));
}

#endif
