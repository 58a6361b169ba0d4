/* SPDX-License-Identifier: GPL-2.0-only */
/* An import of made-up input: what becomes of it, and that what it writes can be read. */
#ifndef NVSIM_TESTS_FUZZ_IMPORT_CASE_H
#define NVSIM_TESTS_FUZZ_IMPORT_CASE_H

#include "fuzz.h"
#include "import/import.h"

/* A folder in memory, where there is one; it stays empty but for the trace at hand. */
static inline const char *import_output(void)
{
	static char folder[64], path[96];

	if (!folder[0]) {
		strcpy(folder, access("/dev/shm", W_OK) ? "/tmp/nvsim-fuzz-XXXXXX"
							: "/dev/shm/nvsim-fuzz-XXXXXX");
		if (!mkdtemp(folder))
			abort();
		snprintf(path, sizeof(path), "%s/t", folder);
	}
	return path;
}

/* All events are there, in order, and as the statistics count them. */
static inline void import_reads_back(const struct nvt_import_stats *stats)
{
	struct nvt_error err = {0};
	struct nvt_reader *r = nvt_open(import_output(), &err);
	const struct nvt_event *ev;
	uint64_t kinds[NVT_KIND_COUNT] = {0};
	uint64_t ordinal, count = 0, time_ns = 0;

	FUZZ_REQUIRE(r);
	FUZZ_REQUIRE(nvt_class(r) == stats->class);
	while (nvt_next(r, &ev, &ordinal, &err) == NVT_OK) {
		FUZZ_REQUIRE(ordinal == count++);
		FUZZ_REQUIRE(ev->time_ns >= time_ns);
		time_ns = ev->time_ns;
		kinds[ev->kind]++;
	}
	FUZZ_REQUIRE(!err.text[0] && count == stats->event_count);
	FUZZ_REQUIRE(memcmp(kinds, stats->kind_count, sizeof(kinds)) == 0);
	nvt_close(r);
}

/* What became of it; a refusal says why in one line, and leaves nothing behind. */
static inline enum nvt_status import_any(struct nvt_import_options o, struct nvt_error *err)
{
	struct nvt_import_stats stats;
	enum nvt_status status;

	o.output = import_output();
	o.level = 1;
	status = nvt_import(&o, &stats, err);
	if (status == NVT_OK) {
		import_reads_back(&stats);
		unlink(o.output);
		return status;
	}
	fuzz_require_line(err->text);
	FUZZ_REQUIRE(access(o.output, F_OK) != 0);
	return status;
}

/* Of an input that can be read: whatever is in it is no fault of the machine. */
static inline void import_case(struct nvt_import_options o)
{
	struct nvt_error err = {0};

	enum nvt_status status = import_any(o, &err);

	FUZZ_REQUIRE(status == NVT_OK || status == NVT_EINPUT);
}

#endif
