/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fake architecture: the operations whose handlers are the machine's own. It has none of them, and
 * says so; a test that wants more defines the handler itself.
 */
#include <gen/callback_op-dispatch.h>
#include <gen/hypercall-dispatch.h>
#include <gen/memory_op-dispatch.h>
#include <gen/nmi_op-dispatch.h>
#include <gen/physdev_op-dispatch.h>
#include <gen/platform_op-dispatch.h>
#include <hv/errno.h>

long callback_op_register(struct callback_register *arg)
{
    return -ENOSYS;
}

long callback_op_unregister(struct callback_unregister *arg)
{
    return -ENOSYS;
}

long do_arch_0(guest_ptr_t arg)
{
    return -ENOSYS;
}

long do_fpu_taskswitch(int set)
{
    return -ENOSYS;
}

long do_get_debugreg(int reg)
{
    return -ENOSYS;
}

long do_iret(void)
{
    return -ENOSYS;
}

long do_mmu_update(guest_ptr_t ureqs, unsigned int count, guest_ptr_t pdone,
                   unsigned int foreigndom)
{
    return -ENOSYS;
}

long do_mmuext_op(guest_ptr_t uops, unsigned int count, guest_ptr_t pdone, unsigned int foreigndom)
{
    return -ENOSYS;
}

long do_set_callbacks(unsigned long event_address, unsigned long failsafe_address,
                      unsigned long syscall_address)
{
    return -ENOSYS;
}

long do_set_debugreg(int reg, unsigned long value)
{
    return -ENOSYS;
}

long do_set_gdt(guest_ptr_t frame_list, unsigned int entries)
{
    return -ENOSYS;
}

long do_set_segment_base(unsigned int which, unsigned long base)
{
    return -ENOSYS;
}

long do_set_trap_table(guest_ptr_t traps)
{
    return -ENOSYS;
}

long do_stack_switch(unsigned long ss, unsigned long esp)
{
    return -ENOSYS;
}

long do_update_descriptor(uint64_t gaddr, uint64_t desc)
{
    return -ENOSYS;
}

long do_update_va_mapping(unsigned long va, uint64_t val, unsigned long flags)
{
    return -ENOSYS;
}

long do_update_va_mapping_otherdomain(unsigned long va, uint64_t val, unsigned long flags,
                                      domid_t domid)
{
    return -ENOSYS;
}

long memory_op_machine_memory_map(struct xen_memory_map *arg)
{
    return -ENOSYS;
}

long memory_op_machphys_mapping(struct xen_machphys_mapping *arg)
{
    return -ENOSYS;
}

long memory_op_machphys_mfn_list(struct xen_machphys_mfn_list *arg)
{
    return -ENOSYS;
}

long memory_op_memory_map(struct xen_memory_map *arg)
{
    return -ENOSYS;
}

long memory_op_set_memory_map(struct domain *d, struct xen_foreign_memory_map *arg)
{
    return -ENOSYS;
}

long nmi_op_register_callback(struct xennmi_callback *arg)
{
    return -ENOSYS;
}

long nmi_op_unregister_callback(void)
{
    return -ENOSYS;
}

long physdev_op_irq_status_query(struct physdev_irq_status_query *arg)
{
    return -ENOSYS;
}

long physdev_op_eoi(struct physdev_eoi *arg)
{
    return -ENOSYS;
}

long physdev_op_map_pirq(struct domain *d, struct physdev_map_pirq *arg)
{
    return -ENOSYS;
}

long physdev_op_unmap_pirq(struct domain *d, struct physdev_unmap_pirq *arg)
{
    return -ENOSYS;
}

long physdev_op_pirq_eoi_gmfn_v1(struct physdev_pirq_eoi_gmfn *arg)
{
    return -ENOSYS;
}

long physdev_op_pirq_eoi_gmfn_v2(struct physdev_pirq_eoi_gmfn *arg)
{
    return -ENOSYS;
}

long physdev_op_setup_gsi(struct physdev_setup_gsi *arg)
{
    return -ENOSYS;
}

long physdev_op_get_free_pirq(struct physdev_get_free_pirq *arg)
{
    return -ENOSYS;
}

long physdev_op_alloc_irq_vector(struct physdev_irq *arg)
{
    return -ENOSYS;
}

long physdev_op_apic_read(struct physdev_apic *arg)
{
    return -ENOSYS;
}

long physdev_op_set_iobitmap(struct physdev_set_iobitmap *arg)
{
    return -ENOSYS;
}

long physdev_op_set_iopl(struct physdev_set_iopl *arg)
{
    return -ENOSYS;
}

long memory_op_add_to_physmap(struct domain *d, struct xen_add_to_physmap *arg)
{
    return -ENOSYS;
}

long memory_op_remove_from_physmap(struct domain *d, struct xen_remove_from_physmap *arg)
{
    return -ENOSYS;
}

long physdev_op_pci_device_add(guest_ptr_t arg)
{
    return -ENOSYS;
}

long physdev_op_manage_pci_add(struct physdev_manage_pci *arg)
{
    return -ENOSYS;
}

long physdev_op_manage_pci_remove(struct physdev_manage_pci *arg)
{
    return -ENOSYS;
}

long physdev_op_manage_pci_add_ext(struct physdev_manage_pci_ext *arg)
{
    return -ENOSYS;
}

long physdev_op_restore_msi(struct physdev_restore_msi *arg)
{
    return -ENOSYS;
}

long physdev_op_pci_mmcfg_reserved(struct physdev_pci_mmcfg_reserved *arg)
{
    return -ENOSYS;
}

long physdev_op_pci_device_remove(struct physdev_pci_device *arg)
{
    return -ENOSYS;
}

long physdev_op_restore_msi_ext(struct physdev_pci_device *arg)
{
    return -ENOSYS;
}

long physdev_op_dbgp_op(struct physdev_dbgp_op *arg)
{
    return -ENOSYS;
}

long physdev_op_prepare_msix(struct physdev_pci_device *arg)
{
    return -ENOSYS;
}

long physdev_op_release_msix(struct physdev_pci_device *arg)
{
    return -ENOSYS;
}

#define NOT_HERE(name)                                                                             \
    int platform_op_##name(struct xen_platform_op *op)                                             \
    {                                                                                              \
        return -ENOSYS;                                                                            \
    }
PLATFORM_OP_BUILT(NOT_HERE)
