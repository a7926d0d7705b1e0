/* SPDX-License-Identifier: GPL-2.0-only */
/* Bits of page-table entries that a kernel uses for itself: faults told to a process, pages written
 * since; huge pages. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "user.h"

#define PAGE  4096UL
#define PAGES 32UL

static char *pages(int flags)
{
    return mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1,
                0);
}

/* Faults of a range, told to a thread that answers them. */
struct teller {
    int fd;
    char *area;
    unsigned int missing, protected;
};

static void answer(struct teller *t, const struct uffd_msg *msg)
{
    char *page = t->area + (msg->arg.pagefault.address - (uintptr_t)t->area) / PAGE * PAGE;
    uint64_t words[PAGE / sizeof(uint64_t)] = { 0xfee1 + (uintptr_t)page };

    if (msg->arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP) {
        struct uffdio_writeprotect open = { .range = { (uintptr_t)page, PAGE } };

        t->protected ++;
        REQUIRE(!ioctl(t->fd, UFFDIO_WRITEPROTECT, &open));
    } else {
        struct uffdio_copy copy = { .dst = (uintptr_t)page, .src = (uintptr_t)words, .len = PAGE };

        t->missing++;
        REQUIRE(!ioctl(t->fd, UFFDIO_COPY, &copy));
    }
}

static void *answer_faults(void *arg)
{
    struct teller *t = arg;
    struct uffd_msg msg;

    for (;;) {
        REQUIRE_EQ(read(t->fd, &msg, sizeof(msg)), sizeof(msg));
        REQUIRE_EQ(msg.event, UFFD_EVENT_PAGEFAULT);
        answer(t, &msg);
    }
    return NULL;
}

static void start_teller(struct teller *t, uint64_t features, uint64_t modes)
{
    struct uffdio_api api = { .api = UFFD_API, .features = features };
    struct uffdio_register range = { .range = { 0, PAGES * PAGE }, .mode = modes };
    pthread_t thread;

    t->fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
    if (t->fd < 0) {
        skip("userfaultfd: %s", strerror(errno));
    }
    if (ioctl(t->fd, UFFDIO_API, &api)) {
        skip("the kernel has not these features: %s", strerror(errno));
    }
    t->area = pages(0);
    REQUIRE(t->area != MAP_FAILED);
    range.range.start = (uintptr_t)t->area;
    REQUIRE(!ioctl(t->fd, UFFDIO_REGISTER, &range));
    REQUIRE(!pthread_create(&thread, NULL, answer_faults, t));
}

TEST(paging, told_of_missing_pages)
{
    struct teller t = { 0 };

    start_teller(&t, 0, UFFDIO_REGISTER_MODE_MISSING);
    for (size_t i = 0; i < PAGES; i++) {
        char *page = t.area + i * PAGE;

        REQUIRE_EQ(*(volatile uint64_t *)page, 0xfee1 + (uintptr_t)page);
    }
    REQUIRE_EQ(t.missing, PAGES);
}

/* The kernel keeps the protection in a bit of the entry that hardware ignores. */
TEST(paging, told_of_writes)
{
    struct teller t = { 0 };
    struct uffdio_writeprotect close = { .mode = UFFDIO_WRITEPROTECT_MODE_WP };

    start_teller(&t, UFFD_FEATURE_PAGEFAULT_FLAG_WP, UFFDIO_REGISTER_MODE_WP);
    memset(t.area, 1, PAGES * PAGE);
    close.range = (struct uffdio_range){ (uintptr_t)t.area, PAGES * PAGE };
    REQUIRE(!ioctl(t.fd, UFFDIO_WRITEPROTECT, &close));
    for (size_t i = 0; i < PAGES; i++) {
        REQUIRE_EQ(*(volatile char *)(t.area + i * PAGE), 1);
        if (i % 2) {
            *(volatile char *)(t.area + i * PAGE) = 2;
        }
    }
    REQUIRE_EQ(t.protected, PAGES / 2);
    REQUIRE_EQ(t.missing, 0);
}

#define PAGEMAP_SOFT_DIRTY (1ULL << 55)

static uint64_t pagemap(int fd, const char *page)
{
    uint64_t entry;

    REQUIRE_EQ(pread(fd, &entry, sizeof(entry), (off_t)((uintptr_t)page / PAGE * sizeof(entry))),
               sizeof(entry));
    return entry;
}

/* Which pages were written since the kernel was told to forget: another such bit. */
TEST(paging, written_since)
{
    int map = open("/proc/self/pagemap", O_RDONLY), clear = open("/proc/self/clear_refs", O_WRONLY);
    char *area = pages(0);

    REQUIRE(area != MAP_FAILED);
    memset(area, 1, PAGES * PAGE);
    if (map < 0 || clear < 0 || !(pagemap(map, area) & PAGEMAP_SOFT_DIRTY)) {
        skip("the kernel does not keep it");
    }
    for (size_t round = 0; round < 8; round++) {
        REQUIRE_EQ(write(clear, "4", 1), 1);
        for (size_t i = round; i < PAGES; i += 8) {
            *(volatile char *)(area + i * PAGE) = 2;
        }
        for (size_t i = 0; i < PAGES; i++) {
            REQUIRE_EQ(!!(pagemap(map, area + i * PAGE) & PAGEMAP_SOFT_DIRTY), i % 8 == round);
        }
    }
}

/* There are none for a PV kernel: it says so at once, and small pages do instead. */
TEST(paging, huge_pages)
{
    size_t size = 8UL << 20;
    char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB,
                   -1, 0);

    if (p == MAP_FAILED) {
        REQUIRE(errno == ENOMEM || errno == EINVAL || errno == ENOENT || errno == ENOSYS);
        p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        REQUIRE(p != MAP_FAILED);
        if (madvise(p, size, MADV_HUGEPAGE)) {
            REQUIRE_EQ(errno, EINVAL);
        }
    }
    for (size_t at = 0; at < size; at += PAGE) {
        *(size_t *)(p + at) = at;
    }
    for (size_t at = 0; at < size; at += PAGE) {
        REQUIRE_EQ(*(size_t *)(p + at), at);
    }
    REQUIRE(!munmap(p, size));
}
