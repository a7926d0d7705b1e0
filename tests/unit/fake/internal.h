/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the fake architecture give fake_reset(). */
#ifndef UNIT_FAKE_INTERNAL_H
#define UNIT_FAKE_INTERNAL_H

void fake_cpus_reset(unsigned int nr_cpus);
void fake_memory_reset(void);
void fake_guest_reset(void);

#endif
