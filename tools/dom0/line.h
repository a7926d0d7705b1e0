/* SPDX-License-Identifier: GPL-2.0-only */
/* A line from the serial terminal, with editing and history. */
#ifndef DOM0_LINE_H
#define DOM0_LINE_H

#include <stdbool.h>

/*
 * Shows the prompt and answers the finished line. idle() is called while nothing is typed, and
 * answers whether it has written over the line.
 */
const char *line_read(const char *prompt, bool (*idle)(void));

/* Waits for one byte that was typed; -1 when there is none now. */
int line_poll(void);

#endif
