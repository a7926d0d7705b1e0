/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory as another agent sees it between any two stores: while a function runs, the machine's
 * frames are not writable, and each instruction that stores there is let through alone. Host
 * processes on x86-64; one thread.
 */
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>
#include <hv/mm.h>
#include <unit/fake.h>
#include "internal.h"

#define TRAP_FLAG 0x100

static void (*watcher)(void);

static void protect(bool writable)
{
    if (mprotect(fake_ram, FAKE_FRAMES << PAGE_SHIFT, PROT_READ | (writable ? PROT_WRITE : 0))) {
        abort();
    }
}

static void on_store(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    size_t offset = (size_t)((unsigned char *)info->si_addr - fake_ram);

    if (offset >= FAKE_FRAMES << PAGE_SHIFT) {
        /* No store that is looked for: again, and for good. */
        signal(sig, SIG_DFL);
        return;
    }
    protect(true);
    uc->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
}

static void on_stored(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;

    (void)sig;
    (void)info;
    uc->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
    protect(false);
    watcher();
}

void fake_watch_stores(void (*fn)(void), void (*seen)(void))
{
    struct sigaction store = { .sa_sigaction = on_store, .sa_flags = SA_SIGINFO },
                     stored = { .sa_sigaction = on_stored, .sa_flags = SA_SIGINFO }, old[2];

    watcher = seen;
    if (sigaction(SIGSEGV, &store, &old[0]) || sigaction(SIGTRAP, &stored, &old[1])) {
        abort();
    }
    protect(false);
    fn();
    protect(true);
    sigaction(SIGSEGV, &old[0], NULL);
    sigaction(SIGTRAP, &old[1], NULL);
    seen();
}
