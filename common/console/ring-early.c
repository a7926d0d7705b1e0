/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the console ring lives until there is memory: linked as start-up data, so it is given back.
 */
#include "private.h"

char console_early_ring[CONSOLE_EARLY_RING_SIZE];
