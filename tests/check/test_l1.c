/* SPDX-License-Identifier: GPL-2.0-only */
/* The checker's own walk of L1's stage 2: the cases of spec 9.1, and against the handler's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "checker.h"
#include "s2.h"

/* The fixture of spec 9: 4K, 40 bits, start level 1 in two concatenated pages. */
#define VTCR	    0x80020058ull
#define VTTBR	    0x0005000080000001ull
#define T1	    0x80000000ull
#define T2	    0x80002000ull
#define T3	    0x80003000ull
#define HA	    (1ull << 21)
#define RAM_END	    0x100000000ull
#define T0SZ(n)	    ((uint64_t)(n))
#define SL0(n)	    ((uint64_t)(n) << 6)
#define TG0(n)	    ((uint64_t)(n) << 14)
#define PS(n)	    ((uint64_t)(n) << 16)
#define TABLES_SIZE 0x10000u

struct fixture {
	struct check *c;
	struct l1_regs regs;
	struct check_context context;
	unsigned char *tables;
};

static struct check_context context_now(void *arg, uint16_t i)
{
	struct fixture *f = arg;

	(void)i;
	return f->context;
}

static void restart(struct fixture *f, const struct nvt_machine *m, enum nvt_class class,
		    uint32_t quirks)
{
	struct check_options options = {.quirks = quirks};
	struct check_view view = {.tables = f->tables,
				  .tables_size = TABLES_SIZE,
				  .context_count = 1,
				  .context = context_now,
				  .arg = f};
	struct slot ram = {.size = RAM_END, .id = 1};

	check_free(f->c);
	f->c = check_new(m, class, &options, &view);
	assert_non_null(f->c);
	assert_true(host_set_slot(&f->c->host, &ram));
	f->regs = (struct l1_regs){.vttbr = VTTBR, .vtcr = VTCR};
}

static const struct nvt_machine machine = {.page_shift = 12,
					   .ipa_limit = 48,
					   .canonical_bits = 40,
					   .s2_granules = 7,
					   .vcpu_count = 1,
					   .xnx = true,
					   .ttl = true};

static void set(struct fixture *f, uint64_t addr, uint64_t word)
{
	assert_true(l1_set_word(&f->c->l1, addr, word));
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->tables = calloc(1, TABLES_SIZE);
	restart(f, &machine, NVT_FULL, ~0u);
	set(f, T1 + 8, T2 | 3);
	set(f, T2, T3 | 3);
	set(f, T3 + 5 * 8, 0x00400000123457c3);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	check_free(f->c);
	free(f->tables);
	free(f);
	return 0;
}

static struct l1_walk finds(struct fixture *f, uint64_t ipa, uint64_t output, unsigned int shift)
{
	struct l1_walk w = l1_walk(f->c, &f->regs, ipa);

	assert_true(w.ok);
	assert_int_equal(w.output, output);
	assert_int_equal(w.shift, shift);
	return w;
}

static void faults(struct fixture *f, uint64_t ipa, unsigned int fsc)
{
	struct l1_walk w = l1_walk(f->c, &f->regs, ipa);

	assert_false(w.ok);
	assert_int_equal(w.fsc, fsc);
}

static void with_vtcr(struct fixture *f, uint64_t vtcr)
{
	f->regs.vtcr = vtcr;
}

static void with_limit(struct fixture *f, unsigned int bits)
{
	struct nvt_machine m = machine;

	m.ipa_limit = (uint8_t)bits;
	restart(f, &m, NVT_FULL, ~0u);
}

static void w1_to_w5(void **state)
{
	struct fixture *f = *state;
	struct l1_walk w = finds(f, 0x40005678, 0x12345678, 12);

	assert_int_equal(w.level, 3);
	assert_true(w.perm.r && w.perm.w && !w.perm.x_el0 && !w.perm.x_el1);
	faults(f, 0x40006000, 0x07);
	faults(f, 0x40200000, 0x06);
	faults(f, 0x80000000, 0x05);
	set(f, T1 + 16, 0xc00007c1);
	assert_int_equal(finds(f, 0x81234567, 0xc1234567, 30).level, 1);
}

static void w6_to_w9_access_flag(void **state)
{
	struct fixture *f = *state;
	struct slot *ram = host_slot_by_id(&f->c->host, 1);

	set(f, T1 + 16, 0xc00003c1);
	faults(f, 0x81234567, 0x09);
	with_vtcr(f, VTCR | HA);
	finds(f, 0x81234567, 0xc1234567, 30);
	ram->flags = NVT_SLOT_READONLY;
	faults(f, 0x81234567, 0x15);
}

static void w10_to_w14_outputs(void **state)
{
	struct fixture *f = *state;

	set(f, T1 + 24, 0x2000c00007c3);
	faults(f, 0xc0000000, 0x01);
	set(f, T1 + 24, 0x200000007c1);
	faults(f, 0xc0000000, 0x01);
	set(f, T1 + 32, RAM_END | 3);
	faults(f, 0x100000000, 0x16);
	faults(f, 0x8000000000, 0x05);
	set(f, 0x80001000, 0xe00007c1);
	finds(f, 0x8000000000, 0xc0000000, 30);
}

static void w15_aliases_with_q1_alone(void **state)
{
	struct fixture *f = *state;

	finds(f, 0x10040005678, 0x12345678, 12);
	f->c->options.quirks &= ~(1u << 1);
	faults(f, 0x10040005678, 0x04);
}

static void w16_to_w18(void **state)
{
	struct fixture *f = *state;

	f->regs.vttbr = 0x0005000080001000;
	set(f, T1, 0xc00007c1);
	finds(f, 0x1000, 0xc0001000, 30);
	f->regs.vttbr = VTTBR;
	set(f, T3 + 6 * 8, 0x900007c1);
	faults(f, 0x40006000, 0x07);
	with_vtcr(f, T0SZ(16) | SL0(2) | PS(5));
	set(f, T1, 0x800017c1);
	faults(f, 0, 0x04);
}

static void w19_to_w28_limits(void **state)
{
	struct fixture *f = *state;

	with_vtcr(f, T0SZ(15) | SL0(1) | PS(2));
	faults(f, 0, 0x00);
	with_vtcr(f, T0SZ(40) | SL0(1) | PS(2));
	faults(f, 0, 0x00);
	f->c->options.quirks &= ~(1u << 3);
	faults(f, 0, 0x04);
	with_vtcr(f, T0SZ(24) | SL0(3) | PS(2));
	faults(f, 0, 0x04);
	with_vtcr(f, T0SZ(21) | SL0(1) | PS(2));
	faults(f, 0, 0x05);
	with_vtcr(f, T0SZ(20) | SL0(1) | PS(2));
	faults(f, 0, 0x04);
	with_vtcr(f, T0SZ(34) | SL0(1) | PS(2));
	faults(f, 0, 0x04);
	with_vtcr(f, T0SZ(33) | SL0(1) | PS(2));
	faults(f, 0, 0x05);
	f->regs.vttbr = 0x2000000000;
	with_vtcr(f, T0SZ(28) | SL0(1) | PS(1));
	faults(f, 0, 0x00);
	with_limit(f, 42);
	with_vtcr(f, T0SZ(24) | SL0(2) | PS(2));
	faults(f, 0, 0x04);
	with_limit(f, 44);
	with_vtcr(f, T0SZ(20) | SL0(2) | PS(4));
	set(f, T1, T2 | 3);
	faults(f, 0, 0x05);
	with_vtcr(f, T0SZ(16) | SL0(2) | PS(4));
	faults(f, 0, 0x04);
}

static void w29_to_w35_other_granules(void **state)
{
	struct fixture *f = *state;

	with_vtcr(f, T0SZ(24) | SL0(2) | TG0(2) | PS(2));
	set(f, T1, T2 & ~0x3fffull);
	set(f, T1, 0x80010003);
	set(f, 0x80010008, 0x420007c1);
	finds(f, 0x2345678, 0x42345678, 25);
	set(f, T1, 0x900007c1);
	faults(f, 0, 0x05);
	with_vtcr(f, T0SZ(24) | SL0(3) | TG0(2) | PS(2));
	faults(f, 0, 0x04);
	with_vtcr(f, T0SZ(22) | SL0(2) | TG0(1) | PS(2));
	faults(f, 0, 0x04);
	for (unsigned int tg = 1; tg <= 3; tg += 2) {
		with_vtcr(f, T0SZ(24) | SL0(1) | TG0(tg) | PS(2));
		set(f, T1 + 8, 0x600007c1);
		finds(f, 0x20001234, 0x60001234, 29);
	}
	with_vtcr(f, T0SZ(21) | SL0(2) | TG0(1) | PS(2));
	set(f, T1, 0x800007c1);
	faults(f, 0, 0x05);
}

static void w36_contiguous_fixes_the_output_alone(void **state)
{
	struct fixture *f = *state;

	set(f, T1, T2 | 3);
	set(f, T3 + 3 * 8, 0x00100000123457c3);
	finds(f, 0x3abc, 0x12343abc, 12);
}

static void w37_big_endian(void **state)
{
	struct fixture *f = *state;

	set(f, T1, __builtin_bswap64(0xc00007c1));
	faults(f, 0x1000, 0x05);
	f->regs.big_endian = true;
	finds(f, 0x1000, 0xc0001000, 30);
}

static void w38_granule_that_is_not_offered(void **state)
{
	struct fixture *f = *state;
	struct nvt_machine m = machine;

	m.s2_granules = 6;
	restart(f, &m, NVT_FULL, ~0u);
	with_vtcr(f, T0SZ(24) | SL0(2) | PS(2));
	set(f, T1, 0x80010003);
	set(f, 0x80010008, 0x420007c1);
	finds(f, 0x2345678, 0x42345678, 25);
}

/* ---- what was shown ---- */

static void show(struct fixture *f, uint64_t ipa, int level, uint64_t desc, uint8_t flags)
{
	struct nvt_l1_leaf leaf = {.ipa = ipa,
				   .vttbr = VTTBR,
				   .vtcr = VTCR,
				   .desc = desc,
				   .level = (int8_t)level,
				   .flags = flags};

	assert_true(l1_show(f->c, &leaf));
}

static void shown_leaves_replace_each_other(void **state)
{
	struct fixture *f = *state;

	restart(f, &machine, NVT_OBSERVED, ~0u);
	faults(f, 0x40005000, 0x05);
	show(f, 0x40005000, 3, 0x123457c3, 0);
	finds(f, 0x40005678, 0x12345678, 12);
	faults(f, 0x40006000, 0x07);
	faults(f, 0x40200000, 0x06);
	show(f, 0x40000000, 2, 0xa00007c1, 0);
	finds(f, 0x40005678, 0xa0005678, 21);
	show(f, 0x40006000, 3, 0x523467c3, 0);
	finds(f, 0x40006000, 0x52346000, 12);
	faults(f, 0x40005000, 0x07);
	show(f, 0x40006000, 3, 0, NVT_LEAF_UNREADABLE);
	faults(f, 0x40006000, 0x17);
	/* Another VMID on the same tables, and what no walk begins with. */
	f->regs.vttbr += 1ull << 48;
	faults(f, 0x40006000, 0x17);
	show(f, 0, 0, 3, 0);
	show(f, 0, -1, 3, 0);
}

/* ---- against the handler's walk ---- */

struct lcg {
	uint64_t x;
};

static uint64_t next(struct lcg *r)
{
	r->x ^= r->x << 13;
	r->x ^= r->x >> 7;
	r->x ^= r->x << 17;
	return r->x * 0x2545f4914f6cdd1dull;
}

struct world {
	struct fixture f;
	struct lcg rng;
	struct s2_slot slots[2];
	uint64_t seen[16], word[16];
	unsigned int count;
};

static const struct s2_slot *slot_at(void *ctx, struct l1_ipa addr)
{
	struct world *w = ctx;

	return addr.v >> 40 > 1 ? NULL : &w->slots[addr.v >> 40];
}

/* Tables lie in a few pages: three of four with memory of L1 behind, one of them read-only. */
static uint64_t some_table(struct lcg *r)
{
	uint64_t n = next(r);

	return (n >> 8 & 63) << 16 | (n & 1 ? (n >> 16 & 3) << 40 : 0);
}

static uint64_t some_desc(struct lcg *r)
{
	uint64_t n = next(r), desc = next(r) & 0x0070000000000fc0ull;

	if (n % 16 == 0)
		return desc;
	desc |= n % 16 < 8 ? some_table(r) : next(r) & 0xfffffffff000ull;
	return desc | (n % 16 < 10 ? 3 : 1);
}

static uint64_t read_word(void *ctx, struct l1_ipa addr, enum s2_io *io)
{
	struct world *w = ctx;
	unsigned int i;

	if (!slot_at(ctx, addr)) {
		*io = S2_IO_FAULT;
		return 0;
	}
	for (i = 0; i < w->count && w->seen[i] != addr.v; i++)
		;
	if (i == w->count) {
		assert_true(i < 16);
		w->seen[w->count] = addr.v;
		w->word[w->count++] = some_desc(&w->rng);
		if (w->f.regs.big_endian)
			w->word[i] = __builtin_bswap64(w->word[i]);
		set(&w->f, addr.v, w->word[i]);
	}
	return w->word[i];
}

static enum s2_io swap_word(void *ctx, struct l1_ipa addr, uint64_t old, uint64_t new)
{
	(void)old;
	(void)new;
	return slot_at(ctx, addr)->readonly ? S2_IO_FAULT : S2_IO_OK;
}

static void new_host(struct world *w, struct s2_config *cfg)
{
	static const uint8_t shifts[] = {12, 14, 16};
	struct nvt_machine m = machine;
	struct slot rw = {.size = 1ull << 40, .id = 1};
	struct slot ro = {1ull << 40, 1ull << 40, 0, NVT_SLOT_READONLY, 2};
	uint32_t quirks = (uint32_t)next(&w->rng) & S2_QUIRKS_KVM;

	m.page_shift = shifts[next(&w->rng) % 3];
	m.ipa_limit = (uint8_t)(40 + next(&w->rng) % 13);
	m.s2_granules = (uint8_t)(next(&w->rng) % 8);
	m.xnx = next(&w->rng) & 1;
	restart(&w->f, &m, NVT_FULL, quirks);
	host_remove_slot(&w->f.c->host, 1);
	assert_true(host_set_slot(&w->f.c->host, &rw) && host_set_slot(&w->f.c->host, &ro));
	w->slots[0] = (struct s2_slot){.size = 1ull << 40};
	w->slots[1] = (struct s2_slot){.base = {1ull << 40}, .size = 1ull << 40, .readonly = true};
	*cfg = (struct s2_config){.page_shift = m.page_shift,
				  .ipa_limit = m.ipa_limit,
				  .canonical_bits = 40,
				  .granules = m.s2_granules,
				  .xnx = m.xnx,
				  .quirks = quirks,
				  .policy = s2_policy_default};
}

/* Without Q6 it depends on the access whether a read-only table matters. */
static void same_answer(struct world *w, const struct s2_config *cfg, const struct s2_walk *s,
			uint64_t ipa)
{
	struct l1_walk c = l1_walk(w->f.c, &w->f.regs, ipa);
	bool ok = s->status == S2_WALK_OK, late = c.flag_refused && !(cfg->quirks & S2_QUIRK(6));

	assert_true(c.ok == ok || (ok && late && !s->set_af));
	if (!ok) {
		assert_int_equal(c.fsc, s->esr & 0x3f);
		return;
	}
	assert_int_equal(c.output, s->output.v);
	assert_int_equal(1ull << c.shift, s->leaf_size);
	assert_int_equal(c.level, s->level);
	assert_int_equal(c.perm.r, s->perm.r);
	assert_int_equal(c.perm.w, s->perm.w);
	assert_int_equal(c.perm.x_el0, s->perm.x_el0);
	assert_int_equal(c.perm.x_el1, s->perm.x_el1);
}

/* The checker agrees with a forward where there is one, and finds one where there is none. */
static void same_forward(struct world *w, const struct s2_config *cfg, const struct s2_walk *s,
			 uint64_t esr, bool el0, uint64_t ipa)
{
	struct s2_syndrome syn = s2_syndrome(cfg, esr);
	struct s2_forward f = s2_permission_forward(cfg, &syn, el0, s);
	struct check_fault fault = {.esr = esr,
				    .ipa = ipa,
				    .el0 = el0,
				    .did = CHECK_DID_INJECT,
				    .inject_esr = f.forward ? f.esr : 0xc | (uint32_t)s->level};
	uint64_t before = check_result(w->f.c)->count[CHECK_INJECTED];

	w->f.context = (struct check_context){.valid = true,
					      .enabled = true,
					      .start_level = 1,
					      .input_bits = 40,
					      .vttbr = w->f.regs.vttbr,
					      .vtcr = w->f.regs.vtcr};
	w->f.c->vcpus[0].sctlr = w->f.regs.big_endian ? 1ull << 25 : 0;
	check_fault(w->f.c, &fault);
	assert_int_equal(check_result(w->f.c)->count[CHECK_INJECTED] - before, !f.forward);
}

#define HOSTS	       300
#define WALKS_PER_HOST 500

static void agrees_with_the_handler(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct s2_port port = {.read = read_word, .swap = swap_word, .slot = slot_at};
	struct s2_vm vm = {.port = &port, .port_ctx = w};
	unsigned int host, i;

	(void)state;
	w->rng.x = 88172645463325252ull;
	w->f.tables = calloc(1, TABLES_SIZE);
	for (host = 0; host < HOSTS; host++) {
		new_host(w, &vm.cfg);
		for (i = 0; i < WALKS_PER_HOST; i++) {
			uint64_t n = next(&w->rng), ipa = next(&w->rng) >> 16 >> n % 24;
			uint64_t esr = (n & 1 ? 0x20ull : 0x24ull) << 26 | (n >> 8 & 0x1c0) |
				       (n & 2 ? 0xf : 0x7);
			struct s2_syndrome syn = s2_syndrome(&vm.cfg, esr);
			struct s2_l1_regs regs = {.hcr = 1};
			struct s2_walk s;

			regs.vtcr = T0SZ(12 + (n >> 20) % 32) | SL0((n >> 28) % 4) |
				    TG0((n >> 30) % 4) | PS((n >> 32) % 8) | (n >> 36 & 1) << 21;
			regs.vttbr = some_table(&w->rng);
			regs.sctlr = n & 1ull << 40 ? 1ull << 25 : 0;
			w->f.regs = (struct l1_regs){regs.vttbr, regs.vtcr, regs.sctlr != 0};
			w->count = 0;
			s = s2_walk(&vm, &regs, &syn, n & 4, (struct l2_ipa){ipa});
			same_answer(w, &vm.cfg, &s, ipa);
			if (s.status == S2_WALK_OK)
				same_forward(w, &vm.cfg, &s, esr, n & 4, ipa);
		}
	}
	check_free(w->f.c);
	free(w->f.tables);
	free(w);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(w1_to_w5),
		CASE(w6_to_w9_access_flag),
		CASE(w10_to_w14_outputs),
		CASE(w15_aliases_with_q1_alone),
		CASE(w16_to_w18),
		CASE(w19_to_w28_limits),
		CASE(w29_to_w35_other_granules),
		CASE(w36_contiguous_fixes_the_output_alone),
		CASE(w37_big_endian),
		CASE(w38_granule_that_is_not_offered),
		CASE(shown_leaves_replace_each_other),
		cmocka_unit_test(agrees_with_the_handler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
