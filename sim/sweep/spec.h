/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a sweep is to compute: a cell for each stream (recorded, or made up for a page size of the
 * host and a mixture of L1's leaves), policy and invalidation. Nothing of it depends on the
 * machine: equal specifications give equal cells, numbers and names.
 */
#ifndef NVSIM_SWEEP_SPEC_H
#define NVSIM_SWEEP_SPEC_H

#include <jansson.h>

#include "gen/gen.h"
#include "s2.h"
#include "trace.h"

/* A product beyond this is a slip of the pen. */
#define SWEEP_CELLS_MAX 100000u
/* Names of streams, and of cells, are names of files: letters, digits, '.', '_', '+' and '-'. */
#define SWEEP_STREAM_NAME 128
#define SWEEP_CELL_NAME	  208

struct sweep_stream {
	char name[SWEEP_STREAM_NAME]; /* no other stream of the sweep has it */
	const char *path;	      /* of the recording; NULL: the stream is generated */
	struct nvt_gen_options gen;
	const char *leaves; /* name of the mixture; NULL: that is no axis */
};

/* Places in a table of the handler. */
#define SWEEP_NAMES_MAX 64
struct sweep_names {
	size_t count;
	uint8_t place[SWEEP_NAMES_MAX];
};

struct sweep_spec {
	json_t *json; /* what the pointers above point to */
	struct sweep_stream *streams;
	size_t stream_count;
	struct sweep_names policies, invalidations;
	uint32_t quirks;
	bool check; /* all that the handler does, in each cell */
	size_t cell_count;
};

/* NVT_EINPUT: it says what cannot be. sweep_spec_free is due in any case. */
enum nvt_status sweep_spec_parse(json_t *json, struct sweep_spec *spec, struct nvt_error *err);
void sweep_spec_free(struct sweep_spec *spec);

struct sweep_cell {
	size_t number; /* from 0 */
	const struct sweep_spec *spec;
	const struct sweep_stream *stream;
	const struct s2_policy *policy;
	const struct s2_invalidation *invalidation;
	char name[SWEEP_CELL_NAME]; /* of stream, policy and invalidation */
};
struct sweep_cell sweep_cell(const struct sweep_spec *spec, size_t number);

#endif
