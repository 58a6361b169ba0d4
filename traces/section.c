/* SPDX-License-Identifier: GPL-2.0-only */
#include "section.h"

#include <stdio.h>
#include <stdlib.h>

const char *nvt_section_order(unsigned int *stage, unsigned int type, unsigned int flags)
{
	bool repeats = type == NVT_SECTION_L1MEM || type == NVT_SECTION_EVENTS;

	if (!*stage && type != NVT_SECTION_HEADER)
		return "its first section is no header";
	if (!type || type > NVT_SECTION_END) {
		if (flags & NVT_SECTION_REQUIRED)
			return "a section of an unknown type is required: a newer nvsim is needed";
		return *stage < NVT_SECTION_META ? NULL : "a section is out of order";
	}
	if (!(flags & NVT_SECTION_REQUIRED))
		return "the section should be marked as required";
	if (type < *stage || (type == *stage && !repeats) ||
	    (type > NVT_SECTION_META && type != *stage + 1))
		return "a section is out of order, or one is missing";
	*stage = type;
	return NULL;
}

/* ---- words of L1's memory ---- */

static bool complain(struct nvt_why *why, const char *text)
{
	why->memory = !text;
	snprintf(why->text, sizeof(why->text), "%s", text ? text : "out of memory");
	return false;
}

static size_t count_of(const struct nvt_buffer *words)
{
	return words->size / sizeof(struct nvt_word);
}

static bool ascend(const struct nvt_buffer *buffer, size_t from)
{
	const struct nvt_word *words = (const struct nvt_word *)(const void *)buffer->data;

	for (size_t i = from ? from : 1; i < count_of(buffer); i++)
		if (words[i].addr <= words[i - 1].addr)
			return false;
	return true;
}

static bool decode_group(struct nvt_buffer *words, const struct nvt_group_data *group,
			 uint32_t *offset, const struct nvt_limits *limits, struct nvt_why *why)
{
	struct nvt_records records = {.data = words->data + words->size,
				      .offset = offset,
				      .event = offset,
				      .count = group->count};
	struct nvt_bad bad;

	for (uint32_t i = 0; i < group->count; i++)
		offset[i] = i * (uint32_t)sizeof(struct nvt_word);
	if (!nvt_decode_groups(group, 1, &records, limits, &bad)) {
		nvt_explain_bad(why, &bad, "word", count_of(words) + bad.index);
		return false;
	}
	words->size += group->count * sizeof(struct nvt_word);
	return true;
}

bool nvt_words_decode(struct nvt_buffer *words, const uint8_t *body, size_t size,
		      const struct nvt_limits *limits, struct nvt_why *why)
{
	size_t before = count_of(words);
	struct nvt_directory d;
	const char *wrong = nvt_read_directory(&d, body, size, 1, NVT_WORDS_MAX);
	uint32_t *offset;
	bool good;

	if (!wrong && (d.groups[0].id != NVT_GROUP_WORDS || d.tail_size))
		wrong = "the section does not hold words of L1 memory alone";
	if (!wrong && before > NVT_WORDS_MAX_FILE - NVT_WORDS_MAX)
		wrong = "there are more than 2^25 words of L1 memory";
	if (wrong)
		return complain(why, wrong);
	if (!nvt_buffer_room(words, d.groups[0].count * sizeof(struct nvt_word)))
		return complain(why, NULL);
	offset = malloc(d.groups[0].count * sizeof(*offset));
	if (!offset)
		return complain(why, NULL);
	good = decode_group(words, &d.groups[0], offset, limits, why);
	free(offset);
	if (good && !ascend(words, before))
		return complain(why, "words of L1 memory do not ascend");
	return good;
}

/* ---- totals ---- */

const char *nvt_totals_add(struct nvt_totals *totals, const struct nvt_batch *b)
{
	if (b->first_ordinal != totals->event_count)
		return "a block is missing, or out of order";
	if (b->events[0].time_ns < totals->last_ns)
		return "the time of an event is before that of the event before it";
	if (!totals->event_count)
		totals->first_ns = b->events[0].time_ns;
	totals->last_ns = b->events[b->count - 1].time_ns;
	totals->event_count += b->count;
	for (unsigned int k = 1; k < NVT_KIND_COUNT; k++)
		totals->kind_count[k] += b->kind_count[k];
	return NULL;
}
