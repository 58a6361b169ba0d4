/* SPDX-License-Identifier: GPL-2.0-only */
/* From the way in to run(): map, descriptions of the platform, memory, blob, console. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "build-info.h"
#include "cpu.h"
#include "hash.h"

#define PAGE		4096u
#define QEMU_FDT_OFFSET 0x200000u /* RAM's start, as seen from where the ELF file is linked to */

struct platform platform;

/* From head.S. */
__attribute__((noreturn)) void boot_main(uint64_t device_tree, unsigned int how);

void text_copy(char *to, size_t size, const char *from)
{
	size_t length = from ? strnlen(from, size - 1) : 0;

	memcpy(to, from ? from : "", length);
	to[length] = 0;
}

/* ---- emulators ---- */

void emulated_by(const char *evidence)
{
	if (!platform.emulated)
		text_copy(platform.evidence, sizeof(platform.evidence), evidence);
	platform.emulated = true;
}

bool emulated_by_name(const char *name)
{
	static const char *const names[] = {"QEMU",	  "KVM",   "VMware",	"VirtualBox",
					    "Parallels",  "Bochs", "Xen",	"Virtual Machine",
					    "Foundation", "FVP",   "dummy-virt"};
	char evidence[sizeof(platform.evidence)];
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!strstr(name, names[i]))
			continue;
		snprintf(evidence, sizeof(evidence), "named: %s", name);
		emulated_by(evidence);
		return true;
	}
	return false;
}

#define INST_RETIRED 8u

/*
 * Arm's manuals say of each of these cores that its PMU counts retired instructions. QEMU's
 * models have the same MIDRs, but count them only with a clock that does (-icount).
 */
static bool pmu_is_not_the_cores(void)
{
	/* Cortex-A53, A57, A72, A76; Neoverse-N1. */
	static const uint16_t parts[] = {0xd03, 0xd07, 0xd08, 0xd0b, 0xd0c};
	unsigned int part = field(sysreg_read(midr_el1), 4, 12), i = 0;
	unsigned int version = field(sysreg_read(id_aa64dfr0_el1), 8, 4);

	if (sysreg_read(midr_el1) >> 24 != 0x41 || !version || version == 15)
		return false;
	while (i < sizeof(parts) / sizeof(parts[0]) && parts[i] != part)
		i++;
	return i < sizeof(parts) / sizeof(parts[0]) &&
	       !(sysreg_read(pmceid0_el0) & 1u << INST_RETIRED);
}

static void judge_emulation(const struct hw_blob *head, bool described)
{
	if (head && (head->flags & HW_EMULATED))
		emulated_by("the blob says so");
	if (head && (head->flags & HW_SEMIHOSTING))
		emulated_by("semihosting");
	if (!(sysreg_read(midr_el1) >> 24))
		emulated_by("MIDR: a CPU of no vendor");
	if (pmu_is_not_the_cores())
		emulated_by("the PMU lacks INST_RETIRED, which this core has");
	if (!described)
		emulated_by("no description of the platform");
	if (!platform.emulated)
		text_copy(platform.evidence, sizeof(platform.evidence), "no sign of an emulator");
}

/* ---- the blob ---- */

const struct hw_blob *embedded_head(void)
{
	const struct hw_blob *b = (const void *)__blob;

	if (image_size() - (uint64_t)(__blob - _head) < sizeof(*b) || b->magic != HW_BLOB_MAGIC ||
	    b->version != HW_BLOB_VERSION || b->header_size != sizeof(*b))
		return NULL;
	return b;
}

static void use_blob(const void *blob, uint64_t room)
{
	platform.problem = hw_blob_problem(blob, room);
	if (!platform.problem)
		platform.blob = blob;
}

static void use_loaded_blob(void)
{
	char *end;
	uint64_t address = strtoul(blob_argument, &end, 0);
	uint64_t room = memory_room(address);

	if (end == blob_argument || (*end && *end != ' ') || address % 8)
		platform.problem = "blob= is not the address of a trace blob";
	else if (!room)
		platform.problem = "blob= is outside free memory";
	else if (!mmu_map(address, room, MMU_DATA))
		platform.problem = "blob= is beyond the addresses of this CPU";
	else
		use_blob((const void *)address, room);
	if (platform.blob)
		memory_remove(address, platform.blob->size);
}

static void find_blob(void)
{
	if (blob_argument)
		use_loaded_blob();
	else
		use_blob(__blob, image_size() - (uint64_t)(__blob - _head));
}

/* ---- the way ---- */

static void map_image(void)
{
	uint64_t image = (uint64_t)_head, data = (uint64_t)__data_start;
	uint64_t guard = (uint64_t)__stack_guard;

	mmu_map(image, data - image, MMU_CODE);
	mmu_map(data, guard - data, MMU_DATA);
	/* A page below the stack stays unmapped. */
	mmu_map(guard + PAGE, image + image_size() - guard - PAGE, MMU_DATA);
}

static void name_boot(unsigned int how)
{
	snprintf(platform.boot, sizeof(platform.boot), "%s%s",
		 how & BOOT_EFI	  ? "efi"
		 : how & BOOT_ELF ? "elf"
				  : "image",
		 how & BOOT_EL3 ? "+el3" : "");
}

/* QEMU tells an ELF file nothing, but puts the device tree at the start of RAM for it. */
static bool find_fdt(uint64_t device_tree, unsigned int how)
{
	if (fdt_find(device_tree))
		return true;
	return (how & BOOT_ELF) && (uint64_t)_head == LINKED_AT &&
	       fdt_find(LINKED_AT - QEMU_FDT_OFFSET);
}

static void find_memory(const struct hw_blob *head, bool described)
{
	if (described && !efi_memory)
		fdt_memory();
	else if (head && !efi_memory)
		memory_add(head->memory_base, head->memory_size);
	if (described)
		fdt_reserve();
	memory_remove((uint64_t)_head, image_size());
}

static void find_console(const struct hw_blob *head)
{
	if (console.kind == HW_CONSOLE_NONE && head && head->console < HW_CONSOLE_COUNT)
		console = (struct console){
			.kind = (enum hw_console_kind)head->console,
			.base = head->console_base,
			.reg_shift = head->console_reg_shift,
		};
	console_start();
}

void say_hello(void)
{
	unsigned int version = field(sysreg_read(id_aa64dfr0_el1), 8, 4);
	struct hw_line *l = frame_begin("hello");

	hw_line_text(l, "handler", NVSIM_HANDLER_SHA256);
	hw_line_text(l, "compiler", NVSIM_COMPILER);
	hw_line_text(l, "version", NVSIM_VERSION);
	hw_line_text(l, "revision", NVSIM_REVISION);
	hw_line_number(l, "dirty", NVSIM_DIRTY);
	hw_line_hex(l, "image", platform.image_xxh64);
	hw_line_text(l, "boot", platform.boot);
	hw_line_number(l, "el", current_el());
	hw_line_hex(l, "midr", sysreg_read(midr_el1));
	hw_line_number(l, "cntfrq", sysreg_read(cntfrq_el0));
	if (version && version != 15)
		hw_line_number(l, "pmu", field(sysreg_read(pmcr_el0), 11, 5));
	hw_line_number(l, "cpus", platform.cpu_count);
	hw_line_number(l, "memory", platform.memory);
	hw_line_text(l, "model", platform.model);
	hw_line_number(l, "emulated", platform.emulated);
	hw_line_text(l, "evidence", platform.evidence);
	frame_send(l);
}

static void describe(uint64_t device_tree, unsigned int how)
{
	const struct hw_blob *head = embedded_head();
	bool described;

	platform.image_xxh64 = nvt_xxh64(_head + PAGE, (size_t)(__text_end - _head) - PAGE, 0);
	platform.pa_bits = mmu_pa_bits();
	cpu_add(sysreg_read(mpidr_el1));
	name_boot(how);
	described = find_fdt(device_tree, how);
	if (described)
		fdt_describe();
	if (how & BOOT_EL3)
		platform.psci = PSCI_NONE; /* whoever would answer is what the image has left */
	find_memory(head, described);
	find_console(head);
	find_blob();
	memory_start();
	platform.memory = memory_total();
	if (platform.blob)
		head = platform.blob;
	judge_emulation(head, described || platform.model[0]);
	if (head && (head->flags & HW_SEMIHOSTING))
		semihosting_start();
}

void boot_main(uint64_t device_tree, unsigned int how)
{
	mmu_init();
	map_image();
	mmu_enable(&mmu_registers);
	describe(device_tree, how);
	say_hello();
	if (current_el() != 2)
		refuse(HW_CANNOT_RUN, "this needs EL2, and was started at EL%u", current_el());
	platform_off(run());
}
