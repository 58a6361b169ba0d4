/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arbitrary streams, replayed under every policy with the checker following. Whatever the events:
 * the handler breaks no rule of its own tables. Under a sound policy it breaks none at all, as
 * long as the stream itself breaks none, which is told by the checker, too.
 *
 * The input is a machine, options and events of a world small enough that they meet each other:
 * a guest hypervisor with 1G of memory, three guests, and tables of the shapes that `tables` names.
 * Times never go back, and a write to L1's memory tells what was there.
 */
#include <inttypes.h>

#include "engine.h"
#include "fuzz.h"

#define RAM	   0x40000000ull
#define RAM_SIZE   0x40000000ull
#define HVA(l1)	   (0x7f0000000000ull + (l1))
#define PA(l1)	   (0x800000000ull + (l1))
#define TABLES	   (RAM + 0x3e000000ull)
#define GUESTS	   3u
#define PER_GUEST  0x800000ull /* room for the tables of one */
#define TABLE_ROOM 0x10000ull  /* as much as the largest table takes */
#define EVENTS_MAX 256u
#define WORDS_MAX  (4 * EVENTS_MAX)

/* VTCR_EL2 of L1, and where its tables' addresses are cut into indices. */
struct shape {
	uint64_t vtcr;
	unsigned int page_shift;
	bool three; /* a table more lies between the first and that of pages */
};
static const struct shape tables[] = {
	{0x80020058, 12, true},	 /* 4K, 40 bits, from level 1 */
	{0x80020022, 12, false}, /* 4K, 30 bits, from level 2 */
	{0x80028058, 14, false}, /* 16K, 40 bits, from level 2 */
	{0x80024058, 16, false}, /* 64K, 40 bits, from level 2 */
};
#define SHAPES (sizeof(tables) / sizeof(tables[0]))
#define HA     (1ull << 21)
#define EE     (1ull << 25) /* SCTLR_EL2 */

struct stream {
	struct fuzz_bytes input;
	struct nvt_machine machine;
	enum nvt_class class;
	struct engine *engine;
	bool sound;
	uint64_t now;
	const struct shape *shape;
	bool ha;
	uint64_t sctlr;
	/* L1's words that were written, in no order. */
	uint64_t addr[WORDS_MAX], word[WORDS_MAX];
	unsigned int words;
};

/* ---- the verdict ---- */

static bool of_the_stream(enum check_rule rule)
{
	return rule <= CHECK_BACKING;
}

/* Rules that the handler keeps even with a policy or a stream that is out of its mind. */
static bool of_the_handler(enum check_rule rule)
{
	switch (rule) {
	case CHECK_BREAK:
	case CHECK_FLUSH:
	case CHECK_PAGES:
	case CHECK_UNACCOUNTED:
		return true;
	default:
		return false;
	}
}

static void on_finding(void *arg, const struct check_finding *f)
{
	struct stream *s = arg;

	if (of_the_stream(f->rule)) {
		s->sound = false;
		return;
	}
	if (!s->sound && !of_the_handler(f->rule))
		return;
	fprintf(stderr, "policy %s, event %" PRIu64 ", context %u, ipa 0x%" PRIx64 ": %s %s\n",
		s->engine->options.policy->name, f->ordinal, f->context, f->ipa,
		check_rules[f->rule].id, f->text);
	abort();
}

/* ---- events ---- */

static void send(struct stream *s, struct nvt_event ev)
{
	enum engine_status status;

	ev.time_ns = s->now += 1000;
	status = engine_event(s->engine, &ev);
	FUZZ_REQUIRE(status == ENGINE_OK || status == ENGINE_BAD_EVENT);
	if (status == ENGINE_BAD_EVENT)
		fuzz_require_line(s->engine->problem);
}

/* Some place out of few, in steps of `unit`. */
static uint64_t place(struct stream *s, uint64_t unit, uint64_t room)
{
	uint8_t b = fuzz_u8(&s->input);
	uint64_t at = (b & 15) * unit + (b >> 4 & 3) * 0x200000ull + (b >> 6) * 0x20000000ull;

	return at % room;
}

static uint64_t l1_page(const struct stream *s)
{
	return 1ull << s->shape->page_shift;
}

static uint64_t page(const struct stream *s)
{
	return 1ull << s->machine.page_shift;
}

static uint64_t size_of(struct stream *s)
{
	static const uint64_t sizes[] = {0x1000,    0x4000,	0x10000,  0x200000,
					 0x2000000, 0x20000000, RAM_SIZE, 0x3000};

	return sizes[fuzz_u8(&s->input) % 8];
}

static void write_word(struct stream *s, uint64_t addr, uint64_t desc)
{
	uint64_t word = s->sctlr ? __builtin_bswap64(desc) : desc;
	unsigned int i;

	/* Where leaves are shown, tables say something else. */
	s->sound &= s->class == NVT_FULL;
	for (i = 0; i < s->words && s->addr[i] != addr; i++)
		;
	if (i == WORDS_MAX)
		return;
	if (i == s->words) {
		s->addr[s->words] = addr;
		s->word[s->words++] = 0;
	}
	send(s, (struct nvt_event){.kind = NVT_L1_WRITE, .l1_write = {addr, s->word[i], word}});
	s->word[i] = word;
}

/* Where only leaves are shown, a root has one shape: what another makes of it is told by nobody. */
static uint64_t root_of(const struct stream *s, unsigned int guest)
{
	uint64_t shape = s->class == NVT_FULL ? 0 : (uint64_t)(s->shape - tables);

	return TABLES + guest % GUESTS * PER_GUEST + shape * 16 * TABLE_ROOM;
}

static uint64_t table_of(const struct stream *s, unsigned int guest, unsigned int n)
{
	return root_of(s, guest) + (16 * SHAPES + n % 8) * TABLE_ROOM;
}

static uint64_t vttbr_of(const struct stream *s, unsigned int guest)
{
	return (guest % GUESTS + 1ull) << 48 | root_of(s, guest);
}

static uint64_t vtcr_of(const struct stream *s)
{
	return s->shape->vtcr | (s->ha ? HA : 0);
}

/* Permissions, flags and type of a leaf: mostly those that one sees. */
static uint64_t leaf_bits(struct stream *s)
{
	uint8_t b = fuzz_u8(&s->input);

	return 0x401ull /* valid, accessed */ | (uint64_t)(~b & 3) << 6 /* S2AP */ |
	       (uint64_t)(b >> 2 & 3) << 53 /* XN */ |
	       (uint64_t)(b >> 4 & 1) << 52 /* contiguous */ |
	       (b & 0x20 ? 0 : 0xfull << 2) /* MemAttr */ | 3ull << 8 /* SH */;
}

static uint64_t some_desc(struct stream *s, unsigned int guest)
{
	uint8_t b = fuzz_u8(&s->input);
	uint64_t leaf, block = 1ull << (2 * s->shape->page_shift - 3);

	switch (b % 5) {
	case 0:
		return 0;
	case 1:
		return table_of(s, guest, b / 5) | 3;
	case 2:
		leaf = leaf_bits(s) | 2;
		return leaf | (RAM + (place(s, l1_page(s), RAM_SIZE) & ~(l1_page(s) - 1)));
	case 3:
		leaf = leaf_bits(s);
		return leaf | (RAM + (place(s, l1_page(s), RAM_SIZE) & ~(block - 1)));
	default:
		return fuzz_number(&s->input, 8);
	}
}

/* An entry of one of the guest's tables, or of the first: where the walk of some place goes by. */
static void change_entry(struct stream *s)
{
	unsigned int guest = fuzz_u8(&s->input), n = fuzz_u8(&s->input);
	uint64_t at = place(s, l1_page(s), ~0ull), table = table_of(s, guest, n);
	unsigned int shift = s->shape->page_shift, stride = shift - 3;
	unsigned int up = n / 8 % 3, bits = up && (!s->shape->three || up == 2) ? 16 : stride;

	if (bits == 16)
		table = root_of(s, guest);
	write_word(s, table + (at >> (shift + up * stride) & ((1ull << stride) - 1)) * 8,
		   some_desc(s, guest));
}

static uint64_t some_page(struct stream *s)
{
	return leaf_bits(s) | 2 | (RAM + (place(s, l1_page(s), RAM_SIZE) & ~(l1_page(s) - 1)));
}

static void show(struct stream *s, unsigned int guest, uint64_t ipa, uint64_t desc, int level,
		 bool unreadable)
{
	/* Of tables that are known a leaf may say something else. */
	s->sound &= s->class != NVT_FULL;
	send(s, (struct nvt_event){.kind = NVT_L1_LEAF,
				   .l1_leaf = {.ipa = ipa,
					       .vttbr = vttbr_of(s, guest),
					       .vtcr = vtcr_of(s),
					       .desc = desc,
					       .level = (int8_t)level,
					       .flags = unreadable ? NVT_LEAF_UNREADABLE : 0}});
}

static void show_entry(struct stream *s)
{
	unsigned int guest = fuzz_u8(&s->input), b = fuzz_u8(&s->input);
	uint64_t at = place(s, l1_page(s), ~0ull);

	show(s, guest, at, b == 0xff ? 0 : some_desc(s, guest), (int)(b % 5) - 1, b == 0xff);
}

/* What a hypervisor does: all that a page of the guest needs. */
static void map_page(struct stream *s)
{
	unsigned int guest = fuzz_u8(&s->input), shift = s->shape->page_shift, stride = shift - 3;
	uint64_t at = place(s, l1_page(s), 1ull << 30), mask = (1ull << stride) - 1;
	uint64_t table = root_of(s, guest), below;

	if (s->class != NVT_FULL) {
		show(s, guest, at, some_page(s), 3, false);
		return;
	}
	for (unsigned int level = s->shape->three ? 2 : 1; level; level--) {
		below = table_of(s, guest, 4 * level + (unsigned int)(at >> 29));
		write_word(s, table + (at >> (shift + level * stride) & mask) * 8, below | 3);
		table = below;
	}
	write_word(s, table + (at >> shift & mask) * 8, some_page(s));
}

static void change_context(struct stream *s)
{
	static const uint64_t pstates[] = {0x3c5, 0x3c9, 0x0, 0x3c5};
	uint8_t b = fuzz_u8(&s->input), guest = fuzz_u8(&s->input);
	uint8_t reason = b % (NVT_PUT_WFI + 1);
	bool hyp = reason == NVT_EXCEPTION || b & 0x80;

	send(s, (struct nvt_event){.kind = NVT_CONTEXT,
				   .vcpu = b >> 3 & 1,
				   .context = {.reason = reason,
					       .flags = (uint8_t)(hyp ? NVT_CONTEXT_HYP : 0),
					       .vttbr = vttbr_of(s, guest),
					       .vtcr = vtcr_of(s),
					       .hcr = b & 0x40 ? 0 : 1,
					       .sctlr = b & 0x20 ? 1ull << 25 : 0,
					       .pstate = hyp ? pstates[1] : pstates[0]}});
}

static void enter(struct stream *s)
{
	send(s, (struct nvt_event){.kind = NVT_CONTEXT,
				   .context = {.reason = NVT_ERET,
					       .vttbr = vttbr_of(s, fuzz_u8(&s->input)),
					       .vtcr = vtcr_of(s),
					       .hcr = 1,
					       .sctlr = s->sctlr,
					       .pstate = 0x3c5}});
}

static void leave(struct stream *s, uint16_t vcpu)
{
	send(s, (struct nvt_event){.kind = NVT_CONTEXT,
				   .vcpu = vcpu,
				   .context = {.reason = NVT_EXCEPTION,
					       .flags = NVT_CONTEXT_HYP,
					       .vttbr = vttbr_of(s, 0),
					       .vtcr = vtcr_of(s),
					       .hcr = 1,
					       .sctlr = s->sctlr,
					       .pstate = 0x3c9}});
}

/* A load, a store, a fetch, a walk, cache maintenance, an exclusive; or anything. */
static uint64_t some_esr(struct stream *s, uint8_t fsc)
{
	static const uint64_t esrs[] = {0x93c08000, 0x93c08040, 0x82000000, 0x92000080,
					0x92000140, 0x920000c0, 0x82000080};
	uint8_t b = fuzz_u8(&s->input);

	return b < 0xf0 ? esrs[b % 7] | fsc : fuzz_number(&s->input, 5);
}

static struct nvt_fault some_fault(struct stream *s, uint8_t fsc)
{
	uint8_t b = fuzz_u8(&s->input);
	uint64_t ipa = place(s, l1_page(s), ~0ull) + (b & 1 ? RAM : 0);

	return (struct nvt_fault){.esr = some_esr(s, fsc),
				  .far = 0xffff800000000000ull + (ipa & 0xfff),
				  .hpfar = ipa >> 8 | (b & 2 ? 0 : 1ull << 63),
				  .pstate = b & 4 ? 0 : 0x3c5};
}

static void touch(struct stream *s)
{
	send(s, (struct nvt_event){
			.kind = NVT_TOUCH, .vcpu = s->input.size & 1, .fault = some_fault(s, 0)});
}

static void fault(struct stream *s)
{
	static const uint8_t codes[] = {0x04, 0x05, 0x06, 0x07, 0x0d, 0x0e, 0x0f, 0x09,
					0x0a, 0x0b, 0x10, 0x17, 0x35, 0x00, 0x21, 0x3f};

	send(s, (struct nvt_event){.kind = NVT_FAULT,
				   .fault = some_fault(s, codes[fuzz_u8(&s->input) % 16])});
}

static void invalidate(struct stream *s)
{
	/* IPAS2E1IS, IPAS2LE1, VMALLS12E1IS, ALLE1IS, VMALLE1IS, RIPAS2E1IS, RIPAS2LE1, IPAS2E1OS
	 */
	static const uint16_t ops[] = {NVT_SYS_OP(4, 8, 0, 1), NVT_SYS_OP(4, 8, 4, 5),
				       NVT_SYS_OP(4, 8, 3, 6), NVT_SYS_OP(4, 8, 3, 4),
				       NVT_SYS_OP(0, 8, 3, 0), NVT_SYS_OP(4, 8, 0, 2),
				       NVT_SYS_OP(4, 8, 4, 6), NVT_SYS_OP(4, 8, 4, 0)};
	uint8_t b = fuzz_u8(&s->input);
	uint64_t xt = place(s, l1_page(s), ~0ull) >> 12 | (uint64_t)(b >> 4) << 44;

	if ((b & 7) == 5 || (b & 7) == 6) /* a range: its base counts granules, with sizes above */
		xt = (xt << 12 >> s->shape->page_shift & 0xfffff) | fuzz_number(&s->input, 3) << 37;
	send(s, (struct nvt_event){
			.kind = NVT_TLBI,
			.tlbi = {.xt = b & 8 ? fuzz_number(&s->input, 8) : xt,
				 .vttbr = vttbr_of(s, b >> 6),
				 .op = b == 0xff ? (uint16_t)(fuzz_number(&s->input, 2) & 0x3fff)
						 : ops[b & 7]}});
}

static struct nvt_range some_range(struct stream *s)
{
	uint8_t b = fuzz_u8(&s->input);

	if (b == 0xff)
		return (struct nvt_range){fuzz_number(&s->input, 8), fuzz_number(&s->input, 8)};
	return (struct nvt_range){(RAM + place(s, page(s), RAM_SIZE)) & ~(page(s) - 1), size_of(s)};
}

static void host_event(struct stream *s, enum nvt_kind kind)
{
	send(s, (struct nvt_event){.kind = (uint8_t)kind, .range = some_range(s)});
}

/* The host takes memory away before it gives other memory; what it maps in one piece, it moves so.
 */
static void move_backing(struct stream *s)
{
	uint8_t b = fuzz_u8(&s->input), block = 2 * s->machine.page_shift - 3;
	uint64_t unit = 1ull << block, at = place(s, page(s), RAM_SIZE) & ~(unit - 1);
	uint8_t shift = b & 3 ? block : s->machine.page_shift;

	send(s, (struct nvt_event){.kind = NVT_HOST_UNMAP, .range = {RAM + at, unit}});
	send(s, (struct nvt_event){
			.kind = NVT_BACKING,
			.backing = {.hva = HVA(RAM + at),
				    .size = unit,
				    .pa = PA(RAM + at) + (uint64_t)(b >> 6) * 0x40000000ull,
				    .vma_shift = b & 8 ? shift : s->machine.page_shift,
				    .leaf_shift = b & 4 ? 0 : shift,
				    .flags = (uint8_t)((b & 0x10 ? 0 : NVT_BACKING_WRITABLE) |
						       (b & 0x20 ? NVT_BACKING_DEVICE : 0))}});
}

static void change_slot(struct stream *s)
{
	uint8_t b = fuzz_u8(&s->input);
	struct nvt_range r = some_range(s);
	bool main = !(b & 0x10);

	send(s, (struct nvt_event){
			.kind = NVT_SLOT,
			.slot = {.base = main ? RAM : r.base,
				 .size = main ? RAM_SIZE : r.size,
				 .uaddr = HVA(main ? RAM : r.base) + (b & 0x20 ? page(s) : 0),
				 .flags = b >> 2 & 3,
				 .id = main ? 0 : b >> 6,
				 .change = b & 3}});
}

static void change_shape(struct stream *s)
{
	uint8_t b = fuzz_u8(&s->input);

	s->shape = &tables[b % SHAPES];
	s->ha = b & 0x80;
}

static void one_event(struct stream *s)
{
	switch (fuzz_u8(&s->input) % 20) {
	case 0:
	case 1:
		return touch(s);
	case 2:
	case 3:
		return fault(s);
	case 4:
	case 5:
		return map_page(s);
	case 6:
	case 7:
		return s->class == NVT_FULL ? change_entry(s) : show_entry(s);
	case 8:
		return enter(s);
	case 9:
		return leave(s, 0);
	case 10:
		return change_context(s);
	case 11:
	case 12:
		return invalidate(s);
	case 13:
		return host_event(s, NVT_HOST_UNMAP);
	case 14:
		return host_event(s, NVT_WRITE_PROTECT);
	case 15:
		return host_event(s, NVT_HOST_AGE);
	case 16:
		return move_backing(s);
	case 17:
		return change_slot(s);
	case 18:
		return s->class == NVT_FULL ? show_entry(s) : change_entry(s);
	default:
		return change_shape(s);
	}
}

/* ---- the world ---- */

static struct nvt_machine machine_of(struct fuzz_bytes *b)
{
	uint8_t pages = fuzz_u8(b), features = fuzz_u8(b);

	return (struct nvt_machine){.page_shift = (uint8_t)(12 + 2 * (pages % 3)),
				    .ipa_limit = pages & 0x80 ? 40 : 48,
				    .canonical_bits = 40,
				    /* Never smaller than the host's pages (spec 1.1). */
				    .s2_granules = (uint8_t)(7u << pages % 3 & 7),
				    .vcpu_count = 2,
				    .context_count = 4,
				    .lpa2 = features & 1 && pages % 3 < 2,
				    .fwb = features & 2,
				    .dic = features & 4,
				    .xnx = features & 8,
				    .ttl = features & 16,
				    .nisv_exits = features & 32,
				    .hw_af = features & 64};
}

static struct engine_options options_of(struct fuzz_bytes *b, const struct check_options *check)
{
	uint8_t policy = fuzz_u8(b), other = fuzz_u8(b);
	uint32_t quirks = (uint32_t)fuzz_number(b, 4) & S2_QUIRKS_KVM;

	return (struct engine_options){
		.policy = &s2_policies[policy % s2_policy_count],
		.invalidation = &s2_invalidations[other % s2_invalidation_count],
		.quirks = other & 0x10	 ? S2_QUIRKS_KVM
			  : other & 0x20 ? S2_QUIRKS_ARCH
					 : quirks,
		.as_recorded = other & 0x40,
		.check = check,
	};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct stream s;
	static struct check_options check = {.report = on_finding, .report_arg = &s};
	struct engine_options options;
	uint8_t kind;

	s = (struct stream){.input = {data, size}, .shape = &tables[0], .now = 1};
	s.machine = machine_of(&s.input);
	options = options_of(&s.input, &check);
	check.quirks = options.quirks;
	check.audit_every = 4 + fuzz_u8(&s.input) % 64;
	kind = fuzz_u8(&s.input);
	s.class = kind & 1 ? NVT_OBSERVED : NVT_FULL;
	s.sctlr = kind & 2 ? EE : 0;
	s.sound = s2_policy_sound(options.policy);
	s.engine = engine_new(&s.machine, s.class, &options);
	if (!s.engine)
		abort();
	send(&s, (struct nvt_event){.kind = NVT_SLOT,
				    .slot = {.base = RAM, .size = RAM_SIZE, .uaddr = HVA(RAM)}});
	send(&s, (struct nvt_event){.kind = NVT_BACKING,
				    .backing = {.hva = HVA(RAM),
						.size = RAM_SIZE,
						.pa = PA(RAM),
						.vma_shift = s.machine.page_shift,
						.leaf_shift = 2 * s.machine.page_shift - 3,
						.flags = NVT_BACKING_WRITABLE}});
	leave(&s, 0);
	leave(&s, 1);
	for (unsigned int i = 0; i < EVENTS_MAX && s.input.size; i++)
		one_event(&s);
	engine_end(s.engine);
	engine_free(s.engine);
	return 0;
}
