/* SPDX-License-Identifier: GPL-2.0-only */
/* The device tree, by libfdt. */
#include <libfdt.h>
#include <string.h>

#include "boot.h"

#define FDT_SIZE_MAX (2u << 20) /* by the arm64 boot protocol */
#define DEPTH_MAX    8

const char *blob_argument;
static const void *fdt;

static const char *text_of(int node, const char *name)
{
	int size;
	const char *p = node < 0 ? NULL : fdt_getprop(fdt, node, name, &size);

	return p && size > 0 && !p[size - 1] ? p : NULL;
}

/* A property that is one number; otherwise `missing`. */
static uint32_t number_of(int node, const char *name, uint32_t missing)
{
	int size;
	const fdt32_t *p = fdt_getprop(fdt, node, name, &size);

	return p && size == sizeof(*p) ? fdt32_ld(p) : missing;
}

static uint64_t cells(const fdt32_t *p, int count)
{
	uint64_t value = 0;

	while (count--)
		value = value << 32 | fdt32_ld(p++);
	return value;
}

/* The i-th pair of address and size of a property, in the cells of `parent`. */
static bool pair_of(int node, int parent, const char *name, int i, uint64_t *start, uint64_t *size)
{
	int bytes, a = fdt_address_cells(fdt, parent), s = fdt_size_cells(fdt, parent);
	const fdt32_t *p = fdt_getprop(fdt, node, name, &bytes);

	if (!p || a < 1 || s < 0 || (i + 1) * (a + s) * (int)sizeof(*p) > bytes)
		return false;
	p += i * (a + s);
	*start = cells(p, a);
	*size = cells(p + a, s);
	return true;
}

/* Address of a child of `bus` as the bus's parent sees it. */
static bool translate_once(int bus, int parent, uint64_t *address)
{
	int bytes, i, child = fdt_address_cells(fdt, bus), up = fdt_address_cells(fdt, parent);
	int size = fdt_size_cells(fdt, bus), row = child + up + size;
	const fdt32_t *p = fdt_getprop(fdt, bus, "ranges", &bytes);

	if (!p || child < 1 || up < 1 || size < 0)
		return false;
	if (!bytes)
		return true; /* one to one */
	for (i = 0; (i + 1) * row * (int)sizeof(*p) <= bytes; i++, p += row) {
		uint64_t start = cells(p, child);

		if (*address >= start && *address - start < cells(p + child + up, size)) {
			*address += cells(p + child, up) - start;
			return true;
		}
	}
	return false;
}

static bool address_of(int node, uint64_t *address)
{
	int bus = fdt_parent_offset(fdt, node), depth;
	uint64_t size;

	if (bus < 0 || !pair_of(node, bus, "reg", 0, address, &size))
		return false;
	for (depth = 0; bus > 0 && depth < DEPTH_MAX; depth++) {
		int parent = fdt_parent_offset(fdt, bus);

		if (parent < 0 || !translate_once(bus, parent, address))
			return false;
		bus = parent;
	}
	return !bus;
}

bool fdt_find(uint64_t address)
{
	const void *p = (const void *)address;
	uint32_t size;

	if (!address || address % 8 || !mmu_map(address, sizeof(struct fdt_header), MMU_DATA) ||
	    fdt_check_header(p))
		return false;
	size = fdt_totalsize(p);
	if (size > FDT_SIZE_MAX || !mmu_map(address, size, MMU_DATA) || fdt_check_full(p, size))
		return false;
	fdt = p;
	return true;
}

/* ---- the console ---- */

static bool is_compatible(int node, const char *const *names)
{
	for (; *names; names++)
		if (!fdt_node_check_compatible(fdt, node, *names))
			return true;
	return false;
}

static enum hw_console_kind console_kind(int node)
{
	static const char *const pl011[] = {"arm,pl011", "arm,pl011-axi", "arm,sbsa-uart",
					    "brcm,bcm2835-pl011", NULL};
	static const char *const mini[] = {"brcm,bcm2835-aux-uart", NULL};
	static const char *const uart[] = {"ns16550a", "ns16550", "ns8250", "snps,dw-apb-uart",
					   NULL};

	if (is_compatible(node, pl011))
		return HW_CONSOLE_PL011;
	if (is_compatible(node, mini))
		return HW_CONSOLE_BCM2835_AUX;
	return is_compatible(node, uart) ? HW_CONSOLE_8250 : HW_CONSOLE_NONE;
}

static bool use_console(int node)
{
	struct console c;

	if (node < 0)
		return false;
	c.kind = console_kind(node);
	c.reg_shift = number_of(node, "reg-shift", 0);
	if (c.kind == HW_CONSOLE_NONE || c.reg_shift > 3 || !address_of(node, &c.base))
		return false;
	console = c;
	return true;
}

/* A path, or an alias, up to the options behind ':'. */
static int console_path(int chosen, const char *property)
{
	const char *path = text_of(chosen, property);
	const char *end;

	if (!path)
		return -1;
	end = strchr(path, ':');
	return fdt_path_offset_namelen(fdt, path, end ? (int)(end - path) : (int)strlen(path));
}

static void describe_console(void)
{
	int chosen = fdt_path_offset(fdt, "/chosen"), node;

	if (use_console(console_path(chosen, "stdout-path")) ||
	    use_console(console_path(chosen, "linux,stdout-path")) ||
	    use_console(fdt_path_offset(fdt, "serial0")))
		return;
	for (node = fdt_next_node(fdt, -1, NULL); node >= 0; node = fdt_next_node(fdt, node, NULL))
		if (use_console(node))
			return;
}

/* ---- the rest ---- */

static void describe_psci(void)
{
	static const char *const names[] = {"arm,psci", "arm,psci-0.2", "arm,psci-1.0", NULL};
	int node = fdt_path_offset(fdt, "/psci");
	const char *method;

	if (node < 0 || !is_compatible(node, names))
		return;
	method = text_of(node, "method");
	if (method && !strcmp(method, "smc"))
		platform.psci = PSCI_SMC;
	else if (method && !strcmp(method, "hvc"))
		platform.psci = PSCI_HVC;
}

static void describe_cpus(void)
{
	int cpus = fdt_path_offset(fdt, "/cpus"), node;
	uint64_t mpidr, size;

	fdt_for_each_subnode(node, fdt, cpus)
	{
		const char *type = text_of(node, "device_type");
		const char *status = text_of(node, "status");

		if (type && !strcmp(type, "cpu") && (!status || strcmp(status, "fail")) &&
		    pair_of(node, cpus, "reg", 0, &mpidr, &size))
			cpu_add(mpidr);
	}
}

static void describe_emulator(void)
{
	static const struct {
		const char *compatible, *evidence;
	} signs[] = {
		{"linux,dummy-virt", "device tree: compatible linux,dummy-virt"},
		{"qemu,fw-cfg-mmio", "device tree: a node qemu,fw-cfg-mmio"},
		{"virtio,mmio", "device tree: a node virtio,mmio"},
		{"xen,xen", "device tree: a node xen,xen"},
		{"arm,foundation-aarch64", "device tree: compatible arm,foundation-aarch64"},
		{"arm,fvp-base", "device tree: compatible arm,fvp-base"},
	};
	unsigned int i;

	for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (fdt_node_offset_by_compatible(fdt, -1, signs[i].compatible) >= 0)
			emulated_by(signs[i].evidence);
	if (fdt_path_offset(fdt, "/hypervisor") >= 0)
		emulated_by("device tree: a node /hypervisor");
	emulated_by_name(platform.model);
}

void fdt_describe(void)
{
	const char *model = text_of(0, "model");
	const char *arguments = text_of(fdt_path_offset(fdt, "/chosen"), "bootargs");

	text_copy(platform.model, sizeof(platform.model), model ? model : text_of(0, "compatible"));
	describe_console();
	describe_psci();
	describe_cpus();
	describe_emulator();
	for (; arguments && *arguments; arguments = strchr(arguments, ' ')) {
		arguments += *arguments == ' ';
		if (!strncmp(arguments, "blob=", 5))
			blob_argument = arguments + 5;
	}
}

/* ---- memory ---- */

void fdt_memory(void)
{
	uint64_t start, size;
	int node, i;

	fdt_for_each_subnode(node, fdt, 0)
	{
		const char *type = text_of(node, "device_type");
		const char *status = text_of(node, "status");

		if (!type || strcmp(type, "memory") || (status && !strcmp(status, "disabled")))
			continue;
		for (i = 0; pair_of(node, 0, "reg", i, &start, &size); i++)
			memory_add(start, size);
	}
}

static uint64_t chosen_number(const char *name)
{
	int bytes, chosen = fdt_path_offset(fdt, "/chosen");
	const fdt32_t *p = chosen < 0 ? NULL : fdt_getprop(fdt, chosen, name, &bytes);

	return p ? cells(p, bytes / (int)sizeof(*p)) : 0;
}

void fdt_reserve(void)
{
	int parent = fdt_path_offset(fdt, "/reserved-memory"), node, i;
	uint64_t start, size;
	uint64_t initrd = chosen_number("linux,initrd-start");
	uint64_t initrd_end = chosen_number("linux,initrd-end");

	for (i = 0; i < fdt_num_mem_rsv(fdt); i++)
		if (!fdt_get_mem_rsv(fdt, i, &start, &size))
			memory_remove(start, size);
	fdt_for_each_subnode(node, fdt, parent)
	{
		for (i = 0; pair_of(node, parent, "reg", i, &start, &size); i++)
			memory_remove(start, size);
	}
	memory_remove((uint64_t)fdt, fdt_totalsize(fdt));
	if (initrd < initrd_end)
		memory_remove(initrd, initrd_end - initrd);
}
