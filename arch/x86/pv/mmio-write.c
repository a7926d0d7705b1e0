/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes of the hardware domain's kernel to device memory that it may only read (asm/mmio-ro.h).
 * To PCI configuration space they are carried out where they do no harm; others are dropped, as by
 * a device that ignores them.
 *
 * The instruction is copied once and judged by that copy; the fault address says where it writes.
 * No locks.
 */
#include <hv/domain.h>
#include <asm/mmio-ro.h>
#include <asm/pci.h>
#include <asm/pv-mm.h>
#include <asm/pv.h>

#include "emul-fetch.h"
#include "ptwr-decode.h"

bool pv_mmio_write_fault(struct cpu_user_regs *regs, unsigned long addr)
{
    struct vcpu *v = current;
    struct ptwr_insn write;
    struct insn code;
    uint64_t val;
    pte_t l1e;

    if (!is_hardware_domain(v->domain) || !guest_walk(v->arch.guest_table, addr, &l1e) ||
        (l1e.v & (PTE_P | PTE_RW)) != PTE_P || !mmio_is_ro(pte_mfn(l1e))) {
        return false;
    }
    if (!insn_fetch(&code, regs) || !ptwr_decode(code.bytes, code.len, &write) ||
        write.op != PTWR_MOV || (addr & ~PAGE_MASK) + write.size > PAGE_SIZE) {
        return false;
    }
    val = write.has_imm ? write.imm : *insn_reg(regs, write.reg);
    if (write.high_byte) {
        val >>= 8;
    }
    if (write.size <= sizeof(uint32_t)) {
        (void)pci_ecam_write(_maddr(maddr_x(mfn_to_maddr(pte_mfn(l1e))) + (addr & ~PAGE_MASK)),
                             write.size, (uint32_t)val);
    }
    insn_retire(v, regs, write.len);
    return true;
}
