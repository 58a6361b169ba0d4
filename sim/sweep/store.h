/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The folder of a sweep: cells/NAME.json, traces/NAME.zst of generated streams, log/. Any number
 * of processes may work in one at a time, on several hosts that share it: a file gets its name
 * when it is whole. All of them hold the folder's lock together; who gets it alone knows that
 * whatever is unfinished there belongs to nobody, and may remove it.
 */
#ifndef NVSIM_SWEEP_STORE_H
#define NVSIM_SWEEP_STORE_H

#include "result.h"
#include "spec.h"

struct sweep_store {
	const char *dir;
	int lock; /* -1: the file system has none; nothing is removed then */
	const struct result_build *build;  /* of the program that works in it */
	const struct sweep_stream *hashed; /* the recording that was hashed last */
	char sha256[65];
};

/*
 * Makes what is missing, and removes what is nobody's where `tidy`: not in jobs, whose file system
 * may know of no lock that another host holds. sweep_store_close is due in any case.
 */
enum nvt_status sweep_store_open(struct sweep_store *s, const char *dir,
				 const struct result_build *build, bool tidy,
				 struct nvt_error *err);
void sweep_store_close(struct sweep_store *s);

/* To be freed; NULL: no memory. */
char *sweep_store_path(const struct sweep_store *s, const char *folder, const char *name,
		       const char *suffix);

/*
 * The trace of a stream: *path, to be freed. One that is generated is made where it is not there;
 * others that need it at the same time wait for it.
 */
enum nvt_status sweep_store_trace(const struct sweep_store *s, const struct sweep_stream *stream,
				  char **path, struct nvt_error *err);

#endif
