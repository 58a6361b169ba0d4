/* SPDX-License-Identifier: GPL-2.0-only */
#include "pack.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "result.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "blobs are written as they lie here");

static bool append(void *arg, const void *section, size_t size)
{
	struct nvt_buffer *blob = arg;

	if (!nvt_buffer_room(blob, size))
		return false;
	memcpy(blob->data + blob->size, section, size);
	blob->size += size;
	return true;
}

/* Decodes every event on the way: a board must not be the one to find that a trace is damaged. */
static enum nvt_status read_trace(const char *path, struct nvt_buffer *blob, struct hw_blob *head,
				  struct nvt_error *err)
{
	struct nvt_reader *r = nvt_open_shown(path, append, blob, err);
	struct nvt_totals totals = {.event_count = 0};
	struct nvt_block *block;
	enum nvt_status status;

	if (!r)
		return err->status;
	while ((status = nvt_next_block(r, &block, err)) == NVT_OK)
		nvt_release_block(block);
	if (status == NVT_END)
		status = nvt_totals(r, &totals, err);
	if (!status)
		status = nvt_digest(r, head->trace_digest, err);
	if (!status)
		head->event_count = totals.event_count;
	nvt_close(r);
	return status;
}

#define PUT_TEXT(to, text) snprintf(to, sizeof(to), "%s", text)

static void describe(struct hw_blob *head, const struct hw_job *job)
{
	const struct hw_board *b = job->board;

	head->magic = HW_BLOB_MAGIC;
	head->version = HW_BLOB_VERSION;
	head->header_size = head->trace_offset = sizeof(*head);
	head->flags = job->flags;
	head->quirks = job->quirks;
	head->mode = job->mode;
	head->pmu_event_count = job->event_count;
	memcpy(head->pmu_events, job->events, sizeof(head->pmu_events));
	PUT_TEXT(head->policy, job->policy);
	PUT_TEXT(head->invalidation, job->invalidation);
	PUT_TEXT(head->trace_name, job->trace_name);
	if (!b)
		return;
	PUT_TEXT(head->board, b->name);
	head->console = b->console;
	head->console_base = b->console_base;
	head->console_reg_shift = b->console_reg_shift;
	head->memory_base = b->memory_base;
	head->memory_size = b->memory_size;
}

enum nvt_status hw_pack(const struct hw_job *job, struct nvt_buffer *blob, struct nvt_error *err)
{
	struct hw_blob head = {0};
	enum nvt_status status;

	describe(&head, job);
	blob->size = 0;
	if (!append(blob, &head, sizeof(head)))
		return nvt_fail(err, NVT_ENOMEM, "out of memory");
	status = read_trace(job->trace, blob, &head, err);
	if (status)
		return status;
	if (strcmp(job->trace, "-") && !result_file_sha256(job->trace, head.trace_sha256))
		return nvt_fail(err, NVT_EINPUT, "%s: cannot be read: %s", job->trace,
				strerror(errno));
	head.size = blob->size;
	head.trace_size = blob->size - sizeof(head);
	memcpy(blob->data, &head, sizeof(head));
	head.check = hw_blob_check((struct hw_blob *)blob->data);
	memcpy(blob->data, &head, sizeof(head));
	return NVT_OK;
}
