/* SPDX-License-Identifier: GPL-2.0-only */
#include "result.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "hash.h"
#include "names.h"

static json_t *integer(uint64_t v)
{
	return json_integer((json_int_t)v);
}

static void put(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

static json_t *text_or_null(const char *text)
{
	json_t *value = text && *text ? json_string(text) : NULL;

	return value ? value : json_null();
}

/* What a pipe or a terminal had to say is gone; one without a writer would never open. */
static bool can_be_read_again(const char *path)
{
	struct stat s;

	return stat(path, &s) != 0 || S_ISREG(s.st_mode);
}

/* In chunks: a trace may be larger than memory. */
bool result_file_sha256(const char *path, char hex[65])
{
	uint8_t digest[NVT_SHA256_SIZE];
	static uint8_t chunk[65536];
	struct nvt_sha256 h;
	size_t got;
	bool fine;
	FILE *f;

	hex[0] = 0;
	if (!can_be_read_again(path))
		return true;
	f = fopen(path, "rb");
	if (!f)
		return false;
	nvt_sha256_init(&h);
	while ((got = fread(chunk, 1, sizeof(chunk), f)) > 0)
		nvt_sha256_update(&h, chunk, got);
	fine = !ferror(f);
	fclose(f);
	nvt_sha256_final(&h, digest);
	for (unsigned int i = 0; i < NVT_SHA256_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	return fine;
}

void result_digest(const struct s2_digest *d, char hex[33])
{
	snprintf(hex, 33, "%016llx%016llx", (unsigned long long)d->a, (unsigned long long)d->b);
}

void result_quirks(uint32_t quirks, char *text, size_t size)
{
	if (quirks == S2_QUIRKS_KVM || quirks == S2_QUIRKS_ARCH)
		snprintf(text, size, "%s", quirks == S2_QUIRKS_KVM ? "kvm" : "arch");
	else
		result_quirk_numbers(quirks, text, size);
}

void result_quirk_numbers(uint32_t quirks, char *text, size_t size)
{
	size_t used = 0;

	for (unsigned int n = 0; n < 32 && used < size; n++)
		if (quirks >> n & 1)
			used += (size_t)snprintf(text + used, size - used, "%s%u", used ? "," : "",
						 n);
}

const char *result_invalidation(const struct result_context *c)
{
	return (c->invalidation ? c->invalidation : s2_invalidation_default)->name;
}

/* ---- the context block ---- */

/* The first "model name" of /proc/cpuinfo, or on arm64 implementer and part. */
static void host_cpu(char *text, size_t size)
{
	static const char *const keys[] = {"model name", "CPU implementer", "CPU part"};
	FILE *f = fopen("/proc/cpuinfo", "r");
	char line[256];
	size_t used = 0;

	*text = 0;
	while (f && fgets(line, sizeof(line), f) && line[0] != '\n') {
		char *value = strchr(line, ':');

		for (size_t k = 0; value && k < 3; k++) {
			if (strncmp(line, keys[k], strlen(keys[k])) || used >= size)
				continue;
			value[strcspn(value, "\n")] = 0;
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " " : "",
						 value + 2);
		}
	}
	if (f)
		fclose(f);
}

/* No name of the host, which is nobody's business. */
json_t *result_host_json(void)
{
	struct utsname name;
	json_t *host = json_object();
	char cpu[256];

	host_cpu(cpu, sizeof(cpu));
	put(host, "cpu", text_or_null(cpu));
	if (uname(&name) == 0) {
		put(host, "kernel", json_sprintf("%s %s", name.sysname, name.release));
		put(host, "machine", json_string(name.machine));
	}
	return host;
}

/* Whether the times in the trace are those of an emulator, as its meta section says. */
static json_t *trace_emulated(const struct result_trace *t)
{
	json_t *meta = t->meta ? json_loads(t->meta, 0, NULL) : NULL;
	json_t *value = json_incref(json_object_get(meta, "emulated"));

	json_decref(meta);
	return value ? value : json_null();
}

void result_build_json(const struct result_build *build, json_t *context)
{
	put(context, "version", json_string(build->version));
	put(context, "revision", json_string(build->revision));
	put(context, "dirty", json_boolean(build->dirty));
	put(context, "compiler", json_string(build->compiler));
	put(context, "handler_sha256", json_string(build->handler_sha256));
}

/*
 * Enough to tell whether two results may be compared: same handler, same
 * trace, same policy and quirks. Times are not in it: equal runs give equal bytes.
 */
json_t *result_context_json(const struct result_context *c, const struct result_trace *t)
{
	json_t *context = json_object();
	char quirks[128];

	result_quirks(c->quirks, quirks, sizeof(quirks));
	result_build_json(c->build, context);
	put(context, "ran_on", json_string("simulator"));
	put(context, "host", result_host_json());
	put(context, "policy", json_string(c->policy->name));
	put(context, "quirks", json_string(quirks));
	put(context, "invalidation", json_string(result_invalidation(c)));
	put(context, "trace_sha256", text_or_null(t->sha256));
	put(context, "trace_digest", text_or_null(t->digest));
	put(context, "trace_emulated", trace_emulated(t));
	return context;
}

/* ---- the trace ---- */

/* Of the recorded host; `assumed` says which of it is a default. */
static json_t *machine_json(const struct nvt_machine *m)
{
	json_t *machine = json_object();

	put(machine, "page_size", integer(1ull << m->page_shift));
	put(machine, "ipa_limit_bits", integer(m->ipa_limit));
	put(machine, "canonical_bits", integer(m->canonical_bits));
	put(machine, "s2_granules", integer(m->s2_granules));
	put(machine, "vcpus", integer(m->vcpu_count));
	put(machine, "contexts", integer(m->context_count));
	put(machine, "lpa2", json_boolean(m->lpa2));
	put(machine, "fwb", json_boolean(m->fwb));
	put(machine, "dic", json_boolean(m->dic));
	put(machine, "xnx", json_boolean(m->xnx));
	put(machine, "ttl", json_boolean(m->ttl));
	put(machine, "nisv_exits", json_boolean(m->nisv_exits));
	put(machine, "assumed", integer(m->assumed));
	return machine;
}

static json_t *kinds_json(const struct nvt_totals *totals)
{
	json_t *kinds = json_object();

	for (unsigned int k = 1; k < NVT_KIND_COUNT; k++)
		if (totals->kind_count[k])
			put(kinds, kind_names[k], integer(totals->kind_count[k]));
	return kinds;
}

/* Totals are missing where a pipe was not read to its end. */
json_t *result_trace_json(const struct result_trace *t)
{
	json_t *trace = json_object();
	json_t *meta = t->meta ? json_loads(t->meta, 0, NULL) : NULL;

	put(trace, "name", text_or_null(t->name));
	put(trace, "class", json_string(class_names[t->class]));
	put(trace, "machine", machine_json(t->machine));
	if (t->has_totals) {
		put(trace, "events", integer(t->totals.event_count));
		put(trace, "kinds", kinds_json(&t->totals));
		put(trace, "first_ns", integer(t->totals.first_ns));
		put(trace, "last_ns", integer(t->totals.last_ns));
	}
	put(trace, "meta", meta ? meta : json_null());
	return trace;
}

/* ---- the figures ---- */

static json_t *scopes_json(const uint64_t counts[SCOPE_COUNT])
{
	json_t *scopes = json_object();

	for (unsigned int s = 0; s < SCOPE_COUNT; s++)
		put(scopes, scope_names[s], integer(counts[s]));
	return scopes;
}

/* Outcomes that did not occur are left out; the scopes are always there. */
static json_t *outcomes_json(const struct metrics *m)
{
	json_t *scopes = json_object();

	for (unsigned int s = 0; s < SCOPE_COUNT; s++) {
		json_t *outcomes = json_object();

		for (unsigned int k = 0; k < S2_OUTCOME_COUNT; k++)
			if (m->outcome[s][k])
				put(outcomes, outcome_names[k], integer(m->outcome[s][k]));
		put(scopes, scope_names[s], outcomes);
	}
	return scopes;
}

static json_t *counts_json(const struct metrics *m)
{
	json_t *counts = json_object();

	put(counts, "events", integer(m->events));
	put(counts, "faults_recorded", integer(m->faults_recorded));
	put(counts, "touches", integer(m->touches));
	if (m->class == NVT_PARTIAL) {
		json_t *recorded = scopes_json(m->recorded);

		put(recorded, "unknown", integer(m->recorded_unknown));
		put(counts, "recorded", recorded);
	}
	put(counts, "delivered", scopes_json(m->delivered));
	put(counts, "avoided", scopes_json(m->avoided));
	put(counts, "outcomes", outcomes_json(m));
	put(counts, "fsc_rewritten", integer(m->fsc_rewritten));
	put(counts, "lost", integer(m->lost));
	put(counts, "lost_unknown", integer(m->lost_unknown));
	return counts;
}

static json_t *window_json(const struct result_window *w)
{
	json_t *window = json_object();

	put(window, "skip", integer(w->skip));
	put(window, "faults", integer(w->measured));
	put(window, "vcpu", w->vcpu < 0 ? json_null() : json_integer(w->vcpu));
	put(window, "stopped", json_boolean(w->stopped));
	return window;
}

static json_t *interval_json(const struct result_interval *i)
{
	json_t *row = json_object();

	put(row, "first_fault", integer(i->first_fault));
	put(row, "faults", integer(i->faults));
	put(row, "end_ns", integer(i->end_ns));
	put(row, "delivered", integer(i->delivered));
	put(row, "avoided", integer(i->avoided));
	put(row, "mapped", integer(i->mapped));
	put(row, "injected", integer(i->injected));
	put(row, "relaxed", integer(i->relaxed));
	put(row, "mapped_bytes", integer(i->mapped_bytes));
	put(row, "walks", integer(i->walks));
	put(row, "walk_reads", integer(i->walk_reads));
	put(row, "block_bytes", integer(i->block_bytes));
	put(row, "total_bytes", integer(i->total_bytes));
	return row;
}

static json_t *marks_json(const struct result *r)
{
	json_t *marks = json_array();

	for (size_t i = 0; i < r->mark_count && i < RESULT_MARKS_KEPT; i++) {
		json_t *mark = json_object();

		put(mark, "time_ns", integer(r->marks[i].time_ns));
		put(mark, "fault", integer(r->marks[i].fault));
		put(mark, "text", text_or_null(r->marks[i].text));
		json_array_append_new(marks, mark);
	}
	return marks;
}

static json_t *exactness_json(const struct exactness *x)
{
	json_t *exactness = json_object();

	put(exactness, "verdict", json_string(exactness_names[x->verdict]));
	put(exactness, "why", json_string(x->why));
	put(exactness, "finer", integer(x->finer));
	put(exactness, "coarser", integer(x->coarser));
	put(exactness, "unknown", integer(x->unknown));
	return exactness;
}

/* ---- findings ---- */

bool result_rule_of_stream(enum check_rule rule)
{
	return rule < CHECK_MAPPED;
}

bool result_is_of_stream(const char *id)
{
	for (unsigned int rule = 0; rule < CHECK_RULE_COUNT; rule++)
		if (strcmp(check_rules[rule].id, id) == 0)
			return result_rule_of_stream(rule);
	return false;
}

const struct check_finding *result_first_finding(const struct check_result *r, enum check_rule rule)
{
	for (unsigned int i = 0; i < r->kept_count; i++)
		if (r->kept[i].rule == rule)
			return &r->kept[i];
	return NULL;
}

json_t *result_finding_json(const struct check_finding *f)
{
	json_t *finding = json_object();

	put(finding, "rule", json_string(check_rules[f->rule].id));
	put(finding, "ordinal", integer(f->ordinal));
	put(finding, "time_ns", integer(f->time_ns));
	put(finding, "vcpu", integer(f->vcpu));
	if (!result_rule_of_stream(f->rule)) {
		put(finding, "context",
		    f->context == NVT_CANONICAL_CONTEXT ? json_string("canonical")
							: integer(f->context));
		put(finding, "ipa", integer(f->ipa));
		put(finding, "size", integer(f->size));
	}
	put(finding, "text", json_string(f->text));
	return finding;
}

json_t *result_findings_json(const struct check_result *r)
{
	json_t *findings = json_array();

	for (unsigned int rule = 0; rule < CHECK_RULE_COUNT; rule++) {
		const struct check_finding *first = result_first_finding(r, rule);
		json_t *row;

		if (!r->count[rule])
			continue;
		row = json_object();
		put(row, "rule", json_string(check_rules[rule].id));
		put(row, "name", json_string(check_rules[rule].name));
		put(row, "count", integer(r->count[rule]));
		if (first)
			put(row, "first", result_finding_json(first));
		json_array_append_new(findings, row);
	}
	return findings;
}

/* Members are only ever added to this within version 1 of the schema. */
json_t *result_json(const struct result *r)
{
	json_t *result = json_object(), *intervals = json_array();

	for (size_t i = 0; i < r->interval_count; i++)
		json_array_append_new(intervals, interval_json(&r->intervals[i]));
	put(result, "schema", json_string("nvsim.result/1"));
	put(result, "context", result_context_json(&r->context, &r->trace));
	put(result, "trace", result_trace_json(&r->trace));
	put(result, "measured", window_json(&r->window));
	put(result, "counts", counts_json(r->metrics));
	put(result, "metrics", metrics_json(r->metrics));
	put(result, "intervals", intervals);
	put(result, "marks", marks_json(r));
	if (r->mark_count > RESULT_MARKS_KEPT)
		put(result, "marks_left_out", integer(r->mark_count - RESULT_MARKS_KEPT));
	put(result, "exactness", exactness_json(&r->exactness));
	if (r->check)
		put(result, "findings", result_findings_json(r->check));
	if (r->functions)
		put(result, "symbols", functions_json(r->functions));
	put(result, "digest", json_string(r->digest));
	return result;
}
