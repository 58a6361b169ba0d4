/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An ELF core of L1's memory, beside a recording that is right. Bits of the input's last byte say
 * how L1's tables are found in it: 0, by a register of L1; 1, by KVM's dump of a nested context,
 * which is what lies before that byte, and before it its length in two bytes.
 */
#include "import_case.h"
#include "one_fault.h"

struct parts {
	size_t core_size, dump_size;
	bool has_vttbr, has_dump;
};

static struct parts split(const uint8_t *data, size_t size)
{
	uint8_t how = size ? data[size - 1] : 0;
	struct parts p = {.core_size = size, .has_vttbr = how & 1};

	if (size < 3 || !(how & 2))
		return p;
	p.has_dump = true;
	p.core_size = size - 3;
	p.dump_size = data[size - 3] | (size_t)data[size - 2] << 8;
	if (p.dump_size > p.core_size)
		p.dump_size = p.core_size;
	p.core_size -= p.dump_size;
	return p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_file core, text, dump;
	const struct parts p = split(data, size);
	const char *dumps[] = {fuzz_file_set(&dump, data + p.core_size, p.dump_size)};
	struct nvt_import_options o = {
		.input = fuzz_file_set(&text, one_fault, sizeof(one_fault) - 1),
		.core = fuzz_file_set(&core, data, p.core_size),
		.ptdumps = dumps,
		.ptdump_count = p.has_dump,
		.vttbr = 0x1000040010000,
		.vtcr = 0x80023558,
		.has_vttbr = p.has_vttbr,
	};

	import_case(o);
	return 0;
}
