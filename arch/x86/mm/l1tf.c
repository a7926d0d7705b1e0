/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * L1 terminal fault: an affected CPU speculates through an entry that is not present to whatever
 * its address finds in the level-1 data cache. Domains that are checked may not write such an entry
 * with the address of RAM; one that does is crashed. SDM vol. 4, IA32_ARCH_CAPABILITIES.
 *
 * `pv-l1tf=BOOL`, `pv-l1tf=dom0=BOOL,domu=BOOL`: who is checked. Without it, on affected CPUs only,
 * all but the hardware domain, which can read memory anyway. No locks.
 */
#include <hv/domain.h>
#include <hv/param.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/processor.h>

#include "table.h"

static struct dom0_domu check = { -1, -1 };

int __init parse_dom0_domu(const char *s, struct dom0_domu *to)
{
    while (*s) {
        const char *comma = strchr(s, ','), *end = comma ? comma : s + strlen(s);
        int8_t *which = NULL;
        int on;

        if (!strncmp(s, "dom0=", 5)) {
            which = &to->dom0;
            s += 5;
        } else if (!strncmp(s, "domu=", 5)) {
            which = &to->domu;
            s += 5;
        }
        on = parse_bool(s, (size_t)(end - s));
        if (on < 0) {
            return -EINVAL;
        }
        if (which) {
            *which = (int8_t)on;
        } else {
            to->dom0 = to->domu = (int8_t)on;
        }
        s = comma ? comma + 1 : end;
    }
    return 0;
}

custom_param("pv-l1tf", parse_dom0_domu, check);

/* Intel's, unless it says that it is not: under another hypervisor too. */
static bool cpu_affected(void)
{
    struct cpuid_regs r = cpuid(0, 0);
    uint64_t caps = 0;

    if (r.ebx != 0x756e6547 || r.edx != 0x49656e69 || r.ecx != 0x6c65746e) {
        return false;
    }
    if (cpu_has(X86_FEATURE_ARCH_CAPS) && rdmsr_safe(MSR_ARCH_CAPABILITIES, &caps)) {
        caps = 0;
    }
    return !(caps & ARCH_CAP_RDCL_NO);
}

bool l1tf_check_domain(const struct domain *d)
{
    int8_t wanted = d->domain_id == 0 ? check.dom0 : check.domu;

    if (wanted >= 0) {
        return wanted;
    }
    return d->domain_id != 0 && cpu_affected();
}

bool l1tf_entry_refused(struct domain *d, pte_t pte)
{
    if (mfn_x(pte_mfn(pte)) >= max_page) {
        return false;
    }
    domain_crash(d, "a page-table entry that is not present names RAM (L1TF)");
    return true;
}
