/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NVSIM_EL2_INTTYPES_H
#define NVSIM_EL2_INTTYPES_H

#include <stdint.h>

#define PRId64 "ld"
#define PRIi64 "li"
#define PRIu64 "lu"
#define PRIx64 "lx"
#define PRIX64 "lX"
#define PRIo64 "lo"

#endif
