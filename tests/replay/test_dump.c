/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables as text, against files written by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dump.h"
#include "machine.h"

#define MIB (1ull << 20)
#define GIB (1ull << 30)

struct world {
	struct machine m;
	struct s2_vm vm;
	struct s2_mmu mmus[2];
	char dir[64];
};

static void open_world(struct world *w, unsigned int page_shift, unsigned int bits,
		       unsigned int canonical_bits)
{
	struct s2_config cfg = {.page_shift = (uint8_t)page_shift,
				.ipa_limit = (uint8_t)bits,
				.canonical_bits = (uint8_t)canonical_bits,
				.granules = 7,
				.xnx = true,
				.quirks = S2_QUIRKS_KVM,
				.policy = s2_policy_default};

	*w = (struct world){0};
	assert_true(machine_init(&w->m, page_shift));
	assert_true(s2_vm_init(&w->vm, &cfg, &w->m.port, &w->m, w->mmus, 2));
	strcpy(w->dir, "/tmp/nvsim-test-dump-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
}

static void empty_dir(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	while ((entry = readdir(d)))
		unlinkat(dirfd(d), entry->d_name, 0);
	closedir(d);
}

static void close_world(struct world *w)
{
	empty_dir(w->dir);
	assert_int_equal(rmdir(w->dir), 0);
	machine_destroy(&w->m);
}

/* A nested context in use, with L1's registers as the header line shows them. */
static struct s2_mmu *use(struct world *w, unsigned int i, bool enabled)
{
	w->mmus[i].vttbr = 0x0005000080000000;
	w->mmus[i].vtcr = 0x80020058;
	w->mmus[i].enabled = enabled;
	return &w->mmus[i];
}

static void map(struct world *w, struct s2_mmu *mmu, uint64_t ipa, uint64_t size, bool r, bool wr,
		bool x0, bool x1)
{
	struct s2_prot prot = {.perm = {.r = r, .w = wr, .x_el0 = x0, .x_el1 = x1}};

	assert_int_equal(s2_map(&w->vm, mmu, (struct table_ipa){ipa}, size,
				(struct host_pa){0x4000000000 + ipa}, &prot)
				 .status,
			 S2_MAP_OK);
}

static char *text_of(const struct world *w, const struct s2_mmu *mmu)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	dump_mmu(out, &w->vm, mmu);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void expect(const struct world *w, const struct s2_mmu *mmu, const char *expected)
{
	char *text = text_of(w, mmu);

	assert_string_equal(text, expected);
	free(text);
}

/* ---- text ---- */

static void an_empty_table_is_one_gap(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, 12, 48, 40);
	expect(&w, &w.vm.canonical,
	       "---[ Guest IPA ]---\n"
	       "0x0000000000000000-0x0000010000000000           1T 1\n");
	close_world(&w);
}

static void a_context_that_is_not_valid_is_nothing_at_all(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, 12, 48, 40);
	w.mmus[0].vttbr = 1;
	expect(&w, &w.mmus[0], "");
	close_world(&w);
}

static void a_block_between_gaps(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, 12, 48, 40);
	map(&w, &w.vm.canonical, 0x40000000, 2 * MIB, true, true, true, true);
	expect(&w, &w.vm.canonical,
	       "---[ Guest IPA ]---\n"
	       "0x0000000000000000-0x0000000040000000           1G 1\n"
	       "0x0000000040000000-0x0000000040200000           2M 2   R W px ux  AF BLK\n"
	       "0x0000000040200000-0x0000000080000000        1022M 2\n"
	       "0x0000000080000000-0x0000010000000000        1022G 1\n");
	close_world(&w);
}

static void the_header_tells_the_keys_of_a_context(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, 12, 40, 40);
	use(&w, 0, true);
	expect(&w, use(&w, 1, false),
	       "VTCR: 0x0000000080020058 VTTBR: 0x0005000080000000 s2: disabled\n"
	       "---[ Guest IPA ]---\n"
	       "0x0000000000000000-0x0000010000000000           1T 1\n");
	map(&w, &w.mmus[0], 0, 4096, true, false, false, false);
	expect(&w, &w.mmus[0],
	       "VTCR: 0x0000000080020058 VTTBR: 0x0005000080000000 s2: enabled\n"
	       "---[ Guest IPA ]---\n"
	       "0x0000000000000000-0x0000000000001000           4K 3   R   PXNUXN AF    \n"
	       "0x0000000000001000-0x0000000000200000        2044K 3\n"
	       "0x0000000000200000-0x0000000040000000        1022M 2\n"
	       "0x0000000040000000-0x0000010000000000        1023G 1\n");
	close_world(&w);
}

static void neighbours_that_are_alike_are_one_line_whatever_they_map(void **state)
{
	struct world w;
	struct s2_mmu *c;

	(void)state;
	open_world(&w, 12, 48, 40);
	c = &w.vm.canonical;
	map(&w, c, 0, 4096, true, true, true, true);
	map(&w, c, 0x1000, 4096, true, true, true, true);
	map(&w, c, 0x2000, 4096, true, false, true, true);
	map(&w, c, 0x4000, 4096, true, false, true, true);
	/* Runs go on from one table to the next, and over blocks side by side. */
	map(&w, c, 0x1ff000, 0x2000, true, true, true, true);
	map(&w, c, 4 * MIB, 4 * MIB, true, true, true, true);
	expect(&w, c,
	       "---[ Guest IPA ]---\n"
	       "0x0000000000000000-0x0000000000002000           8K 3   R W px ux  AF    \n"
	       "0x0000000000002000-0x0000000000003000           4K 3   R   px ux  AF    \n"
	       "0x0000000000003000-0x0000000000004000           4K 3\n"
	       "0x0000000000004000-0x0000000000005000           4K 3   R   px ux  AF    \n"
	       "0x0000000000005000-0x00000000001ff000        2024K 3\n"
	       "0x00000000001ff000-0x0000000000201000           8K 3   R W px ux  AF    \n"
	       "0x0000000000201000-0x0000000000400000        2044K 3\n"
	       "0x0000000000400000-0x0000000000800000           4M 2   R W px ux  AF BLK\n"
	       "0x0000000000800000-0x0000000040000000        1016M 2\n"
	       "0x0000000040000000-0x0000010000000000        1023G 1\n");
	close_world(&w);
}

static void every_permission_has_its_letters(void **state)
{
	struct world w;
	struct s2_mmu *c;

	(void)state;
	open_world(&w, 12, 48, 40);
	c = &w.vm.canonical;
	map(&w, c, 0x0000, 4096, true, true, true, true);
	map(&w, c, 0x1000, 4096, true, true, true, false);
	map(&w, c, 0x2000, 4096, true, true, false, true);
	map(&w, c, 0x3000, 4096, true, true, false, false);
	map(&w, c, 0x4000, 4096, false, true, false, false);
	map(&w, c, 0x5000, 4096, false, false, false, false);
	s2_host_age(&w.vm, (struct l1_ipa){0}, 0x1000);
	expect(&w, c,
	       "---[ Guest IPA ]---\n"
	       "0x0000000000000000-0x0000000000001000           4K 3   R W px ux        \n"
	       "0x0000000000001000-0x0000000000002000           4K 3   R W PXNux  AF    \n"
	       "0x0000000000002000-0x0000000000003000           4K 3   R W px UXN AF    \n"
	       "0x0000000000003000-0x0000000000004000           4K 3   R W PXNUXN AF    \n"
	       "0x0000000000004000-0x0000000000005000           4K 3     W PXNUXN AF    \n"
	       "0x0000000000005000-0x0000000000006000           4K 3       PXNUXN AF    \n"
	       "0x0000000000006000-0x0000000000200000        2024K 3\n"
	       "0x0000000000200000-0x0000000040000000        1022M 2\n"
	       "0x0000000040000000-0x0000010000000000        1023G 1\n");
	close_world(&w);
}

static void blocks_of_1G_are_blocks_of_level_1(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, 12, 48, 40);
	map(&w, &w.vm.canonical, 0, 2 * GIB, true, true, false, false);
	expect(&w, &w.vm.canonical,
	       "---[ Guest IPA ]---\n"
	       "0x0000000000000000-0x0000000080000000           2G 1   R W PXNUXN AF BLK\n"
	       "0x0000000080000000-0x0000010000000000        1022G 1\n");
	close_world(&w);
}

/* The largest input there is, with the largest unit that it can need. */
static void sizes_go_up_to_petabytes(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, 16, 52, 52);
	expect(&w, &w.vm.canonical,
	       "---[ Guest IPA ]---\n"
	       "0x0000000000000000-0x0010000000000000           4P 1\n");
	map(&w, &w.vm.canonical, 0, 64 << 10, true, true, true, true);
	expect(&w, &w.vm.canonical,
	       "---[ Guest IPA ]---\n"
	       "0x0000000000000000-0x0000000000010000          64K 3   R W px ux  AF    \n"
	       "0x0000000000010000-0x0000000020000000      524224K 3\n"
	       "0x0000000020000000-0x0000040000000000     4193792M 2\n"
	       "0x0000040000000000-0x0010000000000000        4092T 1\n");
	close_world(&w);
}

static void pages_of_16K_have_their_own_levels(void **state)
{
	struct world w;

	(void)state;
	open_world(&w, 14, 40, 40);
	map(&w, &w.vm.canonical, 32 * MIB, 32 * MIB, true, true, true, true);
	map(&w, &w.vm.canonical, 0, 16 << 10, true, true, true, true);
	expect(&w, &w.vm.canonical,
	       "---[ Guest IPA ]---\n"
	       "0x0000000000000000-0x0000000000004000          16K 3   R W px ux  AF    \n"
	       "0x0000000000004000-0x0000000002000000       32752K 3\n"
	       "0x0000000002000000-0x0000000004000000          32M 2   R W px ux  AF BLK\n"
	       "0x0000000004000000-0x0000010000000000     1048512M 2\n");
	close_world(&w);
}

/* ---- files ---- */

static char *path_in(const struct world *w, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", w->dir, name);
	return path;
}

static char *content_of(const struct world *w, const char *name)
{
	static char text[4096];
	FILE *in = fopen(path_in(w, name), "r");
	size_t size;

	assert_non_null(in);
	size = fread(text, 1, sizeof(text) - 1, in);
	text[size] = 0;
	fclose(in);
	return text;
}

static unsigned int count_files(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	unsigned int count = 0;

	while ((entry = readdir(d)))
		count += entry->d_name[0] != '.';
	closedir(d);
	return count;
}

static void there_is_a_file_for_each_context_and_nothing_else(void **state)
{
	struct world w;
	char name[64], *text;

	(void)state;
	open_world(&w, 12, 48, 40);
	use(&w, 1, true);
	map(&w, &w.mmus[1], 0, 4096, true, true, true, true);
	assert_int_equal(dump_all(w.dir, &w.vm, name, sizeof(name)), 0);
	assert_int_equal(count_files(w.dir), 3);
	assert_string_equal(content_of(&w, "nested_mmu0.txt"), "");
	text = text_of(&w, &w.mmus[1]);
	assert_string_equal(content_of(&w, "nested_mmu1.txt"), text);
	free(text);
	text = text_of(&w, &w.vm.canonical);
	assert_string_equal(content_of(&w, "stage2_page_tables.txt"), text);
	free(text);
	close_world(&w);
}

static void files_that_are_there_are_replaced(void **state)
{
	struct world w;
	char name[64];

	(void)state;
	open_world(&w, 12, 48, 40);
	assert_int_equal(dump_all(w.dir, &w.vm, name, sizeof(name)), 0);
	map(&w, &w.vm.canonical, 0, 4096, true, true, true, true);
	assert_int_equal(dump_all(w.dir, &w.vm, name, sizeof(name)), 0);
	assert_non_null(strstr(content_of(&w, "stage2_page_tables.txt"), "4K 3   R W"));
	assert_int_equal(count_files(w.dir), 3);
	close_world(&w);
}

static void a_missing_folder_is_an_error_with_a_name(void **state)
{
	struct world w;
	char name[64];

	(void)state;
	open_world(&w, 12, 48, 40);
	assert_int_equal(dump_all(path_in(&w, "none"), &w.vm, name, sizeof(name)), ENOENT);
	assert_string_equal(name, "stage2_page_tables.txt");
	assert_int_equal(dump_all("/dev/null", &w.vm, name, sizeof(name)), ENOTDIR);
	close_world(&w);
}

static void a_path_that_is_too_long_is_an_error(void **state)
{
	struct world w;
	char name[64], dir[6000];

	(void)state;
	open_world(&w, 12, 48, 40);
	memset(dir, '/', sizeof(dir) - 1);
	dir[sizeof(dir) - 1] = 0;
	assert_int_equal(dump_all(dir, &w.vm, name, sizeof(name)), ENAMETOOLONG);
	close_world(&w);
}

/* The superuser may write everywhere: somebody else tries. */
static void a_read_only_folder_is_an_error(void **state)
{
	bool root = geteuid() == 0;
	struct world w;
	char name[64];
	int err;

	(void)state;
	open_world(&w, 12, 48, 40);
	assert_int_equal(chmod(w.dir, 0555), 0);
	if (root)
		assert_int_equal(seteuid(65534), 0);
	err = dump_all(w.dir, &w.vm, name, sizeof(name));
	if (root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(err, EACCES);
	assert_int_equal(chmod(w.dir, 0755), 0);
	assert_int_equal(count_files(w.dir), 0);
	close_world(&w);
}

static void a_symbolic_link_is_not_followed(void **state)
{
	struct world w;
	char name[64], victim[128];
	struct stat st;

	(void)state;
	open_world(&w, 12, 48, 40);
	snprintf(victim, sizeof(victim), "%s/victim", w.dir);
	fclose(fopen(victim, "w"));
	/* In the place of the file: replaced, what it points at is left alone. */
	assert_int_equal(symlink("victim", path_in(&w, "nested_mmu0.txt")), 0);
	use(&w, 0, true);
	assert_int_equal(dump_all(w.dir, &w.vm, name, sizeof(name)), 0);
	assert_int_equal(stat(victim, &st), 0);
	assert_int_equal(st.st_size, 0);
	assert_int_equal(lstat(path_in(&w, "nested_mmu0.txt"), &st), 0);
	assert_true(S_ISREG(st.st_mode));
	close_world(&w);
}

static void a_folder_in_the_place_of_a_file_is_an_error(void **state)
{
	struct world w;
	char name[64];

	(void)state;
	open_world(&w, 12, 48, 40);
	assert_int_equal(mkdir(path_in(&w, "nested_mmu1.txt"), 0755), 0);
	assert_int_equal(dump_all(w.dir, &w.vm, name, sizeof(name)), EISDIR);
	assert_string_equal(name, "nested_mmu1.txt");
	assert_int_equal(rmdir(path_in(&w, "nested_mmu1.txt")), 0);
	assert_int_equal(count_files(w.dir), 2);
	close_world(&w);
}

/* As on a full disk: the text is there, it cannot be put anywhere. */
static void what_cannot_be_written_is_not_left_half(void **state)
{
	struct rlimit all, none;
	struct world w;
	char name[64];
	int err;

	(void)state;
	open_world(&w, 12, 48, 40);
	getrlimit(RLIMIT_FSIZE, &all);
	none = (struct rlimit){0, all.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	err = dump_all(w.dir, &w.vm, name, sizeof(name));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
	assert_int_equal(err, EFBIG);
	assert_int_equal(count_files(w.dir), 0);
	close_world(&w);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_table_is_one_gap),
		TEST(a_context_that_is_not_valid_is_nothing_at_all),
		TEST(a_block_between_gaps),
		TEST(the_header_tells_the_keys_of_a_context),
		TEST(neighbours_that_are_alike_are_one_line_whatever_they_map),
		TEST(every_permission_has_its_letters),
		TEST(blocks_of_1G_are_blocks_of_level_1),
		TEST(sizes_go_up_to_petabytes),
		TEST(pages_of_16K_have_their_own_levels),
		TEST(there_is_a_file_for_each_context_and_nothing_else),
		TEST(files_that_are_there_are_replaced),
		TEST(a_missing_folder_is_an_error_with_a_name),
		TEST(a_path_that_is_too_long_is_an_error),
		TEST(a_read_only_folder_is_an_error),
		TEST(a_symbolic_link_is_not_followed),
		TEST(a_folder_in_the_place_of_a_file_is_an_error),
		TEST(what_cannot_be_written_is_not_left_half),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
