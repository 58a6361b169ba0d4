/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an engine tells its checker, and when. The checker here is one that
 * writes down what it is told: its functions stand in for the library's.
 */
#include <jansson.h>

#include "watch.h"

#include "world.h"

/* ---- a checker that takes notes ---- */

struct check {
	struct check_view view;
	struct check_result result;
	bool cloned;
};

static char notes[64][160];
static unsigned int note_count;
static bool no_checker;
static int checkers_alive;

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *format, ...)
{
	va_list args;

	assert_true(note_count < sizeof(notes) / sizeof(notes[0]));
	va_start(args, format);
	vsnprintf(notes[note_count++], sizeof(notes[0]), format, args);
	va_end(args);
}

struct check *check_new(const struct nvt_machine *machine, enum nvt_class class,
			const struct check_options *options, const struct check_view *view)
{
	struct check *c = no_checker ? NULL : calloc(1, sizeof(*c));

	note("new host %u class %d quirks %#x contexts %u", machine->page_shift, class,
	     options->quirks, view->context_count);
	if (!c)
		return NULL;
	c->view = *view;
	checkers_alive++;
	return c;
}

void check_free(struct check *c)
{
	checkers_alive--;
	free(c);
}

struct check *check_clone(const struct check *from, const struct check_view *view)
{
	struct check *c = no_checker ? NULL : calloc(1, sizeof(*c));

	note("clone");
	if (!c)
		return NULL;
	*c = *from;
	c->view = *view;
	c->cloned = true;
	checkers_alive++;
	return c;
}

void check_l1mem(struct check *c, const struct nvt_word *words, size_t count)
{
	(void)c;
	note("l1mem %zu, %#llx = %#llx", count, (unsigned long long)words[0].addr,
	     (unsigned long long)words[0].value);
}

void check_before(struct check *c, const struct nvt_event *ev, uint64_t ordinal)
{
	note("%sbefore %llu kind %u", c->cloned ? "clone: " : "", (unsigned long long)ordinal,
	     ev->kind);
}

void check_after(struct check *c, const struct nvt_event *ev)
{
	(void)c;
	note("after kind %u", ev->kind);
}

void check_end(struct check *c)
{
	(void)c;
	note("end");
}

/* The descriptor at a place of a context's table, found as a checker finds it. */
static uint64_t entry_at(const struct check *c, uint16_t context, uint64_t ipa)
{
	struct check_context x = c->view.context(c->view.arg, context);
	uint64_t table = x.root, desc;
	unsigned int level = x.start_level, bits = x.input_bits - (39 - 9 * level);

	for (;; level++, bits = 9) {
		uint64_t index = ipa >> (39 - 9 * level) & ((1ull << bits) - 1);

		assert_in_range(table, c->view.tables_pa,
				c->view.tables_pa + c->view.tables_size - 1);
		memcpy(&desc, c->view.tables + (table - c->view.tables_pa) + index * 8, 8);
		if (level == 3 || (desc & 3) != 3)
			return desc;
		table = desc & 0xfffffffff000ull;
	}
}

void check_tlb(struct check *c, uint16_t context, enum check_tlb op, uint64_t ipa, uint64_t size)
{
	static const char *const names[] = {
		[CHECK_TLB_BREAK] = "break",
		[CHECK_TLB_RAISE] = "raise",
		[CHECK_TLB_REMOVE] = "remove",
		[CHECK_TLB_STAGE1] = "stage 1",
	};

	note("tlb %s context %#x at %#llx size %#llx: entry %s", names[op], context,
	     (unsigned long long)ipa, (unsigned long long)size,
	     entry_at(c, context, ipa) & 1 ? "valid" : "invalid");
}

void check_table_taken(struct check *c, uint64_t pa, uint64_t size)
{
	note("taken at %#llx, %#llx", (unsigned long long)(pa - c->view.tables_pa),
	     (unsigned long long)size);
}

void check_table_freed(struct check *c, uint64_t pa, uint64_t size)
{
	note("freed at %#llx, %#llx", (unsigned long long)(pa - c->view.tables_pa),
	     (unsigned long long)size);
}

void check_dirty(struct check *c, uint64_t l1_ipa)
{
	(void)c;
	note("dirty %#llx", (unsigned long long)l1_ipa);
}

void check_access_flag(struct check *c, uint64_t l1_ipa, uint64_t word)
{
	(void)c;
	note("flag at %#llx, %#llx", (unsigned long long)l1_ipa, (unsigned long long)word);
}

void check_host_done(struct check *c, uint16_t context)
{
	(void)c;
	note("host done %u", context);
}

void check_vcpu_runs(struct check *c, uint16_t vcpu, bool hyp)
{
	(void)c;
	note("vcpu %u runs %s", vcpu, hyp ? "L1" : "L2");
}

void check_fault(struct check *c, const struct check_fault *f)
{
	static const char *const names[] = {
		[CHECK_DID_MAP] = "map",       [CHECK_DID_RELAX] = "relax", [CHECK_DID_TRY] = "try",
		[CHECK_DID_INJECT] = "inject", [CHECK_DID_OTHER] = "other",
	};

	(void)c;
	note("fault vcpu %u context %#x esr %#llx ipa %#llx el%d %s at %#llx size %#llx esr %#x",
	     f->vcpu, f->context, (unsigned long long)f->esr, (unsigned long long)f->ipa, !f->el0,
	     names[f->did], (unsigned long long)f->addr, (unsigned long long)f->size,
	     f->inject_esr);
}

const struct check_result *check_result(const struct check *c)
{
	return &c->result;
}

/* ---- reading the notes ---- */

static void assert_notes_at(unsigned int line, const char *const *wanted)
{
	unsigned int i;

	for (i = 0; wanted[i]; i++)
		if (i >= note_count || strcmp(notes[i], wanted[i]))
			fail_msg("line %u: note %u is \"%s\", not \"%s\"", line, i,
				 i < note_count ? notes[i] : "missing", wanted[i]);
	if (i < note_count)
		fail_msg("line %u: there is one more note: \"%s\"", line, notes[i]);
	note_count = 0;
}
#define assert_notes(...) assert_notes_at(__LINE__, (const char *const[]){__VA_ARGS__, NULL})

static const struct check_options check_options = {.quirks = 0x40};

static void open_class(struct world *w, enum nvt_class class, bool staged)
{
	struct engine_options options = world_options();

	note_count = 0;
	options.check = &check_options;
	options.staged = staged;
	world_open(w, &options, class);
	note_count = 0;
	w->ordinal = 2;
}

static void open_world(struct world *w)
{
	open_class(w, NVT_FULL, false);
}

/* A guest whose memory is one block, read-only or not, entered by vCPU 0. */
static void open_guest(struct world *w, uint64_t perms)
{
	open_world(w);
	l1_map(w, 0, 0x80000000, 2, (RAM + 32 * MIB) | L1_BLOCK | perms);
	enter(w, 0, 0);
	note_count = 0;
}

/* ---- tests ---- */

static void roots_are_told_before_the_first_event(void **state)
{
	struct engine_options options = world_options();
	struct world w;

	(void)state;
	options.check = &check_options;
	world_open(&w, &options, NVT_FULL);
	/* 40 bits of input: two level-1 tables; 48 bits: one of level 0. */
	assert_notes("new host 12 class 2 quirks 0x40 contexts 4", "taken at 0, 0x2000",
		     "taken at 0x2000, 0x1000", "taken at 0x3000, 0x1000",
		     "taken at 0x4000, 0x1000", "taken at 0x5000, 0x1000", "before 0 kind 10",
		     "after kind 10", "before 1 kind 11", "after kind 11");
	world_close(&w);
	assert_int_equal(checkers_alive, 0);
}

static void without_a_checker_nothing_is_told(void **state)
{
	struct engine_options options = world_options();
	struct world w;

	(void)state;
	world_open(&w, &options, NVT_FULL);
	fault(&w, FSC(ESR_WRITE, 6), RAM);
	engine_end(w.e);
	assert_int_equal(note_count, 0);
	assert_int_equal(w.e->metrics.checked, METRICS_UNCHECKED);
	world_close(&w);
}

static void without_memory_for_a_checker_there_is_no_engine(void **state)
{
	struct nvt_machine machine = world_machine();
	struct engine_options options = world_options();

	(void)state;
	options.check = &check_options;
	no_checker = true;
	assert_null(engine_new(&machine, NVT_FULL, &options));
	no_checker = false;
	assert_int_equal(checkers_alive, 0);
	note_count = 0;
}

static void L1s_first_memory_is_told(void **state)
{
	static const struct nvt_word words[] = {{RAM, 0x1234}, {RAM + 8, 0x5678}};
	struct world w;

	(void)state;
	open_world(&w);
	engine_l1mem(w.e, words, 2);
	assert_notes("l1mem 2, 0x40000000 = 0x1234");
	world_close(&w);
}

static void a_fault_is_told_between_its_event_and_the_end_of_it(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	fault(&w, FSC(ESR_WRITE, 6), RAM + 5 * MIB);
	assert_notes("before 2 kind 1", "taken at 0x6000, 0x1000",
		     "fault vcpu 0 context 0xffff esr 0x93c08045 ipa 0x40500000 el1 map at "
		     "0x40400000 size 0x200000 esr 0",
		     "after kind 1");
	world_close(&w);
}

static void what_a_fault_of_L2_came_to_is_told(void **state)
{
	struct nvt_event ev = fault_event(ESR_READ, 0x80001000);
	struct world w;

	(void)state;
	open_guest(&w, L1_R);
	ev.fault.pstate = 0;
	send(&w, ev);
	assert_string_equal(notes[note_count - 2],
			    "fault vcpu 0 context 0 esr 0x93c08004 ipa 0x80001000 el0 map at "
			    "0x80000000 size 0x200000 esr 0");
	note_count = 0;
	fault(&w, FSC(ESR_WRITE, 0xe), 0x80001000);
	assert_string_equal(notes[1],
			    "fault vcpu 0 context 0 esr 0x93c0804e ipa 0x80001000 el1 inject at 0 "
			    "size 0 esr 0x93c0804e");
	assert_int_equal(note_count, 3);
	world_close(&w);
}

static void a_touch_tells_each_fault_that_it_takes(void **state)
{
	struct world w;

	(void)state;
	open_guest(&w, L1_R);
	/* Mapped first, as translation faults ask for no permission; then L1 is asked. */
	touch(&w, ESR_WRITE, 0x80001000);
	assert_int_equal(note_count, 6);
	assert_non_null(strstr(notes[3], " map at 0x80000000 size 0x200000 "));
	assert_non_null(strstr(notes[4], " inject at 0 "));
	world_close(&w);
}

static struct s2_size_out pages(const struct s2_size_in *in, uint64_t count)
{
	uint64_t size = count * in->page;

	return (struct s2_size_out){
		.vma = in->page, .size = size, .addr_align = size, .frame_align = size};
}

static struct s2_size_out one_page(const struct s2_policy *self, const struct s2_size_in *in)
{
	(void)self;
	return pages(in, 1);
}

static struct s2_size_out four_pages(const struct s2_policy *self, const struct s2_size_in *in)
{
	(void)self;
	return pages(in, 4);
}

/* The mapping of four pages meets one that is there, and writes those before it alone. */
static void a_mapping_that_ends_early_is_told_with_its_range(void **state)
{
	static const struct s2_policy one = {.name = "one", .size = one_page};
	static const struct s2_policy four = {.name = "four", .size = four_pages};
	struct world w;

	(void)state;
	open_guest(&w, L1_R);
	engine_use(w.e, &one, NULL);
	fault(&w, FSC(ESR_READ, 6), 0x80002000);
	engine_use(w.e, &four, NULL);
	note_count = 0;
	fault(&w, FSC(ESR_READ, 7), 0x80003000);
	assert_int_equal(w.e->step.outcome.kind, S2_RETRY);
	assert_int_equal(entry_at(w.e->check, 0, 0x80001000) & 1, 1);
	assert_int_equal(entry_at(w.e->check, 0, 0x80003000) & 1, 0);
	assert_notes("before 6 kind 1",
		     "fault vcpu 0 context 0 esr 0x93c08007 ipa 0x80003000 el1 try at 0x80000000 "
		     "size 0x4000 esr 0",
		     "after kind 1");
	world_close(&w);
}

static void an_avoided_fault_is_no_fault(void **state)
{
	struct world w;

	(void)state;
	open_guest(&w, L1_RW);
	touch(&w, ESR_WRITE, 0x80001000);
	note_count = 0;
	touch(&w, ESR_WRITE, 0x80001000);
	assert_notes("before 6 kind 2", "after kind 2");
	world_close(&w);
}

static void dirty_pages_and_raised_permissions_are_told(void **state)
{
	struct world w;

	(void)state;
	open_guest(&w, L1_RW);
	log_writes(&w, true);
	fault(&w, ESR_READ, 0x80003000);
	note_count = 0;
	fault(&w, FSC(ESR_WRITE, 0xf), 0x80003000);
	assert_notes("before 7 kind 1",
		     "tlb raise context 0 at 0x80003000 size 0x1000: entry valid",
		     "dirty 0x42003000",
		     "fault vcpu 0 context 0 esr 0x93c0804f ipa 0x80003000 el1 relax at 0x80003000 "
		     "size 0x1000 esr 0",
		     "after kind 1");
	world_close(&w);
}

static void access_flags_that_are_set_in_L1s_tables_are_told(void **state)
{
	struct nvt_event ev = context_event(0, NVT_ERET, 0);
	char wanted[80];
	struct world w;

	(void)state;
	open_world(&w);
	l1_map(&w, 0, 0x80000000, 2, ((RAM + 32 * MIB) | L1_BLOCK | L1_R) & ~L1_AF);
	ev.context.vtcr |= 1ull << 21; /* HA */
	send(&w, ev);
	note_count = 0;
	fault(&w, FSC(ESR_READ, 6), 0x80001000);
	snprintf(wanted, sizeof(wanted), "flag at %#llx, %#llx",
		 (unsigned long long)w.e->step.outcome.walk.entry.v,
		 (unsigned long long)((RAM + 32 * MIB) | L1_BLOCK | L1_R));
	assert_string_equal(notes[1], wanted);
	assert_non_null(strstr(notes[note_count - 2], " map at 0x80000000 size 0x200000 "));
	world_close(&w);
}

static void a_break_is_told_while_the_entry_is_invalid(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	fault(&w, FSC(ESR_WRITE, 6), RAM);
	log_writes(&w, true);
	note_count = 0;
	fault(&w, FSC(ESR_WRITE, 0xe), RAM + 8 * KIB);
	assert_string_equal(notes[2],
			    "tlb break context 0xffff at 0x40000000 size 0x200000: entry invalid");
	world_close(&w);
}

static void an_invalidation_of_L1_tells_what_goes(void **state)
{
	struct world w;

	(void)state;
	open_guest(&w, L1_RW);
	touch(&w, ESR_READ, 0x80001000);
	leave(&w, 0, 0);
	note_count = 0;
	tlbi(&w, TLBI_VMALLS12E1IS, 0, 0);
	assert_string_equal(notes[0], "before 7 kind 6");
	assert_string_equal(notes[note_count - 2],
			    "tlb remove context 0 at 0 size 0x1000000000000: entry invalid");
	note_count = 0;
	tlbi(&w, TLBI_VMALLE1IS, 0, 0);
	assert_int_equal(note_count, 2);
	world_close(&w);
}

static void table_pages_are_told_when_they_are_given_back(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	fault(&w, FSC(ESR_WRITE, 6), RAM);
	note_count = 0;
	on_range(&w, NVT_HOST_UNMAP, RAM, 2 * MIB);
	assert_notes("before 3 kind 7",
		     "tlb break context 0xffff at 0x40000000 size 0x40000000: entry invalid",
		     "freed at 0x6000, 0x1000",
		     "tlb remove context 0xffff at 0x40000000 size 0x200000: entry invalid",
		     "after kind 7");
	world_close(&w);
}

static void a_host_event_is_done_context_by_context(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	enter(&w, 0, 0);
	enter(&w, 1, 1);
	note_count = 0;
	on_range(&w, NVT_HOST_UNMAP, RAM, 2 * MIB);
	assert_notes("before 4 kind 7", "host done 0", "host done 1", "after kind 7");
	on_range(&w, NVT_WRITE_PROTECT, RAM, 2 * MIB);
	assert_notes("before 5 kind 9", "host done 0", "host done 1", "after kind 9");
	world_close(&w);
}

static void staged_it_is_done_when_its_turn_comes(void **state)
{
	struct world w;

	(void)state;
	open_class(&w, NVT_FULL, true);
	enter(&w, 0, 0);
	enter(&w, 1, 1);
	note_count = 0;
	on_range(&w, NVT_HOST_UNMAP, RAM, 2 * MIB);
	assert_notes("before 4 kind 7", "after kind 7");
	extent(&w, 1, NVT_WRITE_PROTECTED);
	assert_notes("before 5 kind 14", "after kind 14");
	extent(&w, 1, NVT_UNMAPPED);
	assert_notes("before 6 kind 14", "host done 1", "after kind 14");
	/* What is left is done before the next begins. */
	on_range(&w, NVT_WRITE_PROTECT, RAM, 2 * MIB);
	assert_notes("before 7 kind 9", "host done 0", "after kind 9");
	world_close(&w);
}

static void where_the_recording_goes_on_otherwise_is_told(void **state)
{
	struct nvt_fault_truth truth = {.has = NVT_TRUTH_INJECT};
	struct nvt_event ev = fault_event(ESR_READ, 0x80001000);
	struct world w;

	(void)state;
	open_guest(&w, L1_RW);
	ev.fault.truth = &truth;
	send(&w, ev);
	assert_string_equal(notes[note_count - 2], "vcpu 0 runs L1");
	enter(&w, 0, 0);
	truth.has = NVT_TRUTH_RET;
	ev = fault_event(FSC(ESR_READ, 5), 0xc0000000);
	ev.fault.truth = &truth;
	note_count = 0;
	send(&w, ev);
	assert_non_null(strstr(notes[1], " inject "));
	assert_string_equal(notes[2], "vcpu 0 runs L2");
	/* Avoided, and yet L1 ran. */
	truth.has = NVT_TRUTH_INJECT;
	ev = fault_event(ESR_READ, 0x80001000);
	ev.fault.truth = &truth;
	note_count = 0;
	send(&w, ev);
	assert_notes("before 8 kind 1", "vcpu 0 runs L1", "after kind 1");
	world_close(&w);
}

#define HCR_TEA (1ull << 37)

static void an_external_abort_that_L1_takes_is_told(void **state)
{
	struct nvt_event ev = context_event(0, NVT_ERET, 0);
	struct world w;

	(void)state;
	open_world(&w);
	l1_map(&w, 0, 0x80000000, 2, 0x200000 | L1_BLOCK | L1_RW);
	ev.context.hcr |= HCR_TEA;
	send(&w, ev);
	note_count = 0;
	/* A fetch from where there is no memory. */
	fault(&w, FSC(ESR_EXEC, 6), 0x80000000);
	assert_non_null(strstr(notes[1], " other at 0 size 0 "));
	assert_string_equal(notes[2], "vcpu 0 runs L1");
	assert_int_equal(note_count, 4);
	world_close(&w);
}

static void contexts_are_shown_as_they_stand(void **state)
{
	struct check_context c;
	struct world w;

	(void)state;
	open_guest(&w, L1_RW);
	c = w.e->check->view.context(w.e->check->view.arg, 0);
	assert_true(c.valid && c.enabled);
	assert_int_equal(c.vttbr, VTTBR(0));
	assert_int_equal(c.vtcr, VTCR);
	assert_int_equal(c.start_level, 0);
	assert_int_equal(c.input_bits, 48);
	assert_int_equal(c.root, w.e->contexts[0].table.root.v);
	c = w.e->check->view.context(w.e->check->view.arg, 1);
	assert_false(c.valid);
	c = w.e->check->view.context(w.e->check->view.arg, NVT_CANONICAL_CONTEXT);
	assert_true(c.valid && !c.enabled);
	assert_int_equal(c.input_bits, 40);
	assert_int_equal(c.root, w.e->vm.canonical.table.root.v);
	world_close(&w);
}

static void of_a_partial_trace_the_stream_alone_is_told(void **state)
{
	struct world w;

	(void)state;
	open_class(&w, NVT_PARTIAL, false);
	enter(&w, 0, 0);
	fault(&w, ESR_READ, 0x80001000);
	tlbi(&w, TLBI_ALLE1IS, 0, 0);
	assert_notes("before 2 kind 3", "after kind 3", "before 3 kind 1", "after kind 1",
		     "before 4 kind 6", "after kind 6");
	world_close(&w);
}

static void an_event_that_cannot_be_has_no_end(void **state)
{
	struct nvt_event ev = {.kind = NVT_BACKING};
	struct world w;

	(void)state;
	open_world(&w);
	assert_int_equal(try_event(&w, ev), ENGINE_BAD_EVENT);
	assert_notes("before 2 kind 11");
	ev.vcpu = 7;
	assert_int_equal(try_event(&w, ev), ENGINE_BAD_EVENT);
	assert_int_equal(note_count, 0);
	world_close(&w);
}

static void verifier_and_checker_both_hear_of_dirty_pages(void **state)
{
	struct verify v;
	struct world w;

	(void)state;
	open_world(&w);
	log_writes(&w, true);
	assert_true(verify_init(&v, w.e, NULL, NULL));
	note_count = 0;
	fault(&w, ESR_WRITE, RAM + 12 * KIB);
	assert_string_equal(notes[note_count - 3], "dirty 0x40003000");
	assert_int_equal(dirtylog_take(&v.dirty, (RAM + 12 * KIB) >> 12), 1 << 3);
	verify_destroy(&v);
	world_close(&w);
}

static json_t *unsound_of(const struct world *w, const char **absent)
{
	size_t i;

	for (i = 0; i < metrics_table_count; i++)
		if (strcmp(metrics_table[i].name, "unsound") == 0)
			return metrics_table[i].value(&w->e->metrics, absent);
	fail();
	return NULL;
}

static void the_end_makes_a_figure_of_the_findings(void **state)
{
	const char *absent = NULL;
	struct world w;
	json_t *value;

	(void)state;
	open_world(&w);
	assert_null(unsound_of(&w, &absent));
	assert_string_equal(absent, "not checked");
	w.e->check->result.unsound_pages = 42;
	engine_end(w.e);
	assert_notes("end");
	value = unsound_of(&w, &absent);
	assert_int_equal(json_integer_value(value), 42);
	json_decref(value);
	w.e->check->result.out_of_memory = true;
	engine_end(w.e);
	note_count = 0;
	assert_null(unsound_of(&w, &absent));
	assert_string_equal(absent, "out of memory");
	world_close(&w);
	open_class(&w, NVT_PARTIAL, false);
	engine_end(w.e);
	assert_null(unsound_of(&w, &absent));
	assert_non_null(strstr(absent, "partial"));
	world_close(&w);
}

static void a_clone_is_told_of_its_own_engine_alone(void **state)
{
	struct engine_options options = world_options();
	struct world w, copy;

	(void)state;
	open_world(&w);
	world_open(&copy, &options, NVT_FULL);
	no_checker = true;
	assert_false(watch_clone(copy.e, w.e));
	no_checker = false;
	assert_true(watch_clone(copy.e, w.e));
	assert_ptr_equal(copy.e->check->view.arg, copy.e);
	assert_ptr_equal(copy.e->check->view.tables, copy.e->machine.port.tables);
	note_count = 0;
	fault(&copy, FSC(ESR_WRITE, 6), RAM);
	assert_string_equal(notes[0], "clone: before 2 kind 1");
	assert_string_equal(notes[1], "taken at 0x6000, 0x1000");
	note_count = 0;
	fault(&w, FSC(ESR_WRITE, 6), RAM);
	assert_string_equal(notes[0], "before 2 kind 1");
	world_close(&copy);
	world_close(&w);
	assert_int_equal(checkers_alive, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_are_told_before_the_first_event),
		cmocka_unit_test(without_a_checker_nothing_is_told),
		cmocka_unit_test(without_memory_for_a_checker_there_is_no_engine),
		cmocka_unit_test(L1s_first_memory_is_told),
		cmocka_unit_test(a_fault_is_told_between_its_event_and_the_end_of_it),
		cmocka_unit_test(what_a_fault_of_L2_came_to_is_told),
		cmocka_unit_test(a_touch_tells_each_fault_that_it_takes),
		cmocka_unit_test(a_mapping_that_ends_early_is_told_with_its_range),
		cmocka_unit_test(an_avoided_fault_is_no_fault),
		cmocka_unit_test(dirty_pages_and_raised_permissions_are_told),
		cmocka_unit_test(access_flags_that_are_set_in_L1s_tables_are_told),
		cmocka_unit_test(a_break_is_told_while_the_entry_is_invalid),
		cmocka_unit_test(an_invalidation_of_L1_tells_what_goes),
		cmocka_unit_test(table_pages_are_told_when_they_are_given_back),
		cmocka_unit_test(a_host_event_is_done_context_by_context),
		cmocka_unit_test(staged_it_is_done_when_its_turn_comes),
		cmocka_unit_test(where_the_recording_goes_on_otherwise_is_told),
		cmocka_unit_test(an_external_abort_that_L1_takes_is_told),
		cmocka_unit_test(contexts_are_shown_as_they_stand),
		cmocka_unit_test(of_a_partial_trace_the_stream_alone_is_told),
		cmocka_unit_test(an_event_that_cannot_be_has_no_end),
		cmocka_unit_test(verifier_and_checker_both_hear_of_dirty_pages),
		cmocka_unit_test(the_end_makes_a_figure_of_the_findings),
		cmocka_unit_test(a_clone_is_told_of_its_own_engine_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
