/* SPDX-License-Identifier: GPL-2.0-only */
/* SMBIOS (DSP0134): who made the machine, and what it is called. */
#include <stdio.h>
#include <string.h>

#include "boot.h"
#include "bytes.h"

#define SM3_SIZE     12u /* offsets in the 64-bit entry point */
#define SM3_TABLE    16u
#define SM2_SIZE     22u /* offsets in the 32-bit one */
#define SM2_TABLE    24u
#define BIOS	     0u /* types of structures */
#define SYSTEM	     1u
#define END	     127u
#define MANUFACTURER 4u /* offsets in SYSTEM: numbers of strings */
#define PRODUCT	     5u
#define VENDOR	     4u /* in BIOS */

/* The n-th string behind a structure; "": there is none. */
static const char *string_of(const uint8_t *s, const uint8_t *end, unsigned int n)
{
	const uint8_t *p = s + s[1];

	if (!n)
		return "";
	for (; p < end && *p; p += strnlen((const char *)p, (size_t)(end - p)) + 1)
		if (!--n)
			return memchr(p, 0, (size_t)(end - p)) ? (const char *)p : "";
	return "";
}

/* Its strings end with an empty one. NULL: they do not. */
static const uint8_t *next_of(const uint8_t *s, const uint8_t *end)
{
	const uint8_t *p = s + s[1];

	for (; p + 2 <= end; p++)
		if (!p[0] && !p[1])
			return p + 2;
	return NULL;
}

static void read_system(const uint8_t *s, const uint8_t *end)
{
	const char *maker = string_of(s, end, s[MANUFACTURER]);
	const char *product = string_of(s, end, s[PRODUCT]);

	snprintf(platform.model, sizeof(platform.model), "%s%s%s", maker,
		 *maker && *product ? " " : "", product);
	emulated_by_name(platform.model);
}

static void read_table(const uint8_t *s, uint64_t size)
{
	const uint8_t *end = s + size;

	while (s && s + 4 <= end && s[0] != END && s[1] >= 4 && s + s[1] <= end) {
		if (s[0] == SYSTEM && s[1] > PRODUCT)
			read_system(s, end);
		else if (s[0] == BIOS && s[1] > VENDOR)
			emulated_by_name(string_of(s, end, s[VENDOR]));
		s = next_of(s, end);
	}
}

void smbios_describe(uint64_t entry3, uint64_t entry2)
{
	const uint8_t *e = (const uint8_t *)entry3;

	if (e && !memcmp(e, "_SM3_", 5)) {
		read_table((const uint8_t *)nvt_get64(e + SM3_TABLE), nvt_get32(e + SM3_SIZE));
		return;
	}
	e = (const uint8_t *)entry2;
	if (e && !memcmp(e, "_SM_", 4))
		read_table((const uint8_t *)(uint64_t)nvt_get32(e + SM2_TABLE),
			   nvt_get16(e + SM2_SIZE));
}
