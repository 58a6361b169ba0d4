/* SPDX-License-Identifier: GPL-2.0-only */
/* Table pages made by hand, and a checker that looks at them. */
#ifndef NVSIM_TESTS_CHECK_BENCH_H
#define NVSIM_TESTS_CHECK_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "check.h"

#define PAGE	   0x1000ull
#define BLOCK	   0x200000ull
#define TABLES_PA  0x100000000ull
#define PAGES	   64u
#define ENTRIES	   512u
#define RAM_SIZE   0x80000000ull
#define UADDR	   0x7f0000000000ull
#define PA(l1)	   (0x800000000ull + (l1))
#define MEMORY(ip) (0x40000000ull + (ip)) /* where L1 puts L2's memory */

/* L1's tables: pages from 0, blocks from 2M, and one of 1G from 1G. */
#define L1_T1	 0x3f000000ull
#define L1_T2	 0x3f002000ull
#define L1_T3	 0x3f003000ull
#define VTTBR(n) (((n) + 1ull) << 48 | L1_T1)
#define VTCR	 0x80020058ull
#define L1_PAGE	 0x7c3ull
#define L1_BLOCK 0x7c1ull
#define L1_RO	 0x743ull

#define LEAF	   0x7d9ull /* read, write, execute; write-back memory with FWB */
#define LEAF_W	   (1ull << 7)
#define LEAF_AF	   (1ull << 10)
#define CONTIGUOUS (1ull << 52)
#define TAG(n)	   ((uint64_t)(n) << 55)

#define READ  0x93c08007ull
#define WRITE 0x93c08047ull

#define CANONICAL NVT_CANONICAL_CONTEXT

struct bench {
	struct check *c;
	uint64_t tables[PAGES][ENTRIES];
	unsigned int page_count;
	struct check_context contexts[3]; /* the last one is L1's own */
	uint64_t now, ordinal;
	unsigned int reports;
};

static inline struct check_context bench_context(void *arg, uint16_t i)
{
	return ((struct bench *)arg)->contexts[i == CANONICAL ? 2 : i];
}

static inline void bench_report(void *arg, const struct check_finding *f)
{
	((struct bench *)arg)->reports++;
	assert_true(f->rule < CHECK_RULE_COUNT);
	assert_true(f->text[0]);
}

/* ---- events ---- */

static inline void before(struct bench *b, struct nvt_event *ev)
{
	ev->time_ns = b->now += 1000;
	check_before(b->c, ev, b->ordinal++);
}

static inline void send(struct bench *b, struct nvt_event ev)
{
	before(b, &ev);
	check_after(b->c, &ev);
}

static inline struct nvt_event slot_event(enum nvt_slot_change change, uint64_t base, uint64_t size,
					  uint32_t flags, uint16_t id)
{
	return (struct nvt_event){.kind = NVT_SLOT,
				  .slot = {.base = base,
					   .size = size,
					   .uaddr = UADDR + base,
					   .flags = flags,
					   .id = id,
					   .change = (uint8_t)change}};
}

static inline struct nvt_event backing_event(uint64_t l1, uint64_t size, uint64_t pa, uint8_t flags)
{
	return (struct nvt_event){.kind = NVT_BACKING,
				  .backing = {.hva = UADDR + l1,
					      .size = size,
					      .pa = pa,
					      .leaf_shift = 12,
					      .flags = flags}};
}

static inline struct nvt_event range_event(enum nvt_kind kind, uint64_t base, uint64_t size)
{
	return (struct nvt_event){.kind = (uint8_t)kind, .range = {base, size}};
}

static inline struct nvt_event switch_event(enum nvt_context_reason reason, unsigned int guest)
{
	return (struct nvt_event){
		.kind = NVT_CONTEXT,
		.context = {.reason = (uint8_t)reason,
			    .flags = reason == NVT_EXCEPTION ? NVT_CONTEXT_HYP : 0,
			    .vttbr = VTTBR(guest),
			    .vtcr = VTCR,
			    .hcr = 1}};
}

static inline struct nvt_event write_event(uint64_t addr, uint64_t old, uint64_t new)
{
	return (struct nvt_event){.kind = NVT_L1_WRITE, .l1_write = {addr, old, new}};
}

static inline struct nvt_event tlbi_event(unsigned int crm, unsigned int op2, uint64_t xt)
{
	return (struct nvt_event){
		.kind = NVT_TLBI,
		.tlbi = {.op = NVT_SYS_OP(4, 8, crm, op2), .xt = xt, .vttbr = VTTBR(0)}};
}

/* ---- tables ---- */

static inline uint64_t page_pa(unsigned int i)
{
	return TABLES_PA + i * PAGE;
}

static inline uint64_t *entries_at(struct bench *b, uint64_t pa)
{
	return b->tables[(pa - TABLES_PA) / PAGE];
}

static inline uint64_t take(struct bench *b)
{
	uint64_t pa = page_pa(b->page_count++);

	assert_true(b->page_count <= PAGES);
	memset(entries_at(b, pa), 0, PAGE);
	check_table_taken(b->c, pa, PAGE);
	return pa;
}

/* The entry of a context for ipa at a level; tables above are made. */
static inline uint64_t *entry_of(struct bench *b, uint16_t context, uint64_t ipa, int level)
{
	struct check_context x = bench_context(b, context);
	uint64_t *e = entries_at(b, x.root) + (ipa >> 30);
	int l;

	for (l = 1; l < level; l++) {
		if (!*e)
			*e = take(b) | 3;
		e = entries_at(b, *e & ~0xfffull) + (ipa >> (l == 1 ? 21 : 12) & 511);
	}
	return e;
}

static inline uint64_t leaf_desc(uint64_t l1, int level, unsigned int tag)
{
	return PA(l1) | LEAF | (level == 3 ? 2 : 0) | TAG(tag);
}

static inline void put(struct bench *b, uint16_t context, uint64_t ipa, int level, uint64_t desc)
{
	*entry_of(b, context, ipa, level) = desc;
}

static inline void answered(struct bench *b, uint16_t context, enum check_did did, uint64_t ipa,
			    uint64_t addr, uint64_t size)
{
	struct check_fault f = {.context = context,
				.esr = READ,
				.ipa = ipa,
				.did = did,
				.addr = addr,
				.size = size};

	check_fault(b->c, &f);
}

/* A fault in a context is answered by a leaf. */
static inline void map(struct bench *b, uint16_t context, uint64_t ipa, int level, uint64_t desc)
{
	uint64_t size = level == 3 ? PAGE : level == 2 ? BLOCK : 512 * BLOCK;
	struct nvt_event ev = {.kind = NVT_TOUCH, .fault = {.esr = READ}};

	before(b, &ev);
	put(b, context, ipa, level, desc);
	answered(b, context, CHECK_DID_MAP, ipa, ipa & ~(size - 1), size);
	check_after(b->c, &ev);
}

/* As it should be: L1's leaf at ipa has the level `tag`. */
static inline void map_well(struct bench *b, uint64_t ipa, int level, unsigned int tag)
{
	map(b, 0, ipa, level, leaf_desc(MEMORY(ipa), level, tag));
}

static inline void clear(struct bench *b, uint16_t context, uint64_t ipa, int level)
{
	put(b, context, ipa, level, 0);
	check_tlb(b->c, context, CHECK_TLB_REMOVE, ipa, level == 3 ? PAGE : BLOCK);
}

/* ---- findings ---- */

static inline uint64_t count_of(const struct bench *b, enum check_rule rule)
{
	return check_result(b->c)->count[rule];
}

static inline void none_found(struct bench *b)
{
	const struct check_result *r = check_result(b->c);

	if (r->findings)
		fail_msg("%s: %s", check_rules[r->kept[0].rule].id, r->kept[0].text);
}

/* That rule was broken, so often, and no other one. */
static inline void only(struct bench *b, enum check_rule rule, uint64_t times)
{
	const struct check_result *r = check_result(b->c);
	unsigned int i;

	for (i = 0; i < r->kept_count; i++)
		if (r->kept[i].rule != rule)
			fail_msg("%s: %s", check_rules[r->kept[i].rule].id, r->kept[i].text);
	assert_int_equal(r->count[rule], times);
	assert_int_equal(r->findings, times);
	assert_int_equal(b->reports, times);
}

/* ---- the bench ---- */

static inline struct check_view bench_view(struct bench *b)
{
	return (struct check_view){.tables = (const unsigned char *)b->tables,
				   .tables_pa = TABLES_PA,
				   .tables_size = PAGES * PAGE,
				   .context_count = 2,
				   .context = bench_context,
				   .arg = b};
}

static inline const struct nvt_word *l1_words(size_t *count)
{
	static struct nvt_word words[5 + ENTRIES];
	unsigned int i;

	words[0] = (struct nvt_word){L1_T1, L1_T2 | 3};
	words[1] = (struct nvt_word){L1_T1 + 8, MEMORY(0) | L1_BLOCK};
	words[2] = (struct nvt_word){L1_T2, L1_T3 | 3};
	words[3] = (struct nvt_word){L1_T2 + 8, MEMORY(BLOCK) | L1_BLOCK};
	words[4] = (struct nvt_word){L1_T2 + 16, MEMORY(2 * BLOCK) | L1_BLOCK};
	for (i = 0; i < ENTRIES; i++)
		words[5 + i] = (struct nvt_word){L1_T3 + 8 * i, MEMORY(i * PAGE) | L1_PAGE};
	*count = 5 + ENTRIES;
	return words;
}

static inline int bench_open(void **state, const struct nvt_machine *m, enum nvt_class class,
			     const struct check_options *options)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct check_options o = *options;
	struct check_view view = bench_view(b);
	const struct nvt_word *words;
	size_t count;
	unsigned int i;

	for (i = 0; i < 3; i++)
		b->contexts[i] = (struct check_context){.root = page_pa(2 * i),
							.start_level = 1,
							.input_bits = 40,
							.valid = i == 0,
							.enabled = i == 0,
							.vttbr = i == 0 ? VTTBR(0) : 1,
							.vtcr = VTCR};
	b->page_count = 6;
	o.report = bench_report;
	o.report_arg = b;
	b->c = check_new(m, class, &o, &view);
	assert_non_null(b->c);
	words = l1_words(&count);
	if (class == NVT_FULL)
		check_l1mem(b->c, words, count);
	send(b, slot_event(NVT_SLOT_CREATE, 0, RAM_SIZE, 0, 0));
	send(b, backing_event(0, RAM_SIZE, PA(0), NVT_BACKING_WRITABLE));
	*state = b;
	return 0;
}

static inline struct nvt_machine bench_machine(void)
{
	return (struct nvt_machine){.page_shift = 12,
				    .ipa_limit = 48,
				    .canonical_bits = 40,
				    .s2_granules = 7,
				    .vcpu_count = 2,
				    .context_count = 2,
				    .fwb = true,
				    .dic = true,
				    .xnx = true,
				    .ttl = true};
}

static inline int bench_setup(void **state)
{
	struct check_options options = {.quirks = ~0u};
	struct nvt_machine m = bench_machine();

	bench_open(state, &m, NVT_FULL, &options);
	send(*state, switch_event(NVT_ERET, 0));
	return 0;
}

static inline int bench_teardown(void **state)
{
	struct bench *b = *state;

	check_free(b->c);
	free(b);
	return 0;
}

#endif
