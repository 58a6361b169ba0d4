/* SPDX-License-Identifier: GPL-2.0-only */
/* Streams against the model: what the generator promises, for every geometry and pattern. */
#include <stdio.h>

#include "gen/model.h"
#include "gen/gen.h"

static const uint64_t pages[] = {4096, 16384, 65536};

static enum nvt_status feed(void *arg, const struct nvt_event *ev, struct nvt_error *err)
{
	(void)err;
	model_event(arg, ev);
	return NVT_OK;
}

static struct nvt_gen_options small(uint64_t faults)
{
	struct nvt_gen_options o;

	nvt_gen_defaults(&o);
	o.faults = faults;
	o.footprint = 64ull << 20;
	return o;
}

/* Runs the stream through a model, checks its totals and returns the model. */
static struct model *run(const struct nvt_gen_options *o, struct nvt_gen_stats *stats)
{
	struct nvt_error err = {0};
	struct nvt_gen *g = nvt_gen_open(o, &err);
	struct nvt_writer_options header;
	struct model *m;

	if (!g)
		fail_msg("%s", err.text);
	nvt_gen_header(g, &header);
	assert_int_equal(header.class, NVT_FULL);
	assert_false(header.provisional);
	m = model_new(&header.machine, header.l1mem, header.l1mem_count);
	m->aliases = o->alias;
	assert_int_equal(nvt_gen_run(g, feed, m, NULL, NULL, &err), NVT_OK);
	nvt_gen_stats(g, stats);
	nvt_gen_close(g);
	model_audit(m);
	assert_int_equal(m->touch_count, o->faults);
	assert_int_equal(stats->touch_count, o->faults);
	assert_int_equal(stats->kind_count[NVT_TOUCH], o->faults);
	assert_int_equal(stats->injected_count, m->injected_count);
	return m;
}

static void run_only(const struct nvt_gen_options *o)
{
	struct nvt_gen_stats stats;

	model_free(run(o, &stats));
}

static void every_pattern_refaults_its_footprint(void **state)
{
	(void)state;
	for (unsigned int p = 0; p < NVT_GEN_PATTERN_COUNT; p++) {
		struct nvt_gen_options o = small(100000);
		struct nvt_gen_stats stats;

		o.pattern = p;
		model_free(run(&o, &stats));
		/* More touches than pages. */
		assert_true(stats.footprint_pages * 4 < o.faults);
		assert_true(stats.invalidation_count > 10);
		assert_true(stats.injected_count > 10);
	}
}

static void every_geometry_works(void **state)
{
	(void)state;
	for (size_t host = 0; host < 3; host++)
		for (size_t granule = host; granule < 3; granule++)
			for (unsigned int p = 0; p < NVT_GEN_PATTERN_COUNT; p++) {
				struct nvt_gen_options o = small(20000);

				o.host_page = pages[host];
				o.l1_granule = pages[granule];
				o.pattern = p;
				o.unmaps = o.remaps = 40;
				run_only(&o);
			}
}

static void every_input_size_has_its_levels(void **state)
{
	(void)state;
	for (size_t granule = 0; granule < 3; granule++)
		for (uint64_t bits = 36; bits <= 48; bits++) {
			struct nvt_gen_options o = small(3000);

			o.l1_granule = pages[granule];
			o.ipa_bits = bits;
			run_only(&o);
		}
}

/* One kind of leaf and one of backing at a time: the touches meet just these. */
static void single_kinds_are_pure(void **state)
{
	static const struct {
		int level, contig;
	} leaf[] = {{3, 0}, {3, 1}, {2, 0}, {1, 0}};
	static const uint8_t back[] = {12, 21, 21, 30};

	(void)state;
	for (unsigned int l = 0; l < 4; l++)
		for (unsigned int b = 0; b < 4; b++) {
			struct nvt_gen_options o = small(40000);
			struct nvt_gen_stats stats;
			struct model *m;
			uint64_t done;

			(&o.leaf_page)[l] = 100;
			(&o.back_base)[b] = 100;
			o.unmaps = o.remaps = 30;
			m = run(&o, &stats);
			done = o.faults - stats.injected_count;
			assert_int_equal(m->leaf_count[leaf[l].level][leaf[l].contig], done);
			assert_int_equal(m->back_count[back[b]], done);
			model_free(m);
		}
}

static void larger_hosts_have_their_block_sizes(void **state)
{
	static const struct {
		uint64_t page;
		uint8_t thp, huge;
	} row[] = {{16384, 25, 25}, {65536, 29, 29}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct nvt_gen_options o = small(5000);
		struct nvt_gen_stats stats;
		struct model *m;

		o.host_page = o.l1_granule = row[i].page;
		o.back_thp = 60;
		o.back_huge = 40;
		m = run(&o, &stats);
		assert_int_equal(m->back_count[row[i].thp], o.faults - stats.injected_count);
		model_free(m);
	}
}

/* The default mixture, to a few percent, of what a random stream meets. */
static void default_shares_are_kept(void **state)
{
	struct nvt_gen_options o = small(100000);
	struct nvt_gen_stats stats;
	struct model *m;
	double done;

	(void)state;
	o.footprint = 1ull << 30;
	m = run(&o, &stats);
	done = (double)(o.faults - stats.injected_count);
	assert_true(m->leaf_count[2][0] > 0.66 * done && m->leaf_count[2][0] < 0.74 * done);
	assert_true(m->leaf_count[3][0] > 0.17 * done && m->leaf_count[3][0] < 0.23 * done);
	assert_true(m->leaf_count[3][1] > 0.03 * done && m->leaf_count[3][1] < 0.07 * done);
	assert_true(m->leaf_count[1][0] > 0.03 * done && m->leaf_count[1][0] < 0.07 * done);
	assert_true(m->back_count[12] > 0.27 * done && m->back_count[12] < 0.33 * done);
	assert_true(m->back_count[30] > 0.02 * done && m->back_count[30] < 0.05 * done);
	model_free(m);
}

static void vcpus_share_guests_or_have_their_own(void **state)
{
	static const uint64_t guests[] = {1, 3, 8};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct nvt_gen_options o = small(100000);
		struct nvt_gen_stats stats;
		struct model *m;
		uint64_t seen = 0;

		o.vcpus = 8;
		o.guests = guests[i];
		m = run(&o, &stats);
		for (size_t k = 0; k < MODEL_GUESTS; k++)
			seen += m->guest[k].output != NULL;
		assert_int_equal(seen, guests[i]);
		for (size_t k = 0; k < o.vcpus; k++)
			assert_true(m->vcpu[k].entered);
		model_free(m);
	}
}

static void host_unmaps_bring_memory_back_elsewhere(void **state)
{
	struct nvt_gen_options o = small(50000);
	struct nvt_gen_stats stats;

	(void)state;
	o.vcpus = o.guests = 2;
	o.host_unmap_every = 3000;
	model_free(run(&o, &stats));
	assert_int_equal(stats.kind_count[NVT_HOST_UNMAP], 50000 / 3000);
}

static void devices_are_touched_by_share(void **state)
{
	(void)state;
	for (size_t granule = 0; granule < 3; granule++) {
		struct nvt_gen_options o = small(20000);
		struct nvt_gen_stats stats;
		struct model *m;

		o.l1_granule = pages[granule];
		o.vcpus = o.guests = 2;
		o.mmio = 10;
		m = run(&o, &stats);
		assert_in_range(m->device_count, 1800, 2200);
		model_free(m);
		o.mmio = 100;
		m = run(&o, &stats);
		assert_int_equal(m->device_count, o.faults);
		model_free(m);
	}
}

static void the_machine_is_as_asked_for(void **state)
{
	struct nvt_gen_options o = small(20000);
	struct nvt_writer_options header;
	struct nvt_error err = {0};
	struct nvt_gen *g;

	(void)state;
	for (unsigned int has = 0; has < 8; has++) {
		o.fwb = has & 1;
		o.xnx = has >> 1 & 1;
		o.dic = has >> 2;
		g = nvt_gen_open(&o, &err);
		assert_non_null(g);
		nvt_gen_header(g, &header);
		assert_int_equal(header.machine.fwb, o.fwb);
		assert_int_equal(header.machine.xnx, o.xnx);
		assert_int_equal(header.machine.dic, o.dic);
		nvt_gen_close(g);
	}
	/* The model looks whether all memory lies within. */
	o.host_unmap_every = 1000;
	for (o.pa_bits = 40; o.pa_bits <= 48; o.pa_bits++)
		run_only(&o);
}

static void aliases_are_within_guests_and_between_them(void **state)
{
	static const uint64_t guests[] = {1, 4};

	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (size_t host = 0; host < 3; host++) {
			struct nvt_gen_options o = small(40000);
			struct nvt_gen_stats stats;
			struct model *m;

			o.vcpus = 4;
			o.guests = guests[i];
			o.host_page = o.l1_granule = pages[host];
			/* Of larger hosts, only pages are no larger than a chunk. */
			o.leaf_page = o.back_base = host ? 100 : NVT_GEN_AUTO;
			o.alias = 40;
			o.host_unmap_every = 9000;
			m = run(&o, &stats);
			assert_true(m->alias_count[0] > 100);
			assert_int_equal(m->alias_count[1] > 100, guests[i] > 1);
			model_free(m);
		}
}

static void an_alias_needs_another_chunk(void **state)
{
	struct nvt_gen_options o = small(3000);
	struct nvt_gen_stats stats;
	struct model *m;

	(void)state;
	o.alias = 100;
	run_only(&o);
	o.vcpus = o.guests = 8;
	run_only(&o);
	o.vcpus = o.guests = 1;
	o.footprint = 2ull << 20;
	m = run(&o, &stats);
	assert_int_equal(m->alias_count[0] + m->alias_count[1], 0);
	model_free(m);
	/* Blocks that are larger than a chunk are left alone. */
	o = small(3000);
	o.leaf_1g = 100;
	o.alias = 100;
	m = run(&o, &stats);
	assert_int_equal(m->alias_count[0] + m->alias_count[1], 0);
	model_free(m);
}

static void extremes_work(void **state)
{
	struct nvt_gen_options o = small(1);

	(void)state;
	o.premapped = 0; /* ends on an injected touch */
	run_only(&o);
	o.faults = 2;
	run_only(&o);
	o.faults = 20000;
	o.footprint = 2 << 20;
	o.host_page = o.l1_granule = 65536;
	run_only(&o);
	o.unmaps = 100;
	o.remaps = 0;
	run_only(&o);
	o.unmaps = 0;
	o.remaps = 100;
	run_only(&o);
	o.flushes = 1000;
	run_only(&o);
	o.exit_every = 1;
	run_only(&o);
	o.exit_every = 0;
	run_only(&o);
}

static void few_events_are_no_touches(void **state)
{
	struct nvt_gen_options o;
	struct nvt_gen_stats stats;
	struct model *m;

	(void)state;
	nvt_gen_defaults(&o);
	o.premapped = 100;
	m = run(&o, &stats);
	assert_true(stats.event_count - stats.touch_count < stats.touch_count / 50);
	model_free(m);
}

static void seeds_differ_and_equal_seeds_agree(void **state)
{
	/* Of every machine: a change of this value is a change of all generated traces. */
	static const uint64_t pinned = 0xbd5ad7ef7640aee4;
	struct nvt_gen_options o = small(30000);
	struct nvt_gen_stats stats;
	struct model *a = run(&o, &stats), *b = run(&o, &stats), *c;

	(void)state;
	o.seed = 2;
	c = run(&o, &stats);
	assert_int_equal(a->hash, b->hash);
	assert_int_not_equal(a->hash, c->hash);
	assert_int_equal(a->hash, pinned);
	model_free(a);
	model_free(b);
	model_free(c);
}

static enum nvt_status stop_at(void *arg, const struct nvt_event *ev, struct nvt_error *err)
{
	uint64_t *left = arg;

	(void)ev;
	err->status = NVT_EENV;
	return --*left ? NVT_OK : NVT_EENV;
}

static void a_sink_that_fails_stops_the_stream(void **state)
{
	struct nvt_gen_options o = small(100000);
	struct nvt_error err = {0};
	uint64_t left = 1234;
	struct nvt_gen *g = nvt_gen_open(&o, &err);
	struct nvt_gen_stats stats;

	(void)state;
	assert_non_null(g);
	assert_int_equal(nvt_gen_run(g, stop_at, &left, NULL, NULL, &err), NVT_EENV);
	nvt_gen_stats(g, &stats);
	assert_int_equal(stats.event_count, 1234);
	assert_int_equal(left, 0);
	nvt_gen_close(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pattern_refaults_its_footprint),
		cmocka_unit_test(every_geometry_works),
		cmocka_unit_test(every_input_size_has_its_levels),
		cmocka_unit_test(single_kinds_are_pure),
		cmocka_unit_test(larger_hosts_have_their_block_sizes),
		cmocka_unit_test(default_shares_are_kept),
		cmocka_unit_test(vcpus_share_guests_or_have_their_own),
		cmocka_unit_test(host_unmaps_bring_memory_back_elsewhere),
		cmocka_unit_test(devices_are_touched_by_share),
		cmocka_unit_test(the_machine_is_as_asked_for),
		cmocka_unit_test(aliases_are_within_guests_and_between_them),
		cmocka_unit_test(an_alias_needs_another_chunk),
		cmocka_unit_test(extremes_work),
		cmocka_unit_test(few_events_are_no_touches),
		cmocka_unit_test(seeds_differ_and_equal_seeds_agree),
		cmocka_unit_test(a_sink_that_fails_stops_the_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
