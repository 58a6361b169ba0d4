/* SPDX-License-Identifier: GPL-2.0-only */
/* The corpus: the streams that tell policies apart, and those that only tests need. */
#ifndef NVSIM_TESTS_CORPUS_SCENES_H
#define NVSIM_TESTS_CORPUS_SCENES_H

#include "witness.h"

#define CORPUS	   "tests/corpus"
#define PATH_BYTES 512

#define STEPS(list) .steps = (list), .step_count = sizeof(list) / sizeof((list)[0])

/* L1 lets L2 write to memory that the host gave L1 for reading. */
static const struct scene_step readonly_slot[] = {
	{.what = SCENE_L1_MAP, .ipa = 0x5000, .out = SCENE_RAM, .leaf = 4096, .attr = SCENE_RW},
	{.what = SCENE_ENTER},
	{.what = SCENE_READ, .ipa = 0x5000},
	{.what = SCENE_WRITE, .ipa = 0x5000},
};

static const struct scene corpus_scenes[] = {
	{
		.name = "bad_readonly_slot",
		.story = "L1 maps a page of a read-only memslot writable, and L2 writes to it",
		.slot_flags = NVT_SLOT_READONLY,
		STEPS(readonly_slot),
	},
};

#define CORPUS_SCENES (sizeof(corpus_scenes) / sizeof(corpus_scenes[0]))

static inline size_t corpus_count(void)
{
	return witness_scene_count + CORPUS_SCENES;
}

static inline const struct scene *corpus_scene(size_t i)
{
	return i < witness_scene_count ? &witness_scenes[i]
				       : &corpus_scenes[i - witness_scene_count];
}

static inline const char *corpus_path(char buf[PATH_BYTES], const char *folder,
				      const struct scene *s)
{
	snprintf(buf, PATH_BYTES, "%s/%s.zst", folder, s->name);
	return buf;
}

#endif
