/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ways to end: the emulator's exit port for dom0, SCHEDOP_shutdown for everyone, and panic.
 */
#ifndef GUEST_SHUTDOWN_H
#define GUEST_SHUTDOWN_H

/* QEMU's isa-debug-exit device: the emulator ends with (status << 1) | 1. */
#define SHUTDOWN_EXIT_PORT 0xf4

__attribute__((noreturn)) void guest_shutdown(unsigned int reason);

/*
 * dom0 leaves the emulator through the exit port where there is one, else shuts down. With the word
 * "stay" on its command line it idles, so that whoever reads its console can end the run.
 */
__attribute__((noreturn)) void guest_exit(int status);

__attribute__((noreturn, format(printf, 1, 2))) void guest_panic(const char *fmt, ...);

#endif
