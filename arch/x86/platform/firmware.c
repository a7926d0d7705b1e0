/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * platform_op's part on what the firmware knows, the wall clock, and the hypervisor's symbols.
 *
 * The hypervisor is entered in protected mode by a boot loader and asks no BIOS: what only BIOS
 * calls tell (disks, the monitor's EDID) is not known here, and so is said to be absent. From UEFI
 * it starts after the boot services' end, and does not map the runtime services.
 */
#include <gen/platform_op-dispatch.h>
#include <hv/guest-access.h>
#include <hv/lib.h>
#include <hv/symbols.h>
#include <hv/time.h>
#include <asm/firmware.h>
#include <asm/mm.h>

/* The BIOS data area's byte of shift keys and locks. */
#define BDA_KBD_FLAGS 0x417

int platform_op_settime64(struct xen_platform_op *op)
{
    const struct xenpf_settime64 *t = &op->u.settime64;

    if (t->mbz) {
        return -EINVAL;
    }
    time_set_wallclock(t->secs, t->nsecs, t->system_time);
    return 0;
}

int platform_op_settime32(struct xen_platform_op *op)
{
    const struct xenpf_settime32 *t = &op->u.settime32;

    time_set_wallclock(t->secs, t->nsecs, t->system_time);
    return 0;
}

static int keyboard_flags(struct xenpf_firmware_info *info)
{
    if (info->index || boot_firmware.efi) {
        return -ESRCH;
    }
    info->u.kbd_shift_flags = *(const volatile uint8_t *)maddr_to_virt(_maddr(BDA_KBD_FLAGS));
    return 0;
}

int platform_op_firmware_info(struct xen_platform_op *op)
{
    struct xenpf_firmware_info *info = &op->u.firmware_info;

    switch (info->type) {
    case XEN_FW_DISK_INFO:
    case XEN_FW_DISK_MBR_SIGNATURE:
    case XEN_FW_VBEDDC_INFO:
        return -ESRCH;
    case XEN_FW_EFI_INFO:
        return -ENOSYS;
    case XEN_FW_KBD_SHIFT_FLAGS:
        return keyboard_flags(info);
    default:
        return -EINVAL;
    }
}

/* The end is told by a symbol without a name, with the number that was asked for. */
int platform_op_get_symbol(struct xen_platform_op *op)
{
    struct xenpf_symdata *s = &op->u.symdata;
    unsigned long address = 0;
    const char *name;
    uint32_t length;

    if (s->symnum > symbols_number()) {
        return -ERANGE;
    }
    name = symbols_nth(s->symnum, &address);
    length = name ? (uint32_t)strlen(name) + 1 : 1;
    if (copy_to_guest_any(guest_handle(s->name), name ? name : "", min(length, s->namelen))) {
        return -EFAULT;
    }
    s->namelen = length;
    s->address = address;
    s->type = name ? 'T' : '\0';
    s->symnum += name ? 1 : 0;
    return 0;
}
