/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of probes against what the importer reads, and its life in a folder that plays tracefs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "import/record.h"
#include "probes.h"
#include "record/btf_blob.h"
#include "tracing.h"

static char folder[] = "/tmp/nvsim-tracefs-XXXXXX";
static char events_path[64], btf_path[64];

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static const char *read_text(const char *path)
{
	static char text[65536];
	FILE *f = fopen(path, "r");
	size_t size;

	assert_non_null(f);
	size = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[size] = '\0';
	return text;
}

static void write_btf(void)
{
	unsigned char bytes[2048];
	struct blob blob;
	size_t size;
	FILE *f = fopen(btf_path, "wb");

	blob_fill(&blob);
	size = blob_bytes(&blob, bytes);
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	fclose(f);
}

static const struct record_probe *find(const char *name)
{
	for (size_t i = 0; i < record_probe_count; i++)
		if (!strcmp(record_probes[i].name, name))
			return &record_probes[i];
	fail_msg("no probe %s", name);
	return NULL;
}

/* "name=" stands in the fetch arguments. */
static bool fetches(const struct record_probe *p, const char *name)
{
	char text[40];

	snprintf(text, sizeof(text), " %s=", name);
	return strstr(p->fetch, text) || !strncmp(p->fetch, text + 1, strlen(text + 1));
}

static void the_importer_knows_each_probe_and_its_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < record_probe_count; i++) {
		const struct record_probe *p = &record_probes[i];
		uint8_t known = imp_find_event(p->name, strlen(p->name));
		const struct imp_event *e = &imp_events[known];

		assert_int_not_equal(known, IMP_EV_NONE);
		assert_null(e->system);
		for (uint8_t f = 0; f < e->field_count; f++)
			if (!(e->fields[f].flags & IMP_OPTIONAL) && !fetches(p, e->fields[f].name))
				fail_msg("%s lacks %s", p->name, e->fields[f].name);
	}
}

/* Arguments of the kernel's parser are no longer than 63 characters, probes no longer than a page.
 */
static void lines_are_within_the_kernel_s_limits(void **state)
{
	struct record_btf btf;
	char line[1024];

	(void)state;
	assert_true(record_btf_open(&btf, btf_path));
	for (size_t i = 0; i < record_probe_count; i++) {
		assert_true(record_probe_line(&record_probes[i], RECORD_KPROBE, &btf, line,
					      sizeof(line)));
		assert_null(strchr(line, '{'));
		for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
			assert_true(strlen(word) <= 63);
	}
	record_btf_close(&btf);
}

static void a_probe_is_a_line(void **state)
{
	struct record_btf btf;
	char line[1024];

	(void)state;
	assert_true(record_probe_line(find("map_ret"), RECORD_FPROBE, NULL, line, sizeof(line)));
	assert_string_equal(line, "f:nvsim/map_ret kvm_pgtable_stage2_map%return addr=addr:x64 "
				  "ret=$retval:s32");
	assert_true(record_probe_line(find("map_ret"), RECORD_KPROBE, NULL, line, sizeof(line)));
	assert_string_equal(line, "r:nvsim/map_ret kvm_pgtable_stage2_map addr=addr:x64 "
				  "ret=$retval:s32");
	assert_true(record_probe_line(find("wp_range"), RECORD_KPROBE, NULL, line, sizeof(line)));
	assert_string_equal(line, "p:nvsim/wp_range kvm_stage2_wp_range mmu=mmu:x64 addr=addr:x64 "
				  "end=end:x64");
	assert_false(record_probe_line(find("wp_range"), RECORD_KPROBE, NULL, line, 40));
	/* L1's registers lie where the kernel's types say, and nowhere without them. */
	assert_false(record_probe_line(find("loadmmu"), RECORD_FPROBE, NULL, line, sizeof(line)));
	assert_true(record_btf_open(&btf, btf_path));
	assert_true(record_probe_line(find("loadmmu"), RECORD_FPROBE, &btf, line, sizeof(line)));
	assert_non_null(strstr(line, " l1vttbr=+32(vcpu->arch.ctxt.vncr_array):x64 "));
	assert_non_null(strstr(line, " l1hcr=+2544(vcpu):x64"));
	record_btf_close(&btf);
}

static void leftovers_go_and_others_stay(void **state)
{
	static const char left[] = "p:other/mine kvm_handle_guest_abort\n"
				   "f:nvsim/abort kvm_handle_guest_abort vcpu=vcpu:x64\n"
				   "r10:nvsim/map_ret kvm_pgtable_stage2_map ret=$retval:s32\n"
				   "f:nvsimple/abort kvm_handle_guest_abort\n"
				   "p:kprobes/x do_something arg=+0(%x0):nvsim/abort\n";
	struct record_probe_set set;
	struct nvt_error err;
	const char *text;

	(void)state;
	if (!record_has_tracefs())
		skip();
	write_text(events_path, left);
	record_probes_clean(folder);
	text = read_text(events_path);
	assert_string_equal(text + strlen(left), "-:nvsim/abort\n-:nvsim/map_ret\n");
	/* While a recorder runs they are no leftovers. */
	assert_int_equal(record_probes_install(&set, folder, btf_path, &err), NVT_OK);
	write_text(events_path, left);
	record_probes_clean(folder);
	assert_string_equal(read_text(events_path), left);
	record_probes_remove(&set);
	assert_non_null(strstr(read_text(events_path), "-:nvsim/abort\n"));
}

static void all_are_installed_and_removed(void **state)
{
	struct record_probe_set set, second;
	struct nvt_error err;
	char line[128];

	(void)state;
	if (!record_has_tracefs())
		skip();
	write_text(events_path, "");
	assert_int_equal(record_probes_install(&set, folder, btf_path, &err), NVT_OK);
	assert_int_equal(set.installed_count, record_probe_count);
	assert_int_equal(set.absent_count, 0);
	assert_non_null(strstr(read_text(events_path), "f:nvsim/abort kvm_handle_guest_abort "));
	assert_int_equal(record_probes_install(&second, folder, btf_path, &err), NVT_EENV);
	assert_non_null(strstr(err.text, "another nvsim record"));
	record_probes_remove(&second);
	record_probes_remove(&set);
	for (size_t i = 0; i < record_probe_count; i++) {
		snprintf(line, sizeof(line), "-:nvsim/%s\n", record_probes[i].name);
		assert_non_null(strstr(read_text(events_path), line));
	}
	assert_int_equal(record_probes_install(&second, folder, btf_path, &err), NVT_OK);
	record_probes_remove(&second);
}

/* Without types the probes that need a register of L1 are left out; the others stand by name. */
static void without_types_registers_are_not_guessed(void **state)
{
	struct record_probe_set set;
	struct nvt_error err;

	(void)state;
	if (!record_has_tracefs())
		skip();
	write_text(events_path, "");
	assert_int_equal(record_probes_install(&set, folder, "/nonexistent", &err), NVT_OK);
	assert_true(set.absent_count > 0);
	for (size_t i = 0; i < set.absent_count; i++)
		assert_non_null(strchr(set.absent[i]->fetch, '{'));
	record_probes_remove(&set);
}

static void what_is_missing_is_said(void **state)
{
	char path[64], found[256];
	struct record_probe_set set;
	struct nvt_error err;

	(void)state;
	unlink(events_path);
	assert_int_equal(record_probes_install(&set, folder, btf_path, &err), NVT_EENV);
	assert_non_null(strstr(err.text, "CONFIG_KPROBE_EVENTS"));
	assert_null(strchr(err.text, '\n'));
	snprintf(path, sizeof(path), "%s/none", folder);
	assert_int_equal(record_tracefs_find(path, found, sizeof(found), &err), NVT_EENV);
	assert_null(strchr(err.text, '\n'));
	assert_int_equal(record_tracefs_find(folder, found, sizeof(found), &err), NVT_OK);
	assert_string_equal(found, folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_importer_knows_each_probe_and_its_fields),
		cmocka_unit_test(lines_are_within_the_kernel_s_limits),
		cmocka_unit_test(a_probe_is_a_line),
		cmocka_unit_test(leftovers_go_and_others_stay),
		cmocka_unit_test(all_are_installed_and_removed),
		cmocka_unit_test(without_types_registers_are_not_guessed),
		cmocka_unit_test(what_is_missing_is_said),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	snprintf(events_path, sizeof(events_path), "%s/dynamic_events", folder);
	snprintf(btf_path, sizeof(btf_path), "%s/btf", folder);
	write_btf();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(events_path);
	unlink(btf_path);
	rmdir(folder);
	return failed;
}
