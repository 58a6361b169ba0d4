/* SPDX-License-Identifier: GPL-2.0-only */
/* Short forms, for tables of scenes alone. */
#ifndef NVSIM_REPLAY_SCENE_STEPS_H
#define NVSIM_REPLAY_SCENE_STEPS_H

#include "scene.h"

#define KIB (1ull << 10)
#define MIB (1ull << 20)
#define GIB (1ull << 30)
#define RAM SCENE_RAM

#define MAP(from, to, bytes, how)                                                                  \
	{                                                                                          \
		.what = SCENE_L1_MAP, .ipa = (from), .out = (to), .leaf = (bytes), .attr = (how)   \
	}
#define MAP_MANY(from, to, bytes, all, how)                                                        \
	{                                                                                          \
		.what = SCENE_L1_MAP, .ipa = (from), .out = (to), .leaf = (bytes), .size = (all),  \
		.attr = (how)                                                                      \
	}
#define ENTER                                                                                      \
	{                                                                                          \
		.what = SCENE_ENTER                                                                \
	}
#define ENTER_GUEST(which)                                                                         \
	{                                                                                          \
		.what = SCENE_ENTER, .guest = (which)                                              \
	}
#define LEAVE                                                                                      \
	{                                                                                          \
		.what = SCENE_LEAVE                                                                \
	}
#define READ(at)                                                                                   \
	{                                                                                          \
		.what = SCENE_READ, .ipa = (at)                                                    \
	}
#define WRITE(at)                                                                                  \
	{                                                                                          \
		.what = SCENE_WRITE, .ipa = (at)                                                   \
	}
#define FETCH(at)                                                                                  \
	{                                                                                          \
		.what = SCENE_FETCH, .ipa = (at)                                                   \
	}
#define FETCH_EL0(at)                                                                              \
	{                                                                                          \
		.what = SCENE_FETCH, .ipa = (at), .el0 = true                                      \
	}
#define TLBI(which, operand)                                                                       \
	{                                                                                          \
		.what = SCENE_TLBI, .op = (which), .xt = (operand)                                 \
	}
#define PROTECT(at, bytes)                                                                         \
	{                                                                                          \
		.what = SCENE_PROTECT, .ipa = (at), .size = (bytes)                                \
	}
#define PAUSE(ns)                                                                                  \
	{                                                                                          \
		.what = SCENE_PAUSE, .size = (ns)                                                  \
	}
#define EVENT(which)                                                                               \
	{                                                                                          \
		.what = SCENE_EVENT, .event = &(which)                                             \
	}
#define UNMAP(at, bytes)                                                                           \
	{                                                                                          \
		.what = SCENE_UNMAP, .ipa = (at), .size = (bytes)                                  \
	}
#define STEPS(list) .steps = (list), .step_count = sizeof(list) / sizeof((list)[0])

#endif
