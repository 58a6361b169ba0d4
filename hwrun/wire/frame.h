/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Results over a console: one line of printable text a frame,
 *
 *	~nv1 SEQUENCE TYPE key=value key=value ... ~CRC
 *
 * SEQUENCE counts from 0, in decimal. CRC is the CRC-32 (IEEE 802.3) of the bytes from
 * "nv1" to the blank before the last '~', in 8 hexadecimal digits. Values have no blanks:
 * bytes that are not printable, blanks, '%', '=' and '~' stand as %XX. A line may have
 * anything before "~nv1 " and after the CRC: consoles are shared with firmware.
 */
#ifndef NVSIM_HWRUN_FRAME_H
#define NVSIM_HWRUN_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HW_FRAME_MAX	1024u /* bytes of a line, its end included */
#define HW_FRAME_FIELDS 64u
#define HW_FRAME_MARK	"~nv1 "

/*
 * Types of frames, and their fields. Numbers are decimal, registers 0x and hexadecimal.
 * hello and trace come first, and once more before end: who listens late has them, too.
 *
 * hello	what runs where: handler (sha256), compiler, version, revision and dirty (0|1) of
 *		the sources, image (XXH64 of its code and constants), boot (image|efi|elf, +el3
 *		where that was left), el, midr, cntfrq, pmu (event counters, absent without a
 *		PMU), cpus, memory (bytes free), model, emulated (0|1), evidence (why that is
 *		said)
 * trace	what is run: board, name, sha256, digest, policy, invalidation, quirks, mode,
 *		events, check (0|1), running (CPUs that take turns) and window (bytes that
 *		recorded addresses are folded into; live mode): both once they are known,
 *		event0..event3 (PMU events: number)
 * absent	what (an event or a mode), why
 * progress	events, accesses (those of them that are faults or touches)
 * refused	why: the run ends here
 * unexpected	an exception that nobody asked for: vector, esr, elr, far, hpfar, spsr,
 *		sctlr, hcr, cpu; x0..x30 follow in frames of type regs
 * regs		x0..x30, as many as fit
 * finding	ordinal (of the event), kind (mmu, data, refused, granted, or a rule: NV-nnn),
 *		ipa, context, text
 * counts	events, delivered, avoided, findings; in live mode also performed (accesses made by
 *		EL1), and how each of them ended: completed, injections (that the guest took),
 *		mmio (stepped over: emulated, or skipped by the handler), exits (to the VMM),
 *		astray (in an exception that nobody asked for: a finding), open (aborted again
 *		after the handler had served them: the stream tells what follows); then faults
 *		(aborts taken), stale (completed by a translation that nobody has invalidated
 *		yet), unknown (completed where no fact of the trace tells what is there),
 *		skipped_* (accesses that cannot be performed, by reason)
 * outcomes	of delivered faults: kind=count
 * cost		class, phase, unit (cycles|instructions|ticks|event0..event3), n, min, max,
 *		sum, p50, p90, p99
 * histogram	class, phase, unit, buckets "value:count,value:count" (value: the lowest of
 *		the bucket); long ones take several frames
 * sample	ordinal, class, and by unit phase values joined by ','
 * end		status (0 fine, 1 findings, 3 the blob is bad, 4 it cannot run here), digest
 */

/* How a run ends: the status of the frame `end`, and of the command that reads it. */
#define HW_FINE	      0u
#define HW_FINDINGS   1u
#define HW_BLOB_BAD   3u
#define HW_CANNOT_RUN 4u

/* ---- out: no allocation ---- */

struct hw_line {
	char text[HW_FRAME_MAX];
	size_t used;
};

void hw_line_begin(struct hw_line *l, uint32_t sequence, const char *type);
/* Fields that no longer fit are left out whole; false then. */
bool hw_line_text(struct hw_line *l, const char *key, const char *value);
bool hw_line_number(struct hw_line *l, const char *key, uint64_t value);
bool hw_line_hex(struct hw_line *l, const char *key, uint64_t value);
/* Adds checksum and "\r\n"; l->text[0..used) is to be sent. */
void hw_line_end(struct hw_line *l);

/* ---- in ---- */

struct hw_frame {
	uint32_t sequence;
	const char *type;
	struct {
		const char *key, *value;
	} field[HW_FRAME_FIELDS];
	size_t count;
	size_t used; /* bytes of the line that were looked at; set whatever the status */
};

enum hw_frame_status {
	HW_FRAME_OK,
	HW_FRAME_NONE,	  /* no frame in this line */
	HW_FRAME_DAMAGED, /* one that its checksum does not fit */
};

/*
 * Reads the first frame of a line of `size` bytes in place; the frame's pointers go into it.
 * Where line ends are lost, another may follow behind f->used.
 */
enum hw_frame_status hw_frame_parse(char *line, size_t size, struct hw_frame *f);
/* NULL: no such field. */
const char *hw_frame_value(const struct hw_frame *f, const char *key);
/* False: no such field, or no number (decimal or 0x). */
bool hw_frame_number(const struct hw_frame *f, const char *key, uint64_t *value);

#endif
