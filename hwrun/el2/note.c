/* SPDX-License-Identifier: GPL-2.0-only */
/* The ELF note by which the host knows whose handler an image has. */
#include <stdint.h>

#include "build-info.h"

#define TEXT                                                                                       \
	"handler_sha256=" NVSIM_HANDLER_SHA256 "\n"                                                \
	"compiler=" NVSIM_COMPILER "\n"                                                            \
	"version=" NVSIM_VERSION "\n"

struct note {
	uint32_t name_size, text_size, type;
	char name[8], text[sizeof(TEXT)];
};

__attribute__((section(".note.nvsim"), used, aligned(4))) static const struct note note = {
	.name_size = sizeof("nvsim"),
	.text_size = sizeof(TEXT),
	.type = 1,
	.name = "nvsim",
	.text = TEXT,
};
