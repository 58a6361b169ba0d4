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

/* All events are there, and the class is the one that was told. */
static inline void import_reads_back(const struct nvt_import_stats *stats)
{
	struct nvt_error err = {0};
	struct nvt_reader *r = nvt_open(import_output(), &err);
	const struct nvt_event *ev;
	uint64_t ordinal, count = 0;

	FUZZ_REQUIRE(r);
	FUZZ_REQUIRE(nvt_class(r) == stats->class);
	while (nvt_next(r, &ev, &ordinal, &err) == NVT_OK)
		count++;
	FUZZ_REQUIRE(!err.text[0] && count == stats->event_count);
	nvt_close(r);
}

/* The one line that says why it was refused; NULL: it was not. */
static inline const char *import_case(struct nvt_import_options o)
{
	static struct nvt_error err;
	struct nvt_import_stats stats;
	enum nvt_status status;

	err = (struct nvt_error){0};
	o.output = import_output();
	o.level = 1;
	status = nvt_import(&o, &stats, &err);
	FUZZ_REQUIRE(status != NVT_EENV);
	if (status == NVT_OK) {
		import_reads_back(&stats);
		unlink(o.output);
		return NULL;
	}
	fuzz_require_line(err.text);
	FUZZ_REQUIRE(access(o.output, F_OK) != 0);
	return err.text;
}

/* A front end that runs in a process of its own is heard there, too: its counters are shared. */
#ifdef FUZZ_COVERAGE
extern uint8_t first_counter[] __asm__("__start___sancov_cntrs");
extern uint8_t last_counter[] __asm__("__stop___sancov_cntrs");

static inline void share_coverage(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)first_counter + page - 1) & ~(page - 1);
	uintptr_t to = (uintptr_t)last_counter & ~(page - 1);

	if (from >= to || mmap((void *)from, to - from, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		abort();
}
#else
static inline void share_coverage(void)
{
}
#endif

#endif
