/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypercalls as the architecture sees them: where the arguments are, and the stubs that a guest
 * calls. Current vCPU; no locks.
 */
#include <hv/domain.h>
#include <hv/hypercall.h>
#include <asm/pv.h>
#include <asm/hypercall-page.h>

void hypercall_set_arg(unsigned int idx, unsigned long value)
{
    struct vcpu *v = current;
    struct cpu_user_regs *regs = guest_cpu_user_regs();

    if (v->mc_state.active) {
        v->mc_state.call.args[idx] = value;
        return;
    }
    switch (idx) {
    case 0:
        regs->rdi = value;
        break;
    case 1:
        regs->rsi = value;
        break;
    case 2:
        regs->rdx = value;
        break;
    case 3:
        regs->r10 = value;
        break;
    case 4:
        regs->r8 = value;
        break;
    default:
        ASSERT_UNREACHABLE();
    }
}

/*
 * 32 bytes a call: push rcx and r11, which SYSCALL overwrites; number to eax; syscall; pop; ret.
 * IRET does not come back: it pushes rax too, which is part of its frame.
 */
void hypercall_page_fill(void *page)
{
    static const uint8_t head[] = { 0x51, 0x41, 0x53, 0xb8 };
    static const uint8_t tail[] = { 0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3 };
    static const uint8_t iret_head[] = { 0x51, 0x41, 0x53, 0x50, 0xb8 };
    static const uint8_t iret_tail[] = { 0x0f, 0x05 };
    uint8_t *p = page;

    memset(p, 0xcc, PAGE_SIZE);
    for (uint32_t nr = 0; nr < PAGE_SIZE / 32; nr++, p += 32) {
        if (nr == __HYPERVISOR_iret) {
            memcpy(p, iret_head, sizeof(iret_head));
            memcpy(p + sizeof(iret_head), &nr, sizeof(nr));
            memcpy(p + sizeof(iret_head) + sizeof(nr), iret_tail, sizeof(iret_tail));
            continue;
        }
        memcpy(p, head, sizeof(head));
        memcpy(p + sizeof(head), &nr, sizeof(nr));
        memcpy(p + sizeof(head) + sizeof(nr), tail, sizeof(tail));
    }
}
