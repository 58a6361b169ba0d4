/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records in the kernel's own layout, read by the formats that libtraceevent has parsed: the
 * fields of an event are looked up by name once, a record is then read by offset and size. For
 * trace-cmd files, perf.data and live ring buffers alike.
 */
#ifndef NVSIM_TRACES_IMPORT_TEP_H
#define NVSIM_TRACES_IMPORT_TEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "import/record.h"

struct tep_handle;
struct imp_tep;

/* How to read the records of one event id. */
struct imp_tep_plan {
	const char *name;    /* of the event; "(unknown)" where no format has its id */
	uint8_t known;	     /* enum imp_event_id, or IMP_EV_NONE */
	const char *missing; /* a needed field that its format lacks, or NULL */
	uint64_t count;	     /* for the caller: of records that say nothing to a trace */
	const void *from;    /* for the caller: the buffer that it is taken from */
	bool twice;	     /* for the caller: another buffer has it, too */
};

enum imp_tep_result {
	IMP_TEP_RECORD,	 /* *r is filled */
	IMP_TEP_IGNORED, /* it says nothing to a trace */
	IMP_TEP_CUT,	 /* it is shorter than its format says */
};

/* Formats may be added to `tep` until the first record of their id. NULL: no memory. */
struct imp_tep *imp_tep_new(struct tep_handle *tep);
void imp_tep_free(struct imp_tep *t);

/* Whether an event can have that id: the kernel has 16 bits for one. */
bool imp_tep_is_id(int id);
/* The plan of such an id, made when it is first asked for. NULL: no memory. */
struct imp_tep_plan *imp_tep_plan(struct imp_tep *t, int id);
/* All plans that were made; NULL behind the last. */
struct imp_tep_plan *imp_tep_next(const struct imp_tep *t, const struct imp_tep_plan *plan);

/*
 * Reads a record of the plan's event, which lacks no field. Time, CPU and thread are the
 * caller's to fill in; text points into `data`.
 */
enum imp_tep_result imp_tep_read(const struct imp_tep *t, const struct imp_tep_plan *plan,
				 const void *data, size_t size, struct imp_record *r);

#endif
