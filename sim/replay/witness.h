/* SPDX-License-Identifier: GPL-2.0-only */
/* Scenes that tell policies apart: tests/corpus has each of them as a trace of that name. */
#ifndef NVSIM_REPLAY_WITNESS_H
#define NVSIM_REPLAY_WITNESS_H

#include "scene.h"

extern const struct scene witness_scenes[];
extern const size_t witness_scene_count;

const struct scene *witness_find(const char *name);
/* The stream that shows what is wrong with a policy, or where a sound one is at its best. */
const struct scene *witness_of_policy(const struct s2_policy *policy);
const struct scene *witness_of_invalidation(const struct s2_invalidation *invalidation);

#endif
