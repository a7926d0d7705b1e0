/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first C code: makes this CPU's basic state, reads what the boot loader left, and goes on with
 * the start order in setup.c. Runs once, on the first CPU, on the boot stack, interrupts off.
 */
#include <hv/console.h>
#include <hv/lib.h>
#include <hv/param.h>
#include <hv/percpu.h>
#include <asm/boot.h>
#include <asm/desc.h>
#include <asm/memmap.h>
#include <hv/mm.h>
#include <asm/stack.h>

/* What boot.S leaves free at the stack's top. */
_Static_assert(sizeof(struct cpu_info) <= 512, "STACK_TOP_ROOM of boot.S");

__ro_after_init struct boot_info boot_info;
__ro_after_init struct boot_firmware boot_firmware;
enum system_state system_state;
__initdata maddr_t trampoline_maddr;

#define BOOT_MAP_END (1UL << 32) /* boot.S maps all below it */

/*
 * A module that lies in what the map does not call RAM is out of reach once the map is followed:
 * it is moved while all below 4 GiB is still mapped.
 */
static __init void move_module(struct boot_module *m)
{
    maddr_t old = m->start, end = _maddr(maddr_x(old) + m->size);

    if (memmap_all_ram(&memory_map, old, end)) {
        return;
    }
    m->start = maddr_x(end) > BOOT_MAP_END
                   ? _maddr(0)
                   : memmap_take_below(&memory_map, m->size, _maddr(BOOT_MAP_END));
    if (!maddr_x(m->start)) {
        printk(XENLOG_ERR "The module at %#lx-%#lx is not in RAM, and there is no place for it\n",
               maddr_x(old), maddr_x(end));
        m->size = 0;
        return;
    }
    printk(XENLOG_WARNING "The module at %#lx-%#lx is not in RAM: moved to %#lx\n", maddr_x(old),
           maddr_x(end), maddr_x(m->start));
    memcpy(maddr_to_virt(m->start), maddr_to_virt(old), m->size);
}

static __init void reserve_boot_memory(void)
{
    memmap_reserve(_maddr(0), _maddr(PAGE_SIZE));
    memmap_reserve(image_start_maddr, image_to_maddr(__image_end));
    for (unsigned int i = 0; i < boot_info.nr_modules; i++) {
        const struct boot_module *m = &boot_info.modules[i];

        memmap_reserve(m->start, _maddr(maddr_x(m->start) + m->size));
    }
    /* Other CPUs start in real mode, which sees 1 MiB. */
    trampoline_maddr = memmap_take_below(&memory_map, PAGE_SIZE, _maddr(LOW_MEMORY_END));
    memmap_reserve(_maddr(0), _maddr(LOW_MEMORY_END));
    for (unsigned int i = 0; i < boot_info.nr_modules; i++) {
        move_module(&boot_info.modules[i]);
    }
}

void __init boot_main(void)
{
    struct cpu_info *info = get_cpu_info();
    int rc;

    stack_guard_init();
    info->per_cpu_offset = (unsigned long)(__per_cpu_first - __per_cpu_start);
    per_cpu_offset[0] = info->per_cpu_offset;
    desc_early_init();

    rc = mb2_parse(maddr_to_virt(mb2_info_maddr), &boot_info, &memory_map, &boot_firmware);
    boot_info.dom0_cmdline = cmdline_split(boot_info.cmdline);
    cmdline_parse(boot_info.cmdline);
    console_early_init();
    if (rc) {
        panic("The boot loader gave no usable memory map\n");
    }
    reserve_boot_memory();
    hv_start();
}
