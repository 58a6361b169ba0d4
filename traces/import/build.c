/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The queue between assembly and emission. A fault holds back what follows it
 * until its last record is there, so that its event can stand where it took
 * effect and yet have the whole truth.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import/build.h"
#include "import/l1side.h"

/* A fault that is open for longer than this is let go without its end. */
#define HELD_BACK_MAX 65536u
/* Before the first fault nothing can be let go: it is not known which VM is meant. */
#define BEFORE_FIRST_MAX 65536u

enum nvt_status imp_fail(struct imp_builder *b, enum nvt_status status, const char *format, ...)
{
	size_t used = 0;
	va_list args;

	if (b->at.number)
		used = (size_t)snprintf(b->err->text, sizeof(b->err->text),
					"%s: %s %llu: ", b->at.file, b->at.unit,
					(unsigned long long)b->at.number);
	else
		used = (size_t)snprintf(b->err->text, sizeof(b->err->text), "%s: ", b->at.file);
	if (used < sizeof(b->err->text)) {
		va_start(args, format);
		vsnprintf(b->err->text + used, sizeof(b->err->text) - used, format, args);
		va_end(args);
	}
	b->err->status = status;
	return status;
}

enum nvt_status imp_no_memory(struct imp_builder *b)
{
	return imp_fail(b, NVT_ENOMEM, "out of memory");
}

/* The same fact is told once; a list that grows without bound helps nobody. */
#define WARNINGS_MAX 64u

void imp_warn(struct imp_builder *b, const char *format, ...)
{
	char text[256];
	char **bigger;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (size_t i = 0; i < b->warning_count; i++)
		if (!strcmp(b->warnings[i], text))
			return;
	if (b->warning_count >= WARNINGS_MAX)
		return;
	bigger = realloc(b->warnings, (b->warning_count + 1) * sizeof(*bigger));
	if (!bigger)
		return;
	b->warnings = bigger;
	bigger[b->warning_count] = strdup(text);
	if (bigger[b->warning_count])
		b->warning_count++;
}

enum nvt_status imp_builder_init(struct imp_builder *b, const struct nvt_import_options *options,
				 struct nvt_import_stats *stats, struct nvt_error *err)
{
	*b = (struct imp_builder){.options = options,
				  .stats = stats,
				  .err = err,
				  .chosen = IMP_NO_VM,
				  .at.file = options->input,
				  .at.unit = "line"};
	imp_map_init(&b->vm_of, sizeof(uint64_t));
	imp_map_init(&b->mmu_of, sizeof(struct imp_mmu));
	imp_map_init(&b->vcpu_of, sizeof(uint64_t));
	imp_leaves_init(&b->leaves);
	imp_backing_init(&b->backing, 12);
	b->queue_size = 256;
	b->queue = calloc(b->queue_size, sizeof(*b->queue));
	return b->queue ? NVT_OK : imp_no_memory(b);
}

static struct imp_entry *entry_at(const struct imp_builder *b, uint64_t ordinal)
{
	return &b->queue[ordinal & (b->queue_size - 1)];
}

void imp_builder_free(struct imp_builder *b)
{
	for (uint64_t i = b->queue_head; i != b->queue_tail; i++)
		free(entry_at(b, i)->text);
	for (size_t i = 0; i < b->ignored_kinds; i++)
		free(b->ignored[i].name);
	for (size_t i = 0; i < b->warning_count; i++)
		free(b->warnings[i]);
	free(b->queue);
	free(b->ignored);
	free(b->warnings);
	free(b->registers);
	imp_leaves_free(&b->leaves);
	imp_backing_free(&b->backing);
	imp_l1_free(b->l1);
	imp_world_free(b);
}

static bool grow_queue(struct imp_builder *b)
{
	size_t size = b->queue_size * 2;
	struct imp_entry *bigger = calloc(size, sizeof(*bigger));

	if (!bigger)
		return false;
	for (uint64_t i = b->queue_head; i != b->queue_tail; i++)
		bigger[i & (size - 1)] = *entry_at(b, i);
	free(b->queue);
	b->queue = bigger;
	b->queue_size = size;
	return true;
}

struct imp_entry *imp_append(struct imp_builder *b, uint16_t vm, uint8_t kind, uint64_t time_ns)
{
	struct imp_entry *e;

	if (b->queue_tail - b->queue_head == b->queue_size && !grow_queue(b))
		return NULL;
	e = entry_at(b, b->queue_tail++);
	e->event = (struct nvt_event){.time_ns = time_ns, .kind = kind};
	e->text = NULL;
	e->vm = vm;
	e->open = false;
	e->none = false;
	return e;
}

struct imp_entry *imp_end_flush(struct imp_builder *b, uint16_t vm)
{
	struct imp_vm *v = &b->vms[vm];
	struct imp_entry *e;

	if (!v->flushing)
		return NULL;
	v->flushing = false;
	e = entry_at(b, v->flush);
	e->open = false;
	return e;
}

/* A flush that no change of the slot followed: the host had another reason. */
static void drop_flush(struct imp_builder *b, uint16_t vm)
{
	struct imp_entry *e = imp_end_flush(b, vm);

	if (e)
		e->none = true;
}

static uint16_t event_vcpu(const struct imp_vcpu *v)
{
	return v->index == IMP_NO_INDEX ? 0 : v->index;
}

enum nvt_status imp_place(struct imp_builder *b, struct imp_vcpu *v, uint64_t time_ns)
{
	struct imp_entry *e;

	if (v->fault.queued)
		return NVT_OK;
	e = imp_append(b, v->vm, NVT_FAULT, time_ns);
	if (!e)
		return imp_no_memory(b);
	e->event.vcpu = event_vcpu(v);
	e->open = true;
	v->fault.place = b->queue_tail - 1;
	v->fault.queued = true;
	return NVT_OK;
}

enum nvt_status imp_finish(struct imp_builder *b, struct imp_vcpu *v, uint64_t time_ns)
{
	struct imp_fault *f = &v->fault;
	enum nvt_status status;
	struct imp_entry *e;

	if (!f->open)
		return NVT_OK;
	status = imp_place(b, v, time_ns);
	if (status != NVT_OK)
		return status;
	e = entry_at(b, f->place);
	e->event.fault = f->fault;
	e->truth = f->truth;
	e->stage2 = f->stage2;
	e->vttbr = f->vttbr;
	e->vtcr = f->vtcr;
	e->open = false;
	f->open = false;
	if (!f->light && !(f->truth.has & NVT_TRUTH_RET))
		b->stats->unfinished_count++;
	return NVT_OK;
}

enum nvt_status imp_flush_pending(struct imp_builder *b, struct imp_vcpu *v, uint64_t time_ns)
{
	struct imp_entry *e;

	if (!v->pending)
		return NVT_OK;
	e = imp_append(b, v->vm, NVT_CONTEXT, time_ns);
	if (!e)
		return imp_no_memory(b);
	e->event.vcpu = event_vcpu(v);
	e->event.context = (struct nvt_context){
		.reason = (uint8_t)(v->pending - 1),
		.flags = (uint8_t)(NVT_CONTEXT_NO_REGS |
				   (v->hyp == IMP_HYP_YES ? NVT_CONTEXT_HYP : 0)),
		.hcr = v->pending_hcr,
		.pstate = v->pending_pstate};
	v->pending = 0;
	return NVT_OK;
}

/* Lets go of the fault or slot at the head of the queue, whose end does not come. */
static enum nvt_status release_head(struct imp_builder *b, uint64_t time_ns)
{
	for (size_t i = 0; i < b->vm_count; i++)
		if (b->vms[i].flush == b->queue_head)
			drop_flush(b, (uint16_t)i);
	for (size_t i = 0; i < b->vcpu_count; i++) {
		struct imp_fault *f = &b->vcpus[i].fault;

		if (f->open && f->queued && f->place == b->queue_head)
			return imp_finish(b, &b->vcpus[i], time_ns);
	}
	return NVT_OK;
}

static enum nvt_status emit_head(struct imp_builder *b)
{
	struct imp_entry *e = entry_at(b, b->queue_head);
	enum nvt_status status = NVT_OK;

	if (!e->none && !b->several && (e->vm == b->chosen || e->vm == IMP_ANY_VM))
		status = imp_emit(b, e);
	free(e->text);
	e->text = NULL;
	b->queue_head++;
	return status;
}

/* Page numbers mean nothing before the first VTCR, and no earlier event tells the page size. */
static bool awaits_page_size(const struct imp_builder *b, uint64_t held)
{
	return !b->emitting && !b->ended && held <= HELD_BACK_MAX &&
	       !imp_page_known(&b->vms[b->chosen]);
}

static enum nvt_status drain(struct imp_builder *b, uint64_t time_ns)
{
	uint64_t held = b->queue_tail - b->queue_head;
	enum nvt_status status = NVT_OK;

	if (b->chosen == IMP_NO_VM) {
		if (held < BEFORE_FIRST_MAX)
			return NVT_OK;
		return imp_fail(b, NVT_EINPUT, "no stage-2 fault in the first %llu events",
				(unsigned long long)held);
	}
	if (awaits_page_size(b, held))
		return NVT_OK;
	if (b->emitting && imp_page_shift(&b->vms[b->chosen]) != b->backing.page_shift)
		return imp_fail(b, NVT_EINPUT,
				"VTCR tells other pages than the %u KiB that %llu events before "
				"it were read with",
				1u << (b->backing.page_shift - 10),
				(unsigned long long)b->stats->event_count);
	if (held > HELD_BACK_MAX)
		status = release_head(b, time_ns);
	while (status == NVT_OK && b->queue_head != b->queue_tail &&
	       !entry_at(b, b->queue_head)->open)
		status = emit_head(b);
	return status;
}

enum nvt_status imp_record(struct imp_builder *b, const struct imp_record *r)
{
	enum nvt_status status;

	if (r->time_ns < b->last_ns)
		return imp_fail(b, NVT_EINPUT,
				"time goes back by %llu us; give the file `trace` or a trace-cmd "
				"file rather than what trace_pipe printed",
				(unsigned long long)(b->last_ns - r->time_ns) / 1000);
	b->last_ns = r->time_ns;
	b->stats->record_count++;
	b->known_count[r->event]++;
	if (b->tap)
		return b->tap(b, r);
	status = imp_l1_advance(b, r->time_ns);
	if (status == NVT_OK)
		status = imp_events[r->event].handle(b, r);
	return status == NVT_OK ? drain(b, r->time_ns) : status;
}

enum nvt_status imp_lost(struct imp_builder *b, uint64_t time_ns, uint16_t cpu, uint64_t count)
{
	struct imp_entry *e;

	if (b->tap) {
		imp_l1_lost(b->l1, count);
		return NVT_OK;
	}
	if (time_ns < b->last_ns)
		time_ns = b->last_ns;
	/* The end of a fault on that CPU may be among what is lost. */
	for (size_t i = 0; i < b->vcpu_count; i++) {
		enum nvt_status status = NVT_OK;

		if (b->vcpus[i].cpu == cpu)
			status = imp_finish(b, &b->vcpus[i], time_ns);
		if (status != NVT_OK)
			return status;
	}
	e = imp_append(b, IMP_ANY_VM, NVT_LOST, time_ns);
	if (!e)
		return imp_no_memory(b);
	e->event.lost = (struct nvt_lost){.count = count, .cpu = cpu};
	b->last_ns = time_ns;
	return drain(b, time_ns);
}

enum nvt_status imp_ignored(struct imp_builder *b, const char *name, size_t length, uint64_t count)
{
	struct imp_name_count *bigger;

	b->stats->record_count += count;
	b->stats->ignored_count += count;
	for (size_t i = 0; i < b->ignored_kinds; i++) {
		if (!strncmp(b->ignored[i].name, name, length) && !b->ignored[i].name[length]) {
			b->ignored[i].count += count;
			return NVT_OK;
		}
	}
	bigger = realloc(b->ignored, (b->ignored_kinds + 1) * sizeof(*bigger));
	if (!bigger)
		return imp_no_memory(b);
	b->ignored = bigger;
	bigger[b->ignored_kinds].name = strndup(name, length);
	bigger[b->ignored_kinds].count = count;
	if (!bigger[b->ignored_kinds].name)
		return imp_no_memory(b);
	b->ignored_kinds++;
	return NVT_OK;
}

static bool chosen_runs(const struct imp_builder *b)
{
	return b->chosen != IMP_NO_VM && b->vms[b->chosen].fault_count;
}

enum nvt_status imp_end(struct imp_builder *b)
{
	enum nvt_status status = NVT_OK;

	b->at.number = 0;
	b->ended = true;
	for (size_t i = 0; i < b->vm_count; i++)
		drop_flush(b, (uint16_t)i);
	for (size_t i = 0; i < b->vcpu_count && status == NVT_OK; i++) {
		status = imp_finish(b, &b->vcpus[i], b->last_ns);
		if (status == NVT_OK)
			status = imp_flush_pending(b, &b->vcpus[i], b->last_ns);
	}
	if (status != NVT_OK)
		return status;
	imp_l1_end(b);
	if (b->several || (b->options->vm && !chosen_runs(b)))
		return imp_several_vms(b);
	if (b->chosen == IMP_NO_VM)
		return imp_fail(b, NVT_EINPUT,
				"no stage-2 fault (abort or kvm_guest_fault) in %llu events",
				(unsigned long long)b->stats->record_count);
	return drain(b, b->last_ns);
}
