/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace-cmd file is read by libtracecmd in a process of its own
 * (dat_read.c), which sends its records through a pipe to the importer
 * (dat.c). A damaged file can make that library crash; this way it is an
 * error like any other. And two cores share the work.
 */
#ifndef NVSIM_TRACES_IMPORT_DAT_H
#define NVSIM_TRACES_IMPORT_DAT_H

#include <stdint.h>

#include "import/record.h"

enum dat_kind {
	DAT_RECORD,  /* value: fields by bit; payload: their values, ascending; or a mark's text */
	DAT_LOST,    /* value: how many, 0: some */
	DAT_IGNORED, /* value: how many; payload: name of the event */
	DAT_UNAME,   /* payload: text */
	DAT_CLOCK,   /* payload: text */
	DAT_WARNING, /* payload: text */
	DAT_ERROR,   /* value: enum nvt_status; payload: text */
	DAT_END,     /* everything was read */
	DAT_KIND_COUNT
};

/* Both ends are the same program: host byte order, no versions. */
struct dat_message {
	uint64_t time_ns;
	uint64_t value;
	uint64_t number; /* of the record in the file, from 1 */
	int32_t pid;
	uint16_t cpu;
	uint8_t kind;
	uint8_t event;
	uint32_t size; /* of the payload, a multiple of 8; texts are padded with NUL */
	uint32_t unused;
};

#define DAT_PAYLOAD_MAX 4096u
#define DAT_CHUNK	(64u << 10)

/* Reads the file at `path` and writes messages to `fd`. Runs in the child; returns nothing. */
void imp_dat_send(const char *path, int fd);

#endif
