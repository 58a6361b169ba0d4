/* SPDX-License-Identifier: GPL-2.0-only */
/* The stream as a trace file: header, meta section, and the writer as its consumer. */
#include <stdlib.h>

#include <jansson.h>

#include "error.h"
#include "gen/internal.h"

/* Those that the host offers: none smaller than its own pages. */
static uint8_t granules_from(unsigned int page_shift)
{
	return page_shift == 12 ? 7 : page_shift == 14 ? 6 : 4;
}

void nvt_gen_header(const struct nvt_gen *g, struct nvt_writer_options *header)
{
	*header = (struct nvt_writer_options){
		.level = (int)g->o.level,
		.class = NVT_FULL,
		.machine = {.page_shift = (uint8_t)g->geo.page_shift,
			    .ipa_limit = (uint8_t)g->o.pa_bits,
			    .canonical_bits = L1_IPA_BITS,
			    .s2_granules = granules_from(g->geo.page_shift),
			    .vcpu_count = (uint16_t)g->o.vcpus,
			    /* As KVM makes them. */
			    .context_count = (uint16_t)(2 * g->o.vcpus),
			    .fwb = g->o.fwb,
			    .dic = g->o.dic,
			    .xnx = g->o.xnx,
			    .ttl = true,
			    .hw_af = true},
		.l1mem = g->l1mem,
		.l1mem_count = g->l1mem_count,
	};
}

static json_t *options_json(const struct nvt_gen *g)
{
	struct nvt_gen_options o = g->o;
	json_t *object = json_object();

	for (size_t i = 0; i < nvt_gen_option_count; i++) {
		const struct nvt_gen_option *row = &nvt_gen_option_table[i];
		uint64_t value = *nvt_gen_field(&o, row);
		json_t *json = row->unit == NVT_GEN_NAME
				       ? json_string(nvt_gen_pattern_name((unsigned int)value))
				       : json_integer((json_int_t)value);

		json_object_set_new(object, row->name, json);
	}
	/* Any 64 bits, and JSON numbers are signed here. */
	json_object_set_new(object, "seed", json_sprintf("%llu", (unsigned long long)o.seed));
	return object;
}

char *nvt_gen_meta(const struct nvt_gen *g)
{
	json_t *meta = json_object(), *tool = json_object();
	char *text;

	json_object_set_new(tool, "name", json_string("nvsim gen"));
	json_object_set_new(meta, "tool", tool);
	json_object_set_new(meta, "what", json_string("generated demand stream of nested guests"));
	json_object_set_new(meta, "origin", json_string("generated"));
	json_object_set_new(meta, "class", json_string("full"));
	json_object_set_new(meta, "story", json_string(gen_patterns[g->o.pattern].story));
	json_object_set_new(meta, "options", options_json(g));
	text = json_dumps(meta, JSON_SORT_KEYS | JSON_INDENT(1));
	json_decref(meta);
	return text;
}

static enum nvt_status write_event(void *arg, const struct nvt_event *ev, struct nvt_error *err)
{
	return nvt_write(arg, ev, err);
}

static enum nvt_status finish(const struct nvt_gen *g, struct nvt_writer *w, struct nvt_error *err)
{
	char *meta = nvt_gen_meta(g);
	enum nvt_status status;

	if (!meta) {
		nvt_abandon(w);
		return nvt_fail(err, NVT_ENOMEM, "out of memory");
	}
	status = nvt_finish(w, meta, err);
	free(meta);
	return status;
}

static enum nvt_status write_trace(struct nvt_gen *g, const char *output, nvt_progress_fn *progress,
				   void *progress_arg, struct nvt_error *err)
{
	struct nvt_writer_options header;
	struct nvt_writer *w;
	enum nvt_status status;

	nvt_gen_header(g, &header);
	w = nvt_create(output, &header, err);
	if (!w)
		return err ? err->status : NVT_EENV;
	status = nvt_gen_run(g, write_event, w, progress, progress_arg, err);
	if (status == NVT_OK)
		return finish(g, w, err);
	nvt_abandon(w);
	return status;
}

enum nvt_status nvt_generate(const struct nvt_gen_options *o, const char *output,
			     nvt_progress_fn *progress, void *progress_arg,
			     struct nvt_gen_stats *stats, struct nvt_error *err)
{
	struct nvt_error own = {.status = NVT_EENV};
	enum nvt_status status;
	struct nvt_gen *g;

	if (!err)
		err = &own;
	g = nvt_gen_open(o, err);
	if (!g)
		return err->status;
	status = write_trace(g, output, progress, progress_arg, err);
	if (stats)
		nvt_gen_stats(g, stats);
	nvt_gen_close(g);
	return status;
}
