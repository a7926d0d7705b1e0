/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vCPUs: made once, under the domain's control lock, published with release, freed with the domain.
 * And the memory that a vCPU shares with its guest: vcpu_info in shared_info, or in a frame that it
 * named.
 */
#include <hv/arch/domain.h>
#include <hv/arch/guest-frame.h>
#include <hv/nospec.h>
#include "private.h"

/* What vCPUs beyond those in shared_info have until they register their own: always masked. */
static struct vcpu_info no_vcpu_info = { .evtchn_upcall_mask = 1 };

static void vcpu_info_default(struct vcpu *v)
{
    struct domain *d = v->domain;

    v->vcpu_info = v->vcpu_id < XEN_LEGACY_MAX_VCPUS && d->shared_info
                       ? &d->shared_info->vcpu_info[v->vcpu_id]
                       : &no_vcpu_info;
    v->vcpu_info_mfn = INVALID_MFN;
}

bool vcpu_has_info(const struct vcpu *v)
{
    return READ_ONCE(v->vcpu_info) != &no_vcpu_info;
}

struct vcpu *vcpu_create(struct domain *d, unsigned int vcpu_id)
{
    struct vcpu *v;

    if (vcpu_id >= d->max_vcpus || d->vcpu[vcpu_id]) {
        return NULL;
    }
    v = xzalloc(struct vcpu);
    if (!v) {
        return NULL;
    }
    v->domain = d;
    v->vcpu_id = vcpu_id;
    v->pause_flags = BIT(VPF_down);
    vcpu_info_default(v);
    evtchn_vcpu_init(v);
    if (sched_init_vcpu(v)) {
        goto free;
    }
    vcpu_timers_init(v);
    if (arch_vcpu_create(v)) {
        goto destroy_sched;
    }
    smp_store_release(&d->vcpu[vcpu_id], v);
    evtchn_vcpu_created(v);
    return v;

destroy_sched:
    vcpu_timers_kill(v);
    sched_destroy_vcpu(v);
free:
    xfree(v);
    return NULL;
}

/* The domain is dead and nobody can find it any more. */
void vcpu_destroy(struct vcpu *v)
{
    vcpu_timers_kill(v);
    sched_destroy_vcpu(v);
    evtchn_vcpu_destroy(v);
    arch_vcpu_destroy(v);
    v->domain->vcpu[v->vcpu_id] = NULL;
    xfree(v);
}

/*
 * Moves v's vcpu_info to `offset` of the guest's frame, contents included. Once a vCPU. The caller
 * holds the domain's control lock; v is current or not up.
 */
int vcpu_info_register(struct vcpu *v, gfn_t gfn, uint32_t offset)
{
    struct vcpu_info *fresh;
    struct page_info *pg;
    void *va;
    int rc;

    if (offset > PAGE_SIZE - sizeof(*fresh) || offset % __alignof__(struct vcpu_info)) {
        return -ENXIO;
    }
    if (!mfn_eq(v->vcpu_info_mfn, INVALID_MFN)) {
        return -EINVAL;
    }
    if (v != current && !test_bit(VPF_down, &v->pause_flags)) {
        return -EINVAL;
    }
    rc = map_guest_frame(v->domain, gfn, &pg, &va);
    if (rc) {
        return rc;
    }
    fresh = (struct vcpu_info *)((char *)va + offset);
    if (v->vcpu_info == &no_vcpu_info) {
        memset(fresh, 0, sizeof(*fresh));
        fresh->evtchn_upcall_mask = 1;
    } else {
        memcpy(fresh, v->vcpu_info, sizeof(*fresh));
    }
    v->vcpu_info_mfn = page_to_mfn(pg);
    smp_store_release(&v->vcpu_info, fresh);
    /* Events may have gone to the old place meanwhile: the guest looks at everything. */
    fresh->evtchn_pending_sel = ~0UL;
    vcpu_mark_events_pending(v);
    time_update_vcpu(v, true);
    return 0;
}

void vcpu_info_reset(struct vcpu *v)
{
    mfn_t mfn = v->vcpu_info_mfn;

    if (mfn_eq(mfn, INVALID_MFN)) {
        return;
    }
    vcpu_info_default(v);
    unmap_guest_frame(mfn_to_page(mfn));
}
