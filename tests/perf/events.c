/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Event channels: sending to a masked port and with an upcall, over both ABIs; allocating and
 * closing a port with few and with many open.
 */
#include <guest/event.h>
#include <guest/hypercall.h>
#include <guest/mm.h>
#include <guest/start.h>
#include <guest/trap.h>
#include "bench.h"

#define MANY      1000
#define VERY_MANY 100000

void bench_event_entry(void);

/* What the stub clears: the upcall flag, the selector (or ready) word, and the port's word by a
 * mask. */
volatile uint8_t *bench_upcall_flag;
volatile uint64_t *bench_selector;
volatile uint32_t *bench_port_word;
uint32_t bench_port_mask;

/* The shortest upcall that leaves the port ready for the next event. */
__asm__(".text\n"
        ".globl bench_event_entry\n"
        "bench_event_entry:\n" /* rcx, r11, rip, cs, rflags, rsp, ss */
        "    pushq %rax\n"
        "    movq bench_upcall_flag(%rip), %rax\n"
        "    movb $0, (%rax)\n"
        "    movq bench_selector(%rip), %rax\n"
        "    movq $0, (%rax)\n"
        "    movq bench_port_word(%rip), %rax\n"
        "    movl bench_port_mask(%rip), %ecx\n"
        "    lock andl %ecx, (%rax)\n"
        "    popq %rax\n"
        "    movq (%rsp), %rcx\n"
        "    movq 8(%rsp), %r11\n"
        "    addq $8, %rsp\n"
        "    movq $0, (%rsp)\n"
        "    jmp hypercall_page + 23 * 32\n");

static void set_upcall(void (*entry)(void))
{
    struct callback_register reg = { .type = CALLBACKTYPE_event, .address = (unsigned long)entry };

    hv_callback_op(CALLBACKOP_register, &reg);
}

static void aim_2l(evtchn_port_t port)
{
    bench_selector = &this_cpu()->info->evtchn_pending_sel;
    bench_port_word = (volatile uint32_t *)guest_shared_info->evtchn_pending + port / 32;
    bench_port_mask = ~(1u << (port % 32));
}

static void aim_fifo(evtchn_port_t port)
{
    bench_selector = (volatile uint64_t *)this_cpu()->fifo; /* ready, and the reserved word */
    bench_port_word = event_fifo_word(port);
    bench_port_mask = 0;
}

static void send_rows(const char *masked, const char *upcall, void (*aim)(evtchn_port_t))
{
    evtchn_port_t port;

    if (event_bind_ipi(0, &port)) {
        bench_report(masked, ~0ull);
        return;
    }
    event_mask(port);
    BENCH_MEASURE(masked, 100, event_clear(port); event_send(port));
    event_clear(port);
    bench_upcall_flag = &this_cpu()->info->evtchn_upcall_pending;
    aim(port);
    set_upcall(bench_event_entry);
    event_unmask(port);
    BENCH_MEASURE(upcall, 100, event_send(port));
    set_upcall(entry_event);
    event_mask(port);
    event_close(port);
}

static void alloc_close(const char *name, unsigned int iterations)
{
    struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
    struct evtchn_close c;

    BENCH_MEASURE(name, iterations, hv_event_channel_op(EVTCHNOP_alloc_unbound, &a);
                  c.port = a.port; hv_event_channel_op(EVTCHNOP_close, &c));
}

static void close_port(evtchn_port_t port)
{
    struct evtchn_close c = { .port = port };

    hv_event_channel_op(EVTCHNOP_close, &c);
}

static void bind_close(void)
{
    struct evtchn_bind_virq virq = { .virq = VIRQ_DEBUG, .vcpu = 0 };
    struct evtchn_bind_virq dom_exc = { .virq = VIRQ_DOM_EXC, .vcpu = 0 };
    struct evtchn_bind_ipi ipi = { .vcpu = 0 };
    struct evtchn_bind_interdomain pair = { .remote_dom = DOMID_SELF };

    BENCH_MEASURE("bind-close-ipi", 50, hv_event_channel_op(EVTCHNOP_bind_ipi, &ipi);
                  close_port(ipi.port));
    BENCH_MEASURE("bind-close-virq", 50, hv_event_channel_op(EVTCHNOP_bind_virq, &virq);
                  close_port(virq.port));
    BENCH_MEASURE("bind-close-dom-exc", 50, hv_event_channel_op(EVTCHNOP_bind_virq, &dom_exc);
                  close_port(dom_exc.port));
    if (event_alloc_unbound(DOMID_SELF, DOMID_SELF, &pair.remote_port)) {
        bench_report("bind-close-interdomain", ~0ull);
        return;
    }
    BENCH_MEASURE("bind-close-interdomain", 50,
                  hv_event_channel_op(EVTCHNOP_bind_interdomain, &pair);
                  close_port(pair.local_port));
    close_port(pair.remote_port);
}

static bool open_ports(unsigned int nr)
{
    evtchn_port_t port;

    while (nr--) {
        if (event_alloc_unbound(DOMID_SELF, DOMID_SELF, &port)) {
            return false;
        }
    }
    return true;
}

static void reset(void)
{
    struct evtchn_reset op = { .dom = DOMID_SELF };

    hv_event_channel_op(EVTCHNOP_reset, &op);
}

void bench_events(void)
{
    send_rows("event-send-masked-2l", "event-send-upcall-2l", aim_2l);
    alloc_close("port-alloc-close", 50);
    bind_close();
    if (open_ports(MANY)) {
        alloc_close("port-alloc-close-1000", 20);
    }
    reset();
    if (event_fifo_init()) {
        bench_report("event-send-masked-fifo", ~0ull);
        return;
    }
    send_rows("event-send-masked-fifo", "event-send-upcall-fifo", aim_fifo);
    reset();
    event_fifo_forget();
    event_init();
}
