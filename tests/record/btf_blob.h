/* SPDX-License-Identifier: GPL-2.0-only */
/* Type information as a kernel has it, with the few types that the probes ask for. */
#ifndef NVSIM_TESTS_RECORD_BTF_BLOB_H
#define NVSIM_TESTS_RECORD_BTF_BLOB_H

#include <stdint.h>
#include <string.h>

struct blob {
	uint32_t types[128];
	uint32_t type_words;
	char strings[512];
	uint32_t string_size;
};

static inline uint32_t blob_name(struct blob *b, const char *name)
{
	uint32_t at = b->string_size;

	if (!*name)
		return 0;
	strcpy(b->strings + at, name);
	b->string_size += (uint32_t)strlen(name) + 1;
	return at;
}

static inline void blob_words(struct blob *b, const uint32_t *words, uint32_t count)
{
	memcpy(b->types + b->type_words, words, count * sizeof(*words));
	b->type_words += count;
}

static inline void blob_type(struct blob *b, const char *name, uint32_t kind, uint32_t members,
			     uint32_t of)
{
	const uint32_t words[] = {blob_name(b, name), kind << 24 | members, of};

	blob_words(b, words, 3);
}

static inline void blob_member(struct blob *b, const char *name, uint32_t type, uint32_t offset)
{
	const uint32_t words[] = {blob_name(b, name), type, offset * 8};

	blob_words(b, words, 3);
}

static inline void blob_enumerator(struct blob *b, const char *name, uint32_t value)
{
	const uint32_t words[] = {blob_name(b, name), value};

	blob_words(b, words, 2);
}

/* As Linux 7.3 has it: HCR_EL2 is among KVM's own registers, VTTBR_EL2 in the hardware's page. */
static inline void blob_fill(struct blob *b)
{
	const uint32_t an_int[] = {64}, an_array[] = {1, 1, 492};

	*b = (struct blob){.string_size = 1};
	blob_type(b, "u64", 1, 0, 8); /* 1 */
	blob_words(b, an_int, 1);
	blob_type(b, "vcpu_sysreg", 6, 4, 4); /* 2 */
	blob_enumerator(b, "HCR_EL2", 134);
	blob_enumerator(b, "__VNCR_START__", 135);
	blob_enumerator(b, "VTTBR_EL2", 139);
	blob_enumerator(b, "VTCR_EL2", 143);
	blob_type(b, "", 3, 0, 0); /* 3 */
	blob_words(b, an_array, 3);
	blob_type(b, "kvm_cpu_context", 4, 2, 4800); /* 4 */
	blob_member(b, "pc", 1, 256);
	blob_member(b, "", 5, 832);
	blob_type(b, "", 5, 1, 3936); /* 5 */
	blob_member(b, "sys_regs", 3, 0);
	blob_type(b, "kvm_vcpu_arch", 4, 1, 6000); /* 6 */
	blob_member(b, "ctxt", 4, 128);
	blob_type(b, "arch_t", 8, 0, 6);      /* 7 */
	blob_type(b, "kvm_vcpu", 4, 2, 7000); /* 8 */
	blob_member(b, "kvm", 1, 0);
	blob_member(b, "arch", 7, 512);
}

/* The file's bytes; how many. */
static inline size_t blob_bytes(const struct blob *b, unsigned char *to)
{
	const uint32_t types = b->type_words * 4;
	const uint32_t head[] = {0x0001eb9f, 24, 0, types, types, b->string_size};

	memcpy(to, head, sizeof(head));
	memcpy(to + 24, b->types, types);
	memcpy(to + 24 + types, b->strings, b->string_size);
	return 24 + types + b->string_size;
}

#endif
