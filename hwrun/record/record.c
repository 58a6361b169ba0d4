/* SPDX-License-Identifier: GPL-2.0-only */
#include "record.h"

#include <string.h>
#include <sys/utsname.h>

#include "fail.h"
#include "ring.h"
#include "tracing.h"

static enum nvt_status check_host(struct nvt_error *err)
{
	struct utsname name;

	uname(&name);
	if (!strcmp(name.machine, "aarch64"))
		return NVT_OK;
	return record_fail(
		err,
		"this host is %s: record runs on an arm64 host with KVM, where the static "
		"nvsim of make record-arm64 runs as it is",
		name.machine);
}

#ifdef HAVE_LIBPERF
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "events.h"
#include "import/live.h"
#include "merge.h"
#include "privileges.h"
#include "probes.h"
#include "process.h"
#include "who.h"
#include "workload.h"

#define BTF_PATH    "/sys/kernel/btf/vmlinux"
#define WAIT_MS	    50
#define SHOW_NS	    100000000u
#define HELD_MAX    (64u << 20) /* bytes that wait for their turn; beyond, order is given up */
#define EC_IABT_LOW 0x20
#define EC_DABT_LOW 0x24

struct recorder {
	const struct record_options *o;
	struct record_result *result;
	struct nvt_error *err;
	char tracefs[256];
	struct record_probe_set probes;
	struct record_events events;
	struct record_who who;
	struct record_workload workload;
	struct record_process process;
	struct record_ring *ring;
	struct record_merge merge;
	struct imp_live *live;
	struct imp_record record; /* the one at hand: it is large */
	uint64_t start_ns, end_ns, shown_ns, last_ns;
	uint64_t ours_count; /* records of the process, or of any that may be chosen */
	char when[32];
};

/* ---- one record ---- */

static enum nvt_status take_sample(struct recorder *r, const struct record_item *item,
				   const void *data)
{
	struct imp_record *record = &r->record;
	bool ours = record_who_is_ours(&r->who, item->pid);
	uint64_t kvm;

	/* Events are switched on and off one by one: what came meanwhile is not whole. */
	if (item->time_ns < r->start_ns || item->time_ns > r->end_ns)
		return NVT_OK;
	r->result->total.event_count++;
	r->ours_count += ours;
	if (!record_events_read(&r->events, data, item->size, ours && r->who.chosen, record,
				&kvm) ||
	    !record_who_keeps(&r->who, record->event, item->pid, kvm))
		return NVT_OK;
	record->time_ns = item->time_ns;
	record->pid = item->tid;
	record->cpu = item->cpu;
	r->result->total.fault_count += record->event == IMP_EV_GUEST_FAULT;
	if (record->event == IMP_EV_EXCEPTION) {
		unsigned int ec = record->v[IMP_ESR] >> 26 & 0x3f;

		r->result->total.injected_count += ec == EC_IABT_LOW || ec == EC_DABT_LOW;
	}
	return imp_live_record(r->live, record);
}

static enum nvt_status take_item(struct recorder *r, const struct record_item *item,
				 const void *data)
{
	if (item->time_ns < r->last_ns)
		r->result->late_count++;
	else
		r->last_ns = item->time_ns;
	switch (item->kind) {
	case RECORD_SAMPLE:
		return take_sample(r, item, data);
	case RECORD_LOST:
		r->result->total.lost_count += item->value;
		return imp_live_lost(r->live, item->time_ns, item->cpu, item->value);
	default:
		record_who_forked(&r->who, (int32_t)item->value, item->pid);
		return NVT_OK;
	}
}

static enum nvt_status take_all(struct recorder *r, uint64_t until)
{
	const struct record_item *item;
	enum nvt_status status = NVT_OK;
	const void *data;

	while (status == NVT_OK && (item = record_merge_take(&r->merge, until, &data)))
		status = take_item(r, item, data);
	if (status == NVT_OK && r->who.out_of_memory)
		return record_fail(r->err, "out of memory");
	return status;
}

/* ---- the loop ---- */

static void show(struct recorder *r, uint64_t now)
{
	r->result->total.elapsed_ns = now - r->start_ns;
	if (!r->o->progress || now < r->shown_ns + SHOW_NS)
		return;
	r->shown_ns = now;
	r->o->progress(r->o->arg, &r->result->total);
}

static bool is_over(struct recorder *r, uint64_t now)
{
	if (*r->o->stop || (r->o->duration_ns && now - r->start_ns >= r->o->duration_ns))
		return true;
	if (r->o->argv)
		return record_workload_over(&r->workload);
	return r->o->pid && record_process_over(&r->process);
}

static int wait_ms(const struct recorder *r, uint64_t now)
{
	uint64_t left;

	if (!r->o->duration_ns)
		return WAIT_MS;
	left = (r->start_ns + r->o->duration_ns - now) / 1000000 + 1;
	return left < WAIT_MS ? (int)left : WAIT_MS;
}

/*
 * What is older than the beginning of the round before has been written by its CPU for certain,
 * and read by now: nothing earlier can come any more.
 */
static enum nvt_status record_all(struct recorder *r)
{
	uint64_t before = 0, now;
	enum nvt_status status = NVT_OK;

	while (status == NVT_OK && (now = record_ring_now(), !is_over(r, now))) {
		record_ring_wait(r->ring, wait_ms(r, now));
		now = record_ring_now();
		if (!record_ring_read(r->ring, &r->merge, now))
			return record_fail(r->err, "out of memory");
		status = take_all(r, r->merge.held_size > HELD_MAX ? now : before);
		before = now;
		show(r, now);
	}
	r->end_ns = record_ring_now();
	record_ring_disable(r->ring);
	if (status == NVT_OK && !record_ring_read(r->ring, &r->merge, UINT64_MAX))
		return record_fail(r->err, "out of memory");
	return status == NVT_OK ? take_all(r, UINT64_MAX) : status;
}

/* Events that were lost after the last one that came have left no record of that. */
static enum nvt_status count_lost(struct recorder *r)
{
	uint64_t *lost = &r->result->total.lost_count;
	uint64_t all = record_ring_lost(r->ring);
	enum nvt_status status;

	if (all <= *lost)
		return NVT_OK;
	status = imp_live_lost(r->live, r->last_ns, UINT16_MAX, all - *lost);
	*lost = all;
	return status;
}

/* ---- beginning and end ---- */

static enum nvt_status choose_whom(struct recorder *r)
{
	enum nvt_status status;

	if (r->o->argv) {
		status = record_workload_fork(&r->workload, r->o->argv, r->err);
		record_who_init(&r->who, RECORD_COMMAND, r->workload.pid);
		return status;
	}
	if (!r->o->pid) {
		record_who_init(&r->who, RECORD_ANY, 0);
		return NVT_OK;
	}
	status = record_process_open(&r->process, r->o->pid, r->err);
	record_who_init(&r->who, RECORD_PROCESS, r->process.pid);
	return status;
}

static enum nvt_status prepare_events(struct recorder *r)
{
	enum nvt_status status = check_host(r->err);

	if (status == NVT_OK)
		status = record_tracefs_find(NULL, r->tracefs, sizeof(r->tracefs), r->err);
	if (status != NVT_OK)
		return status;
	if (r->o->truth)
		status = record_probes_install(&r->probes, r->tracefs, BTF_PATH, r->err);
	else
		record_probes_clean(r->tracefs);
	return status == NVT_OK ? record_events_init(&r->events, r->tracefs, &r->probes, r->err)
				: status;
}

static uint8_t page_shift(void)
{
	return (uint8_t)__builtin_ctzl((unsigned long)sysconf(_SC_PAGESIZE));
}

static enum nvt_status prepare(struct recorder *r)
{
	struct imp_live_options lo = {.output = r->o->output,
				      .tool_version = r->o->tool_version,
				      .level = r->o->level,
				      .page_shift = page_shift()};
	enum nvt_status status = prepare_events(r);

	if (status == NVT_OK)
		status = choose_whom(r);
	if (status != NVT_OK)
		return status;
	r->ring = record_ring_open(r->events.ids, r->events.count, r->err);
	if (!r->ring)
		return r->err->status;
	if (!record_merge_init(&r->merge, record_ring_count(r->ring)))
		return record_fail(r->err, "out of memory");
	r->live = imp_live_open(&lo, &r->result->stats, r->err);
	return r->live ? NVT_OK : r->err->status;
}

static enum nvt_status start(struct recorder *r)
{
	time_t now = time(NULL);
	enum nvt_status status;
	struct tm utc;

	strftime(r->when, sizeof(r->when), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	status = record_ring_enable(r->ring, r->err);
	r->start_ns = record_ring_now();
	if (status != NVT_OK || !r->o->argv)
		return status;
	return record_workload_start(&r->workload, r->o->argv[0], r->err);
}

static void append(char *text, size_t size, const char *word)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s%s", used ? " " : "", word);
}

static void describe_others(struct recorder *r)
{
	struct record_result *result = r->result;

	result->pid = r->who.chosen;
	result->other_count = r->who.other_count;
	for (size_t i = 0; i < r->who.other_count && i < RECORD_OTHERS; i++)
		result->others[i] = r->who.others[i].pid;
	if (r->who.other_count)
		imp_live_warn(r->live,
			      "several VMs ran: that of process %d is kept, %zu others are not",
			      (int)r->who.chosen, r->who.other_count);
}

/* One process may have several VMs, which only the probe on aborts tells apart. */
static void describe_ran(struct recorder *r)
{
	size_t count = record_who_ran(&r->who);

	if (count > 1)
		imp_live_warn(r->live,
			      "%zu VMs ran in process %d: those that were made before the "
			      "recording began are taken for one",
			      count, (int)r->who.chosen);
}

static void describe_late(struct recorder *r)
{
	if (r->result->late_count)
		imp_live_warn(r->live,
			      "%llu records came after later ones of other CPUs: each has the time "
			      "of the one before it",
			      (unsigned long long)r->result->late_count);
}

static void describe_probes(struct recorder *r)
{
	r->result->probe_count = (unsigned int)r->probes.installed_count;
	for (size_t i = 0; i < r->probes.absent_count; i++)
		append(r->result->absent, sizeof(r->result->absent), r->probes.absent[i]->name);
	if (*r->result->absent)
		imp_live_warn(r->live, "probes that the kernel does not take: %s",
			      r->result->absent);
}

/* Events that were recorded and say nothing to a trace, by name. */
static enum nvt_status tell_ignored(struct recorder *r)
{
	struct imp_tep_plan *plan = NULL;
	enum nvt_status status = NVT_OK;

	while (status == NVT_OK && (plan = imp_tep_next(r->events.formats, plan)))
		if (plan->count)
			status = imp_live_ignored(r->live, plan->name, plan->count);
	return status;
}

static uint64_t own_cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* What to do where none of the records that count shows a VM that runs. */
static enum nvt_status no_vm(const struct recorder *r)
{
	const char *where = r->o->argv ? " in the command" : r->o->pid ? " in the process" : "";
	unsigned long long count = r->ours_count;

	if (r->who.other_count)
		return record_fail(r->err,
				   "no VM ran%s: none of its %llu records is a stage-2 fault; VMs "
				   "of other processes ran: -p %d records one",
				   where, count, (int)r->who.others[0].pid);
	return record_fail(r->err,
			   "no VM ran%s: none of %llu records is a stage-2 fault; a VM that is "
			   "idle makes none, record for longer or while it works",
			   where, count);
}

static enum nvt_status finish(struct recorder *r)
{
	char command[512] = "", probes[64] = "";
	struct utsname name;
	struct imp_live_source source = {.kernel = name.release,
					 .machine = name.machine,
					 .clock = "mono_raw",
					 .when = r->when,
					 .command = command,
					 .probes = probes,
					 .cpus = record_ring_count(r->ring),
					 .lost_count = r->result->total.lost_count,
					 .late_count = r->result->late_count,
					 .other_vm_count = r->who.other_count};
	struct imp_live *live = r->live;
	enum nvt_status status = tell_ignored(r);

	if (status != NVT_OK)
		return status;
	if (!imp_live_runs(live))
		return no_vm(r);
	uname(&name);
	if (r->o->argv)
		record_workload_describe(r->o->argv, command, sizeof(command));
	if (r->o->truth)
		snprintf(probes, sizeof(probes), "%zu fprobes, %zu kprobes", r->probes.fprobe_count,
			 r->probes.installed_count - r->probes.fprobe_count);
	describe_others(r);
	describe_ran(r);
	describe_late(r);
	describe_probes(r);
	r->live = NULL;
	return imp_live_finish(live, &source, r->err);
}

/*
 * The events go before the probes that they are of, and those before the command is waited for,
 * in which time people may lose patience.
 */
static void release(struct recorder *r)
{
	if (r->live)
		imp_live_abandon(r->live);
	if (r->ring)
		record_ring_close(r->ring);
	record_merge_free(&r->merge);
	record_process_close(&r->process);
	record_who_free(&r->who);
	record_events_free(&r->events);
	record_probes_remove(&r->probes);
	record_workload_end(&r->workload);
	r->result->command_status = r->workload.status;
}

enum nvt_status record_run(const struct record_options *o, struct record_result *result,
			   struct nvt_error *err)
{
	struct recorder *r = calloc(1, sizeof(*r));
	enum nvt_status status;

	*result = (struct record_result){.pid = 0};
	*err = (struct nvt_error){NVT_OK, ""};
	if (!r)
		return record_fail(err, "out of memory");
	r->o = o;
	r->result = result;
	r->err = err;
	r->end_ns = UINT64_MAX;
	r->probes.lock = -1;
	r->process.fd = -1;
	status = prepare(r);
	if (status == NVT_OK)
		status = start(r);
	if (status == NVT_OK)
		status = record_privileges_drop(err);
	if (status == NVT_OK)
		status = record_all(r);
	if (status == NVT_OK)
		status = count_lost(r);
	if (status == NVT_OK)
		status = finish(r);
	if (status != NVT_OK && err->status == NVT_OK && r->live)
		*err = *imp_live_error(r->live);
	release(r);
	result->cpu_ns = own_cpu_ns();
	free(r);
	return status;
}

#else

enum nvt_status record_run(const struct record_options *o, struct record_result *result,
			   struct nvt_error *err)
{
	(void)o;
	*result = (struct record_result){.pid = 0};
	if (check_host(err) != NVT_OK)
		return NVT_EENV;
	return record_fail(err, "record needs libperf, and this nvsim was built without it: "
				"scripts/setup record, then make");
}

#endif
