/* SPDX-License-Identifier: GPL-2.0-only */
/* What a recorder gives up is gone, and what it needs is left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "privileges.h"

static char folder[] = "/tmp/nvsim-privileges-XXXXXX";

/* 0, or the number of what is not as it should be. */
static int in_child(pid_t other)
{
	struct nvt_error err = {0};
	char path[64];

	snprintf(path, sizeof(path), "%s/t", folder);
	if (record_privileges_drop(&err) != NVT_OK)
		return 1;
	if (chroot("/") == 0 || setgid(1) == 0 || chown(folder, 0, 0) == 0)
		return 2;
	if (open(path, O_WRONLY | O_CREAT | O_EXCL, 0600) < 0)
		return 3; /* somebody else's folder */
	if (kill(other, SIGTERM))
		return 4; /* a command that has become another user */
	return record_privileges_drop(&err) == NVT_OK ? 0 : 5;
}

static void privileges_are_given_up(void **state)
{
	pid_t other, child;
	int status;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chown(folder, 65534, 65534), 0);
	other = fork();
	if (!other)
		_exit(setuid(65534) ? 1 : pause());
	sleep(1);
	child = fork();
	if (!child)
		_exit(in_child(other));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(waitpid(other, &status, 0), other);
	assert_true(WIFSIGNALED(status));
}

static int remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(privileges_are_given_up, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
