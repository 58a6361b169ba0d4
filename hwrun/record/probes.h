/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The probes that tell what KVM did with a fault: one table, from which the lines for tracefs are
 * made. They live in a group of their own, RECORD_GROUP, and nothing outside it is ever touched.
 */
#ifndef NVSIM_RECORD_PROBES_H
#define NVSIM_RECORD_PROBES_H

#include <stdbool.h>
#include <stddef.h>

#include "btf.h"
#include "trace.h"

#define RECORD_GROUP "nvsim"

enum record_probe_flag {
	RECORD_ON_ENTRY = 0,
	RECORD_ON_RETURN = 1 << 0,
	RECORD_NEEDED = 1 << 1, /* without it there is no truth at all */
};

struct record_probe {
	const char *name;     /* of the event; traces/import/events.c knows it, and its fields */
	const char *function; /* of the kernel */
	uint8_t flags;	      /* enum record_probe_flag */
	const char *fetch;    /* {REG}: L1's register of that name, which only BTF locates */
};

extern const struct record_probe record_probes[];
extern const size_t record_probe_count;

enum record_probe_kind { RECORD_FPROBE, RECORD_KPROBE };

/*
 * The line that makes the probe. False: it needs a register that the kernel's types do not
 * locate, or there is no room. `btf` may be NULL.
 */
bool record_probe_line(const struct record_probe *p, enum record_probe_kind kind,
		       const struct record_btf *btf, char *line, size_t size);

#define RECORD_PROBES_MAX 32

/* Those that are installed. */
struct record_probe_set {
	const char *tracefs;
	int lock; /* held while they are there; -1: not held */
	const struct record_probe *installed[RECORD_PROBES_MAX];
	const struct record_probe *absent[RECORD_PROBES_MAX]; /* the kernel has no such function */
	size_t installed_count, absent_count, fprobe_count;
};

/*
 * Removes what a recorder that crashed has left behind, then installs all probes that this kernel
 * takes. NVT_EENV: another recorder has its own there, or one that is needed is refused; nothing
 * stays behind then. `btf` is the path of the kernel's type information.
 */
enum nvt_status record_probes_install(struct record_probe_set *set, const char *tracefs,
				      const char *btf, struct nvt_error *err);
void record_probes_remove(struct record_probe_set *set);
/* Removes leftovers, unless a recorder that runs owns them. */
void record_probes_clean(const char *tracefs);

#endif
