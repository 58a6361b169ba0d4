/* SPDX-License-Identifier: GPL-2.0-only */
#include "image.h"

#include <elf.h>
#include <errno.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "error.h"
#include "source.h"

#define PAGE		  4096u
#define SEGMENT_ALIGN_MAX (2u << 20)
#define NOTE_OWNER	  "nvsim"
#define NOTE_BUILD	  1u

/* The arm64 Image header. */
#define IMAGE_HEAD_SIZE 64u
#define IMAGE_SIZE_AT	16u
#define IMAGE_MAGIC_AT	56u
#define IMAGE_MAGIC	0x644d5241u /* "ARM\x64" */

/* The PE header: offsets from its signature, from the optional header, and in a section's. */
#define PE_AT		    60u /* in the Image header: where it is */
#define PE_SIGNATURE	    0x4550u
#define PE_SECTION_COUNT    6u
#define PE_OPTIONAL_SIZE    20u
#define PE_OPTIONAL	    24u
#define OPT_SECTION_ALIGN   32u
#define OPT_FILE_ALIGN	    36u
#define OPT_IMAGE_SIZE	    56u
#define OPT_SIZE_MIN	    112u
#define SECTION_SIZE	    40u
#define SECTION_MEMORY_SIZE 8u
#define SECTION_MEMORY_AT   12u
#define SECTION_FILE_SIZE   16u
#define SECTION_FILE_AT	    20u

static enum nvt_status bad(const struct hw_image *image, struct nvt_error *err, const char *what)
{
	return nvt_fail(err, NVT_EINPUT, "%s: this is no image of nvsim: %s", image->path, what);
}

static enum nvt_status no_memory(struct nvt_error *err)
{
	return nvt_fail(err, NVT_ENOMEM, "out of memory");
}

static uint64_t round_up(uint64_t value, uint64_t align)
{
	return (value + align - 1) & ~(align - 1);
}

static bool is_power_of_two(uint64_t value)
{
	return value && !(value & (value - 1));
}

/* Room for `size` bytes in all, zeroed where there were none. */
static bool grow(struct nvt_buffer *b, size_t size)
{
	if (size <= b->size)
		return true;
	if (!nvt_buffer_room(b, size - b->size))
		return false;
	memset(b->data + b->size, 0, size - b->size);
	b->size = size;
	return true;
}

/* ---- reading ---- */

static enum nvt_status read_file(struct hw_image *image, struct nvt_error *err)
{
	struct nvt_source source;
	int error = nvt_source_open(&source, image->path);
	const uint8_t *bytes = NULL;
	size_t size = 0;

	if (!error) {
		bytes = nvt_source_peek(&source, HW_IMAGE_MAX, &size);
		error = bytes ? 0 : errno;
	}
	if (!error && !nvt_buffer_room(&image->file, size))
		error = ENOMEM;
	if (!error && bytes && size) {
		memcpy(image->file.data, bytes, size);
		image->file.size = size;
	}
	nvt_source_close(&source);
	if (error)
		return nvt_fail(err, error == ENOMEM ? NVT_ENOMEM : NVT_EINPUT,
				"%s: cannot be read: %s", image->path, strerror(error));
	return size < HW_IMAGE_MAX ? NVT_OK : bad(image, err, "it is too large");
}

/* A line "key=value" of a note's text; false: there is none, or it does not fit. */
static bool note_value(const char *text, const char *key, char *value, size_t size)
{
	size_t key_size = strlen(key), length;

	while (*text) {
		length = strcspn(text, "\n");
		if (strncmp(text, key, key_size) == 0 && text[key_size] == '=') {
			text += key_size + 1;
			length -= key_size + 1;
			if (length >= size)
				return false;
			memcpy(value, text, length);
			value[length] = 0;
			return true;
		}
		text += length + (text[length] == '\n');
	}
	return false;
}

static bool read_note(struct hw_image *image, const char *text, size_t size)
{
	char copy[1024];

	if (size >= sizeof(copy))
		return false;
	memcpy(copy, text, size);
	copy[size] = 0;
	return note_value(copy, "handler_sha256", image->handler_sha256,
			  sizeof(image->handler_sha256)) &&
	       note_value(copy, "compiler", image->compiler, sizeof(image->compiler)) &&
	       note_value(copy, "version", image->version, sizeof(image->version));
}

static bool find_note(struct hw_image *image, Elf_Data *data)
{
	size_t at = 0, name, text;
	GElf_Nhdr note;

	while ((at = gelf_getnote(data, at, &note, &name, &text)) > 0)
		if (note.n_type == NOTE_BUILD && note.n_namesz == sizeof(NOTE_OWNER) &&
		    memcmp((char *)data->d_buf + name, NOTE_OWNER, sizeof(NOTE_OWNER)) == 0)
			return read_note(image, (char *)data->d_buf + text, note.n_descsz);
	return false;
}

/* The note, and the section for the blob. */
static const char *read_sections(struct hw_image *image, Elf *elf, const GElf_Ehdr *head)
{
	size_t names, count = head->e_shnum;
	bool note = false, blob = false;
	Elf_Scn *section = NULL;

	if (elf_getshdrstrndx(elf, &names) != 0 || head->e_shentsize != sizeof(Elf64_Shdr) ||
	    head->e_shoff > image->file.size ||
	    count > (image->file.size - head->e_shoff) / sizeof(Elf64_Shdr))
		return "its sections are not within the file";
	while ((section = elf_nextscn(elf, section)) != NULL) {
		GElf_Shdr s;
		const char *name;
		Elf_Data *data;

		if (!gelf_getshdr(section, &s))
			return "a section's head cannot be read";
		name = elf_strptr(elf, names, s.sh_name);
		if (s.sh_type == SHT_NOTE && !note && (data = elf_getdata(section, NULL)) != NULL)
			note = find_note(image, data);
		if (!name || strcmp(name, ".blob") || elf_ndxscn(section) >= count)
			continue;
		blob = true;
		image->blob_section = head->e_shoff + elf_ndxscn(section) * sizeof(Elf64_Shdr);
		image->blob_at = s.sh_addr;
	}
	if (!note)
		return "it has no note of what it was built from";
	return blob ? NULL : "it has no section .blob";
}

/* The blob's segment is the last, so that it can have any size. */
static const char *read_segments(struct hw_image *image, Elf *elf, const GElf_Ehdr *head)
{
	uint64_t end = 0, last = 0;
	size_t count, loads = 0;

	if (elf_getphdrnum(elf, &count) != 0 || head->e_phentsize != sizeof(Elf64_Phdr) ||
	    head->e_phoff > image->file.size ||
	    count > (image->file.size - head->e_phoff) / sizeof(Elf64_Phdr) || count > 64)
		return "its segments are not within the file";
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr p;

		if (!gelf_getphdr(elf, (int)i, &p))
			return "a segment's head cannot be read";
		if (p.p_type != PT_LOAD)
			continue;
		if (p.p_offset > image->file.size || p.p_filesz > image->file.size - p.p_offset)
			return "a segment is not within the file";
		if (!loads++) {
			image->base = end = p.p_vaddr;
			image->head = p.p_offset;
			image->head_size = p.p_filesz;
		}
		if (p.p_vaddr < end || p.p_vaddr - image->base > HW_IMAGE_MAX ||
		    p.p_memsz > HW_IMAGE_MAX || p.p_memsz < p.p_filesz)
			return "its segments overlap, do not ascend, or are too large";
		end = p.p_vaddr + p.p_memsz;
		last = p.p_vaddr;
		image->blob_segment = head->e_phoff + i * sizeof(Elf64_Phdr);
		if (!is_power_of_two(p.p_align) || p.p_align > SEGMENT_ALIGN_MAX)
			return "a segment has an impossible alignment";
	}
	if (loads < 2 || last != image->blob_at || last % PAGE || image->base % PAGE)
		return "the section .blob is not a last segment of its own, at a page";
	return NULL;
}

static const char *read_elf(struct hw_image *image, Elf *elf)
{
	GElf_Ehdr head;
	const char *wrong;

	if (elf_kind(elf) != ELF_K_ELF || gelf_getclass(elf) != ELFCLASS64 ||
	    !gelf_getehdr(elf, &head))
		return "it is no 64-bit ELF file";
	if (head.e_ident[EI_DATA] != ELFDATA2LSB || head.e_machine != EM_AARCH64)
		return "it is not for little-endian arm64";
	if (head.e_type != ET_DYN && head.e_type != ET_EXEC)
		return "it is not linked";
	wrong = read_sections(image, elf, &head);
	if (!wrong)
		wrong = read_segments(image, elf, &head);
	if (wrong)
		return wrong;
	if (image->head_size < IMAGE_HEAD_SIZE ||
	    nvt_get32(image->file.data + image->head + IMAGE_MAGIC_AT) != IMAGE_MAGIC)
		return "it does not begin with the header of an arm64 Image";
	return NULL;
}

enum nvt_status hw_image_open(struct hw_image *image, const char *path, struct nvt_error *err)
{
	enum nvt_status status;
	const char *wrong;
	Elf *elf;

	*image = (struct hw_image){.path = path};
	status = read_file(image, err);
	if (status)
		return status;
	elf_version(EV_CURRENT);
	elf = elf_memory((char *)image->file.data, image->file.size);
	wrong = elf ? read_elf(image, elf) : "it is no ELF file";
	elf_end(elf);
	return wrong ? bad(image, err, wrong) : NVT_OK;
}

void hw_image_close(struct hw_image *image)
{
	nvt_buffer_free(&image->file);
}

/* ---- the blob ---- */

/*
 * The PE header's sizes; memory: of the image with its blob. An image without that header is
 * one that EFI firmware cannot start. NULL, or what is wrong.
 */
static const char *put_pe_sizes(uint8_t *head, size_t room, uint64_t memory)
{
	uint32_t at = nvt_get32(head + PE_AT), align, file_align, section_at;
	uint8_t *pe, *optional, *section;
	size_t sections;

	if (head[0] != 'M' || head[1] != 'Z')
		return NULL;
	if (at > room || room - at < PE_OPTIONAL + OPT_SIZE_MIN ||
	    nvt_get32(head + at) != PE_SIGNATURE)
		return "its PE header is not there";
	pe = head + at;
	optional = pe + PE_OPTIONAL;
	sections = nvt_get16(pe + PE_SECTION_COUNT);
	section_at = PE_OPTIONAL + nvt_get16(pe + PE_OPTIONAL_SIZE);
	if (!sections || room - at < section_at + sections * SECTION_SIZE)
		return "its PE header has no room for its sections";
	section = pe + section_at + (sections - 1) * SECTION_SIZE;
	align = nvt_get32(optional + OPT_SECTION_ALIGN);
	file_align = nvt_get32(optional + OPT_FILE_ALIGN);
	if (!is_power_of_two(align) || !is_power_of_two(file_align) || align > SEGMENT_ALIGN_MAX ||
	    file_align > PAGE || nvt_get32(section + SECTION_MEMORY_AT) > memory ||
	    nvt_get32(section + SECTION_FILE_AT) > memory || memory > UINT32_MAX - align)
		return "its PE header has impossible sizes";
	nvt_put32(optional + OPT_IMAGE_SIZE, (uint32_t)round_up(memory, align));
	nvt_put32(section + SECTION_MEMORY_SIZE,
		  (uint32_t)memory - nvt_get32(section + SECTION_MEMORY_AT));
	nvt_put32(section + SECTION_FILE_SIZE,
		  (uint32_t)round_up(memory, file_align) - nvt_get32(section + SECTION_FILE_AT));
	return NULL;
}

static void put_segment(uint8_t *head, uint64_t offset, uint64_t size)
{
	nvt_put64(head + offsetof(Elf64_Phdr, p_offset), offset);
	nvt_put64(head + offsetof(Elf64_Phdr, p_filesz), size);
	nvt_put64(head + offsetof(Elf64_Phdr, p_memsz), size);
}

static void put_section(uint8_t *head, uint64_t offset, uint64_t size)
{
	nvt_put32(head + offsetof(Elf64_Shdr, sh_type), SHT_PROGBITS);
	nvt_put64(head + offsetof(Elf64_Shdr, sh_offset), offset);
	nvt_put64(head + offsetof(Elf64_Shdr, sh_size), size);
}

enum nvt_status hw_image_put_blob(struct hw_image *image, const struct nvt_buffer *blob,
				  struct nvt_error *err)
{
	uint64_t memory = image->blob_at - image->base + blob->size;
	uint64_t align, offset;
	const char *wrong;
	uint8_t *data;

	align = nvt_get64(image->file.data + image->blob_segment + offsetof(Elf64_Phdr, p_align));
	/* Congruent to the address, as a loader maps it. */
	offset = round_up(image->file.size, align < PAGE ? PAGE : align) +
		 (image->blob_at & (align - 1));
	if (!grow(&image->file, offset + blob->size))
		return no_memory(err);
	data = image->file.data;
	memcpy(data + offset, blob->data, blob->size);
	put_segment(data + image->blob_segment, offset, blob->size);
	put_section(data + image->blob_section, offset, blob->size);
	nvt_put64(data + image->head + IMAGE_SIZE_AT, round_up(memory, PAGE));
	wrong = put_pe_sizes(data + image->head, image->head_size, round_up(memory, PAGE));
	return wrong ? bad(image, err, wrong) : NVT_OK;
}

/* ---- flat ---- */

/* A file that ends as its last page does: the sizes in the PE header count whole pages. */
enum nvt_status hw_image_flatten(const struct hw_image *image, struct nvt_buffer *flat,
				 struct nvt_error *err)
{
	const uint8_t *file = image->file.data;
	uint64_t segments = nvt_get64(file + offsetof(Elf64_Ehdr, e_phoff));

	flat->size = 0;
	for (uint64_t at = segments; at <= image->blob_segment; at += sizeof(Elf64_Phdr)) {
		Elf64_Phdr p;
		uint64_t to;

		memcpy(&p, file + at, sizeof(p));
		if (p.p_type != PT_LOAD)
			continue;
		to = p.p_vaddr - image->base;
		if (!grow(flat, round_up(to + p.p_memsz, PAGE)))
			return no_memory(err);
		memcpy(flat->data + to, file + p.p_offset, p.p_filesz);
	}
	return NVT_OK;
}
