/* SPDX-License-Identifier: GPL-2.0-only */
/* One pass over a trace: reader, decoder thread, progress and, where wanted, an engine. */
#ifndef NVSIM_CLI_RUN_H
#define NVSIM_CLI_RUN_H

#include "build.h"
#include "cli.h"
#include "engine.h"
#include "result.h"
#include "stream.h"

struct run {
	const char *path;
	struct nvt_reader *reader;
	struct stream *stream;
	struct engine *engine; /* NULL: the events are only looked at */
	struct cli_progress progress;
	uint64_t event_total;	   /* 0: not known yet */
	uint64_t event_at;	   /* ordinal of the next one */
	struct result_trace trace; /* filled by run_describe */
};

/* Opens the trace. On failure the line is printed; run_close is due in any case. */
enum cli_exit run_open(struct run *r, const char *path, bool quiet);
/* Sets up the engine with the trace's machine and memory. */
enum cli_exit run_engine(struct run *r, const struct engine_options *options);
void run_close(struct run *r);

enum run_next { RUN_BLOCK, RUN_END, RUN_FAILED };
/* The next block of events; to be released. RUN_FAILED: *status, and the line is printed. */
enum run_next run_block(struct run *r, struct nvt_block **block, enum cli_exit *status);

/* Prints what stopped the engine at this event. */
enum cli_exit run_event_failed(struct run *r, enum engine_status status, uint64_t ordinal);
/* Hands one event to the engine, whose size rule is that of one policy. */
static inline enum cli_exit run_event(struct run *r, const struct nvt_event *ev, uint64_t ordinal)
{
	enum engine_status status = engine_event(r->engine, ev);

	return status == ENGINE_OK ? CLI_OK : run_event_failed(r, status, ordinal);
}

/* The exit status that the checker's findings call for, where there is a checker. */
enum cli_exit run_verdict(const struct run *r);

/* Fills r->trace with what is known by now; the file's own hash where `hash`. */
enum cli_exit run_describe(struct run *r, bool hash);

/* The last component of a path. */
const char *run_base_name(const char *path);

/* Writes JSON with an end of line to `path`, "-" or NULL for standard output. Takes `json`. */
enum cli_exit run_write_json(json_t *json, const char *path);
/* JSON to standard output takes the place of the report; JSON to a file goes with it. */
bool run_json_instead(const struct cli_text *json);

/* Options that several commands share. */
#define RUN_POLICY_HELP "rule for the size of mappings (see nvsim policies)"
#define RUN_INVALIDATION_HELP                                                                      \
	"what a host unmap does to shadow tables: whole (empties them, the default), rmap or "     \
	"exact (by a reverse map)"
#define RUN_QUIRKS_HELP                                                                            \
	"kvm (bit-exact, the default), arch (as the architecture asks), or a list: kvm,-6 is all " \
	"of KVM's but 6"
enum cli_exit run_find_policy(const struct cli_text *name, const struct s2_policy **policy);
enum cli_exit run_find_invalidation(const struct cli_text *name,
				    const struct s2_invalidation **invalidation);
enum cli_exit run_parse_quirks(const struct cli_text *text, uint32_t *quirks);

#endif
