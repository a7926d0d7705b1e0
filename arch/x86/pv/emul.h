/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the files that emulate a PV guest's privileged instructions. */
#ifndef PV_EMUL_H
#define PV_EMUL_H

#include <asm/pv.h>
#include <gen/hypercall-dispatch.h>

struct insn;

enum emul_result {
    EMUL_DONE,    /* the instruction is complete */
    EMUL_AGAIN,   /* part of its work is; it is issued again, or a fault was injected */
    EMUL_REFUSED, /* not the guest's to do: #GP */
};

/* May the guest, in its present mode, use I/O ports at all (virtual IOPL)? */
bool pv_iopl_ok(const struct vcpu *v);
/* Has the domain devices, so that cache operations matter to it? */
bool pv_may_use_devices(const struct domain *d);
enum emul_result pv_port_io(struct vcpu *v, struct cpu_user_regs *regs, struct insn *insn,
                            uint8_t op);
enum emul_result pv_string_io(struct vcpu *v, struct cpu_user_regs *regs, struct insn *insn,
                              uint8_t op);
/* PCI configuration ports, which are emulated: is it one of them, and accesses to it. pci-cfg.c */
bool pv_pci_port(unsigned int port, unsigned int bytes);
uint32_t pv_pci_in(struct domain *d, unsigned int port, unsigned int bytes);
void pv_pci_out(struct domain *d, unsigned int port, unsigned int bytes, uint32_t val);
enum emul_result pv_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val);
enum emul_result pv_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val);

#endif
