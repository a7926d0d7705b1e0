/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What dom0's devices reach through an IOMMU: a device that copies between machine addresses
 * ("edu") is the probe. On a machine without that device the tests are skipped.
 */
#include "edu.h"
#include "test.h"
#include <public/memory.h>
#include <public/physdev.h>
#include <public/sysctl.h>

#define SUITE "iommu"

static unsigned char *filled(int byte)
{
    unsigned char *page = page_alloc(1);

    memset(page, byte, PAGE_SIZE);
    return page;
}

static bool all(const unsigned char *p, unsigned char byte)
{
    for (unsigned int i = 0; i < BYTES; i++) {
        if (((const volatile unsigned char *)p)[i] != byte) {
            return false;
        }
    }
    return true;
}

/* Does a copy by the device arrive in that page of ours? */
static bool arrives(unsigned char *to)
{
    unsigned char *from = filled(PATTERN);
    bool done;

    memset(to, 0, PAGE_SIZE);
    done = edu_copy(virt_to_maddr(from), virt_to_maddr(to), BYTES);
    page_free(from, 1);
    return done && all(to, PATTERN);
}

/* Is that said in the hypervisor's ring? */
static bool told(const char *text)
{
    static char ring[65536];
    struct xen_sysctl op = { .cmd = XEN_SYSCTL_readconsole,
                             .interface_version = XEN_SYSCTL_INTERFACE_VERSION };

    memset(ring, 0, sizeof(ring));
    set_xen_guest_handle(op.u.readconsole.buffer, ring);
    op.u.readconsole.count = sizeof(ring) - 1;
    return !hv_sysctl(&op) && strstr(ring, text);
}

/* A frame that is the hypervisor's, and that we may read: of its machine-to-physical table. */
static unsigned long hypervisors_frame(void)
{
    static xen_pfn_t mfn;
    struct xen_machphys_mfn_list list = { .max_extents = 1 };

    set_xen_guest_handle(list.extent_start, &mfn);
    return hv_memory_op(XENMEM_machphys_mfn_list, &list) || list.nr_extents != 1 ? 0 : mfn;
}

TEST(own_memory)
{
    unsigned char *to = page_alloc(1);

    NEED_EDU();
    EXPECT(arrives(to));
    page_free(to, 1);
}

/* Frames that come to dom0 later, and those that were its page tables meanwhile. */
TEST(new_memory)
{
    unsigned char *page = page_alloc(1);
    unsigned long pfn = virt_to_pfn(page);
    xen_pfn_t mfn = virt_to_mfn(page), new = pfn;
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

    NEED_EDU();
    REQUIRE_EQ(pt_unmap((unsigned long)page), 0);
    set_xen_guest_handle(r.extent_start, &mfn);
    REQUIRE_EQ(hv_memory_op(XENMEM_decrease_reservation, &r), 1);
    set_xen_guest_handle(r.extent_start, &new);
    REQUIRE_EQ(hv_memory_op(XENMEM_populate_physmap, &r), 1);
    mm_p2m[pfn] = new;
    REQUIRE_EQ(pt_map((unsigned long)page, pte_make(new, PTE_KERN)), 0);
    EXPECT(arrives(page));
    page_free(page, 1);
}

/* Not the hypervisor's: nothing of it is read, and the refusal is told with the device's name. */
TEST(hypervisors_memory)
{
    unsigned long mfn = hypervisors_frame();
    unsigned char *to = filled(PATTERN);
    const uint64_t *table = (const uint64_t *)HYPERVISOR_VIRT_START;

    NEED_EDU();
    REQUIRE(mfn);
    REQUIRE(edu_copy((uint64_t)mfn << PAGE_SHIFT, virt_to_maddr(to), BYTES));
    EXPECT(memcmp(to, table, BYTES));
    EXPECT(told("0000:00:1e.0 read of"));
    page_free(to, 1);
}

/* A device that dom0 has given up reaches nothing until it is there again. */
TEST(device_goes)
{
    unsigned char *to = page_alloc(1);

    NEED_EDU();
    EXPECT(arrives(to));
    EXPECT_EQ(edu_device_op(PHYSDEVOP_pci_device_remove), 0);
    EXPECT(!arrives(to));
    EXPECT(all(to, 0));
    EXPECT_EQ(edu_device_op(PHYSDEVOP_pci_device_add), 0);
    EXPECT(arrives(to));
    page_free(to, 1);
}
