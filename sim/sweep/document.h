/* SPDX-License-Identifier: GPL-2.0-only */
/* Documents of a sweep: the result of a cell, and all of them in one, schema nvsim.sweep/1. */
#ifndef NVSIM_SWEEP_DOCUMENT_H
#define NVSIM_SWEEP_DOCUMENT_H

#include "store.h"

/* New references; NULL or incomplete where there is no memory. */

/* The options of a generated stream, by name. */
json_t *sweep_gen_json(const struct nvt_gen_options *gen);
/* What a result is told to be the cell of: name, digest of what it was asked for, axes. */
json_t *sweep_cell_json(const struct sweep_cell *cell);
/* SHA-256, in hex, of JSON in the one way of writing it. False: no memory. */
bool sweep_digest(const json_t *json, char hex[65]);

/*
 * The result of a cell, where there is a whole one, and of just this: NULL else. The trace of a
 * recorded stream has to be the file as it is now.
 */
json_t *sweep_cell_load(struct sweep_store *s, const struct sweep_cell *cell);
/* Whether this program, and no other version of it, made the result. */
bool sweep_cell_is_ours(const struct sweep_store *s, const json_t *result);
/* Whether the checker found something. */
bool sweep_cell_has_findings(const json_t *cell);

/* A sweep without cells. They are to be added in their order. */
json_t *sweep_document(const struct sweep_spec *spec);
/* NULL: added; else what keeps its figures from standing with those before. */
const char *sweep_document_add(json_t *doc, const struct sweep_cell *cell, const json_t *result);

#endif
