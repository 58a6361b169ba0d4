/* SPDX-License-Identifier: GPL-2.0-only */
/* A replay of one trace under one policy, and the result that it makes. */
#ifndef NVSIM_CLI_REPLAY_H
#define NVSIM_CLI_REPLAY_H

#include "heat.h"
#include "run.h"

/* Which part of the stream is measured, and by what steps. All zero: the whole, in one. */
struct replay_part {
	struct cli_text until_mark;
	struct cli_number skip, limit, interval, vcpu;
	/* An even number: where there are so many intervals, each two become one; 0: never. */
	size_t interval_max;
};

struct replay {
	struct replay_part part;
	struct functions *functions; /* of L2 that fault; NULL: no symbols were given */
	struct heat *heat;	     /* where they fault; NULL: is not wanted */
	struct run run;
	struct check_options check;
	uint64_t seen, measured; /* faults and accesses */
	uint64_t now_ns;
	bool stop;
	bool watched; /* something is to be done after each measured fault */
	struct exactness exactness;
	struct result_interval *intervals;
	size_t interval_count, interval_room;
	struct result_interval before; /* totals when the interval at hand began */
	struct result_mark *marks;
	size_t mark_count; /* of all, kept or not */
};

/*
 * Opens the trace and sets up the engine; part, functions and heat are set before. replay_close is
 * due in any case.
 */
enum cli_exit replay_open(struct replay *r, const char *path, const struct engine_options *options,
			  bool check, bool quiet);
/* All events, up to the end, the mark or the limit. */
enum cli_exit replay_stream(struct replay *r);
/* The same by hand: block after block, which stay the caller's, and then the end. */
enum cli_exit replay_block(struct replay *r, const struct nvt_block *block);
enum cli_exit replay_end(struct replay *r);
/* All that report and JSON are made of, once run_describe was called. Pointers go to `r`. */
struct result replay_result(struct replay *r);
void replay_close(struct replay *r);

#endif
