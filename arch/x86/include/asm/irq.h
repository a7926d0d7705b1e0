/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Device interrupts. An irq below nr_irqs_gsi is the GSI of that number; those from there on are
 * messages (asm/msi.h). Each is masked until somebody requests it, and has a vector of the one CPU
 * that it arrives on.
 */
#ifndef ASM_IRQ_H
#define ASM_IRQ_H

#include <hv/frame.h>
#include <hv/lock.h>

struct cpu_user_regs;
struct domain;

#define NR_IRQS   512
#define MAX_LINES 256U /* of NR_IRQS; the others are left to messages, whatever firmware says */

extern unsigned int nr_irqs_gsi;

typedef void irq_handler_t(unsigned int irq, void *data);

/* Hands irq to fn, in interrupt context of the CPU that it is routed to, and unmasks it. 0,
 * -EINVAL, -EBUSY when taken, -ENOSPC when no vector is left. Level and polarity come from ACPI. */
int request_irq(unsigned int irq, irq_handler_t *fn, void *data, const char *name) __must_check;
/* Takes irq for good and has it delivered as NMI to that CPU, with no handler of its own. 0,
 * -EINVAL, -EBUSY when taken, -ENOSPC when the IO-APIC cannot name the CPU. */
int irq_route_nmi(unsigned int irq, unsigned int cpu, const char *name) __must_check;
/* For messages: a vector, to which the device is told to send, before anybody requests the irq;
 * what comes meanwhile is dropped. 0, -ENOSPC. And back: nobody has requested it. */
int irq_prepare(unsigned int irq) __must_check;
void irq_unprepare(unsigned int irq);
/* Masks it and forgets the handler, once that is not running. Process context. */
void release_irq(unsigned int irq);
bool irq_is_used(unsigned int irq);
/* Trigger and polarity of a GSI as ACPI has them, for whoever requests it later. 0, -EINVAL,
 * -EEXIST when they were given before or somebody has requested it. */
int irq_set_trigger(unsigned int gsi, bool level, bool low) __must_check;
/* Of a requested irq: masking, and whether it stays asserted until it is served. */
void irq_mask(unsigned int irq, bool masked);
bool irq_is_level(unsigned int irq);
/* A requested irq arrives on that CPU from now on. */
void irq_set_cpu(unsigned int irq, unsigned int cpu);
/* Debug key: each one in use. */
void irq_show(void);

/* Domains' interrupts (pirq.c): a table of a domain's pirqs, made at its creation. */
struct pirq_table;
int pirq_domain_init(struct domain *d) __must_check;
/* A dying domain's ports are closed: what else it holds is given back. */
void pirq_domain_relinquish(struct domain *d);
void pirq_domain_destroy(struct domain *d);

/* IO-APICs: found, all pins masked. After acpi_init() and ioremap(). */
void ioapic_init(void) __init;
/* Writes the pin of a GSI: vector, destination. Mask and unmask. */
int ioapic_route(unsigned int gsi, uint8_t vector, uint32_t dest_apic, bool level, bool low)
    __must_check;
int ioapic_route_nmi(unsigned int gsi, uint32_t dest_apic, bool low) __must_check;
void ioapic_mask(unsigned int gsi, bool masked);
void ioapic_set_dest(unsigned int gsi, uint32_t dest_apic);
/* Reads a register of the IO-APIC at that address, as a guest may. 0, -EINVAL. */
int ioapic_read_register(maddr_t regs, uint32_t reg, uint32_t *value) __must_check;
/* GSI, trigger and polarity of an ISA interrupt (identity unless ACPI overrides). */
unsigned int isa_irq_to_gsi(unsigned int irq, bool *level, bool *low);

/* A guest has a device, and so may have had it send any vector to any CPU. Never false again. */
extern bool irq_messages_untrusted;

/* From irq.c to the handlers of fixed vectors. */
void irq_timer(void);
void irq_call_function(void);

#endif
