/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs a reading function in a process of its own, and takes what it sends (send.h). */
#ifndef NVSIM_TRACES_IMPORT_CHILD_H
#define NVSIM_TRACES_IMPORT_CHILD_H

#include "import/build.h"
#include "import/input.h"
#include "import/send.h"

struct imp_child {
	/* Runs in the child. What it changes of memory or of files stays there. */
	void (*read)(struct imp_sender *out, void *arg);
	void *arg;
	const char *library; /* what may crash in there */
};

/*
 * The records go to the builder, what the recording says of itself to *info. The checksum in *in is
 * made here meanwhile where the input is a regular file; of others, the child sends it. A crash of
 * the child is the file's fault: NVT_EINPUT.
 */
enum nvt_status imp_run_child(struct imp_builder *b, struct imp_input *in, struct imp_info *info,
			      const struct imp_child *child);

#endif
