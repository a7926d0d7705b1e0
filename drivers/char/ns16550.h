/* SPDX-License-Identifier: GPL-2.0-only */
/* The UART's registers (National PC16550D data sheet, 8.0) and what the files of this driver share.
 */
#ifndef NS16550_H
#define NS16550_H

#include <hv/console.h>
#include <hv/frame.h>
#include <hv/lock.h>
#include <hv/timer.h>

#define UART_DATA 0 /* receive, transmit; with LCR_DLAB the divisor's low byte */
#define UART_IER  1 /* with LCR_DLAB the divisor's high byte */
#define UART_IIR  2 /* read */
#define UART_FCR  2 /* write */
#define UART_LCR  3
#define UART_MCR  4
#define UART_LSR  5
#define UART_MSR  6
#define UART_SCR  7
#define UART_REGS 8

#define IER_RX 0x01
#define IER_TX 0x02

#define IIR_NONE 0x01

#define FCR_ENABLE   0x01
#define FCR_CLEAR_RX 0x02
#define FCR_CLEAR_TX 0x04
#define FCR_TRIGGER8 0x80

#define LCR_BITS(n) ((n)-5) /* 5 to 8 */
#define LCR_STOP2   0x04
#define LCR_PARITY  0x08
#define LCR_EVEN    0x10
#define LCR_STICK   0x20
#define LCR_DLAB    0x80

#define MCR_DTR  0x01
#define MCR_RTS  0x02
#define MCR_OUT2 0x08 /* lets the interrupt out of the chip, on a PC */

#define LSR_DATA     0x01
#define LSR_TX_EMPTY 0x20 /* the FIFO has room for FIFO_SIZE bytes */
#define LSR_TX_IDLE  0x40

#define FIFO_SIZE 16

#define UART_CLOCK 1843200u

/* How com1= and com2= describe a port, before and after the defaults were filled in. */
struct uart_config {
    bool present;
    bool on_pci;    /* to be found on the bus */
    uint32_t baud;  /* 0: as the firmware left it */
    uint32_t clock; /* Hz */
    uint8_t lcr;
    uint64_t base;    /* port, or physical address of device memory */
    uint16_t irq;     /* 0: polled */
    uint32_t pci_bdf; /* bus << 8 | device << 3 | function, or UART_ANY_BDF */
};
#define UART_ANY_BDF 0xffffffffu

/* Output waits here for the chip; a power of two. */
#define UART_TX_SIZE 16384u
/* Input waits here for the softirq that passes it on; a power of two. */
#define UART_RX_SIZE 256u

struct uart {
    struct console_dev dev;
    struct uart_config config;
    irqlock_t lock; /* guards the chip, tx, rx and their counters */
    uint16_t port;  /* I/O port, when mmio is NULL */
    volatile uint8_t *mmio;
    unsigned int reg_shift; /* device memory: distance of registers */
    unsigned int reg_width; /* and their size */
    bool working;
    bool buffered;   /* output goes through tx */
    bool irq_driven; /* its interrupt has come */
    bool claimed;    /* an emergency has the chip */
    char *tx;
    uint32_t tx_in, tx_out; /* counted modulo 2^32 */
    char rx[UART_RX_SIZE];
    uint32_t rx_in, rx_out; /* the same */
    struct timer poll;
};

/* Fills c from an option's value; 0 or -EINVAL. */
int uart_parse(const char *s, struct uart_config *c) __init;
/* Finds a serial controller on the PCI bus as c asks; fills in base and irq. false: there is none.
 */
bool uart_pci_find(struct uart *u, bool *device_memory) __init;

#endif
