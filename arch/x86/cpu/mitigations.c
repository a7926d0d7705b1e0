/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is done about the CPU's errata: at start-up, when a CPU goes from one domain to another, and
 * on the way to a guest. The flags of struct cpu_info are zero on a CPU that needs nothing of the
 * last kind, and then the exit path does not come here.
 *
 * Not chosen here, since they are always there: retpolines for the hypervisor's own indirect
 * branches, scrubbed registers on entry, clamped indices. All choices are read-only after start-up.
 */
#include <hv/domain.h>
#include <hv/lib.h>
#include <hv/param.h>
#include <hv/percpu.h>
#include <asm/cpufeature.h>
#include <asm/mitigations.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/pv.h>
#include <asm/xpti.h>

bool mitigation_ibpb __ro_after_init;
static bool use_verw __ro_after_init;
static bool use_ibrs __ro_after_init; /* the kind that stays on */

/* Each -1: as the CPU needs it. */
static int opt_ibpb __initdata = -1;
static int opt_verw __initdata = -1;
static int opt_ibrs __initdata = -1;

/* The domain that last ran here: its id, or DOMID_INVALID. */
static DEFINE_PER_CPU(domid_t, last_domain) = DOMID_INVALID;

static __init int spec_ctrl_word(const char *word, size_t len)
{
    static const struct {
        const char *name;
        int *var;
    } words[] = { { "ibpb", &opt_ibpb }, { "md-clear", &opt_verw }, { "ibrs", &opt_ibrs } };
    int all = parse_bool(word, len);

    if (len && all >= 0) {
        opt_ibpb = opt_verw = opt_ibrs = all;
        return 0;
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(words); i++) {
        size_t n = strlen(words[i].name);
        int value;

        if (len < n || strncmp(word, words[i].name, n) || (len > n && word[n] != '=')) {
            continue;
        }
        value = len > n ? parse_bool(word + n + 1, len - n - 1) : 1;
        if (value < 0) {
            return value;
        }
        *words[i].var = value;
        return 0;
    }
    return -EINVAL;
}

/* spec-ctrl=no, or a list of names with values. What is unknown leaves the rest in force. */
static __init int parse_spec_ctrl(const char *val)
{
    int bad = 0;

    while (*val) {
        const char *comma = strchr(val, ',');
        size_t len = comma ? (size_t)(comma - val) : strlen(val);
        int rc = spec_ctrl_word(val, len);

        if (rc) {
            bad = rc;
        }
        val += len + (comma ? 1 : 0);
    }
    return bad;
}
custom_param("spec-ctrl", parse_spec_ctrl);

static __init bool choose(int option, bool needed, bool possible)
{
    return possible && (option < 0 ? needed : option);
}

static __init uint64_t arch_capabilities(void)
{
    uint64_t caps = 0;

    if (cpu_has(X86_FEATURE_ARCH_CAPS) && rdmsr_safe(MSR_ARCH_CAPABILITIES, &caps)) {
        caps = 0;
    }
    return caps;
}

void __init mitigations_init(void)
{
    uint64_t caps = arch_capabilities();
    bool intel = cpuid(0, 0).ecx == 0x6c65746e; /* GenuineIntel */
    bool meltdown = intel && !(caps & ARCH_CAP_RDCL_NO);
    bool mds = intel && !(caps & ARCH_CAP_MDS_NO);
    bool has_ibpb = cpu_has(X86_FEATURE_IBRSB) || cpu_has(X86_FEATURE_IBPB);

    mitigation_ibpb = choose(opt_ibpb, true, has_ibpb);
    use_verw = choose(opt_verw, mds, cpu_has(X86_FEATURE_MD_CLEAR));
    use_ibrs = choose(opt_ibrs, true, cpu_has(X86_FEATURE_IBRSB) && (caps & ARCH_CAP_IBRS_ALL));
    printk(XENLOG_INFO "Speculation: retpolines%s%s%s\n", use_ibrs ? ", IBRS" : "",
           mitigation_ibpb ? ", IBPB between domains" : "", use_verw ? ", VERW on exit" : "");
    xpti_init(meltdown);
    if (mds && !use_verw) {
        printk(XENLOG_WARNING "Speculation: this CPU leaks its buffers (MDS), and %s\n",
               opt_verw ? "its microcode cannot clear them" : "the command line leaves it so");
    }
}

/* LFENCE must stop later instructions for block_speculation() to work: on AMD a bit says so (AMD,
 * "Software techniques for managing speculation", 2023, mitigation G-2). */
static void serialise_lfence(void)
{
    uint64_t cfg;

    if (boot_cpu_is_amd() && !rdmsr_safe(MSR_AMD64_DE_CFG, &cfg) &&
        !(cfg & AMD64_DE_CFG_LFENCE_SERIALISE) &&
        wrmsr_safe(MSR_AMD64_DE_CFG, cfg | AMD64_DE_CFG_LFENCE_SERIALISE)) {
        printk(XENLOG_WARNING "CPU%u: LFENCE cannot be made serialising\n", smp_processor_id());
    }
}

void mitigations_init_cpu(void)
{
    struct cpu_info *info = get_cpu_info();

    info->entry_flags = (use_verw ? CPUINFO_VERW : 0) | (xpti_on() ? CPUINFO_XPTI : 0);
    info->spec_ctrl = use_ibrs ? SPEC_CTRL_IBRS : 0;
    if (use_ibrs) {
        wrmsr(MSR_SPEC_CTRL, info->spec_ctrl);
    }
    serialise_lfence();
}

void mitigations_new_domain(const struct vcpu *next)
{
    domid_t id = next->domain->domain_id;

    if (is_idle_vcpu(next) || this_cpu(last_domain) == id) {
        return;
    }
    this_cpu(last_domain) = id;
    wrmsr(MSR_PRED_CMD, PRED_CMD_IBPB);
}

unsigned long exit_mitigated(struct vcpu *v, struct cpu_user_regs *regs)
{
    unsigned long cr3;

    pv_deliver_pending(v, regs);
    cr3 = xpti_on() ? xpti_exit(v) : 0;

    if (get_cpu_info()->entry_flags & CPUINFO_VERW) {
        static const uint16_t selector = 0;

        /* Overwrites the CPU's fill, store and load buffers where microcode made it so. */
        __asm__ volatile("verw %0" : : "m"(selector) : "cc");
    }
    return cr3;
}
