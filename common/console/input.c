/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Characters typed on the console. They go to the debug keys or, once it runs, to the hardware
 * domain through a ring of its own and VIRQ_CONSOLE; three times the switch character (CTRL-a, or
 * as conswitch= says) changes between the two. What does not fit the ring is dropped.
 *
 * input_lock guards the ring and the switch; no other lock is taken inside.
 */
#include <hv/keyhandler.h>
#include <hv/lib.h>
#include <hv/param.h>
#include <hv/virq.h>
#include <hv/domain.h>
#include "private.h"

#define INPUT_SIZE 1024u

static DEFINE_IRQLOCK(input_lock, RANK_RATELIMIT);
static char input[INPUT_SIZE];
static uint32_t input_next, input_first; /* counted modulo 2^32 */
static bool to_domain;
static unsigned int switch_count;

static struct conswitch {
    char letter; /* 0: no switching */
    bool stay;   /* do not switch when the hardware domain starts */
} conswitch = { .letter = 'a' };

#define SWITCH_PRESSES 3
#define CTRL(c)        ((c) - 'a' + 1)

/* "<letter>[x]": the letter pressed with CTRL; x leaves the input with the debug keys at first. */
static int __init parse_conswitch(const char *s, struct conswitch *to)
{
    if (*s >= 'a' && *s <= 'z') {
        to->letter = *s++;
    } else if (*s == '`') {
        to->letter = 0;
        s++;
    }
    if (*s == 'x') {
        to->stay = true;
        s++;
    }
    return *s ? -EINVAL : 0;
}
custom_param("conswitch", parse_conswitch, conswitch);

static void say_where(bool domain)
{
    /* No guest repeats this: it answers what is typed at the console. */
    if (conswitch.letter) {
        printk(XENLOG_ERR "*** Serial input to %s (type 'CTRL-%c' three times to switch input)\n",
               domain ? "DOM0" : "the hypervisor", conswitch.letter);
    } else {
        printk(XENLOG_ERR "*** Serial input to %s\n", domain ? "DOM0" : "the hypervisor");
    }
}

/* Takes c into account as a possible switch; true when c was one press of it. */
static bool switch_press(char c, bool *switched)
{
    *switched = false;
    if (!conswitch.letter || c != CTRL(conswitch.letter)) {
        switch_count = 0;
        return false;
    }
    if (++switch_count == SWITCH_PRESSES) {
        switch_count = 0;
        to_domain = !to_domain && hardware_domain;
        *switched = true;
    }
    return true;
}

static bool store(char c)
{
    if (input_next - input_first >= INPUT_SIZE) {
        return false;
    }
    input[input_next++ % INPUT_SIZE] = c;
    return true;
}

void console_rx(char c)
{
    unsigned long flags = irq_lock(&input_lock);
    bool switched, domain, news = false;
    bool press = switch_press(c, &switched);

    domain = to_domain;
    if (!switched && domain) {
        news = store(c);
    }
    irq_unlock(&input_lock, flags);

    if (switched) {
        say_where(domain);
    } else if (news) {
        send_global_virq(VIRQ_CONSOLE);
    } else if (!domain && !press) {
        keyhandler_run(c, true);
    }
}

unsigned int console_take_input(char *buf, unsigned int n)
{
    unsigned long flags = irq_lock(&input_lock);
    unsigned int i = 0;

    while (i < n && input_first != input_next) {
        buf[i++] = input[input_first++ % INPUT_SIZE];
    }
    irq_unlock(&input_lock, flags);
    return i;
}

void console_start_domain_input(void)
{
    unsigned long flags;

    console_devices_handover();
    if (conswitch.stay) {
        return;
    }
    flags = irq_lock(&input_lock);
    to_domain = true;
    irq_unlock(&input_lock, flags);
    say_where(true);
}
