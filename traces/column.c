/* SPDX-License-Identifier: GPL-2.0-only */
/* What encoder and decoder of columns share: buffers, bounds, bases. */
#include <stdlib.h>
#include <string.h>

#include "column.h"
#include "event.h"

bool nvt_buffer_room(struct nvt_buffer *buffer, size_t more)
{
	size_t capacity = buffer->capacity ? buffer->capacity : 4096;
	uint8_t *data;

	if (buffer->capacity - buffer->size >= more)
		return true;
	while (capacity - buffer->size < more) {
		if (capacity > SIZE_MAX / 2)
			return false;
		capacity *= 2;
	}
	data = realloc(buffer->data, capacity);
	if (!data)
		return false;
	buffer->data = data;
	buffer->capacity = capacity;
	return true;
}

void nvt_buffer_free(struct nvt_buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct nvt_buffer){0};
}

uint64_t nvt_column_span(const struct nvt_column *column, const struct nvt_limits *limits)
{
	if (column->bound == NVT_BOUND_VCPU && limits->vcpu_count)
		return limits->vcpu_count - 1u;
	if (column->bound == NVT_BOUND_CONTEXT && limits->context_count &&
	    limits->context_count < column->span)
		return limits->context_count;
	return column->span;
}

size_t nvt_column_check(const struct nvt_column *column, uint64_t span, const uint64_t *v,
			size_t count)
{
	const uint64_t low = (uint64_t)column->low, align = column->align;
	uint64_t bad = 0;
	size_t i;

	if (span == UINT64_MAX && !align)
		return count;
	/* Almost always all is well: one loop without a branch first. */
	for (i = 0; i < count; i++)
		bad |= (uint64_t)(v[i] - low > span) | (v[i] & align);
	if (!bad)
		return count;
	for (i = 0; v[i] - low <= span && !(v[i] & align); i++)
		;
	return i;
}

static uint64_t ipa_of(const struct nvt_event *ev)
{
	return ev->fault.hpfar << 8;
}

/* Aligns down to a power of two; 0 stands for "not known" and leaves the address alone. */
static uint64_t align_down(uint64_t addr, uint64_t size)
{
	return size ? addr & -size : addr;
}

static uint64_t truth_base(enum nvt_base base, const struct nvt_event *ev,
			   const struct nvt_fault_truth *t)
{
	switch (base) {
	case NVT_BASE_LEAF:
		return align_down(t->walk_out, t->walk_size);
	case NVT_BASE_CANONICAL:
		return ((t->has & NVT_TRUTH_WALK) ? t->walk_out : ipa_of(ev)) >> 12;
	case NVT_BASE_GFN:
		return t->faultin_gfn;
	case NVT_BASE_BLOCK:
		return align_down(ipa_of(ev), t->map_size);
	case NVT_BASE_PA:
		return align_down(t->faultin_pfn << 12, t->map_size);
	default:
		return 0;
	}
}

static uint64_t fault_base(enum nvt_base base, const struct nvt_event *ev)
{
	switch (base) {
	case NVT_BASE_IPA:
		return ipa_of(ev);
	case NVT_BASE_ESR:
		return ev->fault.esr;
	case NVT_BASE_FAR:
		return ev->fault.far;
	default:
		return ev->fault.hpfar;
	}
}

void nvt_column_bases(const struct nvt_group *group, const struct nvt_column *column,
		      const struct nvt_records *records, size_t at, size_t count, uint64_t *base)
{
	const uint32_t *offset = records->offset + at, *event = records->event + at;
	size_t first = group->columns[0].offset, i;

	switch (column->base) {
	case NVT_BASE_FIRST:
		for (i = 0; i < count; i++)
			memcpy(&base[i], records->data + offset[i] + first, sizeof(*base));
		break;
	case NVT_BASE_IPA: /* apart, because far and so every touch has it */
		for (i = 0; i < count; i++)
			base[i] = ipa_of((const struct nvt_event *)(records->events + event[i]));
		break;
	case NVT_BASE_ESR:
	case NVT_BASE_FAR:
	case NVT_BASE_HPFAR:
		for (i = 0; i < count; i++)
			base[i] =
				fault_base(column->base,
					   (const struct nvt_event *)(records->events + event[i]));
		break;
	default:
		for (i = 0; i < count; i++)
			base[i] = truth_base(
				column->base,
				(const struct nvt_event *)(records->events + event[i]),
				(const struct nvt_fault_truth *)(records->data + offset[i]));
	}
}
