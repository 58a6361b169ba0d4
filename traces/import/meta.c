/* SPDX-License-Identifier: GPL-2.0-only */
/* The meta section of an imported trace: where it comes from and what was in it. */
#include <string.h>

#include <jansson.h>

#include "import/meta.h"

static const char *const info_names[IMP_INFO_COUNT] = {
	[IMP_INFO_KERNEL] = "kernel",	  [IMP_INFO_CLOCK] = "clock",	  [IMP_INFO_CPU] = "cpu",
	[IMP_INFO_RECORDER] = "recorder", [IMP_INFO_COMMAND] = "command",
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static json_t *hex_digest(struct imp_input *in)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t digest[NVT_SHA256_SIZE];
	char hex[2 * NVT_SHA256_SIZE];

	nvt_sha256_final(&in->sha256, digest);
	for (size_t i = 0; i < sizeof(digest); i++) {
		hex[2 * i] = digits[digest[i] >> 4];
		hex[2 * i + 1] = digits[digest[i] & 15];
	}
	return json_stringn(hex, sizeof(hex));
}

/* Names and versions come from files: what is no UTF-8 is left out. */
static void set_text(json_t *object, const char *key, const char *text)
{
	json_t *value = text ? json_string(text) : NULL;

	if (value)
		json_object_set_new(object, key, value);
}

static json_t *source_of(const struct imp_builder *b, struct imp_input *in,
			 const struct imp_info *info)
{
	json_t *source = json_object();

	set_text(source, "name",
		 strcmp(b->options->input, "-") ? base_name(b->options->input) : "standard input");
	set_text(source, "format", imp_format_name(b->stats->format));
	json_object_set_new(source, "sha256", hex_digest(in));
	json_object_set_new(source, "bytes", json_integer((json_int_t)in->read_size));
	for (size_t i = 0; i < IMP_INFO_COUNT; i++)
		set_text(source, info_names[i], info->text[i]);
	json_object_set_new(source, "resolution_ns", json_integer(1000));
	return source;
}

static json_t *known_events(const struct imp_builder *b)
{
	json_t *events = json_object();

	for (size_t i = 0; i < IMP_EVENT_COUNT; i++)
		if (b->known_count[i])
			json_object_set_new(events, imp_events[i].name,
					    json_integer((json_int_t)b->known_count[i]));
	return events;
}

static json_t *ignored_events(const struct imp_builder *b)
{
	json_t *events = json_object();

	for (size_t i = 0; i < b->ignored_kinds; i++)
		json_object_set_new(events, b->ignored[i].name,
				    json_integer((json_int_t)b->ignored[i].count));
	return events;
}

static json_t *warnings_of(const struct imp_builder *b)
{
	json_t *list = json_array();

	for (size_t i = 0; i < b->warning_count; i++)
		json_array_append_new(list, json_string(b->warnings[i]));
	return list;
}

/* Things that a reader of results should be told, found at the end. */
static void add_warnings(struct imp_builder *b)
{
	const struct nvt_import_stats *s = b->stats;

	if (!b->known_count[IMP_EV_ABORT])
		imp_warn(b, "no probe on the abort handler: only what kvm_guest_fault shows");
	if (!b->known_count[IMP_EV_MEMSLOT])
		imp_warn(b, "no memslot was recorded: it began when the VM was there already");
	if (!b->known_count[IMP_EV_INITMMU])
		imp_warn(b, "no creation of a context was recorded: they are numbered as they "
			    "appear");
	if (!imp_page_known(&b->vms[b->chosen]))
		imp_warn(b, "no VTCR of the hardware was recorded: the host is taken to have 4K "
			    "pages");
	if (s->kind_count[NVT_LOST])
		imp_warn(b, "the recorder lost events %llu times",
			 (unsigned long long)s->kind_count[NVT_LOST]);
	if (s->core.contradicted_count)
		imp_warn(b,
			 "%llu of %llu leaves of L1 are otherwise in the core, and no "
			 "invalidation tells why (is --core-at right?); %s",
			 (unsigned long long)s->core.contradicted_count,
			 (unsigned long long)s->core.seen_count, s->core.contradiction);
	if (s->unfinished_count)
		imp_warn(b, "%llu faults lack the return of the handler",
			 (unsigned long long)s->unfinished_count);
}

static json_t *count_of(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *core_of(const struct imp_builder *b)
{
	const struct nvt_import_core *c = &b->stats->core;
	json_t *core = json_object();

	set_text(core, "name", base_name(b->options->core));
	set_text(core, "at", b->options->core_at);
	json_object_set_new(core, "bytes", count_of(c->file_size));
	json_object_set_new(core, "tables", count_of(c->table_count));
	json_object_set_new(core, "tables_outside", count_of(c->outside_count));
	json_object_set_new(core, "tables_gone", count_of(c->gone_count));
	json_object_set_new(core, "leaves", count_of(c->leaf_count));
	json_object_set_new(core, "leaves_seen", count_of(c->seen_count));
	json_object_set_new(core, "leaves_same", count_of(c->same_count));
	json_object_set_new(core, "leaves_changed", count_of(c->changed_count));
	json_object_set_new(core, "leaves_contradicted", count_of(c->contradicted_count));
	json_object_set_new(core, "writes", count_of(c->write_count));
	json_object_set_new(core, "writes_at_core", count_of(c->final_count));
	return core;
}

static json_t *l1_of(const struct imp_builder *b)
{
	const struct nvt_import_stats *s = b->stats;
	json_t *l1 = json_object();

	set_text(l1, "name", base_name(b->options->l1));
	json_object_set_new(l1, "faults", count_of(s->l1_fault_count));
	json_object_set_new(l1, "faults_matched", count_of(s->l1_matched_count));
	json_object_set_new(l1, "faults_unmatched", count_of(s->l1_unmatched_count));
	json_object_set_new(l1, "changes", count_of(s->l1_change_count));
	json_object_set_new(l1, "clock_offset_ns", json_integer(s->l1_offset_ns));
	return l1;
}

static json_t *tool_of(const struct imp_builder *b, const char *name)
{
	json_t *tool = json_object();

	set_text(tool, "name", name);
	set_text(tool, "version", b->options->tool_version);
	return tool;
}

char *imp_meta_of(struct imp_builder *b, json_t *source, const char *tool)
{
	static const char *const class_names[] = {"partial", "observed", "full"};
	json_t *meta = json_object();
	char *text;

	add_warnings(b);
	set_text(meta, "what", "recorded stage-2 faults of a nested arm64 guest");
	json_object_set_new(meta, "source", source);
	json_object_set_new(meta, "events", known_events(b));
	json_object_set_new(meta, "ignored", ignored_events(b));
	json_object_set_new(meta, "orphans", json_integer((json_int_t)b->stats->orphan_count));
	if (b->options->l1)
		json_object_set_new(meta, "l1", l1_of(b));
	if (b->options->core)
		json_object_set_new(meta, "core", core_of(b));
	set_text(meta, "class", class_names[b->stats->class]);
	if (b->options->emulated)
		json_object_set_new(meta, "emulated", json_true());
	else
		set_text(meta, "emulated", "unknown");
	json_object_set_new(meta, "tool", tool_of(b, tool));
	json_object_set_new(meta, "warnings", warnings_of(b));
	text = json_dumps(meta, JSON_SORT_KEYS | JSON_INDENT(1));
	json_decref(meta);
	return text;
}

char *imp_meta(struct imp_builder *b, struct imp_input *in, const struct imp_info *info)
{
	return imp_meta_of(b, source_of(b, in, info), "nvsim import");
}
