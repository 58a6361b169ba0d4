/* SPDX-License-Identifier: GPL-2.0-only */
#include "build.h"
#include "build-info.h"

const struct result_build cli_build = {
	.version = NVSIM_VERSION,
	.revision = NVSIM_REVISION,
	.dirty = NVSIM_DIRTY,
	.compiler = NVSIM_COMPILER,
	.handler_sha256 = NVSIM_HANDLER_SHA256,
};
