/* SPDX-License-Identifier: GPL-2.0-only */
/* The host, and who receives which global virtual interrupt. */
#ifndef DOM0_HOST_H
#define DOM0_HOST_H

#include <stdint.h>

void host_show(void);
void domains_show(void);
void dmesg_show(void);

/* Hands a global virtual interrupt over, and remembers it. 0 or -1 with a message printed. */
int virq_set(unsigned int virq, uint32_t domid);
void virqs_show(void);
/* The number of a name such as DOM_EXC, or -1. */
int virq_number(const char *name);

#endif
