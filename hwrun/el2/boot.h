/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of boot say to each other. */
#ifndef NVSIM_EL2_BOOT_H
#define NVSIM_EL2_BOOT_H

#include "entry.h"
#include "libc/heap.h"
#include "platform.h"

/* ---- the image: addresses by the linker ---- */

extern char _head[], __text_end[], __data_start[], __stack_guard[], __blob[];

/* Bytes from _head on, an embedded blob included, as the Image header has them. */
static inline uint64_t image_size(void)
{
	return ((const uint64_t *)(const void *)_head)[2];
}

/* The embedded blob's header, as far as it can be trusted before the whole was checked. NULL:
 * there is none. */
const struct hw_blob *embedded_head(void);

/* ---- the map ---- */

enum mmu_kind { MMU_CODE, MMU_DATA, MMU_DEVICE };

struct mmu_registers {
	uint64_t mair, tcr, ttbr, sctlr;
};
extern struct mmu_registers mmu_registers;

/* Fills mmu_registers; what is mapped before mmu_enable() is there at once. */
void mmu_init(void);
void mmu_enable(const struct mmu_registers *r);
/* Whole pages around the range. What is mapped already stays as it is. False: no table left,
 * or beyond the addresses that there are. */
bool mmu_map(uint64_t pa, uint64_t size, enum mmu_kind kind);
/* Of physical addresses, by PARange. */
unsigned int mmu_pa_bits(void);

/* ---- memory ---- */

struct range {
	uint64_t start, end;
};

/* Tells of free RAM; the last word on an address wins. */
void memory_add(uint64_t start, uint64_t size);
void memory_remove(uint64_t start, uint64_t size);
/* Bytes of free RAM from `address` on, in one piece; 0: there is none. */
uint64_t memory_room(uint64_t address);
/* Maps the largest ranges, and keeps no others. */
void memory_start(void);
uint64_t memory_total(void);

/* ---- the console ---- */

struct console {
	enum hw_console_kind kind;
	uint64_t base;
	unsigned int reg_shift;
};
extern struct console console;

void console_write(const char *text, size_t size);
/* Waits until what was written has left the board. */
void console_drain(void);
void console_start(void);

/* ---- descriptions of the platform ---- */

/* Whether there is a device tree at `address`, which is mapped as far as it reaches. */
bool fdt_find(uint64_t address);
/* Console, PSCI, CPUs, model, evidence of an emulator, and an address for the blob. */
void fdt_describe(void);
/* RAM by its memory nodes. */
void fdt_memory(void);
/* What it reserves: itself, reserved memory, an initrd. */
void fdt_reserve(void);
/* blob= of the command line. */
extern const char *blob_argument;

extern uint64_t efi_device_tree;
/* RAM by the memory map of EFI is known, and was given to memory_add(). */
extern bool efi_memory;
uint64_t efi_main(void *handle, void *system_table);

/* ACPI's root pointer, and SMBIOS's entry points; 0: there is none. */
void acpi_describe(uint64_t rsdp);
void smbios_describe(uint64_t entry3, uint64_t entry2);

/* It is an emulator, and this is how that is known; the first evidence counts. */
void emulated_by(const char *evidence);
/* True, and evidence, where the text names an emulator or a hypervisor. */
bool emulated_by_name(const char *name);
void cpu_add(uint64_t mpidr);
/* Copies as much as fits. */
void text_copy(char *to, size_t size, const char *from);

/* ---- ends ---- */

uint64_t psci_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c);
int64_t semihosting_call(uint64_t operation, const void *argument);
/* Frames go through semihosting calls from here on. */
void semihosting_start(void);
void semihosting_write(const char *text, size_t size);
__attribute__((noreturn)) void halt(void);

#endif
