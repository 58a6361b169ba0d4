/* SPDX-License-Identifier: GPL-2.0-only */
/* Counting, while the stream runs; metrics_table.c makes figures of the counts. */
#include "metrics.h"

#include <stdlib.h>
#include <string.h>

#include "tally.h"

bool metrics_init(struct metrics *m, unsigned int page_shift, enum nvt_class class)
{
	*m = (struct metrics){.page_shift = page_shift, .class = class};
	return pages_init(&m->pages, page_shift) && pages_init(&m->dropped, page_shift);
}

void metrics_destroy(struct metrics *m)
{
	pages_destroy(&m->pages);
	pages_destroy(&m->dropped);
	free(m->contexts);
}

bool metrics_clone(struct metrics *to, const struct metrics *from)
{
	*to = *from;
	to->contexts = NULL;
	to->dropped = (struct pages){0};
	if (!pages_clone(&to->pages, &from->pages) || !pages_clone(&to->dropped, &from->dropped))
		return false;
	if (!from->contexts)
		return true;
	to->contexts = calloc(from->context_room, sizeof(*to->contexts));
	if (!to->contexts)
		return false;
	memcpy(to->contexts, from->contexts, from->context_count * sizeof(*to->contexts));
	return true;
}

static bool is_context(const struct metrics_context *c, const struct s2_mmu *mmu)
{
	return c->vttbr == mmu->vttbr && c->vtcr == mmu->vtcr;
}

/* A number for a pair of keys: contexts are recycled, what they stood for is not. */
static inline __attribute__((always_inline)) uint32_t context_id(struct metrics *m,
								 const struct s2_mmu *mmu)
{
	uint32_t *recent = &m->context_recent[mmu->index % METRICS_RECENT];
	uint32_t i;

	if (*recent < m->context_count && is_context(&m->contexts[*recent], mmu))
		return *recent;
	for (i = m->context_count; i--;)
		if (is_context(&m->contexts[i], mmu))
			return *recent = i;
	if (m->context_count == m->context_room) {
		uint32_t room = m->context_room * 2 + 16;
		void *p =
			room < 1u << 16 ? realloc(m->contexts, room * sizeof(*m->contexts)) : NULL;

		if (!p) {
			m->pages.full = true;
			return 0;
		}
		m->contexts = p;
		m->context_room = room;
	}
	m->contexts[m->context_count] = (struct metrics_context){mmu->vttbr, mmu->vtcr};
	return *recent = m->context_count++;
}

static void count_walk(struct metrics *m, const struct s2_walk *w)
{
	unsigned int reads = w->reads < WALK_READS_MAX ? w->reads : WALK_READS_MAX - 1;

	if (w->status == S2_WALK_OK)
		m->walk_reads[reads]++;
	else
		m->walk_reads_failed[reads]++;
}

static void count_injection(struct metrics *m, uint64_t esr)
{
	unsigned int fsc = esr & 0x3f;
	static const enum metrics_inject class_of[16] = {
		INJECT_SIZE,	   INJECT_TRANSLATION, INJECT_ACCESS_FLAG,
		INJECT_PERMISSION, INJECT_SEA,	       INJECT_SEA,
	};

	m->injected[class_of[fsc >> 2]][fsc & 3]++;
}

static unsigned int log2_u64(uint64_t v)
{
	return 63 - (unsigned int)__builtin_clzll(v);
}

static void count_fill(struct metrics *m, uint32_t context, const struct s2_outcome *out)
{
	uint64_t pages = out->map.size >> m->page_shift;
	unsigned int l1 = log2_u64(out->walk.leaf_size), own = log2_u64(out->map.size);
	struct s2_limits limits;

	m->fills++;
	m->leaves_touched +=
		pages_touch_leaf(&m->pages, context, out->map.addr.v & ~(out->walk.leaf_size - 1));
	if (out->kind != S2_MAPPED)
		return;
	limits = s2_size_limits(out->size);
	m->clamp[limits.clamp].faults++;
	m->clamp[limits.clamp].bytes += out->map.size;
	m->mapped_bytes += out->map.size;
	m->sound_bytes += limits.sound_max;
	m->splinter_pages += l1 > own ? pages * (l1 - own) : 0;
	pages_mark_mapped(&m->pages, context, out->map.addr.v, out->map.size);
	if (m->dropped_count)
		m->host_refaults += pages_exchange_mapped(&m->dropped, context, out->map.addr.v,
							  out->map.size, false);
}

void metrics_fault(struct metrics *m, enum metrics_scope scope, const struct s2_mmu *mmu,
		   uint64_t fault_ipa, const struct s2_outcome *out)
{
	uint32_t context;

	m->delivered[scope]++;
	m->outcome[scope][out->kind]++;
	if (scope != SCOPE_SHADOW)
		return;
	if (out->filled)
		m->rule_reads += out->size->out.reads;
	context = context_id(m, mmu);
	m->refaults += pages_was_mapped(&m->pages, context, fault_ipa);
	if (out->shadow)
		count_walk(m, &out->walk);
	if (out->kind == S2_INJECTED)
		count_injection(m, out->inject.esr);
	else if (out->filled && (out->kind == S2_MAPPED || out->kind == S2_RELAXED))
		count_fill(m, context, out);
}

__attribute__((cold)) void metrics_dropped(struct metrics *m, const struct s2_mmu *mmu,
					   uint64_t start, uint64_t size)
{
	if (!mmu->enabled)
		return;
	m->dropped_count++;
	pages_exchange_mapped(&m->dropped, context_id(m, mmu), start, size, true);
}

/* What stood until now counts for the time that it stood. */
static void pass_time(struct metrics *m, uint64_t now_ns)
{
	uint64_t elapsed = now_ns - m->last_ns;

	if (m->last_ns) {
		m->block_time += (unsigned __int128)m->block_bytes * elapsed;
		m->total_time += (unsigned __int128)m->total_bytes * elapsed;
	}
	m->last_ns = now_ns;
}

static void sum_tables(struct metrics *m)
{
	m->block_bytes = m->leaf_bytes[1] + m->leaf_bytes[2];
	m->total_bytes = m->block_bytes + m->leaf_bytes[3];
	if (m->table_pages_now > m->table_pages_peak)
		m->table_pages_peak = m->table_pages_now;
}

void metrics_tables(struct metrics *m, const struct s2_vm *vm, uint64_t now_ns)
{
	uint16_t i;
	int level;

	pass_time(m, now_ns);
	m->table_pages_now = 0;
	for (level = 0; level < 4; level++)
		m->leaf_bytes[level] = 0;
	for (i = 0; i < vm->context_count; i++) {
		const struct s2_mmu *mmu = &vm->contexts[i];

		m->table_pages_now += mmu->table.page_count;
		for (level = 1; level < 4 && s2_mmu_valid(mmu) && mmu->enabled; level++)
			m->leaf_bytes[level] += mmu->table.leaf_count[level]
						<< s2_level_shift(m->page_shift, level);
	}
	sum_tables(m);
}

void metrics_table_changed(struct metrics *m, const struct metrics_leaves *before,
			   const struct s2_table *now, uint64_t now_ns)
{
	int level;

	pass_time(m, now_ns);
	m->table_pages_now += now->page_count - before->pages;
	for (level = 1; level < 4; level++)
		m->leaf_bytes[level] += (now->leaf_count[level] - before->count[level])
					<< s2_level_shift(m->page_shift, level);
	sum_tables(m);
}

void metrics_sweep(struct metrics_sweep *s, uint64_t asked, const struct s2_swept *done)
{
	s->asked += asked;
	s->unmapped += done->bytes;
	s->visited += done->visited;
	s->leaves += done->leaves;
	s->give_ups += done->gave_up;
}

uint64_t metrics_added(struct metrics_seen *seen, const struct metrics *m,
		       uint64_t outcome[S2_OUTCOME_COUNT])
{
	const uint64_t recorded[S2_OUTCOME_COUNT] = {[S2_INJECTED] = m->recorded_injected};
	bool partial = m->class == NVT_PARTIAL;
	const uint64_t *now = partial ? recorded : m->outcome[SCOPE_SHADOW];
	uint64_t faults = partial ? m->recorded[SCOPE_SHADOW] : m->delivered[SCOPE_SHADOW];
	uint64_t added = faults - seen->faults;

	if (!added)
		return 0;
	for (unsigned int k = 0; k < S2_OUTCOME_COUNT; k++)
		outcome[k] = now[k] - seen->outcome[k];
	seen->faults = faults;
	memcpy(seen->outcome, now, sizeof(seen->outcome));
	return added;
}
