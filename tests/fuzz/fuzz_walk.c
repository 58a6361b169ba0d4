/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walks of L1's tables, whatever their descriptors: the handler's and the independent checker's
 * come to the same end. The input is a configuration, registers, an access, and descriptors in the
 * order in which they are met: the n-th address that is read has the n-th of them.
 */
#include "../../sim/check/checker.h"

#include "fuzz.h"
#include "s2.h"

#define WORDS_MAX 8u /* no walk reads more */

struct words {
	struct fuzz_bytes input;
	uint64_t addr[WORDS_MAX], value[WORDS_MAX];
	unsigned int count;
	struct s2_slot slot;
	struct check *checker;
};

static const struct s2_slot *slot(void *ctx, struct l1_ipa addr)
{
	const struct words *w = ctx;

	return addr.v - w->slot.base.v < w->slot.size ? &w->slot : NULL;
}

static uint64_t *word_at(struct words *w, uint64_t addr)
{
	for (unsigned int i = 0; i < w->count; i++)
		if (w->addr[i] == addr)
			return &w->value[i];
	FUZZ_REQUIRE(w->count < WORDS_MAX && !(addr & 7));
	w->addr[w->count] = addr;
	w->value[w->count] = fuzz_number(&w->input, 8);
	return &w->value[w->count++];
}

/* What the handler reads is what the checker finds there later. */
static uint64_t read_word(void *ctx, struct l1_ipa addr, enum s2_io *io)
{
	struct words *w = ctx;
	uint64_t value;

	if (!slot(ctx, addr)) {
		*io = S2_IO_FAULT;
		return 0;
	}
	value = *word_at(w, addr.v);
	if (!l1_set_word(&w->checker->l1, addr.v, value))
		abort();
	return value;
}

static enum s2_io swap_word(void *ctx, struct l1_ipa addr, uint64_t old, uint64_t new)
{
	struct words *w = ctx;
	uint64_t *word = word_at(w, addr.v);

	if (w->slot.readonly)
		return S2_IO_FAULT;
	FUZZ_REQUIRE(*word == old && new != old);
	*word = new;
	return S2_IO_OK;
}

static const struct s2_port port = {.read = read_word, .swap = swap_word, .slot = slot};

static struct nvt_machine machine_of(struct fuzz_bytes *b)
{
	uint8_t bits = fuzz_u8(b), choice = fuzz_u8(b);

	return (struct nvt_machine){
		.page_shift = (uint8_t)(12 + 2 * (choice % 3)),
		.ipa_limit = (uint8_t)(32 + bits % 21),
		.canonical_bits = 32,
		.s2_granules = (uint8_t)(1 + choice / 3 % 7),
		.xnx = choice & 0x80,
		.vcpu_count = 1,
	};
}

static struct s2_config config_of(const struct nvt_machine *m, uint32_t quirks)
{
	return (struct s2_config){
		.page_shift = m->page_shift,
		.ipa_limit = m->ipa_limit,
		.canonical_bits = m->canonical_bits,
		.granules = m->s2_granules,
		.xnx = m->xnx,
		.quirks = quirks,
		.policy = s2_policy_default,
		.invalidation = s2_invalidation_default,
	};
}

static struct check *checker_of(const struct nvt_machine *m, uint32_t quirks, const struct words *w)
{
	static const struct check_view nothing;
	const struct check_options options = {.quirks = quirks};
	const struct slot s = {.base = w->slot.base.v,
			       .size = w->slot.size,
			       .flags = w->slot.readonly ? NVT_SLOT_READONLY : 0};
	struct check *c = check_new(m, NVT_FULL, &options, &nothing);

	if (!c || !host_set_slot(&c->host, &s))
		abort();
	return c;
}

static bool same_perm(const struct s2_perm *a, const struct perm *b)
{
	return a->r == b->r && a->w == b->w && a->x_el0 == b->x_el0 && a->x_el1 == b->x_el1;
}

/* An access that is denied has no access flag set, but for Q6: then only some walks need it. */
static void compare_ends(const struct s2_walk *a, const struct l1_walk *b, uint32_t quirks)
{
	bool late = b->flag_refused && !(quirks & S2_QUIRK(S2_Q6_AF_FIRST));
	bool ok = a->status == S2_WALK_OK;

	FUZZ_REQUIRE(a->status != S2_WALK_RETRY);
	FUZZ_REQUIRE(ok == b->ok || (ok && late && !a->set_af));
	FUZZ_REQUIRE(a->reads <= 4);
	if (!ok) {
		FUZZ_REQUIRE((a->esr & 0x3f) == b->fsc);
		return;
	}
	FUZZ_REQUIRE(a->esr == 0);
	FUZZ_REQUIRE(a->output.v == b->output);
	FUZZ_REQUIRE(a->level == b->level);
	FUZZ_REQUIRE(a->leaf_size == 1ull << b->shift);
	FUZZ_REQUIRE(same_perm(&a->perm, &b->perm));
	FUZZ_REQUIRE(!a->set_af || !b->accessed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct words w = {.input = {data, size}};
	struct nvt_machine machine = machine_of(&w.input);
	uint32_t quirks = (uint32_t)fuzz_number(&w.input, 4) & S2_QUIRKS_KVM;
	struct s2_vm vm = {.cfg = config_of(&machine, quirks), .port = &port, .port_ctx = &w};
	struct s2_l1_regs regs = {.vtcr = fuzz_number(&w.input, 4),
				  .vttbr = fuzz_number(&w.input, 8),
				  .sctlr = fuzz_number(&w.input, 4)};
	struct s2_syndrome syn = s2_syndrome(&vm.cfg, fuzz_number(&w.input, 4));
	bool el0 = fuzz_u8(&w.input) & 1;
	uint64_t ipa = fuzz_number(&w.input, 8);
	struct s2_walk walk;
	struct l1_regs theirs = {regs.vttbr, regs.vtcr, regs.sctlr >> 25 & 1};
	struct l1_walk other;

	w.slot.readonly = fuzz_u8(&w.input) & 1;
	w.slot.base.v = fuzz_number(&w.input, 2) << 16;
	w.slot.size = fuzz_number(&w.input, 6) << 12;
	w.checker = checker_of(&machine, quirks, &w);
	walk = s2_walk(&vm, &regs, &syn, el0, (struct l2_ipa){ipa});
	other = l1_walk(w.checker, &theirs, ipa);
	compare_ends(&walk, &other, quirks);
	check_free(w.checker);
	return 0;
}
