/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * First header of hypervisor sources compiled for the host: the configuration, and other names for
 * the functions that the C library has too, so that both can be in one program. Functions on bytes
 * of memory mean the same in both, and stay the C library's: AddressSanitizer watches those.
 */
#ifndef UNIT_CONFIG_H
#define UNIT_CONFIG_H

#include <gen/autoconf.h>

/* Tests set what happens at an interleaving point: fake_interleave. */
#undef CONFIG_DEBUG_INTERLEAVE
#define CONFIG_DEBUG_INTERLEAVE 1

#define strlen    hv_strlen
#define strnlen   hv_strnlen
#define strcmp    hv_strcmp
#define strncmp   hv_strncmp
#define strchr    hv_strchr
#define strstr    hv_strstr
#define strlcpy   hv_strlcpy
#define strtoul   hv_strtoul
#define snprintf  hv_snprintf
#define vsnprintf hv_vsnprintf
#define daddr_t   hv_daddr_t

#include <hv/compiler.h>

#endif
