/* SPDX-License-Identifier: GPL-2.0-only */
/* nvsim verify: decision by decision against what the recorded hypervisor did. */
#include <stdlib.h>

#include "run.h"
#include "verify_tables.h"

struct verify_options {
	struct cli_text json, at;
	struct cli_list ptdumps;
	struct cli_number limit;
	bool quiet;
};

#define AT(member) offsetof(struct verify_options, member)
static const struct cli_option options[] = {
	{0, "json", "FILE", CLI_OPTIONAL, AT(json),
	 .help = "everything for machines, to FILE, or instead of the report"},
	{0, "limit-differences", "N", CLI_COUNT, AT(limit),
	 .help = "show the first N differences (20 by default); all are counted", .max = 1000000},
	{0, "ptdump", "FILE", CLI_LIST, AT(ptdumps),
	 .help = "compare KVM's dump of a table (stage2_page_tables, nested_mmuN) with the "
		 "replayed one of that context; may be given again"},
	{0, "at", "TEXT", CLI_TEXT, AT(at),
	 .help = "with --ptdump: it was taken at the first mark that has TEXT in it; by default at "
		 "the end"},
	{'q', "quiet", NULL, CLI_FLAG, AT(quiet), .help = "no report and no progress"},
	{0},
};

#define SHOWN_BY_DEFAULT 20

/* One verification: counts of the library, and the first differences for people. */
struct job {
	const struct verify_options *o;
	struct run run;
	struct verify verify;
	struct verify_tables tables;
	struct verify_difference *shown;
	size_t shown_count, shown_max;
	uint64_t difference_count;
	bool no_memory;
};

/* All differences are counted, the first ones are kept; room doubles as they come. */
static void keep_difference(void *arg, const struct verify_difference *d)
{
	struct job *j = arg;

	j->difference_count++;
	if (j->shown_count == j->shown_max)
		return;
	if ((j->shown_count & (j->shown_count - 1)) == 0) {
		size_t room = j->shown_count ? j->shown_count * 2 : 1;
		void *p = realloc(j->shown, room * sizeof(*j->shown));

		if (!p) {
			j->no_memory = true;
			return;
		}
		j->shown = p;
	}
	j->shown[j->shown_count++] = *d;
}

/* The verifier looks at each event before and after the engine has it. */
static enum cli_exit verify_block(struct job *j, const struct nvt_block *block)
{
	for (size_t i = 0; i < block->count; i++) {
		uint64_t ordinal = block->first_ordinal + i;
		enum cli_exit status;

		verify_tables_event(&j->tables, j->run.engine, &block->events[i]);
		verify_before(&j->verify, &block->events[i]);
		status = run_event(&j->run, &block->events[i], ordinal);
		if (status)
			return status;
		verify_after(&j->verify, j->run.engine, &block->events[i], ordinal);
	}
	return j->no_memory || j->verify.out_of_memory ? cli_no_memory() : CLI_OK;
}

/* Unlike a replay, this always goes to the end: expectations may be open until then. */
static enum cli_exit verify_stream(struct job *j)
{
	enum cli_exit status = CLI_OK;
	struct nvt_block *block;

	while (!status && run_block(&j->run, &block, &status) == RUN_BLOCK) {
		status = verify_block(j, block);
		nvt_release_block(block);
	}
	if (!status)
		verify_end(&j->verify);
	cli_progress_end(&j->run.progress);
	return status ? status : verify_tables_end(&j->tables, j->run.engine, j->run.path);
}

/* ---- results ---- */

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

/* Every field, compared or not: what was never compared is a result too. */
static json_t *fields_json(const struct verify *v)
{
	json_t *fields = json_object();

	for (unsigned int f = 0; f < VERIFY_FIELD_COUNT; f++)
		json_object_set_new(fields, verify_fields[f].name,
				    json_pack("{s:o, s:o, s:o, s:o, s:o}", "compared",
					      number(v->field[f].compared), "derived",
					      number(v->field[f].derived), "host_input",
					      number(v->field[f].host_input), "raced",
					      number(v->field[f].raced), "mismatched",
					      number(v->field[f].mismatched)));
	return fields;
}

static const char *const basis_names[] = {
	[VERIFY_COMPARED] = "compared",
	[VERIFY_DERIVED] = "derived",
	[VERIFY_HOST_INPUT] = "host_input",
};
static const char *const basis_notes[] = {
	[VERIFY_COMPARED] = "",
	[VERIFY_DERIVED] = " (derived)",
	[VERIFY_HOST_INPUT] = " (host input)",
};

static json_t *differences_json(const struct job *j)
{
	json_t *list = json_array();

	for (size_t i = 0; i < j->shown_count; i++) {
		const struct verify_difference *d = &j->shown[i];

		json_array_append_new(list, json_pack("{s:o, s:o, s:i, s:s, s:s, s:s, s:s}",
						      "ordinal", number(d->ordinal), "time_ns",
						      number(d->time_ns), "vcpu", (int)d->vcpu,
						      "field", verify_fields[d->field].name,
						      "basis", basis_names[d->basis], "got", d->got,
						      "expected", d->expected));
	}
	return list;
}

static json_t *verify_json(const struct job *j)
{
	const struct verify *v = &j->verify;
	const struct engine_options *e = &j->run.engine->options;
	struct result_context context = {&cli_build, e->policy, e->quirks, e->invalidation};
	json_t *root = json_object();

	json_object_set_new(root, "schema", json_string("nvsim.verify/1"));
	json_object_set_new(root, "context", result_context_json(&context, &j->run.trace));
	json_object_set_new(root, "trace", result_trace_json(&j->run.trace));
	json_object_set_new(root, "faults", number(v->faults));
	json_object_set_new(root, "compared", number(v->compared));
	json_object_set_new(root, "mismatched", number(v->mismatched));
	json_object_set_new(root, "other_mismatched", number(v->other_mismatched));
	json_object_set_new(root, "fields", fields_json(v));
	json_object_set_new(root, "difference_count", number(j->difference_count));
	json_object_set_new(root, "differences", differences_json(j));
	if (j->tables.count)
		json_object_set_new(root, "tables", verify_tables_json(&j->tables));
	return root;
}

/* First what differs, then the table: the cause of a row is above it. */
static void print_differences(const struct job *j)
{
	char count[CLI_NUMBER_SIZE];

	for (size_t i = 0; i < j->shown_count; i++) {
		const struct verify_difference *d = &j->shown[i];

		printf("event %llu, vCPU %u, %llu.%09llu s: %s: %s%s\n",
		       (unsigned long long)d->ordinal, d->vcpu,
		       (unsigned long long)(d->time_ns / 1000000000),
		       (unsigned long long)(d->time_ns % 1000000000), verify_fields[d->field].name,
		       verify_fields[d->field].what, basis_notes[d->basis]);
		printf("    recorded %s\n    replayed %s\n", d->expected, d->got);
	}
	if (j->difference_count > j->shown_count)
		printf("... and %s more\n", cli_count(count, j->difference_count - j->shown_count));
	if (j->difference_count)
		putchar('\n');
}

static void print_table(const struct verify *v)
{
	char count[CLI_NUMBER_SIZE];

	printf("%-13s %10s %10s %10s %10s %10s\n", "field", "compared", "derived", "host input",
	       "raced", "different");
	for (unsigned int f = 0; f < VERIFY_FIELD_COUNT; f++) {
		printf("%-13s %10s", verify_fields[f].name, cli_count(count, v->field[f].compared));
		printf(" %10s", cli_count(count, v->field[f].derived));
		printf(" %10s", cli_count(count, v->field[f].host_input));
		printf(" %10s", cli_count(count, v->field[f].raced));
		printf(" %10s\n", cli_count(count, v->field[f].mismatched));
	}
}

static void print_report(const struct job *j)
{
	const struct verify *v = &j->verify;
	char a[CLI_NUMBER_SIZE], b[CLI_NUMBER_SIZE], c[CLI_NUMBER_SIZE], d[CLI_NUMBER_SIZE];

	print_differences(j);
	print_table(v);
	printf("\n%s faults, %s compared: %s decided otherwise than recorded\n",
	       cli_count(a, v->faults), cli_count(b, v->compared), cli_count(c, v->mismatched));
	if (v->other_mismatched)
		printf("%s other events differ\n", cli_count(d, v->other_mismatched));
	if (!v->compared)
		puts("The trace does not tell what the recorded hypervisor did: nothing is "
		     "proved.");
	verify_tables_print(&j->tables);
}

static enum cli_exit show(struct job *j)
{
	const struct verify_options *o = j->o;
	enum cli_exit status = run_describe(&j->run, o->json.given);

	if (!status && o->json.given)
		status = run_write_json(verify_json(j), o->json.value);
	if (status)
		return status;
	if (!run_json_instead(&o->json) && !o->quiet)
		print_report(j);
	return j->verify.mismatched || j->verify.other_mismatched ||
			       verify_tables_differ(&j->tables)
		       ? CLI_FINDINGS
		       : CLI_OK;
}

/*
 * Faults are delivered as recorded, even where the rebuilt tables would not
 * fault: that they would not is itself a difference, of the field "syndrome".
 */
static enum cli_exit start(struct job *j, const char *path)
{
	struct engine_options as_recorded = {
		.policy = s2_policy_default,
		.quirks = S2_QUIRKS_KVM,
		.as_recorded = true,
		.digest = true,
	};
	enum cli_exit status = run_open(&j->run, path, j->o->quiet);

	if (!status)
		status = run_engine(&j->run, &as_recorded);
	if (!status && !verify_init(&j->verify, j->run.engine, keep_difference, j))
		status = cli_no_memory();
	return status;
}

static enum cli_exit run(const void *values, const struct cli_args *args)
{
	struct job j = {.o = values, .shown_max = SHOWN_BY_DEFAULT};
	enum cli_exit status;

	if (j.o->limit.given)
		j.shown_max = j.o->limit.value;
	if (j.o->at.given && !j.o->ptdumps.count)
		return cli_fail(CLI_USAGE, "verify: --at means nothing without --ptdump");
	status = verify_tables_open(&j.tables, &j.o->ptdumps, j.o->at.value);
	if (!status)
		status = start(&j, args->v[0]);
	if (!status)
		status = verify_stream(&j);
	if (!status)
		status = show(&j);
	verify_destroy(&j.verify);
	verify_tables_close(&j.tables);
	run_close(&j.run);
	free(j.shown);
	return status;
}

const struct cli_command cli_verify = {
	.name = "verify",
	.arguments = "TRACE",
	.summary = "compares each decision with what the recorded hypervisor did",
	.about = "Replays TRACE (- for standard input) as recorded, with KVM's policy and quirks, "
		 "and compares every decision that the recording tells. A fact is \"derived\" "
		 "where the entry of L1's table was concluded from the decision itself, which "
		 "proves nothing (import --l1 or --core tells the entries); \"host input\" where "
		 "how the host backs the memory, or who emulates the device, is known from this "
		 "record alone (import --smaps and --pagemap tell the former). A difference "
		 "is \"raced\", and not counted as one, where a host event that ran at the same "
		 "time may explain it. Exit status 1: something differs.",
	.examples = {{"nvsim verify trace.zst", "differences, and a table by field"},
		     {"nvsim verify --json trace.zst", "the same for machines"},
		     {"nvsim verify --limit-differences 1 trace.zst", "the first one"}},
	.options = options,
	.options_size = sizeof(struct verify_options),
	.args_min = 1,
	.args_max = 1,
	.run = run,
};
