/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arguments of control operations in another interface version than ours: members that our
 * structures lack. Called by the generated <family>_import() and <family>_export().
 */
#ifndef HV_CONTROL_MEMBER_H
#define HV_CONTROL_MEMBER_H

#include <hv/compiler.h>

/*
 * Takes `len` bytes at offset `at` out of the `size` bytes of an argument; what follows moves down,
 * the last bytes become zero. False, with nothing changed, when they are not all zero. Any context.
 */
bool control_member_cut(void *arg, size_t size, size_t at, size_t len) __must_check;
/* Puts `len` zero bytes there, and moves what follows up; the last `len` bytes are lost. */
void control_member_put(void *arg, size_t size, size_t at, size_t len);

#endif
