/* SPDX-License-Identifier: GPL-2.0-only */
#include "collect_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics.h"
#include "names.h"

static json_t *integer(uint64_t v)
{
	return json_integer((json_int_t)v);
}

static void put(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

const char *hw_text(const struct hw_kept *k, const char *key)
{
	const char *value = hw_kept(k) ? hw_frame_value(&k->frame, key) : NULL;

	return value ? value : "";
}

static bool number(const struct hw_kept *k, const char *key, uint64_t *v)
{
	*v = 0;
	return hw_kept(k) && hw_frame_number(&k->frame, key, v);
}

/* Firmware may name its board in any bytes; JSON has none but those of UTF-8. */
static json_t *text_json(const char *text)
{
	json_t *value = *text ? json_string(text) : json_null();
	char plain[HW_FRAME_MAX];
	size_t i;

	if (value)
		return value;
	for (i = 0; text[i] && i + 1 < sizeof(plain); i++)
		plain[i] = text[i] & 0x80 ? '?' : text[i];
	plain[i] = 0;
	return json_string(plain);
}

static json_t *field_json(const struct hw_kept *k, const char *key)
{
	return text_json(hw_text(k, key));
}

static json_t *number_json(const struct hw_kept *k, const char *key)
{
	uint64_t v;

	return number(k, key, &v) ? integer(v) : json_null();
}

/* ---- what ran ---- */

bool hw_describe(const struct hw_run *r, const struct result_build *build,
		 struct result_context *context, char *problem, size_t size)
{
	const char *policy = hw_text(&r->trace, "policy");
	const char *invalidation = hw_text(&r->trace, "invalidation");
	uint64_t quirks;

	if (!hw_kept(&r->hello) || !hw_kept(&r->trace)) {
		snprintf(problem, size, "the frame '%s' is missing: what ran is not known",
			 hw_kept(&r->hello) ? "trace" : "hello");
		return false;
	}
	*context = (struct result_context){.build = build,
					   .policy = policy_named(policy),
					   .invalidation = invalidation_named(invalidation)};
	if (!context->policy)
		snprintf(problem, size, "it ran policy '%s', which is not known here", policy);
	else if (!context->invalidation)
		snprintf(problem, size, "it ran invalidation policy '%s', which is not known here",
			 invalidation);
	else if (!number(&r->trace, "quirks", &quirks) || quirks > UINT32_MAX)
		snprintf(problem, size, "the frame 'trace' does not tell quirks");
	else
		context->quirks = (uint32_t)quirks;
	return context->policy && context->invalidation && number(&r->trace, "quirks", &quirks) &&
	       quirks <= UINT32_MAX;
}

bool hw_emulated(const struct hw_described *d)
{
	return d->emulated || strcmp(hw_text(&d->run->hello, "emulated"), "0");
}

const char *hw_evidence(const struct hw_described *d)
{
	const char *own = hw_text(&d->run->hello, "evidence");

	if (strcmp(hw_text(&d->run->hello, "emulated"), "0") == 0 && d->emulated)
		return "said where the frames were collected";
	return *own ? own : "the frames do not tell";
}

const char *hw_unit_name(const struct hw_run *r, unsigned int unit, char buf[HW_UNIT_NAME_SIZE])
{
	uint64_t event;

	if (unit < HW_EVENT || !number(&r->trace, hw_units[unit].name, &event))
		return hw_units[unit].name;
	for (const struct hw_pmu_event *e = hw_pmu_events; e->name; e++)
		if (e->number == event)
			return e->name;
	snprintf(buf, HW_UNIT_NAME_SIZE, "pmu_%#llx", (unsigned long long)(event & 0xffff));
	return buf;
}

/* CNTVCT_EL0 is there on every CPU; what counts cycles is told by the units. */
static json_t *clock_json(const struct hw_run *r)
{
	uint64_t hz;

	if (!number(&r->hello, "cntfrq", &hz) || !hz)
		return json_null();
	return json_pack("{s:s, s:I, s:f}", "source", "CNTVCT_EL0", "hz", (json_int_t)hz,
			 "resolution_ns", 1e9 / (double)hz);
}

static json_t *pmu_json(const struct hw_run *r)
{
	json_t *events = json_array();
	char buf[HW_UNIT_NAME_SIZE];
	uint64_t event;

	for (unsigned int u = HW_EVENT; u < HW_UNIT_COUNT; u++)
		if (number(&r->trace, hw_units[u].name, &event))
			json_array_append_new(events, json_pack("{s:s, s:I}", "name",
								hw_unit_name(r, u, buf), "number",
								(json_int_t)event));
	return json_pack("{s:o, s:o}", "counters", number_json(&r->hello, "pmu"), "events", events);
}

static void copy_hex(char to[65], const char *from)
{
	if (strlen(from) == 64)
		memcpy(to, from, 65);
}

static json_t *dirty_json(const struct hw_run *r)
{
	uint64_t dirty;

	return number(&r->hello, "dirty", &dirty) ? json_boolean(dirty) : json_null();
}

/* The image and the command that reads its frames may be of different sources. */
static void put_build(json_t *context, const struct hw_run *r, const struct result_build *here)
{
	put(context, "version", field_json(&r->hello, "version"));
	put(context, "revision", field_json(&r->hello, "revision"));
	put(context, "dirty", dirty_json(r));
	put(context, "compiler", field_json(&r->hello, "compiler"));
	put(context, "collected_by",
	    json_pack("{s:s, s:s, s:b}", "version", here->version, "revision", here->revision,
		      "dirty", here->dirty));
}

bool hw_other_build(const struct hw_described *d)
{
	const struct result_build *here = d->context.build;
	const struct hw_kept *hello = &d->run->hello;

	return strcmp(hw_text(hello, "version"), here->version) ||
	       strcmp(hw_text(hello, "revision"), here->revision) ||
	       strcmp(hw_text(hello, "dirty"), here->dirty ? "1" : "0");
}

/* As of a replay, but for the machine that ran it, and what the image was built from. */
static json_t *context_json(const struct hw_described *d)
{
	const struct hw_run *r = d->run;
	struct result_trace t = {.name = ""};
	json_t *context, *midr = json_null();
	const char *part = NULL;
	uint64_t v;

	copy_hex(t.sha256, hw_text(&r->trace, "sha256"));
	copy_hex(t.digest, hw_text(&r->trace, "digest"));
	context = result_context_json(&d->context, d->trace ? d->trace : &t);
	if (number(&r->hello, "midr", &v)) {
		midr = json_sprintf("%#010llx", (unsigned long long)v);
		part = hw_part_name(v);
	}
	put_build(context, r, d->context.build);
	put(context, "ran_on", json_string(hw_emulated(d) ? "emulator" : "hardware"));
	json_object_del(context, "host");
	put(context, "emulated", json_boolean(hw_emulated(d)));
	put(context, "evidence", text_json(hw_evidence(d)));
	put(context, "board", field_json(&r->trace, "board"));
	put(context, "model", field_json(&r->hello, "model"));
	put(context, "midr", midr);
	put(context, "part", part ? json_string(part) : json_null());
	put(context, "cpus", number_json(&r->hello, "cpus"));
	put(context, "cpus_running", number_json(&r->trace, "running"));
	put(context, "boot", field_json(&r->hello, "boot"));
	put(context, "el", number_json(&r->hello, "el"));
	put(context, "image_xxh64", field_json(&r->hello, "image"));
	put(context, "clock", clock_json(r));
	put(context, "pmu", pmu_json(r));
	return context;
}

static json_t *trace_json(const struct hw_described *d)
{
	json_t *trace;

	if (d->trace)
		return result_trace_json(d->trace);
	trace = json_object();
	put(trace, "name", field_json(&d->run->trace, "name"));
	put(trace, "events", number_json(&d->run->trace, "events"));
	put(trace, "meta", json_null());
	return trace;
}

/* ---- the metric handler_cost ---- */

static json_t *cost_json(const struct hw_cost *c)
{
	json_t *cost = json_object();

	put(cost, "n", integer(c->n));
	put(cost, "p50", integer(c->p50));
	put(cost, "p90", integer(c->p90));
	put(cost, "p99", integer(c->p99));
	put(cost, "min", integer(c->min));
	put(cost, "max", integer(c->max));
	put(cost, "mean", json_real((double)c->sum / (double)c->n));
	return cost;
}

static json_t *phase_json(const struct hw_run *r, unsigned int class, unsigned int phase)
{
	json_t *units = json_object();
	char buf[HW_UNIT_NAME_SIZE];

	for (unsigned int u = 0; u < HW_UNIT_COUNT; u++)
		if (r->cost[class][phase][u].known)
			put(units, hw_unit_name(r, u, buf), cost_json(&r->cost[class][phase][u]));
	return units;
}

/* Takes `value`; an object without members is none. */
static void put_filled(json_t *object, const char *key, json_t *value)
{
	if (json_object_size(value))
		put(object, key, value);
	else
		json_decref(value);
}

static json_t *classes_json(const struct hw_run *r)
{
	json_t *classes = json_object();

	for (unsigned int c = 0; c < HW_CLASS_COUNT; c++) {
		json_t *phases = json_object();

		for (unsigned int p = 0; p < HW_PHASE_COUNT; p++)
			put_filled(phases, hw_phases[p].name, phase_json(r, c, p));
		put_filled(classes, hw_classes[c].name, phases);
	}
	return classes;
}

static bool unit_known(const struct hw_run *r, unsigned int unit)
{
	for (unsigned int c = 0; c < HW_CLASS_COUNT; c++)
		for (unsigned int p = 0; p < HW_PHASE_COUNT; p++)
			if (r->cost[c][p][unit].known)
				return true;
	return false;
}

/* No figure of an emulator bears the name of one of hardware. */
static json_t *units_json(const struct hw_described *d)
{
	json_t *units = json_object();
	char buf[HW_UNIT_NAME_SIZE];

	for (unsigned int u = 0; u < HW_UNIT_COUNT; u++) {
		const char *name = hw_unit_name(d->run, u, buf);

		if (unit_known(d->run, u))
			put(units, name,
			    json_sprintf("%s%s", hw_emulated(d) ? "emulated " : "", name));
	}
	return units;
}

/* What counts them. */
static json_t *sources_json(const struct hw_run *r)
{
	json_t *sources = json_object();
	char buf[HW_UNIT_NAME_SIZE];
	uint64_t event;

	if (unit_known(r, HW_CYCLES))
		put(sources, "cycles", json_string("PMCCNTR_EL0"));
	if (unit_known(r, HW_INSTRUCTIONS))
		put(sources, "instructions", json_string("PMU event 0x08"));
	if (unit_known(r, HW_TICKS))
		put(sources, "ticks", json_string("CNTVCT_EL0"));
	for (unsigned int u = HW_EVENT; u < HW_UNIT_COUNT; u++)
		if (unit_known(r, u) && number(&r->trace, hw_units[u].name, &event))
			put(sources, hw_unit_name(r, u, buf),
			    json_sprintf("PMU event %#04llx", (unsigned long long)event));
	return sources;
}

static json_t *lost_json(const struct hw_run *r)
{
	return json_sprintf("%llu frame%s lost: what is missing may have been in %s",
			    (unsigned long long)r->lost, r->lost == 1 ? " was" : "s were",
			    r->lost == 1 ? "it" : "them");
}

/* PMU events go by their names here. */
static json_t *absent_name(const struct hw_run *r, const char *what)
{
	char buf[HW_UNIT_NAME_SIZE];

	for (unsigned int u = HW_EVENT; u < HW_UNIT_COUNT; u++)
		if (strcmp(hw_units[u].name, what) == 0)
			return json_string(hw_unit_name(r, u, buf));
	return text_json(what);
}

/* What the board lacks, and why in its own words. */
static json_t *absent_json(const struct hw_run *r)
{
	json_t *absent = json_object();

	for (unsigned int i = 0; i < r->absent_count; i++) {
		json_t *key = absent_name(r, hw_text(&r->absent[i], "what"));

		if (json_is_string(key))
			put(absent, json_string_value(key), field_json(&r->absent[i], "why"));
		json_decref(key);
	}
	return absent;
}

/* NULL: nothing was measured, *why says why. */
static json_t *handler_cost_json(const struct hw_described *d, json_t **why)
{
	json_t *classes = classes_json(d->run), *cost;

	if (!json_object_size(classes)) {
		json_decref(classes);
		*why = d->run->lost ? lost_json(d->run)
				    : json_string("the run sent no figure of a fault");
		return NULL;
	}
	cost = json_object();
	put(cost, "emulated", json_boolean(hw_emulated(d)));
	put(cost, "clock", clock_json(d->run));
	put(cost, "units", units_json(d));
	put(cost, "sources", sources_json(d->run));
	put(cost, "by_class", classes);
	put(cost, "absent", absent_json(d->run));
	if (d->run->lost)
		put(cost, "incomplete", lost_json(d->run));
	return cost;
}

/* Others of the table are of counts that are not taken at EL2. */
static json_t *all_metrics_json(const struct hw_described *d)
{
	json_t *why = NULL, *cost = handler_cost_json(d, &why);
	json_t *metrics = metrics_absent_json("not taken at EL2: a replay of the trace gives it");
	json_t *absent = json_object_get(metrics, "absent");

	if (cost) {
		put(metrics, "handler_cost", cost);
		json_object_del(absent, "handler_cost");
	} else {
		put(absent, "handler_cost", why);
	}
	return metrics;
}

/* ---- what else the run has told ---- */

/* All of a frame's numbers whose keys begin with `prefix`, which is left away. */
static json_t *numbers_json(const struct hw_kept *k, const char *prefix)
{
	json_t *numbers;
	size_t skip = strlen(prefix);
	uint64_t v;

	if (!hw_kept(k))
		return json_null();
	numbers = json_object();
	for (size_t i = 0; i < k->frame.count; i++) {
		const char *key = k->frame.field[i].key;

		if (strncmp(key, prefix, skip) == 0 && number(k, key, &v))
			put(numbers, key + skip, integer(v));
	}
	return numbers;
}

static json_t *finding_json(const struct hw_kept *k)
{
	json_t *finding = json_object();
	uint64_t context;

	put(finding, "ordinal", number_json(k, "ordinal"));
	put(finding, "kind", field_json(k, "kind"));
	put(finding, "ipa", number_json(k, "ipa"));
	put(finding, "context",
	    number(k, "context", &context) ? integer(context) : field_json(k, "context"));
	put(finding, "text", field_json(k, "text"));
	return finding;
}

static json_t *findings_json(const struct hw_run *r)
{
	json_t *findings = json_array();

	for (uint64_t i = 0; i < r->finding_count && i < HW_FINDINGS_KEPT; i++)
		json_array_append_new(findings, finding_json(&r->finding[i]));
	return findings;
}

static json_t *frames_json(const struct hw_run *r)
{
	json_t *frames = json_object();

	put(frames, "seen", integer(r->seen));
	put(frames, "lost", integer(r->lost));
	put(frames, "damaged", integer(r->damaged));
	put(frames, "repeated", integer(r->repeated));
	put(frames, "earlier_runs", integer(r->earlier));
	return frames;
}

static json_t *bins_json(const struct hw_bins *bins)
{
	json_t *list = json_array();

	for (unsigned int b = 0; b < HW_BUCKET_COUNT; b++)
		if (bins->bin[b])
			json_array_append_new(list,
					      json_pack("[I, I]", (json_int_t)hw_bucket_low(b),
							(json_int_t)bins->bin[b]));
	return list;
}

/* Those that are whole: a histogram of which a frame was lost has another shape. */
static json_t *histograms_json(const struct hw_run *r)
{
	json_t *list = json_array();
	char buf[HW_UNIT_NAME_SIZE];

	for (unsigned int c = 0; c < HW_CLASS_COUNT; c++)
		for (unsigned int p = 0; p < HW_PHASE_COUNT; p++)
			for (unsigned int u = 0; u < HW_UNIT_COUNT; u++) {
				const struct hw_bins *bins = r->bins[c][p][u];
				const struct hw_cost *cost = &r->cost[c][p][u];

				if (!bins || !cost->known || bins->n != cost->n)
					continue;
				json_array_append_new(list,
						      json_pack("{s:s, s:s, s:s, s:o}", "class",
								hw_classes[c].name, "phase",
								hw_phases[p].name, "unit",
								hw_unit_name(r, u, buf), "buckets",
								bins_json(bins)));
			}
	return list;
}

/* "1,2,,4": what a sample lacks is null. */
static json_t *values_json(const char *text)
{
	json_t *values = json_array();

	for (;;) {
		size_t length = strcspn(text, ",");
		char *end;
		unsigned long long v = strtoull(text, &end, 10);

		json_array_append_new(values,
				      length && end == text + length ? integer(v) : json_null());
		if (!text[length])
			return values;
		text += length + 1;
	}
}

/* A line of r->samples, which is changed: "ordinal=N class=C UNIT=V,V,V". */
static json_t *sample_json(const struct hw_run *r, char *line)
{
	json_t *sample = json_object();
	char *word, buf[HW_UNIT_NAME_SIZE];

	while ((word = strsep(&line, " ")) != NULL) {
		char *value = strchr(word, '=');
		unsigned int u = 0;

		if (!value)
			continue;
		*value++ = 0;
		while (u < HW_UNIT_COUNT && strcmp(hw_units[u].name, word))
			u++;
		if (u < HW_UNIT_COUNT)
			put(sample, hw_unit_name(r, u, buf), values_json(value));
		else if (strcmp(word, "ordinal") == 0)
			put(sample, word, integer(strtoull(value, NULL, 10)));
		else if (strcmp(word, "class") == 0)
			put(sample, word, text_json(value));
	}
	return sample;
}

static json_t *samples_json(const struct hw_run *r)
{
	json_t *list = json_array();
	size_t at = 0;

	while (at < r->samples_size) {
		char line[HW_FRAME_MAX];
		const char *end = memchr(r->samples + at, '\n', r->samples_size - at);
		size_t length = (size_t)(end - r->samples) - at;

		memcpy(line, r->samples + at, length);
		line[length] = 0;
		json_array_append_new(list, sample_json(r, line));
		at += length + 1;
	}
	return list;
}

/* null: the frame that tells did not come, or the mode has none. */
static json_t *hw_json(const struct hw_described *d)
{
	static const char *const counts[] = {"performed", "completed", "injections", "mmio",
					     "exits",	  "astray",    "open",	     "faults",
					     "stale",	  "unknown"};
	const struct hw_run *r = d->run;
	json_t *hw = json_object();

	put(hw, "mode", field_json(&r->trace, "mode"));
	put(hw, "emulated", json_boolean(hw_emulated(d)));
	put(hw, "checked", json_boolean(strcmp(hw_text(&r->trace, "check"), "1") == 0));
	put(hw, "window", number_json(&r->trace, "window"));
	put(hw, "delivered", number_json(&r->counts, "delivered"));
	put(hw, "avoided", number_json(&r->counts, "avoided"));
	put(hw, "outcomes", numbers_json(&r->outcomes, ""));
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		put(hw, counts[i], number_json(&r->counts, counts[i]));
	put(hw, "skipped", numbers_json(&r->counts, "skipped_"));
	put(hw, "finding_count", number_json(&r->counts, "findings"));
	put(hw, "findings", findings_json(r));
	put(hw, "frames", frames_json(r));
	put(hw, "absent", absent_json(r));
	put(hw, "histograms", histograms_json(r));
	if (r->sample_count || r->samples_left_out) {
		put(hw, "samples", samples_json(r));
		put(hw, "samples_left_out", integer(r->samples_left_out));
	}
	if (r->out_of_memory)
		put(hw, "incomplete", json_string("out of memory where the frames were collected"));
	if (d->replay_digest)
		put(hw, "replay_digest", json_string(d->replay_digest));
	return hw;
}

/* Members mean what they mean in the result of a replay; what is not known here is left out. */
json_t *hw_result_json(const struct hw_described *d)
{
	json_t *result = json_object(), *counts = json_object(), *measured = json_object();

	put(measured, "skip", integer(0));
	put(measured, "vcpu", json_null());
	put(measured, "stopped", json_false());
	put(counts, "events", number_json(&d->run->counts, "events"));
	put(result, "schema", json_string("nvsim.result/1"));
	put(result, "context", context_json(d));
	put(result, "trace", trace_json(d));
	put(result, "measured", measured);
	put(result, "counts", counts);
	put(result, "metrics", all_metrics_json(d));
	put(result, "hw", hw_json(d));
	put(result, "digest", field_json(&d->run->end, "digest"));
	return result;
}
