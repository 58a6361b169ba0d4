/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recording is read in a process of its own, which sends its records through a pipe to the
 * importer (child.h). A damaged file can make a library crash; this way it is an error like any
 * other. And two cores share the work. This is the sending end.
 */
#ifndef NVSIM_TRACES_IMPORT_SEND_H
#define NVSIM_TRACES_IMPORT_SEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "import/record.h"
#include "trace.h"

enum imp_message_kind {
	IMP_SEND_RECORD, /* value: fields by bit; payload: their values, ascending; or a mark's text
			  */
	IMP_SEND_LOST,	 /* value: how many, 0: some */
	IMP_SEND_IGNORED, /* value: how many; payload: name of the event */
	IMP_SEND_INFO,	  /* value: enum imp_info_id; payload: text */
	IMP_SEND_BYTES,	  /* value: how many the input has; payload: struct nvt_sha256 of them */
	IMP_SEND_WARNING, /* payload: text */
	IMP_SEND_ERROR,	  /* value: enum nvt_status; payload: text */
	IMP_SEND_END,	  /* everything was read */
};

/* Both ends are the same program: host byte order, no versions. */
struct imp_message {
	uint64_t time_ns;
	uint64_t value;
	uint64_t number; /* where it lies in the file, as the front end counts */
	int32_t pid;
	uint16_t cpu;
	uint8_t kind;
	uint8_t event;
	uint32_t size; /* of the payload, a multiple of 8; texts are padded with NUL */
	uint32_t unused;
};

#define IMP_TEXT_MAX 4096u
/* Of a message and its payload. */
#define IMP_MESSAGE_MAX (sizeof(struct imp_message) + IMP_TEXT_MAX)
#define IMP_SEND_CHUNK	(64u << 10)

struct imp_sender {
	int fd;
	bool failed; /* an error was sent: what follows is not looked at */
	size_t used;
	uint64_t number; /* of what is being read, for all messages */
	unsigned char buffer[IMP_SEND_CHUNK] __attribute__((aligned(8)));
};

/* A message with room for a payload of `size` bytes, at most IMP_TEXT_MAX; valid until the next. */
struct imp_message *imp_send(struct imp_sender *s, uint8_t kind, size_t size);
struct imp_message *imp_send_text(struct imp_sender *s, uint8_t kind, const char *text,
				  size_t length);
void imp_send_record(struct imp_sender *s, const struct imp_record *r);
/* One that was made elsewhere, with its payload behind it. */
void imp_send_message(struct imp_sender *s, const struct imp_message *m);
void imp_send_warning(struct imp_sender *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The import ends with that. */
void imp_send_error(struct imp_sender *s, enum nvt_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void imp_send_flush(struct imp_sender *s);

/* Puts a record where there is room for IMP_MESSAGE_MAX; returns what it takes of that. */
size_t imp_message_put(struct imp_message *m, const struct imp_record *r, uint64_t number);

#endif
