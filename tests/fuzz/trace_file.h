/* SPDX-License-Identifier: GPL-2.0-only */
/* A file that may be a trace, read in each way that there is. */
#ifndef NVSIM_TESTS_FUZZ_TRACE_FILE_H
#define NVSIM_TESTS_FUZZ_TRACE_FILE_H

#include "fuzz.h"
#include "trace.h"

static struct nvt_error err;

static inline enum nvt_status settled(enum nvt_status status)
{
	FUZZ_REQUIRE(status != NVT_EENV && status != NVT_ENOMEM);
	if (status == NVT_EINPUT)
		fuzz_require_line(err.text);
	return status;
}

static inline enum nvt_status read_on(struct nvt_reader *r, uint64_t *ordinal)
{
	const struct nvt_event *ev;
	enum nvt_status status;

	do
		status = settled(nvt_next(r, &ev, ordinal, &err));
	while (status == NVT_OK);
	return status;
}

/* What is told of a file at once is what reading all of it finds. */
static inline void read_file(const char *path)
{
	struct nvt_totals totals;
	uint64_t ordinal = 0;
	char digest[65];
	const char *json;
	size_t size;
	bool told;
	struct nvt_reader *r = nvt_open(path, &err);

	if (!r) {
		settled(err.status);
		return;
	}
	told = settled(nvt_totals(r, &totals, &err)) == NVT_OK &&
	       settled(nvt_digest(r, digest, &err)) == NVT_OK;
	settled(nvt_meta(r, &json, &size, &err));
	nvt_l1mem(r, &size);
	if (read_on(r, &ordinal) == NVT_END) {
		FUZZ_REQUIRE(told);
		FUZZ_REQUIRE(!totals.event_count || ordinal == totals.event_count - 1);
	}
	nvt_close(r);
}

static inline void seek_file(const char *path, uint64_t to)
{
	struct nvt_reader *r = nvt_open(path, &err);
	struct nvt_totals totals;
	struct nvt_block *block;

	if (!r)
		return;
	if (nvt_totals(r, &totals, &err) == NVT_OK && totals.event_count)
		to %= totals.event_count + 1;
	if (settled(nvt_seek(r, to, &err)) == NVT_OK &&
	    settled(nvt_next_block(r, &block, &err)) == NVT_OK) {
		FUZZ_REQUIRE(block->first_ordinal <= to &&
			     to - block->first_ordinal < block->count);
		nvt_release_block(block);
	}
	nvt_close(r);
}

/* As far as a pipe takes it without a reader. */
static inline void read_pipe(const uint8_t *data, size_t size)
{
	uint64_t ordinal = 0;
	struct nvt_reader *r;
	char path[32];
	int ends[2];

	if (size > 65536 || pipe2(ends, O_CLOEXEC) < 0)
		return;
	FUZZ_REQUIRE(write(ends[1], data, size) == (ssize_t)size);
	close(ends[1]);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	r = nvt_open(path, &err);
	close(ends[0]);
	if (!r) {
		settled(err.status);
		return;
	}
	read_on(r, &ordinal);
	nvt_close(r);
}

static inline void read_trace(const uint8_t *data, size_t size)
{
	static struct fuzz_file file;
	const char *path = fuzz_file_set(&file, data, size);

	read_file(path);
	seek_file(path, size ? data[size - 1] * 257u : 0);
	seek_file(path, ~0ull);
	read_pipe(data, size);
}

#endif
