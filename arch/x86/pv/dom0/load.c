/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Filling dom0's memory: kernel, initrd, p2m, start_info. Written through the direct map, before
 * the domain has a mapping of its own. Start-up, one CPU.
 */
#include <hv/lib.h>
#include <hv/screen.h>
#include <asm/boot.h>
#include <asm/hypercall-page.h>

#include "build.h"

/* Bytes to consecutive pfns; src NULL: zeroes. */
static void __init put_bytes(struct dom0 *b, unsigned long pa, const void *src, unsigned long len)
{
    while (len) {
        unsigned long in_page = pa & ~PAGE_MASK, n = min(len, PAGE_SIZE - in_page);
        char *to = (char *)pfn_to_virt(b, pa >> PAGE_SHIFT) + in_page;

        if (src) {
            memcpy(to, src, n);
            src = (const char *)src + n;
        } else {
            memset(to, 0, n);
        }
        pa += n;
        len -= n;
    }
}

static unsigned long __init pa_of(const struct dom0 *b, unsigned long va)
{
    return va - b->v_start;
}

static void __init load_kernel(struct dom0 *b)
{
    const struct elf_kernel *k = &b->k;

    for (unsigned int i = 0; i < k->nr_segments; i++) {
        const struct elf_segment *s = &k->segments[i];
        unsigned long pa = s->paddr - k->paddr_offset;

        put_bytes(b, pa, k->image + s->offset, s->filesz);
        put_bytes(b, pa + s->filesz, NULL, s->memsz - s->filesz);
    }
    if (k->hypercall_page != ELF_NOT_GIVEN) {
        hypercall_page_fill(pfn_to_virt(b, pa_of(b, k->hypercall_page) >> PAGE_SHIFT));
    }
}

/* GRUB 2 gives arguments alone, other loaders the file's name first. */
static const char *__init arguments(const struct boot_module *m)
{
    const char *s = m->cmdline ? m->cmdline : "";

    if (boot_info.loader && strstr(boot_info.loader, "GRUB 2")) {
        return s;
    }
    while (*s && *s != ' ') {
        s++;
    }
    while (*s == ' ') {
        s++;
    }
    return s;
}

/*
 * The kernel's arguments: its module's, and what follows "--" on the hypervisor's line. Booted by
 * UEFI there is no BIOS area in which a PV kernel could find ACPI's root pointer, and no UEFI for
 * it: its address is said there, unless somebody has said it.
 */
static void __init put_cmdline(char *to, size_t size, const char *args)
{
    const char *more = boot_info.dom0_cmdline ? boot_info.dom0_cmdline : "";
    size_t len = (size_t)snprintf(to, size, "%s%s%s", args, *args && *more ? " " : "", more);
    maddr_t rsdp = boot_firmware.efi ? efi_find_rsdp(boot_firmware.efi_systab) : _maddr(0);

    if (len < size && maddr_x(rsdp) && !strstr(to, "acpi_rsdp=")) {
        len += (size_t)snprintf(to + len, size - len, " acpi_rsdp=%#lx", maddr_x(rsdp));
    }
    if (len >= size) {
        printk(XENLOG_WARNING "dom0's command line is cut to %u characters\n",
               (unsigned int)size - 1);
    }
}

static void __init put_start_info(struct dom0 *b)
{
    struct {
        struct start_info si;
        struct dom0_vga_console_info vga;
    } *info = pfn_to_virt(b, pa_of(b, b->v_info) >> PAGE_SHIFT);
    struct start_info *si = &info->si;

    memset(info, 0, PAGE_SIZE);
    snprintf(si->magic, sizeof(si->magic), "xen-3.0-x86_64");
    si->nr_pages = b->nr_pages;
    si->shared_info = maddr_x(virt_to_maddr(b->d->shared_info));
    si->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
    si->pt_base = b->v_tables;
    si->nr_pt_frames = b->tables.used;
    si->mfn_list = b->v_p2m;
    if (b->k.init_p2m != ELF_NOT_GIVEN) {
        si->mfn_list = b->k.init_p2m;
        si->first_p2m_pfn = b->p2m_tables.first;
        si->nr_p2m_frames = b->p2m_tables.nr + b->p2m_pages;
    }
    if (b->initrd) {
        si->mod_len = b->initrd->size;
        si->mod_start = b->v_initrd;
        if (b->k.mod_start_pfn) {
            si->mod_start = b->initrd_pfn;
            si->flags |= SIF_MOD_START_PFN;
        }
    }
    if (screen_describe(&info->vga)) {
        si->console.dom0.info_off = offsetof(__typeof__(*info), vga);
        si->console.dom0.info_size = sizeof(info->vga);
    }
    put_cmdline((char *)si->cmd_line, sizeof(si->cmd_line), arguments(b->kernel));
}

/* A kernel wants no event before it asks for events; for other domains their builder sees to it. */
static void __init mask_events(struct domain *d)
{
    for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++) {
        d->shared_info->vcpu_info[i].evtchn_upcall_mask = 1;
    }
}

void __init dom0_load(struct dom0 *b)
{
    unsigned long p2m_end = (b->p2m_pfn + b->p2m_pages) << PAGE_SHIFT;
    unsigned long p2m = b->p2m_pfn << PAGE_SHIFT;

    mask_events(b->d);
    load_kernel(b);
    if (b->initrd && !b->initrd_pages) {
        put_bytes(b, b->initrd_pfn << PAGE_SHIFT, maddr_to_virt(b->initrd->start), b->initrd->size);
    }
    put_bytes(b, p2m, b->mfns, b->nr_pages * sizeof(*b->mfns));
    p2m += b->nr_pages * sizeof(*b->mfns);
    /* Past the end: no frame. */
    for (; p2m < p2m_end; p2m += sizeof(uint64_t)) {
        uint64_t none = ~0UL;

        put_bytes(b, p2m, &none, sizeof(none));
    }
    put_start_info(b);
    put_bytes(b, pa_of(b, b->v_stack), NULL, PAGE_SIZE);
}
