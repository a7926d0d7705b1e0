/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is done about the CPU's errata: at start-up, when a CPU goes from one vCPU to another (of
 * the same domain too: its kernel takes them for CPUs that share nothing), and on the way to a
 * guest. The flags of struct cpu_info are zero on a CPU that needs nothing of the last kind, and
 * then the exit path does not come here.
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
#include <asm/spec-choice.h>
#include <asm/xpti.h>

bool mitigation_on_switch __ro_after_init;
static struct spec_choice use __ro_after_init; /* its IBRS is the kind that stays on */
static struct spec_options options __initdata = { -1, -1, -1, -1 };

static DEFINE_PER_CPU(struct spec_last_vcpu, last_vcpu);

static __init int spec_ctrl_word(const char *word, size_t len, struct spec_options *to)
{
    const struct {
        const char *name;
        int *var;
    } words[] = {
        { "ibpb", &to->ibpb }, { "md-clear", &to->verw }, { "ibrs", &to->ibrs }, { "rsb", &to->rsb }
    };
    int all = parse_bool(word, len);

    if (len && all >= 0) {
        *to = (struct spec_options){ all, all, all, all };
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

/* spec-ctrl=no, or a list of names with values. */
static __init int parse_spec_ctrl(const char *val, struct spec_options *to)
{
    while (*val) {
        const char *comma = strchr(val, ',');
        size_t len = comma ? (size_t)(comma - val) : strlen(val);
        int rc = spec_ctrl_word(val, len, to);

        if (rc) {
            return rc;
        }
        val += len + (comma ? 1 : 0);
    }
    return 0;
}
custom_param("spec-ctrl", parse_spec_ctrl, options);

/* AMD's leaf 0x80000021 ("Technical guidance for mitigating transient scheduler attacks"). */
#define LEAF21_EAX_VERW_CLEAR (1U << 5)
#define LEAF21_ECX_TSA_SQ_NO  (1U << 1)
#define LEAF21_ECX_TSA_L1_NO  (1U << 2)

static __init uint64_t arch_capabilities(void)
{
    uint64_t caps = 0;

    if (cpu_has(X86_FEATURE_ARCH_CAPS) && rdmsr_safe(MSR_ARCH_CAPABILITIES, &caps)) {
        caps = 0;
    }
    return caps;
}

static __init struct spec_cpu describe_cpu(void)
{
    struct spec_cpu cpu = {
        .intel = cpuid(0, 0).ecx == 0x6c65746e, /* GenuineIntel */
        .md_clear = cpu_has(X86_FEATURE_MD_CLEAR),
        .rtm = cpu_has(X86_FEATURE_RTM),
        .ibrsb = cpu_has(X86_FEATURE_IBRSB),
        .ibpb = cpu_has(X86_FEATURE_IBPB),
        .smep = cpu_has(X86_FEATURE_SMEP),
        .arch_caps = arch_capabilities(),
    };

    if (boot_cpu_is_amd() && cpuid(0x80000000, 0).eax >= 0x80000021) {
        struct cpuid_regs r = cpuid(0x80000021, 0);

        cpu.verw_clear = r.eax & LEAF21_EAX_VERW_CLEAR;
        cpu.tsa_sq_no = r.ecx & LEAF21_ECX_TSA_SQ_NO;
        cpu.tsa_l1_no = r.ecx & LEAF21_ECX_TSA_L1_NO;
    }
    return cpu;
}

void __init mitigations_init(void)
{
    struct spec_cpu cpu = describe_cpu();

    use = spec_choose(&cpu, &options);
    mitigation_on_switch = use.ibpb || use.rsb_on_switch;
    if (use.rsb_on_entry) {
        cpu_features[X86_FEATURE_RSB_FILL / 32] |= 1U << (X86_FEATURE_RSB_FILL % 32);
    }
    printk(XENLOG_INFO "Speculation: retpolines%s%s%s%s%s\n", use.ibrs ? ", IBRS" : "",
           use.ibpb ? ", IBPB between vCPUs" : "",
           use.rsb_on_switch ? ", return stack filled between vCPUs" : "",
           use.rsb_on_entry ? " and on entry" : "", use.verw ? ", VERW on exit" : "");
    xpti_init(use.meltdown);
    if (use.leaks_buffers && !use.verw) {
        printk(XENLOG_WARNING "Speculation: this CPU leaks its buffers, and %s\n",
               use.verw_clears ? "the command line leaves it so"
                               : "its microcode cannot clear them");
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

    info->entry_flags = (use.verw ? CPUINFO_VERW : 0) | (xpti_on() ? CPUINFO_XPTI : 0);
    info->spec_ctrl = use.ibrs ? SPEC_CTRL_IBRS : 0;
    if (use.ibrs) {
        wrmsr(MSR_SPEC_CTRL, info->spec_ctrl);
    }
    serialise_lfence();
}

/* 32 calls that nobody returns from but a mispredicted RET, which waits at its target. */
static inline void fill_return_stack(void)
{
    unsigned int pairs = 16;

    __asm__ volatile("1: call 3f\n"
                     "2: pause; lfence; jmp 2b\n"
                     "3: call 5f\n"
                     "4: pause; lfence; jmp 4b\n"
                     "5: dec %0\n"
                     "jnz 1b\n"
                     "add $(32 * 8), %%rsp\n"
                     : "+r"(pairs)
                     :
                     : "memory", "cc");
}

void mitigations_new_vcpu(const struct vcpu *next)
{
    if (is_idle_vcpu(next) ||
        !spec_is_new_vcpu(&this_cpu(last_vcpu), next->domain->unique_id, next->vcpu_id)) {
        return;
    }
    if (use.ibpb) {
        wrmsr(MSR_PRED_CMD, PRED_CMD_IBPB);
    }
    if (use.rsb_on_switch) {
        fill_return_stack();
    }
}

unsigned long exit_mitigated(struct vcpu *v, struct cpu_user_regs *regs)
{
    unsigned long cr3;

    pv_deliver_pending(v, regs);
    cr3 = xpti_on() ? xpti_exit(v) : 0;

    if (get_cpu_info()->entry_flags & CPUINFO_VERW) {
        static const uint16_t selector = FLAT_RING3_SS64;

        /* Overwrites the CPU's buffers where microcode made it so: the form with an operand in
         * memory, of a segment that can be written. */
        __asm__ volatile("verw %0" : : "m"(selector) : "cc");
    }
    return cr3;
}
