/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of start-up: what only start-up needed is given back or made read-only. Runs once, on the
 * first CPU, while domain 0 may already run on others; not itself part of what it gives back.
 */
#include <hv/arch/domain.h>
#include <hv/init.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <asm/boot.h>
#include <asm/entry.h>
#include <asm/hvmap.h>
#include <asm/memmap.h>
#include <asm/provoke.h>

/* A module's pages, if all of them are RAM of the heap's that nothing else starts or ends in. */
static unsigned long release_module(const struct boot_module *m)
{
    maddr_t end = _maddr(ROUNDUP(maddr_x(m->start) + m->size, PAGE_SIZE));

    if (!m->size || !IS_ALIGNED(maddr_x(m->start), PAGE_SIZE) ||
        maddr_x(m->start) < LOW_MEMORY_END || !memmap_all_ram(&memory_map, m->start, end)) {
        return 0;
    }
    heap_add_range(maddr_to_mfn(m->start), maddr_to_mfn(end));
    return maddr_x(end) - maddr_x(m->start);
}

void start_finish(void)
{
    unsigned long init = (unsigned long)(__init_end - __init_begin), modules = 0;

    system_state = SYS_active;
    image_seal();
    unmap_hv_pages((unsigned long)__init_begin, init / PAGE_SIZE);
    if (memmap_all_ram(&memory_map, image_to_maddr(__init_begin), image_to_maddr(__init_end))) {
        heap_add_range(maddr_to_mfn(image_to_maddr(__init_begin)),
                       maddr_to_mfn(image_to_maddr(__init_end)));
    }
    for (unsigned int i = 0; i < boot_info.nr_modules; i++) {
        modules += release_module(&boot_info.modules[i]);
    }
    printk(XENLOG_INFO "Given back: %lu KiB of start-up code, %lu KiB of modules\n", init >> 10,
           modules >> 10);
    provoke_start();
    reset_stack_and_call(idle_loop);
}
