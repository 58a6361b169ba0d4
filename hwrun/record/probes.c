/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arguments are named as the kernel's own sources name them: the kernel finds them by its BTF, and
 * refuses a probe whose names it does not have. No offset stands here.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "fail.h"
#include "probes.h"
#include "tracing.h"

#define LINE_MAX_SIZE 1024

/* Of the context that a vCPU uses: L1's registers as KVM has them cached. */
#define CONTEXT                                                                                    \
	"mmu=vcpu->arch.hw_mmu:x64 vttbr=vcpu->arch.hw_mmu->tlb_vttbr:x64 "                        \
	"vtcr=vcpu->arch.hw_mmu->tlb_vtcr:x64 s2en=vcpu->arch.hw_mmu->nested_stage2_enabled:u8 "
#define TLBI                                                                                       \
	"vcpu=vcpu:x64 op1=p->Op1:u8 crn=p->CRn:u8 crm=p->CRm:u8 op2=p->Op2:u8 "                   \
	"val=p->regval:x64 l1vttbr={VTTBR_EL2}:x64"

/* Fields as doc/probes.md has them; `kvm` of abort tells the recorder whose it is. */
const struct record_probe record_probes[] = {
	{"abort", "kvm_handle_guest_abort", RECORD_ON_ENTRY | RECORD_NEEDED,
	 "vcpu=vcpu:x64 kvm=vcpu->kvm:x64 esr=vcpu->arch.fault.esr_el2:x64 "
	 "far=vcpu->arch.fault.far_el2:x64 hpfar=vcpu->arch.fault.hpfar_el2:x64 " CONTEXT
	 "pc=vcpu->arch.ctxt.regs.pc:x64 pstate=vcpu->arch.ctxt.regs.pstate:x64"},
	{"abort_ret", "kvm_handle_guest_abort", RECORD_ON_RETURN | RECORD_NEEDED,
	 "vcpu=vcpu:x64 ret=$retval:s32"},
	{"walk", "kvm_walk_nested_s2", RECORD_ON_RETURN,
	 "vcpu=vcpu:x64 gipa=gipa:x64 ret=$retval:s32 out=result->output:x64 "
	 "bs=result->block_size:x64 w=result->writable:u8 r=result->readable:u8 "
	 "level=result->level:s32 esr=result->esr:x32 desc=result->desc:x64"},
	{"permchk", "kvm_s2_handle_perm_fault", RECORD_ON_RETURN,
	 "vcpu=vcpu:x64 ret=$retval:s32 esr=trans->esr:x32"},
	{"inject", "kvm_inject_s2_fault", RECORD_ON_ENTRY,
	 "vcpu=vcpu:x64 esr=esr_el2:x64 far=vcpu->arch.fault.far_el2:x64 "
	 "hpfar=vcpu->arch.fault.hpfar_el2:x64"},
	{"faultin", "__kvm_faultin_pfn", RECORD_ON_RETURN | RECORD_NEEDED,
	 "slot=slot:x64 gfn=gfn:x64 foll=foll:x32 writable=+0(writable):u8 "
	 "pfn=$retval:x64"},
	{"map", "kvm_pgtable_stage2_map", RECORD_ON_ENTRY,
	 "mmu=pgt->mmu:x64 addr=addr:x64 size=size:x64 phys=phys:x64 prot=prot:x64"},
	{"map_ret", "kvm_pgtable_stage2_map", RECORD_ON_RETURN, "addr=addr:x64 ret=$retval:s32"},
	{"relax", "kvm_pgtable_stage2_relax_perms", RECORD_ON_ENTRY,
	 "mmu=pgt->mmu:x64 addr=addr:x64 prot=prot:x64"},
	{"relax_ret", "kvm_pgtable_stage2_relax_perms", RECORD_ON_RETURN,
	 "addr=addr:x64 ret=$retval:s32"},
	{"loadmmu", "kvm_vcpu_load_hw_mmu", RECORD_ON_RETURN,
	 "vcpu=vcpu:x64 " CONTEXT "hwvtcr=vcpu->arch.hw_mmu->vtcr:x64 "
	 "l1vttbr={VTTBR_EL2}:x64 l1vtcr={VTCR_EL2}:x64 l1hcr={HCR_EL2}:x64"},
	{"initmmu", "kvm_init_stage2_mmu", RECORD_ON_RETURN,
	 "kvm=kvm:x64 mmu=mmu:x64 ret=$retval:s32 pgd=mmu->pgd_phys:x64 vtcr=mmu->vtcr:x64"},
	{"memslot", "kvm_arch_commit_memory_region", RECORD_ON_ENTRY,
	 "kvm=kvm:x64 base_gfn=new->base_gfn:x64 npages=new->npages:x64 "
	 "ua=new->userspace_addr:x64 flags=new->flags:x32 id=new->id:s16 change=change:x32"},
	{"mmun_unmap", "kvm_unmap_gfn_range", RECORD_ON_ENTRY,
	 "kvm=kvm:x64 start=range->start:x64 end=range->end:x64"},
	{"mmun_age", "kvm_age_gfn", RECORD_ON_ENTRY,
	 "kvm=kvm:x64 start=range->start:x64 end=range->end:x64"},
	{"unmap_range", "kvm_stage2_unmap_range", RECORD_ON_ENTRY,
	 "mmu=mmu:x64 addr=start:x64 size=size:x64"},
	{"wp_range", "kvm_stage2_wp_range", RECORD_ON_ENTRY,
	 "mmu=mmu:x64 addr=addr:x64 end=end:x64"},
	{"tlbi_ipas2", "handle_ipas2e1is", RECORD_ON_ENTRY, TLBI},
	{"tlbi_ripas2", "handle_ripas2e1is", RECORD_ON_ENTRY, TLBI},
	{"tlbi_vmalls12", "handle_vmalls12e1is", RECORD_ON_ENTRY, TLBI},
	{"tlbi_alle1is", "handle_alle1is", RECORD_ON_ENTRY, TLBI},
	{"tlbi_el1", "handle_tlbi_el1", RECORD_ON_ENTRY, TLBI},
	{"tlbi_el2", "handle_tlbi_el2", RECORD_ON_ENTRY, TLBI},
};
const size_t record_probe_count = sizeof(record_probes) / sizeof(record_probes[0]);
_Static_assert(sizeof(record_probes) / sizeof(record_probes[0]) <= RECORD_PROBES_MAX,
	       "room in struct record_probe_set");

/*
 * A register of L1 lies in the page that the hardware reads (FEAT_NV2), or among those that KVM
 * keeps itself: the order of an enumeration tells which, and where.
 */
static bool register_expression(const struct record_btf *btf, const char *name, char *text,
				size_t size)
{
	uint32_t reg, page, offset;

	if (!btf || !record_btf_enumerator(btf, "vcpu_sysreg", name, &reg) ||
	    !record_btf_enumerator(btf, "vcpu_sysreg", "__VNCR_START__", &page))
		return false;
	if (reg >= page) {
		snprintf(text, size, "+%u(vcpu->arch.ctxt.vncr_array)", (reg - page) * 8);
		return true;
	}
	if (!record_btf_offset(btf, "kvm_vcpu", "arch.ctxt.sys_regs", &offset))
		return false;
	snprintf(text, size, "+%u(vcpu)", offset + reg * 8);
	return true;
}

/* Copies the fetch arguments with each {REGISTER} replaced. */
static bool expand(const char *from, const struct record_btf *btf, char *to, size_t size)
{
	size_t used = 0;

	while (*from) {
		const char *end = *from == '{' ? strchr(from, '}') : NULL;
		char name[32], text[64] = {*from, '\0'};

		if (end) {
			snprintf(name, sizeof(name), "%.*s", (int)(end - from - 1), from + 1);
			if (!register_expression(btf, name, text, sizeof(text)))
				return false;
		}
		used += (size_t)snprintf(to + used, size - used, "%s", text);
		if (used >= size)
			return false;
		from = end ? end + 1 : from + 1;
	}
	return true;
}

bool record_probe_line(const struct record_probe *p, enum record_probe_kind kind,
		       const struct record_btf *btf, char *line, size_t size)
{
	bool returns = p->flags & RECORD_ON_RETURN;
	const char *letter = kind == RECORD_FPROBE ? "f" : returns ? "r" : "p";
	const char *suffix = kind == RECORD_FPROBE && returns ? "%return" : "";
	int used = snprintf(line, size, "%s:" RECORD_GROUP "/%s %s%s ", letter, p->name,
			    p->function, suffix);

	return used > 0 && (size_t)used < size &&
	       expand(p->fetch, btf, line + used, size - (size_t)used);
}

/* ---- one owner at a time ---- */

/* The lock goes with the process, whatever ends it. Opened without O_TRUNC, which clears all. */
static int take_lock(const char *tracefs)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/dynamic_events", tracefs);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static void drop_lock(int fd)
{
	if (fd >= 0)
		close(fd);
}

/* Removes the probe of a line of dynamic_events if it is of the group: "f:nvsim/abort ...". */
static void remove_line(const char *tracefs, const char *line)
{
	char name[64], command[128];
	const char *colon = strchr(line, ':');

	if (!colon || colon > line + strcspn(line, " \t") ||
	    sscanf(colon, ":" RECORD_GROUP "/%63[A-Za-z0-9_]", name) != 1)
		return;
	snprintf(command, sizeof(command), "-:" RECORD_GROUP "/%s\n", name);
	record_tracefs_append(tracefs, command);
}

static void remove_all(const char *tracefs)
{
	size_t size;
	char *text = record_tracefs_read(tracefs, "dynamic_events", &size), *rest = text, *line;

	while (rest && (line = strsep(&rest, "\n")))
		remove_line(tracefs, line);
	free(text);
}

void record_probes_clean(const char *tracefs)
{
	int lock = take_lock(tracefs);

	if (lock < 0)
		return;
	remove_all(tracefs);
	drop_lock(lock);
}

/* ---- installation ---- */

/* What the kernel found wrong with the last line, from its log of errors. */
static void last_error(const char *tracefs, char *text, size_t size)
{
	size_t length;
	char *log = record_tracefs_read(tracefs, "error_log", &length), *at = log, *next;
	const char *found = NULL;

	while (at && (next = strstr(at, "error: "))) {
		found = next + strlen("error: ");
		at = next + 1;
	}
	snprintf(text, size, "%.*s", found ? (int)strcspn(found, "\n") : 0, found ? found : "");
	free(log);
}

/* Tries both kinds. 0, ENOENT: the kernel has no such function, or another errno. */
static int install(struct record_probe_set *set, const struct record_probe *p,
		   const struct record_btf *btf)
{
	char line[LINE_MAX_SIZE];
	int error = EINVAL;

	for (int kind = RECORD_FPROBE; kind <= RECORD_KPROBE && error; kind++) {
		size_t used;

		if (!record_probe_line(p, (enum record_probe_kind)kind, btf, line,
				       sizeof(line) - 1))
			return EINVAL;
		used = strlen(line);
		memcpy(line + used, "\n", 2);
		error = record_tracefs_append(set->tracefs, line);
		set->fprobe_count += !error && kind == RECORD_FPROBE;
	}
	return error;
}

static enum nvt_status refused(const struct record_probe_set *set, const struct record_probe *p,
			       int error, bool btf, struct nvt_error *err)
{
	char why[160];

	if (error == EACCES || error == EPERM)
		return record_fail(err,
				   "--truth: no permission to install probes (%s); run as root",
				   strerror(error));
	if (!btf)
		return record_fail(err,
				   "--truth: this kernel has no BTF, which names arguments: one "
				   "built with CONFIG_DEBUG_INFO_BTF is needed");
	last_error(set->tracefs, why, sizeof(why));
	return record_fail(
		err,
		"--truth: the kernel refuses a probe on %s (%s%s%s): Linux 6.13 or newer, "
		"with BTF, is needed",
		p->function, strerror(error), *why ? "; " : "", why);
}

static enum nvt_status install_all(struct record_probe_set *set, const struct record_btf *btf,
				   struct nvt_error *err)
{
	for (size_t i = 0; i < record_probe_count; i++) {
		const struct record_probe *p = &record_probes[i];
		int error = install(set, p, btf);

		if (!error)
			set->installed[set->installed_count++] = p;
		else if (p->flags & RECORD_NEEDED)
			return refused(set, p, error, btf, err);
		else
			set->absent[set->absent_count++] = p;
	}
	return NVT_OK;
}

enum nvt_status record_probes_install(struct record_probe_set *set, const char *tracefs,
				      const char *btf_path, struct nvt_error *err)
{
	struct record_btf btf;
	enum nvt_status status;
	bool typed;

	*set = (struct record_probe_set){.tracefs = tracefs, .lock = take_lock(tracefs)};
	if (set->lock < 0 && errno == EWOULDBLOCK)
		return record_fail(err, "--truth: another nvsim record has its probes installed; "
					"one at a time can");
	if (set->lock < 0)
		return record_fail(
			err, "--truth: %s/dynamic_events: %s%s", tracefs, strerror(errno),
			errno == ENOENT ? "; a kernel with CONFIG_KPROBE_EVENTS is needed"
					: "; run as root");
	remove_all(tracefs);
	typed = record_btf_open(&btf, btf_path);
	status = install_all(set, typed ? &btf : NULL, err);
	if (typed)
		record_btf_close(&btf);
	if (status != NVT_OK)
		record_probes_remove(set);
	return status;
}

/* All of the group: it is ours alone as long as the lock is held. */
void record_probes_remove(struct record_probe_set *set)
{
	if (set->lock < 0)
		return;
	remove_all(set->tracefs);
	drop_lock(set->lock);
	set->lock = -1;
	set->installed_count = 0;
}
