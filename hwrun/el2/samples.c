/* SPDX-License-Identifier: GPL-2.0-only */
#include "samples.h"

#include <stdio.h>
#include <stdlib.h>

#include "platform.h"
#include "pmu.h"
#include "report.h"

#define RING_ROOM 65536u

static struct {
	struct hw_histogram *histograms[HW_CLASS_COUNT][HW_PHASE_COUNT][HW_UNIT_COUNT];
	struct sample *ring; /* NULL: nobody asked */
	uint64_t ring_count; /* of all that came */
	bool out_of_memory;
} s;

bool samples_start(bool singly)
{
	if (singly)
		s.ring = calloc(RING_ROOM, sizeof(*s.ring));
	return s.ring || !singly;
}

static void add_value(struct hw_histogram **h, uint64_t value)
{
	if (!*h)
		*h = calloc(1, sizeof(**h));
	if (*h)
		hw_histogram_add(*h, value);
	else
		s.out_of_memory = true;
}

void samples_add(const struct sample *sample, const bool has[HW_PHASE_COUNT])
{
	unsigned int p, u;

	for (p = 0; p < HW_PHASE_COUNT; p++)
		for (u = 0; u < HW_UNIT_COUNT; u++)
			if (has[p] && pmu_has[u])
				add_value(&s.histograms[sample->class][p][u],
					  sample->phase[p].v[u]);
	if (s.ring)
		s.ring[s.ring_count % RING_ROOM] = *sample;
	s.ring_count++;
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

static void send_sample(const struct sample *sample)
{
	struct hw_line *line = frame_begin("sample");
	unsigned int u, p;

	hw_line_number(line, "ordinal", sample->ordinal);
	hw_line_text(line, "class", hw_classes[sample->class].name);
	for (u = 0; u < HW_UNIT_COUNT; u++) {
		char text[160];
		size_t used = 0;

		if (!pmu_has[u])
			continue;
		for (p = 0; p < HW_PHASE_COUNT; p++)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%llu",
						 p ? "," : "",
						 (unsigned long long)sample->phase[p].v[u]);
		hw_line_text(line, hw_units[u].name, text);
	}
	frame_send(line);
}

static void send_samples(void)
{
	uint64_t i = s.ring_count > RING_ROOM ? s.ring_count - RING_ROOM : 0;

	for (; i < s.ring_count; i++)
		send_sample(&s.ring[i % RING_ROOM]);
}

void samples_report(void)
{
	unsigned int c, p, u;

	for (c = 0; c < HW_CLASS_COUNT; c++)
		for (p = 0; p < HW_PHASE_COUNT; p++)
			for (u = 0; u < HW_UNIT_COUNT; u++) {
				const struct hw_histogram *h = s.histograms[c][p][u];

				if (!h)
					continue;
				send_cost(c, p, u, h);
				send_histogram(c, p, u, h);
			}
	if (s.ring)
		send_samples();
	if (s.out_of_memory)
		report_absent("histogram", "no memory is left for all of them");
}
