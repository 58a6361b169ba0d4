/* SPDX-License-Identifier: GPL-2.0-only */
#include "hw_result.h"

#include <string.h>

#include "build.h"
#include "hw_report.h"
#include "run.h"

#define LAST_SIZE 200 /* bytes of the last frame that are shown */

static enum cli_exit no_frame(const struct hw_run *r, const struct hw_show *how)
{
	return cli_fail(CLI_INPUT, "%s: offset %llu: ends without a single %sframe of a run at EL2",
			how->source, (unsigned long long)r->bytes, r->damaged ? "undamaged " : "");
}

static enum cli_exit no_end(const struct hw_run *r, const struct hw_show *how)
{
	char last[LAST_SIZE];

	hw_run_last(r, last, sizeof(last));
	return cli_fail(
		CLI_INPUT,
		"%s: offset %llu: ends before the frame 'end' of the run; the last frame is "
		"%s",
		how->source, (unsigned long long)r->bytes, last);
}

/* The status that the image has given itself; CLI_USAGE: none that it can have. */
static enum cli_exit own_status(const struct hw_run *r)
{
	uint64_t status;

	if (!hw_frame_number(&r->end.frame, "status", &status) || status > CLI_ENVIRONMENT)
		return CLI_USAGE;
	return (enum cli_exit)status;
}

static enum cli_exit unexpected(const struct hw_run *r, const struct hw_show *how)
{
	const struct hw_kept *u = &r->unexpected;

	if (!how->quiet && !run_json_instead(&how->json))
		hw_report_exception(stdout, r);
	return cli_fail(CLI_ENVIRONMENT,
			"%s: an exception that nobody asked for ended the run: vector %s, ESR %s, "
			"ELR %s, FAR %s, HPFAR %s",
			how->source, hw_text(u, "vector"), hw_text(u, "esr"), hw_text(u, "elr"),
			hw_text(u, "far"), hw_text(u, "hpfar"));
}

/* A run that has figures to show; what keeps it from that is printed. */
static enum cli_exit check_ended(const struct hw_run *r, const struct hw_show *how)
{
	enum cli_exit status;

	if (!r->seen)
		return no_frame(r, how);
	if (hw_kept(&r->unexpected))
		return unexpected(r, how);
	if (!hw_run_is_over(r))
		return no_end(r, how);
	status = own_status(r);
	if (status == CLI_OK || status == CLI_FINDINGS)
		return CLI_OK;
	if (status == CLI_USAGE)
		return cli_fail(CLI_INPUT, "%s: the frame 'end' has no status that is known here",
				how->source);
	return cli_fail(status, "%s: the image refused to run: %s", how->source,
			hw_kept(&r->refused) ? hw_text(&r->refused, "why")
					     : "the frame that says why was lost");
}

static enum cli_exit check_handler(const struct hw_run *r, const struct hw_show *how)
{
	const char *handler = hw_text(&r->hello, "handler");

	if (strcmp(handler, cli_build.handler_sha256) == 0)
		return CLI_OK;
	return cli_fail(CLI_ENVIRONMENT,
			"%s: the image has another handler than this nvsim: sha256 %s, not %s",
			how->source, handler, cli_build.handler_sha256);
}

static enum cli_exit describe(const struct hw_run *r, const struct hw_show *how,
			      struct hw_described *d)
{
	enum cli_exit status = check_ended(r, how);
	char problem[256];

	*d = (struct hw_described){.run = r, .emulated = how->emulated};
	if (!status && hw_kept(&r->hello))
		status = check_handler(r, how);
	if (!status && !hw_describe(r, &cli_build, &d->context, problem, sizeof(problem)))
		status = cli_fail(CLI_INPUT, "%s: %s", how->source, problem);
	return status;
}

/* ---- the trace on this host ---- */

/* By its content; the file's own hash, which depends on how it is compressed, where that is lost.
 */
static enum cli_exit check_trace(const struct hw_run *r, const struct run *here,
				 const struct hw_show *how)
{
	const char *ran = hw_text(&r->trace, "digest"), *is = here->trace.digest;
	const char *what = "digest";

	if (!*ran || !*is) {
		ran = hw_text(&r->trace, "sha256");
		is = here->trace.sha256;
		what = "sha256";
	}
	if (*ran && strcmp(ran, is) == 0)
		return CLI_OK;
	return cli_fail(CLI_INPUT, "%s: is not the trace that ran: its %s is %s, not %s",
			how->trace, what, is, *ran ? ran : "(unknown)");
}

static enum cli_exit replay_events(struct run *here)
{
	enum cli_exit status = CLI_OK;
	struct nvt_block *block;

	while (!status && run_block(here, &block, &status) == RUN_BLOCK) {
		for (size_t i = 0; i < block->count && !status; i++)
			status = run_event(here, &block->events[i], block->first_ordinal + i);
		nvt_release_block(block);
	}
	if (!status)
		engine_end(here->engine);
	return status;
}

/* The same with the simulator; `here` stays open, for its trace is described, too. */
static enum cli_exit replay_here(const struct hw_described *d, const struct hw_show *how,
				 struct run *here, char digest[33])
{
	const struct engine_options engine = {.policy = d->context.policy,
					      .invalidation = d->context.invalidation,
					      .quirks = d->context.quirks,
					      .digest = true,
					      .unmeasured = true};
	enum cli_exit status = run_open(here, how->trace, how->quiet);

	if (!status)
		status = run_engine(here, &engine);
	if (!status)
		status = replay_events(here);
	if (!status)
		status = run_describe(here, true);
	if (!status)
		status = check_trace(d->run, here, how);
	if (!status)
		result_digest(&here->engine->digest, digest);
	return status;
}

/* ---- what is shown ---- */

static enum cli_exit verdict(const struct hw_described *d, const struct hw_show *how)
{
	const char *digest = hw_text(&d->run->end, "digest");

	if (d->replay_digest && strcmp(digest, d->replay_digest))
		return cli_fail(CLI_FINDINGS,
				"%s: other decisions than a replay of %s here makes: digest %s, "
				"not %s",
				how->source, how->trace, digest, d->replay_digest);
	return d->run->finding_count ? CLI_FINDINGS : own_status(d->run);
}

static enum cli_exit show(const struct hw_described *d, const struct hw_show *how)
{
	enum cli_exit status = CLI_OK;

	if (how->json.given)
		status = run_write_json(hw_result_json(d), how->json.value);
	if (!status && !how->quiet && !run_json_instead(&how->json))
		hw_report(stdout, d);
	return status ? status : verdict(d, how);
}

enum cli_exit hw_show(const struct hw_run *run, const struct hw_show *how)
{
	struct hw_described d;
	struct run here = {.path = how->trace};
	char digest[33];
	enum cli_exit status = describe(run, how, &d);

	if (!status && how->trace) {
		status = replay_here(&d, how, &here, digest);
		d.trace = &here.trace;
		d.replay_digest = digest;
	}
	if (!status)
		status = show(&d, how);
	run_close(&here);
	return status;
}
