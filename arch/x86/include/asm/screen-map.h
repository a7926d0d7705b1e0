/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the hypervisor sees the screen: arch/x86/boot/screen-map.c. */
#ifndef ASM_SCREEN_MAP_H
#define ASM_SCREEN_MAP_H

#include <hv/frame.h>
#include <hv/init.h>

/* Maps a frame buffer for good, write-combining. NULL: it is larger than the window, or no address
 * of this CPU's. Once, on the first CPU, from the first line of C on. */
void *screen_map(maddr_t ma, uint64_t size) __init;

#endif
