/* SPDX-License-Identifier: GPL-2.0-only */
/* The little that is asked of the kernel's type information: values of enumerators, and offsets. */
#ifndef NVSIM_RECORD_BTF_H
#define NVSIM_RECORD_BTF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct record_btf {
	unsigned char *data; /* the file; owned */
	size_t size;
	const unsigned char *types; /* and what lies where in it */
	const char *strings;
	uint32_t strings_size;
	uint32_t *offsets; /* of each type, by its id from 1 */
	uint32_t count;
};

/* Reads /sys/kernel/btf/vmlinux or another file. False: it is not there, or damaged. */
bool record_btf_open(struct record_btf *b, const char *path);
void record_btf_close(struct record_btf *b);

/* The value of an enumerator of `enum name`. */
bool record_btf_enumerator(const struct record_btf *b, const char *name, const char *enumerator,
			   uint32_t *value);
/* The offset in bytes of "a.b.c" within `struct name`. */
bool record_btf_offset(const struct record_btf *b, const char *name, const char *path,
		       uint32_t *offset);

#endif
