/* SPDX-License-Identifier: GPL-2.0-only */
/* The runtime's part of <inttypes.h>: conversion letters of an LP64 machine. */
#ifndef GUEST_LIBC_INTTYPES_H
#define GUEST_LIBC_INTTYPES_H

#include <stdint.h>

#define PRId32  "d"
#define PRIi32  "i"
#define PRIu8   "u"
#define PRIu16  "u"
#define PRIu32  "u"
#define PRIx8   "x"
#define PRIx16  "x"
#define PRIx32  "x"
#define PRId64  "ld"
#define PRIi64  "li"
#define PRIu64  "lu"
#define PRIx64  "lx"
#define PRIuPTR "lu"
#define PRIxPTR "lx"

#endif
