/* SPDX-License-Identifier: GPL-2.0-only */
/* As an EFI application: what firmware knows of the platform, and the end of its services. */
#include "efi.h"

#include <string.h>

#include "boot.h"
#include "cpu.h"

#define PAGE	  4096ull
#define PAGES_MAX (1ull << 52) /* their bytes are 64 bits */
#define TRIES	  4u
#define MAP_SLACK 4096u /* the map grows when room for it is taken */

uint64_t efi_device_tree;
bool efi_memory;

static const struct efi_guid fdt_guid = {
	0xb1b621d5, 0xf19c, 0x41a5, {0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0}};
static const struct efi_guid acpi_guid = {
	0x8868e871, 0xe4f1, 0x11d3, {0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81}};
static const struct efi_guid smbios3_guid = {
	0xf2fd1544, 0x9794, 0x4a2c, {0x99, 0x2e, 0xe5, 0xbb, 0xcf, 0x20, 0xe3, 0x94}};
static const struct efi_guid smbios_guid = {
	0xeb9d2d31, 0x2d88, 0x11d3, {0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d}};

static uint64_t table_of(const struct efi_system *s, const struct efi_guid *guid)
{
	uint64_t i;

	for (i = 0; i < s->table_count; i++)
		if (!memcmp(&s->tables[i].guid, guid, sizeof(*guid)))
			return s->tables[i].address;
	return 0;
}

static void say(const struct efi_system *s, const char *text)
{
	uint16_t wide[128];
	unsigned int i;

	for (i = 0; i < 127 && text[i]; i++)
		wide[i] = (uint8_t)text[i];
	wide[i] = 0;
	s->out->output(s->out, wide);
}

static bool becomes_free(const struct efi_memory *m)
{
	return (m->type == EFI_CONVENTIONAL || m->type == EFI_BOOT_SERVICES_CODE ||
		m->type == EFI_BOOT_SERVICES_DATA) &&
	       (m->attributes & EFI_MEMORY_WB);
}

static void add_memory(const uint8_t *map, uint64_t size, uint64_t row)
{
	for (; size >= row; size -= row, map += row) {
		struct efi_memory m;

		memcpy(&m, map, sizeof(m));
		if (becomes_free(&m) && m.pages < PAGES_MAX)
			memory_add(m.start, m.pages * PAGE);
	}
	efi_memory = true;
}

/* The map must be the last thing asked for: a try that is late is made again. */
static uint64_t leave(const struct efi_system *s, void *handle)
{
	uint64_t room = 0, size, key, row, status;
	uint32_t version;
	unsigned int try;
	void *map;

	status = s->boot->get_memory_map(&room, NULL, &key, &row, &version);
	if (status != EFI_BUFFER_TOO_SMALL)
		return status ? status : EFI_UNSUPPORTED;
	room += MAP_SLACK;
	status = s->boot->allocate_pool(EFI_LOADER_DATA, room, &map);
	for (try = 0; !status && try < TRIES; try++) {
		size = room;
		status = s->boot->get_memory_map(&size, map, &key, &row, &version);
		if (!status && row < sizeof(struct efi_memory))
			status = EFI_UNSUPPORTED;
		if (status)
			break;
		status = s->boot->exit_boot_services(handle, key);
		if (!status) {
			add_memory(map, size, row);
			return 0;
		}
		if (try + 1 < TRIES)
			status = 0;
	}
	return status;
}

static void describe(const struct efi_system *s)
{
	uint64_t acpi = table_of(s, &acpi_guid);

	smbios_describe(table_of(s, &smbios3_guid), table_of(s, &smbios_guid));
	efi_device_tree = table_of(s, &fdt_guid);
	if (!efi_device_tree && acpi)
		acpi_describe(acpi);
}

static bool console_is_known(void)
{
	const struct hw_blob *head = embedded_head();

	return efi_device_tree || console.kind != HW_CONSOLE_NONE ||
	       (head && head->console != HW_CONSOLE_NONE);
}

uint64_t efi_main(void *handle, void *system_table)
{
	const struct efi_system *s = system_table;
	uint64_t status;

	if (current_el() != 2) {
		say(s, "nvsim: this needs EL2, and was started at EL1\r\n");
		return EFI_UNSUPPORTED;
	}
	describe(s);
	if (!console_is_known()) {
		say(s, "nvsim: no device tree, ACPI table SPCR or trace blob names a console\r\n");
		return EFI_UNSUPPORTED;
	}
	status = leave(s, handle);
	if (status)
		say(s, "nvsim: firmware has no memory map, or does not end its boot services\r\n");
	return status;
}
