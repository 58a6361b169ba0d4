/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace-cmd's files. libtracecmd, which reads them in a process of its own, crashes on many of
 * them, loops or wants much memory: that is what the process is for, and no finding here. So this
 * target keeps the process, and is slow; what it covers there is seen, for the counters are shared.
 * The rest of the way is in other targets: perf has formats and records as libtraceevent reads
 * them, messages has what such a process may send.
 */
#ifdef FUZZ_COVERAGE
/* Counters in this file would have the compiler declare these names, and they were not found. */
#pragma clang attribute push(__attribute__((no_sanitize("coverage"))), apply_to = function)
#endif
#include "import_case.h"

#ifdef FUZZ_COVERAGE
#include <pthread.h>
#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <sys/resource.h>

extern uint8_t first_counter[] __asm__("__start___sancov_cntrs");
extern uint8_t last_counter[] __asm__("__stop___sancov_cntrs");

/* A small quarantine: the less memory there is, the faster is a fork. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=1:allocator_may_return_null=1";
}

/* How the process ends concerns the importer alone; the fuzzer, which is here too, keeps still. */
static void in_child(void)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGALRM};
	const struct rlimit seconds = {1, 1};

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_DFL);
	__sanitizer_set_death_callback(NULL);
	if (setrlimit(RLIMIT_CPU, &seconds) || chdir("/proc") || !freopen("/dev/null", "w", stderr))
		_exit(1);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)first_counter + page - 1) & ~(page - 1);
	uintptr_t to = (uintptr_t)last_counter & ~(page - 1);

	(void)argc, (void)argv;
	if (from >= to || mmap((void *)from, to - from, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		abort();
	return pthread_atfork(NULL, NULL, in_child);
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t magic[] = {0x17, 0x08, 0x44, 't', 'r', 'a', 'c', 'i', 'n', 'g'};
	static struct fuzz_file file;

	if (size < sizeof(magic) || memcmp(data, magic, sizeof(magic)) != 0)
		return 0;
	import_case((struct nvt_import_options){.input = fuzz_file_set(&file, data, size)});
	return 0;
}

#ifdef FUZZ_COVERAGE
#pragma clang attribute pop
#endif
