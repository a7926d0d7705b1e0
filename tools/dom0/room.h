/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory for new domains: dom0 gives back its own when the host has too little. */
#ifndef DOM0_ROOM_H
#define DOM0_ROOM_H

/* Sees to it that the host has this many free pages. 0, or -1 with errno. */
int room_make(unsigned long pages);

#endif
