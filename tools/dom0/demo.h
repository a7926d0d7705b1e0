/* SPDX-License-Identifier: GPL-2.0-only */
/* The demonstration; answers the exit status. */
#ifndef DOM0_DEMO_H
#define DOM0_DEMO_H

int demo_run(void);

#endif
