/* SPDX-License-Identifier: GPL-2.0-only */
#include "given.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

/* A word for each leaf, at the number of its first page: where it leads, and how large it is. */
#define WORD_VALID	 1ull
#define WORD_SHIFT_SHIFT 1
#define WORD_SHIFT_BITS	 0x7eull

/* Syndromes of the kinds of access that a leaf may permit. */
#define AS_LOAD	 (0x24ull << 26)
#define AS_STORE (0x24ull << 26 | 1ull << 6)
#define AS_FETCH (0x20ull << 26)

static struct {
	struct engine *engine;
	struct memory **words; /* by context, L1's own first; NULL: none yet */
} g;

static struct memory **words_of(const struct s2_mmu *mmu)
{
	return &g.words[mmu->nested ? mmu->index + 1u : 0];
}

static uint64_t address_of(uint64_t start)
{
	return start >> g.engine->machine.page_shift << 3;
}

static uint64_t word_of(const struct s2_leaf *leaf)
{
	return leaf->pa.v | (uint64_t)__builtin_ctzll(leaf->size) << WORD_SHIFT_SHIFT | WORD_VALID;
}

bool given_start(struct engine *e)
{
	g.engine = e;
	g.words = calloc(e->vm.context_count + 1u, sizeof(*g.words));
	return g.words;
}

/* ---- what L1 and the host say ---- */

static bool leads_there(const struct check_fault *f, const struct s2_leaf *leaf)
{
	struct check_fault at = *f;
	uint64_t done = 0;

	while (done < leaf->size) {
		struct check_meeting m;

		at.ipa = leaf->start.v + done;
		m = check_meeting(g.engine->check, &at);
		if (m.meets == CHECK_MEETS_UNKNOWN) {
			done += 1ull << g.engine->machine.page_shift;
			continue;
		}
		if (m.meets != CHECK_MEETS_MEMORY || m.pa != leaf->pa.v + done)
			return false;
		done += m.room < leaf->size - done ? m.room : leaf->size - done;
	}
	return true;
}

static bool is_given(const struct engine_access *a, const struct s2_leaf *leaf)
{
	struct s2_perm perm = s2_leaf_perm(leaf->desc);
	const struct {
		bool has;
		uint64_t esr;
		bool el0;
	} each[] = {{perm.r, AS_LOAD, false},
		    {perm.w, AS_STORE, false},
		    {perm.x_el1, AS_FETCH, false},
		    {perm.x_el0, AS_FETCH, true}};
	struct check_fault f = {
		.vcpu = (uint16_t)(a->vcpu - g.engine->vcpus),
		.context = a->mmu->nested ? a->mmu->index : NVT_CANONICAL_CONTEXT,
	};
	unsigned int i;

	for (i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		f.esr = each[i].esr;
		f.el0 = each[i].el0;
		if (each[i].has && !leads_there(&f, leaf))
			return false;
	}
	return true;
}

bool given_note(const struct engine_access *a, uint64_t start, uint64_t size)
{
	struct s2_mmu *mmu = a->mmu;
	struct memory **words = words_of(mmu);
	uint64_t at = start;

	if (!*words)
		*words = memory_new();
	while (at - start < size) {
		struct s2_leaf leaf = s2_lookup(&g.engine->vm, mmu, (struct table_ipa){at});
		uint64_t *word;

		if (!leaf.size)
			return true;
		at = leaf.start.v + leaf.size;
		if (!leaf.valid)
			continue;
		word = *words ? memory_make(*words, address_of(leaf.start.v)) : NULL;
		if (!word)
			return false;
		*word = is_given(a, &leaf) ? word_of(&leaf) : 0;
	}
	return true;
}

bool given_before(const struct s2_mmu *mmu, const struct s2_leaf *leaf)
{
	struct memory *words = *words_of(mmu);
	const uint64_t *word = words ? memory_find(words, address_of(leaf->start.v)) : NULL;

	return word && *word == word_of(leaf);
}

/* ---- what is taken back ---- */

/* The leaf that begins before the range and reaches into it. */
static void forget_around(const struct s2_mmu *mmu, uint64_t start)
{
	struct s2_leaf leaf =
		s2_lookup(&g.engine->vm, (struct s2_mmu *)mmu, (struct table_ipa){start});
	uint64_t *word = leaf.size ? memory_find(*words_of(mmu), address_of(leaf.start.v)) : NULL;

	if (word)
		*word = 0;
}

void given_forget(const struct s2_mmu *mmu, uint64_t start, uint64_t size)
{
	struct memory **words = words_of(mmu);
	uint64_t at = address_of(start), last = address_of(start + (size - 1));

	if (!*words || !size)
		return;
	if (!start && size >> mmu->table.input_bits) {
		memory_free(*words);
		*words = NULL;
		return;
	}
	forget_around(mmu, start);
	while (at <= last) {
		uint64_t end = at | (MEMORY_CHUNK_SIZE - 1);
		uint64_t *word = memory_find(*words, at);

		if (word)
			memset(word, 0, (end < last ? end - at + 1 : last + 8 - at) & ~7ull);
		at = end + 1;
	}
}
