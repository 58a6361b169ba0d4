/* SPDX-License-Identifier: GPL-2.0-only */
/* The patterns: a row of the table and a function each. */
#include "gen/internal.h"

/* Memory is cleared before use: what is written in order is written from its start. */
static enum access in_order(enum access access)
{
	return access == ACCESS_WRITE ? ACCESS_CLEAR : access;
}

static struct pick sequential(struct nvt_gen *g, const struct vcpu *v)
{
	return (struct pick){v->cursor, v->guest->page_count, in_order(gen_any_access(g))};
}

static struct pick strided(struct nvt_gen *g, const struct vcpu *v)
{
	uint64_t n = v->guest->page_count, step = g->o.stride >> g->geo.page_shift;
	/* The cursor has moved past the page before. */
	uint64_t start = v->cursor + step - 1;

	/* One page further on each turn, so that the turns differ. */
	return (struct pick){start < n ? start : (start + 1) % n, n, gen_any_access(g)};
}

static struct pick anywhere(struct nvt_gen *g, const struct vcpu *v)
{
	uint64_t n = v->guest->page_count, page = rng_below(&g->rng, n);

	return (struct pick){page, n, gen_any_access(g)};
}

/* A part of the guest's memory, in 64ths. */
static struct pick within(struct nvt_gen *g, const struct vcpu *v, unsigned int from,
			  unsigned int to, enum access access)
{
	uint64_t n = v->guest->page_count, start = n * from / 64, end = n * to / 64;

	if (end <= start)
		return (struct pick){v->cursor, n, ACCESS_CLEAR};
	return (struct pick){start + rng_below(&g->rng, end - start), end, access};
}

/*
 * The shares are the generator's own idea of a kernel that comes up: most pages
 * are cleared in order, some metadata is scattered over the lower quarter,
 * code and stage-1 tables are small and soon mapped.
 */
static struct pick boot(struct nvt_gen *g, const struct vcpu *v)
{
	uint64_t draw = rng_below(&g->rng, 100);

	if (draw < 60)
		return (struct pick){v->cursor, v->guest->page_count, ACCESS_CLEAR};
	if (draw < 72)
		return within(g, v, 5, 16, ACCESS_READ);
	if (draw < 80)
		return within(g, v, 5, 16, ACCESS_WRITE);
	if (draw < 92)
		return within(g, v, 0, 4, ACCESS_EXEC);
	return within(g, v, 4, 5, ACCESS_WALK);
}

const struct pattern gen_patterns[NVT_GEN_PATTERN_COUNT] = {
	[NVT_GEN_SEQUENTIAL] = {"sequential", "pages in ascending order, vCPUs apart", sequential},
	[NVT_GEN_STRIDED] = {"strided", "every page at a fixed distance from the last", strided},
	[NVT_GEN_RANDOM] = {"random", "any page of the footprint, all alike", anywhere},
	[NVT_GEN_BOOT] = {"boot", "a kernel that comes up: clears, metadata, code, table walks",
			  boot},
};

const char *nvt_gen_pattern_name(unsigned int pattern)
{
	return pattern < NVT_GEN_PATTERN_COUNT ? gen_patterns[pattern].name : NULL;
}

const char *nvt_gen_pattern_story(unsigned int pattern)
{
	return pattern < NVT_GEN_PATTERN_COUNT ? gen_patterns[pattern].story : NULL;
}
