/* SPDX-License-Identifier: GPL-2.0-only */
/* A trace decoded in a thread of its own, a few blocks ahead of its consumer. */
#ifndef NVSIM_REPLAY_STREAM_H
#define NVSIM_REPLAY_STREAM_H

#include "trace.h"

struct stream;

/* Takes over reading from r, which stays the caller's to close after stream_close. NULL: no thread
 * or memory, errno says which. */
struct stream *stream_open(struct nvt_reader *r);
/* As nvt_next_block. */
enum nvt_status stream_next(struct stream *s, struct nvt_block **block, struct nvt_error *err);
void stream_close(struct stream *s);

#endif
