/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The local APIC of each CPU: set up, interrupt commands. A CPU touches only its own APIC, and
 * sends with interrupts off, so no lock is needed.
 */
#include <hv/acpi.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/param.h>
#include <hv/smp.h>
#include <asm/apic.h>
#include <asm/cpufeature.h>
#include <asm/io.h>
#include <asm/msr.h>

#define PIC1_COMMAND 0x20
#define PIC1_DATA    0x21
#define PIC2_COMMAND 0xa0
#define PIC2_DATA    0xa1
#define ICW1_INIT    0x11 /* edges, cascaded, ICW4 follows */
#define ICW4_8086    0x01
#define PIC_VECTORS  0x20

/* Whatever arrives is of vector 0x30 or above: not an exception's, whoever sent it. */
#define LOWEST_PRIORITY 0x20
_Static_assert(LOWEST_PRIORITY + 0x10 == VECTOR_FIRST_DEVICE, "devices' vectors are deliverable");

#define DEFAULT_LAPIC 0xfee00000UL
#define APIC_LEN      0x1000

static int opt_x2apic __initdata = -1; /* not said */

static int __init parse_x2apic(const char *s, int *to)
{
    int val = parse_bool(s, strlen(s));

    if (val < 0) {
        return -EINVAL;
    }
    *to = val;
    return 0;
}
custom_param("x2apic", parse_x2apic, opt_x2apic);

bool x2apic_mode __ro_after_init;
static char *apic_regs __ro_after_init;
uint32_t cpu_apic_id[NR_CPUS] __ro_after_init;

static uint32_t x2apic_msr(unsigned int reg)
{
    return MSR_X2APIC_FIRST + (reg >> 4);
}

uint32_t apic_read(unsigned int reg)
{
    return x2apic_mode ? (uint32_t)rdmsr(x2apic_msr(reg)) : mmio_read32(apic_regs + reg);
}

void apic_write(unsigned int reg, uint32_t value)
{
    if (x2apic_mode) {
        wrmsr(x2apic_msr(reg), value);
    } else {
        mmio_write32(apic_regs + reg, value);
    }
}

bool apic_in_service(unsigned int vector)
{
    return apic_read(APIC_ISR + vector / 32 * 0x10) >> (vector % 32) & 1;
}

void apic_eoi(void)
{
    apic_write(APIC_EOI, 0);
}

uint32_t apic_id(void)
{
    uint32_t id = apic_read(APIC_ID);

    return x2apic_mode ? id : id >> 24;
}

int cpu_of_apic_id(uint32_t id)
{
    unsigned int cpu;

    for_each_present_cpu (cpu) {
        if (cpu_apic_id[cpu] == id) {
            return (int)cpu;
        }
    }
    return -1;
}

/*
 * Nothing reaches us through the 8259s: all is masked. A message of delivery mode ExtINT still has
 * the CPU ask them for a vector, and a masked one answers with its seventh, so that their vectors
 * are not those of exceptions as firmware has them.
 */
static void __init pic_init(void)
{
    static const struct {
        uint16_t command, data;
        uint8_t vector, cascade;
    } pics[] __initconst = { { PIC1_COMMAND, PIC1_DATA, PIC_VECTORS, 1U << 2 },
                             { PIC2_COMMAND, PIC2_DATA, PIC_VECTORS + 8, 2 } };

    for (unsigned int i = 0; i < ARRAY_SIZE(pics); i++) {
        outb(0xff, pics[i].data);
        outb(ICW1_INIT, pics[i].command);
        outb(pics[i].vector, pics[i].data);
        outb(pics[i].cascade, pics[i].data);
        outb(ICW4_8086, pics[i].data);
        outb(0xff, pics[i].data);
    }
}

void __init apic_choose_mode(void)
{
    x2apic_mode = cpu_has(X86_FEATURE_X2APIC) && opt_x2apic;
    if (x2apic_mode && opt_x2apic < 0 && acpi_info.x2apic_opt_out) {
        printk(XENLOG_INFO "x2APIC: firmware asks not to use it (x2apic does so nevertheless)\n");
        x2apic_mode = false;
    }
    if (rdmsr(MSR_APIC_BASE) & APIC_BASE_EXTD) {
        x2apic_mode = true; /* firmware is in it already, and the way back goes through a reset */
    }
}

void __init apic_init(void)
{
    maddr_t base = _maddr(rdmsr(MSR_APIC_BASE) & APIC_BASE_ADDR);

    pic_init();
    if (!x2apic_mode) {
        if (!maddr_x(base)) {
            base = _maddr(DEFAULT_LAPIC);
        }
        apic_regs = ioremap(base, APIC_LEN);
        if (!apic_regs) {
            panic("Cannot map the local APIC at %#lx\n", maddr_x(base));
        }
    }
    apic_init_cpu();
    cpu_apic_id[0] = apic_id();
}

static void apic_enable(void)
{
    uint64_t base = rdmsr(MSR_APIC_BASE);

    /* SDM vol. 3A 10.12.5: x2APIC is entered from the enabled xAPIC state. */
    if (!(base & APIC_BASE_ENABLE)) {
        base |= APIC_BASE_ENABLE;
        wrmsr(MSR_APIC_BASE, base);
    }
    if (x2apic_mode && !(base & APIC_BASE_EXTD)) {
        wrmsr(MSR_APIC_BASE, base | APIC_BASE_EXTD);
    }
}

void apic_init_cpu(void)
{
    apic_enable();
    apic_write(APIC_TPR, LOWEST_PRIORITY);
    if (!x2apic_mode) {
        apic_write(APIC_DFR, 0xffffffff);
    }
    apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED | VECTOR_TIMER);
    apic_write(APIC_LVT_LINT0, APIC_LVT_MASKED);
    apic_write(APIC_LVT_LINT1, smp_processor_id() ? APIC_LVT_MASKED : APIC_DM_NMI);
    apic_write(APIC_LVT_ERROR, APIC_LVT_MASKED);
    apic_write(APIC_SPIV, APIC_SPIV_ENABLE | VECTOR_SPURIOUS);
    apic_write(APIC_ESR, 0);
    apic_write(APIC_LVT_ERROR, VECTOR_APIC_ERROR);
    apic_eoi();
}

void apic_send_icr(uint32_t dest, uint32_t icr_low)
{
    unsigned long flags = local_irq_save();

    if (x2apic_mode) {
        /* MSR writes do not wait for earlier stores, which the receiver must see. */
        __asm__ volatile("mfence; lfence" ::: "memory");
        wrmsr(MSR_X2APIC_FIRST + (APIC_ICR >> 4), (uint64_t)dest << 32 | icr_low);
    } else {
        while (apic_read(APIC_ICR) & APIC_ICR_BUSY) {
            cpu_relax();
        }
        apic_write(APIC_ICR2, dest << 24);
        apic_write(APIC_ICR, icr_low);
    }
    local_irq_restore(flags);
}

void send_ipi(unsigned int cpu, uint8_t vector)
{
    apic_send_icr(cpu_apic_id[cpu], APIC_DM_FIXED | APIC_ICR_ASSERT | vector);
}

void send_nmi_others(void)
{
    unsigned int cpu, self = smp_processor_id();

    for_each_online_cpu (cpu) {
        if (cpu != self) {
            apic_send_icr(cpu_apic_id[cpu], APIC_DM_NMI | APIC_ICR_ASSERT);
        }
    }
}
