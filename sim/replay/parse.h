/* SPDX-License-Identifier: GPL-2.0-only */
/* What people write: numbers, sets of quirks, and names with a letter amiss. */
#ifndef NVSIM_REPLAY_PARSE_H
#define NVSIM_REPLAY_PARSE_H

#include <stdbool.h>
#include <stdint.h>

/* A number with an optional suffix of base 1000 or 1024, decimal or 0x. */
bool parse_number(const char *text, unsigned int base, uint64_t *value);

/* The nearest of `names` (ends with NULL) within a third of its length, or NULL. */
const char *parse_nearest(const char *name, const char *const *names);

/*
 * "kvm", "arch", or numbers and -numbers that are added and removed from left to right. False: the
 * word that is none of these is in `bad`.
 */
#define PARSE_WORD 32
bool parse_quirks(const char *list, uint32_t *quirks, char bad[PARSE_WORD]);

#endif
