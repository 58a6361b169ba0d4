/* SPDX-License-Identifier: GPL-2.0-only */
/* What the process of a front end sends once a library has written over its memory: anything. */
#include "in_process.h"

static struct fuzz_bytes sent;

static void fuzz_send(const struct imp_child *child, int fd)
{
	(void)child;
	FUZZ_REQUIRE(write(fd, sent.data, sent.size) == (ssize_t)sent.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_file file;
	struct nvt_error err = {0};

	sent = (struct fuzz_bytes){.data = data, .size = size};
	import_any((struct nvt_import_options){.input = fuzz_file_set(&file, "PERFILE2", 8)}, &err);
	return 0;
}
