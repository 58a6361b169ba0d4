/* SPDX-License-Identifier: GPL-2.0-only */
#include "stamp.h"

/* Event counters have 32 bits, and are read often enough to wrap once at most. */
static uint64_t difference(unsigned int unit, uint64_t from, uint64_t to)
{
	return unit == HW_CYCLES || unit == HW_TICKS ? to - from : (uint32_t)(to - from);
}

void stamp_add(struct stamp *sum, const struct stamp *part)
{
	unsigned int u;

	for (u = 0; u < HW_UNIT_COUNT; u++)
		sum->v[u] += part->v[u];
}

void stamp_add_span(struct stamp *sum, const struct stamp *from, const struct stamp *to)
{
	unsigned int u;

	for (u = 0; u < HW_UNIT_COUNT; u++)
		sum->v[u] += difference(u, from->v[u], to->v[u]);
}

struct stamp stamp_span(const struct stamp *from, const struct stamp *to)
{
	struct stamp s = {{0}};

	stamp_add_span(&s, from, to);
	return s;
}

void stamp_take_away(struct stamp *sum, const struct stamp *part)
{
	unsigned int u;

	for (u = 0; u < HW_UNIT_COUNT; u++)
		sum->v[u] -= part->v[u] < sum->v[u] ? part->v[u] : sum->v[u];
}

void stamp_lower(struct stamp *least, const struct stamp *s)
{
	unsigned int u;

	for (u = 0; u < HW_UNIT_COUNT; u++)
		if (s->v[u] < least->v[u])
			least->v[u] = s->v[u];
}
