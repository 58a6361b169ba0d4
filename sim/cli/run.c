/* SPDX-License-Identifier: GPL-2.0-only */
#include "run.h"

#include <errno.h>
#include <string.h>

#include "names.h"
#include "parse.h"

const char *run_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* The decoder thread starts at once: it works while the engine is set up. */
enum cli_exit run_open(struct run *r, const char *path, bool quiet)
{
	struct nvt_error err = {0};
	struct nvt_totals totals;

	*r = (struct run){.path = path};
	r->reader = nvt_open(path, &err);
	if (!r->reader)
		return cli_fail_trace(&err);
	/* A trace that comes through a pipe tells its totals at its end only. */
	if (nvt_totals(r->reader, &totals, &err) == NVT_OK)
		r->event_total = totals.event_count;
	r->stream = stream_open(r->reader);
	if (!r->stream)
		return cli_fail(CLI_ENVIRONMENT, "the decoder cannot be started: %s",
				strerror(errno));
	cli_progress_start(&r->progress, quiet, "events");
	return CLI_OK;
}

enum cli_exit run_engine(struct run *r, const struct engine_options *options)
{
	struct engine_options with_stages = *options;
	const struct nvt_word *words;
	size_t count;

	with_stages.staged = nvt_machine(r->reader)->extents;
	r->engine = engine_new(nvt_machine(r->reader), nvt_class(r->reader), &with_stages);
	if (!r->engine)
		return cli_no_memory();
	words = nvt_l1mem(r->reader, &count);
	return engine_l1mem(r->engine, words, count) == ENGINE_OK ? CLI_OK : cli_no_memory();
}

/* In this order: the thread uses the reader, and blocks may be in flight. */
void run_close(struct run *r)
{
	cli_progress_end(&r->progress);
	if (r->stream)
		stream_close(r->stream);
	if (r->engine)
		engine_free(r->engine);
	if (r->reader)
		nvt_close(r->reader);
}

/* The line is wiped before an error is printed onto it. */
enum run_next run_block(struct run *r, struct nvt_block **block, enum cli_exit *status)
{
	struct nvt_error err = {0};
	enum nvt_status got = stream_next(r->stream, block, &err);

	if (got == NVT_OK) {
		r->event_at = (*block)->first_ordinal + (*block)->count;
		cli_progress_update(&r->progress, r->event_at, r->event_total);
		return RUN_BLOCK;
	}
	cli_progress_end(&r->progress);
	if (got == NVT_END)
		return RUN_END;
	*status = cli_fail_trace(&err);
	return RUN_FAILED;
}

enum cli_exit run_event_failed(struct run *r, enum engine_status status, uint64_t ordinal)
{
	if (status != ENGINE_BAD_EVENT)
		return cli_no_memory();
	cli_progress_end(&r->progress);
	return cli_fail(CLI_INPUT, "%s: event %llu cannot be: %s", r->path,
			(unsigned long long)ordinal, r->engine->problem);
}

/* What was found stands even where memory ran out later. */
enum cli_exit run_verdict(const struct run *r)
{
	const struct check_result *found = r->engine->check ? check_result(r->engine->check) : NULL;

	if (found && found->findings)
		return CLI_FINDINGS;
	return found && found->out_of_memory ? cli_no_memory() : CLI_OK;
}

enum cli_exit run_describe(struct run *r, bool hash)
{
	struct result_trace *t = &r->trace;
	struct nvt_error err = {0};
	size_t length;

	/* The decoder reads ahead; it is through with the file, or no longer needed. */
	stream_close(r->stream);
	r->stream = NULL;
	t->name = run_base_name(r->path);
	t->class = nvt_class(r->reader);
	t->machine = nvt_machine(r->reader);
	t->has_totals = nvt_totals(r->reader, &t->totals, &err) == NVT_OK;
	if (nvt_meta(r->reader, &t->meta, &length, &err) != NVT_OK)
		t->meta = NULL;
	if (nvt_digest(r->reader, t->digest, &err) != NVT_OK)
		t->digest[0] = 0;
	if (hash && strcmp(r->path, "-") && !result_file_sha256(r->path, t->sha256))
		return cli_fail(CLI_INPUT, "%s: cannot be read: %s", r->path, strerror(errno));
	return CLI_OK;
}

/*
 * Six digits of a ratio are more than it means, and equal on every machine. ASCII, since a terminal
 * may be where it goes.
 */
enum cli_exit run_write_json(json_t *json, const char *path)
{
	struct cli_output out;
	enum cli_exit status;
	int failed;

	if (!json)
		return cli_no_memory();
	status = cli_output_open(&out, path);
	if (!status) {
		failed = json_dumpf(json, out.file,
				    JSON_INDENT(1) | JSON_REAL_PRECISION(6) | JSON_ENSURE_ASCII);
		/* No memory shows here alone: trouble of the file is found at its close. */
		if (failed && !ferror(out.file))
			status = cli_no_memory();
		fputc('\n', out.file);
		if (status)
			cli_output_abandon(&out);
		else
			status = cli_output_close(&out);
	}
	json_decref(json);
	return status;
}

bool run_json_instead(const struct cli_text *json)
{
	return json->given && (!json->value || strcmp(json->value, "-") == 0);
}

/* The table of policies is the list of names: a new row needs nothing here. */
enum cli_exit run_find_policy(const struct cli_text *name, const struct s2_policy **policy)
{
	const char *names[64] = {NULL};

	*policy = name->given ? policy_named(name->value) : s2_policy_default;
	if (*policy)
		return CLI_OK;
	for (unsigned int i = 0; i < s2_policy_count && i < 63; i++)
		names[i] = s2_policies[i].name;
	return cli_unknown("policy", name->value, names);
}

enum cli_exit run_find_invalidation(const struct cli_text *name,
				    const struct s2_invalidation **invalidation)
{
	const char *names[64] = {NULL};

	*invalidation = name->given ? invalidation_named(name->value) : s2_invalidation_default;
	if (*invalidation)
		return CLI_OK;
	for (unsigned int i = 0; i < s2_invalidation_count && i < 63; i++)
		names[i] = s2_invalidations[i].name;
	return cli_unknown("invalidation policy", name->value, names);
}

enum cli_exit run_parse_quirks(const struct cli_text *text, uint32_t *quirks)
{
	char known[128], word[PARSE_WORD];

	*quirks = S2_QUIRKS_KVM;
	if (!text->given || parse_quirks(text->value, quirks, word))
		return CLI_OK;
	result_quirk_numbers(S2_QUIRKS_KVM, known, sizeof(known));
	return cli_fail(CLI_USAGE, "unknown quirk '%s'; there are kvm, arch, and %s", word, known);
}
