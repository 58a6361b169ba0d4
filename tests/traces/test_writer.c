/* SPDX-License-Identifier: GPL-2.0-only */
/* The writer where the environment fails, where events are wrong, and where output is no file. */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "temporary.h"
#include "traces/events.h"
#include "traces/files.h"

static struct nvt_error err;

static void assert_says(const char *part)
{
	if (!strstr(err.text, part))
		fail_msg("\"%s\" does not say \"%s\"", err.text, part);
}

/* Files in the scratch folder whose names contain `part`. */
static unsigned int count_files(const char *part)
{
	DIR *dir = opendir(scratch_path(""));
	struct dirent *entry;
	unsigned int n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		n += strstr(entry->d_name, part) != NULL;
	closedir(dir);
	return n;
}

/* Writes `count` events that do not compress. */
static enum nvt_status write_events(const char *path, uint64_t count, bool provisional)
{
	struct nvt_writer_options o = plain_options();
	struct nvt_event ev = {.kind = NVT_TOUCH};
	struct nvt_writer *w;
	uint64_t seed = 1;

	o.provisional = provisional;
	w = nvt_create(path, &o, &err);
	if (!w)
		return err.status;
	for (uint64_t i = 0; i < count; i++) {
		ev.fault.far = next_random(&seed);
		if (nvt_write(w, &ev, &err) != NVT_OK)
			break;
	}
	nvt_set_machine(w, NVT_OBSERVED, &o.machine);
	return nvt_finish(w, "{}", &err);
}

static enum nvt_class class_of(const char *path)
{
	struct nvt_reader *r = nvt_open(path, &err);
	enum nvt_class class;

	assert_non_null(r);
	class = nvt_class(r);
	nvt_close(r);
	return class;
}

/* ---- the environment ---- */

static void a_full_disk_is_told(void **state)
{
	(void)state;
	assert_int_equal(write_events("/dev/full", 100, false), NVT_EENV);
	assert_says("/dev/full");
	assert_says(strerror(ENOSPC));
	assert_int_equal(write_events("/dev/full", 100, true), NVT_EENV);
	assert_says(strerror(ENOSPC));
}

static void a_size_limit_is_told_and_leaves_nothing(void **state)
{
	struct rlimit old, few = {.rlim_cur = 20000, .rlim_max = RLIM_INFINITY};

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	few.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
	assert_int_equal(write_events(scratch_path("limit.zst"), 100000, false), NVT_EENV);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_says("limit.zst");
	assert_says(strerror(EFBIG));
	assert_int_equal(count_files("limit"), 0);
	assert_int_equal(count_files(".tmp"), 0);
}

static void a_folder_that_is_not_there_is_told(void **state)
{
	(void)state;
	assert_int_equal(write_events(scratch_path("none/t.zst"), 1, false), NVT_EENV);
	assert_says("none/t.zst");
	assert_says(strerror(ENOENT));
	assert_int_equal(write_events("/proc/t.zst", 1, false), NVT_EENV);
	assert_says("/proc/t.zst");
}

static void a_folder_is_no_file(void **state)
{
	(void)state;
	assert_int_equal(write_events(scratch_path(""), 1, false), NVT_EENV);
	assert_int_equal(count_files(".tmp"), 0);
}

static void a_closed_pipe_is_told(void **state)
{
	char path[64];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[1]);
	/* Opening this end anew needs a reader; standard output is what a command has. */
	int saved = dup(STDOUT_FILENO);
	fflush(stdout);
	dup2(ends[1], STDOUT_FILENO);
	assert_int_equal(write_events("-", 100000, false), NVT_EENV);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(ends[1]);
	assert_says("standard output");
	assert_says(strerror(EPIPE));
}

/* ---- names ---- */

static void the_name_appears_at_the_end(void **state)
{
	struct nvt_writer_options o = plain_options();
	struct nvt_writer *w;
	struct stat st;
	mode_t mask = umask(027);

	(void)state;
	w = nvt_create(scratch_path("name.zst"), &o, &err);
	assert_non_null(w);
	assert_int_equal(access(scratch_path("name.zst"), F_OK), -1);
	assert_int_equal(count_files(".tmp"), 1);
	assert_int_equal(nvt_finish(w, "{}", &err), NVT_OK);
	umask(mask);
	assert_int_equal(count_files(".tmp"), 0);
	assert_int_equal(stat(scratch_path("name.zst"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void a_signal_can_remove_what_has_no_name_yet(void **state)
{
	struct nvt_writer_options o = plain_options();
	struct nvt_writer *w = nvt_create(scratch_path("kept.zst"), &o, &err);

	(void)state;
	assert_non_null(w);
	assert_int_equal(nvt_finish(w, "{}", &err), NVT_OK);
	nvt_temporary_remove_all();
	assert_int_equal(count_files("kept.zst"), 1);
	unlink(scratch_path("kept.zst"));
	for (unsigned int i = 0; i < 2 * NVT_TEMPORARIES; i++) { /* places are given back */
		w = nvt_create(scratch_path("gone.zst"), &o, &err);
		assert_non_null(w);
		assert_int_equal(count_files(".tmp"), 1);
		nvt_temporary_remove_all();
		assert_int_equal(count_files(".tmp"), 0);
		nvt_abandon(w);
	}
}

static void more_temporary_files_than_are_remembered_do_no_harm(void **state)
{
	char path[2 * NVT_TEMPORARIES][4];

	(void)state;
	for (unsigned int i = 0; i < 2 * NVT_TEMPORARIES; i++) {
		snprintf(path[i], sizeof(path[i]), "/%u", i);
		nvt_temporary_add(path[i]);
	}
	for (unsigned int i = 0; i < 2 * NVT_TEMPORARIES; i++)
		nvt_temporary_forget(path[i]);
}

static void an_older_file_stays_until_the_new_one_is_whole(void **state)
{
	struct nvt_writer_options o = plain_options();
	struct nvt_writer *w;

	(void)state;
	assert_int_equal(write_events(scratch_path("old.zst"), 5, false), NVT_OK);
	o.class = NVT_PARTIAL;
	w = nvt_create(scratch_path("old.zst"), &o, &err);
	assert_non_null(w);
	assert_int_equal(class_of(scratch_path("old.zst")), NVT_FULL);
	nvt_abandon(w);
	assert_int_equal(class_of(scratch_path("old.zst")), NVT_FULL);
	assert_int_equal(count_files(".tmp"), 0);
	w = nvt_create(scratch_path("old.zst"), &o, &err);
	assert_int_equal(nvt_finish(w, "{}", &err), NVT_OK);
	assert_int_equal(class_of(scratch_path("old.zst")), NVT_PARTIAL);
}

static void a_left_over_temporary_file_is_passed_over(void **state)
{
	struct nvt_writer_options o = plain_options();
	struct nvt_writer *a = nvt_create(scratch_path("a.zst"), &o, &err), *b;

	(void)state;
	b = nvt_create(scratch_path("b.zst"), &o, &err);
	assert_non_null(a);
	assert_non_null(b);
	assert_int_equal(count_files(".tmp"), 2);
	assert_int_equal(nvt_finish(a, "{}", &err), NVT_OK);
	assert_int_equal(nvt_finish(b, "{}", &err), NVT_OK);
}

/* ---- pipes ---- */

struct drain {
	const char *from;
	const char *to;
};

static void *drain(void *arg)
{
	struct drain *d = arg;
	int in = open(d->from, O_RDONLY), out = open(d->to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	char data[4096];
	ssize_t got;

	while ((got = read(in, data, sizeof(data))) > 0)
		if (write(out, data, (size_t)got) != got)
			abort();
	close(in);
	close(out);
	return NULL;
}

/* A named pipe stays one, and what goes through it is the same file. */
static void through_a_pipe(bool provisional)
{
	char fifo[128], copy[128];
	struct drain d = {fifo, copy};
	pthread_t thread;
	uint64_t count;
	struct stat st;

	strcpy(fifo, scratch_path("fifo"));
	strcpy(copy, scratch_path("copy.zst"));
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(pthread_create(&thread, NULL, drain, &d), 0);
	assert_int_equal(write_events(fifo, 20000, provisional), NVT_OK);
	pthread_join(thread, NULL);
	assert_int_equal(stat(fifo, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	unlink(fifo);
	assert_int_equal(class_of(copy), provisional ? NVT_OBSERVED : NVT_FULL);
	assert_int_equal(read_all(copy, &count, &err), NVT_END);
	assert_int_equal(count, 20000);
}

static void a_pipe_is_streamed_to(void **state)
{
	(void)state;
	through_a_pipe(false);
}

static void a_provisional_header_is_final_even_in_a_pipe(void **state)
{
	(void)state;
	through_a_pipe(true);
}

static void a_provisional_header_is_replaced_in_a_file(void **state)
{
	uint64_t count;

	(void)state;
	assert_int_equal(write_events(scratch_path("p.zst"), 20000, true), NVT_OK);
	assert_int_equal(class_of(scratch_path("p.zst")), NVT_OBSERVED);
	assert_int_equal(read_all(scratch_path("p.zst"), &count, &err), NVT_END);
}

/* ---- wrong events ---- */

static void refuse(struct nvt_event first, struct nvt_event ev, const char *why)
{
	struct nvt_writer_options o = plain_options();
	struct nvt_writer *w;

	o.machine.vcpu_count = 2;
	o.machine.context_count = 3;
	w = nvt_create(scratch_path("wrong.zst"), &o, &err);
	assert_non_null(w);
	assert_int_equal(nvt_write(w, &first, &err), NVT_OK);
	/* A value is looked at when its block is full: at the end at the latest. */
	nvt_write(w, &ev, &err);
	assert_int_equal(nvt_finish(w, "{}", &err), NVT_EINPUT);
	assert_says("wrong.zst");
	assert_says("event 1");
	assert_says(why);
	assert_int_equal(count_files("wrong"), 0);
}

static void wrong_events_are_named(void **state)
{
	static char long_text[NVT_MARK_MAX + 2];
	struct nvt_fault_truth truth = {.has = NVT_TRUTH_CONTEXT, .context = 3};
	const struct nvt_event first = {.kind = NVT_TOUCH, .time_ns = 100};
	struct nvt_event ev = first;

	(void)state;
	memset(long_text, 'x', sizeof(long_text) - 1);
	ev.time_ns = 99;
	refuse(first, ev, "time");
	ev = first;
	ev.kind = NVT_KIND_COUNT;
	refuse(first, ev, "kind");
	ev = first;
	ev.vcpu = 2;
	refuse(first, ev, "vcpu");
	ev.vcpu = 0;
	ev.fault.truth = &truth;
	refuse(first, ev, "truth");
	ev.kind = NVT_FAULT;
	refuse(first, ev, "context");
	truth.has = 0x400;
	refuse(first, ev, "truth");
	ev = (struct nvt_event){.kind = NVT_L1_WRITE, .time_ns = 100, .l1_write.addr = 4};
	refuse(first, ev, "l1_write.addr");
	ev = (struct nvt_event){.kind = NVT_CONTEXT, .time_ns = 100, .context.reason = 5};
	refuse(first, ev, "context.reason");
	ev = (struct nvt_event){.kind = NVT_MARK, .time_ns = 100, .mark = {long_text, 1025}};
	refuse(first, ev, "too long");
	ev.mark.text = "a\0b";
	ev.mark.length = 3;
	refuse(first, ev, "NUL");
}

static void counts_of_a_provisional_header_must_cover_the_events(void **state)
{
	struct nvt_writer_options o = plain_options();
	struct nvt_event ev = {.kind = NVT_TOUCH, .vcpu = 2};

	(void)state;
	for (uint16_t vcpus = 2; vcpus <= 3; vcpus++) {
		struct nvt_writer *w;

		o.provisional = true;
		w = nvt_create(scratch_path("count.zst"), &o, &err);
		assert_non_null(w);
		assert_int_equal(nvt_write(w, &ev, &err), NVT_OK);
		o.machine.vcpu_count = vcpus;
		nvt_set_machine(w, NVT_FULL, &o.machine);
		assert_int_equal(nvt_finish(w, "{}", &err), vcpus == 2 ? NVT_EINPUT : NVT_OK);
	}
}

static void a_wrong_machine_is_refused_at_once(void **state)
{
	struct nvt_writer_options o = plain_options();

	(void)state;
	o.machine.page_shift = 13;
	assert_null(nvt_create(scratch_path("machine.zst"), &o, &err));
	assert_int_equal(err.status, NVT_EINPUT);
	assert_says("page size");
	assert_int_equal(count_files("machine"), 0);
}

static void more_vCPUs_than_there_are_contexts_for_are_refused(void **state)
{
	struct nvt_writer_options o = plain_options();
	struct nvt_writer *w;

	(void)state;
	o.machine.vcpu_count = 16385;
	assert_null(nvt_create(scratch_path("machine.zst"), &o, &err));
	assert_says("out of range");
	o.machine.vcpu_count = 16384;
	w = nvt_create(scratch_path("machine.zst"), &o, &err);
	assert_non_null(w);
	assert_int_equal(nvt_finish(w, "{}", &err), NVT_OK);
	unlink(scratch_path("machine.zst"));
}

static void words_must_ascend(void **state)
{
	static const struct nvt_word words[] = {{16, 1}, {8, 2}};
	struct nvt_writer_options o = plain_options();

	(void)state;
	o.l1mem = words;
	o.l1mem_count = 2;
	assert_null(nvt_create(scratch_path("words.zst"), &o, &err));
	assert_int_equal(err.status, NVT_EINPUT);
	assert_says("ascend");
	assert_int_equal(count_files(".tmp"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_disk_is_told),
		cmocka_unit_test(a_size_limit_is_told_and_leaves_nothing),
		cmocka_unit_test(a_folder_that_is_not_there_is_told),
		cmocka_unit_test(a_folder_is_no_file),
		cmocka_unit_test(a_closed_pipe_is_told),
		cmocka_unit_test(the_name_appears_at_the_end),
		cmocka_unit_test(a_signal_can_remove_what_has_no_name_yet),
		cmocka_unit_test(more_temporary_files_than_are_remembered_do_no_harm),
		cmocka_unit_test(an_older_file_stays_until_the_new_one_is_whole),
		cmocka_unit_test(a_left_over_temporary_file_is_passed_over),
		cmocka_unit_test(a_pipe_is_streamed_to),
		cmocka_unit_test(a_provisional_header_is_final_even_in_a_pipe),
		cmocka_unit_test(a_provisional_header_is_replaced_in_a_file),
		cmocka_unit_test(wrong_events_are_named),
		cmocka_unit_test(counts_of_a_provisional_header_must_cover_the_events),
		cmocka_unit_test(a_wrong_machine_is_refused_at_once),
		cmocka_unit_test(more_vCPUs_than_there_are_contexts_for_are_refused),
		cmocka_unit_test(words_must_ascend),
	};
	int failed;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	remove_scratch();
	return failed;
}
