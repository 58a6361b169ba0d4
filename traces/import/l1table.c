/* SPDX-License-Identifier: GPL-2.0-only */
#include "import/l1table.h"

#define DESC_VALID 1ull
#define DESC_TABLE 2ull /* at level 3: a page */
#define DESC_R	   (1ull << 6)
#define DESC_W	   (1ull << 7)
#define DESC_SH	   (3ull << 8)
#define DESC_AF	   (1ull << 10)
#define DESC_XN	   (3ull << 53)
#define DESC_PERMS (DESC_R | DESC_W | DESC_XN)

#define PROT_X_EL1    1u
#define PROT_X_EL0    2u
#define PROT_W	      4u
#define PROT_R	      8u
#define PROT_DEVICE   16u
#define PROT_UNCACHED 32u

#define MEMATTR_FWB	 6u /* Normal write-back with FEAT_S2FWB; without it 15 */
#define MEMATTR_UNCACHED 5u
#define MEMATTR_DEVICE	 1u

/* An entry that is, or once was, valid. */
struct node {
	uint64_t desc; /* of a leaf; 0: invalid, or a table */
	uint32_t used; /* a table: its valid entries */
	bool table;
};

static uint64_t level_size(const struct imp_l1_table *t, int level)
{
	return 1ull << imp_shape_shift(&t->shape, level);
}

static uint64_t input_end(const struct imp_l1_table *t)
{
	return 1ull << t->shape.input_bits;
}

static struct node *find(const struct imp_l1_table *t, uint64_t ipa, int level)
{
	return imp_map_get(&t->nodes, (uint64_t)level, ipa >> imp_shape_shift(&t->shape, level));
}

static bool is_valid(const struct node *n)
{
	return n && (n->table || n->desc);
}

bool imp_l1_table_init(struct imp_l1_table *t, uint64_t vtcr)
{
	*t = (struct imp_l1_table){0};
	imp_map_init(&t->nodes, sizeof(struct node));
	return imp_shape_of(vtcr, 12, 48, &t->shape);
}

void imp_l1_table_free(struct imp_l1_table *t)
{
	imp_map_free(&t->nodes);
}

/* ---- map ---- */

static uint64_t xn_field(uint64_t prot)
{
	bool el0 = prot & PROT_X_EL0, el1 = prot & PROT_X_EL1;

	return (uint64_t)!el0 << 1 | (el0 ^ el1);
}

static uint64_t leaf_desc(uint64_t pa, uint64_t prot, int level)
{
	unsigned int memattr = prot & PROT_UNCACHED ? MEMATTR_UNCACHED
			       : prot & PROT_DEVICE ? MEMATTR_DEVICE
						    : MEMATTR_FWB;

	return pa | DESC_VALID | (level == 3 ? DESC_TABLE : 0) | (uint64_t)memattr << 2 |
	       (prot & PROT_R ? DESC_R : 0) | (prot & PROT_W ? DESC_W : 0) | DESC_SH | DESC_AF |
	       xn_field(prot) << 53;
}

/* Forgets what is below the table at ipa. */
static void drop(struct imp_l1_table *t, struct node *n, uint64_t ipa, int level)
{
	uint64_t span = level_size(t, level + 1), at;

	for (at = ipa; n->used && at < ipa + level_size(t, level); at += span) {
		struct node *child = find(t, at, level + 1);

		if (!is_valid(child))
			continue;
		if (child->table)
			drop(t, child, at, level + 1);
		*child = (struct node){0};
		n->used--;
	}
	*n = (struct node){0};
}

/* The entry at `level`, with tables above it; one that was not valid is counted. NULL: no memory.
 */
static struct node *make(struct imp_l1_table *t, uint64_t ipa, int level)
{
	bool fresh = false;
	struct node *n;
	int i;

	for (i = t->shape.start;; i++) {
		n = imp_map_put(&t->nodes, (uint64_t)i, ipa >> imp_shape_shift(&t->shape, i));
		if (!n)
			return NULL;
		fresh = !is_valid(n);
		/* The map may have moved: the table above is looked up anew. */
		if (fresh && i > t->shape.start)
			find(t, ipa, i - 1)->used++;
		if (i == level)
			return n;
		if (!n->table)
			*n = (struct node){.table = true};
	}
}

static bool map_leaf(struct imp_l1_table *t, uint64_t ipa, int level, uint64_t desc,
		     imp_l1_tell *tell, void *arg)
{
	struct node *n = find(t, ipa, level);

	/* Only permissions differ: KVM leaves that to a permission fault (spec 4.6). */
	if (n && n->desc && !((n->desc ^ desc) & ~DESC_PERMS))
		return true;
	n = make(t, ipa, level);
	if (!n)
		return false;
	if (n->table)
		drop(t, n, ipa, level);
	n->desc = desc;
	return tell(arg, ipa, level, desc);
}

/* The largest leaf that may stand here. */
static int leaf_level(const struct imp_l1_table *t, uint64_t ipa, uint64_t size, uint64_t pa)
{
	int level = t->shape.granule_shift == 12 ? 1 : 2;

	if (level < t->shape.start)
		level = t->shape.start;
	for (; level < 3; level++)
		if (size >= level_size(t, level) && !((ipa | pa) & (level_size(t, level) - 1)))
			break;
	return level;
}

bool imp_l1_map(struct imp_l1_table *t, uint64_t ipa, uint64_t size, uint64_t pa, uint64_t prot,
		imp_l1_tell *tell, void *arg)
{
	uint64_t done = 0, end = input_end(t);

	if (ipa >= end || size > end - ipa)
		return true;
	while (done < size) {
		int level = leaf_level(t, ipa + done, size - done, pa + done);
		uint64_t span = level_size(t, level), at = (ipa + done) & ~(span - 1);

		if (!map_leaf(t, at, level, leaf_desc((pa + done) & ~(span - 1), prot, level), tell,
			      arg))
			return false;
		done += span;
	}
	return true;
}

bool imp_l1_relax(struct imp_l1_table *t, uint64_t ipa, uint64_t prot, imp_l1_tell *tell, void *arg)
{
	struct node *n = NULL;
	uint64_t desc;
	int level;

	for (level = t->shape.start; level <= 3; level++) {
		n = find(t, ipa, level);
		if (!n || !n->table)
			break;
	}
	if (!n || !n->desc)
		return true;
	desc = n->desc | (prot & PROT_R ? DESC_R : 0) | (prot & PROT_W ? DESC_W : 0);
	if (prot & (PROT_X_EL0 | PROT_X_EL1))
		desc = (desc & ~DESC_XN) | xn_field(prot) << 53;
	if (desc == n->desc)
		return true;
	n->desc = desc;
	return tell(arg, ipa & ~(level_size(t, level) - 1), level, desc);
}

/* ---- ranges ---- */

struct sweep {
	struct imp_l1_table *t;
	uint64_t start, end;
	imp_l1_tell *tell;
	void *arg;
};

static bool is_covered(const struct sweep *s, uint64_t ipa, uint64_t size)
{
	return s->start <= ipa && ipa + size <= s->end;
}

/* Takes the entry at ipa away, and tells that. */
static bool clear(struct sweep *s, struct node *n, uint64_t ipa, int level)
{
	*n = (struct node){0};
	if (level > s->t->shape.start)
		find(s->t, ipa, level - 1)->used--;
	return s->tell(s->arg, ipa, level, 0);
}

/* The entries of the table from `base` on; as wide as `span`. */
static bool unmap_table(struct sweep *s, uint64_t base, uint64_t span, int level)
{
	uint64_t size = level_size(s->t, level), at = s->start > base ? s->start : base;
	bool ok = true;

	for (at &= ~(size - 1); ok && at < base + span && at < s->end; at += size) {
		struct node *n = find(s->t, at, level);

		if (!is_valid(n))
			continue;
		if (n->table && !is_covered(s, at, size)) {
			ok = unmap_table(s, at, size, level + 1);
			if (!ok || n->used)
				continue;
		} else if (n->table) {
			drop(s->t, n, at, level);
		}
		ok = clear(s, n, at, level);
	}
	return ok;
}

bool imp_l1_unmap(struct imp_l1_table *t, uint64_t start, uint64_t end, imp_l1_tell *tell,
		  void *arg)
{
	struct sweep s = {t, start, end, tell, arg};

	return unmap_table(&s, 0, input_end(t), t->shape.start);
}

/* Visits leaves; W is cleared where `protect` says so. */
static bool visit_table(struct sweep *s, uint64_t base, uint64_t span, int level, bool protect)
{
	uint64_t size = level_size(s->t, level), at = s->start > base ? s->start : base;
	bool ok = true;

	for (at &= ~(size - 1); ok && at < base + span && at < s->end; at += size) {
		struct node *n = find(s->t, at, level);

		if (!is_valid(n))
			continue;
		if (n->table) {
			ok = visit_table(s, at, size, level + 1, protect);
		} else if (!protect || n->desc & DESC_W) {
			n->desc &= ~(protect ? DESC_W : 0);
			ok = s->tell(s->arg, at, level, n->desc);
		}
	}
	return ok;
}

bool imp_l1_protect(struct imp_l1_table *t, uint64_t start, uint64_t end, imp_l1_tell *tell,
		    void *arg)
{
	struct sweep s = {t, start, end, tell, arg};

	return visit_table(&s, 0, input_end(t), t->shape.start, true);
}

bool imp_l1_tell_all(struct imp_l1_table *t, imp_l1_tell *tell, void *arg)
{
	struct sweep s = {t, 0, input_end(t), tell, arg};

	return visit_table(&s, 0, input_end(t), t->shape.start, false);
}
