/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface versions that domctl is spoken in.
 */
#define SUITE "interface"
#include "test.h"

#define VERSION_OF_4_17 0x15u
#define VERSION_OF_4_20 0x17u

static struct xen_domctl op;

TEST(others)
{
    memset(&op, 0, sizeof(op));
    op.cmd = XEN_DOMCTL_getdomaininfo;
    for (uint32_t v = 0; v < 0x40; v++) {
        op.interface_version = v;
        if (v == VERSION_OF_4_17 || v == VERSION_OF_4_20) {
            continue; /* tests of their own */
        }
        if (!EXPECT_EQ(hv_domctl_as_it_is(&op), -EACCES)) {
            printf("#    version %#x\n", v);
        }
    }
    op.interface_version = ~0u;
    EXPECT_EQ(hv_domctl_as_it_is(&op), -EACCES);
}

static void speak(uint32_t version)
{
    memset(&op, 0, sizeof(op));
    op.cmd = XEN_DOMCTL_getdomaininfo;
    op.interface_version = version;
    EXPECT_EQ(hv_domctl_as_it_is(&op), 0);
    EXPECT_EQ(op.u.getdomaininfo.domain, 0);
}

TEST(of_4_17)
{
    speak(VERSION_OF_4_17);
    op.cmd = XEN_DOMCTL_gsi_permission; /* of 4.20 */
    op.interface_version = VERSION_OF_4_17;
    EXPECT_EQ(hv_domctl_as_it_is(&op), -ENOSYS);
}

TEST(of_4_20)
{
    speak(VERSION_OF_4_20);
}
