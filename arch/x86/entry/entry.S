/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way in and out of guests: every exception, interrupt, system call and hypercall enters here, and
 * every return to a guest leaves through ret_to_guest (I22).
 *
 * On the stack top of each CPU lies struct cpu_info, which begins with the guest's registers; so after
 * the registers are saved, %rsp is the address of both. Saved frames are struct cpu_user_regs.
 *
 * Interrupts are off on entry, and off from the last look at pending work to the return. Registers
 * that the guest chose and the C code does not take as arguments are cleared on entry, so that no
 * mispredicted path finds a guest's value in them.
 */
#include <gen/asm-offsets.h>
#include <asm/alternative.h>
#include <asm/entry.h>
#include <asm/layout.h>

#define ERESTART 85

#define CANONICAL_HALF 0x800000000000

/* A guest's AC flag would open its memory to us; SYSCALL clears it, exceptions do not. */
#define CLAC ALT_OPTIONAL clac, X86_FEATURE_SMAP

/*
 * Page-table isolation: a guest runs on this CPU's shadow table, which maps of the hypervisor only what
 * stands between a label of this file and the switch of CR3 (arch/x86/mm/xpti.c). Entered from a
 * guest, %rsp at cpu_info; takes %rbx.
 */
.macro XPTI_ENTER
771: .byte 0x66, 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00
    .pushsection .altinstr_replacement, "a"
773: mov CPUINFO_hv_cr3(%rsp), %rbx
    mov %rbx, %cr3
774:
    .popsection
    .pushsection .altinstructions, "a"
    .balign 8
    .quad 771b, 773b
    .long X86_FEATURE_XPTI, 11
    .long 774b - 773b, 0
    .popsection
.endm

/* What follows, to the label, is jumped over, but where the feature overwrites the jump by no-ops. */
.macro ALT_ELSE_SKIP_TO feature, label
771: .byte 0xeb, \label - 772f
772:
    .pushsection .altinstructions, "a"
    .balign 8
    .quad 771b, 771b
    .long \feature, 2
    .long 0, 0
    .popsection
.endm

/*
 * Entered from the hypervisor, on any stack of this CPU: the frame may have come between a switch of
 * CR3 and the guest. %r12 is then the shadow table, to go back to it, and 0 otherwise. Takes %rax, %rcx.
 */
.macro XPTI_ENTER_HOST
    ALT_ELSE_SKIP_TO X86_FEATURE_XPTI, 778f
    mov %rsp, %rax
    or $(STACK_SIZE - 1), %rax
    mov %cr3, %r12
    cmp %r12, CPUINFO_guest_cr3 - CPUINFO_sizeof + 1(%rax)
    je 776f
    xor %r12d, %r12d
    jmp 778f
776: mov CPUINFO_hv_cr3 - CPUINFO_sizeof + 1(%rax), %rcx
    mov %rcx, %cr3
778:
.endm

.macro XPTI_LEAVE_HOST
    ALT_ELSE_SKIP_TO X86_FEATURE_XPTI, 779f
    test %r12, %r12
    jz 779f
    mov %r12, %cr3
779:
.endm

/*
 * Entered from a guest, whose calls have left their return addresses in the CPU's return stack: 32
 * calls of our own take their place. A RET that is mispredicted to one of them waits there. Takes
 * %rbx, and 256 bytes of stack.
 */
.macro RSB_FILL
    ALT_ELSE_SKIP_TO X86_FEATURE_RSB_FILL, 786f
    mov $16, %ebx
781: call 783f
782: pause
    lfence
    jmp 782b
783: call 785f
784: pause
    lfence
    jmp 784b
785: dec %ebx
    jnz 781b
    add $(32 * 8), %rsp
786:
.endm

/* Above the frame of an exception the CPU has pushed ss..rip, the stub error code and vector. */
.macro SAVE_GPRS
    push %rdi
    push %rsi
    push %rdx
    push %rcx
    push %rax
    push %r8
    push %r9
    push %r10
    push %r11
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
.endm

.macro RESTORE_GPRS
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rax
    pop %rcx
    pop %rdx
    pop %rsi
    pop %rdi
.endm

/* %rcx and %r11 are what SYSRET takes: %rip, which the caller has put there, and the flags. */
.macro RESTORE_GPRS_AND_SYSRET
    mov UREGS_r15(%rsp), %r15
    mov UREGS_r14(%rsp), %r14
    mov UREGS_r13(%rsp), %r13
    mov UREGS_r12(%rsp), %r12
    mov UREGS_rbp(%rsp), %rbp
    mov UREGS_rbx(%rsp), %rbx
    mov UREGS_rflags(%rsp), %r11
    mov UREGS_r10(%rsp), %r10
    mov UREGS_r9(%rsp), %r9
    mov UREGS_r8(%rsp), %r8
    mov UREGS_rax(%rsp), %rax
    mov UREGS_rdx(%rsp), %rdx
    mov UREGS_rsi(%rsp), %rsi
    mov UREGS_rdi(%rsp), %rdi
    mov UREGS_rsp(%rsp), %rsp
    sysretq
.endm

.macro SCRUB_CALLEE_SAVED
    xor %ebp, %ebp
    xor %r12d, %r12d
    xor %r13d, %r13d
    xor %r14d, %r14d
    xor %r15d, %r15d
.endm

.macro SCRUB_GPRS
    xor %eax, %eax
    xor %ecx, %ecx
    xor %edx, %edx
    xor %esi, %esi
    xor %r8d, %r8d
    xor %r9d, %r9d
    xor %r10d, %r10d
    xor %r11d, %r11d
    SCRUB_CALLEE_SAVED
.endm

.macro FUNC name
    .type \name, @function
    .globl \name
    .hidden \name
    .balign 16
\name:
.endm
.macro END name
    .size \name, . - \name
.endm

    .section .text.entry, "ax", @progbits

/*
 * SYSCALL leaves the stack pointer to us and gives no register free. Each CPU has its own stub and its
 * own slot of memory beside it, so the stack is found with no segment base and no swapgs.
 */
.macro SYSCALL_STUBS name, target
    .balign 32
    .globl \name
    .hidden \name
\name:
    cpu = 0
    .rept CONFIG_NR_CPUS
    .balign 32
    mov %rsp, syscall_slots + 64 * cpu(%rip)
    mov syscall_slots + 64 * cpu + 8(%rip), %rsp
    pushq $FLAT_RING3_SS64
    pushq syscall_slots + 64 * cpu(%rip)
    jmp \target
    cpu = cpu + 1
    .endr
.endm

/* The error code, which there is none, and the vector. */
    .balign 8
syscall_vector:
    .long 0, TRAP_syscall

SYSCALL_STUBS syscall_stubs, syscall_entry
SYSCALL_STUBS syscall32_stubs, syscall32_entry

/* SYSCALL in 64-bit mode: a hypercall from a guest kernel, a system call from its user mode. */
FUNC syscall_entry
    push %r11
    pushq $FLAT_RING3_CS64
    push %rcx
    pushq syscall_vector(%rip)
    SAVE_GPRS
    XPTI_ENTER
    RSB_FILL
    mov CPUINFO_current(%rsp), %rbx
    SCRUB_CALLEE_SAVED
    testb $1, VCPU_flags(%rbx)
    jz syscall_from_user
    cmp $__HYPERVISOR_iret, %eax
    je iret_from_kernel

    sti
    mov %r8, %r9
    mov %r10, %r8
    mov %rdx, %rcx
    mov %rsi, %rdx
    mov %rdi, %rsi
    mov %eax, %edi
    xor %r10d, %r10d
    xor %r11d, %r11d
    call hypercall_dispatch
    cmp $-ERESTART, %rax
    je hypercall_again
    mov %rax, UREGS_rax(%rsp)

/* %rbx: the current vCPU; %rsp: its registers. Work that must be done before the guest runs. */
    .globl ret_to_guest
    .hidden ret_to_guest
ret_to_guest:
    cli
    cmpq $0, CPUINFO_softirq_pending(%rsp) /* and entry_flags */
    jne exit_work
    mov VCPU_vcpu_info(%rbx), %rax
    cmpb $0, VCPUINFO_upcall_pending(%rax)
    jne event_pending
no_event:
    cmpb $0, VCPU_nmi_pending(%rbx)
    jne nmi_to_guest
restore_guest:
    testl $TRAP_syscall, UREGS_entry_vector(%rsp)
    jz restore_by_iret

    /*
     * SYSRET faults in ring 0 on a non-canonical address: such a one leaves by IRET. The two canonical
     * halves, moved up by half of both, are the addresses of 48 bits.
     */
    mov UREGS_rip(%rsp), %rcx
    mov $CANONICAL_HALF, %rax
    add %rcx, %rax
    shr $48, %rax
    jnz restore_by_iret
    /* And it loads fixed selectors. */
    cmpw $FLAT_RING3_CS64, UREGS_cs(%rsp)
    jne restore_by_iret
    RESTORE_GPRS_AND_SYSRET

restore_by_iret:
    RESTORE_GPRS
    add $8, %rsp
    .globl iret_to_guest
    .hidden iret_to_guest
iret_to_guest:
    iretq
END syscall_entry

/* The guest issues the call again, with the arguments that its handler left in the frame. */
hypercall_again:
    subq $2, UREGS_rip(%rsp)
    jmp ret_to_guest

/* Softirqs, after which all is looked at again; or mitigations, which come after all else. */
exit_work:
    cmpl $0, CPUINFO_softirq_pending(%rsp)
    je 1f
    sti
    call exit_softirqs
    jmp ret_to_guest
1:  mov %rbx, %rdi
    mov %rsp, %rsi
    call exit_mitigated
    test %rax, %rax
    jz restore_guest
    mov %rax, %cr3
    jmp restore_guest

event_pending:
    cmpb $0, VCPUINFO_upcall_mask(%rax)
    jne no_event
    mov %rbx, %rdi
    mov %rsp, %rsi
    call pv_deliver_upcall
    jmp no_event

nmi_to_guest:
    mov %rbx, %rdi
    mov %rsp, %rsi
    call pv_deliver_nmi
    jmp restore_guest

/* The call that every system call and exception of the guest's user mode ends with: straight on. */
iret_from_kernel:
    xor %r10d, %r10d
    xor %r11d, %r11d
    mov %rbx, %rdi
    mov %rsp, %rsi
    call pv_iret
    jmp ret_to_guest

syscall_from_user:
    xor %r10d, %r10d
    xor %r11d, %r11d
    mov %rbx, %rdi
    mov %rsp, %rsi
    call pv_syscall_bounce
    jmp ret_to_guest

/* SYSCALL in compatibility mode (AMD): CS is what SYSRET could give back, the callback may differ. */
FUNC syscall32_entry
    push %r11
    pushq $FLAT_RING3_CS32
    push %rcx
    pushq syscall_vector(%rip)
    SAVE_GPRS
    XPTI_ENTER
    RSB_FILL
    mov CPUINFO_current(%rsp), %rbx
    SCRUB_GPRS
    mov %rbx, %rdi
    mov %rsp, %rsi
    call pv_syscall32_bounce
    jmp ret_to_guest
END syscall32_entry

/*
 * SYSENTER: the CPU loaded rsp from its MSR and saved nothing; of the flags, the caller's, only IF is off. A
 * caller that is stepped brings TF along: each instruction up to sysenter_flags_saved traps, and
 * host_exception() leaves TF alone until it is in the frame.
 */
FUNC sysenter_entry
    pushq $FLAT_RING3_SS64
    pushq $0
    pushfq
    .globl sysenter_flags_saved
    .hidden sysenter_flags_saved
sysenter_flags_saved:
    orl $X86_EFLAGS_IF, (%rsp)
    pushq $3
    pushq $0
    pushq $0
    cld
    SAVE_GPRS
    XPTI_ENTER
    RSB_FILL
    mov CPUINFO_current(%rsp), %rbx
    SCRUB_GPRS
    /* TF of the caller must not step through the hypervisor; NT and AC are harmless but not ours. */
    pushq $X86_EFLAGS_MBS
    popfq
    mov %rbx, %rdi
    mov %rsp, %rsi
    call pv_sysenter_bounce
    jmp ret_to_guest
END sysenter_entry

/*
 * Stubs: error code where the CPU pushes none, then the vector in its upper half. An interrupt message
 * of an exception's vector pushes no error code either. The CPU aligns the stack to 16 bytes before it
 * pushes, on every stack and from every mode, so an odd number of words tells such a frame.
 */
    .balign EXCEPTION_STUB_SIZE
    .globl exception_stubs
    .hidden exception_stubs
exception_stubs:
    vec = 0
    .rept 256
    .balign EXCEPTION_STUB_SIZE
    /* Vectors of which the CPU itself pushes an error code: 8, 10-14, 17, 21, 29, 30. */
    .if vec > 31 || !((0x60227d00 >> (vec & 31)) & 1)
    pushq $0
    .else
    testb $8, %spl
    jnz 1f
    .endif
    movl $vec, 4(%rsp)
    .if vec == 1
    jmp debug_entry
    .elseif vec == 2
    jmp nmi_entry
    .elseif vec == 8
    jmp double_fault_entry
    .elseif vec == 14
    jmp page_fault_entry
    .elseif vec == 18
    jmp machine_check_entry
    .elseif vec == LEGACY_SYSCALL_VECTOR
    jmp legacy_syscall_entry
    .elseif vec < 32
    jmp exception_entry
    .else
    jmp interrupt_entry
    .endif
1:  .if vec == 8
    pushq $vec
    jmp message_on_fault_stack
    .elseif vec < 32
    pushq $vec
    jmp message_entry
    .endif
    vec = vec + 1
    .endr

/* %rbx and %rdi: the current vCPU; %rsp and %rsi: its registers. */
.macro ENTER_FROM_GUEST handler, from_host
    cld
    CLAC
    SAVE_GPRS
    testb $3, UREGS_cs(%rsp)
    jz \from_host
    XPTI_ENTER
    RSB_FILL
    mov CPUINFO_current(%rsp), %rbx
    SCRUB_GPRS
    mov %rbx, %rdi
    mov %rsp, %rsi
    call \handler
    jmp ret_to_guest
.endm

page_fault_entry:
    ENTER_FROM_GUEST guest_page_fault, exception_from_host

exception_entry:
    ENTER_FROM_GUEST guest_exception, exception_from_host

legacy_syscall_entry:
    ENTER_FROM_GUEST guest_legacy_syscall, interrupt_from_host

/* The vector comes to its place, above an error code of 0. */
message_entry:
    shlq $32, (%rsp)
interrupt_entry:
    ENTER_FROM_GUEST guest_interrupt, interrupt_from_host

/* The hypervisor itself was interrupted: its frame may lie anywhere on this CPU's stacks. */
.macro FROM_HOST handler
    SCRUB_GPRS
    XPTI_ENTER_HOST
    mov %rsp, %rdi
    call \handler
    XPTI_LEAVE_HOST
    RESTORE_GPRS
    add $8, %rsp
    iretq
.endm

exception_from_host:
    FROM_HOST host_exception

interrupt_from_host:
    FROM_HOST do_irq

/*
 * NMI, #MC and #DB have stacks of their own, since they may come before the entry path has one. From a
 * guest, the frame moves to the main stack, which is free then, and the usual exit is taken.
 */
.macro IST_ENTRY guest_handler, host_handler, unblock
    cld
    CLAC
    SAVE_GPRS
    SCRUB_GPRS
    testb $3, UREGS_cs(%rsp)
    jz 1f
    mov %rsp, %rsi
    mov %rsp, %rdi
    or $(STACK_SIZE - 1), %rdi
    sub $(CPUINFO_sizeof - 1), %rdi
    mov %rdi, %rdx
    mov $(UREGS_es / 8), %ecx
    rep movsq
    mov %rdx, %rsp
    XPTI_ENTER
    RSB_FILL
    mov CPUINFO_current(%rsp), %rbx
    mov %rsp, %rdi
    call \guest_handler
    \unblock
    jmp ret_to_guest
1:
    XPTI_ENTER_HOST
    RSB_FILL /* between a guest's entry and its own filling, the return stack is the guest's */
    mov %rsp, %rdi
    call \host_handler
    XPTI_LEAVE_HOST
    RESTORE_GPRS
    add $8, %rsp
    iretq
.endm

/*
 * The CPU holds back further NMIs until the next IRET, and the way back to this guest, or to another
 * one, may be SYSRET. Takes %rax, %rcx.
 */
.macro NMI_UNBLOCK
    mov %rsp, %rax
    lea 775f(%rip), %rcx
    pushq $HV_DS
    push %rax
    pushfq
    pushq $HV_CS64
    push %rcx
    iretq
775:
.endm

nmi_entry:
    IST_ENTRY do_nmi, do_nmi, NMI_UNBLOCK

machine_check_entry:
    IST_ENTRY do_machine_check, do_machine_check

debug_entry:
    IST_ENTRY guest_debug, host_exception

message_on_fault_stack:
    shlq $32, (%rsp)
    IST_ENTRY do_irq, do_irq

double_fault_entry:
    cld
    SAVE_GPRS
    XPTI_ENTER_HOST
    mov %rsp, %rdi
    call double_fault

/*
 * The stack is empty, but for the CPU's own record at its top. By one instruction: an interrupt that
 * comes before or after it finds room below. Uses rax.
 */
.macro RESET_STACK
    mov %rsp, %rax
    or $(STACK_SIZE - 1), %rax
    lea 1 - CPUINFO_sizeof(%rax), %rsp
.endm

/* After a context switch: the registers of the vCPU that runs now are at the stack's top. */
FUNC ret_to_guest_reset_stack
    RESET_STACK
    mov CPUINFO_current(%rsp), %rbx
    xor %ebp, %ebp
    jmp ret_to_guest
END ret_to_guest_reset_stack

FUNC reset_stack_and_call
    RESET_STACK
    mov CPUINFO_current(%rsp), %rbx
    xor %ebp, %ebp
    mov %rdi, %rax
    call __x86_indirect_thunk_rax
    ud2
END reset_stack_and_call

    .section .bss.syscall_slots, "aw", @nobits
    .balign 4096
    .globl syscall_slots
    .hidden syscall_slots
syscall_slots:
    .skip 64 * CONFIG_NR_CPUS
    .balign 4096

    .section .note.GNU-stack, "", @progbits
