/* SPDX-License-Identifier: GPL-2.0-only */
#include "flat.h"

#include <stdio.h>
#include <string.h>

#include "bytes.h"

struct section {
	unsigned int type;
	const uint8_t *body;
	size_t size;
};

static enum nvt_status fail(struct nvt_flat *f, const char *text)
{
	f->why.memory = false;
	snprintf(f->why.text, sizeof(f->why.text), "offset %llu: %s", (unsigned long long)f->at,
		 text);
	return NVT_EINPUT;
}

/* f->why tells already. */
static enum nvt_status failed(const struct nvt_flat *f)
{
	return f->why.memory ? NVT_ENOMEM : NVT_EINPUT;
}

/* ---- sections ---- */

/* What the digest is of; the header counts last. */
static void enter(struct nvt_flat *f, const struct section *s)
{
	size_t size = NVT_SECTION_HEAD + s->size;
	uint32_t check;
	uint8_t tuple[12];

	f->section_count++;
	if (s->type >= NVT_SECTION_META && s->type <= NVT_SECTION_END)
		return;
	check = (uint32_t)nvt_xxh64(f->data + f->at, size, 0);
	nvt_ledger_tuple(tuple, s->type, (uint32_t)size, check);
	if (s->type == NVT_SECTION_HEADER)
		memcpy(f->header_tuple, tuple, sizeof(tuple));
	else
		nvt_sha256_update(&f->sha, tuple, sizeof(tuple));
}

/* The section at f->at, which stays there. */
static enum nvt_status look(struct nvt_flat *f, struct section *s)
{
	const uint8_t *head = f->data + f->at;
	size_t left = f->size - f->at;
	const char *wrong;
	uint16_t flags;

	if (left < NVT_SECTION_HEAD)
		return fail(f, "the trace is cut short here");
	*s = (struct section){nvt_get16(head), head + NVT_SECTION_HEAD, nvt_get32(head + 4)};
	flags = nvt_get16(head + 2);
	if (s->size > NVT_FRAME_MAX || flags & ~NVT_SECTION_REQUIRED)
		return fail(f, "there is no section");
	if (s->size > left - NVT_SECTION_HEAD)
		return fail(f, "the trace is cut short in this section");
	wrong = nvt_section_order(&f->stage, s->type, flags);
	return wrong ? fail(f, wrong) : NVT_OK;
}

static void step_over(struct nvt_flat *f, const struct section *s)
{
	enter(f, s);
	f->at += NVT_SECTION_HEAD + s->size;
}

/* Decoders read beyond the body. False: out of memory. */
static bool with_slack(struct nvt_flat *f, struct section *s)
{
	if (f->size - (size_t)(s->body - f->data) - s->size >= NVT_DECODE_SLACK)
		return true;
	f->copy.size = 0;
	if (!nvt_buffer_room(&f->copy, s->size + NVT_DECODE_SLACK))
		return false;
	memcpy(f->copy.data, s->body, s->size);
	memset(f->copy.data + s->size, 0, NVT_DECODE_SLACK);
	s->body = f->copy.data;
	return true;
}

/* ---- opening ---- */

static enum nvt_status read_header(struct nvt_flat *f)
{
	struct section s;
	enum nvt_status status = look(f, &s);
	const char *wrong;

	if (status != NVT_OK)
		return status;
	wrong = nvt_get_header(s.body, s.size, &f->class, &f->machine);
	if (wrong)
		return fail(f, wrong);
	f->limits = (struct nvt_limits){f->machine.vcpu_count, f->machine.context_count};
	step_over(f, &s);
	return NVT_OK;
}

static enum nvt_status read_words(struct nvt_flat *f, struct section *s)
{
	struct section body = *s;

	f->why.memory = true;
	if (!with_slack(f, &body) ||
	    !nvt_words_decode(&f->words, body.body, body.size, &f->limits, &f->why))
		return failed(f);
	step_over(f, s);
	return NVT_OK;
}

enum nvt_status nvt_flat_open(struct nvt_flat *f, const void *data, size_t size)
{
	enum nvt_status status;
	struct section s;

	*f = (struct nvt_flat){.data = data, .size = size};
	nvt_sha256_init(&f->sha);
	status = read_header(f);
	while (status == NVT_OK) {
		status = look(f, &s);
		if (status != NVT_OK || s.type == NVT_SECTION_EVENTS || s.type == NVT_SECTION_META)
			break;
		if (s.type == NVT_SECTION_L1MEM)
			status = read_words(f, &s);
		else
			step_over(f, &s);
	}
	/* It is looked at once more. */
	if (f->stage == NVT_SECTION_META)
		f->stage = NVT_SECTION_EVENTS;
	return status;
}

void nvt_flat_close(struct nvt_flat *f)
{
	nvt_buffer_free(&f->words);
	nvt_buffer_free(&f->copy);
	nvt_batch_free(&f->batch);
}

/* ---- events ---- */

static enum nvt_status decode(struct nvt_flat *f, struct section *s)
{
	struct section body = *s;
	const char *wrong;

	f->why.memory = true;
	if (!with_slack(f, &body) ||
	    !nvt_batch_decode(&f->batch, body.body, body.size, &f->limits, &f->why))
		return failed(f);
	wrong = nvt_totals_add(&f->totals, &f->batch);
	if (wrong)
		return fail(f, wrong);
	step_over(f, s);
	return NVT_OK;
}

static enum nvt_status check_end(struct nvt_flat *f, const struct section *s)
{
	uint8_t digest[NVT_SHA256_SIZE];
	struct nvt_ledger told;

	if (!nvt_get_end(s->body, s->size, &told))
		return fail(f, "the end section is malformed");
	nvt_sha256_update(&f->sha, f->header_tuple, sizeof(f->header_tuple));
	nvt_sha256_final(&f->sha, digest);
	if (memcmp(&told.totals, &f->totals, sizeof(told.totals)) != 0 ||
	    told.word_count != f->words.size / sizeof(struct nvt_word) ||
	    told.frame_count != f->section_count)
		return fail(f, "the totals do not agree with the events: some are missing");
	if (memcmp(told.digest, digest, sizeof(digest)) != 0)
		return fail(f, "the digest does not agree with the sections");
	step_over(f, s);
	return f->at == f->size ? NVT_END : fail(f, "bytes follow the end section");
}

enum nvt_status nvt_flat_next(struct nvt_flat *f)
{
	struct section s;

	for (;;) {
		enum nvt_status status = look(f, &s);

		if (status != NVT_OK)
			return status;
		if (s.type == NVT_SECTION_EVENTS)
			return decode(f, &s);
		if (s.type == NVT_SECTION_END)
			return check_end(f, &s);
		step_over(f, &s);
	}
}
