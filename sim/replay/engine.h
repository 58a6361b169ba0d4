/* SPDX-License-Identifier: GPL-2.0-only */
/* The replay engine: events of a trace in, decisions of the handler out. */
#ifndef NVSIM_REPLAY_ENGINE_H
#define NVSIM_REPLAY_ENGINE_H

#include "check.h"
#include "event.h"
#include "l1tables.h"
#include "machine.h"
#include "metrics.h"
#include "s2.h"
#include "trace.h"

/* What the handler would be asked about, and by whom. */
struct engine_access {
	struct s2_vcpu *vcpu;
	struct s2_mmu *mmu;
	struct s2_trap trap;
	struct table_ipa ipa;
	bool el0;
};

/* A machine that has what is simulated elsewhere. Members may be NULL. */
struct engine_hw {
	void *arg;
	/*
	 * Makes the access, with an MMU that walks the tables; `fsc` is what they say that it
	 * meets. The FSC of the abort that it takes; 0: it completes. Called again once the
	 * guest resumes from a fault.
	 */
	uint8_t (*access)(void *arg, const struct engine_access *a, uint8_t fsc);
	/* Has the handler decide, s2_handle_abort_into(), and whatever is to be around that. */
	void (*handle)(void *arg, const struct engine_access *a, struct s2_outcome *out);
};

struct engine_options {
	const struct s2_policy *policy;
	const struct s2_invalidation *invalidation; /* NULL: the default */
	uint32_t quirks;			    /* S2_QUIRK() bits */
	/* Deliver recorded faults as recorded, even where the tables would not fault. */
	bool as_recorded;
	bool digest;
	bool unmeasured; /* no metrics are wanted */
	/* EXTENT events tell when each context's turn comes in a host event. */
	bool staged;
	/* Have all that the handler does checked; must live as long. NULL: do not. */
	const struct check_options *check;
	/* The size rule sets it, and asks for a retry, where it leaves a fault undecided;
	 * NULL: it always decides. */
	const bool *undecided;
	const struct engine_hw *hw; /* NULL: everything is simulated */
	struct pa_fold fold;	    /* of recorded host PAs into memory that is there */
};

enum engine_status {
	ENGINE_OK,
	ENGINE_NOMEM,
	ENGINE_BAD_EVENT, /* the event cannot be: engine.problem says why */
	ENGINE_UNDECIDED, /* the size rule left a fault undecided: engine_resume goes on */
};

/* A range that was asked to be unmapped or write-protected in one context. */
struct engine_extent {
	uint16_t context;
	uint64_t start, size;
};

/* What the last event led to. */
struct engine_step {
	bool delivered;	  /* the handler was called: outcome is set */
	bool avoided;	  /* a recorded fault that these tables do not take, or a touch that hits */
	bool shadow;	  /* of a nested context that is walked */
	bool switched;	  /* L2 was entered: sw is set */
	uint16_t context; /* the context that faulted, or NVT_CANONICAL_CONTEXT */
	uint8_t hw_fsc;	  /* FSC that these tables give for the access; 0: no fault */
	enum s2_tlbi_kind tlbi;
	size_t extent_count;	       /* of engine.extents: what was to be unmapped or protected */
	const struct backing *backing; /* that was asked for; NULL: none, or not known */
	struct s2_switch sw;
	struct s2_outcome outcome;
};

/* What a context still waits for in a host event. */
enum engine_stage { STAGE_NONE, STAGE_UNMAP, STAGE_PROTECT };

struct engine {
	struct engine_options options;
	enum nvt_class class;
	struct machine machine;
	struct s2_vm vm;
	struct s2_mmu *contexts;
	struct s2_vcpu *vcpus;
	uint16_t vcpu_count;
	bool hw_af; /* the hardware sets access flags itself */
	struct l1tables l1tables;
	struct engine_extent *extents;	   /* room for two a context */
	enum engine_stage *staged;	   /* by context */
	uint64_t staged_base, staged_size; /* L1's memory that the host event is about */
	struct engine_step step;
	unsigned int tries; /* of the touch at hand that were decided */
	struct s2_digest digest;
	struct metrics metrics;
	bool measuring;	     /* metrics are being taken */
	bool tables_current; /* what metrics know of the tables is as they are */
	struct check *check; /* NULL: nothing is checked */
	uint64_t ordinal;    /* of the next event; counted for the checker alone */
	char problem[160];
};

/* NULL: no memory. The machine's fields are within their documented ranges. */
struct engine *engine_new(const struct nvt_machine *machine, enum nvt_class class,
			  const struct engine_options *options);
void engine_free(struct engine *e);
/*
 * The same state, apart. The clone has no trace of its own. NULL: no memory, or the invalidation
 * policy keeps a reverse map, which is full of pointers and not copied.
 */
struct engine *engine_clone(const struct engine *e);
/* From here on sizes are by `policy`; `undecided` as in the options. */
void engine_use(struct engine *e, const struct s2_policy *policy, const bool *undecided);

/* Initial contents of L1's memory. */
enum engine_status engine_l1mem(struct engine *e, const struct nvt_word *words, size_t count);

/* Processes one event; e->step tells what came of it, until the next call. */
enum engine_status engine_event(struct engine *e, const struct nvt_event *ev);
/* After the last event, where there is a checker: what it found becomes final. */
void engine_end(struct engine *e);
/*
 * After ENGINE_UNDECIDED: goes on with the same event where it stopped. Until then
 * nothing is counted and no table has changed on behalf of the undecided fault.
 */
enum engine_status engine_resume(struct engine *e, const struct nvt_event *ev);

#endif
