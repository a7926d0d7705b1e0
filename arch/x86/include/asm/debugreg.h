/* SPDX-License-Identifier: GPL-2.0-only */
/* Debug registers: bits of DR6 and DR7 (SDM vol. 3B 18.2.3 and .4). */
#ifndef ASM_DEBUGREG_H
#define ASM_DEBUGREG_H

#define DR_ADDR_REGS 4

#define DR6_RESET       0xffff0ff0UL /* bits that read as one, until an event clears one */
#define DR6_ZERO        (1UL << 12)
#define DR6_MATCHES     0xfUL /* B0 to B3 */
#define DR6_SINGLE_STEP (1UL << 14)

#define DR7_RESET   0x400UL
#define DR7_ZERO    0xdc00UL
#define DR7_GD      0x2000UL
#define DR7_ENABLED 0xffUL

#endif
