/* SPDX-License-Identifier: GPL-2.0-only */
#include "scene_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "names.h"

char *scene_size(char buf[SCENE_SIZE_SIZE], uint64_t size)
{
	static const char units[] = "BKMGT";
	const char *unit = units;

	while (size >= 1024 && size % 1024 == 0 && unit[1]) {
		size /= 1024;
		unit++;
	}
	snprintf(buf, SCENE_SIZE_SIZE, "%" PRIu64 "%c", size, *unit);
	return buf;
}

/* ---- the host ---- */

#define MEMORY_SIZE 64
static char *memory_of(char buf[MEMORY_SIZE], const struct scene *s)
{
	char size[SCENE_SIZE_SIZE];

	if (s->device)
		snprintf(buf, MEMORY_SIZE, "a device's memory");
	else if (s->vma_shift)
		snprintf(buf, MEMORY_SIZE, "hugetlb pages of %s",
			 scene_size(size, 1ull << s->vma_shift));
	else if (s->leaf_shift)
		snprintf(buf, MEMORY_SIZE, "transparent huge pages of %s",
			 scene_size(size, 1ull << s->leaf_shift));
	else
		snprintf(buf, MEMORY_SIZE, "base pages");
	return buf;
}

char *scene_host(char buf[SCENE_TEXT_SIZE], const struct scene *s)
{
	char page[SCENE_SIZE_SIZE], memory[MEMORY_SIZE];

	snprintf(buf, SCENE_TEXT_SIZE, "host with %s pages; L1's memory: %s%s%s%s",
		 scene_size(page, 1ull << (s->page_shift ? s->page_shift : 12)),
		 memory_of(memory, s), s->slot_flags & NVT_SLOT_LOG ? ", writes logged" : "",
		 s->slot_flags & NVT_SLOT_READONLY ? ", slot read-only" : "",
		 s->skew ? ", not congruent with L1's addresses" : "");
	return buf;
}

/* ---- steps ---- */

static const char *permissions(uint64_t attr)
{
	return attr & SCENE_W ? "rw" : attr & SCENE_R ? "r" : "no access";
}

static void text_l1_map(char *buf, const struct scene_step *st)
{
	char leaf[SCENE_SIZE_SIZE], size[SCENE_SIZE_SIZE];

	scene_size(leaf, st->leaf);
	if (!st->attr)
		snprintf(buf, SCENE_TEXT_SIZE, "L1 removes its leaf of %#" PRIx64 " +%s", st->ipa,
			 leaf);
	else if (!st->size || st->size == st->leaf)
		snprintf(buf, SCENE_TEXT_SIZE, "L1 maps %#" PRIx64 " +%s to %#" PRIx64 " %s",
			 st->ipa, leaf, st->out, permissions(st->attr));
	else
		snprintf(buf, SCENE_TEXT_SIZE,
			 "L1 maps %#" PRIx64 " +%s to %#" PRIx64 " %s, leaves of %s", st->ipa,
			 scene_size(size, st->size), st->out, permissions(st->attr), leaf);
}

/* Whether the vCPU of step `i` is in a guest there. */
static bool in_guest(const struct scene *s, size_t i)
{
	uint8_t vcpu = s->steps[i].vcpu;

	while (i--)
		if (s->steps[i].vcpu == vcpu &&
		    (s->steps[i].what == SCENE_ENTER || s->steps[i].what == SCENE_LEAVE))
			return s->steps[i].what == SCENE_ENTER;
	return false;
}

static void text_access(char *buf, const struct scene *s, size_t i)
{
	static const char *const verbs[] = {
		[SCENE_READ] = "reads",
		[SCENE_WRITE] = "writes",
		[SCENE_FETCH] = "runs at",
	};

	snprintf(buf, SCENE_TEXT_SIZE, "%s %s %#" PRIx64, in_guest(s, i) ? "L2" : "L1 itself",
		 verbs[s->steps[i].what], s->steps[i].ipa);
}

static void text_range(char *buf, const struct scene_step *st)
{
	static const char *const verbs[] = {
		[SCENE_UNMAP] = "takes away",
		[SCENE_PROTECT] = "write-protects",
		[SCENE_AGE] = "clears access flags of",
		[SCENE_MOVE] = "moves",
	};
	char size[SCENE_SIZE_SIZE];

	snprintf(buf, SCENE_TEXT_SIZE, "the host %s %#" PRIx64 " +%s", verbs[st->what], st->ipa,
		 scene_size(size, st->size));
}

char *scene_step(char buf[SCENE_TEXT_SIZE], const struct scene *s, size_t i)
{
	const struct scene_step *st = &s->steps[i];

	switch (st->what) {
	case SCENE_L1_MAP:
		text_l1_map(buf, st);
		break;
	case SCENE_ENTER:
		snprintf(buf, SCENE_TEXT_SIZE, "L1 enters L2");
		break;
	case SCENE_LEAVE:
		snprintf(buf, SCENE_TEXT_SIZE, "L2 is left for L1");
		break;
	case SCENE_READ:
	case SCENE_WRITE:
	case SCENE_FETCH:
		text_access(buf, s, i);
		break;
	case SCENE_TLBI:
		snprintf(buf, SCENE_TEXT_SIZE, "L1 invalidates: operand %#" PRIx64, st->xt);
		break;
	case SCENE_UNMAP:
	case SCENE_PROTECT:
	case SCENE_AGE:
	case SCENE_MOVE:
		text_range(buf, st);
		break;
	case SCENE_SLOT:
		snprintf(buf, SCENE_TEXT_SIZE, "the memslot %s%s",
			 st->flags & NVT_SLOT_LOG ? "logs writes" : "does not log writes",
			 st->flags & NVT_SLOT_READONLY ? ", is read-only" : "");
		break;
	case SCENE_DELETE:
		snprintf(buf, SCENE_TEXT_SIZE, "the memslot is deleted");
		break;
	case SCENE_PAUSE:
		snprintf(buf, SCENE_TEXT_SIZE, "%" PRIu64 " s pass", st->size / 1000000000u);
		break;
	case SCENE_EVENT:
		snprintf(buf, SCENE_TEXT_SIZE, "%s", kind_names[st->event->kind]);
		break;
	}
	return buf;
}

/* ---- what came of it ---- */

/* Whether the page that faulted now translates to the host's page behind L1's address. */
static bool right_memory(struct engine *e, uint64_t fault_ipa)
{
	const struct engine_step *step = &e->step;
	bool canonical = step->context == NVT_CANONICAL_CONTEXT;
	struct s2_mmu *mmu = canonical ? &e->vm.canonical : &e->contexts[step->context];
	struct s2_leaf leaf = s2_lookup(&e->vm, mmu, (struct table_ipa){fault_ipa});
	const struct s2_slot *slot = e->machine.port.slot(&e->machine, step->outcome.ipa);
	const struct backing *b = step->backing;
	uint64_t page = ~0ull << e->machine.page_shift, hva;

	if (!leaf.valid || !slot || !b)
		return false;
	hva = slot->uaddr.v + (step->outcome.ipa.v - slot->base.v);
	return ((leaf.pa.v + (fault_ipa - leaf.start.v)) & page) ==
	       ((b->pa + (hva - b->hva)) & page);
}

static void text_delivered(char *buf, struct engine *e, uint64_t fault_ipa)
{
	const struct s2_outcome *out = &e->step.outcome;
	char size[SCENE_SIZE_SIZE];

	switch (out->kind) {
	case S2_MAPPED:
		snprintf(buf, SCENE_TEXT_SIZE, "maps %s%s", scene_size(size, out->map.size),
			 right_memory(e, fault_ipa) ? "" : ", wrong");
		break;
	case S2_RELAXED:
		snprintf(buf, SCENE_TEXT_SIZE, "relaxes %s", scene_size(size, out->map.size));
		break;
	case S2_INJECTED:
		snprintf(buf, SCENE_TEXT_SIZE, "to L1, FSC %#04x",
			 (unsigned int)(out->inject.esr & 0x3f));
		break;
	default:
		snprintf(buf, SCENE_TEXT_SIZE, "%s", outcome_names[out->kind]);
	}
}

char *scene_outcome(char buf[SCENE_TEXT_SIZE], struct engine *e, const struct nvt_event *ev)
{
	buf[0] = 0;
	if (e->step.delivered)
		text_delivered(buf, e, (ev->fault.hpfar & 0xfffffffffff0ull) << 8);
	else if (e->step.avoided)
		snprintf(buf, SCENE_TEXT_SIZE, "no fault");
	return buf;
}
