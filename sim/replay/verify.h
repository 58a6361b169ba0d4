/* SPDX-License-Identifier: GPL-2.0-only */
/* Decision by decision: what the handler does against what the recorded hypervisor did. */
#ifndef NVSIM_REPLAY_VERIFY_H
#define NVSIM_REPLAY_VERIFY_H

#include "dirtylog.h"
#include "engine.h"

enum verify_field {
	VERIFY_SYNDROME,     /* FSC of the hardware against what the rebuilt tables give */
	VERIFY_CONTEXT,	     /* context chosen */
	VERIFY_WALK,	     /* result of the walk of L1's table */
	VERIFY_FORWARD,	     /* whether and how a permission fault is forwarded */
	VERIFY_INJECTED_ESR, /* ESR, FAR, HPFAR given to virtual EL2 */
	VERIFY_SIZE,	     /* bytes mapped */
	VERIFY_ADDRESS,	     /* input address of the mapping */
	VERIFY_OUTPUT,	     /* physical address of the mapping */
	VERIFY_PERMISSION,   /* R, W, X and level tag of the mapping */
	VERIFY_RELAX,	     /* relaxed in place or mapped */
	VERIFY_LOOKUP,	     /* page frame asked of the host: canonical page, for write or not */
	VERIFY_MMIO,	     /* address, length, direction of an emulated access */
	VERIFY_RETURN,	     /* value returned by the abort handler */
	VERIFY_TLBI_EXTENT,  /* ranges unmapped for L1's invalidations */
	VERIFY_HOST_EXTENT,  /* ranges unmapped or write-protected for the host */
	VERIFY_DIRTY,	     /* dirty pages, as far as protecting them again tells */
	VERIFY_FIELD_COUNT
};

struct verify_field_info {
	const char *name;
	const char *what;
};
extern const struct verify_field_info verify_fields[VERIFY_FIELD_COUNT];

struct verify_count {
	uint64_t compared; /* all inputs are known by other records */
	/* What an input was taken from this very record: equal or not, it proves little. */
	uint64_t derived;    /* the entry of L1's table: concluded from the decision */
	uint64_t host_input; /* the host's memory, or who emulates a device */
	uint64_t raced;	     /* differs, as it may where a host event ran at the same time */
	uint64_t mismatched; /* differs otherwise; of all but the raced */
};

/* What the inputs of a decision are known by, the weakest of them: as in struct verify_count. */
enum verify_basis { VERIFY_COMPARED, VERIFY_DERIVED, VERIFY_HOST_INPUT };

/*
 * A host event's probe tells when it began, not when it held the lock: what a
 * vCPU does to a table within this time after it may have come before it.
 */
#define VERIFY_RACE_NS 1000000u
#define VERIFY_CHANGES 256u

/* A leaf that a vCPU changed; only the latest change of a leaf is kept. */
struct verify_change {
	uint64_t start, size; /* size 0: none */
	uint64_t time_ns;
	uint16_t vcpu;
	bool after_host; /* right after the host dealt with the context */
};

/* One difference. */
struct verify_difference {
	uint64_t ordinal; /* of the event in the stream */
	uint64_t time_ns;
	uint16_t vcpu;
	enum verify_field field;
	enum verify_basis basis;
	char got[160], expected[160];
};
typedef void verify_report_fn(void *arg, const struct verify_difference *d);

struct verify {
	uint64_t faults;	   /* in the stream */
	uint64_t compared;	   /* faults with at least one field compared */
	uint64_t mismatched;	   /* faults with at least one difference */
	uint64_t other_mismatched; /* other events with a difference */
	struct verify_count field[VERIFY_FIELD_COUNT];
	verify_report_fn *report;
	void *report_arg;
	/* Ranges that the handler was to unmap or protect, waiting for their EXTENT truths. */
	struct engine_extent *extents;
	size_t extent_next, extent_count, extent_room;
	enum verify_field extent_field;
	uint64_t extent_ordinal;
	/* Facts taken from the truth of the fault that comes next. */
	bool own_leaf, own_backing;
	/* When the host last dealt with contexts, and leaves changed of late. */
	uint64_t host_ns;
	struct verify_change changes[VERIFY_CHANGES];
	unsigned int change_next;
	/* Dirty pages since logging began or the log was read; from L1 IPA 0. */
	struct dirtylog dirty;
	uint64_t page_size;
	/* Who was told of dirty pages before, and is still; NULL: nobody. */
	void (*next_dirty)(void *arg, const struct s2_slot *slot, struct l1_ipa addr);
	void *next_dirty_arg;
	bool out_of_memory;
};

/* Watches `e`, which must live longer. False: no memory. */
bool verify_init(struct verify *v, struct engine *e, verify_report_fn *report, void *arg);
void verify_destroy(struct verify *v);
/* To be called before engine_event for each event: notes what the next fault is derived from. */
void verify_before(struct verify *v, const struct nvt_event *ev);
/* To be called after engine_event: compares e->step with the truth of ev. */
void verify_after(struct verify *v, const struct engine *e, const struct nvt_event *ev,
		  uint64_t ordinal);
/* After the last event. */
void verify_end(struct verify *v);

#endif
