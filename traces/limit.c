/* SPDX-License-Identifier: GPL-2.0-only */
#include "limit.h"

#include <stdbool.h>
#include <sys/resource.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

static struct rlimit before;
static uint64_t in_force;

#ifndef SANITIZED
void nvt_limit_memory(uint64_t bytes)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_DATA, &before) || before.rlim_cur < bytes)
		return;
	limit = (struct rlimit){bytes, before.rlim_max};
	if (!setrlimit(RLIMIT_DATA, &limit))
		in_force = bytes;
}
#else
void nvt_limit_memory(uint64_t bytes)
{
	(void)bytes;
}
#endif

uint64_t nvt_limit_in_force(void)
{
	struct rlimit addresses;

	if (getrlimit(RLIMIT_AS, &addresses) || addresses.rlim_cur != RLIM_INFINITY)
		return 0;
	return in_force;
}

void nvt_limit_lift(void)
{
	if (in_force)
		setrlimit(RLIMIT_DATA, &before);
}
