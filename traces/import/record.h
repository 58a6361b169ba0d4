/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The neutral record between the front ends (text.c, dat_read.c, perf_read.c) and the stream
 * builder: one recorded event with its fields by identity, wherever and in
 * whatever order the input had them.
 */
#ifndef NVSIM_TRACES_IMPORT_RECORD_H
#define NVSIM_TRACES_IMPORT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace.h"

enum imp_field_id {
	IMP_VCPU,
	IMP_KVM,
	IMP_MMU,
	IMP_ESR,
	IMP_FAR,
	IMP_HPFAR,
	IMP_S2EN,
	IMP_PC,
	IMP_PSTATE,
	IMP_VTTBR,
	IMP_VTCR,
	IMP_HCR,
	IMP_HWVTCR,
	IMP_PGD,
	IMP_RET,
	IMP_IPA,
	IMP_OUT,
	IMP_SIZE,
	IMP_READABLE,
	IMP_WRITABLE,
	IMP_LEVEL,
	IMP_DESC,
	IMP_GFN,
	IMP_PFN,
	IMP_FOLL,
	IMP_ADDR,
	IMP_END,
	IMP_PHYS,
	IMP_PROT,
	IMP_NPAGES,
	IMP_UADDR,
	IMP_FLAGS,
	IMP_ID,
	IMP_CHANGE,
	IMP_OP1,
	IMP_CRN,
	IMP_CRM,
	IMP_OP2,
	IMP_VALUE,
	IMP_TYPE,
	IMP_LEN,
	IMP_FIELD_COUNT
};

/* Order of the table imp_events. */
enum imp_event_id {
	IMP_EV_ABORT,
	IMP_EV_ABORT_RET,
	IMP_EV_WALK,
	IMP_EV_PERMCHK,
	IMP_EV_INJECT,
	IMP_EV_FAULTIN,
	IMP_EV_MAP,
	IMP_EV_MAP_RET,
	IMP_EV_RELAX,
	IMP_EV_RELAX_RET,
	IMP_EV_LOADMMU,
	IMP_EV_INITMMU,
	IMP_EV_MEMSLOT,
	IMP_EV_MMUN_UNMAP,
	IMP_EV_MMUN_AGE,
	IMP_EV_UNMAP_RANGE,
	IMP_EV_WP_RANGE,
	IMP_EV_TLBI_IPAS2,
	IMP_EV_TLBI_RIPAS2,
	IMP_EV_TLBI_VMALLS12,
	IMP_EV_TLBI_ALLE1IS,
	IMP_EV_TLBI_EL1,
	IMP_EV_TLBI_EL2,
	IMP_EV_GUEST_FAULT,
	IMP_EV_ERET,
	IMP_EV_EXCEPTION,
	IMP_EV_ACCESS_FAULT,
	IMP_EV_MMIO,
	IMP_EV_ENTRY,
	IMP_EV_EXIT,
	IMP_EV_MARK,
	IMP_EVENT_COUNT
};
#define IMP_EV_NONE 0xff

struct imp_record {
	uint64_t time_ns;
	int32_t pid;
	uint16_t cpu;
	uint8_t event; /* enum imp_event_id */
	uint64_t has;  /* bit i: v[i] is there */
	uint64_t v[IMP_FIELD_COUNT];
	const char *text; /* of IMP_EV_MARK; not terminated */
	size_t text_length;
};

enum imp_field_flag {
	IMP_OPTIONAL = 1 << 0,
	IMP_HEX = 1 << 1,  /* printed in hex without 0x */
	IMP_MMIO = 1 << 2, /* printed as a name of the kind of MMIO */
};

struct imp_field {
	const char *name;  /* in the event's format */
	const char *label; /* in the printed line of a kvm tracepoint; NULL: name=value */
	uint8_t id;	   /* enum imp_field_id */
	uint8_t flags;
};

/* What a recording says of itself; each text may be NULL. */
enum imp_info_id {
	IMP_INFO_KERNEL,
	IMP_INFO_CLOCK,
	IMP_INFO_CPU,
	IMP_INFO_RECORDER,
	IMP_INFO_COMMAND,
	IMP_INFO_COUNT
};

struct imp_info {
	char *text[IMP_INFO_COUNT];
};

struct imp_builder;

/* One event that the importer understands. */
struct imp_event {
	const char *name;
	const char *system; /* NULL: a dynamic probe, in whatever group it was put */
	const struct imp_field *fields;
	uint8_t field_count;
	enum nvt_status (*handle)(struct imp_builder *b, const struct imp_record *r);
};

extern const struct imp_event imp_events[IMP_EVENT_COUNT];

/* All front ends keep times to the microsecond, rounded as ftrace prints them. */
static inline uint64_t imp_round_ns(uint64_t ns)
{
	return (ns + 500) / 1000 * 1000;
}

/* The event of that name, or IMP_EV_NONE. */
uint8_t imp_find_event(const char *name, size_t length);

#endif
