/* SPDX-License-Identifier: GPL-2.0-only */
/* perf.data. It is read in a process of its own, whose crash counts as one here. */
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
	const char *line;

	if (size < 8 || memcmp(data, "PERFILE2", 8) != 0)
		return 0;
	line = import_case((struct nvt_import_options){.input = fuzz_file_set(&file, data, size)});
	FUZZ_REQUIRE(!line || (!strstr(line, "crashed on it") && !strstr(line, "gave up on it")));
	return 0;
}
