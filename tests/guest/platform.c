/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What dom0 does for, and asks about, the machine: platform_op. Nothing here changes the
 * machine for those that come after; turning it off is the Linux rung's.
 */
#include "test.h"
#include "child.h"
#include <public/arch-x86/xen-mca.h>
#include <public/platform.h>

#define SUITE "platform"

#define NOBODY 0x4d /* an ACPI id that no CPU has */

static struct xen_platform_op op;

static struct xen_platform_op *request(uint32_t cmd)
{
    memset(&op, 0, sizeof(op));
    op.cmd = cmd;
    op.interface_version = XENPF_INTERFACE_VERSION;
    return &op;
}

/* Wall clock of shared_info in seconds, at system time zero. */
static uint64_t wall_seconds(void)
{
    struct shared_info *s = guest_shared_info;
    uint32_t version;
    uint64_t sec;

    do {
        version = s->wc_version;
        __asm__ volatile("" ::: "memory");
        sec = s->wc_sec | (uint64_t)s->wc_sec_hi << 32;
        __asm__ volatile("" ::: "memory");
    } while (version & 1 || version != s->wc_version);
    return sec;
}

TEST(settime)
{
    uint64_t before = wall_seconds();

    request(XENPF_settime64)->u.settime64.mbz = 1;
    EXPECT_EQ(hv_platform_op(&op), -EINVAL);
    EXPECT_EQ(wall_seconds(), before);
    request(XENPF_settime64)->u.settime64.secs = before + 1000;
    EXPECT_EQ(hv_platform_op(&op), 0);
    EXPECT_EQ(wall_seconds(), before + 1000);
    request(XENPF_settime64)->u.settime64.secs = (1ull << 32) + 5;
    EXPECT_EQ(hv_platform_op(&op), 0);
    EXPECT_EQ(wall_seconds(), (1ull << 32) + 5);
    request(XENPF_settime32)->u.settime32.secs = (uint32_t)before;
    EXPECT_EQ(hv_platform_op(&op), 0);
    EXPECT_EQ(wall_seconds(), before);
    /* What the time was when system time was not yet that. */
    request(XENPF_settime64)->u.settime64.secs = before + 10;
    op.u.settime64.system_time = 10 * NSEC_PER_SEC;
    EXPECT_EQ(hv_platform_op(&op), 0);
    EXPECT_EQ(wall_seconds(), before);
}

TEST(get_cpuinfo)
{
    unsigned int online = 0;
    uint32_t highest;

    EXPECT_EQ(hv_platform_op(request(XENPF_get_cpuinfo)), 0);
    highest = op.u.pcpu_info.max_present;
    EXPECT_EQ(op.u.pcpu_info.flags, XEN_PCPU_FLAGS_ONLINE);
    EXPECT_EQ(op.u.pcpu_info.apic_id, 0);
    for (uint32_t cpu = 0; cpu <= highest; cpu++) {
        request(XENPF_get_cpuinfo)->u.pcpu_info.xen_cpuid = cpu;
        EXPECT_EQ(hv_platform_op(&op), 0);
        EXPECT_EQ(op.u.pcpu_info.max_present, highest);
        online += op.u.pcpu_info.flags == XEN_PCPU_FLAGS_ONLINE;
    }
    EXPECT(online >= 1);
    request(XENPF_get_cpuinfo)->u.pcpu_info.xen_cpuid = highest + 1;
    EXPECT_EQ(hv_platform_op(&op), 0);
    EXPECT_EQ(op.u.pcpu_info.flags, XEN_PCPU_FLAGS_INVALID);
    request(XENPF_get_cpuinfo)->u.pcpu_info.xen_cpuid = ~0u;
    op.u.pcpu_info.apic_id = 77;
    EXPECT_EQ(hv_platform_op(&op), 0);
    EXPECT_EQ(op.u.pcpu_info.flags, XEN_PCPU_FLAGS_INVALID);
    EXPECT_EQ(op.u.pcpu_info.apic_id, 77);
}

TEST(get_cpu_version)
{
    uint32_t a, b, c, d;
    char vendor[12];

    __asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(0), "c"(0));
    memcpy(vendor, &b, 4);
    memcpy(vendor + 4, &d, 4);
    memcpy(vendor + 8, &c, 4);
    EXPECT_EQ(hv_platform_op(request(XENPF_get_cpu_version)), 0);
    EXPECT_EQ(memcmp(op.u.pcpu_version.vendor_id, vendor, sizeof(vendor)), 0);
    __asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(1), "c"(0));
    EXPECT_EQ(op.u.pcpu_version.stepping, a & 0xf);
    EXPECT_EQ(op.u.pcpu_version.model & 0xf, (a >> 4) & 0xf);
    EXPECT(op.u.pcpu_version.family >= ((a >> 8) & 0xf));
    request(XENPF_get_cpu_version)->u.pcpu_version.xen_cpuid = ~0u;
    EXPECT_EQ(hv_platform_op(&op), 0);
    EXPECT_EQ(op.u.pcpu_version.family, 0);
}

static long firmware(uint32_t type, uint32_t index)
{
    request(XENPF_firmware_info)->u.firmware_info.type = type;
    op.u.firmware_info.index = index;
    return hv_platform_op(&op);
}

TEST(firmware_info)
{
    EXPECT_EQ(firmware(XEN_FW_DISK_INFO, 100), -ESRCH);
    EXPECT_EQ(firmware(XEN_FW_DISK_MBR_SIGNATURE, 100), -ESRCH);
    EXPECT_EQ(firmware(XEN_FW_VBEDDC_INFO, 1), -ESRCH);
    EXPECT_EQ(firmware(XEN_FW_EFI_INFO, XEN_FW_EFI_VERSION), -ENOSYS);
    EXPECT_EQ(firmware(XEN_FW_EFI_INFO, XEN_FW_EFI_RT_VERSION), -ENOSYS);
    EXPECT_EQ(firmware(XEN_FW_KBD_SHIFT_FLAGS, 0), 0);
    EXPECT_EQ(op.u.firmware_info.u.kbd_shift_flags & 0x0f, 0); /* nobody holds a key down */
    EXPECT_EQ(firmware(XEN_FW_KBD_SHIFT_FLAGS, 1), -ESRCH);
    EXPECT_EQ(firmware(0, 0), -EINVAL);
    EXPECT_EQ(firmware(XEN_FW_KBD_SHIFT_FLAGS + 1, 0), -EINVAL);
    request(XENPF_efi_runtime_call)->u.efi_runtime_call.function = XEN_EFI_get_time;
    EXPECT_EQ(hv_platform_op(&op), -ENOSYS);
}

TEST(read_memtype)
{
    EXPECT_EQ(hv_platform_op(request(XENPF_read_memtype)), 0);
    EXPECT(op.u.read_memtype.type <= 6);
    EXPECT_EQ(op.u.read_memtype.nr_mfns & (op.u.read_memtype.nr_mfns - 1), 0);
    request(XENPF_read_memtype)->u.read_memtype.reg = 255;
    EXPECT_EQ(hv_platform_op(&op), -EINVAL);
}

static long sleep_request(uint32_t state, uint32_t flags)
{
    request(XENPF_enter_acpi_sleep)->u.enter_acpi_sleep.sleep_state = state;
    op.u.enter_acpi_sleep.flags = flags;
    return hv_platform_op(&op);
}

TEST(enter_acpi_sleep_errors)
{
    EXPECT_EQ(sleep_request(0, 0), -EINVAL);
    EXPECT_EQ(sleep_request(6, 0), -EINVAL);
    EXPECT_EQ(sleep_request(~0u, 0), -EINVAL);
    EXPECT_EQ(sleep_request(5, 2), -EINVAL);
    EXPECT_EQ(sleep_request(5, XENPF_ACPI_SLEEP_EXTENDED), -EPERM);
}

static long pminfo(uint32_t type, uint32_t id)
{
    op.cmd = XENPF_set_processor_pminfo;
    op.interface_version = XENPF_INTERFACE_VERSION;
    op.u.set_pminfo.type = type;
    op.u.set_pminfo.id = id;
    return hv_platform_op(&op);
}

TEST(processor_states)
{
    struct xen_processor_performance *p = &op.u.set_pminfo.u.perf;

    memset(&op, 0, sizeof(op));
    EXPECT_EQ(pminfo(XEN_PM_CX, 0), 0);
    EXPECT_EQ(pminfo(XEN_PM_CX, NOBODY), -EINVAL);
    EXPECT_EQ(pminfo(XEN_PM_PX, 0), 0);
    EXPECT_EQ(pminfo(XEN_PM_PX, NOBODY), -EINVAL);
    EXPECT_EQ(pminfo(XEN_PM_TX, 0), -ENOSYS);
    EXPECT_EQ(pminfo(XEN_PM_TX, NOBODY), -ENOSYS);
    EXPECT_EQ(pminfo(XEN_PM_PDC + 1, 0), -EINVAL);
    p->flags = XEN_PX_PSS;
    EXPECT_EQ(pminfo(XEN_PM_PX, 0), -EINVAL); /* none of them */
    p->flags = XEN_PX_PSD;
    p->shared_type = 9;
    EXPECT_EQ(pminfo(XEN_PM_PX, 0), -EINVAL);
    p->flags = XEN_PX_PCT;
    p->control_register.space_id = 5;
    EXPECT_EQ(pminfo(XEN_PM_PX, 0), -EINVAL);
}

/* The word of capabilities: processor power is the hypervisor's, throttling is left alone. */
TEST(processor_capabilities)
{
    static uint32_t pdc[3];

    memset(&op, 0, sizeof(op));
    EXPECT_EQ(pminfo(XEN_PM_PDC, 0), -EFAULT);
    set_xen_guest_handle(op.u.set_pminfo.u.pdc, pdc);
    EXPECT_EQ(pminfo(XEN_PM_PDC, 0), -EINVAL); /* no revision */
    pdc[0] = 1;
    EXPECT_EQ(pminfo(XEN_PM_PDC, 0), -EINVAL); /* no word */
    pdc[1] = 1;
    EXPECT_EQ(pminfo(XEN_PM_PDC, 200), -EINVAL);
    pdc[2] = 0x1ff;
    EXPECT_EQ(pminfo(XEN_PM_PDC, 0), 0);
    EXPECT_EQ(pdc[2] & 0x84, 0x84); /* throttling */
    EXPECT_EQ(pdc[2] & 0x61, 0);    /* frequencies */
    EXPECT_EQ(pdc[2] & 0x0a, 0x0a); /* halting */
    pdc[2] = 0;
    EXPECT_EQ(pminfo(XEN_PM_PDC, 0), 0);
    EXPECT_EQ(pdc[2] & 0x8f, 0x0a);
    EXPECT_EQ(pdc[0] == 1 && pdc[1] == 1, 1);
    /* Of all CPUs, as newer kernels ask; bits that nobody knows are nobody's to promise. */
    pdc[2] = ~0u;
    EXPECT_EQ(pminfo(XEN_PM_PDC, ~0u), 0);
    EXPECT_EQ(pdc[2] & 0x8e, 0x8e);
    EXPECT_EQ(pdc[2] & 0xfffffc61, 0);
    pdc[1] = 2;
    EXPECT_EQ(pminfo(XEN_PM_PDC, ~0u), 0);
    pdc[0] = 2;
    EXPECT_EQ(pminfo(XEN_PM_PDC, ~0u), -EINVAL);
    EXPECT_EQ(pminfo(XEN_PM_CX, ~0u), -EINVAL);
}

static long cpu_op(uint32_t cmd, uint32_t cpu)
{
    request(cmd)->u.cpu_ol.cpuid = cpu;
    return hv_platform_op(&op);
}

TEST(cpu_hotplug)
{
    EXPECT_EQ(cpu_op(XENPF_cpu_online, 0), 0);
    EXPECT_EQ(cpu_op(XENPF_cpu_online, 300), -EINVAL);
    EXPECT_EQ(cpu_op(XENPF_cpu_online, ~0u), -EINVAL);
    EXPECT_EQ(cpu_op(XENPF_cpu_offline, 0), -EOPNOTSUPP);
    EXPECT_EQ(cpu_op(XENPF_cpu_offline, 300), -EINVAL);
    EXPECT_EQ(hv_platform_op(request(XENPF_cpu_hotadd)), -EEXIST);
    op.u.cpu_add.apic_id = op.u.cpu_add.acpi_id = 90000;
    EXPECT_EQ(hv_platform_op(&op), -EINVAL);
    op.u.cpu_add.apic_id = op.u.cpu_add.acpi_id = 9;
    op.u.cpu_add.pxm = 1000;
    EXPECT_EQ(hv_platform_op(&op), -EINVAL);
    op.u.cpu_add.pxm = 0;
    EXPECT_EQ(hv_platform_op(&op), -ENOSPC);
    EXPECT_EQ(hv_platform_op(request(XENPF_mem_hotadd)), -EINVAL);
}

static long parking(uint32_t type, uint32_t cpus)
{
    request(XENPF_core_parking)->u.core_parking.type = type;
    op.u.core_parking.idle_nums = cpus;
    return hv_platform_op(&op);
}

TEST(core_parking)
{
    EXPECT_EQ(parking(0, 0), -EINVAL);
    EXPECT_EQ(parking(XEN_CORE_PARKING_GET, 5), 0);
    EXPECT_EQ(op.u.core_parking.idle_nums, 0);
    EXPECT_EQ(parking(XEN_CORE_PARKING_GET + 1, 0), -EINVAL);
}

TEST(core_parking_set)
{
    if (!test_on_corbel()) {
        SKIP("4.17 on a busy emulator now and then leaves the caller's vCPU paused: both CPUs are "
             "idle then");
    }
    EXPECT_EQ(parking(XEN_CORE_PARKING_SET, 0), 0);
    EXPECT_EQ(parking(XEN_CORE_PARKING_GET, 5), 0);
    EXPECT_EQ(op.u.core_parking.idle_nums, 0);
}

static long symbol(uint32_t n, char *name, uint32_t room)
{
    request(XENPF_get_symbol)->u.symdata.symnum = n;
    op.u.symdata.namelen = room;
    set_xen_guest_handle(op.u.symdata.name, name);
    return hv_platform_op(&op);
}

TEST(get_symbol)
{
    static char name[128];
    uint32_t length, n = 0;
    uint64_t last = 0;

    EXPECT_EQ(symbol(0, name, sizeof(name)), 0);
    EXPECT_EQ(op.u.symdata.symnum, 1);
    EXPECT_EQ(op.u.symdata.type == 'T' || op.u.symdata.type == 't', 1);
    length = op.u.symdata.namelen;
    EXPECT_EQ(length, strlen(name) + 1);
    memset(name, 'x', 8);
    EXPECT_EQ(symbol(0, name, 3), 0); /* as much as fits */
    EXPECT_EQ(op.u.symdata.namelen, length);
    EXPECT_EQ(name[3], 'x');
    EXPECT_EQ(symbol(0, BAD_POINTER, sizeof(name)), -EFAULT);
    EXPECT_EQ(symbol(10000000, name, sizeof(name)), -ERANGE);
    while (symbol(n, name, sizeof(name)) == 0 && op.u.symdata.symnum == n + 1) {
        if (op.u.symdata.address < last) {
            EXPECT(op.u.symdata.address >= last);
            break;
        }
        last = op.u.symdata.address;
        n++;
    }
    EXPECT(n > 1000);
    EXPECT_EQ(op.u.symdata.symnum, n); /* the end */
    EXPECT_EQ(op.u.symdata.namelen, 1);
    EXPECT_EQ(name[0], '\0');
    EXPECT_EQ(symbol(n + 1, name, sizeof(name)), -ERANGE);
}

TEST(frequency_ops)
{
    EXPECT_EQ(hv_platform_op(request(XENPF_change_freq)), -ENOSYS);
    EXPECT_EQ(hv_platform_op(request(XENPF_getidletime)), -ENOSYS);
}

/* All of it is dom0's alone. */
ROLE(platform)
{
    static struct xen_mc mc = {
        .cmd = XEN_MC_physcpuinfo,
        .interface_version = XEN_MCA_INTERFACE_VERSION,
    };

    printf("REPORT clock %ld\n", (long)wall_seconds());
    printf("REPORT time %ld\n", hv_platform_op(request(XENPF_settime64)));
    printf("REPORT sleep %ld\n", sleep_request(5, 0));
    printf("REPORT cpus %ld\n", hv_platform_op(request(XENPF_get_cpuinfo)));
    printf("REPORT symbol %ld\n", symbol(0, NULL, 0));
    printf("REPORT mca %ld\n", hypercall1(__HYPERVISOR_mca, &mc));
    return SHUTDOWN_poweroff;
}

/* And a domain that is made after dom0 set the clock has that time. */
TEST(not_for_others)
{
    static const char *const keys[] = { "time", "sleep", "cpus", "symbol", "mca" };
    struct child_options o = { .cmdline = "role=platform" };
    static struct child c;
    uint64_t before = wall_seconds();
    long value = 0;

    request(XENPF_settime64)->u.settime64.secs = before + 1000000;
    EXPECT_EQ(hv_platform_op(&op), 0);

    REQUIRE_EQ(child_create(&c, &o), 0);
    EXPECT_EQ(child_wait(&c, 10 * NSEC_PER_SEC), SHUTDOWN_poweroff);
    for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++) {
        EXPECT(child_reported(&c, keys[i], &value));
        EXPECT_EQ(value, -EPERM);
    }
    EXPECT(child_reported(&c, "clock", &value));
    EXPECT_EQ(value, before + 1000000);
    EXPECT_EQ(child_destroy(&c), 0);
    request(XENPF_settime64)->u.settime64.secs = before;
    EXPECT_EQ(hv_platform_op(&op), 0);
}
