/* SPDX-License-Identifier: GPL-2.0-only */
/* Several policies in one pass decide, count and judge as each does alone. */
#include "replay/failing.h"
#include "replay/world.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "compare.h"
#include "gen/gen.h"
#include "metrics.h"
#include "result.h"

/* ---- threads ---- */

struct beginning {
	void *(*start)(void *);
	void *arg;
	bool begun;
};

static void *begin(void *arg)
{
	struct beginning *b = arg;
	void *(*start)(void *) = b->start;
	void *start_arg = b->arg;

	__atomic_store_n(&b->begun, true, __ATOMIC_RELEASE);
	return start(start_arg);
}

static bool no_threads;

/* What the C library and sanitizers allocate for a new thread does not fail: it is not tested. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *arg)
{
	typedef int function(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
	struct beginning b = {start, arg, false};
	uint64_t left = heap_left;
	int err;
	NEXT(function *, "pthread_create")

	if (no_threads)
		return EAGAIN;
	memory_is_back();
	err = real(thread, attr, begin, &b);
	while (!err && !__atomic_load_n(&b.begun, __ATOMIC_ACQUIRE))
		sched_yield();
	heap_left = left;
	return err;
}

/* ---- rules made up to differ: each from another moment on ---- */

static const struct s2_policy *rule_of(const char *name)
{
	for (unsigned int i = 0; i < s2_policy_count; i++)
		if (strcmp(s2_policies[i].name, name) == 0)
			return &s2_policies[i];
	fail_msg("no policy %s", name);
	return NULL;
}

static struct s2_size_out usual(const struct s2_size_in *in)
{
	return s2_policy_default->size(s2_policy_default, in);
}

static struct s2_size_out pages(const struct s2_size_in *in)
{
	static const struct s2_policy *page;

	if (!page)
		page = rule_of("page");
	return page->size(page, in);
}

static struct s2_size_out by_default(const struct s2_policy *self, const struct s2_size_in *in)
{
	(void)self;
	return usual(in);
}

static struct s2_size_out pages_for_l1(const struct s2_policy *self, const struct s2_size_in *in)
{
	(void)self;
	return in->l1_leaf ? usual(in) : pages(in);
}

static struct s2_size_out pages_for_blocks(const struct s2_policy *self,
					   const struct s2_size_in *in)
{
	(void)self;
	return in->l1_leaf >= in->pmd ? pages(in) : usual(in);
}

static struct s2_size_out pages_on_permission(const struct s2_policy *self,
					      const struct s2_size_in *in)
{
	(void)self;
	return in->granule ? pages(in) : usual(in);
}

static struct s2_size_out retry_on_permission(const struct s2_policy *self,
					      const struct s2_size_in *in)
{
	struct s2_size_out out = usual(in);

	(void)self;
	out.retry = in->granule;
	return out;
}

static struct s2_size_out pages_of_hugetlb(const struct s2_policy *self,
					   const struct s2_size_in *in)
{
	(void)self;
	return in->vma_size > in->page ? pages(in) : usual(in);
}

static struct s2_size_out pages_of_large_leaves(const struct s2_policy *self,
						const struct s2_size_in *in)
{
	(void)self;
	return in->l1_leaf > in->pmd ? pages(in) : usual(in);
}

static struct s2_size_out pages_of_thp(const struct s2_policy *self, const struct s2_size_in *in)
{
	(void)self;
	return in->l1_leaf && in->vma_size == in->page ? pages(in) : usual(in);
}

static struct s2_size_out blocks_under_logging(const struct s2_policy *self,
					       const struct s2_size_in *in)
{
	struct s2_size_in unlogged = *in;

	(void)self;
	unlogged.logging = false;
	return usual(&unlogged);
}

static const struct s2_policy made_up[] = {
	{.name = "default-again", .size = by_default},
	{.name = "pages-for-l1", .size = pages_for_l1},
	{.name = "pages-for-blocks", .size = pages_for_blocks},
	{.name = "pages-on-permission", .size = pages_on_permission},
	{.name = "retry-on-permission", .size = retry_on_permission},
	{.name = "pages-of-hugetlb", .size = pages_of_hugetlb},
	{.name = "pages-of-large-leaves", .size = pages_of_large_leaves},
	{.name = "pages-of-thp", .size = pages_of_thp},
	{.name = "blocks-under-logging", .size = blocks_under_logging},
};
#define MADE_UP (sizeof(made_up) / sizeof(made_up[0]))

/* All that there are: those of the handler, and those above. */
static unsigned int all_policies(const struct s2_policy *all[COMPARE_POLICIES_MAX])
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < s2_policy_count; i++)
		all[count++] = &s2_policies[i];
	for (size_t i = 0; i < MADE_UP; i++)
		all[count++] = &made_up[i];
	return count;
}

/* ---- what a replay came to, as one text ---- */

static const struct result_build build = {"", "", false, "", ""};

static char *summary(const struct engine *e, const struct exactness *x,
		     const struct nvt_machine *machine)
{
	struct result r = {
		.context = {&build, e->options.policy, e->options.quirks, NULL},
		.trace = {.name = "", .class = e->class, .machine = machine},
		.metrics = &e->metrics,
		.exactness = *x,
	};
	json_t *json;
	char *text;

	result_digest(&e->digest, r.digest);
	json = result_json(&r);
	text = json_dumps(json, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
	json_decref(json);
	assert_non_null(text);
	return text;
}

static struct nvt_reader *open_trace(const char *path)
{
	struct nvt_error err = {0};
	struct nvt_reader *r = nvt_open(path, &err);

	if (!r)
		fail_msg("%s", err.text);
	return r;
}

static struct engine_options options_for(const struct nvt_reader *r)
{
	return (struct engine_options){
		.quirks = S2_QUIRKS_KVM, .digest = true, .staged = nvt_machine(r)->extents};
}

static char *alone(const char *path, const struct s2_policy *policy,
		   const struct s2_invalidation *invalidation)
{
	struct nvt_reader *r = open_trace(path);
	struct engine_options o = options_for(r);
	struct exactness x = {0};
	struct nvt_error err = {0};
	const struct nvt_event *ev;
	const struct nvt_word *words;
	uint64_t ordinal;
	struct engine *e;
	size_t count;
	char *text;

	o.policy = policy;
	o.invalidation = invalidation;
	e = engine_new(nvt_machine(r), nvt_class(r), &o);
	words = nvt_l1mem(r, &count);
	assert_int_equal(engine_l1mem(e, words, count), ENGINE_OK);
	while (nvt_next(r, &ev, &ordinal, &err) == NVT_OK) {
		assert_int_equal(engine_event(e, ev), ENGINE_OK);
		exactness_event(&x, &e->step, ev);
	}
	exactness_judge(&x, e);
	text = summary(e, &x, nvt_machine(r));
	engine_free(e);
	nvt_close(r);
	return text;
}

static enum engine_status feed(struct compare *c, struct nvt_reader *r)
{
	struct nvt_error err = {0};
	struct nvt_block *block;
	enum engine_status status;
	const struct nvt_word *words;
	size_t count;

	words = nvt_l1mem(r, &count);
	status = compare_l1mem(c, words, count);
	while (status == ENGINE_OK && nvt_next_block(r, &block, &err) == NVT_OK)
		status = compare_block(c, block);
	return status == ENGINE_OK ? compare_end(c) : status;
}

/* One pass; the number of classes at its end. */
static unsigned int together(const char *path, const struct s2_policy *const *policies,
			     const struct s2_invalidation *const *invalidations, unsigned int count,
			     unsigned int threads, char **texts)
{
	struct nvt_reader *r = open_trace(path);
	struct compare_options o = {options_for(r), policies, count, threads, invalidations};
	struct compare *c = compare_new(nvt_machine(r), nvt_class(r), &o);
	unsigned int classes = 0;

	assert_non_null(c);
	assert_int_equal(feed(c, r), ENGINE_OK);
	for (unsigned int i = 0; i < count; i++) {
		struct compare_result one = compare_result(c, i);

		classes += one.alike == i;
		assert_true(one.alike <= i);
		texts[i] = summary(one.engine, &one.exactness, nvt_machine(r));
	}
	compare_free(c);
	nvt_close(r);
	return classes;
}

/* Every policy of one pass against a pass of its own, for a few numbers of threads. */
static unsigned int check_all(const char *path)
{
	const struct s2_policy *all[COMPARE_POLICIES_MAX];
	unsigned int count = all_policies(all), classes = 0;
	char *wanted[COMPARE_POLICIES_MAX], *got[COMPARE_POLICIES_MAX];

	for (unsigned int i = 0; i < count; i++)
		wanted[i] = alone(path, all[i], NULL);
	for (unsigned int threads = 1; threads < 4; threads += 2) {
		classes = together(path, all, NULL, count, threads, got);
		for (unsigned int i = 0; i < count; i++) {
			assert_string_equal(got[i], wanted[i]);
			free(got[i]);
		}
	}
	for (unsigned int i = 0; i < count; i++)
		free(wanted[i]);
	return classes;
}

/* ---- recorded and generated streams ---- */

static void samples_come_out_as_alone(void **state)
{
	static const char *const samples[] = {"thp-thp",     "l0-4k",	    "l1-64k",
					      "l0-notifier", "l1-dirtylog", "l0-dirtylog-on"};
	char path[64];

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		snprintf(path, sizeof(path), "traces/samples/%s.zst", samples[i]);
		check_all(path);
	}
}

static char path[] = "/tmp/nvsim-test-compare-XXXXXX";

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 || close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static struct nvt_gen_options small(uint64_t seed)
{
	struct nvt_gen_options o;

	nvt_gen_defaults(&o);
	o.seed = seed;
	o.faults = 12000;
	o.footprint = 64 * MIB;
	return o;
}

static void generate(const struct nvt_gen_options *o)
{
	struct nvt_error err = {0};

	if (nvt_generate(o, path, NULL, NULL, NULL, &err) != NVT_OK)
		fail_msg("%s", err.text);
}

static void generated_streams_come_out_as_alone(void **state)
{
	static const uint64_t page_sizes[] = {4096, 16384, 65536};
	unsigned int classes = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 12; seed++) {
		struct nvt_gen_options o = small(seed);

		o.pattern = seed % NVT_GEN_PATTERN_COUNT;
		o.host_page = page_sizes[seed % 3];
		o.l1_granule = o.host_page;
		o.vcpus = 1 + seed % 4;
		o.guests = 1 + seed % 4;
		o.host_unmap_every = seed % 2 ? 3000 : 0;
		o.back_base = 40;
		o.back_thp = 30;
		o.back_huge = 30;
		generate(&o);
		classes += check_all(path);
	}
	/* The property is about splits: there were many. */
	assert_true(classes > 12 * 3);
}

static void each_pair_comes_out_as_alone(void **state)
{
	const struct s2_policy *all[COMPARE_POLICIES_MAX];
	unsigned int count = all_policies(all);
	char *wanted[COMPARE_POLICIES_MAX], *got[2];
	struct nvt_gen_options o = small(77);

	(void)state;
	o.faults = 3000;
	o.footprint = 16 * MIB;
	generate(&o);
	for (unsigned int i = 0; i < count; i++)
		wanted[i] = alone(path, all[i], NULL);
	for (unsigned int i = 0; i < count; i++)
		for (unsigned int k = 0; k < count; k++) {
			const struct s2_policy *pair[2] = {all[i], all[k]};

			if (i == k)
				continue;
			together(path, pair, NULL, 2, 2, got);
			assert_string_equal(got[0], wanted[i]);
			assert_string_equal(got[1], wanted[k]);
			free(got[0]);
			free(got[1]);
		}
	for (unsigned int i = 0; i < count; i++)
		free(wanted[i]);
}

/* Two policies with every invalidation policy, each by itself and all in one pass. */
static void check_invalidations(const char *trace)
{
	const struct s2_policy *policies[COMPARE_POLICIES_MAX];
	const struct s2_invalidation *invalidations[COMPARE_POLICIES_MAX];
	char *wanted[COMPARE_POLICIES_MAX], *got[COMPARE_POLICIES_MAX];
	unsigned int count = 0;

	for (unsigned int i = 0; i < s2_invalidation_count; i++)
		for (unsigned int k = 0; k < 2; k++) {
			policies[count] = rule_of(k ? "page" : "kvm-7.3");
			invalidations[count] = &s2_invalidations[i];
			wanted[count] = alone(trace, policies[count], invalidations[count]);
			count++;
		}
	for (unsigned int threads = 1; threads < 4; threads++) {
		together(trace, policies, invalidations, count, threads, got);
		for (unsigned int i = 0; i < count; i++) {
			assert_string_equal(got[i], wanted[i]);
			free(got[i]);
		}
	}
	for (unsigned int i = 0; i < count; i++)
		free(wanted[i]);
}

static void invalidation_policies_come_out_as_alone(void **state)
{
	struct nvt_gen_options o = small(8);

	(void)state;
	generate(&o);
	check_invalidations(path);
	check_invalidations("traces/samples/l0-notifier.zst");
}

/* ---- awkward moments, by hand ---- */

/* A guest whose first 2M are a block of L1's, read and written; the next ones are a page. */
static struct nvt_writer *create(bool hw_af)
{
	static const struct nvt_word words[] = {
		{TABLES(0), (TABLES(0) + 0x2000) | 3},
		{TABLES(0) + 0x2000, RAM | L1_RW | L1_BLOCK},
		{TABLES(0) + 0x2008, (TABLES(0) + 0x3000) | 3},
		{TABLES(0) + 0x3000, (RAM + 2 * MIB) | L1_RW | L1_PAGE},
	};
	struct nvt_writer_options o = {
		.class = NVT_FULL, .machine = world_machine(), .l1mem = words, .l1mem_count = 4};
	struct nvt_error err = {0};
	struct nvt_writer *w;

	o.machine.hw_af = hw_af;
	w = nvt_create(path, &o, &err);
	if (!w)
		fail_msg("%s", err.text);
	return w;
}

static void put_events(struct nvt_writer *w, const struct nvt_event *events, size_t count)
{
	struct nvt_error err = {0};

	for (size_t i = 0; i < count; i++) {
		struct nvt_event ev = events[i];

		ev.time_ns = (i + 1) * 1000;
		if (nvt_write(w, &ev, &err) != NVT_OK)
			fail_msg("%s", err.text);
	}
	assert_int_equal(nvt_finish(w, "{}", &err), NVT_OK);
}

static struct nvt_event touch_event(uint64_t esr, uint64_t ipa)
{
	struct nvt_event ev = fault_event(TOUCH(esr), ipa);

	ev.kind = NVT_TOUCH;
	return ev;
}

#define PUT(w, ...)                                                                                \
	put_events(w, (struct nvt_event[]){__VA_ARGS__},                                           \
		   sizeof((struct nvt_event[]){__VA_ARGS__}) / sizeof(struct nvt_event))

#define CREATE_RAM   slot_event(NVT_SLOT_CREATE, 0, RAM, RAM_SIZE, 0)
#define LOG_RAM	     slot_event(NVT_SLOT_FLAGS, 0, RAM, RAM_SIZE, NVT_SLOT_LOG)
#define BACK_RAM     backing_event(RAM, RAM_SIZE, 21)
#define RUN_GUEST    context_event(0, NVT_ERET, 0)
#define RANGE(k)     ((struct nvt_event){.kind = (k), .range = {RAM, RAM_SIZE}})
#define FAULT_LEVEL2 FSC(ESR_READ, 6)

/* Aged by a host that knows shadow tables, then written under logging: the first try sets AF. */
static void a_split_at_the_second_try_of_a_touch(void **state)
{
	const struct s2_policy *const two[] = {&made_up[0], &made_up[3]};
	char *got[2];

	(void)state;
	PUT(create(false), CREATE_RAM, BACK_RAM, RUN_GUEST, touch_event(ESR_READ, 0),
	    touch_event(ESR_READ, 2 * MIB), LOG_RAM, RANGE(NVT_HOST_AGE),
	    touch_event(ESR_WRITE, 0x3000), touch_event(ESR_WRITE, 2 * MIB),
	    touch_event(ESR_READ, 0x3000), touch_event(ESR_WRITE, 0x7000));
	check_all(path);
	together(path, two, NULL, 2, 2, got);
	free(got[0]);
	free(got[1]);
}

/* Recorded as a fault of level 3; the tables of none of the policies agree. */
static void a_split_at_a_fault_whose_code_was_rewritten(void **state)
{
	(void)state;
	PUT(create(false), CREATE_RAM, BACK_RAM, RUN_GUEST, fault_event(ESR_READ, 0x1000),
	    fault_event(ESR_READ, 0x5000), fault_event(FAULT_LEVEL2, 2 * MIB),
	    fault_event(FSC(ESR_WRITE, 0xf), 0x9000), RANGE(NVT_HOST_UNMAP),
	    fault_event(ESR_WRITE, 0x9000), fault_event(FSC(ESR_WRITE, 0xf), 0x9000));
	assert_true(check_all(path) >= 2);
}

static void a_split_under_logging(void **state)
{
	(void)state;
	PUT(create(true), CREATE_RAM, BACK_RAM, RUN_GUEST, touch_event(ESR_READ, 0), LOG_RAM,
	    touch_event(ESR_WRITE, 0x5000), touch_event(ESR_READ, 0x6000), RANGE(NVT_WRITE_PROTECT),
	    touch_event(ESR_WRITE, 0x5000), slot_event(NVT_SLOT_FLAGS, 0, RAM, RAM_SIZE, 0),
	    touch_event(ESR_WRITE, 0x8000), RANGE(NVT_HOST_UNMAP), touch_event(ESR_WRITE, 0x5000));
	assert_true(check_all(path) >= 4);
}

static void a_stream_of_nothing(void **state)
{
	(void)state;
	PUT(create(false), CREATE_RAM);
	assert_int_equal(check_all(path), 1);
}

/* ---- failures ---- */

static void an_event_that_cannot_be_is_named(void **state)
{
	const struct s2_policy *all[COMPARE_POLICIES_MAX];
	unsigned int count = all_policies(all);
	struct nvt_reader *r;
	struct compare *c;
	uint64_t ordinal;

	(void)state;
	PUT(create(false), CREATE_RAM, BACK_RAM, RUN_GUEST, touch_event(ESR_READ, 0),
	    (struct nvt_event){
		    .kind = NVT_L1_LEAF, .vcpu = 0, .l1_leaf = {.vtcr = VTCR, .level = 0}});
	r = open_trace(path);
	for (unsigned int threads = 1; threads < 3; threads++) {
		struct compare_options o = {options_for(r), all, count, threads, NULL};

		nvt_close(r);
		r = open_trace(path);
		c = compare_new(nvt_machine(r), nvt_class(r), &o);
		assert_int_equal(feed(c, r), ENGINE_BAD_EVENT);
		assert_non_null(strstr(compare_problem(c, &ordinal), "level 0"));
		assert_int_equal(ordinal, 4);
		compare_free(c);
	}
	nvt_close(r);
}

static void without_threads_the_caller_does_the_work(void **state)
{
	struct nvt_gen_options o = small(3);

	(void)state;
	generate(&o);
	no_threads = true;
	check_all(path);
	no_threads = false;
}

/* Whatever allocation fails, there is a status, nothing leaks, and later passes are whole. */
static void memory_runs_out(void **state)
{
	const struct s2_policy *all[COMPARE_POLICIES_MAX];
	unsigned int count = all_policies(all), failures = 0;
	enum engine_status status = ENGINE_NOMEM;
	struct nvt_gen_options o = small(5);

	(void)state;
	o.faults = 500;
	o.footprint = 4 * MIB;
	generate(&o);
	for (uint64_t left = 0; status != ENGINE_OK; left += 1 + left / 40) {
		struct nvt_reader *r = open_trace(path);
		struct compare_options c_o = {options_for(r), all, count, 2, NULL};
		struct compare *c;

		heap_left = left;
		c = compare_new(nvt_machine(r), nvt_class(r), &c_o);
		status = c ? feed(c, r) : ENGINE_NOMEM;
		memory_is_back();
		failures += status == ENGINE_NOMEM;
		compare_free(c);
		nvt_close(r);
	}
	assert_true(failures > 10);
}

/* ---- clones ---- */

static void expect_same(const struct engine *a, const struct engine *b)
{
	struct nvt_machine machine = world_machine();
	struct exactness x = {0};
	char *left = summary(a, &x, &machine), *right = summary(b, &x, &machine);

	assert_string_equal(left, right);
	free(left);
	free(right);
}

static void fill_world(struct world *w)
{
	struct engine_options o = world_options();

	o.digest = true;
	world_open(w, &o, NVT_FULL);
	l1_map(w, 0, 0, 2, RAM | L1_RW | L1_BLOCK);
	l1_map(w, 0, 2 * MIB, 3, (RAM + 2 * MIB) | L1_RW | L1_PAGE);
	l1_map(w, 1, 0, 3, (RAM + 4 * MIB) | L1_RW | L1_PAGE);
	touch(w, ESR_READ, RAM + 0x1000);
	enter(w, 0, 0);
	enter(w, 1, 1);
	touch(w, ESR_READ, 0);
	touch(w, ESR_WRITE, 2 * MIB);
	/* Leaves table pages to be handed out again. */
	tlbi(w, TLBI_ALLE1IS, 0, 0);
	touch(w, ESR_WRITE, 0x4000);
}

/* What is done to one of the two: everything that changes a part of the engine. */
static void upset(struct world *w)
{
	touch(w, ESR_WRITE, 2 * MIB);
	l1_map(w, 0, 4 * MIB, 3, (RAM + 6 * MIB) | L1_RW | L1_PAGE);
	touch(w, ESR_WRITE, 4 * MIB);
	send(w, backing_event(RAM + 8 * MIB, 64 * KIB, 12));
	on_range(w, NVT_HOST_UNMAP, RAM, 4 * MIB);
	touch(w, ESR_WRITE, 0);
	enter(w, 0, 3);
	log_writes(w, true);
	leave(w, 1, 1);
	touch(w, ESR_WRITE, RAM + 16 * MIB);
}

static void a_clone_goes_its_own_way(void **state)
{
	struct world left, right, fresh;

	(void)state;
	fill_world(&left);
	fill_world(&fresh);
	right = left;
	right.e = engine_clone(left.e);
	assert_non_null(right.e);
	expect_same(left.e, right.e);
	/* The one does not see what happens to the other ... */
	upset(&left);
	expect_same(right.e, fresh.e);
	/* ... and is as good as the other, and as one that was never cloned. */
	upset(&right);
	expect_same(left.e, right.e);
	world_close(&left);
	upset(&right);
	upset(&fresh);
	upset(&fresh);
	expect_same(right.e, fresh.e);
	world_close(&right);
	world_close(&fresh);
}

static void an_engine_with_reverse_maps_is_not_cloned(void **state)
{
	struct engine_options o = world_options();
	struct world w;

	(void)state;
	for (unsigned int i = 0; i < s2_invalidation_count; i++) {
		struct engine *clone;

		o.invalidation = &s2_invalidations[i];
		world_open(&w, &o, NVT_FULL);
		clone = engine_clone(w.e);
		assert_int_equal(clone != NULL, o.invalidation->kind == S2_INVALIDATE_WHOLE);
		engine_free(clone);
		world_close(&w);
	}
}

static void a_clone_of_observed_tables_has_its_own(void **state)
{
	struct engine_options o = world_options();
	struct nvt_event leaf = {.kind = NVT_L1_LEAF,
				 .l1_leaf = {.vttbr = VTTBR(0),
					     .vtcr = VTCR,
					     .desc = RAM | L1_RW | L1_PAGE,
					     .level = 3}};
	struct world w, other;

	(void)state;
	world_open(&w, &o, NVT_OBSERVED);
	enter(&w, 0, 0);
	send(&w, leaf);
	leaf.l1_leaf.level = 2; /* drops a table, which is kept for reuse */
	leaf.l1_leaf.desc = RAM | L1_RW | L1_BLOCK;
	send(&w, leaf);
	other = w;
	other.e = engine_clone(w.e);
	assert_non_null(other.e);
	leaf.l1_leaf.level = 3;
	leaf.l1_leaf.desc = (RAM + 0x7000) | L1_RW | L1_PAGE;
	send(&other, leaf);
	touch(&w, ESR_READ, 0);
	touch(&other, ESR_READ, 0);
	assert_int_equal(leaf_at(&w, 0, 0).size, 2 * MIB);
	assert_int_equal(leaf_at(&other, 0, 0).pa.v, PA(RAM + 0x7000));
	world_close(&w);
	touch(&other, ESR_READ, 0);
	world_close(&other);
}

static void cloning_without_memory_leaves_nothing(void **state)
{
	struct world w, fresh;
	struct engine *e = NULL;
	uint64_t failures;

	(void)state;
	fill_world(&w);
	fill_world(&fresh);
	for (failures = 0; !e; failures++) {
		heap_left = failures;
		e = engine_clone(w.e);
		memory_is_back();
	}
	engine_free(e);
	assert_true(failures > 10);
	for (uint64_t left = 0; left < 2; left++) {
		maps_left = left;
		assert_null(engine_clone(w.e));
		memory_is_back();
	}
	upset(&w);
	upset(&fresh);
	expect_same(w.e, fresh.e);
	world_close(&w);
	world_close(&fresh);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(samples_come_out_as_alone),
		cmocka_unit_test(generated_streams_come_out_as_alone),
		cmocka_unit_test(each_pair_comes_out_as_alone),
		cmocka_unit_test(invalidation_policies_come_out_as_alone),
		cmocka_unit_test(a_split_at_the_second_try_of_a_touch),
		cmocka_unit_test(a_split_at_a_fault_whose_code_was_rewritten),
		cmocka_unit_test(a_split_under_logging),
		cmocka_unit_test(a_stream_of_nothing),
		cmocka_unit_test(an_event_that_cannot_be_is_named),
		cmocka_unit_test(without_threads_the_caller_does_the_work),
		cmocka_unit_test(memory_runs_out),
		cmocka_unit_test(a_clone_goes_its_own_way),
		cmocka_unit_test(an_engine_with_reverse_maps_is_not_cloned),
		cmocka_unit_test(a_clone_of_observed_tables_has_its_own),
		cmocka_unit_test(cloning_without_memory_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
