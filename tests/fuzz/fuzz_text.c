/* SPDX-License-Identifier: GPL-2.0-only */
/* ftrace text, as it is or compressed. */
#include <zstd.h>

#include "import_case.h"

static struct fuzz_file file;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t packed[1 << 21];
	size_t packed_size;

	import_case((struct nvt_import_options){.input = fuzz_file_set(&file, data, size)});
	if (!size || size > 1 << 20)
		return 0;
	packed_size = ZSTD_compress(packed, sizeof(packed), data, size, 1);
	FUZZ_REQUIRE(!ZSTD_isError(packed_size));
	packed[packed_size - 1] ^= data[0] == '!';
	import_case(
		(struct nvt_import_options){.input = fuzz_file_set(&file, packed, packed_size)});
	return 0;
}
