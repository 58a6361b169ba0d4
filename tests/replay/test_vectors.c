/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "vectors.h"

struct seen {
	unsigned int count, line;
	int step;
	char id[64], key[256], got[256], expected[256];
};

static void on_failure(void *arg, const char *file, unsigned int line, const char *id, int step,
		       const char *key, const char *got, const char *expected)
{
	struct seen *s = arg;

	assert_non_null(file);
	s->count++;
	s->line = line;
	s->step = step;
	snprintf(s->id, sizeof(s->id), "%s", id);
	snprintf(s->key, sizeof(s->key), "%s", key);
	snprintf(s->got, sizeof(s->got), "%s", got);
	snprintf(s->expected, sizeof(s->expected), "%s", expected);
}

static struct seen seen;
static struct vectors_result result;
static char error[512];

static enum vectors_status run_bytes(const char *bytes, size_t size)
{
	char path[] = "/tmp/nvsim-vectors-XXXXXX";
	int fd = mkstemp(path);
	enum vectors_status status;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
	memset(&seen, 0, sizeof(seen));
	memset(&result, 0, sizeof(result));
	*error = 0;
	status = vectors_run_file(path, on_failure, &seen, &result, error, sizeof(error));
	unlink(path);
	return status;
}

/* One vector under a header; its quotes are apostrophes, for reading. */
static enum vectors_status run_vector(const char *vector)
{
	char text[4096];
	int n = snprintf(text, sizeof(text), "{'schema':'nvsim.vectors/1','count':1}\n%s\n",
			 vector);

	assert_true(n > 0 && (size_t)n < sizeof(text));
	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	return run_bytes(text, (size_t)n);
}

/* ---- good and failing vectors ---- */

#define WALK(expect)                                                                               \
	"{'id':'w','kind':'walk','regs':{'vtcr':'0x80020058','vttbr':'0x0005000080000001'},"       \
	"'trap':{'esr':'0x93c08007'},'ipa':'0x81234567','mem':{'0x80000010':'0xc00007c1'},"        \
	"'expect':{" expect "}}"
#define SEQ(steps, expect)                                                                         \
	"{'id':'s','kind':'seq','vcpus':2,'slots':[{'base':'0x0','size':'0x100000000'}],"          \
	"'steps':[" steps "]" expect "}"

static void a_vector_that_agrees_passes(void **state)
{
	(void)state;
	assert_int_equal(run_vector(WALK("'ret':0,'output':'0xC1234567','size':'0x040000000',"
					 "'level':1,'reads':1,'mem':{'0x80000018':'0'}")),
			 VECTORS_OK);
	assert_int_equal(result.passed, 1);
	assert_int_equal(result.failed, 0);
	assert_int_equal(seen.count, 0);
}

static void a_vector_that_does_not_is_reported_once(void **state)
{
	(void)state;
	assert_int_equal(run_vector(WALK("'ret':0,'output':'0xc1234568','level':2")), VECTORS_OK);
	assert_int_equal(result.failed, 1);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.line, 2);
	assert_int_equal(seen.step, -1);
	assert_string_equal(seen.id, "w");
	assert_string_equal(seen.key, "output");
	assert_string_equal(seen.got, "0xc1234567");
	assert_string_equal(seen.expected, "0xc1234568");
}

static void what_does_not_apply_is_not_compared(void **state)
{
	(void)state;
	run_vector(WALK("'ret':0,'esr':'0x1'"));
	assert_int_equal(result.passed, 1);
	run_vector(WALK("'esr':'0x1'")); /* but not where nothing says so */
	assert_int_equal(result.failed, 1);
}

static void a_failing_step_is_told_by_its_number(void **state)
{
	(void)state;
	assert_int_equal(
		run_vector(
			SEQ("{'op':'age','base':'0x1000','size':'0x1000','expect':{'young':false}},"
			    "{'op':'eret','vttbr':'0x5000000000000','vtcr':'0x80020058',"
			    "'expect':{'ctx':0,'hit':true}},{'op':'exit'}",
			    "")),
		VECTORS_OK);
	assert_int_equal(result.failed, 1);
	assert_int_equal(seen.step, 1);
	assert_string_equal(seen.key, "hit");
	assert_string_equal(seen.got, "false");
	assert_string_equal(seen.expected, "true");
}

static void a_step_in_the_wrong_place_fails(void **state)
{
	(void)state;
	assert_int_equal(run_vector(SEQ("{'op':'exit'}", "")), VECTORS_OK);
	assert_int_equal(result.failed, 1);
	assert_int_equal(seen.step, 0);
	assert_string_equal(seen.key, "op");
}

static void lists_are_compared_whole(void **state)
{
	(void)state;
	run_vector(SEQ("", ",'expect':{'canonical':{'leaves':[],'pages':3}}"));
	assert_string_equal(seen.key, "canonical.pages");
	run_vector(SEQ("{'op':'host_unmap','base':'0x0','size':'0x1000',"
		       "'expect':{'leaves':[0,0,0,0]}}",
		       ""));
	assert_int_equal(result.failed, 1);
	assert_string_equal(seen.got, "[0,0,0,0,0]");
}

/* ---- malformed files ---- */

struct bad {
	const char *vector, *reason; /* a part of it */
};

static const struct bad bad_vectors[] = {
	{"{'id':'w'", "not a JSON object"},
	{"[]", "not a JSON object"},
	{"7", "not a JSON object"},
	{"", "not a JSON object"},
	{"{'id':'w','kind':'walk'} x", "not a JSON object"},
	{"{'id':'w','id':'w','kind':'walk'}", "not a JSON object"},
	{"{'schema':'nvsim.vectors/1','count':1}", "second header"},
	{"{'kind':'walk'}", "id: absent"},
	{"{'id':7,'kind':'walk'}", "id: absent, or not a string"},
	{"{'id':'','kind':'tlbi_range','xt':'0x0','expect':{}}", "id: not a string, or empty"},
	{"{'id':'a\\nb','kind':'tlbi_range','xt':'0x0','expect':{}}", "id: a control character"},
	{"{'id':'w'}", "kind: absent"},
	{"{'id':'w','kind':'tlb'}", "kind: absent, or no such kind"},
	{"{'id':'w','kind':'walk','expect':{}}", "ipa: absent, but required"},
	{"{'id':'w','kind':'walk','ipa':'0x0'}", "expect: absent, but required"},
	{"{'id':'w','kind':'walk','ipa':'0x0','expect':[]}", "expect: not an object"},
	{"{'id':'w','kind':'walk','ipa':'0x0','expect':{},'colour':1}", "colour: unknown key"},
	{"{'id':'w','kind':'walk','ipa':'0x0','expect':{},'xt':'0x0'}", "xt: unknown key"},
	{WALK("'depth':3"), "expect.depth: unknown key"},
	{WALK("'level':4"), "expect.level: not an integer from -1 to 3"},
	{WALK("'level':1.0"), "expect.level: not an integer"},
	{WALK("'level':'0x1'"), "expect.level: not an integer"},
	{WALK("'r':1"), "expect.r: not true or false"},
	{WALK("'output':12"), "expect.output: not a string with a hexadecimal number"},
	{WALK("'output':'12'"), "expect.output: not a string"},
	{WALK("'output':'0x'"), "expect.output: not a string"},
	{WALK("'output':'00'"), "expect.output: not a string"},
	{WALK("'output':'-0x1'"), "expect.output: not a string"},
	{WALK("'output':'0x1 '"), "expect.output: not a string"},
	{WALK("'output':'0x10000000000000000'"), "expect.output: not a string"},
	{WALK("'mem':{'0x4':'0x0'}"), "expect.mem.0x4: not a hexadecimal address, 8-byte"},
	{WALK("'mem':{'0x8':8}"), "expect.mem.0x8: not a string"},
	{WALK("'mem':[]"), "expect.mem: not an object"},
	{"{'id':'w','kind':'walk','ipa':'0x0','expect':{},'host':{'page_shift':13}}",
	 "host.page_shift"},
	{"{'id':'w','kind':'walk','ipa':'0x0','expect':{},'host':{'page_shift':18}}",
	 "host.page_shift"},
	{"{'id':'w','kind':'walk','ipa':'0x0','expect':{},'host':{'ipa_limit':53}}",
	 "host.ipa_limit"},
	{"{'id':'w','kind':'walk','ipa':'0x0','expect':{},'host':{'page_shift':16,'s2_granules':["
	 "12]}}",
	 "host.s2_granules"},
	{"{'id':'w','kind':'walk','ipa':'0x0','expect':{},'host':{'s2_granules':[13]}}",
	 "host.s2_granules"},
	{"{'id':'w','kind':'walk','ipa':'0x0','expect':{},'host':{'s2_granules':['12']}}",
	 "host.s2_granules[0]"},
	{"{'id':'w','kind':'walk','ipa':'0x0','expect':{},'cas':'maybe'}", "cas: not one of"},
	{"{'id':'w','kind':'walk','ipa':'0x0','expect':{},'slots':{}}", "slots: not a list"},
	{"{'id':'w','kind':'walk','ipa':'0x0','expect':{},'slots':[7]}", "slots[0]"},
	{"{'id':'w','kind':'walk','ipa':'0x0','expect':{},'slots':[{'base':'0x0'}]}",
	 "slots[0].size: absent"},
	{"{'id':'w','kind':'walk','ipa':'0x0','expect':{},'slots':[{'base':'0x0','size':'0x0'}]}",
	 "slots: empty"},
	{"{'id':'w','kind':'walk','ipa':'0x0','expect':{},'slots':[{'base':'0x800','size':'0x1000'}"
	 "]}",
	 "not aligned"},
	{"{'id':'w','kind':'walk','ipa':'0x0','expect':{},"
	 "'slots':[{'base':'0x1000','size':'0xfffffffffffff000'}]}",
	 "beyond every IPA"},
	{"{'id':'w','kind':'walk','ipa':'0x0','expect':{},"
	 "'slots':[{'base':'0x0','size':'0x2000','uaddr':'0xfffffffffffff000'}]}",
	 "beyond every host VA"},
	{"{'id':'w','kind':'walk','ipa':'0x0','expect':{},"
	 "'slots':[{'base':'0x0','size':'0x2000'},{'base':'0x1000','size':'0x1000'}]}",
	 "overlaps"},
	{"{'id':'w','kind':'walk','ipa':'0x0','expect':{},"
	 "'slots':[{'base':'0x0','size':'0x2000','uaddr':'0x0'},"
	 "{'base':'0x8000','size':'0x1000','uaddr':'0x1000'}]}",
	 "overlaps"},
	{"{'id':'p','kind':'perm','leaf':{'level':3},'expect':{}}", "leaf.desc: absent"},
	{"{'id':'z','kind':'size','ipa':'0x0','nested':{'size':'0x3000','output':'0x0'},'expect':{}"
	 "}",
	 "nested.size"},
	{"{'id':'z','kind':'size','ipa':'0x0','nested':{'size':'0x1000','output':'0x1'},'expect':{}"
	 "}",
	 "nested.output"},
	{"{'id':'z','kind':'size','ipa':'0x0','nested':null,'policy':'best','expect':{}}",
	 "policy"},
	{"{'id':'z','kind':'size','ipa':'0x1000000000000','nested':null,'expect':{}}",
	 "outside the slot"},
	{"{'id':'z','kind':'size','ipa':'0x0','nested':null,'hva':'0xfffffffffffff000','expect':{}"
	 "}",
	 "hva: outside"},
	{"{'id':'z','kind':'size','ipa':'0x0','nested':null,'slots':[],'expect':{}}",
	 "slots: not one"},
	{"{'id':'z','kind':'size','ipa':'0x0','nested':null,'vma':{'shift':64},'expect':{}}",
	 "vma.shift"},
	{"{'id':'z','kind':'size','ipa':'0x0','nested':null,'user_leaf':'0x3000','expect':{}}",
	 "user_leaf"},
	{"{'id':'t','kind':'tlbi_size','expect':{}}", "xt: absent"},
	{"{'id':'t','kind':'tlbi_size','xt':'0x0','expect':{},'shadow':[{'ipa':'0x0','size':'"
	 "0x3000'}]}",
	 "shadow"},
	{"{'id':'t','kind':'tlbi_size','xt':'0x0','expect':{},"
	 "'shadow':[{'ipa':'0x1000','size':'0x200000'}]}",
	 "shadow"},
	{"{'id':'t','kind':'tlbi_size','xt':'0x0','expect':{},"
	 "'shadow':[{'ipa':'0x1000000000000','size':'0x1000'}]}",
	 "shadow: beyond"},
	{"{'id':'t','kind':'tlbi_size','xt':'0x0','expect':{},"
	 "'shadow':[{'ipa':'0x0','size':'0x200000'},{'ipa':'0x1000','size':'0x1000'}]}",
	 "overlap"},
	{"{'id':'t','kind':'tlbi_size','xt':'0x0','expect':{},"
	 "'shadow':[{'ipa':'0x1000','size':'0x1000'},{'ipa':'0x0','size':'0x200000'}]}",
	 "overlap"},
	{"{'id':'a','kind':'abort','ipa':'0x0','expect':{},'trap':{'hpfar':'0x8000000000000000'}}",
	 "bit 63"},
	{"{'id':'a','kind':'abort','ipa':'0x0','expect':{},'regs':{'hcr':'0x8000000'}}", "TGE"},
	{"{'id':'a','kind':'abort','ipa':'0x0','expect':{},'backing':{'vma_shift':13}}",
	 "vma_shift"},
	{"{'id':'a','kind':'abort','ipa':'0x0','expect':{},'backing':{'pa':'0x1'}}", "pa is not"},
	{"{'id':'a','kind':'abort','ipa':'0x0','expect':{},'backing':{'user_leaf':'0x2000'}}",
	 "user_leaf"},
	{"{'id':'a','kind':'abort','ipa':'0x0','expect':{'outcome':'fine'}}", "expect.outcome"},
	{"{'id':'s','kind':'seq','steps':[]}", "slots: absent"},
	{"{'id':'s','kind':'seq','slots':[{'base':'0x0','size':'0x1000'}]}", "steps: absent"},
	{SEQ("7", ""), "steps[0]"},
	{SEQ("{'op':'jump'}", ""), "steps[0].op"},
	{SEQ("{'op':'exit','why':1}", ""), "steps[0].why: unknown key"},
	{SEQ("{'op':'exit','expect':{'ctx':0}}", ""), "steps[0].expect.ctx: unknown key"},
	{SEQ("{'op':'exit','vcpu':2}", ""), "steps[0].vcpu"},
	{SEQ("{'op':'log','slot':1,'on':true}", ""), "no such slot"},
	{SEQ("{'op':'age','base':'0x0','size':'0x0'}", ""), "steps[0]: the range"},
	{SEQ("{'op':'age','base':'0x1','size':'0x1000'}", ""), "steps[0]: the range"},
	{SEQ("{'op':'age','base':'0xfffffffffffff000','size':'0x2000'}", ""),
	 "steps[0]: the range"},
	{SEQ("{'op':'write','addr':'0x4','value':'0x0'}", ""), "steps[0]: addr"},
	{SEQ("{'op':'eret','vttbr':'0x0','vtcr':'0x0','hcr':'0x8000000'}", ""), "steps[0]: hcr"},
	{SEQ("{'op':'put'},{'op':'put'}", ""), "steps[1]: the vCPU is scheduled out"},
	{SEQ("{'op':'load'}", ""), "steps[0]: the vCPU is not scheduled out"},
	{SEQ("{'op':'put','vcpu':1},{'op':'fault','vcpu':1,'esr':'0x0','ipa':'0x0'}", ""),
	 "steps[1]: the vCPU is scheduled out"},
};

static void bad_vectors_are_refused_with_line_and_reason(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad_vectors) / sizeof(bad_vectors[0]); i++)
		if (run_vector(bad_vectors[i].vector) != VECTORS_MALFORMED ||
		    !strstr(error, bad_vectors[i].reason) || !strstr(error, ":2: "))
			fail_msg("%s: \"%s\", not \"%s\"", bad_vectors[i].vector, error,
				 bad_vectors[i].reason);
}

static void refuses(const char *text, const char *reason)
{
	char copy[512];

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	assert_int_equal(run_bytes(copy, strlen(copy)), VECTORS_MALFORMED);
	if (!strstr(error, reason))
		fail_msg("\"%s\", not \"%s\"", error, reason);
}

#define V "{'id':'t','kind':'tlbi_range','xt':'0x0','expect':{}}\n"

static void a_file_begins_with_its_header(void **state)
{
	(void)state;
	refuses("", ":1: no header: the file is empty");
	refuses("\n", ":1: not a JSON object");
	refuses(V, ":1: no header: the first line has no \"schema\"");
	refuses("{'schema':'nvsim.vectors/2','count':0}\n", ":1: schema");
	refuses("{'schema':7,'count':0}\n", ":1: schema");
	refuses("{'schema':'nvsim.vectors/1'}\n", ":1: count");
	refuses("{'schema':'nvsim.vectors/1','count':-1}\n", ":1: count");
	refuses("{'schema':'nvsim.vectors/1','count':'1'}\n", ":1: count");
}

static void the_number_of_vectors_is_that_of_the_header(void **state)
{
	(void)state;
	refuses("{'schema':'nvsim.vectors/1','count':2}\n" V, "1 vectors, but the header says 2");
	refuses("{'schema':'nvsim.vectors/1','count':0}\n" V, "1 vectors, but the header says 0");
}

static void ids_are_unique(void **state)
{
	(void)state;
	refuses("{'schema':'nvsim.vectors/1','count':2}\n" V V, ":3: id: stands in an earlier");
}

static void other_keys_of_the_header_are_for_people(void **state)
{
	static const char text[] = "{\"schema\":\"nvsim.vectors/1\",\"count\":0,\"seed\":[1]}";

	(void)state;
	assert_int_equal(run_bytes(text, strlen(text)), VECTORS_OK);
}

static void bytes_that_are_no_text_are_refused(void **state)
{
	static const char nul[] =
		"{\"schema\":\"nvsim.vectors/1\",\"count\":1}\n{\"id\":\"a\0b\"}\n";
	static const char utf8[] =
		"{\"schema\":\"nvsim.vectors/1\",\"count\":1}\n{\"id\":\"\xff\"}\n";

	(void)state;
	assert_int_equal(run_bytes(nul, sizeof(nul) - 1), VECTORS_MALFORMED);
	assert_int_equal(run_bytes(utf8, sizeof(utf8) - 1), VECTORS_MALFORMED);
	assert_int_equal(run_vector("{'id':'a\\u0000b','kind':'walk'}"), VECTORS_MALFORMED);
}

static void deep_nesting_is_refused(void **state)
{
	size_t size = 200000, head;
	char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	head = (size_t)snprintf(text, size, "{\"schema\":\"nvsim.vectors/1\",\"count\":1}\n");
	memset(text + head, '[', size - head);
	assert_int_equal(run_bytes(text, size), VECTORS_MALFORMED);
	free(text);
}

static void a_file_that_is_not_there_is_unreadable(void **state)
{
	(void)state;
	assert_int_equal(vectors_run_file("/nonexistent/vectors", on_failure, &seen, &result, error,
					  sizeof(error)),
			 VECTORS_UNREADABLE);
	assert_int_equal(vectors_run_file("/", on_failure, &seen, &result, error, sizeof(error)),
			 VECTORS_UNREADABLE);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vector_that_agrees_passes),
		cmocka_unit_test(a_vector_that_does_not_is_reported_once),
		cmocka_unit_test(what_does_not_apply_is_not_compared),
		cmocka_unit_test(a_failing_step_is_told_by_its_number),
		cmocka_unit_test(a_step_in_the_wrong_place_fails),
		cmocka_unit_test(lists_are_compared_whole),
		cmocka_unit_test(bad_vectors_are_refused_with_line_and_reason),
		cmocka_unit_test(a_file_begins_with_its_header),
		cmocka_unit_test(the_number_of_vectors_is_that_of_the_header),
		cmocka_unit_test(ids_are_unique),
		cmocka_unit_test(other_keys_of_the_header_are_for_people),
		cmocka_unit_test(bytes_that_are_no_text_are_refused),
		cmocka_unit_test(deep_nesting_is_refused),
		cmocka_unit_test(a_file_that_is_not_there_is_unreadable),
	};

	return cmocka_run_group_tests_name("vectors", tests, NULL, NULL);
}
