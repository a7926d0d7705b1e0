/* SPDX-License-Identifier: GPL-2.0-only */
/* Start-up of the serial ports, in the order in which start-up calls it. */
#ifndef HV_SERIAL_H
#define HV_SERIAL_H

#include <hv/compiler.h>

/* After console_early_init(): serial ports in I/O space, polled. */
void ns16550_early_init(void) __init;
/* After interrupts, timers and ioremap() work: serial ports in device memory, buffered output,
 * input. */
void ns16550_init(void) __init;

/* Are any of the I/O ports [first, last] a console's, so not for a domain? */
bool ns16550_owns_port(unsigned int first, unsigned int last);

#endif
