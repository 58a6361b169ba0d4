/* SPDX-License-Identifier: GPL-2.0-only */
/* The stream: the generator itself, its clock, and the events that are not L1's doing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "gen/internal.h"

/* HCR_EL2 of L1 while its guest runs: VM SWIO PTW FMO IMO AMO FB BSU TWI TSC TIDCP TSW RW E2H */
#define HCR_GUEST   0x48058263full
#define SCTLR_L1    0x30c5183dull
#define PSTATE_EL1H 0x3c5ull
#define PSTATE_EL2H 0x3c9ull

/* A timer with 100 MHz. */
#define TICK_NS	       10
#define EVENT_NS       200
#define TOUCH_MIN_NS   500
#define TOUCH_RANGE_NS 2500

/* Touches that a vCPU makes before another one is likely to be seen. */
#define BURST_MAX      64
#define PROGRESS_EVERY 65536

void gen_emit(struct nvt_gen *g, struct nvt_event *ev, uint64_t ns)
{
	if (g->status != NVT_OK)
		return;
	g->now_ns += ns;
	ev->time_ns = g->now_ns;
	g->stats.event_count++;
	g->stats.kind_count[ev->kind]++;
	g->status = g->sink(g->sink_arg, ev, g->err);
}

void gen_context(struct nvt_gen *g, const struct vcpu *v, enum nvt_context_reason reason)
{
	bool hyp = reason == NVT_EXCEPTION;
	struct nvt_event ev = {
		.vcpu = v->index,
		.kind = NVT_CONTEXT,
		.context = {.reason = (uint8_t)reason,
			    .flags = hyp ? NVT_CONTEXT_HYP : 0,
			    .vttbr = v->guest->vttbr,
			    .vtcr = g->vtcr,
			    .hcr = HCR_GUEST,
			    .sctlr = SCTLR_L1,
			    .pstate = hyp ? PSTATE_EL2H : PSTATE_EL1H},
	};

	gen_emit(g, &ev, EVENT_NS);
}

void gen_mark(struct nvt_gen *g, const char *text)
{
	struct nvt_event ev = {.kind = NVT_MARK,
			       .mark = {.text = text, .length = (uint32_t)strlen(text)}};

	gen_emit(g, &ev, 0);
}

void gen_backing(struct nvt_gen *g, const struct extent *e)
{
	unsigned int page = g->geo.page_shift, leaf = g->geo.back_shift[e->back_kind];
	struct nvt_event ev = {
		.kind = NVT_BACKING,
		.backing = {.hva = HVA_BASE + e->l1_ipa,
			    .size = e->size,
			    .pa = e->pa,
			    .vma_shift = (uint8_t)(e->back_kind <= BACK_THP ? page : leaf),
			    .leaf_shift = (uint8_t)leaf,
			    .flags = NVT_BACKING_WRITABLE,
			    .origin = NVT_GIVEN},
	};

	/* With larger pages, 1G are contiguous entries of the level below (spec 0.2). */
	if (e->back_kind == BACK_1G && page != 12)
		ev.backing.leaf_shift = (uint8_t)(2 * page - 3);
	gen_emit(g, &ev, 0);
}

static void emit_slot(struct nvt_gen *g)
{
	struct nvt_event ev = {
		.kind = NVT_SLOT,
		.slot = {.base = RAM_BASE,
			 .size = g->l1_end - RAM_BASE,
			 .uaddr = HVA_BASE + RAM_BASE,
			 .change = NVT_SLOT_CREATE},
	};

	gen_emit(g, &ev, 0);
}

/* The machine before the first access: memory, then every vCPU enters its guest. */
void gen_preamble(struct nvt_gen *g)
{
	struct extent tables = {g->tables.base, g->l1_end - g->tables.base, BIT(g->o.pa_bits - 1),
				BACK_BASE};
	char text[80];

	emit_slot(g);
	gen_backing(g, &tables);
	for (uint64_t i = 0; i < g->extent_count; i++)
		gen_backing(g, &g->extents[i]);
	snprintf(text, sizeof(text), "generated: %s, seed %llu", gen_patterns[g->o.pattern].name,
		 (unsigned long long)g->o.seed);
	gen_mark(g, text);
	for (uint64_t i = 0; i < g->o.vcpus; i++)
		gen_context(g, &g->vcpus[i], NVT_ERET);
}

/* ---- touches ---- */

/* Which page: the first free one where the pattern wants it. */
static uint64_t choose_page(struct nvt_gen *g, const struct vcpu *v, enum access *access)
{
	struct pick pick = gen_patterns[g->o.pattern].pick(g, v);
	uint64_t page = freemap_next(&v->guest->free, pick.start);

	*access = pick.access;
	if (page >= pick.start && page < pick.end)
		return page;
	if (pick.end == v->guest->page_count)
		return page;
	/* A part of the guest's memory is mapped as a whole: it goes on elsewhere. */
	*access = ACCESS_CLEAR;
	return freemap_next(&v->guest->free, v->cursor);
}

static bool l1_maps(const struct nvt_gen *g, const struct chunk *c, uint64_t offset)
{
	return g->tables.now[c->link] & g->tables.now[gen_leaf_entry(g, c, offset)] & 1;
}

static void emit_touch(struct nvt_gen *g, struct nvt_event *ev)
{
	uint64_t ns = TOUCH_MIN_NS + rng_below(&g->rng, TOUCH_RANGE_NS / TICK_NS + 1) * TICK_NS;

	g->stats.touch_count++;
	gen_emit(g, ev, ns);
}

/*
 * One access of a page that `page` has not mapped; two where L1 does not map
 * it either, and has to do so in between.
 */
static void touch(struct nvt_gen *g, struct vcpu *v)
{
	struct nvt_event ev = {.vcpu = v->index, .kind = NVT_TOUCH};
	unsigned int shift = CHUNK_SHIFT - g->geo.page_shift;
	enum access access;
	uint64_t page = choose_page(g, v, &access);
	const struct chunk *c = &v->guest->chunks[page >> shift];
	uint64_t offset = (page & (BIT(shift) - 1)) << g->geo.page_shift;

	gen_access(g, access, c->ipa + offset, &ev.fault);
	emit_touch(g, &ev);
	if (!l1_maps(g, c, offset)) {
		g->stats.injected_count++;
		if (g->stats.touch_count == g->o.faults)
			return;
		gen_l1_maps(g, v, c, offset);
		emit_touch(g, &ev);
	}
	freemap_remove(&v->guest->free, page);
	v->cursor = page + 1 < v->guest->page_count ? page + 1 : 0;
}

/* A register of the device is read or written: a fault under every policy. */
static void touch_device(struct nvt_gen *g, const struct vcpu *v)
{
	struct nvt_event ev = {.vcpu = v->index, .kind = NVT_TOUCH};
	enum access access = rng_next(&g->rng) >> 63 ? ACCESS_READ : ACCESS_WRITE;

	gen_access(g, access, DEVICE_BASE, &ev.fault);
	emit_touch(g, &ev);
}

/* A timer, an interrupt: L2 is left and entered again, its memory stays. */
static void maybe_exit(struct nvt_gen *g, struct vcpu *v)
{
	if (!v->until_exit || --v->until_exit)
		return;
	gen_context(g, v, NVT_EXCEPTION);
	gen_context(g, v, NVT_ERET);
	/* Half to one and a half times the mean. */
	v->until_exit = g->o.exit_every / 2 + 1 + rng_next(&g->rng) % g->o.exit_every;
}

/*
 * The host takes a range away and brings it back elsewhere. The invalidation
 * policy `whole` empties every context by that; the others unmap less and find
 * some of what follows mapped.
 */
static void maybe_host_unmap(struct nvt_gen *g, const struct vcpu *v)
{
	struct extent *e;
	struct nvt_event ev = {.vcpu = v->index, .kind = NVT_HOST_UNMAP};

	if (!g->until_host_unmap || --g->until_host_unmap)
		return;
	g->until_host_unmap = g->o.host_unmap_every;
	e = &g->extents[rng_below(&g->rng, g->unmappable_count)];
	ev.range = (struct nvt_range){e->l1_ipa, e->size};
	gen_emit(g, &ev, EVENT_NS);
	e->pa ^= BIT(g->o.pa_bits - 2);
	gen_backing(g, e);
	for (uint64_t i = 0; i < g->o.guests; i++)
		freemap_add_range(&g->guests[i].free, 0, g->guests[i].page_count);
}

static void step(struct nvt_gen *g, struct vcpu *v)
{
	if (v->guest->free.count <= v->guest->low_mark) {
		if (!g->saturated)
			gen_mark(g, "the footprint is used up");
		g->saturated = true;
		gen_l1_reclaims(g, v);
	}
	maybe_host_unmap(g, v);
	maybe_exit(g, v);
	if (g->o.mmio && rng_below(&g->rng, 100) < g->o.mmio)
		touch_device(g, v);
	else
		touch(g, v);
}

enum nvt_status nvt_gen_run(struct nvt_gen *g, nvt_gen_sink_fn *sink, void *sink_arg,
			    nvt_progress_fn *progress, void *progress_arg, struct nvt_error *err)
{
	uint64_t shown = 0;

	g->sink = sink;
	g->sink_arg = sink_arg;
	g->err = err;
	gen_preamble(g);
	while (g->status == NVT_OK && g->stats.touch_count < g->o.faults) {
		struct vcpu *v = &g->vcpus[rng_below(&g->rng, g->o.vcpus)];
		uint64_t burst = g->o.vcpus == 1 ? BURST_MAX : 1 + rng_below(&g->rng, BURST_MAX);

		while (burst-- && g->status == NVT_OK && g->stats.touch_count < g->o.faults)
			step(g, v);
		if (progress && g->stats.touch_count - shown >= PROGRESS_EVERY) {
			shown = g->stats.touch_count;
			progress(progress_arg, shown, g->o.faults);
		}
	}
	return g->status;
}

/* ---- the generator ---- */

static enum nvt_status prepare(struct nvt_gen *g, struct nvt_error *err)
{
	enum nvt_status status = nvt_gen_check(&g->o, err);

	if (status != NVT_OK)
		return status;
	rng_seed(&g->rng, g->o.seed);
	gen_geometry(g);
	g->until_host_unmap = g->o.host_unmap_every;
	status = gen_layout(g, err);
	if (status == NVT_OK)
		status = gen_tables(g, err);
	return status == NVT_OK ? gen_initial_words(g, err) : status;
}

struct nvt_gen *nvt_gen_open(const struct nvt_gen_options *o, struct nvt_error *err)
{
	struct nvt_gen *g = calloc(1, sizeof(*g));

	if (!g) {
		nvt_fail(err, NVT_ENOMEM, "out of memory");
		return NULL;
	}
	g->o = *o;
	if (prepare(g, err) == NVT_OK)
		return g;
	nvt_gen_close(g);
	return NULL;
}

void nvt_gen_close(struct nvt_gen *g)
{
	if (!g)
		return;
	for (uint64_t i = 0; g->guests && i < g->o.guests; i++)
		freemap_free(&g->guests[i].free);
	free(g->guests);
	free(g->chunks);
	free(g->extents);
	free(g->vcpus);
	free(g->tables.now);
	free(g->tables.want);
	free(g->l1mem);
	free(g);
}

void nvt_gen_stats(const struct nvt_gen *g, struct nvt_gen_stats *stats)
{
	*stats = g->stats;
}
