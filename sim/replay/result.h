/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Results for machines: schema nvsim.result/1 and what other results share
 * with it, above all the context block: what made the figures, of what, where.
 */
#ifndef NVSIM_REPLAY_RESULT_H
#define NVSIM_REPLAY_RESULT_H

#include <jansson.h>

#include "engine.h"
#include "exactness.h"
#include "functions.h"
#include "verify.h"

/* What the program was built from. */
struct result_build {
	const char *version;
	const char *revision; /* of git; "unknown" outside a checkout */
	bool dirty;
	const char *compiler;
	const char *handler_sha256; /* of the sources of sim/s2 */
};

struct result_trace {
	const char *name; /* without its folder; "-": standard input */
	char sha256[65];  /* of the file; "": not known, it came through a pipe */
	char digest[65];  /* of its content; "": the trace was not read to its end */
	enum nvt_class class;
	const struct nvt_machine *machine;
	bool has_totals;
	struct nvt_totals totals;
	const char *meta; /* JSON text; NULL: not known */
};

struct result_context {
	const struct result_build *build;
	const struct s2_policy *policy;
	uint32_t quirks;
	const struct s2_invalidation *invalidation; /* NULL: the default */
};

/* Its name. */
const char *result_invalidation(const struct result_context *c);

/* The main figures of a stretch of the replay. */
struct result_interval {
	uint64_t first_fault; /* counted from 0, among the faults measured */
	uint64_t faults;      /* of the stretch */
	uint64_t end_ns;
	uint64_t delivered, avoided, mapped, injected, relaxed; /* in shadow contexts */
	uint64_t mapped_bytes;
	uint64_t walks, walk_reads;
	uint64_t block_bytes, total_bytes; /* at its end */
};

/* A line that was written into the recording. */
#define RESULT_MARKS_KEPT 1000u
struct result_mark {
	uint64_t time_ns;
	uint64_t fault; /* faults measured before it */
	char *text;
};

/* Which part of the stream the figures are of: a filter must not be silent. */
struct result_window {
	uint64_t skip;	   /* faults and accesses replayed first, and not measured */
	uint64_t measured; /* faults and accesses */
	int32_t vcpu;	   /* measured alone; -1: all */
	bool stopped;	   /* at a limit or a mark, before the end */
};

struct result {
	struct result_context context;
	struct result_trace trace;
	struct result_window window;
	const struct metrics *metrics;
	const struct result_interval *intervals;
	size_t interval_count;
	const struct result_mark *marks; /* the first ones */
	size_t mark_count;		 /* of all */
	struct exactness exactness;
	const struct check_result *check;  /* NULL: nothing was checked */
	const struct functions *functions; /* NULL: no symbols were given */
	char digest[33];
};

/* SHA-256 of a file in hex; "" of what is none, as a pipe. False: it cannot be read; errno. */
bool result_file_sha256(const char *path, char hex[65]);

/* 32 hexadecimal digits. */
void result_digest(const struct s2_digest *d, char hex[33]);

/* A set of quirks as "kvm", "arch", or a list "1,6,12". */
void result_quirks(uint32_t quirks, char *text, size_t size);
void result_quirk_numbers(uint32_t quirks, char *text, size_t size);

/* New references; NULL or incomplete where there is no memory. */
json_t *result_json(const struct result *r);
json_t *result_context_json(const struct result_context *c, const struct result_trace *t);
json_t *result_trace_json(const struct result_trace *t);
/* The parts of a context that every document has: what made the figures, and where that ran. */
void result_build_json(const struct result_build *build, json_t *context);
json_t *result_host_json(void);
/* A row for each rule that found something, and one finding. */
json_t *result_findings_json(const struct check_result *r);
json_t *result_finding_json(const struct check_finding *f);

/* The first finding of a rule; NULL: none was kept. */
const struct check_finding *result_first_finding(const struct check_result *r,
						 enum check_rule rule);
/* A rule about the stream, not about the tables: its findings are of no context. */
bool result_rule_of_stream(enum check_rule rule);
/* The same of a rule's id. */
bool result_is_of_stream(const char *id);

#endif
