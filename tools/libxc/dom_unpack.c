/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Kernels that are packed: the hypervisor's own decoders, which are linked into the library, on the
 * builder's memory.
 */
#include "dom.h"
#include "private.h"

#include <hv/vzalloc.h>

#include "../../arch/x86/pv/dom0/bzimage.h"

/* What the decoders want of the hypervisor's memory; not seen outside of the library. */
void *vzalloc(size_t size) XC_HIDDEN;
void vfree(void *va) XC_HIDDEN;

void *vzalloc(size_t size)
{
    return calloc(1, size);
}

void vfree(void *va)
{
    free(va);
}

static void no_tick(void)
{
}

int xc_kernel_unpack(const void *image, size_t size, void **unpacked, size_t *unpacked_size,
                     const char **why)
{
    struct bzimage bz;

    *unpacked = NULL;
    if (!bzimage_is(image, size)) {
        return 0;
    }
    *why = bzimage_parse(image, size, &bz);
    if (*why) {
        return -ENOEXEC;
    }
    *unpacked = malloc(bz.unpacked ? bz.unpacked : 1);
    if (!*unpacked) {
        *why = "there is no memory to unpack it";
        return -ENOMEM;
    }
    *unpacked_size = bz.unpacked;
    xcb_lock(); /* the decoders' tables are static */
    *why = bzimage_unpack(&bz, *unpacked, no_tick);
    xcb_unlock();
    return *why ? -ENOEXEC : 0;
}
