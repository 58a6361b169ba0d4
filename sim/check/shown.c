/* SPDX-License-Identifier: GPL-2.0-only */
/* L1's tables where only leaves of them are known: those that L1_LEAF events show. */
#include "checker.h"

#include <stdlib.h>
#include <string.h>

static struct shown_node *node_new(unsigned int bits)
{
	struct shown_node *n = calloc(1, sizeof(*n) + (sizeof(struct shown_entry) << bits));

	if (n)
		n->count = (size_t)1 << bits;
	return n;
}

static void node_free(struct shown_node *n)
{
	size_t i;

	if (!n)
		return;
	for (i = 0; i < n->count; i++)
		node_free(n->entries[i].below);
	free(n);
}

static struct shown_node *node_copy(const struct shown_node *n)
{
	size_t size = sizeof(*n) + n->count * sizeof(n->entries[0]), i;
	struct shown_node *copy = malloc(size);

	if (!copy)
		return NULL;
	memcpy(copy, n, size);
	for (i = 0; i < n->count; i++)
		copy->entries[i].below = NULL;
	for (i = 0; i < n->count; i++) {
		if (!n->entries[i].below)
			continue;
		copy->entries[i].below = node_copy(n->entries[i].below);
		if (!copy->entries[i].below) {
			node_free(copy);
			return NULL;
		}
	}
	return copy;
}

struct shown *shown_find(const struct l1 *l, const struct geometry *g)
{
	struct shown *s;

	for (s = l->shown; s; s = s->next)
		if (s->root == g->root && s->page_shift == g->page_shift &&
		    s->start_bits == g->start_bits && s->start_level == g->start_level)
			return s;
	return NULL;
}

static struct shown *make_shown(struct l1 *l, const struct geometry *g)
{
	struct shown *s = shown_find(l, g);

	if (s)
		return s;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	*s = (struct shown){.next = l->shown,
			    .root = g->root,
			    .page_shift = g->page_shift,
			    .start_bits = g->start_bits,
			    .start_level = g->start_level,
			    .node = node_new(g->start_bits)};
	if (!s->node) {
		free(s);
		return NULL;
	}
	l->shown = s;
	return s;
}

bool l1_show(struct check *c, const struct nvt_l1_leaf *leaf)
{
	struct geometry g;
	struct shown *s;
	struct shown_node *n;
	struct shown_entry *e;
	int level;

	if (l1_geometry(c, leaf->vttbr, leaf->vtcr, &g) != FINE || leaf->level < g.start_level ||
	    leaf->level > 3)
		return true;
	s = make_shown(&c->l1, &g);
	if (!s)
		return false;
	for (n = s->node, level = g.start_level;; level++) {
		e = &n->entries[l1_index(&g, level, leaf->ipa)];
		e->unreadable = false;
		if (level == leaf->level)
			break;
		if ((e->desc & DESC_TYPE) != DESC_TABLE)
			e->desc = DESC_TABLE; /* somewhere */
		if (!e->below)
			e->below = node_new(g.stride);
		if (!e->below)
			return false;
		n = e->below;
	}
	node_free(e->below);
	*e = (struct shown_entry){.desc = leaf->desc,
				  .unreadable = leaf->flags & NVT_LEAF_UNREADABLE};
	return true;
}

void l1_show_accessed(struct check *c, const struct l1_regs *regs, uint64_t ipa)
{
	struct geometry g;
	const struct shown *s;
	struct shown_node *n;
	struct shown_entry *e = NULL;
	int level;

	if (l1_geometry(c, regs->vttbr, regs->vtcr, &g) != FINE)
		return;
	s = shown_find(&c->l1, &g);
	for (n = s ? s->node : NULL, level = g.start_level; n; n = e->below, level++)
		e = &n->entries[l1_index(&g, level, ipa)];
	if (e)
		e->desc |= DESC_AF;
}

void shown_free(struct l1 *l)
{
	while (l->shown) {
		struct shown *s = l->shown;

		l->shown = s->next;
		node_free(s->node);
		free(s);
	}
}

bool shown_copy(struct l1 *to, const struct l1 *from)
{
	const struct shown *s;

	for (s = from->shown; s; s = s->next) {
		struct shown *copy = malloc(sizeof(*copy));

		if (!copy)
			return false;
		*copy = *s;
		copy->next = to->shown;
		copy->node = node_copy(s->node);
		to->shown = copy;
		if (!copy->node)
			return false;
	}
	return true;
}
