/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xen_version: every sub-operation, its contents, and its errors.
 */
#define SUITE "version"
#include <public/features.h>
#include "test.h"
#include "child.h"

TEST(version)
{
    EXPECT_EQ(hv_xen_version(XENVER_version, NULL), test_xen_version());
    EXPECT_EQ(hv_xen_version(XENVER_version, BAD_POINTER), test_xen_version());
    EXPECT_EQ(hv_xen_version(XENVER_pagesize, NULL), 4096);
}

TEST(unknown_op)
{
    EXPECT_EQ(hv_xen_version(15, NULL), -ENOSYS);
    EXPECT_EQ(hv_xen_version(99, NULL), -ENOSYS);
    EXPECT_EQ(hv_xen_version(~0u, NULL), -ENOSYS);
}

TEST(bad_pointer)
{
    static const unsigned int ops[] = {
        XENVER_extraversion,        XENVER_compile_info, XENVER_capabilities, XENVER_changeset,
        XENVER_platform_parameters, XENVER_get_features, XENVER_guest_handle, XENVER_commandline,
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(ops); i++) {
        if (!EXPECT_EQ(hv_xen_version(ops[i], BAD_POINTER), -EFAULT) ||
            !EXPECT_EQ(hv_xen_version(ops[i], HV_POINTER), -EFAULT)) {
            printf("#    sub-operation %u\n", ops[i]);
        }
    }
}

static bool is_text(const char *text, size_t size)
{
    size_t len = strnlen(text, size);

    for (size_t i = 0; i < len; i++) {
        if (text[i] < ' ' && text[i] != '\n') {
            return false;
        }
    }
    return len > 0 && len < size;
}

TEST(strings)
{
    xen_extraversion_t extra;
    xen_compile_info_t info;
    xen_changeset_info_t changeset;

    memset(extra, 0xff, sizeof(extra));
    EXPECT_EQ(hv_xen_version(XENVER_extraversion, extra), 0);
    EXPECT(is_text(extra, sizeof(extra)));
    memset(&info, 0xff, sizeof(info));
    EXPECT_EQ(hv_xen_version(XENVER_compile_info, &info), 0);
    EXPECT(is_text(info.compiler, sizeof(info.compiler)));
    EXPECT(is_text(info.compile_by, sizeof(info.compile_by)));
    EXPECT(is_text(info.compile_domain, sizeof(info.compile_domain)));
    EXPECT(is_text(info.compile_date, sizeof(info.compile_date)));
    memset(changeset, 0xff, sizeof(changeset));
    EXPECT_EQ(hv_xen_version(XENVER_changeset, changeset), 0);
    EXPECT(strnlen(changeset, sizeof(changeset)) < sizeof(changeset));
}

/* The same texts without a limit: the length without a buffer, the text without a terminator. */
TEST(texts_of_any_length)
{
    static const unsigned int ops[] = { XENVER_extraversion2, XENVER_capabilities2,
                                        XENVER_changeset2, XENVER_commandline2 };
    static struct {
        uint32_t len;
        char text[1100];
    } buf;

    if (hv_xen_version(XENVER_extraversion2, NULL) == -ENOSYS) {
        SKIP("not before 4.18");
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(ops); i++) {
        long len = hv_xen_version(ops[i], NULL);

        REQUIRE(len >= 0 && len < (long)sizeof(buf.text));
        memset(&buf, 0xff, sizeof(buf));
        buf.len = sizeof(buf.text);
        EXPECT_EQ(hv_xen_version(ops[i], &buf), len);
        EXPECT_EQ((uint8_t)buf.text[len], 0xff);
        EXPECT(strnlen(buf.text, (size_t)len) == (size_t)len);
        if (len) {
            buf.len = (uint32_t)len - 1;
            EXPECT_EQ(hv_xen_version(ops[i], &buf), len > 1 ? -ENOBUFS : -EINVAL);
        }
        EXPECT_EQ(hv_xen_version(ops[i], BAD_POINTER), -EFAULT);
    }
}

TEST(capabilities)
{
    xen_capabilities_info_t caps;

    memset(caps, 0xff, sizeof(caps));
    EXPECT_EQ(hv_xen_version(XENVER_capabilities, caps), 0);
    REQUIRE(is_text(caps, sizeof(caps)));
    EXPECT(strstr(caps, "xen-3.0-x86_64 ") != NULL);
}

TEST(platform_parameters)
{
    struct xen_platform_parameters params = { 0 };

    EXPECT_EQ(hv_xen_version(XENVER_platform_parameters, &params), 0);
    EXPECT_EQ(params.virt_start, (long)0xffff800000000000ul);
}

TEST(features)
{
    struct xen_feature_info info = { .submap_idx = 0 };

    EXPECT_EQ(hv_xen_version(XENVER_get_features, &info), 0);
    EXPECT(info.submap & (1u << XENFEAT_mmu_pt_update_preserve_ad));
    EXPECT(info.submap & (1u << XENFEAT_pae_pgdir_above_4gb));
    EXPECT(info.submap & (1u << XENFEAT_gnttab_map_avail_bits));
    EXPECT(info.submap & (1u << XENFEAT_memory_op_vnode_supported));
    EXPECT(info.submap & (1u << XENFEAT_dom0));
    EXPECT(!(info.submap & (1u << XENFEAT_auto_translated_physmap)));
    EXPECT(!(info.submap & (1u << XENFEAT_supervisor_mode_kernel)));
    EXPECT(!(info.submap & (1u << XENFEAT_hvm_callback_vector)));
    EXPECT(!(info.submap & (1u << XENFEAT_writable_page_tables)));
    EXPECT(!(info.submap & (1u << XENFEAT_writable_descriptor_tables)));
    EXPECT_EQ(info.submap, 0x228f0);
    for (uint32_t i = 1; i < 5; i++) {
        info.submap_idx = i;
        info.submap = 0;
        EXPECT_EQ(hv_xen_version(XENVER_get_features, &info), i < XENFEAT_NR_SUBMAPS ? 0 : -EINVAL);
        EXPECT_EQ(info.submap, 0);
    }
}

TEST(guest_handle)
{
    xen_domain_handle_t handle;
    uint8_t any = 0;

    memset(handle, 0xff, sizeof(handle));
    EXPECT_EQ(hv_xen_version(XENVER_guest_handle, handle), 0);
    for (unsigned int i = 0; i < sizeof(handle); i++) {
        any |= handle[i];
    }
    EXPECT_EQ(any, 0);
}

TEST(commandline)
{
    static xen_commandline_t line;

    memset(line, 0xff, sizeof(line));
    EXPECT_EQ(hv_xen_version(XENVER_commandline, line), 0);
    REQUIRE(strnlen(line, sizeof(line)) < sizeof(line));
    EXPECT(strstr(line, "console=com1") != NULL);
    EXPECT(strstr(line, "dom0_mem=") != NULL);
}

TEST(build_id)
{
    static union {
        xen_build_id_t id;
        uint8_t bytes[128];
    } buf;
    long len;

    len = hv_xen_version(XENVER_build_id, NULL);
    EXPECT(len >= 16 && len <= 64);
    memset(&buf, 0, sizeof(buf));
    buf.id.len = 100;
    EXPECT_EQ(hv_xen_version(XENVER_build_id, &buf), len);
    buf.id.len = 0;
    EXPECT_EQ(hv_xen_version(XENVER_build_id, &buf), -EINVAL);
    buf.id.len = (uint32_t)len - 1;
    EXPECT_EQ(hv_xen_version(XENVER_build_id, &buf), -ENOBUFS);
    EXPECT_EQ(hv_xen_version(XENVER_build_id, BAD_POINTER), -EFAULT);
}

ROLE(version)
{
    static xen_commandline_t line;
    xen_extraversion_t extra = { 0 };
    struct xen_feature_info info = { .submap_idx = 0 };

    printf("REPORT version %ld\n", hv_xen_version(XENVER_version, NULL));
    printf("REPORT commandline %ld\n", hv_xen_version(XENVER_commandline, line));
    printf("REPORT denied %d\n", strstr(line, "console=") == NULL);
    printf("REPORT extra %ld\n", hv_xen_version(XENVER_extraversion, extra));
    printf("REPORT features %ld\n", hv_xen_version(XENVER_get_features, &info));
    printf("REPORT submap %#x\n", info.submap);
    printf("REPORT build_id %ld\n", hv_xen_version(XENVER_build_id, NULL));
    return SHUTDOWN_poweroff;
}

static void expect_report(const struct child *c, const char *key, long want)
{
    long value = 0;

    if (!EXPECT(child_reported(c, key, &value)) || !EXPECT_EQ(value, want)) {
        printf("#    report %s\n", key);
    }
}

/* A domU is told the version and its features, but not the host's command line or build id. */
TEST(from_domu)
{
    static struct child c;

    REQUIRE_EQ(child_run(&c, "role=version", 10 * NSEC_PER_SEC), SHUTDOWN_poweroff);
    expect_report(&c, "version", test_xen_version());
    expect_report(&c, "commandline", 0);
    expect_report(&c, "denied", 1);
    expect_report(&c, "extra", 0);
    expect_report(&c, "features", 0);
    expect_report(&c, "submap", 0x220e0);
    expect_report(&c, "build_id", -EPERM);
}
