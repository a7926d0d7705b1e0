/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fake architecture: machine memory.
 *
 * Owns the arena, its frame table and M2P. Small objects come from the C library, so that
 * AddressSanitizer sees each one; a test of the hypervisor's own allocator links that instead.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <hv/arch/mm.h>
#include <hv/mm.h>
#include "internal.h"

unsigned char *fake_ram;
struct page_info fake_frame_table[FAKE_FIRST_MFN + FAKE_FRAMES];
uint64_t fake_m2p[FAKE_FIRST_MFN + FAKE_FRAMES];

/* Found at start-up on the machine. */
unsigned long __weak_default max_page, total_pages;

unsigned int fake_tlb_flushes;

static unsigned long fake_next_frame;

/* The area for arch_map_frames(): anywhere that neither the host nor a sanitizer uses. */
#define VMAP_START 0x567000000000UL
#define VMAP_SIZE  (64UL << 20)
const unsigned long arch_vmap_start = VMAP_START, arch_vmap_end = VMAP_START + VMAP_SIZE;

static uint64_t fake_vmap[VMAP_SIZE >> PAGE_SHIFT];
static int ram_fd = -1; /* the arena as a file, so that a frame can be mapped twice */

static void *map_or_die(void *at, size_t size, int fd, off_t offset)
{
    int flags = (fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED) | (at ? MAP_FIXED : 0);
    int prot = fd < 0 ? PROT_NONE : PROT_READ | PROT_WRITE;
    void *va = mmap(at, size, prot, flags | MAP_NORESERVE, fd, offset);

    if (va == MAP_FAILED) {
        abort();
    }
    return va;
}

void fake_memory_reset(void)
{
    if (ram_fd < 0) {
        ram_fd = memfd_create("fake-ram", MFD_CLOEXEC);
        if (ram_fd < 0 || ftruncate(ram_fd, FAKE_FRAMES << PAGE_SHIFT)) {
            abort();
        }
        fake_ram = map_or_die(NULL, FAKE_FRAMES << PAGE_SHIFT, ram_fd, 0);
    }
    /* Punching the frames out zeroes them. */
    if (fallocate(ram_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
                  FAKE_FRAMES << PAGE_SHIFT)) {
        abort();
    }
    map_or_die((void *)VMAP_START, VMAP_SIZE, -1, 0);
    memset(fake_frame_table, 0, sizeof(fake_frame_table));
    for (unsigned long mfn = 0; mfn < FAKE_FIRST_MFN + FAKE_FRAMES; mfn++) {
        fake_m2p[mfn] = INVALID_M2P_ENTRY;
    }
    max_page = FAKE_FIRST_MFN + FAKE_FRAMES;
    total_pages = FAKE_FRAMES;
    fake_next_frame = FAKE_FIRST_MFN + FAKE_FRAMES;
    fake_allocation_fails = 0;
}

bool mfn_valid(mfn_t mfn)
{
    return mfn_x(mfn) >= FAKE_FIRST_MFN && mfn_x(mfn) < FAKE_FIRST_MFN + FAKE_FRAMES;
}

static off_t frame_offset(mfn_t mfn)
{
    return (off_t)((mfn_x(mfn) - FAKE_FIRST_MFN) << PAGE_SHIFT);
}

int arch_map_frames(unsigned long va, mfn_t mfn, unsigned long nr, unsigned int flags)
{
    map_or_die((void *)va, nr << PAGE_SHIFT, ram_fd, frame_offset(mfn));
    for (unsigned long i = 0; i < nr; i++) {
        fake_vmap[((va - VMAP_START) >> PAGE_SHIFT) + i] = mfn_x(mfn) + i;
    }
    return 0;
}

void arch_unmap_frames(unsigned long va, unsigned long nr)
{
    map_or_die((void *)va, nr << PAGE_SHIFT, -1, 0);
}

mfn_t arch_mapped_frame(unsigned long va)
{
    return _mfn(fake_vmap[(va - VMAP_START) >> PAGE_SHIFT]);
}

bool arch_is_ram(maddr_t start, size_t len)
{
    const uint64_t ram = FAKE_FIRST_MFN << PAGE_SHIFT;

    return maddr_x(start) < ram + (FAKE_FRAMES << PAGE_SHIFT) && ram < maddr_x(start) + len;
}

/* Nothing caches translations here: a flush is only counted. */
uint32_t arch_tlb_stamp(void)
{
    return fake_tlb_flushes | 1;
}

/* As many flushes ago at most. */
uint32_t arch_tlb_later(uint32_t a, uint32_t b)
{
    if (!a || !b) {
        return a | b;
    }
    return fake_tlb_flushes - a < fake_tlb_flushes - b ? a : b;
}

void arch_tlb_flush_since(uint32_t stamp)
{
    fake_tlb_flushes++;
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

unsigned int fake_allocation_fails;
long fake_allocated;

static void *allocate(size_t size, size_t align, bool zero)
{
    void *p;

    if (fake_allocation_fails && !--fake_allocation_fails) {
        return NULL;
    }
    if (align < 16) {
        align = 16;
    }
    if (size > (1UL << 40) || posix_memalign(&p, align, size)) {
        return NULL;
    }
    (void)__atomic_add_fetch(&fake_allocated, 1, __ATOMIC_RELAXED);
    if (zero) {
        memset(p, 0, size);
    } else {
        memset(p, 0xa5, size);
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
    if (p) {
        (void)__atomic_sub_fetch(&fake_allocated, 1, __ATOMIC_RELAXED);
    }
    free(p);
}

void *vzalloc(size_t size)
{
    return allocate(size, 4096, true);
}

void vfree(void *va)
{
    xfree(va);
}
