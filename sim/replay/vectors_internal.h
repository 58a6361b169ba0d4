/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the vector runner share. */
#ifndef NVSIM_REPLAY_VECTORS_INTERNAL_H
#define NVSIM_REPLAY_VECTORS_INTERNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "machine.h"

enum vec_status { VEC_OK, VEC_MALFORMED, VEC_NO_MEMORY };

/* Why a vector cannot be run: the path of the key at fault, and what is wrong with it. */
struct vec_error {
	char text[256];
};

enum vec_status vec_malformed(struct vec_error *why, const char *key, const char *reason);

/* ---- the format: one table of keys for each object (vectors_schema.c) ---- */

enum vec_type {
	VEC_HEX = 1,
	VEC_INT, /* min..max */
	VEC_BOOL,
	VEC_TEXT,	 /* printable, not empty */
	VEC_NAME,	 /* one of names */
	VEC_OBJECT,	 /* of keys */
	VEC_OBJECT_NULL, /* or null */
	VEC_OBJECTS,	 /* list of objects of keys */
	VEC_HEXES,	 /* list */
	VEC_INTS,	 /* list, min..max */
	VEC_WORDS,	 /* object: address, multiple of 8 -> word */
	VEC_STEPS,	 /* list of objects whose keys the member "op" selects */
};

struct vec_key {
	const char *name; /* NULL ends a table */
	enum vec_type type;
	bool required;
	int64_t min, max;
	const struct vec_key *keys;
	const char *const *names; /* NULL ends the list */
};

extern const struct vec_key vec_expect_fault[]; /* kind abort, step fault */

struct vec_run;
typedef enum vec_status vec_run_fn(struct vec_run *run, json_t *got);

struct vec_kind {
	const char *name;
	const struct vec_key *keys;   /* of the vector */
	const struct vec_key *expect; /* of its member "expect" */
	vec_run_fn *run;
};
extern const struct vec_kind vec_kinds[];

typedef enum vec_status vec_step_fn(struct vec_run *run, const json_t *step, json_t *got);
/* Where a step needs its vCPU to be; VEC_NO_VCPU: it has none. */
enum vec_place { VEC_NO_VCPU, VEC_ANYWHERE, VEC_IN_L1, VEC_IN_L2 };
struct vec_op {
	const char *name;
	enum vec_place place;
	const struct vec_key *keys;
	const struct vec_key *expect;
	vec_step_fn *run;
};
extern const struct vec_op vec_ops[];

const struct vec_kind *vec_find_kind(const char *name);
const struct vec_op *vec_find_op(const char *name);

/* Checks an object against its table: unknown, absent and mistyped keys, bounds. */
enum vec_status vec_validate(const json_t *object, const struct vec_key *keys,
			     struct vec_error *why);

/* ---- values (vectors_value.c): of validated objects; NULL has no members ---- */

bool vec_parse_hex(const char *text, uint64_t *value);
uint64_t vec_hex(const json_t *object, const char *key, uint64_t absent);
int vec_int(const json_t *object, const char *key, int absent);
bool vec_bool(const json_t *object, const char *key, bool absent);

json_t *vec_new_hex(uint64_t value);
/* What is added to an object that no memory can be had for is absent from it. */
void vec_put(json_t *object, const char *key, json_t *value);
void vec_put_hex(json_t *object, const char *key, uint64_t value);
void vec_put_int(json_t *object, const char *key, int64_t value);
void vec_put_bool(json_t *object, const char *key, bool value);
/* Marks a key as one that is not compared in this case. */
void vec_put_any(json_t *object, const char *key);

/* ---- comparison (vectors_compare.c) ---- */

struct vec_diff {
	char key[256];
	char *got, *expected; /* malloc'd, may be NULL for want of memory */
};

/* Whether `got` has all that `expect`, an object of keys, asks for; else the first difference. */
bool vec_matches(const json_t *expect, const json_t *got, const struct vec_key *keys,
		 struct vec_diff *diff);
void vec_diff_free(struct vec_diff *diff);

/* ---- the simulated VM of a vector (vectors_world.c) ---- */

#define VEC_VCPUS_MAX 2

/* A growing list of page numbers. */
struct vec_gfns {
	uint64_t *v;
	size_t count, room;
	bool failed; /* no memory for one of them */
};

void vec_gfns_add(struct vec_gfns *list, uint64_t gfn);
void vec_gfns_add_sorted(struct vec_gfns *list, uint64_t gfn);
json_t *vec_gfns_json(const struct vec_gfns *list);

struct vec_slot {
	struct s2_slot s2;
	struct backing backing;
	struct vec_gfns log; /* ascending */
};

struct vec_run {
	const json_t *vector;
	struct vec_error *why;
	struct s2_config cfg;
	struct machine machine;
	struct s2_vm vm;
	struct s2_mmu contexts[VEC_VCPUS_MAX * S2_CONTEXTS_PER_VCPU];
	struct s2_vcpu vcpus[VEC_VCPUS_MAX];
	int vcpu_count;
	struct vec_slot slots[MACHINE_SLOTS_MAX];
	unsigned int slot_count;
	struct vec_gfns marked; /* pages reported dirty by the operation at hand */

	int step; /* the one that differs; -1: none */
	struct vec_diff diff;
	bool differs;
};

/* Builds machine and VM from the vector's common keys. */
enum vec_status vec_world_init(struct vec_run *run);
void vec_world_destroy(struct vec_run *run);

struct s2_l1_regs vec_regs(const json_t *vector);
enum machine_swap vec_swap(const json_t *object);
/* Sets the members of `backing`, kept where absent, for the whole slot. */
enum vec_status vec_set_backing(struct vec_run *run, unsigned int slot, const json_t *backing);
bool vec_update_slot(struct vec_run *run, unsigned int slot);
/* Puts the leaves of the vector's "shadow" into a context. */
enum vec_status vec_put_leaves(struct vec_run *run, struct s2_mmu *mmu);
/* The words of L1's memory whose addresses `expected` names. */
json_t *vec_memory_json(const struct vec_run *run, const json_t *expected);

/* ---- kinds ---- */

vec_run_fn vec_run_walk, vec_run_perm, vec_run_size, vec_run_tlbi_size, vec_run_tlbi_range;
vec_run_fn vec_run_abort, vec_run_seq;

vec_step_fn vec_step_eret, vec_step_exit, vec_step_fault, vec_step_write, vec_step_tlbi;
vec_step_fn vec_step_host_unmap, vec_step_age, vec_step_log, vec_step_log_read;
vec_step_fn vec_step_backing, vec_step_put, vec_step_load;

/* Hands one fault to the handler and describes what came of it. */
void vec_fault(struct vec_run *run, struct s2_vcpu *vcpu, const struct s2_trap *trap,
	       enum machine_swap swap, const json_t *expect, json_t *got);

#endif
