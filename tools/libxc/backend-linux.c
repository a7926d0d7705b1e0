/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Back end of a Linux dom0: /dev/xen/privcmd for hypercalls and foreign mappings,
 * /dev/xen/hypercall (or locked memory on older kernels) for buffers, /dev/xen/evtchn for event
 * channels. The ioctls are the kernel's ABI; their structures are declared here because no kernel
 * header is installed for them.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "private.h"

struct privcmd_hypercall {
    uint64_t op;
    uint64_t arg[5];
};

struct privcmd_mmapbatch_v2 {
    unsigned int num;
    domid_t dom;
    uint64_t addr;
    const xen_pfn_t *arr;
    int *err;
};

struct evtchn_ioctl_one {
    unsigned int value;
};

struct evtchn_ioctl_interdomain {
    unsigned int remote_domain, remote_port;
};

#define IOCTL_PRIVCMD_HYPERCALL    _IOC(_IOC_NONE, 'P', 0, sizeof(struct privcmd_hypercall))
#define IOCTL_PRIVCMD_MMAPBATCH_V2 _IOC(_IOC_NONE, 'P', 4, sizeof(struct privcmd_mmapbatch_v2))
#define IOCTL_EVTCHN_BIND_VIRQ     _IOC(_IOC_NONE, 'E', 0, sizeof(struct evtchn_ioctl_one))
#define IOCTL_EVTCHN_BIND_INTERDOMAIN                                                              \
    _IOC(_IOC_NONE, 'E', 1, sizeof(struct evtchn_ioctl_interdomain))
#define IOCTL_EVTCHN_BIND_UNBOUND_PORT _IOC(_IOC_NONE, 'E', 2, sizeof(struct evtchn_ioctl_one))
#define IOCTL_EVTCHN_UNBIND            _IOC(_IOC_NONE, 'E', 3, sizeof(struct evtchn_ioctl_one))
#define IOCTL_EVTCHN_NOTIFY            _IOC(_IOC_NONE, 'E', 4, sizeof(struct evtchn_ioctl_one))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void xcb_lock(void)
{
    (void)pthread_mutex_lock(&lock);
}

void xcb_unlock(void)
{
    (void)pthread_mutex_unlock(&lock);
}

int xcb_open(xc_interface *xch)
{
    xch->fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
    return xch->fd < 0 ? -errno : 0;
}

void xcb_close(xc_interface *xch)
{
    close(xch->fd);
}

long xcb_hypercall(xc_interface *xch, unsigned int nr, const unsigned long args[5])
{
    struct privcmd_hypercall call = { .op = nr };
    int rc;

    for (unsigned int i = 0; i < 5; i++) {
        call.arg[i] = args[i];
    }
    if (xch->dummy) {
        return -ENOSYS;
    }
    rc = ioctl(xch->fd, IOCTL_PRIVCMD_HYPERCALL, &call);
    return rc < 0 ? -errno : rc;
}

static size_t whole_pages(size_t size)
{
    return (size + XC_PAGE_SIZE - 1) & ~(XC_PAGE_SIZE - 1);
}

/* The kernel's device keeps the pages from moving; without it they are locked and kept from
 * forks. */
void *xcb_buffer_alloc(xc_interface *xch, size_t size)
{
    int fd = open("/dev/xen/hypercall", O_RDWR | O_CLOEXEC);
    int flags = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED : MAP_SHARED;
    void *p = mmap(NULL, whole_pages(size), PROT_READ | PROT_WRITE, flags, fd, 0);

    (void)xch;
    if (fd >= 0) {
        close(fd);
    }
    if (p == MAP_FAILED) {
        return NULL;
    }
    if (fd < 0 && madvise(p, whole_pages(size), MADV_DONTFORK)) {
        munmap(p, whole_pages(size));
        return NULL;
    }
    memset(p, 0, whole_pages(size));
    return p;
}

void xcb_buffer_free(xc_interface *xch, void *p, size_t size)
{
    (void)xch;
    munmap(p, whole_pages(size));
}

int xcb_map(xc_interface *xch, uint32_t dom, int prot, const xen_pfn_t *mfns, unsigned int num,
            void **addr)
{
    struct privcmd_mmapbatch_v2 batch = { .num = num, .dom = (domid_t)dom, .arr = mfns };
    int protection = (prot & XC_PROT_READ ? PROT_READ : 0) |
                     (prot & XC_PROT_WRITE ? PROT_WRITE : 0);
    int rc = -ENOMEM;

    if (xch->dummy) {
        return -ENOSYS;
    }
    batch.err = calloc(num, sizeof(*batch.err));
    if (!batch.err) {
        return -ENOMEM;
    }
    *addr = mmap(NULL, num * XC_PAGE_SIZE, protection, MAP_SHARED, xch->fd, 0);
    if (*addr == MAP_FAILED) {
        rc = -errno;
        goto free_err;
    }
    batch.addr = (uintptr_t)*addr;
    rc = ioctl(xch->fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch) < 0 ? -errno : 0;
    for (unsigned int i = 0; !rc && i < num; i++) {
        rc = batch.err[i];
    }
    if (rc) {
        munmap(*addr, num * XC_PAGE_SIZE);
    }
free_err:
    free(batch.err);
    return rc;
}

int xcb_unmap(xc_interface *xch, void *addr, unsigned int num)
{
    (void)xch;
    return munmap(addr, num * XC_PAGE_SIZE) ? -errno : 0;
}

struct xenevtchn_handle {
    int fd;
};

xenevtchn_handle *xenevtchn_open(xentoollog_logger *logger, unsigned int open_flags)
{
    xenevtchn_handle *xce = calloc(1, sizeof(*xce));
    int keep;

    (void)logger;
    (void)open_flags;
    if (!xce) {
        return NULL;
    }
    xce->fd = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (xce->fd < 0) {
        keep = errno;
        free(xce);
        errno = keep;
        return NULL;
    }
    return xce;
}

int xenevtchn_close(xenevtchn_handle *xce)
{
    int rc = xce ? close(xce->fd) : 0;

    free(xce);
    return rc;
}

int xenevtchn_fd(xenevtchn_handle *xce)
{
    return xce->fd;
}

int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
    struct evtchn_ioctl_one arg = { port };

    return ioctl(xce->fd, IOCTL_EVTCHN_NOTIFY, &arg);
}

evtchn_port_or_error_t xenevtchn_bind_unbound_port(xenevtchn_handle *xce, uint32_t domid)
{
    struct evtchn_ioctl_one arg = { domid };

    return ioctl(xce->fd, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &arg);
}

evtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *xce, uint32_t domid,
                                                  evtchn_port_t remote_port)
{
    struct evtchn_ioctl_interdomain arg = { domid, remote_port };

    return ioctl(xce->fd, IOCTL_EVTCHN_BIND_INTERDOMAIN, &arg);
}

evtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *xce, unsigned int virq)
{
    struct evtchn_ioctl_one arg = { virq };

    return ioctl(xce->fd, IOCTL_EVTCHN_BIND_VIRQ, &arg);
}

int xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port)
{
    struct evtchn_ioctl_one arg = { port };

    return ioctl(xce->fd, IOCTL_EVTCHN_UNBIND, &arg);
}

evtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce)
{
    uint32_t port;
    ssize_t got = read(xce->fd, &port, sizeof(port));

    if (got == (ssize_t)sizeof(port)) {
        return (int)port;
    }
    if (got >= 0) {
        errno = EIO;
    }
    return -1;
}

int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
    uint32_t word = port;

    return write(xce->fd, &word, sizeof(word)) == (ssize_t)sizeof(word) ? 0 : -1;
}
