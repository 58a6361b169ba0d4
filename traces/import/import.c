/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "import/build.h"
#include "import/history.h"
#include "import/import.h"
#include "import/input.h"
#include "import/l1side.h"
#include "import/meta.h"

/* Recordings that are read, each by a function of its own. */
struct format {
	const char *name; /* in the trace's meta section */
	enum nvt_status (*read)(struct imp_builder *b, struct imp_input *in, struct imp_info *info);
	bool compressed; /* by zstd */
	bool file;	 /* it is read in places: a pipe will not do */
};

static const struct format formats[NVT_IMPORT_FORMAT_COUNT] = {
	[NVT_IMPORT_TEXT] = {"ftrace text", .read = imp_read_text},
	[NVT_IMPORT_TEXT_ZSTD] = {"ftrace text, zstd", .read = imp_read_text, .compressed = true},
	[NVT_IMPORT_DAT] = {"trace-cmd file", .read = imp_read_dat, .file = true},
	[NVT_IMPORT_PERF] = {"perf.data file", .read = imp_read_perf},
};

const char *imp_format_name(enum nvt_import_format format)
{
	return formats[format].name;
}

/* What the first bytes of files say. */
struct magic {
	const char *bytes;
	uint8_t size;
	int8_t format; /* enum nvt_import_format, or -1: not for us */
	const char *what;
};

static const struct magic magics[] = {
	{"\x17\x08\x44tracing", 10, NVT_IMPORT_DAT, NULL},
	{"\x28\xb5\x2f\xfd", 4, NVT_IMPORT_TEXT_ZSTD, NULL},
	{"\x1f\x8b", 2, -1, "compressed by gzip; decompress it first"},
	{"\xfd"
	 "7zXZ",
	 5, -1, "compressed by xz; decompress it first"},
	{"PERFILE2", 8, NVT_IMPORT_PERF, NULL},
	{"2ELIFREP", 8, NVT_IMPORT_PERF, NULL}, /* of the other byte order */
	{"PERFFILE", 8, -1, "a perf.data file of the first format, which is not read"},
	{"\x7f"
	 "ELF",
	 4, -1, "an ELF file, not a recording"},
};

static enum nvt_status find_format(struct imp_builder *b, const uint8_t *bytes, size_t size,
				   enum nvt_import_format *format)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		const struct magic *m = &magics[i];

		if (size < m->size || memcmp(bytes, m->bytes, m->size) != 0)
			continue;
		if (m->format < 0)
			return imp_fail(b, NVT_EINPUT, "this is %s", m->what);
		*format = (enum nvt_import_format)m->format;
		return NVT_OK;
	}
	*format = NVT_IMPORT_TEXT;
	return NVT_OK;
}

static enum nvt_status io_error(struct imp_builder *b, int error)
{
	return imp_fail(b, error == ENOENT || error == EISDIR ? NVT_EINPUT : NVT_EENV,
			"cannot read: %s", strerror(error));
}

static enum nvt_status read_input(struct imp_builder *b, struct imp_input *in,
				  struct imp_info *info)
{
	const struct format *format;
	enum nvt_status status;
	const uint8_t *bytes;
	size_t have;

	bytes = nvt_source_peek(&in->source, 16, &have);
	if (!bytes)
		return io_error(b, errno);
	status = find_format(b, bytes, have, &b->stats->format);
	if (status != NVT_OK)
		return status;
	format = &formats[b->stats->format];
	if (!imp_input_init(in, format->compressed))
		return imp_no_memory(b);
	if (format->file && (!in->source.seekable || !strcmp(b->options->input, "-")))
		return imp_fail(b, NVT_EINPUT, "a %s cannot be read from a pipe; name the file",
				format->name);
	return format->read(b, in, info);
}

/* Class and machine are known when everything has been read. */
static enum nvt_status finish(struct imp_builder *b, struct imp_input *in,
			      const struct imp_info *info)
{
	enum nvt_status status;
	char *meta;

	b->stats->class = imp_class(b);
	imp_machine(b, &b->stats->machine);
	nvt_set_machine(b->writer, b->stats->class, &b->stats->machine);
	meta = imp_meta(b, in, info);
	if (!meta) {
		nvt_abandon(b->writer);
		return imp_no_memory(b);
	}
	b->stats->warning_count = (uint32_t)b->warning_count;
	status = nvt_finish(b->writer, meta, b->err);
	free(meta);
	return status;
}

static enum nvt_status run(struct imp_builder *b, struct imp_input *in)
{
	struct nvt_writer_options wo = {.level = b->options->level, .provisional = true};
	struct imp_info info = {{NULL}};
	enum nvt_status status;

	if (b->history)
		wo.l1mem = imp_history_words(b->history, &wo.l1mem_count);
	b->writer = nvt_create(b->options->output, &wo, b->err);
	if (!b->writer)
		return b->err->status;
	status = read_input(b, in, &info);
	if (status == NVT_OK)
		status = imp_end(b);
	if (status == NVT_OK && b->history)
		status = imp_history_end(b);
	if (status == NVT_OK && b->history)
		b->stats->core = imp_history_stats(b->history);
	if (status == NVT_OK)
		status = finish(b, in, &info);
	else
		nvt_abandon(b->writer);
	imp_info_free(&info);
	return status;
}

static enum nvt_status read_l1_with(struct imp_builder *side)
{
	struct imp_input in = {.buffer = NULL};
	struct imp_info info = {{NULL}};
	int error = nvt_source_open(&in.source, side->options->input);
	enum nvt_status status = error ? io_error(side, error) : read_input(side, &in, &info);

	imp_input_free(&in);
	imp_info_free(&info);
	side->at.number = 0;
	return status == NVT_OK ? imp_l1_ready(side) : status;
}

/* What L1 recorded itself, by a builder of its own that makes no stream. */
static enum nvt_status read_l1(struct imp_builder *b)
{
	struct nvt_import_options o = {.input = b->options->l1};
	struct nvt_import_stats stats = {.format = NVT_IMPORT_TEXT};
	struct imp_builder side;
	enum nvt_status status = imp_builder_init(&side, &o, &stats, b->err);

	side.tap = imp_l1_take;
	side.l1 = imp_l1_new();
	if (status == NVT_OK)
		status = side.l1 ? read_l1_with(&side) : imp_no_memory(&side);
	if (status == NVT_OK) {
		b->l1 = side.l1;
		side.l1 = NULL;
		b->stats->l1_fault_count = stats.l1_fault_count;
	}
	imp_builder_free(&side);
	return status;
}

/* The first pass of an import with a core: no event is written. */
static enum nvt_status survey(struct imp_builder *b, struct imp_input *in, const char **reason)
{
	struct imp_info info = {{NULL}};
	enum nvt_status status;

	if (!in->source.seekable || !strcmp(b->options->input, "-"))
		return imp_fail(b, NVT_EINPUT,
				"with a core the recording is read twice, which a pipe cannot be; "
				"name a file");
	status = read_input(b, in, &info);
	if (status == NVT_OK)
		status = imp_end(b);
	if (status == NVT_OK)
		status = imp_history_end(b);
	if (status == NVT_OK)
		status = imp_history_settle(b, reason);
	imp_info_free(&info);
	return status;
}

/* How the recording is read: `history` may be NULL; a survey writes nothing. */
struct pass {
	struct imp_history *history;
	bool survey;
	const char *reason; /* why the trace is not full, though there is a core; NULL: it is */
};

static enum nvt_status read_once(const struct nvt_import_options *o, struct pass *pass,
				 struct nvt_import_stats *stats, struct nvt_error *err)
{
	struct imp_builder b;
	struct imp_input in = {.buffer = NULL};
	enum nvt_status status;
	int error;

	status = imp_builder_init(&b, o, stats, err);
	b.history = pass->history;
	if (pass->reason)
		imp_warn(&b, "not full, despite the core: %s", pass->reason);
	if (status == NVT_OK && o->smaps)
		status = imp_hostmem_smaps(&b.backing.host, o->smaps, err);
	if (status == NVT_OK && o->pagemap)
		status = imp_hostmem_pagemap(&b.backing.host, o->pagemap, o->pagemap_base, err);
	if (status == NVT_OK && o->l1)
		status = read_l1(&b);
	if (status == NVT_OK) {
		error = nvt_source_open(&in.source, o->input);
		if (error)
			status = io_error(&b, error);
		else
			status = pass->survey ? survey(&b, &in, &pass->reason) : run(&b, &in);
		imp_input_free(&in);
	}
	imp_builder_free(&b);
	return status;
}

static enum nvt_status read_twice(const struct nvt_import_options *o,
				  struct nvt_import_stats *stats, struct nvt_error *err)
{
	struct nvt_import_stats surveyed = {.format = NVT_IMPORT_TEXT};
	struct pass pass = {.history = imp_history_open(o, err), .survey = true};
	struct imp_history *history = pass.history;
	enum nvt_status status;

	if (!history)
		return err->status;
	status = read_once(o, &pass, &surveyed, err);
	if (status == NVT_OK) {
		stats->core = imp_history_stats(history);
		pass.survey = false;
		pass.history = pass.reason ? NULL : history;
		status = read_once(o, &pass, stats, err);
	}
	imp_history_free(history);
	return status;
}

enum nvt_status nvt_import(const struct nvt_import_options *o, struct nvt_import_stats *stats,
			   struct nvt_error *err)
{
	struct nvt_import_stats own;
	struct pass pass = {NULL, false, NULL};

	if (!stats)
		stats = &own;
	*stats = (struct nvt_import_stats){.format = NVT_IMPORT_TEXT};
	return o->core ? read_twice(o, stats, err) : read_once(o, &pass, stats, err);
}
