/* SPDX-License-Identifier: GPL-2.0-only */
/* What arch/ owes to common/ for domains and vCPUs. 0 or -errno unless said otherwise. */
#ifndef HV_ARCH_DOMAIN_H
#define HV_ARCH_DOMAIN_H

#include <hv/compiler.h>
#include <public/domctl.h>
#include <public/vcpu.h>

struct domain;
struct vcpu;

int arch_sanitise_domain_config(struct xen_domctl_createdomain *config) __must_check;
int arch_domain_create(struct domain *d, const struct xen_domctl_createdomain *config) __must_check;
/* Undoes arch_domain_create of a domain that nobody can reach. */
void arch_domain_destroy(struct domain *d);
/* The domain is about to run for the first time. */
void arch_domain_creation_finished(struct domain *d);
/* Gives back all memory and mappings; -ERESTART when preempted. d is dying, all its vCPUs paused.
 */
int domain_relinquish_resources(struct domain *d) __must_check;

int arch_vcpu_create(struct vcpu *v) __must_check;
void arch_vcpu_destroy(struct vcpu *v);
/* VCPUOP_initialise / setvcpucontext: everything checked before anything changes. -ERESTART when a
 * page-table validation was preempted. */
int arch_set_info_guest(struct vcpu *v, const struct vcpu_guest_context *ctx) __must_check;
void arch_get_info_guest(struct vcpu *v, struct vcpu_guest_context *ctx);
/* Back to the state before initialisation: page tables dropped. -ERESTART when preempted. */
int arch_vcpu_reset(struct vcpu *v) __must_check;

/*
 * Switches this CPU from prev to next: called by SOFTIRQ_SCHEDULE with interrupts off; does not
 * return to its caller but goes on in next (guest exit path or idle loop). Calls
 * sched_context_switched() once next's state is on the CPU, and sched_context_saved(prev) once
 * prev's is in memory.
 */
void context_switch(struct vcpu *prev, struct vcpu *next) __noreturn;
/* prev == next: go on with it. */
void continue_running(struct vcpu *same) __noreturn;
/* v's registers are in memory and no CPU's TLB or lazy state is its own: after vcpu_sleep_sync. */
void sync_vcpu_execstate(struct vcpu *v);

/* Are events masked for v by the guest (the mask of the upcall)? */
bool arch_vcpu_events_masked(const struct vcpu *v);
/* Is v, the current vCPU, where its guest's kernel runs? What a user may do is no hypercall. */
bool arch_vcpu_in_kernel(const struct vcpu *v);
/* Copies v's runstate to the registered guest area; current v only. */
void arch_update_runstate_area(struct vcpu *v);
/* Where the reference gives per-arch answers: vcpu_op, memory_op, vm_assist. */
long arch_vcpu_op(unsigned int cmd, unsigned int vcpuid, struct vcpu *v, unsigned long arg_va);
unsigned long arch_vm_assist_valid_mask(const struct domain *d);

/* hv idle loop of this CPU: never returns. */
void idle_loop(void) __noreturn;
/* Dump of registers for debug keys and crashes. v may be running elsewhere. */
void arch_dump_vcpu_info(struct vcpu *v);
void arch_dump_domain_info(struct domain *d);
void arch_getdomaininfo(const struct domain *d, struct xen_domctl_getdomaininfo *info);
/* Guest's registers printed (crash). */
void vcpu_show_registers(struct vcpu *v);

/* The machine. With noreboot, machine_restart() stops it instead; so does machine_power_off() where
 * firmware tells no way to power off. */
void machine_restart(void) __noreturn;
void machine_power_off(void) __noreturn;
void machine_halt(void) __noreturn;

#endif
