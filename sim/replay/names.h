/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of enumerations, as results, reports and help show them; policies by their names. */
#ifndef NVSIM_REPLAY_NAMES_H
#define NVSIM_REPLAY_NAMES_H

#include "event.h"
#include "metrics.h"
#include "s2.h"

extern const char *const class_names[NVT_FULL + 1];
extern const char *const kind_names[NVT_KIND_COUNT];
extern const char *const scope_names[SCOPE_COUNT];
extern const char *const outcome_names[S2_OUTCOME_COUNT];
extern const char *const clamp_names[S2_CLAMP_COUNT];
extern const char *const inject_names[INJECT_CLASS_COUNT];

/* What tables for people have a column for. */
#define OUTCOME_GROUPS 5
extern const struct outcome_group {
	const char *title;
	uint32_t kinds; /* bits of enum s2_outcome_kind */
} outcome_groups[OUTCOME_GROUPS];
uint64_t outcome_group_count(const uint64_t outcome[S2_OUTCOME_COUNT], size_t group);

/* The row of the table that has this name, or NULL. */
const struct s2_policy *policy_named(const char *name);
const struct s2_invalidation *invalidation_named(const char *name);

#endif
