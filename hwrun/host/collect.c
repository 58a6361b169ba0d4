/* SPDX-License-Identifier: GPL-2.0-only */
#include "collect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_SIZE (4 * HW_FRAME_MAX)
#define LAST_VALUE    24u /* bytes of a value: hashes say nothing to people */

static const char mark[] = HW_FRAME_MARK;
#define MARK_SIZE (sizeof(mark) - 1)

struct hw_collect {
	struct hw_run run;
	uint64_t next; /* sequence number that the next frame should have */
	char line[LINE_MAX_SIZE];
	size_t used;
};

struct hw_collect *hw_collect_new(void)
{
	return calloc(1, sizeof(struct hw_collect));
}

#define BINS_COUNT ((size_t)HW_CLASS_COUNT * HW_PHASE_COUNT * HW_UNIT_COUNT)

void hw_collect_free(struct hw_collect *c)
{
	struct hw_bins **bins;

	if (!c)
		return;
	bins = &c->run.bins[0][0][0];
	for (size_t i = 0; i < BINS_COUNT; i++)
		free(bins[i]);
	free(c->run.samples);
	free(c);
}

const struct hw_run *hw_collect_run(const struct hw_collect *c)
{
	return &c->run;
}

/* ---- frames that are kept ---- */

/* The parser lets no frame in that is longer than `text` is. */
static const char *keep_text(struct hw_kept *k, size_t *used, const char *text)
{
	char *to = k->text + *used;
	size_t size = strlen(text) + 1;

	memcpy(to, text, size);
	*used += size;
	return to;
}

static void keep(struct hw_kept *k, const struct hw_frame *f)
{
	size_t used = 0;

	k->frame = *f;
	k->frame.type = keep_text(k, &used, f->type);
	for (size_t i = 0; i < f->count; i++) {
		k->frame.field[i].key = keep_text(k, &used, f->field[i].key);
		k->frame.field[i].value = keep_text(k, &used, f->field[i].value);
	}
}

static bool equal(const struct hw_frame *a, const struct hw_frame *b)
{
	bool same =
		a->sequence == b->sequence && a->count == b->count && strcmp(a->type, b->type) == 0;

	for (size_t i = 0; same && i < a->count; i++)
		same = strcmp(a->field[i].key, b->field[i].key) == 0 &&
		       strcmp(a->field[i].value, b->field[i].value) == 0;
	return same;
}

void hw_run_last(const struct hw_run *r, char *text, size_t size)
{
	const struct hw_frame *f = &r->last.frame;
	size_t used;

	*text = 0;
	if (!hw_kept(&r->last))
		return;
	used = (size_t)snprintf(text, size, "%u %s", f->sequence, f->type);
	for (size_t i = 0; i < f->count && used < size; i++)
		if (strlen(f->field[i].value) <= LAST_VALUE)
			used += (size_t)snprintf(text + used, size - used, " %s=%s",
						 f->field[i].key, f->field[i].value);
}

static void take_regs(struct hw_run *r, const struct hw_frame *f)
{
	if (r->regs_count < HW_REGS_KEPT)
		keep(&r->regs[r->regs_count++], f);
}

static void take_absent(struct hw_run *r, const struct hw_frame *f)
{
	if (r->absent_count < HW_ABSENTS_KEPT)
		keep(&r->absent[r->absent_count++], f);
}

static void take_finding(struct hw_run *r, const struct hw_frame *f)
{
	if (r->finding_count < HW_FINDINGS_KEPT)
		keep(&r->finding[r->finding_count], f);
	r->finding_count++;
}

/* ---- figures ---- */

static unsigned int place_of(const struct hw_frame *f, const char *key, const struct hw_name *names,
			     unsigned int count)
{
	const char *value = hw_frame_value(f, key);
	unsigned int i = 0;

	while (i < count && (!value || strcmp(names[i].name, value)))
		i++;
	return i;
}

struct place {
	unsigned int class, phase, unit;
};

/* False: what the figure is of is not known here. */
static bool place(const struct hw_frame *f, struct place *p)
{
	p->class = place_of(f, "class", hw_classes, HW_CLASS_COUNT);
	p->phase = place_of(f, "phase", hw_phases, HW_PHASE_COUNT);
	p->unit = place_of(f, "unit", hw_units, HW_UNIT_COUNT);
	return p->class < HW_CLASS_COUNT && p->phase < HW_PHASE_COUNT && p->unit < HW_UNIT_COUNT;
}

static void take_cost(struct hw_run *r, const struct hw_frame *f)
{
	struct hw_cost c = {.known = true};
	struct place p;

	if (place(f, &p) && hw_frame_number(f, "n", &c.n) && c.n &&
	    hw_frame_number(f, "min", &c.min) && hw_frame_number(f, "max", &c.max) &&
	    hw_frame_number(f, "sum", &c.sum) && hw_frame_number(f, "p50", &c.p50) &&
	    hw_frame_number(f, "p90", &c.p90) && hw_frame_number(f, "p99", &c.p99))
		r->cost[p.class][p.phase][p.unit] = c;
}

/* "VALUE:COUNT" at the beginning of *text, and what separates it from the next. */
static bool next_bin(const char **text, uint64_t *value, uint64_t *count)
{
	char *end;

	*value = strtoull(*text, &end, 10);
	if (end == *text || *end != ':')
		return false;
	*text = end + 1;
	*count = strtoull(*text, &end, 10);
	if (end == *text || (*end && *end != ','))
		return false;
	*text = *end ? end + 1 : end;
	return true;
}

static void take_histogram(struct hw_run *r, const struct hw_frame *f)
{
	const char *text = hw_frame_value(f, "buckets");
	struct hw_bins **bins;
	uint64_t value, count;
	struct place p;

	if (!text || !place(f, &p))
		return;
	bins = &r->bins[p.class][p.phase][p.unit];
	if (!*bins)
		*bins = calloc(1, sizeof(**bins));
	r->out_of_memory |= !*bins;
	while (*bins && *text && next_bin(&text, &value, &count)) {
		(*bins)->bin[hw_bucket_of(value)] += count;
		(*bins)->n += count;
	}
}

/* A line of its fields; those with bytes that would part it otherwise come from nobody. */
static size_t sample_line(const struct hw_frame *f, char line[HW_FRAME_MAX])
{
	size_t used = 0;

	for (size_t i = 0; i < f->count; i++) {
		if (strpbrk(f->field[i].key, " =\n") || strpbrk(f->field[i].value, " =\n"))
			return 0;
		used += (size_t)sprintf(line + used, "%s=%s%c", f->field[i].key, f->field[i].value,
					i + 1 < f->count ? ' ' : '\n');
	}
	return used;
}

static void take_sample(struct hw_run *r, const struct hw_frame *f)
{
	char line[HW_FRAME_MAX];
	size_t size = sample_line(f, line);

	if (!size)
		return;
	/* Of memory that is not written to the system gives none. */
	if (!r->samples)
		r->samples = malloc(HW_SAMPLES_SIZE);
	r->out_of_memory |= !r->samples;
	if (!r->samples || r->samples_left_out || size > HW_SAMPLES_SIZE - r->samples_size) {
		r->samples_left_out++;
		return;
	}
	memcpy(r->samples + r->samples_size, line, size);
	r->samples_size += size;
	r->sample_count++;
}

/* Frames of which one is kept, and those of which more is made. */
static const struct {
	const char *type;
	size_t kept; /* where, in struct hw_run */
	void (*take)(struct hw_run *r, const struct hw_frame *f);
} types[] = {
	{"hello", offsetof(struct hw_run, hello), NULL},
	{"trace", offsetof(struct hw_run, trace), NULL},
	{"progress", offsetof(struct hw_run, progress), NULL},
	{"refused", offsetof(struct hw_run, refused), NULL},
	{"unexpected", offsetof(struct hw_run, unexpected), NULL},
	{"counts", offsetof(struct hw_run, counts), NULL},
	{"outcomes", offsetof(struct hw_run, outcomes), NULL},
	{"end", offsetof(struct hw_run, end), NULL},
	{"absent", 0, take_absent},
	{"regs", 0, take_regs},
	{"finding", 0, take_finding},
	{"cost", 0, take_cost},
	{"histogram", 0, take_histogram},
	{"sample", 0, take_sample},
};

/* Those of types that are not known here are counted, and no more. */
static void take_content(struct hw_run *r, const struct hw_frame *f)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i].type, f->type))
			continue;
		if (types[i].take)
			types[i].take(r, f);
		else
			keep((struct hw_kept *)((char *)r + types[i].kept), f);
	}
}

/* ---- the sequence ---- */

/* A board that starts anew forgets what it has said; memory is used again. */
static void begin_again(struct hw_collect *c)
{
	struct hw_run *r = &c->run;
	struct hw_bins **bins = &r->bins[0][0][0];
	uint64_t bytes = r->bytes, earlier = r->earlier + 1;

	for (size_t i = 0; i < BINS_COUNT; i++)
		if (bins[i])
			memset(bins[i], 0, sizeof(*bins[i]));
	memset(r, 0, offsetof(struct hw_run, samples));
	r->bytes = bytes;
	r->earlier = earlier;
	c->next = 0;
}

static void take_frame(struct hw_collect *c, const struct hw_frame *f)
{
	struct hw_run *r = &c->run;

	if (hw_kept(&r->last) && equal(&r->last.frame, f)) {
		r->repeated++;
		return;
	}
	/* Also where a next run's first frames are lost. */
	if (f->sequence < c->next || hw_run_is_over(r))
		begin_again(c);
	r->lost += f->sequence - c->next;
	c->next = f->sequence + 1ull;
	r->seen++;
	keep(&r->last, f);
	take_content(r, f);
}

/* ---- lines ---- */

static void take_text(struct hw_collect *c, size_t size)
{
	struct hw_frame f;

	for (size_t at = 0; at < size; at += f.used) {
		enum hw_frame_status status = hw_frame_parse(c->line + at, size - at, &f);

		c->run.damaged += status == HW_FRAME_DAMAGED;
		if (status == HW_FRAME_OK)
			take_frame(c, &f);
	}
}

/*
 * A line that has no end gives up all but what may be the beginning of a frame: the last mark,
 * where its frame may go on, or a part of a mark.
 */
static void shorten(struct hw_collect *c)
{
	size_t size = c->used - MARK_SIZE + 1;

	for (size_t at = c->used - MARK_SIZE; at > c->used - HW_FRAME_MAX; at--)
		if (memcmp(c->line + at, mark, MARK_SIZE) == 0) {
			size = at;
			break;
		}
	take_text(c, size);
	memmove(c->line, c->line + size, c->used - size);
	c->used -= size;
}

void hw_collect_bytes(struct hw_collect *c, const char *data, size_t size)
{
	c->run.bytes += size;
	for (size_t i = 0; i < size; i++) {
		if (data[i] == '\n' || data[i] == '\r') {
			hw_collect_finish(c);
			continue;
		}
		if (c->used == sizeof(c->line))
			shorten(c);
		c->line[c->used++] = data[i];
	}
}

void hw_collect_finish(struct hw_collect *c)
{
	take_text(c, c->used);
	c->used = 0;
}
