/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the checker know of each other. */
#ifndef NVSIM_CHECK_CHECKER_H
#define NVSIM_CHECK_CHECKER_H

#include "check.h"
#include "backing.h"
#include "memory.h"

/* ---- what the host gave to L1: slots and what backs them ---- */

struct slot {
	uint64_t base, size, uaddr;
	uint32_t flags; /* enum nvt_slot_flag */
	uint16_t id;
};

struct host {
	struct pa_fold fold; /* of the PAs that the backings have */
	struct slot *slots;
	size_t slot_count, slot_room, slot_last;
	struct backings backings;
	struct memory *dirty; /* a bit a host page of L1's memory */
};

/* What lies behind an address of L1. */
struct behind {
	const struct slot *slot;       /* NULL: no memory of L1 */
	const struct backing *backing; /* NULL: nothing is known */
	bool pa_known;
	uint64_t pa;
	uint64_t room; /* bytes from there on that the same is true of */
};

bool host_init(struct host *h);
void host_free(struct host *h);
bool host_copy(struct host *to, const struct host *from);
const struct slot *host_slot(struct host *h, uint64_t l1);
struct slot *host_slot_by_id(struct host *h, uint16_t id);
/* False: no memory. */
bool host_set_slot(struct host *h, const struct slot *s);
void host_remove_slot(struct host *h, uint16_t id);
bool host_set_backing(struct host *h, const struct nvt_backing *b);
struct behind host_behind(struct host *h, uint64_t l1);
bool host_mark_dirty(struct host *h, uint64_t gfn);
bool host_is_dirty(const struct host *h, uint64_t gfn);
void host_forget_dirty(struct host *h, uint64_t first_gfn, uint64_t last_gfn);

/* ---- L1's stage 2 ---- */

struct perm {
	bool r, w, x_el0, x_el1;
};

struct l1_regs {
	uint64_t vttbr, vtcr;
	bool big_endian;
};

struct l1_walk {
	bool ok;
	bool accessed;	   /* the leaf's access flag is set; else VTCR.HA lets hardware set it */
	bool flag_refused; /* not ok for that alone: it lies where L1 cannot write */
	uint8_t fsc;	   /* of the fault, where it is not ok */
	int8_t level;
	uint8_t shift; /* log2 of what the last entry looked at spans; 64: everything */
	uint64_t output;
	struct perm perm;
};

struct l1 {
	struct memory *memory; /* words as stored */
	struct memory *known;  /* a bit a word: it was told */
	struct shown *shown;
	bool ha_seen; /* a VTCR asked for hardware access flags: they change without a write */
};

/* What the registers say of L1's tables (spec 1.1, 1.2). */
struct geometry {
	unsigned int page_shift, stride, input_bits, start_bits, max_oa;
	int start_level;
	uint64_t root;
};

enum geometry_status { FINE, BAD_SIZE, BAD_START };

bool l1_init(struct l1 *l);
void l1_free(struct l1 *l);
bool l1_copy(struct l1 *to, const struct l1 *from);
bool l1_set_word(struct l1 *l, uint64_t addr, uint64_t word);
/* False: the word at addr was never told. */
bool l1_word(const struct l1 *l, uint64_t addr, uint64_t *word);
enum geometry_status l1_geometry(const struct check *c, uint64_t vttbr, uint64_t vtcr,
				 struct geometry *g);
uint64_t l1_index(const struct geometry *g, int level, uint64_t ipa);
struct l1_walk l1_walk(struct check *c, const struct l1_regs *regs, uint64_t ipa);
/* Permissions of a stage-2 descriptor; without FEAT_XNX the lower bit of XN does not count. */
struct perm desc_perm(uint64_t desc, bool xnx);

/* ---- the leaves of it that were shown ---- */

struct shown_node;
struct shown_entry {
	uint64_t desc;
	struct shown_node *below; /* NULL: nothing below was shown */
	bool unreadable;
};
struct shown_node {
	size_t count;
	struct shown_entry entries[];
};

/* All tables of one root: VMIDs that share it share them. */
struct shown {
	struct shown *next;
	uint64_t root;
	unsigned int page_shift, start_bits;
	int start_level;
	struct shown_node *node;
};

/* False: no memory. A leaf that its registers leave no place for is passed over. */
bool l1_show(struct check *c, const struct nvt_l1_leaf *leaf);
/* The access flag of the shown leaf at ipa was set. */
void l1_show_accessed(struct check *c, const struct l1_regs *regs, uint64_t ipa);
/* NULL: nothing of these tables was shown. */
struct shown *shown_find(const struct l1 *l, const struct geometry *g);
void shown_free(struct l1 *l);
/* False: no memory; what was copied is there to be freed. */
bool shown_copy(struct l1 *to, const struct l1 *from);

/* ---- the picture of the handler's tables ---- */

#define DESC_VALID	1ull
#define DESC_TYPE	3ull
#define DESC_TABLE	3ull
#define DESC_MEMATTR	(0xfull << 2)
#define DESC_READ	(1ull << 6)
#define DESC_WRITE	(1ull << 7)
#define DESC_SH		(3ull << 8)
#define DESC_AF		(1ull << 10)
#define DESC_CONTIGUOUS (1ull << 52)
#define DESC_XN		(3ull << 53)
#define DESC_TAG	(3ull << 55)
#define DESC_TAG_SHIFT	55
#define DESC_PERM	(DESC_READ | DESC_WRITE | DESC_XN)
/* Hardware and software may change these at any time: they are not looked at again. */
#define DESC_SOFT (DESC_AF | 3ull << 57)

/* One table page, as it was when it was last looked at. */
struct page {
	bool taken;
	uint8_t level;	     /* where it hangs */
	uint16_t context;    /* index */
	uint64_t parent;     /* PA of the entry that leads here, 0: none */
	uint64_t audit;	     /* number of the last audit that came here */
	uint64_t shifts;     /* bit n: below here may be a leaf made of an L1 leaf of 1 << n */
	uint32_t count;	     /* entries that are valid in desc[] */
	uint64_t *canonical; /* by entry: L1's address behind the first byte of a leaf */
	uint8_t *l1_shift;   /* by entry: log2 of the L1 leaf it was made of, 0: none */
	uint64_t desc[];
};

/* What a host event asks of a context. */
struct duty {
	bool protect; /* else: unmap */
	uint64_t base, last;
};
#define DUTIES_MAX 4u

struct context {
	uint16_t index; /* or NVT_CANONICAL_CONTEXT */
	struct check_context now;
	uint64_t vttbr, vtcr; /* the key when a vCPU last faulted here */
	bool enabled, seen;
	bool big_endian; /* of the vCPU that faulted last */
	uint64_t leaves; /* in the picture */
	struct duty duties[DUTIES_MAX];
	unsigned int duty_count;
};

struct leaf {
	uint64_t start, size, desc;
	int level;
};

#define VMID_SHIFT 48

/* VMIDs have 16 bits here, whatever VTCR_EL2.VS says: as the engine configures the handler. */
static inline bool same_vmid(uint64_t a, uint64_t b)
{
	return !((a ^ b) >> VMID_SHIFT);
}

/* ---- vCPUs ---- */

enum known { UNKNOWN, NO, YES };

struct vcpu {
	bool has_regs;
	uint64_t vttbr, vtcr, hcr, sctlr;
	enum known runs_l1; /* as the handler is told */
	/* What the stream says. */
	enum known in_l1, loaded;
	bool put_seen; /* the stream tells when it is scheduled out */
};

/* A contiguous group: context and first address. */
struct group {
	struct context *x;
	uint64_t start;
};
#define GROUPS_NOTED 16u

struct check {
	struct nvt_machine machine;
	enum nvt_class class;
	struct check_options options;
	struct check_view view;
	struct check_result result;

	const struct nvt_event *event;
	uint64_t ordinal, time_ns;
	bool timed; /* time_ns is that of an event */

	struct host host;
	struct l1 l1;
	struct vcpu *vcpus;
	uint32_t vcpu_count;
	struct context *contexts; /* the nested ones, and L1's own last */

	struct page **pages; /* by number in the range of table pages */
	size_t page_room;    /* of pages[] */
	size_t page_top;     /* none from here on was ever there */
	bool started;

	bool flag_set; /* an access flag of L1's, in the leaf of the fault told next */
	/* The walk of L1's tables made last. */
	struct walked {
		const struct context *x;
		uint64_t ordinal, at;
		struct l1_walk walk;
	} walked;
	uint64_t audit, since_audit, audit_entries;
	struct group groups[GROUPS_NOTED]; /* met in this event, and not looked at yet */
	unsigned int group_count;
};

/* Quirks of spec 10 that what is checked depends on. */
enum quirk {
	Q_ALIAS = 1,	     /* IPA bits beyond the input size are ignored */
	Q_T0SZ_FSC = 3,	     /* a bad T0SZ is an address-size fault */
	Q_AF_FIRST = 6,	     /* L1's access flag is set before permissions are looked at */
	Q_S1PTW_XN = 10,     /* a fetch's walk fault is judged by XN */
	Q_S1PTW_WRITE = 11,  /* a walk's permission fault is always a write */
	Q_CMO_WRITES = 23,   /* cache maintenance counts as a write */
	Q_LATE_FORWARD = 24, /* permissions are not looked at on translation faults */
	Q_VTCR_KEY = 25,     /* every bit of VTCR is part of a context's key */
};

static inline bool quirk(const struct check *c, enum quirk n)
{
	return c->options.quirks >> n & 1;
}

static inline struct context *context_of(struct check *c, uint16_t i)
{
	return &c->contexts[i < c->view.context_count ? i : c->view.context_count];
}

static inline size_t entries_per_page(const struct check *c)
{
	return (size_t)1 << (c->machine.page_shift - 3);
}

static inline unsigned int level_shift(const struct check *c, int level)
{
	unsigned int page = c->machine.page_shift;

	return page + (unsigned int)(3 - level) * (page - 3);
}

static inline uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t last_of(uint64_t base, uint64_t size)
{
	return size - 1 > UINT64_MAX - base ? UINT64_MAX : base + (size - 1);
}

void check_out_of_memory(struct check *c);
__attribute__((format(printf, 6, 7))) void check_found(struct check *c, enum check_rule rule,
						       uint16_t context, uint64_t ipa,
						       uint64_t size, const char *format, ...);

/* tables.c */
void tables_free(struct check *c);
bool tables_copy(struct check *to, const struct check *from);
void tables_start(struct check *c);
uint64_t desc_pa(const struct check *c, uint64_t desc);
static inline bool is_table(uint64_t desc, int level)
{
	return level < 3 && (desc & DESC_TYPE) == DESC_TYPE;
}
/* Compares [lo, last] of a context with the picture, and takes in what changed. */
void tables_look(struct check *c, struct context *x, uint64_t lo, uint64_t last);
/* The leaf of the picture that holds ipa. */
bool tables_leaf(struct check *c, const struct context *x, uint64_t ipa, struct leaf *leaf);
void tables_audit(struct check *c);
/* Whatever is gone from [lo, last] is gone with the TLB's knowledge. */
void tables_flushed(struct check *c, struct context *x, uint64_t lo, uint64_t last);
/* Leaves of the picture in [lo, last] that may be of L1 leaves of these sizes. */
typedef void picture_fn(struct check *c, struct context *x, const struct leaf *leaf, struct page *p,
			size_t entry, void *arg);
void tables_each(struct check *c, struct context *x, uint64_t lo, uint64_t last, uint64_t shifts,
		 picture_fn *fn, void *arg);

/* group.c */
/* A leaf that is marked as one of a group came into the picture. */
void group_note(struct check *c, struct context *x, uint64_t start);
/* The groups noted: the picture has all of what they were noted for. */
void groups_check(struct check *c);
/* All entries of a page of leaves were looked at, the first of which maps base. */
void groups_check_page(struct check *c, struct context *x, const struct page *p, uint64_t base);

/* leaf.c: a leaf that appeared, or whose permissions changed from those of `old`. */
void leaf_check(struct check *c, struct context *x, const struct leaf *leaf, uint64_t old,
		uint64_t *canonical, uint8_t *l1_shift);

/* invalidate.c */
void tlbi_after(struct check *c, const struct nvt_tlbi *t);
void duty_add(struct check *c, bool protect, uint64_t base, uint64_t size);
void duties_done(struct check *c);
void duty_done(struct check *c, struct context *x);

/* stream.c */
void stream_event(struct check *c, const struct nvt_event *ev);

/* fault.c */
void fault_check(struct check *c, const struct check_fault *f);
/* The handler set L1's access flag on its way. */
void fault_set_flag(struct check *c, const struct check_fault *f);

#endif
