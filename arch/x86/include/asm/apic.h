/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The local APIC (SDM vol. 3A ch. 10): registers by their xAPIC offset, reached by memory or, in
 * x2APIC mode, by MSR. Vectors that the hypervisor keeps for itself are at the top.
 */
#ifndef ASM_APIC_H
#define ASM_APIC_H

#include <hv/compiler.h>

#define APIC_ID        0x020
#define APIC_VERSION   0x030
#define APIC_TPR       0x080
#define APIC_EOI       0x0b0
#define APIC_LDR       0x0d0
#define APIC_DFR       0x0e0
#define APIC_SPIV      0x0f0
#define APIC_ISR       0x100
#define APIC_IRR       0x200
#define APIC_ESR       0x280
#define APIC_ICR       0x300
#define APIC_ICR2      0x310
#define APIC_LVT_TIMER 0x320
#define APIC_LVT_THERM 0x330
#define APIC_LVT_PC    0x340
#define APIC_LVT_LINT0 0x350
#define APIC_LVT_LINT1 0x360
#define APIC_LVT_ERROR 0x370
#define APIC_TMICT     0x380
#define APIC_TMCCT     0x390
#define APIC_TDCR      0x3e0

#define APIC_LVT_MASKED   (1U << 16)
#define APIC_LVT_DEADLINE (2U << 17)
#define APIC_DM_FIXED     (0U << 8)
#define APIC_DM_NMI       (4U << 8)
#define APIC_DM_INIT      (5U << 8)
#define APIC_DM_STARTUP   (6U << 8)
#define APIC_DM_EXTINT    (7U << 8)
#define APIC_ICR_BUSY     (1U << 12)
#define APIC_ICR_ASSERT   (1U << 14)
#define APIC_ICR_LEVEL    (1U << 15)
#define APIC_SPIV_ENABLE  (1U << 8)
#define APIC_TDCR_DIV1    0xb

#define VECTOR_SPURIOUS      0xff
#define VECTOR_APIC_ERROR    0xfe
#define VECTOR_EVENT_CHECK   0xfd
#define VECTOR_CALL_FUNCTION 0xfc
#define VECTOR_TIMER         0xfb
#define VECTOR_LAST_DEVICE   0xef
#define VECTOR_FIRST_DEVICE  0x30

extern bool x2apic_mode;
#define XAPIC_ID_MAX 0xfeU /* the largest that the older mode can name */
/* Which mode the APICs will be in; before apic_init(), which brings them there. */
void apic_choose_mode(void) __init;
uint32_t apic_read(unsigned int reg);
void apic_write(unsigned int reg, uint32_t value);
void apic_eoi(void);
/* Has this vector come from the APIC, and not been ended? Never of its own spurious interrupt. */
bool apic_in_service(unsigned int vector);
uint32_t apic_id(void);
/* APIC id of each CPU, set before the CPU starts; and back, -1 when no CPU has it. */
extern uint32_t cpu_apic_id[];
int cpu_of_apic_id(uint32_t id);

/* First CPU: finds the APIC (acpi_init, ioremap before), masks the 8259s. */
void apic_init(void) __init;
/* Each CPU. */
void apic_init_cpu(void);

/* Sends what the low word of the ICR says to one APIC; waits until it has gone. */
void apic_send_icr(uint32_t dest, uint32_t icr_low);
void send_ipi(unsigned int cpu, uint8_t vector);
void send_nmi_others(void);

/* The timer. Counting is for calibration, before apic_timer_init(). */
void apic_timer_count_start(void);
uint32_t apic_timer_count(void);
void apic_timer_init(uint64_t hz);
/* Is, or would be, the timer set in TSC ticks here? */
bool apic_timer_by_tsc(void);
/* This CPU, interrupts off, when the TSC is given up: what was set is forgotten. */
void apic_timer_leave_tsc(void);

#endif
