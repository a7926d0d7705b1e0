/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Serial ports of the 16550 kind: com1 and com2, on PC ports or on the PCI bus.
 *
 * At first bytes are written as the chip takes them. Once timers and interrupts work they wait in a
 * buffer that the chip's interrupt empties, and the writer waits only while the buffer is full.
 * Received bytes wait in another until a timer's softirq gives them to console_rx(), as what a
 * debug key does is not for interrupt context. The timer also serves a port without an interrupt,
 * and any port until its first interrupt has come.
 *
 * uart->lock guards the chip and both buffers; it is a leaf, and is not held while console_rx()
 * runs. A chip that stops answering is left alone: no loop here waits for hardware without a bound.
 */
#include <hv/bitops.h>
#include <hv/init.h>
#include <hv/lib.h>
#include <hv/mm.h>
#include <hv/param.h>
#include <hv/serial.h>
#include <asm/io.h>
#include <asm/irq.h>
#include "ns16550.h"

#define NR_UARTS    2
#define WAIT_TRIES  200000u /* reads of the status register: far above a FIFO's time */
#define IRQ_ROUNDS  64u     /* causes served by one interrupt */
#define POLL_PERIOD MILLISECS(10)
#define IRQ_PERIOD  SECONDS(1) /* a look at the chip where interrupts work, should one be lost */

static void com1_write(const char *s, size_t n);
static void com2_write(const char *s, size_t n);
static void com1_sync(void);
static void com2_sync(void);

#define UART_DEFAULTS(b, i)                                                                        \
    {                                                                                              \
        true, false, 0, UART_CLOCK, LCR_BITS(8), b, i, UART_ANY_BDF                                \
    }

static struct uart uarts[NR_UARTS] = {
    { .dev = { .name = "com1", .write = com1_write, .sync = com1_sync },
      .config = UART_DEFAULTS(0x3f8, 4),
      .lock = IRQLOCK_INIT(RANK_SERIAL) },
    { .dev = { .name = "com2", .write = com2_write, .sync = com2_sync },
      .config = UART_DEFAULTS(0x2f8, 3),
      .lock = IRQLOCK_INIT(RANK_SERIAL) },
};

custom_param("com1", uart_parse, uarts[0].config);
custom_param("com2", uart_parse, uarts[1].config);

static uint8_t reg_read(const struct uart *u, unsigned int reg)
{
    if (!u->mmio) {
        return inb((uint16_t)(u->port + reg));
    }
    if (u->reg_width == 4) {
        return (uint8_t)mmio_read32(u->mmio + (reg << u->reg_shift));
    }
    return mmio_read8(u->mmio + (reg << u->reg_shift));
}

static void reg_write(const struct uart *u, unsigned int reg, uint8_t v)
{
    if (!u->mmio) {
        outb(v, (uint16_t)(u->port + reg));
    } else if (u->reg_width == 4) {
        mmio_write32(u->mmio + (reg << u->reg_shift), v);
    } else {
        mmio_write8(u->mmio + (reg << u->reg_shift), v);
    }
}

/* How often a dying machine tries the lock: longer than any holder needs that gets on. */
#define CLAIM_SPINS 1000000U

/*
 * In an emergency the chip belongs to the CPU that prints. Who held the lock when it began, serving
 * an interrupt, say, may finish first; who takes it later sees the emergency (uart_enter()).
 */
static void uart_claim(struct uart *u) __no_lock_analysis
{
    unsigned long flags;

    for (unsigned int i = 0; !u->claimed && i < CLAIM_SPINS; i++) {
        if (irq_trylock(&u->lock, &flags)) {
            irq_unlock(&u->lock, flags);
            break;
        }
        cpu_relax();
    }
    u->claimed = true;
}

/* For the console's own calls, of which there is one at a time. */
static unsigned long uart_lock(struct uart *u) __no_lock_analysis
{
    if (unlikely(console_in_emergency())) {
        unsigned long flags = local_irq_save();

        uart_claim(u);
        return flags;
    }
    return irq_lock(&u->lock);
}

static void uart_unlock(struct uart *u, unsigned long flags) __no_lock_analysis
{
    if (unlikely(console_in_emergency())) {
        local_irq_restore(flags);
    } else {
        irq_unlock(&u->lock, flags);
    }
}

/* For all others: false, without the lock, when an emergency took the chip away. */
static bool uart_enter(struct uart *u, unsigned long *flags) __try_acquires(true, u->lock)
{
    *flags = irq_lock(&u->lock);
    if (unlikely(console_in_emergency())) {
        irq_unlock(&u->lock, *flags);
        return false;
    }
    return true;
}

static void uart_leave(struct uart *u, unsigned long flags) __releases(u->lock)
{
    irq_unlock(&u->lock, flags);
}

/* Waits until the transmit FIFO is empty; gives the chip up when it never is. */
static bool wait_empty(struct uart *u)
{
    for (unsigned int i = 0; u->working && i < WAIT_TRIES; i++) {
        if (reg_read(u, UART_LSR) & LSR_TX_EMPTY) {
            return true;
        }
        cpu_relax();
    }
    u->working = false;
    return false;
}

/* The FIFO is empty: fills it from the buffer. */
static void fill_fifo(struct uart *u)
{
    for (unsigned int i = 0; i < FIFO_SIZE && u->tx_out != u->tx_in; i++) {
        reg_write(u, UART_DATA, (uint8_t)u->tx[u->tx_out++ % UART_TX_SIZE]);
    }
}

static void drain(struct uart *u)
{
    while (u->tx_out != u->tx_in && wait_empty(u)) {
        fill_fifo(u);
    }
}

/* One byte into the buffer, making room the slow way when there is none. */
static void queue_byte(struct uart *u, char c)
{
    if (u->tx_in - u->tx_out == UART_TX_SIZE && wait_empty(u)) {
        fill_fifo(u);
    }
    if (u->tx_in - u->tx_out < UART_TX_SIZE) {
        u->tx[u->tx_in++ % UART_TX_SIZE] = c;
    }
}

static void write_buffered(struct uart *u, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\n') {
            queue_byte(u, '\r');
        }
        queue_byte(u, s[i]);
    }
    if (reg_read(u, UART_LSR) & LSR_TX_EMPTY) {
        fill_fifo(u);
    }
    if (u->tx_in != u->tx_out && u->irq_driven) {
        reg_write(u, UART_IER, IER_RX | IER_TX);
    }
}

static void write_polled(struct uart *u, const char *s, size_t n)
{
    unsigned int room = 0;

    for (size_t i = 0; i < n; i++) {
        if (room < 2) {
            if (!wait_empty(u)) {
                return;
            }
            room = FIFO_SIZE;
        }
        if (s[i] == '\n') {
            reg_write(u, UART_DATA, '\r');
            room--;
        }
        reg_write(u, UART_DATA, (uint8_t)s[i]);
        room--;
    }
}

static void uart_write(struct uart *u, const char *s, size_t n)
{
    unsigned long flags = uart_lock(u);

    if (u->working && u->buffered) {
        write_buffered(u, s, n);
    } else if (u->working) {
        write_polled(u, s, n);
    }
    uart_unlock(u, flags);
}

static void uart_sync(struct uart *u)
{
    unsigned long flags = uart_lock(u);

    drain(u);
    uart_unlock(u, flags);
}

static void com1_write(const char *s, size_t n)
{
    uart_write(&uarts[0], s, n);
}

static void com2_write(const char *s, size_t n)
{
    uart_write(&uarts[1], s, n);
}

static void com1_sync(void)
{
    uart_sync(&uarts[0]);
}

static void com2_sync(void)
{
    uart_sync(&uarts[1]);
}

/* Takes what the chip received, as far as there is room, and gives it what waits. */
static void serve(struct uart *u)
{
    uint8_t lsr = u->working ? reg_read(u, UART_LSR) : 0;

    for (unsigned int i = 0; i < UART_RX_SIZE && (lsr & LSR_DATA); i++) {
        char c = (char)reg_read(u, UART_DATA);

        if (u->rx_in - u->rx_out < UART_RX_SIZE) {
            u->rx[u->rx_in++ % UART_RX_SIZE] = c;
        }
        lsr = reg_read(u, UART_LSR);
    }
    if (lsr & LSR_TX_EMPTY) {
        fill_fifo(u);
    }
    if (u->irq_driven && u->tx_in == u->tx_out) {
        reg_write(u, UART_IER, IER_RX);
    }
}

/*
 * The line is edge triggered on a PC: it has to fall before it can rise again, so this goes on
 * until the chip has no cause left.
 */
static void uart_interrupt(unsigned int irq, void *data)
{
    struct uart *u = data;
    unsigned long flags;
    bool received;

    if (!uart_enter(u, &flags)) {
        return;
    }
    u->irq_driven = true;
    for (unsigned int i = 0; i < IRQ_ROUNDS && u->working; i++) {
        if (reg_read(u, UART_IIR) & IIR_NONE) {
            break;
        }
        serve(u);
    }
    received = u->rx_in != u->rx_out;
    uart_leave(u, flags);
    if (received) {
        timer_set(&u->poll, NOW());
    }
}

/* One received byte; false when there is none. */
static bool take_byte(struct uart *u, char *c)
{
    unsigned long flags;
    bool some;

    if (!uart_enter(u, &flags)) {
        return false;
    }
    some = u->rx_in != u->rx_out;
    if (some) {
        *c = u->rx[u->rx_out++ % UART_RX_SIZE];
    }
    uart_leave(u, flags);
    return some;
}

/* A FIFO's way out at the port's rate. */
static s_time_t fifo_time(const struct uart *u)
{
    uint32_t baud = u->config.baud ? u->config.baud : 115200;

    return SECONDS(1) * 10 * FIFO_SIZE / baud;
}

static s_time_t poll_period(const struct uart *u)
{
    if (u->irq_driven) {
        return IRQ_PERIOD;
    }
    return u->tx_in != u->tx_out ? fifo_time(u) : POLL_PERIOD;
}

static void poll(void *data)
{
    struct uart *u = data;
    unsigned long flags;
    char c;

    if (uart_enter(u, &flags)) {
        serve(u);
        uart_leave(u, flags);
    }
    for (unsigned int i = 0; i < UART_RX_SIZE && take_byte(u, &c); i++) {
        console_rx(c);
    }
    timer_set(&u->poll, NOW() + poll_period(u));
    /* An interrupt that came before that line armed the timer, which is now armed for later. */
    if (READ_ONCE(u->rx_in) != READ_ONCE(u->rx_out)) {
        timer_set(&u->poll, NOW());
    }
}

/* Is there a chip? The scratch register keeps what is written to it. */
static bool __init probe(struct uart *u)
{
    reg_write(u, UART_SCR, 0x5a);
    if (reg_read(u, UART_SCR) != 0x5a) {
        return false;
    }
    reg_write(u, UART_SCR, 0xa5);
    return reg_read(u, UART_SCR) == 0xa5;
}

static void __init set_up_chip(struct uart *u)
{
    const struct uart_config *c = &u->config;

    reg_write(u, UART_IER, 0);
    if (c->baud) {
        uint32_t divisor = max_t(uint32_t, c->clock / (c->baud * 16), 1);

        reg_write(u, UART_LCR, c->lcr | LCR_DLAB);
        reg_write(u, UART_DATA, (uint8_t)divisor);
        reg_write(u, UART_IER, (uint8_t)(divisor >> 8));
    }
    reg_write(u, UART_LCR, c->lcr);
    reg_write(u, UART_MCR, MCR_DTR | MCR_RTS | MCR_OUT2);
    reg_write(u, UART_FCR, FCR_ENABLE | FCR_CLEAR_RX | FCR_CLEAR_TX | FCR_TRIGGER8);
}

static void __init start(struct uart *u)
{
    if (!probe(u)) {
        printk(XENLOG_WARNING "%s: no serial port at %#lx\n", u->dev.name, u->config.base);
        return;
    }
    set_up_chip(u);
    u->working = true;
    console_register(&u->dev);
}

/* Ports only: device memory has to wait for ioremap(). */
void __init ns16550_early_init(void)
{
    for (struct uart *u = uarts; u < uarts + NR_UARTS; u++) {
        bool device_memory = u->config.base > 0xffff;

        if (!console_wants(u->dev.name)) {
            continue;
        }
        if (u->config.on_pci) {
            u->config.base = 0;
            if (!uart_pci_find(u, &device_memory)) {
                printk(XENLOG_WARNING "%s: no serial controller on the PCI bus\n", u->dev.name);
                continue;
            }
        }
        if (!device_memory) {
            u->port = (uint16_t)u->config.base;
            start(u);
        }
    }
}

static void __init start_in_memory(struct uart *u)
{
    uint64_t offset = u->config.base & ~PAGE_MASK;
    uint8_t *va = ioremap(_maddr(u->config.base - offset), PAGE_SIZE);

    if (!va) {
        printk(XENLOG_WARNING "%s: cannot map its registers\n", u->dev.name);
        return;
    }
    u->mmio = va + offset;
    u->reg_width = 1;
    if (!probe(u)) { /* the other common arrangement: 32-bit registers */
        u->reg_shift = 2;
        u->reg_width = 4;
    }
    start(u);
}

/* Both causes are let in, so that the chip, whose FIFO is or will be empty, shows that it can. */
static void __init take_irq(struct uart *u)
{
    int rc = request_irq(u->config.irq, uart_interrupt, u, u->dev.name);
    unsigned long flags;

    if (rc) {
        printk(XENLOG_WARNING "%s: no interrupt %u (%d), polled\n", u->dev.name, u->config.irq, rc);
        return;
    }
    flags = uart_lock(u);
    reg_write(u, UART_IER, IER_RX | IER_TX);
    uart_unlock(u, flags);
}

static void __init go_asynchronous(struct uart *u)
{
    char *tx = alloc_xenheap_pages(get_order(UART_TX_SIZE) - PAGE_SHIFT, 0);
    unsigned long flags;

    if (tx) {
        flags = uart_lock(u);
        u->tx = tx;
        u->buffered = true;
        uart_unlock(u, flags);
    }
    timer_init(&u->poll, poll, u, 0);
    timer_set(&u->poll, NOW() + POLL_PERIOD);
    if (!u->mmio && u->config.irq) {
        take_irq(u);
    }
}

void __init ns16550_init(void)
{
    for (struct uart *u = uarts; u < uarts + NR_UARTS; u++) {
        if (!console_wants(u->dev.name)) {
            continue;
        }
        if (!u->working && !u->port && u->config.base) {
            start_in_memory(u);
        }
        if (u->working) {
            go_asynchronous(u);
        }
    }
}

bool ns16550_owns_port(unsigned int first, unsigned int last)
{
    for (const struct uart *u = uarts; u < uarts + NR_UARTS; u++) {
        if (u->working && !u->mmio && first < u->port + (unsigned int)UART_REGS &&
            last >= u->port) {
            return true;
        }
    }
    return false;
}
