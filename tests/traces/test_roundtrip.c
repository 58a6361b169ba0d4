/* SPDX-License-Identifier: GPL-2.0-only */
/* What is written is what is read: by this library and by a reader in another language. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "traces/events.h"
#include "traces/files.h"

#define META "{\"tool\":\"test\"}"

static struct nvt_error err;

static enum nvt_kind any_kind(uint64_t *seed)
{
	return NVT_FAULT + next_random(seed) % (NVT_KIND_COUNT - 1);
}

/* A phase of one kind, or a mixture. */
static enum nvt_kind phase_kind(uint64_t i, uint64_t *seed)
{
	uint64_t phase = i / 9000;

	return phase % 2 ? NVT_FAULT + (enum nvt_kind)(phase / 2 % (NVT_KIND_COUNT - 1))
			 : any_kind(seed);
}

static void write_random(const char *path, uint64_t count, uint64_t seed, int level)
{
	struct nvt_writer_options options = plain_options();
	struct sample *s = calloc(1, sizeof(*s));
	struct nvt_writer *w;

	options.level = level;
	w = nvt_create(path, &options, &err);
	assert_non_null(w);
	for (uint64_t i = 0; i < count; i++) {
		random_event(s, phase_kind(i, &seed), &seed);
		assert_int_equal(nvt_write(w, &s->event, &err), NVT_OK);
	}
	assert_int_equal(nvt_finish(w, META, &err), NVT_OK);
	free(s);
}

static void read_random(const char *path, uint64_t count, uint64_t seed)
{
	struct nvt_reader *r = nvt_open(path, &err);
	struct sample *s = calloc(1, sizeof(*s));
	const struct nvt_event *ev;
	struct nvt_totals totals;
	uint64_t i, ordinal;

	assert_non_null(r);
	for (i = 0; i < count; i++) {
		random_event(s, phase_kind(i, &seed), &seed);
		assert_int_equal(nvt_next(r, &ev, &ordinal, &err), NVT_OK);
		assert_int_equal(ordinal, i);
		assert_true(same_event(&s->event, ev));
	}
	assert_int_equal(nvt_next(r, &ev, &ordinal, &err), NVT_END);
	assert_int_equal(nvt_next(r, &ev, &ordinal, &err), NVT_END);
	assert_int_equal(nvt_totals(r, &totals, &err), NVT_OK);
	assert_int_equal(totals.event_count, count);
	if (count)
		assert_int_equal(totals.last_ns, s->event.time_ns);
	nvt_close(r);
	free(s);
}

static void random_events_come_back(void **state)
{
	static const uint64_t counts[] = {0, 1, 2, 255, 256, 257, 8191, 8192, 8193, 120000};

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		write_random(scratch_path("r.zst"), counts[i], 77 + i, 0);
		read_random(scratch_path("r.zst"), counts[i], 77 + i);
	}
}

static void many_small_traces_come_back(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		write_random(scratch_path("r.zst"), seed % 37, seed, 0);
		read_random(scratch_path("r.zst"), seed % 37, seed);
	}
}

static void a_pipe_gives_the_same_events(void **state)
{
	struct fed_pipe p;
	char *data;
	size_t size = 0;

	(void)state;
	write_random(scratch_path("r.zst"), 30000, 5, 0);
	data = read_file(scratch_path("r.zst"), &size);
	fed_pipe_open(&p, data, size);
	read_random(p.path, 30000, 5);
	fed_pipe_close(&p);
	free(data);
}

static void header_and_meta_come_back(void **state)
{
	struct nvt_writer_options o = plain_options();
	struct nvt_machine m = {.page_shift = 16,
				.ipa_limit = 48,
				.canonical_bits = 52,
				.s2_granules = 7,
				.vcpu_count = 3,
				.context_count = 9,
				.lpa2 = true,
				.dic = true,
				.ttl = true,
				.assumed = 0x1ff};
	struct nvt_reader *r;
	const char *json;
	size_t length;

	(void)state;
	o.machine = m;
	o.class = NVT_OBSERVED;
	assert_int_equal(nvt_finish(nvt_create(scratch_path("h.zst"), &o, &err), META, &err),
			 NVT_OK);
	r = nvt_open(scratch_path("h.zst"), &err);
	assert_non_null(r);
	assert_memory_equal(nvt_machine(r), &m, sizeof(m));
	assert_int_equal(nvt_class(r), NVT_OBSERVED);
	assert_int_equal(nvt_meta(r, &json, &length, &err), NVT_OK);
	assert_string_equal(json, META);
	assert_int_equal(length, strlen(META));
	nvt_close(r);
}

/* More words than one section holds. */
static void memory_of_l1_comes_back(void **state)
{
	enum { COUNT = 200000 };
	struct nvt_writer_options o = plain_options();
	struct nvt_word *words = calloc(COUNT, sizeof(*words));
	const struct nvt_word *back;
	uint64_t seed = 3, addr = 0x40000000;
	struct nvt_reader *r;
	size_t count;

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		addr += 8 + next_random(&seed) % 4 * 4096;
		words[i] = (struct nvt_word){addr, next_random(&seed)};
	}
	o.l1mem = words;
	o.l1mem_count = COUNT;
	assert_int_equal(nvt_finish(nvt_create(scratch_path("m.zst"), &o, &err), META, &err),
			 NVT_OK);
	r = nvt_open(scratch_path("m.zst"), &err);
	assert_non_null(r);
	back = nvt_l1mem(r, &count);
	assert_int_equal(count, COUNT);
	assert_memory_equal(back, words, COUNT * sizeof(*words));
	nvt_close(r);
	free(words);
}

static void digest_of(const char *path, char digest[65])
{
	struct nvt_reader *r = nvt_open(path, &err);

	assert_non_null(r);
	assert_int_equal(nvt_digest(r, digest, &err), NVT_OK);
	nvt_close(r);
}

static void the_digest_is_of_the_content(void **state)
{
	char first[65], again[65], other[65];

	(void)state;
	write_random(scratch_path("d.zst"), 20000, 1, 1);
	digest_of(scratch_path("d.zst"), first);
	write_random(scratch_path("d.zst"), 20000, 1, 12);
	digest_of(scratch_path("d.zst"), again);
	write_random(scratch_path("d.zst"), 20000, 2, 1);
	digest_of(scratch_path("d.zst"), other);
	assert_string_equal(first, again);
	assert_string_not_equal(first, other);
}

/* ---- a reader in another language ---- */

static void print_trace(const char *path, FILE *f)
{
	struct nvt_reader *r = nvt_open(path, &err);
	const struct nvt_word *words;
	const struct nvt_event *ev;
	struct nvt_totals totals;
	uint64_t ordinal;
	char digest[65];
	size_t count;

	assert_non_null(r);
	words = nvt_l1mem(r, &count);
	for (size_t i = 0; i < count; i++)
		fprintf(f, "word 0x%" PRIx64 " 0x%" PRIx64 "\n", words[i].addr, words[i].value);
	while (nvt_next(r, &ev, &ordinal, &err) == NVT_OK)
		print_event(f, ev, ordinal);
	assert_int_equal(nvt_totals(r, &totals, &err), NVT_OK);
	assert_int_equal(nvt_digest(r, digest, &err), NVT_OK);
	fprintf(f, "meta %s\nend %" PRIu64 " %" PRIu64 " %" PRIu64, META, totals.event_count,
		totals.first_ns, totals.last_ns);
	for (unsigned int k = 1; k < NVT_KIND_COUNT; k++)
		fprintf(f, " %" PRIu64, totals.kind_count[k]);
	fprintf(f, "\ndigest %s\n", digest);
	nvt_close(r);
}

static void extreme_value(const struct nvt_column *c, void *record, bool high)
{
	set_field(c, record, ((uint64_t)c->low + (high ? c->span : 0)) & ~(uint64_t)c->align);
}

static void extreme(const struct nvt_group *g, void *record, unsigned int i)
{
	for (unsigned int c = 0; c < g->column_count; c++)
		extreme_value(&g->columns[c], record, (i >> c % 3) & 1);
}

/* Every kind with each field at its least and greatest value; faults with every part of a truth. */
static void write_extremes(struct nvt_writer *w)
{
	struct sample *s = calloc(1, sizeof(*s));

	memset(s->text, 'x', NVT_MARK_MAX);
	for (unsigned int i = 0; i < 16 * NVT_KIND_COUNT; i++) {
		unsigned int kind = i / 16 ? i / 16 : NVT_FAULT;
		struct nvt_event *ev = &s->event;

		memset(ev, 0, sizeof(*ev));
		memset(&s->truth, 0, sizeof(s->truth));
		extreme(&nvt_groups[kind], ev, i);
		for (unsigned int g = NVT_GROUP_TRUTH + 1; g < NVT_GROUP_WORDS; g++)
			extreme(&nvt_groups[g], &s->truth, i);
		s->truth.has = i / 16 ? (uint16_t)(1 << i % 10) : (i & 8) ? 0 : 0x3ff;
		ev->kind = (uint8_t)kind;
		ev->vcpu = (uint16_t) - (int)(i & 1);
		ev->time_ns = i < 8 ? 0 : i < 200 ? i : UINT64_MAX;
		if (kind == NVT_FAULT && i % 5)
			ev->fault.truth = &s->truth;
		if (kind == NVT_MARK)
			ev->mark.text = s->text;
		assert_int_equal(nvt_write(w, ev, &err), NVT_OK);
	}
	free(s);
}

static void python_agrees(const char *name)
{
	char command[1024], path[128], ours[128];
	FILE *f;

	strcpy(path, scratch_path(name));
	strcpy(ours, scratch_path("ours.txt"));
	f = fopen(ours, "w");
	assert_non_null(f);
	print_trace(path, f);
	fclose(f);
	snprintf(command, sizeof(command), "python3 %s %s | grep -v ^header | cmp - %s",
		 source_path("reader.py"), path, ours);
	assert_int_equal(system(command), 0);
	snprintf(command, sizeof(command), "zstd -tq %s", path);
	assert_int_equal(system(command), 0);
}

static void a_reader_in_python_agrees_on_extremes(void **state)
{
	static const struct nvt_word words[] = {{0, UINT64_MAX}, {8, 0}, {UINT64_MAX - 7, 1}};
	struct nvt_writer_options o = plain_options();
	struct nvt_writer *w;

	(void)state;
	o.l1mem = words;
	o.l1mem_count = 3;
	w = nvt_create(scratch_path("x.zst"), &o, &err);
	assert_non_null(w);
	write_extremes(w);
	assert_int_equal(nvt_finish(w, META, &err), NVT_OK);
	python_agrees("x.zst");
}

static void a_reader_in_python_agrees_on_random_events(void **state)
{
	(void)state;
	write_random(scratch_path("p.zst"), 40000, 9, 0);
	python_agrees("p.zst");
}

/* ---- blocks in other hands ---- */

struct hand {
	struct nvt_block *block[64];
	size_t count;
};

static void *release_all(void *arg)
{
	struct hand *h = arg;

	for (size_t i = 0; i < h->count; i++)
		nvt_release_block(h->block[i]);
	return NULL;
}

static void blocks_may_outlive_the_reader(void **state)
{
	struct nvt_reader *r;
	struct hand h = {.count = 0};
	struct nvt_error e;
	pthread_t thread;

	(void)state;
	write_random(scratch_path("b.zst"), 100000, 4, 0);
	r = nvt_open(scratch_path("b.zst"), &e);
	assert_non_null(r);
	while (nvt_next_block(r, &h.block[h.count], &e) == NVT_OK)
		h.count++;
	assert_int_equal(pthread_create(&thread, NULL, release_all, &h), 0);
	nvt_close(r);
	pthread_join(thread, NULL);
}

static void released_blocks_are_used_again(void **state)
{
	struct nvt_block *seen[2] = {NULL}, *block;
	struct nvt_reader *r;
	unsigned int i = 0;

	(void)state;
	write_random(scratch_path("b.zst"), 100000, 4, 0);
	r = nvt_open(scratch_path("b.zst"), &err);
	assert_non_null(r);
	for (; nvt_next_block(r, &block, &err) == NVT_OK; i++) {
		if (!i)
			seen[0] = block;
		assert_ptr_equal(block, seen[0]);
		nvt_release_block(block);
	}
	assert_true(i > 10);
	nvt_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_events_come_back),
		cmocka_unit_test(many_small_traces_come_back),
		cmocka_unit_test(a_pipe_gives_the_same_events),
		cmocka_unit_test(header_and_meta_come_back),
		cmocka_unit_test(memory_of_l1_comes_back),
		cmocka_unit_test(the_digest_is_of_the_content),
		cmocka_unit_test(a_reader_in_python_agrees_on_extremes),
		cmocka_unit_test(a_reader_in_python_agrees_on_random_events),
		cmocka_unit_test(blocks_may_outlive_the_reader),
		cmocka_unit_test(released_blocks_are_used_again),
	};
	int failed;

	signal(SIGPIPE, SIG_IGN);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	remove_scratch();
	return failed;
}
