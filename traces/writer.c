/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "bytes.h"
#include "error.h"
#include "frame.h"
#include "index.h"
#include "sink.h"

/*
 * Measured on 10 million generated touches and on six recordings: the blocks
 * that are on their way from decoder to replay should stay in a second-level
 * cache of 2 MiB. Against 8192 events, recordings are 4 to 8% larger and
 * generated streams 10% smaller, and the replay of those takes 0.9 of the time.
 */
#define BLOCK_EVENTS 4096u
#define BLOCK_TEXT   (4u << 20)

/*
 * Level 4 gives the smallest files of those that cost no more than level 1: 74
 * ns a touch. Level 9 saves 3% of a recording, and takes three times as long.
 */
#define LEVEL 4

struct nvt_writer {
	struct nvt_sink sink;
	struct nvt_packer packer;
	struct nvt_encoder encoder;
	struct nvt_batch batch;
	struct nvt_ledger ledger;
	struct nvt_buffer seek_table;
	struct nvt_index index;
	struct nvt_limits limits; /* none while the header is provisional */
	struct nvt_machine machine;
	enum nvt_class class;
	bool provisional;
	uint64_t ordinal;	  /* of the next event */
	uint32_t vcpus, contexts; /* 1 + the greatest seen; provisional only */
	struct nvt_error failed;  /* after an error nothing goes on */
};

static const char *shown(const struct nvt_writer *w)
{
	return strcmp(w->sink.path, "-") == 0 ? "standard output" : w->sink.path;
}

/* The first error stays: later calls give it again. */
static enum nvt_status fail(struct nvt_writer *w, enum nvt_status status, const char *what)
{
	return nvt_fail(&w->failed, status, "%s: %s", shown(w), what);
}

static enum nvt_status fail_write(struct nvt_writer *w, int error)
{
	return nvt_fail(&w->failed, NVT_EENV, "%s: cannot be written: %s", shown(w),
			strerror(error));
}

static enum nvt_status fail_event(struct nvt_writer *w, const char *what)
{
	return nvt_fail(&w->failed, NVT_EINPUT, "%s: event %" PRIu64 ": %s", shown(w), w->ordinal,
			what);
}

static enum nvt_status hand_over(const struct nvt_writer *w, struct nvt_error *err)
{
	if (err && w->failed.status)
		*err = w->failed;
	return w->failed.status;
}

/* ---- frames ---- */

static bool append(struct nvt_buffer *b, const void *data, size_t size)
{
	if (!nvt_buffer_room(b, size))
		return false;
	memcpy(b->data + b->size, data, size);
	b->size += size;
	return true;
}

/* Writes a finished frame and enters it in ledger and seek table. */
static enum nvt_status emit(struct nvt_writer *w, enum nvt_section type, const uint8_t *frame,
			    size_t size, size_t body_size)
{
	uint8_t entry[NVT_SEEK_ENTRY];
	int error;

	nvt_ledger_frame(&w->ledger, type, frame, size, (uint32_t)(NVT_SECTION_HEAD + body_size),
			 entry);
	if (!append(&w->seek_table, entry, sizeof(entry)))
		return fail(w, NVT_ENOMEM, "out of memory");
	error = nvt_sink_write(&w->sink, frame, size);
	return error ? fail_write(w, error) : NVT_OK;
}

/* Planes in their runs, each of which the compressor is to treat on its own. */
static bool pack_planes(struct nvt_packer *p, const struct nvt_encoder *e)
{
	const uint8_t *data = e->planes.data;
	size_t at = 0, i;
	uint32_t cut;

	if (!data)
		return true;
	for (i = 0; i < e->cuts.size; i += sizeof(cut)) {
		memcpy(&cut, e->cuts.data + i, sizeof(cut));
		if (!nvt_pack(p, data + at, cut - at, true))
			return false;
		at = cut;
	}
	return nvt_pack(p, data + at, e->planes.size - at, false);
}

/* Writes a section of the encoder's directory and planes, and a text. */
static enum nvt_status emit_columns(struct nvt_writer *w, enum nvt_section type,
				    const struct nvt_buffer *text)
{
	const struct nvt_encoder *e = &w->encoder;
	size_t size = e->directory.size + e->planes.size + text->size;
	struct nvt_packer *p = &w->packer;

	if (!nvt_pack_begin(p, type, size) ||
	    !nvt_pack(p, e->directory.data, e->directory.size, true) || !pack_planes(p, e) ||
	    !nvt_pack(p, text->data, text->size, false) || !nvt_pack_end(p))
		return fail(w, NVT_ENOMEM, "out of memory");
	return emit(w, type, p->out.data, p->out.size, size);
}

static enum nvt_status emit_bytes(struct nvt_writer *w, enum nvt_section type, const void *body,
				  size_t size)
{
	struct nvt_packer *p = &w->packer;

	if (size > NVT_FRAME_MAX - NVT_SECTION_HEAD)
		return fail(w, NVT_EINPUT, "a section would be larger than 64 MiB");
	if (!nvt_pack_begin(p, type, size) || !nvt_pack(p, body, size, false) || !nvt_pack_end(p))
		return fail(w, NVT_ENOMEM, "out of memory");
	return emit(w, type, p->out.data, p->out.size, size);
}

static size_t store_header(const struct nvt_writer *w, uint8_t *frame)
{
	uint8_t body[NVT_HEADER_SIZE];

	nvt_put_header(body, w->class, &w->machine);
	return nvt_store(frame, NVT_SECTION_HEADER, body, sizeof(body));
}

#define STORED_SIZE(body) (NVT_SECTION_HEAD + (body) + NVT_STORED_EXTRA)

static enum nvt_status emit_header(struct nvt_writer *w)
{
	uint8_t frame[STORED_SIZE(NVT_HEADER_SIZE)];
	size_t size = store_header(w, frame);

	return emit(w, NVT_SECTION_HEADER, frame, size, NVT_HEADER_SIZE);
}

/* The header as it is known in the end, over the provisional one of the same length. */
static enum nvt_status rewrite_header(struct nvt_writer *w)
{
	uint8_t frame[STORED_SIZE(NVT_HEADER_SIZE)], entry[NVT_SEEK_ENTRY];
	size_t size = store_header(w, frame);
	int error = nvt_sink_rewrite(&w->sink, frame, size);

	if (error)
		return fail_write(w, error);
	nvt_ledger_frame(&w->ledger, NVT_SECTION_HEADER, frame, size,
			 NVT_SECTION_HEAD + NVT_HEADER_SIZE, entry);
	memcpy(w->seek_table.data, entry, sizeof(entry));
	return NVT_OK;
}

/* ---- memory of L1 ---- */

static enum nvt_status emit_words(struct nvt_writer *w, const struct nvt_word *words, size_t count)
{
	struct nvt_records r = {.data = (uint8_t *)words,
				.offset = w->batch.offset,
				.event = w->batch.offset,
				.count = count};
	struct nvt_buffer no_text = {0};
	struct nvt_why why;
	struct nvt_bad bad;

	for (size_t i = 0; i < count; i++)
		w->batch.offset[i] = (uint32_t)(i * sizeof(*words));
	nvt_encoder_reset(&w->encoder);
	switch (nvt_encode_group(&w->encoder, NVT_GROUP_WORDS, &r, &w->limits, &bad)) {
	case NVT_ENCODED:
		w->ledger.word_count += count;
		return emit_columns(w, NVT_SECTION_L1MEM, &no_text);
	case NVT_ENCODED_BAD:
		nvt_explain_bad(&why, &bad, "word", w->ledger.word_count + bad.index);
		return fail(w, NVT_EINPUT, why.text);
	default:
		return fail(w, NVT_ENOMEM, "out of memory");
	}
}

static enum nvt_status emit_l1mem(struct nvt_writer *w, const struct nvt_word *words, size_t count)
{
	size_t at, part;

	if (count && !nvt_batch_reserve(&w->batch, NVT_WORDS_MAX))
		return fail(w, NVT_ENOMEM, "out of memory");
	for (at = 1; at < count; at++)
		if (words[at].addr <= words[at - 1].addr)
			return fail(w, NVT_EINPUT, "words of L1 memory do not ascend");
	for (at = 0; at < count; at += part) {
		part = count - at < NVT_WORDS_MAX ? count - at : NVT_WORDS_MAX;
		if (emit_words(w, words + at, part) != NVT_OK)
			return w->failed.status;
	}
	return NVT_OK;
}

/* ---- events ---- */

static enum nvt_status flush_block(struct nvt_writer *w)
{
	struct nvt_batch *b = &w->batch;
	struct nvt_why why;

	if (!b->count)
		return NVT_OK;
	if (!nvt_batch_encode(b, &w->encoder, &w->limits, &why))
		return fail(w, why.memory ? NVT_ENOMEM : NVT_EINPUT, why.text);
	if (!nvt_index_add(&w->index, b->first_ordinal, b->events[0].time_ns, w->sink.size))
		return fail(w, NVT_ENOMEM, "out of memory");
	if (emit_columns(w, NVT_SECTION_EVENTS, &b->text) != NVT_OK)
		return w->failed.status;
	nvt_batch_clear(b);
	b->first_ordinal = w->ordinal;
	return NVT_OK;
}

static const char *add_mark(struct nvt_batch *b, const struct nvt_mark *mark)
{
	if (mark->length > NVT_MARK_MAX)
		return "the text of the mark is too long";
	if (!mark->length)
		return NULL;
	if (memchr(mark->text, 0, mark->length))
		return "the text of the mark has a NUL";
	return append(&b->text, mark->text, mark->length) ? NULL : nvt_no_memory;
}

static const char *add_truth(struct nvt_batch *b, const struct nvt_fault_truth *truth)
{
	b->has[b->kind_count[NVT_FAULT]] = 0;
	if (!truth)
		return NULL;
	if (!nvt_batch_reserve_truths(b, b->truth_count + 1))
		return nvt_no_memory;
	if (truth->has > 0x3ff)
		return "the truth has an unknown part";
	b->has[b->kind_count[NVT_FAULT]] = (uint16_t)(1 + truth->has);
	b->truths[b->truth_count++] = *truth;
	return NULL;
}

static void see_context(struct nvt_writer *w, uint16_t context)
{
	if (context != NVT_CANONICAL_CONTEXT && context >= w->contexts)
		w->contexts = context + 1u;
}

/* What a final header's counts must cover. */
static void see_bounds(struct nvt_writer *w, const struct nvt_event *ev)
{
	const struct nvt_fault_truth *t = ev->kind == NVT_FAULT ? ev->fault.truth : NULL;

	if (ev->vcpu >= w->vcpus)
		w->vcpus = ev->vcpu + 1u;
	if (ev->kind == NVT_CONTEXT)
		see_context(w, ev->context.context);
	if (ev->kind == NVT_EXTENT)
		see_context(w, ev->extent.context);
	if (t && t->has & NVT_TRUTH_CONTEXT)
		see_context(w, t->context);
	if (t && t->has & NVT_TRUTH_INJECT)
		see_context(w, t->inject_context);
}

/* Copies what hangs on the event. NULL, or what is wrong with it. */
static const char *add_attached(struct nvt_batch *b, const struct nvt_event *ev)
{
	switch (ev->kind) {
	case NVT_FAULT:
		return add_truth(b, ev->fault.truth);
	case NVT_TOUCH:
		return ev->fault.truth ? "a touch cannot have a truth" : NULL;
	case NVT_MARK:
		return add_mark(b, &ev->mark);
	default:
		return NULL;
	}
}

enum nvt_status nvt_write(struct nvt_writer *w, const struct nvt_event *ev, struct nvt_error *err)
{
	struct nvt_totals *totals = &w->ledger.totals;
	struct nvt_batch *b = &w->batch;
	const char *wrong;

	if (w->failed.status)
		return hand_over(w, err);
	if (!ev->kind || ev->kind >= NVT_KIND_COUNT)
		wrong = "its kind is unknown";
	else if (w->ordinal && ev->time_ns < totals->last_ns)
		wrong = "its time is before that of the event before it";
	else
		wrong = add_attached(b, ev);
	if (wrong) {
		if (wrong == nvt_no_memory)
			fail(w, NVT_ENOMEM, wrong);
		else
			fail_event(w, wrong);
		return hand_over(w, err);
	}
	if (w->provisional)
		see_bounds(w, ev);
	if (!w->ordinal++)
		totals->first_ns = ev->time_ns;
	totals->last_ns = ev->time_ns;
	totals->event_count++;
	totals->kind_count[ev->kind]++;
	b->kind_count[ev->kind]++;
	b->events[b->count++] = *ev;
	if ((b->count == BLOCK_EVENTS || b->text.size >= BLOCK_TEXT) && flush_block(w) != NVT_OK)
		return hand_over(w, err);
	return NVT_OK;
}

/* ---- beginning and end ---- */

static enum nvt_status check_header(struct nvt_writer *w)
{
	uint8_t body[NVT_HEADER_SIZE];
	struct nvt_machine machine;
	enum nvt_class class;
	const char *wrong;

	nvt_put_header(body, w->class, &w->machine);
	wrong = nvt_get_header(body, sizeof(body), &class, &machine);
	return wrong ? fail(w, NVT_EINPUT, wrong) : NVT_OK;
}

static enum nvt_status start(struct nvt_writer *w, const struct nvt_writer_options *o)
{
	if (!w->provisional && check_header(w) != NVT_OK)
		return w->failed.status;
	if (!nvt_packer_init(&w->packer, o->level ? o->level : LEVEL) ||
	    !nvt_batch_reserve(&w->batch, BLOCK_EVENTS))
		return fail(w, NVT_ENOMEM, "out of memory");
	if (emit_header(w) != NVT_OK || emit_l1mem(w, o->l1mem, o->l1mem_count) != NVT_OK)
		return w->failed.status;
	return NVT_OK;
}

struct nvt_writer *nvt_create(const char *path, const struct nvt_writer_options *options,
			      struct nvt_error *err)
{
	struct nvt_writer *w = calloc(1, sizeof(*w));
	int error;

	if (!w) {
		nvt_fail(err, NVT_ENOMEM, "%s: out of memory", path);
		return NULL;
	}
	w->provisional = options->provisional;
	nvt_ledger_init(&w->ledger);
	nvt_set_machine(w, options->class, &options->machine);
	if (!w->provisional)
		w->limits = (struct nvt_limits){options->machine.vcpu_count,
						options->machine.context_count};
	error = nvt_sink_open(&w->sink, path, w->provisional);
	if (error) {
		nvt_fail(err, NVT_EENV, "%s: cannot be created: %s", path, strerror(error));
		nvt_abandon(w);
		return NULL;
	}
	if (start(w, options) != NVT_OK) {
		hand_over(w, err);
		nvt_abandon(w);
		return NULL;
	}
	return w;
}

void nvt_set_machine(struct nvt_writer *w, enum nvt_class class, const struct nvt_machine *machine)
{
	w->class = class;
	w->machine = *machine;
}

static enum nvt_status settle_header(struct nvt_writer *w)
{
	const struct nvt_machine *m = &w->machine;

	if (!w->provisional)
		return NVT_OK;
	if (check_header(w) != NVT_OK)
		return w->failed.status;
	if (m->vcpu_count && w->vcpus > m->vcpu_count)
		return fail(w, NVT_EINPUT, "an event's vCPU is not among those of the header");
	if (m->context_count && w->contexts > m->context_count)
		return fail(w, NVT_EINPUT, "an event's context is not among those of the header");
	return rewrite_header(w);
}

static enum nvt_status emit_end(struct nvt_writer *w)
{
	uint8_t body[NVT_END_SIZE], frame[STORED_SIZE(NVT_END_SIZE)];
	size_t size;

	nvt_ledger_close(&w->ledger);
	nvt_put_end(body, &w->ledger);
	size = nvt_store(frame, NVT_SECTION_END, body, sizeof(body));
	return emit(w, NVT_SECTION_END, frame, size, sizeof(body));
}

static enum nvt_status emit_seek_table(struct nvt_writer *w)
{
	uint8_t head[8], footer[NVT_SEEK_FOOTER];
	int error;

	nvt_put32(head, NVT_SKIPPABLE_MAGIC);
	nvt_put32(head + 4, (uint32_t)(w->seek_table.size + sizeof(footer)));
	nvt_put32(footer, (uint32_t)(w->seek_table.size / NVT_SEEK_ENTRY));
	footer[4] = NVT_SEEK_DESCRIPTOR;
	nvt_put32(footer + 5, NVT_SEEKABLE_MAGIC);
	error = nvt_sink_write(&w->sink, head, sizeof(head));
	if (!error)
		error = nvt_sink_write(&w->sink, w->seek_table.data, w->seek_table.size);
	if (!error)
		error = nvt_sink_write(&w->sink, footer, sizeof(footer));
	return error ? fail_write(w, error) : NVT_OK;
}

static enum nvt_status complete(struct nvt_writer *w, const char *meta)
{
	int error;

	if (flush_block(w) != NVT_OK || settle_header(w) != NVT_OK ||
	    emit_bytes(w, NVT_SECTION_META, meta, strlen(meta)) != NVT_OK ||
	    emit_bytes(w, NVT_SECTION_INDEX, w->index.entries.data, w->index.entries.size) !=
		    NVT_OK ||
	    emit_end(w) != NVT_OK || emit_seek_table(w) != NVT_OK)
		return w->failed.status;
	error = nvt_sink_commit(&w->sink);
	return error ? fail_write(w, error) : NVT_OK;
}

enum nvt_status nvt_finish(struct nvt_writer *w, const char *meta, struct nvt_error *err)
{
	enum nvt_status status;

	if (!w->failed.status)
		complete(w, meta);
	status = hand_over(w, err);
	nvt_abandon(w);
	return status;
}

void nvt_abandon(struct nvt_writer *w)
{
	if (!w)
		return;
	nvt_sink_discard(&w->sink);
	nvt_packer_free(&w->packer);
	nvt_encoder_free(&w->encoder);
	nvt_batch_free(&w->batch);
	nvt_buffer_free(&w->seek_table);
	nvt_index_free(&w->index);
	free(w);
}
