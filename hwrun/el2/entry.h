/* SPDX-License-Identifier: GPL-2.0-only */
/* What assembly and C share about the way in. */
#ifndef NVSIM_EL2_ENTRY_H
#define NVSIM_EL2_ENTRY_H

/* How the image was entered. */
#define BOOT_ELF 1
#define BOOT_EFI 2
#define BOOT_EL3 4

#define LINKED_AT 0x40200000 /* as image.lds has it */

/* Register values (Arm ARM D19.2): RES1 bits, and nothing switched on. */
#define SCTLR_EL2_OFF  0x30c50830
#define SCTLR_EL1_OFF  0x30d00800
#define HCR_EL2_VALUE  (1 << 31 | 1 << 5) /* RW; AMO: SErrors come to EL2 */
#define CPTR_EL2_VALUE 0x33ff		  /* SVE and SME trap, floating point does not */
#define VTCR_EL2_RES1  (1 << 31)
#define MIDR_ARM       0x41
#define MIDR_A53       0xd03
#define MIDR_A57       0xd07
#define MIDR_A72       0xd08
#define MIDR_A73       0xd09
#define CPUECTLR_SMPEN (1 << 6)
#define AFFINITY       0xff00ffffff /* of MPIDR_EL1: Aff3 to Aff0; all 0: the CPU that boots */
#define SPSR_EL2H      0x3c9	    /* EL2 with its own stack pointer, all interrupts masked */
/*
 * NS, RES1, SMD, HCE, RW, APK, API: EL2 is AArch64, and SMC is undefined, since there is nobody
 * to answer one.
 */
#define SCR_EL3_VALUE 0x305b1

#endif
