/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-only */
/* CRC-32 as IEEE 802.3 has it, reflected, polynomial 0x04c11db7. */
#ifndef HV_CRC32_H
#define HV_CRC32_H

#include <hv/compiler.h>

/* Of more data: crc is that of the data before it, 0 at first. Start-up only. */
uint32_t crc32(uint32_t crc, const void *data, size_t size);

#endif
