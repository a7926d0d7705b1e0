/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The user address space. Its root holds nothing of the kernel's: the hypervisor switches roots at
 * each change of mode.
 */
#include <errno.h>
#include <string.h>
#include <guest/user.h>
#include <guest/cpu.h>
#include <guest/hypercall.h>
#include <guest/pt.h>

static pte_t *root;
static void *code_page, *stack_page, *data_page;

void user_enter(const struct trap_regs *regs);

static long make_readonly(pte_t *const *tables, unsigned int nr)
{
    for (unsigned int i = 0; i < nr; i++) {
        long rc = pt_set_readonly(tables[i]);

        if (rc) {
            return rc;
        }
    }
    return 0;
}

long user_init(void)
{
    pte_t *tables[5];
    struct mmuext_op op = { .cmd = MMUEXT_PIN_L4_TABLE };
    long rc;

    if (root) {
        op.cmd = MMUEXT_NEW_USER_BASEPTR;
        op.arg1.mfn = virt_to_mfn(root);
        return hv_mmuext_op(&op, 1, NULL, DOMID_SELF);
    }
    code_page = page_alloc(1);
    stack_page = page_alloc(1);
    data_page = page_alloc(1);
    for (unsigned int i = 0; i < 5; i++) {
        tables[i] = page_alloc(1);
        if (!tables[i]) {
            return -ENOMEM;
        }
    }
    if (!code_page || !stack_page || !data_page) {
        return -ENOMEM;
    }
    tables[0][0] = pte_make(virt_to_mfn(tables[1]), PTE_TABLE);
    tables[1][0] = pte_make(virt_to_mfn(tables[2]), PTE_TABLE);
    tables[2][pt_index(USER_CODE, 2)] = pte_make(virt_to_mfn(tables[3]), PTE_TABLE);
    tables[2][pt_index(USER_STACK, 2)] = pte_make(virt_to_mfn(tables[4]), PTE_TABLE);
    tables[3][pt_index(USER_CODE, 1)] = pte_make(virt_to_mfn(code_page), PTE_RO);
    tables[4][pt_index(USER_STACK, 1)] = pte_make(virt_to_mfn(stack_page), PTE_KERN);
    tables[4][pt_index(USER_DATA, 1)] = pte_make(virt_to_mfn(data_page), PTE_KERN);
    rc = make_readonly(tables, 5);
    if (rc) {
        return rc;
    }
    op.arg1.mfn = virt_to_mfn(tables[0]);
    rc = hv_mmuext_op(&op, 1, NULL, DOMID_SELF);
    if (rc) {
        return rc;
    }
    root = tables[0];
    op.cmd = MMUEXT_NEW_USER_BASEPTR;
    return hv_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

void user_load(const void *code, unsigned long len)
{
    memset(code_page, 0xcc, PAGE_SIZE);
    memcpy(code_page, code, len > PAGE_SIZE ? PAGE_SIZE : len);
}

void *user_code_page(void)
{
    return code_page;
}

void *user_data_page(void)
{
    return data_page;
}

unsigned long user_root_mfn(void)
{
    return virt_to_mfn(root);
}

void user_regs_init(struct trap_regs *regs)
{
    memset(regs, 0, sizeof(*regs));
    regs->rip = USER_CODE;
    regs->cs = FLAT_USER_CS;
    regs->ss = FLAT_USER_SS;
    regs->rsp = USER_STACK + PAGE_SIZE;
    regs->rflags = 0x202;
}

void user_run(struct trap_regs *regs)
{
    bool was_masked = events_masked();

    events_mask();
    this_cpu()->user_regs = regs;
    user_enter(regs);
    this_cpu()->user_regs = NULL;
    if (!was_masked) {
        events_unmask();
    }
}
