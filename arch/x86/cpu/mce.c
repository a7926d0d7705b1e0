/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Banks of machine-check registers. Corrected errors, and uncorrected ones that nothing has used
 * yet, are looked for from time to time on each CPU, more often after one was found, and go to the
 * log. The exception itself comes between any two instructions: it takes no locks. Where the CPU
 * says that the interrupted code is whole, it leaves the banks to SOFTIRQ_MCE; otherwise the
 * machine ends.
 *
 * A bank may be shared by several CPUs; banks_lock makes the first that looks the only one that
 * reports. nr_banks and ser_p are CPU 0's and do not change; a CPU with fewer banks looks at its
 * own.
 */
#include <hv/lib.h>
#include <hv/lock.h>
#include <hv/percpu.h>
#include <hv/smp.h>
#include <hv/softirq.h>
#include <hv/timer.h>
#include <asm/cpufeature.h>
#include <asm/entry.h>
#include <asm/fatal.h>
#include <asm/mce.h>
#include <asm/msr.h>
#include <asm/processor.h>

#define MCG_CAP_BANKS    0xffU
#define MCG_CAP_CTL_P    (1UL << 8)
#define MCG_CAP_CMCI_P   (1UL << 10)
#define MCG_CAP_SER_P    (1UL << 24)
#define MCG_STATUS_RIPV  (1UL << 0) /* what was interrupted can go on */
#define MSR_MC_CTL2(b)   (0x280U + (b))
#define MSR_MC_CTL(b)    (0x400U + 4 * (b))
#define MSR_MC_STATUS(b) (0x401U + 4 * (b))
#define MSR_MC_ADDR(b)   (0x402U + 4 * (b))
#define MSR_MC_MISC(b)   (0x403U + 4 * (b))
#define MAX_BANKS        32U /* MSR_MC_CTL2(32) is another's */
#define K8_BANK_NB       4U
#define K8_NB_GART       (1UL << 10) /* reported for accesses that are allowed */

#define PERIOD       SECONDS(8)
#define PERIOD_SHORT SECONDS(2)
#define PERIOD_LONG  SECONDS(16)

struct watch {
    struct timer timer;
    s_time_t period;
    uint64_t mcg_status;   /* of the last exception */
    unsigned int nr_banks; /* 0: no machine checks */
    bool cmci, ser_p;
    bool looked; /* what is found before is from before the reset */
};
static DEFINE_PER_CPU(struct watch, mce_watch);
static DEFINE_SPINLOCK(banks_lock, RANK_MCE_BANKS);

static bool bank_is_firmwares(unsigned int bank)
{
    uint32_t family, model, step;

    cpu_signature(&family, &model, &step);
    return !bank && !boot_cpu_is_amd() && family == 6 && model < 0x1a;
}

/* Not reported: what K8 says of its GART. */
static uint64_t bank_events(unsigned int bank)
{
    uint32_t family, model, step;

    cpu_signature(&family, &model, &step);
    return bank == K8_BANK_NB && boot_cpu_is_amd() && family == 15 ? ~K8_NB_GART : ~0UL;
}

void mce_init_cpu(void)
{
    struct watch *w = &this_cpu(mce_watch);
    uint64_t cap;

    if (!cpu_has(X86_FEATURE_MCE) || !cpu_has(X86_FEATURE_MCA)) {
        return;
    }
    cap = rdmsr(MSR_MCG_CAP);
    w->nr_banks = min_t(unsigned int, cap &MCG_CAP_BANKS, MAX_BANKS);
    w->cmci = cap & MCG_CAP_CMCI_P;
    w->ser_p = cap & MCG_CAP_SER_P;
    w->period = PERIOD;
    if (cap & MCG_CAP_CTL_P) {
        wrmsr(MSR_MCG_CTL, ~0UL);
    }
    for (unsigned int i = 0; i < w->nr_banks; i++) {
        if (!bank_is_firmwares(i)) {
            wrmsr(MSR_MC_CTL(i), bank_events(i));
        }
    }
}

/* A bank's registers, those that its status says are there. */
static void read_bank(const struct watch *w, unsigned int bank, struct mce_error *e)
{
    *e = (struct mce_error){ .cpu = (uint16_t)smp_processor_id(), .bank = (uint16_t)bank };
    e->status = rdmsr(MSR_MC_STATUS(bank));
    if (!(e->status & MCI_STATUS_VAL)) {
        return;
    }
    e->addr = e->status & MCI_STATUS_ADDRV ? rdmsr(MSR_MC_ADDR(bank)) : 0;
    e->misc = e->status & MCI_STATUS_MISCV ? rdmsr(MSR_MC_MISC(bank)) : 0;
    e->ctl2 = w->cmci ? rdmsr(MSR_MC_CTL2(bank)) : 0;
    e->tsc = rdtsc();
}

static const char *severity(uint64_t status)
{
    return !(status & MCI_STATUS_UC) ? "corrected"
           : status & MCI_STATUS_PCC ? "uncorrected, and the CPU is not whole"
                                     : "uncorrected";
}

static void tell(const struct mce_error *e)
{
    /* No guest repeats this: the hardware reports it. */
    printk(XENLOG_WARNING "CPU%u: machine check, %s%s: bank %u status %016lx addr %lx misc %lx\n",
           e->cpu, severity(e->status), e->status & MCI_STATUS_OVER ? ", not the first" : "",
           e->bank, e->status, e->addr, e->misc);
}

void mce_show_banks(void)
{
    const struct watch *w = &this_cpu(mce_watch);
    struct mce_error e;

    for (unsigned int i = 0; i < w->nr_banks; i++) {
        read_bank(w, i, &e);
        if (e.status & MCI_STATUS_VAL) {
            tell(&e);
        }
    }
}

static uint32_t flags_of(const struct watch *w, const struct mce_error *e)
{
    bool uc = e->status & MCI_STATUS_UC;

    return (uc ? MC_FLAG_UNCORRECTABLE | MC_FLAG_RECOVERABLE : MC_FLAG_CORRECTABLE) |
           (!w->looked  ? MC_FLAG_RESET
            : e->urgent ? MC_FLAG_MCE
                        : MC_FLAG_POLLED);
}

/* Logs and clears this CPU's banks; how many held an error. */
static unsigned int look(struct watch *w)
{
    unsigned int found = 0;
    struct mce_error e;

    for (unsigned int i = 0; i < w->nr_banks; i++) {
        spin_lock(&banks_lock);
        read_bank(w, i, &e);
        if (e.status & MCI_STATUS_VAL) {
            wrmsr(MSR_MC_STATUS(i), 0);
        }
        spin_unlock(&banks_lock);
        if (e.status & MCI_STATUS_VAL) {
            found++;
            e.urgent = w->looked && w->ser_p && e.status & MCI_STATUS_UC && e.status & MCI_STATUS_S;
            e.mcg_status = e.urgent ? w->mcg_status : 0;
            e.flags = flags_of(w, &e);
            tell(&e);
            mce_log(&e);
        }
    }
    w->looked = true;
    return found;
}

static void mce_timer(void *data)
{
    struct watch *w = data;

    w->period = look(w) ? max_t(s_time_t, w->period / 2, PERIOD_SHORT)
                        : min_t(s_time_t, w->period * 2, PERIOD_LONG);
    timer_set(&w->timer, NOW() + w->period);
}

static void mce_softirq(void)
{
    (void)look(&this_cpu(mce_watch));
}

void __init mce_init(void)
{
    unsigned int cpu;

    softirq_register(SOFTIRQ_MCE, mce_softirq);
    for_each_online_cpu (cpu) {
        struct watch *w = &per_cpu(mce_watch, cpu);

        if (w->nr_banks) {
            timer_init(&w->timer, mce_timer, w, cpu);
            timer_set(&w->timer, NOW());
        }
    }
}

/* Can what was interrupted go on, as if nothing had been? (SDM vol. 3, "Machine-check error codes",
 * software recoverable errors.) */
static bool can_go_on(const struct watch *w)
{
    if (!w->nr_banks || !(w->mcg_status & MCG_STATUS_RIPV)) {
        return false;
    }
    for (unsigned int i = 0; i < w->nr_banks; i++) {
        uint64_t status = rdmsr(MSR_MC_STATUS(i));

        if ((status & (MCI_STATUS_VAL | MCI_STATUS_UC)) != (MCI_STATUS_VAL | MCI_STATUS_UC)) {
            continue;
        }
        if (!w->ser_p || status & (MCI_STATUS_PCC | MCI_STATUS_AR | MCI_STATUS_OVER)) {
            return false;
        }
    }
    return true;
}

void do_machine_check(struct cpu_user_regs *regs)
{
    struct watch *w = &this_cpu(mce_watch);

    w->mcg_status = w->nr_banks ? rdmsr(MSR_MCG_STATUS) : 0;
    if (!can_go_on(w)) {
        fatal_trap(regs);
    }
    wrmsr(MSR_MCG_STATUS, 0);
    raise_softirq(SOFTIRQ_MCE);
}
