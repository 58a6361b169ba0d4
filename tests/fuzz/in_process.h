/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The receiving end of a front end that has a process of its own, with what it receives made in
 * this process: fast, its coverage is seen, and a crash in it counts. Replaces child.c.
 */
#ifndef NVSIM_TESTS_FUZZ_IN_PROCESS_H
#define NVSIM_TESTS_FUZZ_IN_PROCESS_H

#include "import_case.h"

#define imp_run_child run_forked
#include "import/child.c"
#undef imp_run_child

enum nvt_status imp_run_child(struct imp_builder *b, struct imp_input *in, struct imp_info *info,
			      const struct imp_child *child);

/* What goes through the pipe otherwise is put into fd. */
static void fuzz_send(const struct imp_child *child, int fd);

enum nvt_status imp_run_child(struct imp_builder *b, struct imp_input *in, struct imp_info *info,
			      const struct imp_child *child)
{
	static struct fuzz_file pipe;
	static struct receiver d;
	enum nvt_status status;

	fuzz_file_set(&pipe, "", 0);
	lseek(pipe.fd, 0, SEEK_SET);
	fuzz_send(child, pipe.fd);
	lseek(pipe.fd, 0, SEEK_SET);
	d.b = b;
	d.in = in;
	d.info = info;
	d.library = child->library;
	d.ended = false;
	d.start = d.limit = 0;
	d.hashed = !in->source.seekable;
	d.fd = pipe.fd;
	status = judge(&d, receive_until_end(&d), 0);
	while (status == NVT_OK && !d.hashed)
		status = hash_some(&d);
	return status;
}

#endif
