/* SPDX-License-Identifier: GPL-2.0-only */
/* The PMU (Arm ARM D13). */
#include "pmu.h"

#include <stdio.h>
#include <string.h>

#include "cpu.h"
#include "report.h"

#define PMCR_E	       (1ull << 0)
#define PMCR_P	       (1ull << 1)
#define PMCR_C	       (1ull << 2)
#define PMCR_LC	       (1ull << 6)
#define PMCNTEN_CYCLES (1ull << 31)
#define FILTER_EL2     (1ull << 31 | 1ull << 30 | 1ull << 27) /* neither EL1 nor EL0, but EL2 */
#define INST_RETIRED   8u

uint64_t pmu_counters;
bool pmu_has[HW_UNIT_COUNT];

/* Events besides instructions, by counter. */
static struct {
	uint16_t number;
	uint8_t unit; /* what the blob calls it */
} counted[HW_EVENTS_MAX];

static bool has_pmu(void)
{
	unsigned int version = field(sysreg_read(id_aa64dfr0_el1), 8, 4);

	return version != 0 && version != 15;
}

static unsigned int counter_count(void)
{
	return has_pmu() ? field(sysreg_read(pmcr_el0), 11, 5) : 0;
}

/* Common events are listed; what lies beyond is taken on trust. */
static bool is_listed(unsigned int event)
{
	uint64_t set = event & 32 ? sysreg_read(pmceid1_el0) : sysreg_read(pmceid0_el0);

	if (event < 64)
		return set >> (event & 31) & 1;
	if (event >= 0x4000 && event < 0x4040)
		return set >> (32 + (event & 31)) & 1;
	return true;
}

static void program(unsigned int counter, uint64_t event)
{
	sysreg_write(pmselr_el0, counter);
	isb();
	sysreg_write(pmxevtyper_el0, FILTER_EL2 | event);
	isb();
}

void pmu_start_cpu(void)
{
	uint64_t i;

	if (!pmu_counters)
		return;
	sysreg_write(pmcntenclr_el0, ~0u);
	sysreg_write(pmintenclr_el1, ~0u);
	sysreg_write(pmccfiltr_el0, FILTER_EL2);
	program(0, INST_RETIRED);
	for (i = 1; i < pmu_counters; i++)
		program((unsigned int)i, counted[i - 1].number);
	sysreg_write(pmcntenset_el0, PMCNTEN_CYCLES | ((1ull << pmu_counters) - 1));
	sysreg_write(pmcr_el0, PMCR_LC | PMCR_C | PMCR_P | PMCR_E);
	isb();
}

static void choose_events(const struct hw_blob *blob, unsigned int room)
{
	uint32_t i;

	for (i = 0; i < blob->pmu_event_count; i++) {
		char what[16];

		snprintf(what, sizeof(what), "event%u", (unsigned int)i);
		if (!room) {
			report_absent(what, "the CPU has no counter left for it");
		} else if (!is_listed(blob->pmu_events[i])) {
			report_absent(what, "the CPU does not count it");
		} else {
			counted[pmu_counters - 1].number = blob->pmu_events[i];
			counted[pmu_counters - 1].unit = (uint8_t)(HW_EVENT + i);
			pmu_has[HW_EVENT + i] = true;
			pmu_counters++;
			room--;
		}
	}
}

void pmu_start(const struct hw_blob *blob)
{
	unsigned int counters = counter_count();

	pmu_has[HW_TICKS] = true;
	if (!counters) {
		report_absent("pmu", has_pmu() ? "it has no event counters" : "the CPU has none");
		return;
	}
	pmu_counters = 1;
	pmu_has[HW_CYCLES] = true;
	pmu_has[HW_INSTRUCTIONS] = is_listed(INST_RETIRED);
	if (!pmu_has[HW_INSTRUCTIONS])
		report_absent("instructions", "the CPU does not count them");
	choose_events(blob, counters - 1);
	pmu_start_cpu();
}

void pmu_name_events(struct stamp *s)
{
	uint64_t v[HW_EVENTS_MAX] = {0};
	uint64_t i;

	for (i = 1; i < pmu_counters; i++)
		v[counted[i - 1].unit - HW_EVENT] = s->v[HW_EVENT + i - 1];
	memcpy(&s->v[HW_EVENT], v, sizeof(v));
}
