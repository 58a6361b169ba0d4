/* SPDX-License-Identifier: GPL-2.0-only */
#include "ring.h"

#ifdef HAVE_LIBPERF
#include <errno.h>
#include <linux/perf_event.h>
#include <perf/core.h>
#include <perf/cpumap.h>
#include <perf/event.h>
#include <perf/evlist.h>
#include <perf/evsel.h>
#include <perf/mmap.h>
#include <perf/threadmap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "fail.h"

#define RING_SIZE     (2u << 20) /* of each CPU */
#define RING_SIZE_MIN (64u << 10)
#define CLOCK	      CLOCK_MONOTONIC_RAW
#define SAMPLED	      (PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU | PERF_SAMPLE_RAW)

struct record_ring {
	struct perf_evlist *list;
	struct perf_cpu_map *cpus;
	struct perf_thread_map *threads;
	uint32_t count;
	bool counts_lost;
};

/* What SAMPLED asks for, before the raw data; also behind every other record, less the size. */
struct sampled {
	uint32_t pid, tid;
	uint64_t time_ns;
	uint32_t cpu, unused;
};

bool record_has_libperf(void)
{
	return true;
}

static int be_quiet(enum libperf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

/* An event for each tracepoint and CPU: many, on a large machine. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static bool add_event(struct record_ring *r, int id, bool tasks, size_t size)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = (uint64_t)id,
		.sample_period = 1,
		.sample_type = SAMPLED,
		.read_format = r->counts_lost ? PERF_FORMAT_LOST : 0,
		.disabled = 1,
		.task = tasks,
		.sample_id_all = 1,
		.watermark = 1,
		.wakeup_watermark = (uint32_t)size / 4,
		.use_clockid = 1,
		.clockid = CLOCK,
	};
	struct perf_evsel *event = perf_evsel__new(&attr);

	if (event)
		perf_evlist__add(r->list, event);
	return event;
}

static void close_events(struct record_ring *r)
{
	if (r->list) {
		perf_evlist__munmap(r->list);
		perf_evlist__close(r->list);
		perf_evlist__delete(r->list);
	}
	r->list = NULL;
}

/* 0, or the errno of what failed. Tasks are told by the first event alone. */
static int open_events(struct record_ring *r, const int *ids, size_t count, size_t size)
{
	int error;

	r->list = perf_evlist__new();
	if (!r->list)
		return ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (!add_event(r, ids[i], !i, size))
			return ENOMEM;
	perf_evlist__set_maps(r->list, r->cpus, r->threads);
	error = -perf_evlist__open(r->list);
	if (error)
		return error;
	errno = ENOMEM;
	return perf_evlist__mmap(r->list, (int)(size / (size_t)sysconf(_SC_PAGESIZE))) ? errno : 0;
}

/* Old kernels do not count what is lost; small limits allow only small rings. */
static int open_some(struct record_ring *r, const int *ids, size_t count)
{
	size_t size = RING_SIZE, least = (size_t)sysconf(_SC_PAGESIZE);
	int error;

	if (least < RING_SIZE_MIN)
		least = RING_SIZE_MIN;
	r->counts_lost = true;
	while ((error = open_events(r, ids, count, size))) {
		bool room = r->list && (error == EPERM || error == ENOMEM) && size > least;

		close_events(r);
		if (error == EINVAL && r->counts_lost)
			r->counts_lost = false;
		else if (room)
			size /= 2;
		else
			break;
	}
	return error;
}

static int paranoid(void)
{
	FILE *f = fopen("/proc/sys/kernel/perf_event_paranoid", "r");
	int level = -2;

	if (f && fscanf(f, "%d", &level) != 1)
		level = -2;
	if (f)
		fclose(f);
	return level;
}

static void explain(int error, struct nvt_error *err)
{
	if (error == EACCES || error == EPERM)
		record_fail(err,
			    "no permission for tracepoints of all processes (perf_event_paranoid "
			    "is %d): run as root, or with CAP_PERFMON and CAP_IPC_LOCK",
			    paranoid());
	else if (error == EMFILE)
		record_fail(err, "too many events for the limit on open files: raise ulimit -n");
	else if (error == ENOSYS)
		record_fail(err, "this kernel has no perf events: CONFIG_PERF_EVENTS is needed");
	else
		record_fail(err, "the kernel does not open its ring buffers: %s", strerror(error));
}

struct record_ring *record_ring_open(const int *ids, size_t count, struct nvt_error *err)
{
	struct record_ring *r = calloc(1, sizeof(*r));
	int error = ENOMEM;

	libperf_init(be_quiet);
	raise_file_limit();
	if (r) {
		r->cpus = perf_cpu_map__new(NULL);
		r->threads = perf_thread_map__new_dummy();
	}
	if (r && r->cpus && r->threads) {
		perf_thread_map__set_pid(r->threads, 0, -1);
		r->count = (uint32_t)perf_cpu_map__nr(r->cpus);
		error = open_some(r, ids, count);
	}
	if (!error)
		return r;
	explain(error, err);
	if (r)
		record_ring_close(r);
	return NULL;
}

void record_ring_close(struct record_ring *r)
{
	close_events(r);
	perf_cpu_map__put(r->cpus);
	perf_thread_map__put(r->threads);
	free(r);
}

uint32_t record_ring_count(const struct record_ring *r)
{
	return r->count;
}

enum nvt_status record_ring_enable(struct record_ring *r, struct nvt_error *err)
{
	struct perf_evsel *event;
	int failed = 0;

	perf_evlist__for_each_evsel(r->list, event)
	{
		if (!failed)
			failed = perf_evsel__enable(event);
	}
	if (!failed)
		return NVT_OK;
	return record_fail(err, "the kernel does not switch its events on: %s", strerror(errno));
}

void record_ring_disable(struct record_ring *r)
{
	perf_evlist__disable(r->list);
}

void record_ring_wait(struct record_ring *r, int ms)
{
	perf_evlist__poll(r->list, ms);
}

uint64_t record_ring_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void take_sampled(struct record_item *item, const struct sampled *s)
{
	item->time_ns = s->time_ns;
	item->pid = (int32_t)s->pid;
	item->tid = (int32_t)s->tid;
	item->cpu = (uint16_t)s->cpu;
}

/* False: a record that says nothing here, or is cut. */
static bool understand(const union perf_event *event, struct record_item *item, const void **data)
{
	const unsigned char *at = (const unsigned char *)event;
	size_t size = event->header.size, head = sizeof(event->header);
	struct sampled s;

	if (size < head + sizeof(s) + sizeof(uint32_t))
		return false;
	/* Others have it at their end, without raw data. */
	memcpy(&s, at + (event->header.type == PERF_RECORD_SAMPLE ? head : size - sizeof(s)),
	       sizeof(s));
	*item = (struct record_item){.kind = RECORD_SAMPLE};
	take_sampled(item, &s);
	*data = at + head + sizeof(s) + sizeof(uint32_t);
	switch (event->header.type) {
	case PERF_RECORD_SAMPLE:
		memcpy(&item->size, at + head + sizeof(s), sizeof(item->size));
		return item->size <= size - head - sizeof(s) - sizeof(uint32_t);
	case PERF_RECORD_LOST:
		item->kind = RECORD_LOST;
		item->value = event->lost.lost;
		return true;
	case PERF_RECORD_FORK:
		item->kind = RECORD_FORK;
		item->value = event->fork.ppid;
		item->pid = (int32_t)event->fork.pid;
		return event->fork.pid != event->fork.ppid;
	default:
		return false;
	}
}

/*
 * What comes while this reads is for the next time: perf_mmap__read_done, which is for rings that
 * are overwritten, would drop it.
 */
static bool read_ring(struct perf_mmap *map, struct record_merge *m, uint32_t lane, uint64_t until)
{
	union perf_event *event;
	struct record_item item = {.time_ns = 0};
	const void *data;
	bool fine = true;

	if (perf_mmap__read_init(map) < 0)
		return true;
	while (fine && item.time_ns <= until && (event = perf_mmap__read_event(map))) {
		if (understand(event, &item, &data))
			fine = record_merge_add(m, lane, &item, data);
		perf_mmap__consume(map);
	}
	return fine;
}

bool record_ring_read(struct record_ring *r, struct record_merge *m, uint64_t until)
{
	struct perf_mmap *map;
	uint32_t lane = 0;
	bool fine = true;

	perf_evlist__for_each_mmap(r->list, map, false) fine =
		fine && lane < m->lane_count && read_ring(map, m, lane++, until);
	return fine;
}

uint64_t record_ring_lost(struct record_ring *r)
{
	struct perf_evsel *event;
	uint64_t lost = 0;

	if (!r->counts_lost)
		return 0;
	perf_evlist__for_each_evsel(r->list, event)
	{
		for (uint32_t cpu = 0; cpu < r->count; cpu++) {
			struct perf_counts_values counts = {.lost = 0};

			if (!perf_evsel__read(event, (int)cpu, 0, &counts))
				lost += counts.lost;
		}
	}
	return lost;
}

#else

bool record_has_libperf(void)
{
	return false;
}

#endif
