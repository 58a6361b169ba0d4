/* SPDX-License-Identifier: GPL-2.0-only */
/* A few records of two vCPUs as perf.data, importing them, and what comes of it. */
#ifndef NVSIM_TESTS_IMPORT_PERF_SCENE_H
#define NVSIM_TESTS_IMPORT_PERF_SCENE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "import/import.h"
#include "perf_file.h"

#define LIST_MAX 8192u
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- events ---- */

#define FIELD(type, name, offset, size, sign)                                                      \
	"\tfield:" type " " name ";\toffset:" #offset ";\tsize:" #size ";\tsigned:" #sign ";\n"
#define FORMAT(name, id, fields)                                                                   \
	"name: " name "\nID: " #id "\nformat:\n" FIELD("unsigned short", "common_type", 0, 2, 0)   \
		FIELD("unsigned char", "common_flags", 2, 1,                                       \
		      0) FIELD("unsigned char", "common_preempt_count", 3, 1, 0)                   \
			FIELD("int", "common_pid", 4, 4, 1) "\n" fields                            \
							    "\nprint fmt: \"%lx\", REC->x\n"
#define WORD(name, offset) FIELD("unsigned long", name, offset, 8, 0)

enum { PRINT = 5, FAULT = 101, ENTRY, ERET, SWITCH };

#define FAULT_FIELDS WORD("vcpu_pc", 8) WORD("hsr", 16) WORD("hxfar", 24) WORD("ipa", 32)

static const struct pf_format formats[] = {
	{"ftrace", FORMAT("print", 5, WORD("ip", 8) FIELD("char", "buf[]", 16, 0, 0))},
	{"kvm", FORMAT("kvm_guest_fault", 101, FAULT_FIELDS)},
	{"kvm", FORMAT("kvm_entry", 102, WORD("vcpu_pc", 8))},
	{"kvm", FORMAT("kvm_nested_eret", 103,
		       WORD("elr_el2", 8) WORD("spsr_el2", 16) WORD("hcr_el2", 24))},
	{"sched", FORMAT("sched_switch", 104, FIELD("pid_t", "prev_pid", 8, 4, 1))},
};

struct step {
	uint64_t time;
	uint16_t event;
	uint8_t cpu;
	uint8_t thread;
	uint64_t v[4];
};

#define FAULT_AT(time, cpu, thread, ipa)                                                           \
	{                                                                                          \
		time, FAULT, cpu, thread,                                                          \
		{                                                                                  \
			0x1234, 0x92000047, 0xff000 + ipa, ipa                                     \
		}                                                                                  \
	}

/* Two vCPUs, each on a CPU of its own. */
static const struct step steps[] = {
	{1000400, SWITCH, 0, 9, {20}},	      FAULT_AT(1001499, 0, 20, 0x40000000),
	{1001600, ENTRY, 0, 20, {0x1234}},    FAULT_AT(1001700, 1, 21, 0x40001000),
	{1002500, ENTRY, 1, 21, {0x1234}},    {1003000, ERET, 0, 20, {0x8000, 0x3c5, 0x480000001}},
	FAULT_AT(1004000, 1, 21, 0x40002000), {1004501, SWITCH, 1, 21, {22}},
	FAULT_AT(1005501, 0, 20, 0x40003000), {1006000, ENTRY, 0, 20, {0x1234}},
	{1006100, ENTRY, 1, 21, {0x1234}},    FAULT_AT(1007000, 1, 21, 0x40004000),
};

#define LIST                                                                                       \
	"1001 vcpu 0 fault 40000000\n1002 vcpu 1 fault 40001000\n"                                 \
	"1003 vcpu 0 context 0\n1004 vcpu 1 fault 40002000\n"                                      \
	"1006 vcpu 0 fault 40003000\n1007 vcpu 1 fault 40004000\n"

/* What perf records of tracepoints. */
#define USUAL                                                                                      \
	(PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME |            \
	 PERF_SAMPLE_CPU | PERF_SAMPLE_PERIOD | PERF_SAMPLE_RAW)

/* ---- files ---- */

static struct perf_file file;
static struct pf_attr attrs[8];
static size_t attr_count;

/* Ids of an attribute on each of two CPUs. */
static struct pf_attr *add_attr(uint32_t type, uint64_t config, uint64_t sample_type)
{
	struct pf_attr *a = &attrs[attr_count++];

	*a = (struct pf_attr){.type = type,
			      .config = config,
			      .sample_type = sample_type,
			      .read_format = PERF_FORMAT_ID,
			      .id_all = true,
			      .ids = {10 * attr_count, 10 * attr_count + 1},
			      .id_count = 2};
	return a;
}

static inline void tracepoints(uint64_t sample_type)
{
	for (uint64_t id = FAULT; id <= SWITCH; id++)
		add_attr(PERF_TYPE_TRACEPOINT, id, sample_type);
}

static inline const struct pf_attr *attr_of(uint64_t config)
{
	for (size_t i = 0; i < attr_count; i++)
		if (attrs[i].config == config)
			return &attrs[i];
	return &attrs[0];
}

static inline void clear(bool big)
{
	pf_free(&file);
	file.big = big;
	attr_count = 0;
}

static inline int setup(void **state)
{
	(void)state;
	clear(false);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	pf_free(&file);
	return 0;
}

static inline void put_raw(struct perf_file *raw, const struct step *s)
{
	size_t words = s->event == FAULT ? 4 : s->event == ERET ? 3 : 1;

	pf_u16(raw, s->event);
	pf_u16(raw, 0);
	pf_u32(raw, s->thread);
	if (s->event == SWITCH)
		pf_u32(raw, s->v[0]);
	else
		for (size_t i = 0; i < words; i++)
			pf_u64(raw, s->v[i]);
}

static inline void put_step_as(struct perf_file *f, const struct step *s, const struct pf_attr *a,
			       uint64_t id)
{
	struct perf_file raw = {.big = f->big};
	struct pf_sample sample = {.id = id, .time = s->time, .tid = s->thread, .cpu = s->cpu};

	put_raw(&raw, s);
	sample.raw = raw.bytes;
	sample.raw_size = (uint32_t)raw.size;
	pf_sample(f, a, &sample);
	pf_free(&raw);
}

static inline void put_step(struct perf_file *f, const struct step *s)
{
	const struct pf_attr *a = attr_of(s->event);

	put_step_as(f, s, a, a->ids[s->cpu]);
}

static inline void put_steps(struct perf_file *f, size_t from, size_t to)
{
	for (; from < to; from++)
		put_step(f, &steps[from]);
}

static inline void put_all(struct perf_file *f)
{
	put_steps(f, 0, COUNT(steps));
}

/* The features of every file that is right. */
static inline void finish(struct perf_file *f)
{
	struct perf_file text = {.big = f->big};
	struct pf_feature features[1];

	pf_formats(&text, formats, COUNT(formats));
	features[0] = (struct pf_feature){PF_FEATURE_FORMATS, text.bytes, text.size};
	pf_finish(f, features, COUNT(features));
	pf_free(&text);
}

static inline void whole_file(void)
{
	pf_start(&file, attrs, attr_count);
	put_all(&file);
	finish(&file);
}

static inline void start_pipe(void)
{
	pf_start_pipe(&file);
	for (size_t i = 0; i < attr_count; i++)
		pf_record_attr(&file, &attrs[i]);
	pf_record_formats(&file, formats, COUNT(formats));
}

static inline void whole_pipe(void)
{
	start_pipe();
	put_all(&file);
}

/* ---- what comes of it ---- */

static char input_path[64], output_path[64];
static char list[LIST_MAX];
static struct nvt_error error;
static struct nvt_import_stats stats;

static inline enum nvt_status import(const char *path)
{
	struct nvt_import_options o = {.input = path, .output = output_path};

	error = (struct nvt_error){0};
	return nvt_import(&o, &stats, &error);
}

static inline enum nvt_status import_file(void)
{
	pf_write(&file, input_path);
	return import(input_path);
}

#define ULL(x) ((unsigned long long)(x))

static inline size_t put_event(char *to, size_t room, const struct nvt_event *ev)
{
	size_t n = (size_t)snprintf(to, room, "%llu vcpu %d ", ULL(ev->time_ns / 1000), ev->vcpu);

	to += n;
	room -= n;
	switch (ev->kind) {
	case NVT_FAULT:
		return n + (size_t)snprintf(to, room, "fault %llx\n",
					    ULL(ev->fault.hpfar & ((1ull << 44) - 1)) >> 4 << 12);
	case NVT_CONTEXT:
		return n + (size_t)snprintf(to, room, "context %d\n", ev->context.reason);
	case NVT_LOST:
		return n + (size_t)snprintf(to, room, "lost %llu cpu %d\n", ULL(ev->lost.count),
					    ev->lost.cpu);
	case NVT_MARK:
		return n + (size_t)snprintf(to, room, "mark %s\n", ev->mark.text);
	default:
		return n + (size_t)snprintf(to, room, "kind %d\n", ev->kind);
	}
}

/* The events of the trace, a line each, into `list`. */
static inline void list_events(void)
{
	struct nvt_reader *r = nvt_open(output_path, &error);
	const struct nvt_event *ev;
	enum nvt_status status;
	uint64_t ordinal;
	size_t used = 0;

	assert_non_null(r);
	while ((status = nvt_next(r, &ev, &ordinal, &error)) == NVT_OK) {
		used += put_event(list + used, LIST_MAX - used, ev);
		assert_true(used < LIST_MAX);
	}
	list[used] = '\0';
	assert_int_equal(status, NVT_END);
	nvt_close(r);
}

static inline void assert_list(enum nvt_status status, const char *expected)
{
	if (status != NVT_OK)
		fail_msg("import fails: %s", error.text);
	list_events();
	assert_string_equal(list, expected);
	unlink(output_path);
}

/* The import ends with a line that names file and offset. */
static inline void assert_refused(const char *what)
{
	enum nvt_status status = import_file();

	if (status != NVT_EINPUT)
		fail_msg("status is %d: %s", status, error.text);
	if (!strstr(error.text, what) || !strstr(error.text, ": offset ") ||
	    strncmp(error.text, input_path, strlen(input_path)) != 0 || strchr(error.text, '\n'))
		fail_msg("error is \"%s\", not \"%s: offset N: ... %s\"", error.text, input_path,
			 what);
	assert_int_not_equal(access(output_path, F_OK), 0);
}

static inline json_t *read_meta(void)
{
	struct nvt_reader *r = nvt_open(output_path, &error);
	const char *text;
	size_t length;
	json_t *meta;

	assert_non_null(r);
	assert_int_equal(nvt_meta(r, &text, &length, &error), NVT_OK);
	meta = json_loadb(text, length, 0, NULL);
	assert_non_null(meta);
	nvt_close(r);
	return meta;
}

static inline void assert_warned(const char *what)
{
	json_t *meta = read_meta(), *warnings = json_object_get(meta, "warnings");
	size_t found = 0;

	for (size_t i = 0; i < json_array_size(warnings); i++)
		found += !!strstr(json_string_value(json_array_get(warnings, i)), what);
	if (found != 1)
		fail_msg("%zu warnings have \"%s\"", found, what);
	json_decref(meta);
}

/* ---- programs ---- */

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* What main returns. */
static inline int run_group(const char *name, const struct CMUnitTest *tests, size_t count)
{
	int failed;

#ifndef HAVE_TRACEEVENT
	puts("1..0 # SKIP built without libtraceevent");
	return 77;
#endif
	snprintf(input_path, sizeof(input_path), "/tmp/nvsim-test-perf-%d.data", getpid());
	snprintf(output_path, sizeof(output_path), "/tmp/nvsim-test-perf-%d.zst", getpid());
	failed = _cmocka_run_group_tests(name, tests, count, NULL, NULL);
	unlink(input_path);
	return failed;
}

#endif
