/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "bytes.h"
#include "error.h"
#include "frame.h"
#include "index.h"
#include "pool.h"

struct nvt_reader {
	char *path;
	struct nvt_source source;
	ZSTD_DCtx *ctx;
	struct nvt_pool *pool;

	struct nvt_frame frame; /* read, and not used yet where `pending` */
	bool pending;
	unsigned int stage; /* type of the last section, unknown ones aside */
	bool jumped;	    /* by nvt_seek: not all frames are seen, so sums mean nothing */
	nvt_show_section *show;
	void *show_arg;

	enum nvt_class class;
	struct nvt_machine machine;
	struct nvt_limits limits;
	struct nvt_buffer words;
	struct nvt_buffer meta;	 /* with a NUL */
	struct nvt_buffer index; /* for nvt_seek */

	struct nvt_ledger seen; /* of what was read */
	struct nvt_index blocks;
	struct nvt_ledger told; /* by the end section */
	bool has_meta, has_end, ended;
	uint64_t meta_at, index_at, end_at; /* seekable files only */

	struct nvt_pooled *current; /* of nvt_next */
	size_t current_at;
	struct nvt_error failed;
};

static const char *shown(const struct nvt_reader *r)
{
	return strcmp(r->path, "-") == 0 ? "standard input" : r->path;
}

/* The first error stays: later calls give it again. */
static enum nvt_status fail(struct nvt_reader *r, uint64_t offset, const char *what)
{
	if (what == nvt_no_memory)
		return nvt_fail(&r->failed, NVT_ENOMEM, "%s: out of memory", shown(r));
	if (what == nvt_no_read)
		return nvt_fail(&r->failed, NVT_EINPUT,
				"%s: offset %" PRIu64 ": cannot be read: %s", shown(r), offset,
				strerror(errno));
	return nvt_fail(&r->failed, NVT_EINPUT, "%s: offset %" PRIu64 ": %s", shown(r), offset,
			what);
}

static enum nvt_status hand_over(const struct nvt_reader *r, struct nvt_error *err)
{
	if (err && r->failed.status)
		*err = r->failed;
	return r->failed.status;
}

/* ---- frames in their order ---- */

static const char *get_frame(struct nvt_reader *r)
{
	uint8_t entry[NVT_SEEK_ENTRY];
	struct nvt_frame *f = &r->frame;
	const char *wrong = nvt_frame_read(f, &r->source, r->ctx);

	if (!wrong)
		wrong = nvt_section_order(&r->stage, f->type, f->flags);
	if (wrong)
		return wrong;
	nvt_ledger_frame(&r->seen, f->type, f->raw, f->raw_size, (uint32_t)f->content.size, entry);
	r->pending = true;
	if (r->show && !r->show(r->show_arg, f->content.data, f->content.size))
		return nvt_no_memory;
	return NULL;
}

static enum nvt_status next_frame(struct nvt_reader *r)
{
	const char *wrong = r->pending ? NULL : get_frame(r);

	return wrong ? fail(r, r->frame.offset, wrong) : NVT_OK;
}

/* Reads the frame at a place of a seekable file and comes back; out->content is the caller's. */
static enum nvt_status read_aside(struct nvt_reader *r, uint64_t at, enum nvt_section type,
				  struct nvt_frame *out)
{
	uint64_t back = r->source.position;
	const char *wrong;

	if (!nvt_source_seek(&r->source, at))
		return fail(r, at, nvt_no_read);
	wrong = nvt_frame_read(out, &r->source, r->ctx);
	if (!wrong && out->type != type)
		wrong = "the seek table does not agree with the sections";
	if (wrong)
		return fail(r, at, wrong);
	if (!nvt_source_seek(&r->source, back))
		return fail(r, back, nvt_no_read);
	return NVT_OK;
}

/* ---- header and memory of L1 ---- */

/* A file that does not begin as a trace does is called none, with the reason. */
static enum nvt_status read_header(struct nvt_reader *r)
{
	const struct nvt_frame *f = &r->frame;
	const char *wrong;
	size_t have;

	if (!nvt_source_peek(&r->source, 1, &have))
		return fail(r, 0, nvt_no_read);
	wrong = have ? get_frame(r) : "the file is empty";
	if (!wrong)
		wrong = nvt_get_header(nvt_frame_body(f), nvt_frame_body_size(f), &r->class,
				       &r->machine);
	r->pending = false;
	r->limits = (struct nvt_limits){r->machine.vcpu_count, r->machine.context_count};
	if (!wrong)
		return NVT_OK;
	if (wrong == nvt_no_memory || wrong == nvt_no_read)
		return fail(r, 0, wrong);
	return nvt_fail(&r->failed, NVT_EINPUT, "%s: offset 0: this is no trace: %s", shown(r),
			wrong);
}

static enum nvt_status read_words(struct nvt_reader *r)
{
	const struct nvt_frame *f = &r->frame;
	size_t before = r->words.size;
	struct nvt_why why;

	if (!nvt_words_decode(&r->words, nvt_frame_body(f), nvt_frame_body_size(f), &r->limits,
			      &why))
		return fail(r, f->offset, why.memory ? nvt_no_memory : why.text);
	r->seen.word_count += (r->words.size - before) / sizeof(struct nvt_word);
	return NVT_OK;
}

/* ---- meta, index, end, seek table ---- */

static enum nvt_status keep_meta(struct nvt_reader *r, const struct nvt_frame *f)
{
	size_t size = nvt_frame_body_size(f);

	if (r->has_meta)
		return NVT_OK;
	if (memchr(nvt_frame_body(f), 0, size))
		return fail(r, f->offset, "the meta section has a NUL");
	if (!nvt_buffer_room(&r->meta, size + 1))
		return fail(r, f->offset, nvt_no_memory);
	memcpy(r->meta.data, nvt_frame_body(f), size);
	r->meta.data[size] = 0;
	r->meta.size = size;
	r->has_meta = true;
	return NVT_OK;
}

static enum nvt_status check_index(struct nvt_reader *r)
{
	const struct nvt_buffer *want = &r->blocks.entries;
	size_t size = nvt_frame_body_size(&r->frame);

	if (size % NVT_INDEX_ENTRY)
		return fail(r, r->frame.offset, "the index has an odd length");
	if (!r->jumped && (size != want->size ||
			   (size && memcmp(nvt_frame_body(&r->frame), want->data, size) != 0)))
		return fail(r, r->frame.offset, "the index does not agree with the blocks");
	return NVT_OK;
}

/* The end section may have but one form, so that no bit of it is without effect. */
static enum nvt_status keep_end(struct nvt_reader *r, const struct nvt_frame *f)
{
	uint8_t form[NVT_SECTION_HEAD + NVT_END_SIZE + NVT_STORED_EXTRA];
	size_t size = nvt_frame_body_size(f);

	if (!nvt_get_end(nvt_frame_body(f), size, &r->told) ||
	    nvt_store(form, NVT_SECTION_END, nvt_frame_body(f), size) != f->raw_size ||
	    /* NOLINTNEXTLINE: a frame has raw bytes */
	    memcmp(form, f->raw, f->raw_size) != 0)
		return fail(r, f->offset, "the end section is malformed");
	r->has_end = true;
	return NVT_OK;
}

static const char *compare_sums(struct nvt_ledger *seen, const struct nvt_ledger *told)
{
	nvt_ledger_close(seen);
	if (memcmp(&seen->totals, &told->totals, sizeof(told->totals)) != 0 ||
	    seen->word_count != told->word_count)
		return "the totals do not agree with the events: some are missing";
	if (seen->frame_count - 1 != told->frame_count || seen->frames_check != told->frames_check)
		return "the check of all frames fails: the file is damaged, or a part is missing";
	if (memcmp(seen->digest, told->digest, sizeof(told->digest)) != 0)
		return "the digest does not agree with the sections";
	return NULL;
}

/* All frames were read: do they make up what the end section tells? */
static enum nvt_status check_end(struct nvt_reader *r)
{
	const char *wrong = NULL;

	if (keep_end(r, &r->frame) != NVT_OK)
		return r->failed.status;
	if (!r->jumped)
		wrong = compare_sums(&r->seen, &r->told);
	else if (r->seen.totals.event_count != r->told.totals.event_count)
		wrong = "the totals do not agree with the events: some are missing";
	return wrong ? fail(r, r->frame.offset, wrong) : NVT_OK;
}

/* Shows so many bytes of the seek table. */
static const uint8_t *table_bytes(struct nvt_reader *r, size_t size)
{
	size_t have;
	const uint8_t *p = nvt_source_peek(&r->source, size, &have);

	if (p && have >= size)
		return p;
	fail(r, r->source.position, p ? "the file is cut short in its seek table" : nvt_no_read);
	return NULL;
}

static bool is_footer(const uint8_t *p, uint64_t frames)
{
	return nvt_get32(p) == frames && p[4] == NVT_SEEK_DESCRIPTOR &&
	       nvt_get32(p + 5) == NVT_SEEKABLE_MAGIC;
}

static enum nvt_status check_seek_table(struct nvt_reader *r)
{
	uint64_t at = r->source.position, check = 0, i, frames = r->told.frame_count + 1ull;
	const uint8_t *p = table_bytes(r, 8);
	bool good;
	size_t have;

	if (!p)
		return r->failed.status;
	good = nvt_get32(p) == NVT_SKIPPABLE_MAGIC &&
	       nvt_get32(p + 4) == frames * NVT_SEEK_ENTRY + NVT_SEEK_FOOTER;
	nvt_source_skip(&r->source, 8);
	for (i = 0; good && i < frames; i++) {
		p = table_bytes(r, NVT_SEEK_ENTRY);
		if (!p)
			return r->failed.status;
		check += nvt_xxh64(p, NVT_SEEK_ENTRY, i);
		nvt_source_skip(&r->source, NVT_SEEK_ENTRY);
	}
	p = good ? table_bytes(r, NVT_SEEK_FOOTER) : NULL;
	if (good && !p)
		return r->failed.status;
	if (!good || !is_footer(p, frames) || (!r->jumped && check != r->seen.seek_check))
		return fail(r, at, "the seek table does not agree with the frames");
	nvt_source_skip(&r->source, NVT_SEEK_FOOTER);
	p = nvt_source_peek(&r->source, 1, &have);
	if (!p || have)
		return fail(r, r->source.position, p ? "bytes follow the seek table" : nvt_no_read);
	r->ended = true;
	return NVT_OK;
}

/* Where the last three frames of a seekable file are, by the last entries of the seek table. */
static enum nvt_status find_tail(struct nvt_reader *r, uint64_t *table_at)
{
	uint64_t size = r->source.size, frames, sizes[3];
	const uint8_t *p;

	if (size < 8 + 4 * NVT_SEEK_ENTRY + NVT_SEEK_FOOTER)
		return fail(r, size, "the file is cut short");
	if (!nvt_source_seek(&r->source, size - NVT_SEEK_FOOTER - 3 * NVT_SEEK_ENTRY))
		return fail(r, size, nvt_no_read);
	p = table_bytes(r, 3 * NVT_SEEK_ENTRY + NVT_SEEK_FOOTER);
	if (!p)
		return r->failed.status;
	for (unsigned int i = 0; i < 3; i++)
		sizes[i] = nvt_get32(p + NVT_SEEK_ENTRY * i);
	p += 3 * NVT_SEEK_ENTRY;
	frames = nvt_get32(p);
	if (!is_footer(p, frames))
		return fail(r, size - NVT_SEEK_FOOTER,
			    "no seek table ends here: the file is cut short, or damaged");
	*table_at = size - NVT_SEEK_FOOTER - frames * NVT_SEEK_ENTRY - 8;
	r->end_at = *table_at - sizes[2];
	r->index_at = r->end_at - sizes[1];
	r->meta_at = r->index_at - sizes[0];
	if (frames < 4 || *table_at > size || *table_at < sizes[0] + sizes[1] + sizes[2])
		return fail(r, size - NVT_SEEK_FOOTER, "the seek table has impossible entries");
	return NVT_OK;
}

static enum nvt_status read_tail(struct nvt_reader *r)
{
	uint64_t back = r->source.position, table_at = 0;
	struct nvt_frame end = {0};

	if (find_tail(r, &table_at) != NVT_OK)
		return r->failed.status;
	if (!nvt_source_seek(&r->source, back))
		return fail(r, back, nvt_no_read);
	if (read_aside(r, r->end_at, NVT_SECTION_END, &end) == NVT_OK)
		keep_end(r, &end);
	nvt_buffer_free(&end.content);
	return r->failed.status;
}

/* ---- opening ---- */

static enum nvt_status open_trace(struct nvt_reader *r)
{
	int error = nvt_source_open(&r->source, r->path);

	if (error)
		return nvt_fail(&r->failed,
				error == ENOMEM || error == EMFILE || error == ENFILE ? NVT_EENV
										      : NVT_EINPUT,
				"%s: cannot be opened: %s", shown(r), strerror(error));
	r->ctx = ZSTD_createDCtx();
	r->pool = nvt_pool_new();
	if (!r->ctx || !r->pool)
		return fail(r, 0, nvt_no_memory);
	if (read_header(r) != NVT_OK)
		return r->failed.status;
	if (r->source.seekable && read_tail(r) != NVT_OK)
		return r->failed.status;
	while (next_frame(r) == NVT_OK) {
		if (r->frame.type == NVT_SECTION_EVENTS || r->frame.type == NVT_SECTION_META)
			break;
		r->pending = false;
		if (r->frame.type == NVT_SECTION_L1MEM && read_words(r) != NVT_OK)
			break;
	}
	return r->failed.status;
}

struct nvt_reader *nvt_open(const char *path, struct nvt_error *err)
{
	return nvt_open_shown(path, NULL, NULL, err);
}

struct nvt_reader *nvt_open_shown(const char *path, nvt_show_section *show, void *arg,
				  struct nvt_error *err)
{
	struct nvt_reader *r = calloc(1, sizeof(*r));

	if (!r || !(r->path = strdup(path))) {
		free(r);
		nvt_fail(err, NVT_ENOMEM, "%s: out of memory", path);
		return NULL;
	}
	r->source.fd = -1;
	r->show = show;
	r->show_arg = arg;
	nvt_ledger_init(&r->seen);
	if (open_trace(r) == NVT_OK)
		return r;
	hand_over(r, err);
	nvt_close(r);
	return NULL;
}

void nvt_close(struct nvt_reader *r)
{
	if (!r)
		return;
	if (r->current)
		nvt_release_block(&r->current->block);
	nvt_pool_close(r->pool);
	nvt_source_close(&r->source);
	ZSTD_freeDCtx(r->ctx);
	nvt_buffer_free(&r->frame.content);
	nvt_buffer_free(&r->words);
	nvt_buffer_free(&r->meta);
	nvt_buffer_free(&r->index);
	nvt_index_free(&r->blocks);
	free(r->path);
	free(r);
}

/* ---- what is known of the whole ---- */

const struct nvt_machine *nvt_machine(const struct nvt_reader *r)
{
	return &r->machine;
}

enum nvt_class nvt_class(const struct nvt_reader *r)
{
	return r->class;
}

const struct nvt_word *nvt_l1mem(const struct nvt_reader *r, size_t *count)
{
	*count = r->words.size / sizeof(struct nvt_word);
	return (const struct nvt_word *)r->words.data;
}

static enum nvt_status fail_early(const struct nvt_reader *r, struct nvt_error *err)
{
	return nvt_fail(err, NVT_EINPUT, "%s: this is known only when all of a pipe was read",
			shown(r));
}

enum nvt_status nvt_meta(struct nvt_reader *r, const char **json, size_t *length,
			 struct nvt_error *err)
{
	struct nvt_frame f = {0};

	if (!r->has_meta && !r->source.seekable)
		return fail_early(r, err);
	if (!r->has_meta && !r->failed.status &&
	    read_aside(r, r->meta_at, NVT_SECTION_META, &f) == NVT_OK)
		keep_meta(r, &f);
	nvt_buffer_free(&f.content);
	if (!r->has_meta)
		return hand_over(r, err);
	*json = (const char *)r->meta.data;
	*length = r->meta.size;
	return NVT_OK;
}

enum nvt_status nvt_totals(struct nvt_reader *r, struct nvt_totals *totals, struct nvt_error *err)
{
	if (!r->has_end)
		return fail_early(r, err);
	*totals = r->told.totals;
	return NVT_OK;
}

enum nvt_status nvt_digest(struct nvt_reader *r, char digest[65], struct nvt_error *err)
{
	if (!r->has_end)
		return fail_early(r, err);
	for (unsigned int i = 0; i < NVT_SHA256_SIZE; i++)
		snprintf(digest + 2 * i, 3, "%02x", r->told.digest[i]);
	return NVT_OK;
}

/* ---- events ---- */

/* Enters a decoded block in the sums. */
static const char *account(struct nvt_reader *r, const struct nvt_batch *b)
{
	const char *wrong = nvt_totals_add(&r->seen.totals, b);

	if (wrong || r->jumped)
		return wrong;
	return nvt_index_add(&r->blocks, b->first_ordinal, b->events[0].time_ns, r->frame.offset)
		       ? NULL
		       : nvt_no_memory;
}

static enum nvt_status decode_block(struct nvt_reader *r, struct nvt_block **block)
{
	const struct nvt_frame *f = &r->frame;
	struct nvt_pooled *p = nvt_pool_get(r->pool);
	const char *wrong = NULL;
	struct nvt_why why;

	if (!p)
		return fail(r, f->offset, nvt_no_memory);
	if (!nvt_batch_decode(&p->batch, nvt_frame_body(f), nvt_frame_body_size(f), &r->limits,
			      &why))
		wrong = why.memory ? nvt_no_memory : why.text;
	if (!wrong)
		wrong = account(r, &p->batch);
	if (wrong) {
		nvt_release_block(&p->block);
		return fail(r, f->offset, wrong);
	}
	p->block = (struct nvt_block){p->batch.first_ordinal, p->batch.count, p->batch.events};
	*block = &p->block;
	return NVT_OK;
}

/* Deals with a section that is not a block of events. */
static enum nvt_status pass_section(struct nvt_reader *r)
{
	switch (r->frame.type) {
	case NVT_SECTION_META:
		return keep_meta(r, &r->frame);
	case NVT_SECTION_INDEX:
		return check_index(r);
	case NVT_SECTION_END:
		if (check_end(r) == NVT_OK)
			check_seek_table(r);
		return r->failed.status;
	default: /* unknown and optional */
		return NVT_OK;
	}
}

enum nvt_status nvt_next_block(struct nvt_reader *r, struct nvt_block **block,
			       struct nvt_error *err)
{
	while (!r->failed.status && !r->ended && next_frame(r) == NVT_OK) {
		r->pending = false;
		if (r->frame.type != NVT_SECTION_EVENTS)
			pass_section(r);
		else if (decode_block(r, block) == NVT_OK)
			return NVT_OK;
	}
	return r->failed.status ? hand_over(r, err) : NVT_END;
}

enum nvt_status nvt_next(struct nvt_reader *r, const struct nvt_event **ev, uint64_t *ordinal,
			 struct nvt_error *err)
{
	struct nvt_block *block = r->current ? &r->current->block : NULL;
	enum nvt_status status;

	if (!block || r->current_at == block->count) {
		nvt_release_block(block);
		r->current = NULL;
		status = nvt_next_block(r, &block, err);
		if (status != NVT_OK)
			return status;
		r->current = (struct nvt_pooled *)block;
		r->current_at = 0;
	}
	/* NOLINTNEXTLINE: NVT_OK comes with a block */
	*ordinal = block->first_ordinal + r->current_at;
	*ev = &block->events[r->current_at++];
	return NVT_OK;
}

/* ---- seeking ---- */

static enum nvt_status load_index(struct nvt_reader *r)
{
	struct nvt_frame f = {0};
	const uint8_t *p;
	size_t size, i;

	if (read_aside(r, r->index_at, NVT_SECTION_INDEX, &f) != NVT_OK) {
		nvt_buffer_free(&f.content);
		return r->failed.status;
	}
	size = nvt_frame_body_size(&f);
	if (size)
		/* NOLINTNEXTLINE: a body that is not empty is in the buffer */
		memmove(f.content.data, nvt_frame_body(&f), size);
	f.content.size = size;
	r->index = f.content;
	for (i = 0, p = r->index.data; i < size / NVT_INDEX_ENTRY; i++, p += NVT_INDEX_ENTRY)
		if (i ? nvt_get64(p) <= nvt_get64(p - NVT_INDEX_ENTRY) : nvt_get64(p) != 0)
			break;
	if (i * NVT_INDEX_ENTRY != size || i > NVT_INDEX_MAX ||
	    !size != !r->told.totals.event_count)
		return fail(r, r->index_at, "the index is malformed");
	return NVT_OK;
}

/* The index of a long trace does not have every block: those before `ordinal` are stepped over. */
static void step_over(struct nvt_reader *r, uint64_t ordinal)
{
	const struct nvt_frame *f = &r->frame;
	uint64_t end;

	while (next_frame(r) == NVT_OK) {
		if (f->type == NVT_SECTION_EVENTS) {
			end = nvt_block_end(nvt_frame_body(f), nvt_frame_body_size(f));
			if (end <= r->seen.totals.event_count || end > ordinal)
				return;
			r->seen.totals.event_count = end;
		} else if (f->type <= NVT_SECTION_END) {
			return;
		}
		r->pending = false;
	}
}

enum nvt_status nvt_seek(struct nvt_reader *r, uint64_t ordinal, struct nvt_error *err)
{
	uint64_t at = r->meta_at, event_count = r->told.totals.event_count;
	const uint8_t *entry;

	if (r->failed.status)
		return hand_over(r, err);
	if (!r->source.seekable)
		return nvt_fail(err, NVT_EINPUT, "%s: cannot seek in a pipe", shown(r));
	if (!r->index.data && load_index(r) != NVT_OK)
		return hand_over(r, err);
	r->seen.totals.event_count = event_count;
	r->seen.totals.last_ns = r->told.totals.last_ns;
	if (ordinal < event_count) {
		entry = nvt_index_find(r->index.data, r->index.size / NVT_INDEX_ENTRY, ordinal);
		r->seen.totals.event_count = nvt_get64(entry);
		r->seen.totals.last_ns = nvt_get64(entry + 8);
		at = nvt_get64(entry + 16);
	}
	nvt_release_block(r->current ? &r->current->block : NULL);
	r->current = NULL;
	r->pending = r->ended = false;
	r->jumped = true;
	r->stage = NVT_SECTION_EVENTS;
	if (at > r->meta_at || !nvt_source_seek(&r->source, at))
		fail(r, at, at > r->meta_at ? "the index is malformed" : nvt_no_read);
	else if (ordinal < event_count)
		step_over(r, ordinal);
	return hand_over(r, err);
}
