/* SPDX-License-Identifier: GPL-2.0-only */
/* Failing on purpose: option crash, in debug builds only. */
#ifndef ASM_PROVOKE_H
#define ASM_PROVOKE_H

#ifdef CONFIG_DEBUG
/* Once start-up is over: what crash= asks for happens soon, on the CPU that it names. */
void provoke_start(void);
#else
static inline void provoke_start(void)
{
}
#endif

#endif
