/* SPDX-License-Identifier: GPL-2.0-only */
#include "port.h"

static struct s2_digest digest_of(const struct s2_outcome *out)
{
	struct s2_digest d;

	s2_digest_init(&d);
	s2_digest_outcome(&d, out);
	return d;
}

static bool equal(struct s2_digest x, struct s2_digest y)
{
	return x.a == y.a && x.b == y.b;
}

static bool tells_apart(const struct s2_outcome *x, const struct s2_outcome *y)
{
	struct s2_digest dx = digest_of(x), dy = digest_of(y);

	return dx.a != dy.a && dx.b != dy.b;
}

static const struct s2_outcome mapped = {
	.kind = S2_MAPPED,
	.row = 22,
	.ret = 1,
	.map = {.addr = {0x40000000}, .size = 4096, .pa = {0x880000000}, .pte = 0x7db},
};

static void equal_decisions_have_equal_digests(void **state)
{
	static const struct s2_size proven = {.out = {.proven = 4096}};
	struct s2_outcome other = mapped;

	(void)state;
	other.walk.reads = 3; /* how, not what */
	other.size = &proven;
	other.map.split = true;
	assert_true(equal(digest_of(&mapped), digest_of(&other)));
}

/* Recorded results of other machines carry digests: the function may not change. */
static void the_digest_is_the_same_for_ever(void **state)
{
	struct s2_digest d;

	(void)state;
	s2_digest_init(&d);
	assert_int_equal(d.a, 0x6a09e667f3bcc908);
	assert_int_equal(d.b, 0xbb67ae8584caa73b);
	s2_digest_word(&d, 1);
	assert_int_equal(d.a, 0xc7c2e565c4b43cd8);
	assert_int_equal(d.b, 0xde6e5b6484ac66fa);
	d = digest_of(&mapped);
	assert_int_equal(d.a, 0x4b72339008636bbd);
	assert_int_equal(d.b, 0xc01bf2e233b0717a);
}

static void order_counts(void **state)
{
	struct s2_digest x, y;

	(void)state;
	s2_digest_init(&x);
	s2_digest_init(&y);
	s2_digest_word(&x, 1);
	s2_digest_word(&x, 2);
	s2_digest_word(&y, 2);
	s2_digest_word(&y, 1);
	assert_false(equal(x, y));
}

static void a_mapping_is_told_by_address_size_frame_and_descriptor(void **state)
{
	struct s2_outcome o;

	(void)state;
	o = mapped, o.map.addr.v += 4096;
	assert_true(tells_apart(&mapped, &o));
	o = mapped, o.map.size = 1 << 21;
	assert_true(tells_apart(&mapped, &o));
	o = mapped, o.map.pa.v += 4096;
	assert_true(tells_apart(&mapped, &o));
	o = mapped, o.map.pte ^= 1 << 7;
	assert_true(tells_apart(&mapped, &o));
	o = mapped, o.row = 21;
	assert_true(tells_apart(&mapped, &o));
	o = mapped, o.ret = 0;
	assert_true(tells_apart(&mapped, &o));
}

static void a_relaxation_has_no_frame_of_its_own(void **state)
{
	struct s2_outcome x = mapped, y = mapped;

	(void)state;
	x.kind = y.kind = S2_RELAXED;
	y.map.pa.v = 0;
	assert_true(equal(digest_of(&x), digest_of(&y)));
	assert_true(tells_apart(&x, &mapped));
}

static void an_injection_is_told_by_its_registers(void **state)
{
	struct s2_outcome x = {.kind = S2_INJECTED, .ret = 1, .inject = {.el = 2, .esr = 5}}, y;

	(void)state;
	y = x, y.inject.esr = 6;
	assert_true(tells_apart(&x, &y));
	y = x, y.inject.el = 1;
	assert_true(tells_apart(&x, &y));
	y = x, y.inject.far = 1;
	assert_true(tells_apart(&x, &y));
	y = x, y.inject.hpfar = 1;
	assert_true(tells_apart(&x, &y));
	x.kind = y.kind = S2_INJECTED_SEA; /* leaves HPFAR alone */
	assert_true(equal(digest_of(&x), digest_of(&y)));
	y.inject.serror_vector = true;
	assert_true(tells_apart(&x, &y));
}

static void an_exit_is_told_by_address_and_syndrome(void **state)
{
	static const enum s2_outcome_kind kinds[] = {S2_MMIO, S2_EXIT_NISV, S2_EXIT_LDST64B,
						     S2_EXIT_SEA, S2_EXIT_MEMORY_FAULT};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct s2_outcome x = {.kind = kinds[i], .mmio = {.addr = {8}, .len = 8}}, y;

		y = x, y.mmio.addr.v = 16;
		assert_true(tells_apart(&x, &y));
		y = x, y.mmio.addr_unknown = true;
		assert_true(tells_apart(&x, &y));
		y = x, y.mmio.len = 4;
		assert_true(tells_apart(&x, &y));
		y = x, y.mmio.esr_iss = 0x47;
		assert_true(tells_apart(&x, &y));
	}
}

static void every_kind_is_told_from_every_other(void **state)
{
	int i, k;

	(void)state;
	for (i = 0; i < S2_OUTCOME_COUNT; i++)
		for (k = 0; k < i; k++) {
			struct s2_outcome x = {.kind = (enum s2_outcome_kind)i};
			struct s2_outcome y = {.kind = (enum s2_outcome_kind)k};

			assert_true(tells_apart(&x, &y));
		}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_decisions_have_equal_digests),
		cmocka_unit_test(the_digest_is_the_same_for_ever),
		cmocka_unit_test(order_counts),
		cmocka_unit_test(a_mapping_is_told_by_address_size_frame_and_descriptor),
		cmocka_unit_test(a_relaxation_has_no_frame_of_its_own),
		cmocka_unit_test(an_injection_is_told_by_its_registers),
		cmocka_unit_test(an_exit_is_told_by_address_and_syndrome),
		cmocka_unit_test(every_kind_is_told_from_every_other),
	};

	return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
