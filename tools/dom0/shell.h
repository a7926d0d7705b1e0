/* SPDX-License-Identifier: GPL-2.0-only */
/* The shell on the serial line; returns when the user wants to power off. */
#ifndef DOM0_SHELL_H
#define DOM0_SHELL_H

void shell_run(void);

#endif
