/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a replay counts, and the one table that defines every number made of
 * it. The command, the JSON result and the manual read that table.
 */
#ifndef NVSIM_REPLAY_METRICS_H
#define NVSIM_REPLAY_METRICS_H

#include "event.h"
#include "pages.h"
#include "s2.h"

/* As jansson.h has it, which is not there at EL2. */
typedef struct json_t json_t;

/* Whose fault it was. */
enum metrics_scope {
	SCOPE_SHADOW,	 /* a nested context that is walked */
	SCOPE_CANONICAL, /* L1 itself */
	SCOPE_S2_OFF,	 /* a nested context with L1's stage 2 off */
	SCOPE_COUNT
};

enum metrics_inject {
	INJECT_TRANSLATION,
	INJECT_PERMISSION,
	INJECT_ACCESS_FLAG,
	INJECT_SIZE,
	INJECT_SEA,
	INJECT_CLASS_COUNT
};

#define WALK_READS_MAX 8
#define METRICS_RECENT 64u

/* Work asked for and done by one kind of invalidation. Bytes. */
struct metrics_sweep {
	uint64_t count;	   /* operations */
	uint64_t asked;	   /* bytes that were to go */
	uint64_t unmapped; /* bytes that went */
	uint64_t visited;  /* descriptors looked at */
	uint64_t leaves;   /* that went */
	uint64_t give_ups; /* contexts emptied because their reverse map did not know */
};

struct metrics_clamp {
	uint64_t faults, bytes;
};

/* How the tables were checked. */
enum metrics_checked {
	METRICS_UNCHECKED,
	METRICS_CHECKED,
	METRICS_CHECK_FAILED, /* no memory: the rest was not checked */
};

struct metrics {
	unsigned int page_shift;
	uint8_t shadow_start_level;
	enum nvt_class class;

	uint64_t events, faults_recorded, touches;
	uint64_t delivered[SCOPE_COUNT]; /* faults that the handler got */
	uint64_t avoided[SCOPE_COUNT];
	uint64_t outcome[SCOPE_COUNT][S2_OUTCOME_COUNT];
	uint64_t fsc_rewritten; /* delivered with another FSC than recorded */
	uint64_t lost, lost_unknown;

	uint64_t walk_reads[WALK_READS_MAX];	    /* walks that reached a leaf */
	uint64_t walk_reads_failed[WALK_READS_MAX]; /* walks that did not */
	uint64_t injected[INJECT_CLASS_COUNT][4];   /* by level; level -1 counts as 0 */
	/* Partial traces: as recorded. Who ran is not known before a vCPU's first change. */
	uint64_t recorded[SCOPE_COUNT], recorded_unknown;
	uint64_t recorded_injected;

	/* Mappings made in shadow contexts. */
	struct metrics_clamp clamp[S2_CLAMP_COUNT];
	uint64_t mapped_bytes, sound_bytes;
	uint64_t rule_reads;	 /* descriptors that size rules read besides the walks' */
	uint64_t splinter_pages; /* sum of pages * log2(L1 leaf / shadow leaf) */
	uint64_t fills;		 /* faults that mapped or relaxed */
	uint64_t leaves_touched; /* distinct (context, L1 leaf) of those */
	uint64_t refaults;	 /* shadow faults on a page mapped before */

	struct metrics_sweep tlbi, host_unmap;
	/* Pages that a host unmap took out of shadow tables and that are not back yet. Apart
	   from the others: until the first one, no fault looks at them. */
	struct pages dropped;
	uint64_t dropped_count; /* leaves put in */
	uint64_t host_refaults; /* shadow faults that mapped some of them again */

	/* Shadow tables. */
	uint64_t block_bytes, total_bytes;	  /* now */
	uint64_t leaf_bytes[4];			  /* now, by level */
	unsigned __int128 block_time, total_time; /* byte * ns */
	uint64_t last_ns;
	uint64_t table_pages_now, table_pages_peak;
	const struct s2_vm *rmap_vm; /* has reverse maps, and counts their pages; NULL: none */
	uint64_t unsound_pages;	     /* found when the stream was over */
	enum metrics_checked checked;

	struct pages pages;
	struct metrics_context {
		uint64_t vttbr, vtcr;
	} * contexts; /* keys seen, for pages */
	uint32_t context_count, context_room;
	uint32_t context_recent[METRICS_RECENT]; /* place in contexts, by index: a guess */
};

bool metrics_init(struct metrics *m, unsigned int page_shift, enum nvt_class class);
void metrics_destroy(struct metrics *m);
/* False: no memory; metrics_destroy is due in any case. */
bool metrics_clone(struct metrics *to, const struct metrics *from);

/*
 * What shadow faults have come to since the last look: handled, or of a partial trace recorded, of
 * which it is known that they were injected, and no more.
 */
struct metrics_seen {
	uint64_t faults, outcome[S2_OUTCOME_COUNT];
};
uint64_t metrics_added(struct metrics_seen *seen, const struct metrics *m,
		       uint64_t outcome[S2_OUTCOME_COUNT]);

/* ---- the table ---- */

enum metric_better { BETTER_LOWER, BETTER_HIGHER, BETTER_NEITHER };

struct metric {
	const char *name;
	const char *unit;
	enum metric_better better;
	const char *shape; /* "ratio", "histogram", ...: what value() gives */
	const char *definition;
	/* A new reference, or NULL: the data does not support it, *absent says why. */
	json_t *(*value)(const struct metrics *m, const char **absent);
	bool of_partial; /* value() has to say of a trace of faults alone, too */
};

extern const struct metric metrics_table[];
extern const size_t metrics_table_count;

/* All of the table: {"name": value, ..., "absent": {"name": "why", ...}}. */
json_t *metrics_json(const struct metrics *m);
/* The same where none has been taken. */
json_t *metrics_absent_json(const char *why);

#endif
