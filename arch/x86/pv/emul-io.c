/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * I/O ports of PV guests. A guest may try a port when its virtual IOPL or its own permission bitmap
 * lets the present mode; it reaches one that the domain's range set has, others read as ones.
 * Current vCPU; no locks.
 */
#include <hv/guest-access.h>
#include <hv/hypercall.h>
#include <hv/rangeset.h>
#include <asm/io.h>
#include <asm/processor.h>
#include "emul-fetch.h"
#include "emul.h"

bool pv_iopl_ok(const struct vcpu *v)
{
    unsigned int level = 3;

    if (guest_kernel_mode(v)) {
        level = v->domain->vm_assist & BIT(VMASST_TYPE_architectural_iopl) ? 0 : 1;
    }
    return v->arch.pv.iopl >= level;
}

bool pv_may_use_devices(const struct domain *d)
{
    return is_hardware_domain(d) || !rangeset_empty(d->arch.ioport_caps) ||
           !rangeset_empty(d->iomem_caps);
}

/*
 * What the guest's kernel keeps in its own memory. User mode's tables need not map it, so the
 * kernel's are loaded meanwhile.
 */
static int read_kernel_memory(const struct vcpu *v, void *to, guest_ptr_t from, size_t bytes)
{
    bool user = !guest_kernel_mode(v);
    int rc;

    if (user) {
        write_cr3(maddr_x(mfn_to_maddr(v->arch.guest_table)));
    }
    rc = copy_from_guest(to, from, bytes);
    if (user) {
        write_cr3(v->arch.cr3);
    }
    return rc;
}

/* The guest's own bitmap, as a TSS would have it: clear bits allow. Two bytes, captured once. */
static bool bitmap_allows(const struct vcpu *v, unsigned int port, unsigned int bytes)
{
    unsigned int first = port / 8, got = port + bytes <= v->arch.pv.iobmp_limit;
    uint8_t map[2] = { 0xff, 0xff };

    if (!got || read_kernel_memory(v, map, guest_ptr_add(v->arch.pv.iobmp, first),
                                   first + 1 < v->arch.pv.iobmp_limit / 8 ? 2 : 1)) {
        return false;
    }
    return !((map[0] | map[1] << 8) & (((1U << bytes) - 1) << (port & 7)));
}

/* What a TSS would say: if not, #GP. */
static bool may_try(const struct vcpu *v, unsigned int port, unsigned int bytes)
{
    return port + bytes <= 0x10000 && (pv_iopl_ok(v) || bitmap_allows(v, port, bytes));
}

/* Is there anything behind the port for this domain? Otherwise it floats. */
static bool is_connected(const struct vcpu *v, unsigned int port, unsigned int bytes)
{
    return rangeset_contains(v->domain->arch.ioport_caps, port, port + bytes - 1);
}

static uint32_t port_in(const struct vcpu *v, unsigned int port, unsigned int bytes)
{
    if (pv_pci_port(port, bytes)) {
        return pv_pci_in(v->domain, port, bytes);
    }
    if (!is_connected(v, port, bytes)) {
        return ~0U >> (32 - 8 * bytes);
    }
    switch (bytes) {
    case 1:
        return inb((uint16_t)port);
    case 2:
        return inw((uint16_t)port);
    default:
        return inl((uint16_t)port);
    }
}

static void port_out(const struct vcpu *v, unsigned int port, unsigned int bytes, uint32_t val)
{
    if (pv_pci_port(port, bytes)) {
        pv_pci_out(v->domain, port, bytes, val);
        return;
    }
    if (!is_connected(v, port, bytes)) {
        return;
    }
    switch (bytes) {
    case 1:
        outb((uint8_t)val, (uint16_t)port);
        return;
    case 2:
        outw((uint16_t)val, (uint16_t)port);
        return;
    default:
        outl(val, (uint16_t)port);
        return;
    }
}

static inline unsigned long io_breakpoints(const struct vcpu *v, unsigned int port,
                                           unsigned int bytes)
{
    return unlikely(v->arch.pv.dr[7] & DR7_ENABLED) ? pv_io_matches(v, port, bytes) : 0;
}

static unsigned int access_size(const struct insn *insn, uint8_t op)
{
    if (!(op & 1)) {
        return 1;
    }
    return insn->opsize16 ? 2 : 4;
}

/* e4-e7: port in the next byte; ec-ef: in dx. Bit 1 of the opcode: OUT. */
enum emul_result pv_port_io(struct vcpu *v, struct cpu_user_regs *regs, struct insn *insn,
                            uint8_t op)
{
    unsigned int bytes = access_size(insn, op), port = (uint16_t)regs->rdx;
    uint64_t mask = bytes == 4 ? 0xffffffff : (1UL << (bytes * 8)) - 1;
    uint32_t val;

    if (!(op & 8)) {
        uint8_t imm;

        if (!insn_byte(insn, &imm)) {
            return EMUL_REFUSED;
        }
        port = imm;
    }
    if (!may_try(v, port, bytes)) {
        return EMUL_REFUSED;
    }
    insn->dr6 = io_breakpoints(v, port, bytes);
    if (op & 2) {
        port_out(v, port, bytes, (uint32_t)regs->rax);
        return EMUL_DONE;
    }
    val = port_in(v, port, bytes);
    /* Writing 32 bits clears the upper half, shorter ones keep the rest. */
    regs->rax = bytes == 4 ? val : (regs->rax & ~mask) | val;
    return EMUL_DONE;
}

/* A register as the instruction's address size has it: its lower half, or all. */
static uint64_t string_reg(const struct insn *insn, uint64_t reg)
{
    return insn->addr32 ? (uint32_t)reg : reg;
}

/* One element between memory at addr and the port. False: a page fault was injected. */
static bool string_element(struct vcpu *v, struct cpu_user_regs *regs, bool out, unsigned long addr,
                           unsigned int port, unsigned int bytes)
{
    uint32_t val = 0;
    int rc;

    if (out) {
        rc = copy_from_guest(&val, guest_ptr(addr), bytes);
        if (!rc) {
            port_out(v, port, bytes, val);
        }
    } else {
        /* The port is read only when its value has a place to go. */
        rc = clear_guest(guest_ptr(addr), bytes);
        if (!rc) {
            val = port_in(v, port, bytes);
            rc = copy_to_guest(guest_ptr(addr), &val, bytes);
        }
    }
    if (rc) {
        pv_inject_page_fault(v, regs, addr, out ? 0 : 2);
    }
    return !rc;
}

/*
 * INS (6c, 6d) and OUTS (6e, 6f), one element at a time; a repeated one looks for other work
 * between elements, and is then issued again with what is left.
 */
enum emul_result pv_string_io(struct vcpu *v, struct cpu_user_regs *regs, struct insn *insn,
                              uint8_t op)
{
    unsigned int bytes = access_size(insn, op), port = (uint16_t)regs->rdx;
    long step = regs->rflags & X86_EFLAGS_DF ? -(long)bytes : (long)bytes;
    bool out = op & 2;
    uint64_t *index = out ? &regs->rsi : &regs->rdi;

    if (insn->segment_override && insn->segment >= 0x64) {
        return EMUL_REFUSED; /* a based segment: no one does this */
    }
    if (!may_try(v, port, bytes)) {
        return EMUL_REFUSED;
    }
    while (!insn->rep || string_reg(insn, regs->rcx)) {
        unsigned long addr = string_reg(insn, *index);

        if (!string_element(v, regs, out, addr, port, bytes)) {
            return EMUL_AGAIN;
        }
        *index = string_reg(insn, addr + (unsigned long)step);
        insn->dr6 = io_breakpoints(v, port, bytes);
        if (!insn->rep) {
            break;
        }
        regs->rcx = string_reg(insn, regs->rcx - 1);
        if (!regs->rcx) {
            break;
        }
        /* Each element may be one that a debugger waits for. */
        if (regs->rflags & X86_EFLAGS_TF) {
            insn->dr6 |= DR6_SINGLE_STEP;
        }
        if (unlikely(insn->dr6)) {
            insn_debug(v, regs, insn->dr6);
            return EMUL_AGAIN;
        }
        if (hypercall_preempt_check()) {
            return EMUL_AGAIN;
        }
    }
    return EMUL_DONE;
}
