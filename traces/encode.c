/* SPDX-License-Identifier: GPL-2.0-only */
/* Encoding of columns, and the choice of each column's coding. */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "column.h"

/* Runs of planes are compressed apart from each other from this length on. */
#define RUN_MIN 1024u

/*
 * A column's coding is chosen by trial on a sample: runs of neighbours, so
 * that differences show, from several places, so that a phase does not decide.
 */
#define SAMPLE_RUN   128u
#define SAMPLE_RUNS  4u
#define SAMPLE_MAX   (SAMPLE_RUN * SAMPLE_RUNS)
#define SAMPLE_SLOTS 1024u

#define DICT_MAX   256u
#define DICT_SLOTS 1024u

static uint64_t zigzag(uint64_t difference)
{
	return difference << 1 ^ -(difference >> 63);
}

static uint32_t hash(uint64_t v, uint32_t slots)
{
	return (uint32_t)((v * 0x9e3779b97f4a7c15u) >> 40) & (slots - 1);
}

/* ---- the estimate ---- */

/* log2(v) in 1/256, v > 0; linear between powers of two. */
static uint32_t log2_256(uint32_t v)
{
	uint32_t exponent = 31u - (uint32_t)__builtin_clz(v);

	return exponent * 256 + ((v << 8 >> exponent) & 255);
}

/* Bits in 1/256 that `times` of n symbols cost, as an entropy coder counts. */
static uint64_t symbol_cost(uint32_t times, uint32_t n)
{
	return (uint64_t)times * (log2_256(n) - log2_256(times));
}

static uint64_t plane_cost(const uint64_t *v, uint32_t n, unsigned int shift)
{
	uint16_t histogram[256] = {0};
	uint64_t cost = 0;
	uint32_t i;

	for (i = 0; i < n; i++)
		histogram[v[i] >> shift & 255]++;
	for (i = 0; i < 256; i++)
		if (histogram[i])
			cost += symbol_cost(histogram[i], n);
	return cost;
}

/* The cost of a dictionary's indices and its entries; UINT64_MAX: too many. */
static uint64_t dict_cost(const uint64_t *v, uint32_t n)
{
	struct {
		uint64_t value;
		uint32_t times;
	} slots[SAMPLE_SLOTS];
	uint32_t i, s, distinct = 0;
	uint64_t cost = 0;

	memset(slots, 0, sizeof(slots));
	for (i = 0; i < n; i++) {
		s = hash(v[i], SAMPLE_SLOTS);
		while (slots[s].times && slots[s].value != v[i])
			s = (s + 1) % SAMPLE_SLOTS;
		slots[s].value = v[i];
		if (!slots[s].times++ && ++distinct > n / 4 + 1)
			return UINT64_MAX;
	}
	for (s = 0; s < SAMPLE_SLOTS; s++)
		if (slots[s].times)
			cost += symbol_cost(slots[s].times, n) + 16 * 256;
	return cost;
}

static uint64_t estimate(const uint64_t *v, uint32_t n)
{
	uint64_t varying = 0, planes = 0, dict;
	unsigned int shift;
	uint32_t i;

	for (i = 1; i < n; i++)
		varying |= v[i] ^ v[0];
	if (!varying)
		return 0;
	for (shift = 0; shift < 64; shift += 8)
		if (varying >> shift & 255)
			planes += plane_cost(v, n, shift);
	dict = dict_cost(v, n);
	return dict < planes ? dict : planes;
}

/* ---- the choice ---- */

/* What is left of value i when the coding's base and difference are taken off. */
static uint64_t rest(const struct nvt_encoder *e, size_t i, unsigned int coding)
{
	uint64_t v = e->values[i];

	if (coding & NVT_CODING_BASE)
		v -= e->bases[i];
	if (!(coding & NVT_CODING_DELTA))
		return v;
	if (coding & NVT_CODING_BASE)
		return zigzag(v - (e->values[i - 1] - e->bases[i - 1]));
	return zigzag(v - e->values[i - 1]);
}

/* Fills sample with rests of 1..count; 0 has no difference. */
static uint32_t take_sample(const struct nvt_encoder *e, size_t count, unsigned int coding,
			    uint64_t *sample)
{
	size_t run, i, start, end;
	uint32_t n = 0;

	for (run = 0; run < SAMPLE_RUNS; run++) {
		start = count * run / SAMPLE_RUNS;
		end = count * (run + 1) / SAMPLE_RUNS;
		if (end - start > SAMPLE_RUN)
			end = start + SAMPLE_RUN;
		for (i = start ? start : 1; i < end; i++)
			sample[n++] = rest(e, i, coding);
	}
	return n;
}

static unsigned int choose(const struct nvt_encoder *e, size_t count, bool has_base)
{
	static const uint8_t codings[] = {0, NVT_CODING_DELTA, NVT_CODING_BASE,
					  NVT_CODING_BASE | NVT_CODING_DELTA};
	uint64_t sample[SAMPLE_MAX], cost, least = UINT64_MAX;
	unsigned int i, best = 0;
	uint32_t n;

	for (i = 0; i < (has_base ? 4u : 2u) && least; i++) {
		n = take_sample(e, count, codings[i], sample);
		cost = n ? estimate(sample, n) : 0;
		if (cost < least) {
			least = cost;
			best = codings[i];
		}
	}
	return best;
}

/* ---- the dictionary ---- */

struct dict {
	uint64_t value[DICT_MAX];
	uint16_t slot[DICT_SLOTS]; /* 1 + index */
	unsigned int count;
};

/* The index of v, which is added if it is new; DICT_MAX: no room. */
static unsigned int dict_index(struct dict *d, uint64_t v)
{
	uint32_t s = hash(v, DICT_SLOTS);

	while (d->slot[s]) {
		if (d->value[d->slot[s] - 1] == v)
			return d->slot[s] - 1u;
		s = (s + 1) % DICT_SLOTS;
	}
	if (d->count == DICT_MAX)
		return DICT_MAX;
	d->value[d->count] = v;
	d->slot[s] = (uint16_t)++d->count;
	return d->count - 1;
}

/* Collects the values; false: too many, or no smaller than so many planes would be. */
static bool dict_fill(struct dict *d, const uint64_t *v, size_t count, unsigned int planes)
{
	memset(d->slot, 0, sizeof(d->slot));
	d->count = 0;
	for (size_t i = 0; i < count; i++)
		if (dict_index(d, v[i]) == DICT_MAX)
			return false;
	return 8 * d->count + count < count * planes;
}

/* ---- output ---- */

/* The end of a plane: what follows may differ in nature, so a run may end here. */
static bool end_plane(struct nvt_encoder *e)
{
	uint32_t last = 0, end = (uint32_t)e->planes.size;

	if (e->cuts.size)
		memcpy(&last, e->cuts.data + e->cuts.size - sizeof(last), sizeof(last));
	if (end - last < RUN_MIN)
		return true;
	if (!nvt_buffer_room(&e->cuts, sizeof(end)))
		return false;
	memcpy(e->cuts.data + e->cuts.size, &end, sizeof(end));
	e->cuts.size += sizeof(end);
	return true;
}

static bool put_plane(struct nvt_encoder *e, size_t count, unsigned int shift)
{
	uint8_t *out;

	if (!nvt_buffer_room(&e->planes, count))
		return false;
	out = e->planes.data + e->planes.size;
	for (size_t i = 0; i < count; i++)
		out[i] = (uint8_t)(e->values[i] >> shift);
	e->planes.size += count;
	return end_plane(e);
}

static bool put_indices(struct nvt_encoder *e, struct dict *d, size_t count)
{
	uint8_t *out;

	if (!nvt_buffer_room(&e->planes, count))
		return false;
	out = e->planes.data + e->planes.size;
	for (size_t i = 0; i < count; i++)
		out[i] = (uint8_t)dict_index(d, e->values[i]);
	e->planes.size += count;
	return end_plane(e);
}

static void put_word(struct nvt_encoder *e, uint64_t v)
{
	nvt_put64(e->directory.data + e->directory.size, v);
	e->directory.size += 8;
}

static bool put_column(struct nvt_encoder *e, size_t count, unsigned int coding, uint64_t start)
{
	uint64_t varying = 0, fixed = 0;
	uint8_t mask = 0;
	uint8_t *head;
	struct dict d;
	bool is_dict;

	for (size_t i = 1; i < count; i++)
		varying |= e->values[i] ^ e->values[0];
	for (unsigned int p = 0; p < 8; p++) {
		if (varying >> 8 * p & 255)
			mask |= (uint8_t)(1u << p);
		else
			fixed |= e->values[0] & (uint64_t)255 << 8 * p;
	}
	is_dict = mask & (mask - 1) &&
		  dict_fill(&d, e->values, count, (unsigned int)__builtin_popcount(mask));
	if (!nvt_buffer_room(&e->directory, 18 + 8 * DICT_MAX))
		return false;
	head = e->directory.data + e->directory.size;
	head[0] = (uint8_t)(coding | (is_dict ? NVT_CODING_DICT : 0));
	head[1] = is_dict ? (uint8_t)(d.count - 1) : mask;
	e->directory.size += 2;
	if (coding & NVT_CODING_DELTA)
		put_word(e, start);
	if (is_dict) {
		for (unsigned int i = 0; i < d.count; i++)
			put_word(e, d.value[i]);
		return put_indices(e, &d, count);
	}
	put_word(e, fixed);
	for (unsigned int p = 0; p < 8; p++)
		if (mask >> p & 1 && !put_plane(e, count, 8 * p))
			return false;
	return true;
}

/* Turns values into rests, last first, as each needs the value before it; returns `start`. */
static uint64_t apply(struct nvt_encoder *e, size_t count, unsigned int coding)
{
	uint64_t start = 0, first = e->values[0];

	if (!coding)
		return 0;
	if (coding & NVT_CODING_BASE)
		first -= e->bases[0];
	for (size_t i = count; --i > 0;)
		e->values[i] = rest(e, i, coding);
	e->values[0] = first;
	if (coding & NVT_CODING_DELTA) {
		/* As if the first had the same difference as the second: it costs nothing then. */
		e->values[0] = count > 1 ? e->values[1] : 0;
		start = first - ((e->values[0] >> 1) ^ -(e->values[0] & 1));
	}
	return start;
}

/* ---- a group ---- */

#define GATHER(type)                                                                               \
	do {                                                                                       \
		for (i = 0; i < records->count; i++) {                                             \
			type x;                                                                    \
			memcpy(&x, field + records->offset[i], sizeof(x));                         \
			v[i] = (uint64_t)(int64_t)x;                                               \
		}                                                                                  \
	} while (0)

static void gather(const struct nvt_column *column, const struct nvt_records *records, uint64_t *v)
{
	const uint8_t *field = records->data + column->offset;
	size_t i;

	switch (column->low < 0 ? -column->size : column->size) {
	case 8:
		GATHER(uint64_t);
		break;
	case 4:
		GATHER(uint32_t);
		break;
	case 2:
		GATHER(uint16_t);
		break;
	case 1:
		GATHER(uint8_t);
		break;
	case -4:
		GATHER(int32_t);
		break;
	case -2:
		GATHER(int16_t);
		break;
	default:
		GATHER(int8_t);
	}
}

static bool scratch(struct nvt_encoder *e, size_t count)
{
	if (e->scratch_count >= count)
		return true;
	free(e->values);
	free(e->bases);
	e->values = malloc(count * sizeof(*e->values));
	e->bases = malloc(count * sizeof(*e->bases));
	e->scratch_count = e->values && e->bases ? count : 0;
	return e->scratch_count != 0;
}

static enum nvt_encoded encode_column(struct nvt_encoder *e, const struct nvt_group *group,
				      const struct nvt_column *column,
				      const struct nvt_records *records,
				      const struct nvt_limits *limits, struct nvt_bad *bad)
{
	bool has_base = column->base != NVT_BASE_NONE;
	unsigned int coding;
	uint64_t start;
	size_t i;

	gather(column, records, e->values);
	i = nvt_column_check(column, nvt_column_span(column, limits), e->values, records->count);
	if (i < records->count) {
		*bad = (struct nvt_bad){group, column, i, e->values[i]};
		return NVT_ENCODED_BAD;
	}
	if (has_base)
		nvt_column_bases(group, column, records, 0, records->count, e->bases);
	coding = choose(e, records->count, has_base);
	start = apply(e, records->count, coding);
	return put_column(e, records->count, coding, start) ? NVT_ENCODED : NVT_ENCODED_NOMEM;
}

enum nvt_encoded nvt_encode_group(struct nvt_encoder *e, unsigned int id,
				  const struct nvt_records *records,
				  const struct nvt_limits *limits, struct nvt_bad *bad)
{
	const struct nvt_group *group = &nvt_groups[id];
	enum nvt_encoded done = NVT_ENCODED;
	uint8_t *head;

	if (!scratch(e, records->count) || !nvt_buffer_room(&e->directory, 6))
		return NVT_ENCODED_NOMEM;
	head = e->directory.data + e->directory.size;
	head[0] = (uint8_t)id;
	head[1] = group->column_count;
	nvt_put32(head + 2, (uint32_t)records->count);
	e->directory.size += 6;
	for (unsigned int c = 0; c < group->column_count && done == NVT_ENCODED; c++)
		done = encode_column(e, group, &group->columns[c], records, limits, bad);
	return done;
}

void nvt_encoder_reset(struct nvt_encoder *e)
{
	e->directory.size = 0;
	e->planes.size = 0;
	e->cuts.size = 0;
}

void nvt_encoder_free(struct nvt_encoder *e)
{
	nvt_buffer_free(&e->directory);
	nvt_buffer_free(&e->planes);
	nvt_buffer_free(&e->cuts);
	free(e->values);
	free(e->bases);
}
