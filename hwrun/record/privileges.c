/* SPDX-License-Identifier: GPL-2.0-only */
#include "privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fail.h"

#define KEPT (1u << CAP_DAC_OVERRIDE | 1u << CAP_KILL)

enum nvt_status record_privileges_drop(struct nvt_error *err)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, sets))
		return record_fail(err, "privileges cannot be looked at: %s", strerror(errno));
	sets[0].permitted &= KEPT;
	sets[1].permitted = 0;
	for (unsigned int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		sets[i].effective = sets[i].permitted;
		sets[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &head, sets))
		return record_fail(err, "privileges cannot be given up: %s", strerror(errno));
	return NVT_OK;
}
