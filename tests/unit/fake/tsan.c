/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For programs built under ThreadSanitizer: what the leak checker would have, and volatile
 * accesses, which are atomic here as everywhere in the tree (READ_ONCE, WRITE_ONCE) and so no
 * races.
 */
#ifdef __SANITIZE_THREAD__
void __lsan_register_root_region(const void *p, unsigned long size);
void __lsan_register_root_region(const void *p, unsigned long size)
{
}

#define HOOK(kind, bytes)                                                                          \
    void __tsan_volatile_##kind##bytes(void *p);                                                   \
    void __tsan_volatile_##kind##bytes(void *p)                                                    \
    {                                                                                              \
    }
HOOK(read, 1)
HOOK(read, 2)
HOOK(read, 4)
HOOK(read, 8)
HOOK(write, 1)
HOOK(write, 2)
HOOK(write, 4)
HOOK(write, 8)
#endif
