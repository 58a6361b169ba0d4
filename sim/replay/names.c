/* SPDX-License-Identifier: GPL-2.0-only */
#include "names.h"

#include <string.h>

const char *const class_names[] = {
	[NVT_PARTIAL] = "partial",
	[NVT_OBSERVED] = "observed",
	[NVT_FULL] = "full",
};

/* Also the keys of JSON results: a name that changes here breaks readers there. */
const char *const kind_names[] = {
	[0] = "none",
	[NVT_FAULT] = "fault",
	[NVT_TOUCH] = "touch",
	[NVT_CONTEXT] = "context",
	[NVT_L1_WRITE] = "l1_write",
	[NVT_L1_LEAF] = "l1_leaf",
	[NVT_TLBI] = "tlbi",
	[NVT_HOST_UNMAP] = "host_unmap",
	[NVT_HOST_AGE] = "host_age",
	[NVT_WRITE_PROTECT] = "write_protect",
	[NVT_SLOT] = "slot",
	[NVT_BACKING] = "backing",
	[NVT_MARK] = "mark",
	[NVT_LOST] = "lost",
	[NVT_EXTENT] = "extent",
};

const char *const scope_names[] = {
	[SCOPE_SHADOW] = "shadow",
	[SCOPE_CANONICAL] = "canonical",
	[SCOPE_S2_OFF] = "s2_off",
};

const char *const outcome_names[] = {
	[S2_MAPPED] = "mapped",
	[S2_RELAXED] = "relaxed",
	[S2_INJECTED] = "injected",
	[S2_INJECTED_SEA] = "injected_sea",
	[S2_INJECTED_SIZE] = "injected_size",
	[S2_INJECTED_EXCL] = "injected_exclusive",
	[S2_INJECTED_SERROR] = "injected_serror",
	[S2_MMIO] = "mmio",
	[S2_EXIT_NISV] = "exit_nisv",
	[S2_EXIT_LDST64B] = "exit_ldst64b",
	[S2_EXIT_SEA] = "exit_sea",
	[S2_EXIT_MEMORY_FAULT] = "exit_memory_fault",
	[S2_SKIPPED] = "skipped",
	[S2_AF_SET] = "af_set",
	[S2_RETRY] = "retry",
	[S2_ERROR] = "error",
};

const struct outcome_group outcome_groups[OUTCOME_GROUPS] = {
	{"mapped", 1u << S2_MAPPED},
	{"relaxed", 1u << S2_RELAXED},
	{"injected", 1u << S2_INJECTED | 1u << S2_INJECTED_SEA | 1u << S2_INJECTED_SIZE |
			     1u << S2_INJECTED_EXCL | 1u << S2_INJECTED_SERROR},
	{"MMIO", 1u << S2_MMIO | 1u << S2_EXIT_NISV | 1u << S2_EXIT_LDST64B},
	{"other", 1u << S2_EXIT_SEA | 1u << S2_EXIT_MEMORY_FAULT | 1u << S2_SKIPPED |
			  1u << S2_AF_SET | 1u << S2_RETRY | 1u << S2_ERROR},
};

uint64_t outcome_group_count(const uint64_t outcome[S2_OUTCOME_COUNT], size_t group)
{
	uint64_t n = 0;

	for (unsigned int k = 0; k < S2_OUTCOME_COUNT; k++)
		n += outcome_groups[group].kinds >> k & 1 ? outcome[k] : 0;
	return n;
}

const char *const clamp_names[] = {
	[S2_CLAMP_NONE] = "none",	[S2_CLAMP_LOGGING] = "logging",
	[S2_CLAMP_L1_LEAF] = "l1_leaf", [S2_CLAMP_ROUNDING] = "rounding",
	[S2_CLAMP_BOUNDS] = "bounds",	[S2_CLAMP_ALIGNMENT] = "alignment",
	[S2_CLAMP_BACKING] = "backing", [S2_CLAMP_DEVICE] = "device",
	[S2_CLAMP_POLICY] = "policy",
};

const char *const inject_names[] = {
	[INJECT_TRANSLATION] = "translation",
	[INJECT_PERMISSION] = "permission",
	[INJECT_ACCESS_FLAG] = "access_flag",
	[INJECT_SIZE] = "address_size",
	[INJECT_SEA] = "sea",
};

const struct s2_policy *policy_named(const char *name)
{
	for (unsigned int i = 0; i < s2_policy_count; i++)
		if (strcmp(s2_policies[i].name, name) == 0)
			return &s2_policies[i];
	return NULL;
}

const struct s2_invalidation *invalidation_named(const char *name)
{
	for (unsigned int i = 0; i < s2_invalidation_count; i++)
		if (strcmp(s2_invalidations[i].name, name) == 0)
			return &s2_invalidations[i];
	return NULL;
}
