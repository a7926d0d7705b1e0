/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * platform_op's part on processor power: the tables of C- and P-states that the hardware domain
 * reads from ACPI. Idle CPUs are halted and frequencies are left to the hardware, so the tables are
 * checked and then not used; that they were offered is all that is kept.
 */
#include <gen/platform_op-dispatch.h>
#include <hv/acpi.h>
#include <hv/guest-access.h>
#include <hv/lib.h>

/* Of a _PDC word (Intel's processor vendor-specific ACPI, table 1). */
#define PDC_REVISION   1U
#define PDC_C1_HALT    0x0002U
#define PDC_T_FFH      0x0004U
#define PDC_SMP_C1PT   0x0008U
#define PDC_SMP_T_SW   0x0080U
#define PDC_HYPERVISOR (PDC_C1_HALT | PDC_SMP_C1PT)
#define PDC_DOMAIN     (PDC_T_FFH | PDC_SMP_T_SW)
#define PDC_EVERY_CPU  0xffffffffU

/* Generic address spaces of a performance register. */
#define SPACE_IO    1U
#define SPACE_FIXED 127U

static bool known_cpu(uint32_t acpi_id)
{
    for (unsigned int i = 0; i < acpi_info.nr_cpus; i++) {
        if (acpi_info.cpus[i].acpi_id == acpi_id && acpi_info.cpus[i].enabled) {
            return true;
        }
    }
    return false;
}

/*
 * The word of capabilities that the domain is about to give to firmware, for one CPU or for every
 * one: throttling is the domain's to say, the rest the hypervisor's, and what nobody knows is not
 * promised.
 */
static int negotiate_pdc(const struct xenpf_set_processor_pminfo *info)
{
    guest_ptr_t words = guest_handle(info->u.pdc);
    uint32_t pdc[3];

    if (copy_from_guest(pdc, words, sizeof(pdc))) {
        return -EFAULT;
    }
    if ((info->id != PDC_EVERY_CPU && !known_cpu(info->id)) || pdc[0] != PDC_REVISION || !pdc[1]) {
        return -EINVAL;
    }
    pdc[2] = (pdc[2] & PDC_DOMAIN) | PDC_HYPERVISOR;
    return copy_to_guest_elem(words, 2, &pdc[2]) ? -EFAULT : 0;
}

static bool register_ok(const struct xen_pct_register *r)
{
    return r->space_id == SPACE_IO || r->space_id == SPACE_FIXED;
}

static int check_performance(const struct xen_processor_performance *p)
{
    if (p->flags & XEN_PX_PCT &&
        (!register_ok(&p->control_register) || !register_ok(&p->status_register))) {
        return -EINVAL;
    }
    if (p->flags & XEN_PX_PSS && !p->state_count) {
        return -EINVAL;
    }
    if (p->flags & XEN_PX_PSD && (p->shared_type < XEN_CPUPERF_SHARED_TYPE_HW ||
                                  p->shared_type > XEN_CPUPERF_SHARED_TYPE_ANY)) {
        return -EINVAL;
    }
    return 0;
}

int platform_op_set_processor_pminfo(struct xen_platform_op *op)
{
    const struct xenpf_set_processor_pminfo *info = &op->u.set_pminfo;

    switch (info->type) {
    case XEN_PM_CX:
        return known_cpu(info->id) ? 0 : -EINVAL;
    case XEN_PM_PX:
        return known_cpu(info->id) ? check_performance(&info->u.perf) : -EINVAL;
    case XEN_PM_TX:
        return -ENOSYS;
    case XEN_PM_PDC:
        return negotiate_pdc(info);
    default:
        return -EINVAL;
    }
}
