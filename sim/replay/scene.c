/* SPDX-License-Identifier: GPL-2.0-only */
#include "scene.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

#define BIT(n) (1ull << (n))

/* Memory for L1's tables: each guest has a piece of it, its start tables first. */
#define TABLES		  SCENE_TABLES
#define TABLES_SLOT	  0u
#define GUEST_TABLES_SIZE SCENE_GUEST_TABLES
#define START_TABLES_SIZE (512ull << 10)
#define INPUT_BITS	  40u
#define TIME_STEP_NS	  1000u
#define MACHINE_IPA_LIMIT 48u

/* ---- the player: L1 and the stream so far ---- */

struct player {
	const struct scene *scene;
	struct scene_stream *out;
	struct memory *memory; /* L1's words */
	size_t l1mem_room, event_room;
	uint16_t step; /* that is being played */
	uint64_t paused_ns;
	bool begun;		       /* what L1 writes from here on is an event */
	bool failed;		       /* no memory */
	uint8_t vcpu;		       /* of the step */
	uint32_t tables[SCENE_GUESTS]; /* handed out, without the start tables */
};

static unsigned int page_shift(const struct scene *s)
{
	return s->page_shift ? s->page_shift : 12;
}

static unsigned int granule_shift(const struct scene *s)
{
	return s->granule_shift ? s->granule_shift : 12;
}

static uint64_t slot_size(const struct scene *s)
{
	return s->slot_size ? s->slot_size : SCENE_RAM_SIZE;
}

/* Doubles an array of `count` items that is full. */
static bool make_room(void *array, size_t count, size_t *room, size_t item)
{
	void **p = array, *larger;

	if (count < *room)
		return true;
	larger = realloc(*p, (*room * 2 + 16) * item);
	if (!larger)
		return false;
	*room = *room * 2 + 16;
	*p = larger;
	return true;
}

static void add_event(struct player *p, struct nvt_event ev)
{
	struct scene_stream *out = p->out;
	size_t n = out->event_count, room = p->event_room;

	if (p->failed || !make_room(&out->step, n, &room, sizeof(*out->step)) ||
	    !make_room(&out->events, n, &p->event_room, sizeof(*out->events))) {
		p->failed = true;
		return;
	}
	ev.time_ns = p->paused_ns + (n + 1) * TIME_STEP_NS;
	out->events[n] = ev;
	out->step[n] = p->step;
	out->event_count = n + 1;
}

/* ---- L1's tables ---- */

static unsigned int level_shift(const struct scene *s, unsigned int level)
{
	unsigned int granule = granule_shift(s);

	return granule + (3 - level) * (granule - 3);
}

/* The level whose concatenated tables take all of the input. */
static unsigned int start_level(const struct scene *s)
{
	return granule_shift(s) == 12 ? 1 : 2;
}

static uint64_t vttbr_of(unsigned int guest)
{
	return SCENE_VTTBR(guest);
}

/* VTCR_EL2 (Arm ARM D24.2.207): SL0 is 1 for the start levels above, whatever the granule. */
#define VTCR_SL0      (1ull << 6)
#define VTCR_PS_48    (5ull << 16)
#define VTCR_HA	      (1ull << 21)
#define VTCR_RES1     (1ull << 31)
#define VTCR_TG0(tg0) ((tg0) << 14)

static uint64_t vtcr_of(const struct scene *s)
{
	unsigned int granule = granule_shift(s);
	uint64_t tg0 = granule == 12 ? 0 : granule == 14 ? 2 : 1;

	return VTCR_RES1 | VTCR_PS_48 | VTCR_TG0(tg0) | VTCR_SL0 | (64 - INPUT_BITS) |
	       (s->l1_sets_af ? VTCR_HA : 0);
}

static uint64_t peek(const struct player *p, uint64_t addr)
{
	const uint64_t *word = memory_find(p->memory, addr);

	return word ? *word : 0;
}

static void add_word(struct player *p, uint64_t addr, uint64_t value)
{
	struct scene_stream *out = p->out;
	size_t i;

	for (i = 0; i < out->l1mem_count && out->l1mem[i].addr < addr; i++)
		;
	if (i < out->l1mem_count && out->l1mem[i].addr == addr) {
		out->l1mem[i].value = value;
		return;
	}
	if (!make_room(&out->l1mem, out->l1mem_count, &p->l1mem_room, sizeof(*out->l1mem))) {
		p->failed = true;
		return;
	}
	memmove(&out->l1mem[i + 1], &out->l1mem[i], (out->l1mem_count - i) * sizeof(*out->l1mem));
	out->l1mem[i] = (struct nvt_word){addr, value};
	out->l1mem_count++;
}

static void l1_write(struct player *p, uint64_t addr, uint64_t value)
{
	uint64_t *word = memory_make(p->memory, addr), old;

	if (!word) {
		p->failed = true;
		return;
	}
	old = *word;
	*word = value;
	if (!p->begun)
		add_word(p, addr, value);
	else if (old != value)
		add_event(p, (struct nvt_event){.kind = NVT_L1_WRITE,
						.vcpu = p->vcpu,
						.l1_write = {addr, old, value}});
}

#define DESC_VALID 1ull
#define DESC_TABLE 2ull /* or, at level 3, a page */

static uint64_t new_table(struct player *p, unsigned int guest)
{
	uint64_t base = TABLES + guest * GUEST_TABLES_SIZE + START_TABLES_SIZE;

	return base + ((uint64_t)p->tables[guest]++ << granule_shift(p->scene));
}

static uint64_t entry_at(const struct scene *s, uint64_t table, unsigned int level, uint64_t ipa)
{
	unsigned int shift = level_shift(s, level);
	uint64_t index = ipa >> shift;

	if (level > start_level(s))
		index &= BIT(granule_shift(s) - 3) - 1;
	return table + index * 8;
}

static unsigned int level_of(const struct scene *s, uint64_t leaf)
{
	unsigned int level = 3;

	while (level > start_level(s) && BIT(level_shift(s, level)) < leaf)
		level--;
	return level;
}

/*
 * A table that is missing, or that a block has the place of, is filled before
 * it is linked: no walk ever meets it half made.
 */
static void map_leaf(struct player *p, const struct scene_step *st, uint64_t ipa, uint64_t out)
{
	const struct scene *s = p->scene;
	unsigned int leaf_level = level_of(s, st->leaf), level;
	uint64_t table = TABLES + st->guest * GUEST_TABLES_SIZE, link = 0, link_to = 0, desc = 0;

	for (level = start_level(s); level < leaf_level; level++) {
		uint64_t entry = entry_at(s, table, level, ipa), old = peek(p, entry);

		if ((old & 3) == (DESC_VALID | DESC_TABLE)) {
			table = old & (BIT(48) - BIT(granule_shift(s)));
			continue;
		}
		table = new_table(p, st->guest);
		if (link)
			l1_write(p, entry, table | DESC_VALID | DESC_TABLE);
		else {
			link = entry;
			link_to = table;
		}
	}
	if (st->attr)
		desc = out | st->attr | DESC_VALID | (leaf_level == 3 ? DESC_TABLE : 0);
	l1_write(p, entry_at(s, table, leaf_level, ipa), desc);
	if (link)
		l1_write(p, link, link_to | DESC_VALID | DESC_TABLE);
}

static void play_l1_map(struct player *p, const struct scene_step *st)
{
	uint64_t size = st->size ? st->size : st->leaf, at;

	for (at = 0; at < size; at += st->leaf)
		map_leaf(p, st, st->ipa + at, st->out + at);
}

/* ---- steps ---- */

/* A load and a store of 8 bytes with a valid syndrome, and a fetch (Arm ARM D24.2.40). */
#define ESR_READ  0x93c08000ull
#define ESR_WRITE 0x93c08040ull
#define ESR_FETCH 0x82000000ull

#define HCR_VM	   1ull
#define PSTATE_EL0 0x0ull
#define PSTATE_EL1 0x3c5ull
#define PSTATE_EL2 0x3c9ull

static void play_access(struct player *p, const struct scene_step *st)
{
	uint64_t esr = st->what == SCENE_READ	 ? ESR_READ
		       : st->what == SCENE_WRITE ? ESR_WRITE
						 : ESR_FETCH;

	add_event(p, (struct nvt_event){.kind = st->fsc ? NVT_FAULT : NVT_TOUCH,
					.vcpu = st->vcpu,
					.fault = {.esr = esr | st->fsc,
						  .far = st->ipa,
						  .hpfar = S2_HPFAR_VALID | st->ipa >> 12 << 4,
						  .pstate = st->el0 ? PSTATE_EL0 : PSTATE_EL1}});
}

static void play_context(struct player *p, const struct scene_step *st)
{
	bool leave = st->what == SCENE_LEAVE;

	add_event(p, (struct nvt_event){.kind = NVT_CONTEXT,
					.vcpu = st->vcpu,
					.context = {.reason = leave ? NVT_EXCEPTION : NVT_ERET,
						    .flags = leave ? NVT_CONTEXT_HYP : 0,
						    .vttbr = vttbr_of(st->guest),
						    .vtcr = vtcr_of(p->scene),
						    .hcr = HCR_VM,
						    .pstate = leave ? PSTATE_EL2 : PSTATE_EL1}});
}

static void play_tlbi(struct player *p, const struct scene_step *st)
{
	add_event(p, (struct nvt_event){
			     .kind = NVT_TLBI,
			     .vcpu = st->vcpu,
			     .tlbi = {.op = st->op, .xt = st->xt, .vttbr = vttbr_of(st->guest)}});
}

static void play_range(struct player *p, const struct scene_step *st)
{
	enum nvt_kind kind = st->what == SCENE_UNMAP	 ? NVT_HOST_UNMAP
			     : st->what == SCENE_PROTECT ? NVT_WRITE_PROTECT
							 : NVT_HOST_AGE;

	add_event(p, (struct nvt_event){.kind = (uint8_t)kind,
					.vcpu = st->vcpu,
					.range = {st->ipa, st->size}});
}

static void add_slot(struct player *p, uint16_t id, enum nvt_slot_change change, uint32_t flags)
{
	bool ram = id == SCENE_RAM_SLOT;
	uint64_t base = ram ? SCENE_RAM : TABLES;

	add_event(p,
		  (struct nvt_event){.kind = NVT_SLOT,
				     .vcpu = p->vcpu,
				     .slot = {.base = base,
					      .size = ram ? slot_size(p->scene)
							  : SCENE_GUESTS * GUEST_TABLES_SIZE,
					      .uaddr = SCENE_HVA(base) + (ram ? p->scene->skew : 0),
					      .flags = flags,
					      .id = id,
					      .change = (uint8_t)change}});
}

/* Host pages are congruent with host virtual addresses, wherever the slot puts those. */
static void add_backing(struct player *p, uint64_t l1, uint64_t size, uint64_t moved)
{
	const struct scene *s = p->scene;
	bool ram = l1 >= SCENE_RAM;
	uint64_t skew = ram ? s->skew : 0;
	uint8_t page = (uint8_t)page_shift(s);

	add_event(p, (struct nvt_event){
			     .kind = NVT_BACKING,
			     .vcpu = p->vcpu,
			     .backing = {.hva = SCENE_HVA(l1) + skew,
					 .size = size,
					 .pa = SCENE_PA(l1) + skew + moved,
					 .vma_shift = ram && s->vma_shift ? s->vma_shift : page,
					 .leaf_shift = ram && s->leaf_shift ? s->leaf_shift : page,
					 .flags = NVT_BACKING_WRITABLE |
						  (ram && s->device ? NVT_BACKING_DEVICE : 0)}});
}

static void play(struct player *p, const struct scene_step *st)
{
	p->vcpu = st->vcpu;
	p->begun |= st->what != SCENE_L1_MAP;
	switch (st->what) {
	case SCENE_L1_MAP:
		play_l1_map(p, st);
		break;
	case SCENE_ENTER:
	case SCENE_LEAVE:
		play_context(p, st);
		break;
	case SCENE_READ:
	case SCENE_WRITE:
	case SCENE_FETCH:
		play_access(p, st);
		break;
	case SCENE_TLBI:
		play_tlbi(p, st);
		break;
	case SCENE_UNMAP:
	case SCENE_PROTECT:
	case SCENE_AGE:
		play_range(p, st);
		break;
	case SCENE_SLOT:
		add_slot(p, SCENE_RAM_SLOT, NVT_SLOT_FLAGS, st->flags);
		break;
	case SCENE_DELETE:
		add_slot(p, SCENE_RAM_SLOT, NVT_SLOT_DELETE, 0);
		break;
	case SCENE_MOVE:
		add_backing(p, st->ipa, st->size, st->out);
		break;
	case SCENE_PAUSE:
		p->paused_ns += st->size;
		break;
	case SCENE_EVENT:
		add_event(p, *st->event);
		break;
	}
}

/* ---- the whole ---- */

/* Those that the host offers: none smaller than its own pages. */
static uint8_t granules_from(unsigned int shift)
{
	return shift == 12 ? 7 : shift == 14 ? 6 : 4;
}

static struct nvt_machine machine_of(const struct scene *s)
{
	uint16_t vcpus = 1;
	size_t i;

	for (i = 0; i < s->step_count; i++)
		if (s->steps[i].vcpu >= vcpus)
			vcpus = s->steps[i].vcpu + 1u;
	return (struct nvt_machine){
		.page_shift = (uint8_t)page_shift(s),
		.ipa_limit = MACHINE_IPA_LIMIT,
		.canonical_bits = INPUT_BITS,
		.s2_granules = granules_from(page_shift(s)),
		.vcpu_count = vcpus,
		.context_count = (uint16_t)(S2_CONTEXTS_PER_VCPU * vcpus),
		.fwb = true,
		.dic = !s->no_dic,
		.xnx = !s->no_xnx,
		.ttl = true,
		.hw_af = true,
	};
}

static void setup(struct player *p)
{
	p->step = SCENE_SETUP;
	add_slot(p, TABLES_SLOT, NVT_SLOT_CREATE, 0);
	add_backing(p, TABLES, SCENE_GUESTS * GUEST_TABLES_SIZE, 0);
	add_slot(p, SCENE_RAM_SLOT, NVT_SLOT_CREATE, p->scene->slot_flags);
	add_backing(p, SCENE_RAM, slot_size(p->scene), 0);
}

bool scene_make(const struct scene *s, struct scene_stream *out)
{
	struct player p = {.scene = s, .out = out, .memory = memory_new()};
	size_t i;

	*out = (struct scene_stream){.machine = machine_of(s)};
	if (!p.memory)
		return false;
	setup(&p);
	for (i = 0; i < s->step_count; i++) {
		p.step = (uint16_t)i;
		play(&p, &s->steps[i]);
	}
	memory_free(p.memory);
	if (p.failed)
		scene_free(out);
	return !p.failed;
}

void scene_free(struct scene_stream *s)
{
	free(s->l1mem);
	free(s->events);
	free(s->step);
	*s = (struct scene_stream){0};
}

struct engine *scene_engine(const struct scene_stream *s, const struct engine_options *options)
{
	struct engine *e = engine_new(&s->machine, NVT_FULL, options);

	if (e && engine_l1mem(e, s->l1mem, s->l1mem_count) == ENGINE_OK)
		return e;
	engine_free(e);
	return NULL;
}

/* ---- as a file ---- */

static char *meta_of(const struct scene *s)
{
	json_t *meta = json_pack("{s:s, s:s, s:s}", "what", s->name, "story", s->story, "origin",
				 "made by hand");
	char *text = json_dumps(meta, JSON_SORT_KEYS | JSON_INDENT(1));

	json_decref(meta);
	return text;
}

static enum nvt_status no_memory(struct nvt_error *err)
{
	err->status = NVT_ENOMEM;
	snprintf(err->text, sizeof(err->text), "out of memory");
	return NVT_ENOMEM;
}

static enum nvt_status write_stream(const struct scene *s, const struct scene_stream *stream,
				    const char *path, struct nvt_error *err)
{
	struct nvt_writer_options options = {.class = NVT_FULL,
					     .machine = stream->machine,
					     .l1mem = stream->l1mem,
					     .l1mem_count = stream->l1mem_count};
	struct nvt_writer *w = nvt_create(path, &options, err);
	enum nvt_status status = NVT_OK;
	char *meta;
	size_t i;

	if (!w)
		return err->status;
	for (i = 0; i < stream->event_count && status == NVT_OK; i++)
		status = nvt_write(w, &stream->events[i], err);
	if (status != NVT_OK) {
		nvt_abandon(w);
		return status;
	}
	meta = meta_of(s);
	if (!meta) {
		nvt_abandon(w);
		return no_memory(err);
	}
	status = nvt_finish(w, meta, err);
	free(meta);
	return status;
}

enum nvt_status scene_write(const struct scene *s, const char *path, struct nvt_error *err)
{
	struct scene_stream stream;
	enum nvt_status status;

	if (!scene_make(s, &stream))
		return no_memory(err);
	status = write_stream(s, &stream, path, err);
	scene_free(&stream);
	return status;
}
