/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random histories of a VM against a model of it.
 *
 * The model knows no tables. L1's stage 2 is an array of descriptors that the
 * test writes and copies into L1's memory; a shadow table is an array of
 * pages, each with its frame, permissions, and the leaf that it belongs to.
 * The model predicts what hardware would do with an access, what the handler
 * must do with the fault, and what each invalidation removes. Then tables are
 * read raw and compared page by page.
 *
 * NVSIM_MODEL_STEPS: steps for each row of `runs`; NVSIM_MODEL_SEED.
 */
#include "port.h"

#include <inttypes.h>

#define GUESTS	  5 /* L2s that L1 has, by VMID */
#define SLOTS_L1  4 /* level-2 entries that an L1 table has at L2_BASE */
#define CELLS_MAX 12
#define SPACES	  5 /* four contexts and the canonical table */
#define CANONICAL 4
#define L2_BASE	  0x40000000ull
#define L2_GIANT  0x80000000ull /* one level-1 entry, of 4K tables */
#define G(n)	  ((uint64_t)(n) << 30)

/* ---- what is there ---- */

struct run {
	const char *name;
	unsigned int host, l1;	/* page shifts */
	bool break_before_make; /* L1 does it */
	bool ha, dic, xnx;
};

static const struct run runs[] = {
	{"4K on 4K", 12, 12, true, true, false, true},
	{"4K on 4K, careless", 12, 12, false, false, true, false},
	{"16K on 4K", 12, 14, true, false, true, true},
	{"64K on 4K", 12, 16, true, true, false, false},
	{"64K on 4K, careless", 12, 16, false, true, false, true},
	{"16K on 16K", 14, 14, true, false, false, true},
	{"64K on 16K", 14, 16, true, true, true, true},
	{"16K on 16K, careless", 14, 14, false, false, false, true},
	{"64K on 64K", 16, 16, true, false, true, true},
	{"64K on 64K, careless", 16, 16, false, true, false, true},
};

/* A page of a shadow or canonical table. */
struct page {
	uint64_t pa;
	uint64_t l1_start; /* L1's leaf when the page was mapped */
	uint8_t l1_shift;
	uint8_t shift; /* of the leaf in the table */
	bool valid, af;
	uint8_t tag;
	struct s2_perm perm;
	struct s2_perm allowed; /* L1's permissions at any time since */
};

/* A range as large as a level-2 block of the host; nothing else is looked at. */
struct cell {
	uint64_t start;
	struct page *pages;
};

struct space {
	struct s2_mmu *mmu;
	struct cell cells[CELLS_MAX];
	unsigned int cell_count;
	bool valid;
	unsigned int guest;
};

struct guest {
	uint64_t vttbr, block_table, page_tables[SLOTS_L1];
	uint64_t *pages[SLOTS_L1];  /* level-3 descriptors */
	uint64_t entries[SLOTS_L1]; /* level-2 descriptors; 3: the table */
	uint64_t giant;
};

enum backing_kind { BACKED_BY_PAGES, BACKED_BY_THP, BACKED_BY_HUGETLB, BACKED_BY_GIANT };

/* Slots, by place in port.slots. */
enum { TABLES, PLAIN, RAGGED, CROOKED, READONLY, LOGGED, SLOT_COUNT };

struct model {
	const struct run *run;
	struct world w;
	uint64_t random;
	struct guest guests[GUESTS];
	struct space spaces[SPACES];
	enum backing_kind kinds[SLOT_COUNT];
	unsigned int guest; /* that runs */
	unsigned int mapped, relaxed, injected, others;
	struct s2_digest digest;
};

static struct model *the_model; /* for the port's callback */

/* What L1 says of an address. */
struct l1_view {
	bool mapped;
	int level; /* of the leaf or of the entry that is invalid */
	uint64_t start, output;
	unsigned int shift;
	struct s2_perm perm;
	uint64_t *desc; /* NULL: identity */
	uint64_t where; /* L1's address of it */
};

/* ---- small things ---- */

static uint64_t next(struct model *m)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return m->random * 0x2545f4914f6cdd1d;
}

static unsigned int pick(struct model *m, unsigned int n)
{
	return (unsigned int)(next(m) >> 33) % n;
}

static uint64_t size_of(unsigned int shift)
{
	return 1ull << shift;
}

static unsigned int host_block(const struct model *m)
{
	return 2 * m->run->host - 3;
}

static unsigned int l1_block(const struct model *m)
{
	return 2 * m->run->l1 - 3;
}

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

static uint64_t start_of(uint64_t addr, unsigned int shift)
{
	return addr & ~(size_of(shift) - 1);
}

static struct page *page_at(const struct model *m, const struct space *s, uint64_t addr)
{
	unsigned int i;

	for (i = 0; i < s->cell_count; i++)
		if (addr - s->cells[i].start < size_of(host_block(m)))
			return &s->cells[i].pages[(addr - s->cells[i].start) >> m->run->host];
	return NULL;
}

typedef void page_fn(struct model *m, struct page *p, uint64_t addr, const void *arg);

static void each_page(struct model *m, const struct space *s, page_fn *fn, const void *arg)
{
	unsigned int i;
	uint64_t at;

	for (i = 0; i < s->cell_count; i++)
		for (at = 0; at < size_of(host_block(m)); at += size_of(m->run->host))
			fn(m, &s->cells[i].pages[at >> m->run->host], s->cells[i].start + at, arg);
}

/* ---- L1 ---- */

static struct s2_perm desc_perm(const struct model *m, uint64_t desc)
{
	static const bool el0[] = {1, 1, 0, 0}, el1[] = {1, 0, 0, 1}, coarse[] = {1, 1, 0, 0};
	unsigned int xn = desc >> 53 & 3;

	return (struct s2_perm){.r = desc >> 6 & 1,
				.w = desc >> 7 & 1,
				.x_el0 = m->run->xnx ? el0[xn] : coarse[xn],
				.x_el1 = m->run->xnx ? el1[xn] : coarse[xn]};
}

static struct l1_view view_leaf(const struct model *m, uint64_t *desc, uint64_t where, int level,
				unsigned int shift, uint64_t addr)
{
	struct l1_view v = {.level = level, .shift = shift, .desc = desc, .where = where};

	v.mapped = *desc & 1;
	v.start = start_of(addr, shift);
	v.output = start_of(*desc & 0x0000fffffffff000ull, shift) | (addr - v.start);
	v.perm = desc_perm(m, *desc);
	return v;
}

static struct l1_view l1_view(struct model *m, unsigned int guest, uint64_t addr)
{
	struct guest *g = &m->guests[guest];
	uint64_t slot = (addr - L2_BASE) >> l1_block(m), index;

	if (addr >= L2_GIANT && m->run->l1 == 12)
		return view_leaf(m, &g->giant, (g->vttbr & ~0ull >> 16) + 16, 1, 30, addr);
	assert_true(slot < SLOTS_L1);
	if ((g->entries[slot] & 3) != 3)
		return view_leaf(m, &g->entries[slot], g->block_table + slot * 8, 2, l1_block(m),
				 addr);
	index = (addr & (size_of(l1_block(m)) - 1)) >> m->run->l1;
	return view_leaf(m, &g->pages[slot][index], g->page_tables[slot] + index * 8, 3, m->run->l1,
			 addr);
}

static struct l1_view identity(uint64_t addr)
{
	return (struct l1_view){
		.mapped = true, .output = addr, .shift = 63, .perm = {true, true, true, true}};
}

static void write_desc(struct model *m, uint64_t *desc, uint64_t where, uint64_t value)
{
	*desc = value;
	port_poke(m->w.port, where, value);
}

/* ---- the host ---- */

static enum s2_host_status backing(void *ctx, const struct s2_slot *slot, struct host_va hva,
				   bool write, struct s2_backing *out)
{
	struct port *p = ctx;
	unsigned int index = (unsigned int)(slot - p->slots);
	enum backing_kind kind = the_model->kinds[index];
	unsigned int block = host_block(the_model);

	(void)write;
	*out = (struct s2_backing){
		.pa = {((uint64_t)(index + 1) << 40) + slot->base.v + (hva.v - slot->uaddr.v)},
		.user_leaf = size_of(kind == BACKED_BY_PAGES ? p->page_shift : block),
		.vma_shift = (uint8_t)(kind == BACKED_BY_GIANT	   ? 30
				       : kind == BACKED_BY_HUGETLB ? block
								   : p->page_shift),
		.writable = true,
		.mte_allowed = true,
	};
	if (kind == BACKED_BY_GIANT)
		out->user_leaf = G(1);
	return S2_HOST_OK;
}

/* The largest size, by trying them all. */
static unsigned int largest_shift(const struct model *m, unsigned int slot, const struct l1_view *v)
{
	const struct s2_slot *s = &m->w.port->slots[slot];
	unsigned int shifts[] = {m->run->host == 12 ? 30 : 0, host_block(m)}, i;

	for (i = 0; i < 2 && !(s->log_dirty && !s->readonly); i++) {
		uint64_t size = size_of(shifts[i]), start = start_of(v->output, shifts[i]);
		bool backed =
			i ? m->kinds[slot] != BACKED_BY_PAGES : m->kinds[slot] == BACKED_BY_GIANT;

		if (shifts[i] && backed && v->shift >= shifts[i] && start >= s->base.v &&
		    start + size <= s->base.v + s->size && !((s->base.v ^ s->uaddr.v) & (size - 1)))
			return shifts[i];
	}
	return m->run->host;
}

/* ---- comparison ---- */

static void compare_page(struct model *m, struct page *p, uint64_t addr, const void *arg)
{
	const struct space *s = arg;
	int level;
	uint64_t desc = *port_entry(m->w.port, s->mmu, addr, &level);
	unsigned int shift = port_level_shift(m->w.port, level), xn = desc >> 53 & 3;

	if ((desc & 1) != p->valid)
		fail_msg("%#" PRIx64 ": descriptor %#" PRIx64 ", expected valid %d", addr, desc,
			 p->valid);
	if (!p->valid)
		return;
	assert_int_equal(shift, p->shift);
	assert_int_equal(port_desc_pa(m->w.port, desc) | (addr & (size_of(shift) - 1)), p->pa);
	assert_int_equal(desc >> 6 & 1, p->perm.r);
	assert_int_equal(desc >> 7 & 1, p->perm.w);
	assert_int_equal(xn < 2, p->perm.x_el0);
	assert_int_equal(xn == 0 || xn == 3, p->perm.x_el1);
	assert_int_equal(desc >> 10 & 1, p->af);
	assert_int_equal(desc >> 55 & 3, p->tag);
}

/* Nothing that L1 never allowed since the page was last invalid. */
static void check_allowed(struct model *m, struct page *p, uint64_t addr, const void *arg)
{
	(void)m;
	(void)arg;
	if (p->valid &&
	    ((p->perm.r && !p->allowed.r) || (p->perm.w && !p->allowed.w) ||
	     (p->perm.x_el0 && !p->allowed.x_el0) || (p->perm.x_el1 && !p->allowed.x_el1)))
		fail_msg("%#" PRIx64 ": more than L1 allows", addr);
}

static void count_leaf(void *arg, struct table_ipa start, int level, uint64_t size, uint64_t desc)
{
	(void)start;
	(void)level;
	if (desc & 1)
		*(uint64_t *)arg += size;
}

struct covered {
	uint64_t bytes, giant; /* giant: the start of one that was counted */
};

static void count_page(struct model *m, struct page *p, uint64_t addr, const void *arg)
{
	struct covered *c = *(struct covered *const *)arg;
	uint64_t start = start_of(addr, p->shift ? p->shift : 12);

	if (!p->valid)
		return;
	if (p->shift <= host_block(m)) {
		c->bytes += size_of(m->run->host);
	} else if (c->giant != start) {
		c->giant = start;
		c->bytes += size_of(p->shift);
	}
}

/* Every page of a table is in the model, too. */
static void check_space(struct model *m, struct space *s)
{
	struct covered c = {.giant = 1}, *where = &c;
	uint64_t bytes = 0;

	each_page(m, s, compare_page, s);
	if (m->run->break_before_make)
		each_page(m, s, check_allowed, NULL);
	each_page(m, s, count_page, &where);
	s2_for_each_entry(&m->w.vm, s->mmu, count_leaf, &bytes);
	assert_int_equal(bytes, c.bytes);
}

static void check_all(struct model *m)
{
	unsigned int i;

	for (i = 0; i < SPACES; i++)
		check_space(m, &m->spaces[i]);
	port_check(m->w.port);
}

/* ---- invalidation ---- */

struct range {
	uint64_t start, size;
};

static void drop_overlapping(struct model *m, struct page *p, uint64_t addr, const void *arg)
{
	const struct range *r = arg;

	(void)m;
	if (p->valid && overlap(start_of(addr, p->shift), size_of(p->shift), r->start, r->size))
		p->valid = false;
}

static void drop(struct model *m, struct page *p, uint64_t addr, const void *arg)
{
	(void)m;
	(void)addr;
	(void)arg;
	p->valid = false;
}

/* 7.5.1 by the model's pages: the size of L1's leaf as the tags tell it. */
static unsigned int derived_shift(const struct model *m, const struct space *s, uint64_t addr)
{
	unsigned int l1 = m->run->l1, rungs = l1 == 12 ? 3 : 2, i;
	unsigned int largest = l1 + (rungs - 1) * (l1 - 3);

	for (i = 0; i < rungs; i++) {
		uint64_t t = start_of(addr, l1 + i * (l1 - 3));
		const struct page *p = page_at(m, s, t);
		unsigned int shift;

		if (!p || !p->valid || !p->tag)
			continue;
		shift = l1 + (3 - p->tag) * (l1 - 3);
		return addr < t + size_of(shift) ? shift : largest;
	}
	return largest;
}

/* What an invalidation is for is gone: pages of a leaf of L1's that held the address. */
static void check_gone(struct model *m, struct page *p, uint64_t addr, const void *arg)
{
	uint64_t target = *(const uint64_t *)arg;

	(void)m;
	if (p->valid && target - p->l1_start < size_of(p->l1_shift))
		fail_msg("%#" PRIx64 " survives an invalidation of %#" PRIx64, addr, target);
}

/* TLBI IPAS2E1IS by L1 for one of its guests; shift 0: without TTL. */
static void tlbi_ipa(struct model *m, unsigned int guest, uint64_t addr, unsigned int shift)
{
	unsigned int l1 = m->run->l1, i;
	uint64_t ttl = shift ? ((l1 - 12) / 2 + 1) << 2 | (3 - (shift - l1) / (l1 - 3)) : 0;
	uint64_t xt = ttl << 44 | addr >> 12;

	for (i = 0; i < CANONICAL; i++) {
		struct space *s = &m->spaces[i];
		bool matches =
			s2_tlbi_matches(&m->w.vm, s->mmu, S2_TLBI_IPA, m->guests[guest].vttbr);
		unsigned int size = shift;
		struct range r;

		assert_int_equal(matches, s->valid && s->guest == guest);
		if (!matches)
			continue;
		if (!size)
			size = derived_shift(m, s, addr);
		s2_tlbi(&m->w.vm, s->mmu, S2_TLBI_IPA, xt);
		r = (struct range){start_of(addr, size), size_of(size)};
		each_page(m, s, drop_overlapping, &r);
		if (m->run->break_before_make)
			each_page(m, s, check_gone, &addr);
	}
}

/* The rest of L1's instructions. */
static void tlbi_more(struct model *m, unsigned int guest, uint64_t addr)
{
	static const enum s2_tlbi_kind kinds[] = {S2_TLBI_IPA_RANGE, S2_TLBI_VMID, S2_TLBI_ALL};
	unsigned int which = pick(m, 16), num = pick(m, 32), scale = pick(m, 3), i;
	enum s2_tlbi_kind kind = kinds[which < 14 ? 0 : which - 13];
	uint64_t tg = (m->run->l1 - 12) / 2 + 1;
	uint64_t xt = tg << 46 | (uint64_t)scale << 44 | (uint64_t)num << 39 | addr >> m->run->l1;
	struct range r = {addr, ((uint64_t)num + 1) << (5 * scale + 1) << m->run->l1};

	if (kind != S2_TLBI_IPA_RANGE)
		r = (struct range){0, ~0ull >> 1};
	for (i = 0; i < CANONICAL; i++) {
		struct space *s = &m->spaces[i];

		if (!s->valid || (kind != S2_TLBI_ALL && s->guest != guest))
			continue;
		assert_true(s2_tlbi_matches(&m->w.vm, s->mmu, kind, m->guests[guest].vttbr));
		s2_tlbi(&m->w.vm, s->mmu, kind, xt);
		each_page(m, s, drop_overlapping, &r);
	}
}

/* ---- L1 edits its tables ---- */

static uint64_t random_output(struct model *m, unsigned int shift)
{
	/* The last one is no memory. */
	static const uint64_t areas[] = {G(16), G(16), G(16), G(32), G(48), G(64), G(80), G(100)};
	uint64_t base = areas[pick(m, 8)], span = shift == 30 ? 3 : 6;

	base += (uint64_t)pick(m, 2) << 30;
	return base + ((uint64_t)pick(m, (unsigned int)span) << shift);
}

static uint64_t random_desc(struct model *m, int level, unsigned int shift)
{
	uint64_t desc = random_output(m, shift) | 0x701 | (level == 3 ? 2 : 0);

	if (!pick(m, 16))
		desc &= ~0x400ull; /* AF */
	desc |= (uint64_t)(pick(m, 8) ? 3 : pick(m, 4)) << 6;
	return desc | (uint64_t)(pick(m, 3) ? 0 : pick(m, 4)) << 53;
}

/* L1 raises or lowers permissions in place: nothing needs to be invalidated at once. */
static void widen(struct model *m, struct page *p, uint64_t addr, const void *arg)
{
	const struct l1_view *v = arg;

	(void)m;
	if (!p->valid || addr - v->start >= size_of(v->shift))
		return;
	p->allowed.r |= v->perm.r;
	p->allowed.w |= v->perm.w;
	p->allowed.x_el0 |= v->perm.x_el0;
	p->allowed.x_el1 |= v->perm.x_el1;
}

static void change_permissions(struct model *m, unsigned int guest, uint64_t addr)
{
	struct l1_view v = l1_view(m, guest, addr);
	unsigned int i;

	if (!v.mapped)
		return;
	write_desc(m, v.desc, v.where,
		   (*v.desc & ~(0xc0ull | 3ull << 53)) |
			   (random_desc(m, 3, 12) & 0x600000000000c0));
	v.perm = desc_perm(m, *v.desc);
	for (i = 0; i < CANONICAL; i++)
		if (m->spaces[i].valid && m->spaces[i].guest == guest)
			each_page(m, &m->spaces[i], widen, &v);
}

static void make_table(struct model *m, struct guest *g, unsigned int slot)
{
	write_desc(m, &g->entries[slot], g->block_table + slot * 8, g->page_tables[slot] | 3);
}

/* A table entry goes: everything below it is invalidated. */
static void drop_table(struct model *m, unsigned int guest, unsigned int slot)
{
	struct guest *g = &m->guests[guest];
	uint64_t start = L2_BASE + ((uint64_t)slot << l1_block(m));

	write_desc(m, &g->entries[slot], g->block_table + slot * 8, 0);
	if (m->run->break_before_make)
		tlbi_ipa(m, guest, start, l1_block(m));
}

static void edit(struct model *m, unsigned int guest, uint64_t addr)
{
	struct l1_view v = l1_view(m, guest, addr);
	struct guest *g = &m->guests[guest];
	unsigned int slot = (unsigned int)((addr - L2_BASE) >> l1_block(m));

	if (v.mapped && !pick(m, 3)) {
		change_permissions(m, guest, addr);
		return;
	}
	if (m->run->break_before_make && v.mapped) {
		write_desc(m, v.desc, v.where, 0);
		tlbi_ipa(m, guest, addr, pick(m, 2) ? v.shift : 0);
	}
	if (v.level == 2 && pick(m, 3)) {
		make_table(m, g, slot);
	} else if (v.level == 3 && !pick(m, 24)) {
		drop_table(m, guest, slot);
	} else if (pick(m, 8)) {
		write_desc(m, v.desc, v.where, random_desc(m, v.level, v.shift));
	} else {
		write_desc(m, v.desc, v.where, 0);
	}
}

/* ---- an access ---- */

enum access { READ, WRITE, FETCH };

struct attempt {
	struct space *s;
	uint64_t addr;
	enum access access;
	bool el0;
	bool permission, young; /* what the hardware reports: permission or access flag */
	struct page *page;
};

static bool permits(const struct s2_perm *p, enum access access, bool el0)
{
	if (access == FETCH)
		return el0 ? p->x_el0 : p->x_el1;
	return access == WRITE ? p->w : p->r;
}

/* What the hardware says with the table as it is; 0: the access succeeds. */
static uint64_t hardware(struct model *m, struct attempt *a)
{
	static const uint64_t esr[] = {0x93c08000, 0x93c08040, 0x82000000};
	int level;

	port_entry(m->w.port, a->s->mmu, a->addr, &level);
	if (!a->page->valid)
		return esr[a->access] | 0x04 | (unsigned int)level;
	a->young = !a->page->af;
	if (a->young)
		return esr[a->access] | 0x08 | (unsigned int)level;
	if (permits(&a->page->perm, a->access, a->el0))
		return 0;
	a->permission = true;
	return esr[a->access] | 0x0c | (unsigned int)level;
}

static unsigned int slot_of(const struct model *m, uint64_t addr)
{
	unsigned int i;

	for (i = 0; i < SLOT_COUNT; i++)
		if (addr - m->w.port->slots[i].base.v < m->w.port->slots[i].size)
			return i;
	return SLOT_COUNT;
}

static void check_injected(struct model *m, const struct s2_outcome *out, uint64_t esr,
			   unsigned int fsc)
{
	assert_int_equal(out->kind, S2_INJECTED);
	assert_int_equal(out->inject.esr, (esr & ~0x3full) | fsc);
	assert_int_equal(out->inject.el, 2);
	m->injected++;
}

/* L1's part: true where the fault is L1's, or is over. */
static bool l1_refuses(struct model *m, const struct attempt *a, struct l1_view *v,
		       const struct s2_outcome *out, uint64_t esr)
{
	unsigned int level = (unsigned int)v->level;

	if (!v->mapped) {
		check_injected(m, out, esr, 0x04 | level);
		return true;
	}
	if (v->desc && !(*v->desc & 0x400)) {
		if (!m->run->ha) {
			check_injected(m, out, esr, 0x08 | level);
			return true;
		}
		*v->desc |= 0x400;
	}
	if (v->desc)
		assert_int_equal(port_peek(m->w.port, v->where), *v->desc);
	if (a->permission && !permits(&v->perm, a->access, a->el0)) {
		check_injected(m, out, esr, 0x0c | level);
		return true;
	}
	return false;
}

/* No memory, or none that may be written. */
static void check_no_memory(struct model *m, const struct attempt *a, const struct l1_view *v,
			    const struct s2_outcome *out)
{
	m->others++;
	if (a->access == FETCH) {
		assert_int_equal(out->kind, S2_INJECTED_SEA);
		return;
	}
	assert_int_equal(out->kind, S2_MMIO);
	assert_int_equal(out->mmio.addr.v, start_of(v->output, 12) | (FAR & 0xfff));
	assert_int_equal(out->mmio.write, a->access == WRITE);
}

static struct s2_perm expected_perm(const struct model *m, const struct attempt *a,
				    const struct l1_view *v, const struct s2_slot *slot)
{
	bool x = a->access == FETCH || m->run->dic;

	return (struct s2_perm){
		.r = v->perm.r,
		.w = v->perm.w && !slot->readonly && (!slot->log_dirty || a->access == WRITE),
		.x_el0 = x && v->perm.x_el0,
		.x_el1 = x && v->perm.x_el1,
	};
}

static void raise(struct model *m, struct page *p, uint64_t addr, const void *arg)
{
	const struct s2_perm *perm = arg;

	(void)m;
	(void)addr;
	p->perm.r |= perm->r;
	p->perm.w |= perm->w;
	if (perm->x_el0 || perm->x_el1) {
		p->perm.x_el0 = perm->x_el0;
		p->perm.x_el1 = perm->x_el1;
	}
}

/* Applies fn to the pages that [start, +size) has in the model. */
static void in_range(struct model *m, const struct space *s, uint64_t start, uint64_t size,
		     page_fn *fn, const void *arg)
{
	unsigned int i;
	uint64_t at, block = size_of(host_block(m)), page = size_of(m->run->host);

	for (i = 0; i < s->cell_count; i++) {
		uint64_t cell = s->cells[i].start, from = start > cell ? start : cell;
		uint64_t to = start + size < cell + block ? start + size : cell + block;

		for (at = from; at < to; at += page)
			fn(m, &s->cells[i].pages[(at - cell) >> m->run->host], at, arg);
	}
}

/*
 * A permission fault on a block of memory that is no hugetlb page keeps the
 * block as long as L1's leaf is one, too: who changes that memory empties every
 * table first. A careless L1 can put other memory behind a block meanwhile.
 */
static unsigned int expected_shift(const struct model *m, const struct attempt *a,
				   unsigned int slot, const struct l1_view *v)
{
	const struct s2_slot *s = &m->w.port->slots[slot];
	bool hugetlb = m->kinds[slot] >= BACKED_BY_HUGETLB;

	if (a->permission && a->page->shift > m->run->host && !hugetlb &&
	    v->shift >= host_block(m) && !(s->log_dirty && !s->readonly))
		return a->page->shift;
	return largest_shift(m, slot, v);
}

struct filling {
	struct page page; /* the first one's */
	uint64_t start;
	unsigned int guest;
	bool canonical;
};

/* A page of a new leaf: L1 must map it with the same leaf, at this very moment. */
static void fill_page(struct model *m, struct page *p, uint64_t addr, const void *arg)
{
	const struct filling *f = arg;

	if (!f->canonical) {
		struct l1_view v = l1_view(m, f->guest, addr);

		assert_true(v.mapped);
		assert_int_equal(v.start, f->page.l1_start);
		assert_int_equal(v.shift, f->page.l1_shift);
	}
	*p = f->page;
	p->pa += addr - f->start;
}

static void check_filled(struct model *m, const struct attempt *a, const struct l1_view *v,
			 unsigned int slot, const struct s2_outcome *out)
{
	const struct s2_slot *s = &m->w.port->slots[slot];
	unsigned int shift = expected_shift(m, a, slot, v);
	struct s2_perm perm = expected_perm(m, a, v, s);
	uint64_t start = start_of(a->addr, shift), canonical = start_of(v->output, shift);
	struct range old = {start_of(a->addr, a->page->shift), size_of(a->page->shift)};

	assert_int_equal(out->ret, 1);
	assert_int_equal(out->size->out.size, size_of(shift));
	if (a->permission && a->page->shift == shift) {
		assert_int_equal(out->kind, S2_RELAXED);
		in_range(m, a->s, start, size_of(shift), raise, &perm);
		m->relaxed++;
		return;
	}
	assert_int_equal(out->kind, S2_MAPPED);
	assert_int_equal(out->map.addr.v, start);
	assert_int_equal(out->map.canonical.v, canonical);
	if (a->page->valid) /* a larger leaf is replaced as a whole */
		in_range(m, a->s, old.start, old.size, drop, NULL);
	in_range(m, a->s, start, size_of(shift), fill_page,
		 &(struct filling){.start = start,
				   .guest = a->s->guest,
				   .canonical = a->s == &m->spaces[CANONICAL],
				   .page = {.valid = true,
					    .af = true,
					    .pa = ((uint64_t)(slot + 1) << 40) + canonical,
					    .shift = (uint8_t)shift,
					    .l1_start = v->start,
					    .l1_shift = (uint8_t)v->shift,
					    .tag = (uint8_t)v->level,
					    .perm = perm,
					    .allowed = v->perm}});
	m->mapped++;
}

static void check_dirty(struct model *m, const struct attempt *a, const struct l1_view *v,
			unsigned int slot, bool filled)
{
	bool expected = filled && slot == LOGGED && m->w.port->slots[LOGGED].log_dirty &&
			expected_perm(m, a, v, &m->w.port->slots[slot]).w;

	assert_int_equal(m->w.port->dirty_count, expected);
	if (expected)
		assert_int_equal(m->w.port->dirty[0], v->output >> m->run->host);
}

static void set_af(struct model *m, struct page *p, uint64_t addr, const void *arg)
{
	(void)m;
	(void)addr;
	(void)arg;
	p->af = true;
}

static void check_outcome(struct model *m, struct attempt *a, const struct s2_outcome *out,
			  uint64_t esr)
{
	bool canonical = a->s == &m->spaces[CANONICAL], filled = false;
	struct l1_view v = canonical ? identity(a->addr) : l1_view(m, a->s->guest, a->addr);
	unsigned int slot;

	if (l1_refuses(m, a, &v, out, esr))
		return;
	slot = slot_of(m, v.output);
	if (slot == SLOT_COUNT || (slot == READONLY && a->access == WRITE)) {
		check_no_memory(m, a, &v, out);
	} else if (a->young) {
		assert_int_equal(out->kind, S2_AF_SET);
		in_range(m, a->s, start_of(a->addr, a->page->shift), size_of(a->page->shift),
			 set_af, NULL);
	} else {
		check_filled(m, a, &v, slot, out);
		filled = true;
	}
	check_dirty(m, a, &v, slot, filled);
}

static uint64_t random_address(struct model *m, const struct space *s)
{
	const struct cell *c = &s->cells[pick(m, s->cell_count)];
	unsigned int pages = 1u << (host_block(m) - m->run->host), near = pick(m, 16);

	/* Mostly the same few pages, so that something is there. */
	if (pick(m, 8))
		return c->start +
		       ((uint64_t)(pick(m, 2) ? near : pages - 1 - near) << m->run->host);
	return c->start + ((uint64_t)pick(m, pages) << m->run->host);
}

static struct space *running(struct model *m)
{
	if (m->w.vcpu[0].hyp)
		return &m->spaces[CANONICAL];
	return &m->spaces[m->w.vcpu[0].mmu->index];
}

static void step_access(struct model *m)
{
	struct attempt a = {.s = running(m), .access = (enum access)pick(m, 3), .el0 = pick(m, 2)};
	struct s2_trap trap = {.far = FAR, .s1_level = S2_NO_LEVEL};
	struct s2_outcome out;

	a.addr = random_address(m, a.s);
	a.page = page_at(m, a.s, a.addr);
	if (a.s == &m->spaces[CANONICAL])
		a.el0 = false;
	trap.esr = hardware(m, &a);
	if (!trap.esr)
		return;
	trap.hpfar = (a.addr >> 12) << 4 | S2_HPFAR_VALID;
	trap.pstate = m->w.vcpu[0].hyp ? EL2H : a.el0 ? EL0T : EL1H;
	port_forget(m->w.port);
	out = s2_handle_abort(&m->w.vcpu[0], &trap);
	s2_digest_outcome(&m->digest, &out);
	check_outcome(m, &a, &out, trap.esr);
	compare_page(m, a.page, a.addr, a.s);
}

/* ---- other steps ---- */

static void step_enter(struct model *m)
{
	unsigned int guest = pick(m, GUESTS), i;
	struct s2_switch sw;
	struct space *s;
	bool known = false;

	for (i = 0; i < CANONICAL; i++)
		known |= m->spaces[i].valid && m->spaces[i].guest == guest;
	if (!m->w.vcpu[0].hyp)
		s2_enter_l1(&m->w.vcpu[0]);
	m->w.vcpu[0].regs =
		(struct s2_l1_regs){.vttbr = m->guests[guest].vttbr | (uint64_t)pick(m, 2),
				    .vtcr = l1_vtcr(m->run->l1) | (m->run->ha ? 1 << 21 : 0),
				    .hcr = 1};
	sw = s2_enter_l2(&m->w.vcpu[0]);
	assert_int_equal(sw.hit, known);
	s = &m->spaces[sw.context];
	assert_int_equal(sw.emptied, !known && s->valid);
	if (known)
		assert_int_equal(s->guest, guest);
	else
		each_page(m, s, drop, NULL);
	s->valid = true;
	s->guest = guest;
	m->guest = guest;
}

static void clear_write(struct model *m, struct page *p, uint64_t addr, const void *arg)
{
	const struct range *r = arg;

	(void)m;
	if (p->valid && overlap(start_of(addr, p->shift), size_of(p->shift), r->start, r->size))
		p->perm.w = false;
}

static void clear_af(struct model *m, struct page *p, uint64_t addr, const void *arg)
{
	const struct range *r = arg;

	(void)m;
	if (p->valid && overlap(start_of(addr, p->shift), size_of(p->shift), r->start, r->size))
		p->af = false;
}

struct youth {
	struct range range;
	bool *young;
};

static void look_for_youth(struct model *m, struct page *p, uint64_t addr, const void *arg)
{
	const struct youth *y = arg;

	(void)m;
	*y->young |=
		p->valid && p->af &&
		overlap(start_of(addr, p->shift), size_of(p->shift), y->range.start, y->range.size);
}

/* A range in a slot: a page, a block, or all of it. */
static struct range random_range(struct model *m, unsigned int slot)
{
	const struct s2_slot *s = &m->w.port->slots[slot];
	unsigned int shift = pick(m, 2) ? m->run->host : host_block(m);
	uint64_t at = s->base.v + ((uint64_t)pick(m, 16) << shift);

	if (!pick(m, 4) || at + size_of(shift) > s->base.v + s->size)
		return (struct range){s->base.v, s->size};
	return (struct range){at, size_of(shift)};
}

static void step_host_unmap(struct model *m)
{
	unsigned int slot = PLAIN + pick(m, SLOT_COUNT - PLAIN), i;
	struct range r = random_range(m, slot);

	s2_host_unmap(&m->w.vm, (struct l1_ipa){r.start}, r.size);
	each_page(m, &m->spaces[CANONICAL], drop_overlapping, &r);
	for (i = 0; i < CANONICAL; i++)
		if (m->spaces[i].valid)
			each_page(m, &m->spaces[i], drop, NULL);
	if (r.size == m->w.port->slots[slot].size)
		m->kinds[slot] = (enum backing_kind)pick(m, m->run->host == 12 ? 4 : 3);
}

static void step_log(struct model *m)
{
	struct s2_slot *s = &m->w.port->slots[LOGGED];
	struct range r = {s->base.v, s->size}, everything = {0, ~0ull >> 1};
	unsigned int i;

	s->log_dirty = !s->log_dirty;
	if (!s->log_dirty)
		return;
	s2_host_write_protect(&m->w.vm, s->base, s->size);
	each_page(m, &m->spaces[CANONICAL], clear_write, &r);
	for (i = 0; i < CANONICAL; i++)
		if (m->spaces[i].valid)
			each_page(m, &m->spaces[i], clear_write, &everything);
}

static void step_age(struct model *m)
{
	bool young = false;
	struct youth y = {random_range(m, PLAIN + pick(m, SLOT_COUNT - PLAIN)), &young};

	each_page(m, &m->spaces[CANONICAL], look_for_youth, &y);
	assert_int_equal(s2_host_age(&m->w.vm, (struct l1_ipa){y.range.start}, y.range.size),
			 young);
	each_page(m, &m->spaces[CANONICAL], clear_af, &y.range);
}

static void step_schedule(struct model *m)
{
	struct s2_mmu *mmu = m->w.vcpu[0].mmu;

	s2_vcpu_put(&m->w.vcpu[0], pick(m, 2));
	s2_vcpu_load(&m->w.vcpu[0]);
	assert_ptr_equal(m->w.vcpu[0].mmu, mmu);
}

static void step_l1(struct model *m)
{
	unsigned int guest = pick(m, GUESTS), what = pick(m, 16);
	uint64_t addr = random_address(m, &m->spaces[0]);

	addr = start_of(addr, m->run->l1);
	if (what < 12)
		edit(m, guest, addr);
	else if (what < 15)
		tlbi_ipa(m, guest, addr, pick(m, 2) ? l1_view(m, guest, addr).shift : 0);
	else
		tlbi_more(m, guest, addr);
}

static void step(struct model *m)
{
	unsigned int what = pick(m, 200);

	if (m->w.vcpu[0].hyp && what < 150 && pick(m, 2))
		step_enter(m);
	if (what < 160)
		step_access(m);
	else if (what < 185)
		step_l1(m);
	else if (what < 190)
		step_enter(m);
	else if (what < 194)
		step_age(m);
	else if (what < 197)
		step_schedule(m);
	else if (what < 198)
		step_log(m);
	else if (what < 199)
		s2_enter_l1(&m->w.vcpu[0]);
	else
		step_host_unmap(m);
}

/* ---- set-up ---- */

static void add_cell(struct model *m, struct space *s, uint64_t start)
{
	struct cell *c = &s->cells[s->cell_count++];

	assert_true(s->cell_count <= CELLS_MAX);
	c->start = start;
	c->pages = calloc(size_of(host_block(m) - m->run->host), sizeof(*c->pages));
	assert_non_null(c->pages);
}

/* The ends of each block of L1's; one cell where it is no larger than a block of the host. */
static void add_l2_cells(struct model *m, struct space *s)
{
	uint64_t l1 = size_of(l1_block(m)), host = size_of(host_block(m));
	unsigned int slot;

	for (slot = 0; slot < SLOTS_L1; slot++) {
		add_cell(m, s, L2_BASE + slot * l1);
		if (l1 > host)
			add_cell(m, s, L2_BASE + (slot + 1) * l1 - host);
	}
	if (m->run->l1 == 12) {
		add_cell(m, s, L2_GIANT);
		add_cell(m, s, L2_GIANT + G(1) - host);
	}
}

static void set_up_guest(struct model *m, unsigned int i)
{
	struct guest *g = &m->guests[i];
	uint64_t page = size_of(m->run->l1), root;
	unsigned int slot;

	g->vttbr = l1_root(&m->w, m->run->l1, 16 + i);
	root = g->vttbr & ~0ull >> 16;
	g->block_table = root + (L2_BASE >> l1_block(m)) * 8;
	if (m->run->l1 == 12) {
		g->block_table = m->w.l1_next;
		m->w.l1_next += page;
		port_poke(m->w.port, root + 8, g->block_table | 3);
	}
	for (slot = 0; slot < SLOTS_L1; slot++) {
		g->page_tables[slot] = m->w.l1_next;
		m->w.l1_next += page;
		g->pages[slot] = calloc(page / 8, 8);
		assert_non_null(g->pages[slot]);
	}
}

static void set_up_slots(struct model *m)
{
	struct port *p = m->w.port;
	uint64_t page = size_of(m->run->host);

	p->slot_count = 0;
	port_add_slot(p, G(1), G(3), G(1));
	port_add_slot(p, G(16), G(8), G(116));
	port_add_slot(p, G(32) + page, G(8) - 2 * page, G(132) + page);
	port_add_slot(p, G(48), G(4), G(148) + page);
	port_add_slot(p, G(64), G(4), G(164))->readonly = true;
	port_add_slot(p, G(80), G(8), G(180));
	p->s2.backing = backing;
}

static void set_up(struct model *m, const struct run *run, uint64_t seed)
{
	struct s2_config cfg = world_config(run->host);
	unsigned int i;

	*m = (struct model){.run = run, .random = seed * 0x9e3779b97f4a7c15 + 1};
	the_model = m;
	cfg.dic = run->dic;
	cfg.xnx = run->xnx;
	world_start(&m->w, &cfg, CANONICAL);
	m->w.port->watch = false;
	set_up_slots(m);
	for (i = 0; i < GUESTS; i++)
		set_up_guest(m, i);
	for (i = 0; i < CANONICAL; i++) {
		m->spaces[i].mmu = &m->w.contexts[i];
		add_l2_cells(m, &m->spaces[i]);
	}
	m->spaces[CANONICAL].mmu = &m->w.vm.canonical;
	for (i = 0; i < 5; i++) {
		static const uint64_t at[] = {G(16), G(32), G(48), G(64), G(80)};

		add_cell(m, &m->spaces[CANONICAL], at[i]);
	}
	s2_digest_init(&m->digest);
}

static void tear_down(struct model *m)
{
	unsigned int i, k;

	world_stop(&m->w);
	for (i = 0; i < SPACES; i++)
		for (k = 0; k < m->spaces[i].cell_count; k++)
			free(m->spaces[i].cells[k].pages);
	for (i = 0; i < GUESTS; i++)
		for (k = 0; k < SLOTS_L1; k++)
			free(m->guests[i].pages[k]);
}

static uint64_t number(const char *name, uint64_t absent)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : absent;
}

static struct s2_digest history(const struct run *run, uint64_t seed, uint64_t steps, bool watch)
{
	static struct model m;
	unsigned int interval = 64u << (run->host - 12);
	uint64_t i;

	set_up(&m, run, seed);
	m.w.port->watch = watch;
	for (i = 0; i < steps; i++) {
		step(&m);
		if (watch)
			port_settle(m.w.port);
		if (i % interval == 0)
			check_all(&m);
	}
	check_all(&m);
	/* A history in which nothing happens proves nothing. */
	assert_true(m.mapped > steps / 100 && m.relaxed > steps / 5000);
	assert_true(m.injected > steps / 200 && m.others > steps / 500);
	tear_down(&m);
	return m.digest;
}

static void the_handler_does_what_the_model_says(void **state)
{
	const struct run *run = *state;

	history(run, number("NVSIM_MODEL_SEED", 1), number("NVSIM_MODEL_STEPS", 20000), false);
}

static void every_table_is_broken_before_it_is_made(void **state)
{
	history(*state, number("NVSIM_MODEL_SEED", 1) + 1000, 1500, true);
}

static void equal_histories_have_equal_ends(void **state)
{
	struct s2_digest x = history(&runs[0], 7, 5000, false);
	struct s2_digest y = history(&runs[0], 7, 5000, false);
	struct s2_digest z = history(&runs[0], 8, 5000, false);

	(void)state;
	assert_true(x.a == y.a && x.b == y.b);
	assert_true(x.a != z.a && x.b != z.b);
}

int main(void)
{
	enum { RUNS = sizeof(runs) / sizeof(runs[0]) };
	struct CMUnitTest tests[RUNS + 3] = {
		cmocka_unit_test(equal_histories_have_equal_ends),
		cmocka_unit_test_prestate(every_table_is_broken_before_it_is_made,
					  (void *)&runs[0]),
		cmocka_unit_test_prestate(every_table_is_broken_before_it_is_made,
					  (void *)&runs[1]),
	};
	size_t i;

	for (i = 0; i < RUNS; i++)
		tests[i + 3] =
			(struct CMUnitTest){runs[i].name, the_handler_does_what_the_model_says,
					    NULL, NULL, (void *)&runs[i]};
	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
