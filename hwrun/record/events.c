/* SPDX-License-Identifier: GPL-2.0-only */
#include "events.h"

#ifdef HAVE_LIBPERF
#include <errno.h>
#include <event-parse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "tracing.h"

/* The first one has to be there; each of the others only adds. */
static const char *const tracepoints[] = {
	"kvm_guest_fault",  "kvm_nested_eret", "kvm_inject_nested_exception",
	"kvm_access_fault", "kvm_mmio",	       "kvm_unmap_hva_range",
	"kvm_age_hva",	    "kvm_entry",       "kvm_exit",
};

/* Parses the format of an event, whose id goes to the list. False: the kernel has no such event. */
static bool add(struct record_events *e, const char *tracefs, const char *system, const char *name,
		struct tep_event **event)
{
	char file[128];
	size_t size;
	char *text;

	snprintf(file, sizeof(file), "events/%s/%s/format", system, name);
	text = record_tracefs_read(tracefs, file, &size);
	if (!text)
		return false;
	/* A line for printing that it does not understand is no matter. */
	tep_parse_event(e->tep, text, size, system);
	free(text);
	*event = tep_find_event_by_name(e->tep, system, name);
	if (*event && e->count < RECORD_EVENTS_MAX)
		e->ids[e->count++] = (*event)->id;
	return *event;
}

static enum nvt_status no_tracepoints(const char *tracefs, struct nvt_error *err)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/events/kvm", tracefs);
	if (!access(path, F_OK))
		return record_fail(err,
				   "%s has no readable kvm_guest_fault: run as root, on an "
				   "arm64 host with KVM",
				   path);
	if (errno == EACCES)
		return record_fail(err, "%s: %s; run as root", path, strerror(errno));
	return record_fail(err,
			   "no tracepoints of KVM in %s/events: it needs a kernel with KVM, "
			   "booted at EL2",
			   tracefs);
}

static enum nvt_status add_tracepoints(struct record_events *e, const char *tracefs,
				       struct nvt_error *err)
{
	struct tep_event *event;

	for (size_t i = 0; i < sizeof(tracepoints) / sizeof(tracepoints[0]); i++)
		if (!add(e, tracefs, "kvm", tracepoints[i], &event) && !i)
			return no_tracepoints(tracefs, err);
	return NVT_OK;
}

static enum nvt_status add_probes(struct record_events *e, const char *tracefs,
				  const struct record_probe_set *set, struct nvt_error *err)
{
	struct tep_format_field *field;
	struct tep_event *event;

	for (size_t i = 0; i < set->installed_count; i++) {
		const char *name = set->installed[i]->name;

		if (!add(e, tracefs, RECORD_GROUP, name, &event))
			return record_fail(err, "--truth: the probe %s has no readable format",
					   name);
		if (strcmp(name, "abort"))
			continue;
		field = tep_find_field(event, "kvm");
		if (!field || field->size != sizeof(uint64_t))
			continue;
		e->abort_id = event->id;
		e->kvm_offset = field->offset;
	}
	return NVT_OK;
}

enum nvt_status record_events_init(struct record_events *e, const char *tracefs,
				   const struct record_probe_set *set, struct nvt_error *err)
{
	enum nvt_status status;

	*e = (struct record_events){.tep = tep_alloc()};
	if (!e->tep)
		return record_fail(err, "out of memory");
	tep_set_loglevel(TEP_LOG_NONE);
	tep_set_long_size(e->tep, sizeof(long));
	tep_set_page_size(e->tep, (int)sysconf(_SC_PAGESIZE));
	status = add_tracepoints(e, tracefs, err);
	if (status == NVT_OK)
		status = add_probes(e, tracefs, set, err);
	if (status != NVT_OK)
		return status;
	e->formats = imp_tep_new(e->tep);
	return e->formats ? NVT_OK : record_fail(err, "out of memory");
}

void record_events_free(struct record_events *e)
{
	if (e->formats)
		imp_tep_free(e->formats);
	if (e->tep)
		tep_free(e->tep);
}

/* The VM's pointer: a field that the importer knows, or one that only the recorder asked for. */
static uint64_t kvm_of(const struct record_events *e, int id, const struct imp_record *r,
		       const unsigned char *data, size_t size)
{
	uint64_t kvm = 0;

	if (r->has >> IMP_KVM & 1)
		return r->v[IMP_KVM];
	if (e->abort_id && id == e->abort_id && (size_t)e->kvm_offset + sizeof(kvm) <= size)
		memcpy(&kvm, data + e->kvm_offset, sizeof(kvm));
	return kvm;
}

bool record_events_read(struct record_events *e, const void *data, size_t size, bool of_vm,
			struct imp_record *r, uint64_t *kvm)
{
	struct imp_tep_plan *plan;
	uint16_t id;

	/* common_type, the first field of every event */
	if (size < sizeof(id))
		return false;
	memcpy(&id, data, sizeof(id));
	plan = imp_tep_plan(e->formats, id);
	if (!plan)
		return false;
	if (plan->known == IMP_EV_NONE || plan->missing ||
	    imp_tep_read(e->formats, plan, data, size, r) != IMP_TEP_RECORD) {
		plan->count += of_vm;
		return false;
	}
	*kvm = kvm_of(e, id, r, data, size);
	return true;
}

#endif
