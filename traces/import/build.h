/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stream builder: records in, events of a trace out. Three stages: who is
 * who (world.c: VMs, contexts, vCPUs), assembly (handlers.c, build.c: the
 * records of one fault become one event, in the order in which they took
 * effect) and emission (emit.c: what a replay must know before an event).
 */
#ifndef NVSIM_TRACES_IMPORT_BUILD_H
#define NVSIM_TRACES_IMPORT_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "import/backing.h"
#include "import/import.h"
#include "import/leaves.h"
#include "import/record.h"
#include "trace.h"

/* ---- who is who ---- */

#define IMP_CONTEXT_UNKNOWN 0xfffeu

struct imp_input;
struct imp_l1;
struct imp_history;

/* A struct kvm. The pointer 0 stands for VMs whose creation was not recorded. */
struct imp_vm {
	uint64_t kvm;
	uint64_t canonical; /* pointer of its own context */
	uint64_t last_mmu;  /* of the nested contexts, they lie in one array */
	uint64_t mmu_stride;
	uint64_t canonical_vtcr, nested_vtcr; /* of the hardware; 0: not recorded */
	uint64_t fault_count;
	uint64_t flush;	     /* ordinal of the entry of a slot that was flushed, where `flushing` */
	struct nvt_slot log; /* whose logging was switched on, not yet protected; size 0: none */
	struct nvt_slot *slots; /* base and size in host pages */
	size_t slot_count;
	uint16_t context_count;
	uint16_t vcpu_count;
	bool flushing;	    /* a slot's memory was unmapped: it is deleted or moved next */
	bool late;	    /* its creation was not recorded */
	uint8_t page_shift; /* as the host said; 0: it did not */
};

/* A context pointer; pointers of an array that was moved stay, they do no harm. */
struct imp_mmu {
	uint16_t vm;
	uint16_t context; /* number, NVT_CANONICAL_CONTEXT or IMP_CONTEXT_UNKNOWN */
};

enum imp_hyp { IMP_HYP_UNKNOWN, IMP_HYP_YES, IMP_HYP_NO };

/* A fault between the entry of the handler and its return. */
struct imp_fault {
	bool open;
	bool light;	/* seen by kvm_guest_fault alone */
	bool queued;	/* its place in the stream is taken */
	bool exception; /* an exception to virtual EL2 followed; the load after it belongs to it */
	uint64_t place; /* ordinal of the queue entry */
	uint64_t start_ns;
	struct nvt_fault fault;
	struct nvt_fault_truth truth;
	bool stage2;	      /* L1's stage 2 is on in the context */
	uint64_t vttbr, vtcr; /* of L1, as the context has them */
};

struct imp_vcpu {
	uint64_t pointer; /* 0: known by its thread alone */
	int32_t pid;
	uint16_t vm;
	uint16_t index;	 /* within the VM; 0xffff: none yet */
	uint16_t cpu;	 /* of the host, last seen */
	uint8_t hyp;	 /* enum imp_hyp */
	uint8_t pending; /* enum nvt_context_reason + 1 of a change whose load is still to come */
	uint64_t pending_hcr, pending_pstate;
	struct imp_fault fault;
};

/* ---- assembly ---- */

struct imp_entry {
	struct nvt_event event;
	struct nvt_fault_truth truth;
	char *text;	      /* of a mark; owned */
	uint64_t vttbr, vtcr; /* of a fault, as struct imp_fault */
	uint16_t vm;	      /* IMP_ANY_VM: of no VM, kept in any case */
	bool stage2;
	bool open; /* a fault or slot that is not complete: holds back what follows */
	bool none; /* nothing came of it: left out */
};

/* What emission knows of a vCPU: L1's registers at the last change of context. */
struct imp_registers {
	uint64_t vttbr, vtcr;
	bool known;
};

/* Where the front end reads, for messages: "line 12", "event 12". */
struct imp_position {
	const char *file;
	const char *unit;
	uint64_t number;
};

struct imp_name_count {
	char *name;
	uint64_t count;
};

struct imp_builder {
	const struct nvt_import_options *options;
	struct nvt_import_stats *stats;
	struct nvt_error *err;
	struct nvt_writer *writer;
	struct imp_position at;
	/* Where records go instead of into a stream; NULL: into the stream. */
	enum nvt_status (*tap)(struct imp_builder *b, const struct imp_record *r);
	struct imp_l1 *l1;	     /* what L1 recorded itself; NULL: nothing */
	struct imp_history *history; /* of L1's tables, by a core of its memory; NULL: none */

	struct imp_vm *vms;
	size_t vm_count;
	struct imp_vcpu *vcpus;
	size_t vcpu_count;
	struct imp_map vm_of;	/* (kvm, 0) to index + 1 */
	struct imp_map mmu_of;	/* (mmu, 0) to struct imp_mmu */
	struct imp_map vcpu_of; /* (pointer, 0) or (pid, 1) to index + 1 */
	uint32_t chosen;	/* VM that is kept; IMP_NO_VM: none has faulted yet */
	bool several;		/* more than one VM runs and none was asked for */
	bool keep_first;	/* of several VMs keep the one that runs first */
	uint8_t page_shift;	/* of the host, where it is known without VTCR; else 0 */

	struct imp_entry *queue; /* a ring */
	size_t queue_size;
	uint64_t queue_head, queue_tail; /* ordinals */
	uint64_t last_ns;

	struct imp_leaves leaves;
	struct imp_backing backing;
	struct imp_registers *registers; /* by vCPU index */
	size_t register_count;
	bool emitting; /* the page size of the host is settled */
	bool ended;    /* the input is */

	uint64_t known_count[IMP_EVENT_COUNT];
	struct imp_name_count *ignored;
	size_t ignored_kinds;
	char **warnings;
	size_t warning_count;
	uint8_t dic; /* 0 not told, 1 no, 2 yes */
};
#define IMP_NO_VM    0xffffffffu
#define IMP_ANY_VM   0xffffu
#define IMP_NO_INDEX 0xffffu

enum nvt_status imp_builder_init(struct imp_builder *b, const struct nvt_import_options *options,
				 struct nvt_import_stats *stats, struct nvt_error *err);
void imp_builder_free(struct imp_builder *b);

/* ---- for the front ends ---- */

/* One known record, times not decreasing. */
enum nvt_status imp_record(struct imp_builder *b, const struct imp_record *r);
/* Events that the recorder dropped just before the next record; count 0: some. */
enum nvt_status imp_lost(struct imp_builder *b, uint64_t time_ns, uint16_t cpu, uint64_t count);
/* `count` records of an event that is not in the table. */
enum nvt_status imp_ignored(struct imp_builder *b, const char *name, size_t length, uint64_t count);
/* No more records: completes what is open. */
enum nvt_status imp_end(struct imp_builder *b);
/* Fills *err with "FILE: line N: ..." and returns `status`. */
enum nvt_status imp_fail(struct imp_builder *b, enum nvt_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
enum nvt_status imp_no_memory(struct imp_builder *b);
/* A line for meta's list of warnings. */
void imp_warn(struct imp_builder *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What each reads is in the table of import.c; it may fill *info, which imp_info_free frees. */
enum nvt_status imp_read_text(struct imp_builder *b, struct imp_input *in, struct imp_info *info);
/* In a process of its own. */
enum nvt_status imp_read_dat(struct imp_builder *b, struct imp_input *in, struct imp_info *info);
enum nvt_status imp_read_perf(struct imp_builder *b, struct imp_input *in, struct imp_info *info);
void imp_info_free(struct imp_info *info);
const char *imp_format_name(enum nvt_import_format format);

/* ---- between the stages ---- */

/*
 * world.c. The vCPU of a record by its field, or by its thread; made if it is
 * new, NULL: out of memory. imp_known_thread makes none: NULL: no vCPU's thread.
 */
struct imp_vcpu *imp_vcpu_of_pointer(struct imp_builder *b, const struct imp_record *r);
struct imp_vcpu *imp_vcpu_of_thread(struct imp_builder *b, const struct imp_record *r);
struct imp_vcpu *imp_known_thread(struct imp_builder *b, const struct imp_record *r);
enum nvt_status imp_vm_of_kvm(struct imp_builder *b, uint64_t kvm, uint16_t *vm);
enum nvt_status imp_mmu_created(struct imp_builder *b, uint64_t kvm, uint64_t mmu, uint64_t vtcr);
/* The context of a pointer; one never seen gets a number, or is L1's own if `canonical`. */
enum nvt_status imp_mmu_used(struct imp_builder *b, uint64_t mmu, bool canonical,
			     struct imp_mmu *found);
const struct imp_mmu *imp_mmu_find(const struct imp_builder *b, uint64_t mmu);
void imp_note_vtcr(struct imp_vm *vm, bool canonical, uint64_t vtcr);
/* Whether the host said, or a VTCR showed, how large its pages are; else imp_page_shift says 12. */
bool imp_page_known(const struct imp_vm *vm);
/* The vCPU belongs to this VM; gives it a number. */
void imp_vcpu_joins(struct imp_builder *b, struct imp_vcpu *v, uint16_t vm);
/* A fault of this VM: it is the one to keep, or else there are several. */
void imp_vm_runs(struct imp_builder *b, uint16_t vm);
enum nvt_status imp_several_vms(struct imp_builder *b);
void imp_world_free(struct imp_builder *b);
uint8_t imp_page_shift(const struct imp_vm *vm);

/* build.c */
/* A new entry at the end of the queue; NULL: out of memory. Valid until the next one. */
struct imp_entry *imp_append(struct imp_builder *b, uint16_t vm, uint8_t kind, uint64_t time_ns);
/* The entry of a slot whose memory was unmapped, closed now; NULL: none waits. */
struct imp_entry *imp_end_flush(struct imp_builder *b, uint16_t vm);
/* The fault takes its place in the stream: here it took effect. */
enum nvt_status imp_place(struct imp_builder *b, struct imp_vcpu *v, uint64_t time_ns);
/* No more records belong to the fault. */
enum nvt_status imp_finish(struct imp_builder *b, struct imp_vcpu *v, uint64_t time_ns);
/* A change of context whose load was not recorded. */
enum nvt_status imp_flush_pending(struct imp_builder *b, struct imp_vcpu *v, uint64_t time_ns);

/* emit.c */
enum nvt_status imp_emit(struct imp_builder *b, struct imp_entry *e);
/* Writes an event that no entry of the queue stands for; without a writer it is counted alone. */
enum nvt_status imp_emit_event(struct imp_builder *b, const struct nvt_event *ev);
void imp_machine(struct imp_builder *b, struct nvt_machine *machine);
enum nvt_class imp_class(const struct imp_builder *b);

/* handlers.c: the last column of the event table */
#define IMP_HANDLER(name) enum nvt_status name(struct imp_builder *b, const struct imp_record *r)
IMP_HANDLER(imp_on_abort);
IMP_HANDLER(imp_on_abort_ret);
IMP_HANDLER(imp_on_walk);
IMP_HANDLER(imp_on_permchk);
IMP_HANDLER(imp_on_inject);
IMP_HANDLER(imp_on_faultin);
IMP_HANDLER(imp_on_map);
IMP_HANDLER(imp_on_map_ret);
IMP_HANDLER(imp_on_relax);
IMP_HANDLER(imp_on_relax_ret);
IMP_HANDLER(imp_on_loadmmu);
IMP_HANDLER(imp_on_initmmu);
IMP_HANDLER(imp_on_memslot);
IMP_HANDLER(imp_on_gfn_range);
IMP_HANDLER(imp_on_unmap_range);
IMP_HANDLER(imp_on_wp_range);
IMP_HANDLER(imp_on_tlbi);
IMP_HANDLER(imp_on_guest_fault);
IMP_HANDLER(imp_on_eret);
IMP_HANDLER(imp_on_exception);
IMP_HANDLER(imp_on_access_fault);
IMP_HANDLER(imp_on_mmio);
IMP_HANDLER(imp_on_boundary);
IMP_HANDLER(imp_on_mark);

#endif
