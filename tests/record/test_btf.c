/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's type information: what is looked up, and files that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "btf.h"
#include "record/btf_blob.h"

static char path[] = "/tmp/nvsim-btf-XXXXXX";

static void write_file(const unsigned char *bytes, size_t size)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	fclose(f);
}

static size_t fill(unsigned char *bytes)
{
	struct blob blob;

	blob_fill(&blob);
	return blob_bytes(&blob, bytes);
}

static void names_are_found(void **state)
{
	unsigned char bytes[2048];
	struct record_btf btf;
	uint32_t value;

	(void)state;
	write_file(bytes, fill(bytes));
	assert_true(record_btf_open(&btf, path));
	assert_true(record_btf_enumerator(&btf, "vcpu_sysreg", "VTCR_EL2", &value));
	assert_int_equal(value, 143);
	assert_false(record_btf_enumerator(&btf, "vcpu_sysreg", "VTCR_EL", &value));
	assert_false(record_btf_enumerator(&btf, "vcpu_sys", "VTCR_EL2", &value));
	/* Through a typedef, and a union without a name. */
	assert_true(record_btf_offset(&btf, "kvm_vcpu", "arch.ctxt.sys_regs", &value));
	assert_int_equal(value, 512 + 128 + 832);
	assert_true(record_btf_offset(&btf, "kvm_vcpu", "arch.ctxt.pc", &value));
	assert_int_equal(value, 512 + 128 + 256);
	assert_false(record_btf_offset(&btf, "kvm_vcpu", "arch.ctxt.sp", &value));
	assert_false(record_btf_offset(&btf, "kvm_vcpu", "kvm.ctxt", &value));
	assert_false(record_btf_offset(&btf, "kvm", "arch", &value));
	record_btf_close(&btf);
}

static void what_is_cut_is_refused(void **state)
{
	unsigned char bytes[2048];
	size_t size = fill(bytes);
	struct record_btf btf;

	(void)state;
	for (size_t cut = 0; cut < size; cut++) {
		write_file(bytes, cut);
		assert_false(record_btf_open(&btf, path));
	}
	assert_false(record_btf_open(&btf, "/nonexistent"));
}

/* Whatever a damaged file says, nothing outside of it is read: the sanitizers watch. */
static void damage_does_no_harm(void **state)
{
	unsigned char bytes[2048];
	size_t size = fill(bytes);
	struct record_btf btf;
	uint32_t value;

	(void)state;
	for (size_t at = 0; at < size; at++) {
		unsigned char kept = bytes[at];

		bytes[at] = kept ^ 0xff;
		write_file(bytes, size);
		bytes[at] = kept;
		if (!record_btf_open(&btf, path))
			continue;
		record_btf_enumerator(&btf, "vcpu_sysreg", "VTCR_EL2", &value);
		record_btf_offset(&btf, "kvm_vcpu", "arch.ctxt.sys_regs", &value);
		record_btf_close(&btf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found),
		cmocka_unit_test(what_is_cut_is_refused),
		cmocka_unit_test(damage_does_no_harm),
	};
	int fd = mkstemp(path), failed;

	if (fd < 0)
		return 1;
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
