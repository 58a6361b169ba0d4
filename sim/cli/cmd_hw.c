/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim hw: the same handler natively at EL2. A verb is a row here and a file cmd_hw_NAME.c. */
#include "cli.h"
#include "hw.h"

static const struct cli_command *const verbs[] = {&cli_hw_pack, &cli_hw_run, &cli_hw_collect, NULL};

const struct cli_command cli_hw = {
	.name = "hw",
	.arguments = "[ARGUMENT...]",
	.summary = "the same handler natively at EL2: pack, run, collect",
	.about = "Has the handler serve a trace at EL2 of an arm64 board, or of one that QEMU is: "
		 "it "
		 "is given the recorded faults, or the MMU raises them while EL1 makes the "
		 "accesses. "
		 "What it decides must be what replay says; what it costs is measured.",
	.examples = {{"nvsim hw run qemu-virt trace.zst", "in QEMU, from image to report"},
		     {"nvsim hw pack trace.zst -o hw.img", "an image for a board to boot"},
		     {"nvsim hw collect /dev/ttyUSB0", "the report of what a board sends"}},
	.verbs = verbs,
};
