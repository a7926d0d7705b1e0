/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a CPU needs against speculation, from what it says of itself. No state; host unit tests ask
 * it for CPUs that no machine here has.
 *
 * Buffers that VERW overwrites leak by several errata, and a CPU may be free of one and have
 * another: MDS, TAA (with RTM), MMIO stale data, RFDS (Intel, "Processor MMIO stale data
 * vulnerabilities", "Register file data sampling"), on AMD TSA. Where microcode does not say that
 * VERW does something (MD_CLEAR, FB_CLEAR, RFDS_CLEAR, VERW_CLEAR) it does nothing.
 */
#include <asm/msr.h>
#include <asm/spec-choice.h>

#define ARCH_CAP_MMIO_NO (ARCH_CAP_SBDR_SSDP_NO | ARCH_CAP_FBSDP_NO | ARCH_CAP_PSDP_NO)

static bool choose(int option, bool needed, bool possible)
{
    return possible && (option < 0 ? needed : option);
}

/*
 * CPUs that say FB_CLEAR or RFDS_CLEAR are those that have the erratum, unless they say they have
 * not; of MDS and TAA any Intel CPU is suspected.
 */
static bool intel_leaks(const struct spec_cpu *cpu)
{
    uint64_t caps = cpu->arch_caps;
    bool mds = !(caps & ARCH_CAP_MDS_NO);
    bool taa = cpu->rtm && !(caps & ARCH_CAP_TAA_NO);
    bool mmio = (caps & ARCH_CAP_FB_CLEAR) && (caps & ARCH_CAP_MMIO_NO) != ARCH_CAP_MMIO_NO;
    bool rfds = (caps & ARCH_CAP_RFDS_CLEAR) && !(caps & ARCH_CAP_RFDS_NO);

    return mds || taa || mmio || rfds;
}

static bool amd_leaks(const struct spec_cpu *cpu)
{
    return cpu->verw_clear && !(cpu->tsa_sq_no && cpu->tsa_l1_no);
}

struct spec_choice spec_choose(const struct spec_cpu *cpu, const struct spec_options *options)
{
    uint64_t caps = cpu->arch_caps;
    struct spec_choice c = {
        .meltdown = cpu->intel && !(caps & ARCH_CAP_RDCL_NO),
        .leaks_buffers = cpu->intel ? intel_leaks(cpu) : amd_leaks(cpu),
        .verw_clears = cpu->md_clear || cpu->verw_clear ||
                       (caps & (ARCH_CAP_FB_CLEAR | ARCH_CAP_RFDS_CLEAR)),
    };

    c.verw = choose(options->verw, c.leaks_buffers, c.verw_clears);
    c.ibpb = choose(options->ibpb, true, cpu->ibrsb || cpu->ibpb);
    c.ibrs = choose(options->ibrs, true, cpu->ibrsb && (caps & ARCH_CAP_IBRS_ALL));
    /*
     * The return stack of a guest holds addresses of its own pages, which are user pages: with SMEP
     * no return of the hypervisor's is predicted into them. Another vCPU's returns may be; a
     * barrier does not clear the return stack on each CPU (AMD: without IBPB_RET).
     */
    c.rsb_on_entry = choose(options->rsb, !cpu->smep, true);
    c.rsb_on_switch = choose(options->rsb, c.ibpb || c.rsb_on_entry, true);
    return c;
}
