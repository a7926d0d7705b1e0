/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The 2-level event ABI: a selector word a vCPU, a pending and a mask bit a port.
 */
#include <guest/event.h>
#include <guest/cpu.h>
#include <guest/start.h>

#define WORD_BITS 64u

static bool bit_of(const xen_ulong_t *words, evtchn_port_t port)
{
    return (__atomic_load_n(&words[port / WORD_BITS], __ATOMIC_SEQ_CST) >> (port % WORD_BITS)) & 1;
}

static bool test_pending(evtchn_port_t port)
{
    return bit_of(guest_shared_info->evtchn_pending, port);
}

static bool clear_pending(evtchn_port_t port)
{
    xen_ulong_t bit = 1ul << (port % WORD_BITS);
    xen_ulong_t *word = &guest_shared_info->evtchn_pending[port / WORD_BITS];

    return (__atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST) & bit) != 0;
}

static bool test_masked(evtchn_port_t port)
{
    return bit_of(guest_shared_info->evtchn_mask, port);
}

static void mask(evtchn_port_t port)
{
    __atomic_fetch_or(&guest_shared_info->evtchn_mask[port / WORD_BITS], 1ul << (port % WORD_BITS),
                      __ATOMIC_SEQ_CST);
}

static void unmask_bit(evtchn_port_t port)
{
    __atomic_fetch_and(&guest_shared_info->evtchn_mask[port / WORD_BITS],
                       ~(1ul << (port % WORD_BITS)), __ATOMIC_SEQ_CST);
}

static void scan_word(unsigned int word)
{
    for (;;) {
        xen_ulong_t ready = __atomic_load_n(&guest_shared_info->evtchn_pending[word],
                                            __ATOMIC_SEQ_CST) &
                            ~__atomic_load_n(&guest_shared_info->evtchn_mask[word],
                                             __ATOMIC_SEQ_CST);
        evtchn_port_t port;

        if (!ready) {
            return;
        }
        port = word * WORD_BITS + (unsigned int)__builtin_ctzl(ready);
        clear_pending(port);
        event_deliver(port);
    }
}

static void scan(void)
{
    xen_ulong_t sel = __atomic_exchange_n(&this_cpu()->info->evtchn_pending_sel, 0,
                                          __ATOMIC_SEQ_CST);

    while (sel) {
        unsigned int word = (unsigned int)__builtin_ctzl(sel);

        sel &= sel - 1;
        scan_word(word);
    }
}

const struct event_abi event_abi_2l = {
    .test_pending = test_pending,
    .clear_pending = clear_pending,
    .test_masked = test_masked,
    .mask = mask,
    .unmask_bit = unmask_bit,
    .scan = scan,
};
