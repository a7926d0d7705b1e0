/* SPDX-License-Identifier: GPL-2.0-only */
/* The ABI's error numbers as plain E* constants. */
#ifndef HV_ERRNO_H
#define HV_ERRNO_H

#define XEN_ERRNO(name, value) name = value,
enum {
#include <public/errno.h>
};

#endif
