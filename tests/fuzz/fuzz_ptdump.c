/* SPDX-License-Identifier: GPL-2.0-only */
/* KVM's dumps of its tables: runs ascend and are within the input. */
#include "fuzz.h"
#include "import/ptdump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_file file;
	const char *path = fuzz_file_set(&file, data, size);
	struct nvt_error err = {0};
	struct nvt_ptdump d;
	enum nvt_status status;

	nvt_ptdump_is(path);
	status = nvt_ptdump_read(path, &d, &err);
	FUZZ_REQUIRE(status == NVT_OK || status == NVT_EINPUT);
	if (status == NVT_EINPUT) {
		fuzz_require_line(err.text);
		return 0;
	}
	for (size_t i = 0; i < d.count; i++) {
		FUZZ_REQUIRE(d.runs[i].start < d.runs[i].end);
		FUZZ_REQUIRE(!i || d.runs[i].start >= d.runs[i - 1].end);
		FUZZ_REQUIRE(d.runs[i].level >= -1 && d.runs[i].level <= 3);
	}
	FUZZ_REQUIRE(d.length == size && (!d.text || strlen(d.text) <= d.length));
	nvt_ptdump_free(&d);
	return 0;
}
