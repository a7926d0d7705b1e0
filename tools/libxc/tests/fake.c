/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * The fake back end: see fake.h. Frames are given out in an order that is not that of their pfns,
 * so that a mistaken frame for a pfn shows.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "fake.h"

struct fake fake;

static int memory = -1;
static uint8_t *frames;

void fake_reset(void)
{
    memset(&fake, 0, sizeof(fake));
    fake.populate_limit = FAKE_PAGES - 1;
    if (frames) {
        munmap(frames, FAKE_PAGES * XC_PAGE_SIZE);
        close(memory);
    }
    memory = memfd_create("frames", 0);
    if (memory < 0 || ftruncate(memory, FAKE_PAGES * XC_PAGE_SIZE)) {
        abort();
    }
    frames = mmap(NULL, FAKE_PAGES * XC_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    memset(frames, 0xa5, FAKE_PAGES * XC_PAGE_SIZE);
}

void *fake_frame(unsigned long mfn)
{
    return mfn - FAKE_FIRST_MFN < FAKE_PAGES ? frames + (mfn - FAKE_FIRST_MFN) * XC_PAGE_SIZE
                                             : NULL;
}

/* One thread is all there is. */
void xcb_lock(void)
{
}

void xcb_unlock(void)
{
}

int xcb_open(xc_interface *xch)
{
    (void)xch;
    return 0;
}

void xcb_close(xc_interface *xch)
{
    (void)xch;
}

void *xcb_buffer_alloc(xc_interface *xch, size_t size)
{
    (void)xch;
    fake.buffers++;
    return malloc(size);
}

void xcb_buffer_free(xc_interface *xch, void *p, size_t size)
{
    (void)xch;
    (void)size;
    fake.buffers--;
    free(p);
}

int xcb_map(xc_interface *xch, uint32_t dom, int prot, const xen_pfn_t *mfns, unsigned int num,
            void **addr)
{
    uint8_t *va;

    (void)xch;
    (void)dom;
    (void)prot;
    if (++fake.calls == fake.fail_at) {
        return -fake.fail_with;
    }
    va = mmap(NULL, num * XC_PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (unsigned int i = 0; i < num; i++) {
        if (!fake_frame(mfns[i])) {
            munmap(va, num * XC_PAGE_SIZE);
            return -EINVAL;
        }
        mmap(va + i * XC_PAGE_SIZE, XC_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
             memory, (off_t)((mfns[i] - FAKE_FIRST_MFN) * XC_PAGE_SIZE));
    }
    fake.mappings += num;
    *addr = va;
    return 0;
}

int xcb_unmap(xc_interface *xch, void *addr, unsigned int num)
{
    (void)xch;
    fake.mappings -= num;
    return munmap(addr, num * XC_PAGE_SIZE) ? -errno : 0;
}

/* Any order but the pfns' own. */
static unsigned long frame_for(unsigned long n)
{
    return FAKE_FIRST_MFN + (n ^ 5);
}

static long populate(struct xen_memory_reservation *r)
{
    unsigned long done = 0;

    while (done < r->nr_extents && fake.populated < fake.populate_limit) {
        r->extent_start.p[done++] = frame_for(fake.populated++);
    }
    return (long)done;
}

static long domctl(struct xen_domctl *op)
{
    fake.last_domctl = *op;
    switch (op->cmd) {
    case XEN_DOMCTL_createdomain:
        op->domain = 7;
        return 0;
    case XEN_DOMCTL_max_vcpus:
        fake.max_vcpus = op->u.max_vcpus.max;
        return 0;
    case XEN_DOMCTL_max_mem:
        fake.max_memkb = op->u.max_mem.max_memkb;
        return 0;
    case XEN_DOMCTL_set_address_size:
        fake.address_size = op->u.address_size.size;
        return 0;
    case XEN_DOMCTL_hypercall_init:
        fake.hypercall_mfn = op->u.hypercall_init.gmfn;
        return 0;
    case XEN_DOMCTL_setvcpucontext:
        fake.context = *op->u.vcpucontext.ctxt.p;
        return 0;
    case XEN_DOMCTL_setvcpuaffinity:
        op->u.vcpuaffinity.cpumap_hard.bitmap.p[0] &= 0x0f;
        return 0;
    case XEN_DOMCTL_unpausedomain:
        fake.unpaused = true;
        return 0;
    default:
        return -ENOSYS;
    }
}

static long sysctl(struct xen_sysctl *op)
{
    static const char text[] = "ring";

    fake.last_sysctl = *op;
    switch (op->cmd) {
    case XEN_SYSCTL_physinfo:
        op->u.physinfo.max_cpu_id = 11;
        return 0;
    case XEN_SYSCTL_getdomaininfolist:
        op->u.getdomaininfolist.num_domains = op->u.getdomaininfolist.first_domain <= 7;
        *op->u.getdomaininfolist.buffer.p = (struct xen_domctl_getdomaininfo){
            .domain = 7,
            .flags = XEN_DOMINF_paused | XEN_DOMINF_shutdown |
                     SHUTDOWN_crash << XEN_DOMINF_shutdownshift,
            .tot_pages = fake.populated,
            .max_pages = 256,
            .shared_info_frame = FAKE_SHARED,
        };
        return 0;
    case XEN_SYSCTL_readconsole:
        memcpy(op->u.readconsole.buffer.p, text, 4);
        op->u.readconsole.count = 4;
        op->u.readconsole.index = 40;
        return 0;
    default:
        return -EPERM;
    }
}

long xcb_hypercall(xc_interface *xch, unsigned int nr, const unsigned long args[5])
{
    if (xch->dummy) {
        return -ENOSYS;
    }
    if (nr == __HYPERVISOR_xen_version) {
        return fake.xen_version;
    }
    if (++fake.calls == fake.fail_at) {
        return -fake.fail_with;
    }
    switch (nr) {
    case __HYPERVISOR_domctl:
        return domctl((struct xen_domctl *)args[0]);
    case __HYPERVISOR_sysctl:
        return sysctl((struct xen_sysctl *)args[0]);
    case __HYPERVISOR_memory_op:
        return args[0] == XENMEM_populate_physmap
                   ? populate((struct xen_memory_reservation *)args[1])
                   : -ENOSYS;
    case __HYPERVISOR_mmuext_op:
        /* A page table may not be pinned while it is mapped writable. */
        if (fake.mappings) {
            return -EBUSY;
        }
        fake.pinned_mfn = ((struct mmuext_op *)args[0])->arg1.mfn;
        return 0;
    default:
        return -ENOSYS;
    }
}
