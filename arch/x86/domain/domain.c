/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What x86 adds to a domain and to a vCPU: creation, destruction, and giving everything back at
 * death. Called by common/domain, which serialises creation and death of one domain.
 */
#include <hv/arch/domain.h>
#include <hv/domain.h>
#include <hv/lib.h>
#include <hv/rangeset.h>
#include <asm/cpu-policy.h>
#include <asm/cpufeature.h>
#include <asm/debugreg.h>
#include <asm/perdomain.h>
#include <asm/processor.h>
#include <asm/irq.h>
#include <asm/pv.h>
#include <asm/pv-mm.h>
#include <asm/state.h>
#include <asm/xstate.h>

/* CR0 and CR4 as a PV guest finds them. */
#define PV_CR0 (CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE)
#define PV_CR4 (CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT)

int arch_sanitise_domain_config(struct xen_domctl_createdomain *config)
{
    if (config->flags & XEN_DOMCTL_CDF_hvm) {
        return -EOPNOTSUPP;
    }
    /* Paging in hardware, and a log of what is to be restored after suspend to RAM. */
    if (config->flags & (XEN_DOMCTL_CDF_hap | XEN_DOMCTL_CDF_s3_integrity)) {
        return -EINVAL;
    }
    if (config->arch.emulation_flags) {
        return config->arch.emulation_flags & ~XEN_X86_EMU_ALL ? -EINVAL : -EOPNOTSUPP;
    }
    return config->arch.misc_flags & ~XEN_X86_MSR_RELAXED ? -EINVAL : 0;
}

int arch_domain_create(struct domain *d, const struct xen_domctl_createdomain *config)
{
    int rc = -ENOMEM;

    if (is_system_domain(d)) {
        return 0;
    }
    d->arch.msr_relaxed = config->arch.misc_flags & XEN_X86_MSR_RELAXED;
    d->arch.ioport_caps = rangeset_new("I/O ports");
    if (!d->arch.ioport_caps) {
        return -ENOMEM;
    }
    d->arch.cpu_policy = &pv_domain_policy;
    d->arch.tsc_incarnation = !d->is_hardware; /* times that it was set; tools set it first */
    d->shared_info = alloc_zeroed_page();
    if (!d->shared_info) {
        goto destroy_ports;
    }
    if (!share_xen_page_with_guest(virt_to_page(d->shared_info), d, true)) {
        BUG(); /* it is just being made */
    }
    rc = pirq_domain_init(d);
    if (rc) {
        goto free_shared_info;
    }
    rc = pv_perdomain_init(d);
    if (rc) {
        goto destroy_pirqs;
    }
    return 0;

destroy_pirqs:
    pirq_domain_destroy(d);
free_shared_info:
    put_page_alloc_ref(virt_to_page(d->shared_info));
    free_xenheap_page(d->shared_info);
    d->shared_info = NULL;
destroy_ports:
    rangeset_destroy(d->arch.ioport_caps);
    d->arch.ioport_caps = NULL;
    return rc;
}

void arch_domain_destroy(struct domain *d)
{
    if (is_system_domain(d)) {
        return;
    }
    pv_perdomain_destroy(d);
    pirq_domain_destroy(d);
    if (d->shared_info) {
        /* Still the domain's if it died before it lived. */
        put_page_alloc_ref(virt_to_page(d->shared_info));
        free_xenheap_page(d->shared_info);
    }
    rangeset_destroy(d->arch.ioport_caps);
    xfree(d->arch.own_cpu_policy);
    xfree(d->arch.pv.e820);
}

void arch_domain_creation_finished(struct domain *d)
{
}

int arch_vcpu_create(struct vcpu *v)
{
    struct pv_vcpu *pv = &v->arch.pv;
    int rc;

    v->arch.guest_table = v->arch.guest_table_user = _mfn(0);
    if (is_idle_vcpu(v)) {
        v->arch.cr3 = idle_cr3;
        return 0;
    }

    spin_lock_init(&pv->shadow_ldt_lock, RANK_VCPU_LDT);
    pv->ctrlreg[0] = PV_CR0;
    pv->ctrlreg[4] = PV_CR4;
    pv->dr[6] = DR6_RESET;
    pv->dr[7] = pv->dr7_cpu = DR7_RESET;
    v->arch.flags = TF_kernel_mode;
    /* Nothing has been loaded yet; if it ran it would run nowhere. */
    v->arch.cr3 = idle_cr3;

    rc = pv_perdomain_vcpu(v);
    if (rc) {
        return rc;
    }
    pv->trap_ctxt = alloc_zeroed_page();
    if (!pv->trap_ctxt) {
        return -ENOMEM;
    }
    rc = xstate_alloc(v);
    if (rc) {
        free_xenheap_page(pv->trap_ctxt);
        pv->trap_ctxt = NULL;
    }
    return rc;
}

void arch_vcpu_destroy(struct vcpu *v)
{
    if (is_idle_vcpu(v)) {
        return;
    }
    xstate_free(v);
    if (v->arch.pv.trap_ctxt) {
        free_xenheap_page(v->arch.pv.trap_ctxt);
    }
}

/* Stages of giving back; each may be preempted and is begun again where it stopped. */
enum { RELMEM_VCPUS, RELMEM_TABLES, RELMEM_DONE };

int domain_relinquish_resources(struct domain *d)
{
    struct vcpu *v;
    int rc;

    switch (d->arch.relmem) {
    case RELMEM_VCPUS:
        for_each_vcpu (d, v) {
            rc = arch_vcpu_reset(v);
            if (rc) {
                return rc;
            }
            (void)pv_unmap_ldt(v);
            pv_destroy_gdt(v);
        }
        pirq_domain_relinquish(d);
        d->arch.relmem = RELMEM_TABLES;
        /* fall through */
    case RELMEM_TABLES:
        rc = pv_relinquish_memory(d);
        if (rc) {
            return rc;
        }
        d->arch.relmem = RELMEM_DONE;
        /* fall through */
    default:
        return 0;
    }
}

bool arch_vcpu_events_masked(const struct vcpu *v)
{
    return READ_ONCE(v->vcpu_info->evtchn_upcall_mask);
}

bool arch_vcpu_in_kernel(const struct vcpu *v)
{
    return guest_kernel_mode(v);
}

unsigned long arch_vm_assist_valid_mask(const struct domain *d)
{
    return BIT(VMASST_TYPE_4gb_segments) | BIT(VMASST_TYPE_4gb_segments_notify) |
           BIT(VMASST_TYPE_writable_pagetables) | BIT(VMASST_TYPE_pae_extended_cr3) |
           BIT(VMASST_TYPE_architectural_iopl) | BIT(VMASST_TYPE_runstate_update_flag) |
           BIT(VMASST_TYPE_m2p_strict);
}

void arch_getdomaininfo(const struct domain *d, struct xen_domctl_getdomaininfo *info)
{
    info->arch_config = (struct xen_arch_domainconfig){
        .emulation_flags = d->arch.emulation_flags
    };
}
