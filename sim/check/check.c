/* SPDX-License-Identifier: GPL-2.0-only */
#include "checker.h"

#include <stdlib.h>
#include <string.h>

static struct check *new_with(const struct nvt_machine *machine, enum nvt_class class,
			      const struct check_options *options, const struct check_view *view)
{
	struct check *c = calloc(1, sizeof(*c));
	uint32_t i;

	if (!c)
		return NULL;
	c->machine = *machine;
	c->class = class;
	c->options = *options;
	c->view = *view;
	c->vcpu_count = machine->vcpu_count ? machine->vcpu_count : 1;
	c->vcpus = calloc(c->vcpu_count, sizeof(*c->vcpus));
	c->contexts = calloc((size_t)view->context_count + 1, sizeof(*c->contexts));
	if (!c->vcpus || !c->contexts) {
		check_free(c);
		return NULL;
	}
	for (i = 0; i < view->context_count; i++)
		c->contexts[i].index = (uint16_t)i;
	c->contexts[i].index = NVT_CANONICAL_CONTEXT;
	return c;
}

struct check *check_new(const struct nvt_machine *machine, enum nvt_class class,
			const struct check_options *options, const struct check_view *view)
{
	struct check *c = new_with(machine, class, options, view);

	if (c && (!host_init(&c->host) || !l1_init(&c->l1))) {
		check_free(c);
		return NULL;
	}
	if (c)
		c->host.fold = view->fold;
	return c;
}

void check_free(struct check *c)
{
	if (!c)
		return;
	tables_free(c);
	l1_free(&c->l1);
	host_free(&c->host);
	free(c->contexts);
	free(c->vcpus);
	free(c);
}

static void copy_scalars(struct check *to, const struct check *from)
{
	to->result = from->result;
	to->event = from->event;
	to->ordinal = from->ordinal;
	to->time_ns = from->time_ns;
	to->timed = from->timed;
	to->started = from->started;
	to->flag_set = from->flag_set;
	to->audit = from->audit;
	to->since_audit = from->since_audit;
	to->audit_entries = from->audit_entries;
	memcpy(to->vcpus, from->vcpus, from->vcpu_count * sizeof(*from->vcpus));
	memcpy(to->contexts, from->contexts,
	       ((size_t)from->view.context_count + 1) * sizeof(*from->contexts));
}

struct check *check_clone(const struct check *c, const struct check_view *view)
{
	struct check *copy = new_with(&c->machine, c->class, &c->options, view);

	if (!copy)
		return NULL;
	copy_scalars(copy, c);
	if (!host_copy(&copy->host, &c->host) || !l1_copy(&copy->l1, &c->l1) ||
	    !tables_copy(copy, c)) {
		check_free(copy);
		return NULL;
	}
	return copy;
}

void check_l1mem(struct check *c, const struct nvt_word *words, size_t count)
{
	size_t i;

	for (i = 0; i < count && !c->result.out_of_memory; i++)
		if (!l1_set_word(&c->l1, words[i].addr, words[i].value))
			check_out_of_memory(c);
}

/* Whole tables are looked at where that has become cheap against the rest. */
#define AUDIT_AFTER   65536u
#define AUDIT_ENTRIES 4u

static bool audit_due(const struct check *c)
{
	if (c->options.large_alone)
		return false;
	if (c->options.audit_every)
		return c->since_audit >= c->options.audit_every;
	return c->since_audit > AUDIT_AFTER && c->since_audit > AUDIT_ENTRIES * c->audit_entries;
}

static inline bool is_access(const struct nvt_event *ev)
{
	return ev->kind == NVT_FAULT || ev->kind == NVT_TOUCH;
}

void check_before(struct check *c, const struct nvt_event *ev, uint64_t ordinal)
{
	if (c->result.out_of_memory)
		return;
	c->event = ev;
	c->ordinal = ordinal;
	if (c->options.large_alone && is_access(ev)) {
		c->time_ns = ev->time_ns;
		return;
	}
	tables_start(c);
	stream_event(c, ev);
}

void check_after(struct check *c, const struct nvt_event *ev)
{
	if (c->result.out_of_memory || (c->options.large_alone && is_access(ev)))
		return;
	switch (ev->kind) {
	case NVT_TLBI:
		tlbi_after(c, &ev->tlbi);
		break;
	case NVT_HOST_UNMAP:
	case NVT_WRITE_PROTECT:
	case NVT_SLOT:
		duties_done(c);
		break;
	default:
		break;
	}
	c->since_audit++;
	if (audit_due(c))
		tables_audit(c);
	c->event = NULL;
}

void check_end(struct check *c)
{
	if (c->result.out_of_memory || c->options.large_alone)
		return;
	tables_start(c);
	tables_audit(c);
}

static bool fills(const struct check_fault *f)
{
	return f->did == CHECK_DID_MAP || f->did == CHECK_DID_RELAX || f->did == CHECK_DID_TRY;
}

static bool is_large(const struct check *c, const struct check_fault *f)
{
	return fills(f) && f->size >> c->machine.page_shift > 1;
}

void check_fault(struct check *c, const struct check_fault *f)
{
	if (c->result.out_of_memory)
		return;
	if (c->flag_set)
		fault_set_flag(c, f);
	if (!c->options.large_alone || is_large(c, f))
		fault_check(c, f);
	/* An abort that is injected may enter L1, too; who runs is told by what comes next. */
	if (!fills(f) && f->context != NVT_CANONICAL_CONTEXT && f->vcpu < c->vcpu_count)
		c->vcpus[f->vcpu].runs_l1 = UNKNOWN;
}

void check_dirty(struct check *c, uint64_t l1_ipa)
{
	if (!c->result.out_of_memory && !host_mark_dirty(&c->host, l1_ipa >> c->machine.page_shift))
		check_out_of_memory(c);
}

void check_access_flag(struct check *c, uint64_t l1_ipa, uint64_t word)
{
	if (c->result.out_of_memory)
		return;
	c->walked.walk.ok = false;
	if (c->class != NVT_FULL)
		c->flag_set = true;
	else if (!l1_set_word(&c->l1, l1_ipa, word))
		check_out_of_memory(c);
}

void check_vcpu_runs(struct check *c, uint16_t vcpu, bool hyp)
{
	if (vcpu < c->vcpu_count)
		c->vcpus[vcpu].runs_l1 = hyp ? YES : NO;
}
