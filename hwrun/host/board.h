/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boards, a small file each: lines "key = value"; '#' begins a comment at the start of a line.
 * Some keys may be given several times; the table in board.c says what there is.
 */
#ifndef NVSIM_HWRUN_BOARD_H
#define NVSIM_HWRUN_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "blob.h"
#include "trace.h"

#define HW_LINES_MAX 32u

/* Values of a key that may be repeated. */
struct hw_lines {
	unsigned int count;
	const char *v[HW_LINES_MAX];
};

enum hw_firmware { HW_FIRMWARE_NONE, HW_FIRMWARE_UBOOT, HW_FIRMWARE_EFI };

struct hw_board {
	char name[32]; /* the file's, without ".board" */
	const char *description;
	/* For the image, where nothing describes the platform. */
	enum hw_console_kind console;
	uint64_t console_base;
	uint32_t console_reg_shift;
	uint64_t memory_base, memory_size;
	uint64_t load; /* address that the image is loaded at, where it has to be told */
	/* What QEMU is to be given; no arguments: QEMU cannot be this board. */
	struct hw_lines qemu;
	const char *machine;	      /* as QEMU calls it */
	const char *cpu, *cpus, *ram; /* defaults of {cpu}, {cpus}, {ram}; NULL: not to be chosen */
	bool semihosting;	      /* frames leave by calls to QEMU, a line each */
	enum hw_firmware firmware;    /* that QEMU starts, and which starts the image */
	const char *firmware_file;    /* {firmware} */
	const char *package;	      /* that has it */
	const char *stop, *prompt;    /* what the firmware prints when a key stops it; its prompt */
	struct hw_lines type;	      /* lines typed at the prompt */
	/* For people. */
	const char *file; /* the image's usual name */
	struct hw_lines steps, counters, quirks;
	char *text; /* all strings point into it */
};

/* Reads FOLDER/NAME.board. To be freed; NULL: *err says file and line. */
struct hw_board *hw_board_read(const char *folder, const char *name, struct nvt_error *err);
void hw_board_free(struct hw_board *board);

/* Names of the boards in a folder, ascending; NULL: *err. To be freed with hw_board_names_free. */
char **hw_board_names(const char *folder, struct nvt_error *err);
void hw_board_names_free(char **names);

#endif
