/* SPDX-License-Identifier: GPL-2.0-only */
/* A private folder for one run; a signal that ends the program removes it, too. */
#ifndef NVSIM_HWRUN_FOLDER_H
#define NVSIM_HWRUN_FOLDER_H

#include "column.h"
#include "trace.h"

#define HW_FOLDER_ENTRIES 6u

struct hw_folder {
	char *path[HW_FOLDER_ENTRIES]; /* [0]: its own, then those of what is in it */
	unsigned int count;
};

/* Makes one below $TMPDIR or /tmp. To be closed in any case, which removes it. */
enum nvt_status hw_folder_open(struct hw_folder *f, struct nvt_error *err);
void hw_folder_close(struct hw_folder *f);
/* The paths given back are the folder's; NULL: *err. */
const char *hw_folder_add(struct hw_folder *f, const char *name, struct nvt_error *err);
const char *hw_folder_write(struct hw_folder *f, const char *name, const struct nvt_buffer *data,
			    struct nvt_error *err);

#endif
