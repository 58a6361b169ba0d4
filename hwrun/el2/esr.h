/* SPDX-License-Identifier: GPL-2.0-only */
/* The syndrome of an exception (Arm ARM D24.2.40). */
#ifndef NVSIM_EL2_ESR_H
#define NVSIM_EL2_ESR_H

#define ESR_EC(esr)	     ((unsigned int)((esr) >> 26 & 0x3f))
#define EC_IABT		     0x20u
#define EC_DABT		     0x24u
#define EC_BRK		     0x3cu
#define ESR_ISV		     (1ull << 24)
#define ESR_SAS(esr)	     ((unsigned int)((esr) >> 22 & 3))
#define ESR_CM		     (1ull << 8)
#define ESR_S1PTW	     (1ull << 7)
#define ESR_WNR		     (1ull << 6)
#define ESR_FSC		     0x3full
#define ESR_TRANSLATION(fsc) (((fsc)&0x3c) == 0x04)
#define ESR_PERMISSION(fsc)  (((fsc)&0x3c) == 0x0c)

#endif
