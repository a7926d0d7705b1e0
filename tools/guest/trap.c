/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trap table and what happens at each trap.
 *
 * Order at a trap from kernel mode: event upcall, the test's hook, an innermost trap_call(), else a
 * dump and the end. Any other trap from user mode ends the user_run() in progress.
 */
#include <stddef.h>
#include <string.h>
#include <guest/trap.h>
#include <guest/console.h>
#include <guest/cpu.h>
#include <guest/event.h>
#include <guest/hypercall.h>
#include <guest/shutdown.h>

void entry_de(void);
void entry_db(void);
void entry_bp(void);
void entry_of(void);
void entry_br(void);
void entry_ud(void);
void entry_nm(void);
void entry_ts(void);
void entry_np(void);
void entry_ss(void);
void entry_gp(void);
void entry_pf(void);
void entry_mf(void);
void entry_ac(void);
void entry_xm(void);
void entry_soft(void);
void entry_soft_kern(void);
void trap_dispatch(struct trap_regs *regs);
int trap_call_asm(unsigned long *rsp, void (*fn)(void *), void *arg);
void trap_call_resume(void);
__attribute__((noreturn)) void user_leave(void);

/* Flags: 3 is open to user mode's int n, 4 masks events (a page fault's cr2 must not be
 * overwritten). */
#define ENTRY(n, f, e)                                                                             \
    {                                                                                              \
        .vector = (n), .flags = (f), .cs = FLAT_KERNEL_CS, .address = (unsigned long)(e)           \
    }

const struct trap_info trap_table[] = {
    ENTRY(TRAP_DE, 0, entry_de),
    ENTRY(TRAP_DB, 0, entry_db),
    ENTRY(TRAP_NMI, 0, entry_nmi),
    ENTRY(TRAP_BP, 3, entry_bp),
    ENTRY(TRAP_OF, 3, entry_of),
    ENTRY(TRAP_BR, 0, entry_br),
    ENTRY(TRAP_UD, 0, entry_ud),
    ENTRY(TRAP_NM, 0, entry_nm),
    ENTRY(TRAP_TS, 0, entry_ts),
    ENTRY(TRAP_NP, 0, entry_np),
    ENTRY(TRAP_SS, 0, entry_ss),
    ENTRY(TRAP_GP, 0, entry_gp),
    ENTRY(TRAP_PF, 4, entry_pf),
    ENTRY(TRAP_MF, 0, entry_mf),
    ENTRY(TRAP_AC, 0, entry_ac),
    ENTRY(TRAP_XM, 0, entry_xm),
    ENTRY(TRAP_SOFT, 3, entry_soft),
    ENTRY(TRAP_SOFT_KERN, 1, entry_soft_kern),
    { 0 },
};

static trap_hook_fn trap_hook;

static long register_callback(uint16_t type, uint16_t flags, void (*entry)(void))
{
    struct callback_register reg = {
        .type = type,
        .flags = flags,
        .address = (unsigned long)entry,
    };

    return hv_callback_op(CALLBACKOP_register, &reg);
}

void trap_init(void)
{
    if (hv_set_trap_table(trap_table) || register_callback(CALLBACKTYPE_event, 0, entry_event) ||
        register_callback(CALLBACKTYPE_failsafe, CALLBACKF_mask_events, entry_failsafe) ||
        register_callback(CALLBACKTYPE_syscall, CALLBACKF_mask_events, entry_syscall)) {
        guest_shutdown(SHUTDOWN_crash);
    }
}

trap_hook_fn trap_set_hook(trap_hook_fn hook)
{
    trap_hook_fn old = trap_hook;

    trap_hook = hook;
    return old;
}

bool trap_call(struct trap_catch *c, void (*fn)(void *arg), void *arg)
{
    struct guest_cpu *cpu = this_cpu();
    bool trapped;

    c->prev = cpu->catch;
    c->was_masked = events_masked();
    cpu->catch = c;
    trapped = trap_call_asm(&c->rsp, fn, arg) != 0;
    this_cpu()->catch = c->prev;
    if (trapped && !c->was_masked) {
        events_unmask();
    }
    return trapped;
}

static void dump(const struct trap_regs *r, unsigned long cr2)
{
    printf("vCPU %u: trap %#lx error %#lx cr2 %#lx\n", this_cpu()->id, r->vector, r->error, cr2);
    printf("rip %016lx cs %04lx rflags %08lx rsp %016lx ss %04lx\n", r->rip, r->cs, r->rflags,
           r->rsp, r->ss);
    printf("rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", r->rax, r->rbx, r->rcx, r->rdx);
    printf("rsi %016lx rdi %016lx rbp %016lx r8  %016lx\n", r->rsi, r->rdi, r->rbp, r->r8);
    printf("r9  %016lx r10 %016lx r11 %016lx r12 %016lx\n", r->r9, r->r10, r->r11, r->r12);
    printf("r13 %016lx r14 %016lx r15 %016lx\n", r->r13, r->r14, r->r15);
}

static void kernel_trap(struct trap_regs *regs, unsigned long cr2)
{
    struct guest_cpu *cpu = this_cpu();
    struct trap_catch *c = cpu->catch;

    if (trap_hook && trap_hook(regs, cr2)) {
        return;
    }
    if (regs->vector == TRAP_FAILSAFE) {
        cpu->failsafes++;
    }
    if (regs->vector == TRAP_NMI) {
        cpu->nmis++;
        return;
    }
    if (!c) {
        dump(regs, cr2);
        guest_panic("unexpected trap");
    }
    c->regs = *regs;
    c->cr2 = cr2;
    /* Events stay masked until trap_call() knows that it has been left. */
    regs->rip = (unsigned long)trap_call_resume;
    regs->rsp = c->rsp;
    regs->cs = FLAT_KERNEL_CS & ~3ul;
    regs->ss = FLAT_KERNEL_SS & ~3ul;
    regs->rflags = 0x2;
}

void trap_dispatch(struct trap_regs *regs)
{
    struct guest_cpu *cpu = this_cpu();
    unsigned long cr2 = cpu->info->arch.cr2;

    if (regs->vector == TRAP_EVENT) {
        event_upcall();
    } else if ((regs->cs & 3) == 3 && cpu->user_resume) {
        *cpu->user_regs = *regs;
        user_leave();
    } else {
        kernel_trap(regs, cr2);
    }
}
