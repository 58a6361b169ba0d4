/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Full traces from a core: small recordings, each with a core of L1's memory, whose walks must
 * all be read as recorded, and whose tables must at the core's moment be those of the core.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "corefile.h"
#include "import/import.h"
#include "recording.h"
#include "verify.h"

#define ULL(x) ((unsigned long long)(x))

/* L1's memory, and its tables there: 4K, 32 bits, from level 1 on. */
#define RAM	0x40000000ull
#define ROOT	(RAM + 0x10000)
#define LEVEL2	(RAM + 0x11000)
#define LEVEL3	(RAM + 0x12000)
#define VTTBR	0x1000040010001ull
#define VTCR	0x802d3560ull
#define L2	0x80000000ull /* L2 IPA of what is mapped: entry 2 of the start table */
#define LEAF(a) ((a) | 0x7ff)
#define BLK(a)	((a) | 0x7fd)
#define TAB(a)	((a) | 3)

static char core_path[64], input_path[] = "/tmp/nvsim-history-XXXXXX", output_path[64];
static struct core_file core;
static struct nvt_error error;
static struct nvt_import_stats stats;
static struct nvt_import_options options;

/* ---- a recording ---- */

/* L1 enters L2 on tables of its own. */
static void enter_on(uint64_t vttbr)
{
	line(10, 0,
	     "loadmmu: " FN " vcpu=" VCPU0 " mmu=" MMU1 " s2en=1 hwvtcr=0x802d3550 l1vttbr=%#llx "
	     "l1vtcr=%#llx l1hcr=0x480000001",
	     ULL(vttbr), VTCR);
}

static void enter(void)
{
	enter_on(VTTBR);
}

static void begin(void)
{
	start();
	create_vm();
	enter();
	core_begin(&core, core_path);
	core_segment(&core, RAM, 16ull << 20, 0x1000);
	core_word(&core, ROOT + 16, TAB(LEVEL2));
	options = (struct nvt_import_options){
		.input = input_path, .output = output_path, .core = core_path};
}

static void fault(uint64_t ipa)
{
	line(10, 0,
	     "abort: " FN " vcpu=" VCPU0 " esr=0x92000047 far=%#llx hpfar=%#llx mmu=" MMU1
	     " vttbr=%#llx vtcr=%#llx s2en=1 pc=0x1234 pstate=0x3c5",
	     ULL(ipa), ULL(ipa >> 8 | 1ull << 63), VTTBR & ~1ull, VTCR);
}

/* A walk that finds a leaf. */
static void finds(uint64_t ipa, int level, uint64_t desc)
{
	uint64_t size = level == 3 ? 0x1000 : 0x200000;
	uint64_t out = (desc & 0xfffffffff000 & ~(size - 1)) | (ipa & (size - 1));

	fault(ipa);
	walk(10, VCPU0, 0, out, (unsigned int)size, level, 0, desc);
	abort_ret(10, VCPU0, 1);
}

/* A walk that fails is given to L1, which enters L2 again. */
static void fails(uint64_t ipa, unsigned int fsc, uint64_t desc)
{
	fault(ipa);
	walk(10, VCPU0, 1, 0, 0, 0, 0x92000040 | fsc, desc);
	line(10, 0, "inject: " FN " vcpu=" VCPU0 " esr=%#x far=%#llx hpfar=%#llx", 0x92000040 | fsc,
	     ULL(ipa), ULL(ipa >> 8));
	abort_ret(10, VCPU0, 1);
	enter();
}

static void invalidates(uint64_t ipa)
{
	line(10, 0,
	     "tlbi_ipas2: " FN " vcpu=" VCPU0 " op1=4 crn=8 crm=0 op2=1 val=%#llx l1vttbr=%#llx",
	     ULL(ipa >> 12), VTTBR);
}

static void mark(const char *text)
{
	line(10, 0, "tracing_mark_write: %s", text);
}

/* ---- the trace ---- */

struct result {
	uint64_t walks, wrong, derived; /* of verify's field */
	uint64_t leaf_count, write_count;
	enum nvt_class class;
};

/* Words of the core's tables, which are to be there at its moment. */
static struct nvt_word expected[16];
static unsigned int expected_count;

static void expect(uint64_t addr, uint64_t word)
{
	core_word(&core, addr, word);
	expected[expected_count++] = (struct nvt_word){addr, word};
}

static void look(const struct engine *e)
{
	for (unsigned int i = 0; i < expected_count; i++)
		assert_int_equal(machine_peek(&e->machine, expected[i].addr), expected[i].value);
}

static enum nvt_status import(void)
{
	FILE *f = fopen(input_path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(rec.text, 1, rec.length, f), rec.length);
	assert_int_equal(fclose(f), 0);
	error = (struct nvt_error){0};
	return nvt_import(&options, &stats, &error);
}

/* Written words; the last one of each address is what is there at the end. */
static uint64_t written(const struct nvt_reader *r, uint64_t addr)
{
	size_t count;
	const struct nvt_word *w = nvt_l1mem(r, &count);

	for (size_t i = 0; i < count; i++)
		if (w[i].addr == addr)
			return w[i].value;
	return 0;
}

static uint64_t first_word(uint64_t addr)
{
	struct nvt_reader *r = nvt_open(output_path, &error);
	uint64_t word;

	assert_non_null(r);
	word = written(r, addr);
	nvt_close(r);
	return word;
}

/*
 * Replays the trace as recorded; every word that is written must have held what the event says.
 * `at`: the value there at the end, NULL: nothing is asked.
 */
static struct result replay(uint64_t addr, uint64_t *last)
{
	struct engine_options eo = {
		.policy = s2_policy_default, .quirks = S2_QUIRKS_KVM, .as_recorded = true};
	struct nvt_reader *r = nvt_open(output_path, &error);
	struct result result = {0};
	const struct nvt_event *ev;
	const struct nvt_word *words;
	enum nvt_status status;
	struct verify v;
	struct engine *e;
	uint64_t ordinal;
	size_t count;

	assert_non_null(r);
	result.class = nvt_class(r);
	e = engine_new(nvt_machine(r), nvt_class(r), &eo);
	assert_non_null(e);
	assert_true(verify_init(&v, e, NULL, NULL));
	words = nvt_l1mem(r, &count);
	assert_int_equal(engine_l1mem(e, words, count), ENGINE_OK);
	for (size_t i = 1; i < count; i++)
		assert_true(words[i - 1].addr < words[i].addr);
	while ((status = nvt_next(r, &ev, &ordinal, &error)) == NVT_OK) {
		result.leaf_count += ev->kind == NVT_L1_LEAF;
		if (ev->kind == NVT_L1_WRITE) {
			result.write_count++;
			/* The walk itself may have set the access flag. */
			assert_int_equal(machine_peek(&e->machine, ev->l1_write.addr) & ~0x400ull,
					 ev->l1_write.old_value & ~0x400ull);
			assert_int_not_equal(ev->l1_write.old_value, ev->l1_write.new_value);
		}
		if (ev->kind == NVT_MARK && options.core_at &&
		    strstr(ev->mark.text, options.core_at))
			look(e);
		verify_before(&v, ev);
		assert_int_equal(engine_event(e, ev), ENGINE_OK);
		verify_after(&v, e, ev, ordinal);
	}
	assert_int_equal(status, NVT_END);
	if (!options.core_at)
		look(e);
	result.walks = v.field[VERIFY_WALK].compared + v.field[VERIFY_WALK].derived;
	result.derived = v.field[VERIFY_WALK].derived;
	result.wrong = v.field[VERIFY_WALK].mismatched;
	if (last)
		*last = machine_peek(&e->machine, addr);
	verify_destroy(&v);
	engine_free(e);
	nvt_close(r);
	return result;
}

/* The recording gives a full trace, in which all of so many walks are read as recorded. */
static struct result full(uint64_t walks)
{
	struct result r;

	if (core.fd >= 0)
		core_end(&core);
	core.fd = -1;
	if (import() != NVT_OK)
		fail_msg("%s", error.text);
	if (stats.class != NVT_FULL)
		fail_msg("not full: %s", stats.core.reason);
	r = replay(0, NULL);
	assert_int_equal(r.class, NVT_FULL);
	assert_int_equal(r.walks, walks);
	assert_int_equal(r.wrong, 0);
	/* What rests on a walk alone is owned up to. */
	assert_int_equal(r.derived, r.leaf_count);
	assert_int_equal(r.leaf_count, stats.own_leaf_count);
	assert_int_equal(r.write_count, stats.core.write_count);
	return r;
}

static uint64_t at_end(uint64_t addr)
{
	uint64_t word;

	replay(addr, &word);
	return word;
}

static void not_full(const char *reason)
{
	struct result r;

	if (core.fd >= 0)
		core_end(&core);
	core.fd = -1;
	if (import() != NVT_OK)
		fail_msg("%s", error.text);
	assert_int_equal(stats.class, NVT_OBSERVED);
	if (!strstr(stats.core.reason, reason))
		fail_msg("'%s' is not in '%s'", reason, stats.core.reason);
	assert_true(stats.warning_count >= 1);
	/* As without a core: all is told by leaves. */
	r = replay(0, NULL);
	assert_int_equal(r.class, NVT_OBSERVED);
	assert_int_equal(r.write_count, 0);
	assert_int_equal(r.leaf_count, stats.own_leaf_count);
	assert_int_equal(r.wrong, 0);
}

static void refused(const char *text)
{
	struct stat st;

	if (core.fd >= 0)
		core_end(&core);
	core.fd = -1;
	unlink(output_path);
	assert_int_equal(import(), NVT_EINPUT);
	if (!strstr(error.text, text) || strchr(error.text, '\n'))
		fail_msg("'%s' is not in '%s'", text, error.text);
	assert_int_not_equal(stat(output_path, &st), 0);
}

/* ---- leaves ---- */

static void leaf_is_written_before_the_walk_that_finds_it(void **state)
{
	struct result r;

	(void)state;
	begin();
	core_word(&core, LEVEL2, TAB(LEVEL3));
	core_word(&core, LEVEL3 + 8, LEAF(RAM + 0x201000));
	core_word(&core, LEVEL3 + 16, LEAF(RAM + 0x202000));
	fails(L2 + 0x1000, 7, 0);
	finds(L2 + 0x1000, 3, LEAF(RAM + 0x201000));
	r = full(2);
	assert_int_equal(r.write_count, 1);
	/* What no walk has seen is as in the core from the beginning. */
	assert_int_equal(first_word(ROOT + 16), TAB(LEVEL2));
	assert_int_equal(first_word(LEVEL2), TAB(LEVEL3));
	assert_int_equal(first_word(LEVEL3 + 8), 0);
	assert_int_equal(first_word(LEVEL3 + 16), LEAF(RAM + 0x202000));
	assert_int_equal(at_end(LEVEL3 + 8), LEAF(RAM + 0x201000));
	assert_int_equal(stats.core.leaf_count, 2);
	assert_int_equal(stats.core.table_count, 3);
	assert_int_equal(stats.core.seen_count, 1);
	assert_int_equal(stats.core.same_count, 1);
	assert_int_equal(stats.core.final_count, 0);
	/* The walk that found nothing is its own witness, the other is the core's. */
	assert_int_equal(stats.own_leaf_count, 1);
}

static void leaf_that_is_replaced_is_written_again(void **state)
{
	struct result r;

	(void)state;
	begin();
	core_word(&core, LEVEL2, BLK(RAM + 0x200000));
	core_word(&core, LEVEL2 + 8, BLK(RAM + 0x600000));
	finds(L2, 2, BLK(RAM + 0x200000));
	finds(L2 + 0x200000, 2, BLK(RAM + 0x400000));
	invalidates(L2 + 0x200000);
	fails(L2 + 0x200000, 6, 0);
	r = full(3);
	assert_int_equal(r.write_count, 2);
	assert_int_equal(first_word(LEVEL2 + 8), BLK(RAM + 0x400000));
	assert_int_equal(at_end(LEVEL2 + 8), BLK(RAM + 0x600000));
	assert_int_equal(stats.core.seen_count, 2);
	assert_int_equal(stats.core.changed_count, 1);
	assert_int_equal(stats.core.final_count, 1);
}

/* Also the software bits and memory attributes of a table's descriptor are as in the core. */
static void descriptors_of_tables_are_those_of_the_core(void **state)
{
	(void)state;
	begin();
	core_word(&core, ROOT + 16, TAB(LEVEL2) | 1ull << 59);
	core_word(&core, LEVEL2, TAB(LEVEL3) | 1ull << 55);
	core_word(&core, LEVEL3, LEAF(RAM + 0x200000));
	fails(L2, 6, 0);
	finds(L2, 3, LEAF(RAM + 0x200000));
	full(2);
	assert_int_equal(first_word(ROOT + 16), TAB(LEVEL2) | 1ull << 59);
	assert_int_equal(first_word(LEVEL2), 0);
	assert_int_equal(at_end(LEVEL2), TAB(LEVEL3) | 1ull << 55);
}

/* ---- tables that come and go ---- */

static void table_that_was_freed_lies_where_memory_is_free(void **state)
{
	uint64_t first;

	(void)state;
	begin();
	core_word(&core, LEVEL2, BLK(RAM + 0x200000));
	finds(L2 + 0x1000, 3, LEAF(RAM + 0x301000));
	finds(L2 + 0x2000, 3, LEAF(RAM + 0x302000));
	fails(L2 + 0x3000, 7, 0);
	invalidates(L2);
	finds(L2 + 0x1000, 2, BLK(RAM + 0x200000));
	full(4);
	first = first_word(LEVEL2);
	assert_int_equal(first & 0xfff, 3);
	first &= ~0xfffull;
	/* At the end of L1's memory, where neither tables nor L2's memory are. */
	assert_int_equal(first, RAM + (16ull << 20) - 0x1000);
	assert_int_equal(first_word(first + 8), LEAF(RAM + 0x301000));
	assert_int_equal(first_word(first + 16), LEAF(RAM + 0x302000));
	assert_int_equal(first_word(first + 24), 0);
	assert_int_equal(at_end(LEVEL2), BLK(RAM + 0x200000));
	assert_int_equal(stats.core.gone_count, 1);
	assert_int_equal(stats.core.seen_count, 3);
	assert_int_equal(stats.core.changed_count, 2);
	assert_int_equal(stats.core.same_count, 1);
	assert_int_equal(stats.core.contradicted_count, 0);
}

static void tables_avoid_what_l2_has_for_memory(void **state)
{
	(void)state;
	begin();
	core_word(&core, LEVEL2, BLK(RAM + 0x200000));
	/* The last 2M of L1's memory are L2's. */
	core_word(&core, LEVEL2 + 8, BLK(RAM + 0xe00000));
	finds(L2 + 0x1000, 3, LEAF(RAM + 0x301000));
	invalidates(L2);
	finds(L2 + 0x1000, 2, BLK(RAM + 0x200000));
	full(2);
	assert_int_equal(first_word(LEVEL2), TAB(RAM + 0xdff000));
}

static void block_that_became_a_table(void **state)
{
	(void)state;
	begin();
	core_word(&core, LEVEL2, TAB(LEVEL3));
	core_word(&core, LEVEL3 + 8, LEAF(RAM + 0x201000));
	core_word(&core, LEVEL3 + 16, LEAF(RAM + 0x202000));
	finds(L2 + 0x1000, 2, BLK(RAM + 0x200000));
	invalidates(L2);
	fails(L2 + 0x1000, 7, 0);
	finds(L2 + 0x1000, 3, LEAF(RAM + 0x201000));
	full(3);
	assert_int_equal(first_word(LEVEL2), BLK(RAM + 0x200000));
	assert_int_equal(first_word(LEVEL3 + 8), 0);
	assert_int_equal(first_word(LEVEL3 + 16), LEAF(RAM + 0x202000));
	assert_int_equal(at_end(LEVEL2), TAB(LEVEL3));
	assert_int_equal(stats.core.gone_count, 0);
}

/* What was in the first table says nothing about the second. */
static void table_that_is_made_again_is_another(void **state)
{
	uint64_t first;

	(void)state;
	begin();
	core_word(&core, LEVEL2, TAB(LEVEL3));
	core_word(&core, LEVEL3 + 16, LEAF(RAM + 0x202000));
	finds(L2 + 0x1000, 3, LEAF(RAM + 0x301000));
	invalidates(L2);
	fails(L2 + 0x2000, 6, 0);
	finds(L2 + 0x2000, 3, LEAF(RAM + 0x202000));
	fails(L2 + 0x1000, 7, 0);
	full(4);
	first = first_word(LEVEL2) & ~0xfffull;
	assert_int_not_equal(first, LEVEL3);
	assert_int_equal(first_word(first + 8), LEAF(RAM + 0x301000));
	assert_int_equal(first_word(LEVEL3 + 8), 0);
	assert_int_equal(first_word(LEVEL3 + 16), LEAF(RAM + 0x202000));
	assert_int_equal(at_end(LEVEL2), TAB(LEVEL3));
	assert_int_equal(stats.core.gone_count, 1);
}

static void tables_below_a_freed_table_are_gone_too(void **state)
{
	(void)state;
	begin();
	core_word(&core, ROOT + 16, 0);
	finds(L2 + 0x1000, 3, LEAF(RAM + 0x301000));
	finds(L2 + 0x201000, 3, LEAF(RAM + 0x302000));
	invalidates(L2);
	fails(L2, 5, 0);
	/* Nothing that was seen is in the core, which is then not believed... */
	not_full("none of its leaves is in the core");
	/* ...unless something is. */
	begin();
	core_word(&core, ROOT + 16, 0);
	core_word(&core, ROOT, TAB(LEVEL2));
	core_word(&core, LEVEL2, BLK(RAM + 0x200000));
	finds(L2 + 0x1000, 3, LEAF(RAM + 0x301000));
	finds(L2 + 0x201000, 3, LEAF(RAM + 0x302000));
	finds(0, 2, BLK(RAM + 0x200000));
	invalidates(L2);
	fails(L2, 5, 0);
	full(4);
	assert_int_equal(stats.core.gone_count, 3);
	assert_int_equal(stats.core.changed_count, 2);
	assert_int_equal(at_end(ROOT + 16), 0);
}

static void no_memory_is_left_for_tables(void **state)
{
	(void)state;
	begin();
	/* All of L1's memory but the first 2M, where the tables are, is L2's. */
	for (unsigned int i = 1; i < 8; i++)
		core_word(&core, LEVEL2 + 8 * i, BLK(RAM + i * 0x200000ull));
	for (unsigned int i = 0; i < 512; i++)
		core_word(&core, LEVEL3 + 8 * i, LEAF(RAM + i * 0x1000ull));
	core_word(&core, LEVEL2 + 8 * 100, TAB(LEVEL3));
	core_word(&core, LEVEL2, BLK(RAM + 0x200000));
	finds(L2 + 0x1000, 3, LEAF(RAM + 0x301000));
	invalidates(L2);
	finds(L2 + 0x1000, 2, BLK(RAM + 0x200000));
	not_full("no page of L1's memory is free");
}

/* A page that is linked twice is one page: what changes in it changes for both. */
static void shared_and_cyclic_tables(void **state)
{
	(void)state;
	begin();
	core_word(&core, LEVEL2, TAB(LEVEL3));
	core_word(&core, LEVEL2 + 8, LEAF(LEVEL3));
	core_word(&core, LEVEL2 + 16, TAB(LEVEL2));
	core_word(&core, LEVEL3 + 8, LEAF(RAM + 0x201000));
	fails(L2 + 0x1000, 7, 0);
	finds(L2 + 0x201000, 3, LEAF(RAM + 0x201000));
	finds(L2 + 0x1000, 3, LEAF(RAM + 0x201000));
	/* The level-2 table as one of level 3: its entry of a table is a page there. */
	finds(L2 + 0x401000, 3, LEAF(LEVEL3));
	full(4);
}

/* ---- the core's moment ---- */

static void core_is_taken_at_a_mark(void **state)
{
	struct result r;

	(void)state;
	begin();
	core_word(&core, LEVEL2, TAB(LEVEL3));
	core_word(&core, LEVEL3 + 8, LEAF(RAM + 0x201000));
	core_word(&core, LEVEL3 + 24, LEAF(RAM + 0x203000));
	options.core_at = "dump";
	finds(L2 + 0x1000, 3, LEAF(RAM + 0x201000));
	finds(L2 + 0x2000, 3, LEAF(RAM + 0x202000));
	invalidates(L2 + 0x2000);
	mark("the dump is taken");
	fails(L2 + 0x2000, 7, 0);
	fails(L2 + 0x4000, 7, 0);
	finds(L2 + 0x4000, 3, LEAF(RAM + 0x204000));
	finds(L2 + 0x3000, 3, LEAF(RAM + 0x203000));
	r = full(6);
	/* To 0 at the mark, and the leaf that is new after it. */
	assert_int_equal(r.write_count, 2);
	assert_int_equal(stats.core.final_count, 1);
	assert_int_equal(first_word(LEVEL3 + 8), LEAF(RAM + 0x201000));
	assert_int_equal(first_word(LEVEL3 + 16), LEAF(RAM + 0x202000));
	assert_int_equal(first_word(LEVEL3 + 24), LEAF(RAM + 0x203000));
	assert_int_equal(first_word(LEVEL3 + 32), 0);
	assert_int_equal(stats.core.seen_count, 4);
	assert_int_equal(stats.core.same_count, 2);
	assert_int_equal(stats.core.changed_count, 2);
	assert_int_equal(stats.core.contradicted_count, 0);
	/* At the end, the core would be otherwise without a reason. */
	options.core_at = NULL;
	not_full("the core contradicts what walks have read");
	assert_int_equal(stats.core.contradicted_count, 1);
	assert_int_equal(stats.warning_count, 2);
	assert_non_null(strstr(stats.core.contradiction, "0x80004000"));
	options.core_at = "dumb";
	refused("0 marks have 'dumb'");
}

static void the_mark_is_one(void **state)
{
	(void)state;
	begin();
	core_word(&core, LEVEL2, BLK(RAM + 0x200000));
	mark("snap 1");
	finds(L2, 2, BLK(RAM + 0x200000));
	mark("snap 2");
	options.core_at = "snap";
	refused("2 marks have 'snap' in their text");
	options.core_at = "snap 2";
	full(1);
}

/* A table that first shows after the core was taken is the core's if that has one there. */
static void table_that_shows_after_the_core(void **state)
{
	(void)state;
	begin();
	core_word(&core, LEVEL2, TAB(LEVEL3));
	core_word(&core, LEVEL3 + 8, LEAF(RAM + 0x201000));
	core_word(&core, LEVEL2 + 8, BLK(RAM + 0x600000));
	options.core_at = "dump";
	mark("dump");
	finds(L2 + 0x1000, 3, LEAF(RAM + 0x201000));
	invalidates(L2 + 0x200000);
	finds(L2 + 0x203000, 3, LEAF(RAM + 0x603000));
	full(2);
	assert_int_equal(first_word(LEVEL2), TAB(LEVEL3));
	assert_int_equal(first_word(LEVEL2 + 8), BLK(RAM + 0x600000));
	assert_int_equal(stats.core.gone_count, 1);
	assert_int_equal(stats.core.same_count, 1);
	assert_int_equal(stats.core.changed_count, 1);
}

static void access_flag_is_no_contradiction(void **state)
{
	(void)state;
	begin();
	core_word(&core, LEVEL2, BLK(RAM + 0x200000) & ~0x400ull);
	core_word(&core, LEVEL2 + 8, BLK(RAM + 0x400000));
	finds(L2, 2, BLK(RAM + 0x200000));
	finds(L2 + 0x200000, 2, BLK(RAM + 0x400000));
	full(2);
	assert_int_equal(stats.core.changed_count, 1);
	assert_int_equal(stats.core.contradicted_count, 0);
}

static void lost_events_explain_what_changed(void **state)
{
	(void)state;
	begin();
	core_word(&core, LEVEL2, BLK(RAM + 0x600000));
	core_word(&core, LEVEL2 + 8, BLK(RAM + 0x400000));
	finds(L2 + 0x200000, 2, BLK(RAM + 0x400000));
	finds(L2, 2, BLK(RAM + 0x200000));
	raw("CPU:0 [LOST 3 EVENTS]\n");
	fails(L2 + 0x400000, 6, 0);
	full(3);
	assert_int_equal(stats.core.changed_count, 1);
	assert_int_equal(stats.core.contradicted_count, 0);
}

/* ---- what makes a trace full, and what does not ---- */

static void core_of_another_run_is_not_believed(void **state)
{
	(void)state;
	begin();
	core_word(&core, LEVEL2, BLK(RAM + 0x200000));
	core_word(&core, LEVEL2 + 8, BLK(RAM + 0x600000));
	core_word(&core, LEVEL2 + 16, BLK(RAM + 0x800000));
	finds(L2, 2, BLK(RAM + 0x200000));
	finds(L2 + 0x200000, 2, BLK(RAM + 0x400000));
	finds(L2 + 0x400000, 2, BLK(RAM + 0xa00000));
	not_full("the core contradicts what walks have read");
	assert_int_equal(stats.core.contradicted_count, 2);
}

static void every_walked_context_is_to_be_named(void **state)
{
	(void)state;
	begin();
	core_word(&core, LEVEL2, BLK(RAM + 0x200000));
	core_word(&core, RAM + 0x20000 + 16, TAB(LEVEL2));
	finds(L2, 2, BLK(RAM + 0x200000));
	enter_on(0x2000040020001);
	finds(L2, 2, BLK(RAM + 0x200000));
	options.has_vttbr = true;
	options.vttbr = VTTBR & ~1ull;
	options.vtcr = VTCR;
	not_full("VTTBR 0x2000040020001, VTCR 0x802d3560: neither --vttbr nor --ptdump names it");
	/* Named by nobody, all that were walked are looked for. */
	options.has_vttbr = false;
	full(2);
	begin();
	options.has_vttbr = true;
	options.vttbr = 0x51000000;
	options.vtcr = VTCR;
	finds(L2, 2, BLK(RAM + 0x200000));
	refused("no memory at 0x51000000");
	options.vttbr = VTTBR;
	options.vtcr = 0;
	refused("VTCR 0 is none");
}

static void root_beyond_the_core(void **state)
{
	(void)state;
	begin();
	enter_on(0x1000060000001);
	fails(L2, 5, 0);
	core_end(&core);
	core.fd = -1;
	assert_int_equal(import(), NVT_OK);
	assert_int_equal(stats.class, NVT_OBSERVED);
	assert_non_null(strstr(stats.core.reason, "the core has no memory there"));
}

static void table_that_cannot_be_read(void **state)
{
	(void)state;
	begin();
	core_word(&core, LEVEL2, BLK(RAM + 0x200000));
	finds(L2, 2, BLK(RAM + 0x200000));
	fault(L2 + 0x40000000);
	walk(10, VCPU0, -14, 0, 0, 0, 0x92000056, 0);
	abort_ret(10, VCPU0, -14);
	if (core.fd >= 0)
		core_end(&core);
	core.fd = -1;
	assert_int_equal(import(), NVT_OK);
	assert_int_equal(stats.class, NVT_OBSERVED);
	assert_non_null(strstr(stats.core.reason, "cannot be read"));
}

static void partial_recording_stays_partial(void **state)
{
	(void)state;
	begin();
	rec.length = 0;
	raw("# tracer: nop\n#\n");
	enter();
	finds(L2, 2, BLK(RAM + 0x200000));
	core_word(&core, LEVEL2, BLK(RAM + 0x200000));
	core_end(&core);
	core.fd = -1;
	assert_int_equal(import(), NVT_OK);
	assert_int_equal(stats.class, NVT_PARTIAL);
	assert_non_null(strstr(stats.core.reason, "lacks"));
}

static void pipes_are_refused(void **state)
{
	(void)state;
	begin();
	options.input = "-";
	refused("which a pipe cannot be");
}

static void ptdump_says_where_the_tables_are(void **state)
{
	static const char *const files[] = {"/tmp/nvsim-history-dump.txt"};
	FILE *f = fopen(files[0], "w");

	(void)state;
	assert_non_null(f);
	fputs("VTCR: 0x00000000802d3560 VTTBR: 0x0001000040010000 s2: enabled\n"
	      "---[ Guest IPA ]---\n",
	      f);
	assert_int_equal(fclose(f), 0);
	begin();
	core_word(&core, LEVEL2, BLK(RAM + 0x200000));
	finds(L2, 2, BLK(RAM + 0x200000));
	options.ptdumps = files;
	options.ptdump_count = 1;
	full(1);
	/* Tables that were named, and not walked, are in the trace as well. */
	begin();
	core_word(&core, LEVEL2, BLK(RAM + 0x200000));
	core_word(&core, RAM + 0x20000 + 16, TAB(LEVEL2));
	finds(L2, 2, BLK(RAM + 0x200000));
	options.ptdumps = files;
	options.ptdump_count = 1;
	options.has_vttbr = true;
	options.vttbr = 0x2000040020000;
	options.vtcr = VTCR;
	full(1);
	assert_int_equal(first_word(RAM + 0x20000 + 16), TAB(LEVEL2));
	f = fopen(files[0], "w");
	assert_non_null(f);
	fputs("---[ Guest IPA ]---\n", f);
	assert_int_equal(fclose(f), 0);
	refused("no VTCR and VTTBR");
	unlink(files[0]);
}

static uint32_t seed;

static uint32_t next_random(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

/* L1's table changes at random, and each walk tells the truth of it. */
static void any_history_is_read_as_it_was(void **state)
{
	(void)state;
	for (uint32_t round = 1; round <= 40; round++) {
		/* A table of two entries at level 2, each none, a block or a table of two pages. */
		uint64_t entry[2] = {0, 0}, page[2][2] = {{0}};
		uint64_t walks = 60;

		seed = round;
		begin();
		expected_count = 0;
		options.core_at = round & 1 ? NULL : "dump";
		finds(L2 + 0x40000000, 2, BLK(RAM + 0x200000));
		for (unsigned int i = 0; i < walks; i++) {
			unsigned int a = next_random() & 1, b = next_random() & 1;
			uint64_t ipa = L2 + a * 0x200000ull + b * 0x1000ull;

			switch (next_random() % 5) {
			case 0:
				entry[a] = next_random() & 1 ? 0 : BLK(RAM + 0x800000);
				invalidates(ipa);
				break;
			case 1:
				if (entry[a] != 1)
					page[a][0] = page[a][1] = 0;
				entry[a] = 1;
				invalidates(ipa);
				break;
			case 2:
				page[a][b] = next_random() & 1
						     ? 0
						     : LEAF(RAM + 0x400000 +
							    (next_random() & 7) * 0x1000ull);
				invalidates(ipa);
				break;
			default:
				break;
			}
			if (entry[a] == 1 && page[a][b])
				finds(ipa, 3, page[a][b]);
			else if (entry[a] == 1)
				fails(ipa, 7, 0);
			else if (entry[a])
				finds(ipa, 2, entry[a]);
			else
				fails(ipa, 6, 0);
			if (i != (round & 1 ? walks - 1 : walks / 2))
				continue;
			/* The core is as the tables are now. */
			if (!(round & 1))
				mark("dump");
			core_word(&core, ROOT + 24, TAB(RAM + 0x15000));
			core_word(&core, RAM + 0x15000, BLK(RAM + 0x200000));
			for (unsigned int k = 0; k < 2; k++) {
				uint64_t table = LEVEL3 + k * 0x1000;

				expect(LEVEL2 + 8 * k, entry[k] == 1 ? TAB(table) : entry[k]);
				if (entry[k] != 1)
					continue;
				expect(table, page[k][0]);
				expect(table + 8, page[k][1]);
			}
		}
		full(walks + 1);
		assert_int_equal(stats.core.contradicted_count, 0);
	}
	expected_count = 0;
}

/* Tables full of tables, and walks that have nothing to do with them: nothing is read beyond. */
static void garbage_in_the_core_is_survived(void **state)
{
	unsigned int full_count = 0;

	(void)state;
	for (uint32_t round = 1; round <= 150; round++) {
		seed = round;
		begin();
		options.core_at = round & 1 ? NULL : "dump";
		for (unsigned int i = 0; i < 200; i++) {
			uint64_t page = RAM + 0x11000 + (next_random() & 7) * 0x1000ull;
			uint64_t at = page + (next_random() & 7) * 8;

			core_word(&core, ROOT + next_random() % 3 * 8, TAB(page));
			page = RAM + (next_random() & 0x1f) * 0x1000ull;
			core_word(&core, at,
				  (next_random() & 1 ? TAB(page) : BLK(page)) |
					  (uint64_t)(next_random() & 0xff) << 52);
		}
		/* So much is as in the core that it is believed. */
		core_word(&core, ROOT + 24, TAB(RAM + 0x30000));
		for (unsigned int i = 0; i < 60; i++) {
			core_word(&core, RAM + 0x30000 + 8 * i, BLK(RAM + 0x200000));
			finds(0xc0000000 + i * 0x200000ull, 2, BLK(RAM + 0x200000));
		}
		for (unsigned int i = 0; i < 40; i++) {
			uint64_t ipa = (uint64_t)(next_random() % 3) << 30 |
				       (next_random() & 7) << 21 | (next_random() & 7) << 12;

			if (i == 20)
				mark("dump");
			if (next_random() & 1)
				invalidates(ipa);
			if (next_random() & 1)
				fails(ipa, 5 + next_random() % 3, 0);
			else if (next_random() & 1)
				finds(ipa, 3, LEAF(RAM + (next_random() & 0x1f) * 0x1000ull));
			else
				finds(ipa, 2, BLK(RAM + (next_random() & 7) * 0x200000ull));
		}
		core_end(&core);
		core.fd = -1;
		assert_int_equal(import(), NVT_OK);
		if (stats.class == NVT_FULL)
			assert_int_equal(replay(0, NULL).leaf_count, stats.own_leaf_count);
		full_count += stats.class == NVT_FULL;
	}
	assert_true(full_count > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaf_is_written_before_the_walk_that_finds_it),
		cmocka_unit_test(leaf_that_is_replaced_is_written_again),
		cmocka_unit_test(descriptors_of_tables_are_those_of_the_core),
		cmocka_unit_test(table_that_was_freed_lies_where_memory_is_free),
		cmocka_unit_test(tables_avoid_what_l2_has_for_memory),
		cmocka_unit_test(block_that_became_a_table),
		cmocka_unit_test(table_that_is_made_again_is_another),
		cmocka_unit_test(tables_below_a_freed_table_are_gone_too),
		cmocka_unit_test(no_memory_is_left_for_tables),
		cmocka_unit_test(shared_and_cyclic_tables),
		cmocka_unit_test(core_is_taken_at_a_mark),
		cmocka_unit_test(the_mark_is_one),
		cmocka_unit_test(table_that_shows_after_the_core),
		cmocka_unit_test(access_flag_is_no_contradiction),
		cmocka_unit_test(lost_events_explain_what_changed),
		cmocka_unit_test(core_of_another_run_is_not_believed),
		cmocka_unit_test(every_walked_context_is_to_be_named),
		cmocka_unit_test(root_beyond_the_core),
		cmocka_unit_test(table_that_cannot_be_read),
		cmocka_unit_test(partial_recording_stays_partial),
		cmocka_unit_test(pipes_are_refused),
		cmocka_unit_test(ptdump_says_where_the_tables_are),
		cmocka_unit_test(any_history_is_read_as_it_was),
		cmocka_unit_test(garbage_in_the_core_is_survived),
	};
	int fd = mkstemp(input_path), memory = memfd_create("core", MFD_CLOEXEC), failed;

	if (fd < 0 || memory < 0)
		return 1;
	close(fd);
	snprintf(core_path, sizeof(core_path), "/proc/self/fd/%d", memory);
	snprintf(output_path, sizeof(output_path), "%s.zst", input_path);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(input_path);
	unlink(output_path);
	return failed;
}
