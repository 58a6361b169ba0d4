/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace-cmd's files. libtracecmd, which reads them in a process of its own, may crash on them:
 * that is what the process is for, and no finding.
 */
#include "import_case.h"

static struct fuzz_file file;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	share_coverage();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t magic[] = {0x17, 0x08, 0x44, 't', 'r', 'a', 'c', 'i', 'n', 'g'};

	if (size < sizeof(magic) || memcmp(data, magic, sizeof(magic)) != 0)
		return 0;
	import_case((struct nvt_import_options){.input = fuzz_file_set(&file, data, size)});
	return 0;
}
