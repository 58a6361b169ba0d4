/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clamp under every policy, over all of its inputs. Under a sound policy a mapping
 *  - has a size of the host's tables, and its three addresses are multiples of that;
 *  - lies in the slot, and in one piece of the host's memory;
 *  - lies in one leaf of L1, or, where the policy looks further, in leaves that are one piece;
 *  - is a page where writes are logged.
 * What is the largest such mapping is worked out here, with nothing of the handler but its types.
 *
 * Why this is all. The size rules and what they are given see no address but by its rest modulo a
 * page, a contiguous group, a block of level 2 and one of level 1 (P, C, D, U), and compare no size
 * but with those and with each other. So these classes are all that there are:
 *  - the fault: the first, an inner or the last P of its C, C of its D, D of its U;
 *  - the slot's bounds: what of C, D and U around the fault begins before the slot or ends behind
 * it, which makes four classes for each bound, with either end of each class;
 *  - the slot's two bases, and L1's input and output: the largest of the sizes modulo which they
 * agree;
 *  - the backing: VMAs of all huge-page sizes that the host has, leaves of the user page table up
 * to that (0: gone; 2G: one that reads as none), a device's geometry and leaves up to that;
 *  - L1: leaves of all levels and granules that the VM offers, its hint, tables that are as large
 * as one level and as 16 of them in a row, and one entry that is unlike the others, in each span
 *    between two sizes, at either end of it, for each cause of unlikeness; none;
 *  - logging, a slot that is read-only, both; translation faults, and permission faults at
 *    each level at which an earlier fault with this host and this policy can have left a leaf.
 * The slot and what it hands on (two sets of flags, by size) do not depend on the rest: all places
 * are tried with a few of the rest, and one place for each set of flags with all of it.
 */
#include "port.h"

#define K(n) ((uint64_t)(n) << 10)
#define M(n) ((uint64_t)(n) << 20)
#define G(n) ((uint64_t)(n) << 30)
#define T(n) ((uint64_t)(n) << 40)

enum { P, C, D, U, SIZES };

struct host {
	unsigned int shift;
	uint64_t size[SIZES];
	bool maps_u;	       /* a block of level 1 is one of stage 2 */
	unsigned int huge[4];  /* log2 of the sizes of huge pages; 0: no more */
	unsigned int leafs[8]; /* log2 of L1's leaves; 0: no more */
};

static const struct host hosts[] = {
	{12, {K(4), K(64), M(2), G(1)}, true, {16, 21, 25, 30}, {12, 14, 16, 21, 25, 29, 30}},
	{14, {K(16), M(2), M(32), G(64)}, false, {21, 25, 30}, {14, 16, 25, 29}},
	{16, {K(64), M(2), M(512), T(4)}, false, {21, 29, 34}, {16, 29}},
};

/* How an entry of L1 is unlike the others. */
enum odd { NONE, MISSING, ELSEWHERE, READ_ONLY, NOT_ACCESSED, UNREADABLE, ODD_COUNT };

struct place {
	uint64_t hva, ipa;   /* of the fault */
	uint64_t start, end; /* of the slot, host VAs */
};

struct l1 {
	unsigned int leaf_shift; /* 0: not a shadow fault */
	unsigned int hint_shift, table_shift;
	uint64_t apart; /* input less output */
	enum odd odd;
	uint64_t odd_at; /* input */
};

struct trial {
	const struct host *host;
	const struct s2_policy *policy;
	struct place place;
	struct s2_backing backing;
	struct l1 l1;
	bool log_dirty, readonly;
	int level; /* of a permission fault; 0: a translation fault */
};

struct count {
	uint64_t trials, wrong;
	struct trial first; /* that was wrong */
};

static uint64_t input_of(const struct trial *t)
{
	return t->place.ipa + t->l1.apart;
}

/* ---- what is right ---- */

static uint64_t down(uint64_t v, uint64_t size)
{
	return v - v % size;
}

static bool within(uint64_t v, uint64_t start, uint64_t size)
{
	return v >= start && v - start < size;
}

/* L1 maps all of the aligned `size` bytes around the fault, as one piece. */
static bool l1_maps(const struct trial *t, uint64_t size)
{
	uint64_t input = input_of(t), leaf = 1ull << t->l1.leaf_shift;

	if (!t->l1.leaf_shift || size <= leaf)
		return true;
	if (t->policy->by_sizes || size > 1ull << t->l1.table_shift)
		return false;
	return t->l1.odd == NONE || !within(t->l1.odd_at, down(input, size), size);
}

/* The host's memory around the fault is one aligned piece of so many bytes. */
static uint64_t host_piece(const struct s2_backing *b)
{
	uint64_t vma = 1ull << b->vma_shift, most = vma > b->geometry ? vma : b->geometry;

	return most > b->user_leaf ? most : b->user_leaf;
}

static bool fits(const struct trial *t, uint64_t size)
{
	const struct place *p = &t->place;
	uint64_t va = down(p->hva, size);

	if (t->log_dirty && !t->readonly && size != t->host->size[P])
		return false;
	return p->hva % size == p->ipa % size && p->ipa % size == input_of(t) % size &&
	       va >= p->start && va + size <= p->end && size <= host_piece(&t->backing) &&
	       l1_maps(t, size);
}

/* Where U is no block, a device's memory of U was still mapped at once before Linux 7. */
static bool run_of_blocks(const struct trial *t, uint64_t size)
{
	return !t->host->maps_u && size == t->host->size[U] && t->backing.geometry == size;
}

static bool size_of_host(const struct trial *t, const struct s2_size_out *out)
{
	const struct host *h = t->host;

	if (out->contig)
		return out->size == h->size[C];
	return out->size == h->size[P] || out->size == h->size[D] ||
	       (h->maps_u && out->size == h->size[U]) || run_of_blocks(t, out->size);
}

/* The addresses that the handler makes of it; what is relaxed is found from within. */
static bool addresses_right(const struct trial *t, const struct s2_size *s)
{
	uint64_t size = s->out.size;
	uint64_t input = s2_size_addr(s, (struct table_ipa){input_of(t)}).v;
	uint64_t output = s2_size_canonical(s, (struct l1_ipa){t->place.ipa}).v;

	if (input_of(t) - input != t->place.ipa - output)
		return false;
	if (s->relax)
		return down(input, size) == down(input_of(t), size);
	return input == down(input_of(t), size) && output == down(t->place.ipa, size);
}

static bool right(const struct trial *t, const struct s2_size *s)
{
	return size_of_host(t, &s->out) && fits(t, s->out.size) && addresses_right(t, s);
}

/* ---- what the handler says ---- */

#define TABLE_AT  T(1)
#define LIKE_DESC 0x7c3ull

static uint64_t desc_at(const struct l1 *l1, uint64_t input)
{
	return (input - l1->apart) | LIKE_DESC | (1ull << 52) * (l1->hint_shift > l1->leaf_shift);
}

static uint64_t read_entry(void *ctx, struct l1_ipa addr, enum s2_io *io)
{
	const struct trial *t = ctx;
	uint64_t index = (addr.v - TABLE_AT) / 8, desc;
	uint64_t input = down(input_of(t), 1ull << t->l1.table_shift) + (index << t->l1.leaf_shift);

	assert_true(index < 1ull << (t->l1.table_shift - t->l1.leaf_shift));
	desc = desc_at(&t->l1, input);
	if (t->l1.odd == NONE || input != t->l1.odd_at)
		return desc;
	switch (t->l1.odd) {
	case ELSEWHERE: /* by more than a hint makes up for */
		return desc ^ 1ull << 46;
	case READ_ONLY:
		return desc & ~(1ull << 7);
	case NOT_ACCESSED:
		return desc & ~(1ull << 10);
	case UNREADABLE:
		*io = S2_IO_FAULT;
		return 0;
	default:
		return 0;
	}
}

static struct s2_walk walk_of(const struct trial *t)
{
	uint64_t input = down(input_of(t), 1ull << t->l1.leaf_shift);
	uint64_t offset = input - down(input, 1ull << t->l1.table_shift);

	return (struct s2_walk){
		.status = S2_WALK_OK,
		.desc = desc_at(&t->l1, input),
		.output = {t->place.ipa},
		.leaf_size = 1ull << t->l1.leaf_shift,
		.level = 3,
		.table_shift = (uint8_t)t->l1.table_shift,
		.hint_shift = (uint8_t)t->l1.hint_shift,
		.entry = {TABLE_AT + (offset >> t->l1.leaf_shift) * 8},
	};
}

static struct s2_size ask(const struct trial *t)
{
	static const struct s2_port port = {.read = read_entry};
	struct s2_vm vm = {.port = &port, .port_ctx = (void *)t};
	uint64_t page = t->host->size[P], base = t->place.ipa - (t->place.hva - t->place.start);
	struct s2_syndrome syn = {.fsc_class = t->level ? S2_FSC_PERMISSION : S2_FSC_TRANSLATION,
				  .fsc = (uint8_t)(t->level ? 0xc + t->level : 7)};
	struct s2_slot slot = {.base = {base},
			       .size = t->place.end - t->place.start,
			       .uaddr = {t->place.start},
			       .log_dirty = t->log_dirty,
			       .readonly = t->readonly};
	struct s2_walk walk = walk_of(t);
	struct s2_fill fill = {.syn = &syn,
			       .fault_ipa = {input_of(t)},
			       .ipa = {t->place.ipa},
			       .walk = t->l1.leaf_shift ? &walk : NULL,
			       .slot = &slot,
			       .hva = {down(t->place.hva, page)},
			       .backing = t->backing};

	vm.cfg = (struct s2_config){.page_shift = (uint8_t)t->host->shift, .policy = t->policy};
	return s2_fault_size(&vm, &fill);
}

/* The size mapped; 0: the handler tries again. */
static uint64_t try(const struct trial *t, struct count *n)
{
	struct s2_size s = ask(t);
	uint64_t most;

	n->trials++;
	if (s.out.retry)
		return 0;
	if (!right(t, &s) && !n->wrong++)
		n->first = *t;
	if (!s2_policy_sound(t->policy))
		return s.out.size;
	most = s2_size_limits(&s).sound_max;
	if (((s.out.size > most && !run_of_blocks(t, s.out.size)) || !fits(t, most)) && !n->wrong++)
		n->first = *t;
	return s.out.size;
}

/* ---- the classes of each input ---- */

#define HVA_AT	  T(8) /* multiples of all sizes, and 48 bits in sum */
#define IPA_APART T(64)
#define INPUT_AT  T(128)

/* The fault in the first, an inner or the last part of each larger size. */
static uint64_t offset_of(const struct host *h, unsigned int in_u, unsigned int in_d,
			  unsigned int in_c)
{
	unsigned int part[SIZES] = {in_c, in_d, in_u};
	uint64_t offset = h->size[P] / 2 + 8;

	for (int i = P; i < U; i++) {
		uint64_t parts = h->size[i + 1] / h->size[i];

		offset += (part[i] == 0 ? 0 : part[i] == 1 ? parts / 2 : parts - 1) * h->size[i];
	}
	return offset;
}

/* P: the spaces agree modulo P alone. */
static uint64_t disagreement(const struct host *h, int modulo)
{
	return modulo == U ? 0 : h->size[modulo];
}

static struct place place_in(const struct host *h, uint64_t offset, int congruent)
{
	return (struct place){.hva = HVA_AT + offset,
			      .ipa = HVA_AT + offset + IPA_APART + disagreement(h, congruent)};
}

#define BACKINGS 64
struct backings {
	struct s2_backing v[BACKINGS];
	unsigned int count;
};

static void add_backing(struct backings *list, unsigned int vma_shift, uint64_t leaf,
			uint64_t geometry)
{
	assert_true(list->count < BACKINGS);
	list->v[list->count++] = (struct s2_backing){.vma_shift = (uint8_t)vma_shift,
						     .user_leaf = leaf,
						     .geometry = geometry,
						     .device = geometry != 0};
}

static void list_backings(const struct host *h, struct backings *list)
{
	uint64_t leafs[SIZES + 3] = {0, h->size[P], h->size[C], h->size[D], h->size[U], G(1), G(2)};

	list->count = 0;
	for (unsigned int i = 0; i < SIZES + 3; i++) {
		add_backing(list, h->shift, leafs[i], 0);
		for (unsigned int k = 0; k < 4 && h->huge[k]; k++)
			if (leafs[i] <= 1ull << h->huge[k])
				add_backing(list, h->huge[k], leafs[i], 0);
		for (int k = P; k < SIZES; k++)
			if (k != C && leafs[i] <= h->size[k])
				add_backing(list, h->shift, leafs[i], h->size[k]);
	}
}

#define L1S 8192
struct l1s {
	struct l1 v[L1S];
	unsigned int count;
};

static void add_l1(struct l1s *list, struct l1 l1)
{
	assert_true(list->count < L1S);
	list->v[list->count++] = l1;
}

/* One entry unlike the others, in the span from `inner` bytes around the fault to `outer`. */
static void add_odd(struct l1s *list, struct l1 l1, uint64_t input, uint64_t inner, uint64_t outer)
{
	uint64_t leaf = 1ull << l1.leaf_shift;
	uint64_t ends[2] = {down(input, outer), down(input, outer) + outer - leaf};

	for (int end = 0; end < 2; end++) {
		l1.odd_at = ends[end];
		if (within(l1.odd_at, down(input, inner), inner))
			continue;
		for (l1.odd = NONE + 1; l1.odd < ODD_COUNT; l1.odd++)
			add_l1(list, l1);
	}
}

static void add_tables(const struct host *h, const struct place *p, struct l1s *list, struct l1 l1)
{
	for (unsigned int concatenated = 0; concatenated < 2; concatenated++) {
		uint64_t inner = 1ull << l1.leaf_shift;

		l1.table_shift += 4 * concatenated;
		add_l1(list, l1);
		for (int i = C; i < SIZES && h->size[i] <= 1ull << l1.table_shift; i++) {
			if (h->size[i] <= inner)
				continue;
			add_odd(list, l1, p->ipa + l1.apart, inner, h->size[i]);
			inner = h->size[i];
		}
	}
}

/* log2 of L1's granule, and of the bytes that its contiguous hint covers (spec 1.5). */
static unsigned int granule_of(unsigned int leaf_shift)
{
	static const uint8_t granules[64] = {
		[12] = 12, [21] = 12, [30] = 12, [14] = 14, [25] = 14, [16] = 16, [29] = 16};

	return granules[leaf_shift];
}

static unsigned int hint_of(unsigned int leaf_shift)
{
	unsigned int granule = granule_of(leaf_shift);

	return leaf_shift + (granule == 12 ? 4 : granule == 16 || leaf_shift == 25 ? 5 : 7);
}

/* What L1 has around a leaf; policies that do not look further see nothing of it. */
static void add_leaf(const struct host *h, const struct place *p, bool further, struct l1s *list,
		     struct l1 l1)
{
	unsigned int hints[2] = {l1.leaf_shift, hint_of(l1.leaf_shift)};

	l1.table_shift = l1.leaf_shift + granule_of(l1.leaf_shift) - 3;
	for (int hint = 0; hint < 1 + further; hint++) {
		l1.hint_shift = hints[hint];
		if (l1.apart % (1ull << l1.hint_shift))
			continue; /* a hint takes output bits from the input */
		if (further)
			add_tables(h, p, list, l1);
		else
			add_l1(list, l1);
	}
}

static void list_l1(const struct host *h, const struct place *p, bool further, struct l1s *list)
{
	list->count = 0;
	add_l1(list, (struct l1){0});
	for (unsigned int i = 0; i < 8 && h->leafs[i]; i++) {
		struct l1 l1 = {.leaf_shift = h->leafs[i]};
		uint64_t leaf = 1ull << l1.leaf_shift;

		l1.apart = INPUT_AT;
		add_leaf(h, p, further, list, l1);
		l1.apart = INPUT_AT + leaf;
		add_leaf(h, p, further, list, l1);
		for (int k = C; k < U; k++) {
			l1.apart = INPUT_AT + h->size[k];
			if (h->size[k] > leaf)
				add_leaf(h, p, further, list, l1);
		}
	}
}

/* ---- everything ---- */

#define LEVELS 4

/* Levels of the leaves that faults left; of L1's own, and of shadow faults. */
struct reached {
	bool level[2][LEVELS];
	bool size[SIZES];
};

static void note(const struct host *h, bool shadow, uint64_t size, struct reached *r)
{
	static const int levels[SIZES] = {3, 3, 2, 1};

	for (int i = P; i < SIZES; i++) {
		r->level[shadow][levels[i]] |= size == h->size[i];
		r->size[i] |= size == h->size[i];
	}
}

/* All of L1, with and without logging, at one kind of fault. */
static void try_all(struct trial *t, const struct l1s *l1s, struct reached *r, struct count *n)
{
	for (unsigned int flags = 0; flags < 4; flags++) {
		t->log_dirty = flags & 1;
		t->readonly = flags & 2;
		for (unsigned int i = 0; i < l1s->count; i++) {
			bool shadow = l1s->v[i].leaf_shift;

			t->l1 = l1s->v[i];
			if (!t->level)
				note(t->host, shadow, try(t, n), r);
			else if (r->level[shadow][t->level])
				try(t, n);
		}
	}
}

static void try_backing(struct trial *t, const struct l1s *l1s, bool *sizes, struct count *n)
{
	struct reached r = {0};

	for (t->level = 0; t->level < LEVELS; t->level++)
		try_all(t, l1s, &r, n);
	for (int i = P; i < SIZES; i++)
		sizes[i] |= r.size[i];
}

/* A slot for each set of flags: as large as one size, and congruent modulo one. */
static void try_everything(struct trial *t, bool *sizes, struct count *n)
{
	static struct backings backings;
	static struct l1s l1s;

	list_backings(t->host, &backings);
	for (unsigned int i = 0; i < SIZES * SIZES * 3; i++) {
		uint64_t size = t->host->size[i / 3 % SIZES];

		t->place = place_in(t->host, offset_of(t->host, i % 3, i % 3, i % 3),
				    (int)(i / 3 / SIZES));
		t->place.start = down(t->place.hva, size);
		t->place.end = t->place.start + size;
		list_l1(t->host, &t->place, !t->policy->by_sizes, &l1s);
		for (unsigned int k = 0; k < backings.count; k++) {
			t->backing = backings.v[k];
			try_backing(t, &l1s, sizes, n);
		}
	}
}

/* Few backings and little of L1: what admits as much as can be. */
static void try_place(struct trial *t, struct count *n)
{
	static struct l1s l1s;

	list_l1(t->host, &t->place, false, &l1s);
	t->log_dirty = t->readonly = false;
	t->level = 0;
	for (int i = P; i < SIZES; i++) {
		t->backing = (struct s2_backing){
			.vma_shift = (uint8_t)(i == U && t->host->maps_u ? 30 : t->host->shift),
			.user_leaf = t->host->size[i]};
		for (unsigned int k = 0; k < l1s.count; k++) {
			t->l1 = l1s.v[k];
			try(t, n);
		}
	}
}

/* Slots that begin and end at each place that matters. */
static void try_bounds(struct trial *t, struct count *n)
{
	const struct host *h = t->host;

	for (unsigned int i = 0; i < SIZES * SIZES * 4; i++) {
		uint64_t below = h->size[i % SIZES], above = h->size[i / SIZES % SIZES];
		uint64_t page = down(t->place.hva, h->size[P]);

		t->place.start = down(t->place.hva, below) + (i / 16 & 1) * h->size[P];
		t->place.end = down(t->place.hva, above) + above - (i / 32) * h->size[P];
		if (t->place.start <= page && t->place.end > page)
			try_place(t, n);
	}
}

static void try_all_places(struct trial *t, struct count *n)
{
	for (unsigned int i = 0; i < 27 * SIZES; i++) {
		t->place = place_in(t->host, offset_of(t->host, i % 3, i / 3 % 3, i / 9 % 3),
				    (int)(i / 27));
		try_bounds(t, n);
	}
}

static struct count count_policy(const struct s2_policy *policy, bool sizes[3][SIZES])
{
	struct count n = {0};

	for (unsigned int i = 0; i < 3; i++) {
		struct trial t = {.host = &hosts[i], .policy = policy};

		try_everything(&t, sizes[i], &n);
		try_all_places(&t, &n);
	}
	print_message("# %s: %llu inputs, %llu wrong\n", policy->name, (unsigned long long)n.trials,
		      (unsigned long long)n.wrong);
	return n;
}

static void tell(const struct trial *t)
{
	struct s2_size s = ask(t);

	fail_msg("%s: host 2^%u, hva %#llx of [%#llx, %#llx), ipa %#llx, vma 2^%u, leaf %#llx, "
		 "geometry %#llx, log %d %d, level %d; L1: 2^%u, hint 2^%u, table 2^%u, apart "
		 "%#llx, odd %d at %#llx: size %#llx, relax %d, most %#llx",
		 t->policy->name, t->host->shift, (unsigned long long)t->place.hva,
		 (unsigned long long)t->place.start, (unsigned long long)t->place.end,
		 (unsigned long long)t->place.ipa, t->backing.vma_shift,
		 (unsigned long long)t->backing.user_leaf, (unsigned long long)t->backing.geometry,
		 t->log_dirty, t->readonly, t->level, t->l1.leaf_shift, t->l1.hint_shift,
		 t->l1.table_shift, (unsigned long long)t->l1.apart, t->l1.odd,
		 (unsigned long long)t->l1.odd_at, (unsigned long long)s.out.size, s.relax,
		 (unsigned long long)s2_size_limits(&s).sound_max);
}

/* What each sound policy maps at all, on hosts of 4K, 16K and 64K. */
static const struct {
	const char *name;
	bool sizes[3][SIZES];
} mapped[] = {
	{"page", {{1}, {1}, {1}}},
	{"kvm-6.11", {{1, 0, 1, 1}, {1, 0, 1, 1}, {1, 0, 1, 1}}},
	{"kvm-7.3", {{1, 0, 1, 1}, {1, 0, 1}, {1, 0, 1}}},
	{"contig", {{1, 1, 1, 1}, {1, 1, 1}, {1, 1, 1}}},
	{"coalesce", {{1, 0, 1, 1}, {1, 0, 1}, {1, 0, 1}}},
};

static void what_a_sound_policy_maps_is_sound(void **state)
{
	unsigned int sound = 0;

	(void)state;
	for (unsigned int i = 0; i < sizeof(mapped) / sizeof(mapped[0]); i++) {
		const struct s2_policy *policy = find_policy(mapped[i].name);
		bool sizes[3][SIZES] = {{0}};
		struct count n = count_policy(policy, sizes);

		if (n.wrong)
			tell(&n.first);
		assert_memory_equal(sizes, mapped[i].sizes, sizeof(sizes));
	}
	for (unsigned int i = 0; i < s2_policy_count; i++)
		sound += s2_policy_sound(&s2_policies[i]);
	assert_int_equal(sound, sizeof(mapped) / sizeof(mapped[0]));
}

static void each_unsound_policy_is_found_out(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < s2_policy_count; i++) {
		bool sizes[3][SIZES] = {{0}};

		if (!s2_policy_sound(&s2_policies[i]))
			assert_true(count_policy(&s2_policies[i], sizes).wrong);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_sound_policy_maps_is_sound),
		cmocka_unit_test(each_unsound_policy_is_found_out),
	};

	return cmocka_run_group_tests_name("clamp exhaustive", tests, NULL, NULL);
}
