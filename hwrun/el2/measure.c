/* SPDX-License-Identifier: GPL-2.0-only */
#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

#define RING_ROOM 65536u

/* What is not the handler's, or is maintenance. Marks are summed up in a pause, or at the end. */
#define MARKS	   64u
#define MARKS_FULL (MARKS - 8u) /* a pause and maintenance, begun and ended, still fit */
enum mark_kind { PAUSED, RESUMED, TLB_BEGINS, TLB_ENDS };
struct mark {
	enum mark_kind kind;
	enum hw_phase phase; /* of the handler, at that time */
	struct stamp at;
};

/* Of the marks that are summed up. */
struct sums {
	struct stamp pauses[HW_PHASE_COUNT], maintenance[HW_PHASE_COUNT]; /* by handler's phase */
	unsigned int pause_count[HW_PHASE_COUNT], tlb_count[HW_PHASE_COUNT];
	unsigned int pauses_in_tlb[HW_PHASE_COUNT]; /* no part of pause_count */
	struct stamp paused, from;		    /* where what is not over began */
	bool in_tlb;
};

/* What an empty interruption leaves in the figures: within itself, and around. */
struct toll {
	struct stamp within, around;
};

struct sample {
	uint64_t ordinal;
	enum hw_class class;
	struct stamp phase[HW_PHASE_COUNT]; /* differences */
};

uint64_t measure_counters;

static struct {
	const struct hw_blob *blob;
	struct engine *engine;
	bool live, phases;
	bool has[HW_UNIT_COUNT];
	uint16_t events[HW_EVENTS_MAX]; /* those that the CPU has, in the blob's order */
	uint8_t unit_of[HW_EVENTS_MAX]; /* by counter: what the blob calls it */

	/* The fault at hand. */
	struct stamp begin, slot, backing, end, leave;
	enum hw_phase phase;
	uint32_t pages; /* of the table */
	struct mark marks[MARKS];
	unsigned int mark_count;
	struct sums sums;
	struct toll pause_toll, tlb_toll;
	struct sample now;
	bool arrived, handled;

	struct hw_histogram *histograms[HW_CLASS_COUNT][HW_PHASE_COUNT][HW_UNIT_COUNT];
	struct sample *ring; /* NULL: nobody asked */
	uint64_t ring_count; /* of all that came */
	bool out_of_memory;

	/* What the machine under the handler does itself, and whom it tells. */
	struct s2_port port;
	struct {
		void (*on_tlb)(void *arg, const struct s2_mmu *mmu, enum s2_tlb_op op,
			       struct table_ipa ipa, uint64_t size);
		void (*on_table)(void *arg, bool taken, struct host_pa pa, uint64_t size);
		void (*on_dirty)(void *arg, const struct s2_slot *slot, struct l1_ipa addr);
		void (*on_swap)(void *arg, struct l1_ipa addr, uint64_t word);
		void *on_tlb_arg, *on_table_arg, *on_dirty_arg, *on_swap_arg;
	} machine;
} m;

/* ---- the PMU (Arm ARM D13) ---- */

#define PMCR_E	       (1ull << 0)
#define PMCR_P	       (1ull << 1)
#define PMCR_C	       (1ull << 2)
#define PMCR_LC	       (1ull << 6)
#define PMCNTEN_CYCLES (1ull << 31)
#define FILTER_EL2     (1ull << 31 | 1ull << 30 | 1ull << 27) /* neither EL1 nor EL0, but EL2 */
#define INST_RETIRED   8u

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

void measure_start_cpu(void)
{
	uint64_t i;

	if (!measure_counters)
		return;
	sysreg_write(pmcntenclr_el0, ~0u);
	sysreg_write(pmintenclr_el1, ~0u);
	sysreg_write(pmccfiltr_el0, FILTER_EL2);
	program(0, INST_RETIRED);
	for (i = 1; i < measure_counters; i++)
		program((unsigned int)i, m.events[i - 1]);
	sysreg_write(pmcntenset_el0, PMCNTEN_CYCLES | ((1ull << measure_counters) - 1));
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
			m.events[measure_counters - 1] = blob->pmu_events[i];
			m.unit_of[measure_counters - 1] = (uint8_t)(HW_EVENT + i);
			m.has[HW_EVENT + i] = true;
			measure_counters++;
			room--;
		}
	}
}

static void start_counters(const struct hw_blob *blob)
{
	unsigned int counters = counter_count();

	m.has[HW_TICKS] = true;
	if (!counters) {
		report_absent("pmu", has_pmu() ? "it has no event counters" : "the CPU has none");
		return;
	}
	measure_counters = 1;
	m.has[HW_CYCLES] = true;
	m.has[HW_INSTRUCTIONS] = is_listed(INST_RETIRED);
	if (!m.has[HW_INSTRUCTIONS])
		report_absent("instructions", "the CPU does not count them");
	choose_events(blob, counters - 1);
	measure_start_cpu();
}

/* ---- differences ---- */

/* Event counters have 32 bits, and are read often enough to wrap once at most. */
static uint64_t difference(unsigned int unit, uint64_t from, uint64_t to)
{
	return unit == HW_CYCLES || unit == HW_TICKS ? to - from : (uint32_t)(to - from);
}

static void add_span(struct stamp *sum, const struct stamp *from, const struct stamp *to)
{
	unsigned int u;

	for (u = 0; u < HW_UNIT_COUNT; u++)
		sum->v[u] += difference(u, from->v[u], to->v[u]);
}

/* What is taken away may be an estimate: nothing costs less than nothing. */
static void take_away(struct stamp *sum, const struct stamp *part, unsigned int times)
{
	unsigned int u;

	for (u = 0; u < HW_UNIT_COUNT; u++) {
		uint64_t all = part->v[u] * times;

		sum->v[u] -= all < sum->v[u] ? all : sum->v[u];
	}
}

static struct stamp span(const struct stamp *from, const struct stamp *to)
{
	struct stamp s = {{0}};

	add_span(&s, from, to);
	return s;
}

/* ---- within the handler ---- */

static void set_mark(enum mark_kind kind)
{
	struct mark *mark = &m.marks[m.mark_count++];

	mark->kind = kind;
	mark->phase = m.phase;
	stamp_now(&mark->at);
}

static void sum_mark(struct sums *s, const struct mark *mark)
{
	switch (mark->kind) {
	case PAUSED:
		s->paused = mark->at;
		if (s->in_tlb)
			add_span(&s->maintenance[mark->phase], &s->from, &mark->at);
		break;
	case RESUMED:
		add_span(&s->pauses[mark->phase], &s->paused, &mark->at);
		if (s->in_tlb)
			s->pauses_in_tlb[mark->phase]++;
		else
			s->pause_count[mark->phase]++;
		s->from = mark->at;
		break;
	case TLB_BEGINS:
		s->in_tlb = true;
		s->from = mark->at;
		break;
	case TLB_ENDS:
		add_span(&s->maintenance[mark->phase], &s->from, &mark->at);
		s->tlb_count[mark->phase]++;
		s->in_tlb = false;
		break;
	}
}

static void sum_marks(void)
{
	unsigned int i;

	for (i = 0; i < m.mark_count; i++)
		sum_mark(&m.sums, &m.marks[i]);
	m.mark_count = 0;
}

static void measure_paused(void)
{
	set_mark(PAUSED);
	if (m.mark_count > MARKS_FULL)
		sum_marks();
}

static void measure_resumed(void)
{
	set_mark(RESUMED);
}

static const struct s2_slot *timed_slot(void *ctx, struct l1_ipa addr)
{
	if (m.phase == HW_WALK) {
		stamp_now(&m.slot);
		m.phase = HW_DECIDE;
	}
	return m.port.slot(ctx, addr);
}

static enum s2_host_status timed_backing(void *ctx, const struct s2_slot *slot, struct host_va hva,
					 bool write, struct s2_backing *backing)
{
	enum s2_host_status status = m.port.backing(ctx, slot, hva, write, backing);

	stamp_now(&m.backing);
	if (m.phase == HW_WALK)
		m.slot = m.backing;
	m.phase = HW_MAP;
	return status;
}

static void timed_tlb(void *ctx, const struct s2_mmu *mmu, enum s2_tlb_op op, struct table_ipa ipa,
		      uint64_t size)
{
	if (m.mark_count > MARKS_FULL) {
		measure_paused();
		measure_resumed();
	}
	set_mark(TLB_BEGINS);
	m.port.tlb(ctx, mmu, op, ipa, size);
	set_mark(TLB_ENDS);
}

/* ---- a fault ---- */

void measure_event(void)
{
	m.handled = m.arrived = false;
}

static void prepare(const struct engine_access *a)
{
	m.phase = HW_WALK;
	m.pages = a->mmu->table.page_count;
	m.mark_count = 0;
	memset(&m.sums, 0, sizeof(m.sums));
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

static enum hw_class class_of_mapping(const struct engine_access *a, const struct s2_outcome *out)
{
	if (out->map.prot.contig)
		return HW_MAP_GROUP;
	if (out->map.size >> m.engine->machine.page_shift > 1)
		return HW_MAP_BLOCK;
	return a->mmu->table.page_count == m.pages ? HW_MAP_PAGE : HW_MAP_PAGE_TABLE;
}

static enum hw_class class_of(const struct engine_access *a, const struct s2_outcome *out)
{
	switch (out->kind) {
	case S2_MAPPED:
		return class_of_mapping(a, out);
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

static void add(struct stamp *sum, const struct stamp *part)
{
	unsigned int u;

	for (u = 0; u < HW_UNIT_COUNT; u++)
		sum->v[u] += part->v[u];
}

/* One phase of the handler: its pauses, and its maintenance, which is told apart. */
static void settle(struct stamp *sum, enum hw_phase phase, struct stamp *maintenance)
{
	const struct sums *s = &m.sums;
	struct stamp own = s->maintenance[phase];

	take_away(sum, &s->pauses[phase], 1);
	take_away(sum, &own, 1);
	take_away(sum, &m.pause_toll.around, s->pause_count[phase]);
	take_away(sum, &m.tlb_toll.around, s->tlb_count[phase]);
	take_away(&own, &m.pause_toll.around, s->pauses_in_tlb[phase]);
	take_away(&own, &m.tlb_toll.within, s->tlb_count[phase]);
	add(maintenance, &own);
}

/* From the stamps on the way. */
static void set_phases(void)
{
	struct stamp *phase = m.now.phase;
	const struct stamp *walked = m.phase == HW_WALK ? &m.end : &m.slot;
	const struct stamp *decided = m.phase == HW_MAP ? &m.backing : &m.end;
	unsigned int p;

	phase[HW_WALK] = span(&m.begin, walked);
	phase[HW_DECIDE] = span(walked, decided);
	phase[HW_MAP] = span(decided, &m.end);
	for (p = HW_WALK; p <= HW_MAP; p++)
		settle(&phase[p], p, &phase[HW_MAINTENANCE]);
	for (p = HW_WALK; p <= HW_MAINTENANCE; p++)
		add(&phase[HW_TOTAL], &phase[p]);
}

/* Nothing is stamped on the way but pauses. */
static void set_total(void)
{
	struct stamp *total = &m.now.phase[HW_TOTAL];

	*total = span(&m.begin, &m.end);
	settle(total, HW_WALK, total);
}

/* Apart: what it needs of the stack is not to be made before the last stamp. */
static __attribute__((noinline)) void evaluate(const struct engine_access *a,
					       const struct s2_outcome *out)
{
	memset(&m.now.phase[HW_WALK], 0, (HW_PHASE_COUNT - HW_WALK) * sizeof(struct stamp));
	sum_marks();
	m.now.class = class_of(a, out);
	if (m.phases)
		set_phases();
	else
		set_total();
	m.handled = true;
}

void measure_handler(const struct engine_access *a, struct s2_outcome *out)
{
	prepare(a);
	stamp_from_now(&m.begin);
	s2_handle_abort_into(a->vcpu, &a->trap, out);
	stamp_now(&m.end);
	evaluate(a, out);
}

void measure_arrived(const struct guest *g)
{
	struct stamp *entry = &m.now.phase[HW_ENTRY];

	/* Counters of EL2 stand while the guest runs: so the exception return and the first
	 * instructions after it count. The timer does not stand. */
	*entry = span(&g->leaves, &g->entered);
	entry->v[HW_TICKS] = g->entered.v[HW_TICKS] - g->arrived_ticks;
	m.arrived = true;
}

void measure_return(void)
{
	stamp_from_now(&m.leave);
}

void measure_returned(const struct guest *g)
{
	m.now.phase[HW_RETURN] = span(&m.leave, &g->left);
}

/* ---- samples ---- */

static void add_value(unsigned int phase, unsigned int unit, uint64_t value)
{
	struct hw_histogram **h = &m.histograms[m.now.class][phase][unit];

	if (!*h)
		*h = calloc(1, sizeof(**h));
	if (*h)
		hw_histogram_add(*h, value);
	else
		m.out_of_memory = true;
}

static bool has_phase(unsigned int phase)
{
	if (phase == HW_TOTAL)
		return true;
	if (!m.phases)
		return false;
	return m.live || (phase != HW_ENTRY && phase != HW_RETURN);
}

/* Events have their places in the order of counters until here. */
static void name_events(struct stamp *s)
{
	uint64_t v[HW_EVENTS_MAX] = {0};
	uint64_t i;

	for (i = 1; i < measure_counters; i++)
		v[m.unit_of[i - 1] - HW_EVENT] = s->v[HW_EVENT + i - 1];
	memcpy(&s->v[HW_EVENT], v, sizeof(v));
}

static void keep(void)
{
	unsigned int p, u;

	for (p = 0; p < HW_PHASE_COUNT; p++) {
		if (!has_phase(p))
			continue;
		name_events(&m.now.phase[p]);
		for (u = 0; u < HW_UNIT_COUNT; u++)
			if (m.has[u])
				add_value(p, u, m.now.phase[p].v[u]);
	}
	if (m.ring)
		m.ring[m.ring_count % RING_ROOM] = m.now;
	m.ring_count++;
}

void measure_done(uint64_t ordinal)
{
	unsigned int u;

	if (m.handled && (m.arrived || !m.live)) {
		m.now.ordinal = ordinal;
		if (m.live)
			for (u = 0; u < HW_UNIT_COUNT; u++)
				m.now.phase[HW_TOTAL].v[u] +=
					m.now.phase[HW_ENTRY].v[u] + m.now.phase[HW_RETURN].v[u];
		keep();
	}
	measure_event();
	memset(&m.now, 0, sizeof(m.now));
}

/* ---- start ---- */

/* The checker's ears: what it does when it is told is not the handler's work. */

static void quiet_tlb(void *arg, const struct s2_mmu *mmu, enum s2_tlb_op op, struct table_ipa ipa,
		      uint64_t size)
{
	(void)arg;
	measure_paused();
	m.machine.on_tlb(m.machine.on_tlb_arg, mmu, op, ipa, size);
	measure_resumed();
}

static void quiet_table(void *arg, bool taken, struct host_pa pa, uint64_t size)
{
	(void)arg;
	measure_paused();
	m.machine.on_table(m.machine.on_table_arg, taken, pa, size);
	measure_resumed();
}

static void quiet_dirty(void *arg, const struct s2_slot *slot, struct l1_ipa addr)
{
	(void)arg;
	measure_paused();
	m.machine.on_dirty(m.machine.on_dirty_arg, slot, addr);
	measure_resumed();
}

static void quiet_swap(void *arg, struct l1_ipa addr, uint64_t word)
{
	(void)arg;
	measure_paused();
	m.machine.on_swap(m.machine.on_swap_arg, addr, word);
	measure_resumed();
}

static void pause_checker(struct machine *machine)
{
	m.machine.on_tlb = machine->on_tlb;
	m.machine.on_tlb_arg = machine->on_tlb_arg;
	m.machine.on_table = machine->on_table;
	m.machine.on_table_arg = machine->on_table_arg;
	m.machine.on_dirty = machine->on_dirty;
	m.machine.on_dirty_arg = machine->on_dirty_arg;
	m.machine.on_swap = machine->on_swap;
	m.machine.on_swap_arg = machine->on_swap_arg;
	machine->on_tlb = quiet_tlb;
	machine->on_table = quiet_table;
	machine->on_dirty = quiet_dirty;
	machine->on_swap = quiet_swap;
}

static void time_port(struct s2_port *port)
{
	m.port = *port;
	port->slot = timed_slot;
	port->backing = timed_backing;
	port->tlb = timed_tlb;
}

/* ---- what interruptions cost themselves ---- */

#define TRIES 16u

static void no_tlb(void *ctx, const struct s2_mmu *mmu, enum s2_tlb_op op, struct table_ipa ipa,
		   uint64_t size)
{
	(void)ctx, (void)mmu, (void)op, (void)ipa, (void)size;
}

typedef void interruption(void *arg, const struct s2_mmu *mmu, enum s2_tlb_op op,
			  struct table_ipa ipa, uint64_t size);

static struct stamp span_of(interruption *volatile call)
{
	struct stamp from = {{0}}, to = {{0}};

	m.mark_count = 0;
	stamp_from_now(&from);
	if (call)
		call(NULL, NULL, S2_TLB_IPA, (struct table_ipa){0}, 0);
	stamp_now(&to);
	return span(&from, &to);
}

static void lower(struct stamp *least, const struct stamp *s)
{
	unsigned int u;

	for (u = 0; u < HW_UNIT_COUNT; u++)
		if (s->v[u] < least->v[u])
			least->v[u] = s->v[u];
}

/*
 * The least of some tries: what is certainly not the handler's. Without measuring there would be
 * a call of `instead`, or none.
 */
static struct toll toll_of(interruption *call, interruption *instead)
{
	struct toll least;
	unsigned int i;

	memset(&least, 0xff, sizeof(least));
	for (i = 0; i < TRIES; i++) {
		struct stamp without = span_of(instead), around = span_of(call);
		struct stamp within = span(&m.marks[0].at, &m.marks[1].at);

		take_away(&around, &within, 1);
		take_away(&around, &without, 1);
		lower(&least.within, &within);
		lower(&least.around, &around);
	}
	return least;
}

/* Before the machine's hooks and port are known. */
static void set_tolls(void)
{
	m.machine.on_tlb = no_tlb;
	m.port.tlb = no_tlb;
	m.pause_toll = toll_of(quiet_tlb, NULL);
	m.tlb_toll = toll_of(timed_tlb, no_tlb);
	m.mark_count = 0;
}

bool measure_start(const struct hw_blob *blob, struct engine *e)
{
	m.blob = blob;
	m.engine = e;
	m.live = blob->mode == HW_LIVE;
	m.phases = !(blob->flags & HW_NO_PHASES);
	start_counters(blob);
	set_tolls();
	if (m.phases)
		time_port(&e->machine.port);
	if (e->check)
		pause_checker(&e->machine);
	if (blob->flags & HW_SAMPLES)
		m.ring = calloc(RING_ROOM, sizeof(*m.ring));
	return m.ring || !(blob->flags & HW_SAMPLES);
}

/* ---- report ---- */

static void begin_of(struct hw_line **line, const char *type, unsigned int class,
		     unsigned int phase, unsigned int unit)
{
	*line = frame_begin(type);
	hw_line_text(*line, "class", hw_classes[class].name);
	hw_line_text(*line, "phase", hw_phases[phase].name);
	hw_line_text(*line, "unit", hw_units[unit].name);
}

static void send_cost(unsigned int class, unsigned int phase, unsigned int unit,
		      const struct hw_histogram *h)
{
	struct hw_line *line;

	begin_of(&line, "cost", class, phase, unit);
	hw_line_number(line, "n", h->n);
	hw_line_number(line, "min", h->min);
	hw_line_number(line, "max", h->max);
	hw_line_number(line, "sum", h->sum);
	hw_line_number(line, "p50", hw_histogram_rank(h, 500));
	hw_line_number(line, "p90", hw_histogram_rank(h, 900));
	hw_line_number(line, "p99", hw_histogram_rank(h, 990));
	frame_send(line);
}

#define BUCKETS_TEXT 800u

static void send_histogram(unsigned int class, unsigned int phase, unsigned int unit,
			   const struct hw_histogram *h)
{
	unsigned int i = 0;

	while (i < HW_BUCKET_COUNT) {
		char text[BUCKETS_TEXT];
		size_t used = 0;
		struct hw_line *line;

		for (; i < HW_BUCKET_COUNT && used < sizeof(text) - 40; i++)
			if (h->bucket[i])
				used += (size_t)snprintf(text + used, sizeof(text) - used,
							 "%s%llu:%lu", used ? "," : "",
							 (unsigned long long)hw_bucket_low(i),
							 (unsigned long)h->bucket[i]);
		if (!used)
			return;
		begin_of(&line, "histogram", class, phase, unit);
		hw_line_text(line, "buckets", text);
		frame_send(line);
	}
}

static void send_sample(const struct sample *s)
{
	struct hw_line *line = frame_begin("sample");
	unsigned int u, p;

	hw_line_number(line, "ordinal", s->ordinal);
	hw_line_text(line, "class", hw_classes[s->class].name);
	for (u = 0; u < HW_UNIT_COUNT; u++) {
		char text[160];
		size_t used = 0;

		if (!m.has[u])
			continue;
		for (p = 0; p < HW_PHASE_COUNT; p++)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%llu",
						 p ? "," : "",
						 (unsigned long long)s->phase[p].v[u]);
		hw_line_text(line, hw_units[u].name, text);
	}
	frame_send(line);
}

static void send_samples(void)
{
	uint64_t i = m.ring_count > RING_ROOM ? m.ring_count - RING_ROOM : 0;

	for (; i < m.ring_count; i++)
		send_sample(&m.ring[i % RING_ROOM]);
}

void measure_report(void)
{
	unsigned int c, p, u;

	for (c = 0; c < HW_CLASS_COUNT; c++)
		for (p = 0; p < HW_PHASE_COUNT; p++)
			for (u = 0; u < HW_UNIT_COUNT; u++) {
				const struct hw_histogram *h = m.histograms[c][p][u];

				if (!h)
					continue;
				send_cost(c, p, u, h);
				send_histogram(c, p, u, h);
			}
	if (m.ring)
		send_samples();
	if (m.out_of_memory)
		report_absent("histogram", "no memory is left for all of them");
}
