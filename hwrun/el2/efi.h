/* SPDX-License-Identifier: GPL-2.0-only */
/* As much of the UEFI specification's interfaces as boot calls (chapters 4 and 7). */
#ifndef NVSIM_EL2_EFI_H
#define NVSIM_EL2_EFI_H

#include <stdint.h>

#define EFI_ERROR(n)	     (1ull << 63 | (n))
#define EFI_UNSUPPORTED	     EFI_ERROR(3)
#define EFI_BUFFER_TOO_SMALL EFI_ERROR(5)

enum efi_memory_type {
	EFI_BOOT_SERVICES_CODE = 3,
	EFI_BOOT_SERVICES_DATA = 4,
	EFI_CONVENTIONAL = 7,
	EFI_LOADER_DATA = 2,
};

#define EFI_MEMORY_WB (1ull << 3) /* it can be cached, write-back */

struct efi_guid {
	uint32_t a;
	uint16_t b, c;
	uint8_t d[8];
};

struct efi_memory {
	uint32_t type, pad;
	uint64_t start, virtual, pages, attributes;
};

struct efi_text_output {
	void *reset;
	uint64_t (*output)(struct efi_text_output *this, const uint16_t *text);
};

struct efi_boot_services {
	uint8_t header[24];
	void *before_memory_map[4];
	uint64_t (*get_memory_map)(uint64_t *size, void *map, uint64_t *key, uint64_t *row,
				   uint32_t *version);
	uint64_t (*allocate_pool)(uint32_t type, uint64_t size, void **p);
	uint64_t (*free_pool)(void *p);
	void *before_exit[19];
	uint64_t (*exit_boot_services)(void *image, uint64_t key);
};

struct efi_table {
	struct efi_guid guid;
	uint64_t address;
};

struct efi_system {
	uint8_t header[24];
	void *vendor;
	uint32_t revision, pad;
	void *in_handle, *in, *out_handle;
	struct efi_text_output *out;
	void *error_handle, *error, *runtime;
	struct efi_boot_services *boot;
	uint64_t table_count;
	const struct efi_table *tables;
};

#endif
