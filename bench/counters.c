/* SPDX-License-Identifier: GPL-2.0-only */
#include "counters.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

/* ---- the table ---- */

static double cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double page_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_minflt + usage.ru_majflt);
}

#define READ_MISSES(cache)                                                                         \
	((cache) | PERF_COUNT_HW_CACHE_OP_READ << 8 | PERF_COUNT_HW_CACHE_RESULT_MISS << 16)

const struct counter_event counter_events[] = {
	{"task-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, cpu_ns, "clock_gettime"},
	{"page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, page_faults, "getrusage"},
	{"cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, NULL, NULL},
	{"instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, NULL, NULL},
	{"branches", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS, NULL, NULL},
	{"branch-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES, NULL, NULL},
	{"cache-references", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES, NULL, NULL},
	{"cache-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES, NULL, NULL},
	{"dTLB-load-misses", PERF_TYPE_HW_CACHE, READ_MISSES(PERF_COUNT_HW_CACHE_DTLB), NULL, NULL},
	{"iTLB-load-misses", PERF_TYPE_HW_CACHE, READ_MISSES(PERF_COUNT_HW_CACHE_ITLB), NULL, NULL},
	{.name = NULL},
};

/* ---- what is said of them ---- */

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

void counter_reason(int error, char *text, unsigned int size)
{
	static const struct {
		int error;
		const char *name, *why;
	} reasons[] = {
		{ENOENT, "ENOENT", "this machine does not have the event"},
		{EOPNOTSUPP, "EOPNOTSUPP", "the PMU does not count it so"},
		{ENODEV, "ENODEV", "this CPU has no PMU"},
		{EINVAL, "EINVAL", "the kernel does not know it"},
		{ENOSYS, "ENOSYS", "the kernel has no perf events, or they are not allowed here"},
		{EBUSY, "EBUSY", "another program has the PMU"},
		{EMFILE, "EMFILE", "too many files are open"},
	};

	if (error == EACCES || error == EPERM) {
		snprintf(text, size, "%s: not allowed (perf_event_paranoid is %d)",
			 error == EPERM ? "EPERM" : "EACCES", paranoid());
		return;
	}
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].error != error)
			continue;
		snprintf(text, size, "%s: %s", reasons[i].name, reasons[i].why);
		return;
	}
	snprintf(text, size, "error %d: %s", error, strerror(error));
}

double counter_scale(uint64_t value, uint64_t enabled, uint64_t running)
{
	if (running >= enabled)
		return (double)value;
	return running ? (double)value * ((double)enabled / (double)running) : 0;
}

const char *counter_source(const struct counter *c)
{
	if (*c->absent)
		return NULL;
	return c->evsel ? "perf" : c->event->fallback_name;
}

/* ---- libperf ---- */

#ifdef HAVE_LIBPERF
#include <perf/core.h>
#include <perf/event.h>
#include <perf/evsel.h>
#include <perf/threadmap.h>

static int be_quiet(enum libperf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static void begin(struct counters *c)
{
	libperf_init(be_quiet);
	c->self = perf_thread_map__new_dummy();
	if (c->self)
		perf_thread_map__set_pid(c->self, 0, 0);
}

/* 0, or an errno. The kernel's share is left out where that needs no more rights than we have. */
static int open_event(const struct counters *c, const struct counter_event *event,
		      struct perf_evsel **evsel)
{
	bool software = event->type == PERF_TYPE_SOFTWARE;
	struct perf_event_attr attr = {
		.type = event->type,
		.size = sizeof(attr),
		.config = event->config,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
		.disabled = 1,
		.inherit = 1,
		.exclude_kernel = !software,
		.exclude_hv = !software,
	};
	int error;

	*evsel = c->self ? perf_evsel__new(&attr) : NULL;
	if (!*evsel)
		return ENOMEM;
	error = -perf_evsel__open(*evsel, NULL, c->self);
	if (error) {
		perf_evsel__delete(*evsel);
		*evsel = NULL;
	}
	return error;
}

static void open_counter(const struct counters *c, struct counter *k)
{
	int error = open_event(c, k->event, &k->evsel);

	if (error && !k->event->fallback)
		counter_reason(error, k->absent, sizeof(k->absent));
}

static void read_event(const struct counter *k, uint64_t now[3])
{
	struct perf_counts_values v = {0};

	perf_evsel__read(k->evsel, 0, 0, &v);
	now[0] = v.val;
	now[1] = v.ena;
	now[2] = v.run;
}

static void switch_event(const struct counter *k, bool on)
{
	if (on)
		perf_evsel__enable(k->evsel);
	else
		perf_evsel__disable(k->evsel);
}

static void end(struct counters *c)
{
	for (unsigned int i = 0; i < c->count; i++) {
		if (!c->counter[i].evsel)
			continue;
		perf_evsel__close(c->counter[i].evsel);
		perf_evsel__delete(c->counter[i].evsel);
	}
	perf_thread_map__put(c->self);
}
#else
static void begin(struct counters *c)
{
	(void)c;
}

static void open_counter(const struct counters *c, struct counter *k)
{
	(void)c;
	if (!k->event->fallback)
		snprintf(k->absent, sizeof(k->absent), "built without libperf");
}

static void read_event(const struct counter *k, uint64_t now[3])
{
	(void)k;
	(void)now;
}

static void switch_event(const struct counter *k, bool on)
{
	(void)k;
	(void)on;
}

static void end(struct counters *c)
{
	(void)c;
}
#endif

/* ---- counting ---- */

void counters_open(struct counters *c, const struct counter_event *events)
{
	*c = (struct counters){.count = 0};
	begin(c);
	for (; events->name && c->count < COUNTERS_MAX; events++) {
		struct counter *k = &c->counter[c->count++];

		k->event = events;
		open_counter(c, k);
	}
}

void counters_close(struct counters *c)
{
	end(c);
	*c = (struct counters){.count = 0};
}

void counters_clear(struct counters *c)
{
	for (unsigned int i = 0; i < c->count; i++) {
		c->counter[i].sum = 0;
		c->counter[i].scaled = c->counter[i].starved = false;
	}
}

void counters_start(struct counters *c)
{
	for (unsigned int i = 0; i < c->count; i++) {
		struct counter *k = &c->counter[i];

		if (k->evsel)
			read_event(k, k->before);
		else if (!*k->absent)
			k->fallback_before = k->event->fallback();
	}
	for (unsigned int i = 0; i < c->count; i++)
		if (c->counter[i].evsel)
			switch_event(&c->counter[i], true);
}

static void add(struct counter *k)
{
	uint64_t now[3] = {0};

	read_event(k, now);
	for (unsigned int i = 0; i < 3; i++)
		now[i] -= k->before[i];
	k->sum += counter_scale(now[0], now[1], now[2]);
	k->scaled = k->scaled || now[2] < now[1];
	k->starved = k->starved || (now[1] && !now[2]);
}

void counters_stop(struct counters *c)
{
	for (unsigned int i = 0; i < c->count; i++)
		if (c->counter[i].evsel)
			switch_event(&c->counter[i], false);
	for (unsigned int i = 0; i < c->count; i++) {
		struct counter *k = &c->counter[i];

		if (k->evsel)
			add(k);
		else if (!*k->absent)
			k->sum += k->event->fallback() - k->fallback_before;
	}
}
