/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim replay: what the handler does with a trace. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dump.h"
#include "l2_symbols.h"
#include "replay.h"
#include "report.h"

struct replay_options {
	struct replay_part part;
	struct l2_symbols_options symbols;
	struct cli_text policy, invalidation, quirks, json, dump_tables;
	bool quiet, digest, check;
};

#define AT(member) offsetof(struct replay_options, member)
static const struct cli_option options[] = {
	{'p', "policy", "POLICY", CLI_TEXT, AT(policy), .help = RUN_POLICY_HELP},
	{0, "invalidation", "NAME", CLI_TEXT, AT(invalidation), .help = RUN_INVALIDATION_HELP},
	{0, "quirks", "SET", CLI_TEXT, AT(quirks), .help = RUN_QUIRKS_HELP},
	{0, "json", "FILE", CLI_OPTIONAL, AT(json),
	 .help = "everything for machines, to FILE, or instead of the report"},
	{'q', "quiet", NULL, CLI_FLAG, AT(quiet),
	 .help = "no report and no progress; --json is written all the same"},
	{0, "check", NULL, CLI_FLAG, AT(check),
	 .help = "check all that the handler does (see nvsim check)"},
	{0, "digest", NULL, CLI_FLAG, AT(digest),
	 .help = "print the digest of all decisions alone"},
	{0, "dump-tables", "DIR", CLI_TEXT, AT(dump_tables),
	 .help = "write every table to DIR at the end, as KVM's debugfs shows them"},
	{0, "until-mark", "TEXT", CLI_TEXT, AT(part.until_mark),
	 .help = "stop at the mark with exactly this text; that there is none is a usage error"},
	{0, "symbols", "FILE", CLI_TEXT, AT(symbols.file), .help = L2_SYMBOLS_HELP},
	{0, "slide", "BYTES", CLI_SIZE, AT(symbols.slide), .help = L2_SLIDE_HELP},
	{0, "skip", "N", CLI_COUNT, AT(part.skip), .help = "replay the first N faults unmeasured"},
	{0, "limit", "N", CLI_COUNT, AT(part.limit), .help = "stop after N measured faults",
	 .min = 1},
	{0, "interval", "N", CLI_COUNT, AT(part.interval),
	 .help = "a row of figures every N faults", .min = 1},
	{0, "vcpu", "N", CLI_COUNT, AT(part.vcpu),
	 .help = "measure the faults of this vCPU alone; all are replayed", .max = 65535},
	{0},
};

struct replay_command {
	const struct replay_options *o;
	struct replay replay;
	struct l2_symbols symbols;
};

/* ---- what is made of it ---- */

/* Tables first, report after: a report on a full disk must not cost the tables. */
static enum cli_exit dump_tables(const struct replay_command *c)
{
	const char *dir = c->o->dump_tables.value;
	char name[64] = "";
	int err;

	if (mkdir(dir, 0777) != 0 && errno != EEXIST)
		return cli_fail(CLI_ENVIRONMENT, "%s: cannot be made: %s", dir, strerror(errno));
	err = dump_all(dir, &c->replay.run.engine->vm, name, sizeof(name));
	if (err)
		return cli_fail(CLI_ENVIRONMENT, "%s/%s: cannot be written: %s", dir, name,
				strerror(err));
	return CLI_OK;
}

static enum cli_exit show(struct replay_command *c)
{
	const struct replay_options *o = c->o;
	enum cli_exit status = run_describe(&c->replay.run, o->json.given);
	struct result result;

	if (status)
		return status;
	result = replay_result(&c->replay);
	if (o->json.given)
		status = run_write_json(result_json(&result), o->json.value);
	if (status)
		return status;
	if (o->digest)
		puts(result.digest);
	if (o->digest || o->quiet || run_json_instead(&o->json))
		return CLI_OK;
	if (o->part.interval.given)
		report_intervals(stdout, &result);
	report_print(stdout, &result);
	return CLI_OK;
}

/* Options are looked at before the trace is: a typo shows at once. */
static enum cli_exit start(struct replay_command *c, const char *path)
{
	const struct replay_options *o = c->o;
	/* Nothing is made of it where nothing is printed. */
	struct engine_options engine = {.digest = o->digest || o->json.given || !o->quiet};
	enum cli_exit status = run_find_policy(&c->o->policy, &engine.policy);

	if (!status)
		status = run_find_invalidation(&c->o->invalidation, &engine.invalidation);
	if (!status)
		status = run_parse_quirks(&c->o->quirks, &engine.quirks);
	if (!status)
		status = l2_symbols_read(&c->symbols, &o->symbols, "replay", path);
	c->replay.part = o->part;
	c->replay.functions = l2_symbols_functions(&c->symbols);
	return status ? status : replay_open(&c->replay, path, &engine, o->check, o->quiet);
}

static enum cli_exit run(const void *values, const struct cli_args *args)
{
	struct replay_command c = {.o = values};
	enum cli_exit status = start(&c, args->v[0]);

	if (!status)
		status = replay_stream(&c.replay);
	if (!status && c.o->dump_tables.given)
		status = dump_tables(&c);
	if (!status)
		status = l2_symbols_finish(&c.symbols, &c.o->symbols, c.o->json.given);
	if (!status)
		status = show(&c);
	if (!status)
		status = run_verdict(&c.replay.run);
	replay_close(&c.replay);
	l2_symbols_free(&c.symbols);
	return status;
}

const struct cli_command cli_replay = {
	.name = "replay",
	.arguments = "TRACE",
	.summary = "what the handler does with a trace: a report of one screen",
	.about = "Replays every event of TRACE (- for standard input) through the handler and "
		 "reports what became of the faults. With --symbols, a table has the functions of "
		 "L2 whose shadow faults were handled, by outcome (of a partial trace, recorded); "
		 "[user] is all that ran at EL0 (without PSTATE: in the lower half of addresses), "
		 "[low] what ran at EL1 in the lower half of addresses (before the MMU is on, "
		 "firmware), [unknown] a kernel address in no function of FILE, [others] functions "
		 "beyond the first 4,096 that fault.",
	.examples = {{"nvsim replay trace.zst", "the report"},
		     {"nvsim replay -p page trace.zst", "as if no block were ever mapped"},
		     {"nvsim replay --json trace.zst", "the same for machines"}},
	.options = options,
	.options_size = sizeof(struct replay_options),
	.args_min = 1,
	.args_max = 1,
	.run = run,
};
