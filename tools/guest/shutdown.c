/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ways to end a kernel. Nothing here returns.
 */
#include <stdarg.h>
#include <guest/shutdown.h>
#include <guest/cmdline.h>
#include <guest/console.h>
#include <guest/hypercall.h>
#include <guest/start.h>
#include <guest/trap.h>

void guest_shutdown(unsigned int reason)
{
    struct sched_shutdown shutdown = { .reason = reason };

    for (;;) {
        hv_sched_op(SCHEDOP_shutdown, &shutdown);
    }
}

static void exit_port_write(void *arg)
{
    unsigned int status = *(unsigned int *)arg;

    __asm__ volatile("outl %0, %w1" : : "a"(status), "Nd"(SHUTDOWN_EXIT_PORT));
}

static void __attribute__((noreturn)) stay(void)
{
    for (;;) {
        hv_sched_op(SCHEDOP_block, NULL);
    }
}

void guest_exit(int status)
{
    if (guest_is_dom0() && cmdline_has("stay")) {
        stay();
    }
    if (guest_is_dom0()) {
        struct physdev_set_iopl iopl = { .iopl = 1 };
        unsigned int value = (unsigned int)status;
        struct trap_catch caught;

        console_drain();
        if (hv_physdev_op(PHYSDEVOP_set_iopl, &iopl) == 0) {
            trap_call(&caught, exit_port_write, &value);
        }
    }
    guest_shutdown(status == 0 ? SHUTDOWN_poweroff : SHUTDOWN_crash);
}

void guest_panic(const char *fmt, ...)
{
    va_list ap;

    printf("PANIC: ");
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    printf("\n");
    guest_exit(125);
}
