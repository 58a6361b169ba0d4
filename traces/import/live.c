/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "import/build.h"
#include "import/live.h"
#include "import/meta.h"

struct imp_live {
	struct imp_builder b;
	struct nvt_import_options options;
	struct nvt_error err;
};

struct imp_live *imp_live_open(const struct imp_live_options *o, struct nvt_import_stats *stats,
			       struct nvt_error *err)
{
	struct nvt_writer_options wo = {.level = o->level, .provisional = true};
	struct imp_live *l = calloc(1, sizeof(*l));

	*stats = (struct nvt_import_stats){.format = NVT_IMPORT_TEXT};
	if (!l) {
		*err = (struct nvt_error){NVT_ENOMEM, "out of memory"};
		return NULL;
	}
	l->options = (struct nvt_import_options){.input = "live recording",
						 .output = o->output,
						 .tool_version = o->tool_version,
						 .level = o->level};
	if (imp_builder_init(&l->b, &l->options, stats, &l->err) == NVT_OK) {
		l->b.keep_first = true;
		l->b.page_shift = o->page_shift;
		l->b.writer = nvt_create(o->output, &wo, &l->err);
	}
	if (l->b.writer)
		return l;
	*err = l->err;
	imp_builder_free(&l->b);
	free(l);
	return NULL;
}

static bool changes_context(uint8_t event)
{
	return event == IMP_EV_ERET || event == IMP_EV_EXCEPTION;
}

/* A VM that runs on mapped memory may not fault for long: it is the one all the same. */
static void choose(struct imp_builder *b, const struct imp_record *r)
{
	const struct imp_vcpu *v = imp_known_thread(b, r);

	if (v && v->vm != IMP_ANY_VM)
		b->chosen = v->vm;
}

enum nvt_status imp_live_record(struct imp_live *l, struct imp_record *r)
{
	enum nvt_status status;

	if (r->time_ns < l->b.last_ns)
		r->time_ns = l->b.last_ns;
	status = imp_record(&l->b, r);
	if (status == NVT_OK && l->b.chosen == IMP_NO_VM && changes_context(r->event))
		choose(&l->b, r);
	return status;
}

const struct nvt_error *imp_live_error(const struct imp_live *l)
{
	return &l->err;
}

enum nvt_status imp_live_lost(struct imp_live *l, uint64_t time_ns, uint16_t cpu, uint64_t count)
{
	return imp_lost(&l->b, time_ns, cpu, count);
}

enum nvt_status imp_live_ignored(struct imp_live *l, const char *name, uint64_t count)
{
	return imp_ignored(&l->b, name, strlen(name), count);
}

void imp_live_warn(struct imp_live *l, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	imp_warn(&l->b, "%s", text);
}

bool imp_live_runs(const struct imp_live *l)
{
	return l->b.chosen != IMP_NO_VM;
}

static void set(json_t *object, const char *key, json_t *value)
{
	if (value)
		json_object_set_new(object, key, value);
}

static json_t *text_of(const char *text)
{
	return text && *text ? json_string(text) : NULL;
}

static json_t *number_of(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *source_of(const struct imp_live_source *s)
{
	json_t *source = json_object();

	set(source, "name", json_string("live recording"));
	set(source, "format", json_string("perf ring buffers"));
	set(source, "kernel", text_of(s->kernel));
	set(source, "machine", text_of(s->machine));
	set(source, "clock", text_of(s->clock));
	set(source, "when", text_of(s->when));
	set(source, "command", text_of(s->command));
	set(source, "probes", text_of(s->probes));
	set(source, "cpus", number_of(s->cpus));
	set(source, "resolution_ns", number_of(1));
	set(source, "lost", number_of(s->lost_count));
	set(source, "late", number_of(s->late_count));
	set(source, "other_vms", number_of(s->other_vm_count));
	return source;
}

/* Class and machine are known when everything has been recorded. */
static enum nvt_status finish(struct imp_live *l, const struct imp_live_source *source)
{
	struct imp_builder *b = &l->b;
	enum nvt_status status = imp_end(b);
	char *meta;

	if (status != NVT_OK)
		return status;
	b->stats->class = imp_class(b);
	imp_machine(b, &b->stats->machine);
	nvt_set_machine(b->writer, b->stats->class, &b->stats->machine);
	meta = imp_meta_of(b, source_of(source), "nvsim record");
	if (!meta)
		return imp_no_memory(b);
	b->stats->warning_count = (uint32_t)b->warning_count;
	status = nvt_finish(b->writer, meta, &l->err);
	b->writer = NULL;
	free(meta);
	return status;
}

enum nvt_status imp_live_finish(struct imp_live *l, const struct imp_live_source *source,
				struct nvt_error *err)
{
	enum nvt_status status = finish(l, source);

	*err = l->err;
	imp_live_abandon(l);
	return status;
}

void imp_live_abandon(struct imp_live *l)
{
	if (l->b.writer)
		nvt_abandon(l->b.writer);
	imp_builder_free(&l->b);
	free(l);
}
