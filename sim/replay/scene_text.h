/* SPDX-License-Identifier: GPL-2.0-only */
/* A scene in words, and what became of it. */
#ifndef NVSIM_REPLAY_SCENE_TEXT_H
#define NVSIM_REPLAY_SCENE_TEXT_H

#include "scene.h"

#define SCENE_SIZE_SIZE 24
#define SCENE_TEXT_SIZE 256

/* 4K, 2M, 1G: the short form of sizes that are powers of two. */
char *scene_size(char buf[SCENE_SIZE_SIZE], uint64_t size);
/* The host and its memory: one line. */
char *scene_host(char buf[SCENE_TEXT_SIZE], const struct scene *s);
/* Step `i`. */
char *scene_step(char buf[SCENE_TEXT_SIZE], const struct scene *s, size_t i);
/* What the engine made of the event that it saw last: empty where there is nothing to say. */
char *scene_outcome(char buf[SCENE_TEXT_SIZE], struct engine *e, const struct nvt_event *ev);

#endif
