/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "import/build.h"
#include "import/import.h"
#include "import/input.h"
#include "import/meta.h"

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
	{"PERFILE2", 8, -1, "a perf.data file, which is not read; record with trace-cmd"},
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

/* libtracecmd reads the file by itself, in its own order: the checksum is a pass of its own. */
static enum nvt_status hash_file(struct imp_builder *b, struct imp_input *in)
{
	const uint8_t *bytes;
	size_t have;

	while ((bytes = nvt_source_peek(&in->source, 1, &have)) && have) {
		nvt_sha256_update(&in->sha256, bytes, have);
		in->read_size += have;
		nvt_source_skip(&in->source, have);
	}
	return bytes ? NVT_OK : io_error(b, errno);
}

static enum nvt_status read_dat(struct imp_builder *b, struct imp_input *in,
				struct imp_dat_info *info)
{
	enum nvt_status status;

	if (!in->source.seekable || !strcmp(b->options->input, "-"))
		return imp_fail(b, NVT_EINPUT,
				"a trace-cmd file cannot be read from a pipe; name the file");
	status = hash_file(b, in);
	return status == NVT_OK ? imp_read_dat(b, info) : status;
}

static enum nvt_status read_input(struct imp_builder *b, struct imp_input *in,
				  struct imp_dat_info *info)
{
	enum nvt_import_format *format = &b->stats->format;
	enum nvt_status status;
	const uint8_t *bytes;
	size_t have;

	bytes = nvt_source_peek(&in->source, 16, &have);
	if (!bytes)
		return io_error(b, errno);
	status = find_format(b, bytes, have, format);
	if (status != NVT_OK)
		return status;
	if (!imp_input_init(in, *format == NVT_IMPORT_TEXT_ZSTD))
		return imp_no_memory(b);
	status = *format == NVT_IMPORT_DAT ? read_dat(b, in, info) : imp_read_text(b, in);
	return status == NVT_OK ? imp_end(b) : status;
}

/* Class and machine are known when everything has been read. */
static enum nvt_status finish(struct imp_builder *b, struct imp_input *in,
			      const struct imp_dat_info *info)
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
	struct imp_dat_info info = {NULL, NULL};
	enum nvt_status status;

	b->writer = nvt_create(b->options->output, &wo, b->err);
	if (!b->writer)
		return b->err->status;
	status = read_input(b, in, &info);
	if (status == NVT_OK)
		status = finish(b, in, &info);
	else
		nvt_abandon(b->writer);
	free(info.uname);
	free(info.clock);
	return status;
}

enum nvt_status nvt_import(const struct nvt_import_options *o, struct nvt_import_stats *stats,
			   struct nvt_error *err)
{
	struct nvt_import_stats own;
	struct imp_builder b;
	struct imp_input in = {.buffer = NULL};
	enum nvt_status status;
	int error;

	if (!stats)
		stats = &own;
	*stats = (struct nvt_import_stats){.format = NVT_IMPORT_TEXT};
	status = imp_builder_init(&b, o, stats, err);
	if (status == NVT_OK && o->smaps)
		status = imp_hostmem_smaps(&b.backing.host, o->smaps, err);
	if (status == NVT_OK && o->pagemap)
		status = imp_hostmem_pagemap(&b.backing.host, o->pagemap, o->pagemap_base, err);
	if (status == NVT_OK) {
		error = nvt_source_open(&in.source, o->input);
		status = error ? io_error(&b, error) : run(&b, &in);
		imp_input_free(&in);
	}
	imp_builder_free(&b);
	return status;
}
