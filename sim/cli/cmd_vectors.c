/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim vectors: conformance vectors against the handler. */
#include <jansson.h>
#include <stdlib.h>

#include "cli.h"
#include "run.h"
#include "vectors.h"

struct vectors_options {
	struct cli_text json;
	bool quiet;
};

static const struct cli_option options[] = {
	{0, "json", "FILE", CLI_OPTIONAL, offsetof(struct vectors_options, json),
	 .help = "totals and failures for machines, to FILE, or instead of the report"},
	{'q', "quiet", NULL, CLI_FLAG, offsetof(struct vectors_options, quiet),
	 .help = "nothing on standard output"},
	{0},
};

/* Failures are printed as they come, and kept for the JSON result. */
struct job {
	bool shown; /* failures are printed as they come */
	json_t *failures;
};

/* Names and values come from a file that others wrote. */
static void report(void *arg, const char *file, unsigned int line, const char *id, int step,
		   const char *key, const char *got, const char *expected)
{
	struct job *j = arg;

	json_array_append_new(j->failures,
			      json_pack("{s:s, s:i, s:s, s:i, s:s, s:s?, s:s?}", "file",
					run_base_name(file), "line", (int)line, "id", id, "step",
					step, "key", key, "got", got, "expected", expected));
	if (!j->shown)
		return;
	cli_print_text(stdout, file);
	printf(":%u: ", line);
	cli_print_text(stdout, id);
	if (step >= 0)
		printf(", step %d", step);
	fputs(": ", stdout);
	cli_print_text(stdout, key);
	fputs(" is ", stdout);
	cli_print_text(stdout, got ? got : "?");
	fputs(", expected ", stdout);
	cli_print_text(stdout, expected ? expected : "?");
	putchar('\n');
}

/* A malformed file ends the run: totals of half of the vectors would mislead. */
static enum cli_exit run_files(struct job *j, const struct cli_args *args,
			       struct vectors_result *result)
{
	static const enum cli_exit exits[] = {
		[VECTORS_OK] = CLI_OK,
		[VECTORS_MALFORMED] = CLI_INPUT,
		[VECTORS_UNREADABLE] = CLI_INPUT,
	};
	char error[512];

	for (unsigned int i = 0; i < args->count; i++) {
		enum vectors_status status =
			vectors_run_file(args->v[i], report, j, result, error, sizeof(error));

		if (status == VECTORS_NO_MEMORY)
			return cli_no_memory();
		if (status)
			return cli_fail(exits[status], "%s", error);
	}
	return CLI_OK;
}

static enum cli_exit run(const void *values, const struct cli_args *args)
{
	const struct vectors_options *o = values;
	struct job j = {.shown = !o->quiet && !run_json_instead(&o->json),
			.failures = json_array()};
	struct vectors_result result = {0};
	enum cli_exit status = run_files(&j, args, &result);

	if (!status && o->json.given)
		status = run_write_json(
			json_pack("{s:s, s:s, s:I, s:I, s:O}", "schema", "nvsim.vectors/1",
				  "version", cli_build.version, "passed", (json_int_t)result.passed,
				  "failed", (json_int_t)result.failed, "failures", j.failures),
			o->json.value);
	json_decref(j.failures);
	if (status)
		return status;
	if (j.shown)
		printf("%llu passed, %llu failed\n", (unsigned long long)result.passed,
		       (unsigned long long)result.failed);
	return result.failed ? CLI_FINDINGS : CLI_OK;
}

const struct cli_command cli_vectors = {
	.name = "vectors",
	.arguments = "FILE...",
	.summary = "runs conformance vectors against the handler",
	.about = "Runs every vector of the files, a JSON object a line, and compares what the "
		 "handler does with what the vector expects. - is standard input. Exit status 1: "
		 "some failed; 3: a file is malformed.",
	.examples = {{"nvsim vectors vectors.jsonl", "failures and totals"},
		     {"nvsim vectors --json=out.json *.jsonl", "the same for machines"},
		     {"grep '\"walk\"' v.jsonl | nvsim vectors -", "some of them"}},
	.options = options,
	.options_size = sizeof(struct vectors_options),
	.args_min = 1,
	.args_max = 65535,
	.run = run,
};
