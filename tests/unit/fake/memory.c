/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fake architecture: machine memory.
 *
 * Owns the arena, its frame table and M2P. Small objects come from the C library, so that
 * AddressSanitizer sees each one; a test of the hypervisor's own allocator links that instead.
 */
#include <sys/mman.h>
#include <hv/mm.h>
#include "internal.h"

unsigned char *fake_ram;
struct page_info fake_frame_table[FAKE_FIRST_MFN + FAKE_FRAMES];
uint64_t fake_m2p[FAKE_FIRST_MFN + FAKE_FRAMES];

/* Found at start-up on the machine. */
unsigned long __weak_default max_page, total_pages;

static unsigned long fake_next_frame;

void fake_memory_reset(void)
{
    if (!fake_ram) {
        fake_ram = mmap(NULL, FAKE_FRAMES << PAGE_SHIFT, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (fake_ram == MAP_FAILED) {
            abort();
        }
    }
    madvise(fake_ram, FAKE_FRAMES << PAGE_SHIFT, MADV_DONTNEED);
    __builtin_memset(fake_frame_table, 0, sizeof(fake_frame_table));
    for (unsigned long mfn = 0; mfn < FAKE_FIRST_MFN + FAKE_FRAMES; mfn++) {
        fake_m2p[mfn] = INVALID_M2P_ENTRY;
    }
    max_page = FAKE_FIRST_MFN + FAKE_FRAMES;
    total_pages = FAKE_FRAMES;
    fake_next_frame = FAKE_FIRST_MFN + FAKE_FRAMES;
}

void *fake_frame(void)
{
    return mfn_to_virt(_mfn(--fake_next_frame));
}

maddr_t virt_to_maddr(const void *va)
{
    if (!fake_is_ram(va)) {
        abort(); /* the hypervisor asked for the frame of something that is not in machine memory */
    }
    return _maddr((FAKE_FIRST_MFN << PAGE_SHIFT) +
                  (uint64_t)((const unsigned char *)va - fake_ram));
}

static void *allocate(size_t size, size_t align, bool zero)
{
    void *p;

    if (align < 16) {
        align = 16;
    }
    if (size > (1UL << 40) || posix_memalign(&p, align, size)) {
        return NULL;
    }
    if (zero) {
        __builtin_memset(p, 0, size);
    } else {
        __builtin_memset(p, 0xa5, size);
    }
    return p;
}

void *xmalloc_bytes(size_t size, size_t align)
{
    return allocate(size, align, false);
}

void *xzalloc_bytes(size_t size, size_t align)
{
    return allocate(size, align, true);
}

void *xmalloc_array_bytes(size_t n, size_t size, size_t align, bool zero)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes)) {
        return NULL;
    }
    return allocate(bytes, align, zero);
}

void xfree(void *p)
{
    free(p);
}

void *vzalloc(size_t size)
{
    return allocate(size, 4096, true);
}

void vfree(void *va)
{
    free(va);
}
