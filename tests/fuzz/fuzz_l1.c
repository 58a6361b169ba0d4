/* SPDX-License-Identifier: GPL-2.0-only */
/* A host's recording, and behind the first NUL that of L1 of the same run. */
#include "import_case.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_file host, l1;
	size_t text = size ? strnlen((const char *)data, size) : 0,
	       rest = size > text ? text + 1 : size;

	import_case((struct nvt_import_options){
		.input = fuzz_file_set(&host, data, text),
		.l1 = fuzz_file_set(&l1, data + rest, size - rest),
	});
	return 0;
}
