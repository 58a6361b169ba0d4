/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * L1's stage-2 tables throughout a recording, from a core of L1's memory (core.h) and from what
 * each recorded walk read. The recording is read twice: the first pass finds out which tables
 * there were and what they held in the beginning, the second one writes the trace. FORMAT.md,
 * "Tables from a core", has the rules.
 */
#ifndef NVSIM_TRACES_IMPORT_HISTORY_H
#define NVSIM_TRACES_IMPORT_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "import/build.h"

struct imp_history;

/* Opens o->core, and o->ptdump if there is one. NULL: *err says why. */
struct imp_history *imp_history_open(const struct nvt_import_options *o, struct nvt_error *err);
void imp_history_free(struct imp_history *h);

/* ---- while the recording is read, both times; b->history is the history ---- */

/* A walk, before its fault is written; `at` has the fault's time and vCPU. */
enum nvt_status imp_history_walk(struct imp_builder *b, const struct nvt_event *at,
				 const struct imp_walk *walk);
/* Each event, before it is written. */
enum nvt_status imp_history_event(struct imp_builder *b, const struct nvt_event *ev);
/* After the last event. */
enum nvt_status imp_history_end(struct imp_builder *b);

/* ---- in between ---- */

/*
 * After the first pass: makes the initial contents. *reason is NULL, or why L1's tables are not
 * known throughout; it lives as long as the history.
 */
enum nvt_status imp_history_settle(struct imp_builder *b, const char **reason);
/* The initial contents, ascending. */
const struct nvt_word *imp_history_words(const struct imp_history *h, size_t *count);
/* What the summary and meta tell. */
struct nvt_import_core imp_history_stats(const struct imp_history *h);

#endif
