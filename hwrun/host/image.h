/* SPDX-License-Identifier: GPL-2.0-only */
/* The image at EL2 as an ELF file: what it was built from, a blob put in, and the flat form. */
#ifndef NVSIM_HWRUN_IMAGE_H
#define NVSIM_HWRUN_IMAGE_H

#include <stdint.h>

#include "column.h"
#include "trace.h"

#define HW_IMAGE_MAX (256u << 20) /* bytes of the file, and in memory without the blob */

struct hw_image {
	const char *path;
	struct nvt_buffer file;
	/* By its note. */
	char handler_sha256[72], compiler[128], version[32];
	/* Offsets in the file. */
	size_t blob_segment, blob_section; /* the heads of both */
	size_t head;			   /* of the first byte in memory */
	size_t head_size;		   /* bytes there */
	uint64_t base, blob_at;		   /* virtual addresses */
};

/* Reads the file and looks at all that is needed later. To be closed in any case. */
enum nvt_status hw_image_open(struct hw_image *image, const char *path, struct nvt_error *err);
void hw_image_close(struct hw_image *image);

/* Puts the blob in and the sizes right; image->file is the ELF file then. */
enum nvt_status hw_image_put_blob(struct hw_image *image, const struct nvt_buffer *blob,
				  struct nvt_error *err);
/* Its segments as they lie in memory: an arm64 Image, and an EFI application. */
enum nvt_status hw_image_flatten(const struct hw_image *image, struct nvt_buffer *flat,
				 struct nvt_error *err);

#endif
