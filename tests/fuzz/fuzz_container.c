/* SPDX-License-Identifier: GPL-2.0-only */
/* The bytes of a trace file: frames, seek table and sections, read as a file and as a pipe. */
#include "trace_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_trace(data, size);
	return 0;
}
