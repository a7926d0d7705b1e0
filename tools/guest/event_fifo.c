/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The FIFO event ABI: a control block a vCPU with 16 queues, an event word a port in an array that
 * grows by pages.
 *
 * A vCPU consumes only its own queues. An event word is only changed by atomic operations: the
 * hypervisor changes it too.
 */
#include <errno.h>
#include <string.h>
#include <guest/event.h>
#include <guest/cpu.h>
#include <guest/hypercall.h>
#include <guest/mm.h>
#include <guest/smp.h>

#define WORDS_PER_PAGE (PAGE_SIZE / sizeof(event_word_t))
#define MAX_PAGES      (EVTCHN_FIFO_NR_CHANNELS / WORDS_PER_PAGE)

static event_word_t *array[MAX_PAGES];
static unsigned int array_pages;

event_word_t *event_fifo_word(evtchn_port_t port)
{
    event_word_t *page = port / WORDS_PER_PAGE < MAX_PAGES ? array[port / WORDS_PER_PAGE] : NULL;

    return page ? page + port % WORDS_PER_PAGE : NULL;
}

static bool test_bit(evtchn_port_t port, unsigned int bit)
{
    event_word_t *word = event_fifo_word(port);

    return word && ((__atomic_load_n(word, __ATOMIC_SEQ_CST) >> bit) & 1);
}

static bool clear_bit(evtchn_port_t port, unsigned int bit)
{
    event_word_t *word = event_fifo_word(port);

    return word && ((__atomic_fetch_and(word, ~(1u << bit), __ATOMIC_SEQ_CST) >> bit) & 1);
}

static bool test_pending(evtchn_port_t port)
{
    return test_bit(port, EVTCHN_FIFO_PENDING);
}

static bool clear_pending(evtchn_port_t port)
{
    return clear_bit(port, EVTCHN_FIFO_PENDING);
}

static bool test_masked(evtchn_port_t port)
{
    return test_bit(port, EVTCHN_FIFO_MASKED);
}

static void mask(evtchn_port_t port)
{
    event_word_t *word = event_fifo_word(port);

    if (word) {
        __atomic_fetch_or(word, 1u << EVTCHN_FIFO_MASKED, __ATOMIC_SEQ_CST);
    }
}

static void unmask_bit(evtchn_port_t port)
{
    clear_bit(port, EVTCHN_FIFO_MASKED);
}

/* Takes LINKED and the link out of a word; answers the next port, 0 at the queue's end. */
static uint32_t unlink_word(event_word_t *word)
{
    event_word_t old = __atomic_load_n(word, __ATOMIC_SEQ_CST), new;

    do {
        new = old & ~((1u << EVTCHN_FIFO_LINKED) | EVTCHN_FIFO_LINK_MASK);
    } while (
        !__atomic_compare_exchange_n(word, &old, new, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    return old & EVTCHN_FIFO_LINK_MASK;
}

/* One event of one queue. */
static void consume(struct guest_cpu *cpu, unsigned int queue, uint32_t *ready)
{
    uint32_t head = cpu->fifo_head[queue];
    event_word_t *word;

    if (head == 0) {
        head = __atomic_load_n(&cpu->fifo->head[queue], __ATOMIC_SEQ_CST);
    }
    word = event_fifo_word(head);
    cpu->fifo_head[queue] = word && head ? unlink_word(word) : 0;
    if (cpu->fifo_head[queue] == 0) {
        *ready &= ~(1u << queue);
    }
    if (word && test_pending(head) && !test_masked(head)) {
        clear_pending(head);
        event_deliver(head);
    }
}

static void scan(void)
{
    struct guest_cpu *cpu = this_cpu();
    uint32_t ready = __atomic_exchange_n(&cpu->fifo->ready, 0, __ATOMIC_SEQ_CST);

    while (ready) {
        consume(cpu, (unsigned int)__builtin_ctz(ready), &ready);
        ready |= __atomic_exchange_n(&cpu->fifo->ready, 0, __ATOMIC_SEQ_CST);
    }
}

const struct event_abi event_abi_fifo = {
    .test_pending = test_pending,
    .clear_pending = clear_pending,
    .test_masked = test_masked,
    .mask = mask,
    .unmask_bit = unmask_bit,
    .scan = scan,
};

static long init_control(unsigned int vcpu)
{
    struct evtchn_init_control op = { .vcpu = vcpu };
    void *page = page_alloc(1);
    long rc;

    if (!page) {
        return -ENOMEM;
    }
    op.control_gfn = virt_to_mfn(page);
    rc = hv_event_channel_op(EVTCHNOP_init_control, &op);
    if (rc) {
        page_free(page, 1);
        return rc;
    }
    guest_cpus[vcpu].fifo = page;
    memset(guest_cpus[vcpu].fifo_head, 0, sizeof(guest_cpus[vcpu].fifo_head));
    return 0;
}

static long expand_array(void)
{
    struct evtchn_expand_array op;
    event_word_t *page = page_alloc(1);
    long rc;

    if (!page) {
        return -ENOMEM;
    }
    for (unsigned int i = 0; i < WORDS_PER_PAGE; i++) {
        page[i] = 1u << EVTCHN_FIFO_MASKED;
    }
    op.array_gfn = virt_to_mfn(page);
    rc = hv_event_channel_op(EVTCHNOP_expand_array, &op);
    if (rc) {
        page_free(page, 1);
        return rc;
    }
    array[array_pages++] = page;
    return 0;
}

long event_fifo_init(void)
{
    unsigned int vcpus = smp_count();
    long rc = 0;

    for (unsigned int vcpu = 0; vcpu < vcpus && !rc; vcpu++) {
        rc = init_control(vcpu);
    }
    if (!rc) {
        rc = expand_array();
    }
    if (!rc) {
        event_abi = &event_abi_fifo;
    }
    return rc;
}

/* After EVTCHNOP_reset: the hypervisor has let go of every page; so do we. */
void event_fifo_forget(void)
{
    event_abi = &event_abi_2l;
    for (unsigned int i = 0; i < array_pages; i++) {
        page_free(array[i], 1);
        array[i] = NULL;
    }
    array_pages = 0;
    for (unsigned int vcpu = 0; vcpu < CPU_MAX; vcpu++) {
        if (guest_cpus[vcpu].fifo) {
            page_free(guest_cpus[vcpu].fifo, 1);
            guest_cpus[vcpu].fifo = NULL;
        }
    }
}
