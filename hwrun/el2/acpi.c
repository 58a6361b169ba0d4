/* SPDX-License-Identifier: GPL-2.0-only */
/* ACPI, as far as there is no device tree: console (SPCR), PSCI (FADT), CPUs (MADT). */
#include <string.h>

#include "boot.h"
#include "bytes.h"

#define HEADER	      36u /* of each table: signature, length u32, ... */
#define LENGTH	      4u  /* offset of the length */
#define LENGTH_MAX    (1u << 20)
#define RSDP_REVISION 15u /* offsets in the root pointer */
#define RSDP_XSDT     24u
#define RSDP_SIZE     36u
#define SPCR_TYPE     36u /* offsets in SPCR */
#define SPCR_WIDTH    41u
#define SPCR_ACCESS   43u
#define SPCR_BASE     44u
#define SPCR_SIZE     52u
#define FADT_ARM_BOOT 129u /* offset in FADT */
#define FADT_PSCI     1u   /* its bits */
#define FADT_HVC      2u
#define MADT_ENTRIES  44u
#define MADT_GICC     11u /* a CPU's interface */
#define GICC_FLAGS    12u /* offsets in it */
#define GICC_MPIDR    68u
#define GICC_SIZE     76u
#define GICC_ENABLED  1u

static uint32_t length_of(const uint8_t *table)
{
	return nvt_get32(table + LENGTH);
}

static bool sums_up(const uint8_t *p, uint32_t size)
{
	uint8_t sum = 0;

	while (size--)
		sum = (uint8_t)(sum + *p++);
	return !sum;
}

static bool is_table(const uint8_t *t, const char *signature)
{
	uint32_t size;

	if (!t || memcmp(t, signature, 4))
		return false;
	size = length_of(t);
	return size >= HEADER && size <= LENGTH_MAX && sums_up(t, size);
}

/* Types of DBG2 and SPCR: what counts is which registers they have. */
static void read_spcr(const uint8_t *t)
{
	if (length_of(t) < SPCR_SIZE || t[HEADER + 4])
		return;
	console.base = nvt_get64(t + SPCR_BASE);
	switch (t[SPCR_TYPE]) {
	case 0x03: /* PL011 */
	case 0x0d: /* SBSA, 32 bits wide */
	case 0x0e: /* SBSA */
		console.kind = HW_CONSOLE_PL011;
		break;
	case 0x00: /* 16550 */
	case 0x01:
	case 0x12:
		console.kind = HW_CONSOLE_8250;
		/* An access of 3 is 32 bits. */
		console.reg_shift = t[SPCR_ACCESS] == 3 || t[SPCR_WIDTH] == 32 ? 2 : 0;
		break;
	case 0x10:
		console.kind = HW_CONSOLE_BCM2835_AUX;
		break;
	}
	if (!console.base)
		console.kind = HW_CONSOLE_NONE;
}

static void read_fadt(const uint8_t *t)
{
	uint64_t flags = length_of(t) < FADT_ARM_BOOT + 2 ? 0 : nvt_get16(t + FADT_ARM_BOOT);

	if (flags & FADT_PSCI)
		platform.psci = flags & FADT_HVC ? PSCI_HVC : PSCI_SMC;
}

static void read_madt(const uint8_t *t)
{
	uint32_t size = length_of(t), at;

	for (at = MADT_ENTRIES; at + 2 <= size && t[at + 1] >= 2; at += t[at + 1])
		if (t[at] == MADT_GICC && t[at + 1] >= GICC_SIZE && at + GICC_SIZE <= size &&
		    (nvt_get32(t + at + GICC_FLAGS) & GICC_ENABLED))
			cpu_add(nvt_get64(t + at + GICC_MPIDR));
}

void acpi_describe(uint64_t rsdp)
{
	static const struct {
		char signature[5];
		void (*read)(const uint8_t *table);
	} tables[] = {{"SPCR", read_spcr}, {"FACP", read_fadt}, {"APIC", read_madt}};
	const uint8_t *root = (const uint8_t *)rsdp, *xsdt;
	uint32_t size, at, i;

	if (memcmp(root, "RSD PTR ", 8) || root[RSDP_REVISION] < 2 || !sums_up(root, RSDP_SIZE))
		return;
	xsdt = (const uint8_t *)nvt_get64(root + RSDP_XSDT);
	if (!is_table(xsdt, "XSDT"))
		return;
	size = length_of(xsdt);
	for (at = HEADER; at + 8 <= size; at += 8) {
		const uint8_t *t = (const uint8_t *)nvt_get64(xsdt + at);

		for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
			if (is_table(t, tables[i].signature))
				tables[i].read(t);
	}
}
