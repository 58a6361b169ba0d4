/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef NVSIM_EL2_LIMITS_H
#define NVSIM_EL2_LIMITS_H

#define CHAR_BIT  8
#define INT_MAX	  __INT_MAX__
#define INT_MIN	  (-INT_MAX - 1)
#define UINT_MAX  (2u * INT_MAX + 1u)
#define LONG_MAX  __LONG_MAX__
#define LONG_MIN  (-LONG_MAX - 1l)
#define ULONG_MAX (2ul * LONG_MAX + 1ul)

#endif
