/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The metrics: what each is called, what it means, and how it is made of the
 * counts. A figure that the data does not support is absent, with the reason;
 * none is ever guessed.
 */
#include <jansson.h>
#include <stdio.h>

#include "metrics.h"
#include "names.h"

static const char no_shadow_fault[] = "no shadow fault";
static const char no_mapping[] = "no mapping was made in a shadow table";
static const char out_of_memory[] = "out of memory";
static const char partial[] = "trace class partial: neither L1's tables nor the host's backing are "
			      "recorded";

static json_t *integer(uint64_t v)
{
	return json_integer((json_int_t)v);
}

static void put(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

static json_t *absent_because(const char **absent, const char *why)
{
	*absent = why;
	return NULL;
}

static json_t *ratio(uint64_t part, uint64_t whole, const char **absent, const char *why)
{
	return whole ? json_real((double)part / (double)whole) : absent_because(absent, why);
}

/* ---- walks and injections ---- */

/* Depths that no walk had are left out: a histogram of one entry reads as one. */
static json_t *reads_histogram(const uint64_t reads[WALK_READS_MAX])
{
	json_t *value = json_object(), *histogram = json_object();
	uint64_t walks = 0, sum = 0;
	char key[4];

	for (unsigned int i = 0; i < WALK_READS_MAX; i++) {
		if (!reads[i])
			continue;
		walks += reads[i];
		sum += reads[i] * i;
		snprintf(key, sizeof(key), "%u", i);
		put(histogram, key, integer(reads[i]));
	}
	put(value, "walks", integer(walks));
	if (walks)
		put(value, "mean", json_real((double)sum / (double)walks));
	put(value, "histogram", histogram);
	return value;
}

static uint64_t sum_of(const uint64_t *v, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += v[i];
	return sum;
}

static json_t *walk_depth(const struct metrics *m, const char **absent)
{
	json_t *value;

	if (!sum_of(m->walk_reads, WALK_READS_MAX) && !sum_of(m->walk_reads_failed, WALK_READS_MAX))
		return absent_because(absent, "no walk of L1's stage 2");
	value = reads_histogram(m->walk_reads);
	put(value, "failing", reads_histogram(m->walk_reads_failed));
	return value;
}

static json_t *injections_by_class(const struct metrics *m)
{
	json_t *classes = json_object();

	for (unsigned int c = 0; c < INJECT_CLASS_COUNT; c++) {
		json_t *class, *levels;

		if (!sum_of(m->injected[c], 4))
			continue;
		class = json_object();
		levels = json_array();
		for (unsigned int level = 0; level < 4; level++)
			json_array_append_new(levels, integer(m->injected[c][level]));
		put(class, "faults", integer(sum_of(m->injected[c], 4)));
		put(class, "levels", levels);
		put(classes, inject_names[c], class);
	}
	return classes;
}

/* A partial trace has the injections that were recorded, but not what a walk would say of them. */
static json_t *injection_rate(const struct metrics *m, const char **absent)
{
	bool recorded = m->class == NVT_PARTIAL;
	uint64_t faults = recorded ? m->recorded[SCOPE_SHADOW] : m->delivered[SCOPE_SHADOW];
	uint64_t injected = recorded ? m->recorded_injected
				     : sum_of(&m->injected[0][0], 4 * INJECT_CLASS_COUNT);
	json_t *value;

	if (!faults)
		return absent_because(absent, no_shadow_fault);
	value = json_object();
	put(value, "ratio", json_real((double)injected / (double)faults));
	put(value, "injected", integer(injected));
	put(value, "faults", integer(faults));
	if (!recorded)
		put(value, "by_class", injections_by_class(m));
	return value;
}

/* ---- sizes ---- */

/* Either half may be missing: nothing mapped at the end, or no time that passed. */
static json_t *block_share(const struct metrics *m, const char **absent)
{
	json_t *value;

	if (!m->total_bytes && !m->total_time)
		return absent_because(absent, no_mapping);
	value = json_object();
	if (m->total_bytes)
		put(value, "end", json_real((double)m->block_bytes / (double)m->total_bytes));
	if (m->total_time)
		put(value, "time_weighted",
		    json_real((double)m->block_time / (double)m->total_time));
	return value;
}

static json_t *block_effectiveness(const struct metrics *m, const char **absent)
{
	return ratio(m->mapped_bytes, m->sound_bytes, absent, no_mapping);
}

/* Counted in pages, which keeps the sum of logarithms an integer and exact. */
static json_t *splintering(const struct metrics *m, const char **absent)
{
	return ratio(m->splinter_pages, m->mapped_bytes >> m->page_shift, absent, no_mapping);
}

static json_t *rule_reads(const struct metrics *m, const char **absent)
{
	if (!m->rule_reads)
		return absent_because(absent, "the policy looked at no further leaf of L1");
	return ratio(m->rule_reads, m->fills, absent, no_mapping);
}

static json_t *clamped_by(const struct metrics *m, const char **absent)
{
	json_t *value;

	if (!m->mapped_bytes)
		return absent_because(absent, no_mapping);
	value = json_object();
	for (unsigned int c = 0; c < S2_CLAMP_COUNT; c++) {
		json_t *clamp;

		if (!m->clamp[c].faults)
			continue;
		clamp = json_object();
		put(clamp, "faults", integer(m->clamp[c].faults));
		put(clamp, "bytes", integer(m->clamp[c].bytes));
		put(value, clamp_names[c], clamp);
	}
	return value;
}

/* ---- faults that another mapping would have saved ---- */

/* 1 is ideal: each leaf of L1 was filled by one fault. */
static json_t *fault_amplification(const struct metrics *m, const char **absent)
{
	if (m->pages.full)
		return absent_because(absent, out_of_memory);
	return ratio(m->fills, m->leaves_touched, absent, no_mapping);
}

static json_t *refault_ratio(const struct metrics *m, const char **absent)
{
	if (m->pages.full)
		return absent_because(absent, out_of_memory);
	return ratio(m->refaults, m->delivered[SCOPE_SHADOW], absent, no_shadow_fault);
}

/* An invalidation by VMID asks for everything: its ratio is small for good reason. */
static json_t *sweep(const struct metrics_sweep *s)
{
	json_t *value = json_object();

	put(value, "operations", integer(s->count));
	put(value, "bytes_asked", integer(s->asked));
	put(value, "bytes_unmapped", integer(s->unmapped));
	put(value, "entries_visited", integer(s->visited));
	if (s->asked)
		put(value, "ratio", json_real((double)s->unmapped / (double)s->asked));
	return value;
}

static json_t *over_invalidation(const struct metrics *m, const char **absent)
{
	json_t *value, *host_unmap;

	if (!m->tlbi.count && !m->host_unmap.count)
		return absent_because(absent, "no invalidation");
	value = json_object();
	put(value, "tlbi", sweep(&m->tlbi));
	host_unmap = sweep(&m->host_unmap);
	put(host_unmap, "leaves_unmapped", integer(m->host_unmap.leaves));
	put(host_unmap, "give_ups", integer(m->host_unmap.give_ups));
	put(value, "host_unmap", host_unmap);
	return value;
}

static json_t *host_refaults(const struct metrics *m, const char **absent)
{
	json_t *value;

	if (m->pages.full || m->dropped.full)
		return absent_because(absent, out_of_memory);
	if (!m->host_unmap.count)
		return absent_because(absent, "no host unmap");
	if (!m->delivered[SCOPE_SHADOW])
		return absent_because(absent, no_shadow_fault);
	value = json_object();
	put(value, "ratio",
	    json_real((double)m->host_refaults / (double)m->delivered[SCOPE_SHADOW]));
	put(value, "faults", integer(m->host_refaults));
	return value;
}

/* ---- tables ---- */

static json_t *table_pages(const struct metrics *m, const char **absent)
{
	json_t *value = json_object();

	(void)absent;
	put(value, "peak", integer(m->table_pages_peak));
	put(value, "final", integer(m->table_pages_now));
	return value;
}

static json_t *rmap_pages(const struct metrics *m, const char **absent)
{
	json_t *value;

	if (!m->rmap_vm)
		return absent_because(absent, "the invalidation policy has no reverse map");
	value = json_object();
	put(value, "peak", integer(m->rmap_vm->rmap_pages_peak));
	put(value, "final", integer(m->rmap_vm->rmap_pages));
	return value;
}

/*
 * Four levels of stage 1, each of whose descriptors takes `fetches` descriptors
 * of stage 2 to find, and then the page itself: 4 * (fetches + 1) + fetches.
 */
static double full_walk(unsigned int fetches)
{
	return 5.0 * fetches + 4;
}

static json_t *hw_walk_refs(const struct metrics *m, const char **absent)
{
	json_t *value;
	double after = 0;

	if (!m->total_bytes)
		return absent_because(absent, "no shadow mapping at the end");
	for (unsigned int level = m->shadow_start_level; level < 4; level++)
		after +=
			full_walk(level - m->shadow_start_level + 1) * (double)m->leaf_bytes[level];
	value = json_object();
	put(value, "all_pages", json_real(full_walk(3 - m->shadow_start_level + 1u)));
	put(value, "at_end", json_real(after / (double)m->total_bytes));
	return value;
}

static json_t *unsound(const struct metrics *m, const char **absent)
{
	if (m->checked == METRICS_UNCHECKED)
		return absent_because(absent, "not checked");
	if (m->class == NVT_PARTIAL)
		return absent_because(absent, partial);
	if (m->checked == METRICS_CHECK_FAILED)
		return absent_because(absent, out_of_memory);
	return integer(m->unsound_pages);
}

static json_t *handler_cost(const struct metrics *m, const char **absent)
{
	(void)m;
	return absent_because(absent, "not measured: the simulator has no cycles");
}

/* ---- the table ---- */

const struct metric metrics_table[] = {
	{"walk_depth", "descriptors", BETTER_LOWER, "histogram",
	 "descriptors read in L1's stage 2 per walk: mean and histogram; walks that end in a fault "
	 "apart",
	 .value = walk_depth},
	{"injection_rate", "ratio", BETTER_LOWER, "ratio by class and level",
	 "faults reflected to virtual EL2 / shadow faults, by class of fault and level (0 to 3); "
	 "for a partial trace, injections recorded / faults recorded of L2 under L1's stage 2",
	 .value = injection_rate, .of_partial = true},
	{"block_share", "ratio", BETTER_HIGHER, "ratio at the end and over time",
	 "bytes under shadow leaves of level <= 2 / bytes mapped in shadow tables; at the end, and "
	 "weighted by time",
	 .value = block_share},
	{"block_effectiveness", "ratio", BETTER_HIGHER, "ratio",
	 "bytes mapped / bytes that the largest mapping known to be sound at each fault would have "
	 "mapped: by L1's leaf, or by further leaves where the policy read them; above 1 where the "
	 "policy is not sound",
	 .value = block_effectiveness},
	{"splintering", "levels of two", BETTER_LOWER, "mean",
	 "sum of bytes * log2(L1's leaf / shadow leaf) / bytes mapped; 9 is 2M in 4K pages",
	 .value = splintering},
	{"rule_reads", "descriptors", BETTER_LOWER, "mean",
	 "descriptors of L1's stage 2 that the size rule read, besides the walk's / shadow faults "
	 "that "
	 "mapped or relaxed",
	 .value = rule_reads},
	{"clamped_by", "faults, bytes", BETTER_NEITHER, "faults and bytes by cause",
	 "what kept mappings from being larger: faults and bytes mapped for each cause",
	 .value = clamped_by},
	{"fault_amplification", "ratio", BETTER_LOWER, "ratio",
	 "faults that mapped in a shadow table or relaxed it / distinct leaves of L1 that they "
	 "touched, by context",
	 .value = fault_amplification},
	{"refault_ratio", "ratio", BETTER_LOWER, "ratio",
	 "shadow faults on a page that was mapped before in the same context / shadow faults",
	 .value = refault_ratio},
	{"over_invalidation", "ratio", BETTER_LOWER, "ratio by kind of invalidation",
	 "bytes of shadow leaves unmapped / bytes asked for: by L1's TLBI (its operand's size, a "
	 "page where it states none) and by host unmap (bytes of L1's memory); and the entries "
	 "visited; for host unmaps also the leaves unmapped, and the contexts that were emptied "
	 "because a reverse map gave up",
	 .value = over_invalidation},
	{"host_refaults", "ratio", BETTER_LOWER, "ratio and count",
	 "shadow faults that map a page which a host unmap had removed from the same context, "
	 "asked for or not / shadow faults",
	 .value = host_refaults},
	{"table_pages", "pages", BETTER_LOWER, "count, peak and final",
	 "table pages of all nested contexts, roots included: at most, and at the end",
	 .value = table_pages},
	{"rmap_pages", "pages", BETTER_LOWER, "count, peak and final",
	 "table pages that the reverse maps of all nested contexts hold: at most, and at the end; "
	 "they are not among table_pages",
	 .value = rmap_pages},
	{"hw_walk_refs", "descriptors", BETTER_LOWER, "bound, for pages alone and at the end",
	 "bound of descriptor fetches of a full two-stage walk, 5m + 4 for m fetches to a shadow "
	 "leaf: with pages alone, and weighted by the bytes of the leaves at the end",
	 .value = hw_walk_refs},
	{"unsound", "pages", BETTER_LOWER, "count",
	 "pages reachable that L1 never mapped, or mapped elsewhere", .value = unsound,
	 .of_partial = true},
	{"handler_cost", "cycles, instructions, ticks, PMU events", BETTER_LOWER,
	 "percentiles by class, phase and unit",
	 "what handling a fault costs at EL2, by what came of it and in phases: from the vector to "
	 "the handler (entry), L1's tables (walk), memslot and backing (decide), size and tables "
	 "(map), TLB invalidations and barriers (maintenance), back to the guest (return), and in "
	 "total; of runs at EL2 alone; its units say where an emulator counted",
	 .value = handler_cost, .of_partial = true},
};
const size_t metrics_table_count = sizeof(metrics_table) / sizeof(metrics_table[0]);

/* Every metric is either a member of its own name or one of "absent". */
json_t *metrics_json(const struct metrics *m)
{
	json_t *all = json_object(), *absent = json_object();

	for (size_t i = 0; i < metrics_table_count; i++) {
		const struct metric *metric = &metrics_table[i];
		const char *why = partial;
		bool supported = metric->of_partial || m->class != NVT_PARTIAL;
		json_t *value = supported ? metric->value(m, &why) : NULL;

		if (value)
			put(all, metric->name, value);
		else
			put(absent, metric->name, json_string(why));
	}
	put(all, "absent", absent);
	return all;
}

json_t *metrics_absent_json(const char *why)
{
	json_t *all = json_object(), *absent = json_object();

	for (size_t i = 0; i < metrics_table_count; i++)
		put(absent, metrics_table[i].name, json_string(why));
	put(all, "absent", absent);
	return all;
}
