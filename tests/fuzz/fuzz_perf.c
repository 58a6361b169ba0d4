/* SPDX-License-Identifier: GPL-2.0-only */
/* perf.data. */
#include "in_process.h"

static struct fuzz_file file;

static void fuzz_send(const struct imp_child *child, int fd)
{
	run_in_child(child, fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 8 || (memcmp(data, "PERFILE2", 8) != 0 && memcmp(data, "2ELIFREP", 8) != 0))
		return 0;
	import_case((struct nvt_import_options){.input = fuzz_file_set(&file, data, size)});
	return 0;
}
