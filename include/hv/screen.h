/* SPDX-License-Identifier: GPL-2.0-only */
/* The screen of the machine, in the mode in which the boot loader left it (drivers/char/screen.c).
 */
#ifndef HV_SCREEN_H
#define HV_SCREEN_H

#include <hv/init.h>

/* After console_early_init(), the memory map being known: finds the screen and, when console= names
 * it, prints on it. */
void screen_early_init(void) __init;

struct dom0_vga_console_info;
/* What dom0 has to know of it. False: there is no screen that it could use. */
bool screen_describe(struct dom0_vga_console_info *info) __init;

#endif
