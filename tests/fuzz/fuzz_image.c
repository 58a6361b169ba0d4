/* SPDX-License-Identifier: GPL-2.0-only */
/* An image for EL2, which is an ELF file: what is told of it, a blob put in, and the flat form. */
#include "fuzz.h"
#include "image.h"

static void require(enum nvt_status status, const struct nvt_error *err)
{
	FUZZ_REQUIRE(status == NVT_OK || status == NVT_EINPUT);
	if (status)
		fuzz_require_line(err->text);
}

static void use(struct hw_image *image)
{
	uint8_t words[256] = {0};
	const struct nvt_buffer blob = {.data = words, .size = sizeof(words)};
	struct nvt_error err = {0};
	struct nvt_buffer flat = {0};
	enum nvt_status status;

	FUZZ_REQUIRE(memchr(image->handler_sha256, 0, sizeof(image->handler_sha256)));
	status = hw_image_put_blob(image, &blob, &err);
	require(status, &err);
	if (status)
		return;
	status = hw_image_flatten(image, &flat, &err);
	require(status, &err);
	FUZZ_REQUIRE(status || flat.size >= sizeof(words));
	nvt_buffer_free(&flat);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_file file;
	struct nvt_error err = {0};
	struct hw_image image;
	enum nvt_status status = hw_image_open(&image, fuzz_file_set(&file, data, size), &err);

	require(status, &err);
	if (status == NVT_OK)
		use(&image);
	hw_image_close(&image);
	return 0;
}
