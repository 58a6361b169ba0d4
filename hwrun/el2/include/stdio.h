/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NVSIM_EL2_STDIO_H
#define NVSIM_EL2_STDIO_H

#include <stdarg.h>
#include <stddef.h>

/* Without floating point and %n. */
__attribute__((format(printf, 3, 4))) int snprintf(char *to, size_t size, const char *format, ...);
__attribute__((format(printf, 3, 0))) int vsnprintf(char *to, size_t size, const char *f,
						    va_list given);

#endif
