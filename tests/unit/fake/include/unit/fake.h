/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fake architecture's handles for tests: CPUs, time, guest memory, console output, and counters
 * of what common code asked the machine for. fake_reset() puts all of it back to the state of a
 * machine with one online CPU, before each test.
 */
#ifndef UNIT_FAKE_H
#define UNIT_FAKE_H

#include <hv/cpumask.h>
#include <hv/guest-access.h>
#include <hv/time.h>
#include <public/xen.h>

struct domain;
struct vcpu;

/* A machine with this many CPUs online, CPU 0 current, time 0, no vCPU current, memory all free. */
void fake_reset(unsigned int nr_cpus);
/* The test goes on as this CPU. */
void fake_run_on(unsigned int cpu);
/* The vCPU that runs on the present CPU. */
void fake_set_current(struct vcpu *v);

/* System time stands still but for this. */
void fake_advance(s_time_t ns);
/* How far guests' clocks are behind it. */
extern s_time_t fake_guest_lag;
/* The deadline that common code last programmed on a CPU, STIME_MAX for none. */
s_time_t fake_deadline(unsigned int cpu);

/* Guest pointers are host addresses. A copy that touches [start, start + bytes) gives -EFAULT. */
guest_ptr_t fake_guest(void *host);
void fake_guest_unmap(const void *start, size_t bytes);
/*
 * Called after each copy from the guest, as the second vCPU that changes what was just read (I1);
 * NULL: nobody does.
 */
void fake_guest_flipper(void (*fn)(void *host, size_t bytes));
/* Copies from and to the guest since fake_reset(). */
extern unsigned long fake_guest_reads, fake_guest_writes;

/*
 * Called at each interleaving point (hv/interleave.h) with its name, as the other CPU that acts
 * there; not from within itself. NULL, and after fake_reset(): nothing is called.
 */
void fake_interleave(void (*fn)(const char *point));
/*
 * fn runs; `seen` is called after each store of it to the machine's frames, as what a device would
 * find there just then, and once more at the end. `seen` stores nothing there and asserts nothing.
 */
void fake_watch_stores(void (*fn)(void), void (*seen)(void));

/* Arguments that a preempted operation wants to be called with again, and a mask of which. */
extern unsigned long fake_hypercall_args[5];
extern unsigned int fake_hypercall_args_set;

/* What was printed since fake_reset(), newest last, and forgetting it. */
const char *fake_console(void);
void fake_console_clear(void);

/* IPIs that only ask a CPU to look, per CPU. */
extern unsigned int fake_event_checks[];

/* TLB flushes of all CPUs that common code asked for, ever. */
extern unsigned int fake_tlb_flushes;

/* Which small allocation from now on fails, 1 being the next; 0: none. */
extern unsigned int fake_allocation_fails;
/* Small objects that are allocated. */
extern long fake_allocated;

/* A frame of the arena that no heap owns, zeroed; for tests without a heap. */
void *fake_frame(void);

/*
 * A machine that has started, for rooms that need domains: heap, RCU, timers, scheduler, idle vCPUs
 * and hardware_domain (id 0, one vCPU, 4095 ports). Once a program, instead of fake_reset().
 */
void fake_machine(unsigned int nr_cpus);
/* A domain with its vCPUs, paused as created. */
struct domain *fake_domain(domid_t id, unsigned int vcpus, unsigned int max_port);
/* Kills it, and waits until it is gone; nothing of it may be left. */
void fake_domain_end(struct domain *d);
/* The two halves of it, for domains that hold one another. */
void fake_domain_kill(struct domain *d);
void fake_domain_gone(domid_t id);
/* What d has mapped of others' pages is unmapped as when its page tables go. */
void fake_grant_tables_gone(struct domain *d);
/* Runs this CPU's soft interrupts, context switches included; false: none was pending. */
bool fake_do_softirq(void);
/* Runs all CPUs' soft interrupts until nothing happens any more, grace periods included. */
void fake_settle(void);
/* The machine runs until then: each CPU's timer interrupt comes when it was set for. */
void fake_run_until(s_time_t end);

#endif
