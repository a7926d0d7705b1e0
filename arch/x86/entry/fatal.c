/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When the hypervisor cannot go on: every CPU's registers and stack are printed, the others being
 * told by NMI, then the machine reboots, or stops where `noreboot` asks for it. The first CPU to
 * get here does the work; others that fail meanwhile wait to be told. No locks: the console is
 * forced open.
 */
#include <hv/console.h>
#include <hv/domain.h>
#include <hv/init.h>
#include <hv/lib.h>
#include <hv/percpu.h>
#include <hv/smp.h>
#include <hv/symbols.h>
#include <asm/apic.h>
#include <asm/boot.h>
#include <asm/entry.h>
#include <asm/fatal.h>
#include <asm/mce.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/stack.h>
#include <asm/time.h>

#define MAX_FRAMES     32
#define MAX_STACK_SCAN 256
#define DUMP_TIMEOUT   5000UL /* ms that each CPU gets to print its state */

static int dying_cpu = -1;
static unsigned int dump_turn; /* CPU + 1 that may print */
static unsigned int dump_done;
static bool init_text_there = true; /* until start-up's memory is given back */
static unsigned long failed_rip, failed_rsp;

static const char *const trap_names[] = {
    "divide error", "debug",          "NMI",         "breakpoint",         "overflow",
    "bound",        "invalid opcode", "no device",   "double fault",       "9",
    "invalid TSS",  "no segment",     "stack fault", "general protection", "page fault",
    "15",           "FPU error",      "alignment",   "machine check",      "SIMD error",
};

static bool in_text(unsigned long addr)
{
    return (addr >= (unsigned long)__text_start && addr < (unsigned long)__text_end) ||
           (READ_ONCE(init_text_there) && addr >= (unsigned long)__init_text_start &&
            addr < (unsigned long)__init_text_end);
}

static bool readable_stack(unsigned long sp)
{
    return !(sp & 7) && stack_contains(sp) && stack_contains(sp + 15);
}

/* Words from sp to the end of its block, at most MAX_STACK_SCAN. */
static unsigned int words_above(unsigned long sp)
{
    unsigned long end = (sp | (STACK_SIZE - 1)) + 1;

    return readable_stack(sp) ? min_t(unsigned long, (end - sp) / 8, MAX_STACK_SCAN) : 0;
}

/*
 * A function that needs no stack has no frame, and what called it is on top of the stack; so it is
 * after a jump to what is no code. Otherwise something else may be there that looks like it.
 */
static void show_frameless_caller(const struct cpu_user_regs *regs)
{
    unsigned long word;

    if (!words_above(regs->rsp)) {
        return;
    }
    word = *(unsigned long *)regs->rsp;
    if (in_text(word)) {
        printk(XENLOG_ERR "%s %pS\n", in_text(regs->rip) ? "     ?" : "      ", (void *)(word - 1));
    }
}

static void show_calls(const struct cpu_user_regs *regs)
{
    unsigned long fp = regs->rbp, sp = regs->rsp;
    unsigned int shown = 0;

    printk(XENLOG_ERR "Calls: %pS\n", (void *)regs->rip);
    show_frameless_caller(regs);
    while (shown < MAX_FRAMES && readable_stack(fp)) {
        unsigned long next = ((unsigned long *)fp)[0], ret = ((unsigned long *)fp)[1];

        if (!in_text(ret)) {
            break;
        }
        /* The call itself: after one that never returns, another function may begin. */
        printk(XENLOG_ERR "       %pS\n", (void *)(ret - 1));
        shown++;
        if (next <= fp) {
            break;
        }
        fp = next;
    }
    /* No frame pointers: whatever points into the code. */
    for (unsigned int i = 1, n = shown ? 0 : words_above(sp); i < n; i++) {
        unsigned long word = ((unsigned long *)sp)[i];

        if (in_text(word)) {
            printk(XENLOG_ERR "     ? %pS\n", (void *)word);
        }
    }
}

void show_execution_state(const struct cpu_user_regs *regs)
{
    printk(XENLOG_ERR "CPU%u %pv rip %04x:%016lx %pS rflags %08lx\n", smp_processor_id(),
           system_state >= SYS_smp_boot ? current : NULL, regs->cs, regs->rip, (void *)regs->rip,
           regs->rflags);
    printk(XENLOG_ERR "rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", regs->rax, regs->rbx,
           regs->rcx, regs->rdx);
    printk(XENLOG_ERR "rsi %016lx rdi %016lx rbp %016lx rsp %016lx\n", regs->rsi, regs->rdi,
           regs->rbp, regs->rsp);
    printk(XENLOG_ERR "r8  %016lx r9  %016lx r10 %016lx r11 %016lx\n", regs->r8, regs->r9,
           regs->r10, regs->r11);
    printk(XENLOG_ERR "r12 %016lx r13 %016lx r14 %016lx r15 %016lx\n", regs->r12, regs->r13,
           regs->r14, regs->r15);
    printk(XENLOG_ERR "cr0 %08lx cr2 %016lx cr3 %016lx cr4 %08lx ss %04x\n", read_cr0(), read_cr2(),
           read_cr3(), read_cr4(), regs->ss);
    if (!(regs->cs & 3)) {
        show_calls(regs);
    }
    if (system_state >= SYS_smp_boot) {
        mce_show_banks();
    }
}

static void __noreturn stop_here(void)
{
    for (;;) {
        __asm__ volatile("cli; hlt");
    }
}

/* Another CPU is told by NMI to print, and stays there; one that does not answer is named. */
static void dump_cpu(unsigned int cpu)
{
    uint64_t end = rdtsc() + DUMP_TIMEOUT * tsc_khz();

    console_emergency_turn(cpu);
    smp_store_release(&dump_turn, cpu + 1);
    apic_send_icr(cpu_apic_id[cpu], APIC_DM_NMI | APIC_ICR_ASSERT);
    while (smp_load_acquire(&dump_done) != cpu + 1 && rdtsc() < end) {
        cpu_relax();
    }
    console_emergency_turn(smp_processor_id());
    if (smp_load_acquire(&dump_done) != cpu + 1) {
        printk(XENLOG_ERR "CPU%u does not answer\n", cpu);
    }
}

/* All CPUs but this one and, where that is another, the one that was shown first. */
static void dump_others(unsigned int shown)
{
    unsigned int cpu, self = smp_processor_id();

    for_each_online_cpu (cpu) {
        if (cpu != self && cpu != shown) {
            dump_cpu(cpu);
        }
    }
}

/*
 * This CPU failed while it was dumping: its own record may be broken. One line more is tried, of
 * what was kept outside it, and after that nothing.
 */
static void __noreturn failed_again(void)
{
    static bool tried;

    if (!tried) {
        tried = true;
        console_force_unlock();
        printk(XENLOG_ERR "Failed again while that was told: rip %016lx rsp %016lx\n", failed_rip,
               failed_rsp);
        machine_restart();
    }
    machine_end();
}

/* Returns on the CPU that is to do the dump; others stay. */
static void begin_dying(unsigned long rip, unsigned long rsp)
{
    int none = -1;
    unsigned int self;

    local_irq_disable();
    self = smp_processor_id();
    if (!__atomic_compare_exchange_n(&dying_cpu, &none, (int)self, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST) &&
        none != (int)self) {
        stop_here();
    }
    if (none == (int)self) {
        failed_again();
    }
    failed_rip = rip;
    failed_rsp = rsp;
    init_text_there = system_state < SYS_active;
    system_state = SYS_dying;
    console_force_unlock();
}

/* shown: the CPU whose state is printed already. */
static void __noreturn end_dying(unsigned int shown)
{
    dump_others(shown);
    printk(XENLOG_ERR "The console ring:\n");
    console_dump_ring();
    console_flush();
    machine_restart_when_read();
}

/*
 * The caller of the function that this is inlined into (panic(), BUG()), as it stands in its call.
 * The frame of that function holds the caller's frame pointer, and above it the return address.
 */
static always_inline void capture_regs(struct cpu_user_regs *regs)
{
    const unsigned long *frame = __builtin_frame_address(0);

    *regs = (struct cpu_user_regs){ .cs = HV_CS64 };
    __asm__ volatile("mov %%rbx, %0" : "=m"(regs->rbx));
    __asm__ volatile("mov %%r12, %0; mov %%r13, %1; mov %%r14, %2; mov %%r15, %3"
                     : "=m"(regs->r12), "=m"(regs->r13), "=m"(regs->r14), "=m"(regs->r15));
    regs->rbp = frame[0];
    regs->rip = frame[1] - 1; /* in the call, not behind it */
    regs->rsp = (unsigned long)(frame + 2);
    regs->rflags = local_save_flags();
}

void panic(const char *fmt, ...)
{
    struct cpu_user_regs regs;
    va_list ap;

    capture_regs(&regs);
    begin_dying(regs.rip, regs.rsp);
    printk(XENLOG_ERR "\n*** Panic on CPU %u: ", smp_processor_id());
    va_start(ap, fmt);
    vprintk(fmt, ap);
    va_end(ap);
    show_execution_state(&regs);
    end_dying(smp_processor_id());
}

void bug_at(const char *file, unsigned int line, const char *what)
{
    struct cpu_user_regs regs;

    capture_regs(&regs);
    begin_dying(regs.rip, regs.rsp);
    printk(XENLOG_ERR "\n*** %s at %s:%u on CPU %u\n", what, file, line, smp_processor_id());
    show_execution_state(&regs);
    end_dying(smp_processor_id());
}

void fatal_trap_because(const struct cpu_user_regs *regs, const char *why)
{
    unsigned int vector = (uint8_t)regs->entry_vector;

    begin_dying(regs->rip, regs->rsp);
    printk(XENLOG_ERR "\n*** Fatal %s (vector %u, error code %#x) on CPU %u%s\n",
           vector < ARRAY_SIZE(trap_names) ? trap_names[vector] : "exception", vector,
           regs->error_code, smp_processor_id(), why);
    show_execution_state(regs);
    end_dying(smp_processor_id());
}

void fatal_trap(const struct cpu_user_regs *regs)
{
    fatal_trap_because(regs, "");
}

void fatal_stuck_cpu(unsigned int cpu, unsigned int seconds, const struct cpu_user_regs *regs)
{
    begin_dying(regs->rip, regs->rsp);
    printk(XENLOG_ERR "\n*** Watchdog: CPU %u is stuck, nothing moved there for %u s\n", cpu,
           seconds);
    if (cpu != smp_processor_id()) {
        dump_cpu(cpu);
    }
    show_execution_state(regs);
    end_dying(cpu);
}

static bool stopping;

void stop_other_cpus(void)
{
    WRITE_ONCE(stopping, true);
    send_nmi_others();
}

/* Other CPUs print their state when it is their turn, and stay where they are. */
void fatal_nmi(const struct cpu_user_regs *regs)
{
    unsigned int self = smp_processor_id();

    if (READ_ONCE(stopping)) {
        stop_here();
    }
    if (READ_ONCE(dying_cpu) >= 0 && READ_ONCE(dying_cpu) != (int)self) {
        if (smp_load_acquire(&dump_turn) == self + 1) {
            show_execution_state(regs);
            smp_store_release(&dump_done, self + 1);
        }
        stop_here();
    }
}
