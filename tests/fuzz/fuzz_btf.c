/* SPDX-License-Identifier: GPL-2.0-only */
/* A kernel's type information, and what the recorder asks of it. */
#include "btf.h"
#include "fuzz.h"

static void ask(const struct record_btf *b)
{
	uint32_t first, second;

	if (record_btf_enumerator(b, "vcpu_sysreg", "VTCR_EL2", &first))
		FUZZ_REQUIRE(record_btf_enumerator(b, "vcpu_sysreg", "VTCR_EL2", &second) &&
			     first == second);
	record_btf_enumerator(b, "vcpu_sysreg", "__VNCR_START__", &first);
	if (record_btf_offset(b, "kvm_vcpu", "arch.ctxt.sys_regs", &first))
		FUZZ_REQUIRE(record_btf_offset(b, "kvm_vcpu", "arch.ctxt", &second));
	record_btf_offset(b, "kvm_vcpu", "arch.ctxt.pc", &first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz_file file;
	struct record_btf b;

	if (record_btf_open(&b, fuzz_file_set(&file, data, size))) {
		ask(&b);
		record_btf_close(&b);
	}
	return 0;
}
