/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The independent checker. It keeps a picture of its own of L1's tables, of
 * memslots and of what the host backs them with, walks both with code of its
 * own, and looks at what the handler left in its table pages. It sees no
 * header of the handler and calls nothing of it: the build enforces both.
 * The words of L1's memory and the pages reported dirty are kept in the
 * container of memory.h, as the words of the machine under the handler are:
 * each has one of its own, but the code of the container is the same.
 *
 * The caller tells each event before and after the handler deals with it,
 * and, in between, what the handler did to the outside world: TLB maintenance,
 * table pages taken and given back, pages reported dirty, faults answered.
 */
#ifndef NVSIM_CHECK_CHECK_H
#define NVSIM_CHECK_CHECK_H

#include "event.h"
#include "fold.h"
#include "trace.h"

enum check_rule {
	/* the stream */
	CHECK_TIME,	/* NV-001 */
	CHECK_PAIRED,	/* NV-002 */
	CHECK_COMPLETE, /* NV-003 */
	CHECK_WRITES,	/* NV-004 */
	CHECK_SLOTS,	/* NV-005 */
	CHECK_BACKING,	/* NV-006 */
	/* the tables */
	CHECK_MAPPED,	   /* NV-101 */
	CHECK_OUTPUT,	   /* NV-102 */
	CHECK_L1_PERM,	   /* NV-103 */
	CHECK_HOST_PERM,   /* NV-104 */
	CHECK_TLBI,	   /* NV-105 */
	CHECK_HOST_UNMAP,  /* NV-106 */
	CHECK_PROTECT,	   /* NV-107 */
	CHECK_BREAK,	   /* NV-108 */
	CHECK_FLUSH,	   /* NV-109 */
	CHECK_TAG,	   /* NV-110 */
	CHECK_PAGES,	   /* NV-111 */
	CHECK_DIRTY,	   /* NV-112 */
	CHECK_RECYCLED,	   /* NV-113 */
	CHECK_CONTEXT,	   /* NV-114 */
	CHECK_INJECTED,	   /* NV-115 */
	CHECK_FORM,	   /* NV-116 */
	CHECK_CONTIGUOUS,  /* NV-117 */
	CHECK_UNACCOUNTED, /* NV-118 */
	CHECK_PROGRESS,	   /* NV-119 */
	CHECK_ACCESS_FLAG, /* NV-120 */
	CHECK_RULE_COUNT
};

struct check_rule_info {
	const char *id;	      /* "NV-101" */
	const char *name;     /* "mapped": one word */
	const char *sentence; /* what holds in every sound run */
};
extern const struct check_rule_info check_rules[CHECK_RULE_COUNT];

struct check_finding {
	enum check_rule rule;
	uint64_t ordinal; /* of the event in the stream */
	uint64_t time_ns;
	uint16_t vcpu;
	uint16_t context; /* NVT_CANONICAL_CONTEXT: L1's own; meaningless for rules of the stream */
	uint64_t ipa;	  /* input address, where there is one */
	uint64_t size;	  /* bytes that offend; 0: not of a range */
	char text[200];	  /* one line */
};
typedef void check_report_fn(void *arg, const struct check_finding *f);

struct check_options {
	uint32_t quirks;      /* bit n: quirk n of spec 10 is reproduced */
	uint64_t audit_every; /* look at whole tables after so many events; 0: where it has become
				 cheap against the rest, and at the end */
	/*
	 * Look only at mappings larger than a host page, which are all that a size rule can get
	 * wrong, and at what becomes of them; not at the stream, whole tables or injections.
	 */
	bool large_alone;
	uint32_t disabled;	 /* bits of enum check_rule: for tests of the checker itself */
	check_report_fn *report; /* called for each finding, may be NULL */
	void *report_arg;
};

/* A stage-2 context as the handler has it. */
struct check_context {
	uint64_t root;	     /* PA of the first start table */
	uint8_t start_level; /* 0..3 */
	uint8_t input_bits;
	bool valid;   /* it stands for a key of L1's; the canonical one is always valid */
	bool enabled; /* L1's stage 2 is on: its faults are walked */
	uint64_t vttbr, vtcr;
};

/* How the checker looks at the handler. */
struct check_view {
	const unsigned char *tables; /* where the range of table pages is mapped */
	uint64_t tables_pa;	     /* its first byte */
	uint64_t tables_size;	     /* bytes of address space; not all of it need be in use */
	uint16_t context_count;	     /* nested ones */
	struct pa_fold fold;	     /* of recorded host PAs into those that leaves have */
	/* Context `i`, or NVT_CANONICAL_CONTEXT, as it stands now. */
	struct check_context (*context)(void *arg, uint16_t i);
	void *arg;
};

struct check;

/* NULL: no memory. `machine` is copied. */
struct check *check_new(const struct nvt_machine *machine, enum nvt_class class,
			const struct check_options *options, const struct check_view *view);
void check_free(struct check *c);
/* The same state, looking at another handler's tables that are byte for byte the same. */
struct check *check_clone(const struct check *c, const struct check_view *view);

/* Initial contents of L1's memory, before the first event. */
void check_l1mem(struct check *c, const struct nvt_word *words, size_t count);

/* Before the handler sees an event, and after it was through with it. */
void check_before(struct check *c, const struct nvt_event *ev, uint64_t ordinal);
void check_after(struct check *c, const struct nvt_event *ev);
/* After the last event: whole tables are looked at. */
void check_end(struct check *c);

/* ---- what the handler does in between ---- */

enum check_tlb { CHECK_TLB_BREAK, CHECK_TLB_RAISE, CHECK_TLB_REMOVE, CHECK_TLB_STAGE1 };
/* TLB maintenance of [ipa, ipa + size), at the time when it is asked for. */
void check_tlb(struct check *c, uint16_t context, enum check_tlb op, uint64_t ipa, uint64_t size);
/* A table page, or several for a root, was taken or given back. */
void check_table_taken(struct check *c, uint64_t pa, uint64_t size);
void check_table_freed(struct check *c, uint64_t pa, uint64_t size);
/* A page of L1's memory was reported dirty. */
void check_dirty(struct check *c, uint64_t l1_ipa);
/*
 * The handler set the access flag in the word of L1's memory at l1_ipa, which is `word` now. Where
 * L1's tables are known by their leaves alone the address means nothing: the leaf is that of the
 * fault told next.
 */
void check_access_flag(struct check *c, uint64_t l1_ipa, uint64_t word);
/* The part of a host event that concerns one context is done. */
void check_host_done(struct check *c, uint16_t context);
/* A vCPU runs L1 or L2 from now on although no CONTEXT event says so. */
void check_vcpu_runs(struct check *c, uint16_t vcpu, bool hyp);

/* TRY: it began to map, and gave up; some of it may be there. */
enum check_did { CHECK_DID_MAP, CHECK_DID_RELAX, CHECK_DID_TRY, CHECK_DID_INJECT, CHECK_DID_OTHER };
struct check_fault {
	uint16_t vcpu;
	uint16_t context;
	uint64_t esr; /* as delivered */
	uint64_t ipa; /* input address of the page that faulted */
	bool el0;     /* the access was made at EL0 */
	enum check_did did;
	uint64_t addr, size; /* MAP, RELAX, TRY: what the handler says it did */
	uint32_t inject_esr; /* INJECT: a stage-2 fault for virtual EL2 */
};
/* A fault was answered. */
void check_fault(struct check *c, const struct check_fault *f);

/* ---- what an access should meet ---- */

enum check_meets {
	CHECK_MEETS_UNKNOWN, /* no fact of the stream tells */
	CHECK_MEETS_MEMORY,  /* the byte at pa */
	CHECK_MEETS_REFUSAL, /* L1 maps nothing there, or permits less */
	CHECK_MEETS_NOTHING, /* no memory of L1's, or a write to what the host has read-only */
};
struct check_meeting {
	enum check_meets meets;
	bool device;   /* MEMORY: of a device, not RAM */
	uint64_t pa;   /* MEMORY: folded */
	uint64_t room; /* MEMORY: bytes from there on of which the same is true, pa advancing */
};
/* The access that `f` tells by vcpu, context, esr, ipa and el0, by L1's tables as they are. */
struct check_meeting check_meeting(struct check *c, const struct check_fault *f);

/* ---- findings ---- */

#define CHECK_KEPT 64u /* findings that are kept: the first of each rule, and the first of all */

struct check_result {
	uint64_t count[CHECK_RULE_COUNT];
	uint64_t findings;	  /* of all rules */
	uint64_t unsound_pages;	  /* pages reachable that L1 never mapped, or mapped elsewhere */
	uint64_t leaves;	  /* looked at when they came to be */
	uint64_t audits;	  /* looks at whole tables */
	uint64_t unknown_backing; /* leaves whose output no fact of the stream tells */
	struct check_finding kept[CHECK_KEPT];
	unsigned int kept_count;
	bool out_of_memory; /* the rest was not checked */
};
const struct check_result *check_result(const struct check *c);

#endif
