/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When upcalls come: at once, and no vCPU is kept from running by its own.
 */
#define SUITE "upcalls"
#include "test.h"

#include <guest/trap.h>

#define MANY 20000

/* How often the handler below was entered, and how often it still is to leave with an event
 * pending. */
volatile unsigned long upcalls_taken, upcalls_owed;
/* The vCPU's upcall_pending. */
volatile uint8_t *upcalls_pending;
void upcalls_entry(void);

/* Frame from the hypervisor: rcx, r11, rip, cs, rflags, rsp, ss. */
__asm__(".text\n"
        "upcalls_entry:\n"
        "    incq upcalls_taken(%rip)\n"
        "    decq upcalls_owed(%rip)\n"
        "    jns 1f\n"
        "    push %rax\n"
        "    mov upcalls_pending(%rip), %rax\n"
        "    movb $0, (%rax)\n"
        "    pop %rax\n"
        "1:  pop %rcx\n"
        "    pop %r11\n"
        "    push $0\n"
        "    jmp hypercall_page + 23 * 32\n"); /* HYPERVISOR_iret */

static long use_handler(void (*entry)(void))
{
    struct callback_register reg = { .type = CALLBACKTYPE_event, .address = (unsigned long)entry };

    return hv_callback_op(CALLBACKOP_register, &reg);
}

static void count(evtchn_port_t port, void *arg)
{
    (void)port;
    *(volatile unsigned long *)arg += 1;
}

/* However many have come before at the same place. */
TEST(at_once)
{
    static volatile unsigned long hits;
    evtchn_port_t port;

    REQUIRE_EQ(event_bind_ipi(0, &port), 0);
    event_set_handler(port, count, (void *)&hits);
    REQUIRE_EQ(event_unmask(port), 0);
    for (unsigned long i = 1; i <= 5000; i++) {
        REQUIRE_EQ(event_send(port), 0);
        REQUIRE_EQ(hits, i);
    }
    EXPECT_EQ(event_close(port), 0);
}

/*
 * A handler that leaves with an event pending each time, as when it sends itself one: what it
 * interrupted goes on some time, and is then interrupted for the event that is left.
 */
TEST(interrupted_code_goes_on)
{
    unsigned long at_first, end;

    upcalls_pending = &this_cpu()->info->evtchn_upcall_pending;
    upcalls_taken = 0;
    upcalls_owed = MANY;
    REQUIRE_EQ(use_handler(upcalls_entry), 0);
    *upcalls_pending = 1;
    hv_xen_version(XENVER_version, NULL);
    at_first = upcalls_taken;
    end = cpu_rdtsc() + 1000000000ul;
    while (upcalls_taken == at_first && cpu_rdtsc() < end) {
    }
    EXPECT(upcalls_taken > at_first || at_first > MANY);
    while (*upcalls_pending) {
        hv_xen_version(XENVER_version, NULL);
    }
    REQUIRE_EQ(use_handler(entry_event), 0);
    EXPECT_EQ(upcalls_taken, MANY + 1);
    EXPECT(at_first > 0 && at_first < MANY);
}
