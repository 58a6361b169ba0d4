/* SPDX-License-Identifier: GPL-2.0-only */
#include "phases.h"

#include <string.h>

/* What a cut leaves in the figures, without anything in it: in the phase that it ends, and in
 * the one that follows. */
struct toll {
	struct stamp before, after;
};

static struct {
	/* The fault at hand. */
	enum hw_phase phase; /* that counts now, */
	struct stamp from;   /* since then */
	struct stamp until;
	struct stamp sum[HW_PHASE_COUNT], tolls[HW_PHASE_COUNT];

	/* Of what there is to cut. */
	struct toll slot, backing, tlb, pause;

	/* What the machine under the handler does itself, and whom it tells. */
	struct s2_port port;
	struct {
		void (*on_tlb)(void *arg, const struct s2_mmu *mmu, enum s2_tlb_op op,
			       struct table_ipa ipa, uint64_t size);
		void (*on_table)(void *arg, bool taken, struct host_pa pa, uint64_t size);
		void (*on_dirty)(void *arg, const struct s2_slot *slot, struct l1_ipa addr);
		void (*on_swap)(void *arg, struct l1_ipa addr, uint64_t word);
		void *on_tlb_arg, *on_table_arg, *on_dirty_arg, *on_swap_arg;
	} machine;
} p;

static void begin(void)
{
	memset(p.sum, 0, sizeof(p.sum));
	memset(p.tolls, 0, sizeof(p.tolls));
	p.phase = HW_WALK;
}

/* ---- cuts ---- */

static inline void stop(const struct toll *toll)
{
	stamp_now(&p.until);
	stamp_add_span(&p.sum[p.phase], &p.from, &p.until);
	stamp_add(&p.tolls[p.phase], &toll->before);
}

static inline void go_on(const struct toll *toll, enum hw_phase phase)
{
	p.phase = phase;
	stamp_add(&p.tolls[phase], &toll->after);
	stamp_from_now(&p.from);
}

static __attribute__((noinline)) const struct s2_slot *first_slot(void *ctx, struct l1_ipa addr)
{
	stop(&p.slot);
	go_on(&p.slot, HW_DECIDE);
	return p.port.slot(ctx, addr);
}

/* Once the walk is over there is nothing to cut, and nothing to cost much. */
static const struct s2_slot *timed_slot(void *ctx, struct l1_ipa addr)
{
	return p.phase == HW_WALK ? first_slot(ctx, addr) : p.port.slot(ctx, addr);
}

static enum s2_host_status timed_backing(void *ctx, const struct s2_slot *slot, struct host_va hva,
					 bool write, struct s2_backing *backing)
{
	enum s2_host_status status = p.port.backing(ctx, slot, hva, write, backing);

	stop(&p.backing);
	go_on(&p.backing, HW_MAP);
	return status;
}

/* Its toll is of both cuts: before is around, after is within. */
static void timed_tlb(void *ctx, const struct s2_mmu *mmu, enum s2_tlb_op op, struct table_ipa ipa,
		      uint64_t size)
{
	static const struct toll paid;
	enum hw_phase phase = p.phase;

	stop(&p.tlb);
	go_on(&p.tlb, HW_MAINTENANCE);
	p.port.tlb(ctx, mmu, op, ipa, size);
	stop(&paid);
	go_on(&paid, phase);
}

/* The checker's ears: what it does when it is told is not the handler's work. */

static void pause(void)
{
	stop(&p.pause);
}

static void resume(void)
{
	go_on(&p.pause, p.phase);
}

static void quiet_tlb(void *arg, const struct s2_mmu *mmu, enum s2_tlb_op op, struct table_ipa ipa,
		      uint64_t size)
{
	(void)arg;
	pause();
	p.machine.on_tlb(p.machine.on_tlb_arg, mmu, op, ipa, size);
	resume();
}

static void quiet_table(void *arg, bool taken, struct host_pa pa, uint64_t size)
{
	(void)arg;
	pause();
	p.machine.on_table(p.machine.on_table_arg, taken, pa, size);
	resume();
}

static void quiet_dirty(void *arg, const struct s2_slot *slot, struct l1_ipa addr)
{
	(void)arg;
	pause();
	p.machine.on_dirty(p.machine.on_dirty_arg, slot, addr);
	resume();
}

static void quiet_swap(void *arg, struct l1_ipa addr, uint64_t word)
{
	(void)arg;
	pause();
	p.machine.on_swap(p.machine.on_swap_arg, addr, word);
	resume();
}

/* ---- the handler ---- */

/* Apart: what it needs of the stack is not to be made before the last stamp. */
static __attribute__((noinline)) void settle(struct stamp *phase)
{
	unsigned int i;

	stamp_add_span(&p.sum[p.phase], &p.from, &p.until);
	for (i = HW_WALK; i <= HW_MAINTENANCE; i++) {
		phase[i] = p.sum[i];
		stamp_take_away(&phase[i], &p.tolls[i]);
	}
}

void phases_of_handler(const struct engine_access *a, struct s2_outcome *out, struct stamp *phase)
{
	begin();
	stamp_from_now(&p.from);
	s2_handle_abort_into(a->vcpu, &a->trap, out);
	stamp_now(&p.until);
	settle(phase);
}

/* ---- what cuts cost themselves ---- */

#define TRIES 16u

static void no_tlb(void *ctx, const struct s2_mmu *mmu, enum s2_tlb_op op, struct table_ipa ipa,
		   uint64_t size)
{
	(void)ctx, (void)mmu, (void)op, (void)ipa, (void)size;
}

static const struct s2_slot *no_slot(void *ctx, struct l1_ipa addr)
{
	(void)ctx, (void)addr;
	return NULL;
}

static enum s2_host_status no_backing(void *ctx, const struct s2_slot *slot, struct host_va hva,
				      bool write, struct s2_backing *backing)
{
	(void)ctx, (void)slot, (void)hva, (void)write, (void)backing;
	return S2_HOST_OK;
}

typedef void caller(const struct s2_port *port);

static void call_tlb(const struct s2_port *port)
{
	if (port->tlb)
		port->tlb(NULL, NULL, S2_TLB_IPA, (struct table_ipa){0}, 0);
}

static void call_slot(const struct s2_port *port)
{
	port->slot(NULL, (struct l1_ipa){0});
}

static void call_backing(const struct s2_port *port)
{
	port->backing(NULL, NULL, (struct host_va){0}, false, NULL);
}

/* HW_WALK has what is before the cut, all others what is after. */
static struct toll try_call(caller *volatile call, const struct s2_port *port)
{
	struct toll t = {0};
	unsigned int i;

	begin();
	stamp_from_now(&p.from);
	call(port);
	stamp_now(&p.until);
	stamp_add_span(&p.sum[p.phase], &p.from, &p.until);
	t.before = p.sum[HW_WALK];
	for (i = HW_WALK + 1; i < HW_PHASE_COUNT; i++)
		stamp_add(&t.after, &p.sum[i]);
	return t;
}

/* The least of some tries: what is certainly not the handler's. `plain` is called without cuts. */
static struct toll toll_of(caller *call, const struct s2_port *port, const struct s2_port *plain)
{
	struct toll least;
	unsigned int i;

	memset(&least, 0xff, sizeof(least));
	for (i = 0; i < TRIES; i++) {
		struct toll without = try_call(call, plain), with = try_call(call, port);

		stamp_take_away(&with.before, &without.before);
		stamp_lower(&least.before, &with.before);
		stamp_lower(&least.after, &with.after);
	}
	return least;
}

/* ---- start ---- */

/* Before the machine's port and listeners are known. */
static void set_tolls(const struct s2_port *timed)
{
	static const struct s2_port plain = {.tlb = no_tlb, .slot = no_slot, .backing = no_backing};
	static const struct s2_port heard = {.tlb = quiet_tlb}, unheard;

	p.port = plain;
	p.machine.on_tlb = no_tlb;
	p.slot = toll_of(call_slot, timed, &plain);
	p.backing = toll_of(call_backing, timed, &plain);
	p.tlb = toll_of(call_tlb, timed, &plain);
	p.pause = toll_of(call_tlb, &heard, &unheard);
}

static void cut_port(struct s2_port *port, const struct s2_port *timed)
{
	p.port = *port;
	port->slot = timed->slot;
	port->backing = timed->backing;
	port->tlb = timed->tlb;
}

static void cut_checker(struct machine *machine)
{
	p.machine.on_tlb = machine->on_tlb;
	p.machine.on_tlb_arg = machine->on_tlb_arg;
	p.machine.on_table = machine->on_table;
	p.machine.on_table_arg = machine->on_table_arg;
	p.machine.on_dirty = machine->on_dirty;
	p.machine.on_dirty_arg = machine->on_dirty_arg;
	p.machine.on_swap = machine->on_swap;
	p.machine.on_swap_arg = machine->on_swap_arg;
	machine->on_tlb = quiet_tlb;
	machine->on_table = quiet_table;
	machine->on_dirty = quiet_dirty;
	machine->on_swap = quiet_swap;
}

void phases_start(struct engine *e, bool apart)
{
	static const struct s2_port timed = {
		.tlb = timed_tlb, .slot = timed_slot, .backing = timed_backing};

	set_tolls(&timed);
	if (apart)
		cut_port(&e->machine.port, &timed);
	if (e->check)
		cut_checker(&e->machine);
}
