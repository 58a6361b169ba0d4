/* SPDX-License-Identifier: GPL-2.0-only */
#include "measure.h"

#include <string.h>

#include "phases.h"
#include "pmu.h"
#include "samples.h"
#include "stamp.h"

static struct {
	bool live, apart;
	unsigned int page_shift;
	bool has[HW_PHASE_COUNT];

	/* The fault at hand. */
	struct stamp leave;
	struct sample now;
	bool arrived, handled;
} m;

/* ---- a fault ---- */

void measure_event(void)
{
	m.handled = m.arrived = false;
}

static enum hw_class class_of_injection(uint64_t esr)
{
	switch (esr & 0x3c) {
	case 0x04:
		return HW_INJECT_TRANSLATION;
	case 0x0c:
		return HW_INJECT_PERMISSION;
	default:
		return HW_INJECT_OTHER;
	}
}

static enum hw_class class_of_mapping(const struct engine_access *a, const struct s2_outcome *out,
				      uint32_t pages)
{
	if (out->map.prot.contig)
		return HW_MAP_GROUP;
	if (out->map.size >> m.page_shift > 1)
		return HW_MAP_BLOCK;
	return a->mmu->table.page_count == pages ? HW_MAP_PAGE : HW_MAP_PAGE_TABLE;
}

/* pages: of the table, before the fault. */
static enum hw_class class_of(const struct engine_access *a, const struct s2_outcome *out,
			      uint32_t pages)
{
	switch (out->kind) {
	case S2_MAPPED:
		return class_of_mapping(a, out, pages);
	case S2_RELAXED:
		return HW_RELAX;
	case S2_INJECTED:
		return class_of_injection(out->inject.esr);
	case S2_INJECTED_SEA:
	case S2_INJECTED_SIZE:
	case S2_INJECTED_EXCL:
	case S2_INJECTED_SERROR:
		return HW_INJECT_OTHER;
	case S2_MMIO:
	case S2_EXIT_NISV:
	case S2_EXIT_LDST64B:
		return HW_MMIO;
	case S2_AF_SET:
		return HW_ACCESS_FLAG;
	case S2_RETRY:
		return HW_RETRY;
	default:
		return HW_OTHER;
	}
}

/* Where phases are not told apart, the first has been all of them. */
static void set_total(struct stamp *phase)
{
	unsigned int p;

	memset(&phase[HW_TOTAL], 0, sizeof(phase[HW_TOTAL]));
	for (p = HW_WALK; p <= HW_MAINTENANCE; p++)
		stamp_add(&phase[HW_TOTAL], &phase[p]);
	if (!m.apart)
		memset(&phase[HW_WALK], 0, sizeof(phase[HW_WALK]));
}

void measure_handler(const struct engine_access *a, struct s2_outcome *out)
{
	uint32_t pages = a->mmu->table.page_count;

	phases_of_handler(a, out, m.now.phase);
	m.now.class = class_of(a, out, pages);
	set_total(m.now.phase);
	m.handled = true;
}

void measure_arrived(const struct guest *g)
{
	struct stamp *entry = &m.now.phase[HW_ENTRY];

	/* Counters of EL2 stand while the guest runs: so the exception return and the first
	 * instructions after it count. The timer does not stand. */
	*entry = stamp_span(&g->leaves, &g->entered);
	entry->v[HW_TICKS] = g->entered.v[HW_TICKS] - g->arrived_ticks;
	m.arrived = true;
}

void measure_return(void)
{
	stamp_from_now(&m.leave);
}

void measure_returned(const struct guest *g)
{
	m.now.phase[HW_RETURN] = stamp_span(&m.leave, &g->left);
}

/* The fault is through: all that is known of it is one sample. */
static void keep(uint64_t ordinal)
{
	struct stamp *phase = m.now.phase;
	unsigned int p;

	m.now.ordinal = ordinal;
	if (m.live) {
		stamp_add(&phase[HW_TOTAL], &phase[HW_ENTRY]);
		stamp_add(&phase[HW_TOTAL], &phase[HW_RETURN]);
	}
	for (p = 0; p < HW_PHASE_COUNT; p++)
		pmu_name_events(&phase[p]);
	samples_add(&m.now, m.has);
}

void measure_done(uint64_t ordinal)
{
	if (m.handled && (m.arrived || !m.live))
		keep(ordinal);
	measure_event();
	memset(&m.now, 0, sizeof(m.now));
}

/* ---- start and end ---- */

static bool has_phase(unsigned int phase)
{
	if (phase == HW_TOTAL)
		return true;
	if (!m.apart)
		return false;
	return m.live || (phase != HW_ENTRY && phase != HW_RETURN);
}

bool measure_start(const struct hw_blob *blob, struct engine *e)
{
	unsigned int p;

	m.page_shift = e->machine.page_shift;
	m.live = blob->mode == HW_LIVE;
	m.apart = !(blob->flags & HW_NO_PHASES);
	for (p = 0; p < HW_PHASE_COUNT; p++)
		m.has[p] = has_phase(p);
	pmu_start(blob);
	phases_start(e, m.apart);
	return samples_start(blob->flags & HW_SAMPLES);
}
