/* SPDX-License-Identifier: GPL-2.0-only */
/* The document of a comparison, schema nvsim.compare/1, and where it comes from. */
#ifndef NVSIM_CLI_COMPARE_DOCUMENT_H
#define NVSIM_CLI_COMPARE_DOCUMENT_H

#include <jansson.h>

#include "cli.h"
#include "compare.h"
#include "result.h"

/* A comparison of one policy, made of its result; takes `result`. */
json_t *compare_document(json_t *result);
/* One policy more, on the same stream; takes `result`. */
void compare_document_add(json_t *doc, json_t *result);
/* A line that the reader has to know; takes `note`. */
void compare_document_note(json_t *doc, json_t *note);
/* What only all policies together tell: names, labels, the verdict. */
void compare_document_finish(json_t *doc);

/* All of it, once compare_end was called: each entry is as a replay with that policy alone. */
json_t *compare_document_of(struct compare *c, const struct compare_options *o,
			    const struct result_trace *trace);

/* What the handler's own table says of the policy of an entry; null: it has none of that name. */
void compare_entry_judge(json_t *entry);

/* Whether the file holds saved results, and no trace. */
bool compare_is_saved(const char *path);
/* One comparison of all files, or all comparisons of the one file: added to `docs`. */
enum cli_exit compare_saved(const struct cli_args *args, json_t *docs);

#endif
