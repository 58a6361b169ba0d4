/* SPDX-License-Identifier: GPL-2.0-only */
/* The reader of perf.data: the same few records in every shape that perf gives them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#ifdef HAVE_TRACECMD
#include <trace-cmd/trace-cmd.h>
#endif

#include "perf_scene.h"

/* ---- files that are right ---- */

static void plain_file(void **state)
{
	(void)state;
	tracepoints(USUAL);
	whole_file();
	assert_list(import_file(), LIST);
	assert_int_equal(stats.format, NVT_IMPORT_PERF);
	assert_int_equal(stats.class, NVT_PARTIAL);
	assert_int_equal(stats.record_count, COUNT(steps));
	assert_int_equal(stats.ignored_count, 2);
}

static void both_byte_orders(void **state)
{
	(void)state;
	clear(true);
	tracepoints(USUAL);
	whole_file();
	assert_list(import_file(), LIST);
	clear(true);
	tracepoints(USUAL);
	whole_pipe();
	assert_list(import_file(), LIST);
}

/* Everything that can stand before or behind the raw data. */
static void every_field_of_samples_is_stepped_over(void **state)
{
	static const uint64_t formats_of_read[] = {
		0,
		PERF_FORMAT_ID,
		PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING | PERF_FORMAT_ID |
			16,
		PERF_FORMAT_GROUP,
		PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_ID | 16,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(formats_of_read); i++) {
		clear(i & 1);
		tracepoints((1u << 24) - 1);
		for (size_t k = 0; k < attr_count; k++) {
			attrs[k].read_format = formats_of_read[i];
			attrs[k].branch_type = (uint64_t)(i & 1) << 17;
		}
		whole_file();
		assert_list(import_file(), LIST);
	}
}

static void each_field_alone_is_stepped_over(void **state)
{
	(void)state;
	for (unsigned int bit = 0; bit < 24; bit++) {
		clear(false);
		tracepoints(USUAL | (uint64_t)1 << bit);
		whole_file();
		assert_list(import_file(), LIST);
	}
}

/* perf finds an event by the id in its sample. */
static void events_have_samples_of_different_kinds(void **state)
{
	struct step other = {1003500, FAULT, 0, 20, {1, 2, 3, 4}};

	(void)state;
	add_attr(PERF_TYPE_TRACEPOINT, FAULT, USUAL);
	add_attr(PERF_TYPE_TRACEPOINT, ENTRY, USUAL | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_ADDR);
	add_attr(PERF_TYPE_TRACEPOINT, ERET, USUAL | PERF_SAMPLE_READ | PERF_SAMPLE_STREAM_ID);
	add_attr(PERF_TYPE_TRACEPOINT, SWITCH,
		 PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TIME | PERF_SAMPLE_RAW);
	add_attr(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_DUMMY, PERF_SAMPLE_IDENTIFIER);
	/* Its raw data look like a fault's, and are not. */
	add_attr(PERF_TYPE_HARDWARE, 0, USUAL | PERF_SAMPLE_CALLCHAIN);
	pf_start(&file, attrs, attr_count);
	put_steps(&file, 0, 5);
	put_step_as(&file, &other, &attrs[5], attrs[5].ids[0]);
	put_step_as(&file, &other, &attrs[4], attrs[4].ids[1]);
	put_steps(&file, 5, COUNT(steps));
	finish(&file);
	assert_list(import_file(), LIST);
	assert_int_equal(stats.ignored_count, 4);
}

/* Before there was PERF_SAMPLE_IDENTIFIER, the place of the id depended on the fields before it. */
static void ids_among_the_fields(void **state)
{
	(void)state;
	tracepoints((USUAL & ~(uint64_t)PERF_SAMPLE_IDENTIFIER) | PERF_SAMPLE_ID);
	attrs[1].sample_type |= PERF_SAMPLE_CALLCHAIN;
	whole_file();
	assert_list(import_file(), LIST);
	attrs[1].sample_type |= PERF_SAMPLE_ADDR;
	pf_free(&file);
	whole_file();
	assert_refused("ids at different places");
}

static void one_kind_of_samples_needs_no_ids(void **state)
{
	(void)state;
	tracepoints(USUAL & ~(uint64_t)PERF_SAMPLE_IDENTIFIER);
	for (size_t i = 0; i < attr_count; i++)
		attrs[i].id_count = 0;
	whole_file();
	assert_list(import_file(), LIST);
	attrs[3].type = PERF_TYPE_SOFTWARE;
	pf_free(&file);
	whole_file();
	assert_refused("no ids in samples");
}

static void samples_of_unknown_ids_are_told(void **state)
{
	(void)state;
	tracepoints(USUAL);
	pf_start(&file, attrs, attr_count);
	put_steps(&file, 0, 6);
	put_step_as(&file, &steps[1], &attrs[0], 0xffffffffffffffff);
	put_step_as(&file, &steps[1], &attrs[0], 0);
	put_steps(&file, 6, COUNT(steps));
	finish(&file);
	assert_int_equal(import_file(), NVT_OK);
	assert_warned("2 samples have ids of no event");
	assert_list(NVT_OK, LIST);
}

static void event_that_is_recorded_twice_counts_once(void **state)
{
	(void)state;
	tracepoints(USUAL);
	add_attr(PERF_TYPE_TRACEPOINT, FAULT, USUAL);
	pf_start(&file, attrs, attr_count);
	for (size_t i = 0; i < COUNT(steps); i++) {
		put_step(&file, &steps[i]);
		if (steps[i].event == FAULT)
			put_step_as(&file, &steps[i], &attrs[4], attrs[4].ids[steps[i].cpu]);
	}
	finish(&file);
	assert_int_equal(import_file(), NVT_OK);
	assert_warned("kvm_guest_fault was recorded several times");
	assert_list(NVT_OK, LIST);
}

static void markers_of_user_space(void **state)
{
	struct perf_file raw = {.big = false};
	struct pf_sample s = {.time = 1001550, .tid = 5};

	(void)state;
	tracepoints(USUAL);
	add_attr(PERF_TYPE_TRACEPOINT, PRINT, USUAL);
	pf_u16(&raw, PRINT);
	pf_u16(&raw, 0);
	pf_u32(&raw, 5);
	pf_u64(&raw, 0xffff800080001234);
	pf_put(&raw, "here\n", 6);
	s.id = attrs[4].ids[0];
	s.raw = raw.bytes;
	s.raw_size = (uint32_t)raw.size;
	pf_start(&file, attrs, attr_count);
	put_steps(&file, 0, 2);
	pf_sample(&file, &attrs[4], &s);
	put_steps(&file, 2, COUNT(steps));
	finish(&file);
	pf_free(&raw);
	assert_list(import_file(), "1001 vcpu 0 fault 40000000\n1002 vcpu 0 mark here\n"
				   "1002 vcpu 1 fault 40001000\n1003 vcpu 0 context 0\n"
				   "1004 vcpu 1 fault 40002000\n1006 vcpu 0 fault 40003000\n"
				   "1007 vcpu 1 fault 40004000\n");
}

/* ---- order ---- */

/* The buffers of the CPUs one after the other, as perf reads them, and what it had to leave. */
static void put_buffers(struct perf_file *f)
{
	static const uint8_t order[] = {0, 1,  2, /*cpu 1*/ 3, /*round*/ 99, 5, 8, 4,
					6, 99, 9, 7,	       10,	     11};

	for (size_t i = 0; i < COUNT(order); i++) {
		if (order[i] == 99)
			pf_round(f);
		else
			put_step(f, &steps[order[i]]);
	}
}

static void buffers_are_put_in_order(void **state)
{
	(void)state;
	tracepoints(USUAL);
	pf_start(&file, attrs, attr_count);
	put_buffers(&file);
	finish(&file);
	assert_list(import_file(), LIST);
}

/* The second buffer's first record is older than everything of the round, but not of the next. */
static void record_may_be_a_round_late(void **state)
{
	(void)state;
	tracepoints(USUAL);
	pf_start(&file, attrs, attr_count);
	put_step(&file, &steps[0]);
	put_step(&file, &steps[4]);
	put_step(&file, &steps[6]);
	pf_round(&file);
	put_steps(&file, 1, 4);
	put_step(&file, &steps[5]);
	pf_round(&file);
	put_steps(&file, 7, COUNT(steps));
	finish(&file);
	assert_list(import_file(), LIST);
}

static void record_that_is_later_still_is_refused(void **state)
{
	(void)state;
	tracepoints(USUAL);
	pf_start(&file, attrs, attr_count);
	put_steps(&file, 1, 9);
	pf_round(&file);
	put_step(&file, &steps[9]);
	pf_round(&file);
	put_step(&file, &steps[6]);
	finish(&file);
	assert_refused("1 us older than a round that perf had ended");
}

/* Many thousand records of one round, the buffers interleaved at random. */
static void large_rounds_are_sorted(void **state)
{
	enum { N = 20000 };
	struct step s = FAULT_AT(0, 0, 20, 0x40000000);
	uint32_t random = 1;
	struct nvt_reader *r;
	const struct nvt_event *ev;
	uint64_t ordinal, count = 0;

	(void)state;
	tracepoints(USUAL);
	pf_start(&file, attrs, attr_count);
	for (size_t i = 0; i < N; i++) {
		random = random * 1664525 + 1013904223;
		/* In blocks of 64 the order is any. */
		s.time = (1000 + (i ^ (random >> 26))) * 1000;
		put_step(&file, &s);
		if (i % 4096 == 4095)
			pf_round(&file);
	}
	finish(&file);
	assert_int_equal(import_file(), NVT_OK);
	r = nvt_open(output_path, &error);
	assert_non_null(r);
	while (nvt_next(r, &ev, &ordinal, &error) == NVT_OK)
		count++;
	nvt_close(r);
	assert_int_equal(count, N);
	unlink(output_path);
}

/* ---- lost ---- */

static struct pf_sample lost_at(size_t attr, uint64_t time, uint32_t cpu)
{
	return (struct pf_sample){.id = attrs[attr].ids[0], .time = time, .tid = 1, .cpu = cpu};
}

static void lost_records_are_counted_where_they_are(void **state)
{
	struct pf_sample s;

	(void)state;
	for (int with_id = 0; with_id < 2; with_id++) {
		clear(with_id);
		tracepoints(with_id ? (USUAL & ~(uint64_t)PERF_SAMPLE_IDENTIFIER) | PERF_SAMPLE_ID
				    : USUAL);
		pf_start(&file, attrs, attr_count);
		put_steps(&file, 0, 5);
		s = lost_at(2, 1003900, 1);
		put_step(&file, &steps[6]);
		pf_lost(&file, &attrs[2], &s, 12345);
		put_step(&file, &steps[5]);
		put_steps(&file, 7, COUNT(steps));
		finish(&file);
		assert_list(import_file(),
			    "1001 vcpu 0 fault 40000000\n1002 vcpu 1 fault 40001000\n"
			    "1003 vcpu 0 context 0\n1004 vcpu 0 lost 12345 cpu 1\n"
			    "1004 vcpu 1 fault 40002000\n1006 vcpu 0 fault 40003000\n"
			    "1007 vcpu 1 fault 40004000\n");
	}
}

static void put_lost(struct perf_file *f, size_t attr, uint64_t time, uint64_t count, uint16_t misc)
{
	struct pf_sample s = lost_at(attr, time, 1);

	pf_lost_samples(f, &attrs[attr], &s, count, misc);
}

/* perf adds up at the end what the kernel had told in part. */
static void lost_samples_that_no_record_told_are_added(void **state)
{
	struct pf_sample s;

	(void)state;
	tracepoints(USUAL);
	add_attr(PERF_TYPE_HARDWARE, 0, USUAL);
	pf_start(&file, attrs, attr_count);
	put_all(&file);
	s = lost_at(0, 1006990, 0);
	pf_lost(&file, &attrs[0], &s, 10);
	put_lost(&file, 1, 1008000, 3, 0); /* the kernel's own, of some sampling */
	put_lost(&file, 0, 0, 9, 0);
	put_lost(&file, 2, 0, 8, 0);
	put_lost(&file, 4, 0, 100, 0);	     /* of no tracepoint */
	put_lost(&file, 0, 0, 1000, 0x8000); /* filtered */
	finish(&file);
	assert_list(import_file(), "1001 vcpu 0 fault 40000000\n1002 vcpu 1 fault 40001000\n"
				   "1003 vcpu 0 context 0\n1004 vcpu 1 fault 40002000\n"
				   "1006 vcpu 0 fault 40003000\n1007 vcpu 0 lost 10 cpu 0\n"
				   "1007 vcpu 1 fault 40004000\n"
				   "1008 vcpu 0 lost 3 cpu 1\n1008 vcpu 0 lost 7 cpu 65535\n");
}

/* ---- pipes ---- */

static void pipe_mode_in_a_file(void **state)
{
	(void)state;
	tracepoints(USUAL);
	whole_pipe();
	assert_list(import_file(), LIST);
}

/* Runs the import with `path` or, where that is NULL, a pipe as standard input. */
static enum nvt_status import_stdin(const char *path)
{
	int saved = dup(STDIN_FILENO), ends[2];
	enum nvt_status status;
	pid_t writer = -1;

	if (path) {
		ends[0] = open(path, O_RDONLY);
	} else {
		assert_int_equal(pipe(ends), 0);
		writer = fork();
		if (!writer) {
			for (size_t done = 0; done < file.size;) {
				ssize_t n = write(ends[1], file.bytes + done, 1);

				if (n < 1)
					_exit(1);
				done += (size_t)n;
			}
			_exit(0);
		}
		close(ends[1]);
	}
	assert_true(ends[0] >= 0);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	status = import("-");
	dup2(saved, STDIN_FILENO);
	close(saved);
	if (writer > 0)
		waitpid(writer, NULL, 0);
	return status;
}

static void pipe_mode_on_standard_input(void **state)
{
	json_t *meta, *source;
	char sha256[65];

	(void)state;
	tracepoints(USUAL);
	whole_pipe();
	assert_int_equal(import_file(), NVT_OK);
	meta = read_meta();
	source = json_object_get(meta, "source");
	strcpy(sha256, json_string_value(json_object_get(source, "sha256")));
	json_decref(meta);
	assert_int_equal(import_stdin(NULL), NVT_OK);
	meta = read_meta();
	source = json_object_get(meta, "source");
	assert_string_equal(json_string_value(json_object_get(source, "sha256")), sha256);
	assert_int_equal(json_integer_value(json_object_get(source, "bytes")), file.size);
	json_decref(meta);
	assert_list(NVT_OK, LIST);
}

static void file_as_standard_input(void **state)
{
	(void)state;
	tracepoints(USUAL);
	whole_file();
	pf_write(&file, input_path);
	assert_list(import_stdin(input_path), LIST);
	assert_int_equal(import_stdin(NULL), NVT_EINPUT);
	assert_non_null(strstr(error.text, "-: offset 0: "));
	assert_non_null(strstr(error.text, "name the file"));
}

static void pipe_that_was_cut_is_read_to_its_end(void **state)
{
	(void)state;
	tracepoints(USUAL);
	whole_pipe();
	file.size -= 9;
	assert_int_equal(import_file(), NVT_OK);
	assert_warned("in the middle of a record");
	assert_list(NVT_OK, "1001 vcpu 0 fault 40000000\n1002 vcpu 1 fault 40001000\n"
			    "1003 vcpu 0 context 0\n1004 vcpu 1 fault 40002000\n"
			    "1006 vcpu 0 fault 40003000\n");
}

/* Killed, perf leaves a size of 0, and no features: formats are in such a file only if piped. */
static void file_that_perf_did_not_finish(void **state)
{
	(void)state;
	tracepoints(USUAL);
	pf_start(&file, attrs, attr_count);
	put_all(&file);
	pf_set(&file, 72, 0x3f, 8);
	assert_refused("perf was killed and had not written them");
	pf_free(&file);
	pf_start(&file, attrs, attr_count);
	pf_record_formats(&file, formats, COUNT(formats));
	put_all(&file);
	assert_int_equal(import_file(), NVT_OK);
	assert_warned("perf did not finish the file");
	assert_list(NVT_OK, LIST);
	file.size -= 100;
	assert_int_equal(import_file(), NVT_OK);
	assert_warned("in the middle of a record");
	unlink(output_path);
}

static void data_of_hardware_are_passed(void **state)
{
	size_t at;

	(void)state;
	tracepoints(USUAL);
	start_pipe();
	put_steps(&file, 0, 4);
	at = pf_begin(&file, PF_AUXTRACE, 0);
	pf_u64(&file, 5000);
	pf_words(&file, 4);
	pf_end(&file, at);
	pf_words(&file, 5000 / 8);
	put_steps(&file, 4, COUNT(steps));
	assert_list(import_file(), LIST);
}

/* ---- compressed ---- */

static void records_that_are_compressed(void **state)
{
	static const size_t each[] = {1, 7, 100, 1000, 60000};
	struct perf_file records = {.big = false};

	(void)state;
	tracepoints(USUAL);
	put_buffers(&records);
	for (size_t i = 0; i < COUNT(each); i++) {
		uint32_t type = i & 1 ? PF_COMPRESSED2 : PF_COMPRESSED;

		pf_free(&file);
		pf_start(&file, attrs, attr_count);
		pf_compressed(&file, &records, each[i], type);
		finish(&file);
		assert_list(import_file(), LIST);
		pf_free(&file);
		start_pipe();
		pf_compressed(&file, &records, each[i], type);
		assert_list(import_file(), LIST);
	}
	pf_free(&records);
}

/* ---- what the file says of itself ---- */

static void put_features(struct perf_file *f, bool piped)
{
	static const struct {
		unsigned int id;
		const char *text;
	} texts[] = {
		{PF_FEATURE_HOST, "host"},	 {PF_FEATURE_RELEASE, "7.3.0"},
		{PF_FEATURE_VERSION, "7.3.g12"}, {PF_FEATURE_MACHINE, "aarch64"},
		{PF_FEATURE_CPU, "Neoverse-N1"}, {PF_FEATURE_COMMAND, "record"},
	};
	struct perf_file bytes[COUNT(texts) + 1] = {{.bytes = NULL}};
	struct pf_feature features[COUNT(texts) + 1];

	pf_formats(&bytes[0], formats, COUNT(formats));
	features[0] = (struct pf_feature){PF_FEATURE_FORMATS, bytes[0].bytes, bytes[0].size};
	for (size_t i = 1; i <= COUNT(texts); i++) {
		if (texts[i - 1].id == PF_FEATURE_COMMAND) {
			pf_u32(&bytes[i], 2);
			pf_text(&bytes[i], "perf");
		}
		pf_text(&bytes[i], texts[i - 1].text);
		features[i] = (struct pf_feature){texts[i - 1].id, bytes[i].bytes, bytes[i].size};
	}
	if (!piped)
		pf_finish(f, features, COUNT(features));
	for (size_t i = 1; piped && i <= COUNT(texts); i++)
		pf_record_feature(f, features[i].id, features[i].bytes, features[i].size);
	for (size_t i = 0; i <= COUNT(texts); i++)
		pf_free(&bytes[i]);
}

static void assert_source(const char *key, const char *value)
{
	json_t *meta = read_meta();

	assert_string_equal(
		json_string_value(json_object_get(json_object_get(meta, "source"), key)), value);
	json_decref(meta);
}

static void meta_names_host_and_command(void **state)
{
	(void)state;
	for (int piped = 0; piped < 2; piped++) {
		clear(false);
		tracepoints(USUAL);
		attrs[0].has_clock = piped;
		attrs[0].clock = 4;
		if (piped) {
			start_pipe();
			put_features(&file, true);
			put_all(&file);
		} else {
			pf_start(&file, attrs, attr_count);
			put_all(&file);
			put_features(&file, false);
		}
		assert_int_equal(import_file(), NVT_OK);
		assert_source("format", "perf.data file");
		assert_source("kernel", "Linux host 7.3.0 aarch64");
		assert_source("recorder", "perf 7.3.g12");
		assert_source("cpu", "Neoverse-N1");
		assert_source("command", "perf record");
		assert_source("clock", piped ? "mono_raw" : "perf");
		unlink(output_path);
	}
}

/* ---- the same recording by trace-cmd and by perf ---- */

#ifdef HAVE_TRACECMD
#ifdef __SANITIZE_ADDRESS__
/* libtraceevent loses some bytes where libtracecmd has it parse formats. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libtraceevent";
}
#endif

#define DAT "tests/import/data/thp-thp.dat"

struct dat_record {
	uint64_t time;
	int cpu;
	uint32_t size;
	uint8_t *data;
};

static struct dat_record *dat_records;
static size_t dat_count;

static int keep_record(struct tracecmd_input *input, struct tep_record *rec, int cpu, void *arg)
{
	(void)input;
	(void)arg;
	if (!(dat_count & (dat_count - 1))) {
		dat_records = realloc(dat_records,
				      (dat_count ? 2 * dat_count : 1) * sizeof(*dat_records));
		assert_non_null(dat_records);
	}
	dat_records[dat_count] = (struct dat_record){.time = rec->ts,
						     .cpu = cpu,
						     .size = (uint32_t)rec->size,
						     .data = malloc((size_t)rec->size)};
	assert_non_null(dat_records[dat_count].data);
	memcpy(dat_records[dat_count++].data, rec->data, (size_t)rec->size);
	return 0;
}

/* The probes are in a buffer of their own. */
static void keep_all(struct tracecmd_input *input)
{
	struct tracecmd_input *handles[8] = {input};
	int count = tracecmd_buffer_instances(input);

	assert_true(count < 8);
	for (int i = 0; i < count; i++)
		handles[i + 1] = tracecmd_buffer_instance_handle(input, i);
	assert_int_equal(tracecmd_iterate_events_multi(handles, count + 1, keep_record, NULL), 0);
}

static void put_fields(char *to, size_t *used, size_t room, const struct tep_format_field *f)
{
	for (; f; f = f->next) {
		/* Arrays end in brackets, which may be with the type or with the name. */
		const char *brackets = strcmp(f->name, "buf") ? "" : "[]";

		*used += (size_t)snprintf(to + *used, room - *used,
					  "\tfield:%s %s%s;\toffset:%d;\tsize:%d;\tsigned:%d;\n",
					  brackets[0] ? "char" : "u64", f->name, brackets,
					  f->offset, f->size, !!(f->flags & TEP_FIELD_IS_SIGNED));
		assert_true(*used < room);
	}
}

/* A format as the kernel prints it, out of what the library has made of it. */
static char *format_of(const struct tep_event *event)
{
	enum { ROOM = 65536 };
	char *text = malloc(ROOM);
	size_t used;

	assert_non_null(text);
	used = (size_t)snprintf(text, ROOM, "name: %s\nID: %d\nformat:\n", event->name, event->id);
	put_fields(text, &used, ROOM, event->format.common_fields);
	used += (size_t)snprintf(text + used, ROOM - used, "\n");
	put_fields(text, &used, ROOM, event->format.fields);
	snprintf(text + used, ROOM - used, "\nprint fmt: \"\"\n");
	return text;
}

/* The formats of the events that were recorded; ftrace's own first. */
static size_t formats_of(struct tep_handle *tep, struct pf_format *out, size_t room)
{
	int count = tep_get_events_count(tep);
	struct tep_event **events = tep_list_events_copy(tep, TEP_EVENT_SORT_SYSTEM);
	size_t used = 0;

	assert_non_null(events);
	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < count; i++) {
			if (!strcmp(events[i]->system, "ftrace") != !pass)
				continue;
			assert_true(used < room);
			out[used++] = (struct pf_format){events[i]->system, format_of(events[i])};
		}
	}
	free(events);
	return used;
}

static void put_dat_record(struct perf_file *f, const struct dat_record *r)
{
	uint16_t event;
	struct pf_sample s = {
		.time = r->time, .cpu = (uint32_t)r->cpu, .raw = r->data, .raw_size = r->size};

	memcpy(&event, r->data, 2);
	s.id = event + 1000;
	memcpy(&s.tid, r->data + 4, 4);
	pf_sample(f, &attrs[0], &s);
}

/*
 * Rounds of the buffers of four CPUs, one after the other; of odd CPUs the
 * last records of a round are left for the next.
 */
static void put_dat_records(struct perf_file *f)
{
	enum { ROUND = 700, LATE = 60 };

	for (size_t from = 0; from < dat_count; from += ROUND) {
		for (int cpu = 0; cpu < 4; cpu++) {
			size_t late = cpu & 1 ? LATE : 0;
			size_t begin = from > late ? from - late : 0;
			size_t end = from + ROUND - late;

			if (from + ROUND >= dat_count)
				end = dat_count;
			for (size_t i = begin; i < end; i++)
				if (dat_records[i].cpu % 4 == cpu)
					put_dat_record(f, &dat_records[i]);
		}
		pf_round(f);
	}
}

static void read_digest(char digest[65])
{
	struct nvt_reader *r = nvt_open(output_path, &error);

	assert_non_null(r);
	assert_int_equal(nvt_digest(r, digest, &error), NVT_OK);
	nvt_close(r);
	unlink(output_path);
}

static void assert_digest(const char *expected)
{
	char digest[65];

	if (import_file() != NVT_OK)
		fail_msg("import fails: %s", error.text);
	read_digest(digest);
	assert_string_equal(digest, expected);
}

/* Ids are those of formats and more, so that all events may share an attribute. */
static void put_dat_attr(void)
{
	add_attr(PERF_TYPE_TRACEPOINT, 0, USUAL);
	attrs[0].id_count = 0;
}

static void import_gives_the_same_as_that_of_trace_cmd(void **state)
{
	static struct pf_format own[4096];
	struct perf_file text = {.big = false}, records = {.big = false};
	struct tracecmd_input *input = tracecmd_open(DAT, TRACECMD_FL_LOAD_NO_PLUGINS);
	struct pf_feature feature;
	char digest[65];
	size_t count;

	(void)state;
	assert_non_null(input);
	keep_all(input);
	count = formats_of(tracecmd_get_tep(input), own, COUNT(own));
	if (import(DAT) != NVT_OK)
		fail_msg("%s: %s", DAT, error.text);
	read_digest(digest);

	put_dat_attr();
	put_dat_records(&records);
	pf_formats(&text, own, count);
	pf_start(&file, attrs, attr_count);
	pf_put(&file, records.bytes, records.size);
	feature = (struct pf_feature){PF_FEATURE_FORMATS, text.bytes, text.size};
	pf_finish(&file, &feature, 1);
	print_message("# %zu records, %zu bytes of perf.data\n", dat_count, file.size);
	assert_digest(digest);

	pf_free(&file);
	pf_start_pipe(&file);
	pf_record_attr(&file, &attrs[0]);
	pf_record_formats(&file, own, count);
	pf_compressed(&file, &records, 50000, PF_COMPRESSED);
	assert_digest(digest);

	tracecmd_close(input);
	for (size_t i = 0; i < count; i++)
		free((void *)(uintptr_t)own[i].text);
	for (size_t i = 0; i < dat_count; i++)
		free(dat_records[i].data);
	free(dat_records);
	pf_free(&text);
	pf_free(&records);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(plain_file),
		TEST(both_byte_orders),
		TEST(every_field_of_samples_is_stepped_over),
		TEST(each_field_alone_is_stepped_over),
		TEST(events_have_samples_of_different_kinds),
		TEST(ids_among_the_fields),
		TEST(one_kind_of_samples_needs_no_ids),
		TEST(samples_of_unknown_ids_are_told),
		TEST(event_that_is_recorded_twice_counts_once),
		TEST(markers_of_user_space),
		TEST(buffers_are_put_in_order),
		TEST(record_may_be_a_round_late),
		TEST(record_that_is_later_still_is_refused),
		TEST(large_rounds_are_sorted),
		TEST(lost_records_are_counted_where_they_are),
		TEST(lost_samples_that_no_record_told_are_added),
		TEST(pipe_mode_in_a_file),
		TEST(pipe_mode_on_standard_input),
		TEST(file_as_standard_input),
		TEST(pipe_that_was_cut_is_read_to_its_end),
		TEST(file_that_perf_did_not_finish),
		TEST(data_of_hardware_are_passed),
		TEST(records_that_are_compressed),
		TEST(meta_names_host_and_command),
#ifdef HAVE_TRACECMD
		TEST(import_gives_the_same_as_that_of_trace_cmd),
#endif
	};

	return run_group("import_perf", tests, COUNT(tests));
}
