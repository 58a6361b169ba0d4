/* SPDX-License-Identifier: GPL-2.0-only */
/* A file of conformance vectors: any sequence of calls of the handler that it can ask for. */
#include "said.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_file file;
	const char *const words[] = {"vectors", fuzz_file_set(&file, data, size), NULL};

	fuzz_command(words, false);
	return 0;
}
