/* SPDX-License-Identifier: GPL-2.0-only */
/* The file format as tables: what may stand in an object, and the check against it. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "vectors_internal.h"

/* ---- rows of a table ---- */

/* clang-format off */
#define HEX(n) {.name = (n), .type = VEC_HEX}
#define HEX_REQUIRED(n) {.name = (n), .type = VEC_HEX, .required = true}
#define BOOL(n) {.name = (n), .type = VEC_BOOL}
#define BOOL_REQUIRED(n) {.name = (n), .type = VEC_BOOL, .required = true}
#define INT(n, lo, hi) {.name = (n), .type = VEC_INT, .min = (lo), .max = (hi)}
#define INT_REQUIRED(n, lo, hi)                                                                    \
	{.name = (n), .type = VEC_INT, .min = (lo), .max = (hi), .required = true}
#define TEXT_REQUIRED(n) {.name = (n), .type = VEC_TEXT, .required = true}
#define NAME(n, list) {.name = (n), .type = VEC_NAME, .names = (list)}
#define NAME_REQUIRED(n, list) {.name = (n), .type = VEC_NAME, .names = (list), .required = true}
#define OBJECT(n, table) {.name = (n), .type = VEC_OBJECT, .keys = (table)}
#define OBJECT_REQUIRED(n, table)                                                                  \
	{.name = (n), .type = VEC_OBJECT, .keys = (table), .required = true}
#define OBJECTS(n, table) {.name = (n), .type = VEC_OBJECTS, .keys = (table)}
#define OBJECTS_REQUIRED(n, table)                                                                 \
	{.name = (n), .type = VEC_OBJECTS, .keys = (table), .required = true}
#define HEXES(n) {.name = (n), .type = VEC_HEXES}
#define INTS(n, lo, hi) {.name = (n), .type = VEC_INTS, .min = (lo), .max = (hi)}
#define WORDS(n) {.name = (n), .type = VEC_WORDS}
#define END {.name = NULL}
/* clang-format on */

/* ---- common keys ---- */

static const char *const cas_names[] = {"ok", "again", "fault", NULL};

static const struct vec_key host_keys[] = {INT("page_shift", 12, 16),
					   INT("ipa_limit", 32, 52),
					   BOOL("dic"),
					   BOOL("fwb"),
					   BOOL("xnx"),
					   INTS("s2_granules", 12, 16),
					   BOOL("ttl"),
					   END};
static const struct vec_key regs_keys[] = {HEX("vtcr"), HEX("vttbr"), HEX("sctlr"), HEX("hcr"),
					   END};
static const struct vec_key trap_keys[] = {HEX("esr"), HEX("far"), HEX("hpfar"), BOOL("priv"), END};
static const struct vec_key slot_keys[] = {HEX_REQUIRED("base"), HEX_REQUIRED("size"), HEX("uaddr"),
					   BOOL("ro"),		 BOOL("logging"),      END};

#define COMMON_KEYS                                                                                \
	TEXT_REQUIRED("id"), TEXT_REQUIRED("kind"), OBJECT("host", host_keys),                     \
		OBJECT("regs", regs_keys), OBJECT("trap", trap_keys), WORDS("mem"),                \
		OBJECTS("slots", slot_keys), NAME("cas", cas_names)

/* ---- walk ---- */

static const struct vec_key walk_expect[] = {INT("ret", INT_MIN, INT_MAX),
					     HEX("esr"),
					     HEX("output"),
					     HEX("size"),
					     INT("level", -1, 3),
					     BOOL("r"),
					     BOOL("w"),
					     BOOL("x_el0"),
					     BOOL("x_el1"),
					     HEX("desc"),
					     INT("reads", 0, 5),
					     WORDS("mem"),
					     END};
static const struct vec_key walk_keys[] = {COMMON_KEYS, HEX_REQUIRED("ipa"),
					   OBJECT_REQUIRED("expect", walk_expect), END};

/* ---- perm ---- */

static const struct vec_key leaf_keys[] = {INT_REQUIRED("level", 0, 3), HEX_REQUIRED("desc"), END};
static const struct vec_key perm_expect[] = {BOOL("forward"), HEX("esr"), END};
static const struct vec_key perm_keys[] = {COMMON_KEYS, HEX("ipa"),
					   OBJECT_REQUIRED("leaf", leaf_keys),
					   OBJECT_REQUIRED("expect", perm_expect), END};

/* ---- size ---- */

static const char *const action_names[] = {"map", "relax", "retry", NULL};
static const struct vec_key nested_keys[] = {HEX_REQUIRED("size"), HEX_REQUIRED("output"), END};
static const struct vec_key vma_keys[] = {INT("shift", 12, 47), BOOL("pfnmap"), END};
static const struct vec_key size_expect[] = {NAME("action", action_names), HEX("size"), HEX("addr"),
					     HEX("pa_offset"), END};
static const struct vec_key size_keys[] = {
	COMMON_KEYS,
	HEX_REQUIRED("ipa"),
	HEX("hva"),
	{.name = "nested", .type = VEC_OBJECT_NULL, .keys = nested_keys, .required = true},
	OBJECT("vma", vma_keys),
	HEX("user_leaf"),
	{.name = "policy", .type = VEC_TEXT},
	OBJECT_REQUIRED("expect", size_expect),
	END};

/* ---- TLBI ---- */

static const struct vec_key shadow_keys[] = {
	HEX_REQUIRED("ipa"), HEX_REQUIRED("size"), HEX("pa"),	     BOOL("r"), BOOL("w"),
	BOOL("x_el0"),	     BOOL("x_el1"),	   INT("tag", 0, 3), END};
static const struct vec_key tlbi_expect[] = {HEX("size"), HEX("start"), END};
static const struct vec_key tlbi_size_keys[] = {COMMON_KEYS,
						HEX("ipa"),
						HEX_REQUIRED("xt"),
						OBJECTS("shadow", shadow_keys),
						OBJECT_REQUIRED("expect", tlbi_expect),
						END};
static const struct vec_key tlbi_range_keys[] = {COMMON_KEYS, HEX("ipa"), HEX_REQUIRED("xt"),
						 OBJECT_REQUIRED("expect", tlbi_expect), END};

/* ---- abort ---- */

static const char *const outcome_names[] = {
	"mapped",	 "relaxed",	    "injected", "injected_sea", "injected_size",
	"injected_excl", "injected_serror", "mmio",	"nisv",		"ldst64b",
	"skipped",	 "af_set",	    "retry",	"error",	NULL};
static const struct vec_key exits_keys[] = {BOOL("nisv"), END};

#define BACKING_KEYS                                                                               \
	INT("vma_shift", 12, 42), BOOL("pfnmap"), HEX("user_leaf"), BOOL("writable"), HEX("pa")
static const struct vec_key backing_keys[] = {BACKING_KEYS, END};

static const struct vec_key map_expect[] = {
	HEX("addr"),   HEX("size"),   HEX("pa"),	BOOL("r"),  BOOL("w"),
	BOOL("x_el0"), BOOL("x_el1"), INT("tag", 0, 3), HEX("pte"), END};
static const struct vec_key mmio_expect[] = {HEX("addr"), INT("len", 1, 8), BOOL("write"), END};
static const struct vec_key exit_expect[] = {HEX("esr_iss"), HEX("ipa"), END};

const struct vec_key vec_expect_fault[] = {NAME("outcome", outcome_names),
					   INT("ret", INT_MIN, INT_MAX),
					   INT("el", 1, 2),
					   HEX("esr"),
					   HEX("far"),
					   HEX("hpfar"),
					   OBJECT("map", map_expect),
					   OBJECT("mmio", mmio_expect),
					   OBJECT("exit", exit_expect),
					   HEXES("dirty"),
					   WORDS("mem"),
					   END};
static const struct vec_key abort_keys[] = {COMMON_KEYS,
					    HEX_REQUIRED("ipa"),
					    OBJECT("backing", backing_keys),
					    OBJECTS("shadow", shadow_keys),
					    OBJECT("exits", exits_keys),
					    OBJECT_REQUIRED("expect", vec_expect_fault),
					    END};

/* ---- seq ---- */

static const char *const insn_names[] = {"ipas2e1is", "ripas2e1is", "vmalls12e1is", "alle1is",
					 NULL};
#define OP_KEY	 TEXT_REQUIRED("op")
#define VCPU_KEY INT("vcpu", 0, VEC_VCPUS_MAX - 1)
#define SLOT_KEY INT_REQUIRED("slot", 0, MACHINE_SLOTS_MAX - 1)

static const struct vec_key no_expect[] = {END};
static const struct vec_key switch_expect[] = {INT("ctx", 0, 3), BOOL("hit"), BOOL("emptied"), END};
static const struct vec_key unmap_expect[] = {INT("ctx", 0, 3), HEX("start"), HEX("size"), END};
static const struct vec_key step_tlbi_expect[] = {OBJECTS("unmap", unmap_expect),
						  INTS("leaves", 0, INT_MAX), END};
static const struct vec_key leaves_expect[] = {INTS("leaves", 0, INT_MAX), END};
static const struct vec_key young_expect[] = {BOOL("young"), END};
static const struct vec_key writable_expect[] = {INTS("writable", 0, INT_MAX), END};
static const struct vec_key log_read_expect[] = {HEXES("dirty"), INTS("writable", 0, INT_MAX), END};

static const struct vec_key eret_keys[] = {OP_KEY,
					   VCPU_KEY,
					   HEX_REQUIRED("vttbr"),
					   HEX_REQUIRED("vtcr"),
					   HEX("hcr"),
					   OBJECT("expect", switch_expect),
					   END};
static const struct vec_key exit_keys[] = {OP_KEY, VCPU_KEY, OBJECT("expect", no_expect), END};
static const struct vec_key fault_keys[] = {
	OP_KEY,	    VCPU_KEY,	  HEX_REQUIRED("esr"),	  HEX_REQUIRED("ipa"),
	HEX("far"), BOOL("priv"), NAME("cas", cas_names), OBJECT("expect", vec_expect_fault),
	END};
static const struct vec_key write_keys[] = {OP_KEY, HEX_REQUIRED("addr"), HEX_REQUIRED("value"),
					    OBJECT("expect", no_expect), END};
static const struct vec_key tlbi_keys[] = {
	OP_KEY,	   VCPU_KEY,	 NAME_REQUIRED("insn", insn_names),
	HEX("xt"), HEX("vttbr"), OBJECT("expect", step_tlbi_expect),
	END};
static const struct vec_key unmap_keys[] = {OP_KEY, HEX_REQUIRED("base"), HEX_REQUIRED("size"),
					    OBJECT("expect", leaves_expect), END};
static const struct vec_key age_keys[] = {OP_KEY, HEX_REQUIRED("base"), HEX_REQUIRED("size"),
					  OBJECT("expect", young_expect), END};
static const struct vec_key log_keys[] = {OP_KEY, SLOT_KEY, BOOL_REQUIRED("on"),
					  OBJECT("expect", writable_expect), END};
static const struct vec_key log_read_keys[] = {OP_KEY, SLOT_KEY, OBJECT("expect", log_read_expect),
					       END};
static const struct vec_key step_backing_keys[] = {OP_KEY, SLOT_KEY, BACKING_KEYS,
						   OBJECT("expect", no_expect), END};
static const struct vec_key put_keys[] = {OP_KEY, VCPU_KEY, BOOL("wfi"),
					  OBJECT("expect", no_expect), END};
static const struct vec_key load_keys[] = {OP_KEY, VCPU_KEY, OBJECT("expect", switch_expect), END};

const struct vec_op vec_ops[] = {
	{"eret", VEC_IN_L1, eret_keys, switch_expect, vec_step_eret},
	{"exit", VEC_IN_L2, exit_keys, no_expect, vec_step_exit},
	{"fault", VEC_ANYWHERE, fault_keys, vec_expect_fault, vec_step_fault},
	{"write", VEC_NO_VCPU, write_keys, no_expect, vec_step_write},
	{"tlbi", VEC_IN_L1, tlbi_keys, step_tlbi_expect, vec_step_tlbi},
	{"host_unmap", VEC_NO_VCPU, unmap_keys, leaves_expect, vec_step_host_unmap},
	{"age", VEC_NO_VCPU, age_keys, young_expect, vec_step_age},
	{"log", VEC_NO_VCPU, log_keys, writable_expect, vec_step_log},
	{"log_read", VEC_NO_VCPU, log_read_keys, log_read_expect, vec_step_log_read},
	{"backing", VEC_NO_VCPU, step_backing_keys, no_expect, vec_step_backing},
	{"put", VEC_ANYWHERE, put_keys, no_expect, vec_step_put},
	{"load", VEC_ANYWHERE, load_keys, switch_expect, vec_step_load},
	{0},
};

static const struct vec_key seq_regs_keys[] = {HEX("sctlr"), END};
static const struct vec_key seq_slot_keys[] = {HEX_REQUIRED("base"),
					       HEX_REQUIRED("size"),
					       HEX("uaddr"),
					       BOOL("ro"),
					       BOOL("logging"),
					       OBJECT("backing", backing_keys),
					       END};
static const struct vec_key leaf_expect[] = {
	HEX("ipa"),    HEX("size"),   HEX("pa"),	BOOL("r"),  BOOL("w"),
	BOOL("x_el0"), BOOL("x_el1"), INT("tag", 0, 3), BOOL("af"), END};
static const struct vec_key table_expect[] = {INT("ctx", 0, 3),
					      BOOL("valid"),
					      HEX("vttbr"),
					      HEX("vtcr"),
					      BOOL("s2"),
					      INT("refs", 0, VEC_VCPUS_MAX),
					      OBJECTS("leaves", leaf_expect),
					      INT("pages", 0, INT_MAX),
					      END};
static const struct vec_key canonical_expect[] = {OBJECTS("leaves", leaf_expect),
						  INT("pages", 0, INT_MAX), END};
static const struct vec_key seq_expect[] = {OBJECTS("tables", table_expect),
					    OBJECT("canonical", canonical_expect), END};
static const struct vec_key seq_keys[] = {TEXT_REQUIRED("id"),
					  TEXT_REQUIRED("kind"),
					  OBJECT("host", host_keys),
					  OBJECT("regs", seq_regs_keys),
					  WORDS("mem"),
					  OBJECTS_REQUIRED("slots", seq_slot_keys),
					  OBJECT("exits", exits_keys),
					  INT("vcpus", 1, VEC_VCPUS_MAX),
					  {.name = "steps", .type = VEC_STEPS, .required = true},
					  OBJECT("expect", seq_expect),
					  END};

const struct vec_kind vec_kinds[] = {
	{"walk", walk_keys, walk_expect, vec_run_walk},
	{"perm", perm_keys, perm_expect, vec_run_perm},
	{"size", size_keys, size_expect, vec_run_size},
	{"tlbi_size", tlbi_size_keys, tlbi_expect, vec_run_tlbi_size},
	{"tlbi_range", tlbi_range_keys, tlbi_expect, vec_run_tlbi_range},
	{"abort", abort_keys, vec_expect_fault, vec_run_abort},
	{"seq", seq_keys, seq_expect, vec_run_seq},
	{0},
};

const struct vec_kind *vec_find_kind(const char *name)
{
	const struct vec_kind *k;

	for (k = vec_kinds; k->name; k++)
		if (!strcmp(k->name, name))
			return k;
	return NULL;
}

const struct vec_op *vec_find_op(const char *name)
{
	const struct vec_op *op;

	for (op = vec_ops; op->name; op++)
		if (!strcmp(op->name, name))
			return op;
	return NULL;
}

/* ---- the check ---- */

/* Names come from the file: nothing that moves a terminal's cursor goes out. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if (*text < 0x20 || *text >= 0x7f)
			*text = '?';
}

enum vec_status vec_malformed(struct vec_error *why, const char *key, const char *reason)
{
	snprintf(why->text, sizeof(why->text), "%.64s: %.160s", key, reason);
	make_printable(why->text);
	return VEC_MALFORMED;
}

/* Puts the name of the object around the key in front. */
static enum vec_status inside(struct vec_error *why, const char *name, long index)
{
	struct vec_error inner = *why;

	if (index < 0)
		snprintf(why->text, sizeof(why->text), "%.40s.%.200s", name, inner.text);
	else
		snprintf(why->text, sizeof(why->text), "%.40s[%ld].%.180s", name, index,
			 inner.text);
	return VEC_MALFORMED;
}

static enum vec_status check_hex(const char *name, const json_t *v, struct vec_error *why)
{
	uint64_t ignored;

	if (json_is_string(v) && vec_parse_hex(json_string_value(v), &ignored))
		return VEC_OK;
	return vec_malformed(why, name, "not a string with a hexadecimal number of 64 bits");
}

static enum vec_status check_int(const struct vec_key *k, const json_t *v, struct vec_error *why)
{
	char reason[96];

	if (json_is_integer(v) && json_integer_value(v) >= k->min &&
	    json_integer_value(v) <= k->max)
		return VEC_OK;
	snprintf(reason, sizeof(reason), "not an integer from %lld to %lld", (long long)k->min,
		 (long long)k->max);
	return vec_malformed(why, k->name, reason);
}

static enum vec_status check_text(const char *name, const json_t *v, struct vec_error *why)
{
	const char *s = json_string_value(v);

	if (!s || !*s)
		return vec_malformed(why, name, "not a string, or empty");
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return vec_malformed(why, name, "a control character in it");
	return VEC_OK;
}

static enum vec_status check_name(const struct vec_key *k, const json_t *v, struct vec_error *why)
{
	const char *s = json_string_value(v);
	const char *const *n;

	for (n = k->names; s && *n; n++)
		if (!strcmp(*n, s))
			return VEC_OK;
	return vec_malformed(why, k->name, "not one of the names that the format has for it");
}

static enum vec_status check_words(const char *name, const json_t *v, struct vec_error *why)
{
	const char *addr;
	json_t *word;
	uint64_t n;

	if (!json_is_object(v))
		return vec_malformed(why, name, "not an object");
	json_object_foreach((json_t *)v, addr, word)
	{
		if (!vec_parse_hex(addr, &n) || n % 8) {
			vec_malformed(why, addr, "not a hexadecimal address, 8-byte aligned");
			return inside(why, name, -1);
		}
		if (check_hex(addr, word, why) != VEC_OK)
			return inside(why, name, -1);
	}
	return VEC_OK;
}

static enum vec_status check_step(const json_t *step, struct vec_error *why)
{
	const char *name = json_string_value(json_object_get(step, "op"));
	const struct vec_op *op = name ? vec_find_op(name) : NULL;

	if (!op)
		return vec_malformed(why, "op", "absent, or no such step");
	return vec_validate(step, op->keys, why);
}

static enum vec_status check_element(const struct vec_key *k, const json_t *v,
				     struct vec_error *why)
{
	switch (k->type) {
	case VEC_HEXES:
		return check_hex("element", v, why);
	case VEC_INTS: {
		struct vec_key element = {.name = "element", .min = k->min, .max = k->max};

		return check_int(&element, v, why);
	}
	case VEC_STEPS:
		return check_step(v, why);
	default:
		return vec_validate(v, k->keys, why);
	}
}

static enum vec_status check_list(const struct vec_key *k, const json_t *v, struct vec_error *why)
{
	size_t i;

	if (!json_is_array(v))
		return vec_malformed(why, k->name, "not a list");
	for (i = 0; i < json_array_size(v); i++)
		if (check_element(k, json_array_get(v, i), why) != VEC_OK)
			return inside(why, k->name, (long)i);
	return VEC_OK;
}

static enum vec_status check_object(const struct vec_key *k, const json_t *v, struct vec_error *why)
{
	if (k->type == VEC_OBJECT_NULL && json_is_null(v))
		return VEC_OK;
	if (!json_is_object(v))
		return vec_malformed(why, k->name, "not an object");
	return vec_validate(v, k->keys, why) == VEC_OK ? VEC_OK : inside(why, k->name, -1);
}

static enum vec_status check_value(const struct vec_key *k, const json_t *v, struct vec_error *why)
{
	switch (k->type) {
	case VEC_HEX:
		return check_hex(k->name, v, why);
	case VEC_INT:
		return check_int(k, v, why);
	case VEC_BOOL:
		return json_is_boolean(v) ? VEC_OK
					  : vec_malformed(why, k->name, "not true or false");
	case VEC_TEXT:
		return check_text(k->name, v, why);
	case VEC_NAME:
		return check_name(k, v, why);
	case VEC_OBJECT:
	case VEC_OBJECT_NULL:
		return check_object(k, v, why);
	case VEC_WORDS:
		return check_words(k->name, v, why);
	default:
		return check_list(k, v, why);
	}
}

static bool is_known(const struct vec_key *keys, const char *name)
{
	for (; keys->name; keys++)
		if (!strcmp(keys->name, name))
			return true;
	return false;
}

enum vec_status vec_validate(const json_t *object, const struct vec_key *keys,
			     struct vec_error *why)
{
	const struct vec_key *k;
	const char *name;
	json_t *value;

	if (!json_is_object(object))
		return vec_malformed(why, "element", "not an object");
	json_object_foreach((json_t *)object, name,
			    value) if (!is_known(keys, name)) return vec_malformed(why, name,
										   "unknown key");
	for (k = keys; k->name; k++) {
		value = json_object_get(object, k->name);
		if (!value && k->required)
			return vec_malformed(why, k->name, "absent, but required");
		if (value && check_value(k, value, why) != VEC_OK)
			return VEC_MALFORMED;
	}
	return VEC_OK;
}
