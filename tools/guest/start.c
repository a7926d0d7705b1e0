/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Start of day: the order in which the runtime comes up, then guest_main().
 *
 * Runs once, on vCPU 0, from start.inc.S.
 */
#include <guest/start.h>
#include <guest/console.h>
#include <guest/cpu.h>
#include <guest/event.h>
#include <guest/hypercall.h>
#include <guest/mm.h>
#include <guest/shutdown.h>
#include <guest/smp.h>
#include <guest/trap.h>

struct start_info *guest_start_info;
struct shared_info *guest_shared_info;

/* An image page whose frame is replaced by the shared info frame. */
static uint8_t shared_info_page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

void hypercall_init(const unsigned long *p2m);
void guest_start_c(struct start_info *si, unsigned long boot_sp);
extern unsigned long mm_boot_stack;

static void map_shared_info(void)
{
    unsigned long va = (unsigned long)shared_info_page;

    if (hv_update_va_mapping(va, guest_start_info->shared_info | 7, UVMF_INVLPG)) {
        guest_shutdown(SHUTDOWN_crash);
    }
    guest_shared_info = (struct shared_info *)shared_info_page;
}

void guest_start_c(struct start_info *si, unsigned long boot_sp)
{
    guest_start_info = si;
    mm_boot_stack = boot_sp;
    hypercall_init((const unsigned long *)si->mfn_list);
    map_shared_info();
    smp_init_boot();
    trap_init();
    console_init();
    mm_init();
    event_init();
    events_unmask();
    guest_exit(guest_main());
}
