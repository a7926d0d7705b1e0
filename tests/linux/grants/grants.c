/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grants as user space of dom0 has them: /dev/xen/gntalloc offers pages, /dev/xen/gntdev maps what
 * others offer and copies by reference.
 *
 *     grants               what this domain grants to itself
 *     grants DOMID REF     a page of another domain, which changes its text when told to
 *
 * The ioctls are the kernel's ABI (include/uapi/xen/gntdev.h, gntalloc.h); no header of the C
 * library has them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096

struct gntalloc_alloc {
    uint16_t domid, flags;
    uint32_t count;
    uint64_t index;
    uint32_t refs[1];
};
struct gntalloc_dealloc {
    uint64_t index;
    uint32_t count;
};
#define GNTALLOC_WRITABLE 1
#define GNTALLOC_ALLOC    _IOC(_IOC_NONE, 'G', 5, sizeof(struct gntalloc_alloc))
#define GNTALLOC_DEALLOC  _IOC(_IOC_NONE, 'G', 6, sizeof(struct gntalloc_dealloc))

struct gntdev_map {
    uint32_t count, pad;
    uint64_t index;
    struct {
        uint32_t domid, ref;
    } refs[1];
};
struct gntdev_unmap {
    uint64_t index;
    uint32_t count, pad;
};
struct gntdev_notify {
    uint64_t index;
    uint32_t action, port;
};
struct copy_end {
    union {
        void *virt;
        struct {
            uint32_t ref;
            uint16_t offset, domid;
        } foreign;
    } u;
};
struct gntdev_segment {
    struct copy_end source, dest;
    uint16_t len, flags;
    int16_t status;
};
struct gntdev_copy {
    uint32_t count;
    struct gntdev_segment *segments;
};
#define NOTIFY_CLEAR_BYTE 1
#define COPY_SOURCE_REF   1
#define COPY_DEST_REF     2
#define GNTDEV_MAP        _IOC(_IOC_NONE, 'G', 0, sizeof(struct gntdev_map))
#define GNTDEV_UNMAP      _IOC(_IOC_NONE, 'G', 1, sizeof(struct gntdev_unmap))
#define GNTDEV_NOTIFY     _IOC(_IOC_NONE, 'G', 7, sizeof(struct gntdev_notify))
#define GNTDEV_COPY       _IOC(_IOC_NONE, 'G', 8, sizeof(struct gntdev_copy))

static int alloc_fd, dev_fd;
static bool failed;

static void verdict(const char *name, bool good, const char *what)
{
    int err = errno;

    if (good) {
        printf("TEST grants.%s PASS\n", name);
    } else {
        printf("TEST grants.%s FAIL %s (%s)\n", name, what, strerror(err));
        failed = true;
    }
}

struct offered {
    uint64_t index;
    uint32_t ref;
    char *page;
};

static bool offer(struct offered *o, uint16_t domid, bool writable)
{
    struct gntalloc_alloc op = { .domid = domid,
                                 .flags = writable ? GNTALLOC_WRITABLE : 0,
                                 .count = 1 };

    if (ioctl(alloc_fd, GNTALLOC_ALLOC, &op)) {
        return false;
    }
    o->index = op.index;
    o->ref = op.refs[0];
    o->page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, alloc_fd, (off_t)op.index);
    return o->page != MAP_FAILED;
}

static void withdraw(struct offered *o)
{
    struct gntalloc_dealloc op = { .index = o->index, .count = 1 };

    munmap(o->page, PAGE);
    ioctl(alloc_fd, GNTALLOC_DEALLOC, &op);
}

static char *map_ref(uint32_t domid, uint32_t ref, int prot, uint64_t *index)
{
    struct gntdev_map op = { .count = 1, .refs = { { domid, ref } } };
    char *page;

    if (ioctl(dev_fd, GNTDEV_MAP, &op)) {
        return NULL;
    }
    *index = op.index;
    page = mmap(NULL, PAGE, prot, MAP_SHARED, dev_fd, (off_t)op.index);
    if (page == MAP_FAILED) {
        struct gntdev_unmap undo = { .index = op.index, .count = 1 };
        int err = errno;

        ioctl(dev_fd, GNTDEV_UNMAP, &undo);
        errno = err;
        return NULL;
    }
    return page;
}

static bool unmap_ref(char *page, uint64_t index)
{
    struct gntdev_unmap op = { .index = index, .count = 1 };

    return !munmap(page, PAGE) && !ioctl(dev_fd, GNTDEV_UNMAP, &op);
}

/* Two ways to one page: what is written through one is read through the other. */
static void map_own(void)
{
    struct offered o;
    uint64_t index;
    char *page = NULL;
    bool good = offer(&o, 0, true);

    verdict("offer", good, "gntalloc gives no page");
    if (!good) {
        return;
    }
    page = map_ref(0, o.ref, PROT_READ | PROT_WRITE, &index);
    verdict("map", page, "gntdev does not map it");
    if (page) {
        for (int i = 0; i < PAGE; i++) {
            o.page[i] = (char)(i * 7);
        }
        good = !memcmp(page, o.page, PAGE);
        memset(page, 'x', PAGE);
        verdict("same_page", good && o.page[PAGE - 1] == 'x', "it is not the same page");
        verdict("unmap", unmap_ref(page, index), "it is not unmapped");
    }
    withdraw(&o);
}

static void map_readonly(void)
{
    struct offered o;
    uint64_t index;
    char *page;

    if (!offer(&o, 0, false)) {
        verdict("readonly", false, "gntalloc gives no page");
        return;
    }
    page = map_ref(0, o.ref, PROT_READ | PROT_WRITE, &index);
    verdict("readonly_refused", !page, "a read-only grant is mapped for writing");
    strcpy(o.page, "read me");
    page = map_ref(0, o.ref, PROT_READ, &index);
    verdict("readonly", page && !strcmp(page, "read me"), "it cannot be read");
    if (page) {
        unmap_ref(page, index);
    }
    withdraw(&o);
}

static void copy_own(void)
{
    static char text[PAGE], back[PAGE];
    struct offered o;
    struct gntdev_segment s = { .len = 3000, .flags = COPY_DEST_REF };
    struct gntdev_copy op = { .count = 1, .segments = &s };
    bool good;

    if (!offer(&o, 0, true)) {
        verdict("copy", false, "gntalloc gives no page");
        return;
    }
    for (int i = 0; i < PAGE; i++) {
        text[i] = (char)(i * 13);
    }
    s.source.u.virt = text;
    s.dest.u.foreign.ref = o.ref;
    s.dest.u.foreign.offset = 1000;
    good = !ioctl(dev_fd, GNTDEV_COPY, &op) && !s.status && !memcmp(o.page + 1000, text, 3000);
    verdict("copy_to", good, "what was copied is not there");
    memset(&s, 0, sizeof(s));
    s.len = 3000;
    s.flags = COPY_SOURCE_REF;
    s.source.u.foreign.ref = o.ref;
    s.source.u.foreign.offset = 1000;
    s.dest.u.virt = back;
    good = !ioctl(dev_fd, GNTDEV_COPY, &op) && !s.status && !memcmp(back, text, 3000);
    verdict("copy_from", good, "what comes back is not what was sent");
    withdraw(&o);
}

/* The last unmap clears a byte, so that the other side sees that it is alone. */
static void notify_own(void)
{
    struct offered o;
    struct gntdev_notify n = { .action = NOTIFY_CLEAR_BYTE };
    uint64_t index;
    char *page;

    if (!offer(&o, 0, true)) {
        verdict("notify", false, "gntalloc gives no page");
        return;
    }
    page = map_ref(0, o.ref, PROT_READ | PROT_WRITE, &index);
    if (page) {
        o.page[100] = 1;
        n.index = index + 100;
        if (ioctl(dev_fd, GNTDEV_NOTIFY, &n)) {
            verdict("notify", false, "it cannot be asked for");
        } else {
            unmap_ref(page, index);
            verdict("notify", o.page[100] == 0, "the byte is still set");
        }
    } else {
        verdict("notify", false, "it is not mapped");
    }
    withdraw(&o);
}

static void many(void)
{
    bool good = true;

    for (int i = 0; i < 200 && good; i++) {
        struct offered o;
        uint64_t index;
        char *page;

        good = offer(&o, 0, true);
        if (!good) {
            break;
        }
        page = map_ref(0, o.ref, PROT_READ | PROT_WRITE, &index);
        good = page && (o.page[i] = 'a', page[i] == 'a') && unmap_ref(page, index);
        withdraw(&o);
    }
    verdict("many", good, "one of two hundred failed");
}

static int own(void)
{
    uint64_t index;

    map_own();
    map_readonly();
    copy_own();
    notify_own();
    many();
    verdict("no_such_ref", !map_ref(0, 100000, PROT_READ, &index), "a wild reference is mapped");
    return failed;
}

/* The other domain's page says "granted"; it answers "asked" with "answered". */
static int of_another(uint32_t domid, uint32_t ref)
{
    uint64_t index;
    volatile char *page = map_ref(domid, ref, PROT_READ | PROT_WRITE, &index);
    time_t end = time(NULL) + 60;

    verdict("foreign_map", page, "it is not mapped");
    if (!page) {
        return 1;
    }
    verdict("foreign_read", !strcmp((const char *)page, "granted"), "it does not say so");
    strcpy((char *)page, "asked");
    while (strcmp((const char *)page, "answered") && time(NULL) < end) {
        usleep(10000);
    }
    verdict("foreign_write", !strcmp((const char *)page, "answered"), "there is no answer");
    verdict("foreign_unmap", unmap_ref((char *)page, index), "it is not unmapped");
    return failed;
}

int main(int argc, char **argv)
{
    alloc_fd = open("/dev/xen/gntalloc", O_RDWR);
    dev_fd = open("/dev/xen/gntdev", O_RDWR);
    if (alloc_fd < 0 || dev_fd < 0) {
        printf("TEST grants.devices ERROR no /dev/xen/gntalloc or gntdev\n");
        return 1;
    }
    if (argc == 3) {
        return of_another((uint32_t)atoi(argv[1]), (uint32_t)atoi(argv[2]));
    }
    return own();
}
